package kb

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func samenessForTest(t *testing.T) sameness { return sameness{weightsForTest(t)} }

// told makes an answered round; what is on one subject has one vector.
func told(caller, question, answer string, subject int) Round {
	v := make([]float32, 8)
	v[subject] = 1
	return Round{
		ID: RoundID(caller + question), Kind: Answered, Caller: caller, Body: question, Answer: answer,
		Vector: v, AnswerVector: v,
	}
}

const permit = "带身份证和居住证到派出所办理续签，当场办结，不收费。"

func TestGroupIsWeighed(t *testing.T) {
	s := samenessForTest(t)
	asks := []string{"居住证怎么续签", "居住证到期了在哪里续", "想续签居住证要带什么"}
	three := func(answers ...string) []Round {
		var out []Round
		for i, a := range answers {
			out = append(out, told(fmt.Sprint("p", i), asks[i%len(asks)]+strings.Repeat("呢", i/len(asks)), a, 0))
		}
		return out
	}
	var more []Round
	for i := range 3 {
		more = append(more, told(fmt.Sprint("q", i), asks[i], strings.Replace(permit, "续签", "注销", 1), 0))
	}
	tests := []struct {
		name     string
		rounds   []Round
		ok       bool
		callers  int
		versions int
		answer   string
	}{
		{"three callers, one answer", three(permit, permit, permit), true, 3, 0, permit},
		{"two callers", three(permit, permit), false, 0, 0, ""},
		{"one caller again and again counts once", append(three(permit, permit), told("p1", "居住证续签", permit, 0), told("p1", "续签居住证", permit, 0)), false, 0, 0, ""},
		{"in other words", three(permit, "续签当场办结，不收费。带身份证和居住证到派出所办理。", permit), true, 3, 0, permit},
		{"another fee is a contradiction", three(permit, permit, permit, "带身份证和居住证到派出所办理续签，当场办结，收取工本费20元。"), true, 4, 2, permit},
		{"one against one, and a third", three(permit, "带身份证和居住证到派出所办理续签，当场办结，收取工本费20元。", "带身份证和居住证到派出所办理续签，15个工作日办结，不收费。"), true, 3, 2, ""},
		{"two standard answers are not made one", append(three(permit, permit, permit, permit), more...), true, 7, 2, ""},
		{"a reply about something else is no evidence", append(three(permit, permit), told("p9", "居住证怎么续签", "公积金贷款请到中心窗口申请。", 3)), false, 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _, ok := s.weigh(tt.rounds)
			if ok != tt.ok || w.Callers != tt.callers || len(w.Versions) != tt.versions {
				t.Fatalf("ok %v, %d callers, %d versions; want %v, %d, %d", ok, w.Callers, len(w.Versions), tt.ok, tt.callers, tt.versions)
			}
			if tt.answer != "" && w.Answer() != tt.answer {
				t.Errorf("answer %q, want %q", w.Answer(), tt.answer)
			}
			if ok && !slices.Contains(asks, w.Question) {
				t.Errorf("the question %q is nobody's", w.Question)
			}
		})
	}
}

// TestAnswerIsMergedOfSentencesThatAreSaid: what one reply alone says is left
// out, what most say is in, and nothing is new.
func TestAnswerIsMergedOfSentencesThatAreSaid(t *testing.T) {
	s := samenessForTest(t)
	replies := []string{
		"居住证续签请带身份证和居住证。到居住地派出所办理，当场办结。您的件昨天已经办好。",
		"居住证续签请带身份证和居住证。到居住地派出所办理，当场办结。续签不收取任何费用。",
		"办理居住证续签请带身份证和居住证。到居住地的派出所办理，当场办结。",
		"居住证续签请带身份证、居住证。到居住地派出所办理，当场办结。居住证续签不收取任何费用。",
	}
	var c camp
	for i, r := range replies {
		c = append(c, s.take(told(fmt.Sprint("p", i), "居住证怎么续签", r, 0)))
	}
	sentences, n := s.merged(c)
	if n != 4 || len(sentences) != 3 {
		t.Fatalf("%d replies give %+v", n, sentences)
	}
	whole := Weighed{Sentences: sentences}.Answer()
	if strings.Contains(whole, "昨天") || !strings.Contains(whole, "费用") {
		t.Errorf("merged %q", whole)
	}
	for _, x := range sentences {
		if !slices.ContainsFunc(replies, func(r string) bool { return strings.Contains(r, x.Text) }) {
			t.Errorf("nobody said %q", x.Text)
		}
	}
}

func TestPhrasingsAreDifferentFromEachOther(t *testing.T) {
	s := samenessForTest(t)
	c := camp{
		s.take(told("a", "居住证怎么续签", permit, 0)), s.take(told("b", "居住证怎么续签", permit, 0)),
		s.take(told("c", "居住证到期", permit, 1)), s.take(told("d", strings.Repeat("居住证", 200), permit, 2)),
	}
	question, phrasings := wordingsOf(c)
	if question != "居住证怎么续签" || len(phrasings) != 2 {
		t.Errorf("question %q, phrasings %q", question, phrasings)
	}
	for _, p := range phrasings {
		if len([]rune(p)) > MaxQuestionRunes {
			t.Errorf("a phrasing of %d characters", len([]rune(p)))
		}
	}
}

func TestRoundJoinsTheGroupThatSaysTheSame(t *testing.T) {
	s := samenessForTest(t)
	in := func(g GroupID, r Round) Round { r.Group = g; return r }
	near := []Round{
		in("permit", told("a", "居住证怎么续签", permit, 0)), in("permit", told("b", "居住证到期怎么续签", permit, 0)),
		in("other", told("c", "居住证怎么续签", "公积金贷款请到中心窗口申请，30个工作日办结。", 3)),
		in("twin", told("d", "续签居住证怎么办", permit, 0)),
	}
	group, merge := s.join(told("e", "居住证续签怎么办", permit, 0), near)
	if joined := append([]GroupID{group}, merge...); len(joined) != 2 || slices.Contains(joined, "other") {
		t.Errorf("joins %v", joined)
	}
	if group, _ := s.join(told("f", "公积金贷款额度", "单身最高60万元。", 4), near); group != "" {
		t.Errorf("a stranger joins %s", group)
	}
	// A reply that says nothing ties no strangers together.
	empty := "您反映的问题已收到，我们会尽快转交相关部门处理。"
	far := told("g", "路灯坏了没人修", empty, 1)
	far.AnswerVector = told("", "", "", 7).Vector
	other := told("h", "学校招生怎么报名", empty, 2)
	other.AnswerVector = far.AnswerVector
	if group, _ := s.join(far, []Round{in("x", other)}); group != "" {
		t.Error("an empty reply made two questions one")
	}
}
