package org

import (
	"context"
	"slices"
	"testing"
	"time"

	"huying/internal/errs"
)

// pairs are all sets of two roles.
func pairs() []Roles {
	var out []Roles
	for i, a := range AllRoles() {
		for _, b := range AllRoles()[i+1:] {
			out = append(out, Roles{a, b})
		}
	}
	return out
}

// TestTwoRolesMayWhatEachMay is the table for pairs: every action, and whether
// one of the two may; and which pairs there are.
func TestTwoRolesMayWhatEachMay(t *testing.T) {
	together := []string{
		"话务员、派单员", "话务员、督办员", "派单员、督办员", "派单员、知识采编员", "派单员、领导", "派单员、管理员", "督办员、知识采编员", "督办员、领导", "督办员、管理员",
		"话务员、知识采编员", "话务员、领导", "话务员、管理员", "知识采编员、承办人员", "知识采编员、领导", "知识采编员、管理员", "承办人员、领导", "领导、管理员",
	}
	for _, pair := range pairs() {
		err := pair.Validate()
		switch {
		case slices.Contains(together, pair.Label()) && err != nil:
			t.Errorf("%s: %v", pair.Label(), err)
		case !slices.Contains(together, pair.Label()) && errs.CodeOf(err) != "role.apart":
			t.Errorf("%s are one person's: %v", pair.Label(), err)
		}
		both := Actor{Account: "x", Roles: pair}
		for action := range allowed {
			one, other := Can(Actor{Roles: pair[:1]}, action), Can(Actor{Roles: pair[1:]}, action)
			if got, want := Can(both, action) == nil, one == nil || other == nil; got != want {
				t.Errorf("%s and %s: %v, want %v", pair.Label(), action, got, want)
			}
		}
	}
}

// TestNobodyIsOnBothSides: whatever roles one person has, what units ask for is
// decided by somebody else, and who sees to the data's protection has no part.
func TestNobodyIsOnBothSides(t *testing.T) {
	all := AllRoles()
	for set := range 1 << len(all) {
		var roles Roles
		for i, r := range all {
			if set&(1<<i) != 0 {
				roles = append(roles, r)
			}
		}
		if roles.Validate() != nil {
			continue
		}
		may := func(a Action) bool { return Can(Actor{Roles: roles}, a) == nil }
		if may(ActHandle) && (may(ActDispatch) || may(ActSupervise) || may(ActCallBack) || may(ActDisclose) || may(ActDecide) || may(ActReadOriginal)) {
			t.Errorf("%s decides on what their unit asks for", roles.Label())
		}
		if may(ActSubject) && (may(ActHandle) || may(ActDecide) || may(ActManage)) {
			t.Errorf("%s watches over themselves", roles.Label())
		}
	}
}

func TestRolesAsPeopleWriteThem(t *testing.T) {
	got, err := RolesOf(" 知识采编员", "agent", "", "editor")
	if err != nil || !slices.Equal(got, Roles{RoleAgent, RoleEditor}) || got.Label() != "话务员、知识采编员" {
		t.Errorf("%v, %v", got, err)
	}
	for _, w := range []string{"root", "Agent", "话务"} {
		if _, err := RolesOf("agent", w); errs.CodeOf(err) != "field.invalid" {
			t.Errorf("%q: %v", w, err)
		}
	}
	if err := (Roles{}).Validate(); errs.CodeOf(err) != "field.required" {
		t.Errorf("no role: %v", err)
	}
}

// given remembers what SetRoles was asked.
type given struct {
	roles Roles
	line  Audit
}

func (g *given) SetRoles(_ context.Context, _ string, roles Roles, _ UnitID, line Audit) error {
	g.roles, g.line = roles, line
	return nil
}

func TestWhoChangesRoles(t *testing.T) {
	admin, at := Actor{Account: "x", Login: "admin", Roles: Roles{RoleAdmin, RoleEditor}}, time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		actor Actor
		login string
		roles Roles
		want  errs.Code // empty: done
	}{
		{"an administrator", admin, " Agent1", Roles{RoleEditor, RoleAgent, RoleEditor}, ""},
		{"the machine", Actor{}, "agent1", Roles{RoleAdmin}, ""},
		{"an agent", Actor{Account: "y", Roles: Roles{RoleAgent}}, "agent1", Roles{RoleAdmin}, "role.forbidden"},
		{"their own", admin, "ADMIN", Roles{RoleAdmin}, "role.own"},
		{"apart", admin, "agent1", Roles{RoleAgent, RoleUnit}, "role.apart"},
		{"none", admin, "agent1", nil, "field.required"},
		{"one that there is not", admin, "agent1", Roles{"root"}, "field.invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &given{}
			got, err := SetRoles(t.Context(), g, tt.actor, tt.login, tt.roles, "", at)
			if tt.want != "" {
				if errs.CodeOf(err) != tt.want || g.roles != nil {
					t.Errorf("%v, stored %v", err, g.roles)
				}
				return
			}
			if err != nil || !slices.Equal(got, g.roles) || g.line.Action != "set_roles" || g.line.Object != "login:agent1" || g.line.Detail != got.Label() {
				t.Errorf("%v, %+v, %v", got, g.line, err)
			}
		})
	}
	g := &given{}
	if got, err := SetRoles(t.Context(), g, admin, "agent1", Roles{RoleEditor, RoleAgent, RoleEditor}, "", at); err != nil || !slices.Equal(got, Roles{RoleAgent, RoleEditor}) {
		t.Errorf("%v, %v", got, err)
	}
}
