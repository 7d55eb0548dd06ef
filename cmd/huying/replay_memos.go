package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// What the simulation says and reads of letters (提醒函).
type (
	replayMemo struct {
		ID  string    `json:"id"`
		Due time.Time `json:"due"`
	}
	replayMemoMove struct {
		Move string `json:"move"`
		Text string `json:"text,omitempty"`
	}
)

// letter is a letter to the unit (提醒函), which it acknowledges, and answers
// while it works on the case.
func (l *life) letter(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.move(ctx, "", replayMove{Move: "urge", Text: pick(l.dice, letterWords)}); err != nil {
		return nil, err
	}
	return next(l.soon(now), func(ctx context.Context, now time.Time) ([]planned, error) {
		reply, err := l.confirm(ctx, now)
		if err != nil {
			return nil, err
		}
		own, err := l.work(now)
		return append(own, reply...), err
	})
}

// confirm acknowledges the letter and plans its answer: punctual units are in
// time, of the others most are late, and some never answer.
func (l *life) confirm(ctx context.Context, now time.Time) ([]planned, error) {
	unit := l.kase.Unit
	if err := l.move(ctx, unit, replayMove{Move: "confirm"}); err != nil {
		return nil, err
	}
	var found struct {
		Memos []replayMemo `json:"memos"`
	}
	if err := l.send(ctx, http.MethodGet, "/memos?show=acked&limit=1&case="+l.kase.ID, l.token(unit), nil, &found); err != nil {
		return nil, err
	}
	if len(found.Memos) == 0 {
		return nil, errs.New(errs.Internal, "replay.refused", "/memos", "没有已签收的提醒函")
	}
	memo := found.Memos[0]
	at := now.Add(l.between(slot, max(2*slot, memo.Due.Sub(now)*9/10)))
	if !l.hits(l.onTime) {
		if l.hits(neverAnswered) {
			return nil, nil
		}
		at = memo.Due.Add(l.between(slot, 3*24*time.Hour))
	}
	return []planned{{at: at, do: l.replyTo(memo, unit, pick(l.dice, memoWords))}}, nil
}

// neverAnswered is the share of the letters not answered in time that are never
// answered.
const neverAnswered = 0.3

// replyTo is a unit's answer to a letter. It goes on beside what becomes of the
// case, so nothing of the life is drawn or read for it by then.
func (l *life) replyTo(memo replayMemo, unit, words string) deed {
	return func(ctx context.Context, _ time.Time) ([]planned, error) {
		err := l.send(ctx, http.MethodPost, "/memos/"+memo.ID+"/moves", l.token(unit), replayMemoMove{Move: string(casework.MemoAnswer), Text: words}, nil)
		if err == nil {
			l.count(memoAnswered)
		}
		return nil, err
	}
}

// memoAnswered is under what the city counts the letters that were answered.
const memoAnswered = "answer_memo"

// memoCount counts the letters to units.
type memoCount struct{ all, answered, inTime, chases int }

// memos reads all letters back and holds them against what must hold: numbered
// without gaps, each chased for what was owed at its date, and for nothing else,
// once.
func (f *findings) memos(ctx context.Context, list func(context.Context, casework.MemoFilter) ([]casework.Memo, error), moved map[string]int, now time.Time) error {
	const page = 200
	last := map[int]map[int]bool{} // numbers, by year
	said := map[string]int{}       // reminders on a case that letters explain, by number and kind
	acks := 0
	for before := casework.MemoID(""); ; {
		all, err := list(ctx, casework.MemoFilter{Show: casework.MemoAll, Now: now, Reader: org.Actor{}, Before: before, Limit: page})
		if err != nil {
			return err
		}
		for _, m := range all {
			if last[m.Year] == nil {
				last[m.Year] = map[int]bool{}
			}
			last[m.Year][m.Number] = true
			_, acked := m.Did(casework.MemoAck)
			acks += one(acked)
			f.memo(m, now, said)
		}
		if len(all) < page {
			break
		}
		before = all[len(all)-1].ID
	}
	for year, numbers := range last {
		for n := range len(numbers) {
			if !numbers[n+1] {
				f.breaks("提醒函编号不跳号", fmt.Sprintf("〔%d〕%d 号", year, n+1))
			}
		}
	}
	for key, n := range f.memoLate {
		if n > said[key] {
			f.breaks("提醒函不重复催", fmt.Sprintf("%s：工单上 %d 次，提醒函上 %d 次", key, n, said[key]))
		}
	}
	if f.letter.all != moved["urge"] || acks != moved["confirm"] || f.letter.answered != moved[memoAnswered] {
		f.breaks("做过的都在经过里", fmt.Sprintf("提醒函 %d 封，签收 %d，答复 %d；记录 %d 封，签收 %d，答复 %d",
			moved["urge"], moved["confirm"], moved[memoAnswered], f.letter.all, acks, f.letter.answered))
	}
	return nil
}

// memo takes in one letter.
func (f *findings) memo(m casework.Memo, now time.Time, said map[string]int) {
	f.letter.all++
	answer, answered := m.Did(casework.MemoAnswer)
	f.letter.answered += one(answered)
	f.letter.inTime += one(answered && !answer.At.After(m.Due))
	chased, at := map[casework.MarkKind]int{}, map[casework.MarkKind]time.Time{}
	for i, e := range m.Events {
		if i > 0 && e.At.Before(m.Events[i-1].At) || e.Ordinal != i {
			f.breaks("经过按时间先后", m.Code())
		}
		if e.Move != casework.MemoChase {
			continue
		}
		kind := casework.MarkKind(e.Text)
		f.letter.chases++
		chased[kind]++
		at[kind] = e.At
		for _, k := range m.Cases {
			said[k.Number+" "+kind.Words()]++
		}
	}
	for _, mark := range m.Marks() {
		done, did := m.Did(map[casework.MarkKind]casework.MemoMove{casework.MarkMemo: casework.MemoAck, casework.MarkMemoAnswer: casework.MemoAnswer}[mark.Kind])
		what := m.Code() + "：" + mark.Kind.Words()
		switch n := chased[mark.Kind]; {
		case n > 1:
			f.breaks("提醒函不重复催", what)
		case n == 1 && at[mark.Kind].Before(mark.At):
			f.breaks("提醒函不提前催", what)
		case n == 1 && did && done.At.Before(mark.At):
			f.breaks("按时答复的提醒函不催", what)
		case n == 0 && (!did || done.At.After(mark.At.Add(slot))) && mark.At.Add(slot).Before(now): // in a slot the jobs come first
			f.breaks("超期的提醒函都催", what)
		}
	}
}
