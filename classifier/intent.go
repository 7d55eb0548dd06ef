package classifier

import (
	"bufio"
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"huying/intake"
	"huying/internal/learn"
	"huying/internal/query"
)

// What citizens say with its type and urgency, written for this project:
// whole texts (danger that is told without alarming words, alarming words
// without danger, every type in every subject), and the labels of the starter
// catalogue's examples (starter-*.jsonl, by row and place).
//
//go:embed intent/*.jsonl
var intentFiles embed.FS

// saidText is a text of known type and urgency with its vector.
type saidText struct {
	Text     string
	Type     intake.Type
	Urgency  intake.Urgency
	Contrast bool        // written to tell urgencies apart, not taken as people come
	Words    intake.Type // what its words alone say
	Vector   []float32
}

// intentRecord is a line of the files: a text with its labels, or the labels
// of a starter leaf's examples.
type intentRecord struct {
	Text    string         `json:"text"`
	Type    intake.Type    `json:"type"`
	Urgency intake.Urgency `json:"urgency"`

	Row       int              `json:"row"`
	Code      string           `json:"code"`
	Types     []intake.Type    `json:"types"`
	Urgencies []intake.Urgency `json:"urgencies"`
}

// saidTexts lists the product's own texts of known intent, without vectors.
func saidTexts() ([]saidText, error) {
	rows, err := StarterRows()
	if err != nil {
		return nil, err
	}
	leaves := map[int]Row{}
	for _, r := range rows {
		leaves[r.Position] = r
	}
	files, err := intentFiles.ReadDir("intent")
	if err != nil {
		return nil, err
	}
	reader := intake.NewReader()
	var out []saidText
	for _, file := range files {
		data, err := intentFiles.ReadFile(path.Join("intent", file.Name()))
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for n := 1; lines.Scan(); n++ {
			var r intentRecord
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file.Name(), n, err)
			}
			if r.Text != "" {
				contrast := strings.HasPrefix(file.Name(), "danger") || strings.HasPrefix(file.Name(), "alarm")
				out = append(out, saidText{Text: r.Text, Type: r.Type, Urgency: r.Urgency, Contrast: contrast})
				continue
			}
			leaf, ok := leaves[r.Row]
			if !ok || leaf.Code != r.Code || len(leaf.Examples) != len(r.Types) || len(r.Types) != len(r.Urgencies) {
				return nil, fmt.Errorf("%s:%d: labels do not fit the starter catalogue", file.Name(), n)
			}
			for i, e := range leaf.Examples {
				out = append(out, saidText{Text: e, Type: r.Types[i], Urgency: r.Urgencies[i]})
			}
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i].Words = reader.Read("", out[i].Text).Type
	}
	return out, nil
}

// intents tells type and urgency of a text: linear machines over characters
// and vector, one a class.
type intents struct {
	Words     *learn.Lexicon
	Types     *learn.Linear
	Urgencies *learn.Linear
}

// Classes of the two machines, in order.
var (
	typeClasses    = intake.Types()
	urgencyClasses = []intake.Urgency{intake.UrgencyA, intake.UrgencyB, intake.UrgencyC}
)

// contrastWeight is what a text counts for urgency that was written to tell
// urgencies apart, against one that was not. typeWeight is what any text
// counts for its type: types are a matter of judgement, so no single text
// should bend the border.
const (
	contrastWeight = 3.0
	typeWeight     = 0.5
)

// mostDecided bounds the decisions that types, urgencies and kinds of unit are
// learned from: the newest.
const mostDecided = 20_000

// coldIntents keeps what the product's own texts alone teach, by embedding
// model.
var coldIntents sync.Map // model name → *intents

// intentsFor is newIntents, which is not run again while nobody has decided on
// a type.
func intentsFor(embedder string, said []saidText, confirmed []Example) (*intents, error) {
	if slices.ContainsFunc(confirmed, func(e Example) bool { return e.Type != "" }) {
		return newIntents(said, confirmed)
	}
	if kept, ok := coldIntents.Load(embedder); ok {
		return kept.(*intents), nil
	}
	m, err := newIntents(said, nil)
	if err == nil {
		coldIntents.Store(embedder, m)
	}
	return m, err
}

// newIntents trains on what is known, and on what people decided.
func newIntents(said []saidText, confirmed []Example) (*intents, error) {
	var types, urgencies []learn.Row
	reader := intake.NewReader()
	add := func(text string, words intake.Type, v []float32, t intake.Type, u intake.Urgency, contrast bool) {
		grams := learn.Grams(query.Fold(text))
		v = withSigns(v, text, words)
		weight := 1.0
		if contrast {
			weight = contrastWeight
		}
		if c := slices.Index(urgencyClasses, u); c >= 0 {
			urgencies = append(urgencies, learn.Row{Class: c, Weight: weight, Vector: v, Grams: grams})
		}
		// Who is in danger calls for help, whatever the subject: so many calls
		// say nothing about types.
		if c := slices.Index(typeClasses, t); c >= 0 && !(contrast && u != intake.UrgencyC) {
			types = append(types, learn.Row{Class: c, Weight: typeWeight, Vector: v, Grams: grams})
		}
	}
	for _, s := range said {
		add(s.Text, s.Words, s.Vector, s.Type, s.Urgency, s.Contrast)
	}
	for _, e := range confirmed[max(0, len(confirmed)-mostDecided):] {
		if e.Vector != nil && e.Type != "" { // who names no type has not judged the urgency either
			add(query.Join(e.Title, e.Text), reader.Read(e.Title, e.Text).Type, look(e.Vector, e.TitleVector), e.Type, e.Urgency, false)
		}
	}
	m := &intents{Words: learn.NewVocabulary(urgencies)}
	var err error
	if m.Types, err = learn.NewLinear(m.Words, len(typeClasses), types, trainingSeed); err != nil {
		return nil, err
	}
	m.Urgencies, err = learn.NewLinear(m.Words, len(urgencyClasses), urgencies, trainingSeed)
	return m, err
}

// wordsWeight and lengthWeight are what the words' own verdict on the type, and
// the length of the text, count beside a vector of length 1.
const (
	wordsWeight  = 0.3
	lengthWeight = 0.5
)

// withSigns gives the vector with a place more for each type, set where the
// words speak for it, and one for how long the text is: long ones complain.
// 255 characters are the middle, and each doubling is an eighth.
func withSigns(v []float32, text string, words intake.Type) []float32 {
	out := append(slices.Clone(v), make([]float32, len(typeClasses)+1)...)
	if at := slices.Index(typeClasses, words); at >= 0 {
		out[len(v)+at] = wordsWeight
	}
	out[len(out)-1] = float32(lengthWeight * (math.Log2(float64(utf8.RuneCountInString(text)+1))/8 - 1))
	return out
}

// complaintLead is added to the margin of complaints. The texts were written
// evenly for all subjects; what reaches a city complains more often.
const complaintLead = 0.6

// alarmFrom is the margin from which a text is taken for danger. Missing one
// costs more than looking in vain: on texts held out of training, 95 in 100
// dangers lie above it.
const alarmFrom = -0.35

// intent is what a text wants and how fast.
type intent struct {
	Type    intake.Type
	Urgency intake.Urgency
	Words   []string // what speaks most for danger, when it is A
}

// read tells type and urgency of a text; words is the type that its words
// alone say.
func (m *intents) read(p prediction, words intake.Type) intent {
	terms, v := m.Words.Terms(p.grams), withSigns(p.view, p.query.Text(), words)
	types := make([]float32, len(typeClasses))
	m.Types.Scores(types, terms, v)
	types[slices.Index(typeClasses, intake.Complaint)] += complaintLead
	urgencies := make([]float32, len(urgencyClasses))
	m.Urgencies.Scores(urgencies, terms, v)
	in := intent{Type: typeClasses[largest(types)], Urgency: urgencyClasses[largest(urgencies)]}
	if urgencies[0] >= alarmFrom {
		in.Urgency = intake.UrgencyA
		in.Words = m.alarming(p.query.Tokens, terms)
	} else if in.Urgency == intake.UrgencyA {
		in.Urgency = intake.UrgencyB
	}
	return in
}

// alarmingShown is how many words are named as the signs of danger.
const alarmingShown = 3

// alarming gives the words of a text that speak most for danger.
func (m *intents) alarming(tokens []string, terms learn.Terms) []string {
	told := mostTelling(placedWords(tokens, m.Words, terms), m.Urgencies.Shares(0, terms))
	return told[:min(alarmingShown, len(told))]
}

// largest gives the place of the largest, the first of equals.
func largest[T cmp.Ordered](list []T) int { return slices.Index(list, slices.Max(list)) }
