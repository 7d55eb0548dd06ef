package server

import (
	"bytes"
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// subjectsPage is what subjects.html draws: the form that takes a citizen's
// request, and the log of requests.
type subjectsPage struct {
	shell
	Faults   []string
	Called   bool
	Verified string
	Why      string
	Rows     []subjectRow
}

// subjectRow is one request of the log.
type subjectRow struct {
	privacy.Request
	URL string // empty: it opens nothing to the reader any more
}

// subjectPage is what subject.html draws: everything that one request opens.
type subjectPage struct {
	shell
	Said    string
	Faults  []string
	Request privacy.Request
	URL     string
	Mark    string
	Held    []heldView
}

// heldView is what is held of one message.
type heldView struct {
	privacy.Held
	Heading string
	URL     string
	Lines   []privacy.Line // of cases, notifications and looks
}

func subjectURL(r privacy.RequestID) string { return "/privacy/requests/" + string(r) }

// showSubjects shows form and log.
func (s *Server) showSubjects(c *fiber.Ctx, v visit) error {
	p, err := s.newSubjectsPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "subjects", p)
}

func (s *Server) newSubjectsPage(c *fiber.Ctx, v visit) (subjectsPage, error) {
	if s.o.Subjects == nil {
		return subjectsPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	log, err := s.o.Subjects.Log(c.UserContext(), v.actor)
	p := subjectsPage{shell: s.shell(v, "subjects", "本人查阅")}
	for _, r := range log {
		row := subjectRow{Request: r}
		if r.Opens(v.actor.Account, s.o.Now()) && len(r.Messages) > 0 {
			row.URL = subjectURL(r.ID)
		}
		p.Rows = append(p.Rows, row)
	}
	return p, err
}

// takeSubject takes a request. It is a post, so that no phone number lies in an
// address or its history.
func (s *Server) takeSubject(c *fiber.Ctx, v visit) error {
	if s.o.Subjects == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	called, verified, why := c.FormValue("called") == "1", c.FormValue("verified"), c.FormValue("why")
	r, err := s.o.Subjects.Take(c.UserContext(), v.actor, c.FormValue("phone"), called, verified, why)
	switch {
	case err == nil:
		return c.Redirect(subjectURL(r.ID), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newSubjectsPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults, p.Called, p.Verified, p.Why = sentences(err), called, verified, why
	return s.render(c, fiber.StatusUnprocessableEntity, "subjects", "layout", p)
}

// showSubject shows everything that a request opens. Every view is on record.
func (s *Server) showSubject(c *fiber.Ctx, v visit) error {
	p, err := s.newSubjectPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"corrected": "已更正。", "erased": "已删除原话、联系方式和附件；隐去个人信息的文字仍然保存。"}[c.Query("said")]
	return s.page(c, "subject", p)
}

func (s *Server) newSubjectPage(c *fiber.Ctx, v visit) (subjectPage, error) {
	if s.o.Subjects == nil {
		return subjectPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	r, all, err := s.o.Subjects.Open(c.UserContext(), v.actor, privacy.RequestID(c.Params("request")))
	p := subjectPage{shell: s.shell(v, "subjects", "本人查阅"), Request: r, URL: subjectURL(r.ID)}
	p.Mark = privacy.Mark(v.actor.Name, s.o.Now(), "仅供本人查阅")
	for _, h := range all {
		p.Held = append(p.Held, heldView{
			Held: h, Heading: headingOf(intake.Matter{Title: h.Message.Title, Text: h.Message.Text}),
			URL: p.URL + "/" + string(h.Message.ID), Lines: privacy.Lines([]privacy.Held{h})[1:],
		})
	}
	return p, err
}

// exportSubject sends everything that a request opens as a file.
func (s *Server) exportSubject(c *fiber.Ctx, v visit) error {
	if s.o.Subjects == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	kinds := map[string]string{"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "json": "application/json"}
	form := c.Query("form")
	var b bytes.Buffer
	err := s.o.Subjects.Export(c.UserContext(), v.actor, privacy.RequestID(c.Params("request")), &b, "."+form)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, kinds[form])
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="subject.`+form+`"`)
	return c.Send(b.Bytes())
}

// correctSubject puts name and phone of a message right.
func (s *Server) correctSubject(c *fiber.Ctx, v visit) error {
	if s.o.Subjects == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	err := s.o.Subjects.Correct(c.UserContext(), v.actor, privacy.RequestID(c.Params("request")), intake.MessageID(c.Params("message")),
		c.FormValue("name"), c.FormValue("phone"), c.FormValue("why"))
	return s.afterSubject(c, v, err, "corrected")
}

// eraseSubject erases words, contact and attachments of a message.
func (s *Server) eraseSubject(c *fiber.Ctx, v visit) error {
	if s.o.Subjects == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	err := s.o.Subjects.Erase(c.UserContext(), v.actor, privacy.RequestID(c.Params("request")), intake.MessageID(c.Params("message")), c.FormValue("why"))
	return s.afterSubject(c, v, err, "erased")
}

// afterSubject goes back to the request, or shows it with what was wrong.
func (s *Server) afterSubject(c *fiber.Ctx, v visit, err error, said string) error {
	if err == nil {
		return c.Redirect(link(subjectURL(privacy.RequestID(c.Params("request"))), "said", said), fiber.StatusSeeOther)
	}
	if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict}, errs.KindOf(err)) {
		return err
	}
	p, failed := s.newSubjectPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "subject", "layout", p)
}

// mayPrivacy reports whether the privacy officers' pages are a person's own.
func (v visit) mayPrivacy() bool { return v.may(org.ActSubject) }
