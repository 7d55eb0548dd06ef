package classifier

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
	"huying/internal/text"
)

// Replay tells which decisions of people a new version would route differently
// from the one that serves.
type Replay struct {
	Against   VersionID   // the version that serves
	Decisions int         // how many were run through both
	Leaf      int         // of them, those whose first suggestion continues no longer what it was
	Lead      int         // those that get another lead kind, whatever the leaf
	Split     int         // those decided for a leaf that was split
	Ended     int         // those decided for a leaf that ended
	Routed    int         // how many are counted by one or more of Leaf, Lead, Split and Ended
	RightNow  int         // first suggestions of the version that serves that were what people decided
	RightThen int         // the same of the new version, by the succession
	Routes    []Rerouting // the decisions that Routed counts, newest first
}

// Rerouting is one decision with what both versions suggest for it.
type Rerouting struct {
	Matter     intake.MatterID
	Area       org.AreaCode
	At         time.Time
	Gist       string // masked beginning of the text
	Decided    *Category
	Split      bool // of what was decided: several leaves continue it
	Ended      bool // none does
	OldLeaf    *Category
	NewLeaf    *Category
	OldLead    org.UnitKind
	NewLead    org.UnitKind
	LeafDiffer bool
	Proposal   *Category // of a split leaf the part that the new version ranks first; a proposal, nobody's decision
}

// LeadDiffer reports whether another kind of unit would lead.
func (r Rerouting) LeadDiffer() bool { return r.OldLead != r.NewLead }

// ReplayMost is how many decisions are run through a new version unless said
// otherwise: a person can read what comes of it, and it takes minutes.
const ReplayMost = 2000

// replayFolds is into how many parts the decisions are laid. A model must not
// have seen what it is asked about, or it would only repeat it. Leaving out one
// at a time would take one training for each; so a third is left out at a time,
// of both versions alike: what then differs comes of the version, not of what
// was known. Fewer decisions than the service knows make both somewhat less
// sure, and rather too much is listed than too little.
const replayFolds = 3

// gistRunes is how much of a text is listed.
const gistRunes = 60

// Replay runs the newest decisions (up to most) through the version that
// serves and through the draft, each trained without the decision in question.
// It changes nothing. errs.Unavailable "catalogue.none" while nothing serves.
// progress (may be nil) hears of the trainings done.
func (t *Trainer) Replay(ctx context.Context, actor org.Actor, d Draft, most int, progress func(done, total int)) (Replay, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return Replay{}, err
	}
	p, err := t.planFor(ctx, d.Catalogue, d.Moves)
	if err != nil {
		return Replay{}, err
	}
	if p.from == nil {
		return Replay{}, errs.New(errs.Unavailable, "catalogue.none")
	}
	r := replayer{plan: p, embedder: t.queries.Model()}
	r.out.Against = p.before()
	now, err := t.current(ctx)
	if err != nil {
		return Replay{}, err
	}
	r.oldTexts = now.texts
	if r.newTexts, err = t.prepare(ctx, d.Catalogue, nil); err != nil {
		return Replay{}, err
	}
	err = t.store.Past(ctx, r.embedder, perLeaf(p.standing, mostLearned), func(past Past) error {
		r.all = append(r.all, past)
		return nil
	})
	if err != nil {
		return Replay{}, err
	}
	return r.run(ctx, most, progress)
}

// replayer holds what all folds share.
type replayer struct {
	*plan
	embedder           string
	oldTexts, newTexts prepared
	all                []Past // oldest first
	out                Replay
}

// asked gives the positions in all of the newest decisions that stand at the
// version that serves, newest first.
func (r *replayer) asked(most int) []int {
	var out []int
	for i := len(r.all) - 1; i >= 0 && len(out) < most; i-- {
		if _, ok := r.from.Category(r.all[i].Category); ok {
			out = append(out, i)
		}
	}
	return out
}

func (r *replayer) run(ctx context.Context, most int, progress func(done, total int)) (Replay, error) {
	asked := r.asked(most)
	folds := min(replayFolds, len(asked))
	routes := make([]*Rerouting, len(asked))
	for fold := range folds {
		hidden := map[int]bool{}
		for n, at := range asked {
			if n%folds == fold {
				hidden[at] = true
			}
		}
		before, err := r.side(r.from, r.oldTexts, hidden, func(p Past) (CategoryID, bool) { return p.Category, true })
		if err != nil {
			return Replay{}, err
		}
		after, err := r.side(r.to, r.newTexts, hidden, func(p Past) (CategoryID, bool) { return r.place(p.Decided, p.Category) })
		if err != nil {
			return Replay{}, err
		}
		for n, at := range asked {
			if !hidden[at] {
				continue
			}
			if err := ctx.Err(); err != nil {
				return Replay{}, err
			}
			routes[n] = r.ask(before, after, r.all[at])
		}
		if progress != nil {
			progress(fold+1, folds)
		}
	}
	for _, route := range routes {
		if route != nil {
			r.out.Routes = append(r.out.Routes, *route)
		}
	}
	r.out.Routed = len(r.out.Routes)
	return r.out, nil
}

// side is one of the two versions with a model that has not seen what it will
// be asked.
type side struct {
	catalogue *Catalogue
	model     *Model
	place     map[CategoryID]int
	known     []Example // the decisions that it has seen, newest last
}

// side trains a version on every decision that is not hidden.
func (r *replayer) side(c *Catalogue, texts prepared, hidden map[int]bool, place func(Past) (CategoryID, bool)) (*side, error) {
	s := &side{catalogue: c, place: placesOf(c)}
	for i, p := range r.all {
		to, ok := place(p)
		if _, leaf := s.place[to]; !ok || !leaf || hidden[i] {
			continue
		}
		e := p.Example
		e.Category = to
		s.known = append(s.known, e)
	}
	var err error
	s.model, err = newTwin(c, r.embedder, texts, s.known)
	return s, err
}

// nearLooked is how many of the latest decisions are looked through for ones
// that are like the text.
const nearLooked = 10_000

// predict is what the service would say, the nearest decisions included.
func (s *side) predict(e Example) prediction {
	q := query.Query{Title: e.Title, Body: e.Text, TitleVector: e.TitleVector, Vector: e.Vector}
	var near []Example
	for _, k := range s.known[max(0, len(s.known)-nearLooked):] {
		if similarity(q.Vector, k.Vector) > nearFrom || similarity(q.TitleVector, k.TitleVector) > nearFrom {
			near = append(near, k)
		}
	}
	return s.model.predict(q, near, s.place)
}

// ask puts a decision to both versions, counts what came of it, and gives the
// route when it is another one; nil when all stays as it was.
func (r *replayer) ask(before, after *side, past Past) *Rerouting {
	was, will := before.predict(past.Example), after.predict(past.Example)
	old, now := was.top(1)[0], will.top(1)[0]
	out := &Rerouting{
		Matter: past.Matter, Area: past.Area, At: past.At, Gist: gist(past.Example),
		OldLeaf: before.catalogue.leaves[old], NewLeaf: after.catalogue.leaves[now],
		OldLead: was.duty(old).lead, NewLead: will.duty(now).lead,
	}
	out.Decided, _ = r.from.Category(past.Category)
	next := r.succession[past.Category]
	out.Split, out.Ended = len(next) > 1, len(next) == 0
	out.LeafDiffer = !slices.Contains(r.succession[out.OldLeaf.ID], out.NewLeaf.ID)
	if out.Split {
		out.Proposal = likeliest(will, after, next)
	}
	r.out.Decisions++
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&r.out.Leaf, out.LeafDiffer)
	count(&r.out.Lead, out.LeadDiffer())
	count(&r.out.Split, out.Split)
	count(&r.out.Ended, out.Ended)
	count(&r.out.RightNow, out.OldLeaf.ID == past.Category)
	count(&r.out.RightThen, slices.Contains(next, out.NewLeaf.ID))
	if !out.LeafDiffer && !out.LeadDiffer() && !out.Split && !out.Ended {
		return nil
	}
	return out
}

// gist is the beginning of a masked text on one line.
func gist(e Example) string {
	return text.Clip(strings.Join(strings.Fields(query.Join(e.Title, e.Text)), " "), gistRunes)
}

// likeliest gives the leaf among some that the version ranks first.
func likeliest(p prediction, s *side, among []CategoryID) *Category {
	best := -1
	for _, id := range among {
		if at, ok := s.place[id]; ok && (best < 0 || p.leaves[at] > p.leaves[best]) {
			best = at
		}
	}
	if best < 0 {
		return nil
	}
	return s.catalogue.leaves[best]
}
