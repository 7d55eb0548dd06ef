package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// alertsPage is what alerts.html draws: what the reader was told.
type alertsPage struct {
	shell
	Rows   []alertView
	All    bool // read ones too
	Unread int
	Latest casework.AlertID // up to which all are marked read at once
	Older  string
	Said   string
	Faults []string
	Passes casework.AlertID // whose form was sent, and is open
	Worker string           // what was typed there
	Chased string           // address of what is late and who was told; empty: not for this reader
}

// alertView is one line.
type alertView struct {
	casework.Alert
	URL  string
	Unit string
	New  bool
	Pass bool // the reader may hand on who sees the refused matter through
}

// alertsShown is how many a page lists.
const alertsShown = 50

// showAlerts lists the reader's alerts.
func (s *Server) showAlerts(c *fiber.Ctx, v visit) error {
	p, err := s.newAlertsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"read": "已标为已读。", "passed": "首问已移交，对方已收到提醒。"}[c.Query("said")]
	return s.page(c, "alerts", p)
}

func (s *Server) newAlertsPage(c *fiber.Ctx, v visit) (alertsPage, error) {
	if s.o.Alerts == nil {
		return alertsPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p := alertsPage{shell: s.shell(v, "alerts", "提醒"), All: c.Query("all") != ""}
	f := casework.AlertFilter{Unread: !p.All, Before: alertID(c.Query("before")), Limit: alertsShown + 1}
	found, unread, err := s.o.Alerts.Own(c.UserContext(), v.actor, f)
	if err != nil {
		return p, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return p, err
	}
	p.Unread, p.shell.Unread = unread, unreadWords(unread)
	if len(found) > 0 {
		p.Latest = found[0].ID
	}
	if len(found) > alertsShown {
		found = found[:alertsShown]
		p.Older = link("/alerts", "all", c.Query("all"), "before", found[alertsShown-1].ID.String())
	}
	for _, a := range found {
		p.Rows = append(p.Rows, alertView{
			Alert: a, URL: "/alerts/" + a.ID.String(), Unit: unitName(a.Unit, dir), New: a.ReadAt.IsZero() && !a.Over,
			Pass: a.Case == "" && !a.Over && s.o.HandOvers != nil && (a.Level == casework.ToFirst || v.may(org.ActOversee)),
		})
	}
	heads, err := s.o.Alerts.Heads(c.UserContext(), v.actor)
	if heads || v.may(org.ActWatchChases) {
		p.Chased = "/cases/chased"
	}
	return p, err
}

// passRefused hands on who sees a refused matter through.
func (s *Server) passRefused(c *fiber.Ctx, v visit) error {
	if s.o.HandOvers == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	err := s.o.HandOvers.PassRefused(c.UserContext(), v.actor, intake.MatterID(c.FormValue("matter")), c.FormValue("worker"))
	if err == nil {
		return c.Redirect("/alerts?said=passed", fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newAlertsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults, p.Passes, p.Worker = sentences(err), alertID(c.FormValue("alert")), c.FormValue("worker")
	return s.render(c, status(err), "alerts", "layout", p)
}

// alertID reads a number; 0 for anything else.
func alertID(value string) casework.AlertID {
	n, _ := strconv.ParseInt(value, 10, 64)
	return casework.AlertID(max(n, 0))
}

// unreadWords is a number of unread alerts as the head of a page shows it; empty
// for none.
func unreadWords(n int) string {
	switch {
	case n == 0:
		return ""
	case n >= org.MaxUnread:
		return strconv.Itoa(org.MaxUnread-1) + "+"
	}
	return strconv.Itoa(n)
}

// openAlert marks an alert read and goes to its case.
func (s *Server) openAlert(c *fiber.Ctx, v visit) error {
	if s.o.Alerts == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	id := alertID(c.Params("alert"))
	found, _, err := s.o.Alerts.Own(c.UserContext(), v.actor, casework.AlertFilter{Before: id + 1, Limit: 1})
	if err != nil {
		return err
	}
	if id == 0 || len(found) == 0 || found[0].ID != id {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if _, err := s.o.Alerts.Read(c.UserContext(), v.actor, []casework.AlertID{id}, 0); err != nil {
		return err
	}
	return c.Redirect(alertGoesTo(found[0], v), fiber.StatusSeeOther)
}

// alertGoesTo is where an alert is read on: the case, or of a matter that was
// refused the desk; who found it on patrol has their list.
func alertGoesTo(a casework.Alert, v visit) string {
	switch {
	case a.Case == "" && v.may(org.ActReadMessages):
		return "/desk/" + string(a.Matter)
	case a.Case == "":
		return "/grid/new"
	case v.may(org.ActInstruct):
		return leaderURL(a.Case)
	}
	return caseURL(a.Case)
}

// readAlerts marks one alert read, or all up to one.
func (s *Server) readAlerts(c *fiber.Ctx, v visit) error {
	if s.o.Alerts == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	var ids []casework.AlertID
	if id := alertID(c.FormValue("alert")); id > 0 {
		ids = append(ids, id)
	}
	if _, err := s.o.Alerts.Read(c.UserContext(), v.actor, ids, alertID(c.FormValue("up_to"))); err != nil {
		return err
	}
	return c.Redirect("/alerts?said=read", fiber.StatusSeeOther)
}

// reachPage is what reach.html draws: by what means somebody is told.
type reachPage struct {
	shell
	URL    string
	Who    string // login; empty: the reader
	Reach  casework.Reach
	Means  string // by what means letters leave now; empty: by none
	Said   string
	Faults []string

	Unopened string // why what is stored cannot be shown; empty: it is
}

// showReach shows by what means the reader, or whoever the address names, is told.
func (s *Server) showReach(c *fiber.Ctx, v visit) error {
	p, err := s.newReachPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"set": "已保存。"}[c.Query("said")]
	return s.page(c, "reach", p)
}

func (s *Server) newReachPage(c *fiber.Ctx, v visit) (reachPage, error) {
	if s.o.Alerts == nil {
		return reachPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p := reachPage{shell: s.shell(v, "alerts", "提醒方式"), Who: c.Params("login"), URL: "/alerts/reach"}
	if s.o.Outbox != nil {
		p.Means = means(s.o.Outbox.Via())
	}
	var err error
	if p.Who == "" {
		p.Reach, err = s.o.Alerts.Reach(c.UserContext(), v.actor)
	} else {
		p.shell.Page, p.URL = "staff", "/staff/accounts/"+p.Who+"/reach"
		p.Reach, err = s.o.Alerts.ReachOf(c.UserContext(), v.actor, p.Who)
	}
	if errs.CodeOf(err) == "reach.unopened" { // it can be set anew all the same
		p.Unopened, err = errs.Sentence(err), nil
	}
	return p, err
}

// setReach sets it.
func (s *Server) setReach(c *fiber.Ctx, v visit) error {
	p, err := s.newReachPage(c, v)
	if err != nil {
		return err
	}
	p.Reach = casework.Reach{
		Mobile: c.FormValue("mobile"), Mail: c.FormValue("mail"), WeCom: c.FormValue("wecom"), Supervises: c.FormValue("supervises") != "",
	}
	if p.Who == "" {
		err = s.o.Alerts.SetReach(c.UserContext(), v.actor, p.Reach)
	} else {
		err = s.o.Alerts.SetReachOf(c.UserContext(), v.actor, p.Who, p.Reach)
	}
	switch {
	case err == nil:
		return c.Redirect(link(p.URL, "said", "set"), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "reach", "layout", p)
}
