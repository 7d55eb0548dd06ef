package classifier

import (
	"strings"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
)

// ruled gives a catalogue of one leaf that both units may lead, the police by
// its first rule.
func ruled(t *testing.T) *Catalogue {
	t.Helper()
	b := NewBuilder([]org.UnitKind{"公安局", "生态环境局"})
	b.Add(Row{
		Position: -1, Code: "1", Names: []string{"环境", "噪声"}, Examples: []string{"楼下半夜施工吵得睡不着"},
		Rules: []Rule{{When: "公共场所娱乐", Lead: "公安局"}, {When: "经营场所排放噪声", Lead: "生态环境局"}},
	})
	c, _, _, err := b.Build(Version{ID: id.New[VersionID]()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// leading trains on what was decided and what came back, and gives who leads
// the leaf for a text, with what share of it the kind has.
func leading(t *testing.T, queries *query.Builder, c *Catalogue, confirmed []Example, upheld ...LeadCount) (org.UnitKind, float64) {
	t.Helper()
	texts := prepared{known: textsOf(c)}
	for i, k := range texts.known {
		q, err := queries.Build(t.Context(), "", k.Text)
		if err != nil {
			t.Fatal(err)
		}
		texts.known[i].Vector = q.Vector
	}
	data, err := fitLeaves(c, texts, learnOnce(confirmed), countLeads(confirmed), upheld)
	if err != nil {
		t.Fatal(err)
	}
	q, err := queries.Build(t.Context(), "", "楼下半夜吵得睡不着")
	if err != nil {
		t.Fatal(err)
	}
	p := assemble(queries.Model(), c, data, time.Time{}).predict(q, nil, placesOf(c))
	shares, _ := p.shares(0)
	sum := 0.0
	for _, v := range shares {
		sum += v
	}
	if sum < 1-1e-9 || sum > 1+1e-9 {
		t.Errorf("shares add up to %v", sum)
	}
	d := p.duty(0).lead
	return d, shares[d]
}

// A pair of leaf and unit goes down when what it was given comes back, and the
// unit that people then chose leads.
func TestWhatComesBackChangesTheLead(t *testing.T) {
	c, queries := ruled(t), realQueries(t)
	leaf := c.Leaves()[0].ID
	decided := func(kind org.UnitKind, texts ...string) (out []Example) {
		for _, s := range texts {
			q, err := queries.Build(t.Context(), "", s)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, Example{Category: leaf, Lead: kind, Text: s, Vector: q.Vector, TitleVector: q.TitleVector, Decision: id.New[DecisionID]()})
		}
		return out
	}
	back := func(kind org.UnitKind, n int) LeadCount { return LeadCount{Category: leaf, Lead: kind, Count: n} }
	first, share := leading(t, queries, c, nil)
	if first != "公安局" {
		t.Fatalf("%s leads before anything is decided", first)
	}
	if kind, less := leading(t, queries, c, nil, back("公安局", 1)); kind != "公安局" || less >= share {
		t.Errorf("one return leaves %s with %v, before %v", kind, less, share)
	}
	if _, same := leading(t, queries, c, nil, LeadCount{Category: "gone", Lead: "公安局", Count: 9}); same != share {
		t.Errorf("a return of a leaf that is gone makes it %v, before %v", same, share)
	}
	kept := decided("公安局", "半夜唱歌太吵", "广场上放音响")
	if kind, _ := leading(t, queries, c, kept); kind != "公安局" {
		t.Errorf("%s leads what was decided for the police", kind)
	}
	// The same two came back and were given to the other one.
	moved := decided("生态环境局", "半夜唱歌太吵", "广场上放音响")
	kind, of := leading(t, queries, c, moved, back("公安局", 2))
	if kind != "生态环境局" {
		t.Errorf("after two returns %s leads", kind)
	}
	if _, without := leading(t, queries, c, moved); without >= of {
		t.Errorf("without the returns the share is %v, with them %v", without, of)
	}
	if _, of := leading(t, queries, c, moved, back("公安局", 100)); of >= 1 {
		t.Errorf("after a hundred the share is %v: people may still want the other", of)
	}
}

func TestAReturnSaysWhatItRestsOn(t *testing.T) {
	unit, other := id.New[org.UnitID](), id.New[org.UnitID]()
	good := Return{Matter: id.New[intake.MatterID](), Decision: id.New[DecisionID](), From: unit, Reason: ReturnDuty, Clause: "三定方案第四条", Proposed: other}
	for _, tt := range []struct {
		name   string
		change func(*Return)
		code   errs.Code
	}{
		{"complete", func(*Return) {}, ""},
		{"nobody proposed", func(r *Return) { r.Proposed = "" }, ""},
		{"elsewhere, needs no clause", func(r *Return) { r.Reason, r.Clause = ReturnArea, "" }, ""},
		{"no clause", func(r *Return) { r.Clause = "" }, "return.clause"},
		{"other without a word", func(r *Return) { r.Reason, r.Clause = ReturnOther, "" }, "return.clause"},
		{"a clause without end", func(r *Return) { r.Clause = strings.Repeat("长", MaxReasonRunes+1) }, "field.too_long"},
		{"no reason", func(r *Return) { r.Reason = "whim" }, "field.required"},
		{"no unit", func(r *Return) { r.From = "" }, "return.from"},
		{"itself proposed", func(r *Return) { r.Proposed = unit }, "return.proposed"},
		{"no decision", func(r *Return) { r.Decision = "" }, "field.invalid"},
		{"no matter", func(r *Return) { r.Matter = "x" }, "field.invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := good
			tt.change(&r)
			if err := r.Validate(); (err != nil) != (tt.code != "") || err != nil && errs.CodeOf(err) != tt.code {
				t.Errorf("%v, want %q", err, tt.code)
			}
		})
	}
}
