package kb

import (
	_ "embed"
	"encoding/json"

	"huying/internal/errs"
	"huying/internal/text"
)

// aspectsJSON names what may be asked about a matter — its price, how long it
// takes, where — with the phrases that ask for it and those of an answer that
// speaks of it.
//
//go:embed seed/aspects.json
var aspectsJSON []byte

// aspect is one of them.
type aspect struct {
	name        string
	ask, answer *text.Phrases
}

func readAspects(data []byte) ([]aspect, error) {
	var rows []struct{ Name, Ask, Answer string }
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	var out []aspect
	for _, r := range rows {
		ask, err := text.CompilePhrases(r.Ask)
		if err != nil {
			return nil, errs.Wrap(err, errs.Internal, "internal")
		}
		answer, err := text.CompilePhrases(r.Answer)
		if err != nil || len(out) == 32 {
			return nil, errs.Wrap(err, errs.Internal, "internal")
		}
		out = append(out, aspect{r.Name, ask, answer})
	}
	return out, nil
}

// asksFor gives the aspects that a folded ask wants to know, as bits.
func asksFor(aspects []aspect, s text.Passage) (out uint32) {
	for i, a := range aspects {
		if a.ask.In(s) {
			out |= 1 << i
		}
	}
	return out
}

// speaksOf gives the aspects that a folded answer speaks of, as bits.
func speaksOf(aspects []aspect, s text.Passage) (out uint32) {
	for i, a := range aspects {
		if a.answer.In(s) {
			out |= 1 << i
		}
	}
	return out
}
