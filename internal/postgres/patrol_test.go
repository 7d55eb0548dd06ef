package postgres_test

import (
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/seal"
)

// TestAFindingBecomesACase: what was seen comes in with its picture once, a
// person decides on it, and its reporter and its unit see what became of it.
func TestAFindingBecomesACase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	sealer, err := seal.New([]byte(strings.Repeat("k", 32)))
	o.must(err)
	patrols := casework.NewPatrols(o, intake.New(o, sealer, func() time.Time { return o.now }), o, o.stage, o)
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	f := casework.Finding{Key: "k1", Words: "井盖松动，车压过去响", Place: "松柏 路口", Name: "现场.png", Picture: png}
	_, err = patrols.Report(ctx, o.agent, f)
	wants(t, err, errs.Forbidden, "role.forbidden")
	wrong := f
	wrong.Picture = []byte("MZ")
	if _, err = patrols.Report(ctx, o.other, wrong); err == nil || o.count(`SELECT count(*) FROM message`) != 0 {
		t.Errorf("a wrong picture leaves something: %v", err)
	}
	m, err := patrols.Report(ctx, o.other, f)
	o.must(err)
	if again, err := patrols.Report(ctx, o.other, f); err != nil || again != m || o.count(`SELECT count(*) FROM case_file`) != 1 {
		t.Errorf("sent twice: %s, %v", again, err)
	}
	if another, err := patrols.Report(ctx, o.unit, f); err != nil || another == m {
		t.Errorf("another's key gives their matter: %v", err)
	}
	own, err := patrols.Own(ctx, o.other)
	if err != nil || len(own) != 1 || own[0].Matter != m || !own[0].Open || own[0].Number != "" || own[0].Place != "松柏 路口" {
		t.Fatalf("reported %+v, %v", own, err)
	}
	if n := o.count(`SELECT count(*) FROM assignment`); n != 0 {
		t.Errorf("a finding assigned %d", n)
	}
	d := o.confirm(m, "", 0)
	d.At = o.now
	_, err = o.cases.InsertDecision(ctx, d, "")
	o.must(err)
	filed := o.of(m)
	if own, err = patrols.Own(ctx, o.other); err != nil || own[0].Open || own[0].Number != filed.Number || own[0].State != casework.Waiting {
		t.Errorf("decided %+v, %v", own, err)
	}
	o.endsWithoutCitizen(filed)
	files := casework.NewAttachments(o, o.stage)
	all, err := files.Of(ctx, o.unit, filed.ID)
	if err != nil || len(all) != 1 || all[0].Matter != m {
		t.Fatalf("the unit sees %+v, %v", all, err)
	}
	if got, err := files.Read(ctx, o.unit, filed.ID, all[0].ID); err != nil || string(got.Body) != string(png) {
		t.Errorf("read: %v", err)
	}
	stranger := org.Actor{Account: o.account, Roles: org.Roles{org.RoleUnit}, Unit: o.units[2].ID}
	if filed.RelationOf(stranger) == casework.Stranger {
		_, err = files.Read(ctx, stranger, filed.ID, all[0].ID)
		wants(t, err, errs.NotFound, "case.not_found")
	}
}

// endsWithoutCitizen closes what was found on patrol: nobody is told, nobody
// waits to be called back, and it counts in no rate that citizens make.
func (o *office) endsWithoutCitizen(filed casework.Docket) {
	o.t.Helper()
	ctx := o.t.Context()
	d := o.do(o.unit, filed, casework.Command{Move: casework.Accept})
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Public: "井盖已更换", Sure: true})
	d = o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	if counts, why := d.Counts(); counts || why != "巡查发现，没有诉求人可回访，不计入三率" {
		o.t.Errorf("counts %v, %s", counts, why)
	}
	_, err := o.stage.Do(ctx, o.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.CallBack, Answers: casework.Answers{Reached: true}})
	wants(o.t, err, errs.Conflict, "case.found")
	if o.stage.May(o.agent, d, casework.CallBack) || !o.stage.May(o.agent, d, casework.Reopen) {
		o.t.Error("the page offers to call nobody, or what was not done is not handled again")
	}
	list, counts, err := o.stage.List(ctx, o.agent, casework.Filter{Show: casework.ShowCalls})
	o.must(err)
	if n := o.count(`SELECT count(*) FROM notification`); len(list) != 0 || counts[casework.ShowCalls] != 0 || n != 0 {
		o.t.Errorf("%d wait for a call, counted %d, %d letters", len(list), counts[casework.ShowCalls], n)
	}
	o.must(o.ExecForTest(ctx, `UPDATE work_case SET joined = 1 WHERE id = $1`, d.ID)) // as the merge of a citizen's case does
	if list, _, err = o.stage.List(ctx, o.agent, casework.Filter{Show: casework.ShowCalls}); err != nil || len(list) != 1 {
		o.t.Errorf("a citizen whose case was merged into it is not called: %d, %v", len(list), err)
	}
}
