package classifier

import (
	"slices"
	"testing"

	"huying/intake"
	"huying/internal/embed/embedtest"
	"huying/internal/learn"
	"huying/internal/query"
	"huying/internal/text"
)

func TestOwnTextsAreLabelledWhole(t *testing.T) {
	said, err := saidTexts()
	if err != nil {
		t.Fatal(err)
	}
	types, urgencies, seen := map[intake.Type]int{}, map[intake.Urgency]int{}, map[string]bool{}
	for _, s := range said {
		if !slices.Contains(typeClasses, s.Type) || !slices.Contains(urgencyClasses, s.Urgency) {
			t.Errorf("%q is labelled %q, %q", s.Text, s.Type, s.Urgency)
		}
		if seen[s.Text] && s.Contrast {
			t.Errorf("%q stands twice", s.Text)
		}
		seen[s.Text] = true
		types[s.Type]++
		urgencies[s.Urgency]++
	}
	for _, c := range typeClasses {
		if types[c] < 50 {
			t.Errorf("only %d texts of type %s", types[c], c)
		}
	}
	for _, c := range urgencyClasses {
		if urgencies[c] < 200 {
			t.Errorf("only %d texts of urgency %s", urgencies[c], c)
		}
	}
}

// TestDangerIsHeardWithoutItsWords trains without every fifth text and asks
// for those. Danger must be found more surely than false alarm avoided.
func TestDangerIsHeardWithoutItsWords(t *testing.T) {
	said, err := saidTexts()
	if err != nil {
		t.Fatal(err)
	}
	queries := realQueries(t)
	var kept []saidText
	var asked []query.Query
	var truth []intake.Urgency
	for i, s := range said {
		if !s.Contrast && i%10 != 0 { // the harmless majority need not be whole
			continue
		}
		q, err := queries.Build(t.Context(), "", s.Text)
		if err != nil {
			t.Fatal(err)
		}
		if s.Vector = q.Vector; s.Contrast && i%5 == 0 {
			asked, truth = append(asked, q), append(truth, s.Urgency)
			continue
		}
		kept = append(kept, s)
	}
	m, err := newIntents(kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	reader := intake.NewReader()
	var dangers, found, harmless, alarms int
	for i, q := range asked {
		in := m.read(prediction{query: q, grams: learn.Grams(query.Fold(q.Text())), view: q.Vector}, reader.Read(q.Title, q.Body).Type)
		switch truth[i] {
		case intake.UrgencyA:
			dangers++
			if in.Urgency == intake.UrgencyA {
				found++
			}
		case intake.UrgencyC:
			harmless++
			if in.Urgency == intake.UrgencyA {
				alarms++
			}
		}
	}
	t.Logf("found %d of %d dangers, false alarms %d of %d", found, dangers, alarms, harmless)
	if dangers < 50 || 100*found < 90*dangers {
		t.Errorf("found %d of %d dangers", found, dangers)
	}
	if harmless < 50 || 100*alarms > 20*harmless {
		t.Errorf("%d false alarms in %d", alarms, harmless)
	}
}

// realQueries prepares texts with the real segmenter and model.
func realQueries(t *testing.T) *query.Builder {
	t.Helper()
	segmenter, err := text.NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	return query.NewBuilder(segmenter, embedtest.Local(t))
}
