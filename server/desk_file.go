package server

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
	"huying/kb"
)

// fileView is everything the desk shows of one matter.
type fileView struct {
	Matter  intake.Matter
	Message intake.Message
	Heading string    // title, or the beginning of the text
	Title   []segment // empty when the message has none
	Body    [][]segment
	Area    string
	Recent  int           // other messages of the same citizen within 30 days
	Others  []siblingView // the message's other matters
	Where   bool          // somebody may have to go there, and nothing says where

	CanPlace  bool        // the reader may put the place right
	PlaceSaid []factWords // the place in the words, where none was given
	Facts     []factView  // what else the words say

	Answer      answerView
	Talk        []kb.Turn       // what a citizen asked before it became a message
	Suggestion  *suggestionView // nil while there is none
	Notices     []pinnedView    // that hold now where it happened
	MoreNotices []pinnedView
	Decided     []decisionView // the chain, latest first
	Modify      modifyView
	Accused     *accusedView     // nil: not for this reader
	Secret      *secretView      // nil: not for this reader
	Traces      *tracesView      // what would give the citizen away; nil: nothing, or the unit may know them
	Clarify     *clarifyView     // nil: not for this reader
	Original    *intake.Original // only right after it was asked for

	Returns     *returnsView  // nil: it was given to no unit
	Case        *deskCaseView // nil: none was filed
	Same        []sameView    // what else the caller brought up lately
	Code        string        // of the citizen's receipt while there is no case; empty: none
	Conflict    *conflictView
	Refusals    []string // grounds for not taking it on, each with the right way
	Split       *splitView
	Whole       string           // the message's words, where it was cut into matters
	Sent        *sentView        // to a reviewer; nil: not sent, or decided since
	Lost        bool             // the machine has no idea (无把握)
	CanSend     bool             // to a reviewer
	Pictures    []attachmentView // that came with it
	Caller      callerView       // harassment labels
	Replies     []toldView
	CanReply    bool // what was told in the call can be noted
	Open        bool // waits for a person
	CanDecide   bool
	CanOriginal bool
	URL         string     // of this page
	Watch       string     // what to ask whether something changed
	Assist      string     // what to ask for a language model's view; empty: there is none
	Turns       []turnView // of a call; none: it was none
	Next        deskQuery
	CSRF        string
	Seen        seenView
}

// seenView is what each form sends back so that a decision is made on what was
// on the screen, and once.
type seenView struct {
	Suggestion classifier.SuggestionID
	Previous   classifier.DecisionID
	Key        string
}

// siblingView is another matter of the same message.
type siblingView struct {
	Ordinal int
	Title   string
	URL     string
	Current bool
	Open    bool
}

// decisionView is one line of what was decided before.
type decisionView struct {
	classifier.Decision
	What  string // 确认, 修改, 不采纳, 撤销
	Leaf  string // trail of the category; empty for 不采纳 and 撤销
	Lead  string
	Co    []string
	Own   bool // by the reader
	First bool // the one that stands
}

// newFileView gathers what the desk shows of a matter.
func (s *Server) newFileView(c *fiber.Ctx, v visit, q deskQuery, matter intake.MatterID) (*fileView, error) {
	now, err := s.matterNow(c, v, matter)
	if err != nil {
		return nil, err
	}
	f, ctx := now.file, c.UserContext()
	view := &fileView{
		Matter: f.Matter, Message: f.Message, Heading: headingOf(f.Matter), Recent: f.Recent,
		Area: now.dir.Path(f.Message.Area),
		Open: f.Matter.State == intake.MatterOpen, CanDecide: v.may(org.ActDecide), CanOriginal: v.may(org.ActReadOriginal),
		URL: q.To(matter, ""), Next: q, CSRF: v.csrf, Seen: now.seen,
		Watch:   q.To(matter, "watch", "suggestion", string(now.seen.Suggestion), "head", string(now.seen.Previous)),
		Others:  siblings(f, q),
		Decided: newDecisionViews(f.Decisions, v, now.list, now.dir),
	}
	if err := s.placeOf(ctx, v, view, &f); err != nil {
		return nil, err
	}
	found := s.factFinder(now.dir).Facts(f.Matter.Title, f.Matter.Text)
	view.mark(f, found)
	view.addFacts(f, found)
	if view.Returns, err = s.newReturnsView(ctx, v, f, q, now.dir); err != nil {
		return nil, err
	}
	if view.Case, err = s.deskCase(ctx, v, f); err != nil {
		return nil, err
	}
	if err := s.sameCaller(ctx, v, view); err != nil {
		return nil, err
	}
	if view.Code, err = s.codeOf(ctx, view); err != nil {
		return nil, err
	}
	if view.Refusals, err = s.refusalReasons(ctx, v); err != nil {
		return nil, err
	}
	s.reviewOf(v, view, f)
	view.Split = s.newSplitView(view, f)
	if len(f.Message.Matters) > 1 {
		view.Whole = f.Message.Text
	}
	if f.Suggestion != nil {
		view.Suggestion = newSuggestionView(*f.Suggestion, now.list, c.QueryInt("answer"), func(answer int) string {
			if answer == 0 {
				return view.URL
			}
			return q.To(matter, "", "answer", strconv.Itoa(answer))
		})
	}
	if view.Answer, err = s.newAnswerView(ctx, v, f, now.dir); err != nil {
		return nil, err
	}
	if err := s.repliesOf(ctx, v, view); err != nil {
		return nil, err
	}
	if view.Talk, err = s.o.Answers.TalkOf(ctx, v.actor, f.Message.ID); err != nil {
		return nil, err
	}
	if view.Turns, err = s.turnsOfCall(ctx, v, f.Message); err != nil {
		return nil, err
	}
	view.Answer.heard(view.Talk)
	view.Answer.CanDo = view.CanDecide && f.Matter.State != intake.MatterDecided
	if err := s.pin(ctx, v, view, now.dir); err != nil {
		return nil, err
	}
	if view.Assist, err = s.assistURL(ctx, view); err != nil {
		return nil, err
	}
	if f.Message.Secret.Shut() {
		view.Assist = ""
	}
	if view.Accused, err = s.newAccusedView(ctx, v, f, q, now.dir); err != nil {
		return nil, err
	}
	s.secretOf(v, view, f)
	s.tracesOf(v, view, f)
	if err := s.clarifyOf(ctx, v, view, f); err != nil {
		return nil, err
	}
	view.Modify, err = s.newModifyView(c, now)
	return view, err
}

// placeOf takes the place that somebody on the desk has put.
func (s *Server) placeOf(ctx context.Context, v visit, view *fileView, f *classifier.File) error {
	if s.o.Cases == nil {
		return nil
	}
	put, err := s.o.Locator.Of(ctx, v.actor, f.Matter.ID)
	f.Message.Place = cmp.Or(put, f.Message.Place)
	view.Message.Place, view.CanPlace = f.Message.Place, view.CanDecide
	return err
}

// mark cuts title and text where they speak for the first candidate or say a
// fact.
func (view *fileView) mark(f classifier.File, found []intake.Fact) {
	var spans []span
	if f.Suggestion != nil {
		for _, h := range f.Suggestion.Highlights {
			spans = append(spans, span{start: h.Start, end: h.End})
		}
	}
	for i, fact := range found {
		spans = append(spans, span{start: fact.Start, end: fact.End, fact: i + 1})
	}
	offset := 0
	if f.Matter.Title != "" {
		view.Title = segments(f.Matter.Title, 0, spans)
		offset = len([]rune(f.Matter.Title)) + 1
	}
	for _, line := range strings.Split(f.Matter.Text, "\n") {
		if strings.TrimSpace(line) != "" {
			view.Body = append(view.Body, segments(line, offset, spans))
		}
		offset += len([]rune(line)) + 1
	}
	pieces := 0
	for _, line := range append([][]segment{view.Title}, view.Body...) {
		for i := range line {
			if len(line[i].Facts) > 0 {
				pieces++
				line[i].Piece = pieces
			}
		}
	}
}

// headingOf is what a matter is called: its title, or how its text begins.
func headingOf(m intake.Matter) string {
	if m.Title != "" {
		return m.Title
	}
	const enough = 24
	runes := []rune(strings.Join(strings.Fields(m.Text), " "))
	if len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return string(runes)
}

func siblings(f classifier.File, q deskQuery) []siblingView {
	if len(f.Message.Matters) < 2 {
		return nil
	}
	var out []siblingView
	for _, m := range f.Message.Matters {
		out = append(out, siblingView{
			Ordinal: m.Ordinal, Title: headingOf(m), URL: q.To(m.ID, ""),
			Current: m.ID == f.Matter.ID, Open: m.State == intake.MatterOpen,
		})
	}
	return out
}

// newDecisionViews puts names to a chain of decisions, latest first.
func newDecisionViews(chain []classifier.Decision, v visit, list *classifier.Catalogue, dir *org.Directory) []decisionView {
	words := map[classifier.Kind]string{
		classifier.Confirm: "确认", classifier.Correct: "修改", classifier.Decline: "不采纳", classifier.Withdraw: "撤销",
	}
	var out []decisionView
	for i := len(chain) - 1; i >= 0; i-- {
		d := chain[i]
		view := decisionView{Decision: d, What: words[d.Kind], Own: d.By == v.actor.Account, First: i == len(chain)-1}
		if d.Category != "" {
			view.Leaf = "旧版清单中的事项"
			if cat, ok := list.Category(d.Category); ok {
				view.Leaf = cat.Trail()
			}
		}
		if u, ok := dir.Unit(d.Lead); ok {
			view.Lead = u.Name
		}
		for _, co := range d.Co {
			if u, ok := dir.Unit(co); ok {
				view.Co = append(view.Co, u.Name)
			}
		}
		out = append(out, view)
	}
	return out
}

// areaName is where something holds, in words.
func areaName(area org.AreaCode, dir *org.Directory) string {
	if name := dir.Path(area); name != "" {
		return name
	}
	return "全市"
}

// pinnedView is a notice over the answer.
type pinnedView struct {
	kb.Notice
	URL, CSRF      string
	First, CanJoin bool // the first is joined by G
}

// noticesInSight is how many notices stand over the answer before the others
// fold into one line: more would push the suggestion out of sight.
const noticesInSight = 2

// pin puts the notices over the answer that hold now where the matter
// happened: those of the whole city, and those whose area has the matter's in
// it. A matter without an area gets all.
func (s *Server) pin(ctx context.Context, v visit, view *fileView, dir *org.Directory) error {
	all, err := s.o.Notices.Active(ctx, v.actor)
	if err != nil {
		return err
	}
	area := view.Message.Area
	for _, n := range all {
		if area != "" && !dir.Within(area, n.Area) {
			continue
		}
		p := pinnedView{
			Notice: n, URL: view.Next.To(view.Matter.ID, "notice"), CSRF: view.CSRF,
			First: len(view.Notices) == 0, CanJoin: view.CanDecide,
		}
		if len(view.Notices) < noticesInSight {
			view.Notices = append(view.Notices, p)
		} else {
			view.MoreNotices = append(view.MoreNotices, p)
		}
	}
	return nil
}
