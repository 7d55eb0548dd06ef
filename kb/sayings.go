package kb

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/query"
	"huying/internal/text"
)

// sayingsJSON names things of public services as citizens call them, and as
// entries do: {"say": what is said, a regular expression; "mean": the official
// words}. A word that means itself is there for its sound.
//
//go:embed seed/sayings.json
var sayingsJSON []byte

// sayings tells what an ask means in official words.
type sayings struct {
	said   []saying
	sounds map[string]string // of each word that is known, by its reading without tones
}

type saying struct {
	say  *text.Phrases
	mean string
}

// saidRunes is the length of an ask, in characters, beyond which it names what
// it is about in more than one way.
const saidRunes = 120

func readSayings(data []byte) (sayings, error) {
	var rows []struct{ Say, Mean string }
	if err := json.Unmarshal(data, &rows); err != nil {
		return sayings{}, errs.Wrap(err, errs.Internal, "internal")
	}
	s := sayings{sounds: map[string]string{}}
	for _, r := range rows {
		say, err := text.CompilePhrases(r.Say)
		if err != nil {
			return sayings{}, errs.Wrap(err, errs.Internal, "internal")
		}
		s.said = append(s.said, saying{say, r.Mean})
		for _, w := range append(strings.Split(r.Say, "|"), r.Mean) {
			if plain.MatchString(w) {
				s.sounds[text.Pinyin(w)] = w
			}
		}
	}
	return s, nil
}

// soundRunes is the length of the longest word that is known by its sound.
const soundRunes = 4

// plain are the words that are: of two characters to four.
var plain = regexp.MustCompile(`^\p{Han}{2,4}$`)

// official gives the official words for what an ask says in others, or sounds
// like because it was typed or transcribed wrongly; empty when it needs none.
func (s sayings) official(q query.Query) string {
	asked := query.Fold(q.Text())
	if utf8.RuneCountInString(asked) > saidRunes {
		return ""
	}
	var means []string
	add := func(word string) {
		if !strings.Contains(asked, word) {
			asked += "\n" + word
			means = append(means, word)
		}
	}
	for _, word := range s.heard(q.Tokens) {
		add(word)
	}
	passage := text.NewPassage(asked)
	for _, one := range s.said {
		if one.say.In(passage) {
			add(one.mean)
		}
	}
	return strings.Join(means, " ")
}

// heard gives the known words that sound like characters of an ask which make
// no word: 户照 is 护照.
func (s sayings) heard(tokens []string) (words []string) {
	for from := 0; from < len(tokens); {
		to := from
		for to < len(tokens) && single(tokens[to]) {
			to++
		}
		for i := from; i < to; i++ {
			for n := min(soundRunes, to-i); n >= 2; n-- {
				said := strings.Join(tokens[i:i+n], "")
				if word := s.sounds[text.Pinyin(said)]; word != "" && word != said {
					words = append(words, word)
					i += n - 1
					break
				}
			}
		}
		from = max(to, from+1)
	}
	return words
}

func single(token string) bool {
	r, n := utf8.DecodeRuneInString(token)
	return n == len(token) && unicode.Is(unicode.Han, r)
}
