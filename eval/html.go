package eval

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"huying/internal/chart"
)

//go:embed report.html
var reportPage string

// page is what report.html shows.
type page struct {
	*Report
	Curves   []picture
	Reliable []picture
	Coverage []Figure
	Wrong    []wrongs
}

// picture is one chart with its table.
type picture struct {
	Title string
	SVG   template.HTML
	Head  []string
	Rows  [][]string
}

// wrongs are the confusions and mistakes of one protocol.
type wrongs struct {
	Protocol string
	Pairs    []Pair
	Mistakes []Mistake
}

// WriteHTML writes one self-contained page: the figures with their intervals,
// learning curves, reliability, coverage, the most frequent confusions and the
// surest mistakes with their evidence. It names nothing outside itself.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"decimal": func(v float64) string { return fmt.Sprintf("%.3f", v) },
		"whole":   whole,
		"title":   title,
		"named":   named,
		"width":   func(v float64) string { return fmt.Sprintf("%.0f", 240*max(0, min(v, 1))) },
		"spread":  func(lo, hi float64) string { return fmt.Sprintf("%.0f", max(1, 240*(min(hi, 1)-max(lo, 0)))) },
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	p := page{Report: r, Coverage: r.coverage(), Wrong: r.wrongs()}
	if p.Curves, err = r.curves(); err != nil {
		return err
	}
	if p.Reliable, err = r.reliable(); err != nil {
		return err
	}
	return t.Execute(w, p)
}

func whole(v float64) string   { return fmt.Sprintf("%.0f%%", 100*v) }
func percent(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }

// curve is a figure at growing amounts of decisions: labels.acc@100,
// labels.acc@300, or catalogue.warm@50.leaf@1, catalogue.warm@100.leaf@1.
type curve struct {
	name   string // with K for the amount
	counts []int
	points []Figure
}

// learning gives the figures that were measured at more than one amount, in
// the order in which they were measured. An @ that counts candidates (leaf@1,
// leaf@3) is no amount.
func (r *Report) learning() []curve {
	var out []curve
	for _, f := range r.Figures {
		at := counted.FindStringSubmatchIndex(f.Name)
		if at == nil {
			continue
		}
		n, err := strconv.Atoi(f.Name[at[2]:at[3]])
		if err != nil || n < 10 {
			continue
		}
		name := f.Name[:at[2]] + "K" + f.Name[at[3]:]
		i := slices.IndexFunc(out, func(c curve) bool { return c.name == name })
		if i < 0 {
			i, out = len(out), append(out, curve{name: name})
		}
		out[i].counts, out[i].points = append(out[i].counts, n), append(out[i].points, f)
	}
	return slices.DeleteFunc(out, func(c curve) bool { return len(c.points) < 2 })
}

// curves draws each learning curve.
func (r *Report) curves() ([]picture, error) {
	var out []picture
	for _, c := range r.learning() {
		p := picture{Title: curveTitle(c), Head: []string{"已确认", "正确率", "95% 区间", "评分行数"}}
		s := chart.Series{}
		for i, f := range c.points {
			lo, hi := f.Value, f.Value
			row := []string{fmt.Sprintf("%d 件", c.counts[i]), percent(f.Value), "", fmt.Sprint(f.Rows)}
			if f.Bounded() {
				lo, hi = min(f.Lo, f.Value), max(f.Hi, f.Value)
				row[2] = percent(f.Lo) + " – " + percent(f.Hi)
			}
			s.Points = append(s.Points, chart.Point{X: float64(c.counts[i]), Y: f.Value, Lo: lo, Hi: hi})
			p.Rows = append(p.Rows, row)
		}
		svg, err := chart.SVG(chart.Figure{X: "已确认的件数", Y: "正确率", Series: []chart.Series{s}}, p.Title)
		if err != nil {
			return nil, err
		}
		p.SVG = template.HTML(svg)
		out = append(out, p)
	}
	return out, nil
}

// curveTitle is the figure's title without an amount, and its name.
func curveTitle(c curve) string {
	name := strings.Replace(c.name, "@K", "@N", 1)
	if t := title(c.points[0].Name); t != "" {
		return strings.Replace(t, fmt.Sprint(c.counts[0]), "N", 1) + "（" + name + "）"
	}
	return name
}

// reliable draws what was said against what came true, one protocol a picture.
func (r *Report) reliable() ([]picture, error) {
	var out []picture
	for i, b := range r.Bins {
		if i > 0 && b.Protocol == r.Bins[i-1].Protocol {
			continue
		}
		p := picture{Title: named(b.Protocol), Head: []string{"说的概率", "实际正确", "95% 区间", "行数"}}
		s := chart.Series{}
		for _, b := range r.Bins[i:] {
			if b.Protocol != r.Bins[i].Protocol {
				break
			}
			lo, hi := wilson(b.Right, b.Rows)
			s.Points = append(s.Points, chart.Point{X: b.Said, Y: b.Right, Lo: lo, Hi: hi})
			p.Rows = append(p.Rows, []string{percent(b.Said), percent(b.Right), percent(lo) + " – " + percent(hi), fmt.Sprint(b.Rows)})
		}
		svg, err := chart.SVG(chart.Figure{X: "说的概率", Y: "实际正确", Shares: true, Series: []chart.Series{s}}, p.Title)
		if err != nil {
			return nil, err
		}
		p.SVG = template.HTML(svg)
		out = append(out, p)
	}
	return out, nil
}

// wilson is the 95 % interval of a share over n rows by Wilson's score (E. B.
// Wilson, Probable Inference, JASA 22, 1927): bins are small, and it does not
// collapse where all are right.
func wilson(share float64, n int) (lo, hi float64) {
	const z = 1.96
	rows := float64(n)
	middle := (share + z*z/(2*rows)) / (1 + z*z/rows)
	half := z / (1 + z*z/rows) * math.Sqrt(share*(1-share)/rows+z*z/(4*rows*rows))
	return min(max(middle-half, 0), share), max(min(middle+half, 1), share)
}

// coverage are the figures that tell how often the machine offers something,
// and how much.
func (r *Report) coverage() []Figure {
	var out []Figure
	for _, f := range r.Figures {
		if strings.Contains(f.Name, ".coverage") || strings.Contains(f.Name, ".set.") || strings.HasPrefix(f.Name, "catalogue.ece") {
			out = append(out, f)
		}
	}
	return out
}

func (r *Report) wrongs() []wrongs {
	var out []wrongs
	at := func(protocol string) *wrongs {
		i := slices.IndexFunc(out, func(w wrongs) bool { return w.Protocol == protocol })
		if i < 0 {
			i, out = len(out), append(out, wrongs{Protocol: protocol})
		}
		return &out[i]
	}
	for _, p := range r.Pairs {
		if p.Count > 1 { // what happened once is no confusion
			w := at(p.Protocol)
			w.Pairs = append(w.Pairs, p)
		}
	}
	for _, m := range r.Mistakes {
		w := at(m.Protocol)
		w.Mistakes = append(w.Mistakes, m)
	}
	return out
}

// named is a protocol in words, with its name.
func named(protocol string) string {
	if t := title(protocol); t != "" {
		return t + "（" + protocol + "）"
	}
	return protocol
}
