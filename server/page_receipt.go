package server

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// receiptPage is what receipt.html draws for a citizen who has a receipt. It
// sets no cookie: whoever has the code may see and chase.
type receiptPage struct {
	Code    string // as it was typed
	Faults  []string
	Said    string
	Case    *receiptView // nil: no code was given, or there is no such case
	Refused *refusedView // of a matter that was refused; nil: it was not
	Arrived *arrivedView // of a matter on which nobody has decided; nil: somebody has
	Demo    bool
	MaxText int
}

// receiptView is a case as its citizen sees it.
type receiptView struct {
	Number  string
	Heading string
	Unit    string
	State   string
	Step    int    // of 4: 受理, 办理, 核对, 办结
	By      string // until when, in words; empty when nothing is due
	Left    string
	Answer  string        // once it is closed
	Lines   []receiptLine // latest first
	Open    bool
	URL     string
	Asked   string // what the unit waits to hear; empty: nothing
	Paused  string // until when the time stands at most; empty: it runs
	Object  string // until when the citizen may object; empty: no longer
	May     map[casework.Move]bool
	Files   []attachmentView // that somebody has shared
	Others  []otherView      // what was cut off the same words
	Draw    *drawView        // the reward; nil: none
	Why     string           // this unit
	Basis   string           // of that, as the list of matters names it
}

// otherView is another matter of the same citizen's words.
type otherView struct {
	Heading, State, Unit, By, URL, Number string
	Due                                   time.Time
}

type receiptLine struct {
	At   time.Time
	What string
	Text string
}

// refusedView is a refusal as its citizen sees it.
type refusedView struct {
	Heading string
	Why     string // with the right way
	At      time.Time
	State   string
	Contest string
	Answer  string
	May     bool // contest it
	URL     string
}

// receiptSteps are the steps of the progress bar.
var receiptSteps = []string{"受理", "办理", "核对", "办结"}

// Steps are the steps with how far the case is.
func (v receiptView) Steps() []taskTab {
	out := make([]taskTab, len(receiptSteps))
	for i, label := range receiptSteps {
		out[i] = taskTab{Label: label, Current: i+1 == v.Step, Counted: i+1 <= v.Step}
	}
	return out
}

// forHolders lets citizens in, within the limit, and says on the page itself what
// goes wrong. It is open whether citizens may ask or not: every text that tells
// them of their case leads here, nothing is shown without a code, and a code is
// 50 random bits.
func (s *Server) forHolders(h func(c *fiber.Ctx, p *receiptPage) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		p := &receiptPage{Demo: s.o.Demo, MaxText: casework.MaxTextRunes, Code: c.Params("code", strings.TrimSpace(c.FormValue("code")))}
		err := s.limit(c)
		if err == nil {
			err = h(c, p)
		}
		code, faults := s.faultsOf(c, err)
		p.Faults = append(p.Faults, faults...)
		if c.Response().StatusCode() == fiber.StatusSeeOther {
			return nil
		}
		return s.render(c, code, "receipt", "holder", p)
	}
}

// askReceipt asks for the code.
func (s *Server) askReceipt(*fiber.Ctx, *receiptPage) error { return nil }

// findReceipt goes to the page of a code.
func (s *Server) findReceipt(c *fiber.Ctx, p *receiptPage) error {
	if err := s.progress(c, p); err != nil {
		return err
	}
	return c.Redirect(receiptURL(p.Code, ""), fiber.StatusSeeOther)
}

func receiptURL(code, said string) string {
	return link("/receipt/"+casework.TidyReceipt(code), "said", said)
}

// showReceipt shows how far a case is.
func (s *Server) showReceipt(c *fiber.Ctx, p *receiptPage) error {
	p.Said = map[string]string{
		"chased": "已转告承办单位和热线。办理时限不变。", "added": "已记下，承办单位能看到。",
		"withdrawn": "已收到。承办单位能看到，热线核对后结案。", "objected": "已收到您的异议，进展看下面。", "rated": "谢谢，已记下。", "contested": "已收到，热线会另派人复核。",
	}[c.Query("said")]
	return s.progress(c, p)
}

func (s *Server) progress(c *fiber.Ctx, p *receiptPage) error {
	got, err := s.o.Cases.Progress(c.UserContext(), p.Code)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return s.refused(c, p)
	}
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	p.Case = s.newReceiptView(got, p.Code, dir)
	if err := s.whyUnit(c.UserContext(), p.Case, got.Docket, dir); err != nil {
		return err
	}
	if p.Case.Others, err = s.othersOf(c.UserContext(), p.Code, dir); err != nil {
		return err
	}
	if p.Case.Draw, err = s.drawOf(c.UserContext(), p.Code); err != nil {
		return err
	}
	files, err := s.o.Attachments.OfReceipt(c.UserContext(), p.Code)
	p.Case.Files = newAttachmentViews(files, p.Case.URL, dir)
	return err
}

// othersOf gives what was cut off the same words as a receipt's case.
func (s *Server) othersOf(ctx context.Context, code string, dir *org.Directory) ([]otherView, error) {
	all, err := s.o.Dividing.OfReceipt(ctx, code)
	var out []otherView
	for _, k := range all {
		view := otherView{Heading: headingOf(intake.Matter{Title: k.Title, Text: k.Text}), State: "已受理，正在安排办理"}
		switch {
		case k.Case != "":
			view.State, view.Unit, view.Number, view.URL = receiptState(k.Docket.Case), unitName(k.Docket.Unit, dir), k.Docket.Number, receiptURL(k.Docket.Receipt, "")
			if k.Docket.State.Open() {
				view.By, view.Due = s.day(k.Docket.Due.Citizen), k.Docket.Due.Citizen
			}
		case !k.Open:
			view.State = "热线另行处理"
		}
		out = append(out, view)
	}
	return out, err
}

// newReceiptView is a case as the holder of a code sees it.
func (s *Server) newReceiptView(got casework.Progress, code string, dir *org.Directory) *receiptView {
	d := got.Docket
	view := &receiptView{
		Number: d.Number, Heading: headingOf(intake.Matter{Title: d.Title, Text: d.Text}), Open: d.State.Open(),
		State: receiptState(d.Case), Step: receiptStep(d.State), URL: receiptURL(code, ""), Unit: unitName(d.Unit, dir),
	}
	s.holderMay(view, d)
	if d.Receipt != casework.TidyReceipt(code) { // it is handled with another's, which is theirs to withdraw
		delete(view.May, casework.Withdraw)
	}
	switch {
	case d.State.Open():
		view.By, view.Left = s.day(d.Due.Citizen), s.o.Cases.Left(d.Due.Citizen)
	case d.Ending == casework.ByDate:
		view.By, view.Left = s.day(d.Due.Promise), s.o.Cases.Left(d.Due.Promise)
	}
	for _, e := range got.History {
		text := e.Text
		switch e.Move {
		case casework.Propose, casework.Approve:
			view.Answer = e.Public
		case casework.Pause:
			text = e.Public
			if d.Paused() {
				view.Asked = e.Public
			}
		case casework.GoOn, casework.Dismiss:
			text = e.Public
		}
		view.Lines = append([]receiptLine{{At: e.At, What: toldHolder(e, dir), Text: text}}, view.Lines...)
	}
	return view
}

// refused shows what became of a matter that was refused.
func (s *Server) refused(c *fiber.Ctx, p *receiptPage) error {
	r, err := s.o.Refusals.OfReceipt(c.UserContext(), p.Code)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return s.arrived(c, p)
	}
	if err != nil {
		return err
	}
	p.Refused = newRefusedView(r)
	return nil
}

// arrivedView is what a citizen has handed in before it is a case.
type arrivedView struct {
	Heading, State string
	At             time.Time
}

func newArrivedView(a casework.Arrival) *arrivedView {
	view := &arrivedView{Heading: headingOf(intake.Matter{Title: a.Title, Text: a.Text}), At: a.At, State: "已收到，正在分派"}
	switch a.State {
	case intake.MatterAnswered:
		view.State = "已经当场答复"
	case intake.MatterDecided:
		view.State = "热线已经处理，没有另立工单"
	case intake.MatterOpen:
	}
	return view
}

// arrived shows a matter that waits for a decision.
func (s *Server) arrived(c *fiber.Ctx, p *receiptPage) error {
	a, err := s.o.Arrivals.OfReceipt(c.UserContext(), p.Code)
	if err != nil {
		return err
	}
	p.Arrived = newArrivedView(a)
	return nil
}

// whyUnit says why this unit has a case, in the words of the list of matters,
// which is public.
func (s *Server) whyUnit(ctx context.Context, view *receiptView, d casework.Docket, dir *org.Directory) error {
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return err
	}
	leaf, _ := list.Category(d.Category)
	view.Why, view.Basis = reasonOf(leaf, d.Unit, dir)
	return nil
}

func newRefusedView(r casework.Refusal) *refusedView {
	view := &refusedView{
		Heading: headingOf(intake.Matter{Title: r.Title, Text: r.Text}), At: r.At, Contest: r.Contest, Answer: r.Answer,
		URL: receiptURL(r.Receipt, ""), May: r.Stands && r.Contest == "", State: "正在重新处理",
	}
	if r.Stands {
		view.Why = strings.TrimPrefix(r.Reason, casework.RefusalPrefix)
		switch {
		case r.Contested():
			view.State = "您已申请复核，热线正在核对"
		case r.Contest != "":
			view.State = "复核后仍不予受理"
		case r.AgreedBy != "":
			view.State = "不予受理"
		default:
			view.State = "初步意见是不予受理，另一个人正在核对"
		}
	}
	return view
}

// contestReceipt asks that a refusal is looked at again.
func (s *Server) contestReceipt(c *fiber.Ctx, p *receiptPage) error {
	return s.holderDoes(c, p, "contested", s.o.Refusals.Contest(c.UserContext(), p.Code, c.FormValue("text")))
}

// holderMay fills in what the holder may do now, and what that depends on.
func (s *Server) holderMay(view *receiptView, d casework.Docket) {
	view.May = map[casework.Move]bool{}
	for _, m := range []casework.Move{casework.Withdraw, casework.Object, casework.Protest, casework.Rate} {
		view.May[m] = s.o.Cases.MayHolder(d, m)
	}
	if d.Paused() {
		view.Paused = s.day(d.Due.Resume)
	}
	if view.MayObject() {
		view.Object = s.day(d.Due.Object)
	}
}

// MayRate reports whether the holder may answer the three questions now.
func (v receiptView) MayRate() bool { return v.May[casework.Rate] }

// Stars are what may be given in a dimension, the best first.
func (v receiptView) Stars() []int { return []int{5, 4, 3, 2, 1} }

// MayWithdraw and MayObject report whether the holder may do so now.
func (v receiptView) MayWithdraw() bool { return v.May[casework.Withdraw] }

// MayObject reports whether the holder may object now.
func (v receiptView) MayObject() bool { return v.May[casework.Object] || v.May[casework.Protest] }

func receiptStep(state casework.State) int {
	switch state {
	case casework.Handling, casework.Reviewing:
		return 2
	case casework.Checking:
		return 3
	case casework.Closed:
		return 4
	}
	return 1
}

func receiptState(c casework.Case) string {
	switch c.State {
	case casework.Waiting, casework.Returned:
		return "已受理，正在安排办理"
	case casework.Handling, casework.Reviewing:
		if c.Paused() {
			return "正在等您补充情况"
		}
		return "正在办理"
	case casework.Checking:
		return "已有答复，热线正在核对"
	case casework.Closed:
		return "已办结：" + c.Ending.Label()
	}
	return "热线正在重新处理"
}

// chaseReceipt notes that the citizen asks where it stands.
func (s *Server) chaseReceipt(c *fiber.Ctx, p *receiptPage) error {
	return s.holderDoes(c, p, "chased", s.o.Cases.Chase(c.UserContext(), p.Code))
}

// supplementReceipt adds what the citizen has to say.
func (s *Server) supplementReceipt(c *fiber.Ctx, p *receiptPage) error {
	name, body, err := formFile(c, "file")
	if err == nil {
		err = s.o.Attachments.AddByReceipt(c.UserContext(), p.Code, c.FormValue("text"), name, body)
	}
	return s.holderDoes(c, p, "added", err)
}

// withdrawReceipt takes back what was asked for.
func (s *Server) withdrawReceipt(c *fiber.Ctx, p *receiptPage) error {
	return s.holderDoes(c, p, "withdrawn", s.o.Cases.Withdraw(c.UserContext(), p.Code, c.FormValue("text")))
}

// objectReceipt notes that the citizen does not agree with the result.
func (s *Server) objectReceipt(c *fiber.Ctx, p *receiptPage) error {
	return s.holderDoes(c, p, "objected", s.o.Cases.Object(c.UserContext(), p.Code, c.FormValue("text")))
}

// rateReceipt takes the citizen's answers and rating.
func (s *Server) rateReceipt(c *fiber.Ctx, p *receiptPage) error {
	a := casework.Answers{
		Reached: true, Contacted: c.FormValue("contacted") == "1", Solved: c.FormValue("solved") == "1", Satisfied: c.FormValue("satisfied") == "1",
	}
	for _, q := range []string{"contacted", "solved", "satisfied"} {
		if c.FormValue(q) == "" {
			return s.holderDoes(c, p, "", errs.New(errs.Invalid, "field.required", "三个问题的回答").In(q))
		}
	}
	r := ratingOf(c)
	return s.holderDoes(c, p, "rated", s.o.Cases.Rate(c.UserContext(), p.Code, a, r, c.FormValue("text")))
}

func (s *Server) holderDoes(c *fiber.Ctx, p *receiptPage, said string, err error) error {
	if err == nil {
		return c.Redirect(receiptURL(p.Code, said), fiber.StatusSeeOther)
	}
	if errs.KindOf(err) == errs.Conflict || errs.KindOf(err) == errs.Invalid {
		if failed := s.progress(c, p); failed != nil {
			return failed
		}
	}
	return err
}

// ratingOf reads a form's marks; what is no number is none that there is.
func ratingOf(c *fiber.Ctx) casework.Rating {
	stars := func(field string) int {
		n, err := strconv.Atoi(c.FormValue(field, "0"))
		if err != nil {
			return -1
		}
		return n
	}
	return casework.Rating{Speed: stars("speed"), Manner: stars("manner"), Result: stars("result")}
}
