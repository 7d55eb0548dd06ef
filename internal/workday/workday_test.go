package workday

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// at reads a time in Shanghai.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04:05", s, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestAddEndsWhenTheRuleSays(t *testing.T) {
	c := New(Published(), nil)
	tests := []struct {
		name, from string
		span       Span
		want       string
	}{
		{"the day of receipt does not count", "2026-11-23 08:00:00", Span{1, WorkingDays}, "2026-11-24 17:30:00"},
		{"after work is still the same day", "2026-11-23 23:59:59", Span{1, WorkingDays}, "2026-11-24 17:30:00"},
		{"Friday evening", "2026-11-27 20:00:00", Span{1, WorkingDays}, "2026-11-30 17:30:00"},
		{"Saturday", "2026-11-28 10:00:00", Span{1, WorkingDays}, "2026-11-30 17:30:00"},
		{"across the Spring Festival of 2026", "2026-02-13 10:00:00", Span{1, WorkingDays}, "2026-02-14 17:30:00"},
		{"a make-up Saturday is worked", "2026-02-14 10:00:00", Span{1, WorkingDays}, "2026-02-24 17:30:00"},
		{"seven days across National Day of 2025", "2025-09-26 10:00:00", Span{7, WorkingDays}, "2025-10-13 17:30:00"},
		{"no days in working hours", "2026-11-23 10:00:00", Span{0, WorkingDays}, "2026-11-23 17:30:00"},
		{"no days after work", "2026-11-23 18:00:00", Span{0, WorkingDays}, "2026-11-24 17:30:00"},
		{"no days on a free day", "2026-10-01 09:00:00", Span{0, WorkingDays}, "2026-10-08 17:30:00"},
		{"the leap day is a day", "2024-02-28 09:00:00", Span{1, WorkingDays}, "2024-02-29 17:30:00"},
		{"past the leap day", "2024-02-29 09:00:00", Span{1, WorkingDays}, "2024-03-01 17:30:00"},
		{"year end into a holiday and a make-up Sunday", "2025-12-31 09:00:00", Span{1, WorkingDays}, "2026-01-04 17:30:00"},
		{"a year without an arrangement follows the weekend rule", "2026-12-31 09:00:00", Span{1, WorkingDays}, "2027-01-01 17:30:00"},
		{"natural days end with the day", "2026-09-30 09:00:00", Span{2, NaturalDays}, "2026-10-02 23:59:59"},
		{"natural days over the year end", "2026-12-30 09:00:00", Span{2, NaturalDays}, "2027-01-01 23:59:59"},
		{"natural days over a leap day", "2024-02-28 00:00:00", Span{2, NaturalDays}, "2024-03-01 23:59:59"},
		{"hours run through the night", "2026-10-01 23:00:00", Span{2, Hours}, "2026-10-02 01:00:00"},
		{"minutes", "2026-12-31 23:50:00", Span{15, Minutes}, "2027-01-01 00:05:00"},
		{"work hours within a morning", "2026-11-23 09:30:00", Span{2, WorkHours}, "2026-11-23 11:30:00"},
		{"work hours over noon", "2026-11-23 11:30:00", Span{1, WorkHours}, "2026-11-23 14:00:00"},
		{"work hours over night and weekend", "2026-11-27 17:00:00", Span{2, WorkHours}, "2026-11-30 10:30:00"},
		{"work hours that end exactly when work does", "2026-11-23 13:30:00", Span{4, WorkHours}, "2026-11-23 17:30:00"},
		{"a negative span is none", "2026-11-23 10:00:00", Span{-3, Hours}, "2026-11-23 10:00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := c.Add(at(t, tt.from), tt.span); !got.Equal(at(t, tt.want)) {
				t.Errorf("%s + %v = %v, want %s", tt.from, tt.span, got, tt.want)
			}
		})
	}
}

// TestAddNeedsNoZone: the same moment gives the same deadline, in whatever
// zone it is written.
func TestAddNeedsNoZone(t *testing.T) {
	c := New(Published(), nil)
	from := at(t, "2026-11-24 07:30:00") // the 23rd in UTC
	for _, u := range []Unit{WorkingDays, NaturalDays, Hours, Minutes, WorkHours} {
		if a, b := c.Add(from, Span{2, u}), c.Add(from.UTC(), Span{2, u}); !a.Equal(b) {
			t.Errorf("%s: %v in Shanghai, %v in UTC", u, a, b)
		}
	}
}

// TestAddKeepsOrder walks random spans over the covered years and beyond.
func TestAddKeepsOrder(t *testing.T) {
	c := New(Published(), nil)
	rnd := rand.New(rand.NewPCG(1, 2))
	start := at(t, "2023-12-01 00:00:00")
	units := []Unit{WorkingDays, NaturalDays, Hours, Minutes, WorkHours}
	for range 20_000 {
		from := start.Add(time.Duration(rnd.IntN(4*366*24*60)) * time.Minute)
		later := from.Add(time.Duration(rnd.IntN(20*24*60)) * time.Minute)
		s := Span{rnd.IntN(40), units[rnd.IntN(len(units))]}
		due := c.Add(from, s)
		switch {
		case due.Before(from):
			t.Fatalf("%v + %v ends before it begins: %v", from, s, due)
		case c.Add(later, s).Before(due):
			t.Fatalf("%v + %v ends at %v, the later %v earlier", from, s, due, later)
		case s.Unit != WorkingDays && !c.Add(from, Span{s.N + 1, s.Unit}).After(due),
			c.Add(from, Span{s.N + 1, s.Unit}).Before(due):
			t.Fatalf("%v + %v is not shorter than one more", from, s)
		}
		if s.Unit != WorkingDays || s.N == 0 {
			continue
		}
		if !c.IsWorkday(due) || c.Workdays(from, due) != s.N {
			t.Fatalf("%v + %v = %v: worked %v, %d working days between", from, s, due, c.IsWorkday(due), c.Workdays(from, due))
		}
	}
}

func TestDatesCountEveryDay(t *testing.T) {
	day := time.Date(1968, 12, 30, 0, 0, 0, 0, shanghai)
	for d := DateOf(day); d < NewDate(2101, 1, 1); d++ {
		y, m, n := day.Date()
		if d.Year() != y || d.Month() != m || d.Day() != n || d.Weekday() != day.Weekday() || !d.Start().Equal(day) || DateOf(day.Add(24*time.Hour-1)) != d {
			t.Fatalf("%v is not %v", d, day)
		}
		day = day.AddDate(0, 0, 1)
	}
	for _, s := range []string{"2026-10-01", "2026/10/1", "2026.10.1", "2026年10月1日", "20261001", " 2026-10-1 ", "2026-10-01 00:00:00"} {
		if d, err := ParseDate(s); err != nil || d != NewDate(2026, 10, 1) {
			t.Errorf("%q is %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "10月1日", "2026-13-01", "2025-02-29", "1026-10-01", "明天"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q is read as %v", s, d)
		}
	}
}

// TestPublishedIsWhatTheNoticesSay checks the sums that the notices print, and
// that a make-up day lies on a weekend.
func TestPublishedIsWhatTheNoticesSay(t *testing.T) {
	c := New(Published(), nil)
	// working days of the year: weekdays − holidays on weekdays + make-up days
	want := map[int]int{2024: 251, 2025: 248, 2026: 248}
	for year, n := range want {
		if got := c.Workdays(NewDate(year-1, 12, 31).Start(), NewDate(year, 12, 31).Start()); got != n {
			t.Errorf("%d has %d working days, want %d", year, got, n)
		}
		if !c.Covers(year) {
			t.Errorf("%d is not covered", year)
		}
	}
	for _, d := range Published() {
		if d.Work && !d.Date.Weekend() {
			t.Errorf("%v (%s) is a make-up day on a weekday", d.Date, d.Name)
		}
	}
	if c.Covers(2023) || c.Covers(2027) || !c.CoveredUntil().Equal(at(t, "2027-01-01 00:00:00")) {
		t.Errorf("covered until %v", c.CoveredUntil())
	}
	if err := Check(Published()); err != nil {
		t.Error(err)
	}
}

func TestACityMayWorkOtherHours(t *testing.T) {
	c := New(nil, &Schedule{Usual: Worktime{{8 * time.Hour, 12 * time.Hour}, {14 * time.Hour, 18 * time.Hour}}})
	if due := c.Add(at(t, "2026-11-23 11:00:00"), Span{3, WorkHours}); !due.Equal(at(t, "2026-11-23 16:00:00")) {
		t.Errorf("three hours from 11:00 end at %v", due)
	}
	if due := c.Add(at(t, "2026-11-23 11:00:00"), Span{1, WorkingDays}); !due.Equal(at(t, "2026-11-24 18:00:00")) {
		t.Errorf("a day from then ends at %v", due)
	}
}

func TestMergeReplacesWholeYears(t *testing.T) {
	day := func(y int, m time.Month, d int, work bool) Day { return Day{Date: NewDate(y, m, d), Work: work} }
	old := []Day{day(2026, 10, 1, false), day(2026, 5, 1, false), day(2027, 1, 2, true)}
	in := []Day{day(2026, 10, 1, false), day(2026, 10, 2, false), day(2027, 1, 1, false)}
	got := Merge(old, in)
	want := []Day{day(2026, 10, 1, false), day(2026, 10, 2, false), day(2027, 1, 1, false), day(2027, 1, 2, true)}
	if !slices.Equal(got, want) {
		t.Errorf("merged: %v", got)
	}
	changes := Diff(old, got)
	if len(changes) != 3 || changes[0].New != nil || changes[1].Old != nil || changes[2].Date != NewDate(2027, 1, 1) {
		t.Errorf("changes: %+v", changes)
	}
	if len(Diff(Published(), Merge(Published(), Published()))) != 0 {
		t.Error("importing the same table again changes something")
	}
}
