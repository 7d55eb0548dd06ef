package postgres_test

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
)

// whistles gives the stage, and somebody of a street, who may call others.
func (o *office) whistles() (*casework.Whistles, org.Actor) {
	o.t.Helper()
	street := org.Unit{ID: id.New[org.UnitID](), Name: "松柏街道办事处", Kind: "街道办事处", Area: "440101001"}
	o.must(o.SaveListing(o.t.Context(), postgres.Listing{Units: append(o.units, street)}, org.Audit{At: start, Action: "import_units", Object: "directory"}))
	return casework.NewWhistles(o.cases, o, o.stage, o), org.Actor{Account: o.handler("street", street.ID), Roles: org.Roles{org.RoleUnit}, Unit: street.ID}
}

// addsUp fails unless the history of a summons adds up to what is stored.
func (o *office) addsUp(s casework.SummonsID) (casework.Summons, []casework.SummonsEvent) {
	o.t.Helper()
	stands, history, err := o.cases.Summons(o.t.Context(), s)
	o.must(err)
	built := stands
	built.Calls, built.Last = nil, 0
	for _, c := range stands.Calls {
		built.Calls = append(built.Calls, casework.Call{Unit: c.Unit, State: casework.CallWaiting})
	}
	for _, e := range history {
		built = built.After(e)
	}
	if !reflect.DeepEqual(built, stands) {
		o.t.Fatalf("history gives\n%+v\nstored is\n%+v", built, stands)
	}
	if n := o.count(`SELECT count(*) FROM summons WHERE id = $1 AND awaited = $2 AND open = $3`, s, stands.Awaited(), stands.Open()); n != 1 {
		o.t.Errorf("stored otherwise than %+v", stands)
	}
	return stands, history
}

// TestAStreetCallsAndUnitsCome: from the whistle to the score; who is late is
// chased once each time, and the supervisor sees it.
func TestAStreetCallsAndUnitsCome(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, street := o.whistles()
	ctx := t.Context()
	due := o.now.Add(2 * time.Hour)
	in := casework.Summoning{Matter: "占道 摆摊", Place: "松柏路口", Due: due, Units: []org.UnitID{o.unit.Unit, o.other.Unit}}
	_, err := w.Call(ctx, o.agent, in)
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = w.Call(ctx, o.unit, in)
	wants(t, err, errs.Forbidden, "summons.not_street")
	_, err = w.Call(ctx, street, casework.Summoning{Due: o.now, Units: []org.UnitID{street.Unit, id.New[org.UnitID]()}})
	for _, code := range []errs.Code{"field.required", "summons.due", "summons.self", "unit.not_found"} {
		if !errors.Is(err, errs.New(errs.Invalid, code)) {
			t.Errorf("%v does not name %s", err, code)
		}
	}
	in.ID = id.New[casework.SummonsID]()
	s, err := w.Call(ctx, street, in)
	o.must(err)
	_, err = w.Call(ctx, street, in)
	wants(t, err, errs.Conflict, "summons.exists")
	do := func(actor org.Actor, cmd casework.CallCommand) error {
		cmd.Summons = s
		return w.Do(ctx, actor, cmd)
	}
	list := func(actor org.Actor, show casework.SummonsShow, want int) {
		t.Helper()
		all, err := w.List(ctx, actor, casework.SummonsFilter{Show: show})
		if err != nil || len(all) != want {
			t.Errorf("%s of %s: %d, %v", show, actor.Roles, len(all), err)
		}
	}
	list(o.unit, casework.SummonsCalled, 1)
	list(street, casework.SummonsSent, 1)
	list(o.agent, casework.SummonsMissed, 0)
	o.must(do(o.unit, casework.CallCommand{Move: casework.CallAck}))
	wants(t, do(o.unit, casework.CallCommand{Move: casework.CallAck}), errs.Conflict, "summons.state")
	wants(t, do(o.unit, casework.CallCommand{Move: casework.CallScore, Unit: o.unit.Unit, Marks: casework.Marks{Prompt: 5, Duty: 5, Effect: 5}}), errs.Forbidden, "summons.not_yours")
	wants(t, do(o.unit, casework.CallCommand{Move: casework.CallArrive}), errs.Invalid, "field.required")
	o.must(do(o.unit, casework.CallCommand{Move: casework.CallArrive, Text: "中队长等 3 人"}))
	stranger := org.Actor{Account: o.account, Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	wants(t, do(stranger, casework.CallCommand{Move: casework.CallAck}), errs.NotFound, "summons.not_found")

	clock := casework.NewClock(o.cases, o.planner)
	for range 2 { // an outage, and again
		_, err = clock.RunDue(ctx, due.Add(time.Hour))
		o.must(err)
	}
	o.now = due.Add(time.Hour)
	list(o.agent, casework.SummonsMissed, 1)
	list(o.other, casework.SummonsMissed, 1)
	_, history := o.addsUp(s)
	chased := map[string]int{}
	for _, e := range history {
		if e.Move == casework.CallChase {
			chased[string(e.Unit)+e.Text]++
		}
	}
	if len(chased) != 2 || chased[string(o.other.Unit)+"late"] != 1 || chased[string(o.other.Unit)+"late_boss"] != 1 {
		t.Errorf("chased %v", chased)
	}
	o.must(do(o.unit, casework.CallCommand{Move: casework.CallReport, Text: "摊位已清理"}))
	wants(t, do(street, casework.CallCommand{Move: casework.CallScore, Unit: o.unit.Unit, Marks: casework.Marks{Prompt: 6}}), errs.Invalid, "summons.marks")
	o.must(do(street, casework.CallCommand{Move: casework.CallScore, Unit: o.unit.Unit, Marks: casework.Marks{Prompt: 5, Duty: 4, Effect: 4}}))
	o.must(do(street, casework.CallCommand{Move: casework.CallScore, Unit: o.other.Unit, Marks: casework.Marks{Prompt: 1, Duty: 1, Effect: 1}, Text: "没有来"}))
	stands, _ := o.addsUp(s)
	if stands.Open() {
		t.Errorf("still open %+v", stands)
	}
	list(street, casework.SummonsEnded, 1)
	list(o.agent, casework.SummonsMissed, 0)
	scores, err := w.Scores(ctx, o.agent)
	o.must(err)
	for _, sc := range scores {
		if sc.Unit == o.unit.Unit && (sc.Called != 1 || sc.InTime != 1 || sc.Average.Prompt != 5) || sc.Unit == o.other.Unit && sc.Missed != 1 {
			t.Errorf("scored %+v", sc)
		}
	}
	if len(scores) != 2 {
		t.Errorf("%d units are scored", len(scores))
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE object = $1`, "summons:"+string(s)); n != 6 {
		t.Errorf("%d audit lines", n)
	}
	if n := o.count(`SELECT count(*) FROM assignment`); n != 0 {
		t.Errorf("a whistle assigned %d", n)
	}
}

// TestAUnitThatWasCalledStaysKnown: out of service, it is still named.
func TestAUnitThatWasCalledStaysKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, street := o.whistles()
	_, err := w.Call(t.Context(), street, casework.Summoning{Matter: "油烟", Place: "松柏路", Due: o.now.Add(time.Hour), Units: []org.UnitID{o.units[2].ID}})
	o.must(err)
	o.must(o.SaveListing(t.Context(), postgres.Listing{Units: o.units[:2]}, org.Audit{At: start, Action: "import_units", Object: "directory"}))
	if n := o.count(`SELECT count(*) FROM unit WHERE retired AND id = ANY ($1::uuid[])`, []org.UnitID{o.units[2].ID, street.Unit}); n != 2 {
		t.Errorf("%d units that a summons names are left", n)
	}
}

// TestTwoAnswerASummonsAtOnce: one wins, the other is told; the history stays
// whole.
func TestTwoAnswerASummonsAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, street := o.whistles()
	s, err := w.Call(t.Context(), street, casework.Summoning{Matter: "油烟", Place: "松柏路", Due: o.now.Add(time.Hour), Units: []org.UnitID{o.unit.Unit, o.other.Unit}})
	o.must(err)
	var wg sync.WaitGroup
	failed := make([]error, 8)
	for i := range failed {
		wg.Go(func() {
			failed[i] = w.Do(t.Context(), o.unit, casework.CallCommand{Summons: s, Move: casework.CallArrive, Text: "两人"})
		})
	}
	wg.Go(func() { _, _ = casework.NewClock(o.cases, o.planner).RunDue(t.Context(), o.now.Add(2*time.Hour)) })
	wg.Wait()
	won := 0
	for _, err := range failed {
		if err == nil {
			won++
		} else {
			wants(t, err, errs.Conflict, "summons.state")
		}
	}
	if won != 1 {
		t.Errorf("%d arrived", won)
	}
	o.addsUp(s)
}

// TestAWhistleForACase: only who works on it calls, its history says so, and
// files are the summons' own.
func TestAWhistleForACase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w, street := o.whistles()
	ctx := t.Context()
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	in := casework.Summoning{Case: d.ID, Matter: "油烟", Place: "松柏路", Due: o.now.Add(time.Hour), Units: []org.UnitID{o.other.Unit}}
	_, err := w.Call(ctx, street, in)
	wants(t, err, errs.NotFound, "case.not_found")
	_, err = o.stage.Do(ctx, o.unit, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Whistle})
	wants(t, err, errs.Forbidden, "case.not_yours")
	o.must(casework.NewHands(o.stage, o, o).Down(ctx, o.unit, d.ID, d.Version, street.Unit, time.Time{}, ""))
	s, err := w.Call(ctx, street, in)
	o.must(err)
	after := o.of(d.Matter)
	history := o.rebuilds(after)
	if last := history[len(history)-1]; last.Move != casework.Whistle || last.Reason != string(s) || after.Unit != o.unit.Unit || after.Version == after.Last {
		t.Errorf("the case says %+v, stands %+v", last, after.Case)
	}
	body := []byte("%PDF-1.7 现场记录")
	wants(t, w.Attach(ctx, o.agent, s, "a.pdf", body), errs.Forbidden, "summons.not_yours")
	wants(t, w.Attach(ctx, o.other, s, "a.exe", []byte("MZ")), errs.Invalid, "file.kind")
	o.must(w.Attach(ctx, o.other, s, "记录.pdf", body))
	files, err := w.Files(ctx, street, s)
	if err != nil || len(files) != 1 || files[0].Name != "记录.pdf" {
		t.Fatalf("files %+v, %v", files, err)
	}
	if f, err := w.ReadFile(ctx, o.agent, s, files[0].ID); err != nil || string(f.Body) != string(body) {
		t.Errorf("read %v", err)
	}
	if none, err := o.Attachments(ctx, casework.Folder{Case: d.ID}); err != nil || len(none) != 0 {
		t.Errorf("the case has %+v, %v", none, err)
	}
}

// TestALeaderInstructs: the order reaches the unit named, is chased, answered
// and struck off, and the case is in the leader's lists meanwhile.
func TestALeaderInstructs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	leader := org.Actor{Account: o.colleague("leader"), Roles: org.Roles{org.RoleLeader}}
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	list := func(show casework.Show, want int) {
		t.Helper()
		page, counts, err := o.stage.List(t.Context(), leader, casework.Filter{Show: show})
		if err != nil || len(page) != want || counts[show] != want {
			t.Errorf("%s: %d cases, %d counted, %v", show, len(page), counts[show], err)
		}
	}
	list(casework.ShowKey, 0)
	d = o.do(o.agent, d, casework.Command{Move: casework.Flag})
	list(casework.ShowFlagged, 1)
	if got, _, err := o.stage.Get(t.Context(), leader, d.ID); err != nil || got.Receipt != "" {
		t.Errorf("a leader reads the receipt %q, %v", got.Receipt, err)
	}
	_, err := o.stage.Do(t.Context(), o.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Instruct, Text: "x"})
	wants(t, err, errs.Forbidden, "case.not_yours")
	_, err = o.stage.Do(t.Context(), leader, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Instruct, Reason: string(id.New[org.UnitID]()), Text: "x", Until: o.now.Add(time.Hour)})
	wants(t, err, errs.Invalid, "case.instructed")
	_, err = o.stage.Do(t.Context(), leader, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Close})
	wants(t, err, errs.Forbidden, "case.not_yours")
	until := o.now.Add(3 * time.Hour)
	d = o.do(leader, d, casework.Command{Move: casework.Instruct, Text: "请三小时内报处置情况", Until: until})
	list(casework.ShowLeader, 1)
	list(casework.ShowKey, 1)
	if d.OrderUnit != o.unit.Unit || d.Ordered != casework.OrderWaits {
		t.Errorf("instructed %+v", d.Case)
	}
	_, err = casework.NewClock(o.cases, o.planner).RunDue(t.Context(), until.Add(time.Minute))
	o.must(err)
	d = o.do(o.unit, o.of(d.Matter), casework.Command{Move: casework.Feedback, Text: "已处置"})
	d = o.do(o.agent, d, casework.Command{Move: casework.StrikeOff})
	d = o.do(leader, d, casework.Command{Move: casework.Unflag})
	list(casework.ShowLeader, 0)
	list(casework.ShowKey, 0)
	late := 0
	for _, e := range o.rebuilds(d) {
		if e.Reason == string(casework.MarkOrder) {
			late++
		}
	}
	if late != 1 {
		t.Errorf("chased %d times", late)
	}
}
