package org

import (
	"context"
	"strings"
	"time"
)

// AccountEnder takes accounts out of service and back.
type AccountEnder interface {
	// DisableAccount ends an account with its sessions and tokens, and refuses
	// what its person has asked for and waits. errs.NotFound; errs.Conflict
	// "account.last_admin", or "account.last_of_unit" when its unit has open cases
	// and nobody else.
	DisableAccount(ctx context.Context, login string, line Audit) error
	// EnableAccount lets it sign in again; tokens stay revoked. errs.NotFound.
	EnableAccount(ctx context.Context, login string, line Audit) error
}

// SetDisabled takes an account out of service, or back. Like Accounts.Create it
// is open to administrators and to the machine's own command line.
func SetDisabled(ctx context.Context, store AccountEnder, actor Actor, login string, disabled bool, now time.Time) error {
	if actor.Account != "" {
		if err := Can(actor, ActManage); err != nil {
			return err
		}
	}
	login = strings.ToLower(strings.TrimSpace(login))
	line := Audit{At: now, Actor: actor.Account, Action: "enable_account", Object: "login:" + login}
	if !disabled {
		return store.EnableAccount(ctx, login, line)
	}
	line.Action = "disable_account"
	return store.DisableAccount(ctx, login, line)
}
