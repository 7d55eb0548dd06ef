package intake

import (
	"slices"
	"strings"
)

// chunk is a part of a letter in which a name may stand: no pause and no stop
// word is in it.
type chunk struct {
	stretch
	before string // the stop word that ends where the chunk begins; empty: a pause or the beginning
	after  string // the stop word that follows
	pieces []piece
}

// piece is a part of a name with its kind.
type piece struct {
	stretch
	kind    int
	bare    bool // an end without a name before it: 公园, 附近
	known   bool // an area the city has
	wide    bool // the city itself
	unended bool // a name without an end that says what it is
}

// maxName is how many runes a name may have before its end.
const maxName = 16

// read cuts the letter into chunks and these into pieces.
func (l *letter) read(r *FactFinder) {
	from, before := 0, ""
	timed := l.timed()
	for i := 0; i <= len(l.r); {
		n, word := l.stopAt(i, r)
		if i < len(l.r) && timed[i] {
			n, word = 1, ""
		}
		if n == 0 && i == from {
			n = l.hasAny(i, leading)
			if n > 0 && l.keepAt(i, r) > 0 {
				n = 0
			}
		}
		if n == 0 {
			i += max(1, l.keepAt(i, r))
			continue
		}
		if i > from {
			c := chunk{stretch: stretch{from, min(i, len(l.r))}, before: before, after: word}
			c.pieces = l.cut(c.stretch, r)
			l.chunks = append(l.chunks, c)
		}
		i, from, before = i+n, i+n, word
	}
}

// timed marks the runes of dates and hours: they are no part of a name. A plain
// 17号 may be.
func (l *letter) timed() []bool {
	out := make([]bool, len(l.r))
	for _, s := range l.moments() {
		if !strings.ContainsAny(l.text(s), "年月点时日:：") {
			continue
		}
		for i := s.start; i < s.end; i++ {
			out[i] = true
		}
	}
	return out
}

// stopAt gives how many runes end a chunk at a place, and the word that does,
// empty for a pause; 0: none.
func (l *letter) stopAt(i int, r *FactFinder) (int, string) {
	if i >= len(l.r) {
		return 1, ""
	}
	c := l.r[i]
	switch {
	case !isHan(c) && !isDigit(c) && !isLatin(c) && c != '*' && c != '-' && c != '#' && c != '·' && c != '〇':
		return 1, ""
	case l.keepAt(i, r) > 0:
		return 0, ""
	}
	if n := l.hasAny(i, stopWords[c]); n > 0 {
		return n, string(l.r[i : i+n])
	}
	if strings.ContainsRune(stopRunes, c) {
		return 1, string(c)
	}
	return 0, ""
}

// keepAt gives the length of a word that stands in names though a stop word is
// in it; 0: none.
func (l *letter) keepAt(i int, r *FactFinder) int {
	if i >= len(l.r) {
		return 0
	}
	return max(l.hasAny(i, keepWords[l.r[i]]), l.hasAny(i, r.areas[l.r[i]]))
}

// cut gives the pieces of a chunk, in order; what stands between two pieces is
// no part of a name.
func (l *letter) cut(c stretch, r *FactFinder) []piece {
	var out []piece
	for p := c.start; p < c.end; {
		next, ok := l.pieceAt(p, c.end, r, out)
		if !ok {
			p++
			continue
		}
		out = append(out, next)
		p = next.end
	}
	return out
}

// pieceAt reads one piece at a place.
func (l *letter) pieceAt(p, end int, r *FactFinder, before []piece) (piece, bool) {
	if n := l.hasAny(p, r.areas[l.r[p]]); n > 0 && p+n <= end {
		to, wide := p+n, slices.Contains(r.wide, string(l.r[p:p+n]))
		if k := l.hasAny(to, areaKinds); k > 0 && to+k <= end && !l.continues(to+k, string(l.r[to:to+k])) {
			to += k
		}
		if !l.runsOn(to, end) {
			return piece{stretch: stretch{p, to}, kind: pieceArea, known: true, wide: wide}, true
		}
	}
	if to := l.numberAt(p, end); to > p {
		return piece{stretch: stretch{p, to}, kind: pieceNumber, bare: len(before) == 0}, true
	}
	// Behind an area also what alone names nothing is a name: 河口医院.
	n := len(before)
	return l.namedAt(stretch{p, end}, r, n > 0 && before[n-1].end == p && before[n-1].kind == pieceArea)
}

// runsOn reports that an area's name is the beginning of the name of a road or
// a building: 河口路, 河口大厦.
func (l *letter) runsOn(to, end int) bool {
	if to >= end {
		return false
	}
	n := l.hasAny(to, []string{"大道", "路", "大厦", "花园", "广场", "大桥", "街"})
	return n > 0 && !l.has(to, "街道")
}

// numberAt reads 17号, 三巷, B栋, 3层 and gives where it ends, or p.
func (l *letter) numberAt(p, end int) int {
	q := p
	if p > 0 && l.r[p] == '一' && strings.ContainsRune("另同这那", l.r[p-1]) {
		return p // 另一路 is no name
	}
	for q < end && q-p < 5 && (isDigit(l.r[q]) || strings.ContainsRune("一二三四五六七八九十", l.r[q]) || isLatin(l.r[q]) || l.r[q] == '-' || l.r[q] == '#') {
		q++
	}
	if q == p {
		return p
	}
	switch n := l.hasAny(q, []string{"号楼", "号", "巷", "栋", "楼", "层", "座", "期", "单元", "横街", "横巷", "横路", "街", "路", "幢", "门", "号店", "号铺", "号房", "店"}); {
	case n == 0 || q+n > end || l.continues(q+n, string(l.r[q:q+n])) || l.has(q, "路公交") || l.has(q, "号线"):
		return p
	default:
		return q + n
	}
}

// namedAt reads a name with its end: the nearest end, and as much longer as
// ends follow one another.
func (l *letter) namedAt(c stretch, r *FactFinder, behind bool) (piece, bool) {
	p, end := c.start, c.end
	for q := p + 1; q <= min(end, p+maxName); q++ {
		if q > p+1 && l.hasAny(q-1, r.areas[l.r[q-1]]) > 0 && q-1 > p {
			return piece{}, false // a name begins at the area
		}
		e, ok := l.endAt(stretch{p, q}, behind)
		if !ok {
			continue
		}
		to := q
		for more := q + 1; more <= min(end, q+4); more++ {
			if longer, ok := l.endAt(stretch{p, more}, behind); ok && (longer.kind == e.kind || longer.kind < piecePart && e.kind < piecePart) && more-runes(longer.word) <= to {
				e, to = longer, more
			}
		}
		bare := slices.Contains(plainNames, string(l.r[p:to-runes(e.word)])) || to-p == runes(e.word)
		return piece{stretch: stretch{p, to}, kind: e.kind, bare: bare}, true
	}
	return piece{}, false
}

// endAt gives the longest end of a name that the stretch is, unless it is a
// word that only looks like a name; behind is isNever's.
func (l *letter) endAt(s stretch, behind bool) (ending, bool) {
	best := ending{}
	for _, e := range nameEnds[l.r[s.end-1]] {
		n := runes(e.word)
		if n <= s.end-s.start && n > runes(best.word) && l.has(s.end-n, e.word) && !l.continues(s.end, e.word) {
			best = e
		}
	}
	return best, best.word != "" && !l.isNever(s, runes(best.word), behind)
}

// continues reports that what stands at i makes another word of the end before.
func (l *letter) continues(i int, end string) bool { return l.hasAny(i, but[end]) > 0 }

// isNever reports that a stretch with an end of n runes is one of the words that
// end like names, or has one at its end that is longer than the end. behind
// says that an area stands before, so that the end alone is enough.
func (l *letter) isNever(s stretch, n int, behind bool) bool {
	for from := max(s.start, s.end-4); from < s.end; from++ {
		longer, whole := s.end-from > n, from == s.start && !behind
		word := string(l.r[from:s.end])
		if (longer || whole) && slices.Contains(never[l.r[from]], word) && (whole || word != "一路") { // 南一路 is a road
			return true
		}
	}
	return false
}
