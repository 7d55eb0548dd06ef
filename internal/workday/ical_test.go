package workday

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"huying/internal/errs"
)

func calendar(events ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
}

func entry(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func TestReadICalTakesHolidaysAndMakeUpDays(t *testing.T) {
	file := "\xef\xbb\xbf" + calendar(
		entry("SUMMARY:春节假期", "DTSTART;VALUE=DATE:20270205", "DTEND;VALUE=DATE:20270208"),
		entry("SUMMARY:上班(补春节假期)", "DTSTART;VALUE=DATE:20270213", "DTEND;VALUE=DATE:20270214"),
		entry("SUMMARY:国庆节", "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY", "DTSTART;VALUE=DATE:20271001", "DURATION:P2D"),
		entry("SUMMARY:国庆", " 节（班）", "DTSTART:20271009T000000", "DTEND:20271010T000000"),
		entry("SUMMARY:元旦（休）", "DTSTART:20261231T160000Z", "DTEND:20270101T160000Z"),
		entry("SUMMARY:重阳节", "DTSTART;VALUE=DATE:20271008"),
	)
	days, ignored, err := ReadICal(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range days {
		kind := "休"
		if d.Work {
			kind = "班"
		}
		got = append(got, d.Date.String()+kind+d.Name)
	}
	want := []string{"2027-02-05休春节", "2027-02-06休春节", "2027-02-07休春节", "2027-02-13班春节",
		"2027-10-01休国庆节", "2027-10-02休国庆节", "2027-10-09班国庆节", "2027-01-01休元旦"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if days[3].Line != 8 {
		t.Errorf("the second entry begins at line %d", days[3].Line)
	}
	if len(ignored) != 1 || ignored[0].Line != 30 {
		t.Errorf("ignored: %v", ignored)
	}
	if !New(days, nil).Covers(2027) {
		t.Error("the year is not covered")
	}
}

func TestReadICalNamesTheLineOfAFault(t *testing.T) {
	good := entry("SUMMARY:元旦（休）", "DTSTART;VALUE=DATE:20270101")
	tests := []struct {
		name, file string
		code       errs.Code
		line       int
	}{
		{"no calendar", "日期,安排\n2027-01-01,休\n", "workday.not_calendar", 0},
		{"empty", "", "workday.not_calendar", 0},
		{"no entries", calendar(), "workday.nothing", 0},
		{"no date", calendar(good, entry("SUMMARY:春节（休）")), "workday.date", 7},
		{"a date that does not exist", calendar(entry("SUMMARY:春节（休）", "DTSTART;VALUE=DATE:20270229")), "workday.date", 3},
		{"far away", calendar(entry("SUMMARY:春节（休）", "DTSTART;VALUE=DATE:02270201")), "workday.date", 3},
		{"ends before it begins", calendar(entry("SUMMARY:休", "DTSTART:20270105", "DTEND:20270101")), "workday.backwards", 3},
		{"a whole year off", calendar(entry("SUMMARY:休", "DTSTART:20270105", "DTEND:20280101")), "workday.too_long", 3},
		{"repeats", calendar(entry("SUMMARY:元旦（休）", "DTSTART:20270101", "RRULE:FREQ=YEARLY")), "workday.repeats", 3},
		{"free and worked", calendar(good, entry("SUMMARY:元旦（班）", "DTSTART:20270101")), "workday.both", 7},
		{"a line without a value", calendar(good, "rubbish\r\n"), "workday.ical_line", 7},
		{"cut off", strings.TrimSuffix(calendar(good, entry("SUMMARY:休", "DTSTART:20270103")), "END:VEVENT\r\nEND:VCALENDAR\r\n"), "workday.ical_cut", 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := ReadICal(strings.NewReader(tt.file))
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != tt.code || e.Line != tt.line || e.Kind != errs.Invalid {
				t.Fatalf("got %v, want %s at line %d", err, tt.code, tt.line)
			}
			if s := errs.Sentence(err); s == "" || strings.Contains(s, "%!") {
				t.Errorf("sentence: %q", s)
			}
		})
	}
}

// FuzzReadICal: whatever the file, reading ends without a panic and every day
// lies between 1990 and 2100.
func FuzzReadICal(f *testing.F) {
	f.Add(calendar(entry("SUMMARY:春节假期", "DTSTART;VALUE=DATE:20270205", "DTEND;VALUE=DATE:20270208")))
	f.Add("BEGIN:VCALENDAR\n\n \n x\nBEGIN:VEVENT")
	f.Fuzz(func(t *testing.T, file string) {
		days, _, err := ReadICal(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, d := range days {
			if y := d.Date.Year(); y < 1989 || y > 2101 {
				t.Errorf("%v", d)
			}
		}
	})
}
