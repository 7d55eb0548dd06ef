package text

import (
	_ "embed"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// readings corrects the words in which a character is not read as the
// dictionary of single characters says: one word a line, its characters, then
// one syllable for each. Only words that occur in names of matters, units and
// places are worth a line.
//
//go:embed readings.txt
var readings string

// longestReading is the length, in characters, of the longest word in
// readings.
const longestReading = 3

// Pinyin gives the reading of s without tones, syllables separated by one
// space, in lower case: "油烟污染" → "you yan wu ran". ü is written v. Letters
// and digits stay, a run in one piece; everything else only separates.
// Traditional characters read like simplified ones. It is the sort column for
// names: different names may have equal readings, so the name itself is the
// second key.
func Pinyin(s string) string {
	parts := spell(s)
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = p.text
	}
	return strings.Join(words, " ")
}

// PinyinInitials gives the first letter of each syllable, and letters and
// digits as they are: "油烟污染" → "yywr", "4S店" → "4sd".
func PinyinInitials(s string) string {
	var b strings.Builder
	for _, p := range spell(s) {
		if p.han {
			b.WriteByte(p.text[0])
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// spelled is one syllable of a Chinese character, or one run of other letters
// and digits.
type spelled struct {
	text string
	han  bool
}

func spell(s string) []spelled {
	rs := []rune(Fold(s))
	args := pinyin.NewArgs()
	var out []spelled
	for i := 0; i < len(rs); {
		r := rs[i]
		switch {
		case unicode.Is(unicode.Han, r):
			if syl, n := readWord(rs[i:]); n > 0 {
				for _, p := range syl {
					out = append(out, spelled{p, true})
				}
				i += n
				continue
			}
			if p := pinyin.SinglePinyin(r, args); len(p) > 0 && p[0] != "" && p[0][0] < 0x80 {
				out = append(out, spelled{p[0], true})
			}
			i++
		case isWordRune(r):
			j := i + 1
			for j < len(rs) && isWordRune(rs[j]) && !unicode.Is(unicode.Han, rs[j]) {
				j++
			}
			out = append(out, spelled{string(rs[i:j]), false})
			i = j
		default:
			i++
		}
	}
	return out
}

// readWord gives the syllables of the longest word of readings at the start of
// rs and its length in characters, 0 if there is none.
func readWord(rs []rune) ([]string, int) {
	for n := min(longestReading, len(rs)); n > 1; n-- {
		_, rest, ok := strings.Cut(readings, "\n"+string(rs[:n])+" ")
		if !ok {
			continue
		}
		line, _, _ := strings.Cut(rest, "\n")
		return strings.Fields(line), n
	}
	return nil, 0
}
