package classifier

import (
	"context"
	"slices"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Draft is a version that is about to be published.
type Draft struct {
	Catalogue *Catalogue
	Digest    [32]byte
	Moves     []CodeMove // what codes of the version before become; nil: each keeps its code
}

// Changeover makes a version serve.
type Changeover struct {
	Before VersionID                 // what serves until then; empty: nothing does
	Model  StoredModel               // trained for the version
	Moves  map[CategoryID]CategoryID // where confirmed examples go, by the leaf at which they stand
	Audit  org.Audit
}

// Placement is how many confirmed examples stand at a leaf, by what was decided.
type Placement struct {
	Version  VersionID // of the leaf
	Category CategoryID
	Under    VersionID  // under which the decisions were made
	Decided  CategoryID // what the person chose then
	Lead     org.UnitKind
	Count    int
	Ready    int // of them, those that have vectors and can be learned from
}

// Past is a confirmed example with where it came from.
type Past struct {
	Example            // its Category may be of any version
	Decided CategoryID // what the person chose, in the version of that day
	Matter  intake.MatterID
	Area    org.AreaCode
}

// VersionStore is what going from one version to another reads and writes.
type VersionStore interface {
	// Versions gives all versions, the latest first.
	Versions(ctx context.Context) ([]Version, error)
	// Steps gives what was stored about how versions continue each other.
	Steps(ctx context.Context) ([]Step, error)
	// Placements counts confirmed examples, of all versions; those are ready
	// that have vectors of the embedding model.
	Placements(ctx context.Context, embedder string) ([]Placement, error)
	// Past streams confirmed examples that have vectors of the embedding model,
	// of all versions, of each leaf the newest perLeaf, oldest first, to each.
	Past(ctx context.Context, embedder string, perLeaf int, each func(Past) error) error
	// Activate makes a stored version serve: first every example whose decision
	// was made under it goes back to the leaf decided on, then the others move.
	// errs.Conflict "catalogue.changed" when another version than o.Before
	// serves by now.
	Activate(ctx context.Context, o Changeover) error
}

// plan is how the active version gives way to another.
type plan struct {
	from, to   *Catalogue // from is nil while nothing serves
	succession Succession // from → to; nil without from
	moves      map[CategoryID]CategoryID
	decisions  map[CategoryID]int // confirmed examples by leaf, without those that return
	returning  int                // examples that were decided under the version to come
	leads      []LeadCount        // what can be learned from, by leaf of the version to come
	standing   []LeadCount        // the same, and what waits, by the leaf at which it stands
}

// before is the version that gives way; empty when there is none.
func (p *plan) before() VersionID {
	if p.from == nil {
		return ""
	}
	return p.from.Version.ID
}

// place gives the leaf of the new version at which a decision will stand; false
// when it waits.
func (p *plan) place(decided, standing CategoryID) (CategoryID, bool) {
	for _, c := range []CategoryID{decided, standing} {
		if _, ok := p.to.Category(c); ok {
			return c, true
		}
	}
	to, ok := p.moves[standing]
	return to, ok
}

// planFor plans the change to a version. How leaves continue is told by moves,
// or, when the version was there before, by what is stored about it.
func (t *Trainer) planFor(ctx context.Context, to *Catalogue, moves []CodeMove) (*plan, error) {
	p := &plan{to: to, moves: map[CategoryID]CategoryID{}, decisions: map[CategoryID]int{}}
	active, err := t.store.Active(ctx)
	switch {
	case errs.CodeOf(err) == "catalogue.none" && len(moves) > 0:
		return nil, errs.New(errs.Invalid, "catalogue.map_first")
	case errs.CodeOf(err) == "catalogue.none":
		return p, nil
	case err != nil:
		return nil, err
	}
	steps, err := t.store.Steps(ctx)
	if err != nil {
		return nil, err
	}
	if p.from, err = t.store.Catalogue(ctx, active.Version); err != nil {
		return nil, err
	}
	stored := false
	if p.succession, stored = along(steps, active.Version, to.Version.ID); !stored {
		if p.succession, err = Succeed(p.from, to, moves); err != nil {
			return nil, err
		}
		steps = append(steps, Step{From: active.Version, To: to.Version.ID, Succession: p.succession})
	}
	return p, t.settle(ctx, p, steps)
}

// settle finds where the examples of every leaf go: those that stand at the
// active version, and those that were left waiting at an older one.
func (t *Trainer) settle(ctx context.Context, p *plan, steps []Step) error {
	places, err := t.store.Placements(ctx, t.queries.Model())
	if err != nil {
		return err
	}
	type origin struct {
		catalogue *Catalogue
		way       Succession
	}
	older := map[VersionID]*origin{}
	for _, at := range places {
		if at.Under == p.to.Version.ID {
			p.returning += at.Count
		} else {
			p.decisions[at.Category] += at.Count
		}
		if at.Version == p.to.Version.ID {
			continue
		}
		if at.Version == p.from.Version.ID {
			if next, ok := p.succession.Only(at.Category); ok {
				p.moves[at.Category] = next
			}
			continue
		}
		o := older[at.Version]
		if o == nil {
			o = &origin{}
			if o.catalogue, err = t.store.Catalogue(ctx, at.Version); err != nil {
				return err
			}
			o.way, _ = along(steps, at.Version, p.to.Version.ID)
			older[at.Version] = o
		}
		if next, ok := waiting(o.catalogue, p.to, o.way, at.Category); ok {
			p.moves[at.Category] = next
		}
	}
	for _, at := range places {
		p.standing = append(p.standing, LeadCount{Category: at.Category, Lead: at.Lead, Count: at.Ready})
		if leaf, ok := p.place(at.Decided, at.Category); ok && at.Ready > 0 {
			p.leads = append(p.leads, LeadCount{Category: leaf, Lead: at.Lead, Count: at.Ready})
		}
	}
	return nil
}

// waiting says where examples go that were left at an older version: where its
// leaf leads; or, when it leads nowhere, to a leaf of the same code and name,
// for a category that ended may come again.
func waiting(from, to *Catalogue, way Succession, at CategoryID) (CategoryID, bool) {
	if len(way[at]) > 0 {
		return way.Only(at)
	}
	leaf, ok := from.Category(at)
	if !ok {
		return "", false
	}
	again := closest(leaf, leavesByCode(to)[leaf.Code])
	if again == nil || again.Name != leaf.Name {
		return "", false
	}
	return again.ID, true
}

// Compare says what would change if the draft were published, against the
// version that serves; errs.Unavailable "catalogue.none" while none does.
func (t *Trainer) Compare(ctx context.Context, actor org.Actor, d Draft) (Difference, error) {
	return t.compare(ctx, actor, d.Catalogue, d.Moves)
}

// CompareVersion says what would change if a stored version served.
func (t *Trainer) CompareVersion(ctx context.Context, actor org.Actor, version VersionID) (Difference, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return Difference{}, err
	}
	if !id.Valid(version) {
		return Difference{}, errs.New(errs.NotFound, "catalogue.not_found")
	}
	c, err := t.store.Catalogue(ctx, version)
	if err != nil {
		return Difference{}, err
	}
	return t.compare(ctx, actor, c, nil)
}

func (t *Trainer) compare(ctx context.Context, actor org.Actor, c *Catalogue, moves []CodeMove) (Difference, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return Difference{}, err
	}
	p, err := t.planFor(ctx, c, moves)
	if err != nil {
		return Difference{}, err
	}
	if p.from == nil {
		return Difference{}, errs.New(errs.Unavailable, "catalogue.none")
	}
	d := Diff(p.from, p.to, p.succession, p.decisions)
	d.Return = p.returning
	return d, nil
}

// Listed is a version with what is going on with it.
type Listed struct {
	Version
	Active  bool
	Request *UseRequest // the latest for it; nil: none
}

// Versions gives all versions, the latest first.
func (t *Trainer) Versions(ctx context.Context, actor org.Actor) ([]Listed, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return nil, err
	}
	all, err := t.store.Versions(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	active, err := t.store.Active(ctx)
	if err != nil && errs.CodeOf(err) != "catalogue.none" {
		return nil, err
	}
	requests, err := t.store.Requests(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Listed, len(all))
	for i, v := range all {
		out[i] = Listed{Version: v, Active: v.ID == active.Version}
		if at := slices.IndexFunc(requests, func(r UseRequest) bool { return r.Version == v.ID }); at >= 0 {
			out[i].Request = &requests[at]
		}
	}
	return out, nil
}

// Version gives a stored version whole, by id, or by a name that only one has;
// empty: the one that serves. errs.NotFound "catalogue.not_found",
// errs.Conflict "catalogue.ambiguous".
func (t *Trainer) Version(ctx context.Context, actor org.Actor, name string) (*Catalogue, error) {
	all, err := t.Versions(ctx, actor)
	if err != nil {
		return nil, err
	}
	var found VersionID
	for _, v := range all {
		switch {
		case string(v.ID) == name, name == "" && v.Active:
			return t.store.Catalogue(ctx, v.ID)
		case v.Name != name:
		case found != "":
			return nil, errs.New(errs.Conflict, "catalogue.ambiguous", name)
		default:
			found = v.ID
		}
	}
	if found == "" {
		return nil, errs.New(errs.NotFound, "catalogue.not_found")
	}
	return t.store.Catalogue(ctx, found)
}

// Use makes a stored version serve again, with a model trained for it now.
// Decisions made under it count as they were made; those made meanwhile follow
// where one leaf, and only one, is meant; the others wait. Repeating it changes
// nothing. errs.NotFound "catalogue.not_found".
func (t *Trainer) Use(ctx context.Context, actor org.Actor, version VersionID, progress func(done, total int)) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	c, err := t.store.Catalogue(ctx, version)
	if err != nil {
		return err
	}
	p, err := t.planFor(ctx, c, nil)
	if err != nil || p.before() == version {
		return err
	}
	texts, err := t.prepare(ctx, c, progress)
	if err != nil {
		return err
	}
	m, err := t.trainPlanned(ctx, p, texts)
	if err != nil {
		return err
	}
	return t.store.Activate(ctx, p.over(m, audit(actor, "use_catalogue", c, t.now())))
}

func (p *plan) over(m StoredModel, line org.Audit) Changeover {
	return Changeover{Before: p.before(), Model: m, Moves: p.moves, Audit: line}
}

func audit(actor org.Actor, action string, c *Catalogue, at time.Time) org.Audit {
	return org.Audit{At: at, Actor: actor.Account, Action: action, Object: "catalogue:" + string(c.Version.ID), Detail: c.Version.Name}
}

// trainPlanned trains for the version to come on all decisions that will stand
// at it.
func (t *Trainer) trainPlanned(ctx context.Context, p *plan, texts prepared) (StoredModel, error) {
	in := decided{leads: p.leads}
	err := t.store.Past(ctx, t.queries.Model(), perLeaf(p.leads, mostLearned), func(past Past) error {
		if to, ok := p.place(past.Decided, past.Category); ok {
			past.Category = to
			in.confirmed = append(in.confirmed, past.Example)
		}
		return nil
	})
	if err != nil {
		return StoredModel{}, err
	}
	upheld, err := t.store.Upheld(ctx)
	if err != nil {
		return StoredModel{}, err
	}
	for _, u := range upheld {
		if to, ok := p.place(u.Decided, u.Category); ok {
			in.upheld = append(in.upheld, LeadCount{Category: to, Lead: u.Lead, Count: u.Count})
		}
	}
	in.at = t.now()
	if in.judged, err = t.store.Judged(ctx, p.to.Version.ID, mostJudged); err != nil {
		return StoredModel{}, err
	}
	return t.train(p.to, texts, in)
}
