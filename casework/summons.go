package casework

import (
	"fmt"
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// SummonsID identifies a Summons.
type SummonsID string

// Summons is a street calling units to a place (吹哨报到): each of them says that
// it comes, is there, and says what it did; the street scores it. It moves no
// case and assigns none. Everything that happens is a SummonsEvent; what stands
// is what they add up to (Summons.After).
type Summons struct {
	ID     SummonsID
	Case   CaseID // that it is about; empty: a matter of the street's own
	Number string // of that case; only in what the store gives
	Unit   org.UnitID
	By     org.AccountID
	ByName string // only in what the store gives
	At     time.Time
	Matter string // what about; masked
	Place  string // masked
	Due    time.Time
	Calls  []Call // one for each unit that is called
	Last   int    // ordinal of the last event
}

// Call is where one unit stands with a summons. Times are zero where nothing
// has happened yet.
type Call struct {
	Unit       org.UnitID `json:"unit"`
	State      CallState  `json:"state"`
	AckedAt    time.Time  `json:"acked_at,omitzero"`
	ArrivedAt  time.Time  `json:"arrived_at,omitzero"`
	Who        string     `json:"who,omitempty"` // came
	ReportedAt time.Time  `json:"reported_at,omitzero"`
	Effect     string     `json:"effect,omitempty"` // what came of it, as the unit says
	ScoredAt   time.Time  `json:"scored_at,omitzero"`
	Marks      Marks      `json:"marks,omitzero"`
	Remark     string     `json:"remark,omitempty"` // of the street, with the score
	ChasedAt   time.Time  `json:"chased_at,omitzero"`
}

// Marks are what the street gives a unit, from 1 to MaxStars in each dimension.
type Marks struct {
	Prompt int `json:"prompt"` // 到场及时
	Duty   int `json:"duty"`   // 履职
	Effect int `json:"effect"` // 效果
}

// Stored gives the marks as an event keeps them; empty for none.
func (m Marks) Stored() string {
	if m == (Marks{}) {
		return ""
	}
	return fmt.Sprintf("%d-%d-%d", m.Prompt, m.Duty, m.Effect)
}

// ParseMarks reads what an event keeps; the zero Marks of nothing.
func ParseMarks(s string) (m Marks) {
	fmt.Sscanf(s, "%d-%d-%d", &m.Prompt, &m.Duty, &m.Effect) // nothing in an empty one
	return m
}

func (m Marks) valid() bool {
	return min(m.Prompt, m.Duty, m.Effect) >= 1 && max(m.Prompt, m.Duty, m.Effect) <= MaxStars
}

// Words say what was given.
func (m Marks) Words() string {
	return fmt.Sprintf("到场及时 %d 分，履职 %d 分，效果 %d 分", m.Prompt, m.Duty, m.Effect)
}

// CallState is where a unit that was called stands.
type CallState string

// The states; nothing is to come of the last two.
const (
	CallWaiting  CallState = "waiting"  // 待确认
	CallAcked    CallState = "acked"    // 已确认，待到场
	CallArrived  CallState = "arrived"  // 已到场，待反馈
	CallReported CallState = "reported" // 已反馈，待评价
	CallScored   CallState = "scored"   // 已评价
	CallOff      CallState = "off"      // 已取消
)

// Label is the state's name on screen.
func (s CallState) Label() string {
	return map[CallState]string{
		CallWaiting: "待确认", CallAcked: "已确认，待到场", CallArrived: "已到场，待反馈", CallReported: "已反馈，待评价", CallScored: "已评价", CallOff: "已取消",
	}[s]
}

// Awaited reports whether the unit is not there yet.
func (s CallState) Awaited() bool { return s == CallWaiting || s == CallAcked }

// Open reports whether something is still to come.
func (s CallState) Open() bool { return s != CallScored && s != CallOff }

// CallMove is something that happens to a summons.
type CallMove string

// The moves.
const (
	CallOut    CallMove = "call"   // 吹哨
	CallAck    CallMove = "ack"    // 确认
	CallArrive CallMove = "arrive" // 到场
	CallReport CallMove = "report" // 反馈
	CallScore  CallMove = "score"  // 评价
	CallCancel CallMove = "cancel" // 取消
	CallChase  CallMove = "chase"  // 催到场: by RunDue
)

// callRule is one line of the table of moves: from which states of a call, and
// to which. CallOut begins and is not in it.
type callRule struct {
	label  string
	caller bool // made by the street, otherwise by the unit that is called
	from   []CallState
	to     CallState // empty: it stays
}

var callRules = map[CallMove]callRule{
	CallAck:    {"确认收到", false, []CallState{CallWaiting}, CallAcked},
	CallArrive: {"报到", false, []CallState{CallWaiting, CallAcked}, CallArrived},
	CallReport: {"反馈结果", false, []CallState{CallArrived}, CallReported},
	// Who never comes is scored once it is late.
	CallScore:  {"评价", true, []CallState{CallWaiting, CallAcked, CallReported}, CallScored},
	CallCancel: {"取消", true, []CallState{CallWaiting, CallAcked}, CallOff},
	CallChase:  {"催到场", false, []CallState{CallWaiting, CallAcked}, ""},
}

// Label is the move's name on screen.
func (m CallMove) Label() string {
	if m == CallOut {
		return "吹哨"
	}
	return callRules[m].label
}

// SummonsEvent is one line of a summons' history.
type SummonsEvent struct {
	Summons SummonsID
	Ordinal int // from 0
	At      time.Time
	By      org.AccountID // empty: the clock
	ByName  string        // only in what the store gives
	Unit    org.UnitID    // that is called; of CallOut: that calls
	Move    CallMove
	Text    string // of CallArrive: who came; of CallChase: a SummonsMarkKind
	Marks   Marks  // of CallScore
}

// After gives the summons as it stands after an event on one of its calls.
func (s Summons) After(e SummonsEvent) Summons {
	s.Last = e.Ordinal
	s.Calls = slices.Clone(s.Calls)
	for i := range s.Calls {
		if s.Calls[i].Unit == e.Unit && e.Move != CallOut {
			s.Calls[i] = s.Calls[i].after(e)
		}
	}
	return s
}

func (c Call) after(e SummonsEvent) Call {
	if rule := callRules[e.Move]; rule.to != "" {
		c.State = rule.to
	}
	at := e.At.UTC()
	switch e.Move {
	case CallAck:
		c.AckedAt = at
	case CallArrive:
		c.ArrivedAt, c.Who = at, e.Text
	case CallReport:
		c.ReportedAt, c.Effect = at, e.Text
	case CallScore:
		c.ScoredAt, c.Marks, c.Remark = at, e.Marks, e.Text
	case CallChase:
		c.ChasedAt = at
	}
	return c
}

// CallOf gives the call of a unit; false when it was not called.
func (s Summons) CallOf(u org.UnitID) (Call, bool) {
	i := slices.IndexFunc(s.Calls, func(c Call) bool { return c.Unit == u })
	if i < 0 {
		return Call{}, false
	}
	return s.Calls[i], true
}

// Called gives the units that were called.
func (s Summons) Called() []org.UnitID {
	out := make([]org.UnitID, len(s.Calls))
	for i, c := range s.Calls {
		out[i] = c.Unit
	}
	return out
}

// Awaited counts the units that are not there yet.
func (s Summons) Awaited() int {
	n := 0
	for _, c := range s.Calls {
		if c.State.Awaited() {
			n++
		}
	}
	return n
}

// Open reports whether something is still to come of a unit.
func (s Summons) Open() bool {
	return slices.ContainsFunc(s.Calls, func(c Call) bool { return c.State.Open() })
}

// Late reports whether a unit should be there at a time and is not.
func (s Summons) Late(at time.Time) bool { return s.Awaited() > 0 && at.After(s.Due) }

// allowed answers whether a move may be made on the call of a unit at a time.
func (s Summons) allowed(m CallMove, u org.UnitID, at time.Time) error {
	c, called := s.CallOf(u)
	rule := callRules[m]
	switch {
	case !called:
		return errs.New(errs.Invalid, "summons.not_called").In("unit")
	case !slices.Contains(rule.from, c.State):
		return errs.New(errs.Conflict, "summons.state", c.State.Label(), rule.label)
	case m == CallScore && c.State.Awaited() && !at.After(s.Due):
		return errs.New(errs.Conflict, "summons.early")
	}
	return nil
}

// SummonsMarkKind says what happens when a mark is reached and a unit is not
// there.
type SummonsMarkKind string

// The kinds.
const (
	SummonsLate     SummonsMarkKind = "late"      // 到时未到：催单位
	SummonsLateBoss SummonsMarkKind = "late_boss" // 仍未到：报督办员
)

// bossAfter is how long after the first chase the supervisor is told.
const bossAfter = 30 * time.Minute

// Words say what a mark is about.
func (k SummonsMarkKind) Words() string {
	return map[SummonsMarkKind]string{SummonsLate: "报到时间已到，还没有到场，已催", SummonsLateBoss: "催过仍没有到场，已报督办员"}[k]
}

// SummonsMark is a moment at which the units should be there.
type SummonsMark struct {
	Kind SummonsMarkKind
	At   time.Time
}

// Marks are the moments of a new summons.
func (s Summons) Marks() []SummonsMark {
	return []SummonsMark{{SummonsLate, s.Due}, {SummonsLateBoss, s.Due.Add(bossAfter)}}
}

// Chased gives what follows from a mark that was reached: a line for each unit
// that is not there.
func (s Summons) Chased(m SummonsMark, now time.Time) []SummonsEvent {
	var out []SummonsEvent
	for _, c := range s.Calls {
		if c.State.Awaited() {
			out = append(out, SummonsEvent{
				Summons: s.ID, Ordinal: s.Last + 1 + len(out), At: now.UTC().Truncate(time.Microsecond), Unit: c.Unit, Move: CallChase, Text: string(m.Kind),
			})
		}
	}
	return out
}
