package text

import (
	"slices"
	"strings"
	"unicode"
)

// knownName is a name, or a number, that the caller knows.
type knownName struct {
	r      []rune
	family int // runes of the surname; 0 when titles are not to be tried
	kind   Kind
}

// newKnown prepares a known name; ok is false for what is no name.
func newKnown(s string) (knownName, bool) {
	var r []rune
	digits := 0
	for _, c := range s {
		c = foldScan(c)
		if unicode.IsSpace(c) || invisible(c) {
			continue
		}
		if isDigit(c) {
			digits++
		}
		r = append(r, c)
	}
	m := scan{r: r}
	family := m.surnameAt(0)
	for _, t := range titles {
		if l := len([]rune(t)); family > 0 && len(r) == family+l && m.has(len(r)-l, t) {
			return knownName{r[:family], family, Name}, true
		}
	}
	word := string(r)
	if digits >= 7 && strings.Trim(word, "0123456789+-()") == "" {
		return knownName{slices.DeleteFunc(r, func(c rune) bool { return !isDigit(c) }), 0, Phone}, true
	}
	switch {
	case len(r) < 2 || digits == len(r), stands(word):
		return knownName{}, false
	}
	return knownName{r, family, Name}, true
}

// stands reports words that forms hold in place of a name, and businesses.
func stands(word string) bool {
	for _, end := range []string{"公司", "厂", "店", "局", "委会", "中心", "学校", "医院", "集团", "物业", "平台"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	switch word {
	case "匿名", "未知", "不详", "保密", "市民", "群众", "先生", "女士", "小姐", "业主", "居民", "诉求人", "来电人", "匿名用户", "网友", "用户", "游客", "null", "none":
		return true
	}
	return false
}

// knownAt masks a known name at i, or its surname before a title, and gives
// the end, 0 for nothing.
func (m *scan) knownAt(i int) int {
	for _, k := range m.known {
		if m.r[i] != k.r[0] {
			continue
		}
		if end := m.spaced(i, k.r); end > 0 && len(k.r) > k.family {
			if isLatin(k.r[0]) && (isLatin(m.get(i-1)) || isLatin(m.get(end))) || k.kind == Phone && (isDigit(m.get(i-1)) || isDigit(m.get(end))) {
				continue
			}
			if k.kind == Phone {
				m.addPhone(i, end)
			} else {
				m.add(i, end, k.kind)
			}
			return end
		}
		if k.family > 0 && m.has(i, string(k.r[:k.family])) {
			if t := m.hasAny(i+k.family, titles...); t > 0 {
				m.add(i, i+k.family, Name)
				return i + k.family + t
			}
		}
	}
	return 0
}

// spaced matches the runes at i, single spaces between them (and dashes
// between digits) allowed, and gives the end, 0 for no match.
func (m *scan) spaced(i int, word []rune) int {
	for n, w := range word {
		if n > 0 && (m.get(i) == ' ' || isDigit(w) && m.get(i) == '-') {
			i++
		}
		if m.get(i) != w {
			return 0
		}
		i++
	}
	return i
}
