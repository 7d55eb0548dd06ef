package classifier

import (
	"errors"
	"strings"
	"testing"

	"huying/internal/errs"
	"huying/internal/org"
)

func starterCatalogue(t *testing.T) (*Catalogue, [32]byte, []Warning) {
	t.Helper()
	rows, err := StarterRows()
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(StarterKinds())
	for _, r := range rows {
		b.Add(r)
	}
	c, digest, warnings, err := b.Build(Version{Name: "starter"})
	if err != nil {
		t.Fatal(err)
	}
	return c, digest, warnings
}

func TestStarterCatalogueIsWhole(t *testing.T) {
	c, digest, warnings := starterCatalogue(t)
	if n := len(c.Leaves()); n != 515 {
		t.Errorf("%d leaves, want the standard's 515", n)
	}
	repeated, unnamed := 0, 0
	for _, w := range warnings {
		switch {
		case strings.Contains(w.Text, "重复"):
			repeated++
		case strings.Contains(w.Text, "没有名称"):
			unnamed++
		}
	}
	if repeated != 1 || unnamed != 13 {
		t.Errorf("%d repeated codes and %d unnamed leaves, the standard has 1 and 13", repeated, unnamed)
	}
	for _, leaf := range c.Leaves() {
		if len(leaf.Examples) == 0 || len(leaf.Rules) == 0 || leaf.Name == "" || leaf.Description == "" {
			t.Errorf("leaf %s %q lacks content", leaf.Code, leaf.Name)
		}
		for _, n := range leaf.Neighbours {
			other, ok := c.Category(n.Category)
			if !ok || other.ID == leaf.ID {
				t.Errorf("leaf %s has a neighbour %s that is not another leaf", leaf.Code, n.Code)
			}
		}
	}
	if _, again, _ := starterCatalogue(t); again != digest {
		t.Error("the same content has two digests")
	}
}

func TestBuilderNamesFaultsByLine(t *testing.T) {
	tests := []struct {
		name string
		row  Row
		code errs.Code
	}{
		{"missing parent", Row{Line: 3, Position: -1, Code: "1", Names: []string{"a", "", "c"}}, "catalogue.parent"},
		{"no code", Row{Line: 3, Position: -1, Names: []string{"a"}}, "field.required"},
		{"no name", Row{Line: 3, Position: -1, Code: "1", Names: []string{""}}, "field.required"},
		{"unknown kind", Row{Line: 3, Position: -1, Code: "1", Names: []string{"a"}, Rules: []Rule{{When: "x", Lead: "水军"}}}, "catalogue.kind"},
		{"wrong urgency", Row{Line: 3, Position: -1, Code: "1", Names: []string{"a"}, Urgency: "Z"}, "field.invalid"},
		{"content for an unknown code", Row{Line: 3, Position: -1, Code: "9"}, "catalogue.code_unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := NewBuilder([]org.UnitKind{"公安局"})
			b.Add(tt.row)
			_, _, _, err := b.Build(Version{})
			var list errs.List
			if !errors.As(err, &list) || list[0].Code != tt.code || list[0].Line != 3 {
				t.Errorf("Build: %v, want %s on line 3", err, tt.code)
			}
			if !errs.Has(tt.code) {
				t.Errorf("no sentence for %s", tt.code)
			}
		})
	}
}

func TestLeavesMayLieAtAnyLevel(t *testing.T) {
	b := NewBuilder(nil)
	b.Add(Row{Position: -1, Code: "1", Names: []string{"环境", "噪声", "施工噪声", "夜间"}})
	b.Add(Row{Position: -1, Code: "2", Names: []string{"环境", "油烟", "", ""}})
	b.Add(Row{Position: -1, Code: "3", Names: []string{"表扬"}})
	c, _, _, err := b.Build(Version{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"环境 › 噪声 › 施工噪声 › 夜间", "环境 › 油烟", "表扬"}
	for i, leaf := range c.Leaves() {
		if leaf.Trail() != want[i] {
			t.Errorf("leaf %d is %q, want %q", i, leaf.Trail(), want[i])
		}
	}
}

func TestContentWithoutNamesIsAddedByCode(t *testing.T) {
	b := NewBuilder([]org.UnitKind{"公安局"})
	b.Add(Row{Position: -1, Code: "1", Names: []string{"噪声"}})
	b.Add(Row{Position: -1, Code: "1", Examples: []string{"太吵了"}, Rules: []Rule{{When: "广场舞", Lead: "公安局"}}})
	c, _, _, err := b.Build(Version{})
	if err != nil {
		t.Fatal(err)
	}
	leaf := c.Leaves()[0]
	if leaf.Name != "噪声" || len(leaf.Examples) != 1 || leaf.Rules[0].ID == "" {
		t.Errorf("leaf is %+v", leaf)
	}
}
