package workday

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"huying/internal/errs"
)

const (
	// maxCalendar is the largest calendar file in bytes; twenty years of
	// holidays take 50 kB.
	maxCalendar = 4 << 20
	// MaxStretch is the most days that one entry or row may name; the longest
	// holiday so far had nine.
	MaxStretch = 31
)

// ParseKind reads whether a day is worked or free from the words that tables
// and calendars use: 班, 上班, 补班, 春节（班）; 休, 放假, 补休, 春节假期. ok is
// false when the words say neither.
func ParseKind(s string) (work, ok bool) {
	s = strings.TrimSpace(s)
	for _, w := range []string{"上班", "补班", "（班）", "(班)"} {
		if strings.Contains(s, w) {
			return true, true
		}
	}
	if s == "班" {
		return true, true
	}
	return false, strings.Contains(s, "休") || strings.Contains(s, "放假") || strings.Contains(s, "假期")
}

// ReadICal reads an iCalendar file (RFC 5545) of holidays and make-up days.
// Whether an entry is worked or free is told by its X-APPLE-SPECIAL-DAY, else
// by its summary (ParseKind). Entries that tell neither, such as a festival
// without a day off, are left out and listed in ignored. The error is an
// errs.List with every bad entry by line, or one *errs.Error when the file is
// no calendar.
func ReadICal(r io.Reader) (days []Day, ignored errs.List, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxCalendar+1))
	if err != nil {
		return nil, nil, errs.Wrap(err, errs.Unavailable, "workday.unreadable")
	}
	if len(raw) > maxCalendar {
		return nil, nil, errs.New(errs.Invalid, "workday.too_large", maxCalendar>>20)
	}
	events, err := readEvents(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, nil, err
	}
	var faults errs.List
	for _, e := range events {
		work, ok := e.kind()
		if !ok {
			ignored = append(ignored, errs.New(errs.Invalid, "workday.neither", e.summary).At(e.line, 0))
			continue
		}
		first, last, fault := e.span()
		if fault != nil {
			faults = append(faults, fault.At(e.line, 0))
			continue
		}
		for d := first; d <= last; d++ {
			days = append(days, Day{Date: d, Work: work, Name: plainName(e.summary), Line: e.line})
		}
	}
	switch {
	case len(faults) > 0:
		return nil, ignored, faults
	case len(days) == 0:
		return nil, ignored, errs.New(errs.Invalid, "workday.nothing")
	}
	return days, ignored, Check(days)
}

// IsICal reports whether a file begins as a calendar does.
func IsICal(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	return bytes.HasPrefix(bytes.ToUpper(bytes.TrimSpace(head)), []byte("BEGIN:VCALENDAR"))
}

// event is the part of a VEVENT that matters here.
type event struct {
	line                 int // of its BEGIN
	summary, special     string
	start, end, duration string
	repeats              bool
}

// readEvents walks through the content lines. It keeps count of the file's
// lines beside the library, which joins folded ones and does not count.
func readEvents(raw []byte) ([]event, error) {
	if !IsICal(raw) {
		return nil, errs.New(errs.Invalid, "workday.not_calendar")
	}
	lines := contentLines(raw)
	stream := ics.NewCalendarStream(bytes.NewReader(raw))
	var events []event
	var current *event
	for i := 0; ; i++ {
		content, err := stream.ReadLine()
		if content == nil {
			break
		}
		at := lines[min(i, len(lines)-1)]
		p, bad := ics.ParseProperty(*content)
		if bad != nil || p == nil {
			return nil, errs.Wrap(bad, errs.Invalid, "workday.ical_line").At(at, 0)
		}
		switch name, value := strings.ToUpper(p.IANAToken), p.Value; {
		case name == "BEGIN" && strings.EqualFold(value, "VEVENT"):
			current = &event{line: at}
		case name == "END" && strings.EqualFold(value, "VEVENT") && current != nil:
			events, current = append(events, *current), nil
		case current != nil:
			current.set(name, value)
		}
		if err == io.EOF {
			break
		}
	}
	if current != nil {
		return nil, errs.New(errs.Invalid, "workday.ical_cut").At(current.line, 0)
	}
	return events, nil
}

// contentLines gives the number in the file, from 1, of each line that begins
// a content line: not blank and not the continuation of a folded one.
func contentLines(raw []byte) []int {
	var at []int
	for i, line := range bytes.Split(raw, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
			at = append(at, i+1)
		}
	}
	return at
}

func (e *event) set(name, value string) {
	switch name {
	case "SUMMARY":
		e.summary = strings.TrimSpace(value)
	case "DTSTART":
		e.start = value
	case "DTEND":
		e.end = value
	case "DURATION":
		e.duration = value
	case "RRULE", "RDATE":
		e.repeats = true
	case "X-APPLE-SPECIAL-DAY":
		e.special = strings.ToUpper(value)
	}
}

func (e *event) kind() (work, ok bool) {
	switch e.special {
	case "WORK-HOLIDAY":
		return false, true
	case "ALTERNATE-WORKDAY":
		return true, true
	}
	return ParseKind(e.summary)
}

var inDays = regexp.MustCompile(`^P(\d{1,2})D$`)

// span gives the first and last day. DTEND is exclusive; without an end an
// entry lasts one day (RFC 5545, 3.6.1).
func (e *event) span() (first, last Date, fault *errs.Error) {
	if e.repeats {
		return 0, 0, errs.New(errs.Invalid, "workday.repeats", e.summary)
	}
	start, ok := calendarTime(e.start)
	if !ok {
		return 0, 0, errs.New(errs.Invalid, "workday.date", e.start)
	}
	first = DateOf(start)
	last = first
	switch m := inDays.FindStringSubmatch(e.duration); {
	case e.end != "":
		end, ok := calendarTime(e.end)
		if !ok {
			return 0, 0, errs.New(errs.Invalid, "workday.date", e.end)
		}
		last = max(first, DateOf(end.Add(-time.Second)))
		if end.Before(start) {
			return 0, 0, errs.New(errs.Invalid, "workday.backwards", e.summary)
		}
	case m != nil:
		n, _ := strconv.Atoi(m[1]) // two digits always parse
		last = first + Date(max(n, 1)) - 1
	case e.duration != "":
		return 0, 0, errs.New(errs.Invalid, "workday.duration", e.duration)
	}
	if last-first >= MaxStretch {
		return 0, 0, errs.New(errs.Invalid, "workday.too_long", e.summary, MaxStretch)
	}
	return first, last, nil
}

// calendarTime reads a DATE, a local DATE-TIME (taken as Shanghai's) or a UTC
// one, between 1990 and 2100.
func calendarTime(s string) (time.Time, bool) {
	for _, form := range []string{"20060102", "20060102T150405", "20060102T150405Z"} {
		t, err := time.ParseInLocation(form, strings.TrimSpace(s), shanghai)
		if err != nil {
			continue
		}
		if strings.HasSuffix(form, "Z") {
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
		}
		return t, t.Year() >= 1990 && t.Year() <= 2100
	}
	return time.Time{}, false
}

var decoration = regexp.MustCompile(`上班|补班|放假|假期|[（(](班|休|补)?|[）)]`)

// plainName is the holiday's name without the words for free and worked:
// 春节假期, 春节（休） and 上班(补春节假期) all give 春节.
func plainName(summary string) string {
	name := strings.TrimSpace(decoration.ReplaceAllString(summary, ""))
	if r := []rune(name); len(r) > 20 {
		return string(r[:20])
	}
	return name
}
