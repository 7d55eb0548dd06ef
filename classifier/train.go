package classifier

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/learn"
	"huying/internal/org"
	"huying/internal/query"
)

// TrainStore is what training reads and writes.
type TrainStore interface {
	CatalogueStore
	VersionStore
	RequestStore
	UpheldStore
	// Active, Catalogue and Model are as in SuggestStore.
	Active(ctx context.Context) (Active, error)
	Catalogue(ctx context.Context, version VersionID) (*Catalogue, error)
	Model(ctx context.Context, model ModelID) (StoredModel, error)
}

// Trainer makes models: of a new catalogue when it is published, of the active
// one as decisions come in.
type Trainer struct {
	store   TrainStore
	queries *query.Builder
	now     func() time.Time
}

// NewTrainer makes a Trainer.
func NewTrainer(store TrainStore, queries *query.Builder, now func() time.Time) *Trainer {
	return &Trainer{store: store, queries: queries, now: now}
}

// Publish prepares the texts of a draft, trains a model on them and on the
// decisions that follow into it, stores both and makes them active together.
// Until then the version before goes on serving. made is false when a version
// with this content exists already. progress (may be nil) hears how many texts
// are prepared.
func (t *Trainer) Publish(ctx context.Context, actor org.Actor, d Draft, progress func(done, total int)) (made bool, err error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return false, err
	}
	if known, err := t.known(ctx, d.Digest); known || err != nil {
		return false, err
	}
	p, err := t.planFor(ctx, d.Catalogue, d.Moves)
	if err != nil {
		return false, err
	}
	texts, err := t.prepare(ctx, d.Catalogue, progress)
	if err != nil {
		return false, err
	}
	m, err := t.trainPlanned(ctx, p, texts)
	if err != nil {
		return false, err
	}
	line := audit(actor, "publish_catalogue", d.Catalogue, t.now())
	return true, t.store.Publish(ctx, d.Catalogue, d.Digest, p.succession, p.over(m, line))
}

// known reports whether a version with this content is stored.
func (t *Trainer) known(ctx context.Context, digest [32]byte) (bool, error) {
	_, err := t.store.VersionByDigest(ctx, digest)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Retrain makes a new model of the active catalogue and all decisions so far,
// and makes it active whatever it is worth. The catalogue's own texts keep the
// vectors they have.
func (t *Trainer) Retrain(ctx context.Context) error {
	now, err := t.current(ctx)
	if err != nil {
		return err
	}
	now.model = nil // it is large, and another one follows
	in, err := t.decided(ctx, now.catalogue)
	if err != nil {
		return err
	}
	m, err := t.train(now.catalogue, now.texts, in)
	if err != nil {
		return err
	}
	m.Replaces = now.stored.ID
	return t.store.InsertModel(ctx, m)
}

// Follow trains anew when the active model was made for another embedding
// model than the one at work, or by another version of this program that
// stores models differently; otherwise, and while there is no catalogue, it
// does nothing but let s load the model.
func (t *Trainer) Follow(ctx context.Context, s *Suggester) error {
	trainedFor, err := s.Embedder(ctx)
	switch code := errs.CodeOf(err); {
	case code == "catalogue.none":
		return nil
	case err != nil && code != "model.damaged":
		return err
	case err == nil && trainedFor == t.queries.Model():
		return nil
	}
	return t.Retrain(ctx)
}

// serving is what serves when training begins.
type serving struct {
	catalogue *Catalogue
	stored    StoredModel // without Data
	model     *Model      // nil when it cannot be used with the vectors of now
	texts     prepared    // of the catalogue, from the model where that fits
}

// current gives what serves.
func (t *Trainer) current(ctx context.Context) (*serving, error) {
	active, err := t.store.Active(ctx)
	if err != nil {
		return nil, err
	}
	var s serving
	if s.catalogue, err = t.store.Catalogue(ctx, active.Version); err != nil {
		return nil, err
	}
	if s.stored, err = t.store.Model(ctx, active.Model); err != nil {
		return nil, err
	}
	if s.stored.Embedder == t.queries.Model() {
		if m, err := DecodeModel(s.stored, s.catalogue); err == nil {
			s.model, s.texts = m, prepared{m.known, m.said, m.leaves.Reference()}
		}
	}
	s.stored.Data = nil
	if s.model == nil {
		s.texts, err = t.prepare(ctx, s.catalogue, nil)
	}
	return &s, err
}

// mostJudged is how many decisions calibration looks back on: enough for the
// third digit, few enough to follow a change within weeks.
const mostJudged = 2000

func (t *Trainer) decided(ctx context.Context, c *Catalogue) (decided, error) {
	var in decided
	var err error
	if in.leads, err = t.store.Leads(ctx, t.queries.Model()); err != nil {
		return in, err
	}
	err = t.store.Confirmed(ctx, t.queries.Model(), perLeaf(in.leads, mostLearned), func(e Example) error {
		in.confirmed = append(in.confirmed, e)
		return nil
	})
	if err != nil {
		return in, err
	}
	in.at = t.now()
	if in.judged, err = t.store.Judged(ctx, c.Version.ID, mostJudged); err != nil {
		return in, err
	}
	upheld, err := t.store.Upheld(ctx)
	for _, u := range upheld {
		in.upheld = append(in.upheld, u.LeadCount)
	}
	return in, err
}

func (t *Trainer) train(c *Catalogue, texts prepared, in decided) (StoredModel, error) {
	m, err := newModel(c, t.queries.Model(), texts, in)
	if err != nil {
		return StoredModel{}, err
	}
	data, err := m.encode()
	if err != nil {
		return StoredModel{}, err
	}
	return StoredModel{
		ID: id.New[ModelID](), Version: c.Version.ID, Embedder: t.queries.Model(),
		Decisions: total(in.leads), MadeAt: in.at, Data: data,
	}, nil
}

// mostLearned is how many confirmed examples the views of a text learn from,
// the newest of each leaf: it bounds time and memory (about 1 GB) of training
// whatever a city has decided, and a leaf's mean hardly moves after its first
// hundred. All the others still count for who leads a leaf, and as nearest
// examples.
const mostLearned = 60_000

// perLeaf is the largest number of examples a leaf such that all leaves
// together have at most that many; at least one.
func perLeaf(leads []LeadCount, most int) int {
	byLeaf := map[CategoryID]int{}
	for _, l := range leads {
		byLeaf[l.Category] += l.Count
	}
	largest := 1
	for i, n := range slices.Sorted(maps.Values(byLeaf)) {
		if rest := len(byLeaf) - i; n*rest > most {
			return max(1, most/rest)
		}
		most, largest = most-n, n
	}
	return largest // all fit
}

func total(leads []LeadCount) int {
	n := 0
	for _, l := range leads {
		n += l.Count
	}
	return n
}

// textKind says what part a text plays in its leaf.
type textKind uint8

const (
	scopeText   textKind = iota // path and scope or description
	nameText                    // the names alone
	exampleText                 // what a citizen might say
	ruleText                    // the same, under a duty rule
	whenText                    // the words of a duty rule's circumstance
	tellText                    // what tells the leaf from a neighbour
)

// knownText is a text of the catalogue with its vector.
type knownText struct {
	Leaf   int // position among the leaves
	Kind   textKind
	Rule   int // position among the leaf's rules, for ruleText and whenText
	Text   string
	Vector []float32
}

// textsOf lists what a catalogue says about each leaf, without vectors.
func textsOf(c *Catalogue) []knownText {
	var out []knownText
	place := placesOf(c)
	for i, leaf := range c.Leaves() {
		add := func(kind textKind, rule int, s string) {
			if s != "" {
				out = append(out, knownText{Leaf: i, Kind: kind, Rule: rule, Text: s})
			}
		}
		add(scopeText, 0, leaf.Trail()+"\n"+firstOf(leaf.Scope, leaf.Description))
		add(nameText, 0, lastNames(leaf))
		for _, e := range leaf.Examples {
			add(exampleText, 0, e)
		}
		for r, rule := range leaf.Rules {
			add(whenText, r, rule.When)
			for _, e := range rule.Examples {
				add(ruleText, r, e)
			}
		}
		for _, n := range leaf.Neighbours {
			own, other := tells(n.Tell)
			add(tellText, 0, own)
			if at, ok := place[n.Category]; ok && other != "" {
				out = append(out, knownText{Leaf: at, Kind: tellText, Text: other})
			}
		}
	}
	return out
}

// tells takes a clause that tells two neighbours apart, such as “店里炉灶的油烟归本类；
// 占道摆摊烧烤归露天烧烤”, to pieces: what belongs to the leaf itself, and what to
// the other one.
func tells(clause string) (own, other string) {
	for _, part := range strings.FieldsFunc(clause, func(r rune) bool { return r == '；' || r == ';' || r == '。' }) {
		said := part
		for _, verb := range []string{"归", "属于", "属", "是本类"} {
			if i := strings.LastIndex(part, verb); i > 0 {
				said = part[:i]
				break
			}
		}
		if strings.Contains(part, "本类") {
			own += said + " "
		} else {
			other += said + " "
		}
	}
	return strings.TrimSpace(own), strings.TrimSpace(other)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// lastNames is the leaf's name with the one above it.
func lastNames(leaf *Category) string {
	if n := len(leaf.Path); n > 1 && leaf.Path[n-2] != leaf.Name {
		return leaf.Path[n-2] + " " + leaf.Name
	}
	return leaf.Name
}

// prepared is what training knows before any decision, with vectors.
type prepared struct {
	known []knownText // the catalogue's own texts
	said  []saidText  // the product's own texts of known intent
	// reference is what a catalogue with hardly an example borrows from; nil
	// for others.
	reference *learn.Reference
}

// ownTexts keeps the product's own texts of known intent with their vectors,
// by embedding model: they are the same whatever catalogue is published.
var ownTexts sync.Map // model name → []saidText

// prepare embeds a catalogue's texts and those of known intent.
func (t *Trainer) prepare(ctx context.Context, c *Catalogue, progress func(done, total int)) (prepared, error) {
	var p prepared
	var more []query.Source
	if kept, ok := ownTexts.Load(t.queries.Model()); ok {
		p.said = kept.([]saidText)
	} else {
		var err error
		if p.said, err = saidTexts(); err != nil {
			return prepared{}, errs.Wrap(err, errs.Internal, "internal")
		}
		for _, s := range p.said {
			more = append(more, query.Source{Body: s.Text})
		}
	}
	known, queries, err := t.embedded(ctx, c, more, progress)
	if err != nil {
		return prepared{}, err
	}
	p.known = known
	for i, q := range queries {
		p.said[i].Vector = q.Vector
	}
	ownTexts.Store(t.queries.Model(), p.said)
	if borrows(c) {
		p.reference, err = t.reference(ctx, progress)
	}
	return p, err
}

// embedded gives what a catalogue says with its vectors, and the
// queries of more texts, embedded with them.
func (t *Trainer) embedded(ctx context.Context, c *Catalogue, more []query.Source, progress func(done, total int)) ([]knownText, []query.Query, error) {
	known := textsOf(c)
	sources := make([]query.Source, len(known), len(known)+len(more))
	for i, k := range known {
		sources[i].Body = k.Text
	}
	queries, err := t.queries.BuildAll(ctx, append(sources, more...), progress)
	if err != nil {
		return nil, nil, err
	}
	for i := range known {
		known[i].Vector = queries[i].Vector
	}
	return known, queries[len(known):], nil
}
