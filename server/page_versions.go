package server

import (
	"bytes"
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/org"
)

// Versions are the states of the catalogue, for those who look after it.
type Versions interface {
	// Versions gives all of them, the latest first.
	Versions(ctx context.Context, actor org.Actor) ([]classifier.Listed, error)
	// Version gives one whole, by id.
	Version(ctx context.Context, actor org.Actor, version string) (*classifier.Catalogue, error)
	// CompareVersion says what would change if it served.
	CompareVersion(ctx context.Context, actor org.Actor, version classifier.VersionID) (classifier.Difference, error)
	// RequestUse asks that it shall serve; a job does it.
	RequestUse(ctx context.Context, actor org.Actor, version classifier.VersionID) error
	// CancelUse takes that back.
	CancelUse(ctx context.Context, actor org.Actor, version classifier.VersionID) error
}

// versionsPage is what versions.html draws: the list, or one difference.
type versionsPage struct {
	shell
	Versions []versionView
	Drafts   []draftLine // not published yet
	Said     string      // what was just done: asked, cancelled; empty: nothing
	CanUse   bool
	Forms    []string
	Left     int             // decisions that wait for a person to say which part of a split leaf is meant
	Diff     *differenceView // nil: the list
}

// versionView is one line of the list.
type versionView struct {
	classifier.Listed
	URL    string
	Author string
	Replay string // where it was replayed before it was published; empty: it was not
	State  classifier.VersionState
}

// Mark is the shape beside the state's word, and Tone its colour.
func (v versionView) Mark() string {
	switch v.State {
	case classifier.Serving:
		return "●"
	case classifier.Preparing, classifier.Waiting:
		return "◐"
	case classifier.NotMade:
		return "▲"
	}
	return "○"
}

// Tone is the colour's name in the style sheet; may be empty.
func (v versionView) Tone() string {
	switch v.State {
	case classifier.Serving:
		return "good"
	case classifier.Preparing, classifier.Waiting:
		return "warning"
	case classifier.NotMade:
		return "danger"
	}
	return ""
}

// differenceView is one version against the one that serves.
type differenceView struct {
	classifier.Difference
	Kinds  []kindView
	Same   bool // it is the one that serves
	CanUse bool
	Reused bool // codes that probably mean something else
	Use    string
}

// kindView is the changes of a kind.
type kindView struct {
	Label   string
	Changes []classifier.Change
	Open    bool // few enough to be read without opening
}

// openUpTo is how many changes of a kind are shown at once.
const openUpTo = 12

// exportForms are the endings of exported files.
var exportForms = [...]string{"xlsx", "csv", "jsonl"}

// showVersions lists the versions.
func (s *Server) showVersions(c *fiber.Ctx, v visit) error {
	all, err := s.o.Versions.Versions(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	p := versionsPage{
		shell: s.shell(v, "catalogue", "事项清单的版本"), Said: c.Query("said"),
		CanUse: v.may(org.ActEditCatalogue), Forms: exportForms[:],
	}
	for _, l := range all {
		view := versionView{Listed: l, URL: versionURL(l.ID), Author: l.Author, State: l.State(s.o.Now())}
		if view.Author == "" {
			view.Author = "命令行"
		}
		p.Versions = append(p.Versions, view)
	}
	if p.CanUse {
		drafts, err := s.o.Drafts.List(c.UserContext(), v.actor)
		if err != nil {
			return err
		}
		p.sort(drafts)
		if p.Left, err = s.countLeftovers(c.UserContext(), v); err != nil {
			return err
		}
	}
	return s.page(c, "versions", p)
}

// sort puts drafts that are not published on top, the others beside the version
// that they became.
func (p *versionsPage) sort(drafts []classifier.StoredDraft) {
	for _, d := range drafts {
		if d.Version == "" {
			p.Drafts = append(p.Drafts, newDraftLine(d))
			continue
		}
		for i := range p.Versions {
			if p.Versions[i].ID == d.Version {
				p.Versions[i].Replay = draftURL(d.ID)
			}
		}
	}
}

func versionURL(version classifier.VersionID) string { return "/catalogue/versions/" + string(version) }

// showDifference shows what would change if a version served.
func (s *Server) showDifference(c *fiber.Ctx, v visit) error {
	d, err := s.o.Versions.CompareVersion(c.UserContext(), v.actor, classifier.VersionID(c.Params("version")))
	if err != nil {
		return err
	}
	view := newDifferenceView(d)
	view.Same, view.CanUse, view.Use = d.From.ID == d.To.ID, v.may(org.ActEditCatalogue), versionURL(d.To.ID)+"/use"
	return s.page(c, "versions", versionsPage{shell: s.shell(v, "catalogue", "版本差异"), Diff: view})
}

func newDifferenceView(d classifier.Difference) *differenceView {
	view := &differenceView{Difference: d, Reused: len(d.Of(classifier.Reused)) > 0}
	for _, kind := range classifier.ChangeKinds() {
		if changes := d.Of(kind); len(changes) > 0 {
			view.Kinds = append(view.Kinds, kindView{Label: kind.Label(), Changes: changes, Open: len(changes) <= openUpTo})
		}
	}
	return view
}

// exportVersion gives a version as a file that can be imported again.
func (s *Server) exportVersion(c *fiber.Ctx, v visit) error {
	form := c.Query("form", exportForms[0])
	list, err := s.o.Versions.Version(c.UserContext(), v.actor, c.Params("version"))
	if err != nil {
		return err
	}
	if c.Query("kept") != "" && s.o.LeafNotes != nil {
		if list, err = s.o.LeafNotes.With(c.UserContext(), v.actor, list); err != nil {
			return err
		}
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, list.Version.Name) + "." + form
	var file bytes.Buffer
	if err := classifier.Export(&file, name, classifier.Mark(v.actor, s.o.Now()), list); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.Send(file.Bytes())
}

// useVersion asks that a version shall serve.
func (s *Server) useVersion(c *fiber.Ctx, v visit) error {
	if err := s.o.Versions.RequestUse(c.UserContext(), v.actor, classifier.VersionID(c.Params("version"))); err != nil {
		return err
	}
	return c.Redirect("/catalogue/versions?said=asked", fiber.StatusSeeOther)
}

// cancelVersion takes back that a version shall serve.
func (s *Server) cancelVersion(c *fiber.Ctx, v visit) error {
	if err := s.o.Versions.CancelUse(c.UserContext(), v.actor, classifier.VersionID(c.Params("version"))); err != nil {
		return err
	}
	return c.Redirect("/catalogue/versions?said=cancelled", fiber.StatusSeeOther)
}
