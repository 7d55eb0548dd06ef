package casework

import (
	"strings"

	"huying/internal/org"
)

// receivedBy is what changes who sees a case through from the first contact on
// (首问责任人).
func (c Case) receivedBy(e Event) Case {
	switch e.Move {
	case File:
		if e.Reason != "" {
			c.First = org.AccountID(e.Reason)
		}
	case PassFirst:
		c.First = org.AccountID(e.Reason)
	}
	return c
}

// toFirst gives the alert to who received a case first: it was given back or
// refused, the citizen was not reached, or it is late. No address: nothing of that.
func (s Step) toFirst() []Address {
	c, e := s.Case, s.Event
	tells := false
	switch e.Move {
	case Return, Unsent:
		tells = true
	case Close:
		tells = Ending(e.Reason) == Lawful || Ending(e.Reason) == Unreached
	case CallFailed:
		tells = c.Calls >= MaxCalls
	case Recall:
		tells = strings.HasPrefix(e.Text, RefusalPrefix)
	case Late:
		tells = e.Reason == string(MarkLate) || e.Reason == string(MarkUnaccepted) || e.Reason == string(MarkUnacted)
	}
	if c.First == "" || !tells {
		return nil
	}
	return []Address{{Level: ToFirst, Account: c.First}}
}
