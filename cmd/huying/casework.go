package main

import (
	"context"
	"slices"
	"strconv"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/internal/text"
	"huying/internal/workday"
	"huying/kb"
)

// fileCases makes the store in which decisions file cases, and the planner
// that says what follows from them.
func (a *app) fileCases(s *site) (*postgres.Cases, *casework.Planner) {
	s.workdays = casework.NewWorkdays(s.DB, a.settings.schedule(), a.now)
	s.calendar = casework.NewLiveCalendar(s.workdays)
	s.rules = casework.NewLiveRules(s.DB)
	s.rulebook = casework.NewRulebook(s.DB, s.rules, a.now)
	planner := casework.NewPlanner(s.calendar).Under(s.rules).With(casework.Limits{Pause: a.settings.PauseDays, Object: a.settings.ObjectDays})
	return s.DB.Cases(planner), planner
}

// wireCases makes the stages after the desk.
func (a *app) wireCases(s *site, filing *postgres.Cases, planner *casework.Planner) {
	s.returns = classifier.NewReturns(filing, s.desk)
	s.cases = casework.NewCases(filing, planner, s.desk, maskFound, a.now)
	s.merges = casework.NewMerges(filing, s.cases)
	s.refusals = casework.NewRefusals(s.DB, s.desk, maskFound, a.now)
	s.contacts = casework.NewContacts(s.DB, s.cases, s.intake)
	s.leaderCalls = casework.NewLeaderCalls(filing, s.cases, s.contacts, nil)
	s.arrivals = casework.NewArrivals(s.DB)
	s.delegates = casework.NewDelegates(s.cases, s.DB)
	s.followUps = casework.NewFollowUps(s.DB, s.cases, s.desk)
	s.clock = casework.NewClock(filing, planner)
	s.answering = casework.NewDrafts(filing, s.cases, bestEntry{s.library})
	s.attachments = casework.NewAttachments(s.DB, s.cases)
	s.archives = casework.NewArchives(filing, s.DB, s.DB, s.intake, s.cases)
	s.heads = casework.NewHeads(s.DB, s.cases)
	s.groups = casework.NewGroups(s.DB, s.cases)
	s.memos = casework.NewMemos(filing, s.cases)
	s.whistles = casework.NewWhistles(filing, s.DB, s.cases, s.DB)
	s.locator = casework.NewLocator(s.DB, s.cases)
	s.smsReplies = casework.NewSMSReplies(s.DB, s.cases)
	s.hands = casework.NewHands(s.cases, s.DB, s.DB)
	s.disputes = casework.NewDisputes(s.cases, s.DB)
	s.shares = casework.NewShares(s.cases, s.DB)
	s.appointments = casework.NewAppointments(s.cases, s.DB, s.DB, s.desk)
	s.precedents = classifier.NewPrecedents(s.DB, a.now)
}

// bestEntry is the knowledge base as drafts of answers need it.
type bestEntry struct{ library *kb.Library }

// Best gives the nearest entry, if one is about the like. A unit asks nothing of the knowledge base itself:
// the right to is lent for the one draft that a person of it reads.
func (b bestEntry) Best(ctx context.Context, words string, area org.AreaCode) (casework.Known, bool, error) {
	r, err := b.library.AskText(ctx, org.Actor{Roles: org.Roles{org.RoleAgent}}, words, area)
	near := r.Near()
	if err != nil || len(near) == 0 {
		return casework.Known{}, false, err
	}
	e := near[0].Entry
	return casework.Known{Question: e.Question, Answer: e.Answer}, true, nil
}

// maskFound masks a text and gives what was masked, each once.
func maskFound(s string) (masked string, found []string) {
	masked, spans := text.Mask(s)
	for _, span := range spans {
		if word := s[span.Start:span.End]; !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return masked, found
}

// CaseSettings are the limits of casework that a city sets.
type CaseSettings struct {
	PauseDays  int `name:"pause-days" var:"HUYING_PAUSE_DAYS" default:"5" placeholder:"天数" help:"联系不上诉求人时，工单计时至多暂停几个工作日，1–30"`
	ObjectDays int `name:"object-days" var:"HUYING_OBJECT_DAYS" default:"5" placeholder:"天数" help:"办结后几个工作日内，诉求人可以对结果提出异议，1–60"`

	LabelDays int `name:"label-days" var:"HUYING_LABEL_DAYS" default:"180" placeholder:"天数" help:"骚扰标记至多生效多少天，1–365；不另填时为 90 天"`

	WorkHours   string `name:"work-hours" var:"HUYING_WORK_HOURS" default:"9:00-12:00,13:30-17:30" placeholder:"时段" help:"每天的工作时间；期限在工作日下班时届满，工作小时只在这些时段里计"`
	SummerHours string `name:"summer-hours" var:"HUYING_SUMMER_HOURS" placeholder:"日期=时段" help:"每年一段日子另有工作时间，如 06-01~09-30=9:00-12:00,15:00-18:00；不设时全年一样"`
}

// check refuses a wrong setting by its name; 0 stands for the default.
func (s CaseSettings) check() error {
	if s.PauseDays < 0 || s.PauseDays > 30 {
		return errs.New(errs.Invalid, "setting.invalid", "--pause-days / HUYING_PAUSE_DAYS", strconv.Itoa(s.PauseDays))
	}
	if s.ObjectDays < 0 || s.ObjectDays > 60 {
		return errs.New(errs.Invalid, "setting.invalid", "--object-days / HUYING_OBJECT_DAYS", strconv.Itoa(s.ObjectDays))
	}
	if s.LabelDays < 0 || s.LabelDays > casework.LabelMost {
		return errs.New(errs.Invalid, "setting.invalid", "--label-days / HUYING_LABEL_DAYS", strconv.Itoa(s.LabelDays))
	}
	if _, err := workday.ParseSchedule(s.WorkHours, ""); err != nil {
		return errs.Wrap(err, errs.Invalid, "setting.hours", "--work-hours / HUYING_WORK_HOURS", errs.Sentence(err))
	}
	if _, err := workday.ParseSchedule("", s.SummerHours); err != nil {
		return errs.Wrap(err, errs.Invalid, "setting.hours", "--summer-hours / HUYING_SUMMER_HOURS", errs.Sentence(err))
	}
	return nil
}

// schedule is the city's hours of work; check has seen that they can be read.
func (s CaseSettings) schedule() *workday.Schedule {
	hours, err := workday.ParseSchedule(s.WorkHours, s.SummerHours)
	if err != nil {
		return nil
	}
	return hours
}
