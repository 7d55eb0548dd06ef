package server

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// Splitter cuts a matter that names several things.
type Splitter interface {
	// Split cuts the matter as its suggestion proposed, once, and suggests for
	// each part; with in, each sentence goes where in puts it, see
	// classifier.Recut. errs.Conflict "split.outdated" when the matter is
	// decided or has a newer suggestion.
	Split(ctx context.Context, actor org.Actor, matter intake.MatterID, suggestion classifier.SuggestionID, in []int) error
}

// splitView proposes to cut a matter.
type splitView struct {
	Parts []partView
	Count string // in words: 两, 三 …
	URL   string // takes it up, by POST; shows the sentences, by GET
}

type partView struct {
	classifier.Part
	Number int // from 1
}

// newSplitView is the proposal of a matter's suggestion; nil when there is
// none, or nobody to take it up.
func (s *Server) newSplitView(view *fileView, f classifier.File) *splitView {
	if s.o.Splitter == nil || !view.Open || !view.CanDecide || f.Suggestion == nil || len(f.Suggestion.Parts) < 2 {
		return nil
	}
	out := &splitView{URL: view.Next.To(view.Matter.ID, "split"), Count: countWord(len(f.Suggestion.Parts))}
	for i, p := range f.Suggestion.Parts {
		out.Parts = append(out.Parts, partView{p, i + 1})
	}
	return out
}

// countWord is a number as it is said before 件.
func countWord(n int) string {
	words := []string{"两", "三", "四", "五", "六"}
	if n < 2 || n-2 >= len(words) {
		return strconv.Itoa(n)
	}
	return words[n-2]
}

// split cuts the matter; each part waits with a suggestion of its own.
func (s *Server) split(c *fiber.Ctx, v visit) error {
	matter := intake.MatterID(c.Params("matter"))
	in := readCut(c)
	err := s.o.Splitter.Split(c.UserContext(), v.actor, matter, classifier.SuggestionID(c.FormValue("suggestion")), in)
	if errs.CodeOf(err) == "split.empty" {
		return s.recut(c, v, in, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(matter, "", "said", "split"), fiber.StatusSeeOther)
}
