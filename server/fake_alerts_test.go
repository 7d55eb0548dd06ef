package server

import (
	"context"
	"slices"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeInbox is what the staff of the fake city was told, and how it is reached.
type fakeInbox struct {
	rows     []casework.Alert // oldest first
	reach    map[org.AccountID]casework.Reach
	unopened bool // with another key
	deputies map[org.UnitID][]org.AccountID
	lines    []org.Audit
}

// tell tells the staff of a step, as the store does: of a unit all, of the levels
// above everybody of the role.
func (f *fake) tell(s casework.Step) {
	kind, to := s.Alerts()
	for _, a := range to {
		for _, p := range f.accounts {
			means := p.Roles.Has(org.RoleUnit) && p.Unit == a.Unit && (a.Account == "" || a.Account == p.ID)
			switch a.Level {
			case casework.ToSupervisor:
				means = p.Roles.Has(org.RoleAdmin)
			case casework.ToFirst:
				means = p.ID == a.Account
			case casework.ToLeader:
				means = p.Roles.Has(org.RoleLeader)
			}
			if !means || p.ID == s.Event.By {
				continue
			}
			f.alerts.rows = append(f.alerts.rows, casework.Alert{
				ID: casework.AlertID(len(f.alerts.rows) + 1), Case: s.Case.ID, To: p.ID, Level: a.Level, Kind: kind, At: s.Event.At, Unit: s.Case.Unit,
			})
		}
	}
}

func (i *fakeInbox) unread(a org.AccountID) (n int) {
	for _, r := range i.rows {
		if r.To == a && r.ReadAt.IsZero() {
			n++
		}
	}
	return n
}

func (f fakeCases) Alerts(_ context.Context, q casework.AlertFilter) ([]casework.Alert, int, error) {
	var out []casework.Alert
	for _, a := range slices.Backward(f.alerts.rows) {
		if a.To == q.To && (!q.Unread || a.ReadAt.IsZero()) && (q.Before == 0 || a.ID < q.Before) {
			if k, filed := f.cases[a.Case]; filed {
				a.Matter, a.Number, a.Heading = k.Matter, k.Number, k.Title
			} else {
				a.Heading = f.files[a.Matter].Matter.Title
			}
			out = append(out, a)
		}
	}
	return out[:min(q.Limit, len(out))], f.alerts.unread(q.To), f.down
}

func (f fakeCases) ReadAlerts(_ context.Context, to org.AccountID, ids []casework.AlertID, upTo casework.AlertID, at time.Time) (n int, err error) {
	for i, a := range f.alerts.rows {
		named := slices.Contains(ids, a.ID) || len(ids) == 0 && a.ID <= upTo
		if a.To == to && named && a.ReadAt.IsZero() {
			f.alerts.rows[i].ReadAt = at
			n++
		}
	}
	return n, f.down
}

func (f fakeCases) Reach(_ context.Context, a org.AccountID) (casework.Reach, error) {
	if f.alerts.unopened {
		return casework.Reach{Supervises: f.alerts.reach[a].Supervises}, errs.New(errs.Unavailable, "reach.unopened")
	}
	return f.alerts.reach[a], f.down
}

func (f fakeCases) SetReach(_ context.Context, a org.AccountID, r casework.Reach, line org.Audit) error {
	for _, p := range f.accounts {
		if p.ID == a && r.Supervises && !p.Roles.Has(org.RoleAgent) && !p.Roles.Has(org.RoleDispatcher) && !p.Roles.Has(org.RoleSupervisor) && !p.Roles.Has(org.RoleAdmin) {
			return errs.New(errs.Invalid, "reach.role").In("supervises")
		}
	}
	f.alerts.reach[a], f.alerts.lines = r, append(f.alerts.lines, line)
	return f.down
}

func (f fakeCases) Chased(_ context.Context, q casework.ChaseFilter) ([]casework.Chased, map[casework.Level]int, error) {
	counts := map[casework.Level]int{}
	var out []casework.Chased
	for _, c := range f.cases {
		if !c.State.Open() || c.Chasing == "" || q.Unit != "" && q.Unit != c.Unit {
			continue
		}
		if counts[c.Chasing]++; q.Level != "" && q.Level != c.Chasing {
			continue
		}
		k := casework.Chased{Docket: c.Docket}
		for _, a := range f.alerts.rows {
			if a.Case == c.ID {
				k.Told = append(k.Told, casework.Told{Name: f.nameOf(a.To), Level: a.Level, At: a.At, ReadAt: a.ReadAt})
			}
		}
		out = append(out, k)
	}
	return out, counts, f.down
}

func (f fakeCases) Blamed(_ context.Context, q casework.BlameFilter) ([]casework.Docket, map[org.UnitID]int, error) {
	counts := map[org.UnitID]int{}
	var out []casework.Docket
	for _, c := range f.cases {
		if at := c.Due.Blamed; !at.IsZero() && !at.Before(q.From) && at.Before(q.To) {
			if counts[c.Unit]++; q.Unit == "" || q.Unit == c.Unit {
				out = append(out, c.Docket)
			}
		}
	}
	return out, counts, f.down
}
