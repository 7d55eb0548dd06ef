package text

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Phrases is a regular expression over what people say, which is looked for in
// many texts and stands in few. Before it tries a text it looks whether the
// text holds one of the pieces without which there is no match: that costs a
// hundredth of the trying. It finds exactly what the expression finds.
type Phrases struct {
	*regexp.Regexp
	pieces []string // one of them stands in whatever matches; nil: not known
}

// CompilePhrases parses an expression. The error is regexp's.
func CompilePhrases(expr string) (*Phrases, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	pieces := required(tree.Simplify())
	slices.Sort(pieces)
	return &Phrases{re, slices.Compact(pieces)}, nil
}

// MustPhrases is CompilePhrases for an expression that stands in the code.
func MustPhrases(expr string) *Phrases {
	p, err := CompilePhrases(expr)
	if err != nil {
		panic(err)
	}
	return p
}

// MatchString reports whether one of the phrases stands in s.
func (p *Phrases) MatchString(s string) bool { return p.possible(s) && p.Regexp.MatchString(s) }

// FindAllStringIndex gives where the phrases stand in s, at most n, all for n
// below 0.
func (p *Phrases) FindAllStringIndex(s string, n int) [][]int {
	if !p.possible(s) {
		return nil
	}
	return p.Regexp.FindAllStringIndex(s, n)
}

func (p *Phrases) possible(s string) bool {
	return p.pieces == nil || slices.ContainsFunc(p.pieces, func(piece string) bool { return strings.Contains(s, piece) })
}

// maxClass bounds the characters of a class that are looked for one by one.
const maxClass = 16

// required gives pieces one of which stands in whatever matches, nil when there
// are none.
func required(re *syntax.Regexp) []string {
	if re.Flags&syntax.FoldCase != 0 {
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return members(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpConcat:
		return mostTelling(re.Sub)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			one := required(sub)
			if one == nil {
				return nil
			}
			all = append(all, one...)
		}
		return all
	}
	return nil
}

// members are the characters of a class given as pairs of first and last.
func members(ranges []rune) []string {
	var out []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if len(out) == maxClass {
				return nil
			}
			out = append(out, string(r))
		}
	}
	return out
}

// mostTelling gives the pieces of that part of a sequence whose shortest piece
// is longest: it stands in the fewest texts.
func mostTelling(subs []*syntax.Regexp) []string {
	var best []string
	longest := 0
	for _, sub := range subs {
		pieces := required(sub)
		if pieces == nil {
			continue
		}
		if shortest := len(slices.MinFunc(pieces, func(a, b string) int { return len(a) - len(b) })); shortest > longest {
			best, longest = pieces, shortest
		}
	}
	return best
}
