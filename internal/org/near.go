package org

import (
	"slices"
	"strings"
)

// maxSteps bounds the way up the tree of areas, which holds no ring.
const maxSteps = 8

// chain gives an area and those around it, the narrowest first.
func (d *Directory) chain(area AreaCode) []AreaCode {
	var out []AreaCode
	for code := area; code != "" && len(out) < maxSteps; code = d.areas[code].Parent {
		if _, known := d.areas[code]; !known {
			break
		}
		out = append(out, code)
	}
	return out
}

// Steps says how far two areas lie from each other along the tree: 0 for the
// same, 1 for a community and its street, 2 for two communities of one street.
// What is in no known area is further than anything.
func (d *Directory) Steps(a, b AreaCode) int {
	from, to := d.chain(a), d.chain(b)
	for i, code := range from {
		if j := slices.Index(to, code); j >= 0 {
			return i + j
		}
	}
	return 2 * maxSteps
}

// Below gives the areas that lie in one, itself first, in the order of their
// codes.
func (d *Directory) Below(area AreaCode) []Area {
	var out []Area
	for _, a := range d.areas {
		if d.Within(a.Code, area) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b Area) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return out
}

// Named gives the narrowest area in one that words name (松柏社区 3 栋); the area
// itself when they name none, or several that are equally narrow.
func (d *Directory) Named(area AreaCode, words string) AreaCode {
	best, depth, twice := area, 0, false
	for _, a := range d.Below(area) {
		n := len(d.chain(a.Code))
		switch {
		case a.Code == area || a.Name == "" || !strings.Contains(words, a.Name):
		case n > depth:
			best, depth, twice = a.Code, n, false
		case n == depth:
			twice = true
		}
	}
	if twice {
		return area
	}
	return best
}

// Small reports whether a unit serves a community or a grid, whose people work in
// the street.
func (d *Directory) Small(u UnitID) bool {
	level := d.areas[d.units[u].Area].Level
	return level == LevelCommunity || level == LevelGrid
}
