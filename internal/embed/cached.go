package embed

import (
	"context"
	"crypto/sha256"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"huying/internal/errs"
)

// key stands for a text, so that no text is held in memory or on disk for the
// sake of a cache.
type key [sha256.Size]byte

func keyOf(text string) key { return sha256.Sum256([]byte(text)) }

// Cached remembers the vectors of the texts asked for last, and lets callers
// that ask for one text at the same time wait for one computation.
type Cached struct {
	inner  Embedder
	recent *lru.Cache[key, []float32]
	flight singleflight.Group
}

// NewCached puts a memory of size vectors (2 KB each with 512 floats) before
// an embedder. A size below 1 is errs.Invalid.
func NewCached(inner Embedder, size int) (*Cached, error) {
	recent, err := lru.New[key, []float32](size)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "embed.settings")
	}
	return &Cached{inner: inner, recent: recent}, nil
}

// Model implements Embedder.
func (c *Cached) Model() Model { return c.inner.Model() }

// Embed implements Embedder. Errors are not remembered.
func (c *Cached) Embed(ctx context.Context, text string) ([]float32, error) {
	k := keyOf(text)
	if v, ok := c.recent.Get(k); ok {
		return v, nil
	}
	// One caller's leaving must not fail the others, so the computation goes
	// on without its context; it ends by itself, as embedders are bounded.
	result := c.flight.DoChan(string(k[:]), func() (any, error) {
		// A computation that ended since the look above has left its vector.
		if v, ok := c.recent.Get(k); ok {
			return v, nil
		}
		v, err := c.inner.Embed(context.WithoutCancel(ctx), text)
		if err == nil {
			c.recent.Add(k, v)
		}
		return v, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.([]float32), nil
	}
}

func (c *Cached) many(ctx context.Context, texts []string, tell func(int)) ([][]float32, error) {
	return throughCache(ctx, c.inner, texts, tell, c.recent.Get, func(k key, v []float32) error {
		c.recent.Add(k, v)
		return nil
	})
}

// throughCache answers from get what it can, embeds every other text once and
// hands the new vectors to put.
func throughCache(ctx context.Context, inner Embedder, texts []string, tell func(int),
	get func(key) ([]float32, bool), put func(key, []float32) error) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	places := map[key][]int{} // of the texts not in the cache
	var order []key
	var missing []string
	for i, text := range texts {
		k := keyOf(text)
		if at, ok := places[k]; ok {
			places[k] = append(at, i)
		} else if v, ok := get(k); ok {
			vectors[i] = v
		} else {
			places[k] = []int{i}
			order, missing = append(order, k), append(missing, text)
		}
	}
	have := len(texts)
	for _, at := range places {
		have -= len(at)
	}
	if have > 0 {
		tell(have)
	}
	fresh, err := Many(ctx, inner, missing, func(done, total int) {
		if done < total { // repeated texts make the last step larger
			tell(have + done)
		}
	})
	if err != nil {
		return nil, err
	}
	for i, k := range order {
		if err := put(k, fresh[i]); err != nil {
			return nil, err
		}
		for _, at := range places[k] {
			vectors[at] = fresh[i]
		}
	}
	if len(missing) > 0 {
		tell(len(texts))
	}
	return vectors, nil
}
