package server

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// enough is the number of decisions from which a share is shown as a number:
// below it the interval is wider than 30 points and the share says nothing.
const enough = 30

// accuracyPage is what accuracy.html draws.
type accuracyPage struct {
	shell
	From, To time.Time
	Spans    []tabView
	Decided  int
	Declined int
	Few      bool // too few decisions for shares
	Need     int
	Rates    []rateView
	Tables   []accuracyTable
	Worst    []pairView
	Sentence string
	Models   bool // may look at the models
	Trend    trendView
	People   *peopleView // nil: nothing is read blind
	Returns  returnMapView
	Staff    *staffView // nil: the reader may not see it
	Prose    string     // address of the figures in words; empty: there is no model for it
}

// rateView is one share with its interval.
type rateView struct {
	Name  string
	Right int
	Of    int
	Share float64
	Low   float64
	High  float64
}

// accuracyTable is one break-down.
type accuracyTable struct {
	Title, Head string
	Rows        []accuracyRowView
}

type accuracyRowView struct {
	Name    string
	Decided int
	Few     bool
	Leaf    rateView
	Lead    rateView
}

// pairView is a suggestion that people corrected to something else.
type pairView struct {
	classifier.ConfusedPair
	SuggestedURL, DecidedURL string
}

// spansOfDays are the periods one may choose.
var spansOfDays = [...]int{7, 30, 90}

// showAccuracy tells how often people kept what was suggested.
func (s *Server) showAccuracy(c *fiber.Ctx, v visit) error {
	days, to := readDays(c, 30), s.o.Now()
	from := to.AddDate(0, 0, -days)
	a, err := s.o.Desk.Accuracy(c.UserContext(), v.actor, from, to)
	if err != nil {
		return err
	}
	p := s.newAccuracyPage(v, a, from, to, days)
	trend, err := s.o.Watch.Trend(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	p.Trend = newTrendView(trend)
	agreement, err := s.o.Blind.Agreement(c.UserContext(), v.actor, from, to)
	if err != nil {
		return err
	}
	p.People = newPeopleView(agreement, s.o.Blind.On())
	returns, err := s.o.Returns.Map(c.UserContext(), v.actor, from, to)
	if err != nil {
		return err
	}
	p.Returns = newReturnMapView(returns)
	if p.Staff, err = s.newStaffView(c, v, from, to, days); err != nil {
		return err
	}
	if p.Prose, err = s.mayProse(c, link("/accuracy/prose", "days", strconv.Itoa(days))); err != nil {
		return err
	}
	return s.page(c, "accuracy", p)
}

// readDays is the time that the address asks for, in days, or the usual one.
func readDays(c *fiber.Ctx, usual int) int {
	days, err := strconv.Atoi(c.Query("days"))
	if err != nil || days < 1 || days > 366 {
		return usual
	}
	return days
}

func (s *Server) newAccuracyPage(v visit, a classifier.Accuracy, from, to time.Time, days int) accuracyPage {
	p := accuracyPage{
		shell: s.shell(v, "accuracy", "推荐准确率"), From: from, To: to,
		Models: v.may(org.ActEditCatalogue), Decided: a.Decided, Declined: a.Declined, Few: a.Decided < enough, Need: enough,
		Rates: []rateView{
			newRate("首选即所定事项", a.LeafRight, a.Decided),
			newRate("前三个候选中有", a.LeafTop3, a.Decided),
			newRate("五个候选中有", a.LeafTop5, a.Decided),
			newRate("主办单位一致", a.LeadRight, a.Decided),
		},
	}
	for _, d := range spansOfDays {
		p.Spans = append(p.Spans, tabView{
			Label: fmt.Sprintf("近 %d 天", d), URL: link("/accuracy", "days", strconv.Itoa(d)), Current: d == days,
		})
	}
	p.Tables = []accuracyTable{
		newAccuracyTable("按渠道", "渠道", a.Channels, func(n string) string { return intake.Channel(n).Label() }),
		newAccuracyTable("按把握", "把握", a.Doubts, func(n string) string { return classifier.Doubt(n).Label() }),
	}
	for _, w := range a.Worst {
		p.Worst = append(p.Worst, pairView{w, link("/catalogue", "words", w.Suggested), link("/catalogue", "words", w.Decided)})
	}
	p.Sentence = accuracySentence(a)
	return p
}

// accuracySentence says the page in one sentence.
func accuracySentence(a classifier.Accuracy) string {
	switch {
	case a.Decided == 0:
		return "这段时间还没有人对推荐作出决定。在受理台确认或修改几件，这里就会有数。"
	case a.Decided < enough:
		return fmt.Sprintf("只有 %d 件决定，样本不足：满 %d 件后再看比例，现在只列件数。", a.Decided, enough)
	}
	r := newRate("", a.LeafRight, a.Decided)
	return fmt.Sprintf("%d 件决定中，%d 件采用了首选事项，占 %s；同样条件下，真实比例多半在 %s 到 %s 之间。",
		a.Decided, a.LeafRight, percent(r.Share), percent(r.Low), percent(r.High))
}

func newAccuracyTable(title, column string, rows []classifier.AccuracyRow, label func(string) string) accuracyTable {
	t := accuracyTable{Title: title, Head: column}
	for _, r := range rows {
		t.Rows = append(t.Rows, accuracyRowView{
			Name: label(r.Name), Decided: r.Decided, Few: r.Decided < enough,
			Leaf: newRate("", r.LeafRight, r.Decided), Lead: newRate("", r.LeadRight, r.Decided),
		})
	}
	return t
}

// newRate is a share with its 95 % interval by Wilson's score (E. B. Wilson,
// Probable Inference, JASA 22, 1927), which stays inside [0,1] and does not
// collapse at the ends.
func newRate(name string, right, of int) rateView {
	r := rateView{Name: name, Right: right, Of: of}
	if of == 0 {
		r.High = 1
		return r
	}
	const z = 1.96
	n := float64(of)
	r.Share = float64(right) / n
	middle := (r.Share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(r.Share*(1-r.Share)/n+z*z/(4*n*n))
	r.Low, r.High = max(middle-half, 0), min(middle+half, 1)
	return r
}

// Little reports whether there is too little for a share.
func (r rateView) Little() bool { return r.Of < enough }

// X, Width and Point place interval and share on a bar of 100.
func (r rateView) X() string     { return fmt.Sprintf("%.1f", r.Low*100) }
func (r rateView) Width() string { return fmt.Sprintf("%.1f", (r.High-r.Low)*100) }
func (r rateView) Point() string { return fmt.Sprintf("%.1f", r.Share*100-0.4) }
