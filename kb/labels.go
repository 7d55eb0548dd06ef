package kb

import "huying/internal/learn"

// Label is an ask of which it is known whether its first entry answers it: by
// an agent's mark, an editor's review, a citizen's word, or recorded.
type Label struct {
	Sight []float64 // Result.Sight; labels of another length are of an older policy and left out
	Right bool      // the first entry answers the ask
	Entry string    // that entry; labels of one are never split between learning and trial
	Unit  string    // that stands behind it
	By    Labeller  // empty: an agent
}

// Labeller is who said whether an entry answers an ask.
type Labeller string

// Who may.
const (
	ByAgent   Labeller = "agent"
	ByEditor  Labeller = "editor"
	ByCitizen Labeller = "citizen"
)

// What a label weighs when a forest learns from it, against an agent's mark,
// which is 1: an agent read the entry out and heard what became of it.
const (
	// editorWeight: an editor reads question and entry side by side, knows the
	// rule, and is asked whether it is the same question and nothing else.
	editorWeight = 2.0
	// citizenWeight: a citizen says whether it helped, not whether it was right.
	// Who dislikes the rule says “没有解决” of a right answer, and whoever wants to
	// get on says “解决了” of any. Five of them are worth one agent.
	citizenWeight = 0.2
	// citizensPerEntry is what all citizens' words on one entry weigh together
	// at most: as much as one agent's mark. A talk has no name, so ten talks may
	// be one angry person.
	citizensPerEntry = 1.0
)

// ownSamples keeps the labels that this version can learn from, each with its
// weight.
func ownSamples(labels []Label) (own []learn.Labelled, kept []Label) {
	citizens := map[string]int{} // by entry
	for _, l := range labels {
		if l.By == ByCitizen {
			citizens[l.Entry]++
		}
	}
	for _, l := range labels {
		if len(l.Sight) != sightSize {
			continue
		}
		weight := 1.0
		switch l.By {
		case ByEditor:
			weight = editorWeight
		case ByCitizen:
			weight = min(citizenWeight, citizensPerEntry/float64(citizens[l.Entry]))
		}
		own = append(own, learn.Labelled{X: l.Sight, Yes: l.Right, Weight: weight, Group: l.Entry})
		kept = append(kept, l)
	}
	return own, kept
}

func countBy(labels []Label, by Labeller) int {
	n := 0
	for _, l := range labels {
		if l.By == by {
			n++
		}
	}
	return n
}

// those gives the labels that f takes, with their trials.
func those(labels []Label, held []learn.Trial, f func(Label) bool) (kept []Label, trials []learn.Trial) {
	for i, l := range labels {
		if f(l) {
			kept, trials = append(kept, l), append(trials, held[i])
		}
	}
	return kept, trials
}
