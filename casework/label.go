package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// LabelID identifies a Label.
type LabelID string

// Label says of a caller that they harass (骚扰标记). One person proposes it, on
// messages that show it, another approves it, and it ends by itself. Agents see
// it beside the call and it earns no reward; nothing else follows from it: what a
// labelled caller says is taken in, judged and handled as everybody's, for the
// next call may be about a fire. The caller is whoever left the messages that it
// rests on; no number and no fingerprint is kept with it.
type Label struct {
	ID       LabelID
	By       org.AccountID // proposed it
	ByName   string        // only in what the store gives, as all names here
	At       time.Time
	Why      string // masked
	Days     int    // how long it holds, from the approval
	State    LabelState
	Decider  org.AccountID // empty: nobody has decided
	DecName  string
	Decided  time.Time
	Remark   string    // of who decided
	Until    time.Time // it ends then; of one that is proposed: the proposal
	Lifter   org.AccountID
	LiftName string
	Lifted   time.Time
	LiftWhy  string

	Evidence []LabelEvidence // only in what the store gives
}

// LabelEvidence is a message on which a label rests.
type LabelEvidence struct {
	Message intake.MessageID
	Matter  intake.MatterID // its first
	At      time.Time
	Title   string // masked; or the beginning of the text
	Hint    string // of the phone: 138****0021; empty when contact and words are erased
}

// LabelState is where a label stands.
type LabelState string

// The states.
const (
	LabelProposed LabelState = "proposed" // 待批准
	LabelActive   LabelState = "active"   // 生效
	LabelRefused  LabelState = "refused"  // 没有批准
	LabelLifted   LabelState = "lifted"   // 已解除
	LabelExpired  LabelState = "expired"  // 已到期
)

// LabelStates lists them in the order of the page.
func LabelStates() []LabelState {
	return []LabelState{LabelProposed, LabelActive, LabelRefused, LabelLifted, LabelExpired}
}

// Label is the state's name on screen.
func (s LabelState) Label() string {
	return map[LabelState]string{
		LabelProposed: "待批准", LabelActive: "生效中", LabelRefused: "没有批准", LabelLifted: "已解除", LabelExpired: "已到期",
	}[s]
}

// Holds reports whether the label is in force at a time.
func (l Label) Holds(at time.Time) bool { return l.State == LabelActive && at.Before(l.Until) }

// Waits reports whether it waits for a second person at a time.
func (l Label) Waits(at time.Time) bool { return l.State == LabelProposed && at.Before(l.Until) }

// How long things hold.
const (
	LabelUsual  = 90  // days, where nothing else is said
	LabelMost   = 365 // days that may be set as the most
	labelWaits  = 14  // days after which nobody decides on a proposal any more
	LabelKept   = 180 // days after its end until a label is deleted, where the rules say nothing else
	labelsShown = 50
)

// LabelStore keeps labels. Each change writes its audit line, about the messages
// of the label, in the same transaction.
type LabelStore interface {
	// InsertLabel stores a proposal on messages of one caller, the one of the matter
	// among them: errs.Invalid "label.evidence" when they are not, "label.no_phone"
	// when the caller left no number; errs.NotFound "matter.not_found";
	// errs.Conflict "label.exists" when the caller has one that holds or waits.
	InsertLabel(ctx context.Context, l Label, about intake.MatterID, evidence []intake.MessageID, line org.Audit) error
	// ChangeLabel holds a label, plans what becomes of it and stores that, once.
	// errs.NotFound "label.not_found".
	ChangeLabel(ctx context.Context, l LabelID, plan func(Label) (Label, error), line org.Audit) error
	// CallerLabels gives those of a state, the latest first, before one.
	CallerLabels(ctx context.Context, s LabelState, before LabelID, limit int) ([]Label, error)
	// LabelsOf gives those of a matter's caller that hold or wait.
	LabelsOf(ctx context.Context, m intake.MatterID, now time.Time) ([]Label, error)
	// SaidBy gives messages of a matter's caller, the latest first; none when no
	// number was left.
	SaidBy(ctx context.Context, m intake.MatterID, limit int) ([]LabelEvidence, error)
	// EndLabels marks what is over at now as expired and deletes what ended before a
	// time. It gives how many of both.
	EndLabels(ctx context.Context, now, before time.Time) (ended, deleted int, err error)
}

// Labels is where people put harassment labels on callers. It is safe for
// concurrent use.
type Labels struct {
	store LabelStore
	most  int // days
	rules RuleSource
	now   func() time.Time
}

// NewLabels makes Labels that hold for most days at most; 0: 180.
func NewLabels(store LabelStore, most int, now func() time.Time) *Labels {
	if most == 0 {
		most = 180
	}
	return &Labels{store: store, most: most, rules: shipped{}, now: now}
}

// Under gives the same Labels under the rules of a source.
func (s *Labels) Under(rules RuleSource) *Labels {
	return &Labels{store: s.store, most: s.most, rules: rules, now: s.now}
}

// Most is how many days a label may hold.
func (s *Labels) Most() int { return s.most }

// Usual is how many days it holds where nothing else is said.
func (s *Labels) Usual() int { return min(LabelUsual, s.most) }

// evidenceShown is how many messages of a caller are offered as evidence.
const evidenceShown = 10

// OfMatter gives the labels of a matter's caller that hold or wait, and what the
// caller has said lately, to those who may see it; nothing to others.
func (s *Labels) OfMatter(ctx context.Context, actor org.Actor, m intake.MatterID) ([]Label, []LabelEvidence, error) {
	if org.Can(actor, org.ActReadLabels) != nil || !id.Valid(m) {
		return nil, nil, nil
	}
	all, err := s.store.LabelsOf(ctx, m, s.now())
	if err != nil || org.Can(actor, org.ActLabel) != nil {
		return all, nil, err
	}
	said, err := s.store.SaidBy(ctx, m, evidenceShown)
	return all, said, err
}

// List gives labels of a state, the latest first.
func (s *Labels) List(ctx context.Context, actor org.Actor, state LabelState, before LabelID) ([]Label, error) {
	if err := org.Can(actor, org.ActReadLabels); err != nil {
		return nil, err
	}
	if before != "" && !id.Valid(before) {
		return nil, errs.New(errs.NotFound, "label.not_found")
	}
	if state.Label() == "" {
		state = LabelProposed
	}
	return s.store.CallerLabels(ctx, state, before, labelsShown)
}

// Propose asks for a label on a matter's caller. evidence are messages of the
// same caller that show it; days is how long it is to hold, 0 the usual time.
func (s *Labels) Propose(ctx context.Context, actor org.Actor, m intake.MatterID, evidence []intake.MessageID, why string, days int) (Label, error) {
	if err := org.Can(actor, org.ActLabel); err != nil {
		return Label{}, err
	}
	if !id.Valid(m) {
		return Label{}, errs.New(errs.NotFound, "matter.not_found")
	}
	if days == 0 {
		days = s.Usual()
	}
	why = strings.TrimSpace(why)
	var faults errs.List
	switch {
	case why == "":
		faults = append(faults, errs.New(errs.Invalid, "field.required", "理由").In("why"))
	case len([]rune(why)) > MaxTextRunes:
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "理由", MaxTextRunes).In("why"))
	}
	if days < 1 || days > s.most {
		faults = append(faults, errs.New(errs.Invalid, "label.days", s.most).In("days"))
	}
	switch {
	case len(evidence) == 0:
		faults = append(faults, errs.New(errs.Invalid, "field.required", "作为证据的诉求").In("evidence"))
	case len(evidence) > evidenceShown, slices.ContainsFunc(evidence, func(m intake.MessageID) bool { return !id.Valid(m) }):
		faults = append(faults, errs.New(errs.Invalid, "label.evidence").In("evidence"))
	}
	if err := faults.OrNil(); err != nil {
		return Label{}, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	l := Label{ID: id.New[LabelID](), By: actor.Account, At: now, Why: intake.Masked(why), Days: days, State: LabelProposed, Until: now.AddDate(0, 0, labelWaits)}
	slices.Sort(evidence)
	err := s.store.InsertLabel(ctx, l, m, slices.Compact(evidence), org.Audit{At: now, Actor: l.By, Action: "propose_label", Detail: "骚扰标记 " + strconv.Itoa(days) + " 天：" + l.Why})
	return l, err
}

// Decide approves or refuses what somebody else proposed; refused with a reason.
// errs.Forbidden "label.own"; errs.Conflict "label.decided" when somebody was
// faster or the proposal is too old.
func (s *Labels) Decide(ctx context.Context, actor org.Actor, l LabelID, approve bool, remark string) error {
	if err := org.Can(actor, org.ActLabel); err != nil {
		return err
	}
	remark = strings.TrimSpace(remark)
	if err := wants(l, remark, "没有批准的理由", "remark", !approve); err != nil {
		return err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	line := org.Audit{At: now, Actor: actor.Account, Action: "refuse_label", Detail: intake.Masked(remark)}
	if approve {
		line.Action = "approve_label"
	}
	return s.store.ChangeLabel(ctx, l, func(l Label) (Label, error) {
		switch {
		case !l.Waits(now):
			return l, errs.New(errs.Conflict, "label.decided", l.State.Label())
		case actor.Is(l.By):
			return l, errs.New(errs.Forbidden, "label.own")
		}
		l.Decider, l.Decided, l.Remark = actor.Account, now, intake.Masked(remark)
		l.State, l.Until = LabelRefused, now
		if approve {
			l.State, l.Until = LabelActive, now.AddDate(0, 0, l.Days)
		}
		return l, nil
	}, line)
}

// Lift ends a label before its time.
func (s *Labels) Lift(ctx context.Context, actor org.Actor, l LabelID, why string) error {
	if err := org.Can(actor, org.ActLabel); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if err := wants(l, why, "解除的理由", "why", true); err != nil {
		return err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	line := org.Audit{At: now, Actor: actor.Account, Action: "lift_label", Detail: intake.Masked(why)}
	return s.store.ChangeLabel(ctx, l, func(l Label) (Label, error) {
		if !l.Holds(now) {
			return l, errs.New(errs.Conflict, "label.ended", l.State.Label())
		}
		l.State, l.Until, l.Lifter, l.Lifted, l.LiftWhy = LabelLifted, now, actor.Account, now, intake.Masked(why)
		return l, nil
	}, line)
}

// wants refuses a label that cannot be, and words that are missing or too long.
func wants(l LabelID, words, name, field string, needed bool) error {
	switch {
	case !id.Valid(l):
		return errs.New(errs.NotFound, "label.not_found")
	case needed && words == "":
		return errs.New(errs.Invalid, "field.required", name).In(field)
	case len([]rune(words)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", name, MaxTextRunes).In(field)
	}
	return nil
}

// RunDue ends what is over and deletes what ended as many days ago as the rules
// say; it gives how many of both. What a label did ended with its time, whether this has run
// or not.
func (s *Labels) RunDue(ctx context.Context) (ended, deleted int, err error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	return s.store.EndLabels(ctx, now, now.AddDate(0, 0, -s.rules.Current().LabelKept))
}
