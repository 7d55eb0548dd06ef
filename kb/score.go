package kb

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"math"
	"slices"

	"huying/internal/errs"
)

// rankingJSON holds the weights of ranking.
//
//go:embed seed/ranking.json
var rankingJSON []byte

// ranking puts candidates in order. It is a multinomial logit with one outcome
// more than there are candidates: candidate i answers the ask with probability
// exp(sᵢ) / (exp(s₀) + Σ exp(sⱼ)), where s₀ speaks for “no entry answers it”.
// The weights lie near those of maximum likelihood on the asks of kb/seed
// against the demo city's entries without their phrasings, rounded. Whether the first entry is
// the answer is not for ranking to say: that is Policy.
type ranking struct {
	Question float64 `json:"question"`
	Whole    float64 `json:"whole"`
	Shared   float64 `json:"shared"`
	Back     float64 `json:"back"`
	Conflict float64 `json:"conflict"`
	Missing  float64 `json:"missing"`
	None     float64 `json:"none"`
}

func readRanking(data []byte) (ranking, error) {
	var r ranking
	if err := json.Unmarshal(data, &r); err != nil {
		return r, errs.Wrap(err, errs.Internal, "internal")
	}
	return r, nil
}

func (r ranking) score(g glance) float64 {
	return r.Question*g.question + r.Whole*g.whole + r.Shared*g.shared + r.Back*g.back +
		r.Conflict*float64(g.clash.conflict) + r.Missing*float64(g.clash.missing)
}

// view is how one candidate looks to one ask.
type view struct {
	candidate Candidate
	glance    glance
	held      []bool  // which of the ask's grams its wording holds, …
	inWays    []bool  // … and which of them its question or a phrasing does
	score     float64 // s of ranking, without bound
	p         float64 // probability by ranking alone
}

// rank puts the candidates in order, best first; equal ones in the order of
// their ids, so that the same ask always gives the same answer. What a candidate
// clashes with takes longest to find and only ever lowers its score; so it is
// looked for as long as a candidate may still come among the rivals, and those
// behind them keep the score without it.
func (b *Base) rank(h *heard, found []Candidate) []view {
	views := make([]view, len(found))
	for i, c := range found {
		views[i] = b.look(h, c)
		views[i].score = b.ranking.score(views[i].glance)
	}
	order := func(x, y view) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.candidate.Entry.ID, y.candidate.Entry.ID))
	}
	slices.SortFunc(views, order)
	named := h.stated.groups()
	var settled []float64 // scores in falling order
	for i := range views {
		v := &views[i]
		if len(settled) >= rivals && v.score < settled[rivals-1] {
			break
		}
		v.glance.clash = compare(h.stated, b.termsOf(v.candidate.Entry, named))
		v.score = b.ranking.score(v.glance)
		at, _ := slices.BinarySearchFunc(settled, v.score, func(x, y float64) int { return cmp.Compare(y, x) })
		settled = slices.Insert(settled, at, v.score)
	}
	slices.SortFunc(views, order)
	top := b.ranking.None
	if len(views) > 0 {
		top = max(top, views[0].score)
	}
	sum := math.Exp(b.ranking.None - top)
	for _, v := range views {
		sum += math.Exp(v.score - top)
	}
	for i := range views {
		views[i].p = math.Exp(views[i].score-top) / sum
	}
	return views
}
