package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

func (o *office) memos() *casework.Memos { return casework.NewMemos(o.cases, o.stage) }

// TestAMemoIsADocument: numbered, about several cases of a unit, acknowledged and
// answered by people of it, on the record of each case.
func TestAMemoIsADocument(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, memos := t.Context(), o.memos()
	a, b := o.file("a", 0), o.file("b", 0)
	send := func(n casework.NewMemo) (casework.Memo, error) { return memos.Send(ctx, o.agent, n) }
	due := o.now.AddDate(0, 0, 5)
	for _, tt := range []struct {
		name string
		memo casework.NewMemo
		want errs.Code
	}{
		{"nothing", casework.NewMemo{Due: due}, "field.required"},
		{"no such case", casework.NewMemo{Body: "请集中整治", Due: due, Cases: []string{"990101-19990101-0001"}}, "memo.case"},
		{"too late", casework.NewMemo{Body: "请集中整治", Due: o.now, Cases: []string{a.Number}}, "memo.due"},
	} {
		if _, err := send(tt.memo); errs.KindOf(err) != errs.Invalid || errs.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	_, err := memos.Send(ctx, o.unit, casework.NewMemo{Body: "x", Due: due, Cases: []string{a.Number}})
	wants(t, err, errs.Forbidden, "role.forbidden")
	one := id.New[casework.MemoID]()
	m, err := send(casework.NewMemo{ID: one, Title: "关于油烟扰民的提醒函", Body: "请集中整治", Due: due, Cases: []string{a.Number, string(b.ID)}})
	o.must(err)
	if m.Code() != "〔2026〕1 号" || len(m.Cases) != 2 || m.Unit != o.unit.Unit {
		t.Errorf("sent %+v", m)
	}
	_, err = send(casework.NewMemo{ID: one, Body: "请集中整治", Due: due, Cases: []string{string(o.file("c", 0).ID)}})
	wants(t, err, errs.Conflict, "memo.exists")
	_, err = send(casework.NewMemo{Body: "再发一封", Due: due, Cases: []string{a.Number}})
	wants(t, err, errs.Invalid, "memo.not_now")
	next, err := send(casework.NewMemo{Body: "另一件", Due: due, Cases: []string{o.file("d", 0).Number}})
	o.must(err)
	if next.Number != 2 {
		t.Errorf("what failed took a number: the next is %d", next.Number)
	}
	if n := o.count(`SELECT count(*) FROM alert WHERE kind = 'urge' AND case_id = ANY ($1)`, []casework.CaseID{a.ID, b.ID}); n != o.count(`SELECT count(*) FROM account WHERE unit_id = $1`, o.unit.Unit) {
		t.Errorf("%d alerts for one memo", n)
	}

	wants(t, memos.Do(ctx, o.agent, m.ID, casework.MemoAck, ""), errs.Forbidden, "memo.not_yours")
	wants(t, memos.Do(ctx, o.other, m.ID, casework.MemoAck, ""), errs.NotFound, "memo.not_found")
	wants(t, memos.Do(ctx, o.unit, m.ID, casework.MemoAnswer, "已整治"), errs.Conflict, "memo.state")
	o.must(memos.Do(ctx, o.unit, m.ID, casework.MemoAck, ""))
	wants(t, memos.Do(ctx, o.unit, m.ID, casework.MemoAck, ""), errs.Conflict, "memo.state")
	for _, d := range []casework.Docket{a, b} {
		if d = o.of(d.Matter); d.Letter || d.Letters != 1 {
			t.Errorf("acknowledged, and the case says %+v", d.Case)
		}
		o.rebuilds(d)
	}
	wants(t, memos.Do(ctx, o.unit, m.ID, casework.MemoAnswer, " "), errs.Invalid, "field.required")
	o.must(memos.Do(ctx, o.unit, m.ID, casework.MemoAnswer, "已整治"))
	got, err := memos.Get(ctx, o.unit, m.ID)
	o.must(err)
	ack, _ := got.Did(casework.MemoAck)
	if got.State() != casework.MemoAnswered || ack.ByName == "" || !ack.At.Equal(o.now) {
		t.Errorf("answered %+v", got)
	}
	for show, want := range map[casework.MemoShow]int{casework.MemoToAck: 1, casework.MemoToAnswer: 0, casework.MemoDone: 1, casework.MemoAll: 2} {
		all, err := memos.List(ctx, o.unit, casework.MemoFilter{Show: show})
		if err != nil || len(all) != want {
			t.Errorf("%s: %d, %v, want %d", show, len(all), err, want)
		}
	}
	if all, err := memos.List(ctx, o.other, casework.MemoFilter{}); err != nil || len(all) != 0 {
		t.Errorf("another unit reads %v, %v", all, err)
	}
}

// TestAMemoIsChasedOnce when it is not acknowledged, and again when it is not
// answered; what was done by then is not.
func TestAMemoIsChasedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, memos := t.Context(), o.memos()
	d := o.file("a", 0)
	m, err := memos.Send(ctx, o.agent, casework.NewMemo{Body: "请办理", Due: o.now.AddDate(0, 0, 6), Cases: []string{d.Number}})
	o.must(err)
	clock := casework.NewClock(o.cases, o.planner)
	chased := func(want ...casework.MarkKind) {
		t.Helper()
		for range 2 {
			_, err := clock.RunDue(ctx, o.now)
			o.must(err)
		}
		m, err := memos.Get(ctx, o.agent, m.ID)
		o.must(err)
		var got []casework.MarkKind
		for _, e := range m.Events {
			if e.Move == casework.MemoChase {
				got = append(got, casework.MarkKind(e.Text))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || o.count(`SELECT count(*) FROM case_event WHERE case_id = $1 AND reason LIKE 'memo%'`, d.ID) != len(want) {
			t.Errorf("chased %v, want %v", got, want)
		}
	}
	chased()
	o.now = m.AckDue.Add(time.Minute)
	if late, err := memos.List(ctx, o.agent, casework.MemoFilter{Show: casework.MemoOverdue}); err != nil || len(late) != 1 {
		t.Errorf("late: %v, %v", late, err)
	}
	chased(casework.MarkMemo)
	o.must(memos.Do(ctx, o.unit, m.ID, casework.MemoAck, ""))
	o.now = m.Due.Add(time.Minute)
	chased(casework.MarkMemo, casework.MarkMemoAnswer)
	o.must(memos.Do(ctx, o.unit, m.ID, casework.MemoAnswer, "已办"))
	o.now = o.now.AddDate(0, 0, 9)
	chased(casework.MarkMemo, casework.MarkMemoAnswer)
	o.rebuilds(o.of(d.Matter))
}

// TestMemosAreNumberedWithoutGaps however many write at once.
func TestMemosAreNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const many = 8
	var cases []casework.Docket
	for i := range many {
		cases = append(cases, o.file(fmt.Sprint(i), 0))
	}
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			n := casework.NewMemo{Body: "请办理", Cases: []string{cases[i].Number, cases[(i+1)%many].Number}}
			if i%2 == 0 {
				n.Cases = n.Cases[:1]
			}
			_, err := o.memos().Send(t.Context(), o.agent, n)
			if err != nil && errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := o.count(`SELECT count(*) FROM memo`); n < many/2 || n != o.count(`SELECT max(number) FROM memo`) || n != o.count(`SELECT last FROM memo_year`) {
		t.Errorf("%d memos, numbered to %d", n, o.count(`SELECT max(number) FROM memo`))
	}
}

// TestWhoIsComplainedOfReadsNoMemo about that case.
func TestWhoIsComplainedOfReadsNoMemo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, memos := t.Context(), o.memos()
	d := o.file("a", 0)
	m, err := memos.Send(ctx, o.agent, casework.NewMemo{Body: "请办理", Cases: []string{d.Number}})
	o.must(err)
	o.must(o.ExecForTest(ctx, `
		INSERT INTO accusation (matter_id, units, persons, hotline, why, barred, shut_out, by_account, at)
		VALUES ($1, '{}', $2, false, 'x', '{}', $2, $3, $4)`, d.Matter, []org.AccountID{o.unit.Account}, o.agent.Account, o.now))
	_, err = memos.Get(ctx, o.unit, m.ID)
	wants(t, err, errs.NotFound, "memo.not_found")
	if all, err := memos.List(ctx, o.unit, casework.MemoFilter{}); err != nil || len(all) != 0 {
		t.Errorf("listed %v, %v", all, err)
	}
}
