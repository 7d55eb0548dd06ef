package workday

import (
	"strings"
	"time"

	"huying/internal/errs"
)

// Date is a day of the calendar in Shanghai: the number of days since
// 1 January 1970. Dates can be compared and counted on.
type Date int32

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

const secondsADay = 24 * 60 * 60

// DateOf gives the day in Shanghai on which t lies.
func DateOf(t time.Time) Date {
	s := t.Unix() + 8*60*60
	d := s / secondsADay
	if s%secondsADay < 0 {
		d--
	}
	return Date(d)
}

// NewDate gives a date; as in time.Date, a day beyond the month runs into the
// next.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsADay)
}

// dateForms are the ways people and calendars write a date; spaces and the
// Chinese signs are taken out before.
var dateForms = []string{"2006-1-2", "20060102", "2006-01-02 15:04:05"}

// ParseDate reads 2026-10-01, 2026/10/1, 2026.10.1, 2026年10月1日 or 20261001,
// from 1990 to 2100. The error is Invalid "workday.date".
func ParseDate(s string) (Date, error) {
	plain := strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-").Replace(strings.TrimSpace(s))
	for _, form := range dateForms {
		t, err := time.Parse(form, plain)
		if err == nil && t.Year() >= 1990 && t.Year() <= 2100 {
			return NewDate(t.Year(), t.Month(), t.Day()), nil
		}
	}
	return 0, errs.New(errs.Invalid, "workday.date", s)
}

// Start is the first moment of the day.
func (d Date) Start() time.Time {
	return time.Unix(int64(d)*secondsADay-8*60*60, 0).In(shanghai)
}

// At is a time of the day, counted from midnight.
func (d Date) At(sinceMidnight time.Duration) time.Time { return d.Start().Add(sinceMidnight) }

// Year, Month and Day are the parts of the date.
func (d Date) Year() int         { return d.Start().Year() }
func (d Date) Month() time.Month { return d.Start().Month() }
func (d Date) Day() int          { return d.Start().Day() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Start().Weekday() }

// Weekend reports Saturday or Sunday.
func (d Date) Weekend() bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// String is the date as 2026-10-01.
func (d Date) String() string { return d.Start().Format(time.DateOnly) }
