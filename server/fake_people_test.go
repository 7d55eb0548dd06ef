package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakePeople manages the accounts of the fake city.
type fakePeople struct{ *fake }

// roster is who stands in for whom, and what was handed over.
type roster struct {
	covers  []org.Cover
	acting  map[[32]byte]org.CoverID
	tasks   map[org.AccountID][]casework.CaseID
	retired []org.UnitID
	lines   []org.Audit
}

func (f fakePeople) SearchAccounts(_ context.Context, term string, limit int) ([]org.StaffLine, error) {
	var out []org.StaffLine
	for _, a := range f.accounts {
		line := org.StaffLine{Account: a}
		for _, u := range f.units {
			if u.ID == a.Unit {
				line.UnitName = u.Name
			}
		}
		if strings.Contains(a.Login+a.Name+line.UnitName, term) {
			out = append(out, line)
		}
	}
	slices.SortFunc(out, func(a, b org.StaffLine) int { return strings.Compare(a.Login, b.Login) })
	return out[:min(limit, len(out))], f.down
}

func (f fakePeople) InsertCover(_ context.Context, c org.Cover, line org.Audit) error {
	absent, ok := f.accounts[c.Absent.Login]
	if !ok {
		return errs.New(errs.NotFound, "account.not_found", c.Absent.Login)
	}
	c.Absent, c.Substitute = absent, f.accounts[c.Substitute.Login]
	f.roster.covers, f.roster.lines = append(f.roster.covers, c), append(f.roster.lines, line)
	return nil
}

func (f fakePeople) EndCover(_ context.Context, c org.CoverID, line org.Audit) error {
	n := len(f.roster.covers)
	f.roster.covers = slices.DeleteFunc(f.roster.covers, func(x org.Cover) bool { return x.ID == c })
	if len(f.roster.covers) == n {
		return errs.New(errs.Conflict, "cover.over")
	}
	f.roster.lines = append(f.roster.lines, line)
	return nil
}

func (f fakePeople) Covers(_ context.Context, substitute org.AccountID, at time.Time) ([]org.Cover, error) {
	var out []org.Cover
	for _, c := range f.roster.covers {
		if c.Until.After(at) && (substitute == "" || c.Substitute.ID == substitute) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (f fakePeople) ActFor(_ context.Context, session [32]byte, c org.CoverID, line org.Audit) error {
	if c != "" && !slices.ContainsFunc(f.roster.covers, func(x org.Cover) bool { return x.ID == c }) {
		return errs.New(errs.Conflict, "cover.over")
	}
	if f.roster.acting == nil {
		f.roster.acting = map[[32]byte]org.CoverID{}
	}
	f.roster.acting[session], f.roster.lines = c, append(f.roster.lines, line)
	return nil
}

// stands adds to a session what covers make of it.
func (f *fake) stands(a org.Actor, s org.Session) (org.Actor, org.Session) {
	for _, c := range f.roster.covers {
		if c.Substitute.ID == a.Account && c.Holds(f.now) {
			s.Stands = true
			if f.roster.acting[s.Hash] == c.ID {
				a.For, a.ForName, a.Unit = c.Absent.ID, c.Absent.Name, c.Absent.Unit
			}
		}
		if c.Absent.ID == a.Account && c.Holds(f.now) {
			s.Away = c.Substitute.Name
		}
	}
	return a, s
}

func (f fakePeople) ActorFor(context.Context, org.AccountID, string, time.Time, org.Audit) (org.Actor, error) {
	return org.Actor{}, errs.New(errs.Conflict, "cover.over")
}

func (f fakePeople) DisableAccount(_ context.Context, login string, line org.Audit) error {
	a := f.accounts[login]
	if n := len(f.roster.tasks[a.ID]); n > 0 {
		return errs.New(errs.Conflict, "account.has_tasks", login, n)
	}
	a.Disabled = true
	f.accounts[login], f.roster.lines = a, append(f.roster.lines, line)
	return nil
}

func (f fakePeople) EnableAccount(_ context.Context, login string, line org.Audit) error {
	a := f.accounts[login]
	a.Disabled = false
	f.accounts[login], f.roster.lines = a, append(f.roster.lines, line)
	return nil
}

func (f fakePeople) TasksOf(_ context.Context, a org.AccountID) ([]casework.CaseID, error) {
	return nil, nil
}

func (f fakePeople) ReplaceHead(_ context.Context, from, to org.AccountID, line org.Audit) error {
	f.roster.tasks[to] = append(f.roster.tasks[to], f.roster.tasks[from]...)
	delete(f.roster.tasks, from)
	f.roster.lines = append(f.roster.lines, line)
	return nil
}

func (f fakePeople) Touched(_ context.Context, u org.UnitID, _ int) ([]casework.CaseID, int, error) {
	var out []casework.CaseID
	for id, c := range f.cases {
		if c.Unit == u && c.State.Open() {
			out = append(out, id)
		}
	}
	return out, len(out), nil
}

func (f fakePeople) RetireUnit(_ context.Context, from, to org.UnitID, line org.Audit) error {
	f.roster.retired, f.roster.lines = append(f.roster.retired, from), append(f.roster.lines, line)
	return nil
}

func (f fakePeople) SetRoles(_ context.Context, login string, roles org.Roles, unit org.UnitID, line org.Audit) error {
	a, known := f.accounts[login]
	switch {
	case !known:
		return errs.New(errs.NotFound, "account.not_found", login)
	case roles.Has(org.RoleUnit) && unit == "" && a.Unit == "":
		return errs.New(errs.Invalid, "account.unit_needed").In("unit")
	}
	if unit != "" {
		a.Unit = unit
	}
	a.Roles = roles
	f.accounts[login], f.roster.lines = a, append(f.roster.lines, line)
	return nil
}
