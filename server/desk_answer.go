package server

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// answerView is the card of the instant answer.
type answerView struct {
	kb.InstantAnswer
	Asked  bool
	Card   *cardView // the answer, when there is one: as it reads now
	Change string    // what happened to the entry since it was shown; empty: nothing
	Gone   bool      // it does not hold any more
	Seen   string    // the entry as this page shows it
	Heard  bool      // the citizen was given this entry before, and it did not help
	Words  bool      // found by words alone, because vectors are still to come
	CanDo  bool      // its outcome can be noted
}

// wordsAfter is how long a matter may wait for its instant answer before the
// desk looks by words alone: longer than any answer takes that is under way.
const wordsAfter = 5 * time.Second

// newAnswerView is the card of the matter's instant answer, its entry as it
// reads now. While the knowledge base was not asked, because the embedder does
// not answer, the desk looks by words alone.
func (s *Server) newAnswerView(ctx context.Context, v visit, f classifier.File, dir *org.Directory) (answerView, error) {
	a, err := s.o.Answers.InstantAnswer(ctx, v.actor, f.Matter.ID)
	switch {
	case err != nil && errs.KindOf(err) == errs.NotFound:
		return s.byWords(ctx, v, f)
	case err != nil:
		return answerView{}, err
	}
	view := answerView{InstantAnswer: a, Asked: true}
	if !a.Answered || len(a.Matches) == 0 {
		return view, nil
	}
	best := a.Matches[0]
	now, err := s.o.Knowledge.Entry(ctx, v.actor, best.Entry.ID)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return answerView{}, err
	}
	view.Change, view.Gone = s.changed(best.Entry, now)
	if !view.Gone {
		best.Entry = now
	}
	view.Seen = seenEntry(now)
	card := newCardView(best, related(a), dir)
	view.Card = &card
	return view, nil
}

// related are the other entries that came near.
func related(a kb.InstantAnswer) []kb.Match {
	return kb.Turn{Told: kb.ToldAnswer, Matches: a.Matches}.Offers()
}

// seenEntry names what a page shows of an entry.
func seenEntry(e kb.Entry) string { return string(e.State) + " " + strconv.Itoa(e.Version) }

// changed says what happened to an entry since it was shown, and whether it
// does not hold any more. The zero Entry was deleted.
func (s *Server) changed(shown, now kb.Entry) (change string, gone bool) {
	switch {
	case now.ID == "":
		return "这条已删除，请不要再念", true
	case now.State == kb.EntryToVerify:
		return "这条待核实，请核对后再念", false
	case now.State != kb.EntryPublished:
		return "这条已于" + s.moment(now.UpdatedAt) + "停用，请不要再念", true
	case s.expired(now):
		return "这条已于" + s.day(now.ValidUntil) + "过期，请不要再念", true
	case now.Version != shown.Version:
		return "这条已于" + s.moment(now.UpdatedAt) + "更新，下面是现在的答复", false
	}
	return "", false
}

// byWords looks by words alone for a matter that has waited.
func (s *Server) byWords(ctx context.Context, v visit, f classifier.File) (answerView, error) {
	if f.Message.ReceivedAt.IsZero() || s.o.Now().Sub(f.Message.ReceivedAt) < wordsAfter {
		return answerView{}, nil
	}
	r, err := s.o.Knowledge.AskWords(ctx, v.actor, headingAndText(f.Matter), f.Message.Area)
	if err != nil {
		return answerView{}, err
	}
	return answerView{InstantAnswer: kb.InstantAnswer{Silence: r.Silence, Matches: r.Matches}, Asked: true, Words: true}, nil
}

func headingAndText(m intake.Matter) string {
	if m.Title == "" {
		return m.Text
	}
	return m.Title + "\n" + m.Text
}

// heard notes that the citizen was given the card's entry before.
func (view *answerView) heard(talk []kb.Turn) {
	for _, r := range talk {
		if m, ok := r.Answer(); ok && view.Card != nil && m.Entry.ID == view.Card.ID && r.Verdict == kb.VerdictUnsolved {
			view.Heard = true
		}
	}
}

// verdict notes whether the instant answer solved the matter. Solved ends it;
// not solved leaves it to be decided. When the entry has changed since the page
// was drawn, nothing is noted: the page shows it as it is now, and asks again.
func (s *Server) verdict(c *fiber.Ctx, v visit) error {
	ctx, q := c.UserContext(), readDeskQuery(c)
	matter, solved := intake.MatterID(c.Params("matter")), c.FormValue("solved") == "1"
	f, err := s.o.Desk.File(ctx, v.actor, matter)
	if err != nil {
		return err
	}
	if seen := c.FormValue("shown"); seen != "" {
		dir, err := s.o.Places.Directory(ctx)
		if err != nil {
			return err
		}
		view, err := s.newAnswerView(ctx, v, f, dir)
		if err != nil {
			return err
		}
		if view.Seen != seen {
			return c.Redirect(q.To(matter, "", "said", "changed"), fiber.StatusSeeOther)
		}
	}
	if err := s.o.Desk.Verdict(ctx, v.actor, matter, solved); err != nil {
		return err
	}
	if solved {
		return s.toNext(c, v, matter)
	}
	return c.Redirect(q.To(matter, "", "said", "unsolved"), fiber.StatusSeeOther)
}
