package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Limits of a memo.
const (
	MaxMemoCases  = 20
	MaxMemoTitle  = 60
	MaxMemoBody   = 2000
	maxMemoDays   = 90
	usualMemoName = "关于办理诉求的提醒函"
)

// MemoStore keeps memos.
type MemoStore interface {
	// SendMemo gives a memo the next number of its year and stores it with its
	// marks, the steps that plan makes of its cases, in order, and the audit line.
	// One with the same id is there already: errs.Conflict "memo.exists".
	SendMemo(ctx context.Context, m Memo, plan func(m Memo, at int) Plan, line org.Audit) (Memo, error)
	// Memo gives one, or errs.NotFound "memo.not_found", also to a reader of whom
	// one of its cases complains.
	Memo(ctx context.Context, m MemoID, reader org.Actor) (Memo, error)
	// Memos lists them.
	Memos(ctx context.Context, f MemoFilter) ([]Memo, error)
	// MoveMemo holds a memo and stores the event that event makes of it as it
	// stands, and the step that plan makes of each of its cases, with the audit
	// line. A step that is an errs.Conflict is left out.
	MoveMemo(ctx context.Context, m MemoID, event func(Memo) (MemoEvent, error), plan Plan, line org.Audit) error
}

// Memos is where the hotline writes to units, and units acknowledge and answer.
// It is safe for concurrent use.
type Memos struct {
	store MemoStore
	cases *Cases
}

// NewMemos makes Memos.
func NewMemos(store MemoStore, cases *Cases) *Memos { return &Memos{store: store, cases: cases} }

// NewMemo is what somebody wants to write.
type NewMemo struct {
	ID    MemoID // the client's own, so that a form that is sent twice sends once; empty: one is made
	Title string // empty: the usual one
	Body  string
	Due   time.Time // zero: as the rules say
	Cases []string  // ids or numbers; all of one unit, to which it goes
}

// Send writes to the unit that answers for some cases. An errs.List names each
// faulty field.
func (s *Memos) Send(ctx context.Context, actor org.Actor, n NewMemo) (Memo, error) {
	if err := org.Can(actor, org.ActSupervise); err != nil {
		return Memo{}, err
	}
	now := s.cases.now().UTC().Truncate(time.Microsecond)
	rules, cal := s.cases.planner.Rules(), s.cases.planner.cal
	if n.ID != "" {
		if _, err := s.store.Memo(ctx, n.ID, actor); err == nil { // its form was sent twice
			return Memo{}, errs.New(errs.Conflict, "memo.exists")
		}
	}
	m := Memo{ID: n.ID, Title: strings.TrimSpace(n.Title), Body: strings.TrimSpace(n.Body), By: actor.Account, At: now, Due: n.Due.UTC().Truncate(time.Microsecond)}
	if m.ID == "" {
		m.ID = id.New[MemoID]()
	}
	if m.Title == "" {
		m.Title = usualMemoName
	}
	if n.Due.IsZero() {
		m.Due = cal.Add(now, rules.MemoAnswer).UTC()
	}
	if m.AckDue = cal.Add(now, rules.MemoAck).UTC(); m.AckDue.After(m.Due) {
		m.AckDue = m.Due
	}
	m.Year = now.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Year()
	faults := m.check(now)
	docket, err := s.about(ctx, actor, n.Cases, &m, &faults)
	if err != nil {
		return Memo{}, err
	}
	if err := faults.OrNil(); err != nil {
		return Memo{}, err
	}
	m.Title, _ = s.cases.mask(m.Title)
	m.Body, _ = s.cases.mask(m.Body)
	line := org.Audit{At: now, Actor: actor.Account, Action: "send_memo", Object: "memo:" + string(m.ID), Detail: docket}
	return s.store.SendMemo(ctx, m, func(m Memo, at int) Plan {
		e := Event{At: now, By: actor.Account, Move: Urge, Reason: string(m.ID), Text: cut(m.Body, MaxTextRunes)}
		return func(c Case, subject Subject) (Step, error) {
			if c.Unit != m.Unit {
				return Step{}, errs.New(errs.Conflict, "case.moved")
			}
			step, err := s.cases.planner.Plan(c, subject, e, time.Time{})
			step.Silent = at > 0 // one memo, one alert
			return step, err
		}
	}, line)
}

// cut gives the beginning of a text that is longer than some characters.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// Urge writes about one case alone, with the usual title and dates. seen is the
// version on the screen.
func (s *Memos) Urge(ctx context.Context, actor org.Actor, c CaseID, seen int, body string) error {
	_, err := s.cases.toMove(ctx, actor, c, seen, Urge)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(body) == "":
		return errs.New(errs.Invalid, "field.required", "正文").In("text")
	}
	_, err = s.Send(ctx, actor, NewMemo{Body: body, Cases: []string{string(c)}})
	return err
}

// check is what is wrong with a new memo, but for its cases.
func (m Memo) check(now time.Time) (f faultsOf) {
	f.text(&m.Title, "title", "标题", MaxMemoTitle, false)
	f.text(&m.Body, "body", "正文", MaxMemoBody, true)
	if !m.Due.After(now) || m.Due.Sub(now) > maxMemoDays*24*time.Hour {
		f.bad("due", "memo.due", maxMemoDays)
	}
	return f
}

// about finds the cases of a new memo, and the unit that they are of. It gives
// their numbers.
func (s *Memos) about(ctx context.Context, actor org.Actor, cases []string, m *Memo, faults *faultsOf) (string, error) {
	bad := func(code errs.Code, args ...any) {
		faults.bad("cases", code, args...)
	}
	var numbers []string
	for _, one := range cases {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		key := Key{Number: one}
		if id.Valid(CaseID(one)) {
			key = Key{ID: CaseID(one)}
		}
		d, err := s.cases.store.Docket(ctx, key)
		if err == nil {
			err = d.showTo(actor)
		}
		switch {
		case err != nil && errs.KindOf(err) == errs.NotFound:
			bad("memo.case", one)
			continue
		case err != nil:
			return "", err
		case slices.Contains(numbers, d.Number):
			continue
		case m.Unit != "" && m.Unit != d.Unit:
			bad("memo.unit", d.Number)
			continue
		}
		if err := s.cases.planner.AllowedOn(d, Urge, s.cases.now()); err != nil {
			bad("memo.not_now", d.Number, errs.Sentence(err))
			continue
		}
		m.Unit, numbers = d.Unit, append(numbers, d.Number)
		m.Cases = append(m.Cases, MemoCase{d.ID, d.Number})
	}
	switch n := len(m.Cases); {
	case n == 0 && len(faults.List) == 0, n == 0 && !slices.ContainsFunc(faults.List, func(e *errs.Error) bool { return e.Field == "cases" }):
		bad("field.required", "哪些工单")
	case n > MaxMemoCases:
		bad("memo.many", MaxMemoCases)
	}
	return strings.Join(numbers, "、"), nil
}

// List gives memos: to people of a unit those to it, to those who dispatch all.
func (s *Memos) List(ctx context.Context, actor org.Actor, f MemoFilter) ([]Memo, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return nil, err
	}
	switch {
	case org.Can(actor, org.ActReadAllCases) == nil:
	case org.Can(actor, org.ActHandle) == nil && id.Valid(actor.Unit):
		f.Unit = actor.Unit
	default:
		return nil, errs.New(errs.Forbidden, "memo.not_yours", "看提醒函")
	}
	if f.Show.Label() == "" {
		f.Show = MemoAll
	}
	if f.Before != "" && !id.Valid(f.Before) {
		return nil, errs.New(errs.Invalid, "field.invalid", "页码", string(f.Before)).In("before")
	}
	f.Now, f.Reader, f.Limit = s.cases.now(), actor, pageOf(f.Limit)
	return s.store.Memos(ctx, f)
}

// Get gives a memo to the unit it goes to and to those who see all cases.
func (s *Memos) Get(ctx context.Context, actor org.Actor, m MemoID) (Memo, error) {
	if err := org.Can(actor, org.ActReadCases); err != nil {
		return Memo{}, err
	}
	if !id.Valid(m) {
		return Memo{}, errs.New(errs.NotFound, "memo.not_found")
	}
	memo, err := s.store.Memo(ctx, m, actor)
	if err == nil && !memo.to(actor) && org.Can(actor, org.ActReadAllCases) != nil {
		err = errs.New(errs.NotFound, "memo.not_found")
	}
	return memo, err
}

// to reports whether somebody is of the unit that it goes to.
func (m Memo) to(actor org.Actor) bool {
	return org.Can(actor, org.ActHandle) == nil && actor.Unit != "" && actor.Unit == m.Unit
}

// May tells whether an actor may make a move on a memo now.
func (s *Memos) May(actor org.Actor, m Memo, move MemoMove) bool {
	return m.to(actor) && m.allowed(move) == nil
}

// Do acknowledges or answers a memo, by people of its unit.
func (s *Memos) Do(ctx context.Context, actor org.Actor, m MemoID, move MemoMove, text string) error {
	memo, err := s.Get(ctx, actor, m)
	if err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	switch n := len([]rune(text)); {
	case move != MemoAck && move != MemoAnswer:
		return memo.allowed(move)
	case !memo.to(actor):
		return errs.New(errs.Forbidden, "memo.not_yours", move.Label()+"提醒函")
	case move == MemoAnswer && n == 0:
		return errs.New(errs.Invalid, "field.required", "答复").In("text")
	case n > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "答复", MaxTextRunes).In("text")
	}
	now := s.cases.now().UTC().Truncate(time.Microsecond)
	if text, _ = s.cases.mask(text); move == MemoAck {
		text = ""
	}
	return s.store.MoveMemo(ctx, m, func(memo Memo) (MemoEvent, error) {
		return MemoEvent{Memo: m, Ordinal: len(memo.Events), At: now, By: actor.Account, Move: move, Text: text}, memo.allowed(move)
	}, func(c Case, subject Subject) (Step, error) {
		if move != MemoAck || c.Unit != memo.Unit {
			return Step{}, errs.New(errs.Conflict, "case.moved")
		}
		return s.cases.planner.Plan(c, subject, Event{At: now, By: actor.Account, Move: Confirm, Reason: string(m)}, time.Time{})
	}, org.Audit{At: now, Actor: actor.Account, Action: "memo_" + string(move), Object: "memo:" + string(m), Detail: memo.Code()})
}

// Confirm acknowledges the memo about a case that waits for that. One from
// before memos had numbers is acknowledged on the case alone.
func (s *Memos) Confirm(ctx context.Context, actor org.Actor, c CaseID, seen int) error {
	if _, err := s.cases.toMove(ctx, actor, c, seen, Confirm); err != nil {
		return err
	}
	waiting, err := s.List(ctx, actor, MemoFilter{Show: MemoToAck, Case: c, Limit: 1})
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		return s.Do(ctx, actor, waiting[0].ID, MemoAck, "")
	}
	return s.cases.put(ctx, actor, c, seen, Event{Move: Confirm})
}

// memoLate gives the step on a case that tells its unit's heads and the supervisors
// of a memo that was not acknowledged or answered in time.
func (p *Planner) memoLate(c Case, s Subject, k MarkKind, now time.Time) (Step, error) {
	return p.Plan(c, s, Event{At: now, Move: Late, Reason: string(k)}, time.Time{})
}
