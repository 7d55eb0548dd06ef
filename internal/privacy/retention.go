package privacy

import (
	"context"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Kind is something that is kept for a time.
type Kind string

// The kinds.
const (
	KeepOriginals     Kind = "original"     // words and contact as received, after the last thing that happened to their cases
	KeepFiles         Kind = "file"         // what was attached to a case, likewise
	KeepCalls         Kind = "contact"      // contacts in which nothing was said; their number by day stays
	KeepCallsToModels Kind = "llm_call"     // that a language model was asked; never with its words
	KeepNotifications Kind = "notification" // what citizens were told, after it was settled
)

// Kinds lists them in order.
func Kinds() []Kind {
	return []Kind{KeepOriginals, KeepFiles, KeepCalls, KeepCallsToModels, KeepNotifications}
}

// Label is the kind's name on screen.
func (k Kind) Label() string {
	return map[Kind]string{
		KeepOriginals: "原话和联系方式", KeepFiles: "工单附件", KeepCalls: "没有留下诉求的来电来件", KeepCallsToModels: "大模型调用记录", KeepNotifications: "已处理的通知",
	}[k]
}

// Since says from when the days count.
func (k Kind) Since() string {
	switch k {
	case KeepOriginals, KeepFiles:
		return "办结（或答复、不予受理）后，从最后一次办理算起"
	case KeepNotifications:
		return "从发出或作废算起，工单办结后"
	}
	return "从收到或发生算起"
}

// Bounds of how long something is kept, in days; 0: for good.
const (
	MinDays = 30
	MaxDays = 36_500
)

// Rule is how long a kind is kept.
type Rule struct {
	Kind   Kind
	Days   int       // 0: for good
	At     time.Time // when it was set; zero: never
	ByName string    // of who set it
	Due    int       // what would be deleted now; only in Standing
}

// Run is one deletion by the rules.
type Run struct {
	At     time.Time
	Counts map[Kind]int // what was deleted
}

// Total is how much it deleted.
func (r Run) Total() int {
	n := 0
	for _, count := range r.Counts {
		n += count
	}
	return n
}

// HoldID identifies a Hold.
type HoldID string

// OnHold reports whether a case is held, to whoever sees the case.
func (s *Retention) OnHold(ctx context.Context, c string) (bool, error) {
	return s.store.OnHold(ctx, c)
}

// Hold keeps what belongs to a case in spite of the rules (法律保留).
type Hold struct {
	ID     HoldID
	Number string // of the case
	Case   string
	At     time.Time
	By     org.AccountID
	ByName string // only in what the store gives
	Why    string
}

// RetentionStore keeps rules, holds and what was deleted.
type RetentionStore interface {
	// Rules gives those that were set.
	RetentionRules(ctx context.Context) ([]Rule, error)
	// SetRetention stores rules with their audit line; a kind that is not named
	// stays as it is.
	SetRetention(ctx context.Context, days map[Kind]int, by org.AccountID, at time.Time, line org.Audit) error
	// CountDue counts what of a kind is older than before, closed and not held; up
	// to most.
	CountDue(ctx context.Context, k Kind, before time.Time, most int) (int, error)
	// DeleteDue deletes up to limit of what CountDue counts, each with a line of
	// the audit log where it is about a case or a message, in one transaction.
	DeleteDue(ctx context.Context, k Kind, before time.Time, limit int, line org.Audit) (int, error)
	// InsertRun stores what a run deleted.
	InsertRun(ctx context.Context, r Run, line org.Audit) error
	// Runs gives the latest runs.
	Runs(ctx context.Context, limit int) ([]Run, error)
	// Holds gives those in force, the latest first.
	Holds(ctx context.Context) ([]Hold, error)
	// OnHold reports whether a case is held.
	OnHold(ctx context.Context, c string) (bool, error)
	// InsertHold stores one; errs.NotFound "hold.no_case", errs.Conflict
	// "hold.exists" when the case has one.
	InsertHold(ctx context.Context, h Hold, line org.Audit) error
	// ReleaseHold ends one; errs.Conflict "hold.released" when somebody else has.
	ReleaseHold(ctx context.Context, h HoldID, line org.Audit) error
}

// Retention deletes by rule what is closed and past its date. It is safe for
// concurrent use.
type Retention struct {
	store RetentionStore
	now   func() time.Time
}

// NewRetention makes a Retention.
func NewRetention(store RetentionStore, now func() time.Time) *Retention {
	return &Retention{store: store, now: now}
}

// Standing is what is kept for how long, what would be deleted now, and what was.
type Standing struct {
	Rules []Rule // of every kind, in order
	Holds []Hold
	Runs  []Run // the latest first
}

// DueShown is up to how many are counted for a page.
const DueShown = 10_000

// runsShown is how many runs are shown.
const runsShown = 10

// Standing gives the rules with what is due by them.
func (s *Retention) Standing(ctx context.Context, actor org.Actor) (Standing, error) {
	if err := org.Can(actor, org.ActKeep); err != nil {
		return Standing{}, err
	}
	rules, err := s.Due(ctx, DueShown)
	if err != nil {
		return Standing{}, err
	}
	st := Standing{Rules: rules}
	if st.Holds, err = s.store.Holds(ctx); err != nil {
		return Standing{}, err
	}
	st.Runs, err = s.store.Runs(ctx, runsShown)
	return st, err
}

// rules gives the rule of every kind, in order.
func (s *Retention) rules(ctx context.Context) ([]Rule, error) {
	set, err := s.store.RetentionRules(ctx)
	if err != nil {
		return nil, err
	}
	known := map[Kind]Rule{}
	for _, r := range set {
		known[r.Kind] = r
	}
	var out []Rule
	for _, k := range Kinds() {
		r := known[k]
		r.Kind = k
		out = append(out, r)
	}
	return out, nil
}

// before is what is older than the rule allows.
func (r Rule) before(now time.Time) time.Time { return now.AddDate(0, 0, -r.Days) }

// Due gives the rules with what would be deleted now, each counted up to most;
// it deletes nothing.
func (s *Retention) Due(ctx context.Context, most int) ([]Rule, error) {
	rules, err := s.rules(ctx)
	for i, r := range rules {
		if r.Days == 0 || err != nil {
			continue
		}
		rules[i].Due, err = s.store.CountDue(ctx, r.Kind, r.before(s.now()), most)
	}
	return rules, err
}

// Set stores how many days kinds are kept; 0 keeps for good.
func (s *Retention) Set(ctx context.Context, actor org.Actor, days map[Kind]int) error {
	if err := org.Can(actor, org.ActKeep); err != nil {
		return err
	}
	var faults errs.List
	var said []string
	for _, k := range Kinds() {
		d, named := days[k]
		switch {
		case !named:
			continue
		case d != 0 && (d < MinDays || d > MaxDays):
			faults = append(faults, errs.New(errs.Invalid, "retention.days", k.Label(), MinDays, MaxDays).In(string(k)))
		}
		said = append(said, k.Label()+"："+Days(d))
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	now := s.now()
	line := org.Audit{At: now, Actor: actor.Account, Action: "set_retention", Object: "retention", Detail: strings.Join(said, "，")}
	return s.store.SetRetention(ctx, days, actor.Account, now, line)
}

// deletedAtOnce bounds a transaction that deletes.
const deletedAtOnce = 500

// Run deletes what is due by the rules and gives how much. What was cut off is
// gone on with by the next run: nothing depends on what a run has done.
func (s *Retention) Run(ctx context.Context) (Run, error) {
	run := Run{At: s.now(), Counts: map[Kind]int{}}
	rules, err := s.rules(ctx)
	if err != nil {
		return run, err
	}
	for _, r := range rules {
		if r.Days == 0 {
			continue
		}
		line := org.Audit{At: run.At, Detail: "超过保存期限（" + r.Kind.Label() + "，" + Days(r.Days) + "）"}
		for {
			n, err := s.store.DeleteDue(ctx, r.Kind, r.before(run.At), deletedAtOnce, line)
			run.Counts[r.Kind] += n
			if err != nil {
				return run, err
			}
			if n == 0 {
				break
			}
		}
	}
	if len(run.Counts) == 0 {
		return run, nil // nothing is to be deleted ever
	}
	line := org.Audit{At: run.At, Action: "retention", Object: "retention", Detail: run.Words()}
	return run, s.store.InsertRun(ctx, run, line)
}

// Words say what a run deleted.
func (r Run) Words() string {
	var said []string
	for _, k := range Kinds() {
		if n := r.Counts[k]; n > 0 {
			said = append(said, k.Label()+" "+itoa(n))
		}
	}
	if said == nil {
		return "没有到期的内容"
	}
	return "已删除：" + strings.Join(said, "，")
}

// Hold keeps what belongs to a case until the hold is released.
func (s *Retention) Hold(ctx context.Context, actor org.Actor, number, why string) error {
	if err := org.Can(actor, org.ActKeep); err != nil {
		return err
	}
	h := Hold{ID: id.New[HoldID](), Number: strings.TrimSpace(number), At: s.now(), By: actor.Account, Why: strings.TrimSpace(why)}
	var faults errs.List
	if h.Number == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "工单编号").In("number"))
	}
	if err := needWords(h.Why, "why", "为什么保留"); err != nil {
		faults = append(faults, err)
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	return s.store.InsertHold(ctx, h, org.Audit{At: h.At, Actor: h.By, Action: "hold_case", Object: "hold:" + string(h.ID), Detail: h.Number + "：" + h.Why})
}

// Release ends a hold.
func (s *Retention) Release(ctx context.Context, actor org.Actor, h HoldID, why string) error {
	if err := org.Can(actor, org.ActKeep); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if err := needWords(why, "why", "为什么解除"); err != nil {
		return err
	}
	if !id.Valid(h) {
		return errs.New(errs.Conflict, "hold.released")
	}
	return s.store.ReleaseHold(ctx, h, org.Audit{At: s.now(), Actor: actor.Account, Action: "release_case", Object: "hold:" + string(h), Detail: why})
}
