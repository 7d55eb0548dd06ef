// Package workday knows which days are worked and turns a span such as "3
// working days" into the moment when it ends.
//
// A Calendar is the weekend rule (Saturday and Sunday are free) plus a table
// of the days that differ from it: holidays on weekdays, and make-up days on
// weekends. The table comes from the yearly arrangement of the State Council:
// Published holds the years that were published when this was built, ReadICal
// and the caller's own reading of CSV and XLSX bring others, Merge and Diff
// say what an import changes. All days and hours are those of Asia/Shanghai,
// which has had no daylight saving time since 1991.
//
// A year that is missing from the table stops nothing: its days follow the
// weekend rule, and Warning says so in words.
package workday

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Day is one day of the table.
type Day struct {
	Date Date
	Work bool   // worked (调休上班); false: free (放假)
	Name string // the holiday it belongs to, such as 春节; may be empty
	Line int    // of the file it was read from, from 1; 0 when there is none
}

// Unit is what a Span counts.
type Unit string

// The units.
const (
	// WorkingDays: the day of receipt does not count; due when work ends on
	// the n-th working day after it (Civil Code of the PRC, articles 201 and
	// 203). What comes in on a free day or after work counts from that same
	// day, so a span of 1 that begins on Friday evening ends on Monday.
	WorkingDays Unit = "working_days"
	// NaturalDays: the day of receipt does not count; due at 23:59:59 of the
	// n-th day after it. The end is not moved off a holiday: where a deadline
	// is set in natural days, it is meant to run through holidays.
	NaturalDays Unit = "natural_days"
	// Hours and Minutes run on the clock, day and night.
	Hours   Unit = "hours"
	Minutes Unit = "minutes"
	// WorkHours run only while people work.
	WorkHours Unit = "work_hours"
)

var unitWords = map[Unit]string{
	WorkingDays: "个工作日", NaturalDays: "天", Hours: "小时", Minutes: "分钟", WorkHours: "个工作小时",
}

// Valid reports whether u is one of the units.
func (u Unit) Valid() bool { return unitWords[u] != "" }

// Span is a length of time as rules state it. N below 0 counts as 0.
type Span struct {
	N    int
	Unit Unit
}

var spanForm = regexp.MustCompile(`^\s*(\d{1,3})\s*个?(工作日|工作小时|自然日|日|天|小时|分钟)\s*$`)

// ParseSpan reads a length of time as catalogues and rules write it (7 个工作日,
// 24小时); false for any other wording, and for nothing at all.
func ParseSpan(words string) (Span, bool) {
	m := spanForm.FindStringSubmatch(words)
	if m == nil {
		return Span{}, false
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]Unit{"工作日": WorkingDays, "工作小时": WorkHours, "小时": Hours, "分钟": Minutes}[m[2]]
	if unit == "" {
		unit = NaturalDays
	}
	return Span{N: n, Unit: unit}, n > 0
}

// String is the span in words, such as “3 个工作日”.
func (s Span) String() string { return strconv.Itoa(s.N) + " " + unitWords[s.Unit] }

// Calendar answers which days are worked. It does not change after New, so
// any number of goroutines may use it.
type Calendar struct {
	days    map[Date]Day
	hours   *Schedule
	covered []int // years, ascending
}

// New makes a calendar from the table and the hours of work (nil:
// DefaultWorktime). Of two entries for one date the later one counts.
func New(table []Day, hours *Schedule) *Calendar {
	c := &Calendar{days: make(map[Date]Day, len(table)), hours: hours}
	for _, d := range table {
		c.days[d.Date] = d
	}
	c.covered = covered(c.days)
	return c
}

// IsWorkday reports whether the day of t in Shanghai is worked.
func (c *Calendar) IsWorkday(t time.Time) bool { return c.Works(DateOf(t)) }

// Works reports whether the date is worked.
func (c *Calendar) Works(d Date) bool {
	if day, ok := c.days[d]; ok {
		return day.Work
	}
	return !d.Weekend()
}

// Day gives the table's entry for a date, and whether there is one.
func (c *Calendar) Day(d Date) (Day, bool) {
	day, ok := c.days[d]
	return day, ok
}

// Table gives the entries by date.
func (c *Calendar) Table() []Day {
	all := make([]Day, 0, len(c.days))
	for _, d := range c.days {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	return all
}

// Add gives the moment at which a span that begins at from is over. A later
// start never ends earlier, and a longer span never ends before a shorter one
// of the same unit. An unknown unit panics: it is a bug, not an input (check
// with Valid).
func (c *Calendar) Add(from time.Time, s Span) time.Time {
	n := max(s.N, 0)
	switch s.Unit {
	case WorkingDays:
		return c.endOfWork(from, n)
	case NaturalDays:
		return (DateOf(from) + Date(n) + 1).Start().Add(-time.Second)
	case Hours:
		return from.Add(time.Duration(n) * time.Hour)
	case Minutes:
		return from.Add(time.Duration(n) * time.Minute)
	case WorkHours:
		return c.addWork(from, time.Duration(n)*time.Hour)
	}
	panic("workday: unknown unit " + string(s.Unit))
}

// endOfWork is the end of work on the n-th working day after from's day. Zero
// days end with the work of the same day, or of the next working day when
// that is over.
func (c *Calendar) endOfWork(from time.Time, n int) time.Time {
	d := DateOf(from)
	if n == 0 && (!c.Works(d) || from.After(c.endOn(d))) {
		n = 1
	}
	for n > 0 {
		d++
		if c.Works(d) {
			n--
		}
	}
	return c.endOn(d)
}

// endOn is the end of work on a day.
func (c *Calendar) endOn(d Date) time.Time { return d.At(c.hours.on(d).end()) }

// Hours are the hours of work in words.
func (c *Calendar) Hours() string { return c.hours.String() }

// addWork walks through the hours of work until left is used up. Nothing left
// to walk ends at once.
func (c *Calendar) addWork(from time.Time, left time.Duration) time.Time {
	if left <= 0 {
		return from
	}
	for d := DateOf(from); ; d++ {
		if !c.Works(d) {
			continue
		}
		for _, p := range c.hours.on(d) {
			start, end := d.At(p.From), d.At(p.To)
			if from.After(start) {
				start = from
			}
			if open := end.Sub(start); open >= left {
				return start.Add(left)
			} else if open > 0 {
				left -= open
			}
		}
	}
}

// Workdays counts the working days after the day of a up to and including the
// day of b; 0 when b is not after a.
func (c *Calendar) Workdays(a, b time.Time) int {
	n := 0
	for d, last := DateOf(a)+1, DateOf(b); d <= last; d++ {
		if c.Works(d) {
			n++
		}
	}
	return n
}
