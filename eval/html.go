package eval

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html
var reportPage string

// page is what report.html shows.
type page struct {
	*Report
	Charts []reliability
	Curves []curve
}

// curve is a figure at growing amounts of decisions: the name before the “@”.
type curve struct {
	Name   string
	Points []Figure
}

// reliability is the diagram of one protocol.
type reliability struct {
	Protocol string
	Bins     []Bin
}

// WriteHTML writes one self-contained page: the figures with their intervals,
// learning curves, reliability, the most frequent confusions and the surest
// mistakes.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"percent": func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) },
		"whole":   func(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) },
		"decimal": func(v float64) string { return fmt.Sprintf("%.3f", v) },
		"x":       func(v float64) string { return fmt.Sprintf("%.1f", 20+v*200) },
		"y":       func(v float64) string { return fmt.Sprintf("%.1f", 220-v*200) },
		"at":      func(name string) string { return name[strings.LastIndexByte(name, '@')+1:] },
		"width":   func(v float64) string { return fmt.Sprintf("%.0f", 240*max(0, min(v, 1))) },
		"spread":  func(lo, hi float64) string { return fmt.Sprintf("%.0f", max(1, 240*(min(hi, 1)-max(lo, 0)))) },
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	return t.Execute(w, page{Report: r, Charts: r.diagrams(), Curves: r.curves()})
}

func (r *Report) diagrams() []reliability {
	var out []reliability
	for _, b := range r.Bins {
		if len(out) == 0 || out[len(out)-1].Protocol != b.Protocol {
			out = append(out, reliability{Protocol: b.Protocol})
		}
		last := &out[len(out)-1]
		last.Bins = append(last.Bins, b)
	}
	return out
}

// curves groups figures such as labels.acc@100, labels.acc@300; an @ that
// counts candidates (leaf@1, leaf@3) is no curve.
func (r *Report) curves() []curve {
	var out []curve
	for _, f := range r.Figures {
		name, at, found := strings.Cut(f.Name, "@")
		if !found || len(strings.SplitN(at, ".", 2)[0]) < 2 {
			continue
		}
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, curve{Name: name})
		}
		last := &out[len(out)-1]
		last.Points = append(last.Points, f)
	}
	return out
}
