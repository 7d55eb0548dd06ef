package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalise gives s in the one spelling that is stored and compared:
//
//   - invalid UTF-8 becomes U+FFFD, one for each run of bad bytes;
//   - full-width letters, digits and symbols become ASCII, but the Chinese
//     punctuation ，：；！？（） stays, as do ㎡, ① and other signs that NFKC
//     would take apart;
//   - characters are composed (NFC), which also unifies compatibility
//     ideographs;
//   - NUL, other control characters, zero-width and direction marks and
//     variation selectors are dropped;
//   - a run of white space becomes one space, or one newline if it holds any
//     line break; white space at both ends goes.
//
// Normalise is idempotent. Traditional characters stay: see Simplify.
func Normalise(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	s, changed := collapse(s)
	if changed && !norm.NFC.IsNormalString(s) {
		// A dropped character stood between a letter and its mark.
		s = norm.NFC.String(s)
	}
	return s
}

// plain reports whether s is written as Normalise writes it, when that can be
// told at a glance: nearly all of what has been normalised before is Chinese
// characters, ASCII and the marks below.
func plain(s string) bool {
	gap := true // or the beginning
	for _, r := range s {
		switch {
		case r >= firstHan && r <= lastHan, r > ' ' && r < 0x7F:
			gap = false
		case (r == ' ' || r == '\n') && !gap:
			gap = true
		default:
			switch r {
			case '，', '。', '、', '；', '：', '？', '！', '（', '）', '《', '》', '“', '”', '—', '…', '·', '〔', '〕':
				gap = false
			default:
				return false
			}
		}
	}
	return !gap || s == ""
}

// collapse folds widths, drops invisible characters and joins white space.
// It reports whether a character between two others was dropped or folded.
func collapse(s string) (string, bool) {
	var b strings.Builder
	b.Grow(len(s))
	changed := false
	gap := rune(0) // pending white space: ' ', '\n' or none
	for _, r := range s {
		switch {
		case r >= firstHan && r <= lastHan: // most of what comes in: none of the below
		case isBreak(r):
			gap = '\n'
			continue
		case unicode.IsSpace(r):
			if gap == 0 {
				gap = ' '
			}
			continue
		case invisible(r):
			changed = true
			continue
		}
		if gap != 0 && b.Len() > 0 {
			b.WriteRune(gap)
		}
		gap = 0
		f := foldWidth(r)
		changed = changed || f != r
		b.WriteRune(f)
	}
	return b.String(), changed
}

// isBreak reports the characters that end a line.
func isBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// invisible reports characters that carry nothing a reader sees: controls,
// format characters (zero-width space, byte order mark, direction marks) and
// variation selectors.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7F
	}
	return unicode.In(r, unicode.Cc, unicode.Cf) || (r >= 0xFE00 && r <= 0xFE0F)
}

// foldWidth maps a full-width ASCII character to its half-width form, except
// the punctuation that Chinese text uses in full width.
func foldWidth(r rune) rune {
	if r < 0xFF01 || r > 0xFF5E {
		return r
	}
	switch r {
	case '，', '：', '；', '！', '？', '（', '）':
		return r
	}
	return r - 0xFEE0
}

// Clip gives the first n characters (runes) of s; when something was cut, the
// last of them is "…". n below 1 gives the empty string.
func Clip(s string, n int) string {
	if n < 1 {
		return ""
	}
	seen, cut := 0, 0
	for i := range s {
		if seen == n-1 {
			cut = i
		}
		if seen == n {
			return s[:cut] + "…"
		}
		seen++
	}
	return s
}

// HasChinese reports whether s holds at least one Chinese character.
func HasChinese(s string) bool {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}

// ChineseShare gives the share, in [0,1], of Chinese characters among the
// letters of s; digits, spaces and punctuation do not count. A text without
// letters has share 0.
func ChineseShare(s string) float64 {
	han, letters := 0, 0
	for _, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if unicode.Is(unicode.Han, r) {
			han++
		}
	}
	if letters == 0 {
		return 0
	}
	return float64(han) / float64(letters)
}
