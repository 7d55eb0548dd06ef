package text

import "strings"

// group is a maximal run of ASCII digits; sep is what stands between it and
// the group before: ' ', '-', '.', '·', '_' or ')', 0 for the first group.
type group struct {
	start, end int
	sep        rune
	n          int // digits; invisible runes may stand between them
}

func (g group) len() int { return g.n }

// digitOf gives the value of an ASCII digit.
func digitOf(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	return 0, false
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' }

// numberAt handles all digit groups from i on that stand together, and gives
// the place behind them.
func (m *scan) numberAt(i int) int {
	m.gather(i)
	if len(m.g) == 1 {
		next := m.g[0].end
		if spelledGap(m.get(next)) {
			next++
		}
		if _, ok := numeralOf(m.get(next)); ok {
			if end := m.spelledAt(i); end > i {
				return end
			}
		}
	}
	for a := 0; a < len(m.g); {
		a += max(1, m.classify(a))
	}
	end := m.g[len(m.g)-1].end
	if n := len(m.spans); n > 0 && m.spans[n-1].End > end {
		return m.spans[n-1].End
	}
	return end
}

// gather fills m.g with the digit groups from i on that are joined by at most
// one sign and spaces around it.
func (m *scan) gather(i int) {
	m.g = m.g[:0]
	sep := rune(0)
	for {
		g := group{start: i, sep: sep}
		for j := i; isDigit(m.get(j)) || hidden(m.get(j)); j++ {
			if isDigit(m.r[j]) {
				g.n++
				g.end = j + 1
			}
		}
		m.g = append(m.g, g)
		if i, sep = m.separator(g.end); !isDigit(m.get(i)) || sep == 0 {
			return
		}
	}
}

// separator reads at most one sign, with spaces around it, from p and gives
// the place behind it and the sign, 0 for none.
func (m *scan) separator(p int) (int, rune) {
	sep := rune(0)
	for n := 0; n < 4; n++ {
		r := m.get(p)
		switch {
		case hidden(r):
		case r == ' ' && sep == 0:
			sep = ' '
		case r == ' ':
		case r != 0 && strings.ContainsRune("-.·_)", r) && (sep == 0 || sep == ' '):
			sep = r
		default:
			return p, sep
		}
		p++
	}
	return p, sep
}

// hidden reports invisible runes other than controls.
func hidden(r rune) bool { return r >= 0x80 && invisible(r) }

// digits joins the digits of k groups from a on.
func (m *scan) digits(a, k int) string {
	var b strings.Builder
	for _, g := range m.g[a : a+k] {
		for _, r := range m.r[g.start:g.end] {
			if isDigit(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// classify looks for a find that starts with group a; it adds the span and
// gives the number of groups it took, 0 for none.
func (m *scan) classify(a int) int {
	for _, try := range []func(int) int{m.identity, m.international, m.mobile, m.landline, m.card, m.local, m.roomGroups} {
		if k := try(a); k > 0 {
			return k
		}
	}
	return 0
}

// take gives how many groups from a on make exactly n digits, 0 if a group
// boundary does not fall there. Groups split by '.' or '_' count only for
// phones, whose shapes are checked by the caller.
func (m *scan) take(a, n int) int {
	sum := 0
	for k := 0; a+k < len(m.g) && sum < n; k++ {
		sum += m.g[a+k].len()
		if sum == n {
			return k + 1
		}
	}
	return 0
}

// plainDate reports eight digits that read as a date of our time.
func plainDate(d string) bool {
	return len(d) == 8 && d[0] == '2' && validDate(d)
}

func validDate(d string) bool {
	year, month, day := atoi(d[:4]), atoi(d[4:6]), atoi(d[6:8])
	return year >= 1900 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// atoi reads a short string of ASCII digits.
func atoi(d string) int {
	n := 0
	for _, c := range []byte(d) {
		n = n*10 + int(c-'0')
	}
	return n
}
