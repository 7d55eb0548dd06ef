package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
	"huying/kb"
)

// Answers gives what the knowledge base said when a matter came in.
type Answers interface {
	// InstantAnswer gives the latest answer or silence of a matter, or
	// errs.NotFound while it was not asked.
	InstantAnswer(ctx context.Context, actor org.Actor, matter intake.MatterID) (kb.InstantAnswer, error)
	// TalkOf gives what a citizen asked before it became a message, first ask
	// first; none for a message that came otherwise.
	TalkOf(ctx context.Context, actor org.Actor, message intake.MessageID) ([]kb.Turn, error)
	// Standing counts what people said of an entry's answers.
	Standing(ctx context.Context, actor org.Actor, entry kb.EntryID) (kb.Standing, error)
}

// queuePage is how many matters the queue holds before “更早的”.
const queuePage = 50

// The filters of the queue, by their name in the address.
const (
	showOpen     = ""         // 待办
	showUnsure   = "unsure"   // 拿不准: least certain first
	showDecided  = "decided"  // 已办
	showAnswered = "answered" // 已答复
	showReview   = "review"   // 审核: what nobody is sure about
)

// deskQuery is what the address of the desk says about the queue.
type deskQuery struct {
	Show   string
	Before intake.MatterID
	Centre string // the queue of a sub-centre, by its unit; city: the city's; empty: all, or the reader's own
}

// cityQueue names the queue of what no sub-centre has.
const cityQueue = "city"

// queueNamed gives the queue that an address names.
func queueNamed(centre string) (of org.UnitID, city bool) {
	if centre == cityQueue {
		return "", true
	}
	return org.UnitID(centre), false
}

func readDeskQuery(c *fiber.Ctx) deskQuery {
	q := deskQuery{Show: c.Query("show"), Before: intake.MatterID(c.Query("before")), Centre: c.Query("centre")}
	switch q.Show {
	case showUnsure, showDecided, showAnswered, showReview:
	default:
		q.Show = showOpen
	}
	return q
}

// filter is the query as the desk understands it.
func (q deskQuery) filter(limit int) classifier.QueueFilter {
	f := classifier.QueueFilter{State: intake.MatterOpen, Before: q.Before, Limit: limit}
	f.Of, f.City = queueNamed(q.Centre)
	switch q.Show {
	case showUnsure:
		f.Unsure, f.Before = true, ""
	case showDecided:
		f.State = intake.MatterDecided
	case showAnswered:
		f.State = intake.MatterAnswered
	case showReview:
		f.Review, f.Before = true, ""
	}
	return f
}

// byDoubt reports whether the queue is in the order of certainty, and so has
// no pages.
func (q deskQuery) byDoubt() bool { return q.Show == showUnsure || q.Show == showReview }

// To is the address of a matter (empty: the first of the queue), or of one of
// its parts, under this query.
func (q deskQuery) To(matter intake.MatterID, part string, more ...string) string {
	path := "/desk"
	if matter != "" {
		path += "/" + string(matter)
	}
	if part != "" {
		path += "/" + part
	}
	return link(path, append([]string{"show", q.Show, "before", string(q.Before), "centre", q.Centre}, more...)...)
}

// deskPage is what desk.html draws.
type deskPage struct {
	shell
	Queue     queueView
	File      *fileView // nil: nothing is open
	Undo      undoView
	Said      string // what the last action did, as a sentence; may be empty
	CanDecide bool
}

// queueView is the left column.
type queueView struct {
	Tabs    []tabView
	Days    []dayView
	Open    int
	int                 // how many wait
	Centres []tabView   // queues to look into; none: there is one
	Moves   *queueMover // between queues; nil: not for this reader
	Blind   string      // how many wait for a blind reading by the reader; empty: none
	Clarify int         // citizens to be called back; 0: none
	Older   string      // address of the older ones; empty: there are none
	Newest  string      // address of the newest; empty: these are the newest
	Watch   string      // what to ask whether newer ones came
	Empty   string      // why the queue is empty
	Hint    string      // what to do then
}

type tabView struct {
	Label, URL string
	Current    bool
	Count      int // shown when Counted
	Counted    bool
}

type dayView struct {
	Heading string
	Rows    []rowView
}

// rowView is one line of the queue.
type rowView struct {
	classifier.QueueItem
	URL     string
	Current bool
}

// home sends everybody to where their work is: most to the desk. Of several
// roles the one counts in which others wait for what they do.
func (s *Server) home(c *fiber.Ctx, v visit) error {
	to := "/desk"
	switch {
	case v.may(org.ActHandle):
		to = "/cases"
	case v.may(org.ActSubject):
		to = "/privacy"
	case v.may(org.ActInstruct):
		to = "/leader"
	case v.may(org.ActReceive): // takes calls, whatever else
	case v.may(org.ActDispatch):
		to = "/cases"
	case v.may(org.ActSupervise):
		to = "/cases/chased"
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// showDesk shows queue, message and suggestion: of the matter in the address,
// or of the first in the queue.
func (s *Server) showDesk(c *fiber.Ctx, v visit) error {
	p, err := s.newDeskPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "desk", p)
}

func (s *Server) newDeskPage(c *fiber.Ctx, v visit) (deskPage, error) {
	ctx, q := c.UserContext(), readDeskQuery(c)
	items, open, err := s.o.Desk.Queue(ctx, v.actor, q.filter(queuePage))
	if err != nil {
		return deskPage{}, err
	}
	matter := intake.MatterID(c.Params("matter"))
	if matter == "" && len(items) > 0 {
		matter = items[0].Matter
	}
	p := deskPage{shell: s.shell(v, "desk", "受理台"), CanDecide: v.may(org.ActDecide)}
	p.Queue = s.newQueueView(q, items, open, matter)
	if p.Queue.Blind, err = s.countBlind(ctx, v); err != nil {
		return deskPage{}, err
	}
	if p.Queue.Clarify, err = s.countClarify(ctx, v); err != nil {
		return deskPage{}, err
	}
	if err := s.centresOf(ctx, v, q, matter, &p.Queue); err != nil {
		return deskPage{}, err
	}
	if err := s.addReviewTab(ctx, v, q, &p.Queue); err != nil {
		return deskPage{}, err
	}
	p.Said = said[c.Query("said")]
	if matter != "" {
		if p.File, err = s.newFileView(c, v, q, matter); err != nil {
			return deskPage{}, err
		}
		if err := s.picturesOf(c, v, p.File); err != nil {
			return deskPage{}, err
		}
		if err := s.callerOf(c, v, p.File); err != nil {
			return deskPage{}, err
		}
		p.Title = p.File.Heading
	}
	p.Undo, err = s.newUndoView(ctx, v, q, intake.MatterID(c.Query("undo")))
	return p, err
}

// said are the sentences an action may leave behind on the page it goes to.
var said = map[string]string{
	"joined":   "已归入统一口径",
	"unsolved": "已记为没有解决，请按推荐转办",
	"changed":  "这条答复刚刚有变化，没有记下，请看现在的再按",
	"undone":   "已撤销，这件事回到待办",
	"back":     "已取回，这件事回到待办",
	"returned": "已记下退回，等人改派",
	"split":    "已分开，每件各有推荐",
	"received": "已登记",
	"accused":  "已记下投诉对象，它们不能办也看不到",
	"oversee":  "已转热线主管决定，不再列在这里",
	"veiled":   "已隐去，承办单位看到的是隐去以后的文字",
	"clarify":  "已记下，24 小时内回拨",
	"called":   "已记下回拨",
	"clear":    "已记下不涉密，正在生成推荐",
	"contact":  "已记下这次来电，没有诉求需要办理",
	"queue":    "已转到另一个队列",
	"lost":     "这件诉求刚刚被取走、转走或已有决定，没有转",
	"known":    "这个编号已登记过，打开的是第一次登记的内容",
}

func (s *Server) newQueueView(q deskQuery, items []classifier.QueueItem, open int, current intake.MatterID) queueView {
	v := queueView{Open: open}
	for _, t := range []struct{ show, label string }{
		{showOpen, "待办"}, {showUnsure, "拿不准"}, {showDecided, "已办"}, {showAnswered, "已答复"},
	} {
		v.Tabs = append(v.Tabs, tabView{
			Label: t.label, URL: deskQuery{Show: t.show, Centre: q.Centre}.To("", ""),
			Current: t.show == q.Show, Count: open, Counted: t.show == showOpen,
		})
	}
	for _, item := range items {
		h := s.heading(item.At)
		if q.byDoubt() {
			h = "把握最小的在前"
		}
		if len(v.Days) == 0 || v.Days[len(v.Days)-1].Heading != h {
			v.Days = append(v.Days, dayView{Heading: h})
		}
		d := &v.Days[len(v.Days)-1]
		d.Rows = append(d.Rows, rowView{QueueItem: item, URL: q.To(item.Matter, ""), Current: item.Matter == current})
	}
	if len(items) == queuePage && !q.byDoubt() {
		v.Older = deskQuery{q.Show, items[len(items)-1].Matter, q.Centre}.To("", "")
	}
	if q.Before != "" {
		v.Newest = deskQuery{Show: q.Show, Centre: q.Centre}.To("", "")
	}
	if q.Show == showOpen && q.Before == "" {
		newest := ""
		if len(items) > 0 {
			newest = string(items[0].Matter)
		}
		v.Watch = link("/desk/newer", "newest", newest, "open", string(current), "centre", q.Centre)
	}
	v.Empty, v.Hint = emptyQueue(q)
	return v
}

// emptyQueue says why a queue is empty and what to do then.
func emptyQueue(q deskQuery) (empty, hint string) {
	switch {
	case q.Before != "":
		return "没有更早的了", "回到最新的继续"
	case q.Show == showDecided:
		return "还没有办过的诉求", "在待办里确认一件，就会出现在这里"
	case q.Show == showAnswered:
		return "还没有当场答复的来件", "即时答复解决了问题，按 Y 记下"
	case q.Show == showReview:
		return "没有等审核的诉求", "话务员拿不准送来的、推荐无把握的，会列在这里"
	case q.Show == showUnsure:
		return "没有拿不准的诉求", "可以从待办里按时间处理"
	}
	return "待办已清空", "新来件会自动出现；接到电话请登记来电"
}

// newerView is the bar that says newer matters came.
type newerView struct{ URL string }

// watchQueue answers 204 while the newest matter is still the one the page
// shows, otherwise the bar that leads to the newer ones.
func (s *Server) watchQueue(c *fiber.Ctx, v visit) error {
	q := deskQuery{Centre: c.Query("centre")}
	items, _, err := s.o.Desk.Queue(c.UserContext(), v.actor, q.filter(1))
	if err != nil {
		return err
	}
	if len(items) == 0 || string(items[0].Matter) <= c.Query("newest") {
		return c.SendStatus(fiber.StatusNoContent)
	}
	return s.render(c, fiber.StatusOK, "desk", "newer", newerView{URL: q.To(intake.MatterID(c.Query("open")), "")})
}

// freshView is the bar that says the matter's suggestion, answer or decision
// has changed since the page was drawn.
type freshView struct {
	URL     string
	Decided bool // somebody decided meanwhile
}

// watchMatter answers 204 while nothing has changed.
func (s *Server) watchMatter(c *fiber.Ctx, v visit) error {
	matter := intake.MatterID(c.Params("matter"))
	f, err := s.o.Desk.File(c.UserContext(), v.actor, matter)
	if err != nil {
		return err
	}
	mark := newMark(f)
	if mark.suggestion == c.Query("suggestion") && mark.head == c.Query("head") {
		return c.SendStatus(fiber.StatusNoContent)
	}
	q := readDeskQuery(c)
	return s.render(c, fiber.StatusOK, "desk", "fresh", freshView{URL: q.To(matter, ""), Decided: mark.head != c.Query("head")})
}

// mark is what a page has seen of a matter.
type mark struct{ suggestion, head string }

func newMark(f classifier.File) mark {
	m := mark{head: string(head(f.Decisions))}
	if f.Suggestion != nil {
		m.suggestion = string(f.Suggestion.ID)
	}
	return m
}

// head is the last decision of a chain, empty before the first.
func head(chain []classifier.Decision) classifier.DecisionID {
	if len(chain) == 0 {
		return ""
	}
	return chain[len(chain)-1].ID
}
