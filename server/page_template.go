package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
)

// templatePage is what template.html draws: the form of an answer for one leaf.
type templatePage struct {
	shell
	Leaf     string
	URL      string
	Back     string
	Template casework.Template
	Older    bool // it comes from the leaf that this one continues
	Holes    []string
	MaxText  int
	Said     string
	Faults   []string
}

func templateURL(c classifier.CategoryID) string { return "/cases/templates/" + string(c) }

// showTemplate shows the template of a leaf.
func (s *Server) showTemplate(c *fiber.Ctx, v visit) error {
	p, err := s.newTemplatePage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"kept": "已保存，以后起草答复时使用。"}[c.Query("said")]
	return s.page(c, "template", p)
}

func (s *Server) newTemplatePage(c *fiber.Ctx, v visit) (templatePage, error) {
	id := classifier.CategoryID(c.Params("category"))
	t, err := s.o.Answering.Template(c.UserContext(), v.actor, id)
	if err != nil {
		return templatePage{}, err
	}
	list, err := s.o.Catalogue.Active(c.UserContext())
	if err != nil {
		return templatePage{}, err
	}
	p := templatePage{
		shell: s.shell(v, "cases", "答复模板"), URL: templateURL(id), Back: leafURL(id, leafDays), Template: t, Older: t.Text != "" && t.Category != id,
		Holes: casework.Placeholders(), MaxText: casework.MaxPublicRunes, Leaf: "旧版清单中的事项",
	}
	if leaf, ok := list.Category(id); ok {
		p.Leaf = leaf.Trail()
	}
	return p, nil
}

// keepTemplate stores the text.
func (s *Server) keepTemplate(c *fiber.Ctx, v visit) error {
	id := classifier.CategoryID(c.Params("category"))
	err := s.o.Answering.KeepTemplate(c.UserContext(), v.actor, id, c.FormValue("text"))
	switch {
	case err == nil:
		return c.Redirect(link(templateURL(id), "said", "kept"), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newTemplatePage(c, v)
	if failed != nil {
		return failed
	}
	p.Template.Text, p.Faults = c.FormValue("text"), sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "template", "layout", p)
}

// draftView is one proposal for an answer.
type draftView struct {
	casework.Draft
	URL string
}

// draftAnswer adds proposals for the answer when the reader asks for them, and
// puts the one that was chosen into the form. It is sent by nobody but a person.
func (s *Server) draftAnswer(c *fiber.Ctx, v visit, p *casePage) error {
	key := strings.Clone(c.Query("draft"))
	if key == "" || !p.MayAnswer() {
		return nil
	}
	dir, err := s.o.Places.Directory(c.UserContext())
	if err != nil {
		return err
	}
	all, err := s.o.Answering.Of(c.UserContext(), v.actor, p.Case.ID, casework.Names{
		Unit: unitNames(dir), Leaf: p.Leaf, Today: s.day(s.o.Now()),
	})
	if err != nil {
		return err
	}
	p.Form.Move = casework.Propose
	for _, d := range all {
		p.Drafts = append(p.Drafts, draftView{Draft: d, URL: link(p.URL, "draft", d.Key) + "#answer"})
		if d.Key == key {
			p.Form.Public, p.Drafted = d.Text, d.From
		}
	}
	if len(all) == 0 {
		p.Drafted = "none"
	}
	return nil
}

// MayAnswer reports whether the reader may answer now, reviewed or not.
func (p casePage) MayAnswer() bool { return p.May[casework.Propose] || p.May[casework.Submit] }
