package classifier

import (
	"slices"
	"strings"

	"huying/internal/errs"
)

// Piece is a sentence of a text that is to be cut, and the part it goes to.
type Piece struct {
	Text string
	Line int // sentences of one line stand one after another, others one below another
	In   int // from 1; 0: every part, as what stands before a list does
}

// Pieces gives the sentences of the parts that a suggestion proposed, part after
// part, those that all of them have first.
func Pieces(parts []Part) []Piece {
	var out []Piece
	var common []string
	line := 0
	for i, p := range parts {
		for l := range strings.SplitSeq(p.Text, "\n") {
			in := i + 1
			if slices.Contains(common, l) {
				continue
			}
			if i == 0 && everywhere(parts, l) {
				common, in = append(common, l), 0
			}
			for _, s := range sentences(l) {
				out = append(out, Piece{Text: s, Line: line, In: in})
			}
			line++
		}
	}
	slices.SortStableFunc(out, func(a, b Piece) int { return min(a.In, 1) - min(b.In, 1) })
	return out
}

// everywhere reports whether each part has the line.
func everywhere(parts []Part, line string) bool {
	for _, p := range parts {
		if !slices.Contains(strings.Split(p.Text, "\n"), line) {
			return false
		}
	}
	return true
}

// sentences cuts a line after what ends a sentence or a clause of a list.
func sentences(line string) []string {
	const ends, closers = "。！？!?；;", "”’」』）)》\""
	var out []string
	letters := []rune(line)
	from := 0
	for i, r := range letters {
		if !strings.ContainsRune(ends, r) {
			continue
		}
		if i+1 < len(letters) && strings.ContainsRune(ends+closers, letters[i+1]) {
			continue
		}
		out, from = append(out, string(letters[from:i+1])), i+1
	}
	if rest := strings.TrimSpace(string(letters[from:])); rest != "" {
		out = append(out, string(letters[from:]))
	}
	return out
}

// Recut gives the texts of n parts with each piece where in puts it: in 1 to n,
// or 0 for every part. errs.Invalid "split.empty" when a part has nothing of
// its own, "split.outdated" (errs.Conflict) when in is not about these pieces.
func Recut(pieces []Piece, in []int, n int) ([]string, error) {
	if len(in) != len(pieces) || slices.ContainsFunc(in, func(i int) bool { return i < 0 || i > n }) {
		return nil, errs.New(errs.Conflict, "split.outdated")
	}
	out := make([]string, n)
	for part := range out {
		if !slices.Contains(in, part+1) {
			return nil, errs.New(errs.Invalid, "split.empty", part+1)
		}
		last := -1
		for i, p := range pieces {
			switch {
			case in[i] != 0 && in[i] != part+1:
				continue
			case last == p.Line:
				out[part] += p.Text
			default:
				out[part] = Joined(out[part], p.Text)
			}
			last = p.Line
		}
	}
	return out, nil
}
