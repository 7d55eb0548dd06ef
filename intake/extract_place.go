package intake

import (
	"cmp"
	"slices"
	"strings"
)

// mention is a name in the letter, in pieces that follow one another.
type mention struct {
	stretch
	before string // the stop word before it
	after  string // the stop word behind it
	pieces []piece
	score  float64
}

// maxPieces is how many pieces a name may have: a longer run is a list, or no
// text at all.
const maxPieces = 12

// mentions gives the runs of pieces, names that are joined by 的, 和 or 至 into
// one place as one.
func (l *letter) mentions() []mention {
	var out []mention
	for i, c := range l.chunks {
		for from := 0; from < len(c.pieces); {
			to := from + 1
			for to < len(c.pieces) && to-from < maxPieces && c.pieces[to].start == c.pieces[to-1].end {
				to++
			}
			if rest, ok := l.unended(c, c.pieces[to-1]); ok {
				m := mention{stretch: stretch{c.pieces[from].start, rest.end}, before: c.before, after: c.after}
				m.pieces = append(slices.Clone(c.pieces[from:to]), rest)
				out = append(out, m)
				break
			}
			m := mention{stretch: stretch{c.pieces[from].start, c.pieces[to-1].end}, pieces: c.pieces[from:to]}
			if from == 0 && m.start == c.start {
				m.before = c.before
			}
			if m.end == c.end {
				m.after = c.after
			}
			if n := len(out); n > 0 && i > 0 && from == 0 && m.start == c.start && l.joins(out[n-1], m) {
				last := &out[n-1]
				last.end, last.after, last.pieces = m.end, m.after, slices.Concat(last.pieces, m.pieces)
			} else {
				out = append(out, m)
			}
			from = to
		}
	}
	return out
}

// A name without an end that says what it is has so many runes.
const minUnended, maxUnended = 2, 7

// unended gives what stands behind a known area up to the end of the chunk: a
// village or an estate that is called by its name alone, 河口镇锦绣江湾.
func (l *letter) unended(c chunk, last piece) (piece, bool) {
	n := c.end - last.end
	if !last.known || last.wide || n < minUnended || n > maxUnended || c.pieces[len(c.pieces)-1].end != last.end {
		return piece{}, false
	}
	if strings.ContainsRune("一二两三四五六七八九十几多半", l.r[last.end]) { // 一套房 is how many
		return piece{}, false
	}
	if l.endsWith(c.end, plainEnds) || slices.ContainsFunc(l.r[last.end:c.end], func(r rune) bool { return !isHan(r) }) {
		return piece{}, false
	}
	return piece{stretch: stretch{last.end, c.end}, kind: pieceSite, unended: true}, true
}

// joins reports that two names are one place: an area's with what is in it, or
// the two ends of a stretch of road.
func (l *letter) joins(a, b mention) bool {
	if b.start-a.end > 2 || len(a.pieces) == 0 || len(a.pieces)+len(b.pieces) > maxPieces {
		return false
	}
	last := a.pieces[len(a.pieces)-1]
	switch between := string(l.r[a.end:b.start]); between {
	case "，", ",", "、":
		// 虎门，大宁社区，宁江路: an address, part by part.
		first := b.pieces[0]
		return allAreas(a.pieces) && !first.bare && !first.known && first.kind <= pieceSite
	case "的":
		return last.kind == pieceArea || b.pieces[0].kind == pieceRole && b.pieces[0].bare && l.bodyWeight(last) > 0
	case "和", "与", "至", "到":
		end := string(l.r[b.start:min(b.end+5, len(l.r))])
		for _, w := range []string{"之间", "路段", "交界", "交汇", "交叉", "路口"} {
			if strings.Contains(end, w) {
				return last.kind != pieceRole
			}
		}
	}
	return false
}

// atPlace are words before the name of a place.
var atPlace = []string{"前往", "住", "进", "在", "位于", "到", "去", "地处", "住在", "居住", "途经", "经过", "路过", "地址", "去到", "来到"}

// places finds where it is: the name that says most.
func (l *letter) places() []stretch {
	var all []mention
	for _, m := range l.mentions() {
		if m, ok := l.place(m); ok {
			all = append(all, m)
		}
	}
	l.weigh(all)
	best := -1
	for i, m := range all {
		if best < 0 || m.score > all[best].score {
			best = i
		}
	}
	if best < 0 || all[best].score < placeEnough {
		return nil
	}
	return []stretch{l.fullest(all[best], all).stretch}
}

// placeEnough is the score from which a name is a place. The weights in place
// are by what a name alone tells a stranger who has to go there.
const placeEnough = 1.5

// place cuts a mention to what is a place in it and weighs it.
func (l *letter) place(m mention) (mention, bool) {
	pieces := m.pieces
	for len(pieces) > 0 {
		last := pieces[len(pieces)-1]
		if of := l.siteOf(last); of.end > of.start {
			pieces = append(slices.Clone(pieces[:len(pieces)-1]), of)
			break
		}
		if last.kind != pieceFirm && last.kind != pieceOffice && last.kind != pieceRole {
			break
		}
		pieces = pieces[:len(pieces)-1]
	}
	place := func(p piece) bool { return p.kind == pieceRoad || p.kind == pieceSite || p.kind == piecePart }
	if slices.ContainsFunc(pieces, func(p piece) bool { return p.kind == pieceFirm }) && !slices.ContainsFunc(pieces, place) {
		return mention{}, false // 大地银行河口支行 too
	}
	office := func(p piece) bool { return p.kind == pieceOffice }
	if i := slices.IndexFunc(m.pieces, office); i >= 0 && !slices.ContainsFunc(pieces, place) && allAreas(m.pieces[:i]) {
		return mention{}, false // 河口住建局 says who, not where; 云汀市公安局河口分局 too
	}
	for i, p := range pieces {
		if p.kind == piecePart && slices.Contains(nearby, l.text(p.stretch)) && i+1 < len(pieces) && pieces[i+1].kind != piecePart {
			pieces = pieces[:i+1]
			break
		}
	}
	for n := len(pieces); n > 1 && pieces[n-1].known && !allAreas(pieces); n-- {
		pieces = pieces[:n-1]
	}
	if len(pieces) == 1 && pieces[0].wide {
		return mention{}, false
	}
	score := l.placeScore(pieces, m.before)
	if score < 0.9 {
		return mention{}, false
	}
	if slices.Contains(atPlace, m.before) {
		score++
	}
	if pieces[0].start < l.title {
		score += 0.5
	}
	m.pieces, m.start, m.end, m.score = pieces, pieces[0].start, pieces[len(pieces)-1].end, score
	return m, true
}

// placeScore says how much the pieces of a mention tell of a place; before is the
// word in front of it.
func (l *letter) placeScore(pieces []piece, before string) float64 {
	score := 0.0
	for _, p := range pieces {
		switch {
		case p.known:
			score += 1.5
		case p.kind == pieceNumber && len(pieces) > 1:
			score += 1
		case p.unended:
			score += 0.8
		case p.bare:
			score += 0.2
		case p.kind == pieceArea:
			score += 1
		case p.kind == pieceRoad:
			score += 2
		case p.kind == pieceSite && len(pieces) == 1 && p.start >= l.title && !slices.Contains(atPlace, before):
			score += 1.2
		case p.kind == pieceSite:
			score += 2
		case p.kind == piecePart:
			score += 0.8
		}
	}
	return score
}

func allAreas(pieces []piece) bool {
	return !slices.ContainsFunc(pieces, func(p piece) bool { return p.kind != pieceArea })
}

// siteOf gives the place that a body is called after: 锦绣江湾 of
// 锦绣江湾开发商; an empty piece when there is none.
func (l *letter) siteOf(p piece) piece {
	for _, w := range []string{"开发商", "物业", "物业公司", "物业管理处", "管理处", "老板", "业委会"} {
		of := stretch{p.start, p.end - runes(w)}
		if !p.bare && p.kind != pieceSite && l.endsWith(p.end, []string{w}) && of.end > of.start+1 && !l.isTrade(of) {
			return piece{stretch: of, kind: pieceSite}
		}
	}
	return piece{}
}

// isTrade reports that a stretch says only what a body does: 房地产 of
// 房地产开发商.
func (l *letter) isTrade(s stretch) bool {
	return slices.ContainsFunc(nameEnds[l.r[s.end-1]], func(e ending) bool { return e.kind == pieceFirm && e.word == l.text(s) })
}

// maxCompared bounds the mentions that are compared with each other: a letter
// that has more is a list.
const maxCompared = 60

// weigh adds to each mention's score for what else in the letter speaks of the
// same: mentions it contains, or of which it is the short form.
func (l *letter) weigh(all []mention) {
	all = all[:min(len(all), maxCompared)]
	for i := range all {
		n := 0
		for j := range all {
			if i != j && l.sameName(all[i], all[j]) {
				n++
			}
		}
		all[i].score += 0.4*float64(min(n, 3)) + 0.03*float64(min(all[i].end-all[i].start, 20))
	}
}

// sameName reports that two names begin with the same two characters, or one
// contains the other.
func (l *letter) sameName(a, b mention) bool {
	x, y := a.core(), b.core()
	if x.end-x.start > 1 && y.end-y.start > 1 && string(l.r[x.start:x.start+2]) == string(l.r[y.start:y.start+2]) {
		return true
	}
	s, t := l.text(a.stretch), l.text(b.stretch)
	return strings.Contains(s, t) || strings.Contains(t, s)
}

// core is a name without the known areas before it.
func (m mention) core() stretch {
	for _, p := range m.pieces {
		if !p.known {
			return stretch{p.start, m.end}
		}
	}
	return m.stretch
}

// fullest gives the longest of the mentions whose name begins and ends like
// the best one's: 恒丰织布厂 for 恒丰厂.
func (l *letter) fullest(best mention, all []mention) mention {
	out := best
	for _, m := range all {
		x, y := best.core(), m.core()
		if m.end-m.start > out.end-out.start && y.end-y.start <= maxName && y.end-y.start > 2 && x.end-x.start > 2 &&
			string(l.r[x.start:x.start+2]) == string(l.r[y.start:y.start+2]) && l.r[x.end-1] == l.r[y.end-1] {
			out = m
		}
	}
	return out
}

func byScore(a, b mention) int { return cmp.Compare(b.score, a.score) }
