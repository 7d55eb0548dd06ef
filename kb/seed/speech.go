//go:build ignore

// Speech counts in how many of the starter texts (examples and duty examples of
// classifier/starter) each unit and pair of units occurs, and writes
// kb/seed/speech.txt. Run it from the repository's root:
//
//	go run ./kb/seed/speech.go
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// minSpoken is the same as in kb/gram.go.
const minSpoken = 5

type leaf struct {
	Examples []string
	Duty     []struct{ Examples []string }
}

func main() {
	files, err := filepath.Glob("classifier/starter/*.jsonl")
	if err != nil || len(files) == 0 {
		log.Fatal("no files in classifier/starter: ", err)
	}
	texts, count := 0, map[string]int{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			log.Fatal(err)
		}
		scan := bufio.NewScanner(f)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			var l leaf
			if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
				log.Fatal(name, ": ", err)
			}
			for _, d := range l.Duty {
				l.Examples = append(l.Examples, d.Examples...)
			}
			for _, e := range l.Examples {
				texts++
				for g := range grams(e) {
					count[g]++
				}
			}
		}
		f.Close()
	}
	var kept []string
	for g, n := range count {
		if n >= minSpoken {
			kept = append(kept, g)
		}
	}
	slices.SortFunc(kept, func(x, y string) int { return cmp.Or(count[y]-count[x], strings.Compare(x, y)) })
	var b strings.Builder
	fmt.Fprintf(&b, "# %d\n", texts)
	for _, g := range kept {
		fmt.Fprintf(&b, "%s %d\n", g, count[g])
	}
	if err := os.WriteFile("kb/seed/speech.txt", []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

var (
	clause = regexp.MustCompile(`[\p{L}\p{N}]+`)
	unit   = regexp.MustCompile(`[a-z0-9]+|.`)
)

// grams cuts a text as units and eachGram in kb/gram.go do. The starter texts
// are simplified and normalised as they stand.
func grams(s string) map[string]bool {
	out := map[string]bool{}
	for _, run := range clause.FindAllString(strings.ToLower(s), -1) {
		units := unit.FindAllString(run, -1)
		for i, u := range units {
			out[u] = true
			if i > 0 {
				out[units[i-1]+u] = true
			}
		}
	}
	return out
}
