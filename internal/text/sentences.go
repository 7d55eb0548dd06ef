package text

import (
	"strings"
	"unicode/utf8"
)

// Sentences gives the sentences and lines of a text without the space around
// them.
func Sentences(t string) []string {
	var out []string
	for _, s := range CutSentences(t) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// CutSentences parts a text after each sentence and line; joined, the parts are
// the text.
func CutSentences(t string) []string {
	var out []string
	for t != "" {
		end := strings.IndexAny(t, "。！？；\n")
		if end < 0 {
			return append(out, t)
		}
		_, n := utf8.DecodeRuneInString(t[end:])
		out, t = append(out, t[:end+n]), t[end+n:]
	}
	return out
}
