package embed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"huying/internal/errs"
)

// counting is an embedder that counts how often each text was embedded. A
// text's vector is [its length, 1], not scaled. Texts that begin with "!"
// fail. When gate is set every Embed waits for it.
type counting struct {
	mu      sync.Mutex
	times   map[string]int
	started chan struct{}
	gate    chan struct{}
}

func newCounting() *counting { return &counting{times: map[string]int{}} }

func (c *counting) Model() Model { return Model{Name: "counting", Dim: 2, Runtime: "r", CPU: "c"} }

func (c *counting) Embed(ctx context.Context, text string) ([]float32, error) {
	c.mu.Lock()
	c.times[text]++
	c.mu.Unlock()
	if c.gate != nil {
		c.started <- struct{}{}
		<-c.gate
	}
	if strings.HasPrefix(text, "!") {
		return nil, errs.New(errs.Unavailable, "embed.model")
	}
	return []float32{float32(len(text)), 1}, ctx.Err()
}

func (c *counting) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, k := range c.times {
		n += k
	}
	return n
}

func someTexts(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat("a", i%40+1)
	}
	return texts
}

func checkLengths(t *testing.T, texts []string, vectors [][]float32) {
	t.Helper()
	if len(vectors) != len(texts) {
		t.Fatalf("%d vectors of %d texts", len(vectors), len(texts))
	}
	for i, v := range vectors {
		if v[0] != float32(len(texts[i])) {
			t.Fatalf("text %d (%q) has vector %v", i, texts[i], v)
		}
	}
}

func TestManyKeepsOrderAndCounts(t *testing.T) {
	texts := someTexts(100)
	last := 0
	vectors, err := Many(t.Context(), newCounting(), texts, func(done, total int) {
		if done != last+1 || total != 100 {
			t.Errorf("step %d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil || last != 100 {
		t.Fatalf("%d done, %v", last, err)
	}
	checkLengths(t, texts, vectors)
	if vectors, err := Many(t.Context(), newCounting(), nil, nil); err != nil || len(vectors) != 0 {
		t.Errorf("no texts: %v, %v", vectors, err)
	}
}

func TestManyEndsWithTheFirstError(t *testing.T) {
	c := newCounting()
	texts := append(append(someTexts(10), "!"), someTexts(1000)...)
	if v, err := Many(t.Context(), c, texts, nil); errs.CodeOf(err) != "embed.model" || v != nil {
		t.Errorf("got %v vectors, %v", len(v), err)
	}
	if c.total() > 500 {
		t.Errorf("%d texts were embedded after the error", c.total())
	}
}

func TestCachedRemembers(t *testing.T) {
	c := newCounting()
	cached, err := NewCached(c, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a", "a", "bb", "a", "ccc", "bb"} { // ccc pushes bb out
		if v := mustEmbed(t, cached, text); v[0] != float32(len(text)) {
			t.Errorf("%q: %v", text, v)
		}
	}
	if c.times["a"] != 1 || c.times["bb"] != 2 || c.times["ccc"] != 1 {
		t.Errorf("embedded %v", c.times)
	}
	for range 2 {
		if _, err := cached.Embed(t.Context(), "!"); err == nil {
			t.Error("no error")
		}
	}
	if c.times["!"] != 2 {
		t.Error("an error was remembered")
	}
	if _, err := NewCached(c, 0); errs.KindOf(orBug(err)) != errs.Invalid {
		t.Errorf("size 0: %v", err)
	}
}

// TestCachedSharesOneComputation: callers of one text wait for one
// computation, and the one who started it may leave.
func TestCachedSharesOneComputation(t *testing.T) {
	c := newCounting()
	c.started, c.gate = make(chan struct{}, 1), make(chan struct{})
	cached, err := NewCached(c, 10)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := cached.Embed(ctx, "text")
		left <- err
	}()
	<-c.started
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if v, err := cached.Embed(t.Context(), "text"); err != nil || v[0] != 4 {
				t.Errorf("got %v, %v", v, err)
			}
		})
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(c.gate)
	wg.Wait()
	if n := c.total(); n != 1 {
		t.Errorf("embedded %d times", n)
	}
}

func TestManyThroughCacheEmbedsOnce(t *testing.T) {
	c := newCounting()
	cached, err := NewCached(c, 100)
	if err != nil {
		t.Fatal(err)
	}
	mustEmbed(t, cached, "aaa")
	texts := someTexts(100) // 40 different ones
	last := 0
	vectors, err := Many(t.Context(), cached, texts, func(done, total int) {
		if done <= last || done > total {
			t.Errorf("step %d after %d", done, last)
		}
		last = done
	})
	if err != nil || last != 100 {
		t.Fatalf("%d done, %v", last, err)
	}
	checkLengths(t, texts, vectors)
	if c.total() != 40 {
		t.Errorf("embedded %d times", c.total())
	}
}

func openDisk(t *testing.T, c *counting, dir string) *DiskCache {
	t.Helper()
	d, err := OpenDiskCache(c, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDiskCacheOutlivesProcess(t *testing.T) {
	dir := t.TempDir()
	texts := someTexts(600)
	vectors, err := Many(t.Context(), openDisk(t, newCounting(), dir), texts, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkLengths(t, texts, vectors)
	c := newCounting()
	vectors, err = Many(t.Context(), openDisk(t, c, dir), texts, nil)
	if err != nil || c.total() != 0 {
		t.Fatalf("embedded %d anew, %v", c.total(), err)
	}
	checkLengths(t, texts, vectors)
}

// TestDiskCacheSeesOthers: two caches on one file are as two processes.
func TestDiskCacheSeesOthers(t *testing.T) {
	dir := t.TempDir()
	c1, c2 := newCounting(), newCounting()
	d1, d2 := openDisk(t, c1, dir), openDisk(t, c2, dir)
	mustEmbed(t, d1, "one")
	mustEmbed(t, d2, "one")
	mustEmbed(t, d2, "three")
	mustEmbed(t, d1, "three")
	if c1.total() != 1 || c2.total() != 1 {
		t.Errorf("embedded %v and %v", c1.times, c2.times)
	}
	var wg sync.WaitGroup
	for i := range 50 {
		for _, d := range []*DiskCache{d1, d2} {
			wg.Go(func() {
				if _, err := d.Embed(t.Context(), fmt.Sprint("text", i)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	c := newCounting()
	d := openDisk(t, c, dir)
	for i := range 50 {
		mustEmbed(t, d, fmt.Sprint("text", i))
	}
	if c.total() != 0 {
		t.Errorf("%d of 50 were lost", c.total())
	}
}

// TestDiskCacheTornTail cuts and damages the file in every way a crash may,
// and asks that what lies before is kept and what comes after is good.
func TestDiskCacheTornTail(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)-3] },
		"longer":  func(b []byte) []byte { return append(b, "half a record"...) },
		"flipped": func(b []byte) []byte { b[len(b)-10] ^= 1; return b },
		"zeros":   func(b []byte) []byte { return append(b[:len(b)-44], make([]byte, 44)...) },
		"empty":   func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := openDisk(t, newCounting(), dir)
			mustEmbed(t, d, "first")
			mustEmbed(t, d, "second")
			files, _ := filepath.Glob(filepath.Join(dir, "*"))
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], damage(b), 0o644); err != nil {
				t.Fatal(err)
			}
			c := newCounting()
			d = openDisk(t, c, dir)
			for _, text := range []string{"first", "second", "another one"} {
				if v := mustEmbed(t, d, text); v[0] != float32(len(text)) {
					t.Errorf("%q: %v", text, v)
				}
			}
			if name != "empty" && c.times["first"] != 0 {
				t.Error("a good record was lost")
			}
			again := newCounting()
			d = openDisk(t, again, dir)
			for _, text := range []string{"first", "second", "another one"} {
				mustEmbed(t, d, text)
			}
			if again.total() != 0 {
				t.Errorf("not mended: %v", again.times)
			}
		})
	}
}

func TestFloatBytes(t *testing.T) {
	v := []float32{0, -1.5, 3e-39, 1e30}
	if got := bytesFloats(floatBytes(v)); !slices.Equal(got, v) {
		t.Errorf("%v", got)
	}
}

func TestSentences(t *testing.T) {
	for _, code := range []errs.Code{"dim", "endpoint", "model", "no_direction", "settings", "disk_cache", "probe_dim"} {
		if !errs.Has("embed." + code) {
			t.Errorf("no sentence for embed.%s", code)
		}
	}
}
