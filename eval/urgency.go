package eval

import (
	"context"

	"huying/classifier"
	"huying/intake"
)

const dangerFile = "intake/danger.jsonl"

type dangerRow struct {
	Text    string `json:"text"`
	Urgency string `json:"urgency"`
	Trap    string `json:"trap"`
}

// urgencyProtocol asks whether what is dangerous is called so, and what only
// sounds so is not, with the product's own catalogue and no decision.
func urgencyProtocol() Protocol {
	return Protocol{Name: "urgency", Files: []string{dangerFile}, Run: runUrgency}
}

func runUrgency(ctx context.Context, s *Session) error {
	rows, err := readJSONL[dangerRow](s, dangerFile)
	if err != nil {
		return err
	}
	s.Report.Meta.Rows[dangerFile] = len(rows)
	site, err := starterSite(ctx, s)
	if err != nil {
		return err
	}
	defer site.Close(context.WithoutCancel(ctx))
	said := make([]intake.Urgency, len(rows))
	var wrong []Mistake
	for i, row := range rows {
		s.Step(i+1, len(rows))
		q, err := s.Rig.Queries().Build(ctx, "", row.Text)
		if err != nil {
			return err
		}
		found, err := site.Suggest(ctx, q, classifier.Options{Now: s.Now()})
		if err != nil {
			return err
		}
		said[i] = found.Urgency
		if string(found.Urgency) != row.Urgency {
			wrong = append(wrong, Mistake{Text: excerpt("", row.Text), Want: row.Urgency, Got: string(found.Urgency), Why: found.Reason})
		}
	}
	isA := func(i int) bool { return rows[i].Urgency == "A" }
	saysA := func(i int) bool { return said[i] == intake.UrgencyA }
	s.Report.Statistic("urgency.A.recall", len(rows), share(isA, saysA))
	s.Report.Statistic("urgency.A.precision", len(rows), share(saysA, isA))
	s.Report.Rate("urgency.acc", each(rows, func(i int) bool { return rows[i].Urgency == string(said[i]) }))
	s.Report.Statistic("urgency.trap.false", len(rows), share(func(i int) bool { return rows[i].Trap != "none" }, saysA))
	s.Report.AddMistakes("urgency", wrong)
	return nil
}

// starterSite is a city with the product's own catalogue.
func starterSite(ctx context.Context, s *Session) (Site, error) {
	rows, err := classifier.StarterRows()
	if err != nil {
		return nil, err
	}
	site, _, err := rowsSite(ctx, s, rows)
	return site, err
}

// rowsSite gives a fresh city whose catalogue these rows of the starter
// catalogue's form are.
func rowsSite(ctx context.Context, s *Session, rows []classifier.Row) (Site, *classifier.Catalogue, error) {
	b := classifier.NewBuilder(classifier.StarterKinds())
	for _, r := range rows {
		b.Add(r)
	}
	c, digest, _, err := b.Build(classifier.Version{Name: "starter", ValidFrom: s.Now(), CreatedAt: s.Now()})
	if err != nil {
		return nil, nil, err
	}
	site, err := s.published(ctx, c, digest)
	return site, c, err
}
