package server

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// findForm is a search for cases as the address has it: a bookmark finds the
// same again.
type findForm struct {
	Q, Unit, Area, Category, Urgency, Channel, From, To, Ending string
}

func readFindForm(c *fiber.Ctx) findForm {
	field := func(name string) string { return strings.TrimSpace(c.Query(name)) }
	return findForm{
		Q: field("q"), Unit: field("unit"), Area: field("area"), Category: field("category"), Urgency: field("urgency"),
		Channel: field("channel"), From: field("from"), To: field("to"), Ending: field("ending"),
	}
}

// pairs are the form as it stands in an address.
func (f findForm) pairs() []string {
	return []string{
		"q", f.Q, "unit", f.Unit, "area", f.Area, "category", f.Category, "urgency", f.Urgency,
		"channel", f.Channel, "from", f.From, "to", f.To, "ending", f.Ending,
	}
}

// Filtered reports whether anything beside the words is asked for.
func (f findForm) Filtered() bool { return f != findForm{Q: f.Q} }

// searchOf turns the form into a search. Every fault of it is reported at once.
func (s *Server) searchOf(ctx context.Context, f findForm) (casework.Search, error) {
	search := casework.Search{
		Words: f.Q, Area: org.AreaCode(f.Area), Urgency: intake.Urgency(f.Urgency), Channel: intake.Channel(f.Channel), Ending: casework.Ending(f.Ending),
	}
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	var err error
	if search.Lead, err = s.unitNamed(ctx, f.Unit); err != nil {
		if errs.KindOf(err) != errs.Invalid {
			return search, err
		}
		bad("unit", "search.unit", f.Unit)
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return search, err
	}
	var known, okFrom, okTo bool
	if search.Category, known = categoryNamed(list, f.Category); !known {
		bad("category", "search.category", f.Category)
	}
	if search.From, okFrom = startOfDay(f.From); !okFrom {
		bad("from", "field.invalid", "立案日期", f.From)
	}
	if search.Before, okTo = startOfDay(f.To); !okTo {
		bad("to", "field.invalid", "立案日期", f.To)
	}
	if !search.Before.IsZero() {
		search.Before = search.Before.AddDate(0, 0, 1) // the last day counts
	}
	return search, faults.OrNil()
}

// startOfDay is the beginning of a form's day in China; an empty one is zero, false
// for what is no day.
func startOfDay(value string) (time.Time, bool) {
	if value == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation(time.DateOnly, value, shanghai(time.Time{}).Location())
	return t, err == nil
}

// categoryNamed finds a leaf or a branch of a list by code or by name; of
// several with one name the first. Empty for no name, false for none found.
func categoryNamed(list *classifier.Catalogue, name string) (classifier.CategoryID, bool) {
	if name == "" { // as the code of many a branch is
		return "", true
	}
	var named classifier.CategoryID
	for i := range list.Categories {
		k := &list.Categories[i]
		switch {
		case k.Code == name:
			return k.ID, true
		case k.Name == name && named == "":
			named = k.ID
		}
	}
	return named, named != ""
}

// findView is the form above a list, and what a search came to.
type findView struct {
	findForm
	Show      casework.Show
	Areas     []areaOption
	Urgencies []optionView
	Channels  []optionView
	Endings   []optionView
	Searched  bool   // something is looked for
	Clear     string // address of the same list without it
}

// newFindView draws the form as it was filled in.
func (s *Server) newFindView(ctx context.Context, f findForm, show casework.Show) (findView, error) {
	v := findView{findForm: f, Show: show, Searched: f != findForm{}, Clear: link("/cases", "show", string(show))}
	if show == casework.ShowAll {
		v.Clear = "/cases"
	}
	for _, u := range []intake.Urgency{intake.UrgencyA, intake.UrgencyB, intake.UrgencyC} {
		v.Urgencies = append(v.Urgencies, optionView{string(u), u.Label(), string(u) == f.Urgency})
	}
	for _, ch := range []intake.Channel{intake.Hotline, intake.WeChat, intake.Mini, intake.App, intake.Web, intake.Mail, intake.Patrol} {
		v.Channels = append(v.Channels, optionView{string(ch), ch.Label(), string(ch) == f.Channel})
	}
	for _, e := range append(casework.Endings(), casework.TakenBack) {
		v.Endings = append(v.Endings, optionView{string(e), e.Label(), string(e) == f.Ending})
	}
	var err error
	v.Areas, err = s.areas(ctx, f.Area)
	return v, err
}

// findCase opens the case that a caller names by a number of any kind, or lists
// what the words may mean.
func (s *Server) findCase(c *fiber.Ctx, v visit) error {
	f := findForm{Q: strings.TrimSpace(c.Query("q"))}
	if f.Q == "" {
		return c.Redirect("/cases", fiber.StatusSeeOther)
	}
	found, _, err := s.o.Cases.List(c.UserContext(), v.actor, casework.Filter{Show: casework.ShowAll, Search: casework.Search{Words: f.Q}, Limit: 2})
	if err == nil && len(found) == 1 {
		return c.Redirect(caseURL(found[0].ID), fiber.StatusSeeOther)
	}
	if err != nil && errs.KindOf(err) != errs.Invalid { // what is wrong with the words is said on the list's page
		return err
	}
	return c.Redirect(link("/cases", f.pairs()...), fiber.StatusSeeOther)
}
