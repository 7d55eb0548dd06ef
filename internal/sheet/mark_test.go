package sheet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"huying/internal/errs"
)

// TestAMarkedTableReadsBackWhole: also after an office program has saved it, and
// a strict reader takes every row of it.
func TestAMarkedTableReadsBackWhole(t *testing.T) {
	const mark = "由系统管理员于 2026-11-27 13:00 导出"
	rows := [][]string{{"0101", "路灯", ""}, {"# 导出标记：是名称的一部分", "不是标记", ""}, {"0103", "", "# 导出标记：x"}}
	var b bytes.Buffer
	if err := WriteMarkedCSV(&b, mark, []string{"编码", "名称", "备注"}, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), "# 导出标记："+mark+",,\r\n") {
		t.Errorf("ends %q", b.String())
	}
	strict, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	if err != nil || len(strict) != 5 {
		t.Errorf("a strict reader gets %d rows, %v", len(strict), err)
	}
	for name, file := range map[string]string{
		"as written": b.String(), "with tabs": strings.ReplaceAll(b.String(), ",", "\t"), "cut short": strings.TrimSuffix(b.String(), ",,\r\n") + "\n",
		"rows added below": b.String() + "0104,井盖,\r\n",
	} {
		table, err := Read("a.csv", strings.NewReader(file), []Column{{Key: "编码", Required: true}, {Key: "名称"}, {Key: "备注"}}, Options{MaxRows: 4})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got [][]string
		for row := range table.Rows() {
			if len(row.Faults) > 0 {
				t.Errorf("%s: %v", name, row.Faults)
			}
			got = append(got, []string{row.Get("编码"), row.Get("名称"), row.Get("备注")})
		}
		want := rows
		if name == "rows added below" {
			want = append(slices.Clone(rows), []string{"0104", "井盖", ""})
		}
		if table.Err() != nil || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %q, %v", name, got, table.Err())
		}
		table.Close()
	}
	b.Reset()
	if err := WriteMarkedCSV(&b, "", []string{"编码", "名称"}, slices.Values(rows[:0])); err != nil || strings.Contains(b.String(), "导出标记") {
		t.Errorf("without a mark %q, %v", b.String(), err)
	}
}

// TestMarkedLinesReadBackWhole, and what only looks like a mark is refused as any
// other unknown field.
func TestMarkedLinesReadBackWhole(t *testing.T) {
	type line struct{ Code string }
	var b bytes.Buffer
	b.WriteString("{\"Code\":\"0101\"}\n")
	if err := WriteMark(&b, "由<甲>于 2026-11-27 导出"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), "{\"_export\":\"由<甲>于 2026-11-27 导出\"}\n") || WriteMark(io.Discard, "") != nil {
		t.Errorf("written %q", b.String())
	}
	for one := range strings.Lines(b.String()) {
		if !json.Valid([]byte(one)) {
			t.Errorf("no JSON: %s", one)
		}
	}
	var got []string
	each := func(_ int, v line) *errs.Error {
		got = append(got, v.Code)
		return nil
	}
	if faults := ReadJSONL(&b, each); len(faults) != 0 || !slices.Equal(got, []string{"0101"}) {
		t.Errorf("%q, %v", got, faults)
	}
	for _, wrong := range []string{`{"_export":"x","Code":"1"}`, `{"_export":{"a":1}}`} {
		if faults := ReadJSONL(strings.NewReader(wrong), each); len(faults) != 1 {
			t.Errorf("%s: %v", wrong, faults)
		}
	}
}
