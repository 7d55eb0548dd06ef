package server

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/org"
	"huying/kb"
)

// Assist is what a language model adds to the desk while a person reads.
type Assist struct {
	Model *llm.Client
	Rank  *classifier.Ranker
	Glean *intake.Gleaner
	Fit   *kb.FitReader
	Rules *llm.Control

	Write   *llm.Writer
	Merge   *kb.Merger
	Propose *classifier.Proposer
	Compose *casework.Composer // nil: nothing is handled here
}

// assistView is what a model made of an open matter, drawn beside what stood
// there before. Each part is missing when it was not asked, failed or came
// late.
type assistView struct {
	Ranked bool
	Moved  bool   // another candidate is first
	First  string // its name
	Reason string
	Order  string         // places from 1, best first, as the page rearranges them
	Shares string         // by place
	Stay   int            // how many stand in front
	Least  intake.Urgency // the suggestion's, which another candidate in front must not lower

	Found []gleanedView
	Raise intake.Urgency // to which it proposes to raise; empty: not
	Why   string         // the words that sound dangerous

	Fit   kb.FitReading
	Told  kb.Told // what the answer is worth now; empty: as before
	Card  *cardView
	Empty bool // nothing is there to show
}

// gleanedView is one line of facts.
type gleanedView struct {
	Label string
	Said  []gleanedWords
}

// gleanedWords is a fact with the words it rests on.
type gleanedWords struct{ Text, Span string }

// assistURL is what the page asks for a model's view, empty where there is
// none to be had: no model, switched off, nothing to decide. It asks no model.
func (s *Server) assistURL(ctx context.Context, view *fileView) (string, error) {
	if s.o.Assist == nil || !view.Open || !view.CanDecide || view.Suggestion == nil || view.Conflict != nil {
		return "", nil
	}
	on, err := s.o.Assist.Model.On(ctx)
	if err != nil || !on {
		return "", err
	}
	return view.Next.To(view.Matter.ID, "assist", "suggestion", string(view.Seen.Suggestion), "head", string(view.Seen.Previous)), nil
}

// assist asks a language model about the matter and draws what it says: 204
// when it says nothing in time, or something has changed since the page was
// drawn.
func (s *Server) assist(c *fiber.Ctx, v visit) error {
	ctx, matter := c.UserContext(), intake.MatterID(c.Params("matter"))
	if s.o.Assist == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := org.Can(v.actor, org.ActDecide); err != nil {
		return err
	}
	f, err := s.o.Desk.File(ctx, v.actor, matter)
	if err != nil {
		return err
	}
	seen := mark{c.Query("suggestion"), c.Query("head")}
	if f.Suggestion == nil || newMark(f) != seen || f.Matter.State != intake.MatterOpen {
		return c.SendStatus(fiber.StatusNoContent)
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return err
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return err
	}
	answer, err := s.newAnswerView(ctx, v, f, dir)
	if err != nil {
		return err
	}
	view := s.consult(ctx, f, list, dir, answer)
	// Somebody may have decided while the model was thinking.
	if f, err = s.o.Desk.File(ctx, v.actor, matter); err != nil {
		return err
	}
	if view.Empty || newMark(f) != seen {
		return c.SendStatus(fiber.StatusNoContent)
	}
	return s.render(c, fiber.StatusOK, "desk", "assist", view)
}

// consult puts the three questions at once; what fails is left out.
func (s *Server) consult(ctx context.Context, f classifier.File, list *classifier.Catalogue, dir *org.Directory, answer answerView) assistView {
	view := assistView{Empty: true}
	var wg sync.WaitGroup
	var ranking classifier.Ranking
	var found []intake.Gleaned
	var rankErr, gleanErr, fitErr error
	wg.Go(func() {
		ranking, rankErr = s.o.Assist.Rank.Rank(ctx, *f.Suggestion, f.Matter.Title, f.Matter.Text, list)
	})
	wg.Go(func() { found, gleanErr = s.o.Assist.Glean.Glean(ctx, f.Matter.Title, f.Matter.Text) })
	if answer.Card != nil && !answer.Gone {
		view.Card = answer.Card
		wg.Go(func() {
			view.Fit, fitErr = s.o.Assist.Fit.Read(ctx, headingAndText(f.Matter), answer.Card.Entry, areaName(answer.Card.Area, dir))
		})
	}
	wg.Wait()
	if rankErr == nil && len(ranking.Order) > 1 {
		view.addRanking(*f.Suggestion, ranking)
	}
	if gleanErr == nil {
		view.addFound(f, s.factFinder(dir).Facts(f.Matter.Title, f.Matter.Text), found)
	}
	if told := view.Fit.Lower(kb.ToldAnswer); view.Card != nil && fitErr == nil && told != kb.ToldAnswer {
		view.Told, view.Empty = told, false
	}
	return view
}

func (view *assistView) addRanking(sug classifier.Suggestion, r classifier.Ranking) {
	view.Ranked, view.Empty = true, false
	view.Moved, view.Reason, view.Stay = r.Moved(), r.Reason, frontOf(sug)
	view.First, view.Least = sug.Candidates[r.Order[0]].Name, sug.Urgency
	var places, shares []string
	for _, at := range r.Order {
		places = append(places, strconv.Itoa(at+1))
	}
	for _, p := range r.Shares {
		shares = append(shares, percent(p))
	}
	view.Order, view.Shares = strings.Join(places, " "), strings.Join(shares, " ")
}

// addFound lays out what the message's own facts do not say.
func (view *assistView) addFound(f classifier.File, facts []intake.Fact, found []intake.Gleaned) {
	if raised := classifier.Raise(f.Suggestion.Urgency, found); raised != f.Suggestion.Urgency {
		view.Raise = raised
	}
	beyond := intake.Beyond(facts, found)
	for _, field := range intake.GleanedFields() {
		var said []gleanedWords
		for _, g := range beyond {
			if g.Field == field && len(said) < shownFacts {
				said = append(said, gleanedWords{g.Text, g.Span})
			}
		}
		switch {
		case len(said) == 0:
		case field == intake.FactType && said[0].Text == string(f.Suggestion.Type): // it stands there already
		case field == intake.FactDanger:
			view.Why, view.Empty = said[0].Span, false
		default:
			view.Found, view.Empty = append(view.Found, gleanedView{field.Label(), said}), false
		}
	}
}

// raised is the urgency of a confirmation beside a model's view: at least the
// suggestion's where the model has put another candidate in front, and at least
// what a person lets danger raise it to. It never lowers.
func raised(u intake.Urgency, c *fiber.Ctx) intake.Urgency {
	for _, field := range []string{"least", "raise"} {
		if to := intake.Urgency(c.FormValue(field)); to.Valid() {
			u = min(u, to)
		}
	}
	return u
}
