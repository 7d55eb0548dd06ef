package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"huying/internal/assets"
	"huying/internal/errs"
	"huying/internal/org"
)

// auditCmd is about the log of who did what to whom.
type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"核对审计记录有没有被改过、删过或插过"`
}

type auditVerifyCmd struct {
	Accept bool `name:"accept" help:"恢复过备份、已查明缘由后使用：以数据库里现有的末尾为准，重新记在本机"`
}

// Run verifies, lists what does not fit, and then exits with 1.
func (c *auditVerifyCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := a.openRing(db.dirs)
	if err != nil {
		return err
	}
	trail := org.NewTrail(db.DB, keys, headFile(db.dirs), a.now)
	if c.Accept {
		if err := trail.Accept(ctx); err != nil {
			return err
		}
	}
	v, err := trail.Verify(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已封存 %d 条，刚写入、还没有封存 %d 条\n", v.Links, v.Waiting)
	if len(v.Faults) == 0 {
		fmt.Fprintln(a.Out, "没有发现改动。")
		return nil
	}
	for _, fault := range v.Faults {
		fmt.Fprintln(a.Out, "不符："+fault)
	}
	if v.More > 0 {
		fmt.Fprintf(a.Out, "还有 %d 处没有列出。\n", v.More)
	}
	return exitError(exitFailed)
}

// headFile is where this machine remembers the last link of the audit log: a
// file of ordinal and hash, outside the database.
type anchorFile string

func headFile(dirs assets.Dirs) anchorFile {
	return anchorFile(filepath.Join(dirs.Data, "audit.head"))
}

// Load reads it; the zero link when there is none yet.
func (f anchorFile) Load() (l org.AuditLink, err error) {
	raw, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	var sum string
	if err == nil {
		_, err = fmt.Sscan(string(raw), &l.Ordinal, &sum)
	}
	if err == nil {
		l.Hash, err = hex.DecodeString(sum)
	}
	if err != nil {
		return l, errs.Wrap(err, errs.Unavailable, "audit.anchor", string(f))
	}
	return l, nil
}

// Save writes it whole or not at all.
func (f anchorFile) Save(l org.AuditLink) error {
	tmp, err := os.CreateTemp(filepath.Dir(string(f)), ".head-*")
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "audit.anchor", string(f))
	}
	defer os.Remove(tmp.Name())
	_, err = fmt.Fprintf(tmp, "%d %s\n", l.Ordinal, hex.EncodeToString(l.Hash))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), string(f))
	}
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "audit.anchor", string(f))
	}
	return nil
}
