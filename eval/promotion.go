package eval

import (
	"context"

	"huying/internal/query"
)

// Heard is an ask on the stream with what was replied to it.
type Heard struct {
	Query query.Query
	Reply string // empty: nobody could answer
}

func promotionProtocol() Protocol {
	return Protocol{Name: "promotion", Files: []string{govEntriesFile, govQueriesFile}, Run: runPromotion}
}

// runPromotion lets every query come in from a caller of its own, in the order
// of the file, answered in the words of its entry, into a knowledge base that
// is empty, and looks at what is proposed. What no entry answers comes in too,
// and gets no reply.
func runPromotion(ctx context.Context, s *Session) error {
	entries, err := readJSONL[recordedEntry](s, govEntriesFile)
	if err != nil {
		return err
	}
	asks, err := readJSONL[recordedAsk](s, govQueriesFile)
	if err != nil {
		return err
	}
	s.Report.Meta.Rows[govEntriesFile], s.Report.Meta.Rows[govQueriesFile] = len(entries), len(asks)
	replies := map[string]string{}
	for _, e := range entries {
		replies[e.ID] = e.Answer
	}
	sources := make([]query.Source, len(asks))
	for i, a := range asks {
		sources[i].Body = a.Query
	}
	queries, err := s.Rig.Queries().BuildAll(ctx, sources, s.Step)
	if err != nil {
		return err
	}
	stream := make([]Heard, len(asks))
	for i, a := range asks {
		stream[i] = Heard{queries[i], replies[a.Answer]}
	}
	site, err := s.Rig.Site(ctx)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	drafts, err := site.Promote(ctx, stream)
	if err != nil {
		return err
	}
	reportPromotion(s.Report, asks, drafts)
	return nil
}

// askers is how many must ask an entry before it can be proposed.
const askers = 3

// reportPromotion takes each draft as the rows behind it. A draft is right when
// all of them have one answer; an entry is found when a right draft has it.
func reportPromotion(r *Report, asks []recordedAsk, drafts [][]int) {
	asked := map[string]int{}
	var names []string
	for _, a := range asks {
		if a.Answer == "" {
			continue
		}
		if asked[a.Answer]++; asked[a.Answer] == askers {
			names = append(names, a.Answer)
		}
	}
	found := map[string]bool{}
	var wrong []Mistake
	right := each(drafts, func(i int) bool {
		rows := drafts[i]
		first := asks[rows[0]]
		for _, row := range rows[1:] {
			if other := asks[row]; other.Answer != first.Answer {
				wrong = append(wrong, Mistake{Text: excerpt("", first.Query), Want: first.Answer, Got: other.Answer, Why: excerpt("", other.Query)})
				return false
			}
		}
		found[first.Answer] = first.Answer != ""
		return first.Answer != ""
	})
	r.Rate("promotion.precision", right)
	r.Rate("promotion.recall", each(names, func(i int) bool { return found[names[i]] }))
	for _, name := range names {
		if !found[name] {
			wrong = append(wrong, Mistake{Text: name, Want: name})
		}
	}
	r.AddMistakes("promotion", wrong)
}
