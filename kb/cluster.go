package kb

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"huying/internal/id"
	"huying/internal/learn"
	"huying/internal/query"
)

// sameness tells whether two rounds ask the same and were answered the same
// way.
type sameness struct{ weights weights }

// compared is a text with what it is compared by.
type compared struct {
	text   string
	vector []float32
	asked  *asked
	facts  facts // of an answer
}

func (s sameness) question(r Round) compared {
	return compared{text: r.Question(), vector: r.Vector, asked: s.weights.take(clip(r.Question(), comparedRunes))}
}

func (s sameness) answer(r Round) compared { return s.reply(r.Answer, r.AnswerVector) }

func (s sameness) reply(text string, vector []float32) compared {
	return compared{text: text, vector: vector, asked: s.weights.take(clip(text, comparedRunes)), facts: readFacts(text)}
}

func (a compared) cosine(b compared) float64 {
	if len(a.vector) == 0 || len(a.vector) != len(b.vector) {
		return 0
	}
	return float64(learn.Dot(a.vector, b.vector))
}

// shared is the mean of the shares of each text's characters that the other
// holds, in [0,1].
func (a compared) shared(b compared) float64 {
	return (a.asked.share(b.asked.grams) + b.asked.share(a.asked.grams)) / 2
}

// The weights of the logit below, fitted by maximum likelihood on the wordings
// that ship with the product, questions and phrasings of the demo city and the
// asks of kb/seed/asks.jsonl: each with its 30 nearest, which are of the same
// entry or of another (TestLogitPartsTheSeed -update tells them). They hold for
// the model that ships; another one spreads its cosines otherwise.
const (
	sameBias   = -12.0
	sameCosine = 15.7
	sameShared = 1.5
)

// alike is the probability that two of all questions ask the same, by their
// meaning and their words.
func (a compared) alike(b compared) float64 {
	return 1 / (1 + math.Exp(-(sameBias + sameCosine*a.cosine(b) + sameShared*a.shared(b))))
}

// agreement is how two answers stand to each other.
type agreement uint8

const (
	apart   agreement = iota // they are about different things
	against                  // they are about one thing and contradict each other
	agree                    // they are about one thing, in other words, and nothing contradicts
	equal                    // they are the same, letter by letter
)

// From where on answers are about one thing: of the 10,000 pairs of answers to
// different questions of the demo city none reaches the first two together.
// Answers of one unit may, though, when they name the same place and time limit
// in the same words, so more must speak for the questions then.
const (
	answerCosine = 0.80
	answerShared = 0.40
	answerWithin = 0.85 // of the shorter one's characters are in the other
	stanceCosine = 0.70 // enough where they contradict each other and the questions are one
)

// agrees compares two answers.
func (a compared) agrees(b compared) agreement {
	if a.text == b.text || letters(a.text) == letters(b.text) {
		return equal // one word less and it is 结婚 instead of 离婚, so nothing less will do
	}
	cosine, shared := a.cosine(b), a.shared(b)
	within := max(a.asked.share(b.asked.grams), b.asked.share(a.asked.grams))
	near := cosine >= answerCosine && shared >= answerShared || within >= answerWithin
	switch conflicting := len(a.facts.conflicts(b.facts)) > 0; {
	case conflicting && (near || cosine >= stanceCosine):
		return against
	case conflicting || !near:
		return apart
	}
	return agree
}

// letters gives a text without marks and spaces, folded.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, query.Fold(s))
}

// given is a round taken apart.
type given struct {
	round    Round
	question compared
	answer   compared
}

func (s sameness) take(r Round) given {
	g := given{round: r, question: s.question(r)}
	if r.Kind == Answered {
		g.answer = s.answer(r)
	}
	return g
}

// How likely it must be that two questions are one, so that two rounds belong
// together. The more the answers say so, the less is left for the questions to
// tell. Where the answers are equal that is most of the evidence: hardly any
// two answers to different questions are, but for those that say nothing about
// either, so each question must also fit the other's answer. All are quantiles
// among the wordings on which the logit was fitted: of the pairs of one entry
// 99 % reach linkEqual and both fits; of the pairs of two entries 5 % reach
// linkAgree and 1 % linkAgainst.
const (
	linkTopic   = 0.3 // there are no answers: one topic is enough
	linkAgainst = 0.63
	linkAgree   = 0.33
	linkEqual   = 0.017
	fitCosine   = 0.50 // of a question with an answer, and
	fitShared   = 0.03 // of its characters held by it
)

// link tells whether two rounds belong together.
func (g given) link(h given) bool {
	p := g.question.alike(h.question)
	if g.round.Kind != Answered {
		return p >= linkTopic
	}
	switch g.answer.agrees(h.answer) {
	case equal:
		return p >= linkAgree || p >= linkEqual && fits(g, h) && fits(h, g)
	case agree:
		return p >= linkAgree
	case against:
		return p >= linkAgainst
	}
	return false
}

// fits tells whether the question of g may be what the answer of h answers.
func fits(g, h given) bool {
	return g.question.cosine(h.answer) >= fitCosine && g.question.asked.share(h.answer.asked.grams) >= fitShared
}

// linked is the share of the pairs between two sets that belong together.
func linked(these, those []given) float64 {
	if len(these) == 0 || len(those) == 0 {
		return 0
	}
	n := 0
	for _, g := range these {
		for _, h := range those {
			if g.link(h) {
				n++
			}
		}
	}
	return float64(n) / float64(len(these)*len(those))
}

// enough is the share of pairs from which two sets are one. With half of them
// a chain of small steps does not tie together what its ends have nothing to
// do with (average linkage).
const enough = 0.5

// join finds the group that a round belongs to among the groups of near, empty:
// none; and the other groups that are one with it now.
func (s sameness) join(r Round, near []Round) (GroupID, []GroupID) {
	groups := map[GroupID][]given{}
	for _, n := range near {
		if n.ID != r.ID {
			groups[n.Group] = append(groups[n.Group], s.take(n))
		}
	}
	self := []given{s.take(r)}
	type found struct {
		group GroupID
		share float64
	}
	var likely []found
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		if share := linked(self, groups[g]); share >= enough {
			likely = append(likely, found{g, share})
		}
	}
	if len(likely) == 0 {
		return "", nil
	}
	slices.SortStableFunc(likely, func(a, b found) int { return cmp.Compare(b.share, a.share) })
	best := likely[0].group
	whole := append(self, groups[best]...)
	var merge []GroupID
	for _, f := range likely[1:] {
		if linked(whole, groups[f.group]) >= enough {
			merge = append(merge, f.group)
			whole = append(whole, groups[f.group]...)
		}
	}
	return best, merge
}

func newGroup() GroupID { return id.New[GroupID]() }

// medoid is the place of the text that the others are nearest to; -1 of none.
func medoid(all []compared) int {
	best, at := math.Inf(-1), -1
	for i, a := range all {
		sum := 0.0
		for j, b := range all {
			if i != j {
				sum += a.cosine(b) + a.shared(b)
			}
		}
		if sum > best {
			best, at = sum, i
		}
	}
	return at
}
