package server

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/org"
	"huying/kb"
)

// askPage is what page_ask.html draws for a citizen: the question, and what
// was said to it. Nothing about the citizen is kept in a cookie, so that it
// works in a frame on another site: the page itself says which conversation it
// belongs to, by a name that nobody can guess.
type askPage struct {
	Conversation string
	Message      string // names the next ask, so that sending it twice asks once
	Text         string
	Areas        []areaOption
	Faults       []string
	Reply        *saidView // nil: nothing was asked yet
	Contact      contactForm
	MaxText      int
	MaxCase      int
	Demo         bool
}

// saidView is what was said to an ask.
type saidView struct {
	kb.Turn
	Say    string
	Card   *cardView // nil: no answer
	Offers []kb.Match
	Hand   bool   // it can still be handed to a person
	Code   string // of the receipt of what was handed over; empty: none
	Submit bool   // handing it over is the thing to do
}

// contactForm is the form beside “没有解决” as it was filled in.
type contactForm struct {
	Text, Phone, Consent string
	Open                 bool
}

// forCitizens lets citizens in, where the setting does, within the limit, and
// shows what goes wrong on the page itself: it may stand in a frame.
func (s *Server) forCitizens(h func(c *fiber.Ctx, p *askPage) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !s.open() {
			return fiber.ErrNotFound
		}
		p := &askPage{
			Conversation: nameOr(c.FormValue("conversation")), Message: nameOr(c.FormValue("message")),
			MaxText: kb.MaxAskRunes, MaxCase: intake.MaxTextRunes, Demo: s.o.Demo,
		}
		err := error(nil)
		if c.Method() == fiber.MethodPost {
			err = s.limit(c)
		}
		if err == nil {
			err = h(c, p)
		}
		code, faults := s.faultsOf(c, err)
		p.Faults = append(p.Faults, faults...)
		return s.showAsk(c, code, p)
	}
}

// nameOr is a name from a form of ours, or a fresh one that nobody can guess.
func nameOr(name string) string {
	if name = strings.TrimSpace(name); name == "" || len(name) > 64 {
		return rand.Text()
	}
	return name
}

func (s *Server) showAsk(c *fiber.Ctx, code int, p *askPage) error {
	areas, err := s.areas(c.UserContext(), c.FormValue("area", c.Query("area")))
	if p.Areas = areas; err != nil && len(p.Faults) == 0 {
		p.Faults, code = sentences(classified(err)), status(err)
	}
	s.mayFrame(c)
	return s.render(c, code, "ask", "citizen", p)
}

// startAsk shows the question.
func (s *Server) startAsk(*fiber.Ctx, *askPage) error { return nil }

// takeAsk answers a question.
func (s *Server) takeAsk(c *fiber.Ctx, p *askPage) error {
	p.Text = strings.TrimSpace(c.FormValue("text"))
	r, err := s.o.Talk.Ask(c.UserContext(), citizen(), kb.Ask{
		Channel: intake.Web, Conversation: p.Conversation, Message: p.Message, Text: p.Text, Area: org.AreaCode(c.FormValue("area")),
	})
	if err != nil {
		return err
	}
	return s.answerAsk(c.UserContext(), p, r)
}

// chooseAsk gives the answer to a question that was offered.
func (s *Server) chooseAsk(c *fiber.Ctx, p *askPage) error {
	p.Text = strings.TrimSpace(c.FormValue("text"))
	r, err := s.o.Talk.Choose(c.UserContext(), citizen(), intake.Web, p.Conversation,
		kb.TurnID(c.FormValue("reply")), kb.EntryID(c.FormValue("entry")))
	if err != nil {
		return err
	}
	return s.answerAsk(c.UserContext(), p, r)
}

// judgeAsk notes whether it helped; not solved, it goes to a person.
func (s *Server) judgeAsk(c *fiber.Ctx, p *askPage) error {
	p.Contact = contactForm{
		Text: strings.TrimSpace(c.FormValue("case")), Phone: strings.TrimSpace(c.FormValue("phone")), Consent: c.FormValue("consent"),
	}
	consent := intake.Consent(p.Contact.Consent)
	if p.Contact.Phone == "" {
		consent = intake.ConsentUnasked // there is nothing to consent to
	}
	v := kb.VerdictUnsolved
	if c.FormValue("verdict") == string(kb.VerdictSolved) {
		v = kb.VerdictSolved
	}
	r, err := s.o.Talk.Judge(c.UserContext(), citizen(), intake.Web, p.Conversation, kb.TurnID(c.FormValue("reply")), v,
		kb.Contact{Text: p.Contact.Text, Phone: p.Contact.Phone, Consent: consent})
	if err != nil {
		return err
	}
	return s.answerAsk(c.UserContext(), p, r)
}

// answerAsk puts a reply on the page, with a name for the next ask.
func (s *Server) answerAsk(ctx context.Context, p *askPage, r kb.Turn) error {
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return err
	}
	p.Message = rand.Text()
	if p.Text == "" {
		p.Text = r.Ask
	}
	if p.Contact.Text == "" {
		p.Contact.Text = p.Text
	}
	v := &saidView{Turn: r, Offers: r.Offers(), Hand: r.Message == "" && r.Verdict != kb.VerdictSolved}
	var next string
	v.Say, next = saying(r)
	v.Submit = v.Hand && r.Told == kb.ToldSilent && next != nextEmergency
	if m, ok := r.Answer(); ok {
		card := newCardView(m, v.Offers, dir)
		v.Card = &card
	}
	p.Reply = v
	v.Code, err = s.receiptFor(ctx, r.Message)
	return err
}
