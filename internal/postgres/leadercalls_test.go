package postgres_test

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// usualScript is the product's words with an author.
func usualScript(by org.AccountID) casework.Script {
	s := casework.UsualScript()
	s.Version, s.By, s.At = 1, by, start
	return s
}

// closed files a case and brings it to its end.
func (o *office) closed(external string, leaf int) casework.Docket {
	o.t.Helper()
	d := o.do(o.unit, o.file(external, leaf), casework.Command{Move: casework.Accept})
	o.now = o.now.Add(time.Minute)
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已处理"})
	return o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: "solved"})
}

// TestLeadersDrawByASeed: anybody draws the same again; each case once; what
// citizens say is counted apart and changes no case.
func TestLeadersDrawByASeed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	var all []casework.Candidate
	for _, external := range []string{"a", "b", "c", "d"} {
		d := o.closed(external, 0)
		all = append(all, casework.Candidate{Case: d.ID, Number: d.Number})
	}
	o.file("open", 0)
	a := org.Account{ID: id.New[org.AccountID](), Login: "gao", Name: "高", Roles: org.Roles{org.RoleLeader}, CreatedAt: start}
	o.must(o.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:gao"}))
	leader := org.Actor{Account: a.ID, Login: "gao", Roles: a.Roles}
	seed := []byte("0123456789abcdef0123456789abcdef")
	calls := casework.NewLeaderCalls(o.cases, o.stage, nil, func() []byte { return seed })

	_, err := calls.Draw(ctx, o.agent, 2)
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = calls.Draw(ctx, leader, 0)
	wants(t, err, errs.Invalid, "leader_call.size")
	drawn, err := calls.Draw(ctx, leader, 3)
	o.must(err)
	draws, _, err := calls.List(ctx, leader)
	o.must(err)
	var got []casework.Candidate
	for _, c := range draws[0].Calls {
		got = append(got, casework.Candidate{Case: c.Case, Number: c.Number})
	}
	if len(draws) != 1 || draws[0].ID != drawn || draws[0].Candidates != 4 || draws[0].Seed != hex.EncodeToString(seed) || !slices.Equal(got, casework.Lots(seed, all)[:3]) {
		t.Fatalf("drew %+v of %+v", draws, all)
	}
	first := draws[0].Calls[0].Case
	before := o.count(`SELECT count(*) FROM case_event`)
	record := func(who org.Actor, c casework.CaseID, answers casework.Answers) error {
		return calls.Record(ctx, who, drawn, c, answers, casework.Rating{Speed: 4}, "还行")
	}
	o.must(record(leader, first, casework.Answers{}))
	o.must(record(leader, first, casework.Answers{Reached: true, Contacted: true, Solved: true}))
	wants(t, record(leader, first, casework.Answers{Reached: true}), errs.Conflict, "leader_call.done")
	left := casework.Lots(seed, all)[3].Case
	wants(t, record(leader, left, casework.Answers{Reached: true}), errs.NotFound, "leader_call.not_found")
	someone := org.Actor{Account: o.account, Roles: org.Roles{org.RoleLeader}}
	wants(t, record(someone, first, casework.Answers{Reached: true}), errs.NotFound, "leader_call.not_found")
	wants(t, calls.Record(ctx, leader, drawn, draws[0].Calls[1].Case, casework.Answers{Reached: true}, casework.Rating{Speed: 6}, ""), errs.Invalid, "rating.stars")
	draws, rates, err := calls.List(ctx, leader)
	o.must(err)
	if want := (casework.LeaderRates{Drawn: 3, Called: 1, Answered: 1, Contacted: 1, Solved: 1}); rates != want {
		t.Errorf("rates %+v", rates)
	}
	if c := draws[0].Calls[0]; c.Answers != "contacted+solved" || c.Rating.Speed != 4 || c.Text != "还行" || c.Outcome != casework.CallAnswered {
		t.Errorf("recorded %+v", c)
	}
	if after := o.count(`SELECT count(*) FROM case_event`); after != before {
		t.Errorf("a leader's call made %d events", after-before)
	}
	if _, err = calls.Draw(ctx, leader, 3); err != nil {
		t.Fatal(err)
	}
	_, err = calls.Draw(ctx, leader, 3)
	wants(t, err, errs.Conflict, "leader_call.none")
}

// TestWordsOfCallbacks have versions, of a type or of all; of two who change them
// at once the second is told.
func TestWordsOfCallbacks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	mask := func(text string) (string, []string) {
		if text == "请打 13800000021" {
			return "", []string{"手机号码"}
		}
		return text, nil
	}
	scripts := casework.NewScripts(o, mask, func() time.Time { return o.now })
	boss := org.Actor{Account: o.account, Roles: org.Roles{org.RoleSupervisor}}
	wants(t, scripts.Keep(ctx, o.agent, casework.UsualScript(), 0), errs.Forbidden, "role.forbidden")
	bad := casework.UsualScript()
	bad.Opening = "您好，{姓名}"
	wants(t, scripts.Keep(ctx, boss, bad, 0), errs.Invalid, "script.mark")
	bad.Opening = "请打 13800000021"
	wants(t, scripts.Keep(ctx, boss, bad, 0), errs.Invalid, "case.personal")
	own := casework.UsualScript()
	own.Type, own.Closing = intake.Complaint, "再见。"
	o.must(scripts.Keep(ctx, boss, own, 0))
	wants(t, scripts.Keep(ctx, boss, own, 0), errs.Conflict, "script.moved")
	own.Closing = "谢谢，再见。"
	o.must(scripts.Keep(ctx, boss, own, 1))
	got, err := scripts.Of(ctx, o.agent, intake.Complaint)
	if err != nil || got.Version != 2 || got.Closing != "谢谢，再见。" {
		t.Errorf("a complaint's: %+v, %v", got, err)
	}
	if got, err = scripts.Of(ctx, o.agent, intake.Help); err != nil || got.Version != 0 || got.Closing != casework.UsualScript().Closing {
		t.Errorf("all others': %+v, %v", got, err)
	}
	filled := got.For("3月2日", "油烟扰民", "城管局", "A-1")
	if filled.Opening != "您好，这里是 12345 热线。您 3月2日 反映的“油烟扰民”，城管局已经答复，想占用您一分钟做个回访，可以吗？" {
		t.Errorf("filled %q", filled.Opening)
	}
	// Ratings that an agent takes stand on the case as those by the link.
	d := o.closed("rated", 0)
	d = o.do(o.agent, d, casework.Command{Move: casework.CallBack, Answers: casework.Answers{Reached: true, Contacted: true, Solved: true, Satisfied: true}, Rating: casework.Rating{Speed: 5, Manner: 4}})
	if d.Callback != "contacted+solved+satisfied" || d.Rating != (casework.Rating{Speed: 5, Manner: 4}) {
		t.Errorf("called back %q, %+v", d.Callback, d.Rating)
	}
	o.rebuilds(d)
}
