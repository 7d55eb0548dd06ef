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

// Limits of a summons.
const (
	MaxCalled      = 10 // units in one
	maxMatterRunes = 300
	maxWhoRunes    = 60
	// MaxSummonsDays bounds how far ahead units are called.
	MaxSummonsDays = 30
)

// SummonsShow is one list of summonses.
type SummonsShow string

// The lists.
const (
	SummonsCalled SummonsShow = "called" // 叫到本单位的, open
	SummonsSent   SummonsShow = "sent"   // 本单位吹的哨
	SummonsOpen   SummonsShow = "open"   // 进行中
	SummonsMissed SummonsShow = "late"   // 到时未到
	SummonsEnded  SummonsShow = "ended"  // 已结束
)

// Label is the list's name on screen.
func (s SummonsShow) Label() string {
	return map[SummonsShow]string{
		SummonsCalled: "叫到本单位的", SummonsSent: "本单位吹的哨", SummonsOpen: "进行中", SummonsMissed: "到时未到", SummonsEnded: "已结束",
	}[s]
}

// SummonsShows are the lists of a unit, or of those who watch over all.
func SummonsShows(unit bool) []SummonsShow {
	if unit {
		return []SummonsShow{SummonsCalled, SummonsSent, SummonsMissed, SummonsEnded}
	}
	return []SummonsShow{SummonsMissed, SummonsOpen, SummonsEnded}
}

// SummonsFilter says which summonses to list, the latest first.
type SummonsFilter struct {
	Show   SummonsShow
	Unit   org.UnitID // only those it calls or is called by; empty: all
	Now    time.Time
	Before SummonsID // key paging: only older ones; empty: from the latest
	Limit  int       // 1–200; 0: 50
}

// SummonsStore keeps summonses.
type SummonsStore interface {
	// Summons gives one with its history, oldest first, or errs.NotFound
	// "summons.not_found".
	Summons(ctx context.Context, s SummonsID) (Summons, []SummonsEvent, error)
	// Summonses lists them.
	Summonses(ctx context.Context, f SummonsFilter) ([]Summons, error)
	// CallOut stores a new one with its first event, its marks, the step that
	// plan makes of its case (if it has one) and the audit line. One with the
	// same id is there already: errs.Conflict "summons.exists".
	CallOut(ctx context.Context, s Summons, plan Plan, line org.Audit) error
	// MoveCall holds a summons, plans an event on it as it stands, and stores
	// that with the audit line.
	MoveCall(ctx context.Context, s SummonsID, plan func(Summons) (SummonsEvent, error), line org.Audit) error
	// SummonsScores sums up per unit what was called since a time, as it stands
	// at now.
	SummonsScores(ctx context.Context, now, since time.Time) ([]SummonsScore, error)
}

// SummonsScore is how a unit answers when it is called.
type SummonsScore struct {
	Unit    org.UnitID
	Called  int
	InTime  int // were there by the time
	Missed  int // never came, or are late now
	Scored  int
	Average Averages // of Scored; zero without
}

// Averages are marks over several summonses.
type Averages struct{ Prompt, Duty, Effect float64 }

// Whistles is where streets call units, and units answer. It is safe for
// concurrent use.
type Whistles struct {
	store  SummonsStore
	files  AttachmentStore
	cases  *Cases
	places Places
}

// NewWhistles makes Whistles.
func NewWhistles(store SummonsStore, files AttachmentStore, cases *Cases, places Places) *Whistles {
	return &Whistles{store: store, files: files, cases: cases, places: places}
}

// Summoning is what a street wants.
type Summoning struct {
	ID     SummonsID // the client's own, so that a form that is sent twice calls once; empty: one is made
	Case   CaseID    // empty: a matter of its own
	Matter string
	Place  string
	Due    time.Time
	Units  []org.UnitID
}

// SummonsPart is what somebody is to a summons.
type SummonsPart string

// The parts.
const (
	SummonsStranger SummonsPart = "stranger" // another unit: knows of no such summons
	SummonsWatcher  SummonsPart = "watcher"  // watches over all
	SummonsCallee   SummonsPart = "called"   // of a unit that is called
	SummonsCaller   SummonsPart = "caller"   // of the street that calls
)

// PartOf tells what an actor is to the summons.
func (s Summons) PartOf(actor org.Actor) SummonsPart {
	_, called := s.CallOf(actor.Unit)
	unit := org.Can(actor, org.ActSummon) == nil && actor.Unit != ""
	switch {
	case unit && actor.Unit == s.Unit:
		return SummonsCaller
	case unit && called:
		return SummonsCallee
	case org.Can(actor, org.ActWatchSummons) == nil:
		return SummonsWatcher
	}
	return SummonsStranger
}

// MayCall tells whether an actor's unit may call others: one of a street, or of
// what lies below one.
func (w *Whistles) MayCall(ctx context.Context, actor org.Actor) (bool, error) {
	if org.Can(actor, org.ActSummon) != nil || actor.Unit == "" {
		return false, nil
	}
	dir, err := w.places.Directory(ctx)
	return err == nil && calls(dir, actor.Unit), err
}

func calls(dir *org.Directory, unit org.UnitID) bool {
	u, _ := dir.Unit(unit)
	area, _ := dir.Area(u.Area)
	return slices.Contains([]org.AreaLevel{org.LevelStreet, org.LevelCommunity, org.LevelGrid}, area.Level)
}

// Call calls units to a place. An errs.List names each faulty field. With a
// case, the actor's unit must be working on it.
func (w *Whistles) Call(ctx context.Context, actor org.Actor, in Summoning) (SummonsID, error) {
	if err := org.Can(actor, org.ActSummon); err != nil {
		return "", err
	}
	dir, err := w.places.Directory(ctx)
	if err != nil {
		return "", err
	}
	if !calls(dir, actor.Unit) {
		return "", errs.New(errs.Forbidden, "summons.not_street")
	}
	now := w.cases.now().UTC().Truncate(time.Microsecond)
	if err := in.check(dir, actor.Unit, now); err != nil {
		return "", err
	}
	if in.Case != "" {
		if err := w.checkCase(ctx, actor, in); err != nil {
			return "", err
		}
	}
	if in.ID == "" {
		in.ID = id.New[SummonsID]()
	}
	s := Summons{ID: in.ID, Case: in.Case, Unit: actor.Unit, By: actor.Account, At: now, Due: in.Due.UTC().Truncate(time.Microsecond)}
	s.Matter, _ = w.cases.mask(in.Matter)
	s.Place, _ = w.cases.mask(in.Place)
	var names []string
	for _, u := range in.Units {
		s.Calls = append(s.Calls, Call{Unit: u, State: CallWaiting})
		unit, _ := dir.Unit(u)
		names = append(names, unit.Name)
	}
	whom := strings.Join(names, "、")
	line := org.Audit{At: now, Actor: actor.Account, Action: "summon", Object: "summons:" + string(s.ID), Detail: whom}
	err = w.store.CallOut(ctx, s, func(c Case, subject Subject) (Step, error) {
		return w.cases.planner.Plan(c, subject, Event{At: now, By: actor.Account, Move: Whistle, Reason: string(s.ID), Text: whom}, time.Time{})
	}, line)
	return s.ID, err
}

// checkCase refuses a case that the actor's unit is not working on.
func (w *Whistles) checkCase(ctx context.Context, actor org.Actor, in Summoning) error {
	d, err := w.cases.docket(ctx, actor, in.Case)
	switch {
	case err != nil:
		return err
	case !d.permits(actor, Whistle):
		return errs.New(errs.Forbidden, "case.not_yours", Whistle.Label())
	}
	if slices.ContainsFunc(in.Units, d.Accused.Bars) {
		return errs.New(errs.Invalid, "accused.called").In("units")
	}
	return w.cases.planner.AllowedOn(d, Whistle, w.cases.now())
}

// check reports every fault at once.
func (in *Summoning) check(dir *org.Directory, own org.UnitID, now time.Time) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	text := func(value *string, field, name string, most int) {
		*value = strings.Join(strings.Fields(*value), " ")
		switch n := len([]rune(*value)); {
		case n == 0:
			bad(field, "field.required", name)
		case n > most:
			bad(field, "field.too_long", name, most)
		}
	}
	text(&in.Matter, "matter", "什么事", maxMatterRunes)
	text(&in.Place, "place", "到哪里", maxPlaceRunes)
	if !in.Due.After(now) || in.Due.After(now.AddDate(0, 0, MaxSummonsDays)) {
		bad("due", "summons.due", MaxSummonsDays)
	}
	if in.ID != "" && !id.Valid(in.ID) {
		bad("id", "field.id", "编号")
	}
	switch n := len(in.Units); {
	case n == 0:
		bad("units", "field.required", "叫哪些单位")
	case n > MaxCalled:
		bad("units", "field.too_many", "叫的单位", MaxCalled)
	}
	for i, u := range in.Units {
		unit, known := dir.Unit(u)
		switch {
		case !known:
			bad("units", "unit.not_found")
		case u == own:
			bad("units", "summons.self", unit.Name)
		case slices.Contains(in.Units[:i], u):
			bad("units", "summons.twice", unit.Name)
		}
	}
	return faults.OrNil()
}

// List gives summonses: a unit's own, or all for those who watch.
func (w *Whistles) List(ctx context.Context, actor org.Actor, f SummonsFilter) ([]Summons, error) {
	watches := org.Can(actor, org.ActWatchSummons) == nil
	if !watches {
		if err := org.Can(actor, org.ActSummon); err != nil {
			return nil, err
		}
		f.Unit = actor.Unit
	}
	if f.Before != "" && !id.Valid(f.Before) {
		return nil, errs.New(errs.Invalid, "field.invalid", "页码", string(f.Before)).In("before")
	}
	if shows := SummonsShows(!watches); !slices.Contains(shows, f.Show) {
		f.Show = shows[0]
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	f.Now = w.cases.now()
	return w.store.Summonses(ctx, f)
}

// scoreDays is how far back scores look.
const scoreDays = 90

// Scores gives how each unit answered in the last 90 days, to those who watch.
func (w *Whistles) Scores(ctx context.Context, actor org.Actor) ([]SummonsScore, error) {
	if err := org.Can(actor, org.ActWatchSummons); err != nil {
		return nil, err
	}
	now := w.cases.now()
	return w.store.SummonsScores(ctx, now, now.AddDate(0, 0, -scoreDays))
}

// Get gives a summons and its history. Whoever has nothing to do with it is
// told that there is none.
func (w *Whistles) Get(ctx context.Context, actor org.Actor, s SummonsID) (Summons, []SummonsEvent, error) {
	if !id.Valid(s) {
		return Summons{}, nil, errs.New(errs.NotFound, "summons.not_found")
	}
	got, history, err := w.store.Summons(ctx, s)
	if err == nil && got.PartOf(actor) == SummonsStranger {
		return Summons{}, nil, errs.New(errs.NotFound, "summons.not_found")
	}
	if err == nil && got.Case != "" { // what it says of the case is not for whom that complains of
		d, err := w.cases.store.Docket(ctx, Key{ID: got.Case})
		if err != nil {
			return Summons{}, nil, err
		}
		if d.Accused.Shuns(actor) {
			return Summons{}, nil, errs.New(errs.NotFound, "summons.not_found")
		}
	}
	return got, history, err
}

// CallCommand is what somebody wants to do to the call of a unit.
type CallCommand struct {
	Summons SummonsID
	Move    CallMove
	Unit    org.UnitID // of the street's moves: whose call; of a unit's own: may be empty
	Text    string     // of CallArrive: who came; of CallReport: what came of it; of CallCancel: why
	Marks   Marks      // of CallScore
}

// May tells whether an actor may make a move on the call of a unit now.
func (w *Whistles) May(actor org.Actor, s Summons, m CallMove, unit org.UnitID) bool {
	return s.permits(actor, m, unit) && s.allowed(m, unit, w.cases.now()) == nil
}

// permits says who makes which move: the street its own, each unit those on its
// own call.
func (s Summons) permits(actor org.Actor, m CallMove, unit org.UnitID) bool {
	rule, ok := callRules[m]
	if !ok || m == CallChase {
		return false
	}
	if rule.caller {
		return s.PartOf(actor) == SummonsCaller
	}
	return s.PartOf(actor) == SummonsCallee && actor.Unit == unit
}

// Do makes a move. errs.Conflict "summons.state" when somebody was faster.
func (w *Whistles) Do(ctx context.Context, actor org.Actor, cmd CallCommand) error {
	s, _, err := w.Get(ctx, actor, cmd.Summons)
	if err != nil {
		return err
	}
	if s.PartOf(actor) == SummonsCallee {
		cmd.Unit = actor.Unit
	}
	if !s.permits(actor, cmd.Move, cmd.Unit) {
		return errs.New(errs.Forbidden, "summons.not_yours", cmd.Move.Label())
	}
	cmd.Text = strings.TrimSpace(cmd.Text)
	if err := cmd.check(); err != nil {
		return err
	}
	now := w.cases.now().UTC().Truncate(time.Microsecond)
	masked, _ := w.cases.mask(cmd.Text)
	if cmd.Move == CallArrive {
		masked = cmd.Text // who came on duty is a fact of the summons
	}
	return w.store.MoveCall(ctx, s.ID, func(s Summons) (SummonsEvent, error) {
		e := SummonsEvent{
			Summons: s.ID, Ordinal: s.Last + 1, At: now, By: actor.Account, Unit: cmd.Unit, Move: cmd.Move, Text: masked, Marks: cmd.Marks,
		}
		return e, s.allowed(cmd.Move, cmd.Unit, now)
	}, org.Audit{At: now, Actor: actor.Account, Action: "summons_" + string(cmd.Move), Object: "summons:" + string(s.ID)})
}

func (cmd *CallCommand) check() error {
	need := map[CallMove]string{CallArrive: "谁到了场", CallReport: "办了什么、效果如何", CallCancel: "取消的理由"}[cmd.Move]
	most := MaxTextRunes
	if cmd.Move == CallArrive {
		most = maxWhoRunes
	}
	var faults errs.List
	switch n := len([]rune(cmd.Text)); {
	case need != "" && n == 0:
		faults = append(faults, errs.New(errs.Invalid, "field.required", need).In("text"))
	case n > most:
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", need, most).In("text"))
	}
	switch {
	case cmd.Move != CallScore:
		cmd.Marks = Marks{}
	case !cmd.Marks.valid():
		faults = append(faults, errs.New(errs.Invalid, "summons.marks", MaxStars).In("marks"))
	}
	return faults.OrNil()
}
