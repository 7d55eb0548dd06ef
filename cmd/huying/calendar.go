package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/workday"
)

// calendarCmd looks after the working days.
type calendarCmd struct {
	Import calendarImportCmd `cmd:"" help:"导入放假和调休安排（iCal、CSV 或 XLSX）"`
}

type calendarImportCmd struct {
	File   string `arg:"" name:"文件" help:"iCal（.ics）、CSV 或 XLSX（列：日期、结束日期、安排、名称；安排写休或班）"`
	DryRun bool   `name:"dry-run" help:"只列出会改变哪些日子，不写入"`
}

// Help says what an import replaces.
func (c *calendarImportCmd) Help() string {
	return "文件里有整年安排的年份整年替换，其余年份只改写列出的日子。已经算好的期限不变。"
}

// Run lists what the file changes, and writes it unless it is a dry run.
func (c *calendarImportCmd) Run(ctx context.Context, a *app) error {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "import.file", c.File)
	}
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	days := casework.NewWorkdays(db.DB, a.settings.schedule(), a.now)
	apply := days.Import
	if c.DryRun {
		apply = days.Plan
	}
	plan, err := apply(ctx, operator(), filepath.Base(c.File), body)
	for _, e := range plan.Ignored {
		fmt.Fprintln(a.Err, "提示 "+errs.Sentence(e))
	}
	if err != nil {
		return err
	}
	for _, ch := range plan.Changes {
		fmt.Fprintf(a.Out, "%s  %s → %s\n", ch.Date, entryWord(ch.Old), entryWord(ch.New))
	}
	switch {
	case len(plan.Changes) == 0:
		fmt.Fprintln(a.Out, "与现在的日历相同，不用导入。")
	case c.DryRun:
		fmt.Fprintf(a.Out, "会改变 %d 天。只检查，没有写入。\n", len(plan.Changes))
	default:
		fmt.Fprintf(a.Out, "已导入，改变了 %d 天。\n", len(plan.Changes))
	}
	return nil
}

func entryWord(d *workday.Day) string {
	if d == nil {
		return "按周末规则"
	}
	return strings.TrimSpace(casework.Arrangement(d.Work) + " " + d.Name)
}

// checkCalendar warns of a year whose holidays are not known.
func (a *app) checkCalendar(ctx context.Context, c *checkup, db *store) {
	cal, err := casework.NewWorkdays(db.DB, a.settings.schedule(), a.now).Calendar(ctx)
	if err != nil {
		c.bad("工作日历", errs.Sentence(err), "")
		return
	}
	if w := cal.Warning(a.now()); w != "" {
		c.note("工作日历", "%s：huying calendar import 文件，或页面“工作日历”", w)
		return
	}
	c.good("工作日历", "有到 %s 的放假安排，工作时间 %s", cal.CoveredUntil().AddDate(0, 0, -1).Format("2006-01-02"), cal.Hours())
}
