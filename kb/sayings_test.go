package kb

import (
	"context"
	"testing"

	"huying/internal/query"
	"huying/internal/text"
)

// TestWhatPeopleSayHasAnOfficialName: colloquial names and words that sound
// right are known; official ones, words that only share a sound, and long
// letters are left alone.
func TestWhatPeopleSayHasAnOfficialName(t *testing.T) {
	s, err := readSayings(sayingsJSON)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := text.NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	for ask, want := range map[string]string{
		"房本丢了怎么补":      "不动产权证书",
		"不动产权证书丢了怎么补":  "",
		"户照怎么办":        "护照",
		"架照到期了":        "驾照 机动车驾驶证",
		"今天天气怎么样":      "",
		"养狗证去哪里办":      "犬只登记",
		"老家的低保户有什么照顾":  "最低生活保障",
		"请不起律师，想告老板欠薪": "法律援助 劳动保障监察",
	} {
		if got := s.official(query.Query{Body: ask, Tokens: segments.Tokens(ask)}); got != want {
			t.Errorf("%s: %q, want %q", ask, got, want)
		}
	}
}

// TestOfficialWordsAreOfferedNotGiven: what only the official words find comes
// second, and is not the answer.
func TestOfficialWordsAreOfferedNotGiven(t *testing.T) {
	b, err := New(byWord{
		{ID: "a", Question: "丢失物品怎么登记", Answer: "到派出所登记。", Topic: "丢失"},
		{ID: "b", Question: "怎么补领不动产权证书", Answer: "到登记中心补领。", Topic: "不动产权证书"},
	})
	if err != nil {
		t.Fatal(err)
	}
	built := 0
	build := func(_ context.Context, title, body string) (query.Query, error) {
		built++
		return query.Query{Body: body, Vector: []float32{1}, Tokens: []string{"不动产权证书"}}, nil
	}
	q := query.Query{Body: "房本怎么补", Vector: []float32{1}, Tokens: []string{"怎么", "补"}}
	r, err := b.Ask(t.Context(), q, Options{Now: seedDay, Build: build})
	if err != nil {
		t.Fatal(err)
	}
	if r.Answered || len(r.Matches) != 2 || built != 1 {
		t.Fatalf("built %d: %+v", built, r)
	}
	if alone, _ := b.Ask(t.Context(), q, Options{Now: seedDay}); alone.Matches[0].Entry.ID != r.Matches[0].Entry.ID || alone.Silence != r.Silence {
		t.Errorf("the first is %s, alone %s", r.Matches[0].Entry.ID, alone.Matches[0].Entry.ID)
	}
	if built, q.Body = 0, "不动产权证书怎么补"; built != 0 {
		t.Fatal("counted wrongly")
	}
	if _, err := b.Ask(t.Context(), q, Options{Now: seedDay, Build: build}); err != nil || built != 0 {
		t.Errorf("official words were looked up %d times: %v", built, err)
	}
}
