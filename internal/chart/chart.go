// Package chart draws figures as SVG that stands inside a page: no script and
// nothing fetched. Words stay text, in the page's own font; colours are the
// page's custom properties --ink, --second, --line, --paper, --accent, --good
// and --warning, so a figure follows the page into the dark.
package chart

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Point is a share with its interval, all of [0,1]; Lo = Hi = Y draws none.
type Point struct {
	X, Y, Lo, Hi float64
}

// Series is points joined by a line, in the order given.
type Series struct {
	Name   string
	Points []Point
}

// Figure is what is drawn: shares from 0 to 1 over X.
type Figure struct {
	X, Y   string // what the axes say
	Series []Series
	// Shares makes X a share too and draws the diagonal. Otherwise X is a count
	// above 0, on a logarithmic axis that is marked where points are.
	Shares bool
}

// width and height are in CSS pixels; a point of the library is one of them.
const (
	width  vg.Length = 420
	height vg.Length = 300
)

// looks are the shape and the colour of each series; they repeat after three.
var looks = []struct {
	glyph draw.GlyphDrawer
	color color.Color
}{
	{draw.CircleGlyph{}, color.RGBA{1, 1, 1, 255}},
	{draw.PyramidGlyph{}, color.RGBA{2, 2, 2, 255}},
	{draw.BoxGlyph{}, color.RGBA{3, 3, 3, 255}},
}

var (
	second = color.RGBA{4, 4, 4, 255}
	line   = color.RGBA{5, 5, 5, 255}
)

// toPage puts the page's properties where the library wrote the colours above.
var toPage = strings.NewReplacer(
	"#010101", "var(--accent)", "#020202", "var(--good)", "#030303", "var(--warning)",
	"#040404", "var(--second)", "#050505", "var(--line)",
	"#000000", "var(--ink)", "#FFFFFF", "var(--paper)",
)

// SVG draws the figure as one svg element. label says for those who cannot see
// it what it shows. It fails on values that are no numbers.
func SVG(f Figure, label string) (string, error) {
	p := plot.New()
	p.BackgroundColor = nil
	f.axes(p)
	for i, s := range f.Series {
		if err := add(p, s, i); err != nil {
			return "", fmt.Errorf("series %s: %w", s.Name, err)
		}
	}
	if len(f.Series) > 1 {
		p.Legend.TextStyle.Font = letters(11)
		p.Legend.Left, p.Legend.Top = false, false
		p.Legend.Padding = 3
	}
	c := vgsvg.New(width, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	_, body, found := strings.Cut(b.String(), "<svg ")
	_, body, closed := strings.Cut(body, ">")
	if !found || !closed {
		return "", fmt.Errorf("no svg element in what was drawn")
	}
	return fmt.Sprintf(`<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`, width.Points(), height.Points(), html.EscapeString(label)) +
		toPage.Replace(body), nil
}

// axes says what is drawn along them, and marks them.
func (f Figure) axes(p *plot.Plot) {
	p.X.Label.Text, p.Y.Label.Text = f.X, f.Y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Tick.Label.Font = letters(12), letters(11)
		a.Label.TextStyle.Color, a.Tick.Label.Color = second, second
		a.LineStyle.Color, a.Tick.LineStyle.Color = line, line
		a.Label.Padding = 4
	}
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = plot.ConstantTicks(percents())
	if f.Shares {
		p.X.Min, p.X.Max = 0, 1
		p.X.Tick.Marker = plot.ConstantTicks(percents())
		diagonal := plotter.NewFunction(func(x float64) float64 { return x })
		diagonal.Color, diagonal.Dashes = second, []vg.Length{4, 4}
		p.Add(diagonal)
		return
	}
	p.X.Scale = plot.LogScale{}
	p.X.Min, p.X.Max = f.span()
	p.X.Tick.Marker = plot.ConstantTicks(f.counts())
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = line, nil
	p.Add(grid)
}

// span is the range of a count, with room on both sides.
func (f Figure) span() (lo, hi float64) {
	lo, hi = math.Inf(1), 1
	for _, s := range f.Series {
		for _, pt := range s.Points {
			lo, hi = min(lo, pt.X), max(hi, pt.X)
		}
	}
	return min(lo, hi) / 1.25, hi * 1.25
}

// counts marks each count once, and leaves the number out where it would run
// into the one before.
func (f Figure) counts() []plot.Tick {
	at := map[float64]bool{}
	for _, s := range f.Series {
		for _, pt := range s.Points {
			at[pt.X] = true
		}
	}
	lo, hi := f.span()
	last := 0.0
	var ticks []plot.Tick
	for _, x := range slices.Sorted(maps.Keys(at)) {
		t := plot.Tick{Value: x}
		if last == 0 || math.Log(x/last)/math.Log(hi/lo) > 0.07 {
			t.Label, last = fmt.Sprint(x), x
		}
		ticks = append(ticks, t)
	}
	return ticks
}

func percents() []plot.Tick {
	var ticks []plot.Tick
	for i := range 6 {
		ticks = append(ticks, plot.Tick{Value: float64(i) / 5, Label: fmt.Sprintf("%d%%", i*20)})
	}
	return ticks
}

// add draws one series: line, intervals, points.
func add(p *plot.Plot, s Series, i int) error {
	look := looks[i%len(looks)]
	xys := make(plotter.XYs, len(s.Points))
	spread := make(plotter.YErrors, len(s.Points))
	for k, pt := range s.Points {
		xys[k] = plotter.XY{X: pt.X, Y: pt.Y}
		spread[k].Low, spread[k].High = pt.Y-pt.Lo, pt.Hi-pt.Y
	}
	joined, points, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	bars, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{xys, spread})
	if err != nil {
		return err
	}
	joined.Color, bars.Color = look.color, look.color
	joined.Width, bars.Width = 1.5, 1
	points.Shape, points.Color, points.Radius = look.glyph, look.color, 3.5
	p.Add(joined, bars, points)
	if s.Name != "" {
		p.Legend.Add(s.Name, joined, points)
	}
	return nil
}

// letters is the library's font to measure with; the page's own is shown.
func letters(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}
