package query

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"huying/internal/embed"
	"huying/internal/embed/embedtest"
	"huying/internal/text"
)

// listener notes what the real model is asked to embed.
type listener struct {
	embed.Embedder
	mu   sync.Mutex
	said []string
}

func (l *listener) Embed(ctx context.Context, s string) ([]float32, error) {
	l.mu.Lock()
	l.said = append(l.said, s)
	l.mu.Unlock()
	return l.Embedder.Embed(ctx, s)
}

var segmenter = sync.OnceValues(func() (*text.Segmenter, error) { return text.NewSegmenter() })

func builder(t *testing.T) (*Builder, *listener) {
	t.Helper()
	s, err := segmenter()
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Embedder: embedtest.Local(t)}
	return NewBuilder(s, l), l
}

func build(t *testing.T, b *Builder, title, body string) Query {
	t.Helper()
	q, err := b.Build(t.Context(), title, body)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestWhatIsEmbedded(t *testing.T) {
	long := strings.Repeat("路灯不亮", 100)
	tests := []struct {
		name, title, body string
		want              []string
	}{
		{"both", "路灯", "不亮了", []string{"路灯\n不亮了", "路灯"}},
		{"no title", "", "路灯不亮了", []string{"路灯不亮了"}},
		{"no body", "路灯不亮", "", []string{"路灯不亮"}},
		{"nothing", "", " \n", nil},
		{"both ends of a long one", "路灯", long, []string{"路灯\n" + strings.Repeat("路灯不亮", HeadRunes/4) + "\n" + strings.Repeat("路灯不亮", TailRunes/4), "路灯"}},
		{"all of one that just fits", "", long[:3*(HeadRunes+TailRunes)], []string{long[:3*(HeadRunes+TailRunes)]}},
		{"simplified, in common width", "路燈", "Ａ３區不亮", []string{"路灯\nA3区不亮", "路灯"}},
		{"nothing but stand-ins", "〔电话〕", "〔姓名〕", nil},
		{"a title of stand-ins alone", "〔姓名〕", "路灯不亮", []string{"路灯不亮"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, l := builder(t)
			q := build(t, b, tt.title, tt.body)
			if !slices.Equal(l.said, tt.want) {
				t.Errorf("embedded %q, want %q", l.said, tt.want)
			}
			if len(tt.want) == 0 {
				if q.Vector != nil || q.TitleVector != nil {
					t.Error("nothing has a vector")
				}
				return
			}
			if dim := l.Model().Dim; len(q.Vector) != dim || len(q.TitleVector) != dim {
				t.Fatalf("%d and %d floats", len(q.Vector), len(q.TitleVector))
			}
			if same := slices.Equal(q.Vector, q.TitleVector); same != (len(tt.want) == 1) {
				t.Errorf("title vector the same as the whole: %v", same)
			}
			if n := embed.Dot(q.Vector, q.Vector); n < 0.999 || n > 1.001 {
				t.Errorf("length² %v", n)
			}
		})
	}
}

// TestPersonsDoNotMoveAText: what stands in for a name or a number is neither
// embedded nor a word.
func TestPersonsDoNotMoveAText(t *testing.T) {
	b, l := builder(t)
	q := build(t, b, "", "我叫〔姓名〕，电话〔电话〕，路灯不亮")
	for _, said := range l.said {
		if strings.ContainsAny(said, "〔〕") || strings.Contains(said, "姓名") {
			t.Errorf("embedded %q", said)
		}
	}
	for _, w := range q.Tokens {
		if strings.ContainsAny(w, "〔〕") || w == "姓名" {
			t.Errorf("tokens %q", q.Tokens)
		}
	}
	if !strings.Contains(q.Body, "〔姓名〕") {
		t.Errorf("the text itself lost its stand-in: %q", q.Body)
	}
}

func TestTokensAreOfTitleAndWholeBody(t *testing.T) {
	b, _ := builder(t)
	q := build(t, b, "供暖", strings.Repeat("楼道很冷。", 60)+"垃圾分类，WiFi")
	for _, w := range []string{"供暖", "楼道", "垃圾", "wifi"} {
		if !slices.Contains(q.Tokens, w) {
			t.Errorf("%q is not among %q", w, q.Tokens[max(0, len(q.Tokens)-8):])
		}
	}
	if slices.Contains(q.Tokens, "。") || slices.Contains(q.Tokens, "，") {
		t.Error("punctuation is a word")
	}
	if q.Model != b.Model() || q.Model == "" {
		t.Errorf("model %q", q.Model)
	}
	if got, want := q.Text(), "供暖\n"+q.Body; got != want {
		t.Errorf("text %q", got)
	}
}

// silent is an embedder that does not answer.
type silent struct{ embed.Embedder }

var errSilent = errors.New("no answer")

func (silent) Embed(context.Context, string) ([]float32, error) { return nil, errSilent }

func TestBuildHandsOnTheEmbeddersError(t *testing.T) {
	b, l := builder(t)
	q, err := b.With(silent{l}).Build(t.Context(), "路灯", "不亮")
	if !errors.Is(err, errSilent) || q.Title != "" {
		t.Errorf("got %+v, %v", q, err)
	}
	if _, err := b.With(silent{l}).Build(t.Context(), "", ""); err != nil {
		t.Errorf("an empty text asks nobody: %v", err)
	}
}

func TestBuildAllKeepsTheOrder(t *testing.T) {
	b, _ := builder(t)
	sources := []Source{{"路灯", "不亮"}, {"", ""}, {"", "停水了"}, {"井盖", ""}}
	var told []int
	queries, err := b.BuildAll(t.Context(), sources, func(done, total int) {
		if total != len(sources) {
			t.Errorf("total %d", total)
		}
		told = append(told, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sources {
		one := build(t, b, s.Title, s.Body)
		if queries[i].Title != one.Title || queries[i].Body != one.Body || !slices.Equal(queries[i].Vector, one.Vector) {
			t.Errorf("query %d is of another text", i)
		}
	}
	if !slices.Equal(told, []int{1, 2, 3, 4}) {
		t.Errorf("told %v", told)
	}
	if got, err := b.With(silent{b.embedder}).BuildAll(t.Context(), sources, nil); got != nil || !errors.Is(err, errSilent) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFold(t *testing.T) {
	if got := Fold("ＷｉＦｉ 路燈"); got != "wifi 路灯" {
		t.Errorf("got %q", got)
	}
}
