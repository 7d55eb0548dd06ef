package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestOddMessagesAreTakenIn: what says nothing, or says it in a way that the
// model does not know, is stored, shown and decided like anything else; the
// machine is not sure of what says nothing, and gives no answer to it.
func TestOddMessagesAreTakenIn(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	v := c.city.visitor(t, "agent1")
	leaf, unit := c.leaf(t, "路灯"), c.unit(t, "城市管理")
	for _, tc := range []struct {
		name, text string
		empty      bool // says nothing
	}{
		{"only digits", "4821 7730 95", true},
		{"emoji", "😀😡🔥🔥🔥", true},
		{"one character", "喂", true},
		{"one sign", "？", true},
		{"spaces around one letter", "  a  ", true},
		{"the longest text", strings.Repeat("楼下烧烤店的油烟天天往家里灌。", 1334)[:3*20_000], false},
		{"English", "The street lamps in front of our building have been dark for two weeks.", false},
		{"Uyghur", "كوچا چىرىغى ئىككى ھەپتىدىن بېرى يانمايدۇ", false},
		{"Tibetan", "ལམ་གྱི་གློག་སྒྲོན་མི་འབར།", false},
		{"signs of control", "路灯\u200b不\u0007亮\u202e了", false},
	} {
		m := c.receive(t, delivery{Channel: "web", Text: tc.text}).Message.Matters[0]
		if m.Suggestion == nil {
			t.Errorf("%s: no suggestion", tc.name)
			continue
		}
		first := candidate{}
		if len(m.Suggestion.Candidates) > 0 {
			first = m.Suggestion.Candidates[0]
		}
		lost := first.Probability < 0.4 // where the desk says 无把握
		switch {
		case tc.empty && m.Suggestion.Doubt == "sure" && first.Name != "不明诉求":
			t.Errorf("%s: sure of %s (%.2f)", tc.name, first.Name, first.Probability)
		case m.Answer == nil || tc.empty && m.Answer.Answered:
			t.Errorf("%s: answer %+v", tc.name, m.Answer)
		}
		page := v.get(t, "/desk/"+m.ID)
		if body := string(page.body); page.status != http.StatusOK || !strings.Contains(body, `id="pick"`) {
			t.Errorf("%s: the desk shows %d", tc.name, page.status)
		} else if strings.Contains(body, `id="lost"`) != lost {
			t.Errorf("%s: at %.2f the desk says 无把握: %v", tc.name, first.Probability, !lost)
		}
		c.decide(t, m.ID, decision{Kind: "correct", Suggestion: m.Suggestion.ID, Category: leaf.ID, Lead: unit.ID, Type: "求助", Urgency: "C"})
	}
	for _, text := range []string{"", "   ", strings.Repeat("长", 20_001)} {
		r, err := c.call(t.Context(), http.MethodPost, "/api/v1/messages", delivery{Channel: "web", Text: text})
		if err != nil || r.status != http.StatusUnprocessableEntity {
			t.Errorf("%d characters: %d %s, %v", len([]rune(text)), r.status, r.body, err)
		}
	}
}

// TestOneLeafServes: a catalogue of one leaf, without examples, is suggested
// from, decided on and trained again.
func TestOneLeafServes(t *testing.T) {
	c := smallCity(t, "code,level1,level2,level3,scope\n010101,城市管理,市容,路灯照明,\n")
	for _, text := range []string{"门口的路灯不亮", "4821", "孩子上学的学区怎么划分"} {
		m := c.receive(t, delivery{Channel: "web", Text: text, Area: "990101001"}).Message.Matters[0]
		if m.Suggestion == nil || len(m.Suggestion.Candidates) != 1 || m.Suggestion.Candidates[0].Code != "010101" {
			t.Fatalf("%s: %+v", text, m.Suggestion)
		}
		d := m.Suggestion.confirmation()
		d.Kind, d.Lead = "correct", c.unit(t, "城市管理").ID
		c.decide(t, m.ID, d)
	}
	c.mustCommand(t, "train")
	if m := c.receive(t, delivery{Channel: "web", Text: "路灯坏了"}).Message.Matters[0]; len(m.Suggestion.Candidates) != 1 {
		t.Errorf("after training: %+v", m.Suggestion)
	}
}
