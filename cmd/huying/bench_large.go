package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"huying/classifier"
	"huying/eval"
	"huying/internal/demo"
	"huying/internal/query"
)

// quietSends is how many messages are timed before training begins.
const quietSends = 600

// large measures what training costs a city of many leaves and decisions, and
// what it costs the calls that come in meanwhile.
func (c *benchCmd) large(ctx context.Context, a *app, r *rig, texts []demo.Message) error {
	t, err := a.openTrialWith(ctx, r, r.bare, func(ctx context.Context, s *site) error {
		rows, err := classifier.StarterRows()
		if err != nil {
			return err
		}
		return a.publishRows(ctx, s, eval.NumberedLeaves(rows, eval.CrowdLeaves))
	})
	if err != nil {
		return err
	}
	defer t.close()
	fmt.Fprintln(a.Err, "正在写入 20 万件决定…")
	if err := a.crowdTrial(ctx, t, texts); err != nil {
		return err
	}
	fmt.Fprintln(a.Err, "正在衡量…")
	i := 0
	quiet, err := c.sends(ctx, a, t, texts, func() bool { i++; return i > quietSends })
	if err != nil {
		return err
	}
	var peak int64
	start := a.now()
	trained := make(chan error, 1)
	go func() {
		var err error
		peak, err = a.trainApart(ctx, t.site)
		trained <- err
	}()
	var failed error
	ended := false
	busy, err := c.sends(ctx, a, t, texts, func() bool {
		select {
		case failed = <-trained:
			ended = true
		default:
		}
		return ended
	})
	took := a.now().Sub(start)
	if !ended {
		failed = <-trained
	}
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	fmt.Fprintf(a.Out, "事项 %d 个、决定 %d 件：训练用时 %.1f 分钟，内存最多 %.2f GB（目标 2 以下）\n",
		eval.CrowdLeaves, eval.CrowdExamples, took.Minutes(), float64(peak)/(1<<30))
	fmt.Fprintf(a.Out, "%s %.2f（平时 %d 件，训练时 %d 件，目标不高于 2）\n", pad("训练时受理一件的用时 ÷ 平时，99 百分位", 60),
		float64(percentile(busy, 99))/float64(percentile(quiet, 99)), len(quiet), len(busy))
	fmt.Fprintf(a.Out, "%s %.2f\n", pad("同上，中位数", 60), float64(percentile(busy, 50))/float64(percentile(quiet, 50)))
	return nil
}

// crowdTrial gives the trial the decisions of years.
func (a *app) crowdTrial(ctx context.Context, t *trial, texts []demo.Message) error {
	sources := make([]query.Source, len(texts))
	for i, m := range texts {
		sources[i] = query.Source{Title: m.Title, Body: m.Text}
	}
	queries, err := t.site.queries.BuildAll(ctx, sources, nil)
	if err != nil {
		return err
	}
	c, err := t.site.suggest.Current(ctx)
	if err != nil {
		return err
	}
	by, err := t.site.DB.AccountByLogin(ctx, "agent1")
	if err != nil {
		return err
	}
	return crowd(ctx, t.site.DB, by.ID, t.site.embedder.Model(), eval.CrowdExamples, eval.NumberedExamples(c, queries, a.now()))
}

// sends sends messages one after the other until enough says so, and gives
// how long each took.
func (c *benchCmd) sends(ctx context.Context, a *app, t *trial, texts []demo.Message, enough func() bool) ([]time.Duration, error) {
	var took []time.Duration
	for i := 0; !enough(); i++ {
		start := a.now()
		if err := t.send(ctx, texts[i%len(texts)]); err != nil {
			return nil, err
		}
		took = append(took, a.now().Sub(start))
	}
	return took, nil
}

// percentile gives the p-th of a hundred, at least one duration given.
func percentile(d []time.Duration, p int) time.Duration {
	slices.Sort(d)
	return d[len(d)*p/100]
}
