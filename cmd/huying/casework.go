package main

import (
	"slices"

	"huying/casework"
	"huying/classifier"
	"huying/internal/postgres"
	"huying/internal/text"
)

// fileCases makes the store in which decisions file cases, and the planner
// that says what follows from them.
func (a *app) fileCases(s *site) (*postgres.Cases, *casework.Planner) {
	s.workdays = casework.NewWorkdays(s.DB, nil, a.now)
	s.calendar = casework.NewLiveCalendar(s.workdays)
	planner := casework.NewPlanner(s.calendar)
	return s.DB.Cases(planner), planner
}

// wireCases makes the stages after the desk.
func (a *app) wireCases(s *site, filing *postgres.Cases, planner *casework.Planner) {
	s.returns = classifier.NewReturns(filing, s.desk)
	s.cases = casework.NewCases(filing, planner, s.desk, maskFound, a.now)
	s.merges = casework.NewMerges(filing, s.cases)
	s.refusals = casework.NewRefusals(s.DB, s.desk, a.now)
	s.contacts = casework.NewContacts(s.DB, s.cases, s.intake)
	s.clock = casework.NewClock(filing, planner)
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
