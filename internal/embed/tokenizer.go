package embed

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The marks that BERT models put around and into a text.
const (
	unknownToken = "[UNK]"
	startToken   = "[CLS]"
	endToken     = "[SEP]"
)

// maxWordRunes is the length beyond which WordPiece gives up on a word and
// calls it unknown (max_input_chars_per_word in tokenizer.json).
const maxWordRunes = 100

// Tokenizer cuts texts into word pieces as the BERT family does (Devlin et al.
// 2019; the details follow the reference library, whose ids we reproduce on
// the texts of our tests): clean, split at spaces, punctuation and around each
// Chinese character, then take the longest known piece again and again.
//
// It departs from the reference in two ways. The words [CLS], [SEP] and the
// like have no special meaning inside a text: a citizen may write them. And
// unless KeepCase is set it puts Latin letters in lower case and takes their
// accents off, which tokenizer.json does not ask for: the vocabulary has no
// capital letter, so that KTV, WiFi and K3路 would all be unknown words.
//
// A Tokenizer is read-only after it is made.
type Tokenizer struct {
	ids                 map[string]int32 // pieces that begin a word
	more                map[string]int32 // pieces that go on, without their "##"
	longest             int              // bytes of the longest piece
	unknown, start, end int32
	keepCase            bool
}

// LoadTokenizer reads a tokenizer.json of the WordPiece kind. keepCase leaves
// letters as they are.
func LoadTokenizer(path string, keepCase bool) (*Tokenizer, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return newTokenizer(b, keepCase)
}

func newTokenizer(tokenizerJSON []byte, keepCase bool) (*Tokenizer, error) {
	var file struct {
		Normalizer struct {
			Type      string `json:"type"`
			Lowercase bool   `json:"lowercase"`
		} `json:"normalizer"`
		Model struct {
			Type   string           `json:"type"`
			Prefix string           `json:"continuing_subword_prefix"`
			Max    int              `json:"max_input_chars_per_word"`
			Vocab  map[string]int32 `json:"vocab"`
		} `json:"model"`
	}
	if err := json.Unmarshal(tokenizerJSON, &file); err != nil {
		return nil, err
	}
	m := file.Model
	if file.Normalizer.Type != "BertNormalizer" || m.Type != "WordPiece" || m.Prefix != "##" || m.Max != maxWordRunes {
		return nil, fmt.Errorf("not a tokenizer of our kind: %s, %s, prefix %q, %d characters a word",
			file.Normalizer.Type, m.Type, m.Prefix, m.Max)
	}
	t := &Tokenizer{
		ids:      make(map[string]int32, len(m.Vocab)),
		more:     make(map[string]int32, len(m.Vocab)/2),
		keepCase: keepCase && !file.Normalizer.Lowercase,
	}
	for piece, id := range m.Vocab {
		if rest, ok := strings.CutPrefix(piece, "##"); ok && rest != "" {
			t.more[rest] = id
			piece = rest
		} else {
			t.ids[piece] = id
		}
		t.longest = max(t.longest, len(piece))
	}
	for mark, id := range map[string]*int32{unknownToken: &t.unknown, startToken: &t.start, endToken: &t.end} {
		v, ok := t.ids[mark]
		if !ok {
			return nil, fmt.Errorf("the vocabulary lacks %s", mark)
		}
		*id = v
		delete(t.ids, mark)
	}
	return t, nil
}

// Encode gives the ids of a text between those of [CLS] and [SEP]. It appends
// to dst[:0] and stops at limit ids (at least 2) in all, the text being cut as
// needed. Invalid UTF-8 is dropped.
func (t *Tokenizer) Encode(dst []int64, text string, limit int) []int64 {
	dst = append(dst[:0], int64(t.start))
	if !t.keepCase {
		text = fold(text)
	}
	word := make([]byte, 0, 64)
	full := func() bool { return len(dst) >= limit-1 }
	flush := func() {
		if len(word) > 0 && !full() {
			dst = t.pieces(dst, word)
		}
		word = word[:0]
	}
	for _, r := range text {
		if full() {
			break
		}
		switch classify(r) {
		case dropped:
		case space:
			flush()
		case alone:
			flush()
			word = utf8.AppendRune(word, r)
			flush()
		default:
			word = utf8.AppendRune(word, r)
		}
	}
	flush()
	if len(dst) > limit-1 { // a last word of many pieces
		dst = dst[:limit-1]
	}
	return append(dst, int64(t.end))
}

// pieces appends the ids of one word: the longest piece that begins it, the
// longest that goes on from there, and so on; if that fails anywhere the whole
// word is unknown.
func (t *Tokenizer) pieces(dst []int64, word []byte) []int64 {
	if utf8.RuneCount(word) > maxWordRunes {
		return append(dst, int64(t.unknown))
	}
	known, begun := t.ids, len(dst)
	for at := 0; at < len(word); known = t.more {
		end := min(len(word), at+t.longest)
		for end > at {
			if id, ok := known[string(word[at:end])]; ok { // does not allocate
				dst = append(dst, int64(id))
				break
			}
			end--
			for end > at && !utf8.RuneStart(word[end]) {
				end--
			}
		}
		if end == at {
			return append(dst[:begun], int64(t.unknown))
		}
		at = end
	}
	return dst
}

// fold takes accents off and puts letters in lower case, in this order, as
// BERT's uncased models do.
func fold(text string) string {
	ascii := true
	for i := 0; i < len(text) && ascii; i++ {
		ascii = text[i] < utf8.RuneSelf
	}
	if !ascii {
		text = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(text))
	}
	return strings.ToLower(text)
}

// class is what the splitting does with a character.
type class uint8

const (
	inWord  class = iota
	space         // ends a word
	alone         // is a word by itself: punctuation and Chinese characters
	dropped       // control and format characters, invalid bytes
)

func classify(r rune) class {
	switch {
	case isChinese(r):
		return alone
	case r < utf8.RuneSelf:
		return classifyASCII(r)
	case r == utf8.RuneError || unicode.Is(unicode.C, r):
		return dropped
	case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
		return space
	case unicode.IsPunct(r):
		return alone
	}
	return inWord
}

// classifyASCII differs from the Unicode classes in that BERT takes all ASCII
// symbols, such as $ and +, for punctuation.
func classifyASCII(r rune) class {
	switch {
	case r == ' ' || r == '\t' || r == '\n' || r == '\r':
		return space
	case r < ' ' || r == 0x7f:
		return dropped
	case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z':
		return inWord
	}
	return alone
}

// isChinese tells the blocks of Chinese characters that BERT splits at; the
// start of the last supplementary block is 2B920 in the reference (2B820 in
// Unicode), and the pieces must be the ones the model was trained with.
func isChinese(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF ||
		r >= 0x3400 && r <= 0x4DBF ||
		r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B73F ||
		r >= 0x2B740 && r <= 0x2B81F ||
		r >= 0x2B920 && r <= 0x2CEAF ||
		r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x2F800 && r <= 0x2FA1F
}
