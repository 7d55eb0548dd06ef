package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// Line is the way from a delivery to a stored suggestion.
type Line interface {
	// Receive stores a delivery and makes its suggestion at once. An errs.List
	// names each faulty field.
	Receive(ctx context.Context, actor org.Actor, d intake.Delivery) (intake.Receipt, error)
}

// Places are areas and units as the pages need them.
type Places interface {
	// Directory gives areas and units as they are now; cheap to ask for.
	Directory(ctx context.Context) (*org.Directory, error)
	// Areas gives all areas, parents before children.
	Areas(ctx context.Context) ([]org.Area, error)
	// SearchUnits gives units that the words name, by Chinese or by pinyin
	// initials, best first.
	SearchUnits(ctx context.Context, words string, limit int) ([]org.Unit, error)
}

// newPage is what new.html draws.
type newPage struct {
	shell
	Form     newForm
	Channels []optionView
	Areas    []areaOption
	Faults   []string
	Fields   map[string]string // fault by the field's API name
	MaxText  int
	MaxTitle int
}

// newForm is the form as it was filled in.
type newForm struct {
	Channel, External, Title, Text, Name, Phone, Email, Consent, Area, Place, Need string
	Anonymous                                                                      bool
}

// areaOption is one area in a list to choose from.
type areaOption struct {
	Code, Label string
	Chosen      bool
}

// showNew shows the form for a call.
func (s *Server) showNew(c *fiber.Ctx, v visit) error {
	p, err := s.newNewPage(c, v, newForm{Channel: string(intake.Hotline)})
	if err != nil {
		return err
	}
	return s.page(c, "new", p)
}

func (s *Server) newNewPage(c *fiber.Ctx, v visit, form newForm) (newPage, error) {
	if err := org.Can(v.actor, org.ActReceive); err != nil {
		return newPage{}, err
	}
	p := newPage{
		shell: s.shell(v, "desk", "登记来电"), Form: form, Fields: map[string]string{},
		MaxText: intake.MaxTextRunes, MaxTitle: intake.MaxTitleRunes,
	}
	for _, ch := range []intake.Channel{intake.Hotline, intake.WeChat, intake.Mini, intake.App, intake.Web, intake.Mail} {
		p.Channels = append(p.Channels, optionView{string(ch), ch.Label(), string(ch) == form.Channel})
	}
	var err error
	p.Areas, err = s.areas(c.UserContext(), form.Area)
	return p, err
}

// areas gives districts, streets and communities as a list to choose from,
// indented by level.
func (s *Server) areas(ctx context.Context, chosen string) ([]areaOption, error) {
	all, err := s.o.Places.Areas(ctx)
	if err != nil {
		return nil, err
	}
	indent := map[org.AreaLevel]string{org.LevelStreet: "　", org.LevelCommunity: "　　", org.LevelGrid: "　　　"}
	var out []areaOption
	for _, a := range all {
		if a.Level == org.LevelCity {
			continue
		}
		out = append(out, areaOption{string(a.Code), indent[a.Level] + a.Name, string(a.Code) == chosen})
	}
	return out, nil
}

// receive stores what the agent typed, or that the call held nothing: silent,
// dropped or transferred.
func (s *Server) receive(c *fiber.Ctx, v visit) error {
	field := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	form := newForm{
		Channel: field("channel"), External: field("external_id"), Title: field("title"), Text: field("text"),
		Name: field("name"), Phone: field("phone"), Email: field("email"), Consent: field("consent"),
		Area: field("area"), Place: field("place"), Need: field("need"), Anonymous: field("anonymous") != "",
	}
	r, err := s.o.Line.Receive(c.UserContext(), v.actor, form.delivery(intake.Outcome(field("outcome"))))
	switch {
	case err != nil && errs.KindOf(err) == errs.Invalid:
		return s.newAgain(c, v, form, err)
	case err != nil:
		return err
	case r.Message == nil || len(r.Message.Matters) == 0:
		return c.Redirect("/desk?said=contact", fiber.StatusSeeOther)
	}
	note := "received"
	if r.Duplicate {
		note = "known"
	}
	return c.Redirect(deskQuery{}.To(r.Message.Matters[0].ID, "", "said", note), fiber.StatusSeeOther)
}

// delivery is the form as a channel would hand it over.
func (f newForm) delivery(o intake.Outcome) intake.Delivery {
	return intake.Delivery{
		Channel: intake.Channel(f.Channel), ExternalID: f.External, Outcome: o,
		Title: f.Title, Text: f.Text, Name: f.Name, Phone: f.Phone, Email: f.Email, Anonymous: f.Anonymous,
		Consent: intake.Consent(f.Consent), Area: org.AreaCode(f.Area), Place: f.Place, Need: f.Need,
	}
}

// newAgain shows the form again, filled in, with what is wrong beside each field.
func (s *Server) newAgain(c *fiber.Ctx, v visit, form newForm, fault error) error {
	p, err := s.newNewPage(c, v, form)
	if err != nil {
		return err
	}
	if l, ok := asList(fault); ok {
		for i, e := range l { // who sits before the page presses a button
			if errs.CodeOf(e) == "message.empty" {
				l[i] = errs.New(errs.Invalid, "call.empty").In(e.Field)
			}
		}
		for _, e := range l {
			p.Fields[e.Field] = errs.Sentence(e)
		}
	}
	p.Faults = sentences(fault)
	return s.render(c, fiber.StatusUnprocessableEntity, "new", "layout", p)
}
