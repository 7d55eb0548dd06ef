package chart

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

var learning = Figure{X: "已确认的件数", Y: "正确率", Series: []Series{
	{"事项", []Point{{50, 0.68, 0.61, 0.75}, {100, 0.70, 0.61, 0.78}, {150, 0.71, 0.6, 0.81}}},
	{"标签 <冷>", []Point{{25, 0.7, 0.66, 0.74}, {400, 0.86, 0.82, 0.9}}},
}}

// TestFigureIsOnePieceOfThePage: well-formed, words as text, nothing from
// elsewhere, no colour of its own.
func TestFigureIsOnePieceOfThePage(t *testing.T) {
	for name, f := range map[string]Figure{
		"learning":  learning,
		"shares":    {X: "说的概率", Y: "实际", Shares: true, Series: []Series{{"", []Point{{0.2, 0.3, 0.1, 0.5}, {0.8, 0.7, 0.6, 0.9}}}}},
		"one point": {X: "件数", Y: "率", Series: []Series{{"a", []Point{{7, 1, 1, 1}}}}},
		"nothing":   {X: "件数", Y: "率"},
	} {
		svg, err := SVG(f, "图 & 表")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		elements, texts := parse(t, svg)
		if elements["svg"] != 1 || !strings.HasPrefix(svg, "<svg ") || !strings.Contains(svg, `aria-label="图 &amp; 表"`) {
			t.Errorf("%s: %d svg elements: %.80s", name, elements["svg"], svg)
		}
		for _, s := range append([]string{f.X, f.Y}, names(f)...) {
			if !strings.Contains(texts, s) {
				t.Errorf("%s: %q is not in the text %q", name, s, texts)
			}
		}
		for _, bad := range []string{"<script", "http", "url(", "#0", "#F", "NaN", "Inf"} {
			if strings.Contains(svg, bad) {
				t.Errorf("%s: %q in %s", name, bad, svg)
			}
		}
	}
	if _, err := SVG(Figure{Series: []Series{{"x", []Point{{1, math.NaN(), 0, 0}}}}}, ""); err == nil {
		t.Error("a value that is no number is drawn")
	}
}

func names(f Figure) []string {
	var out []string
	if len(f.Series) > 1 {
		for _, s := range f.Series {
			out = append(out, s.Name)
		}
	}
	return out
}

// parse counts the elements and joins the text.
func parse(t *testing.T, svg string) (map[string]int, string) {
	t.Helper()
	elements, texts := map[string]int{}, ""
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return elements, texts
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
		case xml.CharData:
			texts += string(token) + "\n"
		}
	}
}
