package postgres_test

import (
	"reflect"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
)

// handed stores a parcel of a channel whose citizen is to be told.
func (o *office) handed(external string, channel intake.Channel) intake.Message {
	o.t.Helper()
	p := parcel(external, 0)
	p.Contact.Channel, p.Message.Channel, p.Tell = channel, channel, true
	for range 2 { // the channel delivers twice
		_, _, err := o.InsertParcel(o.t.Context(), p)
		o.must(err)
	}
	return *p.Message
}

func (o *office) told() []string {
	return o.list(`SELECT kind || ' ' || receipt || ' ' || state FROM notification ORDER BY at, id`)
}

// TestWhatIsHandedInHasACode: at once, the same for what becomes of it, and its
// citizen is told once.
func TestWhatIsHandedInHasACode(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	m := o.handed("a", intake.Web)
	code, err := o.CodeOf(t.Context(), m.ID)
	o.must(err)
	arrivals := casework.NewArrivals(o)
	a, err := arrivals.OfReceipt(t.Context(), " "+code[:5]+"-"+code[5:])
	if err != nil || a.State != intake.MatterOpen || a.Text != m.Text {
		t.Errorf("%+v, %v", a, err)
	}
	if got := o.told(); !reflect.DeepEqual(got, []string{"accepted " + code + " queued"}) {
		t.Errorf("told %q", got)
	}
	_, err = arrivals.OfReceipt(t.Context(), "ABCDEFGHIJ")
	wants(t, err, errs.NotFound, "case.receipt")

	out := o.outcome(m.Matters[0].ID, 0, 0.7)
	_, err = o.InsertOutcome(t.Context(), out)
	o.must(err)
	d := o.confirm(m.Matters[0].ID, out.Suggestion.ID, 0)
	d.At = o.now
	_, err = o.cases.InsertDecision(t.Context(), d, "")
	o.must(err)
	if k := o.of(m.Matters[0].ID); k.Receipt != code {
		t.Errorf("the case has %s, the citizen %s", k.Receipt, code)
	}
	if got := o.told(); !reflect.DeepEqual(got, []string{"accepted " + code + " void", "dispatched " + code + " queued"}) {
		t.Errorf("told %q", got)
	}
}

// TestARefusalIsTold: when a second person agrees, with the right way, once.
func TestARefusalIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	m := o.handed("a", intake.Web)
	no := classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m.Matters[0].ID, Purpose: classifier.Effective, Kind: classifier.Decline,
		Reason: casework.RefusalReasons()[0] + "：补充的话", By: o.account, At: o.now,
	}
	_, err := o.cases.InsertDecision(t.Context(), no, "")
	o.must(err)
	if n := o.count(`SELECT count(*) FROM notification WHERE kind = 'refused'`); n != 0 {
		t.Error("told before a second person has looked")
	}
	o.must(o.AgreeToRefusal(t.Context(), no.ID, o.account, o.now))
	wants(t, o.AgreeToRefusal(t.Context(), no.ID, o.account, o.now), errs.Conflict, "refusal.done")
	o.must(o.ContestRefusal(t.Context(), no.ID, "应当受理", o.now))
	o.must(o.AnswerContest(t.Context(), no.ID, "依法应通过诉讼解决", o.account, o.now))
	texts := o.list(`SELECT body FROM notification WHERE kind = 'refused'`)
	code, err := o.CodeOf(t.Context(), m.ID)
	o.must(err)
	want := "您的诉求（回执码 " + code + "）不予受理：应通过诉讼解决，请向人民法院起诉。可凭回执码申请复核。"
	if len(texts) != 1 || texts[0] != want {
		t.Errorf("told %q, want %q", texts, want)
	}
}

// TestACallIsAttachedToACase: by the phone that both have.
func TestACallIsAttachedToACase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.file("a", 0)
	call := o.receive("b", 60)
	stranger := parcel("c", 61)
	stranger.PhoneHash = []byte("another")
	_, _, err := o.InsertParcel(t.Context(), stranger)
	o.must(err)
	desk := classifier.NewDesk(o.cases, func() time.Time { return o.now })
	calls := casework.NewFollowUps(o, o.stage, desk)
	all, err := calls.Of(t.Context(), o.agent, call.ID)
	if err != nil || len(all) != 1 || all[0].Case != first.ID || all[0].Docket.Number != first.Number {
		t.Fatalf("of the same person %+v, %v", all, err)
	}
	due := first.Due
	wants(t, calls.Note(t.Context(), o.agent, casework.FollowUp{Case: first.ID, Call: stranger.Message.Matters[0].ID}), errs.Invalid, "follow.stranger")
	wants(t, calls.Note(t.Context(), o.unit, casework.FollowUp{Case: first.ID}), errs.Forbidden, "case.not_yours")
	o.must(calls.Note(t.Context(), o.agent, casework.FollowUp{Case: first.ID, Call: call.ID}))
	wants(t, calls.Note(t.Context(), o.agent, casework.FollowUp{Case: first.ID}), errs.Conflict, "case.chased")
	o.must(calls.Note(t.Context(), o.agent, casework.FollowUp{Case: first.ID, Words: "夜里两点还在施工"}))
	wants(t, calls.Note(t.Context(), o.agent, casework.FollowUp{Case: first.ID, Call: call.ID, Words: "又说一次"}), errs.Conflict, "decision.conflict")
	d := o.of(first.Matter)
	if d.Chased != 1 || d.Due != due || d.Version != first.Version {
		t.Errorf("after two calls %+v", d.Case)
	}
	history := o.rebuilds(d)
	if e := history[1]; e.Move != casework.Chase || e.By != o.account || e.Reason != string(call.ID) {
		t.Errorf("the chase %+v", e)
	}
	if n := o.count(`SELECT count(*) FROM matter WHERE id = $1 AND state = 'decided'`, call.ID); n != 1 {
		t.Error("the call still waits for a decision")
	}
	if n := len(history); n != 3 {
		t.Errorf("%d events", n)
	}
}
