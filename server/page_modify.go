package server

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// hitsShown is how many categories or units a search lists.
const hitsShown = 8

// modifyView is the panel behind [E]: find a category, then say who leads and
// how urgent it is.
type modifyView struct {
	Open    bool
	Words   string
	Hits    []hitView
	None    bool // words were given and nothing was found
	Find    string
	Correct string
	Units   string
	Choice  *choiceView // nil until a category is chosen
	Accused string      // names of whom the matter complains of, to say or change with the decision
	Seen    seenView
	CSRF    string
}

// hitView is one category found.
type hitView struct {
	Category classifier.CategoryID
	Code     string
	Name     string
	Path     string
	URL      string
	Scope    string
}

// choiceView is the category chosen, with what is left to say.
type choiceView struct {
	Category    *classifier.Category
	Path        string
	Leads       []leadView
	Urgencies   []optionView
	Types       []optionView
	Description string
}

// leadView is one way to name the lead: a duty rule's unit.
type leadView struct {
	Value   string // rule:<id>
	When    string
	Unit    string
	Kind    string
	Co      []string
	Checked bool
	Missing bool // the city has no such unit
	Barred  bool // the matter complains of it
}

type optionView struct {
	Value, Label string
	Checked      bool
}

// matterNow is what the panel needs to know of the matter it stands on.
type matterNow struct {
	query deskQuery
	file  classifier.File
	list  *classifier.Catalogue
	dir   *org.Directory
	seen  seenView
	csrf  string
}

// matterNow reads it.
func (s *Server) matterNow(c *fiber.Ctx, v visit, matter intake.MatterID) (matterNow, error) {
	ctx, now := c.UserContext(), matterNow{query: readDeskQuery(c), csrf: v.csrf}
	var err error
	if now.file, err = s.o.Desk.File(ctx, v.actor, matter); err != nil {
		return now, err
	}
	if now.list, err = s.o.Catalogue.Active(ctx); err != nil {
		return now, err
	}
	if now.dir, err = s.o.Places.Directory(ctx); err != nil {
		return now, err
	}
	seen := newMark(now.file)
	now.seen = seenView{classifier.SuggestionID(seen.suggestion), classifier.DecisionID(seen.head), id.New[string]()}
	return now, nil
}

// newModifyView reads the panel's state from the address: words typed, or a
// category chosen.
func (s *Server) newModifyView(c *fiber.Ctx, now matterNow) (modifyView, error) {
	matter := now.file.Matter.ID
	m := modifyView{
		Words: strings.TrimSpace(c.Query("words")), Open: c.Query("modify") != "",
		Find: now.query.To(matter, "modify"), Correct: now.query.To(matter, "correct"), Units: "/desk/units",
		Seen: now.seen, CSRF: now.csrf, Accused: strings.Join(namesOfUnits(now.file.Accused.Units, now.dir), "、"),
	}
	if chosen := classifier.CategoryID(c.Query("category")); chosen != "" {
		cat, ok := now.list.Category(chosen)
		if !ok || !cat.Leaf {
			return m, errs.New(errs.NotFound, "category.not_found")
		}
		m.Choice = newChoiceView(cat, now)
		return m, nil
	}
	if m.Words == "" {
		return m, nil
	}
	found, err := s.o.Catalogue.Search(c.UserContext(), m.Words, hitsShown)
	if err != nil {
		return m, err
	}
	for _, hit := range found {
		cat, ok := now.list.Category(hit)
		if !ok || !cat.Leaf {
			continue
		}
		m.Hits = append(m.Hits, hitView{
			Category: hit, Code: cat.Code, Name: cat.Name, Path: above(cat), Scope: cat.Description,
			URL: now.query.To(matter, "modify", "modify", "1", "category", string(hit)),
		})
	}
	m.None = len(m.Hits) == 0
	return m, nil
}

// newChoiceView lays out a category's duty rules as units of the matter's
// area. The rule that the suggestion took is chosen, otherwise the first.
func newChoiceView(cat *classifier.Category, now matterNow) *choiceView {
	v := &choiceView{Category: cat, Path: above(cat), Description: cat.Description}
	kind, urgency, rule := intake.Type(""), cat.Urgency, classifier.RuleID("")
	if sug := now.file.Suggestion; sug != nil {
		kind = sug.Type
		if sug.Reason != "" && sug.Urgency < urgency {
			urgency = sug.Urgency
		}
		for _, cand := range sug.Candidates {
			if cand.Category == cat.ID {
				rule = cand.Rule
			}
		}
	}
	v.Leads = leadsOf(cat, rule, now)
	for _, u := range []intake.Urgency{intake.UrgencyC, intake.UrgencyB, intake.UrgencyA} {
		v.Urgencies = append(v.Urgencies, optionView{string(u), u.Label(), u == urgency})
	}
	for _, t := range intake.Types() {
		v.Types = append(v.Types, optionView{string(t), string(t), t == kind})
	}
	return v
}

// leadsOf lays out the duty rules; the one named is chosen, otherwise the first
// whose unit exists.
func leadsOf(cat *classifier.Category, rule classifier.RuleID, now matterNow) []leadView {
	area := now.file.Message.Area
	out := superiorsOf(now)
	chosen := len(out) - 1
	if chosen > 0 {
		chosen = 0 // the nearest
	}
	above := len(out)
	for i, r := range cat.Rules {
		i += above
		l := leadView{Value: "rule:" + string(r.ID), When: r.When, Kind: string(r.Lead)}
		u, ok := now.dir.Resolve(r.Lead, area)
		l.Unit, l.Barred = u.Name, ok && now.file.Accused.Bars(u.ID)
		l.Missing = !ok || l.Barred
		for _, co := range unitsOf(r.Co, area, now.dir) {
			l.Co = append(l.Co, co.Name)
		}
		if !l.Missing && (chosen < 0 || above == 0 && r.ID == rule) {
			chosen = i
		}
		out = append(out, l)
	}
	if chosen >= 0 {
		out[chosen].Checked = true
	}
	return out
}

// modify gives the part of the panel that changed; without htmx, the desk with
// the panel open.
func (s *Server) modify(c *fiber.Ctx, v visit) error {
	if !byHtmx(c) {
		c.Request().URI().QueryArgs().Set("modify", "1")
		return s.showDesk(c, v)
	}
	now, err := s.matterNow(c, v, intake.MatterID(c.Params("matter")))
	if err != nil {
		return err
	}
	m, err := s.newModifyView(c, now)
	if err != nil {
		return err
	}
	return s.render(c, fiber.StatusOK, "desk", "modify-found", m)
}

// unitHits is the list of units found for the panel.
type unitHits struct {
	Units []org.Unit
	Words string
}

// searchUnits lists the units that words name, as choices for the lead.
func (s *Server) searchUnits(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActReadCatalogue); err != nil {
		return err
	}
	h := unitHits{Words: strings.TrimSpace(c.Query("unit"))}
	if h.Words != "" {
		var err error
		if h.Units, err = s.o.Places.SearchUnits(c.UserContext(), h.Words, hitsShown); err != nil {
			return err
		}
	}
	return s.render(c, fiber.StatusOK, "desk", "units", h)
}

// correct decides on a category of the person's own finding. What comes out
// equal to the first candidate is a confirmation.
func (s *Server) correct(c *fiber.Ctx, v visit) error {
	d, key := decisionForm(c)
	now, err := s.matterNow(c, v, d.Matter)
	if err != nil {
		return err
	}
	d.Kind = classifier.Correct
	d.Category = classifier.CategoryID(c.FormValue("category"))
	d.Type, d.Urgency = intake.Type(c.FormValue("type")), intake.Urgency(c.FormValue("urgency"))
	cat, ok := now.list.Category(d.Category)
	if !ok || !cat.Leaf {
		return errs.New(errs.Invalid, "decision.category")
	}
	if err := assign(&d, c.FormValue("by"), cat, now); err != nil {
		return err
	}
	if d.Accused, err = s.accusedTyped(c, now.file.Accused); err != nil {
		return err
	}
	if sug := now.file.Suggestion; sug != nil && equalsFirst(d, *sug) {
		d.Kind = classifier.Confirm
	}
	return s.decide(c, v, d, key)
}

// assign fills in lead and co-units from the form's choice: "rule:<id>" for a
// duty rule of the category, "unit:<id>" for a unit found by hand.
func assign(d *classifier.Decision, by string, cat *classifier.Category, now matterNow) error {
	dir, area := now.dir, now.file.Message.Area
	if unit, ok := strings.CutPrefix(by, "unit:"); ok {
		u, known := dir.Unit(org.UnitID(unit))
		if !known {
			return errs.New(errs.NotFound, "unit.not_found")
		}
		d.Lead = u.ID
		return nil
	}
	rule, _ := strings.CutPrefix(by, "rule:")
	i := slices.IndexFunc(cat.Rules, func(r classifier.Rule) bool { return string(r.ID) == rule })
	if i < 0 {
		return errs.New(errs.Invalid, "decision.lead")
	}
	u, ok := dir.Resolve(cat.Rules[i].Lead, area)
	if !ok {
		return errs.New(errs.Invalid, "decision.lead")
	}
	d.Lead = u.ID
	for _, co := range unitsOf(cat.Rules[i].Co, area, dir) {
		if co.ID != d.Lead && !slices.Contains(d.Co, co.ID) {
			d.Co = append(d.Co, co.ID)
		}
	}
	return nil
}

// equalsFirst reports whether a decision is the first candidate as it stands.
func equalsFirst(d classifier.Decision, sug classifier.Suggestion) bool {
	if len(sug.Candidates) == 0 {
		return false
	}
	first := sug.Candidates[0]
	return d.Suggestion == sug.ID && d.Category == first.Category && d.Lead == first.LeadUnit &&
		d.Urgency == urgencyOf(sug, 0) && d.Type == sug.Type
}
