package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// calls is a message of a caller.
func (o *treasury) calls(external, phone string) intake.Matter {
	o.t.Helper()
	m := o.receive(external, 0)
	o.must(o.ExecForTest(o.t.Context(), `UPDATE message SET phone_hash = convert_to(nullif($2, ''), 'UTF8') WHERE id = $1`, m.Message, phone))
	return m
}

// labelled gives a label in force on who left a message.
func (o *treasury) labelled(m intake.Matter) casework.Label {
	o.t.Helper()
	l, err := o.labels.Propose(o.t.Context(), o.agent, m.ID, []intake.MessageID{m.Message}, "一夜来电辱骂四十次", 0)
	o.must(err)
	o.must(o.labels.Decide(o.t.Context(), o.admin, l.ID, true, ""))
	return l
}

// holds counts the labels that are seen beside a matter.
func (o *treasury) holds(m intake.Matter, want int) {
	o.t.Helper()
	all, _, err := o.labels.OfMatter(o.t.Context(), o.agent, m.ID)
	o.must(err)
	if len(all) != want {
		o.t.Errorf("%d labels are seen, want %d", len(all), want)
	}
}

// TestALabelTakesTwoPeople: proposed on evidence of the same caller, approved by
// another, seen beside every call of theirs, ended by its time or by somebody.
func TestALabelTakesTwoPeople(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	ctx := t.Context()
	first, second, other, nameless := o.calls("1", "rude"), o.calls("2", "rude"), o.calls("3", "kind"), o.calls("4", "")
	propose := func(m intake.Matter, days int, why string, evidence ...intake.MessageID) error {
		_, err := o.labels.Propose(ctx, o.agent, m.ID, evidence, why, days)
		return err
	}
	_, err := o.labels.Propose(ctx, o.unit, first.ID, []intake.MessageID{first.Message}, "辱骂", 0)
	wants(t, err, errs.Forbidden, "role.forbidden")
	wants(t, propose(first, 0, "辱骂"), errs.Invalid, "field.required")
	wants(t, propose(first, 181, "辱骂", first.Message), errs.Invalid, "label.days")
	wants(t, propose(first, 0, " ", first.Message), errs.Invalid, "field.required")
	wants(t, propose(first, 0, "辱骂", first.Message, other.Message), errs.Invalid, "label.evidence")
	wants(t, propose(nameless, 0, "辱骂", nameless.Message), errs.Invalid, "label.no_phone")
	l, err := o.labels.Propose(ctx, o.agent, first.ID, []intake.MessageID{first.Message, second.Message, first.Message}, "一夜来电辱骂四十次，号码 13812340021", 0)
	o.must(err)
	wants(t, propose(second, 0, "又来", second.Message), errs.Conflict, "label.exists")
	o.holds(second, 1)
	o.holds(other, 0)
	wants(t, o.labels.Decide(ctx, o.agent, l.ID, true, ""), errs.Forbidden, "label.own")
	wants(t, o.labels.Decide(ctx, o.admin, l.ID, false, ""), errs.Invalid, "field.required")
	wants(t, o.labels.Lift(ctx, o.admin, l.ID, "误会"), errs.Conflict, "label.ended")
	if err := o.ExecForTest(ctx, `UPDATE caller_label SET state = 'active', decided_by = by_account, decided_at = at`); stateOf(err) != "23514" {
		t.Errorf("one person alone: %v", err)
	}

	// Two approve at once: one does, the other is told.
	var wg sync.WaitGroup
	told := make(chan error, 2)
	for _, actor := range []org.Actor{o.admin, o.other} {
		wg.Go(func() { told <- o.labels.Decide(context.Background(), actor, l.ID, true, "已听录音") })
	}
	wg.Wait()
	if a, b := <-told, <-told; (a == nil) == (b == nil) {
		t.Errorf("both or neither: %v, %v", a, b)
	} else if a == nil {
		wants(t, b, errs.Conflict, "label.decided")
	} else {
		wants(t, a, errs.Conflict, "label.decided")
	}
	all, err := o.labels.List(ctx, o.agent, casework.LabelActive, "")
	o.must(err)
	if len(all) != 1 || len(all[0].Evidence) != 2 || !all[0].Until.Equal(o.now.AddDate(0, 0, 90)) || strings.Contains(all[0].Why, "13812340021") || all[0].Evidence[0].Hint != "138****0021" {
		t.Fatalf("in force %+v", all)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action IN ('propose_label', 'approve_label') AND object IN ('message:' || $1::text, 'message:' || $2::text)`, first.Message, second.Message); n != 4 {
		t.Errorf("%d lines about the messages", n)
	}
	if n := o.count(`SELECT count(*) FROM caller_label WHERE caller_label::text LIKE '%rude%' OR caller_label::text LIKE '%72756465%'`); n != 0 {
		t.Error("the label keeps the caller's fingerprint")
	}
	_, err = o.labels.List(ctx, o.unit, casework.LabelActive, "")
	wants(t, err, errs.Forbidden, "role.forbidden")
	editor := o.person("writes", org.RoleEditor)
	if seen, _, err := o.labels.OfMatter(ctx, editor, first.ID); err != nil || len(seen) != 0 {
		t.Errorf("an editor sees %+v, %v", seen, err)
	}
	third := o.calls("5", "rude")
	o.holds(third, 1)
	o.must(o.labels.Lift(ctx, o.agent, l.ID, "本人致歉"))
	wants(t, o.labels.Lift(ctx, o.agent, l.ID, "再解除"), errs.Conflict, "label.ended")
	o.holds(third, 0)
	o.must(propose(third, 7, "又辱骂", third.Message))
}

// TestALabelEndsAndIsForgotten: it ends with its time whether a job has run or
// not; a proposal lapses; what ended is deleted, and its traces name no caller.
func TestALabelEndsAndIsForgotten(t *testing.T) {
	t.Parallel()
	o := newTreasury(t)
	ctx := t.Context()
	m := o.calls("1", "rude")
	l := o.labelled(m)
	lapses := o.calls("2", "loud")
	_, err := o.labels.Propose(ctx, o.agent, lapses.ID, []intake.MessageID{lapses.Message}, "吵闹", 0)
	o.must(err)
	o.now = o.now.AddDate(0, 0, 14)
	all, err := o.labels.List(ctx, o.admin, casework.LabelProposed, "")
	o.must(err)
	wants(t, o.labels.Decide(ctx, o.admin, all[0].ID, true, ""), errs.Conflict, "label.decided")
	o.now = o.now.AddDate(0, 0, 76)
	o.holds(m, 0)
	ended, deleted, err := o.labels.RunDue(ctx)
	o.must(err)
	if ended != 2 || deleted != 0 {
		t.Errorf("%d ended, %d deleted", ended, deleted)
	}
	// The proposal was over 76 days before the label was.
	o.now = o.now.AddDate(0, 0, casework.LabelKept-1)
	if _, deleted, err = o.labels.RunDue(ctx); deleted != 1 || err != nil || o.count(`SELECT count(*) FROM caller_label WHERE id = $1`, l.ID) != 1 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
	o.now = o.now.AddDate(0, 0, 2)
	if _, deleted, err = o.labels.RunDue(ctx); deleted != 1 || err != nil {
		t.Errorf("then %d deleted, %v", deleted, err)
	}
	if n := o.count(`SELECT (SELECT count(*) FROM caller_label) + (SELECT count(*) FROM caller_label_message)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'delete_label'`); n != 2 {
		t.Errorf("%d lines tell of it", n)
	}
}

// TestALabelEarnsNothingAndKeepsItsEvidence: no reward while it holds; what it
// rests on is not deleted meanwhile; its caller is given it with everything else.
func TestALabelEarnsNothingAndKeepsItsEvidence(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	o := &treasury{office: k.office}
	clock := func() time.Time { return k.now }
	o.labels = casework.NewLabels(o.city, 0, clock)
	o.admin = o.person("boss", org.RoleAdmin)
	v := newVault(t)
	o.rewards = casework.NewRewards(o.city, o.city, v.ring, clock)
	o.rule(nil)
	o.open(100_000)
	d := o.reports("nuisance", "rude", "每天来电辱骂话务员", "甲路")
	m := intake.Matter{ID: d.Matter, Message: intake.MessageID(o.list(`SELECT message_id::text FROM matter WHERE id = $1`, d.Matter)[0])}
	l := o.labelled(m)
	o.refused(o.reports("later", "rude", "河边有人倾倒垃圾", "乙路"), casework.RefusedLabelled)
	d = k.closes(d, casework.Solved, time.Time{})
	k.must(k.keep.Set(t.Context(), k.officer, map[privacy.Kind]int{privacy.KeepOriginals: 30}))
	k.now = k.now.AddDate(0, 0, 60)
	_, err := k.keep.Run(t.Context())
	k.must(err)
	if !strings.Contains(k.sealedOf(), "nuisance") {
		t.Fatal("what the label rests on is deleted while it holds")
	}
	held, err := o.HeldOf(t.Context(), []intake.MessageID{m.Message})
	k.must(err)
	lines := privacy.Lines(held)
	found := false
	for _, line := range lines {
		found = found || line.Part == "骚扰标记" && strings.Contains(line.Words, "四十次") && strings.Contains(line.Remark, "生效中")
	}
	if !found || !held[0].Unfinished {
		t.Errorf("the citizen is given %+v", lines)
	}
	k.must(o.labels.Lift(t.Context(), o.agent, l.ID, "已致歉"))
	_, err = k.keep.Run(t.Context())
	k.must(err)
	if strings.Contains(k.sealedOf(), "nuisance") {
		t.Error("kept although nothing holds it any more")
	}
	if n := o.count(`SELECT count(*) FROM caller_label_message AS n JOIN message AS e ON e.id = n.message_id WHERE e.phone_hash IS NOT NULL`); n != 0 {
		t.Error("the label still leads to a caller")
	}
}
