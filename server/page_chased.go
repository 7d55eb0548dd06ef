package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// chasedPage is what chased.html draws: what is late, up to whom it was chased,
// and who was told.
type chasedPage struct {
	shell
	Shows []taskTab
	Rows  []chasedRow
	Own   bool // of the reader's unit alone
	Level casework.Level
	Unit  string // as typed
	Older string

	Faults []string
}

// chasedRow is one case.
type chasedRow struct {
	caseRow
	Told []casework.Told
}

// showChased lists what is late.
func (s *Server) showChased(c *fiber.Ctx, v visit) error {
	if s.o.Alerts == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	p := chasedPage{shell: s.shell(v, "cases", "催办情况"), Level: casework.Level(c.Query("level")), Unit: strings.TrimSpace(c.Query("unit")), Own: v.actor.Roles.Has(org.RoleUnit)}
	unit, fault := s.unitNamed(c.UserContext(), p.Unit)
	if fault != nil && errs.KindOf(fault) != errs.Invalid {
		return fault
	}
	f := casework.ChaseFilter{Level: p.Level, Unit: unit, After: casework.CaseID(c.Query("after")), Limit: casesPageSize}
	found, counts, err := s.o.Alerts.Chased(c.UserContext(), v.actor, f)
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	all := 0
	for _, l := range casework.ChaseLevels() {
		all += counts[l]
	}
	p.Shows = []taskTab{{Label: "全部", URL: link("/cases/chased", "unit", p.Unit), Count: all, Counted: true, Current: p.Level == ""}}
	for _, l := range casework.ChaseLevels() {
		p.Shows = append(p.Shows, taskTab{
			Label: "已催到" + l.Label(), URL: link("/cases/chased", "level", string(l), "unit", p.Unit), Count: counts[l], Counted: true, Current: p.Level == l,
		})
	}
	for _, k := range found {
		row := chasedRow{caseRow: s.newCaseRow(k.Docket, dir), Told: k.Told}
		if v.may(org.ActInstruct) {
			row.URL = leaderURL(k.ID)
		}
		p.Rows = append(p.Rows, row)
	}
	if fault != nil {
		p.Faults, p.Rows = sentences(fault), nil
		return s.render(c, fiber.StatusUnprocessableEntity, "chased", "layout", p)
	}
	if len(found) == casesPageSize {
		p.Older = link("/cases/chased", "level", string(p.Level), "unit", p.Unit, "after", string(found[len(found)-1].ID))
	}
	return s.page(c, "chased", p)
}

// blamedPage is what blamed.html draws: the accountability list of a period.
type blamedPage struct {
	shell
	Rows           []blamedRow
	Units          []blamedUnit
	From, To, Unit string // as typed
	Older          string
	Faults         []string
}

// blamedRow is one case.
type blamedRow struct {
	caseRow
	Since time.Time
}

// blamedUnit is how many cases of the period a unit has.
type blamedUnit struct {
	Name  string
	URL   string
	Cases int
}

// showBlamed lists the cases with two orders without effect.
func (s *Server) showBlamed(c *fiber.Ctx, v visit) error {
	if s.o.Alerts == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	p := blamedPage{shell: s.shell(v, "cases", "问责名单"), From: c.Query("from"), To: c.Query("to"), Unit: strings.TrimSpace(c.Query("unit"))}
	err := s.fillBlamed(c.UserContext(), v, &p, casework.CaseID(c.Query("after")))
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return err
	}
	if err != nil {
		p.Faults = sentences(err)
		return s.render(c, fiber.StatusUnprocessableEntity, "blamed", "layout", p)
	}
	return s.page(c, "blamed", p)
}

func (s *Server) fillBlamed(ctx context.Context, v visit, p *blamedPage, after casework.CaseID) error {
	f := casework.BlameFilter{After: after, Limit: casesPageSize}
	var err error
	if f.From, f.To, err = parsePeriod(p.From, p.To); err != nil {
		return err
	}
	if f.Unit, err = s.unitNamed(ctx, p.Unit); err != nil {
		return err
	}
	found, counts, err := s.o.Alerts.Blamed(ctx, v.actor, f)
	if err != nil {
		return err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return err
	}
	for _, d := range found {
		row := blamedRow{s.newCaseRow(d, dir), d.Due.Blamed}
		if v.may(org.ActInstruct) {
			row.URL = leaderURL(d.ID)
		}
		p.Rows = append(p.Rows, row)
	}
	for unit, n := range counts {
		name := unitName(unit, dir)
		p.Units = append(p.Units, blamedUnit{name, link("/cases/blamed", "from", p.From, "to", p.To, "unit", name), n})
	}
	slices.SortFunc(p.Units, func(a, b blamedUnit) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), strings.Compare(a.Name, b.Name))
	})
	if len(found) == casesPageSize {
		p.Older = link("/cases/blamed", "from", p.From, "to", p.To, "unit", p.Unit, "after", string(found[len(found)-1].ID))
	}
	return nil
}

// parsePeriod reads the first and the last day of a period in China as the
// moments that bound it; empty ones are zero.
func parsePeriod(from, to string) (a, b time.Time, err error) {
	for _, d := range []struct {
		name, label, value string
		to                 *time.Time
		days               int
	}{{"from", "列入日期从", from, &a, 0}, {"to", "到", to, &b, 1}} {
		if d.value == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.value, shanghai(time.Time{}).Location())
		if err != nil {
			return a, b, errs.Wrap(err, errs.Invalid, "field.invalid", d.label, d.value).In(d.name)
		}
		*d.to = day.AddDate(0, 0, d.days)
	}
	return a, b, nil
}
