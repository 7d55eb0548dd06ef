package server

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

// Workdays are the working days that deadlines count.
type Workdays interface {
	// Calendar gives the calendar that deadlines are computed with.
	Calendar(ctx context.Context) (*workday.Calendar, error)
	// Imported gives the days that were imported, by date.
	Imported(ctx context.Context) ([]workday.Day, error)
	// Plan says what importing a file would change; an errs.List by line.
	Plan(ctx context.Context, actor org.Actor, name string, body []byte) (casework.WorkdayPlan, error)
	// Import is Plan, and writes.
	Import(ctx context.Context, actor org.Actor, name string, body []byte) (casework.WorkdayPlan, error)
	// Drop takes an imported day away.
	Drop(ctx context.Context, actor org.Actor, day workday.Date) error
}

// calendarPage is what page_calendar.html draws: one year.
type calendarPage struct {
	shell
	Said     string
	Warning  string // of years that are missing; empty: none
	Hours    string // of work, in words
	Year     int
	Years    []int
	Covered  bool // the year's arrangement is known
	Working  int  // days in it that are worked
	Weekdays []string
	Months   []monthView
	Days     []stretchView
	Imported []calendarDay
	CanWrite bool
	Text     string // as pasted
	Faults   []string
	Plan     *planView // what an import would do; nil: nothing was checked
}

// monthView is a month by weeks, Monday first.
type monthView struct {
	Name  string
	Weeks [][]cellView
}

// cellView is a day of a month; the zero value is a place outside it.
type cellView struct {
	Day   int
	Off   bool
	Mark  string // 休 or 班 where the weekend rule says otherwise or a holiday has a name
	Title string
}

// stretchView is what lies together in the table: a holiday, a make-up day.
type stretchView struct {
	From, To string // To is empty for one day
	What     string
	Name     string
	Days     int
}

// calendarDay is a day that was imported.
type calendarDay struct {
	Date, Shown, What, Name string
}

// planView is an import that was checked.
type planView struct {
	Text    string // to be posted back
	Days    int
	Years   string
	Ignored []string
	Changes []changeView
}

// changeView is a day that an import changes.
type changeView struct{ Day, Before, After string }

// showCalendar shows a year.
func (s *Server) showCalendar(c *fiber.Ctx, v visit) error {
	p, err := s.newCalendarPage(c.UserContext(), v, c.QueryInt("year"))
	if err != nil {
		return err
	}
	p.Said = c.Query("said")
	return s.page(c, "calendar", p)
}

// checkCalendar says what a file or a pasted table would change.
func (s *Server) checkCalendar(c *fiber.Ctx, v visit) error {
	p, err := s.newCalendarPage(c.UserContext(), v, 0)
	if err != nil {
		return err
	}
	name, body, err := formFile(c, "file")
	if err != nil {
		return err
	}
	if p.Text = c.FormValue("text"); len(body) == 0 {
		name, body = "粘贴.csv", []byte(strings.TrimSpace(p.Text))
	}
	plan, err := s.o.Workdays.Plan(c.UserContext(), v.actor, name, body)
	switch {
	case err == nil:
		p.Plan = s.newPlanView(plan)
		return s.page(c, "calendar", p)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p.Faults = sentences(err)
	p.Faults = p.Faults[:min(len(p.Faults), faultsShown)]
	return s.render(c, fiber.StatusUnprocessableEntity, "calendar", "layout", p)
}

// importCalendar writes what was checked.
func (s *Server) importCalendar(c *fiber.Ctx, v visit) error {
	if s.o.Workdays == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	plan, err := s.o.Workdays.Import(c.UserContext(), v.actor, "粘贴.csv", []byte(c.FormValue("text")))
	if err != nil {
		return err
	}
	year := plan.Days[len(plan.Days)-1].Date.Year()
	return c.Redirect("/calendar?said=imported&year="+strconv.Itoa(year), fiber.StatusSeeOther)
}

// dropDay takes an imported day away.
func (s *Server) dropDay(c *fiber.Ctx, v visit) error {
	if s.o.Workdays == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	day, err := workday.ParseDate(c.FormValue("day"))
	if err != nil {
		return err
	}
	if err := s.o.Workdays.Drop(c.UserContext(), v.actor, day); err != nil {
		return err
	}
	return c.Redirect("/calendar?said=dropped&year="+strconv.Itoa(day.Year()), fiber.StatusSeeOther)
}

// newCalendarPage draws a year; 0: this one.
func (s *Server) newCalendarPage(ctx context.Context, v visit, year int) (calendarPage, error) {
	if s.o.Workdays == nil {
		return calendarPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	cal, err := s.o.Workdays.Calendar(ctx)
	if err != nil {
		return calendarPage{}, err
	}
	imported, err := s.o.Workdays.Imported(ctx)
	if err != nil {
		return calendarPage{}, err
	}
	now := shanghai(s.o.Now())
	if year < 1990 || year > 2100 {
		year = now.Year()
	}
	p := calendarPage{
		shell: s.shell(v, "calendar", "工作日历"), Warning: cal.Warning(now), Hours: cal.Hours(), Year: year, CanWrite: v.may(org.ActManage),
		Covered: cal.Covers(year), Weekdays: []string{"一", "二", "三", "四", "五", "六", "日"}, Years: yearsOf(cal, now.Year(), year),
	}
	p.Working = workingDays(cal, p.Year)
	for m := time.January; m <= time.December; m++ {
		p.Months = append(p.Months, newMonth(cal, year, m))
	}
	p.Days = stretches(cal, year)
	for _, d := range imported {
		if d.Date.Year() == year {
			p.Imported = append(p.Imported, calendarDay{d.Date.String(), dayOf(d.Date), workWord(d.Work), d.Name})
		}
	}
	return p, nil
}

// yearsOf are the years worth a link: those of the table, this one and the
// next, and the one shown.
func yearsOf(cal *workday.Calendar, now, shown int) []int {
	years := []int{now, now + 1, shown}
	for _, d := range cal.Table() {
		years = append(years, d.Date.Year())
	}
	slices.Sort(years)
	return slices.Compact(years)
}

func newMonth(cal *workday.Calendar, year int, m time.Month) monthView {
	view := monthView{Name: fmt.Sprintf("%d 月", m)}
	first, after := workday.NewDate(year, m, 1), workday.NewDate(year, m+1, 1)
	week := make([]cellView, (int(first.Weekday())+6)%7, 7)
	for d := first; d < after; d++ {
		if len(week) == 7 {
			view.Weeks, week = append(view.Weeks, week), make([]cellView, 0, 7)
		}
		cell := cellView{Day: d.Day(), Off: !cal.Works(d)}
		if entry, ok := cal.Day(d); ok {
			cell.Mark, cell.Title = casework.Arrangement(entry.Work), entry.Name
		}
		week = append(week, cell)
	}
	for len(week) < 7 {
		week = append(week, cellView{})
	}
	view.Weeks = append(view.Weeks, week)
	return view
}

// stretches are the entries of a year, days that belong together in one.
func stretches(cal *workday.Calendar, year int) []stretchView {
	var views []stretchView
	var last workday.Day
	for _, d := range cal.Table() {
		if d.Date.Year() != year {
			continue
		}
		if n := len(views) - 1; n >= 0 && d.Date == last.Date+1 && d.Work == last.Work && d.Name == last.Name {
			views[n].To = dayOf(d.Date)
			views[n].Days++
		} else {
			views = append(views, stretchView{From: dayOf(d.Date), What: workWord(d.Work), Name: d.Name, Days: 1})
		}
		last = d
	}
	return views
}

func (s *Server) newPlanView(plan casework.WorkdayPlan) *planView {
	v := &planView{Text: plan.Text(), Days: len(plan.Days)}
	var years []string
	for _, y := range plan.Years {
		years = append(years, strconv.Itoa(y))
	}
	v.Years = strings.Join(years, "、")
	for _, e := range plan.Ignored {
		v.Ignored = append(v.Ignored, errs.Sentence(e))
	}
	for _, ch := range plan.Changes {
		v.Changes = append(v.Changes, changeView{
			Day: fmt.Sprintf("%d年%s", ch.Date.Year(), dayOf(ch.Date)), Before: entryWord(ch.Old, ch.Date), After: entryWord(ch.New, ch.Date),
		})
	}
	return v
}

// entryWord is an entry of the table in words, or what the weekend rule says.
func entryWord(d *workday.Day, date workday.Date) string {
	if d == nil {
		return "按周末规则：" + workWord(!date.Weekend())
	}
	return strings.TrimSpace(workWord(d.Work) + " " + d.Name)
}

func workWord(work bool) string {
	if work {
		return "上班"
	}
	return "放假"
}

// dayOf is a day without its year: 10月1日 周四.
func dayOf(d workday.Date) string {
	return fmt.Sprintf("%d月%d日 %s", d.Month(), d.Day(), weekdays[d.Weekday()])
}

// workingDays counts those of a year.
func workingDays(cal *workday.Calendar, year int) int {
	first, last := workday.NewDate(year, time.January, 1), workday.NewDate(year, time.December, 31)
	return cal.Workdays((first - 1).Start(), last.Start())
}
