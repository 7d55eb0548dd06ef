package postgres_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// staff is an office whose unit has a head, a deputy and two more people, a
// supervisor and a leader.
type staff struct {
	*office
	alerts   *casework.Alerts
	hands    *casework.Hands
	boss     org.Actor
	deputy   org.Actor
	zhang    org.Actor
	admin    org.Actor
	watcher  org.AccountID
	leader   org.AccountID
	handOver *casework.HandOvers
}

func newStaff(t *testing.T) *staff {
	t.Helper()
	s := &staff{office: newOffice(t)}
	unit := s.unit.Unit
	of := func(login string) org.Actor {
		return org.Actor{Account: s.handler(login, unit), Roles: org.Roles{org.RoleUnit}, Unit: unit}
	}
	s.boss, s.deputy, s.zhang = of("boss"), of("deputy"), of("zhang")
	s.admin = org.Actor{Account: s.hotline("root", org.RoleAdmin), Roles: org.Roles{org.RoleAdmin}}
	s.watcher, s.leader = s.hotline("watcher", org.RoleAgent), s.hotline("leader", org.RoleLeader)
	clock := func() time.Time { return s.now }
	s.alerts, s.hands = casework.NewAlerts(s.DB, s.DB, casework.NewMeans(s.DB, oneKey(t)), clock), casework.NewHands(s.stage, s.DB, s.DB)
	s.handOver = casework.NewHandOvers(s.DB, s.stage, s.DB)
	s.must(casework.NewHeads(s.DB, s.stage).Set(t.Context(), s.admin, unit, []org.AccountID{s.boss.Account}, []org.AccountID{s.deputy.Account}))
	s.must(s.alerts.SetReachOf(t.Context(), s.admin, "watcher", casework.Reach{Supervises: true}))
	return s
}

func (s *staff) hotline(login string, role org.Role) org.AccountID {
	s.t.Helper()
	a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{role}, CreatedAt: start}
	s.must(s.InsertAccount(s.t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + string(a.ID)}))
	return a.ID
}

// told gives who was told of what of a case, as login:kind:level, in order.
func (s *staff) told(d casework.Docket) []string {
	return s.list(`
		SELECT a.login || ':' || n.kind || ':' || n.level
		FROM alert AS n
		JOIN account AS a ON a.id = n.account_id
		WHERE n.case_id = $1
		ORDER BY n.ordinal, a.login`, d.ID)
}

func (s *staff) runDue(now time.Time) int {
	s.t.Helper()
	n, err := casework.NewClock(s.cases, s.planner).RunDue(s.t.Context(), now)
	s.must(err)
	return n
}

func (s *staff) give(actor org.Actor, d casework.Docket, to org.AccountID) casework.Docket {
	s.t.Helper()
	s.must(s.hands.Give(s.t.Context(), actor, d.ID, d.Version, to))
	return s.of(d.Matter)
}

func wantTold(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestTheStaffIsToldByLevel follows a case from its dispatch up to the leaders,
// with somebody on leave, and with a handler who has left.
func TestTheStaffIsToldByLevel(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	d := s.file("a", 0)
	wantTold(t, s.told(d), "boss:file:unit", "deputy:file:unit")
	d = s.give(s.boss, d, s.zhang.Account)
	d = s.do(s.zhang, d, casework.Command{Move: casework.Accept})
	s.must(s.stage.Chase(t.Context(), d.Receipt))
	cover := org.Cover{
		ID: id.New[org.CoverID](), Absent: org.Account{Login: "boss"}, Substitute: org.Account{Login: "unit1"},
		From: s.now, Until: s.now.AddDate(0, 2, 0), By: s.admin.Account, At: s.now,
	}
	s.must(s.InsertCover(t.Context(), cover, org.Audit{At: s.now, Action: "set_cover", Object: "cover"}))
	s.runDue(s.now.AddDate(0, 1, 0))
	wantTold(t, s.told(d),
		"boss:file:unit", "deputy:file:unit", "zhang:give:handler", "watcher:chase:supervisor", "zhang:chase:handler",
		"zhang:half:handler", "zhang:soon:handler", "li:late:first", "zhang:late:handler",
		"deputy:late_head:head", "unit1:late_head:head", "watcher:late_boss:supervisor", "leader:late_top:leader")
	s.rebuilds(s.of(d.Matter))
	own, unread, err := s.alerts.Own(t.Context(), org.Actor{Account: s.unit.Account, Roles: org.Roles{org.RoleUnit}, Unit: s.unit.Unit}, casework.AlertFilter{})
	if err != nil || unread != 1 || len(own) != 1 || own[0].For != "boss" || own[0].Number != d.Number {
		t.Errorf("the substitute has %+v, %d unread, %v", own, unread, err)
	}
	chased, counts, err := s.alerts.Chased(t.Context(), s.agent, casework.ChaseFilter{Level: casework.ToLeader})
	if err != nil || counts[casework.ToLeader] != 1 || len(chased) != 1 || len(chased[0].Told) != 5 || chased[0].Told[0].Name != "leader" {
		t.Errorf("chased %+v, %v, %v", chased, counts, err)
	}
	if _, counts, err := s.alerts.Chased(t.Context(), s.deputy, casework.ChaseFilter{Unit: s.other.Unit}); err != nil || counts[casework.ToLeader] != 1 {
		t.Errorf("the deputy sees of the own unit %v, %v", counts, err)
	}
	_, _, err = s.alerts.Chased(t.Context(), s.zhang, casework.ChaseFilter{})
	wants(t, err, errs.Forbidden, "role.forbidden")
	n, err := s.alerts.Read(t.Context(), s.zhang, nil, 1<<40)
	if err != nil || n != 5 {
		t.Errorf("%d read, %v", n, err)
	}
	if n, _ := s.alerts.Read(t.Context(), s.zhang, nil, 1<<40); n != 0 {
		t.Errorf("%d read again", n)
	}
}

// TestWhoLeavesGivesTheirCasesBack: they go to the unit's list, each on its
// record, or to a named successor; what was told before stays told.
func TestWhoLeavesGivesTheirCasesBack(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	a, b := s.give(s.boss, s.file("a", 0), s.zhang.Account), s.give(s.deputy, s.file("b", 1), s.zhang.Account)
	mine, counts, err := s.stage.List(t.Context(), s.zhang, casework.Filter{Show: casework.ShowMine})
	if err != nil || len(mine) != 2 || counts[casework.ShowMine] != 2 || counts[casework.ShowUngiven] != 0 || mine[0].Has != "zhang" {
		t.Errorf("of zhang %d, %v, %v", len(mine), counts, err)
	}
	if _, counts, err := s.stage.List(t.Context(), s.agent, casework.Filter{Show: casework.ShowOpen, Handler: s.zhang.Account}); err != nil || counts[casework.ShowMine] != 0 {
		t.Errorf("the hotline has %v, %v", counts, err)
	}
	standing := s.unit
	standing.For = s.zhang.Account
	if mine, _, err := s.stage.List(t.Context(), standing, casework.Filter{Show: casework.ShowMine}); err != nil || len(mine) != 2 {
		t.Errorf("who stands in for zhang sees %d, %v", len(mine), err)
	}
	_, err = s.handOver.Disable(t.Context(), s.admin, "zhang", "")
	s.must(err)
	for _, d := range []casework.Docket{a, b} {
		if got := s.of(d.Matter); got.Handler != "" || got.Version == d.Version {
			t.Errorf("%s is still with %q", got.Number, got.Handler)
		}
		s.rebuilds(s.of(d.Matter))
	}
	// Who cannot be let go keeps what they have.
	lone := s.other
	l := s.file("lone", 2)
	s.must(s.stage.Redirect(t.Context(), s.agent, l.ID, l.Version, lone.Unit, "改派"))
	s.give(lone, s.of(l.Matter), lone.Account)
	_, err = s.handOver.Disable(t.Context(), s.admin, "unit2", "")
	wants(t, err, errs.Conflict, "account.last_of_unit")
	if got := s.of(l.Matter); got.Handler != lone.Account {
		t.Errorf("refused, and yet it is with %q", got.Handler)
	}
	c := s.give(s.boss, s.of(a.Matter), s.unit.Account)
	n, err := s.handOver.Disable(t.Context(), s.admin, "unit1", "deputy")
	if err != nil || n != 1 || s.of(c.Matter).Handler != s.deputy.Account {
		t.Errorf("%d went to the successor, %v: %+v", n, err, s.of(c.Matter).Case)
	}
	told := s.told(c)
	if last := told[len(told)-1]; last != "deputy:give:handler" {
		t.Errorf("told last %s", last)
	}
}

// TestWhoGivesACase: heads and deputies to anybody of the unit, the others to
// themselves what nobody has; of two who give at once one wins.
func TestWhoGivesACase(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	d := s.file("a", 0)
	ctx := t.Context()
	wants(t, s.hands.Give(ctx, s.zhang, d.ID, d.Version, s.unit.Account), errs.Forbidden, "case.not_head")
	wants(t, s.hands.Give(ctx, s.boss, d.ID, d.Version, s.other.Account), errs.Invalid, "hand.stranger")
	wants(t, s.hands.Give(ctx, s.agent, d.ID, d.Version, s.zhang.Account), errs.Forbidden, "case.not_yours")
	wants(t, s.hands.Give(ctx, s.other, d.ID, d.Version, s.other.Account), errs.NotFound, "case.not_found")
	taken := s.give(s.zhang, d, s.zhang.Account)
	wants(t, s.hands.Give(ctx, s.unit, d.ID, taken.Version, s.unit.Account), errs.Forbidden, "case.not_head")
	wants(t, s.hands.Give(ctx, s.boss, d.ID, taken.Version, s.zhang.Account), errs.Conflict, "case.given")
	wants(t, s.hands.Give(ctx, s.boss, d.ID, d.Version, s.unit.Account), errs.Conflict, "case.moved")
	var wg sync.WaitGroup
	results := make([]error, 2)
	for i, to := range []org.AccountID{s.unit.Account, s.boss.Account} {
		wg.Go(func() { results[i] = s.hands.Give(ctx, s.deputy, d.ID, taken.Version, to) })
	}
	wg.Wait()
	if (results[0] == nil) == (results[1] == nil) {
		t.Errorf("two gave it at once: %v", results)
	}
	for _, err := range results {
		if err != nil {
			wants(t, err, errs.Conflict, "case.moved")
		}
	}
	left := s.give(s.boss, s.of(d.Matter), "")
	if left.Handler != "" {
		t.Errorf("given back it is with %q", left.Handler)
	}
	// Without heads anybody of the unit gives it.
	s.must(casework.NewHeads(s.DB, s.stage).Set(ctx, s.admin, s.unit.Unit, nil, nil))
	if given := s.give(s.zhang, left, s.unit.Account); given.Handler != s.unit.Account {
		t.Errorf("it is with %q", given.Handler)
	}
	wants(t, casework.NewHeads(s.DB, s.stage).Set(ctx, s.admin, s.unit.Unit, []org.AccountID{s.boss.Account}, []org.AccountID{s.boss.Account}), errs.Invalid, "head.both")
}

// TestAStormIsOneLetterEach: after weeks in which nothing ran, several processes
// at once, and whenever it is repeated, each person gets one letter; what comes
// soon after waits, danger does not.
func TestAStormIsOneLetterEach(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	for _, login := range []string{"boss", "deputy", "watcher", "leader", "zhang"} {
		s.must(s.alerts.SetReachOf(t.Context(), s.admin, login, casework.Reach{Mobile: "13800000021", Supervises: login == "watcher"}))
	}
	wants(t, s.alerts.SetReachOf(t.Context(), s.admin, "zhang", casework.Reach{Supervises: true}), errs.Invalid, "reach.role")
	for i := range 6 {
		s.file(name("m", i), i)
	}
	// What a decision brings can be undone for some seconds: nobody is written to yet.
	if s.runDue(s.now); s.count(`SELECT count(*) FROM notification WHERE account_id IS NOT NULL`) != 0 {
		t.Error("somebody was written to of what can still be undone")
	}
	late := s.now.AddDate(0, 1, 0)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := casework.NewClock(s.cases, s.planner).RunDue(t.Context(), late); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.runDue(late)
	s.runDue(late.Add(classifier.UndoWindow))
	s.runDue(late.Add(time.Minute))
	letters := func() []string {
		return s.list(`SELECT a.login || ' ' || n.body FROM notification AS n JOIN account AS a ON a.id = n.account_id ORDER BY a.login, n.at`)
	}
	perPerson := func(login string) int {
		return s.count(`SELECT count(*) FROM notification AS n JOIN account AS a ON a.id = n.account_id WHERE a.login = $1`, login)
	}
	// What was told before the storm is older than the storm's: one letter for both.
	got := letters()
	if len(got) < 4 || len(got) > 8 {
		t.Errorf("%d letters: %q", len(got), got)
	}
	for _, login := range []string{"boss", "deputy", "watcher", "leader"} {
		if n := perPerson(login); n < 1 || n > 2 { // one that ran first, and one of the rest
			t.Errorf("%s got %d letters", login, n)
		}
	}
	before := len(got)
	s.now = late.Add(2 * time.Minute)
	s.file("soon after", 50)
	if s.runDue(late.Add(3 * time.Minute)); len(letters()) != before {
		t.Error("who was written to three minutes ago is written to again")
	}
	if s.runDue(late.Add(2 * time.Hour)); perPerson("boss") < 2 {
		t.Error("what came after the letter is never told")
	}
	told := s.count(`SELECT count(*) FROM alert WHERE waits`)
	if told != 0 {
		t.Errorf("%d alerts wait for a letter", told)
	}
	after := len(letters())
	s.now = late.Add(2*time.Hour + time.Minute)
	m, sg := s.suggest("danger", 60, 0, 0.7)
	d := s.confirm(m, sg, 0)
	d.At, d.Urgency = s.now, "A"
	_, err := s.cases.InsertDecision(t.Context(), d, "")
	s.must(err)
	if s.runDue(s.now.Add(time.Minute)); len(letters()) <= after {
		t.Error("danger waits")
	}
}

// TestAClockThatJumpsBack repeats and misses nothing: what was struck stays so,
// what is due again in time is struck, and letters go on.
func TestAClockThatJumpsBack(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	s.must(s.alerts.SetReachOf(t.Context(), s.admin, "boss", casework.Reach{Mobile: "13800000021"}))
	a := s.file("a", 0)
	ahead := s.now.AddDate(0, 1, 0)
	if n := s.runDue(ahead); n == 0 {
		t.Fatal("nothing was due")
	}
	events := len(s.rebuilds(s.of(a.Matter)))
	alerts := s.count(`SELECT count(*) FROM alert`)
	letters := s.count(`SELECT count(*) FROM notification WHERE account_id IS NOT NULL`)
	for _, now := range []time.Time{s.now, s.now.AddDate(0, 0, -7), ahead.Add(-time.Hour), ahead} {
		if n := s.runDue(now); n != 0 {
			t.Errorf("at %v %d things happened again", now, n)
		}
	}
	if again := len(s.rebuilds(s.of(a.Matter))); again != events || s.count(`SELECT count(*) FROM alert`) != alerts ||
		s.count(`SELECT count(*) FROM notification WHERE account_id IS NOT NULL`) != letters {
		t.Errorf("%d events became %d", events, again)
	}
	// A case of the time to which the clock was set back is reminded of in its own time.
	b := s.file("b", 1)
	if n := s.runDue(s.now.Add(time.Minute)); n != 1 {
		t.Errorf("%d things happened, want the letter of the new case alone", n)
	}
	if n := s.count(`SELECT count(*) FROM notification WHERE account_id IS NOT NULL`); n != letters+1 {
		t.Errorf("%d letters, want one more than %d: the last one was written in a time to come", n, letters)
	}
	s.runDue(s.of(b.Matter).Due.Accept)
	if got := s.told(b); !slices.Contains(got, "zhang:unaccepted:handler") {
		t.Errorf("told %q", got)
	}
	s.rebuilds(s.of(b.Matter))
}

// TestWhatIsOverIsNobodysToDo: alerts of a case that another unit has, or that is
// closed, wait for nobody.
func TestWhatIsOverIsNobodysToDo(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	d := s.file("a", 0)
	unread := func(a org.Actor) int {
		_, n, err := s.alerts.Own(t.Context(), a, casework.AlertFilter{})
		s.must(err)
		return n
	}
	if unread(s.boss) != 1 {
		t.Error("the head was not told")
	}
	s.must(s.stage.Redirect(t.Context(), s.agent, d.ID, d.Version, s.other.Unit, "职责不符"))
	if unread(s.boss) != 0 || unread(s.other) != 1 {
		t.Errorf("after it went elsewhere %d and %d are unread", unread(s.boss), unread(s.other))
	}
}

// TestAlertsAreKeptAYear: older ones go, the oldest first, letters with them.
func TestAlertsAreKeptAYear(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	s.must(s.alerts.SetReachOf(t.Context(), s.admin, "boss", casework.Reach{Mobile: "13800000021"}))
	s.file("old", 0)
	s.runDue(s.now.Add(time.Minute))
	s.must(s.ExecForTest(t.Context(), `UPDATE notification SET state = 'sent', settled_at = at WHERE account_id IS NOT NULL`))
	old := s.now
	s.now = s.now.AddDate(0, 1, 0)
	s.file("young", 1)
	s.must(s.DeleteOldAlerts(t.Context(), old))
	if n := s.count(`SELECT count(*) FROM alert`); n != 4 {
		t.Errorf("%d alerts, want all of both cases", n)
	}
	s.must(s.DeleteOldAlerts(t.Context(), old.AddDate(0, 0, 1)))
	if n := s.count(`SELECT count(*) FROM alert`); n != 2 {
		t.Errorf("%d alerts, want those of the young case", n)
	}
	if n := s.count(`SELECT count(*) FROM notification WHERE account_id IS NOT NULL`); n != 0 {
		t.Errorf("%d old letters", n)
	}
}

// TestAccountabilityStays: two orders without effect, by period and unit, after
// closing too; endings and returns are counted apart.
func TestAccountabilityStays(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	d := s.do(s.unit, s.file("a", 0), casework.Command{Move: casework.Accept})
	for range 2 {
		s.now = s.now.Add(time.Hour)
		d = s.do(s.agent, d, casework.Command{Move: casework.Order, Text: "请办", Until: s.now.Add(time.Hour)})
		s.now = s.now.Add(time.Hour)
		d = s.do(s.unit, d, casework.Command{Move: casework.Feedback, Text: "在办"})
		d = s.do(s.agent, d, casework.Command{Move: casework.StrikeOff, Reason: string(casework.InVain)})
	}
	s.rebuilds(d)
	d = s.do(s.boss, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已处理"})
	d = s.do(s.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Lawful), Text: "依据第八条"})
	d = s.do(s.agent, d, casework.Command{Move: casework.CallBack, Answers: casework.Answers{Reached: true, Contacted: true}})
	s.rebuilds(d)
	list, counts, err := s.alerts.Blamed(t.Context(), s.agent, casework.BlameFilter{})
	if err != nil || len(list) != 1 || counts[d.Unit] != 1 || list[0].State != casework.Closed {
		t.Errorf("on the list %+v, %v, %v", list, counts, err)
	}
	if list, _, err := s.alerts.Blamed(t.Context(), s.agent, casework.BlameFilter{To: d.Due.Blamed}); err != nil || len(list) != 0 {
		t.Errorf("before it came there %+v, %v", list, err)
	}
	if list, _, err := s.alerts.Blamed(t.Context(), s.agent, casework.BlameFilter{From: d.Due.Blamed, Unit: s.other.Unit}); err != nil || len(list) != 0 {
		t.Errorf("of another unit %+v, %v", list, err)
	}
	_, _, err = s.alerts.Blamed(t.Context(), s.boss, casework.BlameFilter{})
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, counted, err := s.stage.List(t.Context(), s.agent, casework.Filter{Show: casework.ShowExplain})
	if err != nil || counted[casework.ShowExplain] != 1 || counted[casework.ShowAccount] != 1 {
		t.Errorf("lists %v, %v", counted, err)
	}
	d = s.do(s.unit, d, casework.Command{Move: casework.Explain, Text: "已上门说明"})
	if d.Explaining != casework.Explained {
		t.Errorf("explained: %q", d.Explaining)
	}
	_, err = s.stage.Do(t.Context(), s.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Explain, Text: "再说一次"})
	wants(t, err, errs.Conflict, "case.no_explain")

	back := s.file("b", 1)
	s.now = s.now.Add(5 * time.Hour)
	back = s.do(s.unit, back, casework.Command{Move: casework.Return, Reason: string(classifier.ReturnDuty), Text: "不归本单位管"})
	s.now = s.now.Add(2 * time.Hour)
	s.must(s.stage.Redirect(t.Context(), s.agent, back.ID, back.Version, s.other.Unit, "改派"))
	loads, err := s.stage.Loads(t.Context(), s.agent)
	s.must(err)
	at := slices.IndexFunc(loads, func(l casework.Load) bool { return l.Unit == s.unit.Unit })
	if l := loads[at]; l.EndRefused != 1 || l.EndSolved != 0 || l.Accountable != 1 || l.Returns != 1 || l.LostHours != 7 {
		t.Errorf("load %+v", l)
	}
}

// TestTheThirdTimeIsTheSupervisors: not solved after it was handled again twice,
// it is under an order and on the supervisor's list.
func TestTheThirdTimeIsTheSupervisors(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	d := s.do(s.unit, s.file("a", 0), casework.Command{Move: casework.Accept})
	answer := func() {
		d = s.do(s.boss, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已处理"})
		d = s.do(s.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	}
	for range casework.UsualRules().Reopened {
		answer()
		d = s.do(s.agent, d, casework.Command{Move: casework.CallBack, Answers: casework.Answers{Reached: true, Contacted: true}})
	}
	answer()
	for range casework.MaxCalls {
		d = s.do(s.agent, d, casework.Command{Move: casework.CallBack})
	}
	s.must(s.stage.Rate(t.Context(), d.Receipt, casework.Answers{Reached: true, Contacted: true}, casework.Rating{Result: 1}, "还是老样子"))
	d = s.of(d.Matter)
	if d.State != casework.Handling || !d.Supervised || d.Ordered != casework.OrderWaits {
		t.Fatalf("it stands as %+v", d.Case)
	}
	s.rebuilds(d)
	_, counts, err := s.stage.List(t.Context(), s.agent, casework.Filter{Show: casework.ShowUnsolved})
	if err != nil || counts[casework.ShowUnsolved] != 1 || counts[casework.ShowOrdered] != 1 {
		t.Errorf("lists %v, %v", counts, err)
	}
	if told := s.told(d); !slices.Contains(told, "watcher:insist:supervisor") || !slices.Contains(told, "boss:insist:handler") && !slices.Contains(told, "boss:insist:head") {
		t.Errorf("told %q", told)
	}
	s.runDue(d.Due.Order)
	if after := s.of(d.Matter); after.Fruitless != 1 {
		t.Errorf("the overdue order is counted %d times", after.Fruitless)
	}
}
