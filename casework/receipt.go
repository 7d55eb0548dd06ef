package casework

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
)

// receiptRunes is the length of a receipt's code: 50 random bits.
const receiptRunes = 10

// NewReceipt makes the code that opens a citizen's page.
func NewReceipt() string { return rand.Text()[:receiptRunes] }

// TidyReceipt is a code as people type it, in the form in which it is stored.
func TidyReceipt(code string) string {
	code = strings.NewReplacer(" ", "", "-", "", "　", "").Replace(strings.ToUpper(code))
	return strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(code)
}

// chaseAgain is how long a citizen waits before chasing again counts.
const chaseAgain = time.Hour

// Progress is what a citizen sees of a case.
type Progress struct {
	Docket
	History []Event // without notes and texts of those who work on it
}

// Progress gives what the holder of a receipt may see.
func (s *Cases) Progress(ctx context.Context, receipt string) (Progress, error) {
	d, err := s.byReceipt(ctx, receipt)
	if err != nil {
		return Progress{}, err
	}
	d, history, err := s.store.CaseFile(ctx, d.ID)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Docket: d}
	p.add(history, d.State, time.Time{})
	for range mergesFollowed {
		if p.State != Merged {
			break
		}
		own := p.Docket
		if p.Docket, history, err = s.store.CaseFile(ctx, own.Into); err != nil {
			return Progress{}, err
		}
		p.add(history, p.State, p.History[len(p.History)-1].At)
		p.Title, p.Text = own.Title, own.Text // what this citizen said
	}
	return p, nil
}

// mergesFollowed bounds how often a case may have been merged on.
const mergesFollowed = 10

// add takes in what a citizen sees of events after a time. What other citizens
// said is theirs.
func (p *Progress) add(history []Event, now State, after time.Time) {
	for _, e := range history {
		seen := e.forCitizen(now)
		if seen.Move == "" || !e.At.After(after) || !after.IsZero() && (slices.Contains(ownWords, e.Move)) {
			continue
		}
		p.History = append(p.History, seen)
	}
}

// forCitizen is an event without what is not the citizen's: who did it, and
// what colleagues wrote. The zero Event for one that is no concern of theirs.
// What the unit answers is shown once the case is closed.
func (e Event) forCitizen(now State) Event {
	switch e.Move {
	case File, Redirect, Accept, Extend, Propose, Approve, Close, Reopen, Supervise, Revisit, Recall, Merge, Unmerge, Chase, Supplement,
		Pause, Resume, Respond, Expire, Withdraw, LetGo, GoOn, Object, Protest, Uphold, Dismiss, Rate, Again, Insist:
	default:
		return Event{}
	}
	e.By, e.ByName, e.Facts = "", "", nil
	if e.Move == File || e.Move == Redirect {
		e.Reason = "" // who received it, or appointed
	}
	if !slices.Contains(ownWords, e.Move) {
		e.Text = ""
	}
	if (e.Move == Propose || e.Move == Approve) && now != Closed {
		e.Public = ""
	}
	return e
}

// ownWords are the moves whose words are the citizen's own.
var ownWords = []Move{Chase, Supplement, Respond, Withdraw, Object, Protest, Rate, Again, Insist}

func (s *Cases) byReceipt(ctx context.Context, receipt string) (Docket, error) {
	code := TidyReceipt(receipt)
	if len(code) != receiptRunes {
		return Docket{}, errs.New(errs.NotFound, "case.receipt")
	}
	return s.store.Docket(ctx, Key{Receipt: code})
}

// goesOn gives the case that a receipt's case is handled with by now.
func (s *Cases) goesOn(ctx context.Context, receipt string) (Docket, error) {
	d, err := s.byReceipt(ctx, receipt)
	if err != nil {
		return d, err
	}
	return s.onward(ctx, d)
}

// onward gives the case that one is handled with by now: itself, unless it was
// merged.
func (s *Cases) onward(ctx context.Context, d Docket) (Docket, error) {
	var err error
	for range mergesFollowed {
		if err != nil || d.State != Merged {
			break
		}
		d, err = s.store.Docket(ctx, Key{ID: d.Into})
	}
	return d, err
}

// Chase notes that the citizen asks where it stands: the unit and the centre
// see it, no clock restarts.
func (s *Cases) Chase(ctx context.Context, receipt string) error {
	d, err := s.goesOn(ctx, receipt)
	if err != nil {
		return err
	}
	e := Event{At: s.now(), Move: Chase}
	if err := s.mayFollow(ctx, d, e); err != nil {
		return err
	}
	return s.move(ctx, d.ID, AnySeen, e)
}

// Supplement adds what the citizen has to say. Personal data in it is masked
// before it is stored.
func (s *Cases) Supplement(ctx context.Context, receipt, words string) error {
	return s.said(ctx, receipt, "补充的情况", words, s.goesOn, func(c Case) Move {
		if c.Paused() {
			return Respond
		}
		return Supplement
	})
}

// Withdraw notes that the citizen wants it no longer: the unit sees it, the
// centre closes it or says why it goes on. One whose case was merged withdraws
// only what is theirs, which nobody handles by itself: errs.Conflict.
func (s *Cases) Withdraw(ctx context.Context, receipt, words string) error {
	return s.said(ctx, receipt, "撤回的原因", words, s.byReceipt, func(Case) Move { return Withdraw })
}

// Object notes that the citizen does not agree with how it was closed: it is
// handled again, or goes to the centre where it was lawfully refused or handled
// again often enough.
func (s *Cases) Object(ctx context.Context, receipt, words string) error {
	return s.said(ctx, receipt, "哪里不同意", words, s.goesOn, func(c Case) Move {
		if rules := s.planner.Rules(); notLawful(c, rules, time.Time{}) != nil || mayReopen(c, rules, time.Time{}) != nil {
			return Protest
		}
		return Object
	})
}

// said stores what a citizen says, masked, with the move that it means to the
// case as it stands. field names it on screen.
func (s *Cases) said(
	ctx context.Context, receipt, field, words string, find func(context.Context, string) (Docket, error), means func(Case) Move,
) error {
	words = strings.TrimSpace(words)
	switch {
	case words == "":
		return errs.New(errs.Invalid, "field.required", field).In("text")
	case len([]rune(words)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", field, MaxTextRunes).In("text")
	}
	d, err := find(ctx, receipt)
	if err != nil {
		return err
	}
	masked, _ := s.mask(words)
	at := s.now()
	_, err = s.store.Move(ctx, d.ID, AnySeen, func(c Case, subject Subject) (Step, error) {
		return s.planner.Plan(c, subject, Event{At: at, Move: means(c), Text: masked}, time.Time{})
	})
	return err
}

// MayHolder tells whether the holder of a receipt may make a move now.
func (s *Cases) MayHolder(d Docket, m Move) bool {
	rule, _ := RuleOf(m)
	return rule.By == ByCitizen && s.planner.AllowedOn(d, m, s.now()) == nil
}
