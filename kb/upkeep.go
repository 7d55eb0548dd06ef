package kb

import (
	"context"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// TaskList names a list of entries that somebody must act on.
type TaskList string

// The lists.
const (
	ListReview  TaskList = "review"  // 待审核
	ListVerify  TaskList = "verify"  // 待核实
	ListOverdue TaskList = "overdue" // 逾期: whatever should have been done by now
	ListSoon    TaskList = "soon"    // published, and ends within 30 days
	ListDraft   TaskList = "draft"   // 草稿
	ListRetired TaskList = "retired" // 已停用
)

// soonWithin is how long before its end an owner is reminded of an entry.
const soonWithin = 30 * 24 * time.Hour

// TaskFilter says which tasks to list.
type TaskFilter struct {
	List   TaskList
	Unit   string  // empty: of all units
	Before EntryID // key paging: only what follows this entry; empty: from the start
	Limit  int     // 1–200; 0: 40
	Now    time.Time
	Soon   time.Time // what ends until then ends soon
}

// Task is an entry that somebody must act on.
type Task struct {
	Entry  Entry
	Due    time.Time // by when; zero: never
	Remark string    // why it is here, in the words of who put it here
	By     string    // who did
}

// Load is what one unit has to do.
type Load struct {
	Unit    string // empty: entries that no unit stands behind
	Entries int    // published and to verify
	Counts  map[TaskList]int
}

// CitedClause is a clause that entries in use rest on.
type CitedClause struct {
	Clause    Clause // Until: the earliest that any of them gives
	Entries   int    // that answer or are to be verified
	Published int    // of them, that answer
}

// ClauseMark says that a law or a clause has changed.
type ClauseMark struct {
	ID   string
	Law  string
	Text string // the clause; empty: the law as a whole, with all its clauses
	Note string // what has changed
	By   org.AccountID
	At   time.Time
}

// UpkeepStore finds what is to be done.
type UpkeepStore interface {
	// Tasks gives a list, what is due first on top.
	Tasks(ctx context.Context, f TaskFilter) ([]Task, error)
	// Loads gives what each unit has to do, the unit with most overdue first.
	Loads(ctx context.Context, now, soon time.Time) ([]Load, error)
	// Clauses gives the clauses that entries in use rest on, by law.
	Clauses(ctx context.Context) ([]CitedClause, error)
	// MarkClause stores that a clause has changed; MoveDue does the rest.
	MarkClause(ctx context.Context, m ClauseMark) error
	// MoveDue puts up to limit entries to verify whose end has come or whose
	// clause is marked as changed, in one transaction, and gives how many;
	// fewer than limit when nothing is left. Each once, however often it runs.
	MoveDue(ctx context.Context, now time.Time, limit int) (int, error)
}

// Upkeep shows those who look after entries what is to be done, and puts to
// verify what a date or a law has overtaken. It is safe for concurrent use.
type Upkeep struct {
	store UpkeepStore
	units UnitDirectory
	now   func() time.Time
}

// UnitDirectory gives areas and units.
type UnitDirectory interface {
	Directory(ctx context.Context) (*org.Directory, error)
}

// NewUpkeep makes an Upkeep.
func NewUpkeep(store UpkeepStore, units UnitDirectory, now func() time.Time) *Upkeep {
	return &Upkeep{store: store, units: units, now: now}
}

// Tasks gives a page of a list, what is due first on top.
func (u *Upkeep) Tasks(ctx context.Context, actor org.Actor, f TaskFilter) ([]Task, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 40
	}
	f.Limit = min(f.Limit, 200)
	f.Now = u.now()
	f.Soon = f.Now.Add(soonWithin)
	return u.store.Tasks(ctx, f)
}

// Loads gives what each unit has to do, the unit with most overdue first.
func (u *Upkeep) Loads(ctx context.Context, actor org.Actor) ([]Load, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return nil, err
	}
	now := u.now()
	return u.store.Loads(ctx, now, now.Add(soonWithin))
}

// OwnUnit gives the name of the unit that the actor belongs to; empty: the
// hotline itself.
func (u *Upkeep) OwnUnit(ctx context.Context, actor org.Actor) (string, error) {
	if actor.Unit == "" {
		return "", nil
	}
	units, err := u.units.Directory(ctx)
	if err != nil {
		return "", err
	}
	own, _ := units.Unit(actor.Unit)
	return own.Name, nil
}

// Clauses gives the clauses that entries in use rest on, by law.
func (u *Upkeep) Clauses(ctx context.Context, actor org.Actor) ([]CitedClause, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return nil, err
	}
	return u.store.Clauses(ctx)
}

// MarkClause says that a law (clause empty) or one of its clauses has changed:
// every published entry that rests on it is to be verified at once, and none
// later on because of it. It gives how many were moved; when that is cut
// short, RunDue does the rest.
func (u *Upkeep) MarkClause(ctx context.Context, actor org.Actor, law, clause, note string) (int, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return 0, err
	}
	m := ClauseMark{ID: id.New[string](), Law: strings.Trim(tidyText(law), "《》"), Text: tidyText(clause), Note: tidyText(note), By: actor.Account, At: u.now()}
	var faults errs.List
	if m.Law == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "法规名称").In("law"))
	}
	if m.Note == "" {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "变化").In("note"))
	}
	if len([]rune(m.Note)) > MaxShortRunes {
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "变化", MaxShortRunes).In("note"))
	}
	if err := faults.OrNil(); err != nil {
		return 0, err
	}
	if err := u.store.MarkClause(ctx, m); err != nil {
		return 0, err
	}
	return u.RunDue(ctx, m.At)
}

// movesAtOnce is how many entries one transaction of RunDue moves.
const movesAtOnce = 200

// RunDue puts to verify every published entry whose end has come by now or
// whose clause was marked as changed; it gives how many. Run it as often as
// you like: each entry moves once for each reason.
func (u *Upkeep) RunDue(ctx context.Context, now time.Time) (int, error) {
	moved := 0
	for {
		n, err := u.store.MoveDue(ctx, now, movesAtOnce)
		moved += n
		if err != nil || n < movesAtOnce {
			return moved, err
		}
	}
}
