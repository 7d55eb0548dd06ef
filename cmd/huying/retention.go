package main

import (
	"context"
	"fmt"
	"math"

	"huying/casework"
	"huying/internal/privacy"
)

// retentionCmd deletes what is past its date, as the daily job does.
type retentionCmd struct {
	DryRun bool `name:"dry-run" help:"只数到期的有多少，不删除"`
}

// Run counts, or deletes and counts.
func (c *retentionCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	r := privacy.NewRetention(db.DB, a.now)
	if !c.DryRun {
		rules := casework.NewLiveRules(db.DB)
		if err := rules.Refresh(ctx); err != nil {
			return err
		}
		if _, _, err := casework.NewLabels(db.DB, a.settings.LabelDays, a.now).Under(rules).RunDue(ctx); err != nil {
			return err
		}
		run, err := r.Run(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintln(a.Out, run.Words())
		return nil
	}
	rules, err := r.Due(ctx, math.MaxInt32)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		fmt.Fprintf(a.Out, "%s%s，到期 %d 条\n", pad(rule.Kind.Label(), 26), privacy.Days(rule.Days), rule.Due)
	}
	fmt.Fprintln(a.Out, "只是数了，没有删除。")
	return nil
}
