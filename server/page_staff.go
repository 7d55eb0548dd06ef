package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
)

// Staff finds accounts.
type Staff interface {
	// SearchAccounts gives accounts by a part of login, name or unit, in order of
	// login, each with the name of its unit.
	SearchAccounts(ctx context.Context, term string, limit int) ([]org.StaffLine, error)
}

// staffPage is what staff.html draws: accounts, who stands in for whom, and
// what is handed over when people leave and units end.
type staffPage struct {
	shell
	Said   string
	Faults []string
	Words  string
	Rows   []accountRow
	Full   bool
	Covers []coverView
	Form   staffForm
	Once   *onceView // a password that was just given; shown this once
	Roles  []roleTick
	Makes  bool // may give passwords
}

// onceView is a password for once.
type onceView struct {
	Login, Password string
	Until           time.Time
}

// accountRow is one account.
type accountRow struct {
	org.StaffLine
	URL     string
	Own     bool // the reader's
	Officer bool // a privacy officer's, whose password administrators do not give
	All     []roleTick
}

// roleTick is a role that an account may be given.
type roleTick struct {
	org.Role
	Has bool
}

// coverView is one cover.
type coverView struct {
	org.Cover
	Now bool // in force
	URL string
}

// staffForm is what was typed.
type staffForm struct {
	Absent, Substitute, From, Until string
	Unit, Next, Why                 string
	Login, Name, Of                 string // of a new account
}

// staffShown is how many accounts a page lists.
const staffShown = 50

// showStaff lists accounts and covers.
func (s *Server) showStaff(c *fiber.Ctx, v visit) error {
	p, err := s.newStaffPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{
		"unlocked": "已解除锁定，可以马上登录。", "disabled": "已停用，登录和令牌立即失效。", "enabled": "已恢复。", "roles": "角色已更换，立即生效。", "cover": "已安排代班，双方登录后都会看到。", "ended": "代班已结束。", "abolished": "已撤并，在办工单和人员已转入承接的单位。",
	}[c.Query("said")]
	return s.page(c, "staff", p)
}

func (s *Server) newStaffPage(c *fiber.Ctx, v visit) (staffPage, error) {
	if s.o.Staff == nil {
		return staffPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	if err := org.Can(v.actor, org.ActManage); err != nil {
		return staffPage{}, err
	}
	p := staffPage{shell: s.shell(v, "staff", "人员和单位"), Words: strings.TrimSpace(c.Query("q"))}
	found, err := s.o.Staff.SearchAccounts(c.UserContext(), p.Words, staffShown)
	if err != nil {
		return p, err
	}
	if err := s.lockOuts(c.UserContext(), v.actor, found); err != nil {
		return p, err
	}
	p.Makes = s.o.Passwords != nil
	picked := c.Request().PostArgs().PeekMulti("role")
	for _, r := range org.AllRoles() {
		p.Roles = append(p.Roles, roleTick{r, slices.ContainsFunc(picked, func(b []byte) bool { return string(b) == string(r) })})
	}
	for _, a := range found {
		row := accountRow{StaffLine: a, URL: "/staff/accounts/" + a.Login, Own: a.ID == v.actor.Account, Officer: a.Roles.Has(org.RolePrivacy)}
		for _, r := range org.AllRoles() {
			row.All = append(row.All, roleTick{r, a.Roles.Has(r)})
		}
		p.Rows = append(p.Rows, row)
	}
	p.Full = len(found) == staffShown
	all, err := s.o.Covers.All(c.UserContext(), v.actor)
	for _, k := range all {
		p.Covers = append(p.Covers, coverView{k, k.Holds(s.o.Now()), "/staff/covers/" + string(k.ID) + "/end"})
	}
	p.Form = staffForm{
		Absent: c.FormValue("absent"), Substitute: c.FormValue("substitute"), From: c.FormValue("from"), Until: c.FormValue("until"),
		Unit: c.FormValue("unit"), Next: c.FormValue("next"), Why: c.FormValue("why"),
		Login: c.FormValue("login"), Name: c.FormValue("name"), Of: c.FormValue("of"),
	}
	return p, err
}

// disableAccount ends an account, after its tasks went to the successor.
func (s *Server) disableAccount(c *fiber.Ctx, v visit) error {
	if s.o.HandOvers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	_, err := s.o.HandOvers.Disable(c.UserContext(), v.actor, c.Params("login"), c.FormValue("to"))
	return s.afterStaff(c, v, err, "disabled")
}

// enableAccount lets an account sign in again.
func (s *Server) enableAccount(c *fiber.Ctx, v visit) error {
	if s.o.HandOvers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	return s.afterStaff(c, v, s.o.HandOvers.Enable(c.UserContext(), v.actor, c.Params("login")), "enabled")
}

// setRoles says what an account is for.
func (s *Server) setRoles(c *fiber.Ctx, v visit) error {
	if s.o.HandOvers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	roles, unit, err := s.rolesOf(c)
	if err == nil {
		_, err = s.o.HandOvers.SetRoles(c.UserContext(), v.actor, c.Params("login"), roles, unit)
	}
	return s.afterStaff(c, v, err, "roles")
}

// rolesOf reads the roles and the unit of a form; an empty unit is none.
func (s *Server) rolesOf(c *fiber.Ctx) (roles org.Roles, unit org.UnitID, err error) {
	var words []string
	for _, value := range c.Request().PostArgs().PeekMulti("role") {
		words = append(words, string(value))
	}
	if roles, err = org.RolesOf(words...); err != nil {
		return nil, "", err
	}
	if name := c.FormValue("of"); strings.TrimSpace(name) != "" {
		unit, err = s.unitByName(c.UserContext(), name, "of")
	}
	return roles, unit, err
}

// setCover lets somebody stand in for somebody else.
func (s *Server) setCover(c *fiber.Ctx, v visit) error {
	if s.o.Covers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	from, err := parseFormTime("从何时起", c.FormValue("from"))
	var until time.Time
	if err == nil {
		until, err = parseFormTime("到何时止", c.FormValue("until"))
	}
	if err == nil {
		_, err = s.o.Covers.Set(c.UserContext(), v.actor, c.FormValue("absent"), c.FormValue("substitute"), from, until)
	}
	return s.afterStaff(c, v, err, "cover")
}

// endCover ends a cover before its time.
func (s *Server) endCover(c *fiber.Ctx, v visit) error {
	if s.o.Covers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	return s.afterStaff(c, v, s.o.Covers.End(c.UserContext(), v.actor, org.CoverID(c.Params("cover"))), "ended")
}

// abolishUnit hands what a unit has to its successor. What does not fit into
// one request is gone on with by the next.
func (s *Server) abolishUnit(c *fiber.Ctx, v visit) error {
	if s.o.HandOvers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	from, err := s.unitByName(c.UserContext(), c.FormValue("unit"), "unit")
	var to org.UnitID
	if err == nil {
		to, err = s.unitByName(c.UserContext(), c.FormValue("next"), "next")
	}
	if err == nil {
		var moved, left int
		moved, left, err = s.o.HandOvers.Abolish(c.UserContext(), v.actor, from, to, c.FormValue("why"))
		if moved > 0 && (left > 0 || errors.Is(err, context.DeadlineExceeded)) {
			err = errs.New(errs.Conflict, "unit.part", moved)
		}
	}
	return s.afterStaff(c, v, err, "abolished")
}

// unitByName finds a unit in service by its whole name.
func (s *Server) unitByName(ctx context.Context, name, field string) (org.UnitID, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", errs.New(errs.Invalid, "field.required", "单位").In(field)
	}
	found, err := s.o.Places.SearchUnits(ctx, name, 50)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(found, func(u org.Unit) bool { return u.Name == name })
	if at < 0 {
		return "", errs.New(errs.Invalid, "account.unit", name).In(field)
	}
	return found[at].ID, nil
}

// afterStaff goes back to the page, or shows it with what was wrong.
func (s *Server) afterStaff(c *fiber.Ctx, v visit, err error, said string) error {
	if err == nil {
		return c.Redirect("/staff?said="+said, fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict, errs.NotFound}, errs.KindOf(err)) {
		return err
	}
	p, failed := s.newStaffPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "staff", "layout", p)
}

// showCovers shows for whom a person stands in.
func (s *Server) showCovers(c *fiber.Ctx, v visit) error {
	if s.o.Covers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	all, err := s.o.Covers.Own(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	p := coversPage{shell: s.shell(v, "covers", "代班")}
	for _, k := range all {
		p.Covers = append(p.Covers, coverView{Cover: k, Now: k.Holds(s.o.Now())})
	}
	return s.page(c, "covers", p)
}

// coversPage is what covers.html draws.
type coversPage struct {
	shell
	Covers []coverView
}

// actFor lets a person act for whom they stand in for, or for themselves again.
func (s *Server) actFor(c *fiber.Ctx, v visit) error {
	if s.o.Covers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := s.o.Covers.Act(c.UserContext(), v.actor, v.session, org.CoverID(c.FormValue("cover"))); err != nil {
		return err
	}
	return c.Redirect("/", fiber.StatusSeeOther)
}

// standing puts into words for whom a person acts, and who acts for them.
func (v visit) standing() string {
	switch {
	case v.actor.ForName != "":
		return fmt.Sprintf("正在代%s办理，经过里记您的名字", v.actor.ForName)
	case v.away != "":
		return fmt.Sprintf("您的工作现由%s代办", v.away)
	}
	return ""
}

// exportUnits gives the units in service as a table that imports again.
func (s *Server) exportUnits(c *fiber.Ctx, v visit) error {
	if s.o.Units == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	var b bytes.Buffer
	name := tableName("units", c.Query("form"))
	if err := s.o.Units.Export(c.UserContext(), v.actor, &b, name); err != nil {
		return err
	}
	return sendTable(c, b.Bytes(), name)
}
