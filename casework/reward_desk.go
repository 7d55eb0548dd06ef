package casework

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// RewardBook keeps rule and budgets.
type RewardBook interface {
	// RewardRule gives the rule that counts.
	RewardRule(ctx context.Context) (RewardRule, error)
	// SetRewardRule stores another, unless somebody has set one since the time
	// seen (zero: nobody ever): errs.Conflict "reward.rule_changed".
	SetRewardRule(ctx context.Context, r RewardRule, seen time.Time, line org.Audit) error
	// RewardPeriods gives all, the latest first.
	RewardPeriods(ctx context.Context) ([]RewardPeriod, error)
	// OpenRewardPeriod stores one; errs.Conflict "reward.overlap" when another
	// covers part of its time.
	OpenRewardPeriod(ctx context.Context, p RewardPeriod, by org.AccountID, line org.Audit) error
	// RevealRewardPeriod publishes a seed; errs.Conflict "reward.revealed" when
	// that was done.
	RevealRewardPeriod(ctx context.Context, p RewardPeriodID, seed []byte, line org.Audit) error
}

// RewardFilter chooses from the list of what was decided.
type RewardFilter struct {
	State  RewardState    // empty: all but what was declined
	Period RewardPeriodID // empty: all
	Before RewardID       // older than this; empty: the newest
	Limit  int
}

// RewardStore keeps what was decided.
type RewardStore interface {
	// RewardCandidates gives the facts of cases that were filed in periods that
	// are not revealed, on which nobody has decided, that the rule's type and
	// moment fit and that came in otherwise than by patrol; the latest first,
	// before a case.
	RewardCandidates(ctx context.Context, r RewardRule, now time.Time, before CaseID, limit int) ([]RewardFacts, error)
	// DecideReward holds the case, and everything that limits rest on, plans on the
	// facts as they stand, and stores the reward, what it takes from the budget and
	// what the citizen is told, or nothing. The period is the one in which the case
	// was filed: errs.Conflict "reward.no_period". errs.NotFound "case.not_found".
	DecideReward(ctx context.Context, c CaseID, now time.Time, plan RewardPlan, line org.Audit) (Reward, error)
	// Rewards lists, the latest first.
	Rewards(ctx context.Context, f RewardFilter) ([]Reward, error)
	// RewardCounts counts by state.
	RewardCounts(ctx context.Context) (map[RewardState]int, error)
	// RewardOf gives the reward of a receipt's case with its period, or
	// errs.NotFound "reward.not_found".
	RewardOf(ctx context.Context, receipt string) (Reward, RewardPeriod, error)
}

// RewardPlan makes what a decision stores; the notification is nil when nobody
// is told.
type RewardPlan func(RewardRule, RewardPeriod, RewardFacts) (Reward, *Notification, error)

// Rewards is where people confirm rewards and keep their budget. It is safe for
// concurrent use.
type Rewards struct {
	book  RewardBook
	store RewardStore
	keys  intake.Keys // seal the seeds
	now   func() time.Time
}

// NewRewards makes Rewards.
func NewRewards(book RewardBook, store RewardStore, keys intake.Keys, now func() time.Time) *Rewards {
	return &Rewards{book: book, store: store, keys: keys, now: now}
}

// Rule gives the rule that counts.
func (s *Rewards) Rule(ctx context.Context, actor org.Actor) (RewardRule, error) {
	if err := org.Can(actor, org.ActReward); err != nil {
		return RewardRule{}, err
	}
	return s.book.RewardRule(ctx)
}

// SetRule stores another rule. Amounts of periods that were opened before stay
// within the bounds that were published with them.
func (s *Rewards) SetRule(ctx context.Context, actor org.Actor, r RewardRule, seen time.Time) error {
	if err := org.Can(actor, org.ActRewardRule); err != nil {
		return err
	}
	var codes []string
	for _, code := range r.Codes {
		if code = strings.TrimSpace(code); code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	r.Codes = codes
	if err := r.check(); err != nil {
		return err
	}
	r.At = s.stamp()
	return s.book.SetRewardRule(ctx, r, seen, org.Audit{At: r.At, Actor: actor.Account, Action: "set_reward_rule", Object: "reward:rule", Detail: r.Words()})
}

// Words say the rule in a sentence.
func (r RewardRule) Words() string {
	var types []string
	for _, t := range r.Types {
		types = append(types, string(t))
	}
	which := "全部事项"
	if len(r.Codes) > 0 {
		which = "编码为 " + strings.Join(r.Codes, "、") + " 的事项"
	}
	when := map[RewardWhen]string{RewardFiled: "立案后", RewardClosed: "办结（已解决或承诺解决）后"}[r.When]
	return which + "的" + strings.Join(types, "、") + "，" + when + "每件奖励 " + Yuan(r.MinFen) + "到 " + Yuan(r.MaxFen)
}

// Periods gives all periods, the latest first, to those who confirm.
func (s *Rewards) Periods(ctx context.Context, actor org.Actor) ([]RewardPeriod, error) {
	if err := org.Can(actor, org.ActReward); err != nil {
		return nil, err
	}
	return s.book.RewardPeriods(ctx)
}

// Draws gives what is public of all periods: bounds, hashes and what was
// revealed, not the money.
func (s *Rewards) Draws(ctx context.Context) ([]RewardPeriod, error) {
	all, err := s.book.RewardPeriods(ctx)
	for i, p := range all {
		all[i] = p.public()
	}
	return all, err
}

func (p RewardPeriod) public() RewardPeriod {
	return RewardPeriod{
		ID: p.ID, From: p.From, Until: p.Until, RevealAt: p.RevealAt, MinFen: p.MinFen, MaxFen: p.MaxFen, Hash: p.Hash, Seed: p.Seed, At: p.At, RevealedAt: p.RevealedAt,
	}
}

// Bounds of a period.
const (
	minRewardPeriod = 24 * time.Hour
	maxRewardPeriod = 366 * 24 * time.Hour
)

// Open opens a budget of fen for the cases that are filed from a time (zero: from
// now on) up to but without another. Its seed is made now, before any of these cases is there:
// nobody can choose among seeds by what they would give.
func (s *Rewards) Open(ctx context.Context, actor org.Actor, from, until time.Time, fen int) (RewardPeriod, error) {
	if err := org.Can(actor, org.ActRewardRule); err != nil {
		return RewardPeriod{}, err
	}
	rule, err := s.book.RewardRule(ctx)
	if err != nil {
		return RewardPeriod{}, err
	}
	now := s.stamp()
	if from.IsZero() {
		from = now
	}
	from, until = from.UTC().Truncate(time.Microsecond), until.UTC().Truncate(time.Microsecond)
	var faults errs.List
	if from.Before(now) {
		faults = append(faults, errs.New(errs.Invalid, "reward.past").In("from"))
	}
	if d := until.Sub(from); d < minRewardPeriod || d > maxRewardPeriod {
		faults = append(faults, errs.New(errs.Invalid, "reward.length", 1, 366).In("until"))
	}
	if fen < rule.MaxFen || fen > maxRewardBudget {
		faults = append(faults, errs.New(errs.Invalid, "reward.budget", Yuan(rule.MaxFen), Yuan(maxRewardBudget)).In("budget"))
	}
	if err := faults.OrNil(); err != nil {
		return RewardPeriod{}, err
	}
	p := RewardPeriod{
		ID: id.New[RewardPeriodID](), From: from, Until: until, RevealAt: until.AddDate(0, 0, rule.Grace), Fen: fen, MinFen: rule.MinFen, MaxFen: rule.MaxFen, At: now,
	}
	keys, err := s.keys.Keys()
	if err != nil {
		return RewardPeriod{}, err
	}
	seed := make([]byte, seedSize)
	if _, err := rand.Read(seed); err != nil {
		return RewardPeriod{}, errs.Wrap(err, errs.Internal, "internal")
	}
	hash := sha256.Sum256(seed)
	p.Hash, p.Key, p.Sealed = hash[:], keys[0].ID(), keys[0].Seal(seed, SeedContext(p.ID))
	clear(seed)
	line := org.Audit{At: now, Actor: actor.Account, Action: "open_reward_period", Object: "reward_period:" + string(p.ID), Detail: "预算 " + Yuan(fen) + "，种子的 SHA-256 为 " + hex.EncodeToString(p.Hash)}
	return p, s.book.OpenRewardPeriod(ctx, p, actor.Account, line)
}

// seedOf opens the seed of a period.
func (s *Rewards) seedOf(p RewardPeriod) ([]byte, error) {
	if p.Revealed() {
		return p.Seed, nil
	}
	keys, err := s.keys.Keys()
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		seed, err := key.Open(p.Sealed, SeedContext(p.ID))
		if err != nil {
			continue
		}
		if hash := sha256.Sum256(seed); !bytes.Equal(hash[:], p.Hash) {
			return nil, errs.New(errs.Internal, "reward.seed")
		}
		return seed, nil
	}
	return nil, errs.New(errs.Internal, "reward.seed")
}

// Reveal publishes the seed of a period that is over: from then on nothing of
// it is confirmed, and everybody can compute its amounts.
func (s *Rewards) Reveal(ctx context.Context, actor org.Actor, p RewardPeriodID) error {
	if err := org.Can(actor, org.ActRewardRule); err != nil {
		return err
	}
	all, err := s.book.RewardPeriods(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(q RewardPeriod) bool { return q.ID == p })
	switch {
	case i < 0:
		return errs.New(errs.NotFound, "reward.period_not_found")
	case all[i].Revealed():
		return errs.New(errs.Conflict, "reward.revealed")
	case s.now().Before(all[i].Until):
		return errs.New(errs.Conflict, "reward.running")
	}
	return s.reveal(ctx, all[i], s.stamp(), actor.Account)
}

func (s *Rewards) reveal(ctx context.Context, p RewardPeriod, now time.Time, by org.AccountID) error {
	seed, err := s.seedOf(p)
	if err != nil {
		return err
	}
	line := org.Audit{At: now, Actor: by, Action: "reveal_reward_seed", Object: "reward_period:" + string(p.ID), Detail: "公布种子 " + hex.EncodeToString(seed)}
	return s.book.RevealRewardPeriod(ctx, p.ID, seed, line)
}

// RunDue publishes the seeds whose time has come, and gives how many.
func (s *Rewards) RunDue(ctx context.Context, now time.Time) (int, error) {
	all, err := s.book.RewardPeriods(ctx)
	n := 0
	for _, p := range all {
		if p.Revealed() || now.Before(p.RevealAt) {
			continue
		}
		switch err := s.reveal(ctx, p, now.UTC().Truncate(time.Microsecond), ""); {
		case err == nil:
			n++
		case errs.CodeOf(err) != "reward.revealed": // somebody else's is as good
			return n, err
		}
	}
	return n, err
}

// RewardCandidate is a case that may earn, with what speaks against it.
type RewardCandidate struct {
	RewardFacts
	Refusals []RewardRefusal // none: it may be confirmed
}

// candidatesShown is how many cases are listed at once.
const candidatesShown = 20

// Candidates gives cases that wait for a person, the latest first, and before
// which case the next ones are; empty at the end.
func (s *Rewards) Candidates(ctx context.Context, actor org.Actor, before CaseID) ([]RewardCandidate, CaseID, error) {
	if err := org.Can(actor, org.ActReward); err != nil {
		return nil, "", err
	}
	if before != "" && !id.Valid(before) {
		return nil, "", errs.New(errs.NotFound, "case.not_found")
	}
	rule, err := s.book.RewardRule(ctx)
	if err != nil {
		return nil, "", err
	}
	periods, err := s.book.RewardPeriods(ctx)
	if err != nil {
		return nil, "", err
	}
	found, err := s.store.RewardCandidates(ctx, rule, s.now(), before, candidatesShown+1)
	if err != nil {
		return nil, "", err
	}
	var next CaseID
	if len(found) > candidatesShown {
		found = found[:candidatesShown]
		next = found[candidatesShown-1].Case
	}
	var out []RewardCandidate
	for _, f := range found {
		i := slices.IndexFunc(periods, func(p RewardPeriod) bool { return p.covers(f.FiledAt) })
		if i >= 0 {
			out = append(out, RewardCandidate{f, rule.Refusals(periods[i], f)})
		}
	}
	return out, next, nil
}

// covers reports whether a case that was filed at a time belongs to the period.
func (p RewardPeriod) covers(at time.Time) bool {
	return !at.Before(p.From) && at.Before(p.Until)
}

// Decide notes what a person says about a case: granted, an amount is drawn and
// the citizen is told; not granted, with why, it is off the list for good. Limits
// and budget are held again now: errs.Conflict "reward.refused" says what speaks
// against it, "reward.decided" that somebody else was faster.
func (s *Rewards) Decide(ctx context.Context, actor org.Actor, c CaseID, grant bool, why string) (Reward, error) {
	if err := org.Can(actor, org.ActReward); err != nil {
		return Reward{}, err
	}
	why = strings.TrimSpace(why)
	switch {
	case !id.Valid(c):
		return Reward{}, errs.New(errs.NotFound, "case.not_found")
	case !grant && why == "":
		return Reward{}, errs.New(errs.Invalid, "field.required", "不奖励的理由").In("why")
	case len([]rune(why)) > MaxTextRunes:
		return Reward{}, errs.New(errs.Invalid, "field.too_long", "理由", MaxTextRunes).In("why")
	}
	now := s.stamp()
	r := Reward{ID: id.New[RewardID](), Case: c, By: actor.Account, At: now, DueAt: now, State: RewardQueued}
	line := org.Audit{At: now, Actor: actor.Account, Action: "grant_reward", Object: "case:" + string(c)}
	plan := s.grants(r)
	if !grant {
		r.State, r.Reason, r.Settled, r.SetBy = RewardDeclined, intake.Masked(why), now, actor.Account
		line.Action, line.Detail = "decline_reward", r.Reason
		plan = func(_ RewardRule, p RewardPeriod, f RewardFacts) (Reward, *Notification, error) {
			if f.Decided {
				return r, nil, errs.New(errs.Conflict, "reward.decided")
			}
			return r.of(p, f), nil, nil
		}
	}
	return s.store.DecideReward(ctx, c, now, plan, line)
}

// of fills in what a reward takes from its period and its case.
func (r Reward) of(p RewardPeriod, f RewardFacts) Reward {
	r.Period, r.Message, r.Number, r.Receipt, r.Leaf, r.Place = p.ID, f.Message, f.Number, f.Receipt, f.Leaf, f.Place
	return r
}

// grants plans a reward that is granted.
func (s *Rewards) grants(r Reward) RewardPlan {
	return func(rule RewardRule, p RewardPeriod, f RewardFacts) (Reward, *Notification, error) {
		if f.Decided {
			return r, nil, errs.New(errs.Conflict, "reward.decided")
		}
		if against := rule.Refusals(p, f); len(against) > 0 {
			return r, nil, errs.New(errs.Conflict, "reward.refused", RefusalWords(against))
		}
		seed, err := s.seedOf(p)
		if err != nil {
			return r, nil, err
		}
		r := r.of(p, f)
		r.Fen = Draw(seed, f.Number, p.MinFen, p.MaxFen)
		clear(seed)
		n, err := NewNotification(NotifyRewarded, "reward:"+string(r.ID), f.Message, r.At, NotifyFacts{Receipt: f.Receipt, Fen: r.Fen})
		return r, &n, err
	}
}

// List gives what was decided, the latest first, and how many there are by
// state.
func (s *Rewards) List(ctx context.Context, actor org.Actor, f RewardFilter) ([]Reward, map[RewardState]int, error) {
	if err := org.Can(actor, org.ActReward); err != nil {
		return nil, nil, err
	}
	if f.Before != "" && !id.Valid(f.Before) || f.Period != "" && !id.Valid(f.Period) {
		return nil, nil, errs.New(errs.NotFound, "reward.not_found")
	}
	counts, err := s.store.RewardCounts(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.store.Rewards(ctx, f)
	return all, counts, err
}

// OfReceipt gives what the holder of a receipt sees of a reward: of what was
// granted, with what is public of how it was drawn; false when there is none.
func (s *Rewards) OfReceipt(ctx context.Context, receipt string) (Reward, RewardPeriod, bool, error) {
	r, p, err := s.store.RewardOf(ctx, TidyReceipt(receipt))
	switch {
	case err != nil && errs.KindOf(err) == errs.NotFound, err == nil && r.State == RewardDeclined:
		return Reward{}, RewardPeriod{}, false, nil
	case err != nil:
		return Reward{}, RewardPeriod{}, false, err
	}
	r.By, r.ByName, r.SetBy, r.Proof, r.Failure = "", "", "", "", ""
	return r, p.public(), true, nil
}

// Drawn is one amount as it was given and as the seed gives it.
type Drawn struct {
	Number    string
	Fen, Want int
}

// Verification is what computing a period's amounts again has shown.
type Verification struct {
	Period RewardPeriod // as it is public
	Hash   bool         // the seed has the hash that was published
	Drawn  []Drawn      // every amount, by number of the case
	Wrong  int          // of these are not what the seed gives
}

// Good reports whether everything is as it was published.
func (v Verification) Good() bool { return v.Hash && v.Wrong == 0 }

// Verify computes the amounts of a period again. Anybody may ask;
// errs.Conflict "reward.sealed" before the seed is public.
func (s *Rewards) Verify(ctx context.Context, period RewardPeriodID) (Verification, error) {
	all, err := s.book.RewardPeriods(ctx)
	if err != nil {
		return Verification{}, err
	}
	i := slices.IndexFunc(all, func(q RewardPeriod) bool { return q.ID == period })
	switch {
	case i < 0:
		return Verification{}, errs.New(errs.NotFound, "reward.period_not_found")
	case !all[i].Revealed():
		return Verification{}, errs.New(errs.Conflict, "reward.sealed")
	}
	v := Verification{Period: all[i].public()}
	hash := sha256.Sum256(v.Period.Seed)
	v.Hash = bytes.Equal(hash[:], v.Period.Hash)
	given, err := s.store.Rewards(ctx, RewardFilter{Period: period})
	for _, r := range given {
		d := Drawn{r.Number, r.Fen, Draw(v.Period.Seed, r.Number, v.Period.MinFen, v.Period.MaxFen)}
		if d.Fen != d.Want {
			v.Wrong++
		}
		v.Drawn = append(v.Drawn, d)
	}
	slices.SortFunc(v.Drawn, func(a, b Drawn) int { return strings.Compare(a.Number, b.Number) })
	return v, err
}

// stamp is now as the store keeps it.
func (s *Rewards) stamp() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
