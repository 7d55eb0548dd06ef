package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/postgres"
)

type importCatalogueCmd struct {
	Files  []string          `arg:"" name:"文件" help:"先给清单，再给补充示例和职责的文件；只给补充文件时以现行版本为基础"`
	Name   string            `name:"name" placeholder:"名称" help:"版本名称；不设时用第一个文件的名称"`
	Map    map[string]string `name:"map" placeholder:"表头=字段" help:"把文件的表头对应到字段，可重复给出，如 --map 类目=level1"`
	Codes  string            `name:"codes" placeholder:"文件" help:"编码对照表（CSV 或 XLSX，两列：原编码、新编码）：同一原编码写几行是拆分，几个原编码写同一新编码是合并，新编码留空是取消；没写到的事项编码不变"`
	From   string            `name:"from" placeholder:"日期" help:"从哪天起有效，如 2027-01-01 或 \"2027-01-01 08:00\"；到时由服务自动启用，不设时马上启用"`
	DryRun bool              `name:"dry-run" help:"只检查并列出与现行版本的全部差异，不写入"`
	Replay string            `name:"replay" placeholder:"文件" help:"用已确认的决定试跑新版本，把会改派的每一件写入这个文件（.csv 或 .xlsx）；只试跑，不启用"`
	from   time.Time
	Most   int `name:"replay-most" var:"HUYING_REPLAY_MOST" default:"2000" placeholder:"件数" help:"试跑最近多少件决定"`
}

// Help says what the options are for; kong shows it below the command's line.
func (c *importCatalogueCmd) Help() string {
	return "先用 --dry-run 看差异，再用 --replay 看哪些诉求会改派，读过之后去掉这两个选项，新版本即启用。\n" +
		"拆分的事项，其已确认的决定不归入任何一项，等人决定。要换回旧版本，见 huying help catalogue use。\n" +
		"管理员也可以在网页的“事项 → 各版本 → 导入新版本”里做同样的事。"
}

// Run reads all files into one new version and compares it with the active
// one; then it tries it out, or trains it and makes it active.
func (c *importCatalogueCmd) Run(ctx context.Context, a *app) error {
	if err := c.begin(a); err != nil {
		return err
	}
	if c.Most < 1 {
		return errs.New(errs.Invalid, "field.invalid", "--replay-most", fmt.Sprint(c.Most))
	}
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	kinds, err := s.DB.UnitKinds(ctx)
	if err != nil {
		return err
	}
	draft, err := c.draft(ctx, a, s, kinds)
	if err != nil {
		return err
	}
	if err := c.compare(ctx, a, s, draft); err != nil {
		return err
	}
	switch {
	case c.Replay != "":
		return a.replay(ctx, s, draft, c.Most, c.Replay)
	case c.DryRun:
		fmt.Fprintln(a.Out, "只检查，没有写入。")
		return nil
	}
	return c.publish(ctx, a, s, draft, kinds)
}

// begin reads from when on the version shall serve.
func (c *importCatalogueCmd) begin(a *app) error {
	c.from = a.now()
	if c.From == "" {
		return nil
	}
	for _, form := range []string{"2006-01-02", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(form, c.From, chinaTime()); err == nil {
			c.from = at
			return nil
		}
	}
	return errs.New(errs.Invalid, "field.invalid", "--from", c.From)
}

// draft reads the files.
func (c *importCatalogueCmd) draft(ctx context.Context, a *app, s *site, kinds []org.UnitKind) (classifier.Draft, error) {
	var d classifier.Draft
	b := classifier.NewBuilder(append(kinds, classifier.StarterKinds()...))
	if err := c.read(ctx, s, b); err != nil {
		return d, err
	}
	name := c.Name
	if name == "" {
		name = filepath.Base(c.Files[0])
	}
	catalogue, digest, warnings, err := b.Build(classifier.Version{Name: name, ValidFrom: c.from, CreatedAt: a.now()})
	for _, w := range warnings {
		fmt.Fprintf(a.Err, "提示 第 %d 行：%s\n", w.Line, w.Text)
	}
	if err != nil {
		return d, err
	}
	fmt.Fprintf(a.Out, "%d 个末级事项，%d 条提示\n", len(catalogue.Leaves()), len(warnings))
	d = classifier.Draft{Catalogue: catalogue, Digest: digest}
	if c.Codes == "" {
		return d, nil
	}
	f, err := openInput(c.Codes)
	if err != nil {
		return d, err
	}
	defer f.Close()
	d.Moves, err = classifier.ReadCodeMap(filepath.Base(c.Codes), f)
	return d, err
}

// compare prints what changes against the active version: every line when
// nothing else is asked for, otherwise the first lines of each kind.
func (c *importCatalogueCmd) compare(ctx context.Context, a *app, s *site, draft classifier.Draft) error {
	d, err := s.trainer.Compare(ctx, operator(), draft)
	if errs.CodeOf(err) == "catalogue.none" && err != nil {
		fmt.Fprintln(a.Out, "这是第一个版本，没有可对照的现行版本。")
		return nil
	}
	if err != nil {
		return err
	}
	shown := linesShown
	if c.DryRun {
		shown = len(d.Changes)
	}
	writeDifference(a.Out, d, shown)
	return nil
}

// publish makes the version serve, now or when its time has come.
func (c *importCatalogueCmd) publish(ctx context.Context, a *app, s *site, draft classifier.Draft, kinds []org.UnitKind) error {
	if err := a.addKinds(ctx, s, kinds); err != nil {
		return err
	}
	store := s.trainer.Publish
	if c.From != "" {
		store = s.trainer.Schedule
	}
	made, err := store(ctx, operator(), draft, a.counter("准备事项清单"))
	if err != nil {
		return err
	}
	if !made {
		fmt.Fprintln(a.Out, "内容与已有版本相同，没有重复导入。要启用已有的版本，请用 huying catalogue use。")
		return nil
	}
	if c.From != "" {
		fmt.Fprintf(a.Out, "已存下事项清单“%s”，%s 起由服务自动启用。\n", draft.Catalogue.Version.Name, c.from.In(chinaTime()).Format("2006-01-02 15:04"))
		return nil
	}
	fmt.Fprintf(a.Out, "已启用事项清单“%s”。\n", draft.Catalogue.Version.Name)
	return nil
}

// addKinds makes the kinds of units that the shipped duty rules name known to
// a database that does not have them yet: a catalogue may come before the
// units do.
func (a *app) addKinds(ctx context.Context, s *site, known []org.UnitKind) error {
	missing := slices.DeleteFunc(classifier.StarterKinds(), func(k org.UnitKind) bool { return slices.Contains(known, k) })
	if len(missing) == 0 {
		return nil
	}
	line := org.Audit{At: a.now(), Action: "import_listing", Object: "directory", Detail: "单位类别"}
	return s.DB.SaveListing(ctx, postgres.Listing{Kinds: missing}, line)
}

// read adds the rows of every file; when the first file has no names, the
// version in force is the base.
func (c *importCatalogueCmd) read(ctx context.Context, s *site, b *classifier.Builder) error {
	based := false
	for _, path := range c.Files {
		f, err := openInput(path)
		if err != nil {
			return err
		}
		var rows []classifier.Row
		err = classifier.ReadRows(filepath.Base(path), f, c.Map, func(r classifier.Row) { rows = append(rows, r) })
		f.Close()
		if err != nil {
			return err
		}
		if len(rows) > 0 && len(rows[0].Names) == 0 && !based {
			current, err := s.suggest.Current(ctx)
			if err != nil {
				return err
			}
			b.Extend(current)
		}
		based = true
		for _, r := range rows {
			b.Add(r)
		}
	}
	return nil
}
