package server

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// leafNotes is what the owner of the catalogue wants in a leaf's next version,
// and what a language model proposes for it.
type leafNotes struct {
	Kept     []leafNoteView
	CanKeep  bool
	May      bool // the model may be asked
	URL      string
	Leaf     classifier.CategoryID
	Export   string // address of the version with everything kept; empty: nothing is
	CSRF     string
	Said     string
	Rival    classifier.CategoryID
	Sources  []sourceView
	Examples []sentenceView
	Clauses  []sentenceView
	Asked    bool
	Failed   string
	Faults   []string
}

type leafNoteView struct {
	Text, Rival, By, URL string
	At                   time.Time
}

// firstClause is the number from which clauses are counted in the form, beyond
// every example.
const firstClause = 100

// newLeafNotes gathers the notes of a leaf; nil without any place for them.
func (s *Server) newLeafNotes(c *fiber.Ctx, v visit, list *classifier.Catalogue, leaf *classifier.Category) (*leafNotes, error) {
	ctx := c.UserContext()
	if s.o.LeafNotes == nil {
		return nil, nil //nolint:nilnil // there are none to be kept
	}
	kept, err := s.o.LeafNotes.Of(ctx, v.actor, leaf)
	if err != nil {
		return nil, err
	}
	n := &leafNotes{CanKeep: v.may(org.ActEditCatalogue), URL: categoryURL(leaf.ID), Leaf: leaf.ID, CSRF: v.csrf}
	n.Said = map[string]string{"kept": "已记下，还没有生效。", "dropped": "已去掉。"}[c.Query("said")]
	for _, k := range kept {
		view := leafNoteView{Text: k.Text, By: k.ByName, At: k.At, URL: "/catalogue/notes/" + string(k.ID) + "/drop"}
		if k.Rival != "" {
			view.Rival = leafName(list, k.Rival)
		}
		n.Kept = append(n.Kept, view)
	}
	if len(kept) > 0 && v.may(org.ActReadVersions) {
		n.Export = link("/catalogue/versions/"+string(list.Version.ID)+"/export", "form", exportForms[0], "kept", "1")
	}
	if n.CanKeep && s.o.Assist != nil {
		n.May, err = s.o.Assist.Propose.Allows(ctx)
	}
	return n, err
}

// proposeForLeaf shows what the model proposes for a leaf. It stores nothing.
func (s *Server) proposeForLeaf(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActEditCatalogue); err != nil {
		return err
	}
	p, leaf, list, err := s.leafToNote(c, v)
	if err != nil {
		return err
	}
	if !p.Node.Notes.May {
		return errs.New(errs.NotFound, "page.not_found")
	}
	review, err := s.o.Leaves.Review(c.UserContext(), v.actor, leaf.ID, leafDays)
	if err != nil {
		return err
	}
	rival, _ := list.Category(review.Rival)
	ctx, cancel := writing(c)
	defer cancel()
	made, err := s.o.Assist.Propose.Propose(ctx, leaf, rival, review.Wordings)
	if err != nil && !ofModel(err) {
		return err
	}
	n := p.Node.Notes
	n.Asked, n.Rival = true, review.Rival
	if err != nil {
		n.Failed = errs.Sentence(err)
		return s.page(c, "catalogue", p)
	}
	n.Sources, n.Examples, n.Clauses = newSourceViews(made.Sources), newSentenceViews(made.Examples), newSentenceViews(made.Clauses)
	for i := range n.Clauses {
		n.Clauses[i].Number += firstClause
	}
	return s.page(c, "catalogue", p)
}

// leafToNote is the page of a leaf that may be noted for.
func (s *Server) leafToNote(c *fiber.Ctx, v visit) (cataloguePage, *classifier.Category, *classifier.Catalogue, error) {
	list, err := s.o.Catalogue.Active(c.UserContext())
	if err != nil {
		return cataloguePage{}, nil, nil, err
	}
	leaf, ok := list.Category(classifier.CategoryID(c.Params("category")))
	if !ok || !leaf.Leaf || s.o.LeafNotes == nil {
		return cataloguePage{}, nil, nil, errs.New(errs.NotFound, "category.not_found")
	}
	p, err := s.newCataloguePage(c, v)
	return p, leaf, list, err
}

// keepLeafNotes stores what was ticked.
func (s *Server) keepLeafNotes(c *fiber.Ctx, v visit) error {
	p, leaf, _, err := s.leafToNote(c, v)
	if err != nil {
		return err
	}
	var examples, clauses []string
	for _, t := range takenSentences(c, 0) {
		examples = append(examples, t.Text)
	}
	for _, t := range takenSentences(c, firstClause) {
		clauses = append(clauses, t.Text)
	}
	err = s.o.LeafNotes.Keep(c.UserContext(), v.actor, leaf, examples, clauses, classifier.CategoryID(c.FormValue("rival")))
	if err == nil {
		return c.Redirect(link(categoryURL(leaf.ID), "said", "kept")+"#notes", fiber.StatusSeeOther)
	}
	if errs.KindOf(err) != errs.Invalid {
		return err
	}
	p.Node.Notes.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "catalogue", "layout", p)
}

// dropLeafNote takes one away.
func (s *Server) dropLeafNote(c *fiber.Ctx, v visit) error {
	if s.o.LeafNotes == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := s.o.LeafNotes.Drop(c.UserContext(), v.actor, classifier.LeafNoteID(c.Params("note"))); err != nil {
		return err
	}
	return c.Redirect(link(categoryURL(classifier.CategoryID(c.FormValue("leaf"))), "said", "dropped")+"#notes", fiber.StatusSeeOther)
}
