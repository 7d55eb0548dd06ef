package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"huying/casework"
	"huying/internal/errs"
)

// exportCmd writes what the database holds to files.
type exportCmd struct {
	Cases     exportCasesCmd     `cmd:"" help:"把办结的工单归档成 ZIP：经过、答复、附件和校验值"`
	Knowledge exportKnowledgeCmd `cmd:"" help:"导出全部知识条目，文件可原样再导入"`
	Units     exportUnitsCmd     `cmd:"" help:"导出在用的承办单位，文件可原样再导入"`
}

type exportCasesCmd struct {
	File    string `arg:"" name:"文件" help:"写到哪里，.zip；已有的同名文件会被替换"`
	From    string `name:"from" placeholder:"日期" help:"从哪天办结的，如 2026-11-01"`
	To      string `name:"to" placeholder:"日期" help:"到哪天，含当天"`
	Case    string `name:"case" placeholder:"编号" help:"只导出这一件，工单编号；与日期二选一"`
	Purpose string `name:"purpose" placeholder:"用途" help:"必填，写进每件的导出标记和审计记录"`
	Clear   bool   `name:"clear" help:"连同诉求人的原话和联系方式；每件打开都有记录"`
}

// Run writes cases as an archive.
func (c *exportCasesCmd) Run(ctx context.Context, a *app) error {
	r := casework.ArchiveRequest{Purpose: c.Purpose, Clear: c.Clear}
	var err error
	if c.From != "" || c.To != "" {
		if r.From, err = time.ParseInLocation(time.DateOnly, c.From, chinaTime()); err != nil {
			return errs.Wrap(err, errs.Invalid, "setting.invalid", "--from", c.From)
		}
		if r.To, err = time.ParseInLocation(time.DateOnly, c.To, chinaTime()); err != nil {
			return errs.Wrap(err, errs.Invalid, "setting.invalid", "--to", c.To)
		}
		r.To = r.To.AddDate(0, 0, 1)
	}
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Case != "" {
		d, err := s.DB.Cases(nil).Docket(ctx, casework.Key{Number: c.Case})
		if err != nil {
			return err
		}
		r.Case = d.ID
	}
	archive, err := s.archives.Open(ctx, operator(), r)
	if err != nil {
		return err
	}
	n := 0
	err = toFile(c.File, func(w io.Writer) (err error) {
		n, err = archive.Write(ctx, w)
		return err
	})
	if err == nil {
		fmt.Fprintf(a.Out, "%d 件工单已写入 %s。\n", n, c.File)
	}
	return err
}

type exportKnowledgeCmd struct {
	File string `arg:"" name:"文件" help:"写到哪里，按后缀定格式：.xlsx、.csv 或 .jsonl；已有的同名文件会被替换"`
}

// Run writes all entries but copies in work.
func (c *exportKnowledgeCmd) Run(ctx context.Context, a *app) error {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	err = toFile(c.File, func(w io.Writer) error { return s.library.Export(ctx, operator(), w, c.File) })
	if err == nil {
		fmt.Fprintf(a.Out, "知识条目已写入 %s。修改稿不在其中。\n", c.File)
	}
	return err
}

type exportUnitsCmd struct {
	File string `arg:"" name:"文件" help:"写到哪里，按后缀定格式：.xlsx 或 .csv；已有的同名文件会被替换"`
}

// Run writes the units in service, as import units takes them.
func (c *exportUnitsCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	lists := casework.NewUnitLists(db, a.now)
	err = toFile(c.File, func(w io.Writer) error { return lists.Export(ctx, operator(), w, c.File) })
	if err == nil {
		fmt.Fprintf(a.Out, "单位名单已写入 %s。\n", c.File)
	}
	return err
}
