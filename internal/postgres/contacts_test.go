package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestWhoDoesTheWorkAsks: a co-unit asks too; the citizen is asked, which is a
// record of its own, and a no stands.
func TestWhoDoesTheWorkAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	k := casework.NewContacts(o, o.stage, &sealedWords{})
	d := o.file("a", 0)
	co := org.Actor{Account: o.handler("co", o.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	_, err := o.ListForTest(ctx, `UPDATE message SET consent = 'yes' RETURNING id::text`)
	o.must(err)
	_, _, err = k.Open(ctx, co, d.ID)
	wants(t, err, errs.Forbidden, "contact.closed") // they agreed to the unit that answers for it
	o.must(k.Ask(ctx, co, d.ID, "约现场勘查"))
	waiting, err := k.Waiting(ctx, o.agent)
	if err != nil || len(waiting) != 1 || waiting[0].Number != d.Number {
		t.Fatalf("waiting %+v, %v", waiting, err)
	}
	request := waiting[0].ID
	wants(t, k.Note(ctx, co, d.ID, request, casework.ContactYes, ""), errs.Forbidden, "case.not_yours")
	wants(t, k.Note(ctx, o.agent, d.ID, request, "maybe", ""), errs.Invalid, "field.required")
	o.must(k.Note(ctx, o.agent, d.ID, request, casework.ContactUnreached, ""))
	o.must(k.Note(ctx, o.agent, d.ID, request, casework.ContactNo, "不想让城管知道"))
	wants(t, k.Decide(ctx, o.agent, d.ID, request, true, 3, ""), errs.Conflict, "contact.refused")
	o.must(k.Note(ctx, o.agent, d.ID, request, casework.ContactYes, "说清用途后同意"))
	o.must(k.Decide(ctx, o.agent, d.ID, request, true, 3, ""))
	wants(t, k.Note(ctx, o.agent, d.ID, request, casework.ContactNo, ""), errs.Conflict, "contact.decided")
	if _, phone, err := k.Open(ctx, co, d.ID); err != nil || phone == "" {
		t.Errorf("opened %q, %v", phone, err)
	}
	all, err := k.Requests(ctx, o.agent, d)
	if err != nil || len(all[0].Words) != 3 || all[0].Words[1].Words != "不想让城管知道" || all[0].Words[1].By != o.account || all[0].Said() != casework.ContactYes {
		t.Errorf("words %+v, %v", all[0].Words, err)
	}
	if stateOf(o.ExecForTest(ctx, `UPDATE contact_word SET answer = 'yes'`)) != "23001" {
		t.Error("what the citizen said can be changed")
	}

	// who grants without a record says that the citizen agreed, and that is one
	o.must(k.Ask(ctx, o.unit, d.ID, "约上门"))
	all, err = k.Requests(ctx, o.agent, d)
	o.must(err)
	o.must(k.Decide(ctx, o.agent, d.ID, all[0].ID, true, 1, "电话里同意"))
	if all, err = k.Requests(ctx, o.agent, d); err != nil || len(all[0].Words) != 1 || all[0].Words[0].Answer != casework.ContactYes {
		t.Errorf("%+v, %v", all[0], err)
	}
}

// TestALifeInDangerComesFirst: opened at once with a reason, by who works on an
// urgent case; told and reviewed afterwards, each once.
func TestALifeInDangerComesFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	words := &sealedWords{}
	k := casework.NewContacts(o, o.stage, words)
	officer := org.Actor{Account: o.colleague("officer"), Roles: org.Roles{org.RolePrivacy}}
	calm := o.file("calm", 0)
	_, _, err := k.OpenAtOnce(ctx, o.unit, calm.ID, true, "着火")
	wants(t, err, errs.Forbidden, "contact.no_danger")
	m, s := o.suggest("a", 1, 0, 0.7)
	urgent := o.confirm(m, s, 0)
	urgent.Urgency = intake.UrgencyA
	_, err = o.cases.InsertDecision(ctx, urgent, "")
	o.must(err)
	d := o.of(m)
	_, err = o.ListForTest(ctx, `UPDATE message SET consent = 'no' RETURNING id::text`)
	o.must(err)
	_, _, err = k.OpenAtOnce(ctx, o.other, d.ID, true, "着火")
	wants(t, err, errs.NotFound, "case.not_found")
	_, _, err = k.OpenAtOnce(ctx, o.agent, d.ID, true, "着火")
	wants(t, err, errs.Forbidden, "case.not_yours")
	_, _, err = k.OpenAtOnce(ctx, o.unit, d.ID, false, "着火")
	wants(t, err, errs.Invalid, "contact.danger")
	_, _, err = k.OpenAtOnce(ctx, o.unit, d.ID, true, " ")
	wants(t, err, errs.Invalid, "field.required")
	if len(words.looks) != 0 {
		t.Fatalf("looked %q", words.looks)
	}
	_, phone, err := k.OpenAtOnce(ctx, o.unit, d.ID, true, "屋里着火，有人被困")
	if err != nil || phone == "" || len(words.looks) != 1 {
		t.Fatalf("opened %q, %v, on record %q", phone, err, words.looks)
	}
	if _, _, err := k.Open(ctx, o.unit, d.ID); err != nil {
		t.Errorf("a second look on the same day: %v", err)
	}
	list, err := k.AtOnce(ctx, officer)
	if err != nil || len(list) != 1 || list[0].Number != d.Number || !list[0].Told.IsZero() {
		t.Fatalf("listed %+v, %v", list, err)
	}
	r := list[0].ID
	wants(t, k.Tell(ctx, o.agent, d.ID, r, ""), errs.Invalid, "field.required")
	o.must(k.Tell(ctx, o.agent, d.ID, r, "电话告知"))
	wants(t, k.Tell(ctx, o.agent, d.ID, r, "再告知"), errs.Conflict, "contact.decided")
	wants(t, k.Review(ctx, o.agent, d.ID, r, true, ""), errs.Forbidden, "role.forbidden")
	wants(t, k.Review(ctx, officer, d.ID, r, false, ""), errs.Invalid, "field.required")
	o.must(k.Review(ctx, officer, d.ID, r, true, ""))
	if list, err = k.AtOnce(ctx, officer); err != nil || len(list) != 0 {
		t.Errorf("still listed %+v, %v", list, err)
	}
	o.now = o.now.Add(25 * time.Hour)
	_, _, err = k.Open(ctx, o.unit, d.ID)
	wants(t, err, errs.Forbidden, "contact.closed")
	lines := o.list(`SELECT action FROM audit WHERE object = $1 ORDER BY id`, "case:"+string(d.ID))
	if !slices.Equal(lines, []string{"open_contact_at_once", "tell_contact", "review_contact"}) {
		t.Errorf("audit %q", lines)
	}
}
