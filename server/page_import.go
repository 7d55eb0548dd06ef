package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Imports take files of entries in: looked at first, then imported.
type Imports interface {
	// Take keeps a file to be looked at; what is no file of entries is refused.
	Take(ctx context.Context, actor org.Actor, name string, body []byte, o kb.ImportChoice) (kb.ImportID, error)
	// Open gives a file with what importing it would do, or what came of it.
	Open(ctx context.Context, actor org.Actor, file kb.ImportID) (kb.ImportView, error)
	// Choose changes what was chosen for a file that is looked at.
	Choose(ctx context.Context, actor org.Actor, file kb.ImportID, o kb.ImportChoice) error
	// Confirm gives a file to the job that imports it.
	Confirm(ctx context.Context, actor org.Actor, file kb.ImportID, o kb.ImportChoice) error
	// Latest gives the latest files, newest first.
	Latest(ctx context.Context, actor org.Actor) ([]kb.FileImport, error)
}

// importPath is where files are uploaded, the only requests that may be as
// large as uploadLimit.
const importPath = "/knowledge/import"

// importsPage is what page_imports.html draws: the form and the latest files.
type importsPage struct {
	shell
	Faults []string
	kb.ImportChoice
	CanLet bool // may let the file's states hold
	Limit  int  // of a file, in MB
	Files  []importLine
	Forms  []string
	Topics []topicView
	All    int
	Topic  string
}

// importLine is one file of the list.
type importLine struct {
	kb.FileImport
	URL string
}

// importPage is what page_import.html draws: one file.
type importPage struct {
	shell
	kb.ImportView
	URL     string
	Faults  []string
	CanLet  bool
	Bad     []string // sentences, each with line and column
	MoreBad int
	Notes   []string
	More    int // changes that are not shown
	Sample  []sampleView
	Idle    bool // nothing in it is new
	Topics  []topicView
	All     int
	Topic   string
}

// sampleView is an entry as it would be stored.
type sampleView struct {
	kb.Entry
	Where string
	State stateView
	Begin string
	Cut   bool
}

// How much of a file the page shows.
const (
	changesShown = 50
	samplesShown = 5
	sampleRunes  = 200
)

func importChoice(c *fiber.Ctx) kb.ImportChoice {
	return kb.ImportChoice{
		Sheet: strings.TrimSpace(c.FormValue("sheet")), Publish: c.FormValue("publish") != "", SkipBad: c.FormValue("skip") != "",
	}
}

// showImports gives the form and the latest files.
func (s *Server) showImports(c *fiber.Ctx, v visit) error {
	p, err := s.newImportsPage(c, v, kb.ImportChoice{})
	if err != nil {
		return err
	}
	return s.page(c, "imports", p)
}

func (s *Server) newImportsPage(c *fiber.Ctx, v visit, o kb.ImportChoice) (importsPage, error) {
	if s.o.Imports == nil {
		return importsPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p := importsPage{
		shell: s.shell(v, "knowledge", "导入和导出"), ImportChoice: o,
		CanLet: v.may(org.ActManage), Limit: kb.MaxImportBytes >> 20, Forms: exportForms[:],
	}
	files, err := s.o.Imports.Latest(c.UserContext(), v.actor)
	if err != nil {
		return p, err
	}
	for _, f := range files {
		p.Files = append(p.Files, importLine{f, importURL(f.ID)})
	}
	p.Topics, p.All, err = s.topics(c.UserContext(), v, "")
	return p, err
}

func importURL(file kb.ImportID) string { return importPath + "/" + string(file) }

// takeImport keeps an uploaded file and shows it, or says on the form what is
// wrong with it.
func (s *Server) takeImport(c *fiber.Ctx, v visit) error {
	o := importChoice(c)
	p, err := s.newImportsPage(c, v, o)
	if err != nil {
		return err
	}
	name, body, err := formFile(c, "file")
	if err != nil {
		return err
	}
	file, err := s.o.Imports.Take(c.UserContext(), v.actor, name, body, o)
	switch {
	case err == nil:
		return c.Redirect(importURL(file), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "imports", "layout", p)
}

// showImport lays a file open.
func (s *Server) showImport(c *fiber.Ctx, v visit) error {
	p, err := s.newImportPage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "import", p)
}

func (s *Server) newImportPage(c *fiber.Ctx, v visit) (importPage, error) {
	if s.o.Imports == nil {
		return importPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	ctx := c.UserContext()
	view, err := s.o.Imports.Open(ctx, v.actor, kb.ImportID(c.Params("file")))
	if err != nil {
		return importPage{}, err
	}
	p := importPage{shell: s.shell(v, "knowledge", "导入："+view.Name), ImportView: view, URL: importURL(view.ID), CanLet: v.may(org.ActManage)}
	for i, fault := range view.Bad() {
		if i == faultsShown {
			p.MoreBad = len(view.Bad()) - i
			break
		}
		p.Bad = append(p.Bad, errs.Sentence(fault))
	}
	for _, w := range view.Reading.Warnings[:min(len(view.Reading.Warnings), faultsShown)] {
		p.Notes = append(p.Notes, errs.Sentence(w))
	}
	if n := len(view.Plan.Changes); n > changesShown {
		p.Plan.Changes, p.More = view.Plan.Changes[:changesShown], n-changesShown
	}
	p.Idle = view.Plan.Created == 0 && len(view.Plan.Changes) == 0
	if p.Sample, err = s.sample(ctx, view.Plan.Good); err != nil {
		return p, err
	}
	p.Topics, p.All, err = s.topics(ctx, v, "")
	return p, err
}

// sample gives the first entries as they would be stored.
func (s *Server) sample(ctx context.Context, entries []kb.Entry) ([]sampleView, error) {
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var out []sampleView
	for _, e := range entries[:min(len(entries), samplesShown)] {
		begin := []rune(e.Answer)
		cut := len(begin) > sampleRunes
		if cut {
			begin = begin[:sampleRunes]
		}
		out = append(out, sampleView{Entry: e, Where: areaName(e.Area, dir), State: stateOf(e.State), Begin: string(begin), Cut: cut})
	}
	return out, nil
}

// confirmImport takes what was chosen: to look at the file again, or to import
// it.
func (s *Server) confirmImport(c *fiber.Ctx, v visit) error {
	if s.o.Imports == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	file, do := kb.ImportID(c.Params("file")), s.o.Imports.Choose
	if c.FormValue("go") == "import" {
		do = s.o.Imports.Confirm
	}
	err := do(c.UserContext(), v.actor, file, importChoice(c))
	switch {
	case err == nil || errs.CodeOf(err) == "import.settled": // sent twice: it shows how far it is
		return c.Redirect(importURL(file), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newImportPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults, p.ImportChoice = sentences(err), importChoice(c)
	return s.render(c, fiber.StatusUnprocessableEntity, "import", "layout", p)
}
