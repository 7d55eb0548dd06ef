package casework

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// DrawID identifies a LeaderDraw.
type DrawID string

// LeaderDraw is a sample of closed cases whose citizens a leader calls
// themselves (暖心三连问). What they are told counts apart from the callbacks of
// the hotline, and changes no case: who is dissatisfied is spoken for by an
// instruction (批示).
type LeaderDraw struct {
	ID         DrawID
	By         org.AccountID
	At         time.Time
	Since      time.Time // closed from then until At
	Seed       string    // hexadecimal; the draw follows from it, see Lots
	Candidates int       // out of how many
	Calls      []LeaderCall
}

// CallOutcome says what came of a leader's call; empty: there was none yet.
type CallOutcome string

// The outcomes.
const (
	CallMissed   CallOutcome = "missed"   // 没有接通: may be tried again
	CallAnswered CallOutcome = "answered" // 已接通
)

// LeaderCall is one case of a draw.
type LeaderCall struct {
	Case    CaseID
	Number  string
	Outcome CallOutcome
	Answers Callback // what the citizen said
	Rating  Rating
	Text    string // masked
	At      time.Time

	Docket Docket // as the case stands; only in what List gives
}

// What a draw takes.
const (
	LeaderDays    = 30 // how long ago the latest closing is at most
	MaxLeaderDraw = 20 // cases at once
)

// LeaderRates are what citizens have told leaders since a time, apart from the
// three rates.
type LeaderRates struct {
	Drawn, Called, Answered, Contacted, Solved, Satisfied int
}

// Candidate is a case that may be drawn.
type Candidate struct {
	Case   CaseID
	Number string
}

// Lots puts candidates into the order of a seed: by HMAC-SHA256 of the case's
// number under the seed, the smallest first (RFC 2104; as the rewards' draw).
// Whoever has the seed and the numbers gets the same order.
func Lots(seed []byte, all []Candidate) []Candidate {
	lot := func(c Candidate) string {
		h := hmac.New(sha256.New, seed)
		h.Write([]byte(c.Number))
		return hex.EncodeToString(h.Sum(nil))
	}
	return slices.SortedFunc(slices.Values(all), func(a, b Candidate) int { return cmp.Compare(lot(a), lot(b)) })
}

// LeaderStore keeps draws.
type LeaderStore interface {
	// DrawForLeader holds the drawing, gives choose the cases that were closed since
	// a time, have somebody to be called, were drawn by nobody and complain of
	// nobody who asks, and stores what it makes with the audit line.
	DrawForLeader(ctx context.Context, actor org.Actor, since time.Time, choose func([]Candidate) (LeaderDraw, error), line org.Audit) error
	// LeaderDraws gives somebody's draws, the newest first.
	LeaderDraws(ctx context.Context, by org.AccountID, limit int) ([]LeaderDraw, error)
	// RecordLeaderCall stores what came of a call. errs.NotFound "leader_call.not_found"
	// for a case that is not of somebody's draw; errs.Conflict "leader_call.done" when
	// the citizen has answered already.
	RecordLeaderCall(ctx context.Context, by org.AccountID, draw DrawID, call LeaderCall, line org.Audit) error
	// LeaderRates counts what was drawn since a time.
	LeaderRates(ctx context.Context, since time.Time) (LeaderRates, error)
}

// LeaderCalls is where leaders call citizens. It is safe for concurrent use.
type LeaderCalls struct {
	store    LeaderStore
	cases    *Cases
	contacts *Contacts
	seed     func() []byte // 32 bytes
}

// NewLeaderCalls makes LeaderCalls. A nil seed is one of the system's random
// source.
func NewLeaderCalls(store LeaderStore, cases *Cases, contacts *Contacts, seed func() []byte) *LeaderCalls {
	if seed == nil {
		seed = func() []byte {
			b := make([]byte, sha256.Size)
			rand.Read(b) // never fails: crypto/rand ends the program instead
			return b
		}
	}
	return &LeaderCalls{store, cases, contacts, seed}
}

// Draw draws cases for the leader. errs.Conflict "leader_call.none" when there is
// nothing left to be drawn.
func (l *LeaderCalls) Draw(ctx context.Context, actor org.Actor, size int) (DrawID, error) {
	if err := org.Can(actor, org.ActInstruct); err != nil {
		return "", err
	}
	if size < 1 || size > MaxLeaderDraw {
		return "", errs.New(errs.Invalid, "leader_call.size", MaxLeaderDraw).In("size")
	}
	now, seed := l.cases.now(), l.seed()
	d := LeaderDraw{ID: id.New[DrawID](), By: actor.Account, At: now, Since: now.AddDate(0, 0, -LeaderDays), Seed: hex.EncodeToString(seed)}
	line := org.Audit{At: now, Actor: actor.Account, Action: "draw_leader_calls", Object: "leader_draw:" + string(d.ID)}
	return d.ID, l.store.DrawForLeader(ctx, actor, d.Since, func(all []Candidate) (LeaderDraw, error) {
		if len(all) == 0 {
			return d, errs.New(errs.Conflict, "leader_call.none", LeaderDays)
		}
		d.Candidates = len(all)
		for _, c := range Lots(seed, all)[:min(size, len(all))] {
			d.Calls = append(d.Calls, LeaderCall{Case: c.Case, Number: c.Number})
		}
		return d, nil
	}, line)
}

// leaderDraws is how many draws a leader sees.
const leaderDraws = 10

// List gives the leader's draws with their cases, and the rates of all leaders
// in the last LeaderDays. A case that has come to complain of its reader since is
// left out.
func (l *LeaderCalls) List(ctx context.Context, actor org.Actor) ([]LeaderDraw, LeaderRates, error) {
	if err := org.Can(actor, org.ActInstruct); err != nil {
		return nil, LeaderRates{}, err
	}
	all, err := l.store.LeaderDraws(ctx, actor.Account, leaderDraws)
	if err != nil {
		return nil, LeaderRates{}, err
	}
	for i := range all {
		var kept []LeaderCall
		for _, c := range all[i].Calls {
			c.Docket, err = l.cases.docket(ctx, actor, c.Case)
			switch {
			case err == nil:
				kept = append(kept, c)
			case errs.KindOf(err) != errs.NotFound:
				return nil, LeaderRates{}, err
			}
		}
		all[i].Calls = kept
	}
	rates, err := l.store.LeaderRates(ctx, l.cases.now().AddDate(0, 0, -LeaderDays))
	return all, rates, err
}

// Phone opens the name and number of who is to be called, for this one look, on
// record under the leader.
func (l *LeaderCalls) Phone(ctx context.Context, actor org.Actor, draw DrawID, c CaseID) (name, phone string, err error) {
	call, err := l.find(ctx, actor, draw, c)
	if err != nil {
		return "", "", err
	}
	if call.Outcome == CallAnswered {
		return "", "", errs.New(errs.Conflict, "leader_call.done")
	}
	return l.contacts.open(ctx, actor, c, "工单 "+call.Number+"：领导抽查回访")
}

// find gives a case of the leader's draw that they may still see.
func (l *LeaderCalls) find(ctx context.Context, actor org.Actor, draw DrawID, c CaseID) (LeaderCall, error) {
	all, _, err := l.List(ctx, actor)
	if err != nil {
		return LeaderCall{}, err
	}
	for _, d := range all {
		for _, call := range d.Calls {
			if d.ID == draw && call.Case == c {
				return call, nil
			}
		}
	}
	return LeaderCall{}, errs.New(errs.NotFound, "leader_call.not_found")
}

// Record stores what the citizen said, or that nobody answered.
func (l *LeaderCalls) Record(ctx context.Context, actor org.Actor, draw DrawID, c CaseID, a Answers, r Rating, words string) error {
	if _, err := l.find(ctx, actor, draw, c); err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	switch {
	case !r.valid():
		return errs.New(errs.Invalid, "rating.stars", MaxStars).In("rating")
	case len([]rune(words)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "说明", MaxTextRunes).In("text")
	}
	masked, _ := l.cases.mask(words)
	call := LeaderCall{Case: c, Outcome: CallMissed, Text: masked, At: l.cases.now()}
	if a.Reached {
		call.Outcome, call.Answers, call.Rating = CallAnswered, a.stored(), r
	}
	return l.store.RecordLeaderCall(ctx, actor.Account, draw, call, org.Audit{
		At: call.At, Actor: actor.Account, Action: "record_leader_call", Object: "case:" + string(c), Detail: call.Answers.Words(),
	})
}

// StoredRating gives a rating as it is kept.
func (c LeaderCall) StoredRating() string { return c.Rating.stored() }

// ReadRating reads what StoredRating gave.
func (c *LeaderCall) ReadRating(stored string) { c.Rating = ratingOf(stored) }
