// Package org knows who works here: areas, units, accounts and what each role
// may do. It holds no storage and no HTTP.
package org

import (
	"slices"
	"strings"

	"huying/internal/errs"
)

// AreaCode is the administrative code of an area, such as "4401". It is unique
// within an installation and never changes its meaning.
type AreaCode string

// AreaLevel is the rank of an area in the administrative tree.
type AreaLevel string

// The levels, from wide to narrow.
const (
	LevelCity      AreaLevel = "city"
	LevelDistrict  AreaLevel = "district"
	LevelStreet    AreaLevel = "street"
	LevelCommunity AreaLevel = "community"
	LevelGrid      AreaLevel = "grid"
)

// Area is one node of the tree 市 → 区 → 街道/镇 → 社区 → 网格.
type Area struct {
	Code   AreaCode
	Name   string
	Level  AreaLevel
	Parent AreaCode // empty for the city
}

// AreasNamed gives the codes of areas that are named by name or by code;
// errs.Invalid "area.unknown_named" for the first that is neither.
func AreasNamed(all []Area, words []string) ([]AreaCode, error) {
	var out []AreaCode
	for _, w := range words {
		at := slices.IndexFunc(all, func(a Area) bool { return a.Name == w || string(a.Code) == w })
		if at < 0 {
			return nil, errs.New(errs.Invalid, "area.unknown_named", w).In("areas")
		}
		out = append(out, all[at].Code)
	}
	return out, nil
}

// UnitKind is a kind of unit as duty lists name it, such as 公安局. Area and
// kind together give the Unit.
type UnitKind string

// UnitID identifies a Unit.
type UnitID string

// Unit is one body that handles matters in one area.
type Unit struct {
	ID   UnitID
	Name string
	Kind UnitKind
	Area AreaCode

	Parent UnitID // 上级单位; empty: found by areas
}

// Directory answers which unit of a kind serves an area. Build it once per
// load with NewDirectory; it is safe for concurrent use.
type Directory struct {
	areas  map[AreaCode]Area
	units  map[UnitID]Unit
	serves map[areaKind]UnitID
	city   map[UnitKind]UnitID
}

type areaKind struct {
	area AreaCode
	kind UnitKind
}

// NewDirectory indexes areas and units. Where two units of one kind have the
// same area, the first given wins.
func NewDirectory(areas []Area, units []Unit) *Directory {
	d := &Directory{
		areas:  make(map[AreaCode]Area, len(areas)),
		units:  make(map[UnitID]Unit, len(units)),
		serves: make(map[areaKind]UnitID, len(units)),
		city:   make(map[UnitKind]UnitID, len(units)),
	}
	for _, a := range areas {
		d.areas[a.Code] = a
	}
	for _, u := range units {
		d.units[u.ID] = u
		key := areaKind{u.Area, u.Kind}
		if _, taken := d.serves[key]; !taken {
			d.serves[key] = u.ID
		}
		if d.areas[u.Area].Parent == "" {
			if _, taken := d.city[u.Kind]; !taken {
				d.city[u.Kind] = u.ID
			}
		}
	}
	return d
}

// Resolve gives the unit of the kind that serves the area: the area's own, or
// that of the nearest area above it, or the city's. False when the city has
// no such unit, or when the kind exists only in other streets and the area is
// unknown.
func (d *Directory) Resolve(kind UnitKind, area AreaCode) (Unit, bool) {
	for code, steps := area, 0; code != "" && steps < 8; steps++ {
		if id, ok := d.serves[areaKind{code, kind}]; ok {
			return d.units[id], true
		}
		code = d.areas[code].Parent
	}
	if id, ok := d.city[kind]; ok {
		return d.units[id], true
	}
	return Unit{}, false
}

// parents gives the units above one that are given as such, the nearest first.
func (d *Directory) parents(u UnitID) []Unit {
	var out []Unit
	for len(out) < maxSteps {
		parent, given := d.units[d.units[u].Parent]
		if !given {
			break
		}
		out, u = append(out, parent), parent.ID
	}
	return out
}

// IsBelow reports whether a unit lies below another: by the parents that are
// given, and above the last of these, or without any, by area: that of the one
// lies within that of the other.
func (d *Directory) IsBelow(u, top UnitID) bool {
	last, known := d.units[u]
	above, there := d.units[top]
	if !known || !there || u == top {
		return false
	}
	for _, p := range d.parents(u) {
		if p.ID == top {
			return true
		}
		last = p
	}
	return last.Area != above.Area && d.Within(last.Area, above.Area)
}

// Above gives who is above a unit, the nearest first: the parents that are given;
// above the last of these, or without any, the unit of its kind that serves the
// next area above its own, of a street's the government of that area; and whoever
// watches over discipline. None of them is the unit itself.
func (d *Directory) Above(u UnitID) []Unit {
	own, ok := d.units[u]
	if !ok {
		return nil
	}
	var out []Unit
	add := func(found Unit) {
		if found.ID != u && found.ID != "" && !slices.ContainsFunc(out, func(o Unit) bool { return o.ID == found.ID }) {
			out = append(out, found)
		}
	}
	last := own
	for _, p := range d.parents(u) {
		add(p)
		last = p
	}
	for code, steps := d.areas[last.Area].Parent, 0; code != "" && steps < 8; steps++ {
		add(d.units[d.serves[areaKind{code, last.Kind}]])
		for key, other := range d.serves {
			if key.area == code && strings.HasSuffix(string(key.kind), "政府") {
				add(d.units[other])
			}
		}
		code = d.areas[code].Parent
	}
	var watchers []Unit
	for kind := range d.city {
		if strings.Contains(string(kind), "纪检") || strings.Contains(string(kind), "监察") {
			if w, ok := d.Resolve(kind, own.Area); ok {
				watchers = append(watchers, w)
			}
		}
	}
	slices.SortFunc(watchers, func(a, b Unit) int { return strings.Compare(a.Name, b.Name) })
	for _, w := range watchers {
		add(w)
	}
	return out
}

// Unit gives a unit by id.
func (d *Directory) Unit(id UnitID) (Unit, bool) {
	u, ok := d.units[id]
	return u, ok
}

// Area gives an area by code.
func (d *Directory) Area(code AreaCode) (Area, bool) {
	a, ok := d.areas[code]
	return a, ok
}

// UnitNames gives the names of all units, in no order.
func (d *Directory) UnitNames() []string {
	names := make([]string, 0, len(d.units))
	for _, u := range d.units {
		names = append(names, u.Name)
	}
	return names
}

// AreaNames gives the names of all areas but the grids, whose names are
// numbers, in no order.
func (d *Directory) AreaNames() []string {
	var names []string
	for _, a := range d.areas {
		if a.Level != LevelGrid {
			names = append(names, a.Name)
		}
	}
	return names
}

// Within reports whether inner lies in outer or is outer. The empty outer
// means everywhere.
func (d *Directory) Within(inner, outer AreaCode) bool {
	if outer == "" {
		return true
	}
	for code, steps := inner, 0; code != "" && steps < 8; steps++ {
		if code == outer {
			return true
		}
		code = d.areas[code].Parent
	}
	return false
}

// Path gives the names from the city's district down to the area, such as
// “华新区 松柏街道”. Empty for an unknown area and for the city itself.
func (d *Directory) Path(area AreaCode) string {
	var names []string
	for code, steps := area, 0; code != "" && steps < 8; steps++ {
		a, ok := d.areas[code]
		if !ok || a.Parent == "" {
			break
		}
		names = append([]string{a.Name}, names...)
		code = a.Parent
	}
	return strings.Join(names, " ")
}
