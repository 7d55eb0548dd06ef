package server

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// contactView is the citizen's contact on a case's page: who may see it, who
// asks, and, right after it was opened, what it is.
type contactView struct {
	Ask      bool // the reader may ask
	Open     bool // the reader may look
	Agreed   bool // the citizen agreed beforehand
	AtOnce   bool // a life may be in danger: the reader may look before anybody is asked
	Review   bool // the reader says whether that was right
	Decide   bool // the reader decides
	Requests []contactRow
	Why      string // as typed, of what was refused
	Danger   bool   // it was to look at once
	Shown    bool
	Name     string
	Phone    string
	MaxDays  int
}

// contactRow is one request.
type contactRow struct {
	casework.ContactRequest
	State   string
	URL     string
	CaseURL string
	Answers []casework.ContactAnswer // that can be recorded; none: it does not wait, or is not for this reader
	Tells   bool                     // the reader may note that the citizen was told
	Reviews bool
	CSRF    string
}

// contactOf adds what the reader may know of the citizen's contact.
func (s *Server) contactOf(c *fiber.Ctx, v visit, p *casePage) error {
	works := p.Case.WorksOn(v.actor)
	decides := v.may(org.ActDisclose)
	if !works && !decides {
		return nil
	}
	all, err := s.o.Contacts.Requests(c.UserContext(), v.actor, p.Case)
	if err != nil {
		return err
	}
	view := &contactView{Decide: decides, MaxDays: casework.MaxContactDays, Agreed: p.Case.Agreed(v.actor)}
	open := works && p.Case.State.Open()
	view.Open, view.Ask = open && view.Agreed, open && !view.Agreed
	for _, r := range all {
		row := s.newContactRow(v, r)
		if r.Decided.IsZero() && r.By == v.actor.Account {
			view.Ask = false
		}
		if r.Opens(v.actor.Account, s.o.Now()) && open {
			view.Open, view.Ask = true, false
		}
		view.Requests = append(view.Requests, row)
	}
	view.AtOnce = open && !view.Open && p.Case.Urgency == intake.UrgencyA
	if view.Ask || view.Open || len(view.Requests) > 0 {
		p.Contact = view
	}
	return nil
}

// newContactRow says where a request stands and what the reader may do to it.
func (s *Server) newContactRow(v visit, r casework.ContactRequest) contactRow {
	row := contactRow{ContactRequest: r, State: "不同意", URL: caseURL(r.Case) + "/contact/" + string(r.ID), CaseURL: caseURL(r.Case) + "#contact", CSRF: v.csrf}
	decides := v.may(org.ActDisclose)
	switch {
	case r.Decided.IsZero():
		row.State = "等热线审批"
		if decides {
			row.Answers = []casework.ContactAnswer{casework.ContactYes, casework.ContactNo, casework.ContactUnreached}
		}
	case r.AtOnce:
		row.State = "危及生命，已先行查看，可看到 " + s.moment(r.Until)
		row.Tells, row.Reviews = decides && r.Told.IsZero(), r.Reviewed.IsZero() && v.may(org.ActReviewContact)
	case r.Granted:
		row.State = "可看到 " + s.moment(r.Until)
	}
	return row
}

// contactsPage is what contacts.html draws: requests that wait, and what was
// opened at once and is not settled.
type contactsPage struct {
	shell
	Waiting []contactRow
	AtOnce  []contactRow
	MaxDays int
	Said    string
}

// showContacts lists them for those who decide.
func (s *Server) showContacts(c *fiber.Ctx, v visit) error {
	p := contactsPage{shell: s.shell(v, "cases", "联系方式的申请"), MaxDays: casework.MaxContactDays}
	waiting, err := s.o.Contacts.Waiting(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	atOnce, err := s.o.Contacts.AtOnce(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	for _, r := range waiting {
		p.Waiting = append(p.Waiting, s.newContactRow(v, r))
	}
	for _, r := range atOnce {
		p.AtOnce = append(p.AtOnce, s.newContactRow(v, r))
	}
	return s.page(c, "contacts", p)
}

// noteContact records what the citizen said, that they were told, or what a
// privacy officer says to what was opened at once.
func (s *Server) noteContact(c *fiber.Ctx, v visit) error {
	ctx, id, request := c.UserContext(), casework.CaseID(c.Params("case")), casework.ContactRequestID(c.Params("request"))
	switch c.Params("what") {
	case "answer":
		return s.contactDone(c, v, "contact_noted", s.o.Contacts.Note(ctx, v.actor, id, request, casework.ContactAnswer(c.FormValue("answer")), c.FormValue("words")))
	case "told":
		return s.contactDone(c, v, "contact_told", s.o.Contacts.Tell(ctx, v.actor, id, request, c.FormValue("how")))
	case "review":
		return s.contactDone(c, v, "contact_reviewed", s.o.Contacts.Review(ctx, v.actor, id, request, c.FormValue("proper") == "1", c.FormValue("remark")))
	}
	return fiber.ErrNotFound
}

// openContactAtOnce shows the contact before anybody was asked.
func (s *Server) openContactAtOnce(c *fiber.Ctx, v visit) error {
	name, phone, err := s.o.Contacts.OpenAtOnce(c.UserContext(), v.actor, casework.CaseID(c.Params("case")), c.FormValue("danger") == "1", c.FormValue("why"))
	if err != nil {
		return s.contactDone(c, v, "", err)
	}
	return s.contactShown(c, v, name, phone)
}

// askContact asks for the citizen's contact.
func (s *Server) askContact(c *fiber.Ctx, v visit) error {
	return s.contactDone(c, v, "contact_asked", s.o.Contacts.Ask(c.UserContext(), v.actor, casework.CaseID(c.Params("case")), c.FormValue("why")))
}

// decideContact grants or refuses a request.
func (s *Server) decideContact(c *fiber.Ctx, v visit) error {
	days, _ := strconv.Atoi(c.FormValue("days"))
	err := s.o.Contacts.Decide(c.UserContext(), v.actor, casework.CaseID(c.Params("case")), casework.ContactRequestID(c.Params("request")),
		c.FormValue("grant") == "1", days, c.FormValue("remark"))
	return s.contactDone(c, v, "contact_decided", err)
}

// contactDone goes back to the case, or shows it again with what is wrong.
func (s *Server) contactDone(c *fiber.Ctx, v visit, said string, err error) error {
	if err == nil {
		return c.Redirect(link(caseURL(casework.CaseID(c.Params("case"))), "said", said), fiber.StatusSeeOther)
	}
	if errs.KindOf(err) != errs.Invalid {
		return err
	}
	p, failed := s.newCasePage(c, v, caseForm{})
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	if p.Contact != nil {
		p.Contact.Why, p.Contact.Danger = c.FormValue("why"), strings.HasSuffix(c.Path(), "/at-once")
	}
	return s.render(c, fiber.StatusUnprocessableEntity, "case", "layout", p)
}

// openContact shows the contact, once, on record. Nothing of it is kept in the
// page's address.
func (s *Server) openContact(c *fiber.Ctx, v visit) error {
	name, phone, err := s.o.Contacts.Open(c.UserContext(), v.actor, casework.CaseID(c.Params("case")))
	if err != nil {
		return err
	}
	return s.contactShown(c, v, name, phone)
}

// contactShown shows the case with the contact, once.
func (s *Server) contactShown(c *fiber.Ctx, v visit, name, phone string) error {
	p, err := s.newCasePage(c, v, caseForm{})
	if err != nil {
		return err
	}
	if p.Contact != nil {
		p.Contact.Shown, p.Contact.Name, p.Contact.Phone = true, name, phone
	}
	return s.page(c, "case", p)
}
