package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// scriptsPage is what page_scripts.html draws: the words of callbacks of one
// type.
type scriptsPage struct {
	shell
	Said      string
	Faults    []string
	Tabs      []tabView
	Script    casework.Script
	Type      string // in words
	Own       bool   // the type has words of its own
	Questions []casework.Question
	Marks     []string
	CanWrite  bool
	Most      int // characters
}

// showScripts shows the words of callbacks.
func (s *Server) showScripts(c *fiber.Ctx, v visit) error {
	p, err := s.newScriptsPage(c, v, intake.Type(c.Query("type")))
	if err != nil {
		return err
	}
	p.Said = map[string]string{"kept": "已保存，下一次回访就用新的。"}[c.Query("said")]
	return s.page(c, "scripts", p)
}

func (s *Server) newScriptsPage(c *fiber.Ctx, v visit, of intake.Type) (scriptsPage, error) {
	if s.o.Scripts == nil {
		return scriptsPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	all, err := s.o.Scripts.All(c.UserContext(), v.actor)
	if err != nil {
		return scriptsPage{}, err
	}
	p := scriptsPage{
		shell: s.shell(v, "cases", "回访话术"), Script: all[0], Type: "各类通用", Questions: casework.Questions(), Marks: casework.ScriptMarks(),
		CanWrite: v.may(org.ActWriteScripts), Most: casework.MaxScriptRunes,
	}
	for _, k := range all {
		label := "各类通用"
		if k.Type != "" {
			label = string(k.Type)
		}
		if k.Type == of {
			p.Script, p.Type = k, label
		}
		p.Tabs = append(p.Tabs, tabView{Label: label, URL: link("/callbacks/scripts", "type", string(k.Type)), Current: k.Type == of})
	}
	p.Own = p.Script.Type == "" || p.Script.Version > 0
	return p, nil
}

// keepScript stores the words of a type's callbacks.
func (s *Server) keepScript(c *fiber.Ctx, v visit) error {
	if s.o.Scripts == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	k := casework.Script{
		Type: intake.Type(c.FormValue("type")), Opening: c.FormValue("opening"), Uncontacted: c.FormValue("uncontacted"),
		Unsolved: c.FormValue("unsolved"), Unsatisfied: c.FormValue("unsatisfied"), Closing: c.FormValue("closing"),
	}
	seen, err := strconv.Atoi(c.FormValue("seen"))
	if err != nil {
		err = errs.New(errs.Conflict, "script.moved")
	} else {
		err = s.o.Scripts.Keep(c.UserContext(), v.actor, k, seen)
	}
	if err == nil {
		return c.Redirect(link("/callbacks/scripts", "type", string(k.Type), "said", "kept"), fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict {
		return err
	}
	p, failed := s.newScriptsPage(c, v, k.Type)
	if failed != nil {
		return failed
	}
	k.Version, p.Script, p.Faults = p.Script.Version, k, sentences(err)
	return s.render(c, status(err), "scripts", "layout", p)
}

// scriptOf gives the words of a case's callback, filled in, to who may call; the
// zero value when nobody calls.
func (s *Server) scriptOf(c *fiber.Ctx, v visit, d casework.Docket, unit string) (casework.Script, error) {
	if s.o.Scripts == nil || !v.may(org.ActReadScripts) {
		return casework.Script{}, nil
	}
	k, err := s.o.Scripts.Of(c.UserContext(), v.actor, d.Type)
	return k.For(shanghai(d.Due.FiledAt).Format("1月2日"), headingOf(intake.Matter{Title: d.Title, Text: d.Text}), unit, d.Number), err
}
