package casework

import (
	"fmt"
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// MemoID identifies a Memo.
type MemoID string

// Memo is a letter of the hotline to a unit about one or several of its cases
// (提醒函): a numbered document that the unit acknowledges, and answers by a
// date. It moves no case and is never changed; what becomes of it are its
// MemoEvents.
type Memo struct {
	ID           MemoID
	Year, Number int // running within the year, without gaps
	Unit         org.UnitID
	Title        string // masked
	Body         string // masked
	By           org.AccountID
	ByName       string // only in what the store gives
	At           time.Time
	AckDue       time.Time // the unit acknowledges by then
	Due          time.Time // and answers by then
	Cases        []MemoCase
	Events       []MemoEvent // oldest first
}

// MemoCase is a case that a memo is about.
type MemoCase struct {
	ID     CaseID `json:"id"`
	Number string `json:"number"`
}

// Code is the number of the document as it is written: 〔2026〕3 号.
func (m Memo) Code() string { return fmt.Sprintf("〔%d〕%d 号", m.Year, m.Number) }

// MemoMove is something that happens to a memo.
type MemoMove string

// The moves.
const (
	MemoAck    MemoMove = "ack"    // 签收
	MemoAnswer MemoMove = "answer" // 答复
	MemoChase  MemoMove = "chase"  // 催: by RunDue
)

// Label is the move's name on screen.
func (m MemoMove) Label() string {
	return map[MemoMove]string{MemoAck: "签收", MemoAnswer: "答复", MemoChase: "催办"}[m]
}

// MemoEvent is one line of what became of a memo.
type MemoEvent struct {
	Memo    MemoID        `json:"-"`
	Ordinal int           `json:"ordinal"` // from 0
	At      time.Time     `json:"at"`
	By      org.AccountID `json:"by,omitempty"` // empty: the clock
	ByName  string        `json:"by_name,omitempty"`
	Move    MemoMove      `json:"move"`
	Text    string        `json:"text,omitempty"` // of MemoAnswer, masked; of MemoChase: a MarkKind
}

// The marks of memos.
const (
	MarkMemo       MarkKind = "memo"        // 提醒函签收超时
	MarkMemoAnswer MarkKind = "memo_answer" // 提醒函答复超期
)

// MemoState is where a memo stands.
type MemoState string

// The states.
const (
	MemoSent     MemoState = "sent"     // 待签收
	MemoAcked    MemoState = "acked"    // 已签收，待答复
	MemoAnswered MemoState = "answered" // 已答复
)

// Label is the state's name on screen.
func (s MemoState) Label() string {
	return map[MemoState]string{MemoSent: "待签收", MemoAcked: "已签收，待答复", MemoAnswered: "已答复"}[s]
}

// Did gives the event of a move; false when it has not happened.
func (m Memo) Did(move MemoMove) (MemoEvent, bool) {
	i := slices.IndexFunc(m.Events, func(e MemoEvent) bool { return e.Move == move })
	if i < 0 {
		return MemoEvent{}, false
	}
	return m.Events[i], true
}

// State is where it stands.
func (m Memo) State() MemoState {
	if _, done := m.Did(MemoAnswer); done {
		return MemoAnswered
	}
	if _, done := m.Did(MemoAck); done {
		return MemoAcked
	}
	return MemoSent
}

// Wanted is what the unit owes next, and by when; zero: nothing.
func (m Memo) Wanted() time.Time {
	switch m.State() {
	case MemoSent:
		return m.AckDue
	case MemoAcked:
		return m.Due
	}
	return time.Time{}
}

// Late reports whether the unit owes something that was due by a time.
func (m Memo) Late(at time.Time) bool { return !m.Wanted().IsZero() && m.Wanted().Before(at) }

// allowed answers whether a move may be made on the memo as it stands.
func (m Memo) allowed(move MemoMove) error {
	from := map[MemoMove]MemoState{MemoAck: MemoSent, MemoAnswer: MemoAcked}[move]
	switch {
	case from == "":
		return errs.New(errs.Invalid, "field.invalid", "操作", string(move)).In("move")
	case from != m.State():
		return errs.New(errs.Conflict, "memo.state", m.State().Label(), move.Label())
	}
	return nil
}

// Marks are the moments of a new memo.
func (m Memo) Marks() []Mark { return []Mark{{MarkMemo, m.AckDue}, {MarkMemoAnswer, m.Due}} }

// Chased gives what follows from a mark that was reached; false: the unit has
// done what it owed by then.
func (m Memo) Chased(k MarkKind, now time.Time) (MemoEvent, bool) {
	owes := k == MarkMemo && m.State() == MemoSent || k == MarkMemoAnswer && m.State() != MemoAnswered
	return MemoEvent{Memo: m.ID, Ordinal: len(m.Events), At: now.UTC().Truncate(time.Microsecond), Move: MemoChase, Text: string(k)}, owes
}

// MemoShow is one list of memos.
type MemoShow string

// The lists.
const (
	MemoToAck    MemoShow = "sent"     // 待签收
	MemoToAnswer MemoShow = "acked"    // 待答复
	MemoOverdue  MemoShow = "late"     // 超期
	MemoDone     MemoShow = "answered" // 已答复
	MemoAll      MemoShow = "all"      // 全部, the register
)

// MemoShows are the lists in order.
func MemoShows() []MemoShow {
	return []MemoShow{MemoToAck, MemoToAnswer, MemoOverdue, MemoDone, MemoAll}
}

// Label is the list's name on screen.
func (s MemoShow) Label() string {
	return map[MemoShow]string{MemoToAck: "待签收", MemoToAnswer: "待答复", MemoOverdue: "超期", MemoDone: "已答复", MemoAll: "全部"}[s]
}

// MemoFilter says which memos to list, the latest first.
type MemoFilter struct {
	Show   MemoShow
	Unit   org.UnitID // only those to it; empty: all
	Case   CaseID     // only those about it; empty: all
	Now    time.Time
	Reader org.Actor // whom none of their cases complains of
	Before MemoID    // key paging: only older ones; empty: from the latest
	Limit  int       // 1–200; 0: 50
}
