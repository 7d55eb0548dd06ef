package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
	"huying/internal/query"
)

const (
	catalogueFile = "catalogue/db44t2479-2024.csv"
	messagesFile  = "routing/db44_messages.jsonl"
)

// labelled is a row of routing/db44_messages.jsonl.
type labelled struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Text       string   `json:"text"`
	Code       string   `json:"code"`
	Accept     []string `json:"accept"`
	Type       string   `json:"type"`
	Lead       string   `json:"lead"`
	LeadAccept []string `json:"lead_accept"`
	Co         []string `json:"co"`
	Urgent     bool     `json:"urgent"`
}

// catalogueProtocol measures a cold start: the catalogue with the product's
// starter content and not one confirmed decision; then, prequentially, what
// the first K decisions gain.
func catalogueProtocol() Protocol {
	return Protocol{Name: "catalogue", Files: []string{catalogueFile, messagesFile}, Run: runCatalogue}
}

// readCatalogue puts the file's names and scopes together with the starter
// content of the same codes.
func readCatalogue(s *Session) (*classifier.Catalogue, [32]byte, error) {
	rows, err := readCSV(s, catalogueFile, "code", "level1", "level2", "level3", "scope")
	if err != nil {
		return nil, [32]byte{}, err
	}
	starter, err := classifier.StarterRows()
	if err != nil {
		return nil, [32]byte{}, err
	}
	b := classifier.NewBuilder(classifier.StarterKinds())
	codes := map[string]bool{}
	for i, row := range rows {
		codes[row["code"]] = true
		b.Add(classifier.Row{
			Line:     i + 2,
			Position: -1,
			Code:     row["code"],
			Names:    []string{row["level1"], row["level2"], row["level3"]},
			Scope:    row["scope"],
		})
	}
	for _, r := range starter {
		if codes[r.Code] {
			r.Names = nil
			b.Add(r)
		}
	}
	c, digest, _, err := b.Build(classifier.Version{Name: "DB44/T 2479-2024", ValidFrom: s.Now(), CreatedAt: s.Now()})
	if err == nil {
		s.Report.Meta.Catalogue = c.Version.Name
	}
	return c, digest, err
}

func runCatalogue(ctx context.Context, s *Session) error {
	rows, err := readJSONL[labelled](s, messagesFile)
	if err != nil {
		return err
	}
	s.Report.Meta.Rows[messagesFile] = len(rows)
	c, digest, err := readCatalogue(s)
	if err != nil {
		return err
	}
	site, err := s.published(ctx, c, digest)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	queries := make([]query.Query, len(rows))
	found := make([]classifier.Suggestion, len(rows))
	for i, row := range rows {
		s.Step(i, len(rows))
		if queries[i], err = s.Rig.Queries().Build(ctx, row.Title, row.Text); err != nil {
			return err
		}
		if found[i], err = site.Suggest(ctx, queries[i], classifier.Options{Now: s.Now()}); err != nil {
			return err
		}
	}
	scoreCatalogue(s.Report, c, rows, found)
	scoreDoubt(s, rows, found)
	if err := scoreRanked(ctx, s, c, rows, found); err != nil {
		return err
	}
	return warmCatalogue(ctx, s, site, c, rows, queries)
}

func scoreCatalogue(r *Report, c *classifier.Catalogue, rows []labelled, found []classifier.Suggestion) {
	for _, k := range []int{1, 3, 5} {
		r.Rate(atK("catalogue.leaf", k), each(rows, func(i int) bool { return leafWithin(rows[i], found[i], k) }))
	}
	r.Rate("catalogue.level2@1", each(rows, func(i int) bool { return sameLevel(c, rows[i], found[i], 2) }))
	r.Rate("catalogue.level1@1", each(rows, func(i int) bool { return sameLevel(c, rows[i], found[i], 1) }))
	for _, k := range []int{1, 3} {
		r.Rate(atK("catalogue.lead", k), each(rows, func(i int) bool {
			for _, l := range found[i].Leads[:min(k, len(found[i].Leads))] {
				if slices.Contains(rows[i].LeadAccept, string(l.Kind)) {
					return true
				}
			}
			return false
		}))
	}
	r.Statistic("catalogue.co.f1", len(rows), func(part []int) float64 {
		var hit, said, wanted float64
		for _, i := range part {
			co := coKinds(found[i])
			for _, k := range co {
				if slices.Contains(rows[i].Co, string(k)) {
					hit++
				}
			}
			said += float64(len(co))
			wanted += float64(len(rows[i].Co))
		}
		return f1(hit, said, wanted)
	})
	r.Rate("catalogue.type.acc", each(rows, func(i int) bool {
		return rows[i].Type != "" && strings.HasSuffix(string(found[i].Type), rows[i].Type) // 建议 is short for 意见建议
	}))
	urgent := func(i int) bool { return found[i].Urgency == "A" }
	r.Statistic("catalogue.urgent.recall", len(rows), share(func(i int) bool { return rows[i].Urgent }, urgent))
	r.Statistic("catalogue.urgent.precision", len(rows), share(urgent, func(i int) bool { return rows[i].Urgent }))
	catalogueMistakes(r, c, rows, found)
}

// scoreRanked measures what a language model's order of the candidates changes;
// where it does not answer, the order stays.
func scoreRanked(ctx context.Context, s *Session, c *classifier.Catalogue, rows []labelled, found []classifier.Suggestion) error {
	if s.Assist == nil {
		return nil
	}
	ranked, answered := slices.Clone(found), make([]float64, len(rows))
	for i, row := range rows {
		s.Step(i, len(rows))
		ranking, err := s.Assist.Rank.Rank(ctx, found[i], intake.Masked(row.Title), intake.Masked(row.Text), c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if answered[i] = number(err == nil); err == nil {
			ranked[i] = ranking.Of(found[i])
		}
	}
	for _, k := range []int{1, 3} {
		with := each(rows, func(i int) bool { return leafWithin(rows[i], ranked[i], k) })
		without := each(rows, func(i int) bool { return leafWithin(rows[i], found[i], k) })
		s.Report.Rate(atK("catalogue.llm.leaf", k), with)
		for i := range with {
			without[i] = with[i] - without[i]
		}
		s.Report.Rate(atK("catalogue.llm.gain", k), without)
	}
	s.Report.Rate("catalogue.llm.answered", answered)
	return nil
}

func leafWithin(row labelled, s classifier.Suggestion, k int) bool {
	for _, c := range s.Candidates[:min(k, len(s.Candidates))] {
		if slices.Contains(row.Accept, c.Code) {
			return true
		}
	}
	return false
}

// sameLevel reports whether the first candidate shares the names down to the
// level with an accepted leaf.
func sameLevel(c *classifier.Catalogue, row labelled, s classifier.Suggestion, level int) bool {
	if len(s.Candidates) == 0 {
		return false
	}
	got, ok := c.Category(s.Candidates[0].Category)
	if !ok {
		return false
	}
	for _, leaf := range c.Leaves() {
		if slices.Contains(row.Accept, leaf.Code) && slices.Equal(head(leaf.Path, level), head(got.Path, level)) {
			return true
		}
	}
	return false
}

func head(path []string, n int) []string { return path[:min(n, len(path))] }

func coKinds(s classifier.Suggestion) []org.UnitKind {
	if len(s.Candidates) == 0 {
		return nil
	}
	return s.Candidates[0].Co
}

func catalogueMistakes(r *Report, c *classifier.Catalogue, rows []labelled, found []classifier.Suggestion) {
	names := map[string]string{}
	for _, leaf := range c.Leaves() {
		names[leaf.Code] = leaf.Name
	}
	var wrong []Mistake
	for i, s := range found {
		if len(s.Candidates) == 0 || leafWithin(rows[i], s, 1) {
			continue
		}
		top := s.Candidates[0]
		wrong = append(wrong, Mistake{
			Text: excerpt(rows[i].Title, rows[i].Text), Want: names[rows[i].Code], Got: top.Name,
			Sure: top.Probability, Why: strings.TrimPrefix(evidence(top)+"；"+placed(rows[i], s), "；"),
		})
	}
	r.AddMistakes("catalogue", wrong)
}

// placed says where among the candidates what is right was.
func placed(row labelled, s classifier.Suggestion) string {
	for i, c := range s.Candidates {
		if slices.Contains(row.Accept, c.Code) {
			return fmt.Sprintf("应为的排在第 %d", i+1)
		}
	}
	return "候选中没有应为的"
}

// warmCatalogue confirms the first K messages one by one and scores the rest.
func warmCatalogue(ctx context.Context, s *Session, site Site, c *classifier.Catalogue, rows []labelled, queries []query.Query) error {
	byCode := map[string]classifier.CategoryID{}
	for _, leaf := range c.Leaves() {
		if _, taken := byCode[leaf.Code]; !taken {
			byCode[leaf.Code] = leaf.ID
		}
	}
	confirmed := 0
	for _, k := range []int{50, 100, 150} {
		if k >= len(rows) {
			break
		}
		var batch []Confirmed
		for ; confirmed < k; confirmed++ {
			if leaf, ok := byCode[rows[confirmed].Code]; ok {
				batch = append(batch, Confirmed{Query: queries[confirmed], Category: leaf, Lead: rows[confirmed].Lead, At: s.Now()})
			}
		}
		if err := site.Learn(ctx, batch, true); err != nil {
			return err
		}
		rest := rows[k:]
		hits := make([]float64, len(rest))
		for i := range rest {
			s.Step(k+i, len(rows))
			found, err := site.Suggest(ctx, queries[k+i], classifier.Options{Now: s.Now()})
			if err != nil {
				return err
			}
			hits[i] = number(leafWithin(rest[i], found, 1))
		}
		s.Report.Rate(atK("catalogue.warm", k)+".leaf@1", hits)
	}
	return nil
}
