package eval

import (
	"context"

	"huying/internal/id"
	"huying/internal/query"
	"huying/kb"
)

const (
	govEntriesFile   = "kb/gov_entries.jsonl"
	govQueriesFile   = "kb/gov_queries.jsonl"
	faqQuestionsFile = "kb/faq_covid_questions.jsonl"
	faqQueriesFile   = "kb/faq_covid_queries.jsonl"
)

type recordedEntry struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Unit     string `json:"unit"`
	Topic    string `json:"topic"`
}

type recordedAsk struct {
	Query  string `json:"query"`
	Answer string `json:"answer"` // an entry's id; empty: none answers it
	Kind   string `json:"kind"`
}

// ranked is an ask with what came back.
type ranked struct {
	ask    recordedAsk
	result kb.Result
}

// depth is how many matches are looked at for the reciprocal rank.
const depth = 10

// rank gives where the right entry stands, from 1; 0 when it is not among the
// matches.
func (r ranked) rank() int {
	for i, m := range r.result.Matches {
		if m.Entry.Code == r.ask.Answer {
			return i + 1
		}
	}
	return 0
}

func govProtocol() Protocol {
	return Protocol{Name: "answers.gov", Files: []string{govEntriesFile, govQueriesFile}, Run: runGov}
}

func faqProtocol() Protocol {
	return Protocol{Name: "answers.faq", Files: []string{faqQuestionsFile, faqQueriesFile}, Run: runFAQ}
}

// answerable are the kinds of recorded asks that an entry answers.
func (a recordedAsk) answerable() bool { return a.Kind == "para" || a.Kind == "multi" }

func runGov(ctx context.Context, s *Session) error {
	site, asks, err := library(ctx, s, govEntriesFile, govQueriesFile)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	queries, err := askQueries(ctx, s, asks)
	if err != nil {
		return err
	}
	found, err := askAll(ctx, s, site, asks, queries)
	if err != nil {
		return err
	}
	var ranks []ranked
	for _, f := range found {
		if f.ask.answerable() {
			ranks = append(ranks, f)
		}
	}
	reportRanks(s.Report, "answers.gov", ranks)
	return runPolicy(ctx, s, site, found, queries)
}

func runFAQ(ctx context.Context, s *Session) error {
	site, all, err := library(ctx, s, faqQuestionsFile, faqQueriesFile)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	var asks []recordedAsk
	for _, a := range all {
		if a.Answer != "" {
			asks = append(asks, a)
		}
	}
	queries, err := askQueries(ctx, s, asks)
	if err != nil {
		return err
	}
	found, err := askAll(ctx, s, site, asks, queries)
	if err != nil {
		return err
	}
	reportRanks(s.Report, "answers.faq", found)
	return nil
}

// library gives a city whose knowledge base holds the entries of a file, and
// the asks of another.
func library(ctx context.Context, s *Session, entriesFile, asksFile string) (Site, []recordedAsk, error) {
	entries, err := readJSONL[recordedEntry](s, entriesFile)
	if err != nil {
		return nil, nil, err
	}
	asks, err := readJSONL[recordedAsk](s, asksFile)
	if err != nil {
		return nil, nil, err
	}
	s.Report.Meta.Rows[entriesFile], s.Report.Meta.Rows[asksFile] = len(entries), len(asks)
	site, err := s.Rig.Site(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := site.AddEntries(ctx, knowledge(s, entries)); err != nil {
		site.Close(context.WithoutCancel(ctx))
		return nil, nil, err
	}
	return site, asks, nil
}

// knowledge makes entries to store. The area of a recorded entry is a name of
// another city's, so it stays within question and answer.
func knowledge(s *Session, rows []recordedEntry) []kb.Entry {
	entries := make([]kb.Entry, len(rows))
	for i, r := range rows {
		answer := r.Answer
		if answer == "" {
			answer = r.Question
		}
		entries[i] = kb.Entry{
			ID: id.New[kb.EntryID](), Code: r.ID, Version: 1, State: kb.EntryPublished,
			Question: r.Question, Answer: answer, Unit: r.Unit, Topic: r.Topic, UpdatedAt: s.Now(),
		}
	}
	return entries
}

func askQueries(ctx context.Context, s *Session, asks []recordedAsk) ([]query.Query, error) {
	sources := make([]query.Source, len(asks))
	for i, a := range asks {
		sources[i].Body = a.Query
	}
	return s.Rig.Queries().BuildAll(ctx, sources, s.Step)
}

func askAll(ctx context.Context, s *Session, site Site, asks []recordedAsk, queries []query.Query) ([]ranked, error) {
	found := make([]ranked, len(asks))
	for i, q := range queries {
		s.Step(i+1, len(asks))
		r, err := askOne(ctx, s, site, q)
		if err != nil {
			return nil, err
		}
		found[i] = ranked{asks[i], r}
	}
	return found, nil
}

func askOne(ctx context.Context, s *Session, site Site, q query.Query) (kb.Result, error) {
	return site.Ask(ctx, q, kb.Options{Now: s.Now(), Matches: depth})
}

func reportRanks(r *Report, name string, found []ranked) {
	for _, k := range []int{1, 3} {
		r.Rate(atK(name+".r", k), each(found, func(i int) bool {
			rank := found[i].rank()
			return rank > 0 && rank <= k
		}))
	}
	reciprocal := make([]float64, len(found))
	var wrong []Mistake
	for i, f := range found {
		if rank := f.rank(); rank > 0 {
			reciprocal[i] = 1 / float64(rank)
		}
		if f.rank() != 1 {
			m := Mistake{Text: excerpt("", f.ask.Query), Want: f.ask.Answer}
			if len(f.result.Matches) > 0 {
				best := f.result.Matches[0]
				m.Got, m.Sure, m.Why = best.Entry.Code, best.Score, best.Phrasing
			}
			wrong = append(wrong, m)
		}
	}
	r.Rate(name+".mrr", reciprocal)
	r.AddMistakes(name, wrong)
}
