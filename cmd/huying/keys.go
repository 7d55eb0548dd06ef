package main

import (
	"context"
	"fmt"

	"huying/internal/privacy"
)

// keysCmd is about the keys that seal originals.
type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"1" help:"列出密钥的编号，以及各加密着多少条原文（连同奖励的种子、工作人员的提醒方式）、封存着多少条审计记录"`
	Rotate keysRotateCmd `cmd:"" help:"换一把新密钥，把全部原文（连同奖励的种子、工作人员的提醒方式）改用它加密；中断后再运行一次就会接着做"`
	Drop   keysDropCmd   `cmd:"" help:"去掉已没有原文使用的旧密钥；它封存的审计记录仍可核对"`
}

type keysListCmd struct{}

// Run lists the keys.
func (c *keysListCmd) Run(ctx context.Context, a *app) error {
	return a.withRotation(ctx, func(r *privacy.Rotation) error {
		lines, err := r.List(ctx)
		if err != nil {
			return err
		}
		for _, l := range lines {
			fmt.Fprintf(a.Out, "%s  原文 %d 条，审计记录 %d 条，%s\n", l.ID, l.Originals, l.Links, keyState(l))
		}
		return nil
	})
}

// keyState says what a key is good for.
func keyState(l privacy.KeyLine) string {
	switch {
	case l.Seals:
		return "正在使用"
	case l.Here && l.Originals == 0:
		return "旧密钥，已没有原文使用，可以去掉：huying keys drop " + l.ID
	case l.Here:
		return "旧密钥，还有原文使用；运行 huying keys rotate 改用新密钥"
	case l.Audit:
		return "已去掉，只用来核对审计记录"
	}
	return "这台机器上没有这把密钥，它加密的原文打不开"
}

type keysRotateCmd struct{}

// Run seals everything anew, beside a running service.
func (c *keysRotateCmd) Run(ctx context.Context, a *app) error {
	return a.withRotation(ctx, func(r *privacy.Rotation) error {
		key, done, err := r.Rotate(ctx, a.counter("改用新密钥"))
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Out, "已改用密钥 %s，重新加密 %d 条原文。\n请备份新的密钥文件；其他机器换上新的密钥文件后，再用 huying keys drop 去掉旧密钥。\n", key, done)
		return nil
	})
}

type keysDropCmd struct {
	ID string `arg:"" name:"编号" help:"旧密钥的编号，见 huying keys"`
}

// Run forgets a key.
func (c *keysDropCmd) Run(ctx context.Context, a *app) error {
	return a.withRotation(ctx, func(r *privacy.Rotation) error {
		if err := r.Drop(ctx, c.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.Out, "已去掉密钥 %s，它封存的审计记录仍可核对。\n换密钥以前的备份里，原文仍用旧密钥加密：要能恢复那些备份，请另行保存旧密钥。\n", c.ID)
		return nil
	})
}

// withRotation opens store and keys.
func (a *app) withRotation(ctx context.Context, do func(*privacy.Rotation) error) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	ring, err := a.openRing(db.dirs)
	if err != nil {
		return err
	}
	return do(privacy.NewRotation(db.DB, ring, a.now))
}
