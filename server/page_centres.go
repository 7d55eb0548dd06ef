package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

// centresPage is what centres.html draws: the sub-centres (分中心), what they have
// to do, and the form that says what one decides on.
type centresPage struct {
	shell
	Said   string
	Faults []string
	Rows   []centreView
	Form   centreForm
}

// centreView is one sub-centre.
type centreView struct {
	classifier.SubCentre
	Where string
	By    string // channels
	Hours string
	URL   string // of its queue
	Edit  string // of the form, filled in with what is set
}

// centreForm is what was typed.
type centreForm struct {
	Unit, Areas, Channels, Opens, Shuts string
	Closed                              bool
}

// queueMover is the form that moves the open matter to another queue.
type queueMover struct {
	URL  string
	CSRF string
	From string // unit; empty: the city's
	Name string // of that queue
	To   []tabView
}

// showCentres lists the sub-centres.
func (s *Server) showCentres(c *fiber.Ctx, v visit) error {
	p, err := s.newCentresPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"set": "已保存，等着的诉求已按新的规则分到各队列。"}[c.Query("said")]
	return s.page(c, "centres", p)
}

func (s *Server) newCentresPage(c *fiber.Ctx, v visit) (centresPage, error) {
	if s.o.Centres == nil {
		return centresPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	all, err := s.o.Centres.All(c.UserContext(), v.actor)
	if err != nil {
		return centresPage{}, err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return centresPage{}, err
	}
	p := centresPage{shell: s.shell(v, "desk", "分中心")}
	for _, x := range all {
		view := centreView{SubCentre: x, Hours: "全天", URL: deskQuery{Centre: string(x.Unit)}.To("", "")}
		var areas, channels []string
		for _, a := range x.Areas {
			areas = append(areas, areaName(a, dir))
		}
		for _, ch := range x.Channels {
			channels = append(channels, intake.Channel(ch).Label())
		}
		view.Where, view.By = strings.Join(areas, "、"), strings.Join(channels, "、")
		if x.Opens != x.Shuts {
			view.Hours = clockOf(x.Opens) + "–" + clockOf(x.Shuts)
		}
		view.Edit = editCentre(x)
		p.Rows = append(p.Rows, view)
	}
	p.Form = centreForm{
		Unit: c.FormValue("unit"), Areas: c.FormValue("areas"), Channels: c.FormValue("channels"),
		Opens: c.FormValue("opens"), Shuts: c.FormValue("shuts"), Closed: c.FormValue("closed") != "",
	}
	return p, nil
}

// editCentre is the address of the form with what is set of a sub-centre: areas by
// their codes, for names may be those of several.
func editCentre(x classifier.SubCentre) string {
	areas := make([]string, len(x.Areas))
	for i, a := range x.Areas {
		areas[i] = string(a)
	}
	labels := make([]string, len(x.Channels))
	for i, ch := range x.Channels {
		labels[i] = intake.Channel(ch).Label()
	}
	pairs := []string{"unit", x.Name, "areas", strings.Join(areas, "、"), "channels", strings.Join(labels, "、")}
	if x.Opens != x.Shuts {
		pairs = append(pairs, "opens", clockOf(x.Opens), "shuts", clockOf(x.Shuts))
	}
	if x.Closed {
		pairs = append(pairs, "closed", "1")
	}
	return link("/centres", pairs...) + "#centre-form"
}

func clockOf(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// minutesOf reads a time of the day; empty is midnight.
func minutesOf(value, field string) (int, error) {
	if value = strings.TrimSpace(value); value == "" {
		return 0, nil
	}
	at, ok := workday.TimeOfDay(value)
	if !ok {
		return 0, errs.New(errs.Invalid, "centre.hours").In(field)
	}
	return int(at.Minutes()), nil
}

// setCentre says what a sub-centre decides on.
func (s *Server) setCentre(c *fiber.Ctx, v visit) error {
	if s.o.Centres == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	x, err := s.centreTyped(c)
	if err == nil {
		err = s.o.Centres.Set(c.UserContext(), v.actor, x)
	}
	if err == nil {
		return c.Redirect("/centres?said=set", fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newCentresPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "centres", "layout", p)
}

// centreTyped reads the form: areas by name or code, channels by name or code.
func (s *Server) centreTyped(c *fiber.Ctx) (x classifier.SubCentre, err error) {
	if x.Unit, err = s.unitByName(c.UserContext(), c.FormValue("unit"), "unit"); err != nil {
		return x, err
	}
	areas, err := s.o.Places.Areas(c.UserContext())
	if err != nil {
		return x, err
	}
	if x.Areas, err = org.AreasNamed(areas, listTyped(c.FormValue("areas"))); err != nil {
		return x, err
	}
	x.Channels = channelsTyped(c)
	if x.Opens, err = minutesOf(c.FormValue("opens"), "opens"); err != nil {
		return x, err
	}
	x.Shuts, err = minutesOf(c.FormValue("shuts"), "shuts")
	x.Closed = c.FormValue("closed") != ""
	return x, err
}

// listTyped are the words of a field that holds several.
func listTyped(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("、，,；; \r\n", r) })
}

// channelsTyped reads channels from a form, each by its name or its code.
func channelsTyped(c *fiber.Ctx) []string {
	all := listTyped(c.FormValue("channels"))
	for i, w := range all {
		for _, ch := range []intake.Channel{intake.Hotline, intake.Web, intake.WeChat, intake.App, intake.Mini, intake.Mail, intake.Patrol} {
			if ch.Label() == w {
				all[i] = string(ch)
			}
		}
	}
	return all
}

// centresOf adds to the desk the queues of sub-centres, and how the open matter
// gets from one to another.
func (s *Server) centresOf(ctx context.Context, v visit, q deskQuery, matter intake.MatterID, p *queueView) error {
	if s.o.Centres == nil {
		return nil
	}
	all, err := s.o.Centres.All(ctx, v.actor)
	if err != nil || len(all) == 0 {
		return err
	}
	own := classifier.OwnOf(v.actor, all)
	queue := func(name, centre string) tabView {
		return tabView{Label: name, URL: deskQuery{Show: q.Show, Centre: centre}.To("", ""), Current: q.Centre == centre}
	}
	if own == "" {
		p.Centres = []tabView{queue("全部", ""), queue("市中心", cityQueue)}
		for _, x := range all {
			name := x.Name
			if !x.Open {
				name += "（未开放，由市中心代办）"
			}
			p.Centres = append(p.Centres, queue(name, string(x.Unit)))
		}
	}
	if matter == "" || !v.may(org.ActDecide) || q.Show == showDecided || q.Show == showAnswered {
		return nil
	}
	from, err := s.o.Centres.Of(ctx, v.actor, matter)
	if err != nil || own != "" && own != from {
		return err
	}
	p.Moves = &queueMover{CSRF: v.csrf, URL: q.To(matter, "queue"), From: string(from), Name: "市中心"}
	if from != "" {
		p.Moves.To = []tabView{{Label: "市中心"}}
	}
	for _, x := range all {
		if x.Unit == from {
			p.Moves.Name = x.Name
		} else if own == "" {
			p.Moves.To = append(p.Moves.To, tabView{Label: x.Name, URL: string(x.Unit)})
		}
	}
	return nil
}

// putMatter moves a matter to another queue.
func (s *Server) putMatter(c *fiber.Ctx, v visit) error {
	if s.o.Centres == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	matter, q := intake.MatterID(c.Params("matter")), readDeskQuery(c)
	err := s.o.Centres.Put(c.UserContext(), v.actor, matter, org.UnitID(c.FormValue("from")), org.UnitID(c.FormValue("to")), c.FormValue("why"))
	switch {
	case errs.CodeOf(err) == "centre.moved":
		return c.Redirect(q.To(matter, "", "said", "lost"), fiber.StatusSeeOther)
	case err != nil:
		return err
	}
	return c.Redirect(q.To("", "", "said", "queue"), fiber.StatusSeeOther)
}
