package embed

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"huying/internal/errs"
)

func local(t testing.TB, keepCase bool) *Local {
	t.Helper()
	p := located(t)
	l, err := NewLocal(LocalOptions{Library: p.OnnxLib, Model: p.Model, Tokenizer: p.Tokenizer, Preparation: "test", KeepCase: keepCase})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func mustEmbed(t testing.TB, e Embedder, text string) []float32 {
	t.Helper()
	v, err := e.Embed(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVectorsEqualReference compares with vectors made by the same runtime
// from Python. 0.995 holds on any processor; on one of the kind the reference
// was made on it is above 0.9999.
func TestVectorsEqualReference(t *testing.T) {
	l := local(t, true)
	worst := float32(1)
	for _, row := range reference[struct {
		Text   string
		Vector []float32
	}](t, "vectors.jsonl") {
		v := mustEmbed(t, l, row.Text)
		if c := Dot(v, row.Vector); c < 0.995 {
			t.Errorf("%.30q: cosine %.5f", row.Text, c)
		} else {
			worst = min(worst, c)
		}
		if n := Dot(v, v); n < 0.99999 || n > 1.00001 {
			t.Errorf("%.30q: squared length %v", row.Text, n)
		}
	}
	t.Logf("worst cosine %.6f on %s", worst, l.Model().CPU)
}

// TestSameTextSameVector: alone or among others, now or later, bit for bit.
func TestSameTextSameVector(t *testing.T) {
	l := local(t, false)
	texts := []string{"", "路灯不亮", letter160, strings.Repeat("垃圾没人清运。", 100), "A3区的道路塌陷"}
	var first [][]float32
	for _, text := range texts {
		first = append(first, mustEmbed(t, l, text))
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 12 {
				j := (g + i) % len(texts)
				v, err := l.Embed(t.Context(), texts[j])
				if err != nil || !slices.Equal(v, first[j]) {
					t.Errorf("text %d: another vector the second time (%v)", j, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestMeaningIsNear(t *testing.T) {
	l := local(t, false)
	ask := mustEmbed(t, l, "楼下KTV半夜太吵，睡不着")
	near := Dot(ask, mustEmbed(t, l, "娱乐场所夜间噪音扰民"))
	far := Dot(ask, mustEmbed(t, l, "居住证怎么续签"))
	if near < far+0.1 {
		t.Errorf("near %.3f, far %.3f", near, far)
	}
}

// TestModelName: the name changes with all that decides whether vectors
// compare, and with nothing else.
func TestModelName(t *testing.T) {
	p := located(t)
	base := LocalOptions{Library: p.OnnxLib, Model: p.Model, Tokenizer: p.Tokenizer, Preparation: "a"}
	name := func(change func(*LocalOptions)) string {
		o := base
		change(&o)
		s, err := localName(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	same := name(func(o *LocalOptions) { o.Parallel = 7; o.Library = "" })
	seen := map[string]bool{same: true}
	for _, change := range []func(*LocalOptions){
		func(o *LocalOptions) { o.Preparation = "b" },
		func(o *LocalOptions) { o.KeepCase = true },
		func(o *LocalOptions) { o.Model = p.Tokenizer },
	} {
		n := name(change)
		if seen[n] || len(n) != 12 {
			t.Errorf("name %q is not new", n)
		}
		seen[n] = true
	}
	if same != name(func(*LocalOptions) {}) {
		t.Error("the name depends on the number of cores")
	}
}

func TestLocalRefuses(t *testing.T) {
	p := located(t)
	good := LocalOptions{Library: p.OnnxLib, Model: p.Model, Tokenizer: p.Tokenizer, Preparation: "test"}
	for name, change := range map[string]func(*LocalOptions){
		"embed.settings": func(o *LocalOptions) { o.Preparation = "" },
		"embed.model":    func(o *LocalOptions) { o.Model = p.Tokenizer },
	} {
		o := good
		change(&o)
		if _, err := NewLocal(o); errs.CodeOf(err) != errs.Code(name) {
			t.Errorf("want %s, got %v", name, err)
		}
	}
}

func TestLocalHeedsContextAndClose(t *testing.T) {
	p := located(t)
	l, err := NewLocal(LocalOptions{Library: p.OnnxLib, Model: p.Model, Tokenizer: p.Tokenizer, Preparation: "test", Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	busy := <-l.slots // all cores taken
	cancel()
	if _, err := l.Embed(ctx, "路灯不亮"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	l.slots <- busy
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Embed(t.Context(), "路灯不亮"); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("after Close: %v", err)
	}
}

// TestMemory: what many texts of mixed length on all cores leave behind stays
// bounded. Measured alone: 86 MB after load, 125 MB after 1,000 texts of 10 to
// 490 characters.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory hides ours")
	}
	l := local(t, false)
	texts := make([]string, 300)
	for i := range texts {
		r := []rune(strings.Repeat(letter160, 3))
		length := 10 + i*37%160
		if i%10 == 9 {
			length *= 3
		}
		texts[i] = strconv.Itoa(i) + string(r[:min(length, len(r))])
	}
	mustEmbed(t, l, texts[0])
	before := residentMB(t)
	if _, err := Many(t.Context(), l, texts, nil); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	after := residentMB(t)
	t.Logf("resident: %d MB after load, %d MB after %d texts", before, after, len(texts))
	if after-before > 150 {
		t.Errorf("grew from %d to %d MB", before, after)
	}
}

// residentMB reads this process's resident memory (Linux).
func residentMB(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() / 1e6
}

func BenchmarkEmbed160(b *testing.B) {
	l := local(b, false)
	for b.Loop() {
		mustEmbed(b, l, letter160)
	}
}

func BenchmarkEmbed160Parallel(b *testing.B) {
	l := local(b, false)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := l.Embed(context.Background(), letter160); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkDot512(b *testing.B) {
	x := make([]float32, 512)
	y := make([]float32, 512)
	for i := range x {
		x[i], y[i] = float32(i), float32(512-i)
	}
	var sum float32 // keeps the calls
	for b.Loop() {
		sum += Dot(x, y)
	}
}
