package kb

import (
	"testing"

	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/llm/llmtest"
)

func characters(t string) []string {
	r, out := []rune(t), []string(nil)
	for i := range len(r) - 1 {
		out = append(out, string(r[i:i+2]))
	}
	return out
}

// A merged answer is made of the different replies; of replies that contradict
// each other none is made.
func TestMergedAnswerNamesItsReplies(t *testing.T) {
	server := llmtest.New(t, llmtest.Say(`{"sentences":[{"text":"登记当场办结，每年收费100元。","from":["s1"]},{"text":"每年收费200元。","from":["s1","s2"]}]}`))
	model, _ := server.Client(t, nil)
	m := NewMerger(model, llm.NewWriter(model, characters))
	rounds := []Round{{Answer: "登记当场办结，每年收费100元。"}, {Answer: "登记当场办结，每年收费100元！"}, {Answer: "带身份证到警务室。", Unit: "公安局"}, {}}
	sources, sentences, err := m.Merge(t.Context(), Proposal{Weighed: Weighed{Question: "养狗怎么登记"}}, rounds, nil)
	if err != nil || len(sources) != 2 || sources[1].Name != "公安局的答复" {
		t.Fatalf("%+v, %v", sources, err)
	}
	if len(sentences) != 2 || !sentences[0].Supported() || sentences[1].Supported() {
		t.Errorf("%+v", sentences)
	}
	_, _, err = m.Merge(t.Context(), Proposal{Weighed: Weighed{Versions: make([]Version, 2)}}, rounds, nil)
	if errs.CodeOf(err) != "proposal.blocked" || len(server.Received()) != 1 {
		t.Errorf("contradicting replies are merged: %v", err)
	}
}

// Only what both answers say word for word is shown as a contradiction.
func TestContradictionsAreQuoted(t *testing.T) {
	server := llmtest.New(t, llmtest.Say(`{"clashes":[
		{"first":"年满65周岁可以办理","second":"年满60周岁可以办理","why":"年龄要求 65 与 60 不同"},
		{"first":"年满65周岁可以办理","second":"年满 60 岁即可","why":"第二句是改写的"},
		{"first":"带身份证","second":"带身份证","why":"两句一样"},
		{"first":"不收费","second":"收工本费","why":"一份说收 20 元"},
		{"first":"不收","second":"收工","why":"太短"}]}`))
	model, _ := server.Client(t, nil)
	m := NewMerger(model, llm.NewWriter(model, characters))
	got, err := m.Explain(t.Context(), "优待证", Version{Answer: "年满65周岁可以办理，带身份证，全程不收费用，不收费。"}, Version{Answer: "年满60周岁可以办理，带身份证，收工本费。"})
	if err != nil || len(got) != 1 || got[0].Why != "年龄要求 65 与 60 不同" {
		t.Fatalf("%+v, %v", got, err)
	}
	server.Script(llmtest.Say(`{"clashes":[{"first":"全程不收费","second":"收工本费","why":"一份说收 20 元"}]}`))
	got, err = m.Explain(t.Context(), "优待证", Version{Answer: "全程不收费。"}, Version{Answer: "收工本费。"})
	if err != nil || len(got) != 1 || got[0].Why != "" {
		t.Errorf("a number that nobody says is shown: %+v, %v", got, err)
	}
	server.Script(llmtest.Say(`{"clashes":[{"first":"全程不收费","second":"收工本费"}]}`))
	if _, err = m.Explain(t.Context(), "优待证", Version{Answer: "全程不收费。"}, Version{Answer: "收工本费。"}); errs.CodeOf(err) != "llm.refused" {
		t.Errorf("%v", err)
	}
}

// An answer that still holds the mark of a sentence without source is not
// stored.
func TestUnsourcedAnswerIsNoEntry(t *testing.T) {
	e := Entry{Question: "怎么办", Answer: "带证件。" + llm.Unsourced + "收费20元。", State: EntryDraft}
	list, ok := e.Validate().(errs.List) //nolint:errorlint // it is the list itself
	if !ok || len(list) != 1 || errs.CodeOf(list[0]) != "answer.unsourced" {
		t.Errorf("%v", e.Validate())
	}
}
