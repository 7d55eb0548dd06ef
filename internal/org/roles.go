package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
)

// Roles are what an account is for: it may do what one of them may, to a case
// what its relation to that allows. They are in the order of AllRoles, each once.
type Roles []Role

// AllRoles are the roles there are, in the order in which they are shown.
func AllRoles() Roles {
	return Roles{RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleUnit, RoleLeader, RoleAdmin, RolePrivacy, RoleBot}
}

// Has reports whether a role is among them.
func (rs Roles) Has(r Role) bool { return slices.Contains(rs, r) }

// Label names them on screen.
func (rs Roles) Label() string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Label()
	}
	return strings.Join(names, "、")
}

// Codes are what the API and files call them.
func (rs Roles) Codes() []string {
	codes := make([]string, len(rs))
	for i, r := range rs {
		codes[i] = string(r)
	}
	return codes
}

// RolesOf reads roles as people write them: codes or names, in any order.
// errs.Invalid names the first that is none.
func RolesOf(words ...string) (Roles, error) {
	var found Roles
	for _, w := range words {
		w = strings.TrimSpace(w)
		at := slices.IndexFunc(AllRoles(), func(r Role) bool { return w == string(r) || w == r.Label() })
		switch {
		case w == "":
			continue
		case at < 0:
			return nil, errs.New(errs.Invalid, "field.invalid", "角色", w).In("roles")
		}
		found = append(found, AllRoles()[at])
	}
	return found.tidy(), nil
}

// tidy gives them in order, each once. What is no role comes last, for Validate.
func (rs Roles) tidy() Roles {
	var out Roles
	for _, r := range slices.Concat(AllRoles(), rs) {
		if rs.Has(r) && !out.Has(r) {
			out = append(out, r)
		}
	}
	return out
}

// apart are roles that one person does not have together (职责分离). Who sees
// to it that data are protected uses none of them; a machine is no person; and
// the hotline decides on what units ask for, their returns, extensions, closings
// and contacts, so nobody is on both sides of that. A database constraint says
// the same.
var apart = []struct {
	one    Role
	others Roles // empty: all
}{
	{RolePrivacy, nil},
	{RoleBot, nil},
	{RoleUnit, Roles{RoleAgent, RoleDispatcher, RoleSupervisor, RoleAdmin}},
}

// Validate reports an errs.Invalid "field.required", "field.invalid" or
// "role.apart".
func (rs Roles) Validate() error {
	if len(rs) == 0 {
		return errs.New(errs.Invalid, "field.required", "角色").In("roles")
	}
	for _, r := range rs {
		if !AllRoles().Has(r) {
			return errs.New(errs.Invalid, "field.invalid", "角色", string(r)).In("roles")
		}
	}
	for _, a := range apart {
		if !rs.Has(a.one) {
			continue
		}
		for _, r := range rs {
			if r != a.one && (a.others == nil || a.others.Has(r)) {
				return errs.New(errs.Invalid, "role.apart", a.one.Label(), r.Label()).In("roles")
			}
		}
	}
	return nil
}

// RoleStore changes what accounts are for.
type RoleStore interface {
	// SetRoles gives an account other roles, and a unit (empty: it keeps its own),
	// under the lock of DisableAccount. detail is what the audit line says, from the
	// roles before. errs.NotFound "account.not_found"; errs.Invalid
	// "account.unit_needed"; errs.Conflict "account.last_admin", and where the
	// account leaves what it handles, what DisableAccount gives.
	SetRoles(ctx context.Context, login string, roles Roles, unit UnitID, line Audit) error
}

// SetRoles says what an account is for from now on, in sessions that are open
// too. Nobody changes their own roles. Like Accounts.Create it is open to
// administrators and to the machine's own command line.
func SetRoles(ctx context.Context, store RoleStore, actor Actor, login string, roles Roles, unit UnitID, now time.Time) (Roles, error) {
	login = tidyLogin(login)
	if actor.Account != "" {
		if err := Can(actor, ActManage); err != nil {
			return nil, err
		}
		if actor.Login == login {
			return nil, errs.New(errs.Forbidden, "role.own")
		}
	}
	roles = roles.tidy()
	if err := roles.Validate(); err != nil {
		return nil, err
	}
	line := Audit{At: now, Actor: actor.Account, Action: "set_roles", Object: "login:" + login, Detail: roles.Label()}
	return roles, store.SetRoles(ctx, login, roles, unit, line)
}
