package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
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

// The characters that pairs speaks of.
const (
	firstHan = 0x3400
	lastHan  = 0x9FFF
)

// simplified gives for each of them what it becomes, 0 for one that stays:
// every text that comes in is looked up in it character by character.
var simplified = sync.OnceValue(func() *[lastHan - firstHan + 1]uint16 {
	var t [lastHan - firstHan + 1]uint16
	for i := 0; i < len(pairs); i += pairLen {
		from, n := utf8.DecodeRuneInString(pairs[i:])
		to, _ := utf8.DecodeRuneInString(pairs[i+n:])
		t[from-firstHan] = uint16(to)
	}
	return &t
})

// simplifyRune looks r up in pairs; a rune that is not there comes back as it
// is.
func simplifyRune(r rune) rune {
	if r < firstHan || r > lastHan {
		return r
	}
	if to := simplified()[r-firstHan]; to != 0 {
		return rune(to)
	}
	return r
}

// Fold is the spelling in which texts are compared and words looked up:
// normalised, simplified, in lower case.
func Fold(s string) string { return strings.Map(foldRune, Normalise(s)) }

func foldRune(r rune) rune {
	if r >= firstHan && r <= lastHan {
		return simplifyRune(r)
	}
	return unicode.ToLower(r)
}
