package eval

import (
	"math"
	"strings"
	"testing"

	"huying/classifier"
	"huying/intake"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/kb"
)

// helped is a session with a model that says the same to every question of a
// task.
func helped(t *testing.T, answers map[llm.Task]string) *Session {
	t.Helper()
	model, _ := llmtest.New(t, llmtest.By(func(a llmtest.Asked) string { return answers[a.Task()] })).Client(t, nil)
	return &Session{
		Report: newReport(1), step: func(int, int) {},
		Assist: &Assistant{
			Rank: classifier.NewRanker(model), Glean: intake.NewGleaner(model), Fit: kb.NewFitReader(model),
			Write: llm.NewWriter(model, func(t string) []string { return strings.Split(t, "，") }),
		},
	}
}

// figure gives a figure by name, -99 when there is none.
func (r *Report) figure(name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return -99
}

// Of three messages the model puts one right, one wrong, and one as it was.
func TestRankingGainsAndLoses(t *testing.T) {
	found := func(codes ...string) (s classifier.Suggestion) {
		for i, c := range codes {
			s.Candidates = append(s.Candidates, classifier.Candidate{Category: classifier.CategoryID(c), Code: c, Probability: 0.5 - 0.2*float64(i)})
		}
		return s
	}
	rows := []labelled{{Accept: []string{"02"}}, {Accept: []string{"02"}}, {Accept: []string{"01"}}, {Accept: []string{"01"}}}
	all := []classifier.Suggestion{found("01", "02"), found("01", "02"), found("01", "02"), found("01")}
	s := helped(t, map[llm.Task]string{llm.Rank: `{"order":["c2"],"reason":""}`})
	if err := scoreRanked(t.Context(), s, &classifier.Catalogue{}, rows, all); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"catalogue.llm.leaf@1": 0.75, "catalogue.llm.gain@1": 0.25, "catalogue.llm.gain@3": 0, "catalogue.llm.answered": 1} {
		if got := s.Report.figure(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	broken := helped(t, map[llm.Task]string{llm.Rank: `{"order":["c9"],"reason":""}`})
	if err := scoreRanked(t.Context(), broken, &classifier.Catalogue{}, rows[:3], all[:3]); err != nil {
		t.Fatal(err)
	}
	if got := broken.Report.figure("catalogue.llm.gain@1"); got != 0 {
		t.Errorf("refused answers change %v", got)
	}
	if got := broken.Report.figure("catalogue.llm.answered"); got != 0 {
		t.Errorf("answered %v", got)
	}
	if none := (&Session{Report: newReport(1)}); scoreRanked(t.Context(), none, nil, rows, all) != nil || len(none.Report.Figures) != 0 {
		t.Error("figures of a model that is not there")
	}
}

// A draft that is the reply gains over the most alike one; what rests on
// nothing does not count, and a model that is silent changes nothing.
func TestDraftsGainOverLikeReplies(t *testing.T) {
	rows := []repliedRow{
		{"路灯", "路灯不亮", "已更换灯泡，路灯恢复照明。"}, {"路灯", "路灯不亮了", "路灯恢复照明。"}, {"停水", "小区停水", "已恢复供水。"},
	}
	sets := []map[string]bool{{"路灯": true, "不亮": true}, {"路灯": true}, {"停水": true}}
	if like := mostAlike(sets, 0, 2); like[0] != 1 || len(like) != 2 {
		t.Fatalf("like %v", like)
	}
	like := sharedPairs(rows[1].Reply, rows[0].Reply)
	for said, want := range map[string]float64{
		`{"sentences":[{"text":"路灯恢复照明。","from":["s2"]}]}`: 0,     // what the like reply is
		`{"sentences":[{"text":"已赔偿一万元。","from":["s2"]}]}`: -like, // rests on nothing
		`{"sentences":[]}`: 0, // refused
	} {
		s := helped(t, map[llm.Task]string{llm.Draft: said})
		if err := writeDrafts(t.Context(), s, rows, sets, 1); err != nil {
			t.Fatal(err)
		}
		if got := s.Report.figure("drafts.llm.gain"); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: gain %v, want %v", said, got, want)
		}
	}
}

func TestReadingCatchesAndLoses(t *testing.T) {
	answer := func(kind, answer, got string, answered bool) ranked {
		return ranked{recordedAsk{Kind: kind, Answer: answer, Query: "怎么办"}, kb.Result{Answered: answered, Matches: []kb.Match{{Entry: kb.Entry{Code: got}}}}}
	}
	scored := []ranked{answer("para", "a", "a", true), answer("para", "a", "b", true), answer("near", "", "b", true), answer("para", "a", "a", false)}
	for fits, want := range map[string]float64{"yes": 0, "no": 1, "differs": 1} {
		s := helped(t, map[llm.Task]string{llm.Check: `{"fits":"` + fits + `","condition":""}`})
		if err := reportRead(t.Context(), s, scored); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"answers.gov.llm.caught", "answers.gov.llm.lost"} {
			if got := s.Report.figure(name); got != want {
				t.Errorf("%s: %s is %v, want %v", fits, name, got, want)
			}
		}
		if n := len(s.Report.Figures); n != 3 || s.Report.figure("answers.gov.llm.answered") != 1 {
			t.Errorf("%s: %d figures", fits, n)
		}
	}
}
