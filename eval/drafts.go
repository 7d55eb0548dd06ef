package eval

import (
	"context"
	"regexp"
	"strings"

	"huying/intake"
	"huying/internal/llm"
	"huying/internal/text"
)

const repliesFile = "kb/teddy_replies.jsonl"

// repliedRow is a message with the reply that it got.
type repliedRow struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Reply string `json:"reply"`
}

const (
	// repliesChecked are looked at by the rule, repliesDrafted are drafted by a
	// model: each costs a long answer.
	repliesChecked = 300
	repliesDrafted = 60
	likeReplies    = 3
)

// draftsProtocol asks how well the rule for drafts tells what rests on a source
// from what does not, and what a language model makes of like replies.
func draftsProtocol() Protocol {
	return Protocol{Name: "drafts", Files: []string{repliesFile}, Run: runDrafts}
}

func runDrafts(ctx context.Context, s *Session) error {
	rows, err := readJSONL[repliedRow](s, repliesFile)
	if err != nil {
		return err
	}
	s.Report.Meta.Rows[repliesFile] = len(rows)
	segments, err := text.NewSegmenter()
	if err != nil {
		return err
	}
	words := func(t string) []string { return segments.Content(segments.Tokens(t)) }
	sets := make([]map[string]bool, len(rows))
	for i, r := range rows {
		sets[i] = map[string]bool{}
		for _, w := range words(r.Title + "\n" + r.Text) {
			sets[i][w] = true
		}
	}
	checkDrafts(s, llm.Grounds{Words: words}, rows, sets)
	if s.Assist == nil {
		return nil
	}
	return writeDrafts(ctx, s, rows, sets, min(len(rows), repliesDrafted))
}

var (
	someFigure = regexp.MustCompile(`[0-9]`)
	turnable   = regexp.MustCompile(`不(能|予|得|属于|符合|存在|可|会|需)`)
)

// checkDrafts holds sentences of real replies against their own reply, which
// must bear them, against the reply to the most alike message, which must not,
// and changed in a figure or turned round, against their own.
func checkDrafts(s *Session, rule llm.Grounds, rows []repliedRow, sets []map[string]bool) {
	var own, strange, changed, turned []float64
	n := min(len(rows), repliesChecked)
	for i, r := range rows[:n] {
		s.Step(i+1, n)
		source := []llm.Source{{Text: r.Reply}}
		other := []llm.Source{{Text: rows[mostAlike(sets, i, 1)[0]].Reply}}
		for _, sentence := range text.Sentences(r.Reply) {
			if len([]rune(sentence)) < 12 { // 特此回复。
				continue
			}
			own = append(own, number(len(rule.Lacks(sentence, source)) == 0))
			if !strings.Contains(other[0].Text, sentence) {
				strange = append(strange, number(len(rule.Lacks(sentence, other)) > 0))
			}
			if at := someFigure.FindStringIndex(sentence); at != nil {
				wrong := sentence[:at[0]] + string('0'+(sentence[at[0]]-'0'+3)%10) + sentence[at[1]:]
				changed = append(changed, number(len(rule.Lacks(wrong, source)) > 0))
			}
			if m := turnable.FindStringSubmatchIndex(sentence); m != nil {
				wrong := sentence[:m[0]] + sentence[m[2]:]
				turned = append(turned, number(len(rule.Lacks(wrong, source)) > 0))
			}
		}
	}
	s.Report.Rate("drafts.own.kept", own)
	s.Report.Rate("drafts.strange.stopped", strange)
	s.Report.Rate("drafts.figure.stopped", changed)
	s.Report.Rate("drafts.turned.stopped", turned)
}

// mostAlike gives the rows whose messages share most words with one, itself
// excepted.
func mostAlike(sets []map[string]bool, i, k int) []int {
	best, scores := make([]int, 0, k+1), make([]float64, 0, k+1)
	for j := range sets {
		if j == i {
			continue
		}
		both := 0
		for w := range sets[i] {
			if sets[j][w] {
				both++
			}
		}
		score := float64(both) / float64(len(sets[i])+len(sets[j])-both+1)
		at := len(best)
		for at > 0 && scores[at-1] < score {
			at--
		}
		best, scores = append(best[:at], append([]int{j}, best[at:]...)...), append(scores[:at], append([]float64{score}, scores[at:]...)...)
		if len(best) > k {
			best, scores = best[:k], scores[:k]
		}
	}
	return best
}

// writeDrafts lets a model draft for the first n rows from the citizen's words and like replies, and
// holds what it may keep against the real reply: by pairs of characters, beside
// the most alike reply as it stands, which is what a draft is without a model.
func writeDrafts(ctx context.Context, s *Session, rows []repliedRow, sets []map[string]bool, n int) error {
	var answered, supported, with, gain []float64
	for i, r := range rows[:n] {
		s.Step(i+1, n)
		like := mostAlike(sets, i, likeReplies)
		sources := []llm.Source{{Name: "诉求人的话", Text: intake.Masked(r.Title + "\n" + r.Text)}}
		for _, j := range like {
			sources = append(sources, llm.Source{Name: "相近的已办工单", Text: intake.Masked(rows[j].Reply), Pattern: true})
		}
		sentences, err := s.Assist.Write.Write(ctx, llm.Brief{
			Task: llm.Draft, Prompt: "eval-1", Work: "承办单位给诉求人的答复", Most: 8, About: sources[0].Text, Sources: sources,
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		answered = append(answered, number(err == nil))
		var kept strings.Builder
		for _, sentence := range sentences {
			supported = append(supported, number(sentence.Supported()))
			if sentence.Supported() {
				kept.WriteString(sentence.Text)
			}
		}
		without := sharedPairs(rows[like[0]].Reply, r.Reply)
		score := without // without an answer the draft is what it was
		if err == nil {
			score = sharedPairs(kept.String(), r.Reply)
		}
		with, gain = append(with, score), append(gain, score-without)
	}
	s.Report.Rate("drafts.llm.answered", answered)
	s.Report.Rate("drafts.llm.supported", supported)
	s.Report.Rate("drafts.llm.shared", with)
	s.Report.Rate("drafts.llm.gain", gain)
	return nil
}

// sharedPairs is the F1 of the pairs of characters of two texts, each pair as
// often as it stands there (ROUGE-2; Lin, 2004).
func sharedPairs(said, wanted string) float64 {
	count := func(t string) (map[string]int, int) {
		r, out := []rune(strings.Join(strings.Fields(t), "")), map[string]int{}
		for i := range max(0, len(r)-1) {
			out[string(r[i:i+2])]++
		}
		return out, max(0, len(r)-1)
	}
	a, n := count(said)
	b, m := count(wanted)
	both := 0
	for pair, k := range a {
		both += min(k, b[pair])
	}
	return f1(float64(both), float64(n), float64(m))
}
