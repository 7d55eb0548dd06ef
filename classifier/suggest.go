package classifier

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
	"huying/internal/text"
)

// nearestAsked is how many confirmed examples are asked for, by title and by
// text each: enough for the vote, few enough for one round trip.
const nearestAsked = 24

// Suggester makes suggestions. It keeps the active catalogue and model in
// memory and asks the store before each suggestion whether they are still the
// active ones, so that every process follows a change at once. It is safe for
// concurrent use.
type Suggester struct {
	store  SuggestStore
	reader *intake.Reader
	mu     sync.Mutex
	loaded *loaded
}

// loaded is what serves: a catalogue with the model trained on it.
type loaded struct {
	active    Active
	catalogue *Catalogue
	model     *Model
	place     map[CategoryID]int // of each leaf among the leaves
}

// NewSuggester makes a Suggester over a store.
func NewSuggester(store SuggestStore) *Suggester {
	return &Suggester{store: store, reader: intake.NewReader()}
}

// Current gives the catalogue that serves now; errs.Unavailable
// "catalogue.none" while there is none.
func (s *Suggester) Current(ctx context.Context) (*Catalogue, error) {
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return l.catalogue, nil
}

// Embedder gives the name of the embedding model that the active model was
// trained for. errs.Unavailable "catalogue.none" while there is none,
// "model.damaged" when it cannot be read.
func (s *Suggester) Embedder(ctx context.Context) (string, error) {
	l, err := s.current(ctx)
	if err != nil {
		return "", err
	}
	return l.model.Embedder, nil
}

func (s *Suggester) current(ctx context.Context) (*loaded, error) {
	active, err := s.store.Active(ctx)
	if err != nil {
		return nil, err
	}
	return s.load(ctx, active)
}

// load gives catalogue and model, from memory when they are there.
func (s *Suggester) load(ctx context.Context, active Active) (_ *loaded, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded != nil && s.loaded.active == active {
		return s.loaded, nil
	}
	next := &loaded{active: active}
	if s.loaded != nil && s.loaded.active.Version == active.Version {
		next.catalogue = s.loaded.catalogue
	} else if next.catalogue, err = s.store.Catalogue(ctx, active.Version); err != nil {
		return nil, err
	}
	stored, err := s.store.Model(ctx, active.Model)
	if err != nil {
		return nil, err
	}
	if next.model, err = DecodeModel(stored, next.catalogue); err != nil {
		return nil, err
	}
	next.place = placesOf(next.catalogue)
	s.loaded = next
	return next, nil
}

// Suggest proposes category, lead unit, co-units, type and urgency for a text.
// ID, Matter and At of the suggestion are the caller's to fill. A text without
// words gets no candidates and full doubt. errs.Unavailable when there is no
// catalogue, or when its model was trained for another embedder than q's.
func (s *Suggester) Suggest(ctx context.Context, q query.Query, o Options) (Suggestion, error) {
	scene, l, err := s.look(ctx, q)
	if err != nil {
		return Suggestion{}, err
	}
	out := Suggestion{
		Version: l.active.Version, Model: l.active.Model, Embedder: l.model.Embedder,
		Urgency: intake.UrgencyC, Doubt: Unsure,
	}
	words := s.reader.Read(q.Title, q.Body)
	out.Type = words.Type
	if q.Vector == nil {
		raiseUrgency(&out, words.Danger)
		return out, nil
	}
	p := l.model.predict(q, scene.Examples, l.place)
	out.Candidates = l.candidates(q, p, scene.Examples)
	out.Leads = p.leadShares(MaxCandidates)
	if out.Doubt = l.model.calibration.doubt(out.Candidates); out.Doubt == Unsure {
		out.Question = l.ask(p, p.top(MaxCandidates))
	}
	settleUnits(&out, scene.Units, o.Area)
	settleIntent(&out, l, p, words)
	if len(out.Candidates) > 0 {
		out.Highlights = highlights(q, out.Candidates[0].Words)
		if out.Doubt != Sure {
			top, _ := l.catalogue.Category(out.Candidates[0].Category)
			out.Ask = top.Ask
		}
	}
	return out, nil
}

// Part says what a piece of a text would get, for Matters: a Suggest without
// evidence, at a third of its cost.
func (s *Suggester) Part(ctx context.Context, q query.Query, o Options, text string) (Part, error) {
	scene, l, err := s.look(ctx, q)
	out := Part{Text: text}
	if err != nil || q.Vector == nil {
		return out, err
	}
	p := l.model.predict(q, scene.Examples, l.place)
	top := p.top(MaxCandidates)
	for _, at := range top {
		out.possible = append(out.possible, l.catalogue.Leaves()[at].ID)
	}
	first := l.catalogue.Leaves()[top[0]]
	out.Category, out.Name, out.Probability, out.Lead = first.ID, first.Name, p.leaves[top[0]], p.duty(top[0]).lead
	_, out.LeadName, _, _ = unitsFor(scene.Units, o.Area, out.Lead, nil)
	return out, nil
}

// look reads what a suggestion for q starts from.
func (s *Suggester) look(ctx context.Context, q query.Query) (Scene, *loaded, error) {
	scene, err := s.store.Scene(ctx, q.Model, q.TitleVector, q.Vector, nearestAsked)
	if err != nil {
		return Scene{}, nil, err
	}
	l, err := s.load(ctx, scene.Active)
	if err != nil {
		return Scene{}, nil, err
	}
	if q.Vector != nil && (q.Model != l.model.Embedder || len(q.Vector) != l.model.leaves.Means.Dim) {
		return Scene{}, nil, errs.New(errs.Unavailable, "model.embedder")
	}
	return scene, l, nil
}

// candidates describes the likeliest leaves with their evidence.
func (l *loaded) candidates(q query.Query, p prediction, near []Example) []Candidate {
	top := p.top(MaxCandidates)
	out := make([]Candidate, 0, len(top))
	leaves, words := l.catalogue.Leaves(), p.tellingWords(top)
	for i, at := range top {
		leaf := leaves[at]
		c := Candidate{
			Category: leaf.ID, Code: leaf.Code, Name: leaf.Name, Trail: leaf.Trail(),
			Probability: p.leaves[at], Raw: p.raw[at], Urgency: leaf.Urgency,
			Words:    words[i],
			Examples: l.likes(q, at, leaf, near),
		}
		duty := p.duty(at)
		c.Lead = duty.lead
		if duty.rule >= 0 {
			c.Rule, c.When, c.Co = leaf.Rules[duty.rule].ID, leaf.Rules[duty.rule].When, leaf.Rules[duty.rule].Co
		}
		out = append(out, c)
	}
	l.tellApart(out)
	return out
}

// tellApart gives each candidate the clause that tells it from another one on
// the list: the first from the likeliest neighbour, the others from the first.
func (l *loaded) tellApart(cs []Candidate) {
	clause := func(a, b CategoryID) *Neighbour {
		for _, pair := range [][2]CategoryID{{a, b}, {b, a}} {
			from, _ := l.catalogue.Category(pair[0])
			for _, n := range from.Neighbours {
				if n.Category == pair[1] {
					other, _ := l.catalogue.Category(b)
					return &Neighbour{Category: b, Code: other.Code, Tell: n.Tell}
				}
			}
		}
		return nil
	}
	for i := range cs {
		if i == 0 {
			for j := 1; j < len(cs) && cs[0].Against == nil; j++ {
				cs[0].Against = clause(cs[0].Category, cs[j].Category)
			}
			continue
		}
		cs[i].Against = clause(cs[i].Category, cs[0].Category)
	}
}

// likesShown is how many examples a candidate shows, and likeRunes how much of
// each: enough to see at a glance whether it is alike. A suggestion is stored
// with them, 743,000 times a year.
const (
	likesShown = 3
	likeRunes  = 80
)

// likes gives the examples of a leaf that are nearest to the text: what people
// confirmed, and what the catalogue's owner wrote.
func (l *loaded) likes(q query.Query, at int, leaf *Category, near []Example) []Like {
	var all []Like
	for _, e := range near {
		if e.Category == leaf.ID {
			all = append(all, Like{
				Text: query.Join(e.Title, e.Text), Confirmed: true, At: e.At, Lead: string(e.Lead),
				Similarity: similarity(q.Vector, e.Vector),
			})
		}
	}
	all = append(all, l.model.starterLikes(at, q)...)
	slices.SortStableFunc(all, func(a, b Like) int { return cmp.Compare(b.Similarity, a.Similarity) })
	all = all[:min(len(all), likesShown)]
	for i := range all {
		all[i].Text = text.Clip(all[i].Text, likeRunes)
	}
	return all
}

// settleUnits turns kinds into the units that serve the area.
func settleUnits(s *Suggestion, units *org.Directory, area org.AreaCode) {
	for i := range s.Candidates {
		c := &s.Candidates[i]
		c.LeadUnit, c.LeadName, c.CoUnits, c.CoNames = unitsFor(units, area, c.Lead, c.Co)
	}
	if s.Question != nil {
		for _, r := range s.Question.Answers {
			if d := r.Duty; d != nil {
				d.LeadUnit, d.LeadName, d.CoUnits, d.CoNames = unitsFor(units, area, d.Lead, d.Co)
			}
		}
	}
	for i := range s.Leads {
		share := &s.Leads[i]
		share.Name = string(share.Kind)
		if u, ok := units.Resolve(share.Kind, area); ok {
			share.Unit, share.Name = u.ID, u.Name
		}
	}
}

// unitsFor gives the units of a lead kind and its co-kinds that serve the area;
// where there is none of a kind, the kind's own name.
func unitsFor(units *org.Directory, area org.AreaCode, kind org.UnitKind, co []org.UnitKind) (lead org.UnitID, name string, coUnits []org.UnitID, coNames []string) {
	name = string(kind)
	if u, ok := units.Resolve(kind, area); ok {
		lead, name = u.ID, u.Name
	}
	for _, k := range co {
		u, ok := units.Resolve(k, area)
		switch {
		case !ok:
			coNames = append(coNames, string(k))
		case u.ID != lead:
			coUnits, coNames = append(coUnits, u.ID), append(coNames, u.Name)
		}
	}
	return lead, name, coUnits, coNames
}

// settleIntent takes type and urgency from what was learned of texts. A leaf's
// own urgency raises C to B, when most of the probability speaks for it; what
// is A, the text itself must say. Words that sound dangerous raise to B at
// least.
func settleIntent(s *Suggestion, l *loaded, p prediction, words intake.Intent) {
	leaf := intake.UrgencyC
	soon := 0.0
	for i, c := range l.catalogue.Leaves() {
		if c.Urgency != intake.UrgencyC {
			soon += p.leaves[i]
		}
	}
	if soon >= 0.5 {
		leaf = intake.UrgencyB
	}
	in := p.model.intents.read(p, words.Type)
	s.Type = in.Type
	s.Urgency = min(leaf, in.Urgency)
	if words.Danger.Phrase != "" {
		s.Urgency = min(s.Urgency, intake.UrgencyB)
	}
	if s.Urgency < leaf {
		s.Reason = alarmReason(words.Danger, in.Words)
	}
}

// alarmReason says why a text is more urgent than its category.
func alarmReason(d intake.Danger, words []string) string {
	switch {
	case d.Phrase != "":
		return "提到“" + d.Phrase + "”"
	case len(words) > 0:
		return "“" + strings.Join(words, "”“") + "”像是危险的迹象"
	}
	return "整段话像是有危险"
}

func raiseUrgency(s *Suggestion, d intake.Danger) {
	if d.Phrase != "" && d.Urgency < s.Urgency {
		s.Urgency = d.Urgency
		s.Reason = alarmReason(d, nil)
	}
}

// doubt tells how many of the candidates the right one may be. One that stands
// alone in the set without being likely itself (DefaultFloor) is no certainty:
// of such a text, a sign or an emoji, nothing is known.
func (c Calibration) doubt(cs []Candidate) Doubt {
	p := make([]float64, len(cs))
	for i := range cs {
		p[i] = cs[i].Probability
	}
	switch n := c.Set(p); {
	case n == 1 && p[0] >= DefaultFloor:
		return Sure
	case n == 2, n == 3:
		return Several
	}
	return Unsure
}

// highlights finds the words in title + line break + body, in runes, without
// overlaps, in order.
func highlights(q query.Query, words []string) []Highlight {
	folded := []rune(query.Fold(q.Text()))
	var out []Highlight
	for _, w := range words {
		word := []rune(w)
		for i := 0; i+len(word) <= len(folded); i++ {
			if slices.Equal(folded[i:i+len(word)], word) {
				out = append(out, Highlight{Start: i, End: i + len(word)})
				i += len(word) - 1
			}
		}
	}
	slices.SortFunc(out, func(a, b Highlight) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	kept := out[:0]
	for _, h := range out {
		if len(kept) == 0 || h.Start >= kept[len(kept)-1].End {
			kept = append(kept, h)
		}
	}
	return kept
}
