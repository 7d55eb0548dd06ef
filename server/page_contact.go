package server

import (
	"strconv"

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
	Decide   bool // the reader decides
	Requests []contactRow
	Shown    bool
	Name     string
	Phone    string
	MaxDays  int
}

// contactRow is one request.
type contactRow struct {
	casework.ContactRequest
	State string
	URL   string
}

// contactOf adds what the reader may know of the citizen's contact.
func (s *Server) contactOf(c *fiber.Ctx, v visit, p *casePage) error {
	relation := p.Case.RelationOf(v.actor)
	decides := v.may(org.ActDisclose)
	if relation != casework.Lead && !decides {
		return nil
	}
	all, err := s.o.Contacts.Requests(c.UserContext(), v.actor, p.Case)
	if err != nil {
		return err
	}
	view := &contactView{Decide: decides, MaxDays: casework.MaxContactDays, Agreed: p.Case.Consent == intake.ConsentYes}
	open := relation == casework.Lead && p.Case.State.Open()
	view.Open, view.Ask = open && view.Agreed, open && !view.Agreed
	for _, r := range all {
		row := contactRow{ContactRequest: r, State: "不同意", URL: p.URL + "/contact/" + string(r.ID)}
		switch {
		case r.Decided.IsZero():
			row.State, view.Ask = "等热线审批", false
		case r.Granted:
			row.State = "可看到 " + s.moment(r.Until)
		}
		if r.Opens(v.actor.Account, s.o.Now()) && open {
			view.Open, view.Ask = true, false
		}
		view.Requests = append(view.Requests, row)
	}
	if view.Ask || view.Open || len(view.Requests) > 0 {
		p.Contact = view
	}
	return nil
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
	return s.render(c, fiber.StatusUnprocessableEntity, "case", "layout", p)
}

// openContact shows the contact, once, on record. Nothing of it is kept in the
// page's address.
func (s *Server) openContact(c *fiber.Ctx, v visit) error {
	name, phone, err := s.o.Contacts.Open(c.UserContext(), v.actor, casework.CaseID(c.Params("case")))
	if err != nil {
		return err
	}
	p, err := s.newCasePage(c, v, caseForm{})
	if err != nil {
		return err
	}
	if p.Contact != nil {
		p.Contact.Shown, p.Contact.Name, p.Contact.Phone = true, name, phone
	}
	return s.page(c, "case", p)
}
