package eval

import (
	"context"
	"math/rand/v2"
	"slices"

	"huying/intake"
	"huying/internal/query"
	"huying/kb"
)

// policyFolds is how many parts the entries are cut into: the policy learns
// from one and is scored on the other, then the other way round.
const policyFolds = 2

// runPolicy measures whether the machine knows when to answer. An ask belongs
// to the fold of its entry, or of the entry that came first when none answers
// it; so nothing is known of a scored entry but its wording. found is what the
// shipped policy gave, whose sights are the labels.
func runPolicy(ctx context.Context, s *Session, site Site, found []ranked, queries []query.Query) error {
	outside, err := outsideQueries(ctx, s)
	if err != nil {
		return err
	}
	fold := foldsByEntry(found, s.Seed)
	scored := slices.Clone(found)
	var strangers []kb.Result // what the outside messages got, under each fold's policy
	for f := range policyFolds {
		var labels []kb.Label
		for i, r := range found {
			if fold[i] != f {
				labels = append(labels, r.labels()...)
			}
		}
		if err := site.Refit(ctx, labels); err != nil {
			return err
		}
		for i := range found {
			if fold[i] == f {
				if scored[i].result, err = askOne(ctx, s, site, queries[i]); err != nil {
					return err
				}
			}
		}
		for i, q := range outside {
			s.Step(i+1, len(outside))
			r, err := askOne(ctx, s, site, q)
			if err != nil {
				return err
			}
			strangers = append(strangers, r)
		}
	}
	reportPolicy(s.Report, scored)
	if err := reportRead(ctx, s, scored); err != nil {
		return err
	}
	if len(outside) > 0 {
		s.Report.Rate("answers.outside", each(strangers, func(i int) bool { return strangers[i].Answered }))
	}
	return nil
}

// labels is what is known of an ask, as a person's mark would tell it.
func (r ranked) labels() []kb.Label {
	if len(r.result.Sight) == 0 {
		return nil
	}
	first := r.result.Matches[0].Entry
	return []kb.Label{{Sight: r.result.Sight, Right: r.rank() == 1, Entry: first.Code, Unit: first.Unit}}
}

// foldsByEntry gives each ask its fold.
func foldsByEntry(found []ranked, seed int64) []int {
	entry := func(r ranked) string {
		if r.ask.Answer == "" && len(r.result.Matches) > 0 {
			return r.result.Matches[0].Entry.Code
		}
		return r.ask.Answer
	}
	var codes []string
	for _, r := range found {
		if c := entry(r); !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	slices.Sort(codes)
	of := map[string]int{}
	for k, i := range rand.New(rand.NewPCG(uint64(seed), 2)).Perm(len(codes)) {
		of[codes[i]] = k % policyFolds
	}
	out := make([]int, len(found))
	for i, r := range found {
		out[i] = of[entry(r)]
	}
	return out
}

// outsideQueries are real complaints, none of which the entries answer; none
// when the file is missing.
func outsideQueries(ctx context.Context, s *Session) ([]query.Query, error) {
	if len(missingFiles(s.Dir, []string{labelTestFile})) > 0 {
		s.Report.Skip("answers.outside", "缺少文件 "+labelTestFile)
		return nil, nil
	}
	rows, err := readJSONL[labelTest](s, labelTestFile)
	if err != nil {
		return nil, err
	}
	sources := make([]query.Source, len(rows))
	for i, r := range rows {
		sources[i] = query.Source{Title: r.Title, Body: r.Text}
	}
	return s.Rig.Queries().BuildAll(ctx, sources, s.Step)
}

func reportPolicy(r *Report, scored []ranked) {
	right := func(i int) bool { return scored[i].result.Answered && scored[i].rank() == 1 }
	answered := func(i int) bool { return scored[i].result.Answered }
	answerable := func(i int) bool { return scored[i].ask.answerable() }
	of := func(kind string) func(int) bool { return func(i int) bool { return scored[i].ask.Kind == kind } }
	n := len(scored)
	r.Statistic("answers.gov.coverage@98", n, share(answerable, right))
	r.Statistic("answers.gov.precision", n, share(answered, right))
	r.Statistic("answers.gov.wrong.near", n, share(of("near"), answered))
	r.Statistic("answers.gov.wrong.case", n, share(of("case"), answered))
	cut := func(i int) bool { return scored[i].result.Parts != nil }
	r.Statistic("answers.gov.split.f1", n, func(rows []int) float64 {
		var hit, said, wanted float64
		for _, i := range rows {
			double := scored[i].ask.Kind == "multi"
			said, wanted, hit = said+number(cut(i)), wanted+number(double), hit+number(cut(i) && double)
		}
		return f1(hit, said, wanted)
	})
	var wrong []Mistake
	for i, s := range scored {
		if answered(i) && !right(i) {
			best := s.result.Matches[0]
			wrong = append(wrong, Mistake{
				Text: excerpt("", s.ask.Query), Want: s.ask.Answer, Got: best.Entry.Code, Sure: best.Score, Why: best.Phrasing,
			})
		}
	}
	r.AddMistakes("answers.policy", wrong)
}

// reportRead measures what a language model's reading of the answers given is
// worth: how many wrong ones it takes back, and how many right ones.
func reportRead(ctx context.Context, s *Session, scored []ranked) error {
	if s.Assist == nil {
		return nil
	}
	var caught, lost, answered []float64
	for i, r := range scored {
		s.Step(i+1, len(scored))
		if !r.result.Answered || len(r.result.Matches) == 0 {
			continue
		}
		reading, err := s.Assist.Fit.Read(ctx, intake.Masked(r.ask.Query), r.result.Matches[0].Entry, "全市")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		answered = append(answered, number(err == nil))
		lowered := number(err == nil && reading.Lower(kb.ToldAnswer) != kb.ToldAnswer)
		if r.ask.answerable() && r.rank() == 1 {
			lost = append(lost, lowered)
		} else {
			caught = append(caught, lowered)
		}
	}
	s.Report.Rate("answers.gov.llm.caught", caught)
	s.Report.Rate("answers.gov.llm.lost", lost)
	s.Report.Rate("answers.gov.llm.answered", answered)
	return nil
}
