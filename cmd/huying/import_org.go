package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	units, err := readUnits(c.File, areas)
	if err != nil {
		return err
	}
	return a.saveListing(ctx, db, c.DryRun, fmt.Sprintf("%d 个单位", len(units)), postgres.Listing{Units: units})
}

// readUnits reads a list of units; each is in one of the areas.
func readUnits(path string, areas []org.Area) ([]org.Unit, error) {
	var units []org.Unit
	seen := map[string]bool{}
	cols := []sheet.Column{
		{Key: "name", Names: []string{"名称", "单位名称"}, Required: true, MaxRunes: 100},
		{Key: "kind", Names: []string{"类型", "单位类型"}, Required: true, MaxRunes: 100},
		{Key: "area", Names: []string{"区域", "区域编码", "属地"}, Required: true, MaxRunes: 40},
	}
	err := tableOf(path, cols, func(row sheet.Row) errs.List {
		name := row.Get("name")
		if seen[name] {
			return errs.List{row.Err("name", "unit.twice", name)}
		}
		seen[name] = true
		area := org.AreaCode(row.Get("area"))
		if !slices.ContainsFunc(areas, func(a org.Area) bool { return a.Code == area }) {
			return errs.List{row.Err("area", "area.unknown_named", string(area))}
		}
		units = append(units, org.Unit{
			ID: id.New[org.UnitID](), Name: name, Kind: org.UnitKind(row.Get("kind")), Area: area,
		})
		return nil
	})
	return units, err
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
