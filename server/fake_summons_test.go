package server

import (
	"context"
	"slices"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeSummons is a summons with its history.
type fakeSummons struct {
	casework.Summons
	history []casework.SummonsEvent
}

func (f fakeCases) Summons(_ context.Context, id casework.SummonsID) (casework.Summons, []casework.SummonsEvent, error) {
	s := f.answering.summons[id]
	if s == nil {
		return casework.Summons{}, nil, errs.New(errs.NotFound, "summons.not_found")
	}
	return s.Summons, slices.Clone(s.history), f.down
}

func (f fakeCases) Summonses(_ context.Context, q casework.SummonsFilter) ([]casework.Summons, error) {
	var out []casework.Summons
	for _, s := range f.answering.summons {
		_, called := s.CallOf(q.Unit)
		shown := map[casework.SummonsShow]bool{
			casework.SummonsCalled: s.Open() && called, casework.SummonsSent: s.Open() && s.Unit == q.Unit, casework.SummonsOpen: s.Open(),
			casework.SummonsMissed: s.Late(q.Now), casework.SummonsEnded: !s.Open(),
		}
		if shown[q.Show] && (q.Unit == "" || called || s.Unit == q.Unit) {
			out = append(out, s.Summons)
		}
	}
	return out, f.down
}

func (f fakeCases) CallOut(ctx context.Context, s casework.Summons, plan casework.Plan, line org.Audit) error {
	if f.answering.summons[s.ID] != nil {
		return errs.New(errs.Conflict, "summons.exists")
	}
	if s.Case != "" {
		if _, err := f.Move(ctx, s.Case, casework.AnySeen, plan); err != nil {
			return err
		}
		s.Number = f.cases[s.Case].Number
	}
	s.ByName = f.nameOf(s.By)
	first := casework.SummonsEvent{Summons: s.ID, At: s.At, By: s.By, ByName: s.ByName, Unit: s.Unit, Move: casework.CallOut}
	f.answering.summons[s.ID] = &fakeSummons{Summons: s, history: []casework.SummonsEvent{first}}
	return f.down
}

func (f fakeCases) MoveCall(_ context.Context, id casework.SummonsID, plan func(casework.Summons) (casework.SummonsEvent, error), _ org.Audit) error {
	s := f.answering.summons[id]
	e, err := plan(s.Summons)
	if err != nil {
		return err
	}
	e.ByName = f.nameOf(e.By)
	s.Summons, s.history = s.After(e), append(s.history, e)
	return f.down
}

func (f fakeCases) SummonsScores(context.Context, time.Time, time.Time) ([]casework.SummonsScore, error) {
	if len(f.answering.summons) == 0 {
		return nil, f.down
	}
	return []casework.SummonsScore{{Unit: f.units[1].ID, Called: 4, InTime: 3, Missed: 1, Scored: 3, Average: casework.Averages{Prompt: 4.5, Duty: 4, Effect: 3.25}}}, f.down
}

// Divide cuts a case; the fake's matters are its files.
func (f fakeCases) Divide(ctx context.Context, cut casework.Cut, plan casework.Plan, _ org.Audit) error {
	after, err := f.Move(ctx, cut.Case, cut.Seen, plan)
	if err != nil {
		return err
	}
	whole := f.files[after.Matter]
	other := whole
	other.Decisions, other.Matter.ID, other.Matter.State, other.Matter.Title, other.Matter.Text = nil, cut.Other, intake.MatterOpen, "", cut.Words
	f.put(other)
	whole.Matter.Title, whole.Matter.Text = "", cut.Keep
	f.files[after.Matter] = whole
	c := f.cases[cut.Case]
	c.Title, c.Text = "", cut.Keep
	f.answering.cuts[cut.Other] = cut.Case
	return f.down
}

func (f fakeCases) Kin(_ context.Context, id casework.CaseID) ([]casework.Kin, error) {
	var out []casework.Kin
	for m, from := range f.answering.cuts {
		k := casework.Kin{Matter: m, Text: f.files[m].Matter.Text, Open: f.files[m].Matter.State == intake.MatterOpen}
		for _, c := range f.cases {
			if c.Matter == m {
				k.Case = c.ID
			}
		}
		switch id {
		case from:
		case k.Case:
			k = casework.Kin{Matter: f.cases[from].Matter, Text: f.cases[from].Text, Case: from}
		default:
			continue
		}
		out = append(out, k)
	}
	return out, f.down
}

// Prompt suggests nothing: the job does.
func (f fakeCases) Prompt(context.Context, ...intake.MatterID) {}
