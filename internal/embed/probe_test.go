package embed

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"huying/internal/errs"
)

// probeText is of the style and length of real messages and has what breaks
// first: digits, Latin letters, full-width marks and rare words.
const probeText = "梅园小区3号楼电梯困人\n昨晚9点多，东湖区梅园小区3号楼2单元的电梯停在5楼和6楼之间，困住两位老人40分钟，" +
	"物业值班电话0573-12345678没人接听，KTV楼下WiFi信号也没有。这部电梯今年已经坏了四次，请市场监管部门检查维保单位是否按规定保养，并答复处理结果。"

func TestProbe(t *testing.T) {
	l := local(t, false)
	if *update {
		m := l.Model()
		b, err := json.MarshalIndent(probe{
			Text: probeText, Model: m.Name, Runtime: m.Runtime, CPU: m.CPU,
			Vector: base64.StdEncoding.EncodeToString(floatBytes(mustEmbed(t, l, probeText))),
		}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("probe.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	cosine, err := Probe(t.Context(), l)
	if err != nil || cosine < ProbeFloor || cosine > 1.00001 {
		t.Errorf("cosine %.6f, error %v", cosine, err)
	}
	t.Logf("cosine %.6f on %s", cosine, l.Model().CPU)
}

// TestProbeSeesAnotherModel: without case folding the vector is another one,
// and the probe must tell.
func TestProbeSeesAnotherModel(t *testing.T) {
	cosine, err := Probe(t.Context(), local(t, true))
	if err != nil || cosine >= ProbeFloor {
		t.Errorf("cosine %.6f, error %v", cosine, err)
	}
	if _, err := Probe(t.Context(), fixed{dim: 3}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("vectors of another length: %v", err)
	}
}

// fixed gives one vector for every text.
type fixed struct{ dim int }

func (f fixed) Embed(context.Context, string) ([]float32, error) { return make([]float32, f.dim), nil }
func (f fixed) Model() Model                                     { return Model{Name: "fixed", Dim: f.dim} }

var update = flag.Bool("update", false, "write probe.json anew")
