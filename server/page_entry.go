package server

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// entryPage is what entry.html draws.
type entryPage struct {
	shell
	Entry    kb.Entry
	State    stateView
	Area     string
	Expired  bool
	Pending  bool // it does not hold yet
	Remark   string
	By       string
	Due      string          // by when somebody must act; empty: never
	Choices  []stepView      // what this person may do with it
	Edit     string          // address of the form; empty: it cannot be edited now
	Copy     string          // address of the copy in work; empty: there is none
	Original string          // address of the entry that this copy will replace
	Changes  []kb.Difference // of the copy against the original
	Variants []variantView   // for other areas
	Clauses  []clauseView    // the rules it rests on
	Done     string
	Faults   []string
	Remarked string // the remark as it was typed
	Topics   []topicView
	All      int
	Topic    string
}

// stateView is an entry's state: word, shape and colour.
type stateView struct{ Label, Mark, Tone string }

func stateOf(s kb.EntryState) stateView {
	v := stateView{Label: s.Label(), Mark: "○"}
	switch s {
	case kb.EntryPublished:
		v.Mark, v.Tone = "●", "good"
	case kb.EntryReview:
		v.Mark, v.Tone = "◐", "warning"
	case kb.EntryToVerify:
		v.Mark, v.Tone = "◆", "warning"
	}
	return v
}

// stepView is a step as a button.
type stepView struct {
	kb.Choice
	Main bool // the thing most people do next
}

type variantView struct{ Question, Area, URL string }

// clauseView is a rule with its last day.
type clauseView struct {
	kb.Clause
	Past bool
}

func entryURL(e kb.EntryID) string { return "/knowledge/" + string(e) }

// entrySaid says what was just done.
var entrySaid = map[string]string{
	"written": "已保存为草稿，还不会用于答复；送审并由第二个人通过后发布。",
	"same":    "内容没有变化，没有生成新版本。",
	"send":    "已送审，等答复单位的第二个人审核。", "withdraw": "已撤回，可以继续修改。", "return": "已退回，写稿的人会看到原因。",
	"approve": "已发布，现在就用于答复。", "doubt": "已转待核实，不再直接答复，话务员仍能看到并有提示。",
	"keep": "已核实，恢复用于答复。", "retire": "已停用，不再用于答复。", "revive": "已重新启用为草稿，送审通过后发布。",
	"rollback": "已把旧版内容写成修改稿，送审并通过后生效。",
}

// showEntry shows one entry whole.
func (s *Server) showEntry(c *fiber.Ctx, v visit) error {
	p, err := s.newEntryPage(c, v)
	if err != nil {
		return err
	}
	p.Done = entrySaid[c.Query("said")]
	return s.page(c, "entry", p)
}

func (s *Server) newEntryPage(c *fiber.Ctx, v visit) (entryPage, error) {
	ctx := c.UserContext()
	f, choices, err := s.o.Editing.Folder(ctx, v.actor, kb.EntryID(c.Params("entry")))
	if err != nil {
		return entryPage{}, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return entryPage{}, err
	}
	e := f.Entry
	p := entryPage{
		shell: s.shell(v, "knowledge", e.Question), Entry: e, State: stateOf(e.State), Topic: e.Topic, Area: areaName(e.Area, dir),
		Expired: s.expired(e), Pending: e.ValidFrom.After(s.o.Now()), Remark: f.Remark, By: f.By,
	}
	if !f.Due.IsZero() && e.State != kb.EntryPublished {
		p.Due = s.day(f.Due)
	}
	for _, clause := range e.Clauses {
		p.Clauses = append(p.Clauses, clauseView{clause, !clause.Until.IsZero() && clause.Until.Before(s.o.Now())})
	}
	for _, o := range f.Variants {
		p.Variants = append(p.Variants, variantView{o.Question, areaName(o.Area, dir), entryURL(o.ID)})
	}
	s.offer(&p, f, choices, v)
	if err := s.compareCopy(ctx, &p, v, dir); err != nil {
		return p, err
	}
	p.Topics, p.All, err = s.topics(ctx, v, e.Topic)
	return p, err
}

// offer fills in what this person may do.
func (s *Server) offer(p *entryPage, f kb.Folder, choices []kb.Choice, v visit) {
	main := false
	for _, choice := range choices {
		first := !main && choice.Refused == "" && !choice.Reasons
		main = main || first
		p.Choices = append(p.Choices, stepView{choice, first})
	}
	if f.Copy != "" {
		p.Copy = entryURL(f.Copy)
	}
	switch f.Entry.State {
	case kb.EntryReview, kb.EntryRetired:
	default:
		if v.may(org.ActEditKnowledge) && f.Copy == "" {
			p.Edit = entryURL(f.Entry.ID) + "/edit"
		}
	}
}

// compareCopy shows of a copy in work what would change.
func (s *Server) compareCopy(ctx context.Context, p *entryPage, v visit, dir *org.Directory) error {
	if p.Entry.Replaces == "" {
		return nil
	}
	f, _, err := s.o.Editing.Folder(ctx, v.actor, p.Entry.Replaces)
	if err != nil {
		return err
	}
	p.Original = entryURL(f.Entry.ID)
	copied := p.Entry
	copied.Code = f.Entry.Code
	p.Changes = withAreaNames(kb.Compare(f.Entry, copied), dir)
	return nil
}

// withAreaNames puts the areas' names into a comparison.
func withAreaNames(all []kb.Difference, dir *org.Directory) []kb.Difference {
	for _, d := range all {
		for i := range d.Pieces {
			if d.Key == "area" {
				d.Pieces[i].Text = areaName(org.AreaCode(d.Pieces[i].Text), dir)
			}
		}
	}
	return all
}

// moveEntry takes a step with an entry.
func (s *Server) moveEntry(c *fiber.Ctx, v visit) error {
	version, err := strconv.Atoi(c.FormValue("version"))
	if err != nil {
		return errs.New(errs.Invalid, "request.malformed")
	}
	step := kb.Step(c.FormValue("step"))
	e, err := s.o.Editing.Move(c.UserContext(), v.actor, kb.EntryID(c.Params("entry")), version, step, c.FormValue("remark"))
	if err == nil {
		return c.Redirect(entryURL(e.ID)+"?said="+string(step), fiber.StatusSeeOther)
	}
	status := fiber.StatusUnprocessableEntity
	switch errs.KindOf(err) {
	case errs.Conflict:
		status = fiber.StatusConflict
	case errs.Invalid:
	default:
		return err
	}
	p, failed := s.newEntryPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults, p.Remarked = sentences(err), c.FormValue("remark")
	return s.render(c, status, "entry", "layout", p)
}
