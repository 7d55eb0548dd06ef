package server

import (
	"context"
	"strings"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
)

// arrivedCode is the code of everything that was handed in.
const arrivedCode = "ARRIVED222"

func (f fakeCases) Arrival(_ context.Context, receipt string) (casework.Arrival, error) {
	for _, file := range f.files {
		if receipt == arrivedCode {
			return casework.Arrival{Receipt: receipt, Title: file.Matter.Title, Text: file.Matter.Text, At: file.Message.ReceivedAt, State: file.Matter.State}, f.down
		}
	}
	return casework.Arrival{}, errs.New(errs.NotFound, "case.receipt")
}

func (f fakeCases) CodeOf(context.Context, intake.MessageID) (string, error) {
	return arrivedCode, f.down
}

func (f fakeCases) CodeOfMatter(context.Context, intake.MatterID) (string, error) {
	return arrivedCode, f.down
}

// SameCaller takes everybody with the same hint for one person.
func (f fakeCases) SameCaller(_ context.Context, m intake.MatterID, _ int) ([]casework.SameCaller, error) {
	var out []casework.SameCaller
	for id, file := range f.files {
		if id == m || file.Message.PhoneHint == "" || file.Message.PhoneHint != f.files[m].Message.PhoneHint {
			continue
		}
		same := casework.SameCaller{
			Matter: id, Title: file.Matter.Title, Text: file.Matter.Text, At: file.Message.At, Channel: file.Message.Channel, State: file.Matter.State,
		}
		for _, c := range f.cases {
			if c.Matter == id {
				same.Case = c.ID
			}
		}
		out = append(out, same)
	}
	return out, f.down
}

// matches reports whether a search leaves a case, as far as pages need it.
func matches(s casework.Search, d casework.Docket) bool {
	if n := s.Number(); n != "" && (n == d.Number || casework.TidyReceipt(n) == d.Receipt) {
		return true
	}
	for _, w := range s.Terms() {
		if !strings.Contains(d.Title+d.Text+d.Place, w) {
			return false
		}
	}
	return (s.Urgency == "" || s.Urgency == d.Urgency) && (s.Lead == "" || s.Lead == d.Unit) && (s.Category == "" || s.Category == d.Category) &&
		(s.Ending == "" || s.Ending == d.Ending) && (s.From.IsZero() || !d.Due.FiledAt.Before(s.From)) && (s.Before.IsZero() || d.Due.FiledAt.Before(s.Before))
}
