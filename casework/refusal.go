package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// RefusalPrefix begins the reason of a decision that refuses a matter (不予受理).
const RefusalPrefix = "不予受理："

// Refuses reports whether a decision refuses its matter.
func Refuses(d classifier.Decision) bool {
	return d.Kind == classifier.Decline && strings.HasPrefix(d.Reason, RefusalPrefix)
}

// RefusalReasons are the grounds for refusing a matter, each with the right way
// for it: whoever is refused is told where to go.
func RefusalReasons() []string {
	return []string{
		RefusalPrefix + "应通过诉讼解决，请向人民法院起诉",
		RefusalPrefix + "应通过仲裁解决，请向约定的仲裁机构或劳动人事争议仲裁委员会申请",
		RefusalPrefix + "应申请行政复议，请向行政复议机关提出",
		RefusalPrefix + "反映党员干部违纪、职务违法，请拨打 12388",
		RefusalPrefix + "应申请政府信息公开，请向制作该信息的机关提出",
		RefusalPrefix + "信访部门已经受理，请向受理的信访部门查询",
		classifier.RefusedAsSecret + "，请到有权机关当面反映",
		RefusalPrefix + "违背公序良俗，其中合理的诉求请重新提出",
		classifier.RefusedAsUnclear + "，回拨后仍无法核实，请补充后重新反映",
	}
}

// Refusal is a matter that was refused (不予受理). The citizen holds a receipt for
// it, may contest it once, and reads what came of that.
type Refusal struct {
	Decision classifier.DecisionID
	Matter   intake.MatterID
	Reason   string
	At       time.Time
	By       org.AccountID
	ByName   string
	Title    string // masked
	Text     string // masked

	Receipt    string        // code that opens the citizen's page; stays when the matter is filed after all
	Stands     bool          // false: it was taken back, the matter is decided on anew
	AgreedBy   org.AccountID // the second person; empty: nobody has looked yet
	Contest    string        // what the citizen says against it, masked; empty: nothing
	ContestAt  time.Time     // zero without Contest
	Answer     string        // what the citizen was told on that
	AnsweredAt time.Time     // zero: it waits
}

// Contested reports whether the citizen waits for an answer.
func (r Refusal) Contested() bool { return r.Contest != "" && r.AnsweredAt.IsZero() }

// ReasonID identifies a Reason.
type ReasonID string

// Reason is a ground for refusing that the city adds to RefusalReasons, which
// rest on law and stay.
type Reason struct {
	ID    ReasonID
	Words string // with RefusalPrefix
}

// ReasonStore keeps them. Each change writes its audit line in the same
// transaction.
type ReasonStore interface {
	// Reasons gives those that are offered, oldest first.
	Reasons(ctx context.Context) ([]Reason, error)
	// InsertReason stores one; errs.Conflict "refusal.reason_known".
	InsertReason(ctx context.Context, r Reason, line org.Audit) error
	// DropReason lets one be offered no longer; errs.NotFound
	// "refusal.reason_gone".
	DropReason(ctx context.Context, r ReasonID, line org.Audit) error
}

// Grounds is where the city's own reasons are kept. It is safe for concurrent
// use.
type Grounds struct {
	store ReasonStore
	now   func() time.Time
}

// NewGrounds makes Grounds.
func NewGrounds(store ReasonStore, now func() time.Time) *Grounds { return &Grounds{store, now} }

// List gives the reasons that the city has added.
func (g *Grounds) List(ctx context.Context, actor org.Actor) ([]Reason, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	return g.store.Reasons(ctx)
}

// maxReasonRunes is how long a reason and its right way may be together.
const maxReasonRunes = 60

// Add adds one, with the right way for it: whoever is refused is told where to
// go. For administrators.
func (g *Grounds) Add(ctx context.Context, actor org.Actor, why, way string) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	why, way = strings.Trim(strings.TrimSpace(why), "，。"), strings.Trim(strings.TrimSpace(way), "，。")
	var faults errs.List
	if why == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "不予受理的理由").In("reason"))
	}
	if way == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "该走的渠道").In("way"))
	}
	if len([]rune(why))+len([]rune(way)) > maxReasonRunes {
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "理由和渠道", maxReasonRunes).In("reason"))
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	r := Reason{ID: id.New[ReasonID](), Words: RefusalPrefix + strings.TrimPrefix(why, RefusalPrefix) + "，" + way}
	if slices.Contains(RefusalReasons(), r.Words) {
		return errs.New(errs.Conflict, "refusal.reason_known")
	}
	return g.store.InsertReason(ctx, r, org.Audit{At: g.now(), Actor: actor.Account, Action: "add_refusal_reason", Object: "refusal_reason:" + string(r.ID), Detail: r.Words})
}

// Drop lets one be offered no longer; what was refused by it stays.
func (g *Grounds) Drop(ctx context.Context, actor org.Actor, r ReasonID) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	if !id.Valid(r) {
		return errs.New(errs.NotFound, "refusal.reason_gone")
	}
	return g.store.DropReason(ctx, r, org.Audit{At: g.now(), Actor: actor.Account, Action: "drop_refusal_reason", Object: "refusal_reason:" + string(r)})
}

// RefusalStore keeps who agreed to a refusal.
type RefusalStore interface {
	// Refusals gives those that stand and wait for a second person, or for an
	// answer to the citizen, the latest first.
	Refusals(ctx context.Context, limit int) ([]Refusal, error)
	// Refusal gives one of them; errs.Conflict "refusal.done" when it is not
	// among them.
	Refusal(ctx context.Context, d classifier.DecisionID) (Refusal, error)
	// AgreeToRefusal notes that a second person agrees, once.
	AgreeToRefusal(ctx context.Context, d classifier.DecisionID, by org.AccountID, at time.Time) error
	// RefusalOf gives the last refusal of a receipt's matter or, for people of
	// the hotline, of a matter; errs.NotFound "case.receipt" when there is none.
	RefusalOf(ctx context.Context, receipt string, m intake.MatterID) (Refusal, error)
	// ContestRefusal stores what a citizen says against one that stands, once:
	// errs.Conflict "refusal.contested" for the second time.
	ContestRefusal(ctx context.Context, d classifier.DecisionID, words string, at time.Time) error
	// AnswerContest stores the answer to what waits for one, and that a second
	// person agrees if nobody had; errs.Conflict "refusal.done" when nothing waits.
	AnswerContest(ctx context.Context, d classifier.DecisionID, answer string, by org.AccountID, at time.Time) error
}

// Refusals is where a second person looks at what was refused. It is safe for
// concurrent use.
type Refusals struct {
	store RefusalStore
	desk  Decider
	mask  Masker
	now   func() time.Time
}

// NewRefusals makes Refusals. One that a second person does not agree to is
// taken back on desk.
func NewRefusals(store RefusalStore, desk Decider, mask Masker, now func() time.Time) *Refusals {
	return &Refusals{store: store, desk: desk, mask: mask, now: now}
}

// refusalsShown is how many refusals are listed at once.
const refusalsShown = 50

// List gives what waits for a second person, the latest first.
func (r *Refusals) List(ctx context.Context, actor org.Actor) ([]Refusal, error) {
	if err := org.Can(actor, org.ActDispatch); err != nil {
		return nil, err
	}
	return r.store.Refusals(ctx, refusalsShown)
}

// OfReceipt gives what the holder of a receipt may see of a refusal.
func (r *Refusals) OfReceipt(ctx context.Context, receipt string) (Refusal, error) {
	code := TidyReceipt(receipt)
	if len(code) != receiptRunes {
		return Refusal{}, errs.New(errs.NotFound, "case.receipt")
	}
	found, err := r.store.RefusalOf(ctx, code, "")
	found.By, found.ByName = "", ""
	return found, err
}

// OfMatter gives the refusal of a matter that stands to people of the hotline;
// false when there is none.
func (r *Refusals) OfMatter(ctx context.Context, actor org.Actor, m intake.MatterID) (Refusal, bool, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return Refusal{}, false, err
	}
	found, err := r.store.RefusalOf(ctx, "", m)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return Refusal{}, false, nil
	}
	return found, err == nil && found.Stands, err
}

// Contest notes what the citizen says against a refusal; personal data in it is
// masked before it is stored.
func (r *Refusals) Contest(ctx context.Context, receipt, words string) error {
	words = strings.TrimSpace(words)
	switch {
	case words == "":
		return errs.New(errs.Invalid, "field.required", "哪里不同意").In("text")
	case len([]rune(words)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "哪里不同意", MaxTextRunes).In("text")
	}
	refused, err := r.OfReceipt(ctx, receipt)
	switch {
	case err != nil:
		return err
	case !refused.Stands:
		return errs.New(errs.Conflict, "refusal.reopened")
	}
	masked, _ := r.mask(words)
	return r.store.ContestRefusal(ctx, refused.Decision, masked, r.now())
}

// Check notes what a second person says, and a third once the citizen contests
// it: agreed, the refusal is final, and on a contest why is what the citizen
// reads; not agreed, with why, the matter waits at the desk again.
// errs.Forbidden for whoever has refused or agreed before.
func (r *Refusals) Check(ctx context.Context, actor org.Actor, d classifier.DecisionID, agree bool, why string) error {
	if err := org.Can(actor, org.ActDispatch); err != nil {
		return err
	}
	if !id.Valid(d) {
		return errs.New(errs.Conflict, "refusal.done")
	}
	refused, err := r.store.Refusal(ctx, d)
	switch {
	case err != nil:
		return err
	case refused.By == actor.Account || refused.AgreedBy == actor.Account:
		return errs.New(errs.Forbidden, "refusal.own")
	case agree && refused.Contested():
		return r.answer(ctx, actor, d, strings.TrimSpace(why))
	case agree:
		return r.store.AgreeToRefusal(ctx, d, actor.Account, r.now())
	}
	if why = strings.TrimSpace(why); why == "" {
		return errs.New(errs.Invalid, "field.required", "不同意的理由").In("why")
	}
	_, err = r.desk.Decide(ctx, actor, classifier.Decision{
		Matter: refused.Matter, Previous: d, Kind: classifier.Withdraw, Reason: "复核不同意不予受理：" + why,
	}, "")
	if err != nil && errs.CodeOf(err) == "decision.conflict" {
		return errs.Wrap(err, errs.Conflict, "refusal.done")
	}
	return err
}

// answer upholds a refusal that the citizen contests.
func (r *Refusals) answer(ctx context.Context, actor org.Actor, d classifier.DecisionID, words string) error {
	if words == "" {
		return errs.New(errs.Invalid, "field.required", "给诉求人的说明").In("why")
	}
	if _, found := r.mask(words); len(found) > 0 {
		return errs.New(errs.Invalid, "refusal.personal", strings.Join(found, "、")).In("why")
	}
	return r.store.AnswerContest(ctx, d, words, actor.Account, r.now())
}
