package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
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
