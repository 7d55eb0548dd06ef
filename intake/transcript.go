package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"huying/internal/errs"
	"huying/internal/text"
)

// Speaker is who said a turn.
type Speaker string

// The speakers.
const (
	SpeakerCitizen Speaker = "citizen"
	SpeakerAgent   Speaker = "agent"
	SpeakerOther   Speaker = "other" // a third party, an announcement
)

// Speakers lists them.
func Speakers() []Speaker { return []Speaker{SpeakerCitizen, SpeakerAgent, SpeakerOther} }

// Label is the speaker on screen.
func (s Speaker) Label() string {
	switch s {
	case SpeakerCitizen:
		return "诉求人"
	case SpeakerAgent:
		return "话务员"
	}
	return "其他"
}

// Turn is what one speaker said without being interrupted, as a recogniser of
// speech wrote it down.
type Turn struct {
	ID      string // the recogniser's own name for it; may be empty
	Speaker Speaker
	Text    string
	Start   time.Duration // since the call began
	End     time.Duration
	Partial bool // it may still change: a later turn of the same ID replaces it
}

// Limits of a transcript.
const (
	MaxTurns     = 2_000
	MaxTurnRunes = 5_000
	maxCall      = 24 * time.Hour
)

// Settle gives the turns as they stand in the end, in the order in which they
// began: of one ID the last final result, or the last partial one while there
// is no final one; a partial result without an ID is dropped where a final one
// of the same speaker overlaps it. Empty ones are dropped.
func Settle(turns []Turn) []Turn {
	var out []Turn
	at := map[string]int{} // place in out by ID
	for _, t := range turns {
		i, known := at[t.ID]
		switch {
		case t.ID == "" || !known:
			at[t.ID] = len(out)
			out = append(out, t)
		case !t.Partial || out[i].Partial:
			out[i] = t
		}
	}
	heard := slices.Clone(out)
	out = slices.DeleteFunc(out, func(t Turn) bool {
		replaced := t.Partial && t.ID == "" && slices.ContainsFunc(heard, func(f Turn) bool {
			return !f.Partial && f.Speaker == t.Speaker && f.Start < t.End && t.Start < f.End
		})
		return replaced || strings.TrimSpace(t.Text) == ""
	})
	slices.SortStableFunc(out, func(a, b Turn) int { return int(a.Start - b.Start) })
	return out
}

// validateTurns reports every fault of turns, each with its place, from 1.
func validateTurns(turns []Turn) errs.List {
	var faults errs.List
	if len(turns) > MaxTurns {
		return errs.List{errs.New(errs.Invalid, "transcript.turns", MaxTurns).In("turns")}
	}
	for i, t := range turns {
		field := fmt.Sprintf("turns[%d]", i)
		bad := func(name string, code errs.Code, args ...any) {
			faults = append(faults, errs.New(errs.Invalid, code, args...).In(field+"."+name))
		}
		if !slices.Contains(Speakers(), t.Speaker) {
			bad("speaker", "transcript.speaker", i+1, string(t.Speaker))
		}
		if runes(t.Text) > MaxTurnRunes {
			bad("text", "transcript.long", i+1, MaxTurnRunes)
		}
		if t.Start < 0 || t.End < t.Start || t.End > maxCall {
			bad("end_ms", "transcript.time", i+1)
		}
	}
	return faults
}

// CitizenWords gives what the citizen said, as it is worked on: turn by turn,
// without the sounds of thinking.
func CitizenWords(turns []Turn) string {
	var said []string
	for _, t := range turns {
		if t.Speaker != SpeakerCitizen {
			continue
		}
		if words := Spoken(t.Text); words != "" {
			said = append(said, words)
		}
	}
	return strings.Join(said, "\n")
}

var (
	// thinking are sounds that mean nothing wherever they stand alone between
	// marks, or at the beginning of a clause.
	thinking = regexp.MustCompile(`(^|[，。！？、；,.!?;\s])(?:嗯+|呃+|额+|唔+|啊+|哦+|噢+|哎+|唉+|诶+|欸+|那个|这个|就是说|怎么说呢|那什么)+([，。！？、；,.!?;\s]|$)`)
	humming  = regexp.MustCompile(`(?:嗯|呃|唔)+`)
	// stuttered are single characters that people repeat while they think. Of
	// others, repeating is part of the word (天天, 慢慢, 看看).
	stuttered = "我你他她它这那就是在有的把被跟和对从到因所但然"
	marks     = regexp.MustCompile(`[，、；,;\s]*([，。！？；,.!?;])[，、,\s]*`)
)

// longestRepeat is the longest run of characters that is taken for a stutter
// when it stands there twice: 我们那边我们那边.
const longestRepeat = 6

// Spoken gives spoken words as they are worked on: without the sounds of
// thinking (嗯, 呃, 那个 between marks) and without what was said twice in a
// row. The words as received are kept beside it.
func Spoken(words string) string {
	words = humming.ReplaceAllString(text.Normalise(words), "")
	for {
		shorter := thinking.ReplaceAllString(words, "$1$2")
		if shorter == words {
			break
		}
		words = shorter
	}
	words = onceSaid(unrepeated(words))
	words = marks.ReplaceAllString(words, "$1")
	return strings.Trim(words, "，、；,; \n")
}

// clause is a stretch of words with the mark behind it.
var clause = regexp.MustCompile(`([^，。！？、；,.!?;\n]*)([，。！？、；,.!?;\n]?)`)

// onceSaid leaves out a clause that is said again right behind itself; the mark
// of the last one stays.
func onceSaid(words string) string {
	var out, last string // last is the clause that waits with its mark
	mark := ""
	for _, m := range clause.FindAllStringSubmatch(words, -1) {
		if said := strings.TrimSpace(m[1]); said == strings.TrimSpace(last) && runes(said) > 1 {
			mark = m[2]
			continue
		}
		out, last, mark = out+last+mark, m[1], m[2]
	}
	return out + last + mark
}

// unrepeated leaves out the second of two equal runs of characters that stand
// side by side, the longest first.
func unrepeated(words string) string {
	r := []rune(words)
	for n := longestRepeat; n >= 1; n-- {
		for i := 0; i+2*n <= len(r); {
			if repeats(r, i, n) {
				r = slices.Delete(r, i, i+n)
				continue
			}
			i++
		}
	}
	return string(r)
}

func repeats(r []rune, i, n int) bool {
	if !slices.Equal(r[i:i+n], r[i+n:i+2*n]) {
		return false
	}
	for _, c := range r[i : i+n] {
		if !unicode.Is(unicode.Han, c) {
			return false // 13 13 is a number
		}
	}
	if n == 1 {
		return strings.ContainsRune(stuttered, r[i])
	}
	// 研究研究, 商量商量: two and two are a word of its own, and mean the same.
	// Chinese figures are none: 三三三三.
	return !strings.ContainsFunc(string(r[i:i+n]), func(c rune) bool { return strings.ContainsRune("零〇一二三四五六七八九十幺两", c) })
}

// writtenDown gives turns as received, a line each, partial ones too.
func writtenDown(turns []Turn) string {
	lines := make([]string, len(turns))
	for i, t := range turns {
		lines[i] = t.Speaker.Label() + "：" + t.Text
		if t.Partial {
			lines[i] += "（识别未完）"
		}
	}
	return strings.Join(lines, "\n")
}

// maskedTurns are turns as everybody may see them: as said, without personal
// data.
func maskedTurns(turns []Turn, known []string) []Turn {
	out := make([]Turn, len(turns))
	for i, t := range turns {
		t.Text, _ = text.Mask(text.Normalise(t.Text), known...)
		out[i] = t
	}
	return out
}
