package workday

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Until puts a countdown into words: 还剩 40 分钟, 还剩 3 小时, 还剩 2 个工作日,
// 已超期 1 天. Below an hour minutes are told, below a day hours, both rounded
// down so that nobody is promised more time than there is; beyond that the
// working days up to and including the last one, or plain days when all of
// them are free.
func (c *Calendar) Until(now, due time.Time) string {
	left := due.Sub(now)
	switch {
	case left < 0:
		return "已超期" + roughly(-left)
	case left < 24*time.Hour:
		return "还剩" + roughly(left)
	}
	if n := c.Workdays(now, due); n > 0 {
		return "还剩 " + strconv.Itoa(n) + " 个工作日"
	}
	return "还剩" + roughly(left)
}

// roughly is a length of time in its largest unit, with a space before a number.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "不到 1 分钟"
	case d < time.Hour:
		return " " + strconv.Itoa(int(d/time.Minute)) + " 分钟"
	case d < 24*time.Hour:
		return " " + strconv.Itoa(int(d/time.Hour)) + " 小时"
	}
	return " " + strconv.Itoa(int(d/(24*time.Hour))) + " 天"
}

// Covers reports whether the year's arrangement is in the table. National Day
// tells: 1 to 3 October are free by law every year, and at least one of them
// is a weekday, so a table of the year's exceptions has one of them, while
// the year before, in which a New Year holiday may begin, does not count.
func (c *Calendar) Covers(year int) bool { return slices.Contains(c.covered, year) }

func covered(days map[Date]Day) []int {
	var years []int
	for _, d := range days {
		y := d.Date.Year()
		if d.Date.Month() == time.October && d.Date.Day() <= 3 && !d.Work && !slices.Contains(years, y) {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	return years
}

// CoveredUntil is the first moment that the table says nothing of: the start
// of the year after the last one covered. Zero when no year is covered.
func (c *Calendar) CoveredUntil() time.Time {
	if len(c.covered) == 0 {
		return time.Time{}
	}
	return NewDate(c.covered[len(c.covered)-1]+1, time.January, 1).Start()
}

// Missing gives the years without an arrangement that matter now: this year,
// and from November on the next one, because the State Council publishes it
// about then and deadlines begin to reach into it.
func (c *Calendar) Missing(now time.Time) []int {
	today := DateOf(now)
	years := []int{today.Year()}
	if today.Month() >= time.November {
		years = append(years, today.Year()+1)
	}
	return slices.DeleteFunc(years, c.Covers)
}

// Warning says in words which years are missing and what follows; empty when
// nothing is missing.
func (c *Calendar) Warning(now time.Time) string {
	missing := c.Missing(now)
	if len(missing) == 0 {
		return ""
	}
	names := make([]string, len(missing))
	for i, y := range missing {
		names[i] = strconv.Itoa(y) + " 年"
	}
	return fmt.Sprintf("工作日历缺少 %s的放假安排，这段时间的期限暂按周六、周日休息推算。国务院办公厅公布后请及时导入", strings.Join(names, "、"))
}
