package kb

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"math"
	"slices"

	"huying/internal/errs"
)

// policyJSON holds the weights below, fitted by maximum likelihood on the asks
// of kb/seed/asks.jsonl, which were written for this product, against the
// entries of its demo city.
//
//go:embed seed/policy.json
var policyJSON []byte

// policy turns what is known of an ask and its candidates into probabilities.
//
// It is a multinomial logit with one outcome more than there are candidates:
// candidate i answers the ask with probability exp(sᵢ) / (exp(s₀) + Σ exp(sⱼ)),
// where s₀ speaks for “no entry answers it”. So one number takes in how near
// the entry is, how near its rivals are, and how much the ask sounds like a
// case.
type policy struct {
	Version   string  `json:"version"`
	Model     string  `json:"model"`     // name of the embedding model that it was fitted on; with another one nothing is answered
	Threshold float64 `json:"threshold"` // the probability from which the first entry is given as the answer
	Entry     struct {
		Question float64 `json:"question"`
		Whole    float64 `json:"whole"`
		Shared   float64 `json:"shared"`
	} `json:"entry"`
	None struct {
		Bias   float64 `json:"bias"`
		Chase  float64 `json:"chase"`
		Accuse float64 `json:"accuse"`
		Demand float64 `json:"demand"`
		Asking float64 `json:"asking"`
		Length float64 `json:"length"`
	} `json:"none"`
}

func readPolicy(data []byte) (policy, error) {
	var p policy
	if err := json.Unmarshal(data, &p); err != nil {
		return p, errs.Wrap(err, errs.Internal, "internal")
	}
	if p.Version == "" || p.Threshold <= 0 || p.Threshold > 1 {
		return p, errs.New(errs.Internal, "internal")
	}
	return p, nil
}

// view is how one candidate looks to one ask.
type view struct {
	candidate Candidate
	shared    float64 // share of the ask's characters found in the entry
	score     float64 // s of the policy, without bound
	p         float64 // probability that the entry answers the ask
}

// entry is s of one candidate.
func (p policy) entry(v view) float64 {
	return p.Entry.Question*v.candidate.Question + p.Entry.Whole*v.candidate.Whole + p.Entry.Shared*v.shared
}

// none is s₀, from the ask alone.
func (p policy) none(c cues) float64 {
	return p.None.Bias + p.None.Chase*c.chase + p.None.Accuse*c.accuse + p.None.Demand*c.demand +
		p.None.Asking*c.asking + p.None.Length*c.length
}

// rank scores the candidates, best first; equal ones in the order of their
// ids, so that the same ask always gives the same answer. grams gives what an
// entry's wording holds.
func (p policy) rank(a *asked, c cues, found []Candidate, grams func(Entry) []gram) []view {
	views := make([]view, len(found))
	top := p.none(c)
	for i, f := range found {
		v := view{candidate: f, shared: a.share(grams(f.Entry))}
		v.score = p.entry(v)
		top = max(top, v.score)
		views[i] = v
	}
	slices.SortFunc(views, func(x, y view) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.candidate.Entry.ID, y.candidate.Entry.ID))
	})
	sum := math.Exp(p.none(c) - top)
	for _, v := range views {
		sum += math.Exp(v.score - top)
	}
	for i := range views {
		views[i].p = math.Exp(views[i].score-top) / sum
	}
	return views
}

// parts says what the score of v is made of, the heaviest first.
func (p policy) parts(v view, c cues) []Part {
	type weighed struct {
		Part
		weight float64
	}
	all := []weighed{
		{Part{"与问法的相似度", v.candidate.Question}, p.Entry.Question * v.candidate.Question},
		{Part{"与问答全文的相似度", v.candidate.Whole}, p.Entry.Whole * v.candidate.Whole},
		{Part{"用字重合", v.shared}, p.Entry.Shared * v.shared},
	}
	slices.SortStableFunc(all, func(x, y weighed) int { return cmp.Compare(y.weight, x.weight) })
	out := make([]Part, 0, len(all)+1)
	for _, w := range all {
		out = append(out, w.Part)
	}
	return append(out, Part{"像是要办理的事", c.caseLike()})
}
