package text

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Phrases is a regular expression over what people say, which is looked for in
// many texts and stands in few. A text is tried only if it holds one of the
// pieces without which there is no match, and there only where a match may
// begin: the expression alone would try every place, at ten times the cost. It
// finds exactly what the expression finds.
type Phrases struct {
	whole  *regexp.Regexp
	pieces []piece           // one of them stands in whatever matches; nil: not known
	starts map[rune][]string // one of them begins whatever matches, by first character; nil: not known
	firsts letters           // those characters
	here   *regexp.Regexp    // matches at the beginning of a text only
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
	tree = tree.Simplify()
	p := &Phrases{whole: re}
	needed := required(tree)
	slices.Sort(needed)
	for _, s := range slices.Compact(needed) {
		p.pieces = append(p.pieces, piece{s, lettersOf(s)})
	}
	if starts, empty := beginnings(tree); starts != nil && !empty && !looksBack(tree) {
		p.starts, p.here = map[rune][]string{}, regexp.MustCompile("^(?:"+expr+")")
		for _, start := range starts {
			first, _ := utf8.DecodeRuneInString(start)
			p.starts[first] = append(p.starts[first], start)
			p.firsts.add(first)
		}
	}
	return p, nil
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
func (p *Phrases) MatchString(s string) bool { return p.In(NewPassage(s)) }

// In reports whether one of the phrases stands in a passage.
func (p *Phrases) In(s Passage) bool { return len(p.find(s, 1)) > 0 }

// FindAllStringIndex gives where the phrases stand in s, at most n, all for n
// below 0.
func (p *Phrases) FindAllStringIndex(s string, n int) [][]int { return p.find(NewPassage(s), n) }

func (p *Phrases) find(passage Passage, n int) [][]int {
	if !p.possible(passage) {
		return nil
	}
	s := passage.text
	if p.starts == nil {
		return p.whole.FindAllStringIndex(s, n)
	}
	var found [][]int
	end := 0 // of the last one
	for i, r := range s {
		if len(found) == n {
			break
		}
		begins := func(start string) bool { return strings.HasPrefix(s[i:], start) }
		if i < end || !p.firsts.has(r) || !slices.ContainsFunc(p.starts[r], begins) {
			continue
		}
		if at := p.here.FindStringIndex(s[i:]); at != nil {
			end = i + at[1]
			found = append(found, []int{i, end})
		}
	}
	return found
}

func (p *Phrases) possible(s Passage) bool {
	return p.pieces == nil || slices.ContainsFunc(p.pieces, func(one piece) bool {
		return s.letters.hold(one.letters) && strings.Contains(s.text, one.text)
	})
}

// Passage is a text in which many phrases are looked for: most of them are ruled
// out by a character that it does not have, without reading it again.
type Passage struct {
	text    string
	letters letters
}

// NewPassage makes a Passage.
func NewPassage(s string) Passage { return Passage{s, lettersOf(s)} }

// piece is a stretch of text that is looked for.
type piece struct {
	text    string
	letters letters
}

// letters is a set of characters, each by its last ten bits: it may hold one
// that is not there, and never lacks one that is.
type letters [16]uint64

func lettersOf(s string) letters {
	var out letters
	for _, r := range s {
		out.add(r)
	}
	return out
}

func (l *letters) add(r rune) { l[r>>6&15] |= 1 << (r & 63) }

func (l *letters) has(r rune) bool { return l[r>>6&15]&(1<<(r&63)) != 0 }

// hold reports whether all of others are among them.
func (l *letters) hold(others letters) bool {
	for i, bits := range others {
		if bits&^l[i] != 0 {
			return false
		}
	}
	return true
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

// beginnings gives what the matches begin with, nil when that is not known;
// empty tells that the expression may match nothing, so that what follows
// begins the match too.
func beginnings(re *syntax.Regexp) (starts []string, empty bool) {
	if re.Flags&syntax.FoldCase != 0 {
		return nil, false
	}
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, false
	case syntax.OpCharClass:
		return members(re.Rune), false
	case syntax.OpCapture, syntax.OpPlus:
		return beginnings(re.Sub[0])
	case syntax.OpQuest, syntax.OpStar:
		starts, _ = beginnings(re.Sub[0])
		return starts, true
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			more, maybe := beginnings(sub)
			if more == nil {
				return nil, false
			}
			if starts = append(starts, more...); !maybe {
				return starts, false
			}
		}
		return nil, false
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			more, maybe := beginnings(sub)
			if more == nil {
				return nil, false
			}
			starts, empty = append(starts, more...), empty || maybe
		}
		return starts, empty
	}
	return nil, false
}

// looksBack reports whether what stands before a match matters to it.
func looksBack(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, looksBack)
}
