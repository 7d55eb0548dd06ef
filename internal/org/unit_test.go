package org

import "testing"

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
