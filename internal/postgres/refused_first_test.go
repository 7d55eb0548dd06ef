package postgres_test

import (
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// TestWhoReceivedARefusedMatterIsTold: before there is a case too, by the inbox and
// one letter; not who refused it, nobody whom it complains of, and no more once it
// is decided on anew.
func TestWhoReceivedARefusedMatterIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	boss := org.Actor{Account: id.New[org.AccountID](), Roles: org.Roles{org.RoleDispatcher}}
	for login, a := range map[string]org.Account{"boss": {ID: boss.Account, Roles: boss.Roles}, "heir": {ID: id.New[org.AccountID](), Roles: org.Roles{org.RoleAgent}}} {
		a.Login, a.Name, a.CreatedAt = login, login, start
		o.must(o.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:" + login}))
	}
	desk := classifier.NewDesk(o.cases, func() time.Time { return o.now })
	inbox := casework.NewAlerts(o.DB, o.DB, casework.NewMeans(o.DB, oneKey(t)), func() time.Time { return o.now })
	o.must(inbox.SetReach(ctx, o.agent, casework.Reach{Mobile: "13900000001"}))
	taken := func(external string, minutes int) intake.MatterID {
		t.Helper()
		p := parcel(external, minutes)
		p.Contact.By = o.agent.Account
		_, _, err := o.InsertParcel(ctx, p)
		o.must(err)
		return p.Message.Matters[0].ID
	}
	refuse := func(by org.Actor, m intake.MatterID, a *intake.Accusation) classifier.Decision {
		t.Helper()
		d, err := desk.Decide(ctx, by, classifier.Decision{Matter: m, Kind: classifier.Decline, Reason: casework.RefusalReasons()[2], Accused: a}, "")
		o.must(err)
		return d
	}
	own := func() []casework.Alert {
		t.Helper()
		all, _, err := inbox.Own(ctx, o.agent, casework.AlertFilter{})
		o.must(err)
		return all
	}

	refuse(o.agent, taken("own", 0), nil)
	_, err := desk.Decide(ctx, boss, classifier.Decision{Matter: taken("no refusal", 1), Kind: classifier.Decline, Reason: "重复反映"}, "")
	o.must(err)
	refuse(boss, taken("of them", 2), &intake.Accusation{Persons: []org.AccountID{o.agent.Account}})
	if all := own(); len(all) != 0 {
		t.Fatalf("told %+v", all)
	}
	m := taken("a", 3)
	first := refuse(boss, m, nil)
	all := own()
	if len(all) != 1 || all[0].Matter != m || all[0].Case != "" || all[0].Level != casework.ToFirst || all[0].Kind.Words() != "您首问的诉求不予受理" || all[0].Heading == "" || all[0].Over {
		t.Fatalf("told %+v", all)
	}
	o.now = o.now.Add(time.Hour)
	clock := casework.NewClock(o.cases, o.planner)
	for range 2 {
		_, err := clock.RunDue(ctx, o.now)
		o.must(err)
	}
	if letters := o.list(`SELECT body FROM notification WHERE account_id = $1`, o.agent.Account); len(letters) != 1 || letters[0] != "您首问的诉求不予受理。请登录呼应查看。" {
		t.Errorf("letters %q", letters)
	}
	_, err = desk.Decide(ctx, boss, classifier.Decision{Matter: m, Previous: first.ID, Kind: classifier.Withdraw, Reason: "复核不同意不予受理"}, "")
	o.must(err)
	if all := own(); len(all) != 1 || !all[0].Over {
		t.Errorf("decided on anew, and told %+v", all)
	}
	accusations, _ := o.accusing()
	o.must(accusations.Set(ctx, boss, m, intake.Accusation{Persons: []org.AccountID{o.agent.Account}}, nil, time.Time{}))
	if all := own(); len(all) != 0 {
		t.Errorf("whom it complains of reads %+v", all)
	}

	away := taken("b", 4)
	o.must(o.InsertCover(ctx, org.Cover{
		ID: id.New[org.CoverID](), Absent: org.Account{Login: "li"}, Substitute: org.Account{Login: "heir"}, From: o.now, Until: o.now.Add(time.Hour), By: boss.Account, At: o.now,
	}, org.Audit{At: o.now, Action: "set_cover", Object: "cover"}))
	refuse(boss, away, nil)
	if n := o.count(`SELECT count(*) FROM alert AS n JOIN account AS a ON a.id = n.account_id WHERE a.login = 'heir' AND n.for_account = $1`, o.agent.Account); n != 1 {
		t.Errorf("who stands in is told %d times", n)
	}
}

// refusing is a staff with a dispatcher who refuses what its agent received.
type refusing struct {
	*staff
	boss, heir org.Actor
	desk       *classifier.Desk
}

func newRefusing(t *testing.T) *refusing {
	t.Helper()
	r := &refusing{staff: newStaff(t)}
	of := func(login string, role org.Role) org.Actor {
		return org.Actor{Account: r.hotline(login, role), Login: login, Roles: org.Roles{role}}
	}
	r.boss, r.heir = of("refuser", org.RoleDispatcher), of("heir", org.RoleAgent)
	r.desk = classifier.NewDesk(r.cases, func() time.Time { return r.now })
	return r
}

// refused gives the decision that refuses a matter, before there is a case.
func (r *refusing) refused(external string, minutes int) classifier.Decision {
	r.t.Helper()
	p := parcel(external, minutes)
	p.Contact.By = r.agent.Account
	_, _, err := r.InsertParcel(r.t.Context(), p)
	r.must(err)
	return r.refuse(classifier.Decision{Matter: p.Message.Matters[0].ID})
}

func (r *refusing) refuse(d classifier.Decision) classifier.Decision {
	r.t.Helper()
	d.Kind, d.Reason = classifier.Decline, casework.RefusalReasons()[2]
	d, err := r.desk.Decide(r.t.Context(), r.boss, d, "")
	r.must(err)
	return d
}

func (r *refusing) anew(d classifier.Decision) classifier.Decision {
	r.t.Helper()
	d, err := r.desk.Decide(r.t.Context(), r.boss, classifier.Decision{Matter: d.Matter, Previous: d.ID, Kind: classifier.Withdraw, Reason: "复核不同意不予受理"}, "")
	r.must(err)
	return d
}

// waits gives who was told of a refusal, where that is not over: login:kind:level.
func (r *refusing) waits(d classifier.Decision) []string {
	return r.list(`
		SELECT a.login || ':' || n.kind || ':' || n.level
		FROM alert AS n
		JOIN account AS a ON a.id = n.account_id
		WHERE n.decision_id = $1 AND NOT n.over
		ORDER BY a.login`, d.ID)
}

// TestARefusalThatNobodyReadsIsReported: to the supervisors, once, when a unit would
// have to have acknowledged a letter; not what was read by then, or decided on anew.
func TestARefusalThatNobodyReadsIsReported(t *testing.T) {
	t.Parallel()
	r := newRefusing(t)
	unread, over, seen := r.refused("unread", 0), r.refused("anew", 1), r.refused("seen", 2)
	own, _, err := r.alerts.Own(t.Context(), r.agent, casework.AlertFilter{Limit: 1})
	if err != nil || len(own) != 1 || own[0].Matter != seen.Matter {
		t.Fatalf("told last %+v, %v", own, err)
	}
	_, err = r.alerts.Read(t.Context(), r.agent, []casework.AlertID{own[0].ID}, 0)
	r.must(err)
	r.anew(over)
	due := r.planner.ReadBy(r.now)
	r.runDue(due.Add(-time.Minute))
	wantTold(t, r.waits(unread), "li:recall:first")
	r.runDue(due)
	r.runDue(due.Add(time.Hour))
	wantTold(t, r.waits(unread), "li:recall:first", "watcher:unread_refusal:supervisor")
	wantTold(t, r.waits(seen), "li:recall:first")
	wantTold(t, r.waits(over))
	r.anew(unread)
	wantTold(t, r.waits(unread))
}

// TestARefusalIsHandedOn: by who received the matter or a supervisor, to somebody who
// may have it, who is told of what comes after, too; of two at once one wins, and back
// it can be given as well. Whose account ends leaves nothing.
func TestARefusalIsHandedOn(t *testing.T) {
	t.Parallel()
	r := newRefusing(t)
	ctx := t.Context()
	d := r.refused("a", 0)
	wants(t, r.handOver.PassRefused(ctx, r.heir, d.Matter, "heir"), errs.Forbidden, "first.not_yours")
	wants(t, r.handOver.PassRefused(ctx, r.agent, d.Matter, "boss"), errs.Invalid, "first.account")
	wants(t, r.handOver.PassRefused(ctx, r.agent, d.Matter, "li"), errs.Invalid, "first.account")
	wants(t, r.handOver.PassRefused(ctx, r.agent, id.New[intake.MatterID](), "heir"), errs.NotFound, "first.none")
	var wg sync.WaitGroup
	got := make([]error, 2)
	for i, login := range []string{"heir", "refuser"} {
		wg.Go(func() { got[i] = r.handOver.PassRefused(ctx, r.agent, d.Matter, login) })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("two at once: %v", got)
	}
	now := r.waits(d)
	if len(now) != 1 || now[0] == "li:recall:first" {
		t.Errorf("told now %q", now)
	}
	if got[0] != nil {
		r.must(r.handOver.PassRefused(ctx, r.admin, d.Matter, "heir"))
	}
	wantTold(t, r.waits(d), "heir:recall:first")
	if n := r.count(`SELECT count(*) FROM audit WHERE action = 'pass_first' AND object = $1`, "matter:"+string(d.Matter)); n == 0 {
		t.Error("nothing is on record")
	}
	again := r.refuse(classifier.Decision{Matter: d.Matter, Previous: r.anew(d).ID})
	wantTold(t, r.waits(d))
	wantTold(t, r.waits(again), "heir:recall:first")
	r.must(r.handOver.PassRefused(ctx, r.heir, d.Matter, "li"))
	r.must(r.handOver.PassRefused(ctx, r.agent, d.Matter, "heir"))
	wantTold(t, r.waits(again), "heir:recall:first")

	r.admin.Name = "root"
	_, err := r.handOver.Disable(ctx, r.admin, "heir", "")
	r.must(err)
	if first, err := r.RefusedFirst(ctx, d.Matter); err == nil && first.First == r.heir.Account {
		t.Error("it is with somebody whose account has ended")
	}
}
