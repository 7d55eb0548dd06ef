package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// sentView says that a matter was put before a reviewer.
type sentView struct {
	classifier.Sent
	Own     bool // by the reader
	CanBack bool
	URL     string
}

// canReview reports whether the reader sees the reviewer's queue.
func (s *Server) canReview(v visit) bool { return s.o.Reviews != nil && v.may(org.ActReview) }

// addReviewTab puts the reviewer's queue beside the others, with its count.
func (s *Server) addReviewTab(ctx context.Context, v visit, q deskQuery, view *queueView) error {
	if !s.canReview(v) {
		return nil
	}
	n, err := s.o.Reviews.Count(ctx, v.actor)
	if err != nil {
		return err
	}
	view.Tabs = append(view.Tabs, tabView{
		Label: "审核", URL: deskQuery{Show: showReview}.To("", ""), Current: q.Show == showReview, Count: n, Counted: true,
	})
	return nil
}

// reviewOf fills in what the desk says of a matter and the reviewer.
func (s *Server) reviewOf(v visit, view *fileView, f classifier.File) {
	view.Lost = f.Lost && view.Open
	view.CanSend = s.o.Reviews != nil && view.CanDecide && view.Open && f.Sent == nil &&
		f.Suggestion != nil && (f.Lost || f.Suggestion.Doubt == classifier.Unsure)
	if f.Sent != nil && view.Open {
		view.Sent = &sentView{
			Sent: *f.Sent, Own: f.Sent.By == v.actor.Account, CanBack: view.CanDecide,
			URL: view.Next.To(view.Matter.ID, "review"),
		}
	}
}

// sendToReview puts a matter before a reviewer and opens the next one, or takes
// it back.
func (s *Server) sendToReview(c *fiber.Ctx, v visit) error {
	matter := intake.MatterID(c.Params("matter"))
	if c.FormValue("back") != "" {
		return s.backFromReview(c, v, matter)
	}
	if err := s.o.Reviews.Send(c.UserContext(), v.actor, matter); err != nil {
		return err
	}
	return s.toNext(c, v, matter)
}

func (s *Server) backFromReview(c *fiber.Ctx, v visit, matter intake.MatterID) error {
	if err := s.o.Reviews.TakeBack(c.UserContext(), v.actor, matter); err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(matter, "", "said", "back"), fiber.StatusSeeOther)
}
