package classifier

import (
	"strings"

	"huying/internal/org"
)

// A table has one cell for what is a list: one item a line, its parts between
// full-width bars. What would be taken for a separator is written with a
// backslash before it, a line break within a text as \n. So a person can read
// and edit it, and it comes back as it was.

// The columns that hold lists, and how long a cell may be: what a spreadsheet
// holds.
const (
	dutyHeading       = "职责"
	examplesHeading   = "示例"
	neighboursHeading = "易混事项"
	cellRunes         = 32_767
)

// exampleMark begins a line of the duty cell that is an example of the rule
// above it.
const exampleMark = "例"

var cellEscapes = strings.NewReplacer(`\`, `\\`, "｜", `\｜`, "\r", `\r`, "\n", `\n`)

// parts takes a line to pieces at the bars that have no backslash before them.
func parts(line string) []string {
	var out []string
	var b strings.Builder
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			switch r {
			case 'n':
				r = '\n'
			case 'r':
				r = '\r'
			}
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '｜':
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(out, b.String())
}

func cellLine(items ...string) string {
	for i := range items {
		items[i] = cellEscapes.Replace(items[i])
	}
	return strings.Join(items, "｜")
}

func writeExamples(examples []string) string {
	lines := make([]string, len(examples))
	for i, e := range examples {
		lines[i] = cellLine(e)
	}
	return strings.Join(lines, "\n")
}

func readExamples(cell string) []string {
	var out []string
	for _, line := range cellLines(cell) {
		out = append(out, strings.Join(parts(line), "｜")) // a bar typed by hand is just a bar
	}
	return out
}

// cellLines gives the lines that are not blank.
func cellLines(cell string) []string {
	var out []string
	for line := range strings.SplitSeq(cell, "\n") {
		if strings.TrimSpace(line) != "" {
			out = append(out, line)
		}
	}
	return out
}

func writeRules(rules []Rule) string {
	var lines []string
	for _, r := range rules {
		lines = append(lines, cellLine(r.When, string(r.Lead), strings.Join(kindNames(r.Co), "、")))
		for _, e := range r.Examples {
			lines = append(lines, cellLine(exampleMark, e))
		}
	}
	return strings.Join(lines, "\n")
}

// readRules gives the rules, and the line (from 1) that is written wrongly; 0
// when none is.
func readRules(cell string) (rules []Rule, wrong int) {
	for i, line := range cellLines(cell) {
		p := parts(line)
		switch {
		case len(p) == 2 && p[0] == exampleMark && len(rules) > 0:
			last := &rules[len(rules)-1]
			last.Examples = append(last.Examples, p[1])
		case len(p) == 3 && p[1] != "":
			rules = append(rules, Rule{When: p[0], Lead: org.UnitKind(p[1]), Co: kindsOf(coNames(p[2]))})
		default:
			return nil, i + 1
		}
	}
	return rules, 0
}

// coNames takes a list of units to pieces.
func coNames(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("、，,;； ", c) })
}

func writeNeighbours(neighbours []Neighbour) string {
	lines := make([]string, len(neighbours))
	for i, n := range neighbours {
		lines[i] = cellLine(n.Code, n.Tell)
	}
	return strings.Join(lines, "\n")
}

// readNeighbours is like readRules.
func readNeighbours(cell string) (out []Neighbour, wrong int) {
	for i, line := range cellLines(cell) {
		p := parts(line)
		if len(p) != 2 || p[0] == "" {
			return nil, i + 1
		}
		out = append(out, Neighbour{Code: p[0], Tell: p[1]})
	}
	return out, 0
}
