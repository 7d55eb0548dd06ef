package classifier

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
)

// Leftover is a decision that stands at a leaf of an earlier version because
// several leaves of the one that serves continue it. Nothing is learned from it
// until a person says which of them is meant.
type Leftover struct {
	Decision DecisionID
	Matter   intake.MatterID
	At       time.Time
	Title    string // masked, as Text is
	Text     string
	Decided  *Category
	Parts    []*Category // that continue it, the likeliest first
	Sure     bool        // the machine has ranked them; otherwise they are in the catalogue's order
}

// LeftLeaf is a leaf of a version that does not serve, with how many decisions
// stand at it.
type LeftLeaf struct {
	Version  VersionID
	Category CategoryID
	Count    int
}

// Placing puts a decision at a leaf of the version that serves.
type Placing struct {
	Decision DecisionID
	From, To CategoryID
	Audit    org.Audit
}

// LeftoverStore holds the decisions that wait.
type LeftoverStore interface {
	// Left counts the confirmed examples that stand at leaves of versions that do
	// not serve, without those set aside, version by version.
	Left(ctx context.Context) ([]LeftLeaf, error)
	// LeftAt gives the latest of the examples at some leaves that was decided
	// before the one named (empty: of all), with its vectors where there are any
	// of the embedding model; errs.NotFound "leftover.none".
	LeftAt(ctx context.Context, embedder string, leaves []CategoryID, before DecisionID) (Past, error)
	// PlaceExample moves an example to a leaf of the version that serves, for
	// good. errs.Conflict "leftover.settled" when it does not stand at From any
	// more, or another version serves by now.
	PlaceExample(ctx context.Context, p Placing) error
	Steps(ctx context.Context) ([]Step, error)
	Catalogue(ctx context.Context, version VersionID) (*Catalogue, error)
}

// Leftovers lets people say where decisions belong whose leaf was split. It is
// safe for concurrent use.
type Leftovers struct {
	store     LeftoverStore
	suggester *Suggester
	now       func() time.Time
}

// NewLeftovers makes Leftovers.
func NewLeftovers(store LeftoverStore, suggester *Suggester, now func() time.Time) *Leftovers {
	return &Leftovers{store: store, suggester: suggester, now: now}
}

// Next gives the latest decision that waits, before the one named (empty: of
// all), and how many wait altogether. errs.NotFound "leftover.none", with the
// number, when there is none before it; errs.Forbidden.
func (s *Leftovers) Next(ctx context.Context, actor org.Actor, before DecisionID) (Leftover, int, error) {
	waiting, l, err := s.waiting(ctx, actor)
	if err != nil {
		return Leftover{}, 0, err
	}
	total := counted(waiting)
	leaves := slices.Collect(maps.Keys(waiting))
	if before != "" && !id.Valid(before) {
		before = ""
	}
	if total == 0 {
		return Leftover{}, 0, errs.New(errs.NotFound, "leftover.none")
	}
	p, err := s.store.LeftAt(ctx, l.model.Embedder, leaves, before)
	if err != nil {
		return Leftover{}, total, err
	}
	w := waiting[p.Category]
	out := Leftover{Decision: p.Decision, Matter: p.Matter, At: p.At, Title: p.Title, Text: p.Text, Decided: w.leaf, Parts: slices.Clone(w.parts)}
	if p.Vector != nil {
		out.Sure = true
		q := query.Query{Title: p.Title, Body: p.Text, TitleVector: p.TitleVector, Vector: p.Vector}
		said := l.model.predict(q, nil, l.place)
		slices.SortStableFunc(out.Parts, func(a, b *Category) int {
			return cmp.Compare(said.leaves[l.place[b.ID]], said.leaves[l.place[a.ID]])
		})
	}
	return out, total, nil
}

// Count gives how many decisions wait. errs.Forbidden.
func (s *Leftovers) Count(ctx context.Context, actor org.Actor) (int, error) {
	waiting, _, err := s.waiting(ctx, actor)
	return counted(waiting), err
}

func counted(waiting map[CategoryID]left) (total int) {
	for _, w := range waiting {
		total += w.count
	}
	return total
}

// Place puts a decision that stands at the leaf from at one of those that
// continue it. errs.Conflict "leftover.settled" when somebody did before, or
// another version serves by now; errs.Invalid "field.invalid" when the leaf to
// does not continue from.
func (s *Leftovers) Place(ctx context.Context, actor org.Actor, decision DecisionID, from, to CategoryID) error {
	waiting, _, err := s.waiting(ctx, actor)
	if err != nil {
		return err
	}
	w, ok := waiting[from]
	if !ok || !id.Valid(decision) {
		return errs.New(errs.Conflict, "leftover.settled")
	}
	at := slices.IndexFunc(w.parts, func(c *Category) bool { return c.ID == to })
	if at < 0 {
		return errs.New(errs.Invalid, "field.invalid", "事项", string(to)).In("to")
	}
	line := org.Audit{
		At: s.now(), Actor: actor.Account, Action: "place_decision", Object: "decision:" + string(decision), Detail: w.parts[at].Trail(),
	}
	return s.store.PlaceExample(ctx, Placing{Decision: decision, From: from, To: to, Audit: line})
}

// left is a leaf at which decisions wait.
type left struct {
	leaf  *Category
	parts []*Category // of the version that serves, in its order
	count int
}

// waiting gives the leaves that were split and at which decisions stand, with
// what serves now, which is not looked at when none do.
func (s *Leftovers) waiting(ctx context.Context, actor org.Actor) (map[CategoryID]left, *loaded, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return nil, nil, err
	}
	all, err := s.store.Left(ctx)
	if err != nil || len(all) == 0 {
		return nil, nil, err
	}
	l, err := s.suggester.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	steps, err := s.store.Steps(ctx)
	if err != nil {
		return nil, nil, err
	}
	out := map[CategoryID]left{}
	var old *Catalogue // of the leaf at hand: all come version by version
	var way Succession
	for i, at := range all {
		if i == 0 || at.Version != all[i-1].Version {
			old = nil
			way, _ = along(steps, at.Version, l.active.Version)
		}
		if len(way[at.Category]) < 2 {
			continue
		}
		if old == nil {
			if old, err = s.store.Catalogue(ctx, at.Version); err != nil {
				return nil, nil, err
			}
		}
		w := left{count: at.Count}
		w.leaf, _ = old.Category(at.Category)
		for _, next := range way[at.Category] {
			if c, ok := l.catalogue.Category(next); ok {
				w.parts = append(w.parts, c)
			}
		}
		slices.SortFunc(w.parts, func(a, b *Category) int { return l.place[a.ID] - l.place[b.ID] })
		out[at.Category] = w
	}
	return out, l, nil
}
