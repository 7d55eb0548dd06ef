// Package kb is the knowledge base: standard answers that units have verified,
// and the decision whether one of them answers what a citizen asked. It would
// rather stay silent than give a wrong answer.
package kb

import (
	"time"

	"huying/intake"
	"huying/internal/org"
)

// The identifiers of this package.
type (
	EntryID    string
	PhrasingID string
	NoticeID   string
	AnswerID   string
)

// EntryState is where an entry stands in its life.
type EntryState string

// The states. life.go has the ways between them.
const (
	EntryDraft     EntryState = "draft"     // being written
	EntryReview    EntryState = "review"    // waits for a second person of the owning unit
	EntryPublished EntryState = "published" // answers
	EntryToVerify  EntryState = "to_verify" // is read by agents, answers nobody by itself
	EntryRetired   EntryState = "retired"
)

// Entry is one question with its verified answer.
type Entry struct {
	ID         EntryID
	Code       string // the owner's own number, such as "kb-017"; unique when not empty
	Version    int    // from 1, raised by every change
	State      EntryState
	Question   string
	Phrasings  []string // other ways to ask it
	Negatives  []string // asks that look alike and that it does not answer
	Answer     string
	Short      string       // to read out; empty: the first sentences of Answer
	Unit       string       // name of the unit that stands behind it and looks after it
	Area       org.AreaCode // empty: the whole city
	Audience   string       // for whom; empty: for all
	Topic      string
	Family     string    // code or question of the entry that this is a variant of, for another area; empty: of none
	Basis      string    // the rule it rests on, in free words
	Clauses    []Clause  // the rules it rests on, one by one: when one changes, it must be verified
	Files      []File    // nil in what is written: as they are (Files changes them)
	ValidFrom  time.Time // zero: always
	ValidUntil time.Time // zero: no end; the last moment at which it holds
	Replaces   EntryID   // a copy in work, whose content that entry gets when it is approved
	UpdatedAt  time.Time
	UpdatedBy  org.AccountID
}

// Clause is a rule that an entry rests on.
type Clause struct {
	Law   string    `json:"law"`
	Text  string    `json:"clause"`         // such as “第八条”; empty: the law as a whole
	Until time.Time `json:"until,omitzero"` // zero: no end; the last moment at which it is in force
}

// Notice (统一口径) is a pinned answer to an event: a power cut, a storm.
type Notice struct {
	ID     NoticeID
	Title  string
	Text   string
	Area   org.AreaCode // empty: the whole city
	Starts time.Time
	Ends   time.Time
	By     org.AccountID
	Calls  int // contacts joined to it so far
}

// Match is one entry that may answer, with why.
type Match struct {
	Entry    Entry
	Score    float64 // calibrated probability in [0,1] that this entry answers the question
	Phrasing string  // the wording that matched best: the question or one of its phrasings
	Parts    []Part  // what the score is made of, largest weight first
	Words    []string
	Now      EntryState // the entry's state by now, where it was shown before; empty: as in Entry

	// Asked is the part of an ask with several questions that the entry was
	// found for; empty: the whole ask.
	Asked string

	// Differences are decisive conditions in which the entry differs from
	// what was asked, at most two.
	Differences []Mismatch
}

// Part is one named share of a score, for the hit test.
type Part struct {
	Name  string // in Chinese, such as “与问法的相似度”
	Value float64
}

// Result is what asking gives: either an answer, or the reason for silence;
// always the best matches (up to three) for a person to read.
type Result struct {
	Answered  bool
	Matches   []Match      // best first; the answer is Matches[0] when Answered
	Silence   Silence      // why there is no answer; empty when Answered
	Threshold float64      // the score from which an entry answers
	Policy    string       // version of scoring and threshold
	Parts     []PartAnswer // of an ask that holds several questions; else nil
	Direct    bool         // answered, and proven to keep within its unit's budget: a citizen may get it
	Sight     []float64    // what the policy saw; nil when nothing was found or it is no question
	Fitted    bool         // it was found by vectors of the model that the policy knows; otherwise Sight is no label
}

// Silence is a reason for not answering.
type Silence string

// The reasons, as sentences for the agent.
const (
	SilentNothing Silence = "知识库中没有相近的条目"
	SilentUnsure  Silence = "有相近的条目，但把握不够"
	SilentCase    Silence = "这像是需要办理的诉求，不是咨询"
	SilentDanger  Silence = "可能有危险，应先处置"
)

// Verdict is what came of an answer that was shown.
type Verdict string

// The verdicts.
const (
	VerdictNone     Verdict = ""
	VerdictSolved   Verdict = "solved"
	VerdictUnsolved Verdict = "unsolved"
)

// InstantAnswer is one asking, stored with what was shown: the answer, or
// silence.
type InstantAnswer struct {
	ID           AnswerID
	Matter       intake.MatterID
	At           time.Time
	Answered     bool
	Entry        EntryID // empty when silent and nothing was near
	EntryVersion int
	Score        float64
	Silence      Silence
	Policy       string
	Verdict      Verdict
	Matches      []Match   // as shown then
	Sight        []float64 // what the policy saw, see Result; written only
}
