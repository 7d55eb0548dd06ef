package eval

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"huying/classifier"
	"huying/internal/query"
)

const (
	labelTrainFile = "routing/teddy_train_segmented.jsonl"
	labelTestFile  = "routing/teddy_messages.jsonl"
)

type labelTrain struct {
	Tokens string `json:"tokens"`
	Label  string `json:"label"`
}

type labelTest struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Label string `json:"label"`
}

// labelledText is a raw text with its label.
type labelledText struct{ title, body, label string }

// prepare builds the queries of all texts.
func prepare(ctx context.Context, s *Session, texts []labelledText) ([]sample, error) {
	sources := make([]query.Source, len(texts))
	for i, t := range texts {
		sources[i] = query.Source{Title: t.title, Body: t.body}
	}
	queries, err := s.Rig.Queries().BuildAll(ctx, sources, s.Step)
	if err != nil {
		return nil, err
	}
	out := make([]sample, len(texts))
	for i, t := range texts {
		out[i] = sample{query: queries[i], label: t.label}
	}
	return out, nil
}

// readSamples reads a file of labelled texts and prepares them.
func readSamples[T any](ctx context.Context, s *Session, file string, of func(T) labelledText) ([]sample, error) {
	rows, err := readJSONL[T](s, file)
	if err != nil {
		return nil, err
	}
	s.Report.Meta.Rows[file] = len(rows)
	texts := make([]labelledText, len(rows))
	for i, r := range rows {
		texts[i] = of(r)
	}
	return prepare(ctx, s, texts)
}

// sample is a prepared text with its label.
type sample struct {
	query query.Query
	label string
}

func labelsProtocol() Protocol {
	return Protocol{Name: "labels", Files: []string{labelTrainFile, labelTestFile}, Run: runLabels}
}

func coldLabelsProtocol() Protocol {
	return Protocol{Name: "labels.cold", Files: []string{labelTestFile}, Run: runColdLabels}
}

// labelCatalogue is a flat catalogue whose leaves are the labels, without any
// content: only decisions teach it.
func labelCatalogue(s *Session, labels []string) (*classifier.Catalogue, [32]byte, error) {
	b := classifier.NewBuilder(nil)
	for i, l := range labels {
		b.Add(classifier.Row{Line: i + 1, Position: -1, Code: l, Names: []string{l}})
	}
	c, digest, _, err := b.Build(classifier.Version{Name: "labels", ValidFrom: s.Now(), CreatedAt: s.Now()})
	return c, digest, err
}

// pupil is a site whose catalogue's leaves are labels.
type pupil struct {
	Site
	leaf map[string]classifier.CategoryID // by label
}

// trained gives a site that has learned the samples, with a model made of them.
func trained(ctx context.Context, s *Session, labels []string, samples []sample) (*pupil, error) {
	c, digest, err := labelCatalogue(s, labels)
	if err != nil {
		return nil, err
	}
	site, err := s.published(ctx, c, digest)
	if err != nil {
		return nil, err
	}
	p := &pupil{Site: site, leaf: map[string]classifier.CategoryID{}}
	for _, leaf := range c.Leaves() {
		p.leaf[leaf.Name] = leaf.ID
	}
	if err := p.teach(ctx, s, samples); err != nil {
		site.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return p, nil
}

// teach confirms the samples and trains anew.
func (p *pupil) teach(ctx context.Context, s *Session, samples []sample) error {
	confirmed := make([]Confirmed, len(samples))
	for i, x := range samples {
		confirmed[i] = Confirmed{Query: x.query, Category: p.leaf[x.label], At: s.Now()}
	}
	return p.Learn(ctx, confirmed, true)
}

// predict gives the labels suggested for each query, best first.
func predict(ctx context.Context, s *Session, site Site, tests []sample) ([][]string, error) {
	out := make([][]string, len(tests))
	for i, t := range tests {
		s.Step(i, len(tests))
		found, err := site.Suggest(ctx, t.query, classifier.Options{Now: s.Now()})
		if err != nil {
			return nil, err
		}
		for _, c := range found.Candidates {
			out[i] = append(out[i], c.Name)
		}
	}
	return out, nil
}

func runLabels(ctx context.Context, s *Session) error {
	train, labels, err := trainSamples(ctx, s)
	if err != nil {
		return err
	}
	tests, err := testSamples(ctx, s)
	if err != nil {
		return err
	}
	site, err := trained(ctx, s, labels, train)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	got, err := predict(ctx, s, site, tests)
	if err != nil {
		return err
	}
	s.Report.Rate("labels.acc", each(tests, func(i int) bool { return first(got[i]) == tests[i].label }))
	s.Report.Statistic("labels.f1", len(tests), macroF1(labels, tests, got))
	s.Report.Rate("labels.top3", each(tests, func(i int) bool { return slices.Contains(head(got[i], 3), tests[i].label) }))
	labelMistakes(s.Report, tests, got)
	return labelCurve(ctx, s, labels, train, tests)
}

// labelCurve learns the first N rows of five seeded shuffles.
func labelCurve(ctx context.Context, s *Session, labels []string, train, tests []sample) error {
	const seeds = 5
	for _, n := range []int{100, 300, 1000, 3000} {
		if n > len(train) {
			return nil
		}
		hits := make([]float64, len(tests)) // mean over seeds, row by row
		for seed := range uint64(seeds) {
			shuffled := slices.Clone(train)
			rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) {
				shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
			})
			site, err := trained(ctx, s, labels, shuffled[:n])
			if err != nil {
				return err
			}
			got, err := predict(ctx, s, site, tests)
			site.Close(context.WithoutCancel(ctx))
			if err != nil {
				return err
			}
			for i := range tests {
				hits[i] += number(first(got[i]) == tests[i].label) / seeds
			}
		}
		s.Report.Rate(atK("labels.acc", n), hits)
	}
	return nil
}

// runColdLabels confirms the first N raw messages and tests the rest.
func runColdLabels(ctx context.Context, s *Session) error {
	rows, err := testSamples(ctx, s)
	if err != nil {
		return err
	}
	labels := labelsOf(rows)
	for _, n := range []int{25, 50, 100, 200, 400} {
		if n >= len(rows) {
			return nil
		}
		site, err := trained(ctx, s, labels, rows[:n])
		if err != nil {
			return err
		}
		rest := rows[n:]
		got, err := predict(ctx, s, site, rest)
		site.Close(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		s.Report.Rate(atK("labels.cold", n), each(rest, func(i int) bool { return first(got[i]) == rest[i].label }))
	}
	return nil
}

func trainSamples(ctx context.Context, s *Session) ([]sample, []string, error) {
	samples, err := readSamples(ctx, s, labelTrainFile, func(r labelTrain) labelledText {
		return labelledText{body: strings.ReplaceAll(r.Tokens, " ", ""), label: r.Label}
	})
	return samples, labelsOf(samples), err
}

func testSamples(ctx context.Context, s *Session) ([]sample, error) {
	return readSamples(ctx, s, labelTestFile, func(r labelTest) labelledText {
		return labelledText{title: r.Title, body: r.Text, label: r.Label}
	})
}

func labelsOf(samples []sample) []string {
	var labels []string
	for _, x := range samples {
		if !slices.Contains(labels, x.label) {
			labels = append(labels, x.label)
		}
	}
	slices.Sort(labels)
	return labels
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// macroF1 is the mean of the labels' F1.
func macroF1(labels []string, tests []sample, got [][]string) func(rows []int) float64 {
	return func(rows []int) float64 {
		sum := 0.0
		for _, l := range labels {
			var hit, said, wanted float64
			for _, i := range rows {
				is, says := tests[i].label == l, first(got[i]) == l
				wanted += number(is)
				said += number(says)
				hit += number(is && says)
			}
			sum += f1(hit, said, wanted)
		}
		return sum / float64(len(labels))
	}
}

func labelMistakes(r *Report, tests []sample, got [][]string) {
	var wrong []Mistake
	for i, t := range tests {
		if g := first(got[i]); g != t.label {
			wrong = append(wrong, Mistake{Text: excerpt(t.query.Title, t.query.Body), Want: t.label, Got: g})
		}
	}
	r.AddMistakes("labels", wrong)
}
