package kb

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/learn"
	"huying/internal/org"
)

// Limits of a unit's budget.
const (
	MinBudget = 0.001
	MaxBudget = 0.2
)

// labelsKept is how many of the latest labels a policy learns from: some years
// of marks, and a forest of them is grown in minutes.
const labelsKept = 20_000

// PolicyStore keeps policies, and what they learn from.
type PolicyStore interface {
	// Labels gives the latest answers that were marked, newest first.
	Labels(ctx context.Context, limit int) ([]Label, error)
	// Budgets gives what units allow, of those that have set it.
	Budgets(ctx context.Context) (map[string]float64, error)
	// SetBudget stores what a unit allows, with the audit line.
	SetBudget(ctx context.Context, unit string, budget float64, line org.Audit) error
	// LatestPolicy gives the encoded policy that should decide; errs.NotFound
	// "policy.none" when none is stored or it is the version known already.
	LatestPolicy(ctx context.Context, known string) ([]byte, error)
	// InsertPolicy stores a policy, which decides from then on.
	InsertPolicy(ctx context.Context, p *Policy) error
}

// Policies keep the policy of a Base in step with what people mark. It is safe
// for concurrent use.
type Policies struct {
	store PolicyStore
	base  *Base
	now   func() time.Time
}

// NewPolicies makes Policies.
func NewPolicies(store PolicyStore, base *Base, now func() time.Time) *Policies {
	return &Policies{store: store, base: base, now: now}
}

// Refit makes a policy of all marks and budgets so far and uses it. Repeating
// it is harmless.
func (p *Policies) Refit(ctx context.Context) error {
	at := p.now() // before reading: what comes meanwhile is for the next one
	labels, err := p.store.Labels(ctx, labelsKept)
	if err != nil {
		return err
	}
	budgets, err := p.store.Budgets(ctx)
	if err != nil {
		return err
	}
	fitted, err := FitPolicy(labels, budgets)
	if err != nil {
		return err
	}
	fitted.At = at
	fitted.Version += "-" + at.UTC().Format("20060102T150405")
	if err := p.store.InsertPolicy(ctx, fitted); err != nil {
		return err
	}
	p.base.Use(fitted)
	return nil
}

// Refresh takes up what another process fitted.
func (p *Policies) Refresh(ctx context.Context) error {
	body, err := p.store.LatestPolicy(ctx, p.base.Policy().Version)
	if err != nil {
		if errs.KindOf(err) == errs.NotFound {
			return nil
		}
		return err
	}
	latest, err := DecodePolicy(body)
	if err != nil {
		return err
	}
	shipped, err := ShippedPolicy()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(latest.Version, shipped.Version) {
		return nil // of an older program: what it saw is not what is seen now
	}
	p.base.Use(latest)
	return nil
}

// Follow refreshes now and then until ctx ends. An outage is logged and
// waited for; meanwhile the policy stays.
func (p *Policies) Follow(ctx context.Context, every time.Duration, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := p.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "answer policy not refreshed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// PolicyStanding is the policy that decides, and what units have set since.
type PolicyStanding struct {
	Policy *Policy
	Units  []UnitRule // those of the policy; a budget that was set since is in it, its threshold not yet
	Waits  bool       // a budget was set that the policy does not know yet
}

// Standing gives the policy with the budgets as set. errs.Forbidden.
func (p *Policies) Standing(ctx context.Context, actor org.Actor) (PolicyStanding, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return PolicyStanding{}, err
	}
	if err := p.Refresh(ctx); err != nil {
		return PolicyStanding{}, err
	}
	budgets, err := p.store.Budgets(ctx)
	if err != nil {
		return PolicyStanding{}, err
	}
	s := PolicyStanding{Policy: p.base.Policy()}
	for _, u := range s.Policy.Units {
		if b, set := budgets[u.Unit]; set && b != u.Budget {
			u.Budget, u.Direct, s.Waits = b, false, true
		}
		delete(budgets, u.Unit)
		s.Units = append(s.Units, u)
	}
	for unit, b := range budgets {
		s.Units, s.Waits = append(s.Units, UnitRule{Unit: unit, Budget: b, Threshold: s.Policy.Threshold, Bound: 1}), true
	}
	return s, nil
}

// SetBudget says what share of a unit's answers may be wrong. It takes effect
// with the next policy. errs.Invalid "policy.budget", errs.Forbidden.
func (p *Policies) SetBudget(ctx context.Context, actor org.Actor, unit string, budget float64) error {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return err
	}
	unit = strings.TrimSpace(unit)
	if unit == "" {
		return errs.New(errs.Invalid, "field.required", "答复单位").In("unit")
	}
	if utf8.RuneCountInString(unit) > maxFieldRunes {
		return errs.New(errs.Invalid, "field.too_long", "答复单位", maxFieldRunes).In("unit")
	}
	if !(budget >= MinBudget && budget <= MaxBudget) {
		return errs.New(errs.Invalid, "policy.budget").In("budget")
	}
	return p.store.SetBudget(ctx, unit, budget, org.Audit{
		At: p.now(), Actor: actor.Account, Action: "set_answer_budget", Object: "unit:" + unit,
	})
}

// NeededFor is how many marked answers without a fault prove a budget.
func NeededFor(budget float64) int { return learn.FaultlessNeeded(budget) }
