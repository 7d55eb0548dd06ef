package server

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// factView is one line of what the words of a matter say of it.
type factView struct {
	Label string
	Said  []factWords
}

// factWords is a fact with the way to its words.
type factWords struct {
	Text  string
	Fact  int // from 1: what the words on the page are marked with
	Piece int // of the words, where the fact begins
}

// shownFacts is how many facts of one field the desk shows: a letter that
// names more is better read.
const shownFacts = 3

// knownAreas is a finder of facts with the directory whose areas it knows.
type knownAreas struct {
	dir    *org.Directory
	finder *intake.FactFinder
}

// factFinder gives the finder that knows the city's areas as they are now. It
// is made anew only when they have changed.
func (s *Server) factFinder(dir *org.Directory) *intake.FactFinder {
	known := s.knownAreas.Load()
	if known == nil || known.dir != dir {
		known = &knownAreas{dir, intake.NewFactFinder(dir.AreaNames())}
		s.knownAreas.Store(known)
	}
	return known.finder
}

// factFinderNow is factFinder for the API, which needs no directory otherwise.
func (s *Server) factFinderNow(ctx context.Context) (*intake.FactFinder, error) {
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	return s.factFinder(dir), nil
}

// addFacts lays the facts out and asks for the place where a person has to go
// and nothing says where. It needs the words cut by mark.
func (view *fileView) addFacts(f classifier.File, found []intake.Fact) {
	said := map[intake.Field][]factWords{}
	for i, fact := range found {
		if len(said[fact.Field]) < shownFacts {
			said[fact.Field] = append(said[fact.Field], factWords{Text: fact.Text, Fact: i + 1, Piece: view.pieceOf(i + 1)})
		}
	}
	if f.Message.Place == "" {
		view.PlaceSaid = said[intake.FactPlace]
	}
	for _, field := range intake.Fields() {
		if field != intake.FactPlace && len(said[field]) > 0 {
			view.Facts = append(view.Facts, factView{Label: field.Label(), Said: said[field]})
		}
	}
	view.Where = f.Message.Place == "" && f.Message.Area == "" && len(view.PlaceSaid) == 0 && wantsPlace(f.Suggestion)
}

// wantsPlace reports that somebody may have to go there; while nothing is known
// of a matter, it may be so.
func wantsPlace(sug *classifier.Suggestion) bool {
	if sug == nil || sug.Type == "" {
		return true
	}
	return slices.Contains([]intake.Type{intake.Help, intake.Complaint, intake.Report}, sug.Type)
}

// pieceOf gives the number of the first piece of the words that a fact is in.
func (view *fileView) pieceOf(fact int) int {
	for _, line := range append([][]segment{view.Title}, view.Body...) {
		for _, s := range line {
			if slices.Contains(s.Facts, fact) {
				return s.Piece
			}
		}
	}
	return 0
}

// putPlace puts right where a matter happened.
func (s *Server) putPlace(c *fiber.Ctx, v visit) error {
	matter := intake.MatterID(c.Params("matter"))
	if err := s.o.Locator.Set(c.UserContext(), v.actor, matter, c.FormValue("place")); err != nil {
		return err
	}
	return c.Redirect(deskQuery{Show: c.Query("show"), Before: intake.MatterID(c.Query("before"))}.To(matter, ""), fiber.StatusSeeOther)
}
