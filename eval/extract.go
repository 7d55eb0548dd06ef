package eval

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/text"
)

const (
	spansFile   = "intake/spans.jsonl"
	hotlineFile = "text/dongguan.jsonl"
)

// spanRow are the spans of one message, the message by its place in the
// letters' file, from 0.
type spanRow struct {
	Row   int `json:"row"`
	Spans []struct {
		Field intake.Field `json:"field"`
		Text  string       `json:"text"`
	} `json:"spans"`
}

type hotlineRow struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// extractProtocol asks which words of a message give place, time, amount,
// counterpart and demand, as the desk proposes them.
func extractProtocol() Protocol {
	return Protocol{Name: "extract", Files: []string{spansFile, hotlineFile}, Run: runExtract}
}

func runExtract(ctx context.Context, s *Session) error {
	rows, err := readJSONL[spanRow](s, spansFile)
	if err != nil {
		return err
	}
	letters, err := readJSONL[hotlineRow](s, hotlineFile)
	if err != nil {
		return err
	}
	for i, row := range rows {
		if row.Row < 0 || row.Row >= len(letters) {
			return errs.New(errs.Invalid, "eval.row", spansFile, hotlineFile).In("row").At(i+1, 0)
		}
	}
	s.Report.Meta.Rows[spansFile] = len(rows)
	finder := intake.NewFactFinder(areaNames(letters))
	found := make([]map[intake.Field]tally, len(rows))
	helped := make([]map[intake.Field]tally, len(rows))
	answered := make([]float64, len(rows))
	var wrong []Mistake
	for i, row := range rows {
		s.Step(i+1, len(rows))
		letter := letters[row.Row]
		read := letter.read(finder)
		found[i] = compareFacts(row, read)
		wrong = append(wrong, factMistakes(row, letter, read)...)
		if s.Assist != nil {
			more, err := read.with(ctx, s.Assist)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			answered[i] = number(err == nil)
			helped[i] = compareFacts(row, more)
		}
	}
	for _, field := range intake.Fields() {
		name := "extract." + string(field)
		s.Report.Statistic(name+".f1", len(rows), microF1(found, field, func(t tally) float64 { return t.exact }))
		overlap := microF1(found, field, func(t tally) float64 { return t.overlap })
		s.Report.Statistic(name+".overlap", len(rows), overlap)
		if s.Assist != nil {
			with := microF1(helped, field, func(t tally) float64 { return t.overlap })
			s.Report.Statistic("extract.llm."+string(field)+".overlap", len(rows), with)
			s.Report.Statistic("extract.llm."+string(field)+".gain", len(rows), func(part []int) float64 { return with(part) - overlap(part) })
		}
	}
	if s.Assist != nil {
		s.Report.Rate("extract.llm.answered", answered)
	}
	s.Report.AddMistakes("extract", wrong)
	return nil
}

// tally counts the spans of one field in one message.
type tally struct{ said, wanted, exact, overlap float64 }

func microF1(found []map[intake.Field]tally, field intake.Field, of func(tally) float64) func(rows []int) float64 {
	return func(rows []int) float64 {
		var hit, said, wanted float64
		for _, i := range rows {
			t := found[i][field]
			hit, said, wanted = hit+of(t), said+t.said, wanted+t.wanted
		}
		return f1(hit, said, wanted)
	}
}

// letterRead is a letter with what was found in it, each string once a field.
type letterRead struct {
	title, body string // masked, as the desk has them
	facts       []intake.Fact
	said        map[intake.Field][]string
}

func (r hotlineRow) read(finder *intake.FactFinder) letterRead {
	l := letterRead{title: intake.Masked(r.Title), body: intake.Masked(r.Text), said: map[intake.Field][]string{}}
	l.facts = finder.Facts(l.title, l.body)
	for _, f := range l.facts {
		l.add(f.Field, f.Text)
	}
	return l
}

func (l letterRead) words() string { return l.title + "\n" + l.body }

func (l letterRead) add(field intake.Field, text string) {
	if !slices.Contains(l.said[field], text) {
		l.said[field] = append(l.said[field], text)
	}
}

// with adds what a language model finds beyond, as the desk shows it; without
// an answer nothing is added.
func (l letterRead) with(ctx context.Context, a *Assistant) (letterRead, error) {
	found, err := a.Glean.Glean(ctx, l.title, l.body)
	more := l
	more.said = map[intake.Field][]string{}
	for field, texts := range l.said {
		more.said[field] = slices.Clone(texts)
	}
	for _, g := range intake.Beyond(l.facts, found) {
		more.add(g.Field, g.Text)
	}
	return more, err
}

// wanted gives the spans of a field, each string once, spelt as stored.
func (r spanRow) wanted(field intake.Field) []string {
	var out []string
	for _, s := range r.Spans {
		if w := text.Normalise(s.Text); s.Field == field && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func compareFacts(row spanRow, read letterRead) map[intake.Field]tally {
	words, said := read.words(), read.said
	out := map[intake.Field]tally{}
	for _, field := range intake.Fields() {
		wanted := row.wanted(field)
		t := tally{said: float64(len(said[field])), wanted: float64(len(wanted))}
		for _, w := range wanted {
			t.exact += number(slices.Contains(said[field], w))
		}
		t.overlap = float64(paired(words, said[field], wanted))
		out[field] = t
	}
	return out
}

// paired counts the pairs of a said and a wanted string that somewhere in the
// words share at least half of the characters of the longer one; each string
// stands in one pair, the most alike first.
func paired(words string, said, wanted []string) int {
	type pair struct {
		said, wanted int
		shared       float64
	}
	var pairs []pair
	for i, s := range said {
		for j, w := range wanted {
			if shared := sharedPart(words, s, w); shared >= 0.5 {
				pairs = append(pairs, pair{i, j, shared})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		switch {
		case a.shared > b.shared:
			return -1
		case a.shared < b.shared:
			return 1
		}
		return 0
	})
	usedSaid, usedWanted, n := map[int]bool{}, map[int]bool{}, 0
	for _, p := range pairs {
		if !usedSaid[p.said] && !usedWanted[p.wanted] {
			usedSaid[p.said], usedWanted[p.wanted] = true, true
			n++
		}
	}
	return n
}

// sharedPart is the greatest part of the longer of two strings, in characters,
// that they share where they stand in the words; 1 for the same string.
func sharedPart(words, a, b string) float64 {
	if a == b {
		return 1
	}
	longer := max(len([]rune(a)), len([]rune(b)))
	most := 0
	for _, i := range places(words, a) {
		for _, j := range places(words, b) {
			from, to := max(i, j), min(i+len(a), j+len(b))
			if from < to {
				most = max(most, len([]rune(words[from:to])))
			}
		}
	}
	return float64(most) / float64(longer)
}

// places gives where a string stands in the words, in bytes.
func places(words, s string) []int {
	var out []int
	for at := 0; s != ""; {
		i := strings.Index(words[at:], s)
		if i < 0 {
			break
		}
		out = append(out, at+i)
		at += i + len(s)
	}
	return out
}

// areaNamed finds the name of an area where it stands with its kind; 小区 and the
// like are no areas.
var areaNamed = regexp.MustCompile(`(?:^|[，,。；;：: \n市在])([^\P{Han}在的请我]{2,3}?)(镇|街道|区|市)`)

// kindEnds are ends of what only looks like a name before 区 and 市.
const kindEnds = "小社校园片厂地景库我民超菜问望的"

// areaNames stand for the city's list of areas, which the data has not: what
// its letters call a town, a district or a city, at least as often as
// areaCount. Only the one called a city most often is one.
func areaNames(letters []hotlineRow) []string {
	const areaCount = 4 // fewer are slips, or words that only look so
	counts, cities := map[string]int{}, map[string]int{}
	for _, l := range letters {
		// What stands behind 云汀市 begins anew.
		words := strings.ReplaceAll(l.Title+"\n"+l.Text, "市", "市 ")
		for _, m := range areaNamed.FindAllStringSubmatch(words, -1) {
			if last, _ := utf8.DecodeLastRuneInString(m[1]); strings.ContainsRune(kindEnds, last) {
				continue
			}
			counts[m[1]]++
			if m[2] == "市" {
				cities[m[1]]++
			}
		}
	}
	city := ""
	var names []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if cities[name] > cities[city] {
			city = name
		}
		if counts[name] >= areaCount {
			names = append(names, name)
		}
	}
	return append(names, city+"市")
}

func factMistakes(row spanRow, letter hotlineRow, read letterRead) []Mistake {
	words, said := read.words(), read.said
	var out []Mistake
	for _, field := range intake.Fields() {
		wanted := row.wanted(field)
		if n := paired(words, said[field], wanted); n < len(wanted) || n < len(said[field]) {
			out = append(out, Mistake{
				Text: excerpt(letter.Title, letter.Text), Why: field.Label(),
				Want: strings.Join(wanted, "；"), Got: strings.Join(said[field], "；"),
			})
		}
	}
	return out
}
