package classifier

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"huying/internal/errs"
	"huying/internal/org"
)

// built makes a version of rows written as “code path/of/names lead”.
func built(t *testing.T, name string, rows ...string) *Catalogue {
	t.Helper()
	b := NewBuilder([]org.UnitKind{"甲局", "乙局"})
	for i, r := range rows {
		f := strings.Fields(r)
		row := Row{Line: i + 1, Position: -1, Code: f[0], Names: strings.Split(f[1], "/")}
		if len(f) > 2 {
			row.Rules = []Rule{{When: "一般", Lead: org.UnitKind(f[2])}}
		}
		b.Add(row)
	}
	c, _, _, err := b.Build(Version{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// codes shows a succession by codes.
func codes(from, to *Catalogue, s Succession) string {
	var out []string
	for _, leaf := range from.Leaves() {
		var next []string
		for _, id := range s[leaf.ID] {
			c, _ := to.Category(id)
			next = append(next, c.Code)
		}
		out = append(out, leaf.Code+">"+strings.Join(next, "+"))
	}
	return strings.Join(out, " ")
}

func TestLeavesSucceedByCodeAndMap(t *testing.T) {
	old := built(t, "旧", "1 环境/噪声", "2 环境/油烟", "3 环境/扬尘", "4 环境/异味")
	tests := []struct {
		name  string
		rows  []string
		moves []CodeMove
		want  string
	}{
		{"the same", []string{"1 环境/噪声", "2 环境/油烟", "3 环境/扬尘", "4 环境/异味"}, nil, "1>1 2>2 3>3 4>4"},
		{"removed", []string{"1 环境/噪声", "2 环境/油烟"}, nil, "1>1 2>2 3> 4>"},
		{"renamed under the same parent", []string{"1 环境/吵闹", "2 环境/油烟"}, nil, "1>1 2>2 3> 4>"},
		{"moved", []string{"1 生活/噪声", "2 环境/油烟"}, nil, "1>1 2>2 3> 4>"},
		{"a code that means something else waits", []string{"1 社保/养老金", "2 环境/油烟"}, nil, "1> 2>2 3> 4>"},
		{"unless the map says it is the same", []string{"1 社保/养老金", "2 环境/油烟"}, []CodeMove{{From: "1", To: "1"}}, "1>1 2>2 3> 4>"},
		{"recoded", []string{"9 环境/噪声", "2 环境/油烟"}, []CodeMove{{From: "1", To: "9"}}, "1>9 2>2 3> 4>"},
		{"split", []string{"1 环境/噪声", "8 环境/施工噪声", "2 环境/油烟"}, []CodeMove{{From: "1", To: "1"}, {From: "1", To: "8"}, {From: "1", To: "8"}}, "1>1+8 2>2 3> 4>"},
		{"merged", []string{"1 环境/噪声", "5 环境/大气"}, []CodeMove{{From: "2", To: "5"}, {From: "3", To: "5"}, {From: "4", To: "5"}}, "1>1 2>5 3>5 4>5"},
		{"ended although the code is there", []string{"1 环境/噪声", "2 环境/油烟"}, []CodeMove{{From: "2"}}, "1>1 2> 3> 4>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next := built(t, "新", tt.rows...)
			s, err := Succeed(old, next, tt.moves)
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(old, next, s); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRepeatedCodesSucceedByName(t *testing.T) {
	old := built(t, "旧", "7 环境/甲事", "7 环境/乙事", "8 环境/丙事")
	next := built(t, "新", "7 环境/乙事", "7 环境/甲事", "8 环境/丙事")
	s, err := Succeed(old, next, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range old.Leaves() {
		to, ok := s.Only(leaf.ID)
		if now, _ := next.Category(to); !ok || now.Name != leaf.Name {
			t.Errorf("%s goes to %+v", leaf.Name, now)
		}
	}
}

func TestCodeMapNamesLineAndColumnOfWhatIsWrong(t *testing.T) {
	old, next := built(t, "旧", "1 环境/噪声"), built(t, "新", "1 环境/噪声", "2 环境/油烟")
	moves, err := ReadCodeMap("m.csv", strings.NewReader("新编码,原编码\n2,1\n1,0\n77,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Succeed(old, next, moves)
	var list errs.List
	if !errors.As(err, &list) || len(list) != 2 {
		t.Fatalf("faults %v", err)
	}
	for i, want := range []string{
		"第 3 行第 2 列 原编码“0”不在现行清单中",
		"第 4 行第 1 列 新编码“77”不在新清单中",
	} {
		got := errs.Sentence(list[i])
		for _, part := range strings.Fields(want) {
			if !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(part, " ", "")) {
				t.Errorf("%q does not say %q", got, want)
			}
		}
	}
	if _, err := ReadCodeMap("m.csv", strings.NewReader("原编码\n1\n")); errs.CodeOf(errors.Join(err)) != "field.required" {
		t.Errorf("a map without 新编码: %v", err)
	}
}

func TestDifferenceIsListedByKind(t *testing.T) {
	old := built(t, "旧", "1 环境/噪声 甲局", "2 环境/油烟 甲局", "3 环境/扬尘", "4 环境/异味", "5 社保/养老", "6 社保/失业")
	next := built(t, "新", "1 环境/吵闹 乙局", "2 市容/油烟 甲局", "7 环境/大气", "5 交通/停车", "61 社保/失业金", "62 社保/失业登记", "8 交通/公交")
	s, err := Succeed(old, next, []CodeMove{
		{From: "3", To: "7"}, {From: "4", To: "7"}, {From: "6", To: "61"}, {From: "6", To: "62"},
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[CategoryID]int{}
	for i, leaf := range old.Leaves() {
		counts[leaf.ID] = i + 1
	}
	d := Diff(old, next, s, counts)
	var got []string
	for _, c := range d.Changes {
		got = append(got, fmt.Sprintf("%s %s %s→%s %d", c.Kind, c.Code, c.Before, c.After, c.Decisions))
	}
	want := []string{
		"reused 5 社保 › 养老→交通 › 停车 5",
		"split 6 社保 › 失业→61 社保 › 失业金；62 社保 › 失业登记 6",
		"merged 3 环境 › 扬尘→7 环境 › 大气 3",
		"merged 4 环境 › 异味→7 环境 › 大气 4",
		"added 5 →交通 › 停车 0",
		"added 8 →交通 › 公交 0",
		"renamed 1 环境 › 噪声→吵闹 1",
		"moved 2 环境 › 油烟→市容 2",
		"lead 1 噪声：甲局→乙局 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d.Follow != 1+2+3+4 || d.Undecided != 6 || d.Left != 5 {
		t.Errorf("%d follow, %d undecided, %d left", d.Follow, d.Undecided, d.Left)
	}
	if same := Diff(old, old, identity(old), counts); len(same.Changes) != 0 || same.Follow != 21 {
		t.Errorf("a version differs from itself: %+v", same)
	}
}

func identity(c *Catalogue) Succession {
	s := Succession{}
	for _, leaf := range c.Leaves() {
		s.add(leaf.ID, leaf.ID)
	}
	return s
}

func TestSuccessionLeadsAlongVersions(t *testing.T) {
	s := func(pairs ...string) Succession {
		out := Succession{}
		for i := 0; i < len(pairs); i += 2 {
			out.add(CategoryID(pairs[i]), CategoryID(pairs[i+1]))
		}
		return out
	}
	steps := []Step{
		{From: "v1", To: "v2", Succession: s("a1", "a2", "b1", "b2", "c1", "b2")}, // b and c merge
		{From: "v2", To: "v3", Succession: s("a2", "a3", "a2", "x3", "b2", "b3")}, // a splits
		{From: "v1", To: "v4", Succession: s("a1", "a4")},                         // published after v1 was used again
	}
	tests := []struct {
		name     string
		from, to VersionID
		leaf     CategoryID
		want     []CategoryID
	}{
		{"forwards through a split", "v1", "v3", "a1", []CategoryID{"a3", "x3"}},
		{"forwards through a merge", "v1", "v3", "c1", []CategoryID{"b3"}},
		{"back through a split", "v3", "v1", "x3", []CategoryID{"a1"}},
		{"back through a merge", "v3", "v1", "b3", []CategoryID{"b1", "c1"}},
		{"back and forwards", "v4", "v2", "a4", []CategoryID{"a2"}},
		{"what is not there", "v4", "v2", "b4", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			way, ok := along(steps, tt.from, tt.to)
			if !ok || !slices.Equal(way[tt.leaf], tt.want) {
				t.Errorf("%v, %v; want %v", way[tt.leaf], ok, tt.want)
			}
		})
	}
	if _, ok := along(steps, "v1", "v9"); ok {
		t.Error("an unknown version is connected")
	}
}

func TestExportImportsAgainToTheSameDigest(t *testing.T) {
	starter, _, _ := starterCatalogue(t)
	one := NewBuilder([]org.UnitKind{"甲局", "乙局"})
	one.Add(Row{
		Position: -1, Code: "007", Names: []string{"唯一"}, Scope: "=1+1", Closing: "现场达标，附照片", Ask: "行一\n行二",
		Examples: []string{"有｜竖线", `反斜杠\n不是换行`, "两行\n的话"},
		Rules: []Rule{
			{When: "甲｜乙", Lead: "甲局", Co: []org.UnitKind{"乙局"}, Examples: []string{"例｜句"}},
			{Lead: "乙局"},
		},
	})
	single, _, _, err := one.Build(Version{Name: "一个末级事项"})
	if err != nil {
		t.Fatal(err)
	}
	mixed := built(t, "深浅不一", "1 环境/噪声", "2 环境/大气/油烟 甲局", "3 其他")
	for _, c := range []*Catalogue{starter, single, mixed} {
		for _, name := range []string{"清单.csv", "清单.xlsx", "清单.jsonl"} {
			var file bytes.Buffer
			if err := Export(&file, name, "由系统管理员于 2026-11-27 13:00 导出", c); err != nil {
				t.Errorf("%s as %s: %v", c.Version.Name, name, err)
				continue
			}
			if same, err := readsBack(name, file.Bytes(), c); err != nil || !same {
				t.Errorf("%s as %s does not read back: %v", c.Version.Name, name, err)
			}
		}
	}
	if err := Export(&bytes.Buffer{}, "清单.doc", "", single); errs.CodeOf(err) != "catalogue.export_form" {
		t.Errorf("an unknown form: %v", err)
	}
	spaced := NewBuilder(nil)
	spaced.Add(Row{Position: -1, Code: "1", Names: []string{"事"}, Scope: " 两边有空格 "})
	lossy, _, _, err := spaced.Build(Version{})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := Export(&file, "清单.csv", "", lossy); errs.CodeOf(err) != "catalogue.export_lossy" || file.Len() > 0 {
		t.Errorf("what a table cannot hold: %v, %d bytes written", err, file.Len())
	}
}

func TestListCellsNameTheLineThatIsWrong(t *testing.T) {
	file := "事项编码,一级事项,职责,易混事项\n1,环境,\"夜间｜甲局｜\n白天\",\n2,市容,,没有编码\n"
	err := ReadRows("c.csv", strings.NewReader(file), nil, func(Row) { t.Error("a bad row was taken") })
	var list errs.List
	if !errors.As(err, &list) || len(list) != 2 || list[0].Code != "catalogue.duty_cell" || list[0].Args[0] != 2 || list[1].Code != "catalogue.neighbour_cell" {
		t.Errorf("faults %v", err)
	}
}
