package server

import (
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/llm"
)

// prosePage is what prose.html draws: a page's figures in words.
type prosePage struct {
	shell
	Of      string // the page, in words
	Back    string
	URL     string
	Text    []sentenceView
	Dropped []sentenceView // sentences with a figure that no table has
	Sources []sourceView
	Failed  string
}

const (
	prosePrompt    = "report-1"
	proseWork      = "给领导看的情况说明：先说总的情况，再说最好和最差的几行，最后说变化；说到哪一行就写出那一行的名称；只说表里有的数，不计算、不推测原因、不提建议"
	proseSentences = 8
)

// mayProse gives the address of a page's figures in words; empty: there is no
// model for it.
func (s *Server) mayProse(c *fiber.Ctx, url string) (string, error) {
	if s.o.Assist == nil {
		return "", nil
	}
	may, err := s.o.Assist.Write.Allows(c.UserContext(), llm.Report)
	if err != nil || !may {
		return "", err
	}
	return url, nil
}

// prose asks for a page's figures in words and shows what rests on them.
func (s *Server) prose(c *fiber.Ctx, p prosePage, tables []llm.Source) error {
	ctx, cancel := writing(c)
	defer cancel()
	kept, dropped, err := s.o.Assist.Write.Tell(ctx, llm.Brief{
		Task: llm.Report, Prompt: prosePrompt, Work: proseWork, About: p.Of, Sources: tables, Most: proseSentences,
	})
	p.Sources = newSourceViews(tables)
	switch {
	case err == nil:
		p.Text, p.Dropped = newSentenceViews(kept), newSentenceViews(dropped)
	case ofModel(err):
		p.Failed = errs.Sentence(err)
	default:
		return err
	}
	return s.page(c, "prose", p)
}

// tellAccuracy puts the figures of the accuracy's page into words.
func (s *Server) tellAccuracy(c *fiber.Ctx, v visit) error {
	days, to := readDays(c, 30), s.o.Now()
	from := to.AddDate(0, 0, -days)
	a, err := s.o.Desk.Accuracy(c.UserContext(), v.actor, from, to)
	if err != nil {
		return err
	}
	url, err := s.mayProse(c, "/accuracy/prose")
	if err != nil || url == "" {
		return orNoPage(err)
	}
	trend, err := s.o.Watch.Trend(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	p := s.newAccuracyPage(v, a, from, to, days)
	p.Trend = newTrendView(trend)
	days30 := fmt.Sprint(days)
	return s.prose(c, prosePage{
		shell: s.shell(v, "accuracy", "推荐准确率的情况说明"), Of: "推荐准确率", Back: link("/accuracy", "days", days30), URL: link(url, "days", days30),
	}, accuracyFigures(p))
}

// orNoPage is an error, or that there is no such page.
func orNoPage(err error) error {
	if err != nil {
		return err
	}
	return errs.New(errs.NotFound, "page.not_found")
}

// accuracyFigures are the tables of the accuracy's page as they are shown: a
// share that the page does not show is not told either. Names of people are not
// among them.
func accuracyFigures(p accuracyPage) []llm.Source {
	table := func(name string, rows []string) llm.Source {
		return llm.Source{Name: name, Text: strings.Join(rows, "\n"), Table: true}
	}
	day := func(t time.Time) string { return shanghai(t).Format("2006年1月2日") }
	out := []llm.Source{{Name: "统计期间", Text: fmt.Sprintf("%s 至 %s，有 %d 件决定，不采纳 %d 件。%s", day(p.From), day(p.To), p.Decided, p.Declined, p.Sentence)}}
	rate := func(name string, r rateView, few bool) string {
		if few {
			return fmt.Sprintf("%s：%d 件中 %d 件，样本不足", name, r.Of, r.Right)
		}
		return fmt.Sprintf("%s：%d 件中 %d 件，占 %s，区间 %s 到 %s", name, r.Of, r.Right, percent(r.Share), percent(r.Low), percent(r.High))
	}
	var rows []string
	for _, r := range p.Rates {
		rows = append(rows, rate(r.Name, r, p.Few))
	}
	out = append(out, table("各项指标", rows))
	for _, t := range p.Tables {
		rows = nil
		for _, r := range t.Rows {
			row := fmt.Sprintf("%s：决定 %d 件，首选事项采用 %d 件，主办单位一致 %d 件", r.Name, r.Decided, r.Leaf.Right, r.Lead.Right)
			if !r.Few {
				row += fmt.Sprintf("，首选事项采用率 %s，主办单位一致率 %s", percent(r.Leaf.Share), percent(r.Lead.Share))
			}
			rows = append(rows, row)
		}
		if len(rows) > 0 {
			out = append(out, table(t.Title, rows))
		}
	}
	if rows = nil; p.Trend.Any {
		for _, w := range p.Trend.Weeks {
			rows = append(rows, rate(w.Name, w.rateView, w.Little()))
		}
		out = append(out, table("近 12 周的首选采用率", rows))
	}
	rows = nil
	for _, w := range p.Worst {
		rows = append(rows, fmt.Sprintf("%s改为%s：%d 次", w.Suggested, w.Decided, w.Count))
	}
	if len(rows) > 0 {
		out = append(out, table("最常被改的推荐", rows))
	}
	return out
}

// tellCaseloads puts the figures of the units' cases into words.
func (s *Server) tellCaseloads(c *fiber.Ctx, v visit) error {
	p, err := s.newCaseloadsPage(c, v)
	if err != nil {
		return err
	}
	if p.Prose == "" {
		return errs.New(errs.NotFound, "page.not_found")
	}
	rows := make([]string, len(p.Units))
	for i, u := range p.Units {
		rows[i] = fmt.Sprintf("%s：在办 %d 件，即将超期 %d 件，已超期 %d 件，督办中 %d 件，问责 %d 件，近 30 天办结 %d 件，按时 %s，响应 %s，解决 %s，满意 %s",
			u.Name, u.Open, u.Soon, u.Late, u.Ordered, u.Accountable, u.Closed, u.InTimeOf(), u.ContactedOf(), u.SolvedOf(), u.SatisfiedOf())
	}
	var tables []llm.Source
	// Units that are late stand first; what one question can hold of them.
	const unitsTold = 7 * unitsATable
	for at := 0; at < min(len(rows), unitsTold); at += unitsATable {
		part := rows[at:min(len(rows), at+unitsATable)]
		tables = append(tables, llm.Source{Name: "各单位的办理情况", Text: strings.Join(part, "\n"), Table: true})
	}
	return s.prose(c, prosePage{
		shell: s.shell(v, "cases", "各单位办理情况的说明"), Of: "各单位的办理情况", Back: "/cases/units", URL: p.Prose,
	}, tables)
}

// unitsATable is how many units' rows are one source, which is clipped beyond
// 1,200 characters.
const unitsATable = 9
