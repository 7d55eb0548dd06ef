package casework

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strings"
	"sync"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
	"huying/internal/workday"
)

// WorkdayStore keeps the days that were imported.
type WorkdayStore interface {
	// ImportedDays gives them by date.
	ImportedDays(ctx context.Context) ([]workday.Day, error)
	// MergeDays merges days into what is stored (workday.Merge) and writes the
	// audit line, in one transaction.
	MergeDays(ctx context.Context, days []workday.Day, line org.Audit) error
	// DeleteDay takes one imported day away; errs.NotFound "workday.not_found".
	DeleteDay(ctx context.Context, day workday.Date, line org.Audit) error
}

// Workdays is the calendar of the service: the arrangements that came with the
// product and, before them, what was imported. It is safe for concurrent use.
type Workdays struct {
	store WorkdayStore
	hours *workday.Schedule
	now   func() time.Time

	mu    sync.Mutex
	known *workday.Calendar
	until time.Time // when known is read anew
}

// calendarHolds is how long a process works with the calendar it has read:
// another process's import is seen after that.
const calendarHolds = time.Minute

// NewWorkdays makes the calendar of a store; hours nil: the usual ones.
func NewWorkdays(store WorkdayStore, hours *workday.Schedule, now func() time.Time) *Workdays {
	return &Workdays{store: store, hours: hours, now: now}
}

// Calendar gives the calendar as it stands, at most calendarHolds old. What it
// computed before an import stays as it was computed.
func (w *Workdays) Calendar(ctx context.Context) (*workday.Calendar, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := w.now(); w.known == nil || !now.Before(w.until) || now.Before(w.until.Add(-calendarHolds)) {
		stored, err := w.store.ImportedDays(ctx)
		if err != nil {
			return nil, err
		}
		w.known, w.until = w.calendar(stored), now.Add(calendarHolds)
	}
	return w.known, nil
}

func (w *Workdays) calendar(stored []workday.Day) *workday.Calendar {
	return workday.New(workday.Merge(workday.Published(), stored), w.hours)
}

func (w *Workdays) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = nil
}

// WorkdayPlan is what importing a file would do.
type WorkdayPlan struct {
	Days    []workday.Day
	Ignored errs.List // entries that say neither free nor worked
	Changes []workday.Change
	Years   []int // whose arrangement is in the file, and is replaced whole
}

// Text is the days as a CSV file that Plan and Import read.
func (p WorkdayPlan) Text() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"日期", "安排", "名称"})
	for _, d := range p.Days {
		w.Write([]string{d.Date.String(), Arrangement(d.Work), d.Name})
	}
	w.Flush()
	return b.String()
}

// Arrangement is the word for a free or a worked day in tables.
func Arrangement(work bool) string {
	if work {
		return "班"
	}
	return "休"
}

// Plan reads a file (iCalendar, CSV or XLSX) and says what importing it would
// change, without writing. The error is an errs.List with every fault by line,
// or errs.Forbidden.
func (w *Workdays) Plan(ctx context.Context, actor org.Actor, name string, body []byte) (WorkdayPlan, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return WorkdayPlan{}, err
	}
	days, ignored, err := readWorkdays(name, body)
	if err != nil {
		return WorkdayPlan{Ignored: ignored}, err
	}
	stored, err := w.store.ImportedDays(ctx)
	if err != nil {
		return WorkdayPlan{}, err
	}
	p := WorkdayPlan{Days: workday.New(days, nil).Table(), Ignored: ignored}
	p.Changes = workday.Diff(w.calendar(stored).Table(), w.calendar(workday.Merge(stored, days)).Table())
	read := workday.New(days, nil)
	for _, d := range p.Days {
		if y := d.Date.Year(); read.Covers(y) && !slices.Contains(p.Years, y) {
			p.Years = append(p.Years, y)
		}
	}
	return p, nil
}

// Import is Plan, and writes.
func (w *Workdays) Import(ctx context.Context, actor org.Actor, name string, body []byte) (WorkdayPlan, error) {
	p, err := w.Plan(ctx, actor, name, body)
	if err != nil || len(p.Changes) == 0 {
		return p, err
	}
	defer w.forget()
	return p, w.store.MergeDays(ctx, p.Days, org.Audit{
		At: w.now(), Actor: actor.Account, Action: "import_calendar", Object: "calendar",
		Detail: p.Days[0].Date.String() + " 至 " + p.Days[len(p.Days)-1].Date.String(),
	})
}

// Imported gives the days that were imported and may be taken away again.
func (w *Workdays) Imported(ctx context.Context) ([]workday.Day, error) {
	return w.store.ImportedDays(ctx)
}

// Drop takes an imported day away: it follows the product's table, or the
// weekend rule, again.
func (w *Workdays) Drop(ctx context.Context, actor org.Actor, day workday.Date) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	defer w.forget()
	return w.store.DeleteDay(ctx, day, org.Audit{
		At: w.now(), Actor: actor.Account, Action: "delete_calendar_day", Object: "calendar", Detail: day.String(),
	})
}

// readWorkdays reads a calendar or a table of days.
func readWorkdays(name string, body []byte) ([]workday.Day, errs.List, error) {
	if len(body) == 0 {
		return nil, nil, errs.New(errs.Invalid, "workday.no_file")
	}
	if workday.IsICal(body) {
		return workday.ReadICal(bytes.NewReader(body))
	}
	cols := []sheet.Column{
		{Key: "day", Names: []string{"日期", "开始日期"}, Required: true, MaxRunes: 30},
		{Key: "to", Names: []string{"结束日期"}, MaxRunes: 30},
		{Key: "kind", Names: []string{"安排", "类型", "休或班"}, Required: true, MaxRunes: 30},
		{Key: "name", Names: []string{"名称", "节日"}, MaxRunes: 20},
	}
	t, err := sheet.Read(name, bytes.NewReader(body), cols, sheet.Options{MaxRows: 10_000})
	if err != nil {
		return nil, nil, err
	}
	defer t.Close()
	var days []workday.Day
	var faults errs.List
	for row := range t.Rows() {
		read, bad := daysOfRow(row)
		days, faults = append(days, read...), append(faults, bad...)
	}
	switch {
	case t.Err() != nil:
		return nil, nil, t.Err()
	case len(faults) > 0:
		return nil, nil, faults
	case len(days) == 0:
		return nil, nil, errs.New(errs.Invalid, "workday.nothing")
	}
	return days, nil, workday.Check(days)
}

func daysOfRow(row sheet.Row) ([]workday.Day, errs.List) {
	if len(row.Faults) > 0 {
		return nil, row.Faults
	}
	var faults errs.List
	first, err := workday.ParseDate(row.Get("day"))
	if err != nil {
		faults = append(faults, row.Err("day", "workday.date", row.Get("day")))
	}
	last := first
	if to := row.Get("to"); to != "" {
		if last, err = workday.ParseDate(to); err != nil {
			faults = append(faults, row.Err("to", "workday.date", to))
		}
	}
	work, ok := workday.ParseKind(row.Get("kind"))
	if !ok {
		faults = append(faults, row.Err("kind", "workday.kind", row.Get("kind")))
	}
	switch {
	case len(faults) > 0:
		return nil, faults
	case last < first:
		return nil, errs.List{row.Err("to", "workday.backwards", row.Get("day"))}
	case last-first >= workday.MaxStretch:
		return nil, errs.List{row.Err("to", "workday.too_long", row.Get("day"), workday.MaxStretch)}
	}
	var days []workday.Day
	for d := first; d <= last; d++ {
		days = append(days, workday.Day{Date: d, Work: work, Name: row.Get("name"), Line: row.Line})
	}
	return days, nil
}
