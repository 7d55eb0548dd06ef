package classifier

import (
	"time"

	"huying/intake"
	"huying/internal/org"
)

// MaxCandidates is how many candidates a suggestion holds.
const MaxCandidates = 5

// Suggestion is what the machine proposes for one matter. It is immutable: a
// later one does not replace it, it stands beside it.
type Suggestion struct {
	ID         SuggestionID
	Matter     intake.MatterID
	At         time.Time
	Version    VersionID // of the catalogue
	Model      ModelID
	Embedder   string      // the embedding model's name
	Candidates []Candidate // best first, up to MaxCandidates
	Leads      []LeadShare // lead kinds by their summed probability, best first, up to 5
	Type       intake.Type
	Urgency    intake.Urgency
	Reason     string // why the urgency is above the leaf's own; may be empty
	Doubt      Doubt
	Ask        string      // the question to ask when unsure; may be empty
	Highlights []Highlight // where the text speaks for the first candidate
	Question   *Question   `json:",omitempty"` // what tells the candidates apart; nil: not needed, or nothing does
	Parts      []Part      `json:",omitempty"` // the matters that the text seems to name, when there are several
}

// Candidate is one category that the matter may belong to.
type Candidate struct {
	Category    CategoryID
	Code        string
	Name        string
	Trail       string  // path and name, for people
	Probability float64 // calibrated, in [0,1]; all leaves together make 1
	Raw         float64 // before calibration; what calibration is fitted on
	Rule        RuleID  // the circumstance that names the lead; may be empty
	When        string  // its words
	Lead        org.UnitKind
	LeadUnit    org.UnitID // empty when the city has no unit of that kind
	LeadName    string
	Co          []org.UnitKind
	CoUnits     []org.UnitID
	CoNames     []string
	Urgency     intake.Urgency
	Words       []string   // words of the text that speak for it
	Examples    []Like     // nearest examples, up to 3
	Against     *Neighbour // the candidate beside it that is easily confused, with the clause that tells them apart; nil if none
}

// Like is an example that resembles the matter.
type Like struct {
	Text       string    // masked, its beginning
	Confirmed  bool      // a person's decision; otherwise a starter example
	At         time.Time `json:",omitzero"`
	Lead       string    // unit that led then, or its kind
	Similarity float64   // cosine in [-1,1]
}

// LeadShare is a unit kind with its probability over all categories and rules.
type LeadShare struct {
	Kind        org.UnitKind
	Unit        org.UnitID
	Name        string
	Probability float64
}

// Highlight is a part of title + line break + text, in runes.
type Highlight struct{ Start, End int }

// Doubt is how sure the machine is, as the screen shows it: how many of the
// candidates it takes to hold the right one in nine of ten cases (Coverage).
type Doubt string

// The three levels.
const (
	Sure    Doubt = "sure"    // 把握较高: one; one line, Enter
	Several Doubt = "several" // 有几种可能: two or three, number keys
	Unsure  Doubt = "unsure"  // 拿不准: more; the question first
)

// Label is the level's name on screen.
func (d Doubt) Label() string {
	switch d {
	case Sure:
		return "把握较高"
	case Several:
		return "有几种可能"
	}
	return "拿不准"
}

// Example is a text of known category: what the model learns from and what
// Suggest compares with. Vectors may be absent until they are computed.
type Example struct {
	Category    CategoryID
	Rule        RuleID // set for a duty rule's own example
	Lead        org.UnitKind
	Title       string
	Text        string
	Decision    DecisionID // set for a confirmed example
	Type        intake.Type
	Urgency     intake.Urgency
	At          time.Time
	Corrected   bool      // confirmed for another category than the one that was suggested first
	TitleVector []float32 // of the title alone
	Vector      []float32 // vector of title and text
}
