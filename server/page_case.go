package server

import (
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// Spot is where the case is, unless the area says so already.
func (p casePage) Spot() string {
	if strings.HasSuffix(p.Where, p.Case.Place) {
		return ""
	}
	return p.Case.Place
}

// casePage is what case.html draws: one case, and what the reader may do.
type casePage struct {
	shell
	OnHold      bool // it is kept in spite of how long personal data are (法律保留)
	Case        casework.Docket
	URL         string
	Heading     string
	Unit        string
	Co          []string
	Where       string
	Leaf        string   // trail of the category
	Standard    []string // what closing is checked against
	Why         string   // this unit
	Clocks      []caseClock
	Lines       []caseLine
	Answer      string // the unit's last words to the citizen
	Return      *caseReturn
	Template    string          // address of the leaf's template; empty: not for this reader
	Contact     *contactView    // nil: not for this reader
	More        string          // why more time is asked for
	Script      casework.Script // of the callback, filled in
	Alike       []caseRow       // that this one could be merged into
	Into        *caseRow        // what a merged one is handled with
	May         map[casework.Move]bool
	Hands       []handView
	Tasks       []coTaskView      // of co-units
	CoUnits     []org.Unit        // to which the reader may give one
	Undone      []string          // co-units that are not done
	OwnTask     bool              // the reader's unit has one to do
	Groups      []casework.Group  // that the reader may give it to
	Group       string            // what was said when it was given to the one that has it
	Taker       string            // who of that took it up; empty: nobody yet
	Crew        []casework.Member // to whom the reader may give it, where it was handed down
	People      []casework.Member // to whom the reader may give it as its handler
	Self        org.AccountID     // the reader, who may take it; empty: not
	Leaves      bool              // the reader may give it back to the whole unit
	Told        []notified        // what the citizen was told outside the receipt's page
	Files       []attachmentView
	MayAttach   bool
	MayShare    bool        // say what the citizen sees
	Drafts      []draftView // of the answer, when the reader asked for them
	Drafted     string      // where the answer in the form comes from; empty: it was typed
	Compose     string      // address of a draft by the language model; empty: there is none
	Desk        string      // address of the matter on the desk; empty: not for this reader
	Reasons     []classifier.ReturnReason
	Endings     []casework.Ending
	Form        caseForm
	Faults      []string
	Meanwhile   string // what somebody else did first
	Said        string
	Kin         []kinView
	Letters     []caseLetter // the latest first
	Instruction string       // what a leader instructed, while it is not struck off
	Summon      string       // address of the form that calls units to the place; empty: not for this reader
	Plea        string       // what the unit appeals with
	Wish        string       // why the citizen withdraws, or what they object to
	Platforms   []casework.Platform
	Kinds       []casework.DelegateKind
	Owners      []casework.Member // who may own a delegate's case; none: not for this reader
	Owner       string            // of a delegate's case
	Outside     []outsideView
	Call        bool   // the reader may note what the citizen says by phone
	Counts      string // whether it counts in the rates, and why
	Duty        dutyView
	MaxDays     int
	Rules       casework.DeadlineRules
	Tomorrow    string
}

// caseClock is one clock of a case.
type caseClock struct {
	Label string
	From  time.Time
	Due   time.Time
	Left  string // empty: it has stopped
	Tone  string
}

// caseReturn is what both sides say when a unit gave a case back.
type caseReturn struct {
	Reason   string
	Clause   string
	Proposed string
	Rules    []string // what the catalogue says
}

// caseForm is a form as it was filled in.
type caseForm struct {
	Move                                                casework.Move
	Reason, Text, Public, Days, Until, Proposed, Number string
	Worker                                              string
	Keep, Other                                         string // of a case that is cut
	Answers                                             casework.Answers
	More                                                map[string]string // what belongs to one move alone, by field
}

// caseSaid is what a page says after a move.
var caseSaid = map[casework.Move]string{
	casework.Accept: "已签收，请在时限内办理并答复。", casework.Propose: "已提交，等热线审核。", casework.Return: "已退单，等热线裁定；裁定前仍请先行处置。",
	casework.AskMore: "已申请，等热线审批；时限暂未改变。", casework.Keep: "已维持原派。", casework.Redirect: "已改派。", casework.Extend: "已同意延期，时限已顺延。",
	casework.Refuse: "已记下，时限不变。", casework.SendBack: "已退回承办单位重办。", casework.Close: "已办结，诉求人凭回执码可以看到。",
	casework.CallBack: "已记下回访。", casework.Statement: "已记下意见。", casework.Record: "已记下。", casework.Order: "已督办，承办单位能看到。",
	casework.Feedback: "已反馈，等督办人销号。", casework.StrikeOff: "已销号。", casework.Merge: "已并案。", casework.Unmerge: "已撤销并案，由原来的单位重新签收；诉求人凭回执码看到的又是这一件。",
	casework.Link: "已记下，时限到前会提醒。", casework.Unlink: "已删去。", casework.Depute: "已标为代表委员件。", casework.Undepute: "已取消。", casework.Contribute: "已记下，主办单位能看到。",
	"attached": "已上传。", "shared": "办结后诉求人能看到这个附件。", "hidden": "诉求人看不到这个附件了。", casework.HandDown: "已转派，下级能看到；本单位仍然负责。", casework.Assign: "已交给个人办理。", casework.TakeUp: "已签收。",
	casework.Report: "已上报，由上级答复。", casework.HandBack: "已退回上级。", casework.Fetch: "已收回，由本单位自己办理。",
	casework.GiveGroup: "已交给专班，专班的人能看到并办理；本单位仍然负责。", casework.Engage: "已接办，专班和主办单位都能看到。", casework.LeaveGroup: "已收回，由主办单位自己办理。",
	"contact_asked": "已申请，热线问过诉求人后审批。", "contact_decided": "已审批。", "contact_noted": "已记下诉求人的意见。", "contact_told": "已记下。", "contact_reviewed": "已记下复核意见。", casework.Reopen: "已转承办单位重办。",
	casework.Plead: "已申诉，等热线裁定；证据请传到附件。", casework.Excuse: "已裁定，不计入三率。", casework.Overrule: "已裁定，仍计入三率。",
	casework.Urge: "已发出，等承办单位签收。", casework.Confirm: "已签收提醒函。", casework.SetWay: "已记下。", casework.ToPolice: "已记下，时限照常计算。", casework.FromPolice: "已记下。",
	casework.Approve: "已提交，等热线审核。", casework.Rework: "已退回修改。",
	casework.Give: "已安排经办人，提醒先发给本人。", casework.Supervise: "已转督办，承办单位在督办下重办。", casework.Explain: "已记下说明。",
	casework.Try: "已记下。", casework.Pause: "已暂停计时，诉求人补充情况或到期后自动恢复。", casework.Resume: "已恢复计时。",
	casework.Invite: "已邀请，各单位在提醒里能看到，可以在这里陈述意见。", moveRule: "已裁定，记为判例。", casework.Allot: "已拟定，等各单位答复。", casework.AgreeShare: "已同意。", casework.RefuseShare: "已记下，请重新拟定分工。",
	casework.Appoint: "已指定。", casework.Unappoint: "已同意，单位可以退单。", casework.Hurry: "已转立即办，承办单位已收到提醒。", casework.Calm: "已取消，按常规时限办理。", casework.Act: "已记下，以后按常规时限办理。", casework.PassFirst: "首问已移交。",
	"called":         "已记下，承办单位能看到；时限不变。",
	casework.Tell:    "已记下。",
	casework.SetTask: "已派协办任务，协办单位能看到。", casework.TakeTask: "已签收协办任务。", casework.DoneTask: "已记下，主办单位答复时并入。", casework.DropTask: "已记下，主办单位能看到。",
	casework.Divide:   "已分案。分出的一件在受理台等人决定由谁办理，见下面。",
	casework.Instruct: "已批示，作为督办单办理。", casework.Flag: "已标为重点，领导能看到。", casework.Unflag: "已取消重点。",
	casework.LetGo: "已按诉求人的要求结案。", casework.GoOn: "已告知诉求人继续办理。", casework.Uphold: "已转承办单位重办。", casework.Dismiss: "已向诉求人说明。",
}

// showCase shows a case.
func (s *Server) showCase(c *fiber.Ctx, v visit) error {
	p, err := s.newCasePage(c, v, caseForm{})
	if err != nil {
		return err
	}
	p.Said = caseSaid[casework.Move(c.Query("said"))]
	if err := s.draftAnswer(c, v, &p); err != nil {
		return err
	}
	return s.page(c, "case", p)
}

func (s *Server) newCasePage(c *fiber.Ctx, v visit, form caseForm) (casePage, error) {
	ctx := c.UserContext()
	d, history, err := s.o.Cases.Get(ctx, v.actor, casework.CaseID(c.Params("case")))
	if err != nil {
		return casePage{}, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return casePage{}, err
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return casePage{}, err
	}
	rules := s.o.Cases.Rules()
	p := casePage{
		shell: s.shell(v, "cases", "工单 "+d.Number), Case: d, URL: caseURL(d.ID), Form: form,
		Heading: headingOf(intake.Matter{Title: d.Title, Text: d.Text}), Where: areaName(d.Area, dir),
		Lines: newCaseLines(history, dir), May: map[casework.Move]bool{}, Reasons: classifier.ReturnReasons(), Endings: casework.Endings(), Platforms: casework.Platforms(), Kinds: casework.DelegateKinds(),
		MaxDays: rules.ExtraDays, Rules: rules, Tomorrow: shanghai(s.o.Now()).AddDate(0, 0, 1).Format(time.DateOnly),
	}
	for _, r := range casework.Rules {
		p.May[r.Move] = s.o.Cases.May(v.actor, d, r.Move)
	}
	if v.may(org.ActDispatch) {
		p.Template = templateURL(d.Category)
	}
	if v.may(org.ActReadMessages) {
		p.Desk = "/desk/" + string(d.Matter)
	}
	if may, err := s.o.Whistles.MayCall(ctx, v.actor); err != nil {
		return p, err
	} else if may && p.May[casework.Whistle] {
		p.Summon = link("/summons/new", "case", string(d.ID))
	}
	p.Call = s.o.FollowUps != nil && s.o.FollowUps.MayNote(v.actor, d) && d.State.Open()
	p.May[casework.Redirect] = d.RelationOf(v.actor) == casework.Centre && d.State.Open()
	s.describeCase(&p, list, dir)
	p.Clocks = s.clocksOf(d)
	s.tasksOf(v, &p, dir)
	_, p.Counts = d.Counts()
	if p.May[casework.CallBack] {
		if p.Script, err = s.scriptOf(c, v, d, unitName(d.Unit, dir)); err != nil {
			return p, err
		}
	}
	p.recall(history)
	p.Letters = lettersOf(v, p.Lines, dir)
	if s.o.Retention != nil {
		if p.OnHold, err = s.o.Retention.OnHold(ctx, string(d.ID)); err != nil {
			return p, err
		}
	}
	if err := s.contactOf(c, v, &p); err != nil {
		return p, err
	}
	if err := s.handsOf(c, v, &p, dir); err != nil {
		return p, err
	}
	if p.Groups, err = s.o.Groups.For(ctx, v.actor, d); err != nil {
		return p, err
	}
	if err := s.filesOf(c, v, &p, dir); err != nil {
		return p, err
	}
	if err := s.kinOf(c, v, &p); err != nil {
		return p, err
	}
	if err := s.toldOf(c, v, &p); err != nil {
		return p, err
	}
	s.outsideOf(&p)
	if err := s.delegateOf(c, v, &p); err != nil {
		return p, err
	}
	if err := s.mergesOf(c, v, &p, dir); err != nil {
		return p, err
	}
	if may, err := s.mayCompose(ctx, &p); err != nil {
		return p, err
	} else if may {
		p.Compose = p.URL + "/draft"
	}
	if d.State == casework.Returned && p.Return != nil && v.may(org.ActReadMessages) {
		if err := s.proposedFor(c, v, &p, dir); err != nil {
			return p, err
		}
	}
	return p, s.dutyOf(c, v, &p, history, dir)
}

// describeCase says what the case is about, who works on it and why this unit
// has it.
func (s *Server) describeCase(p *casePage, list *classifier.Catalogue, dir *org.Directory) {
	p.Unit = unitName(p.Case.Unit, dir)
	for _, u := range unitsByID(p.Case.CoUnits, dir) {
		name := u.Name
		if slices.Contains(p.Case.Parts, u.ID) {
			name += "（已给意见）"
		}
		p.Co = append(p.Co, name)
	}
	p.Leaf = "旧版清单中的事项"
	leaf, ok := list.Category(p.Case.Category)
	if !ok {
		p.Why, _ = reasonOf(nil, p.Case.Unit, dir)
		return
	}
	p.Leaf = leaf.Trail()
	if leaf.Closing != "" {
		p.Standard = append(p.Standard, "结案标准："+leaf.Closing)
	}
	if leaf.Scope != "" {
		p.Standard = append(p.Standard, "范围："+leaf.Scope)
	}
	if leaf.Basis != "" {
		p.Standard = append(p.Standard, "依据："+leaf.Basis)
	}
	p.Why, _ = reasonOf(leaf, p.Case.Unit, dir)
}

// reasonOf says why a unit has a case of a leaf, in the words of the list, and
// on what law that rests; nil for a leaf that the list no longer has.
func reasonOf(leaf *classifier.Category, id org.UnitID, dir *org.Directory) (why, basis string) {
	if leaf == nil {
		return "由热线指定", ""
	}
	u, _ := dir.Unit(id)
	for _, r := range leaf.Rules {
		if r.Lead == u.Kind {
			when := r.When
			if when != "" {
				when = "（" + when + "）"
			}
			return "清单规定“" + leaf.Name + "”" + when + "由" + string(r.Lead) + "主办", leaf.Basis
		}
	}
	return "清单没有写明，由热线指定", ""
}

// caseLetter is a 提醒函 to the unit that had the case then.
type caseLetter struct {
	caseLine
	To  string
	URL string // empty: who reads the case may not read the letter
}

// lettersOf gives the letters of a case, the latest first. A letter may be read by
// the unit that it went to and by whoever reads all cases.
func lettersOf(v visit, lines []caseLine, dir *org.Directory) []caseLetter {
	var out []caseLetter
	for _, l := range lines {
		if l.Move != casework.Urge {
			continue
		}
		letter := caseLetter{caseLine: l, To: unitName(l.Unit, dir)}
		if l.Reason != "" && (v.may(org.ActReadAllCases) || l.Unit == v.actor.Unit) {
			letter.URL = "/memos/" + l.Reason
		}
		out = append([]caseLetter{letter}, out...)
	}
	return out
}

// recall takes from the history what is to be decided on now.
func (p *casePage) recall(history []casework.Event) {
	for _, e := range history {
		switch e.Move {
		case casework.Propose, casework.Submit, casework.Approve:
			p.Answer = e.Public
		case casework.AskMore:
			p.More = e.Text
		case casework.GiveGroup:
			p.Group, p.Taker = e.Text, ""
		case casework.Engage:
			p.Taker = e.ByName
		case casework.Plead:
			p.Plea = e.Text
		case casework.Instruct:
			p.Instruction = e.Text
		case casework.Withdraw, casework.Object, casework.Protest:
			p.Wish = e.Text
		case casework.Return:
			p.Return = &caseReturn{Reason: classifier.ReturnReason(e.Reason).Label(), Clause: e.Text}
		}
	}
	if p.Case.Ordered == "" || !p.Case.Instructed {
		p.Instruction = ""
	}
}

// proposedFor adds what the unit proposes and what the catalogue says.
func (s *Server) proposedFor(c *fiber.Ctx, v visit, p *casePage, dir *org.Directory) error {
	all, err := s.o.Returns.Of(c.UserContext(), v.actor, p.Case.Matter)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		if u, ok := dir.Unit(all[len(all)-1].Proposed); ok {
			p.Return.Proposed = u.Name
		}
	}
	list, err := s.o.Catalogue.Active(c.UserContext())
	if err != nil {
		return err
	}
	if leaf, ok := list.Category(p.Case.Category); ok {
		for _, r := range leaf.Rules {
			p.Return.Rules = append(p.Return.Rules, strings.TrimPrefix(r.When+"：", "：")+string(r.Lead))
		}
	}
	if p.Form.Proposed == "" {
		p.Form.Proposed = p.Return.Proposed
	}
	return nil
}

// mergesOf adds what the case could be merged into, or was.
func (s *Server) mergesOf(c *fiber.Ctx, v visit, p *casePage, dir *org.Directory) error {
	if p.Case.State == casework.Merged {
		into, _, err := s.o.Cases.Get(c.UserContext(), v.actor, p.Case.Into)
		if err != nil {
			return err
		}
		row := s.newCaseRow(into, dir)
		p.Into = &row
	}
	if !p.May[casework.Merge] {
		return nil
	}
	alike, err := s.o.Merges.Alike(c.UserContext(), v.actor, p.Case)
	for _, d := range alike {
		p.Alike = append(p.Alike, s.newCaseRow(d, dir))
	}
	return err
}

// kinView is what was one case with this one once.
type kinView struct {
	Heading, State, URL string
}

// kinOf adds what was cut off the case, and what it was cut off.
func (s *Server) kinOf(c *fiber.Ctx, v visit, p *casePage) error {
	if !v.may(org.ActReadMessages) {
		return nil
	}
	all, err := s.o.Dividing.Kin(c.UserContext(), v.actor, p.Case.ID)
	for _, k := range all {
		view := kinView{Heading: headingOf(intake.Matter{Title: k.Title, Text: k.Text}), State: "在受理台，等人决定由谁办理", URL: "/desk/" + string(k.Matter)}
		switch {
		case k.Case != "":
			view.State, view.URL = "工单 "+k.Docket.Number+"，"+k.Docket.State.Label(), caseURL(k.Case)
		case !k.Open:
			view.State = "没有立案"
		}
		p.Kin = append(p.Kin, view)
	}
	return err
}

// clocksOf are both clocks, in words.
func (s *Server) clocksOf(d casework.Docket) []caseClock {
	var out []caseClock
	add := func(label string, from, due time.Time, runs bool) {
		if due.IsZero() {
			return
		}
		k := caseClock{Label: label, From: from, Due: due}
		if runs {
			k.Left = s.o.Cases.Left(due)
			k.Tone = s.toneOf(d, due)
		}
		out = append(out, k)
	}
	if d.State == casework.Waiting {
		add("签收", d.Due.HandedAt, d.Due.Accept, true)
	}
	if d.Hurried() {
		add("立即办，先行处置", d.Due.HandedAt, d.Due.Act, true)
	}
	add("单位办理，从签收起", d.Due.AcceptedAt, d.Due.Unit, d.State == casework.Handling && !d.Paused())
	add("答复诉求人，从立案起", d.Due.FiledAt, d.Due.Citizen, d.State.Open() && !d.Paused())
	if d.Paused() {
		add("等诉求人，计时已暂停，最迟恢复", d.Due.PausedAt, d.Due.Resume, true)
	}
	if d.Ordered == casework.OrderWaits {
		add("督办反馈", d.Due.FiledAt, d.Due.Order, true)
	}
	if d.Ending == casework.ByDate {
		add("承诺解决", d.Due.ClosedAt, d.Due.Promise, true)
	}
	return out
}

func unitsByID(ids []org.UnitID, dir *org.Directory) []org.Unit {
	var out []org.Unit
	for _, id := range ids {
		if u, ok := dir.Unit(id); ok {
			out = append(out, u)
		}
	}
	return out
}

// Can reports whether the reader may make a move now.
func (p casePage) Can(m string) bool { return p.May[casework.Move(m)] }

// Opened reports whether a form of the page was sent and came back.
func (p casePage) Opened(m string) bool {
	return slices.Contains(strings.Split(m, " "), string(p.Form.Move))
}

// Stars are what may be given in a dimension, the best first.
func (p casePage) Stars() []int { return []int{5, 4, 3, 2, 1} }
