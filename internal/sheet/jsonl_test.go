package sheet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
)

type jsonBase struct {
	ID string `json:"id"`
}

type jsonRow struct {
	jsonBase
	Title  string    `json:"title"`
	Count  int       `json:"count"`
	Urgent bool      `json:"urgent"`
	At     time.Time `json:"at"`
	Duty   []struct {
		Lead string   `json:"lead"`
		Co   []string `json:"co"`
	} `json:"duty"`
	Free   map[string]int `json:"free"`
	Hidden string         `json:"-"`
	Plain  *float64
}

func TestReadJSONL(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"good lines", "{\"id\":\"1\",\"title\":\"a\"}\n\n  {\"id\":\"2\"}\n", "1=1a\n3=2\n"},
		{"byte order mark and CR LF", "\ufeff{\"id\":\"1\"}\r\n{\"id\":\"2\"}\r\n", "1=1\n2=2\n"},
		{"everything known", `{"id":"1","duty":[{"lead":"x","co":["y"]}],"free":{"z":1},"Plain":2,"at":"2024-03-15T08:00:00Z","urgent":true}`, "1=1\n"},
		{"unknown field", "{\"id\":\"1\",\"titel\":\"a\"}\n{\"id\":\"2\"}", "2=2\n! 1:0 titel 第 1 行：不认识的字段“titel”，请检查拼写\n"},
		{"unknown field deep inside", `{"duty":[{"lead":"x"},{"laed":"x"}]}`, "! 1:0 duty.laed 第 1 行：不认识的字段“duty.laed”，请检查拼写\n"},
		{"spelling of case counts", `{"ID":"1"}`, "! 1:0 ID 第 1 行：不认识的字段“ID”，请检查拼写\n"},
		{"hidden field", `{"Hidden":"1"}`, "! 1:0 Hidden 第 1 行：不认识的字段“Hidden”，请检查拼写\n"},
		{"wrong type", `{"count":"three"}`, "! 1:0 count 第 1 行：“count”应当是整数\n"},
		{"wrong type inside", `{"duty":[{"co":"y"}]}`, "! 1:0 duty.co 第 1 行：“duty.co”应当是列表\n"},
		{"bad time", `{"at":"yesterday"}`, "! 1:0  第 1 行：这一行有一个值的格式不对，请检查日期、时间或编号\n"},
		{"syntax", "{\"id\":\"油烟\" \"title\":1}", "! 1:12  第 1 行第 12 列：JSON 格式有误，请检查引号、逗号和括号\n"},
		{"breaks off", `{"id":"1"`, "! 1:9  第 1 行第 9 列：JSON 格式有误，请检查引号、逗号和括号\n"},
		{"no object", "[1]\n\"a\"\nnull", "! 1:0  第 1 行：这一行不是 JSON 对象，应当以 { 开头、以 } 结尾\n! 2:0  第 2 行：这一行不是 JSON 对象，应当以 { 开头、以 } 结尾\n! 3:0  第 3 行：这一行不是 JSON 对象，应当以 { 开头、以 } 结尾\n"},
		{"not UTF-8", "{\"id\":\"\xff\"}", "! 1:0  第 1 行：这一行的文字编码不对，请把文件另存为 UTF-8 后再导入\n"},
		{"refused by the caller", "{\"id\":\"1\"}\n{\"id\":\"bad\"}\n", "1=1\n! 2:0 id 第 2 行：“id”的内容“bad”不符合要求\n"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			faults := ReadJSONL(strings.NewReader(c.in), func(line int, v jsonRow) *errs.Error {
				if v.ID == "bad" {
					return errs.New(errs.Invalid, "field.invalid", "id", v.ID).In("id")
				}
				fmt.Fprintf(&b, "%d=%s%s\n", line, v.ID, v.Title)
				return nil
			})
			for _, e := range faults {
				fmt.Fprintf(&b, "! %d:%d %s %s\n", e.Line, e.Column, e.Field, errs.Sentence(e))
			}
			if b.String() != c.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), c.want)
			}
		})
	}
}

func TestReadJSONLTooLong(t *testing.T) {
	in := "{\"id\":\"1\"}\n{\"id\":\"" + strings.Repeat("x", maxJSONLine) + "\"}\n"
	lines := 0
	faults := ReadJSONL(strings.NewReader(in), func(int, jsonRow) *errs.Error { lines++; return nil })
	if lines != 1 || len(faults) != 1 || faults[0].Code != "sheet.line_too_long" || faults[0].Line != 2 {
		t.Errorf("%d lines, %v", lines, faults)
	}
}
