// Package embed turns a text into a vector whose neighbours mean the same.
//
// From the bottom up: Tokenizer cuts a text into the word pieces that the
// model bge-small-zh knows; Local runs the model in this process on ONNX
// Runtime, one text at a time; Endpoint asks an OpenAI-compatible service
// instead. Cached and DiskCache stand in front of either. Many embeds a long
// list as fast as the embedder allows. Probe tells whether this machine still
// computes what the vectors in the database were computed with.
//
// Why one text at a time: the model's weights and activations are 8-bit
// integers whose scale is taken over the whole batch, so the vector of a text
// moves with its company (mean cosine 0.993; the nearest neighbour stays the
// same in 85 % of cases). Alone, a text always gives the same vector, and on a
// model this small batches are slower as well. The vector still moves a little
// with the version of the runtime (0.998) and with the instructions the
// processor offers (0.999). These two are recorded beside vectors (Model) but
// do not part them; the hash of the model's files, of the pooling and of the
// text preparation does: only vectors of one Model.Name are compared.
//
// What we doubt: whether 8 bits are worth their instability. The model in full
// precision does not move at all, costs 2 to 2.8 times the time and was no
// more accurate where we measured.
package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"huying/internal/errs"
)

// Embedder makes vectors. All implementations are safe for concurrent use.
type Embedder interface {
	// Embed gives the vector of a text: Model().Dim floats of Euclidean length
	// 1, so that Dot is the cosine. The caller must not change it. An empty
	// text has a vector too. Errors: errs.Unavailable, or ctx.Err().
	Embed(ctx context.Context, text string) ([]float32, error)
	Model() Model
}

// Model says what made a vector.
type Model struct {
	Name    string // 12 hex digits: hash of model files, pooling and text preparation; only equal names compare
	Dim     int    // floats in a vector
	Runtime string // "onnxruntime 1.32.0", or "endpoint"; for the record
	CPU     string // "amd64 avx512vnni": what the arithmetic depends on; empty for an endpoint; for the record
}

// modelName hashes what decides whether two vectors compare. Every piece ends
// with a NUL, so that no two lists of pieces give one string.
func modelName(pieces ...string) string {
	h := sha256.New()
	for _, p := range pieces {
		fmt.Fprintf(h, "%s\x00", p)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// manyer is an Embedder that knows a better way to embed a list.
type manyer interface {
	many(ctx context.Context, texts []string, progress func(done int)) ([][]float32, error)
}

// Many embeds texts and gives their vectors in the same order: one at a time
// on every core with the local model, in batches with an endpoint. progress
// (may be nil) hears how many are done, in rising order, never from two
// goroutines at once. The first error ends the work; no vectors are given
// then.
func Many(ctx context.Context, e Embedder, texts []string, progress func(done, total int)) ([][]float32, error) {
	tell := func(int) {}
	if progress != nil {
		tell = func(done int) { progress(done, len(texts)) }
	}
	if m, ok := e.(manyer); ok {
		return m.many(ctx, texts, tell)
	}
	return oneByOne(ctx, e.Embed, texts, tell)
}

// oneByOne calls embed for every text on all cores.
func oneByOne(ctx context.Context, embed func(context.Context, string) ([]float32, error), texts []string, tell func(int)) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	err := Each(ctx, len(texts), func(done, _ int) { tell(done) }, func(ctx context.Context, i int) error {
		var err error
		vectors[i], err = embed(ctx, texts[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return vectors, nil
}

// Dot is the inner product of two vectors of one length; of length-1 vectors
// it is the cosine, in [-1, 1] up to rounding. It panics on unequal lengths.
func Dot(a, b []float32) float32 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("embed.Dot: %d and %d floats", len(a), len(b)))
	}
	return blas32.Dot(blas32.Vector{N: len(a), Inc: 1, Data: a}, blas32.Vector{N: len(b), Inc: 1, Data: b})
}

// normalise scales v to length 1 in place. A vector without a direction (all
// zero, or not numbers) is an error, as every search with it would be noise.
func normalise(v []float32) error {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return errs.New(errs.Unavailable, "embed.no_direction")
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return nil
}
