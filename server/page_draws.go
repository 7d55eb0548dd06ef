package server

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
)

// drawsPage is what draws.html draws for everybody: how amounts are drawn, the
// hashes of all seeds and, once they are public, the seeds.
type drawsPage struct {
	Periods []rewardPeriodView
	Demo    bool
}

// drawView is a reward as its citizen sees it.
type drawView struct {
	Amount      string
	State       string
	Why         string // it is not paid after all
	Fingerprint string
	SeedHex     string // empty: not public yet
	Bounds      string
	RevealAt    time.Time
	Number      string
}

// showDraws shows what is public.
func (s *Server) showDraws(c *fiber.Ctx) error {
	if !s.o.PublicAsk {
		return fiber.ErrNotFound
	}
	if err := s.limit(c); err != nil {
		return err
	}
	all, err := s.o.Rewards.Draws(c.UserContext())
	if err != nil {
		return err
	}
	p := drawsPage{Demo: s.o.Demo}
	for _, one := range all {
		p.Periods = append(p.Periods, s.newRewardPeriodView(one))
	}
	return s.render(c, fiber.StatusOK, "draws", "draws", p)
}

// sendDraws sends every amount of a period whose seed is public, as CSV: a number
// leads to nobody.
func (s *Server) sendDraws(c *fiber.Ctx) error {
	if !s.o.PublicAsk {
		return fiber.ErrNotFound
	}
	if err := s.limit(c); err != nil {
		return err
	}
	v, err := s.o.Rewards.Verify(c.UserContext(), casework.RewardPeriodID(c.Params("period")))
	if err != nil {
		return err
	}
	b := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(b)
	lines := [][]string{{"工单编号", "金额（分）", "按种子应为（分）"}}
	for _, d := range v.Drawn {
		lines = append(lines, []string{d.Number, strconv.Itoa(d.Fen), strconv.Itoa(d.Want)})
	}
	if err := w.WriteAll(lines); err != nil {
		return errs.Wrap(err, errs.Internal, "internal")
	}
	return sendTable(c, b.Bytes(), "draws.csv")
}

// drawOf gives the reward of a receipt; nil when there is none.
func (s *Server) drawOf(ctx context.Context, code string) (*drawView, error) {
	if s.o.Rewards == nil {
		return nil, nil //nolint:nilnil // most cases earn nothing
	}
	r, p, ok, err := s.o.Rewards.OfReceipt(ctx, code)
	if err != nil || !ok {
		return nil, err
	}
	return newDrawView(r, p), nil
}

func newDrawView(r casework.Reward, p casework.RewardPeriod) *drawView {
	view := &drawView{
		Amount: casework.Yuan(r.Fen), State: rewardSaid(r.State), Fingerprint: hexOf(p.Hash), SeedHex: hexOf(p.Seed),
		Bounds: casework.Yuan(p.MinFen) + "到 " + casework.Yuan(p.MaxFen), RevealAt: p.RevealAt, Number: r.Number,
	}
	if r.State == casework.RewardVoid {
		view.Why = r.Reason
	}
	return view
}

// rewardSaid is where a reward stands, as its citizen reads it.
func rewardSaid(s casework.RewardState) string {
	switch s {
	case casework.RewardPaid:
		return "已发放到您留的手机号"
	case casework.RewardFailed:
		return "没有发成，工作人员正在处理"
	case casework.RewardVoid:
		return "不再发放"
	}
	return "待发放"
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// fenOf reads an amount in yuan as people type it; -1 for what is none.
func fenOf(yuan string) int {
	whole, part, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(yuan), "元"), ".")
	part = strings.TrimSpace(part)
	if len(part) > 2 || strings.HasPrefix(part, "-") || strings.HasPrefix(part, "+") {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(whole))
	cents, bad := strconv.Atoi((part + "00")[:2])
	if err != nil || bad != nil || n < 0 || n > math.MaxInt32 {
		return -1
	}
	return n*100 + cents
}

// yuanField is an amount for a form.
func yuanField(fen int) string {
	return strings.TrimSuffix(strconv.Itoa(fen/100)+"."+strconv.Itoa(fen/10%10)+strconv.Itoa(fen%10), ".00")
}

// countOf reads a number as people type it; -1 for what is none.
func countOf(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return n
}

func join(words []string) string { return strings.Join(words, "、") }

// split reads words that were typed in a row.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;； \t\r\n", r) })
}

// seenStamp is a time as a form gives it back, and stampOf reads it; the zero
// time for what is none.
func seenStamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func stampOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
