package kb

import (
	"cmp"
	"slices"
	"strings"

	"huying/internal/query"
	"huying/internal/text"
)

// MinCallers is how many different people must have asked the same and got the
// same answer before it is proposed.
const MinCallers = 3

// Limits of a proposal.
const (
	maxProposedPhrasings = 12
	samePhrasing         = 0.95 // cosine from which two wordings are one
	newPhrasing          = 0.90 // cosine with what an entry has already, below which a wording helps it
	maxVersions          = 6    // replies shown side by side
)

// Version is one way in which the question was answered.
type Version struct {
	Answer    string
	Unit      string
	Callers   int
	Entry     EntryID  // the entry that says so; empty: a reply
	Conflicts []string // with the first version, in Chinese; none: it does not contradict it
}

// Sentence is a sentence of the merged answer with how many of the different
// replies say so.
type Sentence struct {
	Text    string
	Replies int
}

// Weighed is what a group proposes: a new entry, or, when Existing is set, more
// phrasings of one that answers the question already.
type Weighed struct {
	Question  string
	Phrasings []string
	Sentences []Sentence // the answer merged from the replies; of an existing entry none
	Replies   int        // how many different replies there are
	Unit      string
	Callers   int
	Existing  EntryID
	Versions  []Version // answers of which an editor must choose; fewer than two: there is one
}

// Answer is the merged answer as one text.
func (w Weighed) Answer() string {
	var b strings.Builder
	for _, s := range w.Sentences {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Blocked tells that replies contradict each other or an entry, or that several
// standard answers stand side by side.
func (w Weighed) Blocked() bool { return len(w.Versions) > 1 }

// camp are the rounds whose answers say the same.
type camp []given

// weigh looks at the rounds of a group, one of each caller, and says what they
// propose; ok is false when nothing is worth proposing (yet).
func (s sameness) weigh(rounds []Round) (w Weighed, lead camp, ok bool) {
	var all []given
	callers := map[string]bool{}
	for _, r := range rounds {
		if !callers[r.Caller] {
			callers[r.Caller] = true
			all = append(all, s.take(r))
		}
	}
	if len(all) < MinCallers {
		return w, nil, false
	}
	camps := camps(all)
	lead = camps[0]
	against := contradictions(camps)
	if len(against) < 2 {
		against = standing(lead)
	}
	if len(lead) < MinCallers && len(against) < 2 {
		return w, nil, false
	}
	w.Versions, w.Callers = against, len(all)
	if !w.Blocked() {
		w.Callers = len(lead)
	}
	w.Question, w.Phrasings = wordingsOf(lead)
	w.Sentences, w.Replies = s.merged(lead)
	w.Unit = unitOf(lead)
	return w, lead, true
}

// camps parts rounds by what was answered, the largest camp first. Each round
// goes to the first camp whose first answer says the same; the rounds are
// taken in the order of how many others agree with them, so that a camp begins
// with what most say.
func camps(all []given) []camp {
	order := make([]int, len(all))
	friends := make([]int, len(all))
	for i := range all {
		order[i] = i
		for j := range all {
			if i != j && all[i].answer.agrees(all[j].answer) >= agree {
				friends[i]++
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(friends[b], friends[a]) })
	var out []camp
	for _, i := range order {
		at := slices.IndexFunc(out, func(c camp) bool { return c[0].answer.agrees(all[i].answer) >= agree })
		if at < 0 {
			out = append(out, camp{all[i]})
			continue
		}
		out[at] = append(out[at], all[i])
	}
	slices.SortStableFunc(out, func(a, b camp) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// contradictions are the versions of the first camp and of those that
// contradict it.
func contradictions(camps []camp) []Version {
	out := []Version{versionOf(camps[0], nil)}
	for _, c := range camps[1:] {
		if camps[0][0].answer.agrees(c[0].answer) == against && len(out) < maxVersions {
			out = append(out, versionOf(c, camps[0][0].answer.facts.conflicts(c[0].answer.facts)))
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// standing are the answers of a camp that three or more callers got letter by
// letter, when there are several. Each is somebody's standard answer; that two
// of them are about different questions is likelier than that one question has
// two, and one must not be made of them.
func standing(c camp) []Version {
	parts := map[string]camp{}
	var order []string
	for _, g := range c {
		l := letters(g.answer.text)
		if len(parts[l]) == 0 {
			order = append(order, l)
		}
		parts[l] = append(parts[l], g)
	}
	var out []Version
	for _, l := range order {
		if len(parts[l]) >= MinCallers && len(out) < maxVersions {
			out = append(out, versionOf(parts[l], nil))
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

func versionOf(c camp, conflicts []string) Version {
	return Version{Answer: c[0].answer.text, Unit: unitOf(c), Callers: len(c), Entry: c[0].round.Entry, Conflicts: conflicts}
}

// unitOf is the unit that most answers of a camp are from; empty: none names
// one.
func unitOf(c camp) string {
	counts := map[string]int{}
	best := ""
	for _, g := range c {
		if u := g.round.Unit; u != "" {
			counts[u]++
			if counts[u] > counts[best] || best == "" {
				best = u
			}
		}
	}
	return best
}

// wordingsOf gives the canonical question, the one that the others are nearest
// to, and the other wordings, those first that differ most from what is there.
func wordingsOf(c camp) (question string, phrasings []string) {
	all := questionsOf(c)
	first := medoid(all)
	taken := []compared{all[first]}
	question = clip(flat(all[first].text), MaxQuestionRunes)
	rest := slices.Delete(slices.Clone(all), first, first+1)
	for len(rest) > 0 && len(phrasings) < maxProposedPhrasings {
		at, near := -1, samePhrasing
		for i, x := range rest {
			if n := nearest(x, taken); n < near {
				at, near = i, n
			}
		}
		if at < 0 {
			break
		}
		phrasings = append(phrasings, clip(flat(rest[at].text), MaxQuestionRunes))
		taken = append(taken, rest[at])
		rest = slices.Delete(rest, at, at+1)
	}
	return question, tidyPhrasings(question, phrasings)
}

func questionsOf(c camp) []compared {
	all := make([]compared, len(c))
	for i, g := range c {
		all[i] = g.question
	}
	return all
}

// flat puts a text on one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// nearest is the largest cosine of x with the others; 1 for one of the same
// characters.
func nearest(x compared, others []compared) float64 {
	best := 0.0
	for _, o := range others {
		if query.Fold(x.text) == query.Fold(o.text) {
			return 1
		}
		best = max(best, x.cosine(o))
	}
	return best
}

// sharedSentence is how much of their characters two sentences share that say
// the same.
const sharedSentence = 0.6

// merged makes one answer of the replies of a camp: the reply that the others
// are nearest to, without the sentences that it alone has when there are three
// or more replies, and with those that at least half of the replies have and it
// lacks. Nothing is written that no reply says. replies is how many different
// ones there are.
func (s sameness) merged(c camp) (out []Sentence, replies int) {
	texts := distinct(c)
	base := medoid(texts)
	pieces := make([][]compared, len(texts))
	for i, t := range texts {
		for _, sentence := range text.Sentences(t.text) {
			pieces[i] = append(pieces[i], s.reply(sentence, nil))
		}
	}
	support := func(p compared) int {
		n := 0
		for _, others := range pieces {
			if slices.ContainsFunc(others, p.sameSentence) {
				n++
			}
		}
		return n
	}
	var whole []compared
	add := func(p compared, n int) { out, whole = append(out, Sentence{p.text, n}), append(whole, p) }
	for _, p := range pieces[base] {
		if n := support(p); n > 1 || len(texts) < MinCallers {
			add(p, n)
		}
	}
	if len(out) == 0 {
		return []Sentence{{texts[base].text, 1}}, len(texts)
	}
	for _, others := range pieces {
		for _, p := range others {
			if n := support(p); n > 1 && 2*n >= len(texts) && !slices.ContainsFunc(whole, p.sameSentence) {
				add(p, n)
			}
		}
	}
	return out, len(texts)
}

// sameSentence tells whether two sentences say the same: so much of their
// characters is shared, and nothing contradicts.
func (a compared) sameSentence(b compared) bool {
	return a.text == b.text || a.shared(b) >= sharedSentence && len(a.facts.conflicts(b.facts)) == 0
}

// distinct gives the different answers of a camp.
func distinct(c camp) []compared {
	var out []compared
	for _, g := range c {
		if !slices.ContainsFunc(out, func(o compared) bool { return o.text == g.answer.text }) {
			out = append(out, g.answer)
		}
	}
	return out
}
