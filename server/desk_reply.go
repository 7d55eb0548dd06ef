package server

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// Replies are what citizens were told about a matter.
type Replies interface {
	// Note stores what was told; an agent's own reply closes a matter that
	// waits. errs.Invalid for a text too short or too long.
	Note(ctx context.Context, actor org.Actor, r intake.Reply) (intake.Reply, error)
	// TakeBack takes back the actor's own latest reply on a matter.
	TakeBack(ctx context.Context, actor org.Actor, matter intake.MatterID) error
	// Of gives the replies of a matter that stand, oldest first.
	Of(ctx context.Context, actor org.Actor, matter intake.MatterID) ([]intake.Reply, error)
}

// toldView is one thing that the citizen was told.
type toldView struct {
	intake.Reply
	Own bool // by the reader
}

// repliesOf fills in what was told about a matter.
func (s *Server) repliesOf(ctx context.Context, v visit, view *fileView) error {
	if s.o.Replies == nil {
		return nil
	}
	view.CanReply = view.CanDecide && view.Open
	all, err := s.o.Replies.Of(ctx, v.actor, view.Matter.ID)
	for _, r := range all {
		view.Replies = append(view.Replies, toldView{r, r.By == v.actor.Account})
	}
	return err
}

// noteReply stores what the agent told the caller, which ends the matter, and
// opens the next one.
func (s *Server) noteReply(c *fiber.Ctx, v visit) error {
	if s.o.Replies == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	matter := intake.MatterID(c.Params("matter"))
	if _, err := s.o.Replies.Note(c.UserContext(), v.actor, intake.Reply{Matter: matter, Text: c.FormValue("text")}); err != nil {
		return err
	}
	return s.toNext(c, v, matter)
}

func (s *Server) takeBackReply(ctx context.Context, v visit, matter intake.MatterID) error {
	if s.o.Replies == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	return s.o.Replies.TakeBack(ctx, v.actor, matter)
}

// replied tells whether the actor's own reply ended a matter, so that undoing
// takes it back.
func (s *Server) replied(ctx context.Context, v visit, matter intake.MatterID) (bool, error) {
	if s.o.Replies == nil {
		return false, nil
	}
	all, err := s.o.Replies.Of(ctx, v.actor, matter)
	if err != nil || len(all) == 0 {
		return false, err
	}
	last := all[len(all)-1]
	return last.By == v.actor.Account && last.Unit == "", nil
}
