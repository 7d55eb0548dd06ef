package main

import (
	"context"
	"fmt"

	"huying/classifier"
)

// modelsCmd looks at the trained models and goes back to one.
type modelsCmd struct {
	List modelsListCmd `cmd:"" help:"列出训练过的推荐模型及其试用结果"`
	Use  modelsUseCmd  `cmd:"" help:"换回曾用的推荐模型，自动训练随即暂停；在“统计”的“推荐模型”页恢复"`
}

type modelsListCmd struct{}

// Run prints one line a model, newest first.
func (c *modelsListCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	lines, err := classifier.NewModels(db.DB, a.now).List(ctx, operator())
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		fmt.Fprintln(a.Out, "还没有推荐模型，导入事项清单时会训练第一个")
	}
	for _, l := range lines {
		fmt.Fprintf(a.Out, "%s  %s  见过 %d 件决定  %s  %s\n", l.ID, l.MadeAt.In(chinaTime()).Format("2006-01-02 15:04"),
			l.Decisions, trialWords(l.Figures), stateWords(l))
	}
	return nil
}

// trialWords says what a trial came to.
func trialWords(f classifier.Figures) string {
	if f.Decisions == 0 {
		return "决定还少，未比较"
	}
	words := fmt.Sprintf("试用 %d 件：首选事项 %.0f%%，前三个中有 %.0f%%，主办单位 %.0f%%", f.Decisions, 100*f.Leaf1, 100*f.Leaf3, 100*f.Lead1)
	if b := f.Before; b != nil {
		words += fmt.Sprintf("（原 %.0f%%、%.0f%%、%.0f%%）", 100*b.Leaf1, 100*b.Leaf3, 100*b.Lead1)
	}
	return words
}

// stateWords says what a model is to the service.
func stateWords(l classifier.ModelLine) string {
	switch l.State() {
	case classifier.InUse:
		if !l.PinnedAt.IsZero() {
			return "使用中，自动训练已暂停"
		}
		return "使用中"
	case classifier.NotUsed:
		return "未启用：比现用的差"
	}
	if l.Kept {
		return "曾用，内容还在"
	}
	return "曾用"
}

type modelsUseCmd struct {
	ID string `arg:"" name:"模型编号" help:"huying models list 列出的编号，须是“曾用，内容还在”的"`
}

// Run goes back to the model.
func (c *modelsUseCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := classifier.NewModels(db.DB, a.now).Use(ctx, operator(), classifier.ModelID(c.ID)); err != nil {
		return err
	}
	fmt.Fprintln(a.Out, "已换回，自动训练暂停；在“统计”的“推荐模型”页恢复")
	return nil
}
