package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"huying/classifier"
	"huying/intake"
)

// notPages are routes of pages that give no page: parts of one, a redirection,
// a file.
var notPages = []string{
	"/", "/desk/newer", "/desk/units", "/desk/:matter/watch", "/desk/:matter/next", "/catalogue/versions/:version/export",
	"/catalogue/drafts/:draft/watch",
	"/healthz", "/readyz", "/static/*",
}

// pageRoutes reads the map of pages.
func pageRoutes(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "server", "routes.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`a\.Get\("([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		if !slices.Contains(notPages, m[1]) {
			out = append(out, m[1])
		}
	}
	if len(out) < 10 {
		t.Fatalf("only %q", out)
	}
	return out
}

// drawn receives and confirms until a matter is among those that a second
// person reads, at the largest share.
func (c *caller) drawn(t *testing.T) string {
	t.Helper()
	for i := range 400 {
		m := c.receive(t, delivery{Channel: "hotline", Text: fmt.Sprintf("%d 号楼下的烧烤店油烟很大", i)}).Message.Matters[0]
		if float64(classifier.Lot(intake.MatterID(m.ID))) < classifier.MaxBlind*(1<<24) {
			c.decide(t, m.ID, m.Suggestion.confirmation())
			return m.ID
		}
	}
	t.Fatal("of 400 matters none is drawn")
	return ""
}
