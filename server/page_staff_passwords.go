package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
)

// lockOuts says of accounts which are locked out, and until when.
func (s *Server) lockOuts(ctx context.Context, actor org.Actor, found []org.StaffLine) error {
	if s.o.Passwords == nil {
		return nil
	}
	logins := make([]string, len(found))
	for i, a := range found {
		logins[i] = a.Login
	}
	until, err := s.o.Passwords.LockOuts(ctx, actor, logins)
	for i, a := range found {
		found[i].LockedUntil = until[a.Login]
	}
	return err
}

// createAccount makes an account with a password for once, which the page shows
// this one time.
func (s *Server) createAccount(c *fiber.Ctx, v visit) error {
	if s.o.Passwords == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := org.Can(v.actor, org.ActManage); err != nil {
		return err // before it is said which units there are
	}
	roles, unit, err := s.rolesOf(c)
	var made org.Account
	var once string
	if err == nil {
		made, once, err = s.o.Passwords.Create(c.UserContext(), v.actor, org.Account{Login: c.FormValue("login"), Name: c.FormValue("name"), Roles: roles, Unit: unit})
	}
	if err != nil {
		return s.afterStaff(c, v, err, "")
	}
	return s.showOnce(c, v, onceView{made.Login, once, made.OnceUntil})
}

// resetPassword gives somebody a password for once, which the page shows this
// one time.
func (s *Server) resetPassword(c *fiber.Ctx, v visit) error {
	if s.o.Passwords == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	once, until, err := s.o.Passwords.Reset(c.UserContext(), v.actor, c.Params("login"))
	if err != nil {
		return s.afterStaff(c, v, err, "")
	}
	return s.showOnce(c, v, onceView{c.Params("login"), once, until})
}

// showOnce shows the page with a password: nowhere else, and in no address.
func (s *Server) showOnce(c *fiber.Ctx, v visit, once onceView) error {
	p, err := s.newStaffPage(c, v)
	if err != nil {
		return err
	}
	p.Once, p.Form, p.Roles = &once, staffForm{}, nil
	for _, r := range org.AllRoles() {
		p.Roles = append(p.Roles, roleTick{Role: r})
	}
	return s.page(c, "staff", p)
}

// unlockAccount ends a lock-out before its time.
func (s *Server) unlockAccount(c *fiber.Ctx, v visit) error {
	if s.o.Passwords == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	return s.afterStaff(c, v, s.o.Passwords.Lift(c.UserContext(), v.actor, c.Params("login")), "unlocked")
}

// Locked reports whether the account is locked out.
func (r accountRow) Locked() bool { return !r.LockedUntil.IsZero() }

// UntilWords say until when a password for once is good.
func (o onceView) UntilWords() string { return shanghai(o.Until).Format("1月2日 15:04") }
