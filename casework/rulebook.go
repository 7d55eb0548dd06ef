package casework

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// RuleVersion is one version of the rules: who made it when, and why.
type RuleVersion struct {
	Rules  DeadlineRules
	At     time.Time
	By     org.AccountID // empty: at the server's console
	ByName string        // only in what the store gives
	Why    string
}

// Body is the version as it is stored: its figures in words, by keys.
func (v RuleVersion) Body() map[string]string {
	body := map[string]string{}
	for _, f := range v.Rules.Fields() {
		body[f.Key] = f.Value
	}
	return body
}

// RuleStore keeps versions of the rules.
type RuleStore interface {
	// RuleVersions gives all versions, the newest first.
	RuleVersions(ctx context.Context) ([]RuleVersion, error)
	// InsertRules stores the next version with the audit line: errs.Conflict
	// "rules.moved" unless the one before it is the newest.
	InsertRules(ctx context.Context, v RuleVersion, line org.Audit) error
}

// RuleSource knows the rules at any time, without waiting for anything.
type RuleSource interface {
	// Current gives the newest rules that are known.
	Current() DeadlineRules
	// At gives those of a version; the newest for one that is not known yet,
	// because another process has just made it.
	At(version int) DeadlineRules
}

// shipped is the source of what came with the product.
type shipped struct{}

func (shipped) Current() DeadlineRules { return UsualRules() }
func (shipped) At(int) DeadlineRules   { return UsualRules() }

// LiveRules is the RuleSource of the service: the versions as they were read
// last. It is safe for concurrent use.
type LiveRules struct {
	store RuleStore
	known atomic.Pointer[[]DeadlineRules] // by version, from 0
}

// NewLiveRules makes one that knows what came with the product; Follow keeps it
// up to date.
func NewLiveRules(store RuleStore) *LiveRules {
	l := &LiveRules{store: store}
	l.known.Store(&[]DeadlineRules{UsualRules()})
	return l
}

// Current gives the newest rules.
func (l *LiveRules) Current() DeadlineRules {
	known := *l.known.Load()
	return known[len(known)-1]
}

// At gives those of a version.
func (l *LiveRules) At(version int) DeadlineRules {
	known := *l.known.Load()
	return known[max(0, min(version, len(known)-1))]
}

// Refresh reads the versions anew.
func (l *LiveRules) Refresh(ctx context.Context) error {
	all, err := l.store.RuleVersions(ctx)
	if err == nil {
		l.learn(all)
	}
	return err
}

// learn keeps what was read, unless a later reading has come in between.
func (l *LiveRules) learn(all []RuleVersion) {
	known := make([]DeadlineRules, len(all)+1)
	known[0] = UsualRules()
	for i, v := range all {
		known[len(all)-i] = v.Rules
	}
	for {
		had := l.known.Load()
		if len(*had) > len(known) || l.known.CompareAndSwap(had, &known) {
			return
		}
	}
}

// Follow refreshes it at once and then again and again until ctx ends.
func (l *LiveRules) Follow(ctx context.Context, every time.Duration, log *slog.Logger) {
	follow(ctx, every, l.Refresh, func(err error) {
		log.WarnContext(ctx, "the rules of deadlines were not read", "error", err)
	})
}

// Rulebook is where the rules of deadlines are read and changed. A version is never
// changed: what was given under it stays. It is safe for concurrent use.
type Rulebook struct {
	store RuleStore
	live  *LiveRules
	now   func() time.Time
}

// NewRulebook makes a Rulebook whose changes live knows at once.
func NewRulebook(store RuleStore, live *LiveRules, now func() time.Time) *Rulebook {
	return &Rulebook{store: store, live: live, now: now}
}

// MaxWhyRunes bounds the reason of a new version.
const MaxWhyRunes = 200

// Versions gives the rules as they are, and all versions, the newest first, to
// whoever reads cases.
func (b *Rulebook) Versions(ctx context.Context, actor org.Actor) (DeadlineRules, []RuleVersion, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return DeadlineRules{}, nil, err
	}
	all, err := b.store.RuleVersions(ctx)
	if err != nil {
		return DeadlineRules{}, nil, err
	}
	b.live.learn(all)
	if len(all) == 0 {
		return UsualRules(), nil, nil
	}
	return all[0].Rules, all, nil
}

// Set makes the next version: the newest with some figures as typed, by their
// keys. seen is the version that whoever typed them has seen; errs.Conflict
// "rules.moved" when it is not the newest any more.
func (b *Rulebook) Set(ctx context.Context, actor org.Actor, seen int, typed map[string]string, why string) error {
	newest, err := b.newest(ctx, actor, seen)
	if err != nil {
		return err
	}
	next, err := newest.With(typed)
	faults, _ := err.(errs.List) //nolint:errorlint // With gives a List or nothing
	switch why = strings.TrimSpace(why); {
	case why == "":
		faults = append(faults, errs.New(errs.Invalid, "field.required", "理由").In("why"))
	case len([]rune(why)) > MaxWhyRunes:
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "理由", MaxWhyRunes).In("why"))
	}
	if len(faults) > 0 {
		return faults
	}
	return b.insert(ctx, actor, newest, next, why)
}

// GoBack makes the next version with the figures of an earlier one; 0: those that
// came with the product.
func (b *Rulebook) GoBack(ctx context.Context, actor org.Actor, seen, to int) error {
	newest, err := b.newest(ctx, actor, seen)
	if err != nil {
		return err
	}
	if to < 0 || to > newest.Version {
		return errs.New(errs.NotFound, "rules.not_found", to)
	}
	why := fmt.Sprintf("恢复第 %d 版", to)
	if to == 0 {
		why = "恢复随产品带来的规则"
	}
	return b.insert(ctx, actor, newest, b.live.At(to).clone(), why)
}

// newest gives the newest rules to whoever may change them and has seen them.
func (b *Rulebook) newest(ctx context.Context, actor org.Actor, seen int) (DeadlineRules, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return DeadlineRules{}, err
	}
	newest, _, err := b.Versions(ctx, actor)
	if err == nil && seen != newest.Version {
		err = errs.New(errs.Conflict, "rules.moved")
	}
	return newest, err
}

func (b *Rulebook) insert(ctx context.Context, actor org.Actor, before, next DeadlineRules, why string) error {
	changes := next.Since(before)
	if len(changes) == 0 {
		return errs.New(errs.Invalid, "rules.same")
	}
	next.Version = before.Version + 1
	words := make([]string, len(changes))
	for i, ch := range changes {
		words[i] = ch.Label + " " + ch.Before + " → " + ch.After
	}
	now := b.now()
	err := b.store.InsertRules(ctx, RuleVersion{Rules: next, At: now, By: actor.Account, Why: why}, org.Audit{
		At: now, Actor: actor.Account, Action: "set_deadline_rules", Object: "deadline_rules",
		Detail: fmt.Sprintf("第 %d 版：%s", next.Version, strings.Join(words, "；")),
	})
	if err == nil {
		_ = b.live.Refresh(ctx) // it is stored; whoever follows reads it within a minute
	}
	return err
}
