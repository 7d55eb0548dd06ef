package server

import (
	"context"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/org"
)

// Drafts are versions of the catalogue that take no effect yet.
type Drafts interface {
	// Upload checks a draft and stores it; a *classifier.FileFault holds every
	// fault of a file.
	Upload(ctx context.Context, actor org.Actor, d classifier.StoredDraft) (classifier.DraftID, error)
	// List gives them, newest first, and those that were published and replayed.
	List(ctx context.Context, actor org.Actor) ([]classifier.StoredDraft, error)
	// Open gives one with what it would change.
	Open(ctx context.Context, actor org.Actor, draft classifier.DraftID) (classifier.DraftView, error)
	// Publish lets one serve, from the time that it gives; seen is the version
	// against which the person read the difference.
	Publish(ctx context.Context, actor org.Actor, draft classifier.DraftID, seen classifier.VersionID) (time.Time, error)
	// Discard deletes one.
	Discard(ctx context.Context, actor org.Actor, draft classifier.DraftID) error
}

// draftPage is what draft.html draws: one draft with what it would change, and
// what came of its replay.
type draftPage struct {
	shell
	Draft    classifier.StoredDraft
	URL      string
	Version  string // the page of the version that it became; empty: not published
	Diff     *differenceView
	Serving  classifier.VersionID // against which the difference is; empty: nothing serves
	Fault    []string             // why it cannot be published as it is
	Warnings []classifier.Warning // the first of them
	More     int                  // warnings that are not listed
	Replay   *replayView          // nil: never asked for
	Can      bool                 // be published or replayed now
	First    bool                 // nothing serves
	Later    bool                 // it has a time from which it shall serve
}

// warningsShown is how many warnings are listed.
const warningsShown = 50

func draftURL(draft classifier.DraftID) string {
	return uploadPath + "/" + url.PathEscape(string(draft))
}

// showDraft shows a draft.
func (s *Server) showDraft(c *fiber.Ctx, v visit) error {
	d, err := s.o.Drafts.Open(c.UserContext(), v.actor, classifier.DraftID(c.Params("draft")))
	if err != nil {
		return err
	}
	p := draftPage{
		shell: s.shell(v, "catalogue", d.Name), Draft: d.StoredDraft, URL: draftURL(d.ID), Warnings: d.Warnings,
		First: d.Difference == nil && d.Fault == nil, Later: d.From.After(s.o.Now()),
	}
	if d.Version != "" {
		p.Version = versionURL(d.Version)
	}
	p.Can = p.Version == "" && d.Fault == nil && !d.Replay.Open()
	if d.Fault != nil {
		p.Fault = sentences(d.Fault)
		p.Fault = p.Fault[:min(len(p.Fault), faultsShown)]
	}
	if d.Difference != nil {
		p.Diff, p.Serving = newDifferenceView(*d.Difference), d.Difference.From.ID
	}
	if p.More = len(d.Warnings) - warningsShown; p.More > 0 {
		p.Warnings = d.Warnings[:warningsShown]
	}
	if p.Replay, err = s.newReplayView(c, v, d); err != nil {
		return err
	}
	return s.page(c, "draft", p)
}

// publishDraft lets a draft serve.
func (s *Server) publishDraft(c *fiber.Ctx, v visit) error {
	due, err := s.o.Drafts.Publish(c.UserContext(), v.actor, classifier.DraftID(c.Params("draft")), classifier.VersionID(c.FormValue("serving")))
	switch {
	case err != nil:
		return err
	case due.After(s.o.Now()):
		return c.Redirect("/catalogue/versions?said=scheduled", fiber.StatusSeeOther)
	}
	return c.Redirect("/catalogue/versions?said=asked", fiber.StatusSeeOther)
}

// discardDraft throws a draft away.
func (s *Server) discardDraft(c *fiber.Ctx, v visit) error {
	if err := s.o.Drafts.Discard(c.UserContext(), v.actor, classifier.DraftID(c.Params("draft"))); err != nil {
		return err
	}
	return c.Redirect("/catalogue/versions?said=discarded", fiber.StatusSeeOther)
}

// draftLine is a draft in the list of versions.
type draftLine struct {
	classifier.StoredDraft
	URL      string
	Replayed string // how far its replay is; empty: none was asked for
}

func newDraftLine(d classifier.StoredDraft) draftLine {
	line := draftLine{StoredDraft: d, URL: draftURL(d.ID)}
	switch r := d.Replay; {
	case r.Open():
		line.Replayed = "正在试跑"
	case r != nil && r.Fault != "":
		line.Replayed = "试跑没有做成"
	case r != nil:
		line.Replayed = "已试跑"
	}
	return line
}
