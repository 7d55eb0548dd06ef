package classifier

import (
	"cmp"
	"math"
	"slices"

	"huying/internal/org"
	"huying/internal/text"
)

// Question is what to ask the citizen when more categories are possible than
// one can choose from at a glance: of all questions that the catalogue offers,
// the one whose answer is expected to tell most.
type Question struct {
	Text    string
	Source  QuestionSource
	Bits    float64 // expected information about category and lead, in bits
	Answers []Reply // 2–4
}

// QuestionSource is where in the catalogue a question comes from.
type QuestionSource string

// The sources.
const (
	FromClause QuestionSource = "clause" // what tells two neighbours apart
	FromDuty   QuestionSource = "duty"   // the circumstances on which a leaf's lead depends
	FromLeaf   QuestionSource = "leaf"   // the leaf's own question
)

// Reply is one answer offered.
type Reply struct {
	Text     string
	Category CategoryID // the candidate that it speaks for; empty: for none of those named
	Shares   []float64  // probability of each candidate after it, in their order; other leaves have the rest of 1
	Duty     *Duty      `json:",omitempty"` // who leads under the circumstance it names; nil: it names none
}

// Duty is who leads a candidate under one of its rules.
type Duty struct {
	Rule     RuleID
	When     string
	Lead     org.UnitKind
	LeadUnit org.UnitID // empty when the city has no unit of that kind
	LeadName string
	Co       []org.UnitKind
	CoUnits  []org.UnitID
	CoNames  []string
}

// What people answer is not always so. Of those to whom one of the answers
// fits, hitNamed give it; of those to whom none fits, hitNone say so: some are
// drawn to the nearer one. A leaf's own question was written to complete a
// case of that leaf, not to tell it from others, so its answer tells less. The
// other answers share the rest evenly. They are judgements, not measurements:
// nobody has recorded yet what citizens answer.
const (
	hitNamed = 0.9
	hitNone  = 0.8
	hitLeaf  = 0.7
)

// minBits is the information under which a question is not worth the citizen's
// time: it would take ten such to tell two equal candidates apart.
const minBits = 0.1

// stayShare is the part of the best candidate's probability that another one
// needs to stay in sight after an answer. One that is five times less likely
// steps back; it is not gone. Of 84 real messages that left the machine unsure,
// a true answer put the right candidate first in 0.85 instead of 0.59 of those
// where there was one, and left 2.1 of 5 in sight, the right one always.
const stayShare = 0.2

// possible is a candidate as a question sees it.
type possible struct {
	leaf  *Category
	p     float64
	leads []leadOf // most likely first
}

// leadOf is one kind of unit that may lead a leaf.
type leadOf struct {
	kind  org.UnitKind
	share float64 // within the leaf; all together make 1
	rule  int     // the likeliest of the leaf's rules that names it; -1: none does
}

// option is an answer before it is known what it tells.
type option struct {
	text string
	at   int          // the possible it fits; -1: none of those named
	lead org.UnitKind // only under this lead; empty: under any
	rule int          // that it names; -1: none
}

// inquiry is a question before it is known what it tells.
type inquiry struct {
	text    string
	source  QuestionSource
	hit     float64
	options []option // the last fits whatever fits no other
}

// hypothesis is one way the matter may be decided; at is -1 for all leaves
// that are no candidates.
type hypothesis struct {
	at   int
	lead org.UnitKind
	p    float64
}

// chooseQuestion gives the question that tells most about the possible ones;
// nil when none is worth asking.
func chooseQuestion(all []possible) *Question {
	hypotheses := hypothesesOf(all)
	var best *Question
	for _, q := range inquiries(all) {
		if found := q.weigh(hypotheses, len(all)); best == nil || found.Bits > best.Bits+1e-9 {
			for i, o := range q.options {
				if o.at >= 0 {
					found.Answers[i].Category = all[o.at].leaf.ID
				}
				if o.rule >= 0 {
					r := all[o.at].leaf.Rules[o.rule]
					found.Answers[i].Duty = &Duty{Rule: r.ID, When: r.When, Lead: r.Lead, Co: r.Co}
				}
			}
			best = &found
		}
	}
	if best == nil || best.Bits < minBits {
		return nil
	}
	return best
}

func hypothesesOf(all []possible) []hypothesis {
	var out []hypothesis
	left := 1.0
	for i, c := range all {
		left -= c.p
		if len(c.leads) == 0 {
			out = append(out, hypothesis{at: i, p: c.p})
		}
		for _, l := range c.leads {
			out = append(out, hypothesis{at: i, lead: l.kind, p: c.p * l.share})
		}
	}
	return append(out, hypothesis{at: -1, p: max(0, left)})
}

// weigh works out what each answer leaves, and the information expected:
// entropy before, less the mean of the entropies after (Lindley, On a Measure
// of the Information Provided by an Experiment, 1956).
func (q inquiry) weigh(hypotheses []hypothesis, candidates int) Question {
	out := Question{Text: q.text, Source: q.source, Answers: make([]Reply, len(q.options))}
	before := make([]float64, len(hypotheses))
	for h := range hypotheses {
		before[h] = hypotheses[h].p
	}
	out.Bits = entropy(before)
	for o := range q.options {
		after, total := make([]float64, len(hypotheses)), 0.0
		for h := range hypotheses {
			after[h] = hypotheses[h].p * q.likelihood(o, hypotheses[h])
			total += after[h]
		}
		shares := make([]float64, candidates)
		for h := range hypotheses {
			if total > 0 && hypotheses[h].at >= 0 {
				shares[hypotheses[h].at] += after[h] / total
			}
		}
		out.Bits -= total * entropy(after)
		out.Answers[o] = Reply{Text: q.options[o].text, Shares: shares}
	}
	return out
}

// likelihood is the probability of the answer if the hypothesis is true.
func (q inquiry) likelihood(o int, h hypothesis) float64 {
	last := len(q.options) - 1
	fits := slices.IndexFunc(q.options, func(x option) bool {
		return x.at >= 0 && x.at == h.at && (x.lead == "" || x.lead == h.lead)
	})
	hit := q.hit
	if fits < 0 {
		fits, hit = last, min(q.hit, hitNone)
	}
	if o == fits {
		return hit
	}
	return (1 - hit) / float64(last)
}

// entropy of what is proportional to p, in bits.
func entropy(p []float64) float64 {
	total, sum := 0.0, 0.0
	for _, v := range p {
		total += v
	}
	for _, v := range p {
		if v > 0 {
			sum -= v / total * math.Log2(v/total)
		}
	}
	return sum
}

// Stay gives the candidates' places after the answer, likeliest first, and how
// many of them stay in sight.
func (r Reply) Stay() (order []int, stay int) {
	order = make([]int, len(r.Shares))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.Shares[b], r.Shares[a]) })
	for stay < len(order) && r.Shares[order[stay]] >= stayShare*r.Shares[order[0]] {
		stay++
	}
	return order, stay
}

// Said is the question with an answer, as it is noted with the decision; no
// longer than a reason may be.
func (q *Question) Said(r Reply) string {
	return text.Clip("问："+q.Text+"答："+r.Text, MaxReasonRunes)
}

// ask gives the question for a suggestion's candidates, the leaves in places.
func (l *loaded) ask(p prediction, places []int) *Question {
	all := make([]possible, len(places))
	for i, at := range places {
		all[i] = possible{leaf: l.catalogue.Leaves()[at], p: p.leaves[at], leads: p.leadsOf(at)}
	}
	return chooseQuestion(all)
}

// leadsOf gives who may lead a leaf, most likely first.
func (p prediction) leadsOf(leaf int) []leadOf {
	byKind, byRule, _ := p.leads(leaf)
	var out []leadOf
	for kind, v := range byKind {
		l := leadOf{kind: kind, share: v, rule: -1}
		for r, share := range byRule {
			if p.model.duties[leaf].rules[r].lead == kind && (l.rule < 0 || share > byRule[l.rule]) {
				l.rule = r
			}
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b leadOf) int {
		return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.kind, b.kind))
	})
	return out
}
