package intake

import (
	"encoding/json"
	"slices"
	"testing"

	"huying/internal/errs"
	"huying/internal/llm/llmtest"
)

type claim struct {
	Field string `json:"field"`
	Text  string `json:"text"`
	Span  string `json:"span"`
}

// answer is what a model says that found these.
func foundAnswer(t *testing.T, found ...claim) llmtest.Answer {
	t.Helper()
	raw, err := json.Marshal(map[string][]claim{"found": found})
	if err != nil {
		t.Fatal(err)
	}
	return llmtest.Say(string(raw))
}

func TestFactWithoutItsWordsIsDropped(t *testing.T) {
	const title, body = "烧烤店油烟大", "昨晚10点，松柏路18号楼下的烧烤店冒出浓烟，味道像煤气。孩子咳嗽，希望制止。另外路灯坏了。"
	model, _ := llmtest.New(t, foundAnswer(t,
		claim{"place", "松柏路18号楼下", "松柏路18号楼下"},
		claim{"place", "城东派出所", "城东派出所"},            // not in the text
		claim{"time", "2026年3月1日22时", "昨晚10点"},      // the span counts, not the wording
		claim{"amount", "五百元", ""},                  // no span
		claim{"demand", "请公安局立即办理", "希望制止"},         // no unit gets in
		claim{"title", "松柏路烧烤店油烟扰民", "烧烤店冒出浓烟"},     // own wording
		claim{"gist", "楼下烧烤店油烟，赔偿3000元", "烧烤店冒出浓烟"}, // a number that the text has not
		claim{"gist", "楼下烧烤店晚上油烟大，孩子咳嗽", "孩子咳嗽"},    // fine
		claim{"emotion", "气愤", "希望制止"},              // one of the words
		claim{"emotion", "想杀人", "希望制止"},             // none of them
		claim{"type", "投诉", "希望制止"},
		claim{"type", "紧急", "希望制止"},                          // none either
		claim{"danger", "煤气", "味道像煤气"},                       // a piece of the text
		claim{"second", "路灯", "另外路灯坏了"},                      // a piece of the text
		claim{"object", "烧烤店 冒出浓烟", "烧烤店  冒出浓烟"},             // not word for word
		claim{"place", "松柏路18号楼下", "松柏路18号楼下"},               // twice
		claim{"counterpart", "烧烤店", title + "\n" + "昨晚10点，"}, // across title and text
	)).Client(t, nil)
	got, err := NewGleaner(model).Glean(t.Context(), title, body)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	words := []rune(title + "\n" + body)
	for _, g := range got {
		lines = append(lines, string(g.Field)+" "+g.Text)
		if string(words[g.Start:g.End]) != g.Span {
			t.Errorf("%s: span %q is not at %d–%d", g.Field, g.Span, g.Start, g.End)
		}
	}
	want := []string{
		"danger 味道像煤气", "title 松柏路烧烤店油烟扰民", "gist 楼下烧烤店晚上油烟大，孩子咳嗽", "place 松柏路18号楼下", "time 昨晚10点",
		"counterpart 烧烤店油烟大\n昨晚10点，", "demand 希望制止", "type 投诉", "emotion 气愤", "second 另外路灯坏了",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got  %q\nwant %q", lines, want)
	}
	if !Dangerous(got) {
		t.Error("no danger")
	}
	facts := []Fact{{Field: FactPlace, Start: got[3].Start + 1, End: got[3].End - 1}}
	if beyond := Beyond(facts, got); len(beyond) != len(got)-1 || slices.ContainsFunc(beyond, func(g Gleaned) bool { return g.Field == FactPlace }) {
		t.Errorf("what the facts say already is there again: %+v", beyond)
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	for _, s := range []llmtest.Answer{
		foundAnswer(t, claim{"unit", "公安局", "公安局"}),
		foundAnswer(t, claim{"urgency", "C", "公安局"}),
		foundAnswer(t, slices.Repeat([]claim{{"place", "公安局", "公安局"}}, maxGleaned+1)...),
		llmtest.Say(`{"found":[{"field":"place","text":"公安局"}]}`),
		llmtest.Say(`{"found":null}`),
	} {
		model, _ := llmtest.New(t, s).Client(t, nil)
		if got, err := NewGleaner(model).Glean(t.Context(), "", "公安局不管"); errs.CodeOf(err) != "llm.refused" || got != nil {
			t.Errorf("taken: %v, %v", got, err)
		}
	}
}
