package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
)

// prompted notes the matters for which a suggestion is asked.
type prompted []intake.MatterID

func (p *prompted) Prompt(_ context.Context, matters ...intake.MatterID) { *p = append(*p, matters...) }

// TestACaseIsDivided: what is cut off is decided on by a person and filed with
// the citizen's clock of the first filing; both sides say so, both receipts show
// both.
func TestACaseIsDivided(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	asked := &prompted{}
	dividing := casework.NewDividing(o.cases, o.stage, asked)
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	_, err := dividing.Divide(ctx, o.unit, d.ID, d.Version, "油烟", "路灯不亮", "")
	wants(t, err, errs.Forbidden, "case.not_yours")
	_, err = dividing.Divide(ctx, o.agent, d.ID, d.Version, "油烟", " ", "")
	wants(t, err, errs.Invalid, "field.required")
	_, err = dividing.Divide(ctx, o.agent, d.ID, d.Version, "油烟", "油烟", "")
	wants(t, err, errs.Invalid, "case.split_same")
	_, err = o.stage.Do(ctx, o.agent, casework.Command{Case: d.ID, Seen: d.Version, Move: casework.Divide})
	wants(t, err, errs.Forbidden, "case.not_yours")
	before := o.count(`SELECT count(*) FROM assignment`)
	o.now = o.now.Add(3 * 24 * time.Hour)
	other, err := dividing.Divide(ctx, o.agent, d.ID, d.Version, "烧烤店油烟太大", "楼道路灯不亮", "两件事")
	o.must(err)
	_, err = dividing.Divide(ctx, o.agent, d.ID, d.Version, "烧烤店", "路灯", "")
	wants(t, err, errs.Conflict, "case.moved")
	if n := o.count(`SELECT count(*) FROM assignment`); n != before {
		t.Errorf("a division assigned %d", n-before)
	}
	if len(*asked) != 1 || (*asked)[0] != other {
		t.Errorf("suggested for %v", *asked)
	}
	after := o.of(d.Matter)
	if after.Text != "烧烤店油烟太大" || after.Unit != d.Unit || after.State != d.State || !after.Due.Citizen.Equal(d.Due.Citizen) {
		t.Errorf("what stays %+v", after)
	}
	history := o.rebuilds(after)
	if last := history[len(history)-1]; last.Move != casework.Divide || last.Reason != string(other) || last.Text != "两件事" {
		t.Errorf("the first side says %+v", last)
	}
	kin, err := dividing.OfReceipt(ctx, d.Receipt)
	if err != nil || len(kin) != 1 || !kin[0].Open || kin[0].Case != "" || kin[0].Text != "楼道路灯不亮" {
		t.Fatalf("before the decision %+v, %v", kin, err)
	}

	decision := o.confirm(other, "", 1)
	decision.Kind, decision.Lead, decision.Co, decision.At = classifier.Correct, o.other.Unit, nil, o.now
	_, err = o.cases.InsertDecision(ctx, decision, "")
	o.must(err)
	second := o.of(other)
	if second.Unit != o.other.Unit || second.ID == d.ID || second.Number == d.Number || second.Receipt == d.Receipt {
		t.Errorf("the second %+v", second)
	}
	if !second.Due.FiledAt.Equal(d.Due.FiledAt) || !second.Due.HandedAt.Equal(o.now) {
		t.Errorf("clocks of the second %+v, of the first %+v", second.Due, d.Due)
	}
	history = o.rebuilds(second)
	if len(history) != 2 || history[0].Move != casework.File || history[1].Move != casework.Stem || history[1].Reason != string(d.ID) {
		t.Errorf("the second side says %+v", history)
	}
	for receipt, want := range map[string]casework.CaseID{d.Receipt: second.ID, second.Receipt: d.ID} {
		kin, err := dividing.OfReceipt(ctx, receipt)
		if err != nil || len(kin) != 1 || kin[0].Case != want || kin[0].Docket.ID != want {
			t.Errorf("with %s one sees %+v, %v", receipt, kin, err)
		}
	}
	third, err := dividing.Divide(ctx, o.agent, second.ID, second.Version, "楼道路灯不亮", "电梯停运", "")
	o.must(err)
	if kin, err := dividing.OfReceipt(ctx, d.Receipt); err != nil || len(kin) != 2 || kin[1].Matter != third {
		t.Errorf("after the second cut %+v, %v", kin, err)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'divide_case'`); n != 2 {
		t.Errorf("%d audit lines", n)
	}
}

// TestTwoDivideAtOnce: one wins.
func TestTwoDivideAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	dividing := casework.NewDividing(o.cases, o.stage, &prompted{})
	d := o.file("a", 0)
	failed := make([]error, 6)
	var wg sync.WaitGroup
	for i := range failed {
		wg.Go(func() {
			_, failed[i] = casework.NewDividing(o.cases, o.stage, &prompted{}).Divide(t.Context(), o.agent, d.ID, d.Version, "油烟", "路灯", "")
		})
	}
	wg.Wait()
	won := 0
	for _, err := range failed {
		if err == nil {
			won++
		} else {
			wants(t, err, errs.Conflict, "case.moved")
		}
	}
	if kin, err := dividing.OfReceipt(t.Context(), d.Receipt); won != 1 || err != nil || len(kin) != 1 {
		t.Errorf("%d won, %d cut off, %v", won, len(kin), err)
	}
	o.rebuilds(o.of(d.Matter))
}

// TestWhatIsSharedIsOnRecord: the last word counts, each is kept.
func TestWhatIsSharedIsOnRecord(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	files := casework.NewAttachments(o, o.stage)
	d, other := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept}), o.file("b", 1)
	o.must(files.Attach(ctx, o.unit, d.ID, "记录.pdf", []byte("%PDF-1.7")))
	all, err := files.Of(ctx, o.agent, d.ID)
	if err != nil || len(all) != 1 || all[0].Shown {
		t.Fatalf("attached %+v, %v", all, err)
	}
	wants(t, files.Share(ctx, o.unit, d.ID, all[0].ID, true), errs.Forbidden, "case.not_yours")
	wants(t, files.Share(ctx, o.agent, other.ID, all[0].ID, true), errs.NotFound, "file.not_found")
	for _, shown := range []bool{true, false, true} {
		o.must(files.Share(ctx, o.agent, d.ID, all[0].ID, shown))
	}
	if got, err := files.OfReceipt(ctx, d.Receipt); err != nil || len(got) != 0 {
		t.Errorf("before closing %+v, %v", got, err)
	}
	d = o.do(o.unit, o.of(d.Matter), casework.Command{Move: casework.Propose, Sure: true, Public: "已办"})
	o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	if got, err := files.OfReceipt(ctx, d.Receipt); err != nil || len(got) != 1 {
		t.Errorf("after closing %+v, %v", got, err)
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE object = $1`, "file:"+string(all[0].ID)); n != 3 {
		t.Errorf("%d audit lines", n)
	}
}
