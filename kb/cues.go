package kb

import (
	_ "embed"
	"encoding/json"
	"strings"

	"huying/internal/errs"
	"huying/internal/query"
	"huying/internal/text"
)

// cues are the signs, in an ask's own words, of whether it wants to know
// something or wants something done. Each is the number of its phrases found,
// at most 2, over 2; so in [0,1].
type cues struct {
	chase  float64 // waits for something already asked for
	accuse float64 // complains of someone
	demand float64 // wants something done in its own case
	asking float64 // asks how, where, what, whether
}

// cuesJSON holds the phrases of the cues as regular expressions: what people
// say on the line, chosen by practice, not by counting. A phrase belongs there
// only if it means the same in whatever matter it stands.
//
//go:embed seed/cues.json
var cuesJSON []byte

// lexicon holds the phrases of the cues.
type lexicon struct {
	chase, accuse, demand, asking *text.Phrases
}

func readLexicon(data []byte) (lexicon, error) {
	var phrases struct{ Chase, Accuse, Demand, Asking []string }
	if err := json.Unmarshal(data, &phrases); err != nil {
		return lexicon{}, errs.Wrap(err, errs.Internal, "internal")
	}
	var l lexicon
	for _, p := range []struct {
		to      **text.Phrases
		phrases []string
	}{
		{&l.chase, phrases.Chase}, {&l.accuse, phrases.Accuse},
		{&l.demand, phrases.Demand}, {&l.asking, phrases.Asking},
	} {
		re, err := text.CompilePhrases(strings.Join(p.phrases, "|"))
		if err != nil || len(p.phrases) == 0 {
			return lexicon{}, errs.Wrap(err, errs.Internal, "internal")
		}
		*p.to = re
	}
	return l, nil
}

// read finds the cues of an ask.
func (l lexicon) read(ask string) cues {
	s := query.Fold(ask)
	count := func(re *text.Phrases) float64 {
		return float64(len(re.FindAllStringIndex(s, 2))) / 2
	}
	return cues{
		chase:  count(l.chase),
		accuse: count(l.accuse),
		demand: count(l.demand),
		asking: count(l.asking),
	}
}

// caseLike is how strongly the words say that something must be done, in
// [0,1]; from a half on, they say it plainly.
func (c cues) caseLike() float64 {
	return min(1, c.chase+c.accuse+c.demand)
}
