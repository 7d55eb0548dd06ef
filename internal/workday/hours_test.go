package workday

import (
	"errors"
	"testing"

	"huying/internal/errs"
)

func TestHoursOfWorkAreRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, usual, season, want string }{
		{"none", "", "", "9:00–12:00、13:30–17:30"},
		{"one stretch", "8:30-16:30", "", "8:30–16:30"},
		{"full-width signs", "9：00–12：00，14:00-24:00", "", "9:00–12:00、14:00–24:00"},
		{"a season", "9:00-12:00,13:30-17:30", "06-01~09-30=9:00-12:00,15:00-18:00", "9:00–12:00、13:30–17:30，6月1日至9月30日为 9:00–12:00、15:00–18:00"},
		{"a season over New Year", "", "11月1日～2月29日=9:00-17:00", "9:00–12:00、13:30–17:30，11月1日至2月29日为 9:00–17:00"},
	} {
		s, err := ParseSchedule(tt.usual, tt.season)
		if err != nil || s.String() != tt.want {
			t.Errorf("%s: %v, %v", tt.name, s, err)
		}
	}
	for _, tt := range []struct {
		usual, season string
		want          errs.Code
	}{
		{"9-12", "", "workday.hours"},
		{"9:00-12:00,", "", "workday.hours"},
		{"9:00-25:00", "", "workday.hours"},
		{"12:00-9:00", "", "workday.hours_order"},
		{"9:00-12:00,11:30-17:00", "", "workday.hours_order"},
		{"13:30-17:30,9:00-12:00", "", "workday.hours_order"},
		{"1:00-2:00,3:00-4:00,5:00-6:00,7:00-8:00,9:00-10:00,11:00-12:00,13:00-14:00", "", "workday.hours"},
		{"", "06-01=9:00-12:00", "workday.season"},
		{"", "02-30~03-01=9:00-12:00", "workday.season"},
		{"", "06-01~09-30", "workday.hours"},
	} {
		if s, err := ParseSchedule(tt.usual, tt.season); !errors.Is(err, errs.New(errs.Invalid, tt.want)) {
			t.Errorf("%q %q: %v, %v", tt.usual, tt.season, s, err)
		}
	}
}

func TestASeasonHasItsOwnHours(t *testing.T) {
	t.Parallel()
	s, err := ParseSchedule("9:00-12:00,13:30-17:30", "06-01~09-30=9:00-12:00,15:00-18:00")
	if err != nil {
		t.Fatal(err)
	}
	winter, err := ParseSchedule("", "11-01~02-28=10:00-16:00")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		schedule *Schedule
		from     string
		span     Span
		want     string
	}{
		{"before it", s, "2026-05-28 10:00:00", Span{1, WorkingDays}, "2026-05-29 17:30:00"},
		{"into it", s, "2026-05-29 10:00:00", Span{1, WorkingDays}, "2026-06-01 18:00:00"},
		{"out of it", s, "2026-09-30 10:00:00", Span{2, WorkingDays}, "2026-10-02 17:30:00"},
		{"hours of work across its first day", s, "2026-05-29 16:30:00", Span{5, WorkHours}, "2026-06-01 16:00:00"},
		{"over New Year", winter, "2026-12-31 15:00:00", Span{2, WorkHours}, "2027-01-01 11:00:00"},
		{"after it", winter, "2027-03-01 09:00:00", Span{1, WorkHours}, "2027-03-01 10:00:00"},
	} {
		if due := New(nil, tt.schedule).Add(at(t, tt.from), tt.span); !due.Equal(at(t, tt.want)) {
			t.Errorf("%s: ends at %v", tt.name, due.In(shanghai))
		}
	}
}
