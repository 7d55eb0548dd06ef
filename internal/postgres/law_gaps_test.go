package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// TestWhatWasCopiedOfASecretIsNotServed: what a caller was told, what came in with
// the matter, what was attached to its case and what a letter says, while it is
// locked; and again once it is not.
func TestWhatWasCopiedOfASecretIsNotServed(t *testing.T) {
	t.Parallel()
	o := newSecretOffice(t)
	ctx := t.Context()
	msg := o.receive("a", "我捡到一份演练图纸，不知道交给谁")
	m := msg.Matters[0].ID
	s := o.propose(m)
	_, err := o.cases.InsertDecision(ctx, o.confirm(m, s, 0), "")
	o.must(err)
	d := o.of(m)
	replies := intake.NewReplies(o, func() time.Time { return o.now })
	_, err = replies.Note(ctx, o.agent, intake.Reply{Matter: m, Text: "请把图纸送到公安局。"})
	o.must(err)
	came, own := id.New[casework.AttachmentID](), id.New[casework.AttachmentID]()
	o.must(o.InsertAttachment(ctx, casework.Attachment{ID: came, Folder: casework.Folder{Matter: m}, At: o.now, Name: "图纸.png", Kind: "image/png", Body: []byte{0, 1}}))
	o.must(o.InsertAttachment(ctx, casework.Attachment{ID: own, Folder: casework.Folder{Case: d.ID}, At: o.now, Name: "封面.png", Kind: "image/png", Body: []byte{0, 2}}))
	memo, err := o.memos().Send(ctx, o.agent, casework.NewMemo{Body: "请尽快收存演练图纸", Cases: []string{d.Number}})
	o.must(err)
	served := func(want bool) {
		t.Helper()
		all, err := replies.Of(ctx, o.agent, m)
		if err != nil || (len(all) == 1) != want {
			t.Errorf("what the caller was told: %v, %v", all, err)
		}
		for id, in := range map[casework.AttachmentID]casework.Folder{came: {Matter: m}, own: {Case: d.ID}} {
			_, err := o.Attachment(ctx, in, id)
			list, failed := o.Attachments(ctx, in)
			if (err == nil) != want || failed != nil || (len(list) == 1) != want {
				t.Errorf("a file of %+v: %v, %d listed, %v", in, err, len(list), failed)
			}
		}
		got, err := o.memos().Get(ctx, o.agent, memo.ID)
		if err != nil || (got.Body != intake.LockedText) != want {
			t.Errorf("the letter says %q, %v", got.Body, err)
		}
	}
	served(true)
	o.must(o.secrets.Lock(ctx, o.agent, msg.ID, "像是国家秘密", []string{"second"}))
	served(false)
	o.must(o.secrets.AskUnlock(ctx, o.agent, msg.ID, "核实不涉密"))
	o.must(o.secrets.Unlock(ctx, o.second, msg.ID))
	served(true)
}

// TestWhoIsComplainedOfTouchesNoMatter of theirs, also by an id that they know.
func TestWhoIsComplainedOfTouchesNoMatter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	stage, boss := o.accusing()
	clock := func() time.Time { return o.now }
	m, _ := o.suggest("a", 0, 0, 0.7)
	accused := org.Actor{Account: o.colleague("accused"), Roles: org.Roles{org.RoleAgent}}
	o.must(stage.Set(ctx, boss, m, intake.Accusation{}, []string{"accused"}, time.Time{}))
	desk, replies, place := classifier.NewDesk(o.cases, clock), intake.NewReplies(o, clock), casework.NewLocator(o, o.stage)
	for name, touch := range map[string]func(org.Actor) error{
		"verdict": func(a org.Actor) error { return desk.Verdict(ctx, a, m, true) },
		"reply": func(a org.Actor) error {
			_, err := replies.Note(ctx, a, intake.Reply{Matter: m, Text: "已经告知办理方式。"})
			return err
		},
		"take back": func(a org.Actor) error { return replies.TakeBack(ctx, a, m) },
		"read":      func(a org.Actor) error { _, err := replies.Of(ctx, a, m); return err },
		"place":     func(a org.Actor) error { return place.Set(ctx, a, m, "松柏路口") },
	} {
		wants(t, touch(accused), errs.NotFound, "matter.not_found")
		if err := touch(o.agent); err != nil && errs.CodeOf(err) == "matter.not_found" {
			t.Errorf("%s by another: %v", name, err)
		}
	}
	if n := o.count(`SELECT count(*) FROM reply WHERE by_account = $1`, accused.Account); n != 0 {
		t.Error("who is accused answered")
	}
}

// TestTheSuccessorOfAnAccusedUnitIsShutOut as that unit was; who has such a case
// is no successor.
func TestTheSuccessorOfAnAccusedUnitIsShutOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	stage, _ := o.accusing()
	desk := classifier.NewDesk(o.cases, func() time.Time { return o.now })
	office := casework.NewHandOvers(o.cases, o.stage, o)
	m, s := o.suggest("a", 0, 0, 0.7)
	gone, heir := o.units[0].ID, o.units[2].ID
	o.must(stage.Set(ctx, o.agent, m, intake.Accusation{Units: []org.UnitID{gone}}, nil, time.Time{}))
	decide := o.confirm(m, s, 0)
	decide.Kind, decide.Lead, decide.Co = classifier.Correct, o.units[1].ID, nil
	_, err := desk.Decide(ctx, o.agent, decide, "")
	o.must(err)
	d := o.of(m)
	reader := org.Actor{Account: o.handler("heir", heir), Roles: org.Roles{org.RoleUnit}, Unit: heir}
	_, _, err = office.Abolish(ctx, o.admin(), gone, o.units[1].ID, "机构改革")
	wants(t, err, errs.Conflict, "accused.partakes")
	_, _, err = office.Abolish(ctx, o.admin(), gone, heir, "机构改革")
	o.must(err)
	a, err := o.AccusationOf(ctx, m)
	if err != nil || !a.Bars(heir) || !a.Shuns(reader) {
		t.Errorf("the successor is not kept out: %+v, %v", a, err)
	}
	wants(t, o.stage.Redirect(ctx, o.agent, d.ID, d.Version, heir, ""), errs.Invalid, "accused.lead")
	_, _, err = o.stage.Get(ctx, reader, d.ID)
	wants(t, err, errs.NotFound, "case.not_found")
}

// keptFor are rules under which labels are kept for some days.
type keptFor struct{ days int }

func (k keptFor) Current() casework.DeadlineRules {
	r := casework.UsualRules()
	r.LabelKept = k.days
	return r
}

func (k keptFor) At(int) casework.DeadlineRules { return k.Current() }

// TestALabelIsKeptAsTheRulesSay after its end.
func TestALabelIsKeptAsTheRulesSay(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	o := &treasury{office: k.office}
	o.labels = casework.NewLabels(o.city, 0, func() time.Time { return k.now }).Under(keptFor{3})
	o.admin = o.person("boss", org.RoleAdmin)
	d := o.reports("nuisance", "rude", "每天来电辱骂话务员", "甲路")
	l := o.labelled(intake.Matter{ID: d.Matter, Message: intake.MessageID(o.list(`SELECT message_id::text FROM matter WHERE id = $1`, d.Matter)[0])})
	k.must(o.labels.Lift(t.Context(), o.agent, l.ID, "误会"))
	left := func(days, want int) {
		t.Helper()
		k.now = k.now.AddDate(0, 0, days)
		_, _, err := o.labels.RunDue(t.Context())
		k.must(err)
		if n := o.count(`SELECT count(*) FROM caller_label`); n != want {
			t.Errorf("%d labels are left, want %d", n, want)
		}
	}
	left(2, 1)
	left(2, 0)
}
