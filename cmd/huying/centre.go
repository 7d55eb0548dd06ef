package main

import (
	"context"
	"fmt"
	"strings"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

type unitCentreCmd struct {
	Name     string   `arg:"" optional:"" name:"单位" help:"哪个单位，写全名，类型要是“分中心”；不写时列出全部"`
	Areas    []string `name:"area" placeholder:"区域" help:"负责的区域，名称或编码，连同其中的；可重复给出，或用逗号隔开"`
	Channels []string `name:"channel" placeholder:"渠道" help:"负责的渠道，优先于区域；可重复给出，或用逗号隔开"`
	Hours    string   `name:"hours" placeholder:"时段" help:"每天何时开放，如 08:30-20:00；不设时全天"`
	Closed   bool     `name:"closed" help:"停用，它的诉求归市中心的队列"`
}

// Run says what a sub-centre decides on, in place of what was set, or lists all.
func (c *unitCentreCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	centres := classifier.NewCentres(db.DB, a.now)
	if c.Name == "" {
		return a.listCentres(ctx, centres)
	}
	x := classifier.SubCentre{Channels: c.Channels, Closed: c.Closed}
	if x.Unit, err = unitNamed(ctx, db, c.Name); err != nil {
		return err
	}
	areas, err := db.Areas(ctx)
	if err != nil {
		return err
	}
	if x.Areas, err = org.AreasNamed(areas, c.Areas); err != nil {
		return err
	}
	if x.Opens, x.Shuts, err = openHours(c.Hours); err != nil {
		return err
	}
	if err := centres.Set(ctx, org.Actor{}, x); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已设置分中心 %s，等着的诉求已按新的规则分到各队列。\n", c.Name)
	return nil
}

// listCentres prints a line for each sub-centre.
func (a *app) listCentres(ctx context.Context, centres *classifier.Centres) error {
	all, err := centres.All(ctx, org.Actor{})
	if err != nil {
		return err
	}
	for _, x := range all {
		areas := make([]string, len(x.Areas))
		for i, code := range x.Areas {
			areas[i] = string(code)
		}
		hours, state := "全天", "开放"
		if x.Opens != x.Shuts {
			hours = fmt.Sprintf("%02d:%02d-%02d:%02d", x.Opens/60, x.Opens%60, x.Shuts/60, x.Shuts%60)
		}
		switch {
		case x.Closed:
			state = "已停用"
		case !x.Open:
			state = "未开放，由市中心代办"
		}
		fmt.Fprintf(a.Out, "%s  区域 %s，渠道 %s，%s，%s，等着 %d 件\n", x.Name, orNone(areas), orNone(x.Channels), hours, state, x.Waiting)
	}
	return nil
}

// orNone lists words, or says that there are none.
func orNone(words []string) string {
	if len(words) == 0 {
		return "无"
	}
	return strings.Join(words, "、")
}

// openHours reads when a sub-centre is open, in minutes of the day; empty is
// always.
func openHours(value string) (opens, shuts int, err error) {
	if value == "" {
		return 0, 0, nil
	}
	p, ok := workday.ParsePeriod(value)
	if !ok {
		return 0, 0, errs.New(errs.Invalid, "centre.hours").In("hours")
	}
	return int(p.From.Minutes()), int(p.To.Minutes()), nil
}
