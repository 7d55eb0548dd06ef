package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// editionsPage is what editions.html draws: the versions of an entry, and the
// difference between two.
type editionsPage struct {
	shell
	Question string
	URL      string
	Editions []editionView
	Changes  []kb.Difference
	Old, New int // the two that are compared; 0: there is only one
	CanBack  bool
	Topics   []topicView
	All      int
	Topic    string
}

// editionView is one line of the list.
type editionView struct {
	kb.Edition
	State  stateView
	Author string
	Diff   string // address of what it changed
	Now    bool   // it stands
}

// showEditions lists an entry's versions, and what one changed against an
// older one: by default the latest against the one before.
func (s *Server) showEditions(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	entry := kb.EntryID(c.Params("entry"))
	all, err := s.o.Editing.Editions(ctx, v.actor, entry)
	if err != nil {
		return err
	}
	p := editionsPage{
		shell: s.shell(v, "knowledge", "条目的各版本"), Question: all[0].Entry.Question, URL: entryURL(entry), CanBack: v.may(org.ActEditKnowledge),
		Topic: all[0].Entry.Topic, New: c.QueryInt("new", all[0].Entry.Version),
	}
	p.Old = c.QueryInt("old", p.New-1)
	byVersion := map[int]kb.Entry{}
	for i, d := range all {
		byVersion[d.Entry.Version] = d.Entry
		view := editionView{Edition: d, State: stateOf(d.Entry.State), Author: d.By, Now: i == 0}
		if view.Author == "" {
			view.Author = "系统"
		}
		if d.Entry.Version > 1 {
			view.Diff = link(p.URL+"/versions", "new", strconv.Itoa(d.Entry.Version))
		}
		p.Editions = append(p.Editions, view)
	}
	older, hasOld := byVersion[p.Old]
	newer, hasNew := byVersion[p.New]
	if !hasOld || !hasNew {
		p.Old, p.New = 0, 0
	} else {
		dir, err := s.o.Places.Directory(ctx)
		if err != nil {
			return err
		}
		p.Changes = withAreaNames(kb.Compare(older, newer), dir)
	}
	p.Topics, p.All, err = s.topics(ctx, v, p.Topic)
	if err != nil {
		return err
	}
	return s.page(c, "editions", p)
}

// rollBack writes an old version's content as a new text to be reviewed.
func (s *Server) rollBack(c *fiber.Ctx, v visit) error {
	version, err := strconv.Atoi(c.FormValue("version"))
	if err != nil {
		return errs.New(errs.Invalid, "request.malformed")
	}
	e, err := s.o.Editing.Rollback(c.UserContext(), v.actor, kb.EntryID(c.Params("entry")), version)
	if err != nil {
		return err
	}
	said := "rollback"
	if e.State != kb.EntryDraft {
		said = "same" // it says that already
	}
	return c.Redirect(entryURL(e.ID)+"?said="+said, fiber.StatusSeeOther)
}
