package classifier

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"huying/internal/id"
	"huying/internal/query"
)

// Before a new model takes over, its recipe is put to the test: it is trained
// without some of the decisions and asked for those; then the model that takes
// over is trained on all of them. So its figures belong to a twin that knew a
// little less.
//
// Nothing is ever scored on a decision that it has seen, which makes it hard
// to compare with the model that serves: that one has seen nearly all. Hence:
//
//   - Of the recent decisions one in five is held out, drawn by its id, so that
//     every trial holds out the same. What the twin of the serving model said
//     of them is stored with it: twin against twin, neither has seen them.
//     Drawing, rather than taking the newest fifth, lets the twin learn from
//     four fifths of the newest decisions; otherwise a batch of wrong ones
//     could never be found to do harm before it served.
//   - The suggestions that were shown at the time are not used, although they
//     too were made before the decision: people saw them and confirm what they
//     see, so they would always look better than a newcomer. The same holds for
//     putting later decisions to the serving model itself. Only when the new
//     twin beats it even there does that count: then practice has changed, and
//     being worse on older decisions is no reason to refuse.
//
// Both sides are given the confirmed examples nearest to the text as they
// stood before its decision. The probabilities are not calibrated on
// decisions, because that would be a way of seeing them; it hardly moves the
// order of candidates.

const (
	// heldShare: one in so many recent decisions is held out.
	heldShare = 5
	// mostHeld is enough to tell a loss of three points from chance; so many
	// take seconds to ask.
	mostHeld = 500
	// Below leastHeld nothing is compared: the shares would say nothing.
	leastHeld = 30
	// RetryAfter is how many decisions must come or go after a model was
	// refused until another one is trained: as many as a comparison needs.
	RetryAfter = leastHeld
	// mostNear bounds how far back the nearest examples are looked for.
	mostNear = 10_000
	// refuseBelow is the probability, were both equally good, of a loss as
	// large as this one, under which a model is refused. Leaf and lead are
	// asked each, so together one in twenty equal models is refused in vain.
	refuseBelow = 0.025
)

// Figures say how a model's twin did on decisions that were held out from it.
type Figures struct {
	Decisions int     `json:"decisions,omitempty"` // how many; 0: too few to hold any out
	Leaf1     float64 `json:"leaf@1,omitempty"`    // share in [0,1] whose category was the first candidate
	Leaf3     float64 `json:"leaf@3,omitempty"`    // whose category was among the first three
	Lead1     float64 `json:"lead@1,omitempty"`    // whose lead was that of the first candidate
	// Before are those of the twin of the model that served, on the same
	// decisions; nil when there were too few.
	Before *Figures `json:"before,omitempty"`
	// Changed tells that it was worse on those, but better on decisions made
	// since the other one was trained.
	Changed bool `json:"changed,omitempty"`
}

// Tried is what was said of a decision by a model that had not seen it.
type Tried struct {
	Decision DecisionID `json:"d"`
	Place    int        `json:"p"` // of the right leaf among all, from 0
	Lead     bool       `json:"l"` // whether the first candidate's lead was the right one
}

// Refusal says in what a model was worse than the one that serves; empty: in
// nothing, or it was not compared.
type Refusal string

// The refusals.
const (
	RefusedLeaf Refusal = "leaf"
	RefusedLead Refusal = "lead"
)

// Improve is Retrain for a model that must not be worse than the one that
// serves (trial.go): first a twin is tried, and only when it passes the model
// itself is trained and made active. Otherwise its figures are stored, and the
// one that serves goes on. Ending ctx at any time leaves everything as it was.
func (t *Trainer) Improve(ctx context.Context) error {
	now, err := t.current(ctx)
	if err != nil {
		return err
	}
	in, err := t.decided(ctx, now.catalogue)
	if err != nil {
		return err
	}
	trial, figures, refused, err := t.trial(ctx, now, in)
	if err != nil {
		return err
	}
	m := StoredModel{
		ID: id.New[ModelID](), Version: now.catalogue.Version.ID, Embedder: t.queries.Model(),
		Decisions: total(in.leads), MadeAt: in.at,
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if refused == "" {
		if m, err = t.train(now.catalogue, now.texts, in); err != nil {
			return err
		}
		m.Trial = trial
	}
	m.Figures, m.Refused, m.Replaces = figures, refused, now.stored.ID
	return t.store.InsertModel(ctx, m)
}

// clockSlack is how far apart the clocks of processes that decide and train
// may be.
const clockSlack = time.Minute

// trial tries the twin of a new model against the serving one. rows are empty
// when too little is decided.
func (t *Trainer) trial(ctx context.Context, now *serving, in decided) (rows []Tried, f Figures, r Refusal, err error) {
	active := now.model
	now.model = nil // it is large, and others follow
	place := placesOf(now.catalogue)
	places := held(in.confirmed, place)
	if places == nil {
		return nil, Figures{}, "", nil
	}
	var fresh []Tried
	if active != nil {
		since := slices.DeleteFunc(slices.Clone(places), func(at int) bool {
			return !in.confirmed[at].At.After(now.stored.MadeAt.Add(clockSlack))
		})
		if fresh, err = active.try(ctx, in.confirmed, since, place); err != nil {
			return nil, Figures{}, "", err
		}
	}
	twin, err := newTwin(now.catalogue, t.queries.Model(), now.texts, without(in.confirmed, places))
	if err != nil {
		return nil, Figures{}, "", err
	}
	if rows, err = twin.try(ctx, in.confirmed, places, place); err != nil {
		return nil, Figures{}, "", err
	}
	f, r = compare(rows, now.stored.Trial, fresh)
	return rows, f, r, nil
}

// figuresOf sums up.
func figuresOf(rows []Tried) Figures {
	f := Figures{Decisions: len(rows)}
	if len(rows) == 0 {
		return f
	}
	share := func(right func(Tried) bool) float64 {
		n := 0
		for _, r := range rows {
			if right(r) {
				n++
			}
		}
		return float64(n) / float64(len(rows))
	}
	f.Leaf1, f.Lead1 = share(RefusedLeaf.right), share(RefusedLead.right)
	f.Leaf3 = share(func(t Tried) bool { return t.Place < 3 })
	return f
}

// compare sets a twin's trial against that of the serving model's twin; fresh
// is what the serving model itself said of those that it has not seen. All may
// be in any order. With fewer than leastHeld decisions that both twins were
// asked, the figures are of the one alone and nothing is refused.
func compare(twin, serving, fresh []Tried) (Figures, Refusal) {
	now, before := paired(twin, serving)
	if len(now) < leastHeld {
		return figuresOf(twin), ""
	}
	f, b := figuresOf(now), figuresOf(before)
	f.Before = &b
	later, asked := paired(twin, fresh)
	for _, r := range []Refusal{RefusedLeaf, RefusedLead} {
		switch {
		case byChance(now, before, r.right) >= refuseBelow:
		case byChance(asked, later, r.right) < refuseBelow:
			f.Changed = true
		default:
			f.Changed = false
			return f, r
		}
	}
	return f, ""
}

// paired gives what both said of the same decisions, row by row.
func paired(a, b []Tried) (left, right []Tried) {
	said := make(map[DecisionID]Tried, len(b))
	for _, s := range b {
		said[s.Decision] = s
	}
	for _, x := range a {
		if s, ok := said[x.Decision]; ok {
			left, right = append(left, x), append(right, s)
		}
	}
	return left, right
}

// right reports whether what was said is right in what the refusal is about.
func (r Refusal) right(t Tried) bool {
	if r == RefusedLead {
		return t.Lead
	}
	return t.Place == 0
}

// byChance is the probability, were both equally good, that of the rows on
// which they differ at least as many speak for before: the exact one-sided
// test of McNemar (Psychometrika 12, 1947), which is a sign test. now and
// before go together row by row.
func byChance(now, before []Tried, right func(Tried) bool) float64 {
	lost, won := 0, 0
	for i := range now {
		switch {
		case right(before[i]) && !right(now[i]):
			lost++
		case !right(before[i]) && right(now[i]):
			won++
		}
	}
	n := lost + won
	p := 0.0
	for k := lost; k <= n; k++ {
		p += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return p
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// held gives the places of the examples that are held out, oldest first, of
// examples that are oldest first: of leaves in place, with vectors, recent and
// drawn. Nil when they are fewer than leastHeld.
func held(examples []Example, place map[CategoryID]int) []int {
	var out []int
	for i := max(0, len(examples)-heldShare*mostHeld); i < len(examples); i++ {
		e := examples[i]
		if _, ok := place[e.Category]; ok && e.Vector != nil && drawn(e.Decision) {
			out = append(out, i)
		}
	}
	if len(out) < leastHeld {
		return nil
	}
	return out[max(0, len(out)-mostHeld):]
}

// drawn draws one in heldShare decisions, always the same ones.
func drawn(d DecisionID) bool {
	h := fnv.New32a()
	h.Write([]byte(d))
	return h.Sum32()%heldShare == 0
}

// without gives the examples but those at the places, which ascend.
func without(examples []Example, places []int) []Example {
	kept := make([]Example, 0, len(examples)-len(places))
	from := 0
	for _, at := range places {
		kept = append(kept, examples[from:at]...)
		from = at + 1
	}
	return append(kept, examples[from:]...)
}

// try asks the model for the examples at the places, each with the nearest of
// those decided before it.
func (m *Model) try(ctx context.Context, examples []Example, places []int, place map[CategoryID]int) ([]Tried, error) {
	out := make([]Tried, 0, len(places))
	for _, at := range places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e := examples[at]
		q := query.Query{Title: e.Title, Body: e.Text, TitleVector: e.TitleVector, Vector: e.Vector, Model: m.Embedder}
		p := m.predict(q, nearestBefore(examples, at), place)
		order := p.top(len(p.leaves))
		out = append(out, Tried{
			Decision: e.Decision,
			Place:    slices.Index(order, place[e.Category]),
			Lead:     p.duty(order[0]).lead == e.Lead,
		})
	}
	return out, nil
}

// nearestBefore gives what Scene gave when the example at the place was not
// decided yet: up to nearestAsked examples nearest to its title and as many
// nearest to its text, without doubles, in order.
func nearestBefore(examples []Example, at int) []Example {
	e := examples[at]
	end := at
	for end > 0 && !examples[end-1].At.Before(e.At) {
		end--
	}
	from := max(0, end-mostNear)
	titles, texts := make([]float64, end-from), make([]float64, end-from)
	for i := from; i < end; i++ {
		titles[i-from] = similarity(e.TitleVector, examples[i].TitleVector)
		texts[i-from] = similarity(e.Vector, examples[i].Vector)
	}
	found := append(largestOf(titles, nearestAsked), largestOf(texts, nearestAsked)...)
	slices.Sort(found)
	var near []Example
	for _, i := range slices.Compact(found) {
		near = append(near, examples[from+i])
	}
	return near
}

// largestOf gives the places of the k largest values.
func largestOf(values []float64, k int) []int {
	var top []int // places, largest value first
	for i, v := range values {
		if len(top) == k && v <= values[top[k-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, v, func(place int, v float64) int { return cmp.Compare(v, values[place]) })
		if len(top) == k {
			top = top[:k-1]
		}
		top = slices.Insert(top, at, i)
	}
	return top
}
