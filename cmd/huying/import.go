package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"huying/intake"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
	"huying/kb"
)

// importCmd brings files into the database.
type importCmd struct {
	Catalogue importCatalogueCmd `cmd:"" help:"导入事项清单（CSV、XLSX 或 JSONL，可一次给多个文件），训练并启用新版本"`
	Messages  importMessagesCmd  `cmd:"" help:"导入诉求（CSV 或 XLSX）"`
	Entries   importEntriesCmd   `cmd:"" help:"导入知识条目（CSV、XLSX 或 JSONL）；采编员也可在页面“知识 → 导入和导出”上传"`
	Areas     importAreasCmd     `cmd:"" help:"导入区域（CSV 或 XLSX：编码、名称、级别、上级）"`
	Units     importUnitsCmd     `cmd:"" help:"导入承办单位（CSV 或 XLSX：名称、类型、区域，上级单位可不写）"`
	Accounts  importAccountsCmd  `cmd:"" help:"建立一批账号（CSV 或 XLSX：登录名、姓名、角色、单位），密码自动生成并显示一次"`
}

// operator is who acts when a command runs on the machine itself.
func operator() org.Actor { return org.Actor{Name: "命令行", Roles: org.Roles{org.RoleAdmin}} }

// chinaTime is the zone in which tables write their times.
func chinaTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func openInput(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "import.file", path)
	}
	return f, nil
}

// findArea gives the code of an area that a file names by code or name.
type findArea = kb.FindArea

// withFile opens a file and the site for an import whose rows name areas.
func (a *app) withFile(ctx context.Context, path string, load func(context.Context, *app, *site, *os.File, findArea) error) error {
	f, err := openInput(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	find, err := areaFinder(ctx, s)
	if err != nil {
		return err
	}
	return load(ctx, a, s, f, find)
}

// counter prints how far a long piece of work is: a line a tenth.
func (a *app) counter(what string) func(done, total int) {
	tenth := -1
	return func(done, total int) {
		if total == 0 || done*10/total == tenth {
			return
		}
		tenth = done * 10 / total
		fmt.Fprintf(a.Err, "%s %d/%d\n", what, done, total)
	}
}

type importMessagesCmd struct {
	File    string            `arg:"" name:"文件" help:"CSV 或 XLSX；UTF-8（有无 BOM 均可）、UTF-16 或 GB18030"`
	Channel string            `name:"channel" default:"mail" placeholder:"渠道" help:"没有渠道列时使用的渠道"`
	Map     map[string]string `name:"map" placeholder:"表头=字段" help:"把文件的表头对应到字段，可重复给出，如 --map 留言详情=text"`
	Sheet   string            `name:"sheet" placeholder:"工作表" help:"XLSX 的工作表名；不设时用第一张"`
	DryRun  bool              `name:"dry-run" help:"只检查，不写入"`
	SkipBad bool              `name:"skip-bad" help:"跳过有误的行，导入其余的行；不加时有一行有误就不导入"`
}

// Run checks the whole file, stores its messages and makes their suggestions.
func (c *importMessagesCmd) Run(ctx context.Context, a *app) error {
	return a.withFile(ctx, c.File, c.load)
}

func (c *importMessagesCmd) load(ctx context.Context, a *app, s *site, f *os.File, find findArea) error {
	var fresh []intake.MatterID
	report, err := s.intake.Import(ctx, operator(), f, intake.ImportOptions{
		Name: filepath.Base(c.File), Mapping: c.Map, Sheet: c.Sheet, Channel: intake.Channel(c.Channel),
		DryRun: c.DryRun, SkipBad: c.SkipBad, Location: chinaTime(), Area: find,
		Stored: func(r intake.Receipt) {
			if r.Message != nil && !r.Duplicate {
				for _, m := range r.Message.Matters {
					fresh = append(fresh, m.ID)
				}
			}
		},
	})
	for _, w := range report.Warnings {
		fmt.Fprintln(a.Err, "提示 "+errs.Sentence(w))
	}
	if err != nil {
		if len(report.Faults) > 0 {
			fmt.Fprintf(a.Err, "%d 行中有 %d 处错误，没有导入。加 --skip-bad 可跳过有误的行。\n", report.Rows, len(report.Faults))
		}
		return err
	}
	for _, fault := range report.Faults {
		fmt.Fprintln(a.Err, errs.Sentence(fault))
	}
	if c.DryRun {
		fmt.Fprintf(a.Out, "共 %d 行，可导入 %d 行。只检查，没有写入。\n", report.Rows, report.Good)
		return nil
	}
	fmt.Fprintf(a.Out, "共 %d 行，新存 %d 条，已有 %d 条，有误 %d 行。\n", report.Rows, report.Stored, report.Known, report.Rows-report.Good)
	return a.suggestAll(ctx, s, fresh)
}

// suggestAll makes the suggestions of what was just stored. What is left
// undone when it is interrupted, the service's job does later.
func (a *app) suggestAll(ctx context.Context, s *site, matters []intake.MatterID) error {
	if len(matters) == 0 {
		return nil
	}
	if _, err := s.DB.Active(ctx); err != nil {
		fmt.Fprintln(a.Err, "还没有事项清单，导入清单后会自动补做推荐。")
		return nil
	}
	return embed.Each(ctx, len(matters), a.counter("推荐"), func(ctx context.Context, i int) error {
		return s.line.Suggest(ctx, matters[i])
	})
}

// areaFinder finds areas by code or name.
func areaFinder(ctx context.Context, s *site) (findArea, error) {
	areas, err := s.DB.Areas(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]org.AreaCode{}
	for _, area := range areas {
		byName[area.Name] = area.Code
		byName[string(area.Code)] = area.Code
	}
	return func(v string) (org.AreaCode, bool) {
		code, ok := byName[v]
		return code, ok
	}, nil
}

type importEntriesCmd struct {
	File    string            `arg:"" name:"文件" help:"CSV、XLSX 或 JSONL；也认得 WeKnora、MaxKB、Dify、FastGPT 的问答表和政务服务事项"`
	Map     map[string]string `name:"map" placeholder:"表头=字段" help:"把文件的表头对应到字段，可重复给出"`
	Sheet   string            `name:"sheet" placeholder:"工作表" help:"XLSX 的工作表名；不设时用第一张"`
	Publish bool              `name:"publish" help:"别的系统的条目导入后直接发布；不加时成为草稿，由人审核"`
	DryRun  bool              `name:"dry-run" help:"只检查，列出会新增、更新和冲突的，不写入"`
	SkipBad bool              `name:"skip-bad" help:"跳过有误或冲突的行，导入其余的行"`
}

// Run checks the whole file, prepares its entries and stores them.
func (c *importEntriesCmd) Run(ctx context.Context, a *app) error {
	return a.withFile(ctx, c.File, c.load)
}

func (c *importEntriesCmd) load(ctx context.Context, a *app, s *site, f *os.File, find findArea) error {
	read, err := kb.ReadEntries(filepath.Base(c.File), f, kb.ReadOptions{Mapping: c.Map, Sheet: c.Sheet, Area: find, Publish: c.Publish})
	if err != nil {
		return err
	}
	plan, err := kb.NewPlan(ctx, s.DB, read)
	if err != nil {
		return err
	}
	c.report(a, read, plan)
	bad := slices.Concat(read.Faults, plan.Conflicts)
	if len(bad) > 0 && !c.SkipBad {
		fmt.Fprintf(a.Err, "有 %d 处错误或冲突，没有导入。加 --skip-bad 可跳过这些行。\n", len(bad))
		return bad
	}
	for _, fault := range bad {
		fmt.Fprintln(a.Err, errs.Sentence(fault))
	}
	if c.DryRun {
		fmt.Fprintf(a.Out, "可导入 %d 条：新增 %d 条，更新 %d 条，未变 %d 条。只检查，没有写入。\n",
			len(plan.Good), plan.Created, len(plan.Changes), plan.Unchanged)
		return nil
	}
	saved, err := s.library.Save(ctx, operator(), plan.Good, a.counter("知识条目"))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "新增 %d 条，更新 %d 条，未变 %d 条。\n", saved.Created, saved.Changed, saved.Unchanged)
	return nil
}

// changesShown is how many changed entries are listed unless it is a dry run.
const changesShown = 10

// report says what the file is, and which stored entries it would change.
func (c *importEntriesCmd) report(a *app, read kb.Reading, plan kb.Plan) {
	if read.Format != "" {
		state := "成为草稿，由人审核后发布"
		if c.Publish {
			state = "直接发布"
		}
		fmt.Fprintf(a.Err, "认出是 %s 的格式，条目%s。\n", read.Format, state)
	}
	for _, w := range read.Warnings {
		fmt.Fprintln(a.Err, "提示 "+errs.Sentence(w))
	}
	for i, change := range plan.Changes {
		if i == changesShown && !c.DryRun {
			fmt.Fprintf(a.Err, "另有 %d 条会更新，加 --dry-run 可全部列出。\n", len(plan.Changes)-i)
			break
		}
		hand := ""
		if change.Hand {
			hand = "；这一条有人在页面上改过，导入会盖掉"
		}
		fmt.Fprintf(a.Err, "第 %d 行更新“%s”：%s%s\n", change.Line, change.Stored.Question, change.Fields, hand)
	}
}

// tableOf reads a small table whole; all faults come back at once.
func tableOf(path string, cols []sheet.Column, each func(sheet.Row) errs.List) error {
	f, err := openInput(path)
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := sheet.Read(filepath.Base(path), io.Reader(f), cols, sheet.Options{})
	if err != nil {
		return err
	}
	defer t.Close()
	var faults errs.List
	for row := range t.Rows() {
		if faults = append(faults, row.Faults...); len(row.Faults) == 0 {
			faults = append(faults, each(row)...)
		}
	}
	if err := t.Err(); err != nil {
		return err
	}
	return faults.OrNil()
}
