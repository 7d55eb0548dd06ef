package classifier

import (
	"bytes"
	"encoding/gob"
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/learn"
	"huying/internal/org"
	"huying/internal/query"
)

// Model is what training made of a catalogue and the decisions so far. It is
// immutable and safe for concurrent use.
type Model struct {
	Embedder    string
	learned     time.Time   // of what was decided until then it was made
	known       []knownText // the catalogue's own texts with their vectors
	byLeaf      [][]int     // positions in known, by leaf
	leaves      *learn.Blend
	duties      []duties // by leaf
	kinds       []org.UnitKind
	byKind      *learn.Linear // lead kinds, straight from the text; nil without examples
	kindLex     *learn.Lexicon
	said        []saidText // the product's own texts of known intent
	intents     *intents
	calibration Calibration
}

// modelData is the stored form of what cannot be computed again cheaply.
type modelData struct {
	Known       []knownText
	Leaves      *learn.Blend
	Confirmed   []leadCount
	Kinds       []org.UnitKind
	ByKind      *learn.Linear
	KindLex     *learn.Lexicon
	Said        []saidText
	Calibration Calibration
	Intents     *intents
}

// leadCount is a LeadCount by the leaf's position, less what came back: it may
// be below 0.
type leadCount struct {
	Leaf  int
	Kind  org.UnitKind
	Count float64
}

// What each kind of text counts in training. The owner's own words for a leaf
// count for three things citizens might say.
const (
	ownWeight     = 3.0
	exampleWeight = 1.0
	hintWeight    = 0.5 // circumstances and clauses: parts of what a citizen would say
)

// trainingSeed draws what training holds out: the same decisions give the same
// model.
const trainingSeed = 1

// titleShare is what the vector of the title adds to that of the whole text:
// a title is often the best short form.
const titleShare = 0.4

// look gives the vector under which leaves see a text.
func look(text, title []float32) []float32 {
	if len(title) != len(text) {
		return text
	}
	v := make([]float32, len(text))
	for j := range v {
		v[j] = text[j] + titleShare*title[j]
	}
	normalise(v)
	return v
}

// decided is what people decided.
type decided struct {
	confirmed []Example   // oldest first
	leads     []LeadCount // of these and of those before
	upheld    []LeadCount // returns that speak against a pair of leaf and lead
	judged    []Judged    // suggestions with what became of them
	at        time.Time   // when they were read: none that was made later is among them
}

// newModel trains. Confirmed examples whose category is not a leaf of the
// catalogue, or that have no vector, are left out.
func newModel(c *Catalogue, embedder string, texts prepared, d decided) (*Model, error) {
	in := learnOnce(d.confirmed)
	data, err := fitLeaves(c, texts, in, d.leads, d.upheld)
	if err != nil {
		return nil, err
	}
	data.Said, data.Calibration = texts.said, Calibrate(d.judged)
	if data.Intents, err = intentsFor(embedder, texts.said, in.examples); err != nil {
		return nil, err
	}
	return assemble(embedder, c, data, d.at), nil
}

// newTwin trains what a trial asks for: leaves and leads, nothing of type and
// urgency, without calibration on decisions, and without what came back of
// them, which tells of decisions that are held out.
func newTwin(c *Catalogue, embedder string, texts prepared, confirmed []Example) (*Model, error) {
	data, err := fitLeaves(c, texts, learnOnce(confirmed), countLeads(confirmed), nil)
	if err != nil {
		return nil, err
	}
	data.Calibration = coldCalibration
	var learned time.Time
	for _, e := range confirmed {
		if e.At.After(learned) {
			learned = e.At
		}
	}
	return assemble(embedder, c, data, learned), nil
}

// fitLeaves trains what tells leaves and leads.
func fitLeaves(c *Catalogue, texts prepared, in lessons, leads, upheld []LeadCount) (modelData, error) {
	t := trainingSet{leaves: c.Leaves(), place: placesOf(c), kinds: map[org.UnitKind]int{}}
	for _, k := range texts.known {
		t.addKnown(k)
	}
	for i, e := range in.examples {
		if leaf, ok := t.place[e.Category]; ok && e.Vector != nil {
			t.addConfirmed(leaf, e, in.weights[i], i >= len(in.examples)-mostDecided)
		}
	}
	data := modelData{Known: texts.known, Kinds: t.kindNames, Confirmed: leadCounts(t.place, leads, in.doubles, upheld)}
	err := t.fit(&data, texts.reference)
	return data, err
}

// countLeads counts the leads of examples.
func countLeads(examples []Example) []LeadCount {
	counts := map[LeadCount]int{}
	for _, e := range examples {
		counts[LeadCount{Category: e.Category, Lead: e.Lead}]++
	}
	out := make([]LeadCount, 0, len(counts))
	for l, n := range counts {
		l.Count = n
		out = append(out, l)
	}
	return out
}

// placesOf gives the place of each leaf among the leaves.
func placesOf(c *Catalogue) map[CategoryID]int {
	place := make(map[CategoryID]int, len(c.leaves))
	for i, leaf := range c.Leaves() {
		place[leaf.ID] = i
	}
	return place
}

// trainingSet gathers samples and documents of leaves and of lead kinds.
type trainingSet struct {
	leaves    []*Category
	place     map[CategoryID]int
	kinds     map[org.UnitKind]int
	kindNames []org.UnitKind
	rows      []learn.Row
	kindRows  []learn.Row
}

func (t *trainingSet) addKnown(k knownText) {
	if k.Vector == nil {
		return
	}
	weight := exampleWeight
	switch k.Kind {
	case scopeText, nameText:
		weight = ownWeight
	case whenText, tellText:
		weight = hintWeight
	}
	row := learn.Row{
		Class: k.Leaf, Weight: weight, Vector: k.Vector,
		Own: k.Kind == scopeText || k.Kind == nameText,
	}
	if k.Kind == nameText { // its words stand in the scope text's path too
		t.rows = append(t.rows, row)
		return
	}
	grams := learn.Grams(query.Fold(k.Text))
	row.Grams = grams
	t.rows = append(t.rows, row)
	rules := t.leaves[k.Leaf].Rules
	if k.Kind == scopeText || k.Kind == tellText || k.Rule >= len(rules) {
		return
	}
	t.addKind(rules[k.Rule].Lead, 1, k.Vector, grams)
}

// addConfirmed adds what people decided; only recent decisions teach the kinds
// of unit, whose machine looks at every row many times.
func (t *trainingSet) addConfirmed(leaf int, e Example, weight float64, recent bool) {
	grams := learn.Grams(query.Fold(query.Join(e.Title, e.Text)))
	t.rows = append(t.rows, learn.Row{
		Class: leaf, Weight: weight, Vector: look(e.Vector, e.TitleVector), Grams: grams, Probe: true,
	})
	if e.Lead != "" && recent {
		t.addKind(e.Lead, weight, e.Vector, grams)
	}
}

func (t *trainingSet) addKind(kind org.UnitKind, weight float64, v []float32, grams map[learn.Gram]int) {
	at, ok := t.kinds[kind]
	if !ok {
		at = len(t.kindNames)
		t.kinds[kind] = at
		t.kindNames = append(t.kindNames, kind)
	}
	t.kindRows = append(t.kindRows, learn.Row{Class: at, Weight: weight, Vector: v, Grams: grams})
}

func (t *trainingSet) fit(data *modelData, reference *learn.Reference) error {
	if len(t.rows) == 0 {
		return errs.New(errs.Invalid, "model.empty")
	}
	dim := len(t.rows[0].Vector)
	var err error
	if data.Leaves, err = learn.NewBlend(dim, len(t.leaves), t.rows, learn.BlendOptions{Seed: trainingSeed, Reference: reference}); err != nil {
		return err
	}
	if len(t.kindRows) == 0 {
		return nil
	}
	data.KindLex = learn.NewVocabulary(t.kindRows)
	data.ByKind, err = learn.NewLinear(data.KindLex, len(t.kindNames), t.kindRows, trainingSeed)
	return err
}

// assemble makes a model of its stored form.
func assemble(embedder string, c *Catalogue, d modelData, learned time.Time) *Model {
	m := &Model{
		Embedder: embedder, learned: learned, known: d.Known, leaves: d.Leaves,
		kinds: d.Kinds, byKind: d.ByKind, kindLex: d.KindLex, said: d.Said, intents: d.Intents, calibration: d.Calibration,
		byLeaf: make([][]int, len(c.leaves)), duties: make([]duties, len(c.leaves)),
	}
	for i, k := range d.Known {
		m.byLeaf[k.Leaf] = append(m.byLeaf[k.Leaf], i)
	}
	place := map[org.UnitKind]int{}
	for i, k := range d.Kinds {
		place[k] = i
	}
	for i, leaf := range c.Leaves() {
		m.duties[i] = newDuties(leaf, d.Known, m.byLeaf[i], place)
	}
	for _, n := range d.Confirmed {
		m.duties[n.Leaf].confirmed = append(m.duties[n.Leaf].confirmed, n)
	}
	return m
}

// modelFormat begins every stored model. Raise its number whenever what is
// stored, or what it means, changes: a model of another format is trained anew
// (Follow) and never guessed at.
const modelFormat = "huying model 4\n"

// encode gives the stored form; DecodeModel reads it.
func (m *Model) encode() ([]byte, error) {
	d := modelData{
		Known: m.known, Leaves: m.leaves,
		Kinds: m.kinds, ByKind: m.byKind, KindLex: m.kindLex, Said: m.said, Intents: m.intents, Calibration: m.calibration,
	}
	for _, x := range m.duties {
		d.Confirmed = append(d.Confirmed, x.confirmed...)
	}
	b := bytes.NewBufferString(modelFormat)
	if err := gob.NewEncoder(b).Encode(d); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	return b.Bytes(), nil
}

// DecodeModel reads a stored model of the catalogue. errs.Unavailable
// "model.damaged" when it is of another format, does not fit the catalogue or
// is damaged; then it must be trained anew.
func DecodeModel(s StoredModel, c *Catalogue) (*Model, error) {
	var d modelData
	data, known := bytes.CutPrefix(s.Data, []byte(modelFormat))
	if !known {
		return nil, errs.New(errs.Unavailable, "model.damaged")
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&d); err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "model.damaged")
	}
	if !d.fits(len(c.leaves)) {
		return nil, errs.New(errs.Unavailable, "model.damaged")
	}
	return assemble(s.Embedder, c, d, s.MadeAt), nil
}

// fits reports whether the parts belong to n leaves and to vectors of one
// dimension: a product of others reads past its end.
func (d *modelData) fits(n int) bool {
	if d.Leaves == nil || d.Intents == nil || !d.Leaves.Fits(n) {
		return false
	}
	means := d.Leaves.Means
	return (d.ByKind == nil || d.ByKind.Classes == len(d.Kinds) && len(d.ByKind.Centre) == means.Dim) &&
		!slices.ContainsFunc(d.Known, func(k knownText) bool {
			return k.Leaf < 0 || k.Leaf >= n || k.Vector != nil && len(k.Vector) != means.Dim
		}) &&
		!slices.ContainsFunc(d.Said, func(s saidText) bool { return len(s.Vector) != means.Dim })
}
