package workday

import (
	"fmt"
	"strings"
	"time"

	"huying/internal/errs"
)

// Period is a stretch of work within a day, from midnight.
type Period struct{ From, To time.Duration }

// Worktime is the hours of work of a day: in order, not overlapping.
type Worktime []Period

// maxPeriods is more than anybody's day has.
const maxPeriods = 6

// DefaultWorktime is 9:00–12:00 and 13:30–17:30, common among offices; a city
// that works otherwise says so.
func DefaultWorktime() Worktime {
	return Worktime{{9 * time.Hour, 12 * time.Hour}, {13*time.Hour + 30*time.Minute, 17*time.Hour + 30*time.Minute}}
}

// ParseWorktime reads 9:00-12:00,13:30-17:30. The error is Invalid
// "workday.hours" for another form, "workday.hours_order" for periods that end
// before they begin, overlap, or are out of order.
func ParseWorktime(s string) (Worktime, error) {
	var w Worktime
	for part := range strings.SplitSeq(strings.ReplaceAll(s, "，", ","), ",") {
		p, ok := ParsePeriod(part)
		switch {
		case !ok || len(w) == maxPeriods:
			return nil, errs.New(errs.Invalid, "workday.hours", strings.TrimSpace(part))
		case p.To <= p.From, len(w) > 0 && p.From < w[len(w)-1].To:
			return nil, errs.New(errs.Invalid, "workday.hours_order", strings.TrimSpace(part))
		}
		w = append(w, p)
	}
	return w, nil
}

// ParsePeriod reads 9:00-12:00, whatever its order: hours that pass midnight are such.
func ParsePeriod(s string) (p Period, ok bool) {
	from, to, _ := strings.Cut(strings.ReplaceAll(s, "–", "-"), "-")
	if p.From, ok = TimeOfDay(from); !ok {
		return Period{}, false
	}
	p.To, ok = TimeOfDay(to)
	return p, ok
}

// TimeOfDay reads 9:00, 09:00 or, as an end, 24:00.
func TimeOfDay(s string) (time.Duration, bool) {
	if s = strings.NewReplacer("：", ":", " ", "").Replace(s); s == "24:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse("15:04", s)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

// String is the form that people read: 9:00–12:00、13:30–17:30.
func (w Worktime) String() string {
	words := make([]string, len(w))
	for i, p := range w {
		words[i] = clock(p.From) + "–" + clock(p.To)
	}
	return strings.Join(words, "、")
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

func (w Worktime) end() time.Duration { return w[len(w)-1].To }

// Schedule is the hours of work through the year: the usual ones and, from a
// day of the year to another (both included; it may pass New Year), others.
type Schedule struct {
	Usual    Worktime // empty: DefaultWorktime
	Season   Worktime // empty: the usual ones all year
	From, To Annual
}

// Annual is a day of every year: the month times 100 and the day.
type Annual int

// ParseSchedule reads hours as ParseWorktime does, and those of a season as
// 06-01~09-30=9:00-12:00,15:00-18:00; both may be empty. A season that cannot be
// read is Invalid "workday.season".
func ParseSchedule(usual, season string) (*Schedule, error) {
	s := &Schedule{}
	var err error
	if usual != "" {
		if s.Usual, err = ParseWorktime(usual); err != nil {
			return nil, err
		}
	}
	if season == "" {
		return s, nil
	}
	days, hours, _ := strings.Cut(season, "=")
	from, to, _ := strings.Cut(strings.ReplaceAll(days, "～", "~"), "~")
	var ok1, ok2 bool
	s.From, ok1 = parseAnnual(from)
	s.To, ok2 = parseAnnual(to)
	if !ok1 || !ok2 {
		return nil, errs.New(errs.Invalid, "workday.season", season)
	}
	s.Season, err = ParseWorktime(hours)
	return s, err
}

// parseAnnual reads 6-1, 06-01 or 6月1日; 29 February is a day.
func parseAnnual(s string) (Annual, bool) {
	plain := strings.NewReplacer("月", "-", "日", "", " ", "").Replace(s)
	t, err := time.Parse("2006-1-2", "2000-"+plain)
	return Annual(int(t.Month())*100 + t.Day()), err == nil
}

// String is the day as people read it: 6月1日.
func (a Annual) String() string { return fmt.Sprintf("%d月%d日", int(a)/100, int(a)%100) }

// on gives the hours of a date.
func (s *Schedule) on(d Date) Worktime {
	if s == nil {
		return DefaultWorktime()
	}
	if len(s.Season) > 0 {
		start := d.Start()
		day := Annual(int(start.Month())*100 + start.Day())
		in := s.From <= day && day <= s.To
		if s.From > s.To {
			in = s.From <= day || day <= s.To
		}
		if in {
			return s.Season
		}
	}
	if len(s.Usual) == 0 {
		return DefaultWorktime()
	}
	return s.Usual
}

// String is the schedule as people read it.
func (s *Schedule) String() string {
	if s == nil {
		return DefaultWorktime().String()
	}
	usual := s.Usual
	if len(usual) == 0 {
		usual = DefaultWorktime()
	}
	if len(s.Season) == 0 {
		return usual.String()
	}
	return usual.String() + "，" + s.From.String() + "至" + s.To.String() + "为 " + s.Season.String()
}
