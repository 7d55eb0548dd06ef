package text

import (
	_ "embed"
	"strings"
	"unicode"

	"github.com/go-ego/gse"

	"huying/internal/errs"
)

// stopwords holds one function word a line, sorted by nothing in particular.
//
//go:embed stopwords.txt
var stopwords string

// Segmenter cuts Chinese text into words with gse's embedded simplified
// dictionary (352,279 words) by the shortest path (Viterbi). It is meant to be
// made once and shared; it does not change after NewSegmenter.
type Segmenter struct {
	gse  gse.Segmenter
	stop map[string]bool
}

// userFreq is the frequency of a word given to NewSegmenter: that of a common
// word of the dictionary, high enough that the word wins over its parts.
const userFreq = 2000

// NewSegmenter loads the dictionary, which takes about a second, and adds the
// given words, such as the names of a city's districts. Words are normalised
// like the text; empty ones are ignored.
//
// The words go in before the dictionary: gse drops its dictionary when a file
// is loaded after it, and keeps the first of two equal words.
func NewSegmenter(words ...string) (*Segmenter, error) {
	s := &Segmenter{stop: map[string]bool{}}
	s.gse.SkipLog = true
	s.gse.NotLoadHMM = true // Cut without a flag never asks the hidden Markov model
	s.gse.Dict = gse.NewDict()
	s.gse.Init()
	for _, w := range words {
		w = Fold(w)
		if w == "" {
			continue
		}
		if err := s.gse.AddToken(w, userFreq); err != nil {
			return nil, errs.Wrap(err, errs.Internal, "internal")
		}
	}
	if err := s.gse.LoadDictEmbed("zh_s"); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	for w := range strings.FieldsSeq(stopwords) {
		s.stop[w] = true
	}
	return s, nil
}

// Tokens gives the words of s in order, for index and query alike: normalised,
// simplified, in lower case, without punctuation, white space and the
// placeholders that Mask leaves. Words may repeat. An empty or wordless s
// gives nil.
func (s *Segmenter) Tokens(t string) []string {
	t = Fold(WithoutPlaceholders(t))
	if t == "" {
		return nil
	}
	var out []string
	for _, w := range s.gse.Cut(t) {
		if strings.ContainsFunc(w, isWordRune) {
			out = append(out, w)
		}
	}
	return out
}

// Content gives the tokens that carry meaning: without the function words of
// stopwords.txt. It makes a new slice and keeps the order.
func (s *Segmenter) Content(tokens []string) []string {
	out := make([]string, 0, len(tokens))
	for _, w := range tokens {
		if !s.stop[w] {
			out = append(out, w)
		}
	}
	return out
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}
