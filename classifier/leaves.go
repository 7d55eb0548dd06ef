package classifier

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"huying/intake"
	"huying/internal/org"
)

// LeafReview is what people's decisions on the active version say of one leaf
// over a time, and what its owner might make of it.
type LeafReview struct {
	From, To  time.Time
	Suggested int         // decisions that stand, name a category, and were made with this leaf in front
	Kept      int         // of Suggested: it was this leaf
	Decided   int         // decisions for this leaf that were made with a suggestion
	Away      []LeafCount // suggested as this leaf, decided to be that; most first
	Taken     []LeafCount // suggested as that, decided to be this leaf; most first
	Wordings  []Wording   // drafts for examples, newest first, up to wordingsShown
	Rival     CategoryID  // confused most often, both ways together; empty: none
	Clause    Clause      // a draft of what tells the rival apart
	Returned  []GivenBack // by units that decisions for this leaf gave it, newest first, up to returnsShown
}

// GivenBack is a Return as a reader of the leaf sees it, with units by name.
type GivenBack struct {
	Matter   intake.MatterID
	At       time.Time
	From     string
	Reason   ReturnReason
	Clause   string
	Proposed string // empty: nobody was proposed
}

// LeafCount is how often another leaf was taken for this one or the other way
// round.
type LeafCount struct {
	Leaf  CategoryID
	Count int
}

// Wording is how a citizen said something that people put in this leaf
// although the machine said another.
type Wording struct {
	Matter    intake.MatterID
	Text      string // masked, its beginning
	At        time.Time
	Suggested CategoryID
}

// Clause is a draft that tells two leaves apart by the words of their decided
// messages.
type Clause struct {
	Own, Rival           []string // words, most telling first; may be empty
	OwnTexts, RivalTexts int      // messages that were compared
}

// Cutter cuts a text into words.
type Cutter interface {
	Tokens(text string) []string
	// Content leaves out function words.
	Content(tokens []string) []string
}

// LeafStore is what LeafReview is made from. Counts and lists are of the latest
// MaxLeafRows suggestions or decisions.
type LeafStore interface {
	// LeafAway counts, by the category decided on, the decisions made in
	// [from, to) with the leaf suggested first, the leaf itself included.
	LeafAway(ctx context.Context, leaf CategoryID, from, to time.Time) ([]LeafCount, error)
	// LeafTaken counts, by the category suggested first, the decisions made in
	// [from, to) for the leaf, the leaf itself included.
	LeafTaken(ctx context.Context, leaf CategoryID, from, to time.Time) ([]LeafCount, error)
	// LeafCorrections gives the wordings of decisions for the leaf, made in
	// [from, to), with another suggested first, newest first, up to limit.
	LeafCorrections(ctx context.Context, leaf CategoryID, from, to time.Time, limit int) ([]Wording, error)
	// LeafTexts gives the beginnings of messages decided to be the leaf in
	// [from, to), newest first, up to limit.
	LeafTexts(ctx context.Context, leaf CategoryID, from, to time.Time, limit int) ([]string, error)
	// LeafReturns gives what units gave back in [from, to) that a decision for
	// the leaf had given them, newest first, up to limit.
	LeafReturns(ctx context.Context, leaf CategoryID, from, to time.Time, limit int) ([]GivenBack, error)
}

// Leaves tells how single leaves of the catalogue do. It is safe for
// concurrent use.
type Leaves struct {
	store LeafStore
	words Cutter
	now   func() time.Time
}

// NewLeaves makes a Leaves.
func NewLeaves(store LeafStore, words Cutter, now func() time.Time) *Leaves {
	return &Leaves{store: store, words: words, now: now}
}

// MaxLeafRows is how many of the latest suggestions, and of the latest
// decisions, of a leaf are counted: with 5,000 a share is known within 1.4
// points.
const MaxLeafRows = 5000

// ClauseTexts is how many messages either side needs for words to be compared
// at all.
const ClauseTexts = 10

const (
	wordingsShown = 5
	// wordingsRead are looked through for wordingsShown that say different
	// things: after a storm the last ten may all be of one fallen tree.
	wordingsRead = 40
	// textsRead are compared on either side. With 200 a word in 4 % of the texts
	// of one side and none of the other is told apart; cutting them into words
	// takes most of the time of the page.
	textsRead    = 200
	clauseWords  = 8
	returnsShown = 8
	// rivalNeeded confusions make a rival: once or twice is a slip.
	rivalNeeded = 3
)

// Review tells how the leaf did in the days before now.
func (l *Leaves) Review(ctx context.Context, actor org.Actor, leaf CategoryID, days int) (LeafReview, error) {
	to := l.now()
	r := LeafReview{From: to.AddDate(0, 0, -days), To: to}
	if err := org.Can(actor, org.ActReadAccuracy); err != nil {
		return r, err
	}
	away, err := l.store.LeafAway(ctx, leaf, r.From, to)
	if err != nil {
		return r, err
	}
	r.Kept, r.Suggested, r.Away = split(away, leaf)
	taken, err := l.store.LeafTaken(ctx, leaf, r.From, to)
	if err != nil {
		return r, err
	}
	_, r.Decided, r.Taken = split(taken, leaf)
	wordings, err := l.store.LeafCorrections(ctx, leaf, r.From, to, wordingsRead)
	if err != nil {
		return r, err
	}
	r.Wordings = l.different(wordings)
	if r.Returned, err = l.store.LeafReturns(ctx, leaf, r.From, to, returnsShown); err != nil {
		return r, err
	}
	if r.Rival = rival(r.Away, r.Taken); r.Rival == "" {
		return r, nil
	}
	r.Clause, err = l.clause(ctx, leaf, r)
	return r, err
}

// split takes the leaf itself out of counts and orders the others.
func split(counts []LeafCount, leaf CategoryID) (own, all int, others []LeafCount) {
	for _, c := range counts {
		all += c.Count
		if c.Leaf == leaf {
			own += c.Count
			continue
		}
		others = append(others, c)
	}
	slices.SortFunc(others, func(a, b LeafCount) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Leaf, b.Leaf)) })
	return own, all, others
}

// rival is the leaf confused most often; empty when none is, rivalNeeded times.
func rival(away, taken []LeafCount) CategoryID {
	sums := map[CategoryID]int{}
	var best CategoryID
	for _, c := range append(slices.Clone(away), taken...) {
		sums[c.Leaf] += c.Count
		if n := sums[c.Leaf]; best == "" || n > sums[best] || n == sums[best] && c.Leaf < best {
			best = c.Leaf
		}
	}
	if sums[best] < rivalNeeded {
		return ""
	}
	return best
}

// different picks the first wordings of which no two share more than half of
// their words.
func (l *Leaves) different(all []Wording) []Wording {
	var out []Wording
	var seen []map[string]bool
	for _, w := range all {
		words := l.set(w.Text)
		if len(words) == 0 || slices.ContainsFunc(seen, func(s map[string]bool) bool { return alike(s, words) }) {
			continue
		}
		out, seen = append(out, w), append(seen, words)
		if len(out) == wordingsShown {
			break
		}
	}
	return out
}

// set gives the words of a text that carry meaning: of two characters or more
// and no numbers.
func (l *Leaves) set(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range l.words.Content(l.words.Tokens(text)) {
		if len([]rune(w)) > 1 && !strings.ContainsFunc(w, unicode.IsDigit) {
			out[w] = true
		}
	}
	return out
}

// alike reports whether two sets share more than half of all their words
// (Jaccard).
func alike(a, b map[string]bool) bool {
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	return 2*both > len(a)+len(b)-both
}

// clause compares the messages of the leaf and its rival.
func (l *Leaves) clause(ctx context.Context, leaf CategoryID, r LeafReview) (Clause, error) {
	own, err := l.store.LeafTexts(ctx, leaf, r.From, r.To, textsRead)
	if err != nil {
		return Clause{}, err
	}
	other, err := l.store.LeafTexts(ctx, r.Rival, r.From, r.To, textsRead)
	if err != nil {
		return Clause{}, err
	}
	c := Clause{OwnTexts: len(own), RivalTexts: len(other)}
	if len(own) < ClauseTexts || len(other) < ClauseTexts {
		return c, nil
	}
	c.Own, c.Rival = tellingWords(l.count(own), len(own), l.count(other), len(other))
	return c, nil
}

// count tells in how many of the texts each word stands.
func (l *Leaves) count(texts []string) map[string]int {
	out := map[string]int{}
	for _, t := range texts {
		for w := range l.set(t) {
			out[w]++
		}
	}
	return out
}

// tellingWords gives the words that speak for either of two groups of texts:
// those whose log-odds ratio is at least 1.96 standard errors from zero, by its
// distance, with the words of both groups together as the prior (Monroe,
// Colaresi, Quinn: Fightin’ Words, Political Analysis 16, 2008; the informative
// Dirichlet prior, here on the number of texts a word stands in). The prior
// keeps words that are merely rare from standing in front. A word must stand in
// three texts of its side: fewer are one citizen's way of speaking.
func tellingWords(own map[string]int, ownTexts int, other map[string]int, otherTexts int) (forOwn, forOther []string) {
	type telling struct {
		word string
		z    float64
	}
	var found []telling
	all := float64(ownTexts + otherTexts)
	const weight = 10 // texts that the prior is worth
	seen := map[string]bool{}
	for _, group := range []map[string]int{own, other} {
		for w := range group {
			if seen[w] || max(own[w], other[w]) < 3 {
				continue
			}
			seen[w] = true
			prior := weight * float64(own[w]+other[w]) / all
			a, b := float64(own[w])+prior, float64(other[w])+prior
			// The rests are kept above 0 for a word that stands in every text.
			na, nb := float64(ownTexts)+weight-a+0.5, float64(otherTexts)+weight-b+0.5
			z := (math.Log(a/na) - math.Log(b/nb)) / math.Sqrt(1/a+1/b)
			found = append(found, telling{w, z})
		}
	}
	slices.SortFunc(found, func(x, y telling) int {
		return cmp.Or(cmp.Compare(math.Abs(y.z), math.Abs(x.z)), cmp.Compare(x.word, y.word))
	})
	for _, f := range found {
		switch {
		case f.z > 1.96 && len(forOwn) < clauseWords && own[f.word] >= 3:
			forOwn = append(forOwn, f.word)
		case f.z < -1.96 && len(forOther) < clauseWords && other[f.word] >= 3:
			forOther = append(forOther, f.word)
		}
	}
	return forOwn, forOther
}
