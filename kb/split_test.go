package kb

import (
	"context"
	"slices"
	"strings"
	"testing"

	"huying/internal/query"
)

// byWord is a store that finds an entry when the ask holds its topic, near;
// the other ones far.
type byWord []Entry

func (s byWord) Near(_ context.Context, q Search) ([]Candidate, error) {
	var out []Candidate
	for _, e := range s {
		c := Candidate{Entry: e, Question: 0.3, Whole: 0.3, Citywide: true}
		if slices.Contains(q.Words, e.Topic) {
			c.Question, c.Whole = 0.95, 0.9
		}
		out = append(out, c)
	}
	return out, nil
}

// TestEachQuestionOfAnAskIsNamed: two questions are found each by itself; what
// goes on about one matter is not cut, nor is anything without a mark.
func TestEachQuestionOfAnAskIsNamed(t *testing.T) {
	build := func(_ context.Context, title, body string) (query.Query, error) {
		q := query.Query{Title: title, Body: body, Vector: []float32{1}}
		for _, w := range []string{"居住证", "公积金"} {
			if strings.Contains(body, w) {
				q.Tokens = append(q.Tokens, w)
			}
		}
		q.Tokens = append(q.Tokens, "办理")
		return q, nil
	}
	b, err := New(byWord{
		{ID: "a", Question: "居住证怎么续签", Answer: "到派出所办理。", Topic: "居住证"},
		{ID: "b", Question: "公积金怎么提取", Answer: "在公众号办理。", Topic: "公积金"},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		ask  string
		want []string // questions of the parts
	}{
		{"居住证到期了怎么续签。另外，公积金怎么提取出来？", []string{"居住证怎么续签", "公积金怎么提取"}},
		{"居住证到期了怎么续签。另外，续签居住证要带什么材料？", nil},
		{"居住证和公积金都到期了怎么办理？", nil},
		{"居住证到期了怎么续签。另外，谢谢", nil},
	}
	for _, tt := range tests {
		q, _ := build(t.Context(), "", tt.ask)
		r, err := b.Ask(t.Context(), q, Options{Now: seedDay, Build: build})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range r.Parts {
			got = append(got, p.Question)
			if p.Answered == (p.Silence != "") || p.Text == "" {
				t.Errorf("part %+v", p)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: parts %q, want %q", tt.ask, got, tt.want)
		}
		if r.Answered != (r.Silence == "") || r.Direct {
			t.Errorf("%s: %+v", tt.ask, r)
		}
	}
}
