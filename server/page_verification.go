package server

import (
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/org"
)

// verificationPage is what verification.html draws: every amount of a period as
// it was given and as its seed gives it.
type verificationPage struct {
	shell
	Period rewardPeriodView
	Good   bool
	Hash   bool
	Wrong  int
	Drawn  []drawnView
}

// drawnView is one amount.
type drawnView struct {
	Number, Given, Want string
	Wrong               bool
}

// showVerification computes the amounts of a period again.
func (s *Server) showVerification(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActReward); err != nil {
		return err
	}
	id := casework.RewardPeriodID(c.Params("period"))
	found, err := s.o.Rewards.Verify(c.UserContext(), id)
	if err != nil {
		return err
	}
	p := verificationPage{shell: s.shell(v, "cases", "核验奖励"), Good: found.Good(), Hash: found.Hash, Wrong: found.Wrong}
	all, err := s.o.Rewards.Periods(c.UserContext(), v.actor)
	for _, one := range all {
		if one.ID == id {
			p.Period = s.newRewardPeriodView(one)
		}
	}
	for _, d := range found.Drawn {
		p.Drawn = append(p.Drawn, drawnView{d.Number, casework.Yuan(d.Fen), casework.Yuan(d.Want), d.Fen != d.Want})
	}
	if err != nil {
		return err
	}
	return s.page(c, "verification", p)
}
