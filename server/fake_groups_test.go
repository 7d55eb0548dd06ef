package server

import (
	"context"
	"slices"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeGroups keeps the work groups of the fake city.
type fakeGroups struct{ *fake }

func (f fakeGroups) InsertGroup(_ context.Context, g casework.Group, lead string, members []string, line org.Audit) error {
	for _, m := range members {
		a, known := f.accounts[m]
		if !known || !a.Roles.Has(org.RoleUnit) || g.Unit != "" && a.Unit != g.Unit {
			return errs.New(errs.Invalid, "group.stranger", m).In("members")
		}
		g.Members = append(g.Members, casework.Teammate{Account: a.ID, Login: a.Login, Name: a.Name, Unit: a.Unit})
	}
	g.Lead = f.accounts[lead].ID
	f.groups, f.roster.lines = append(f.groups, g), append(f.roster.lines, line)
	return nil
}

func (f fakeGroups) Groups(_ context.Context, at time.Time) ([]casework.Group, error) {
	all := slices.DeleteFunc(slices.Clone(f.groups), func(g casework.Group) bool { return !g.Until.After(at) })
	for i := range all {
		cases, _ := f.GroupCases(context.Background(), all[i].ID)
		all[i].Open = len(cases)
	}
	return all, nil
}

func (f fakeGroups) GroupCases(_ context.Context, g casework.GroupID) (out []casework.CaseID, _ error) {
	for id, c := range f.cases {
		if c.Group == g {
			out = append(out, id)
		}
	}
	return out, nil
}

func (f fakeGroups) ChangeGroup(_ context.Context, g casework.Group, change casework.GroupChange, line org.Audit) error {
	for i := range f.groups {
		if f.groups[i].ID != g.ID {
			continue
		}
		members := slices.Clone(f.groups[i].Members)
		for _, l := range change.Add {
			a, known := f.accounts[l]
			if !known || !a.Roles.Has(org.RoleUnit) {
				return errs.New(errs.Invalid, "group.stranger", l).In("members")
			}
			members = append(members, casework.Teammate{Account: a.ID, Login: a.Login, Name: a.Name, Unit: a.Unit})
			f.groups[i].Changes = append(f.groups[i].Changes, casework.Joining{At: line.At, By: line.Actor, ByName: f.nameOf(line.Actor), Name: a.Name, Joined: true})
		}
		for _, l := range change.Remove {
			f.groups[i].Changes = append(f.groups[i].Changes, casework.Joining{At: line.At, By: line.Actor, ByName: f.nameOf(line.Actor), Name: f.accounts[l].Name})
		}
		f.groups[i].Members = slices.DeleteFunc(members, func(m casework.Teammate) bool { return slices.Contains(change.Remove, m.Login) })
		f.roster.lines = append(f.roster.lines, line)
		return nil
	}
	return errs.New(errs.NotFound, "group.not_found")
}

func (f fakeGroups) EndGroup(_ context.Context, g casework.GroupID, line org.Audit) error {
	for i := range f.groups {
		if f.groups[i].ID == g && f.groups[i].Until.After(line.At) {
			f.groups[i].Until, f.roster.lines = line.At, append(f.roster.lines, line)
			return nil
		}
	}
	return errs.New(errs.Conflict, "group.over")
}

// team are the people of the group that has a case.
func (f *fake) team(g casework.GroupID) (out []org.AccountID) {
	for _, x := range f.groups {
		if x.ID == g {
			for _, m := range x.Members {
				out = append(out, m.Account)
			}
		}
	}
	return out
}
