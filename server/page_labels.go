package server

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// labelsPage is what labels.html draws: harassment labels of a state, and of
// those that wait, what a second person needs to decide.
type labelsPage struct {
	shell
	Said   string
	Faults []string
	Tabs   []tabView
	State  casework.LabelState
	Rows   []labelView
	Older  string
	Kept   int // days after its end until a label is deleted
}

// labelView is one label.
type labelView struct {
	casework.Label
	Hint     string // of the phone
	URL      string
	Own      bool // the reader proposed it
	Can      bool // may decide or lift now
	Evidence []evidenceView
}

// evidenceView is a message on which a label rests.
type evidenceView struct {
	casework.LabelEvidence
	URL string // on the desk
}

// callerView is what the desk shows of a caller's labels, with the form that
// proposes one.
type callerView struct {
	Labels []labelView
	Said   []evidenceView // that may be evidence; none: nothing can be proposed
	URL    string         // where the form goes
	Days   string         // as typed
	Most   int
	Why    string   // as typed, of what was refused
	Faults []string // of the form; it is open with what was typed
	Chosen map[intake.MessageID]bool
}

// labelsShown is how many a page has.
const labelsShown = 50

// showLabels lists labels of a state.
func (s *Server) showLabels(c *fiber.Ctx, v visit) error {
	p, err := s.newLabelsPage(c, v, casework.LabelState(c.Query("state")))
	if err != nil {
		return err
	}
	p.Said = map[string]string{
		"proposed": "已提出，等另一个人批准。", "approved": "已批准，标记生效。", "refused": "已记为没有批准。", "lifted": "标记已解除。",
	}[c.Query("said")]
	return s.page(c, "labels", p)
}

func (s *Server) newLabelsPage(c *fiber.Ctx, v visit, state casework.LabelState) (labelsPage, error) {
	if state.Label() == "" {
		state = casework.LabelProposed
	}
	p := labelsPage{shell: s.shell(v, "cases", "骚扰标记"), State: state, Kept: casework.LabelKept}
	for _, one := range casework.LabelStates() {
		p.Tabs = append(p.Tabs, tabView{Label: one.Label(), URL: link("/labels", "state", string(one)), Current: one == state})
	}
	all, err := s.o.Labels.List(c.UserContext(), v.actor, state, casework.LabelID(c.Query("before")))
	for _, l := range all {
		p.Rows = append(p.Rows, s.newLabelView(l, v))
	}
	if len(all) == labelsShown {
		p.Older = link("/labels", "state", string(state), "before", string(all[len(all)-1].ID))
	}
	return p, err
}

func (s *Server) newLabelView(l casework.Label, v visit) labelView {
	now := s.o.Now()
	view := labelView{Label: l, URL: "/labels/" + string(l.ID), Own: v.actor.Is(l.By)}
	view.Can = v.may(org.ActLabel) && (l.Holds(now) || l.Waits(now) && !view.Own)
	for _, e := range l.Evidence {
		view.Evidence = append(view.Evidence, evidenceView{e, "/desk/" + string(e.Matter)})
		if e.Hint != "" {
			view.Hint = e.Hint
		}
	}
	return view
}

// callerOf fills in what the desk shows of a caller.
func (s *Server) callerOf(c *fiber.Ctx, v visit, view *fileView) error {
	if s.o.Labels == nil || !v.may(org.ActReadLabels) {
		return nil
	}
	labels, said, err := s.o.Labels.OfMatter(c.UserContext(), v.actor, view.Matter.ID)
	caller := callerView{URL: "/desk/" + string(view.Matter.ID) + "/label", Days: strconv.Itoa(s.o.Labels.Usual()), Most: s.o.Labels.Most(), Chosen: map[intake.MessageID]bool{}}
	for _, l := range labels {
		caller.Labels = append(caller.Labels, s.newLabelView(l, v))
	}
	if len(labels) == 0 {
		for _, e := range said {
			caller.Said = append(caller.Said, evidenceView{e, ""})
			caller.Chosen[e.Message] = e.Matter == view.Matter.ID
		}
	}
	view.Caller = caller
	return err
}

// proposeLabel asks for a label on a caller.
func (s *Server) proposeLabel(c *fiber.Ctx, v visit) error {
	var evidence []intake.MessageID
	for _, value := range c.Request().PostArgs().PeekMulti("evidence") {
		evidence = append(evidence, intake.MessageID(string(value)))
	}
	days, err := strconv.Atoi(strings.TrimSpace(c.FormValue("days", "0")))
	if err != nil {
		days = -1 // named with the bounds
	}
	_, err = s.o.Labels.Propose(c.UserContext(), v.actor, intake.MatterID(c.Params("matter")), evidence, c.FormValue("why"), days)
	if err == nil || errs.KindOf(err) != errs.Invalid {
		return s.afterLabel(c, v, err, casework.LabelProposed, "proposed")
	}
	p, failed := s.newDeskPage(c, v)
	if failed != nil {
		return failed
	}
	caller := &p.File.Caller
	if len(caller.Said) == 0 { // the page has no form for it
		return s.afterLabel(c, v, err, casework.LabelProposed, "")
	}
	caller.Faults, caller.Why, caller.Days, caller.Chosen = sentences(err), c.FormValue("why"), c.FormValue("days"), map[intake.MessageID]bool{}
	for _, e := range evidence {
		caller.Chosen[e] = true
	}
	return s.render(c, status(err), "desk", "layout", p)
}

// decideLabel takes what a second person says.
func (s *Server) decideLabel(c *fiber.Ctx, v visit) error {
	approve := c.FormValue("approve") == "1"
	said := "refused"
	if approve {
		said = "approved"
	}
	err := s.o.Labels.Decide(c.UserContext(), v.actor, casework.LabelID(c.Params("label")), approve, c.FormValue("remark"))
	return s.afterLabel(c, v, err, casework.LabelProposed, said)
}

// liftLabel ends a label before its time.
func (s *Server) liftLabel(c *fiber.Ctx, v visit) error {
	return s.afterLabel(c, v, s.o.Labels.Lift(c.UserContext(), v.actor, casework.LabelID(c.Params("label")), c.FormValue("why")), casework.LabelActive, "lifted")
}

// afterLabel goes to the list, or shows it with what was wrong.
func (s *Server) afterLabel(c *fiber.Ctx, v visit, err error, state casework.LabelState, said string) error {
	if err == nil {
		return c.Redirect(link("/labels", "state", string(state), "said", said), fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict}, errs.KindOf(err)) {
		return err
	}
	p, failed := s.newLabelsPage(c, v, state)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "labels", "layout", p)
}
