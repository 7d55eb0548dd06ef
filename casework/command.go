package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/llm"
	"huying/internal/org"
)

// Command is what somebody wants to do to a case.
type Command struct {
	Case     CaseID
	Seen     int // the version on the screen
	Move     Move
	Reason   string     // of Return: a ReturnReason; of Close: an Ending; of StrikeOff: an OrderResult; of SetWay: a Way; of ToPolice: their number; of Link and Unlink: a Platform; of Instruct: the UnitID that answers
	Text     string     // for those who work on it; of Link and Unlink: the number
	Public   string     // of Propose, Submit, Approve, Pause, GoOn and Dismiss: what the citizen reads
	Sure     bool       // Public has been looked at: what looks like personal data is none
	Days     int        // of AskMore: working days
	Until    time.Time  // of Close with ByDate: when it is looked at again; of Order and Instruct: when feedback is due; of Link: when the platform wants an answer, zero for no time
	Answers  Answers    // of CallBack: what the citizen said
	Rating   Rating     // of CallBack: what else the citizen gives, by the phone
	Proposed org.UnitID // of Return: who should have it; may be empty
}

// elsewhere are moves that need more than a command: SetTask, Memos, Merges, Hands, Whistles,
// Dividing, Delegates, Groups, Disputes and Shares make them.
var elsewhere = []Move{Invite, Record, Allot, AgreeShare, RefuseShare, PassFirst, SetTask, Urge, Confirm, Merge, Unmerge, GiveGroup, HandDown, Assign, Give, Whistle, Divide, Depute}

// Do makes a move by a unit or the centre and gives the case as it stands then,
// without the names of people.
// errs.Conflict "case.moved" when somebody was faster; an errs.List names each
// faulty field.
func (s *Cases) Do(ctx context.Context, actor org.Actor, cmd Command) (Docket, error) {
	if err := mayRead(actor, cmd.Case); err != nil {
		return Docket{}, err
	}
	if cmd.Move == Keep {
		if d, err := s.docket(ctx, actor, cmd.Case); err != nil {
			return Docket{}, err
		} else if d.Disputed() {
			return s.keep(ctx, actor, d, cmd)
		}
	}
	d, err := s.store.Act(ctx, cmd.Case, func(d Docket) (Step, error) {
		if err := d.showTo(actor); err != nil {
			return Step{}, err
		}
		return s.step(actor, d, cmd)
	})
	if err != nil {
		return Docket{}, err
	}
	if d.showTo(actor) != nil { // parted with it by this move: sees what became of it
		d.Receipt = ""
	}
	return d, nil
}

// keep is Keep on a disputed case: that rules, and confirms the decision.
func (s *Cases) keep(ctx context.Context, actor org.Actor, d Docket, cmd Command) (Docket, error) {
	if _, err := s.step(actor, d, cmd); err != nil {
		return Docket{}, err
	}
	if err := s.rule(ctx, actor, d, cmd.Seen, Award{Unit: d.Unit, SameCo: true, Why: strings.TrimSpace(cmd.Text)}); err != nil {
		return Docket{}, err
	}
	return s.docket(ctx, actor, cmd.Case)
}

// step checks a command against the case as it stands and plans it.
func (s *Cases) step(actor org.Actor, d Docket, cmd Command) (Step, error) {
	if cmd.Move == Propose && d.permits(actor, Submit) { // here a head reads it first
		cmd.Move = Submit
	}
	if slices.Contains(elsewhere, cmd.Move) || !d.permits(actor, cmd.Move) {
		return Step{}, errs.New(errs.Forbidden, "case.not_yours", cmd.Move.Label())
	}
	if cmd.Seen != d.Version {
		return Step{}, errs.New(errs.Conflict, "case.moved") // before its form is held against what it has not seen
	}
	cmd, err := s.taken(actor, d, cmd)
	if err != nil {
		return Step{}, err
	}
	now := s.now()
	if err := s.planner.AllowedOn(d, cmd.Move, now); err != nil {
		return Step{}, err
	}
	if cmd.Move == Pause && d.Urgency == intake.UrgencyA {
		return Step{}, errs.New(errs.Conflict, "case.danger")
	}
	if n := len(d.Pending()); (cmd.Move == Propose || cmd.Move == Submit) && n > 0 && !cmd.Sure {
		return Step{}, errs.New(errs.Invalid, "case.parts", n).In("public")
	}
	if err := s.check(cmd, now); err != nil {
		return Step{}, err
	}
	if err := d.unwaited(cmd); err != nil {
		return Step{}, err
	}
	step, err := s.planner.Plan(d.Case, d.Subject, Event{
		At: now, By: actor.Account, Move: cmd.Move, Reason: cmd.Reason, Days: cmd.Days, Text: cmd.Text, Public: cmd.Public,
	}, cmd.Until)
	if err != nil || cmd.Move != Return {
		return step, err
	}
	r := classifier.Return{
		ID: id.New[classifier.ReturnID](), Matter: d.Matter, Decision: d.Decision, From: d.Unit,
		Reason: classifier.ReturnReason(cmd.Reason), Clause: cmd.Text, Proposed: cmd.Proposed, By: actor.Account, At: now,
	}
	step.Return = &r
	return step, r.Validate()
}

// taken is a command as it is meant on the case: a callback becomes what the
// citizen's answers make of it, and a reason stays where the move has one.
func (s *Cases) taken(actor org.Actor, d Docket, cmd Command) (Command, error) {
	var err error
	cmd.Reason, cmd.Text, cmd.Public = strings.TrimSpace(cmd.Reason), strings.TrimSpace(cmd.Text), strings.TrimSpace(cmd.Public)
	switch cmd.Move {
	case Link, Unlink:
		cmd.Text = strings.Join(strings.Fields(cmd.Text), "") // as it is looked for, too
	case Return, Close, SetWay, ToPolice, StrikeOff:
	case CallBack:
		if d.Found() {
			return cmd, s.planner.AllowedOn(d, CallBack, s.now())
		}
		if !cmd.Rating.valid() {
			return cmd, errs.New(errs.Invalid, "rating.stars", MaxStars).In("rating")
		}
		if cmd.Move, cmd.Reason = d.heard(cmd.Answers, s.planner.Rules()); cmd.Reason != "" && cmd.Rating != (Rating{}) {
			cmd.Reason = rated(cmd.Answers, cmd.Rating)
		}
	case Contribute, Statement, TakeTask, DoneTask, DropTask:
		cmd.Reason = string(actor.Unit)
	case Instruct:
		cmd.Reason, err = d.instructed(cmd.Reason)
	default:
		cmd.Reason = ""
	}
	return cmd, err
}

// instructed gives the unit that owes a leader feedback, which must have a part
// in the case already: an instruction assigns nothing. Empty: the unit that
// answers for the case.
func (d Docket) instructed(unit string) (string, error) {
	switch {
	case unit == "":
		return string(d.Unit), nil
	case d.partakes(org.UnitID(unit)):
		return unit, nil
	}
	return "", errs.New(errs.Invalid, "case.instructed").In("unit")
}

// partakes reports whether a unit answers for the case, has a part in it, or was
// handed it.
func (d Docket) partakes(u org.UnitID) bool {
	return u == d.Unit || slices.Contains(d.CoUnits, u) || slices.ContainsFunc(d.Hands, func(h Handed) bool { return h.Unit == u })
}

// owes is the unit that gives feedback on the order: the one named, as long as
// it has to do with the case, otherwise the one that answers for it.
func (d Docket) owes() org.UnitID {
	if d.OrderUnit != "" && d.partakes(d.OrderUnit) {
		return d.OrderUnit
	}
	return d.Unit
}

// check reports every fault of a command at once.
func (s *Cases) check(cmd Command, now time.Time) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if len([]rune(cmd.Text)) > MaxTextRunes {
		bad("text", "field.too_long", "说明", MaxTextRunes)
	}
	if len([]rune(cmd.Public)) > MaxPublicRunes {
		bad("public", "field.too_long", "给诉求人的答复", MaxPublicRunes)
	}
	switch cmd.Move {
	case Propose, Submit, Approve:
		if cmd.Public == "" {
			bad("public", "field.required", "给诉求人的答复")
		}
		s.checkPublic(cmd, bad)
	case AskMore:
		if most := s.planner.Rules().ExtraDays; cmd.Days < 1 || cmd.Days > most {
			bad("days", "case.days", most)
		}
		needText(cmd, bad)
	case SendBack, Refuse, Keep, Statement, Feedback, Act, Hurry, Calm, Contribute, DoneTask, DropTask, Try, Uphold, Rework, Report, HandBack, Plead, Excuse, Overrule, FromPolice, Urge, Explain:
		needText(cmd, bad)
	case Pause, GoOn, Dismiss:
		if cmd.Public == "" {
			bad("public", "field.required", "给诉求人的话")
		}
		s.checkPublic(cmd, bad)
	case SetWay, ToPolice:
		cmd.checkWay(bad)
	case Link, Unlink:
		cmd.checkOutside(now, bad)
	case StrikeOff:
		if r := OrderResult(cmd.Reason); r != WithEffect && r != InVain {
			bad("reason", "field.invalid", "督办的效果", cmd.Reason)
		}
	case Reopen, Supervise:
		if cmd.Reason == "" { // otherwise the citizen's answers say why
			needText(cmd, bad)
		}
	case Order, Instruct:
		needText(cmd, bad)
		if !cmd.Until.After(now) {
			bad("until", "case.order_until")
		}
	case Close:
		if !slices.Contains(Endings(), Ending(cmd.Reason)) {
			bad("reason", "field.required", "结案方式")
		}
		if Ending(cmd.Reason) == ByDate && !cmd.Until.After(now) {
			bad("until", "case.until")
		}
		if e := Ending(cmd.Reason); e == Lawful || e == Unreached {
			needText(cmd, bad)
		}
	}
	return faults.OrNil()
}

// checkPublic keeps personal data out of what a citizen reads.
func (s *Cases) checkPublic(cmd Command, bad func(field string, code errs.Code, args ...any)) {
	if strings.Contains(cmd.Public, llm.Unsourced) {
		bad("public", "answer.unsourced", llm.Unsourced)
	}
	if _, found := s.mask(cmd.Public); len(found) > 0 && !cmd.Sure {
		bad("public", "case.personal", strings.Join(found, "、"))
	}
}

// checkWay checks what is noted of a dispatch.
func (cmd Command) checkWay(bad func(field string, code errs.Code, args ...any)) {
	switch n := len([]rune(cmd.Reason)); {
	case cmd.Move == SetWay && Way(cmd.Reason).Label() == "":
		bad("reason", "field.required", "派单方式")
	case cmd.Move == SetWay && Way(cmd.Reason) != Statutory:
		bad("reason", "way.own")
	case cmd.Move == ToPolice && n == 0:
		bad("reason", "field.required", "110 的接警单号")
	case n > maxForeignRunes:
		bad("reason", "field.too_long", "110 的接警单号", maxForeignRunes)
	}
	if cmd.Move == SetWay {
		needText(cmd, bad)
	}
}

// textNames are what the words of a move are called on its form, where they are
// not its reason (理由).
var textNames = map[Move]string{
	Contribute: "本单位办了什么", DoneTask: "办了什么", DropTask: "为什么办不了", Report: "办了什么", Statement: "依据哪一条，应由谁办",
	Rework: "哪里要改", Act: "已经做了什么", Try: "何时、怎样联系的", Feedback: "办到哪一步，何时办结", Order: "要求", Instruct: "批示内容",
	Explain: "何时、怎样说明的", Reopen: "哪里没有解决", Supervise: "哪里还没有解决", Uphold: "请单位再办什么", Plead: "为什么不应计入",
	Close: "说明", Hurry: "为什么要马上处置", FromPolice: "110 转回：为什么",
}

func needText(cmd Command, bad func(field string, code errs.Code, args ...any)) {
	if cmd.Text == "" {
		bad("text", "field.required", cmp.Or(textNames[cmd.Move], "理由"))
	}
}

// Redirect gives a case to another unit by a new decision on its matter, with
// the category, type and urgency that stand. seen is the version on the screen.
func (s *Cases) Redirect(ctx context.Context, actor org.Actor, c CaseID, seen int, unit org.UnitID, why string) error {
	d, err := s.docket(ctx, actor, c)
	if err != nil {
		return err
	}
	switch {
	case d.RelationOf(actor) != Centre:
		return errs.New(errs.Forbidden, "case.not_yours", Redirect.Label())
	case seen != d.Version:
		return errs.New(errs.Conflict, "case.moved")
	case !id.Valid(unit):
		return errs.New(errs.Invalid, "decision.lead").In("unit")
	case unit == d.Unit:
		return errs.New(errs.Invalid, "case.same_unit").In("unit")
	}
	if err := s.planner.AllowedOn(d, Redirect, s.now()); err != nil {
		return err
	}
	co := slices.DeleteFunc(slices.Clone(d.CoUnits), func(u org.UnitID) bool { return u == unit })
	if d.Disputed() {
		return s.rule(ctx, actor, d, seen, Award{Unit: unit, SameCo: true, Why: why})
	}
	_, err = s.desk.Decide(ctx, actor, classifier.Decision{
		Matter: d.Matter, Previous: d.Decision, Kind: classifier.Correct, Category: d.Category,
		Lead: unit, Co: co, Type: d.Type, Urgency: d.Urgency, Reason: strings.TrimSpace(why),
	}, "")
	return decided(err)
}
