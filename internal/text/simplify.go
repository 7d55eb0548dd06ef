package text

import (
	_ "embed"
	"sort"
	"strings"
	"unicode/utf8"
)

// pairs is the sorted table that gen_pairs.go writes: lines of seven bytes, a
// traditional character, its simplified form, a newline.
//
//go:embed pairs.txt
var pairs string

const pairLen = 7

// Simplify gives s with traditional characters in their simplified form, for
// search and for matching. It maps character by character: the number of
// runes stays, invalid bytes become U+FFFD, and one-to-many cases (乾, 后, 著)
// are decided without context, alike for index and query, so that both still
// meet.
func Simplify(s string) string {
	return strings.Map(simplifyRune, s)
}

// simplifyRune looks r up in pairs; a rune that is not there comes back as it
// is.
func simplifyRune(r rune) rune {
	if r < 0x3400 || r > 0x9FFF {
		return r
	}
	n := len(pairs) / pairLen
	key := string(r)
	i := sort.Search(n, func(i int) bool { return pairs[i*pairLen:i*pairLen+3] >= key })
	if i == n || pairs[i*pairLen:i*pairLen+3] != key {
		return r
	}
	to, _ := utf8.DecodeRuneInString(pairs[i*pairLen+3:])
	return to
}
