package kb

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"huying/internal/learn"
	"huying/internal/query"
)

// fitSeed fits everything that ships: the intent on texts of known type, the
// sights of the product's own asks, and the threshold.
func fitSeed(t *testing.T, b *query.Builder, s seed) {
	t.Helper()
	texts := typedTexts(t)
	for _, a := range s.asks {
		texts = append(texts, typedText{a.Ask, a.Kind == "para" || a.Kind == "near" || a.Kind == "multi", 5})
	}
	for _, e := range s.with.entries {
		for _, p := range e.Phrasings {
			texts = append(texts, typedText{p, true, 2})
		}
	}
	final := fitIntent(s.base.weights.spelling, texts)
	writeIntent(t, s.base.weights.spelling, texts, final)

	// What a policy sees of an ask must come from an intent that did not learn it.
	var blind [5]intent
	for f := range blind {
		rest := slices.DeleteFunc(slices.Clone(texts), func(x typedText) bool { return fifth(x.text) == f })
		blind[f] = fitIntent(s.base.weights.spelling, rest)
	}
	var rows []learn.Labelled
	var lines []string
	add := func(from *exact, q query.Query, code string, weight float64) learn.Labelled {
		if s.base.store != Store(from) {
			s.base.facts.Purge() // the same editions, with or without their phrasings
		}
		s.base.store, s.base.intent = from, blind[fifth(q.Body)]
		found, err := s.base.Find(t.Context(), q, Options{Now: seedDay})
		if err != nil {
			t.Fatal(err)
		}
		first := string(found.views[0].candidate.Entry.ID)
		l := learn.Labelled{X: found.sight[:], Yes: first == code, Weight: weight, Group: first}
		fields := []string{first, map[bool]string{true: "1", false: "0"}[l.Yes], fmt.Sprint(weight)}
		for _, x := range l.X {
			fields = append(fields, fmt.Sprintf("%.4g", x))
		}
		lines = append(lines, strings.Join(fields, " "))
		rows = append(rows, l)
		return l
	}
	for i, a := range s.asks {
		add(s.without, s.queries[i], a.Entry, 1)
	}
	for _, text := range starterStatements(t) {
		add(s.without, build(t, b, "", text), "", 0.5)
	}
	for _, e := range s.with.entries {
		for _, words := range plainly(e.Question) {
			s.asks = append(s.asks, seedAsk{words, string(e.ID), "para"})
			s.queries = append(s.queries, build(t, b, "", words))
		}
	}
	from := len(rows)
	for i, a := range s.asks {
		add(s.with, s.queries[i], a.Entry, 1)
	}
	if err := os.WriteFile("seed/sights.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.base.intent = final
	writeThreshold(t, b, s, rows, from)
}

// writeThreshold fits the threshold on the asks with phrasings, each scored by
// forests that did not see its entry. Misleading asks count as often as they
// come on the line.
func writeThreshold(t *testing.T, b *query.Builder, s seed, rows []learn.Labelled, from int) {
	t.Helper()
	var para, near float64
	scores := make([]float64, len(s.asks))
	for fold := range trialFolds {
		rest := slices.DeleteFunc(slices.Clone(rows), func(r learn.Labelled) bool { return foldOf(r.Group, 0) == fold })
		f, err := learn.NewForest(rest, forestShape)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.asks {
			if r := rows[from+i]; foldOf(r.Group, 0) == fold {
				scores[i] = f.P(r.X)
			}
		}
	}
	order := make([]int, 0, len(s.asks))
	for i, a := range s.asks {
		para += map[string]float64{"para": 1}[a.Kind]
		near += map[string]float64{"near": 1}[a.Kind]
		if a.Kind != "case" && a.Kind != "complaint" {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(scores[j], scores[i]) })
	p := *s.base.Policy()
	p.Version, p.Model, p.Threshold = seedDay.Format("2006-01")+"-d", b.Model(), 1
	right, wrong := 0.0, 0.0
	for _, i := range order {
		switch {
		case rows[from+i].Yes:
			right++
		case s.asks[i].Kind == "near":
			wrong += misled * para / near
		default:
			wrong++
		}
		if wrong+1 <= DefaultBudget*(right+wrong+2) {
			p.Threshold = math.Round(scores[i]*1000) / 1000
		}
	}
	t.Logf("threshold %v", p.Threshold)
	data, err := json.MarshalIndent(struct {
		Version   string  `json:"version"`
		Model     string  `json:"model"`
		Threshold float64 `json:"threshold"`
	}{p.Version, p.Model, p.Threshold}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("seed/policy.json", append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// typedText is a text of which it is known whether it asks.
type typedText struct {
	text   string
	asks   bool
	weight float64
}

func fifth(text string) int {
	h := fnv.New32a()
	h.Write([]byte(text))
	return int(h.Sum32()>>8) % 5
}

// typedTexts are the product's own texts of known type.
func typedTexts(t *testing.T) []typedText {
	t.Helper()
	type leaf struct {
		Code     string
		Examples []string
	}
	leaves := map[string]leaf{}
	for _, f := range globbed(t, "../classifier/starter/*.jsonl") {
		for _, l := range lines[leaf](t, f) {
			if _, known := leaves[l.Code]; !known {
				leaves[l.Code] = l
			}
		}
	}
	var out []typedText
	for _, f := range globbed(t, "../classifier/intent/*.jsonl") {
		if strings.Contains(f, "short") {
			continue
		}
		for _, r := range lines[struct {
			Text, Type, Code string
			Types            []string
		}](t, f) {
			if r.Text != "" {
				out = append(out, typedText{r.Text, r.Type == "咨询", 1})
			}
			if l := leaves[r.Code]; len(r.Types) > 0 && len(l.Examples) == len(r.Types) {
				for i, e := range l.Examples {
					out = append(out, typedText{e, r.Types[i] == "咨询", 1})
				}
			}
		}
	}
	return out
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	return files
}

// fitIntent maximises the likelihood less a ridge by stochastic gradient
// (Adagrad) in a fixed order.
func fitIntent(s spelling, texts []typedText) intent {
	in := intent{spelling: s, weights: map[gram]float64{}}
	count := map[gram]int{}
	grams := make([][]gram, len(texts))
	for i, x := range texts {
		grams[i] = s.gramsOf(clip(query.Fold(x.text), intentRunes))
		for _, g := range grams[i] {
			count[g]++
		}
	}
	seen := map[gram]float64{}
	biasSeen := 0.0
	const ridge = 2e-5
	for range 30 {
		for k := range texts {
			i := k * 7919 % len(texts)
			kept, scale := grams[i], 1/math.Sqrt(float64(max(1, len(grams[i]))))
			z := in.bias
			for _, g := range kept {
				z += in.weights[g] * scale
			}
			d := -1 / (1 + math.Exp(-z))
			if texts[i].asks {
				d++
			}
			d *= texts[i].weight
			biasSeen += d * d
			in.bias += 0.3 * d / math.Sqrt(biasSeen+1e-9)
			for _, g := range kept {
				if count[g] < 3 {
					continue
				}
				step := d*scale - ridge*in.weights[g]*float64(len(texts))/float64(count[g])
				seen[g] += step * step
				in.weights[g] += 0.3 * step / math.Sqrt(seen[g]+1e-9)
			}
		}
	}
	return in
}

// writeIntent writes the weights that count.
func writeIntent(t *testing.T, s spelling, texts []typedText, in intent) {
	t.Helper()
	names := map[gram]string{}
	for _, x := range texts {
		last, before := "", ""
		for _, r := range clip(query.Fold(x.text), intentRunes) {
			before, last = last, string(r)
			var g gram
			s.eachGram(last, func(x gram) { g = x })
			names[g] = last
			s.eachGram(before+last, func(x gram) { g = x })
			names[g] = before + last
		}
	}
	var out []string
	for g, w := range in.weights {
		if math.Abs(w) >= 0.1 && names[g] != "" {
			out = append(out, fmt.Sprintf("%s %.2f", names[g], w))
		}
	}
	slices.Sort(out)
	t.Logf("intent: %d weights, bias %.2f", len(out), in.bias)
	data := fmt.Sprintf("# %.2f\n%s\n", in.bias, strings.Join(out, "\n"))
	if err := os.WriteFile("seed/intent.txt", []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// starterStatements takes one text of each starter leaf, in turn the call, the
// complaint and the long letter, and leaves out what asks a question.
func starterStatements(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, f := range globbed(t, "../classifier/starter/*.jsonl") {
		for i, l := range lines[struct{ Examples []string }](t, f) {
			text := l.Examples[[]int{1, 2, 5}[i%3]]
			if !strings.Contains(text, "？") {
				out = append(out, text)
			}
		}
	}
	return out
}
