package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/internal/sheet"
)

type importAreasCmd struct {
	File   string `arg:"" name:"文件" help:"CSV 或 XLSX"`
	DryRun bool   `name:"dry-run" help:"只检查，不写入"`
}

// Run takes over a list of areas; areas are added or renamed, never removed.
func (c *importAreasCmd) Run(ctx context.Context, a *app) error {
	areas, err := readAreas(c.File)
	if err != nil {
		return err
	}
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	return a.saveListing(ctx, db, c.DryRun, fmt.Sprintf("%d 个区域", len(areas)), postgres.Listing{Areas: areas})
}

// levels maps what people write to the level of an area.
func levels() map[string]org.AreaLevel {
	return map[string]org.AreaLevel{
		"city": org.LevelCity, "市": org.LevelCity,
		"district": org.LevelDistrict, "区": org.LevelDistrict, "县": org.LevelDistrict, "区县": org.LevelDistrict,
		"street": org.LevelStreet, "街道": org.LevelStreet, "镇": org.LevelStreet, "乡": org.LevelStreet, "街镇": org.LevelStreet,
		"community": org.LevelCommunity, "社区": org.LevelCommunity, "村": org.LevelCommunity,
		"grid": org.LevelGrid, "网格": org.LevelGrid,
	}
}

func readAreas(path string) ([]org.Area, error) {
	var areas []org.Area
	known := map[org.AreaCode]bool{}
	cols := []sheet.Column{
		{Key: "code", Names: []string{"编码", "区域编码", "代码"}, Required: true, MaxRunes: 40},
		{Key: "name", Names: []string{"名称", "区域名称"}, Required: true, MaxRunes: 100},
		{Key: "level", Names: []string{"级别", "层级"}, Required: true, MaxRunes: 20},
		{Key: "parent", Names: []string{"上级", "上级编码"}, MaxRunes: 40},
	}
	err := tableOf(path, cols, func(row sheet.Row) errs.List {
		area := org.Area{
			Code: org.AreaCode(row.Get("code")), Name: row.Get("name"),
			Level: levels()[row.Get("level")], Parent: org.AreaCode(row.Get("parent")),
		}
		var faults errs.List
		if area.Level == "" {
			faults = append(faults, row.Err("level", "field.invalid", "级别", row.Get("level")))
		}
		if area.Parent != "" && !known[area.Parent] {
			faults = append(faults, row.Err("parent", "area.parent_first", string(area.Parent)))
		}
		if known[area.Code] {
			faults = append(faults, row.Err("code", "area.twice", string(area.Code)))
		}
		known[area.Code] = true
		areas = append(areas, area)
		return faults
	})
	return areas, err
}

type importUnitsCmd struct {
	File   string `arg:"" name:"文件" help:"CSV 或 XLSX"`
	DryRun bool   `name:"dry-run" help:"只检查，不写入"`
}

// Run takes over the whole list of units; one that is no longer listed goes
// out of service.
func (c *importUnitsCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	areas, err := db.Areas(ctx)
	if err != nil {
		return err
	}
	l, err := readUnits(c.File, areas)
	if err != nil {
		return err
	}
	return a.saveListing(ctx, db, c.DryRun, fmt.Sprintf("%d 个单位", len(l.Units)), l)
}

// readUnits reads a list of units; each is in one of the areas. Where the file has
// the column 上级单位, it says for all of them which is above, or that none is.
func readUnits(path string, areas []org.Area) (l postgres.Listing, err error) {
	seen := map[string]bool{}
	var tree unitTree
	err = tableOf(path, casework.UnitColumns(), func(row sheet.Row) errs.List {
		name := row.Get("name")
		if seen[name] {
			return errs.List{row.Err("name", "unit.twice", name)}
		}
		seen[name] = true
		area := org.AreaCode(row.Get("area"))
		if !slices.ContainsFunc(areas, func(a org.Area) bool { return a.Code == area }) {
			return errs.List{row.Err("area", "area.unknown_named", string(area))}
		}
		l.Units = append(l.Units, org.Unit{
			ID: id.New[org.UnitID](), Name: name, Kind: org.UnitKind(row.Get("kind")), Area: area,
		})
		if row.Column("parent") > 0 {
			tree.add(name, row.Get("parent"), row)
		}
		return nil
	})
	if err == nil {
		err = tree.check()
	}
	l.Parents = tree.parents
	return l, err
}

// unitTree is which unit is above which, as a list says, and where it says so.
type unitTree struct {
	order   []string
	parents map[string]string // nil: the list says nothing of that
	rows    map[string]sheet.Row
}

func (t *unitTree) add(name, parent string, row sheet.Row) {
	if t.parents == nil {
		t.parents, t.rows = map[string]string{}, map[string]sheet.Row{}
	}
	t.order, t.rows[name] = append(t.order, name), row
	if parent != "" {
		t.parents[name] = parent
	}
}

// check names every line whose unit above is not in the list, is the unit itself,
// or has it above in turn.
func (t *unitTree) check() error {
	var faults errs.List
	for _, name := range t.order {
		parent, given := t.parents[name]
		if !given {
			continue
		}
		_, listed := t.rows[parent]
		switch {
		case parent == name:
			faults = append(faults, t.rows[name].Err("parent", "unit.own_parent", name))
		case !listed:
			faults = append(faults, t.rows[name].Err("parent", "unit.parent_unknown", parent))
		case t.rings(name):
			faults = append(faults, t.rows[name].Err("parent", "unit.parent_ring", name, parent))
		}
	}
	return faults.OrNil()
}

// rings reports whether the way up from a unit comes back to it.
func (t *unitTree) rings(name string) bool {
	at := name
	for range t.order {
		parent, given := t.parents[at]
		if !given {
			return false
		}
		if at = parent; at == name {
			return true
		}
	}
	return false // it goes round elsewhere, and is named there
}

func (a *app) saveListing(ctx context.Context, db *store, dryRun bool, what string, l postgres.Listing) error {
	if dryRun {
		c, err := db.CheckListing(ctx, l)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Out, "%s，可以导入。\n", what)
		if l.Units != nil {
			fmt.Fprintf(a.Out, "新增 %d 个%s；撤并 %d 个%s。\n", len(c.New), named(c.New), len(c.Ended), named(c.Ended))
			if len(c.Moved) > 0 {
				fmt.Fprintf(a.Out, "换上级单位 %d 个%s。\n", len(c.Moved), named(movedWords(c.Moved)))
			}
		}
		fmt.Fprintln(a.Out, "只检查，没有写入。")
		return nil
	}
	if err := db.SaveListing(ctx, l, org.Audit{At: a.now(), Action: "import_listing", Object: "directory", Detail: what}); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已导入 %s。\n", what)
	return nil
}

// movedWords say of units from below which they come to below which.
func movedWords(all []postgres.Moved) []string {
	or := func(name string) string {
		if name == "" {
			return "按区域"
		}
		return name
	}
	out := make([]string, len(all))
	for i, m := range all {
		out[i] = fmt.Sprintf("%s（%s → %s）", m.Unit, or(m.From), or(m.To))
	}
	return out
}

// namesShown is how many units a dry run names of each kind.
const namesShown = 20

// named lists names after their number.
func named(names []string) string {
	if len(names) == 0 {
		return ""
	}
	more := ""
	if len(names) > namesShown {
		names, more = names[:namesShown], "等"
	}
	return "：" + strings.Join(names, "、") + more
}
