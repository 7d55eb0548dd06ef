package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/kb"
)

// clausesPage is what clauses.html draws: the rules that entries rest on.
type clausesPage struct {
	shell
	Clauses []kb.CitedClause
	Form    markForm
	Faults  []string
	Said    string // what was just done; empty: nothing
	Topics  []topicView
	All     int
	Topic   string
}

// markForm is the form as it was filled in.
type markForm struct{ Law, Clause, Note string }

// showClauses lists the rules that entries rest on, and gives the form that
// marks one as changed.
func (s *Server) showClauses(c *fiber.Ctx, v visit) error {
	p, err := s.newClausesPage(c, v, markForm{Law: c.Query("law"), Clause: c.Query("clause")})
	if err != nil {
		return err
	}
	if moved, err := strconv.Atoi(c.Query("moved")); err == nil {
		p.Said = "已记下，" + strconv.Itoa(moved) + " 条知识转为待核实，不再直接答复。"
	}
	return s.page(c, "clauses", p)
}

func (s *Server) newClausesPage(c *fiber.Ctx, v visit, form markForm) (clausesPage, error) {
	ctx := c.UserContext()
	p := clausesPage{shell: s.shell(v, "knowledge", "法规条款"), Form: form}
	var err error
	if p.Clauses, err = s.o.Upkeep.Clauses(ctx, v.actor); err != nil {
		return p, err
	}
	p.Topics, p.All, err = s.topics(ctx, v, "")
	return p, err
}

// markClause says that a rule has changed.
func (s *Server) markClause(c *fiber.Ctx, v visit) error {
	form := markForm{c.FormValue("law"), c.FormValue("clause"), c.FormValue("note")}
	moved, err := s.o.Upkeep.MarkClause(c.UserContext(), v.actor, form.Law, form.Clause, form.Note)
	switch {
	case err == nil:
		return c.Redirect(link("/knowledge/clauses", "moved", strconv.Itoa(moved)), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newClausesPage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "clauses", "layout", p)
}
