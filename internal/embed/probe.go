package embed

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"

	"huying/internal/errs"
)

// ProbeFloor is the cosine below which Probe's caller should warn. Another
// processor class or version of the runtime costs up to 0.005; a wrong model,
// tokenizer or pooling costs far more.
const ProbeFloor = 0.995

// The probe was made with the pinned model and runtime (package assets) on
// amd64 with AVX2. TestProbe writes it anew when run with -update.
//
//go:embed probe.json
var probeJSON []byte

// probe is a text and its vector.
type probe struct {
	Text    string `json:"text"`
	Model   string `json:"model"`   // its name under the preparation "test"
	Runtime string `json:"runtime"` // what it was made with, for the reader
	CPU     string `json:"cpu"`
	Vector  string `json:"vector"` // little-endian float32 in base64
}

// Probe embeds a stored text and gives the cosine with its stored vector, 1
// when this machine computes exactly what ours did. It makes sense for the
// local model only; an embedder with vectors of another length is
// errs.Invalid.
func Probe(ctx context.Context, e Embedder) (cosine float64, err error) {
	var p probe
	if err := json.Unmarshal(probeJSON, &p); err != nil {
		return 0, errs.Wrap(err, errs.Internal, "internal")
	}
	raw, err := base64.StdEncoding.DecodeString(p.Vector)
	if err != nil {
		return 0, errs.Wrap(err, errs.Internal, "internal")
	}
	want := bytesFloats(raw)
	got, err := e.Embed(ctx, p.Text)
	if err != nil {
		return 0, err
	}
	if len(got) != len(want) {
		return 0, errs.New(errs.Invalid, "embed.probe_dim", len(got), len(want))
	}
	return float64(Dot(got, want)), nil
}
