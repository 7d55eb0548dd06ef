package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
	"huying/internal/workday"
)

// apiWorkday is a day that is not what the weekend rule says, or has a name.
type apiWorkday struct {
	Date string `json:"date" format:"date" doc:"日期"`
	Work bool   `json:"work" doc:"上班"`
	Name string `json:"name,omitempty" doc:"节日或调休的名称"`
}

type yearInput struct {
	Year int `query:"year" minimum:"2000" maximum:"2100" doc:"哪一年；不填为今年"`
}

type yearOutput struct {
	Body struct {
		Year     int          `json:"year" doc:"哪一年"`
		Covered  bool         `json:"covered" doc:"这一年的放假安排已知；不是时按周末推算"`
		Working  int          `json:"working" doc:"有几个工作日"`
		Warning  string       `json:"warning,omitempty" doc:"缺哪一年的安排"`
		Days     []apiWorkday `json:"days" nullable:"false" doc:"放假和调休的日子"`
		Imported []string     `json:"imported" nullable:"false" doc:"其中由导入而来、可以去掉的日期"`
	} `nameHint:"WorkingYear"`
}

type calendarInput struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"200" example:"2027.ics" doc:"文件名"`
		Content []byte `json:"content" doc:"内容，Base64。iCal、CSV 或 XLSX，不超过 4 MB"`
		DryRun  bool   `json:"dry_run,omitempty" doc:"只检查，不写入"`
	} `nameHint:"CalendarFile"`
}

// apiDayChange is a day that an import changes.
type apiDayChange struct {
	Date   string `json:"date" format:"date" doc:"日期"`
	Before string `json:"before" enum:",班,休" doc:"原来；空为按周末"`
	After  string `json:"after" enum:",班,休" doc:"之后；空为按周末"`
}

type calendarOutput struct {
	Body struct {
		Days    int            `json:"days" doc:"文件里有几天"`
		Years   []int          `json:"years" nullable:"false" doc:"整年替换的年份"`
		Changes []apiDayChange `json:"changes" nullable:"false" doc:"改变的日子"`
		Ignored []string       `json:"ignored" nullable:"false" doc:"没有用上的条目，为什么"`
	} `nameHint:"CalendarChanges"`
}

type dropDayInput struct {
	Body struct {
		Date string `json:"date" format:"date" doc:"去掉哪一天的导入"`
	} `nameHint:"CalendarDay"`
}

// calendarOperations are those of the working calendar.
func (s *Server) calendarOperations(a huma.API) {
	if s.o.Workdays == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "get-calendar", Method: http.MethodGet, Path: "/calendar", Tags: []string{tagCases},
		Summary: "取一年的工作日历", Description: "期限按它计算。",
	}, s.giveCalendar)
	handle(a, huma.Operation{
		OperationID: "import-calendar", Method: http.MethodPost, Path: "/calendar", Tags: []string{tagCases},
		Summary: "导入放假和调休", Description: "由管理员导入。错误逐行指出，有错就什么都不写；已经算好的期限不变。",
	}, s.takeCalendar)
	handle(a, huma.Operation{
		OperationID: "drop-calendar-day", Method: http.MethodPost, Path: "/calendar/drop", Tags: []string{tagCases}, Errors: []int{http.StatusNotFound},
		DefaultStatus: http.StatusNoContent, Summary: "去掉导入的一天", Description: "由管理员去掉，之后按内置的安排或周末。",
	}, s.takeDropDay)
}

func (s *Server) giveCalendar(ctx context.Context, _ org.Actor, in *yearInput) (*yearOutput, error) {
	year := in.Year
	if year == 0 {
		year = shanghai(s.o.Now()).Year()
	}
	cal, err := s.o.Workdays.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	imported, err := s.o.Workdays.Imported(ctx)
	if err != nil {
		return nil, err
	}
	out := &yearOutput{}
	b := &out.Body
	b.Year, b.Covered, b.Warning, b.Days, b.Imported = year, cal.Covers(year), cal.Warning(s.o.Now()), []apiWorkday{}, []string{}
	for _, d := range cal.Table() {
		if d.Date.Year() == year {
			b.Days = append(b.Days, apiWorkday{Date: d.Date.String(), Work: d.Work, Name: d.Name})
		}
	}
	for _, d := range imported {
		if d.Date.Year() == year {
			b.Imported = append(b.Imported, d.Date.String())
		}
	}
	b.Working = workingDays(cal, year)
	return out, nil
}

func (s *Server) takeCalendar(ctx context.Context, actor org.Actor, in *calendarInput) (*calendarOutput, error) {
	take := s.o.Workdays.Import
	if in.Body.DryRun {
		take = s.o.Workdays.Plan
	}
	plan, err := take(ctx, actor, in.Body.Name, in.Body.Content)
	if err != nil {
		return nil, err
	}
	out := &calendarOutput{}
	b := &out.Body
	b.Days, b.Years, b.Changes, b.Ignored = len(plan.Days), listed(plan.Years), make([]apiDayChange, len(plan.Changes)), []string{}
	for i, c := range plan.Changes {
		b.Changes[i] = apiDayChange{c.Date.String(), arrangementOf(c.Old), arrangementOf(c.New)}
	}
	if err := plan.Ignored.OrNil(); err != nil {
		b.Ignored = sentences(err)
	}
	return out, nil
}

func arrangementOf(d *workday.Day) string {
	if d == nil {
		return ""
	}
	return casework.Arrangement(d.Work)
}

func (s *Server) takeDropDay(ctx context.Context, actor org.Actor, in *dropDayInput) (*struct{}, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return nil, err
	}
	day, err := workday.ParseDate(in.Body.Date)
	if err != nil {
		return nil, err
	}
	return nil, s.o.Workdays.Drop(ctx, actor, day)
}
