package org

import "testing"

func TestHowFarAreasLie(t *testing.T) {
	d := NewDirectory([]Area{
		{Code: "99", Name: "云汀市", Level: LevelCity},
		{Code: "9901", Name: "华新区", Level: LevelDistrict, Parent: "99"},
		{Code: "990101", Name: "松柏街道", Level: LevelStreet, Parent: "9901"},
		{Code: "99010101", Name: "松柏社区", Level: LevelCommunity, Parent: "990101"},
		{Code: "99010102", Name: "红旗社区", Level: LevelCommunity, Parent: "990101"},
		{Code: "9901010101", Name: "第三网格", Level: LevelGrid, Parent: "99010101"},
		{Code: "990102", Name: "河东街道", Level: LevelStreet, Parent: "9901"},
		{Code: "99010201", Name: "红旗社区", Level: LevelCommunity, Parent: "990102"},
	}, []Unit{{ID: "g", Area: "9901010101"}, {ID: "s", Area: "990101"}})
	for _, tt := range []struct {
		a, b AreaCode
		want int
	}{
		{"99010101", "99010101", 0}, {"99010101", "990101", 1}, {"9901010101", "99010102", 3}, {"99010101", "99010201", 4}, {"99010101", "", 16}, {"x", "99", 16},
	} {
		if got, back := d.Steps(tt.a, tt.b), d.Steps(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("from %s to %s: %d and %d back, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
	for _, tt := range []struct {
		name  string
		in    AreaCode
		words string
		want  AreaCode
	}{
		{"the narrowest", "9901", "松柏街道松柏社区 3 栋", "99010101"},
		{"none", "990101", "松柏路 18 号", "990101"},
		{"two of one name", "9901", "红旗社区东门", "9901"},
		{"of one name in its street", "990101", "红旗社区东门", "99010102"},
	} {
		if got := d.Named(tt.in, tt.words); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if below := d.Below("990101"); len(below) != 4 || below[0].Code != "990101" {
		t.Errorf("below %v", below)
	}
	if !d.Small("g") || d.Small("s") || d.Small("none") {
		t.Error("whose people work in the street")
	}
}
