package classifier

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/text"
)

// Gaps are what people write about that fits no leaf. Strays are messages of
// the last GapDays that nobody has found a leaf for: declined ones, open ones
// of which the machine is unsure, and those below the floor that a person put
// somewhere else than the machine said. Strays that are alike, from enough
// different people, make a gap. It is shown to the catalogue's owner and
// changes nothing.

// Stray is one such message.
type Stray struct {
	Matter    intake.MatterID
	Title     string // masked, like Text
	Text      string
	At        time.Time
	Caller    string     // the same for the same citizen; empty: not known
	Suggested CategoryID // first candidate of the latest suggestion; may be empty
	Vector    []float32  // of title and text
}

// Gap is a group of strays.
type Gap struct {
	ID      GapID
	Callers int      // different people
	Words   []string // that tell it from the other strays, most telling first
	Nearest CategoryID
	Size    int
	First   time.Time
	Last    time.Time
	Recent  int // received in the last GapRecent days
	Before  int // in as many days before those
	Typical []GapMessage
	Mark    *GapMark // nil: nobody has looked after it
}

// GapMessage is a masked message that stands in the middle of a gap.
type GapMessage struct {
	Matter intake.MatterID
	Text   string
	At     time.Time
}

// GapMark says that a gap was looked after. It stays out of sight until it
// is twice as large.
type GapMark struct {
	What   GapState
	Size   int // of the gap then
	ByName string
	At     time.Time
}

// GapState is what became of a gap.
type GapState string

// The states.
const (
	GapHandled GapState = "handled" // 已处理
	GapIgnored GapState = "ignored" // 忽略
)

// Label is the state's name on screen.
func (s GapState) Label() string {
	if s == GapHandled {
		return "已处理"
	}
	return "忽略"
}

// Waits reports whether the gap is to be looked at: it was not yet, or has
// doubled since.
func (t Gap) Waits() bool { return t.Mark == nil || t.Size >= 2*t.Mark.Size }

// FoundGap is a gap as the job finds it, of which the store counts the rest.
type FoundGap struct {
	ID      GapID
	Callers int
	Words   []string
	Nearest CategoryID // suggested first most often; may be empty
	Members []intake.MatterID
	Typical []intake.MatterID // of Members, up to typicalShown, most typical first
}

// GapStore keeps gaps.
type GapStore interface {
	// Strays gives those received since, newest first, up to limit, with
	// vectors of the active model's embedder; floor is the probability below
	// which the machine has no idea.
	Strays(ctx context.Context, floor float64, since time.Time, limit int) ([]Stray, error)
	// GapMembers gives the matters of all gaps that are kept.
	GapMembers(ctx context.Context) (map[GapID][]intake.MatterID, error)
	// ReplaceGaps makes these the gaps of now. One that is no more is
	// dropped, unless somebody has looked after it.
	ReplaceGaps(ctx context.Context, found []FoundGap, at time.Time) error
	// Gaps gives the gaps of now, largest first.
	Gaps(ctx context.Context, now time.Time) ([]Gap, error)
	// MarkGap stores a mark with the gap's size; errs.NotFound
	// "gap.not_found".
	MarkGap(ctx context.Context, gap GapID, what GapState, by org.AccountID, at time.Time) error
}

const (
	// GapDays is how far back strays are looked for.
	GapDays = 90
	// GapRecent is how many days growth is told by.
	GapRecent = 14
	// GapCallers is how many different people make a gap.
	GapCallers = 5
	// mostStrays bounds the work: every two are compared, a second for so many.
	mostStrays   = 4000
	typicalShown = 3
	typicalRunes = 160
)

// Gaps finds gaps and shows them. It is safe for concurrent use.
type Gaps struct {
	store GapStore
	cut   *Leaves // whose way of counting words it shares
	floor float64
	now   func() time.Time
}

// NewGaps makes a Gaps. floor is that of the desk.
func NewGaps(store GapStore, words Cutter, floor float64, now func() time.Time) *Gaps {
	return &Gaps{store: store, cut: &Leaves{words: words}, floor: floor, now: now}
}

// Find looks for gaps anew. A gap that shares most of its messages with one
// of before is that one.
func (t *Gaps) Find(ctx context.Context) error {
	now := t.now()
	strays, err := t.store.Strays(ctx, t.floor, now.AddDate(0, 0, -GapDays), mostStrays)
	if err != nil {
		return err
	}
	for i, s := range strays {
		if s.Caller == "" { // then the same words are one person
			strays[i].Caller = "text " + strconv.FormatUint(textKey(Example{Title: s.Title, Text: s.Text}), 16)
		}
	}
	groups := cluster(strays)
	found := make([]FoundGap, len(groups))
	for i, g := range groups {
		found[i] = t.describe(strays, g)
	}
	known, err := t.store.GapMembers(ctx)
	if err != nil {
		return err
	}
	recognise(found, known)
	return t.store.ReplaceGaps(ctx, found, now)
}

// describe tells what a group of strays is about.
func (t *Gaps) describe(strays []Stray, group []int) FoundGap {
	var f FoundGap
	var own, other []string
	suggested := map[CategoryID]int{}
	callers, inside := map[string]bool{}, map[int]bool{}
	for _, i := range group {
		f.Members = append(f.Members, strays[i].Matter)
		callers[strays[i].Caller], inside[i] = true, true
		if strays[i].Suggested != "" {
			suggested[strays[i].Suggested]++
		}
	}
	f.Callers = len(callers)
	for _, leaf := range slices.Sorted(maps.Keys(suggested)) {
		if suggested[leaf] > suggested[f.Nearest] {
			f.Nearest = leaf
		}
	}
	for i, s := range strays {
		if inside[i] {
			own = append(own, s.Title+"\n"+s.Text)
		} else if len(other) < textsRead {
			other = append(other, s.Title+"\n"+s.Text)
		}
	}
	own = own[:min(len(own), textsRead)]
	f.Words = t.words(own, other)
	for _, i := range typical(strays, group) {
		f.Typical = append(f.Typical, strays[i].Matter)
	}
	return f
}

// words gives what tells a gap from the other strays, and where nothing does,
// what most of its messages say.
func (t *Gaps) words(own, other []string) []string {
	counts := t.cut.count(own)
	words, _ := tellingWords(counts, len(own), t.cut.count(other), len(other))
	if len(words) > 0 {
		return words
	}
	for _, w := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	}) {
		if len(words) == clauseWords || 2*counts[w] < len(own) {
			break
		}
		words = append(words, w)
	}
	return words
}

// typical gives the strays of a group that are nearest to its mean, of
// different callers.
func typical(strays []Stray, group []int) []int {
	mean := make([]float32, len(strays[group[0]].Vector))
	for _, i := range group {
		for j, v := range strays[i].Vector {
			mean[j] += v
		}
	}
	order := slices.Clone(group)
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(similarity(strays[b].Vector, mean), similarity(strays[a].Vector, mean))
	})
	var out []int
	seen := map[string]bool{}
	for _, i := range order {
		if c := strays[i].Caller; !seen[c] && len(out) < typicalShown {
			out, seen[c] = append(out, i), true
		}
	}
	return out
}

// recognise gives each gap the id of the one of before with which it shares
// most messages, at least half of the smaller of both; otherwise a new one.
func recognise(found []FoundGap, known map[GapID][]intake.MatterID) {
	of := map[intake.MatterID][]GapID{}
	for _, gap := range slices.Sorted(maps.Keys(known)) {
		for _, m := range known[gap] {
			of[m] = append(of[m], gap)
		}
	}
	taken := map[GapID]bool{}
	for i := range found {
		shared := map[GapID]int{}
		for _, m := range found[i].Members {
			for _, gap := range of[m] {
				shared[gap]++
			}
		}
		best, most := GapID(""), 0
		for _, gap := range slices.Sorted(maps.Keys(shared)) {
			if n := shared[gap]; !taken[gap] && n > most && 2*n >= min(len(known[gap]), len(found[i].Members)) {
				best, most = gap, n
			}
		}
		if best == "" {
			best = id.New[GapID]()
		}
		found[i].ID, taken[best] = best, true
	}
}

// List gives the gaps of now: first those that wait to be looked at, largest
// first, then the others.
func (t *Gaps) List(ctx context.Context, actor org.Actor) ([]Gap, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return nil, err
	}
	all, err := t.store.Gaps(ctx, t.now())
	for i := range all {
		for k, m := range all[i].Typical {
			all[i].Typical[k].Text = text.Clip(m.Text, typicalRunes)
		}
	}
	slices.SortStableFunc(all, func(a, b Gap) int {
		switch {
		case a.Waits() == b.Waits():
			return 0
		case a.Waits():
			return -1
		}
		return 1
	})
	return all, err
}

// Mark says that a gap was looked after.
func (t *Gaps) Mark(ctx context.Context, actor org.Actor, gap GapID, what GapState) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	if !id.Valid(gap) {
		return errs.New(errs.NotFound, "gap.not_found")
	}
	if what != GapHandled && what != GapIgnored {
		return errs.New(errs.Invalid, "field.invalid", "处理", string(what)).In("what")
	}
	return t.store.MarkGap(ctx, gap, what, actor.Account, t.now())
}
