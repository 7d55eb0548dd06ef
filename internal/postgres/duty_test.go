package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
)

// disputes is an office in which a case is disputed by the lead unit, o.unit, and
// another, o.other, who gave it back last.
func disputes(t *testing.T, external string) (*office, *casework.Disputes, casework.Docket) {
	t.Helper()
	o := newOffice(t)
	return o, casework.NewDisputes(o.stage, o), o.disputed(external)
}

// disputed files a case that two units give back.
func (o *office) disputed(external string) casework.Docket {
	o.t.Helper()
	d := o.file(external, len(external))
	d = o.do(o.unit, d, casework.Command{Move: casework.Return, Reason: "duty", Text: "露天烧烤归公安"})
	o.must(o.stage.Redirect(o.t.Context(), o.agent, d.ID, d.Version, o.units[0].ID, "归公安"))
	return o.do(o.other, o.of(d.Matter), casework.Command{Move: casework.Return, Reason: "duty", Text: "店内经营归环保"})
}

func (o *office) third() org.Actor {
	o.t.Helper()
	return org.Actor{Account: o.handler("unit3", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
}

func (o *office) precedents(actor org.Actor, f classifier.PrecedentFilter) []classifier.Precedent {
	o.t.Helper()
	all, err := classifier.NewPrecedents(o, func() time.Time { return o.now }).List(o.t.Context(), actor, f)
	o.must(err)
	return all
}

// TestAMeetingIsHeldOnWhoseDutyItIs: a unit that never had the case is invited,
// told, sees it and speaks; the record is kept in parts; the ruling ends all that.
func TestAMeetingIsHeldOnWhoseDutyItIs(t *testing.T) {
	t.Parallel()
	o, stage, d := disputes(t, "a")
	ctx := t.Context()
	third := o.third()
	co := slices.Contains(d.CoUnits, third.Unit)
	if !co {
		_, _, err := o.stage.Get(ctx, third, d.ID)
		wants(t, err, errs.NotFound, "case.not_found")
	}
	at := o.now.Add(24 * time.Hour)
	m := casework.Meeting{Units: []org.UnitID{third.Unit}, At: at, Where: "热线会议室", What: "由谁办理，谁配合"}
	for _, tt := range []struct {
		change func(*casework.Meeting)
		code   errs.Code
	}{
		{func(m *casework.Meeting) { m.Where = " " }, "field.required"}, {func(m *casework.Meeting) { m.What = "" }, "field.required"},
		{func(m *casework.Meeting) { m.At = o.now }, "meeting.at"}, {func(m *casework.Meeting) { m.At = o.now.AddDate(0, 2, 0) }, "meeting.at"},
		{func(m *casework.Meeting) { m.Units = []org.UnitID{o.unit.Unit} }, "meeting.party"}, {func(m *casework.Meeting) { m.Units = []org.UnitID{third.Unit, third.Unit} }, "meeting.twice"},
		{func(m *casework.Meeting) { m.Units = []org.UnitID{org.UnitID(id.New[org.UnitID]())} }, "unit.not_found"},
	} {
		bad := m
		tt.change(&bad)
		wants(t, stage.Invite(ctx, o.agent, d.ID, d.Version, bad), errs.Invalid, tt.code)
	}
	wants(t, stage.Invite(ctx, o.other, d.ID, d.Version, m), errs.Forbidden, "case.not_yours")
	wants(t, stage.Invite(ctx, o.agent, d.ID, d.Version-1, m), errs.Conflict, "case.moved")
	o.must(stage.Invite(ctx, o.agent, d.ID, d.Version, m))
	d = o.of(d.Matter)
	for _, actor := range []org.Actor{third, o.unit, o.other} {
		if n := o.count(`SELECT count(*) FROM alert WHERE account_id = $1 AND kind = 'invite' AND level = 'unit'`, actor.Account); n != 1 {
			t.Errorf("%s is told %d times", actor.Account, n)
		}
		if page, counts, err := o.stage.List(ctx, actor, casework.Filter{Show: casework.ShowDisputed}); err != nil || len(page) != 1 || counts[casework.ShowDisputed] != 1 {
			t.Errorf("%s finds %d, %v", actor.Account, len(page), err)
		}
	}
	got, history, err := o.stage.Get(ctx, third, d.ID)
	o.must(err)
	if got.Receipt != "" || !slices.Contains(got.RelationsOf(third), casework.Invited) {
		t.Errorf("who is invited is %v, and sees the receipt %q", got.RelationsOf(third), got.Receipt)
	}
	if f := history[len(history)-1].Facts; f == nil || f.Meeting == nil || !f.Meeting.At.Equal(at) || f.Meeting.Where != m.Where || !slices.Equal(f.Meeting.Units, m.Units) {
		t.Errorf("on record is %+v", f)
	}
	_, err = o.stage.Do(ctx, third, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Return, Reason: "duty", Text: "x"})
	wants(t, err, errs.Forbidden, "case.not_yours")
	d = o.do(third, d, casework.Command{Move: casework.Statement, Text: "占道部分归城管"})

	minutes := casework.Minutes{
		Clause: "三定方案第四条", Lead: o.units[1].ID, Co: []org.UnitID{third.Unit}, Decided: "热线值班长",
		Present: []casework.Presence{{Unit: o.units[0].ID, Who: "治安支队", Said: "不归公安"}, {Unit: o.units[1].ID, Who: "大气科"}},
	}
	twice := minutes
	twice.Present = []casework.Presence{minutes.Present[0], minutes.Present[0]}
	wants(t, stage.Record(ctx, o.agent, d.ID, d.Version, twice, "x"), errs.Invalid, "meeting.twice")
	wants(t, stage.Record(ctx, o.agent, d.ID, d.Version, casework.Minutes{}, ""), errs.Invalid, "field.required")
	o.must(stage.Record(ctx, o.agent, d.ID, d.Version, minutes, "由环保主办，城管配合"))
	d = o.of(d.Matter)
	o.must(stage.Rule(ctx, o.agent, d.ID, d.Version, casework.Award{Unit: o.units[1].ID, Co: []org.UnitID{third.Unit}, Why: "店内经营由环保主办"}))
	d = o.of(d.Matter)
	if d.Unit != o.units[1].ID || d.State != casework.Waiting || !slices.Equal(d.CoUnits, []org.UnitID{third.Unit}) || d.Invited != nil {
		t.Errorf("after the ruling %+v", d.Case)
	}
	_, err = o.stage.Do(ctx, o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Return, Reason: "duty", Text: "x"})
	wants(t, err, errs.Conflict, "case.returned_before")
	all := o.precedents(third, classifier.PrecedentFilter{})
	if len(all) != 1 || all[0].Unit != o.units[1].ID || all[0].Kept || all[0].Clause != minutes.Clause || len(all[0].Between) != 2 || all[0].Facts != d.Title || all[0].Case != "" {
		t.Errorf("precedents %+v", all)
	}
	o.rebuilds(d)
}

// TestARulingThatKeepsIsLearnedFrom: the case stays where it is by a decision that
// confirms the one before, with its suggestion; what speaks against the unit because
// it gave the case back speaks no longer.
func TestARulingThatKeepsIsLearnedFrom(t *testing.T) {
	t.Parallel()
	o, _, d := disputes(t, "a")
	ctx := t.Context()
	police := func() int { return o.leads(0, "公安局") }
	if n := police(); n != 0 {
		t.Fatalf("before the ruling %d examples are led by the police", n)
	}
	before := d
	d = o.do(o.agent, d, casework.Command{Move: casework.Keep, Text: "依据清单由公安局办理"})
	if d.State != casework.Handling || d.Unit != before.Unit || d.Decision == before.Decision || !slices.Equal(d.CoUnits, before.CoUnits) || !d.Due.Citizen.Equal(before.Due.Citizen) {
		t.Errorf("kept %+v\nbefore %+v", d.Case, before.Case)
	}
	if n := police(); n != 1 {
		t.Errorf("after the ruling %d examples are led by the police", n)
	}
	lines := o.list(`
		SELECT d.kind || ' ' || (d.previous_id = $2)::text || ' ' || (d.suggestion_id IS NOT DISTINCT FROM p.suggestion_id)::text || ' ' || (s.decision_id = d.id)::text
		FROM decision AS d
		JOIN decision AS p ON p.id = d.previous_id
		JOIN standing_decision AS s ON s.matter_id = d.matter_id
		WHERE d.id = $1`, d.Decision, before.Decision)
	if !slices.Equal(lines, []string{"confirm true true true"}) {
		t.Errorf("the decision is %v", lines)
	}
	if n := o.count(`SELECT count(*) FROM assignment WHERE decision_id = $1 AND ordinal = 0 AND unit_id = $2`, d.Decision, d.Unit); n != 1 {
		t.Error("the unit has it by no assignment of that decision")
	}
	all := o.precedents(o.agent, classifier.PrecedentFilter{})
	if len(all) != 1 || !all[0].Kept || all[0].Reason != "依据清单由公安局办理" || all[0].Case != d.Number || all[0].Decision != d.Decision {
		t.Errorf("precedents %+v", all)
	}
	for _, e := range o.rebuilds(d) {
		if e.Move == casework.Redirect && e.Unit == before.Unit && e.Decision == d.Decision {
			t.Error("it was redirected, not kept")
		}
	}
	_, err := o.stage.Do(ctx, o.other, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Return, Reason: "duty", Text: "x"})
	wants(t, err, errs.Conflict, "case.returned_before")
}

// TestWhatIsRuledAtTheDeskIsAPrecedentToo: in the same category; another one says
// nothing of whose duty this one is.
func TestWhatIsRuledAtTheDeskIsAPrecedentToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i, leaf := range []int{0, 1} {
		d := o.disputed(name("a", i))
		seen := classifier.SuggestionID(o.list(`SELECT id::text FROM suggestion WHERE matter_id = $1`, d.Matter)[0])
		next := o.confirm(d.Matter, seen, leaf)
		next.Previous, next.Kind, next.Lead, next.Reason, next.At = d.Decision, classifier.Correct, d.Unit, "按清单", o.now
		_, err := o.cases.InsertDecision(t.Context(), next, "")
		o.must(err)
		all := o.precedents(o.agent, classifier.PrecedentFilter{})
		if len(all) != 1 || !all[0].Kept || all[0].Reason != "按清单" || all[0].Facts != d.Title {
			t.Fatalf("precedents %+v", all)
		}
		if d = o.of(d.Matter); (d.State == casework.Handling) != (leaf == 0) {
			t.Errorf("it is %s", d.State)
		}
		o.rebuilds(d)
	}
}

// TestTwoRuleAtOnce: one wins, the other is told; there is one precedent.
func TestTwoRuleAtOnce(t *testing.T) {
	t.Parallel()
	o, stage, d := disputes(t, "a")
	var wg sync.WaitGroup
	got := make([]error, 2)
	for i, unit := range []org.UnitID{o.units[0].ID, o.units[1].ID} {
		wg.Go(func() {
			got[i] = stage.Rule(t.Context(), o.agent, d.ID, d.Version, casework.Award{Unit: unit, SameCo: true, Why: "裁定"})
		})
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("both: %v", got)
	}
	for _, err := range got {
		if err != nil {
			wants(t, err, errs.Conflict, "case.moved")
		}
	}
	if n := len(o.precedents(o.agent, classifier.PrecedentFilter{})); n != 1 {
		t.Errorf("%d precedents", n)
	}
}

// TestPrecedentsAreFound by leaf, units and words, beside the like, and not by those
// whom their matter complains of; one that is repealed stays, marked.
func TestPrecedentsAreFound(t *testing.T) {
	t.Parallel()
	o, stage, d := disputes(t, "a")
	ctx := t.Context()
	o.must(stage.Rule(ctx, o.agent, d.ID, d.Version, casework.Award{Unit: o.units[1].ID, SameCo: true, Facts: "烧烤店占道经营", Clause: "城管条例第八条", Why: "先属责"}))
	leaf, other := d.Category, o.version.Leaves()[1].ID
	for _, tt := range []struct {
		name string
		f    classifier.PrecedentFilter
		want int
	}{
		{"all", classifier.PrecedentFilter{}, 1}, {"its leaf", classifier.PrecedentFilter{Category: leaf}, 1}, {"the branch above", classifier.PrecedentFilter{Category: o.version.Leaves()[0].Parent}, 1},
		{"another leaf", classifier.PrecedentFilter{Category: other}, 0}, {"words", classifier.PrecedentFilter{Words: "烧烤 第八条 属责"}, 1}, {"a word that is not there", classifier.PrecedentFilter{Words: "烧烤 噪声"}, 0},
		{"a unit in dispute", classifier.PrecedentFilter{Unit: o.units[0].ID}, 1}, {"no part in it", classifier.PrecedentFilter{Unit: o.units[2].ID}, 0},
		{"like: another leaf, the same pair", classifier.PrecedentFilter{Category: other, Pair: []org.UnitID{o.units[1].ID, o.units[0].ID}, Like: true}, 1},
		{"like: another leaf, one of the pair", classifier.PrecedentFilter{Category: other, Pair: []org.UnitID{o.units[1].ID}, Like: true}, 0},
		{"like: the same leaf", classifier.PrecedentFilter{Category: leaf, Pair: []org.UnitID{o.units[2].ID}, Like: true}, 1},
		{"older than the oldest", classifier.PrecedentFilter{Before: "00000000-0000-7000-8000-000000000000"}, 0},
	} {
		if got := o.precedents(o.agent, tt.f); len(got) != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, len(got), tt.want)
		}
	}
	precedents := classifier.NewPrecedents(o, func() time.Time { return o.now })
	which := o.precedents(o.agent, classifier.PrecedentFilter{})[0].ID
	admin := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}
	wants(t, precedents.Repeal(ctx, o.agent, which, "x"), errs.Forbidden, "role.forbidden")
	wants(t, precedents.Repeal(ctx, admin, which, " "), errs.Invalid, "field.required")
	wants(t, precedents.Repeal(ctx, admin, "00000000-0000-7000-8000-000000000000", "x"), errs.NotFound, "precedent.not_found")
	o.must(precedents.Repeal(ctx, admin, which, "条例已修订"))
	wants(t, precedents.Repeal(ctx, admin, which, "x"), errs.Conflict, "precedent.repealed")
	got := o.precedents(o.agent, classifier.PrecedentFilter{})
	if len(got) != 1 || !got[0].Repealed() || got[0].Repeal.Why != "条例已修订" || got[0].Repeal.ByName != "李" {
		t.Errorf("repealed %+v", got)
	}
	if like, err := precedents.Like(ctx, o.agent, leaf, []org.UnitID{""}); err != nil || len(like) != 0 {
		t.Errorf("shown beside the like still: %v, %v", like, err)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'repeal_precedent' AND object = $1`, "precedent:"+string(which)); n != 1 {
		t.Errorf("%d lines on record", n)
	}
	o.must(o.ExecForTest(ctx, `INSERT INTO accusation (matter_id, units, persons, hotline, why, barred, shut_out, by_account, at) VALUES ($1, $2, '{}', false, '态度恶劣', $2, '{}', $3, $4)`, d.Matter, []org.UnitID{o.other.Unit}, o.account, o.now))
	if got := o.precedents(o.other, classifier.PrecedentFilter{}); len(got) != 0 {
		t.Errorf("who is complained of reads %+v", got)
	}
	if got := o.precedents(o.unit, classifier.PrecedentFilter{}); len(got) != 1 {
		t.Errorf("others read %d", len(got))
	}
}

// TestWhatIsLockedIsNoPrecedent: its words go, whatever was ruled on it stays.
func TestWhatIsLockedIsNoPrecedent(t *testing.T) {
	t.Parallel()
	o, _, d := disputes(t, "a")
	ctx := t.Context()
	o.do(o.agent, d, casework.Command{Move: casework.Keep, Text: "依据清单"})
	if err := o.ExecForTest(ctx, `UPDATE precedent SET facts = 'x'`); stateOf(err) != "23001" {
		t.Errorf("a precedent is changed: %v", err)
	}
	if err := o.ExecForTest(ctx, `UPDATE precedent SET facts = '', clause = '', reason = '', kept = NOT kept`); stateOf(err) != "23001" {
		t.Errorf("what was ruled is changed: %v", err)
	}
	lock := intake.SecretLock{Message: intake.MessageID(o.list(`SELECT message_id::text FROM matter WHERE id = $1`, d.Matter)[0]), Why: "涉密", Readers: []org.AccountID{o.account}, By: o.account, At: o.now}
	o.must(o.LockMessage(ctx, lock, func(_ intake.MessageID, s []byte, w *intake.LockedWords) (string, []byte, *intake.LockedWords, error) {
		return "k1", s, nil, nil
	}, org.Audit{At: o.now, Actor: o.account, Action: "lock_secret", Object: "message"}))
	if n := o.count(`SELECT count(*) FROM precedent WHERE facts = '' AND reason = '' AND kept`); n != 1 {
		t.Error("its words are kept")
	}
	if got := o.precedents(o.agent, classifier.PrecedentFilter{}); len(got) != 0 {
		t.Errorf("it is listed: %+v", got)
	}
}

// TestUnitsAgreeOnWhoDoesWhat: each by itself; what was agreed stands until all
// agree on something else.
func TestUnitsAgreeOnWhoDoesWhat(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	third := o.third()
	shares := casework.NewShares(o.stage, o)
	d := o.file("a", 0)
	day := func(n int) time.Time { return o.now.AddDate(0, 0, n) }
	parts := []casework.Share{{Unit: third.Unit, Part: "清理占道", Due: day(1)}, {Unit: o.unit.Unit, Part: "查油烟净化", Due: day(2)}}
	wants(t, shares.Propose(ctx, o.other, d.ID, d.Version, parts), errs.NotFound, "case.not_found")
	wants(t, shares.Propose(ctx, third, d.ID, d.Version, parts), errs.Forbidden, "case.not_yours")
	wants(t, shares.Propose(ctx, o.agent, d.ID, d.Version, parts[:1]), errs.Invalid, "share.missing")
	wants(t, shares.Propose(ctx, o.agent, d.ID, d.Version, append(slices.Clone(parts), casework.Share{Unit: o.other.Unit, Part: "x", Due: day(1)})), errs.Invalid, "share.stranger")
	wants(t, shares.Propose(ctx, o.agent, d.ID, d.Version, []casework.Share{parts[1], {Unit: third.Unit, Part: "x", Due: o.now}}), errs.Invalid, "share.due")
	wants(t, shares.Answer(ctx, third, d.ID, d.Version, true, ""), errs.Conflict, "share.answered")
	o.must(shares.Propose(ctx, o.unit, d.ID, d.Version, parts))
	wants(t, shares.Propose(ctx, o.agent, d.ID, d.Version, parts), errs.Conflict, "case.moved")
	d = o.of(d.Matter)
	if p := d.Shares.Proposed; len(p) != 2 || p[0].Unit != o.unit.Unit || p[0].Answer != casework.ShareAgreed || p[1].Answer != "" || len(d.Shares.Agreed) != 0 || d.Way != "" {
		t.Fatalf("proposed %+v", d.Shares)
	}
	if n := o.count(`SELECT count(*) FROM alert WHERE account_id = $1 AND kind = 'allot'`, third.Account); n != 1 {
		t.Errorf("the co-unit is told %d times", n)
	}
	wants(t, shares.Answer(ctx, third, d.ID, d.Version, false, " "), errs.Invalid, "field.required")
	o.must(shares.Answer(ctx, third, d.ID, d.Version, false, "占道归街道"))
	wants(t, shares.Answer(ctx, third, d.ID, d.Version, true, ""), errs.Conflict, "share.answered")
	parts[0].Part = "只查店外"
	o.must(shares.Propose(ctx, o.agent, d.ID, d.Version, parts))
	d = o.of(d.Matter)
	o.must(shares.Answer(ctx, o.unit, d.ID, d.Version, true, ""))
	o.must(shares.Answer(ctx, third, d.ID, d.Version, true, "")) // what another unit says outdates no form
	d = o.of(d.Matter)
	if d.Way != casework.Agreed || len(d.Shares.Agreed) != 2 || len(d.Shares.Proposed) != 0 || d.Shares.Agreed[1].By != third.Account {
		t.Fatalf("agreed %+v", d.Shares)
	}
	parts[0].Part = "再多查一次"
	o.must(shares.Propose(ctx, o.agent, d.ID, d.Version, parts))
	d = o.of(d.Matter)
	o.must(shares.Answer(ctx, o.unit, d.ID, d.Version, true, ""))
	if d = o.of(d.Matter); d.Shares.Agreed[1].Part != "只查店外" || d.Way != casework.Agreed {
		t.Errorf("before all agree again %+v", d.Shares)
	}
	o.rebuilds(d)
	_, err := o.cases.InsertDecision(ctx, func() classifier.Decision {
		next := o.confirm(d.Matter, "", 0)
		next.Previous, next.Kind, next.Urgency, next.At = d.Decision, classifier.Correct, "C", o.now
		return next
	}(), "")
	o.must(err)
	if d = o.of(d.Matter); len(d.Shares.Agreed) != 2 {
		t.Errorf("with the same units %+v", d.Shares)
	}
	_, err = o.cases.InsertDecision(ctx, func() classifier.Decision {
		next := o.confirm(d.Matter, "", 0)
		next.Previous, next.Kind, next.Co, next.At = d.Decision, classifier.Correct, nil, o.now
		return next
	}(), "")
	o.must(err)
	if d = o.of(d.Matter); len(d.Shares.Agreed) != 0 || d.Way != "" {
		t.Errorf("with other units %+v, %s", d.Shares, d.Way)
	}
	wants(t, shares.Propose(ctx, o.agent, d.ID, d.Version, parts), errs.Conflict, "share.alone")
	o.rebuilds(d)
}

// TestUnitsAreRemindedOfTheirShares: each of its own, the lead unit as the others,
// by their people, once, and no more once it has given its part.
func TestUnitsAreRemindedOfTheirShares(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	third := o.third()
	shares, clock := casework.NewShares(o.stage, o), casework.NewClock(o.cases, o.planner)
	run := func() {
		t.Helper()
		for range 2 {
			_, err := clock.RunDue(ctx, o.now)
			o.must(err)
		}
	}
	told := func(kind casework.MarkKind, want int, of ...org.Actor) {
		t.Helper()
		for _, a := range of {
			if n := o.count(`SELECT count(*) FROM alert WHERE account_id = $1 AND kind = $2`, a.Account, kind); n != want {
				t.Errorf("%s is told %d times that %s, want %d", a.Account, n, kind.Words(), want)
			}
		}
	}
	d := o.file("a", 0)
	begun, due := o.now, o.now.Add(20*time.Hour)
	agree := func(leadDue time.Time) {
		t.Helper()
		d = o.of(d.Matter)
		o.must(shares.Propose(ctx, o.unit, d.ID, d.Version, []casework.Share{
			{Unit: o.unit.Unit, Part: "查油烟净化", Due: leadDue}, {Unit: third.Unit, Part: "清理占道", Due: due},
		}))
		d = o.of(d.Matter)
		o.must(shares.Answer(ctx, third, d.ID, d.Version, true, ""))
	}
	agree(due)
	o.now = begun.Add(17 * time.Hour) // four fifths are over
	run()
	told(casework.MarkShareSoon, 1, o.unit, third)
	agree(due.Add(100 * time.Hour)) // of the lead unit alone
	d = o.of(d.Matter)
	o.now = due.Add(time.Minute)
	run()
	told(casework.MarkShareSoon, 1, o.unit, third)
	told(casework.MarkShare, 1, o.unit, third) // the lead unit waits for the other one's
	if left := o.count(`SELECT count(*) FROM case_mark WHERE case_id = $1 AND kind = 'share_boss' AND struck_at IS NULL`, d.ID); left != 2 {
		t.Errorf("the supervisors would learn of %d shares", left)
	}
	d = o.do(third, o.of(d.Matter), casework.Command{Move: casework.Contribute, Text: "已清理"})
	if s := d.Shares.Agreed[1]; s.Given.IsZero() || !slices.Equal(s.Told, []casework.MarkKind{casework.MarkShareSoon, casework.MarkShare}) {
		t.Errorf("given %+v", s)
	}
	o.rebuilds(d)
	if left := o.count(`SELECT count(*) FROM case_mark WHERE case_id = $1 AND kind = 'share_boss' AND struck_at IS NULL`, d.ID); left != 1 {
		t.Errorf("%d shares are still asked for", left)
	}
	o.now = due.Add(101 * time.Hour)
	run()
	told(casework.MarkShareSoon, 2, o.unit) // its new date has its own
	told(casework.MarkShareSoon, 1, third)
	told(casework.MarkShare, 2, o.unit)
	told(casework.MarkShare, 1, third)
	o.rebuilds(o.of(d.Matter))
}

// TestASuperiorNamesTheUnit: an account with that standing, with a reason; the unit
// gives it back only with a superior's consent.
func TestASuperiorNamesTheUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clock := func() time.Time { return o.now }
	stage := casework.NewAppointments(o.stage, o, o, classifier.NewDesk(o.cases, clock))
	leader := org.Account{ID: id.New[org.AccountID](), Login: "boss", Name: "领导", Roles: org.Roles{org.RoleLeader}, CreatedAt: start}
	o.must(o.InsertAccount(ctx, leader, org.Audit{At: start, Action: "create_account", Object: "account"}))
	boss := org.Actor{Account: leader.ID, Roles: leader.Roles}
	d := o.file("a", 0)
	wants(t, stage.Appoint(ctx, o.agent, d.ID, d.Version, o.units[0].ID, "x"), errs.Forbidden, "case.not_above")
	wants(t, stage.Appoint(ctx, o.unit, d.ID, d.Version, o.units[0].ID, "x"), errs.Forbidden, "case.not_above")
	wants(t, stage.Appoint(ctx, boss, d.ID, d.Version, o.units[0].ID, " "), errs.Invalid, "field.required")
	wants(t, stage.Appoint(ctx, boss, d.ID, d.Version, "", "x"), errs.Invalid, "field.required")
	wants(t, stage.Appoint(ctx, boss, d.ID, d.Version+1, o.units[0].ID, "x"), errs.Conflict, "case.moved")
	o.must(stage.Appoint(ctx, boss, d.ID, d.Version, o.units[0].ID, "市里定由公安办"))
	was := d
	d = o.of(d.Matter)
	if d.Unit != o.units[0].ID || d.Decision == was.Decision || d.Way != casework.Appointed || d.Superior != boss.Account || d.Above != "领导" || d.State != casework.Waiting {
		t.Fatalf("appointed %+v", d.Case)
	}
	give := func(d casework.Docket) error {
		_, err := o.stage.Do(ctx, o.other, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Return, Reason: "duty", Text: "x"})
		return err
	}
	wants(t, give(d), errs.Conflict, "case.appointed")
	_, err := o.cases.InsertReturn(ctx, classifier.Return{ID: id.New[classifier.ReturnID](), Matter: d.Matter, Decision: d.Decision, From: d.Unit, Reason: "area", By: o.account, At: o.now}, "")
	wants(t, err, errs.Conflict, "case.appointed")
	_, err = o.stage.Do(ctx, o.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.SetWay, Reason: string(casework.Statutory), Text: "x"})
	wants(t, err, errs.Conflict, "case.way_set")
	o.now = o.now.AddDate(0, 0, 20) // beyond the time to give it back
	wants(t, stage.Release(ctx, o.agent, d.ID, d.Version, "x"), errs.Forbidden, "case.not_above")
	o.must(stage.Release(ctx, boss, d.ID, d.Version, "情况有变"))
	d = o.of(d.Matter)
	o.must(give(d))
	d = o.of(d.Matter)
	o.must(stage.Appoint(ctx, org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}, d.ID, d.Version, d.Unit, "仍由公安办"))
	d = o.of(d.Matter)
	if d.State != casework.Handling || d.Unit != o.units[0].ID || d.Superior != o.account {
		t.Errorf("named again %+v", d.Case)
	}
	o.must(o.stage.Redirect(ctx, o.agent, d.ID, d.Version, o.units[1].ID, "改"))
	if d = o.of(d.Matter); d.Superior != "" || d.Way != "" {
		t.Errorf("elsewhere by another decision %+v", d.Case)
	}
	o.rebuilds(d)
}

// TestAHeadAboveNamesTheUnit: of a unit above both, who was invited to the meeting.
func TestAHeadAboveNamesTheUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	low := []org.Unit{
		{ID: id.New[org.UnitID](), Name: "松柏街道甲所", Kind: "甲所", Area: "440101001"}, {ID: id.New[org.UnitID](), Name: "松柏街道乙所", Kind: "乙所", Area: "440101001"},
	}
	o.must(o.SaveListing(ctx, postgres.Listing{Kinds: []org.UnitKind{"甲所", "乙所"}, Units: append(slices.Clone(o.units), low...)}, org.Audit{At: start, Action: "import_units", Object: "directory"}))
	m, s := o.suggest("a", 0, 0, 0.7)
	first := o.confirm(m, s, 0)
	first.Lead, first.Co, first.At = low[0].ID, nil, o.now
	_, err := o.cases.InsertDecision(ctx, first, "")
	o.must(err)
	a := org.Actor{Account: o.handler("low1", low[0].ID), Roles: org.Roles{org.RoleUnit}, Unit: low[0].ID}
	b := org.Actor{Account: o.handler("low2", low[1].ID), Roles: org.Roles{org.RoleUnit}, Unit: low[1].ID}
	above := o.third() // of the district
	d := o.do(a, o.of(m), casework.Command{Move: casework.Return, Reason: "duty", Text: "归乙所"})
	o.must(o.stage.Redirect(ctx, o.agent, d.ID, d.Version, low[1].ID, "x"))
	d = o.do(b, o.of(m), casework.Command{Move: casework.Return, Reason: "duty", Text: "归甲所"})
	stage := casework.NewAppointments(o.stage, o, o, classifier.NewDesk(o.cases, func() time.Time { return o.now }))
	wants(t, stage.Appoint(ctx, above, d.ID, d.Version, low[0].ID, "区里定"), errs.NotFound, "case.not_found")
	o.must(casework.NewDisputes(o.stage, o).Invite(ctx, o.agent, d.ID, d.Version, casework.Meeting{Units: []org.UnitID{above.Unit}, At: o.now.Add(time.Hour), Where: "电话", What: "由谁办"}))
	d = o.of(m)
	wants(t, stage.Appoint(ctx, above, d.ID, d.Version, low[0].ID, "区里定"), errs.Forbidden, "case.not_above") // no head
	o.must(o.SetHeads(ctx, above.Unit, []org.AccountID{above.Account}, nil, org.Audit{At: start, Actor: o.account, Action: "set_heads", Object: "unit"}))
	wants(t, stage.Appoint(ctx, above, d.ID, d.Version, o.units[0].ID, "区里定"), errs.Forbidden, "case.not_above") // not below
	if may, err := stage.May(ctx, above, d); err != nil || !may {
		t.Errorf("the head may not: %v", err)
	}
	o.must(stage.Appoint(ctx, above, d.ID, d.Version, low[0].ID, "区里定"))
	if d = o.of(m); d.Unit != low[0].ID || d.Superior != above.Account {
		t.Errorf("appointed %+v", d.Case)
	}
	if all := o.precedents(o.agent, classifier.PrecedentFilter{}); len(all) != 1 || all[0].Unit != low[0].ID || all[0].By != above.Account {
		t.Errorf("the ruling is no precedent: %+v", all)
	}
}

// TestWhatIsDoneAtOnce: minutes count by day and night, who is late is chased up the
// levels, and nobody gives it back, asks or waits before acting.
func TestWhatIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.now = time.Date(2026, 3, 6, 15, 0, 0, 0, time.UTC) // Friday, 23:00 in China
	d := o.file("a", 0)
	citizen := d.Due.Citizen
	wants(t, func() error {
		_, err := o.stage.Do(ctx, o.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.SetWay, Reason: string(casework.Immediate), Text: "x"})
		return err
	}(), errs.Invalid, "way.own")
	d = o.do(o.agent, d, casework.Command{Move: casework.Hurry, Text: "路面塌陷"})
	rules := casework.UsualRules()
	if got := d.Due.Accept.Sub(o.now); got != time.Duration(rules.AtOnceAccept.N)*time.Minute || d.Due.Act.Sub(o.now) != time.Duration(rules.AtOnceAct.N)*time.Minute || !d.Due.Citizen.Equal(citizen) || d.Way != casework.Immediate {
		t.Fatalf("to accept in %v: %+v", got, d.Due)
	}
	begun := o.now
	run := func(after time.Duration) []string {
		t.Helper()
		o.now = begun.Add(after)
		_, err := casework.NewClock(o.cases, o.planner).RunDue(ctx, o.now)
		o.must(err)
		return o.list(`SELECT reason FROM case_event WHERE case_id = $1 AND move = 'late' ORDER BY ordinal`, d.ID)
	}
	if got := run(11 * time.Minute); !slices.Equal(got, []string{"unaccepted"}) {
		t.Errorf("after eleven minutes %v", got)
	}
	d = o.do(o.unit, o.of(d.Matter), casework.Command{Move: casework.Accept})
	if !d.Due.Unit.Equal(d.Due.Act) {
		t.Errorf("its own clock ends %v, not %v", d.Due.Unit, d.Due.Act)
	}
	for _, cmd := range []casework.Command{{Move: casework.Return, Reason: "duty", Text: "x"}, {Move: casework.AskMore, Days: 1, Text: "x"}} {
		cmd.Case, cmd.Seen = d.ID, d.Version
		_, err := o.stage.Do(ctx, o.unit, cmd)
		wants(t, err, errs.Conflict, "case.act_first")
	}
	if got := run(5*time.Hour + time.Minute); !slices.Equal(got, []string{"unaccepted", "unacted", "unacted_head", "unacted_boss", "unacted_top"}) {
		t.Errorf("after five hours %v", got)
	}
	if d = o.of(d.Matter); d.Chasing != casework.ToLeader {
		t.Errorf("chased up to %q", d.Chasing)
	}
	d = o.do(o.unit, d, casework.Command{Move: casework.Act, Text: "已围挡、设警示"})
	if d.Hurried() || d.Chasing != "" || !d.Due.Unit.After(d.Due.Act) || d.Way != casework.Immediate {
		t.Errorf("acted %+v", d.Case)
	}
	d = o.do(o.unit, d, casework.Command{Move: casework.Return, Reason: "duty", Text: "管线单位的井盖"})
	o.rebuilds(d)

	b := o.do(o.agent, o.file("b", 1), casework.Command{Move: casework.Hurry, Text: "漏水"})
	o.must(o.stage.Redirect(ctx, o.agent, b.ID, b.Version, o.units[0].ID, "归公安"))
	if b = o.of(b.Matter); !b.Hurried() || !b.Due.Accept.After(o.now) || b.Way != casework.Immediate {
		t.Errorf("the next unit is in no hurry: %+v", b.Case)
	}
	b = o.do(o.agent, b, casework.Command{Move: casework.Calm, Text: "已止水"})
	if b.Hurried() || b.Way != "" || b.Due.Accept.Sub(o.now) < time.Hour {
		t.Errorf("as usual %+v", b.Case)
	}
	o.rebuilds(b)
}

// TestWhoReceivesItFirstSeesItThrough: on record from the filing, told of what goes
// wrong, listed, and handed over with the account.
func TestWhoReceivesItFirstSeesItThrough(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	taker := org.Account{ID: id.New[org.AccountID](), Login: "taker", Name: "接线员", Roles: org.Roles{org.RoleAgent}, CreatedAt: start}
	o.must(o.InsertAccount(ctx, taker, org.Audit{At: start, Action: "create_account", Object: "account"}))
	p := parcel("a", 0)
	p.Contact.By = taker.ID
	_, _, err := o.InsertParcel(ctx, p)
	o.must(err)
	m := p.Message.Matters[0].ID
	outcome := o.outcome(m, 0, 0.7)
	_, err = o.InsertOutcome(ctx, outcome)
	o.must(err)
	first := o.confirm(m, outcome.Suggestion.ID, 0)
	first.At = o.now
	_, err = o.cases.InsertDecision(ctx, first, "")
	o.must(err)
	d, other := o.of(m), o.file("b", 1)
	if d.First != taker.ID || d.Asker != "接线员" || other.First != o.account {
		t.Fatalf("received first by %q and %q", d.First, other.First)
	}
	o.rebuilds(d)
	actor := org.Actor{Account: taker.ID, Roles: taker.Roles}
	mine := func(who org.Actor, want int) {
		t.Helper()
		page, counts, err := o.stage.List(ctx, who, casework.Filter{Show: casework.ShowFirst})
		if err != nil || len(page) != want || counts[casework.ShowFirst] != want {
			t.Errorf("received first: %d, %v, %v", len(page), counts, err)
		}
	}
	mine(actor, 1)
	d = o.do(o.unit, d, casework.Command{Move: casework.Return, Reason: "duty", Text: "归公安"})
	o.must(o.stage.Redirect(ctx, o.agent, d.ID, d.Version, o.units[0].ID, "归公安"))
	d = o.of(m)
	o.now = d.Due.Citizen.Add(time.Minute)
	_, err = casework.NewClock(o.cases, o.planner).RunDue(ctx, o.now)
	o.must(err)
	told := o.list(`SELECT kind FROM alert WHERE account_id = $1 AND level = 'first' ORDER BY id`, taker.ID)
	if !slices.Equal(told, []string{"return", "unaccepted", "late"}) {
		t.Errorf("told of %v", told)
	}
	third := o.third()
	p = parcel("c", 2)
	p.Contact.By = third.Account // saw it on patrol
	_, _, err = o.InsertParcel(ctx, p)
	o.must(err)
	seen := o.confirm(p.Message.Matters[0].ID, "", 0)
	seen.Co, seen.At = nil, o.now
	_, err = o.cases.InsertDecision(ctx, seen, "")
	o.must(err)
	mine(third, 1)
	got, _, err := o.stage.Get(ctx, third, o.of(seen.Matter).ID)
	if err != nil || got.RelationOf(third) != casework.Receiver || got.Receipt != "" {
		t.Errorf("who saw it is %s: %v", got.RelationOf(third), err)
	}
	_, err = o.stage.Do(ctx, third, casework.Command{Case: got.ID, Seen: got.Version, Move: casework.Accept})
	wants(t, err, errs.Forbidden, "case.not_yours")
	hands := casework.NewHandOvers(o, o.stage, o)
	wants(t, hands.PassFirst(ctx, o.agent, d.ID, o.of(m).Version, "li"), errs.Forbidden, "first.not_yours")
	wants(t, hands.PassFirst(ctx, actor, d.ID, o.of(m).Version, "unit1"), errs.Invalid, "first.account")
	o.must(hands.PassFirst(ctx, actor, d.ID, o.of(m).Version, " LI "))
	if d = o.of(m); d.First != o.account {
		t.Errorf("handed over to %q", d.First)
	}
	mine(actor, 0)
	o.must(hands.PassFirst(ctx, o.agent, d.ID, d.Version, "taker"))
	admin := org.Actor{Account: o.account, Name: "李", Roles: org.Roles{org.RoleAdmin}}
	_, err = hands.Disable(ctx, admin, "taker", "")
	o.must(err)
	if d = o.of(m); d.First != o.account {
		t.Errorf("with the account closed it is seen through by %q", d.First)
	}
	history := o.rebuilds(d)
	if last := history[len(history)-1]; last.Move != casework.PassFirst || last.Text != "接线员离岗，首问移交李" {
		t.Errorf("on record is %+v", last)
	}
}
