package casework

import (
	"context"
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
		RefusalPrefix + "涉及国家秘密、商业秘密或他人隐私，请到有权机关当面反映",
	}
}

// Refusal is a matter that was refused and that nobody else has looked at yet.
type Refusal struct {
	Decision classifier.DecisionID
	Matter   intake.MatterID
	Reason   string
	At       time.Time
	By       org.AccountID
	ByName   string
	Title    string // masked
	Text     string // masked
}

// RefusalStore keeps who agreed to a refusal.
type RefusalStore interface {
	// Refusals gives those that stand and wait for a second person, the latest
	// first.
	Refusals(ctx context.Context, limit int) ([]Refusal, error)
	// Refusal gives one of them; errs.Conflict "refusal.done" when it does not
	// stand or was agreed to.
	Refusal(ctx context.Context, d classifier.DecisionID) (Refusal, error)
	// AgreeToRefusal notes that a second person agrees, once.
	AgreeToRefusal(ctx context.Context, d classifier.DecisionID, by org.AccountID, at time.Time) error
}

// Refusals is where a second person looks at what was refused. It is safe for
// concurrent use.
type Refusals struct {
	store RefusalStore
	desk  Decider
	now   func() time.Time
}

// NewRefusals makes Refusals. One that a second person does not agree to is
// taken back on desk.
func NewRefusals(store RefusalStore, desk Decider, now func() time.Time) *Refusals {
	return &Refusals{store: store, desk: desk, now: now}
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

// Check notes what a second person says: agreed, the refusal is final; not
// agreed, with why, the matter waits at the desk again. errs.Forbidden for
// whoever refused it.
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
	case refused.By == actor.Account:
		return errs.New(errs.Forbidden, "refusal.own")
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
