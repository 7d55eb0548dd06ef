package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"huying/internal/assets"
	"huying/internal/postgres"
)

// backupCmd writes the whole database to one file, beside a running service.
type backupCmd struct {
	File string `arg:"" name:"文件" help:"要写的备份文件；原文仍是加密的，密钥不在其中，须另行保存"`
}

// Run writes the file whole or not at all.
func (c *backupCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	var rows int64
	err = writeFile(c.File, func(w io.Writer) error {
		var err error
		if rows, err = db.Backup(ctx, w, a.now()); err != nil {
			return err
		}
		if f, ok := w.(*os.File); ok {
			return f.Sync()
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已备份 %d 行到 %s。\n请另行保存密钥文件：没有它，恢复后打不开原文。\n", rows, c.File)
	return nil
}

// restoreCmd fills an empty database from a backup.
type restoreCmd struct {
	File string `arg:"" name:"文件" help:"huying backup 写的备份文件"`
}

// Run restores all or nothing; a database with content is refused.
func (c *restoreCmd) Run(ctx context.Context, a *app) error {
	f, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	url := a.settings.DatabaseURL
	if url == "" {
		dirs, err := assets.Home(a.home)
		if err != nil {
			return err
		}
		local, err := a.openLocal(ctx, dirs, asGuest)
		if err != nil {
			return err
		}
		defer (&store{local: local}).Close()
		url = local.URL()
	}
	rows, err := postgres.Restore(ctx, url, f)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已恢复 %d 行。启动服务前，请把当时的密钥文件放回原处。\n", rows)
	return nil
}
