package postgres_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/seal"
)

// treasury is an office with rewards. Reports of different people are told apart
// by phone, as intake does.
type treasury struct {
	*office
	admin   org.Actor
	other   org.Actor // another administrator
	key     *seal.Sealer
	rewards *casework.Rewards
	labels  *casework.Labels
}

func newTreasury(t testing.TB) *treasury {
	t.Helper()
	o := &treasury{office: newOffice(t)}
	var err error
	o.key, err = seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	o.must(err)
	o.admin, o.other = o.person("boss1", org.RoleAdmin), o.person("boss2", org.RoleAdmin)
	clock := func() time.Time { return o.now }
	o.rewards = casework.NewRewards(o.city, o.city, o.key, clock)
	o.labels = casework.NewLabels(o.city, 0, clock)
	return o
}

func (o *treasury) person(login string, role org.Role) org.Actor {
	o.t.Helper()
	a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{role}, CreatedAt: start}
	o.must(o.InsertAccount(o.t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
	return org.Actor{Account: a.ID, Name: login, Roles: org.Roles{role}}
}

// rule lets complaints earn, which is what the fixture's cases are.
func (o *treasury) rule(change func(*casework.RewardRule)) {
	o.t.Helper()
	stands, err := o.rewards.Rule(o.t.Context(), o.admin)
	o.must(err)
	next := stands
	next.Types = []intake.Type{intake.Complaint}
	if change != nil {
		change(&next)
	}
	o.must(o.rewards.SetRule(o.t.Context(), o.admin, next, stands.At))
}

// open opens a budget for the next 30 days.
func (o *treasury) open(fen int) casework.RewardPeriod {
	o.t.Helper()
	p, err := o.rewards.Open(o.t.Context(), o.admin, o.now.Add(time.Second), o.now.AddDate(0, 0, 30), fen)
	o.must(err)
	o.now = o.now.Add(time.Hour)
	return p
}

// reports files a case of a phone with words at a place.
func (o *treasury) reports(external, phone, words, place string) casework.Docket {
	o.t.Helper()
	d := o.file(external, 0)
	o.must(o.ExecForTest(o.t.Context(), `UPDATE message SET phone_hash = convert_to(nullif($2, ''), 'UTF8'), place = $3 WHERE id = (SELECT message_id FROM matter WHERE id = $1)`, d.Matter, phone, place))
	o.must(o.ExecForTest(o.t.Context(), `UPDATE matter SET title = '', body = $2 WHERE id = $1`, d.Matter, words))
	return o.of(d.Matter)
}

// various are reports that have nothing in common.
func (o *treasury) various(n int) casework.Docket {
	o.t.Helper()
	words := strings.Repeat(string(rune('一'+97*n))+string(rune('一'+89*n+5)), 8)
	return o.reports(name("v", n), name("1380000", n), words, name("路", n))
}

func (o *treasury) grant(d casework.Docket) (casework.Reward, error) {
	return o.rewards.Decide(o.t.Context(), o.agent, d.ID, true, "")
}

// refused fails unless a case earns nothing for one ground alone.
func (o *treasury) refused(d casework.Docket, want casework.RewardRefusal) {
	o.t.Helper()
	_, err := o.grant(d)
	wants(o.t, err, errs.Conflict, "reward.refused")
	if got := errs.Sentence(err); !strings.Contains(got, want.Label()) || strings.Contains(got, "；") {
		o.t.Errorf("refused as %q, want %s alone", got, want.Label())
	}
}

// TestAReportEarnsOnce: from the rule to the public seed by which everybody
// computes the amounts again.
func TestAReportEarnsOnce(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	ctx := t.Context()
	early := o.reports("early", "p0", "开期以前反映的事情不算", "甲路")
	o.now = o.now.Add(time.Hour)
	o.rule(nil)
	wants(t, o.rewards.SetRule(ctx, o.admin, casework.ShippedRewardRule(), time.Time{}), errs.Conflict, "reward.rule_changed")
	wants(t, o.rewards.SetRule(ctx, o.agent, casework.ShippedRewardRule(), time.Time{}), errs.Forbidden, "role.forbidden")
	p := o.open(100_000)
	if _, err := o.rewards.Open(ctx, o.admin, o.now.Add(time.Second), o.now.AddDate(0, 0, 2), 5000); errs.CodeOf(err) != "reward.overlap" {
		t.Errorf("two budgets at one time: %v", err)
	}
	if n := o.count(`SELECT count(*) FROM reward_period WHERE seed IS NULL AND sealed IS NOT NULL AND length(seed_hash) = 32`); n != 1 {
		t.Error("the seed is not sealed")
	}
	d := o.reports("a", "p1", "店铺后厨油烟直排居民楼", "乙路")
	all, _, err := o.rewards.Candidates(ctx, o.agent, "")
	o.must(err)
	if len(all) != 1 || all[0].Case != d.ID || len(all[0].Refusals) != 0 {
		t.Fatalf("candidates %+v", all)
	}
	_, err = o.grant(early)
	wants(t, err, errs.Conflict, "reward.no_period")
	_, err = o.rewards.Decide(ctx, o.unit, d.ID, true, "")
	wants(t, err, errs.Forbidden, "role.forbidden")
	r, err := o.grant(d)
	o.must(err)
	if r.Fen < 100 || r.Fen > 2000 || r.State != casework.RewardQueued {
		t.Errorf("granted %+v", r)
	}
	_, err = o.grant(d)
	wants(t, err, errs.Conflict, "reward.decided")
	told := o.list(`SELECT body FROM notification WHERE kind = 'rewarded' AND receipt = $1`, d.Receipt)
	if len(told) != 1 || !strings.Contains(told[0], casework.Yuan(r.Fen)) {
		t.Errorf("told %q", told)
	}
	seen, draw, ok, err := o.rewards.OfReceipt(ctx, d.Receipt)
	o.must(err)
	if !ok || seen.Fen != r.Fen || seen.By != "" || draw.Seed != nil || draw.Sealed != nil || draw.Fen != 0 || !bytes.Equal(draw.Hash, p.Hash) {
		t.Errorf("the citizen sees %+v of %+v", seen, draw)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'grant_reward' AND object = 'case:' || $1::text`, d.ID); n != 1 {
		t.Errorf("%d lines on record", n)
	}
	no := o.reports("no", "p2", "楼道里堆了很多杂物请清理", "丙路")
	_, err = o.rewards.Decide(ctx, o.agent, no.ID, false, " ")
	wants(t, err, errs.Invalid, "field.required")
	_, err = o.rewards.Decide(ctx, o.agent, no.ID, false, "核实后不属实")
	o.must(err)
	_, _, ok, err = o.rewards.OfReceipt(ctx, no.Receipt)
	o.must(err)
	if ok {
		t.Error("what was declined is shown")
	}

	_, err = o.rewards.Verify(ctx, p.ID)
	wants(t, err, errs.Conflict, "reward.sealed")
	wants(t, o.rewards.Reveal(ctx, o.admin, p.ID), errs.Conflict, "reward.running")
	o.now = p.RevealAt
	if n, err := o.rewards.RunDue(ctx, p.RevealAt.Add(-time.Second)); n != 0 || err != nil {
		t.Errorf("too early %d, %v", n, err)
	}
	for want := 1; want >= 0; want-- {
		if n, err := o.rewards.RunDue(ctx, o.now); n != want || err != nil {
			t.Errorf("revealed %d, %v", n, err)
		}
	}
	late := o.reports("late", "p3", "夜里有人在河边烧垃圾", "丁路")
	o.must(o.ExecForTest(ctx, `UPDATE work_case SET clocks = jsonb_set(clocks, '{filed_at}', to_jsonb($2::text)) WHERE id = $1`, late.ID, p.From.Format(time.RFC3339)))
	_, err = o.grant(late)
	wants(t, err, errs.Conflict, "reward.no_period")
	v, err := o.rewards.Verify(ctx, p.ID)
	o.must(err)
	if !v.Good() || len(v.Drawn) != 1 || v.Drawn[0].Number != d.Number || casework.Draw(v.Period.Seed, d.Number, 100, 2000) != r.Fen || sha256.Sum256(v.Period.Seed) != [32]byte(p.Hash) {
		t.Errorf("verified %+v", v)
	}
	// Somebody with the database's password gives a friend more.
	o.must(o.ExecForTest(ctx, `UPDATE reward SET fen = fen + 1 WHERE id = $1`, r.ID))
	if v, err = o.rewards.Verify(ctx, p.ID); err != nil || v.Good() || v.Wrong != 1 {
		t.Errorf("a changed amount is not found: %+v, %v", v, err)
	}
	for _, sql := range []string{
		`UPDATE reward_period SET seed = '\x00'`, `UPDATE reward_period SET seed_hash = sha256('\x00')`, `UPDATE reward_period SET max_fen = 9999`, `DELETE FROM reward_period`,
	} {
		if err := o.ExecForTest(ctx, sql); stateOf(err) != "23001" && stateOf(err) != "23503" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestLimitsOfRewards: each ground alone keeps a case from earning.
func TestLimitsOfRewards(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	ctx := t.Context()
	o.rule(func(r *casework.RewardRule) { r.PerDay, r.PerMonth, r.MonthFen = 2, 3, 8_000 })
	o.open(100_000)
	grant := func(d casework.Docket) {
		t.Helper()
		_, err := o.grant(d)
		o.must(err)
	}
	grant(o.reports("1", "same", "楼下烧烤店的油烟天天往我家里灌，请管一管", "甲路"))
	o.refused(o.reports("2", "same", "楼下烧烤店的油烟天天往我家里灌！请你们管一管。", "乙路"), casework.RefusedAlike)
	o.refused(o.reports("3", "another", "这里有油烟", "甲路"), casework.RefusedPlace)
	grant(o.reports("4", "another", "楼下烧烤店的油烟天天往我家里灌，请管一管", "丙路")) // the same words of somebody else
	grant(o.reports("5", "same", "人行道上的井盖松动", "丁路"))
	o.refused(o.reports("6", "same", "公园里的路灯坏了三盏", "戊路"), casework.RefusedDay)
	o.now = o.now.AddDate(0, 0, 1)
	grant(o.reports("7", "same", "公交站牌倒在路边没人管", "己路"))
	o.refused(o.reports("8", "same", "有人往河里倒建筑垃圾", "庚路"), casework.RefusedMonth)
	o.refused(o.reports("9", "", "没有留电话的人反映的事", "辛路"), casework.RefusedNoPhone)
	grid := o.reports("10", "worker", "巡查时看见护栏破损", "壬路")
	o.must(o.ExecForTest(ctx, `UPDATE contact SET channel = 'patrol' WHERE id = (SELECT contact_id FROM message AS g JOIN matter AS m ON m.message_id = g.id WHERE m.id = $1)`, grid.Matter))
	o.refused(grid, casework.RefusedPatrol)
	rich := o.reports("11", "rich", "小区门口常年积水", "癸路")
	o.rule(func(r *casework.RewardRule) { r.MonthFen = 2_000 })
	grant(rich)
	o.refused(o.reports("12", "rich", "体育场的看台栏杆断了", "子路"), casework.RefusedSum)
	o.rule(func(r *casework.RewardRule) { r.MonthFen, r.Codes = 8_000, []string{"02"} })
	o.refused(o.reports("13", "p13", "学校门口没有斑马线", "丑路"), casework.RefusedLeaf)
	o.rule(func(r *casework.RewardRule) { r.Codes = []string{"E"} }) // the branch above
	grant(o.reports("14", "p14", "菜市场里流浪狗很多", "寅路"))
	o.rule(func(r *casework.RewardRule) { r.Codes, r.Types = nil, []intake.Type{intake.Report} })
	o.refused(o.reports("15", "p15", "有人占用消防通道停车", "卯路"), casework.RefusedType)
	o.rule(func(r *casework.RewardRule) { r.When = casework.RewardClosed })
	open := o.reports("16", "p16", "图书馆的电梯坏了一个月", "辰路")
	o.refused(open, casework.RefusedState)
	open = o.do(o.unit, open, casework.Command{Move: casework.Accept})
	open = o.do(o.unit, open, casework.Command{Move: casework.Propose, Sure: true, Public: "已修好"})
	open = o.do(o.agent, open, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	grant(open)
	all, _, err := o.rewards.Candidates(ctx, o.agent, "")
	o.must(err)
	for _, c := range all {
		t.Errorf("a candidate although nothing else is closed: %+v", c)
	}
}

// TestTheFirstReporterEarns: of merged cases the one that was filed first, and
// only if none of them has earned before they were merged.
func TestTheFirstReporterEarns(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	o.rule(nil)
	o.open(100_000)
	first, second, third, fourth := o.various(1), o.various(2), o.various(3), o.various(4)
	merges := casework.NewMerges(o.cases, o.stage)
	o.must(merges.Merge(t.Context(), o.agent, second.ID, second.Version, first.Number, "同一件事"))
	o.refused(o.of(second.Matter), casework.RefusedMerged)
	_, err := o.grant(first)
	o.must(err)
	_, err = o.grant(fourth)
	o.must(err)
	o.must(merges.Merge(t.Context(), o.agent, fourth.ID, fourth.Version, third.Number, "同一件事"))
	o.refused(o.of(third.Matter), casework.RefusedDouble)
}

// TestABudgetIsNeverOverspent although many confirm at once; and of two who
// confirm one case, one is told.
func TestABudgetIsNeverOverspent(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	o.rule(nil)
	p := o.open(7_000)
	const reports = 24
	var cases []casework.Docket
	for i := range reports {
		cases = append(cases, o.various(i+1))
	}
	var mu sync.Mutex
	granted, sum := map[casework.CaseID]int{}, 0
	refusals := map[errs.Code]int{}
	var wg sync.WaitGroup
	for _, d := range cases {
		for range 2 {
			wg.Go(func() {
				r, err := o.rewards.Decide(context.Background(), o.agent, d.ID, true, "")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					granted[d.ID]++
					sum += r.Fen
					return
				}
				refusals[errs.CodeOf(err)]++
			})
		}
	}
	wg.Wait()
	for c, n := range granted {
		if n != 1 {
			t.Errorf("%s earned %d times", c, n)
		}
	}
	if sum > 7_000 || sum <= 5_000 || len(granted)+refusals["reward.decided"]+refusals["reward.refused"] != 2*reports {
		t.Errorf("%d granted come to %d; refused %v", len(granted), sum, refusals)
	}
	if n := o.count(`SELECT committed FROM reward_period WHERE id = $1`, p.ID); n != sum {
		t.Errorf("committed %d, granted %d", n, sum)
	}
	if err := o.ExecForTest(t.Context(), `UPDATE reward_period SET committed = fen + 1`); stateOf(err) != "23514" {
		t.Errorf("more than there is: %v", err)
	}
}

// bank pays, or does what the test wants of it.
type bank struct {
	mu   sync.Mutex
	paid map[string]int // fen by key
	asks map[string]int
	fail func(p casework.Payment) error // before it is paid
	lost func(p casework.Payment) error // after
}

func newBank() *bank { return &bank{paid: map[string]int{}, asks: map[string]int{}} }

func (b *bank) Via() string { return "http" }

func (b *bank) Pay(_ context.Context, p casework.Payment) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asks[p.Key]++
	if b.fail != nil {
		if err := b.fail(p); err != nil {
			return "", err
		}
	}
	b.paid[p.Key] = p.Fen // whatever its key has brought before
	if b.lost != nil {
		if err := b.lost(p); err != nil {
			return "", err
		}
	}
	return "pay-" + p.Key, nil
}

func (o *treasury) cashier(b casework.Payer) *casework.Cashier {
	return casework.NewCashier(o.city, o.city, &gateway{}, casework.CashierOptions{Payer: b}, func() time.Time { return o.now })
}

func (o *treasury) inState(s casework.RewardState) []casework.Reward {
	o.t.Helper()
	all, err := o.city.Rewards(o.t.Context(), casework.RewardFilter{State: s})
	o.must(err)
	return all
}

// granted files and confirms n reports.
func (o *treasury) granted(n int) {
	o.t.Helper()
	o.rule(nil)
	o.open(1_000_000)
	for i := range n {
		_, err := o.grant(o.various(i + 1))
		o.must(err)
	}
}

// TestEachRewardIsPaidOnce although four processes pay at once, an answer is
// lost, and a process dies with one in hand.
func TestEachRewardIsPaidOnce(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	const rewards = 20
	o.granted(rewards)
	b := newBank()
	lost := 0
	b.lost = func(casework.Payment) error {
		if lost++; lost%5 == 0 {
			return errs.New(errs.Unavailable, "pay.unreachable")
		}
		return nil
	}
	dead, err := o.ClaimReward(t.Context(), o.now, o.now.Add(2*time.Minute))
	o.must(err)
	_, err = b.Pay(t.Context(), casework.Payment{Key: dead.Key(), Fen: dead.Fen}) // and is killed before it says so
	o.must(err)
	for range 4 {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := o.cashier(b).RunDue(t.Context(), o.now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		o.now = o.now.Add(2 * time.Hour)
	}
	sum, again := 0, 0
	for key, fen := range b.paid {
		sum += fen
		again += b.asks[key] - 1
	}
	if len(b.paid) != rewards || sum != o.count(`SELECT sum(fen) FROM reward`) || again < 2 {
		t.Errorf("%d paid, %d fen, %d asked again", len(b.paid), sum, again)
	}
	for _, r := range o.inState(casework.RewardPaid) {
		if r.Proof != "pay-"+r.Key() || r.Unsure || r.Via != "http" {
			t.Errorf("kept %+v", r)
		}
	}
	if n := len(o.inState(casework.RewardPaid)); n != rewards {
		t.Errorf("%d known to be paid", n)
	}
	if n := o.count(`SELECT count(*) FROM reward WHERE reward::text LIKE '%1381234%'`); n != 0 {
		t.Error("a number lies in the table")
	}
	// What the dead one says afterwards changes nothing.
	dead.State, dead.Failure = casework.RewardFailed, "x"
	o.must(o.SettleReward(t.Context(), dead))
	if n := len(o.inState(casework.RewardPaid)); n != rewards {
		t.Errorf("%d are left paid", n)
	}
}

// TestWhatCannotBePaid: refused is shown and paid anew under another key; without
// a clear answer the key stays, and nobody gives the money back to the budget
// without having asked; who wants to be left alone is.
func TestWhatCannotBePaid(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	ctx := t.Context()
	o.granted(1)
	b := newBank()
	c := o.cashier(b)
	run := func() casework.Reward {
		t.Helper()
		_, err := c.RunDue(ctx, o.now)
		o.must(err)
		all, err := o.city.Rewards(ctx, casework.RewardFilter{})
		o.must(err)
		return all[0]
	}
	b.fail = func(casework.Payment) error { return busy{} }
	if r := run(); r.State != casework.RewardQueued || r.Attempts != 0 || !r.DueAt.Equal(o.now.Add(15*time.Minute)) {
		t.Errorf("paused %+v", r)
	}
	o.now = o.now.Add(15 * time.Minute)
	b.fail = func(casework.Payment) error { return errs.New(errs.Invalid, "pay.refused", "422") }
	r := run()
	if r.State != casework.RewardFailed || r.Unsure || r.Failure == "" {
		t.Fatalf("refused %+v", r)
	}
	again := casework.RewardCommand{Reward: r.ID, Move: casework.PayAgain}
	wants(t, c.Move(ctx, o.agent, again), errs.Forbidden, "role.forbidden")
	o.must(c.Move(ctx, o.admin, again))
	wants(t, c.Move(ctx, o.admin, again), errs.Conflict, "reward.state")
	b.fail = func(casework.Payment) error { return errs.New(errs.Unavailable, "pay.unreachable") }
	for range 200 {
		if r = run(); r.State != casework.RewardQueued {
			break
		}
		o.now = o.now.Add(time.Hour)
	}
	if r.State != casework.RewardFailed || !r.Unsure || r.Round != 1 {
		t.Fatalf("given up %+v", r)
	}
	key := r.Key()
	void := casework.RewardCommand{Reward: r.ID, Move: casework.PayNoMore, Why: "号码已注销"}
	wants(t, c.Move(ctx, o.admin, void), errs.Invalid, "reward.unsure")
	if all, err := o.ListRewards(ctx, casework.RewardFailed, 10, org.Audit{At: o.now, Action: "list_rewards", Object: "reward:list"}); err != nil || len(all) != 0 {
		t.Errorf("listed for payment by hand although it may have been paid: %v, %v", all, err)
	}
	o.must(c.Move(ctx, o.admin, again))
	b.fail = nil
	if r = run(); r.State != casework.RewardPaid || r.Key() != key || b.paid[key] != r.Fen {
		t.Errorf("paid %+v, %v", r, b.paid)
	}
	wants(t, c.Move(ctx, o.admin, void), errs.Conflict, "reward.state")
}

// TestPaidByHand: from a list with numbers, each on record; whoever confirmed
// does not also say that it was paid, and what is not paid after all goes back to
// the budget.
func TestPaidByHand(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	ctx := t.Context()
	o.granted(3)
	c := o.cashier(nil)
	if n, err := c.RunDue(ctx, o.now); n != 0 || err != nil {
		t.Errorf("paid by nothing: %d, %v", n, err)
	}
	var list, same bytes.Buffer
	_, err := c.TakeList(ctx, o.agent, false, &list, "a.csv") // before anything is listed
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = c.TakeList(ctx, o.admin, false, &list, "a.pdf")
	wants(t, err, errs.Invalid, "reward.form")
	n, err := c.TakeList(ctx, o.admin, false, &list, "a.csv")
	o.must(err)
	if n != 3 || strings.Count(list.String(), "13812340021") != 3 || !strings.Contains(list.String(), "由boss1于") {
		t.Errorf("listed %d:\n%s", n, list.String())
	}
	_, err = c.TakeList(ctx, o.admin, false, &list, "a.csv")
	wants(t, err, errs.Conflict, "reward.nothing")
	if n, err = c.TakeList(ctx, o.admin, true, &same, "a.xlsx"); n != 3 || err != nil {
		t.Errorf("listed again %d, %v", n, err)
	}
	all := o.inState(casework.RewardListed)
	done := func(actor org.Actor, r casework.Reward, m casework.RewardMove, more string) error {
		return c.Move(ctx, actor, casework.RewardCommand{Reward: r.ID, Move: m, Proof: more, Why: more})
	}
	o.must(o.ExecForTest(ctx, `UPDATE reward SET by_account = $1 WHERE id = $2`, o.admin.Account, all[0].ID))
	wants(t, done(o.admin, all[0], casework.PayDone, "2026-001"), errs.Forbidden, "reward.own")
	wants(t, done(o.other, all[0], casework.PayDone, ""), errs.Invalid, "field.required")
	o.must(done(o.other, all[0], casework.PayDone, "2026-001"))
	wants(t, done(o.other, all[0], casework.PayDone, "2026-002"), errs.Conflict, "reward.state")
	o.must(done(o.other, all[1], casework.PayNot, "查无此人"))
	before := o.count(`SELECT committed FROM reward_period`)
	o.must(done(o.other, all[1], casework.PayNoMore, "多次联系不上"))
	if after := o.count(`SELECT committed FROM reward_period`); before-after != all[1].Fen {
		t.Errorf("%d came back of %d", before-after, all[1].Fen)
	}
	var export bytes.Buffer
	o.must(c.Export(ctx, o.agent, &export, "奖励.csv"))
	if s := export.String(); strings.Contains(s, "1381234") || strings.Contains(s, all[0].Receipt) || !strings.Contains(s, "已发放") || !strings.Contains(s, "2026-001") {
		t.Errorf("exported %s", s)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action IN ('list_rewards', 'export_rewards', 'reward_paid', 'reward_failed', 'reward_void')`); n != 5 {
		t.Errorf("%d lines on record", n)
	}
}

// TestSeedsFollowTheKey: a rotation takes them along, and no key goes while a
// seed is sealed with it.
func TestSeedsFollowTheKey(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	ctx := t.Context()
	keys, err := v.ring.Keys()
	v.must(err)
	old := keys[0].ID()
	now := start
	admin := org.Actor{Account: v.account, Roles: org.Roles{org.RoleAdmin}}
	rewards := casework.NewRewards(v.city, v.city, v.ring, func() time.Time { return now })
	p, err := rewards.Open(ctx, admin, now.Add(time.Second), now.AddDate(0, 0, 2), 10_000)
	v.must(err)
	key := v.rotate()
	if n := v.count(`SELECT count(*) FROM reward_period WHERE key_id = $1`, key); n != 1 {
		t.Fatal("the seed lies under the old key")
	}
	v.must(v.rotation.Drop(ctx, old))
	now = p.Until
	v.must(rewards.Reveal(ctx, admin, p.ID))
	verdict, err := rewards.Verify(ctx, p.ID)
	v.must(err)
	if !verdict.Good() {
		t.Error("another seed than the one that was announced")
	}
	wants(t, rewards.Reveal(ctx, admin, p.ID), errs.Conflict, "reward.revealed")
	if n := v.count(`SELECT count(*) FROM reward_period WHERE sealed IS NULL AND seed IS NOT NULL`); n != 1 {
		t.Error("the seed is not public")
	}
}

// rewards puts a reward and a label into a city, with all that belongs to them.
func (c *city) rewards() {
	c.t.Helper()
	line := org.Audit{At: start, Actor: c.account, Action: "set_reward_rule", Object: "reward:rule"}
	c.must(c.SetRewardRule(c.t.Context(), casework.ShippedRewardRule(), time.Time{}, line))
	p := casework.RewardPeriod{
		ID: id.New[casework.RewardPeriodID](), From: start, Until: start.AddDate(0, 1, 0), RevealAt: start.AddDate(0, 2, 0), Fen: 5000, MinFen: 100, MaxFen: 2000,
		Hash: make([]byte, 32), Key: "k1", Sealed: []byte("sealed"), At: start,
	}
	c.must(c.OpenRewardPeriod(c.t.Context(), p, c.account, line))
	open := casework.CaseID(c.list(`SELECT id::text FROM work_case WHERE state <> 'merged' ORDER BY id LIMIT 1`)[0])
	_, err := c.DecideReward(c.t.Context(), open, start, func(_ casework.RewardRule, p casework.RewardPeriod, f casework.RewardFacts) (casework.Reward, *casework.Notification, error) {
		return casework.Reward{
			ID: id.New[casework.RewardID](), Case: f.Case, Period: p.ID, Message: f.Message, By: c.account, At: start, State: casework.RewardQueued, Fen: 500, DueAt: start,
		}, nil, nil
	}, line)
	c.must(err)
	m := c.receive("a nuisance", 130)
	l := casework.Label{ID: id.New[casework.LabelID](), By: c.account, At: start, Why: "反复辱骂", Days: 90, State: casework.LabelProposed, Until: start.AddDate(0, 0, 14)}
	c.must(c.InsertLabel(c.t.Context(), l, m.ID, []intake.MessageID{m.Message}, org.Audit{At: start, Actor: c.account, Action: "propose_label"}))
}
