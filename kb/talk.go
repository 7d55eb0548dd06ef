package kb

import (
	"time"

	"huying/intake"
	"huying/internal/org"
)

// The identifiers of a talk.
type (
	ConversationID string
	TurnID         string
)

// Conversation is one citizen asking on one channel, without a person in
// between, through a bot or our own page.
type Conversation struct {
	ID       ConversationID
	By       org.AccountID // the bot; empty: our own page
	Channel  intake.Channel
	External string // the bot's own name for it
}

// Told is what a citizen is told.
type Told string

// What a citizen may be told.
const (
	ToldAnswer Told = "answer" // the answer of one entry
	ToldOffer  Told = "offer"  // up to three questions to choose from
	ToldSilent Told = "silent" // nothing from the knowledge base
)

// Turn is one ask of a conversation with what was said to it.
type Turn struct {
	ID           TurnID
	Conversation ConversationID
	External     string // the bot's own name for the ask
	At           time.Time
	Ask          string // masked
	Area         org.AreaCode
	Told         Told
	Chosen       bool    // the citizen chose the entry from an offer
	Entry        EntryID // the best match; empty when nothing was near
	EntryVersion int
	Score        float64
	Silence      Silence // why there is no answer; empty with one
	Policy       string
	Matches      []Match   // as shown
	Sight        []float64 // what the policy saw, see Result: nil where the entry is not the one it saw
	Verdict      Verdict
	Message      intake.MessageID // what it became; empty: nothing
}

// Danger reports whether the ask may tell of danger.
func (r Turn) Danger() bool { return r.Silence == SilentDanger }

// Answer is the entry that was given as the answer, in the version shown.
func (r Turn) Answer() (Match, bool) {
	if r.Told != ToldAnswer || len(r.Matches) == 0 {
		return Match{}, false
	}
	return r.Matches[0], true
}

// Offers are the matches worth showing as questions: what may be meant, when
// an offer was made; what is related, beside an answer.
func (r Turn) Offers() []Match {
	switch r.Told {
	case ToldAnswer:
		if len(r.Matches) == 0 {
			return nil
		}
		return worth(r.Matches[1:], false)
	case ToldOffer:
		return worth(r.Matches, r.Silence == SilentWords)
	}
	return nil
}

// Near are the matches that are about the like of what was asked.
func (r Result) Near() []Match { return worth(r.Matches, r.Silence == SilentWords) }

// worth keeps the matches that are worth showing. A score made without vectors
// says little, so then all are.
func worth(matches []Match, all bool) []Match {
	var out []Match
	for _, m := range matches {
		if all || m.Score >= remote {
			out = append(out, m)
		}
	}
	return out
}

// Told says what a citizen may be told of a result without a person in
// between. It is the one place where that is decided: an answer only where the
// policy gives one and its unit's answers are proven to keep within the unit's
// budget of wrong ones; a choice where something is near but that is not so;
// nothing where somebody must act.
func (r Result) Told() Told {
	if r.Direct && len(r.Matches) > 0 {
		return ToldAnswer
	}
	if r.Answered && len(r.Matches) > 0 {
		return ToldOffer
	}
	switch r.Silence {
	case SilentUnsure, SilentArea, SilentUnfitted, SilentLong, SilentCondition, SilentWords:
		if len(r.Near()) > 0 {
			return ToldOffer
		}
	}
	return ToldSilent
}

// Standing is how an entry has fared with those who were given it, by desk and
// by talk.
type Standing struct {
	Solved   int
	Unsolved int
}

// Holds reports whether e may be given as an answer at a time.
func (e Entry) Holds(now time.Time) bool {
	return e.State == EntryPublished && !now.Before(e.ValidFrom) && (e.ValidUntil.IsZero() || !now.After(e.ValidUntil))
}
