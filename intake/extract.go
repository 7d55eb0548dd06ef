package intake

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Field is what a fact tells of a message.
type Field string

// The fields.
const (
	FactPlace       Field = "place"
	FactTime        Field = "time"
	FactAmount      Field = "amount"
	FactCounterpart Field = "counterpart" // whom or what it is about
	FactDemand      Field = "demand"      // what the citizen wants done
)

// Fields lists them in the order in which they are shown.
func Fields() []Field {
	return []Field{FactPlace, FactTime, FactCounterpart, FactAmount, FactDemand}
}

// Label is the field's name on screen.
func (f Field) Label() string {
	switch f {
	case FactPlace:
		return "地点"
	case FactTime:
		return "时间"
	case FactCounterpart:
		return "对象"
	case FactAmount:
		return "金额"
	case FactDemand:
		return "诉求点"
	case FactTitle:
		return "标题"
	case FactGist:
		return "概括"
	case FactObject:
		return "涉及"
	case FactType:
		return "类型"
	case FactEmotion:
		return "情绪"
	case FactDanger:
		return "可能有危险"
	case FactSecond:
		return "另一件事"
	}
	return string(f)
}

// Fact is something a message says about itself, with the words that say it.
type Fact struct {
	Field      Field
	Start, End int    // in runes of title + line break + text, or of the text when there is no title
	Text       string // the words between them
}

// maxFacts bounds the facts of one field: beyond it a message lists things,
// and a list is better read where it stands.
const maxFacts = 12

// FactFinder finds the facts of messages by the way in which people write them:
// names by their ends (路, 小区, 公司) and by what may not stand in a name,
// times and amounts by their grammar, demands by the word that opens them. It
// is safe for concurrent use.
type FactFinder struct {
	areas map[rune][]string // names without their kind, by first rune, longest first
	wide  []string          // those of cities and provinces, which alone are no place
}

// areaKinds end the full name of an area.
var areaKinds = []string{"街道办事处", "街道", "社区", "管理区", "新区", "自治区", "镇", "乡", "区", "县", "市", "省", "村"}

// NewFactFinder makes a FactFinder that knows a city's areas by name, with or without
// their kind (华新街道, 华新). Names of one character are left out.
func NewFactFinder(areas []string) *FactFinder {
	r := &FactFinder{areas: map[rune][]string{}}
	for _, name := range areas {
		for _, kind := range areaKinds {
			if short, ok := strings.CutSuffix(name, kind); ok && runes(short) > 1 {
				name = short
				if kind == "市" || kind == "省" {
					r.wide = append(r.wide, name)
				}
				break
			}
		}
		if runes(name) < 2 {
			continue
		}
		first := []rune(name)[0]
		if !slices.Contains(r.areas[first], name) {
			r.areas[first] = append(r.areas[first], name)
		}
	}
	for _, names := range r.areas {
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	}
	return r
}

// Facts gives what a masked message says, field by field in the order of
// Fields, each field's in the order of the text and no words twice. The time
// is linear in the length of the text.
func (r *FactFinder) Facts(title, body string) []Fact {
	l := newLetter(wordsOf(title, body), runes(title))
	spans := map[Field][]stretch{
		FactTime:   l.times(),
		FactAmount: l.amounts(),
		FactDemand: l.demands(r),
	}
	l.read(r)
	spans[FactPlace] = l.places()
	spans[FactCounterpart] = l.counterparts()
	var out []Fact
	for _, field := range Fields() {
		seen := map[string]bool{}
		for _, s := range spans[field] {
			if text := l.text(s); !seen[text] && len(seen) < maxFacts {
				seen[text] = true
				out = append(out, Fact{Field: field, Start: s.start, End: s.end, Text: text})
			}
		}
	}
	return out
}

// stretch is a part of a letter, in runes.
type stretch struct{ start, end int }

// letter is a message being read.
type letter struct {
	s      string
	r      []rune
	bytes  []int // where each rune begins in s, and where the last ends
	title  int   // runes of the title; 0: there is none
	chunks []chunk

	timesRead  bool
	timesFound []stretch
}

func newLetter(s string, title int) *letter {
	l := &letter{s: s, r: []rune(s), title: title}
	l.bytes = make([]int, 0, len(l.r)+1)
	for i := range s {
		l.bytes = append(l.bytes, i)
	}
	l.bytes = append(l.bytes, len(s))
	return l
}

func (l *letter) text(s stretch) string { return l.s[l.bytes[s.start]:l.bytes[s.end]] }

// rune gives the place of a byte's rune.
func (l *letter) rune(at int) int {
	i, _ := slices.BinarySearch(l.bytes, at)
	return i
}

func (l *letter) has(i int, word string) bool {
	return i >= 0 && i < len(l.r) && strings.HasPrefix(l.s[l.bytes[i]:], word)
}

// hasAny gives the length in runes of the longest of the words that stands
// there; 0: none.
func (l *letter) hasAny(i int, words []string) int {
	n := 0
	for _, w := range words {
		if l.has(i, w) {
			n = max(n, runes(w))
		}
	}
	return n
}

// endsWith reports whether one of the words ends before i.
func (l *letter) endsWith(i int, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(l.s[:l.bytes[i]], w) })
}

// endingAt gives the length in runes of the longest of the words that ends
// before i; 0: none.
func (l *letter) endingAt(i int, words []string) int {
	n := 0
	for _, w := range words {
		if strings.HasSuffix(l.s[:l.bytes[i]], w) {
			n = max(n, runes(w))
		}
	}
	return n
}

func isPause(r rune) bool { return strings.ContainsRune("，。！!？?；;：\n…~～", r) }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }
