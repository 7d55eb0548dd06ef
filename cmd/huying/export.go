package main

import (
	"context"
	"fmt"
	"io"
)

// exportCmd writes what the database holds to files.
type exportCmd struct {
	Knowledge exportKnowledgeCmd `cmd:"" help:"导出全部知识条目，文件可原样再导入"`
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
