package org

import (
	"strings"
	"testing"
)

// city is a city of two districts, one of them with a street and a community.
func city() *Directory {
	return NewDirectory(
		[]Area{
			{Code: "1", Name: "云汀市", Level: LevelCity},
			{Code: "11", Name: "华新区", Level: LevelDistrict, Parent: "1"},
			{Code: "12", Name: "渔港区", Level: LevelDistrict, Parent: "1"},
			{Code: "111", Name: "松柏街道", Level: LevelStreet, Parent: "11"},
			{Code: "1111", Name: "长亭社区", Level: LevelCommunity, Parent: "111"},
			{Code: "9", Name: "甲镇", Level: LevelStreet, Parent: "9"}, // its own parent: a fault in a list
		},
		[]Unit{
			{ID: "police", Name: "市公安局", Kind: "公安局", Area: "1"},
			{ID: "police11", Name: "华新分局", Kind: "公安局", Area: "11"},
			{ID: "police11b", Name: "华新二分局", Kind: "公安局", Area: "11"},
			{ID: "street", Name: "松柏街道办", Kind: "街道办事处", Area: "111"},
			{ID: "water", Name: "市水务局", Kind: "水务局", Area: "1"},
		})
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name string
		kind UnitKind
		area AreaCode
		want string // empty: none
	}{
		{"the area's own, the first of two", "公安局", "11", "华新分局"},
		{"of the district above a community", "公安局", "1111", "华新分局"},
		{"of the street above a community", "街道办事处", "1111", "松柏街道办"},
		{"of the city where the district has none", "公安局", "12", "市公安局"},
		{"of the city where the district has none of the kind", "水务局", "1111", "市水务局"},
		{"of the city without an area", "公安局", "", "市公安局"},
		{"of the city for an unknown area", "公安局", "77", "市公安局"},
		{"not another district's street", "街道办事处", "12", ""},
		{"not a street without an area", "街道办事处", "", ""},
		{"not below", "街道办事处", "11", ""},
		{"unknown kind", "海关", "11", ""},
		{"an area that is its own parent", "街道办事处", "9", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, ok := city().Resolve(tt.kind, tt.area)
			if ok != (tt.want != "") || u.Name != tt.want {
				t.Errorf("got %q, %v, want %q", u.Name, ok, tt.want)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	d := city()
	for _, tt := range []struct {
		inner, outer AreaCode
		want         bool
	}{
		{"1111", "1111", true}, {"1111", "11", true}, {"1111", "1", true}, {"1111", "", true}, {"", "", true},
		{"11", "1111", false}, {"1111", "12", false}, {"", "1", false}, {"77", "1", false}, {"9", "1", false},
	} {
		if got := d.Within(tt.inner, tt.outer); got != tt.want {
			t.Errorf("Within(%q, %q) = %v", tt.inner, tt.outer, got)
		}
	}
}

func TestPath(t *testing.T) {
	d := city()
	for area, want := range map[AreaCode]string{"1111": "华新区 松柏街道 长亭社区", "12": "渔港区", "1": "", "77": "", "": ""} {
		if got := d.Path(area); got != want {
			t.Errorf("Path(%q) = %q, want %q", area, got, want)
		}
	}
}

// TestTheUnitTreeGoesByItsParents: where a unit above is given, that one is, and
// what is above the last of them is found by area; where none is given, all is.
func TestTheUnitTreeGoesByItsParents(t *testing.T) {
	areas := []Area{
		{Code: "1", Level: LevelCity}, {Code: "11", Level: LevelDistrict, Parent: "1"}, {Code: "12", Level: LevelDistrict, Parent: "1"},
		{Code: "111", Level: LevelStreet, Parent: "11"}, {Code: "1111", Level: LevelCommunity, Parent: "111"},
	}
	d := NewDirectory(areas, []Unit{
		{ID: "city", Name: "市城管局", Kind: "城管局", Area: "1"},
		{ID: "east", Name: "东区城管局", Kind: "城管局", Area: "11"},
		{ID: "west", Name: "西区城管局", Kind: "城管局", Area: "12"},
		{ID: "street", Name: "松柏街道办", Kind: "街道办事处", Area: "111", Parent: "east"},
		{ID: "police", Name: "松柏派出所", Kind: "派出所", Area: "111"},
		{ID: "team", Name: "综合执法队", Kind: "执法队", Area: "111", Parent: "street"},
		{ID: "lent", Name: "借调的社区", Kind: "居委会", Area: "1111", Parent: "west"},
		{ID: "orphan", Name: "长亭社区", Kind: "居委会", Area: "1111", Parent: "gone"},
		{ID: "a", Name: "甲", Area: "1", Parent: "b"}, {ID: "b", Name: "乙", Area: "1", Parent: "a"},
	})
	for _, tt := range []struct {
		unit, top UnitID
		want      bool
	}{
		{"team", "street", true}, {"team", "east", true}, {"team", "city", true}, // as given, and above that by area
		{"team", "police", false}, {"street", "team", false}, {"team", "west", false}, {"team", "team", false},
		{"lent", "west", true}, {"lent", "city", true}, {"lent", "east", false}, {"lent", "street", false},
		{"orphan", "street", true}, {"orphan", "police", true}, {"orphan", "east", true}, {"orphan", "west", false}, // by area alone
		{"police", "east", true}, {"police", "street", false},
		{"a", "b", true}, {"a", "city", false}, {"gone", "city", false}, {"team", "gone", false},
	} {
		if got := d.IsBelow(tt.unit, tt.top); got != tt.want {
			t.Errorf("IsBelow(%s, %s) = %v", tt.unit, tt.top, got)
		}
	}
	for unit, want := range map[UnitID]string{"team": "松柏街道办 东区城管局 市城管局", "lent": "西区城管局 市城管局", "east": "市城管局", "orphan": ""} {
		var names []string
		for _, u := range d.Above(unit) {
			names = append(names, u.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("above %s: %q, want %q", unit, got, want)
		}
	}
}
