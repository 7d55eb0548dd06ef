package postgres_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// tree is a staff whose unit has two others above it, each with people: the next
// with a head and one more, the one above that with somebody alone.
type tree struct {
	*staff
	next, top     org.UnitID
	upper, clerk  org.Actor // of the next, and its head the first
	mayor, beside org.Actor // of the one above that, and of one that is above nothing
}

func newTree(t *testing.T) *tree {
	t.Helper()
	r := &tree{staff: newStaff(t)}
	more := []org.Unit{
		{ID: id.New[org.UnitID](), Name: "松柏街道办事处", Kind: "街道办事处", Area: "440101001"},
		{ID: id.New[org.UnitID](), Name: "华新区人民政府", Kind: "区人民政府", Area: "440101"},
	}
	r.units = append(r.units, more...)
	r.next, r.top = more[0].ID, more[1].ID
	r.putBelow(map[string]string{r.units[1].Name: more[0].Name, more[0].Name: more[1].Name})
	of := func(login string, unit org.UnitID) org.Actor {
		return org.Actor{Account: r.handler(login, unit), Roles: org.Roles{org.RoleUnit}, Unit: unit}
	}
	r.upper, r.clerk, r.mayor, r.beside = of("upper", r.next), of("clerk", r.next), of("mayor", r.top), r.other
	r.must(casework.NewHeads(r.DB, r.stage).Set(t.Context(), r.admin, r.next, []org.AccountID{r.upper.Account}, nil))
	return r
}

// above gives what of told went to units above.
func (r *tree) above(d casework.Docket) []string {
	return slices.DeleteFunc(r.told(d), func(line string) bool { return !strings.HasSuffix(line, ":above") })
}

// sees reports whether a case is there for somebody.
func (r *tree) sees(actor org.Actor, d casework.Docket) bool {
	r.t.Helper()
	_, _, err := r.stage.Get(r.t.Context(), actor, d.ID)
	if err != nil && errs.CodeOf(err) != "case.not_found" {
		r.t.Fatal(err)
	}
	return err == nil
}

// TestAChaseGoesUpTheUnits: the heads' reaches the unit above, the supervisors' the
// one above that, each once; who was told sees the case and what is late below,
// without a say, and nobody before. A unit that is taken out of the tree is not told.
func TestAChaseGoesUpTheUnits(t *testing.T) {
	t.Parallel()
	r := newTree(t)
	d := r.do(r.unit, r.file("a", 0), casework.Command{Move: casework.Accept})
	marks := map[casework.MarkKind]casework.Mark{}
	for _, m := range r.planner.Marks(d.Case, d.Subject) {
		marks[m.Kind] = m
	}
	r.runDue(marks[casework.MarkLate].At)
	wantTold(t, r.above(d))
	if r.sees(r.upper, d) {
		t.Error("who is above sees what was not chased")
	}
	r.runDue(marks[casework.MarkLateHead].At)
	r.runDue(marks[casework.MarkLateHead].At)
	wantTold(t, r.above(d), "upper:late_head:above")
	if !r.sees(r.upper, d) || !r.sees(r.clerk, d) || r.sees(r.mayor, d) || r.sees(r.beside, d) {
		t.Error("the unit above sees it, and no other")
	}
	r.runDue(d.Due.Citizen.AddDate(0, 2, 0))
	wantTold(t, r.above(d), "upper:late_head:above", "mayor:late_boss:above")
	if !r.sees(r.mayor, d) || r.sees(r.beside, d) {
		t.Error("so does the one above that")
	}
	late, counts, err := r.alerts.Chased(t.Context(), r.upper, casework.ChaseFilter{})
	if err != nil || len(late) != 1 || late[0].ID != d.ID || counts[casework.ToLeader] != 1 {
		t.Errorf("late below: %+v, %v, %v", late, counts, err)
	}
	d = r.of(d.Matter)
	_, err = r.stage.Do(t.Context(), r.upper, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Propose, Sure: true, Public: "已办"})
	wants(t, err, errs.Forbidden, "case.not_yours")
	r.rebuilds(d)

	r.putBelow(map[string]string{r.units[3].Name: r.units[4].Name})
	other := r.do(r.unit, r.file("b", 1), casework.Command{Move: casework.Accept})
	r.runDue(other.Due.Citizen.AddDate(0, 2, 0))
	wantTold(t, r.above(other))
	if r.sees(r.upper, other) {
		t.Error("a unit that is above no more sees it")
	}
}

// TestNobodyAboveIsToldOfWhatComplainsOfThem: also where their unit comes to be
// above only since; the next above it is, and who stands in for somebody who is away
// is told in their place.
func TestNobodyAboveIsToldOfWhatComplainsOfThem(t *testing.T) {
	t.Parallel()
	r := newTree(t)
	ctx := t.Context()
	next, top := r.units[3].Name, r.units[4].Name
	r.putBelow(map[string]string{})
	m, s := r.suggest("a", 0, 0, 0.7)
	stage := intake.NewAccusations(r, func() time.Time { return r.now })
	r.must(stage.Set(ctx, r.agent, m, intake.Accusation{Why: "推诿"}, []string{"upper"}, time.Time{}))
	dec := r.confirm(m, s, 0)
	dec.At = r.now
	_, err := r.cases.InsertDecision(ctx, dec, "")
	r.must(err)
	d := r.do(r.unit, r.of(m), casework.Command{Move: casework.Accept})
	r.putBelow(map[string]string{r.units[1].Name: next, next: top})
	r.runDue(d.Due.Citizen.AddDate(0, 2, 0))
	wantTold(t, r.above(d), "mayor:late_boss:above")
	if r.sees(r.upper, d) || !r.sees(r.mayor, d) {
		t.Error("who is complained of sees it, or the next above does not")
	}
	late, _, err := r.alerts.Chased(ctx, r.upper, casework.ChaseFilter{})
	if err != nil || len(late) != 0 {
		t.Errorf("late below: %+v, %v", late, err)
	}

	other := r.do(r.unit, r.file("b", 1), casework.Command{Move: casework.Accept})
	r.must(r.InsertCover(ctx, org.Cover{
		ID: id.New[org.CoverID](), Absent: org.Account{Login: "upper"}, Substitute: org.Account{Login: "clerk"},
		From: r.now, Until: r.now.AddDate(1, 0, 0), By: r.admin.Account, At: r.now,
	}, org.Audit{At: r.now, Action: "set_cover", Object: "cover"}))
	r.runDue(other.Due.Citizen.AddDate(0, 2, 0))
	wantTold(t, r.above(other), "clerk:late_head:above", "mayor:late_boss:above")
}
