package classifier

import (
	"fmt"
	"slices"
	"strings"

	"huying/internal/org"
)

// ChangeKind is one sort of difference between two versions.
type ChangeKind string

// The kinds, in the order in which they are read: what needs a person first.
const (
	Reused   ChangeKind = "reused"   // the code stands for something else
	Removed  ChangeKind = "removed"  // no leaf continues it
	SplitUp  ChangeKind = "split"    // several continue it
	Merged   ChangeKind = "merged"   // one of several that one leaf continues
	Recoded  ChangeKind = "recoded"  // another code, by the code map
	Added    ChangeKind = "added"    // it continues none
	Renamed  ChangeKind = "renamed"  // another name
	Moved    ChangeKind = "moved"    // another parent
	NewLead  ChangeKind = "lead"     // other lead kinds, or in another order
	NewLevel ChangeKind = "urgency"  // another urgency
	NewDuty  ChangeKind = "duty"     // other circumstances or co-units under the same leads
	NewWords ChangeKind = "wordings" // scope, description, question, basis, limit, examples or neighbours
)

// ChangeKinds gives all kinds in the order in which they are read.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{Reused, Removed, SplitUp, Merged, Recoded, Added, Renamed, Moved, NewLead, NewLevel, NewDuty, NewWords}
}

// Label is the kind's name on screen.
func (k ChangeKind) Label() string {
	switch k {
	case Reused:
		return "编码很可能改作了另一件事"
	case Removed:
		return "取消"
	case SplitUp:
		return "拆分"
	case Merged:
		return "合并"
	case Recoded:
		return "换编码"
	case Added:
		return "新增"
	case Renamed:
		return "改名"
	case Moved:
		return "改上级"
	case NewLead:
		return "主办单位变化"
	case NewLevel:
		return "紧急程度变化"
	case NewDuty:
		return "职责规则变化"
	}
	return "说明、示例等文字变化"
}

// Change is one difference of one leaf.
type Change struct {
	Kind      ChangeKind
	Code      string // of the leaf before; of an added one its own
	Before    string // for people; empty of an added leaf
	After     string // empty of one that ended
	Decisions int    // confirmed decisions of the leaf before
}

// Difference is what changes from one version to another.
type Difference struct {
	From, To  Version
	Changes   []Change // by kind, then in file order
	Follow    int      // confirmed decisions that follow their leaf
	Undecided int      // those of split leaves: a person decides
	Left      int      // those of leaves that ended, or whose code was reused: they wait
	Return    int      // those that were made under the second version: they go back to what was decided
}

// Of gives the changes of a kind.
func (d Difference) Of(kind ChangeKind) []Change {
	var out []Change
	for _, c := range d.Changes {
		if c.Kind == kind {
			out = append(out, c)
		}
	}
	return out
}

// Diff compares two versions whose leaves continue each other as s says.
// decisions counts the confirmed ones by leaf of the first.
func Diff(from, to *Catalogue, s Succession, decisions map[CategoryID]int) Difference {
	w := differ{d: Difference{From: from.Version, To: to.Version}, to: to, next: s, back: s.inverse(), decisions: decisions}
	codes := leavesByCode(to)
	for _, leaf := range from.leaves {
		w.leaf(leaf, closest(leaf, codes[leaf.Code]))
	}
	for _, leaf := range to.leaves {
		if len(w.back[leaf.ID]) == 0 {
			w.d.Changes = append(w.d.Changes, Change{Kind: Added, Code: leaf.Code, After: leaf.Trail()})
		}
	}
	order := ChangeKinds()
	slices.SortStableFunc(w.d.Changes, func(a, b Change) int {
		return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
	})
	return w.d
}

// differ collects changes leaf by leaf.
type differ struct {
	d          Difference
	to         *Catalogue
	next, back Succession
	decisions  map[CategoryID]int
}

// leaf compares a leaf with what continues it; same is the leaf of the new
// version with its code, nil without one.
func (w *differ) leaf(leaf, same *Category) {
	n := w.decisions[leaf.ID]
	add := func(kind ChangeKind, before, after string) {
		w.d.Changes = append(w.d.Changes, Change{Kind: kind, Code: leaf.Code, Before: before, After: after, Decisions: n})
	}
	next := w.next[leaf.ID]
	switch len(next) {
	case 0:
		w.d.Left += n
		if same != nil && LikelyOther(leaf, same) {
			add(Reused, leaf.Trail(), same.Trail())
		} else {
			add(Removed, leaf.Trail(), "")
		}
		return
	case 1:
		w.d.Follow += n
	default:
		w.d.Undecided += n
		var parts []string
		for _, id := range next {
			if c, ok := w.to.Category(id); ok {
				parts = append(parts, c.Code+" "+c.Trail())
			}
		}
		add(SplitUp, leaf.Trail(), strings.Join(parts, "；"))
		return
	}
	now, ok := w.to.Category(next[0])
	if !ok {
		return
	}
	w.named(leaf, now, add)
	w.duties(leaf, now, add)
	if !sameWords(leaf, now) {
		add(NewWords, leaf.Trail(), now.Trail())
	}
}

// named adds what became of code, name and parent.
func (w *differ) named(leaf, now *Category, add func(ChangeKind, string, string)) {
	switch {
	case len(w.back[now.ID]) > 1:
		add(Merged, leaf.Trail(), now.Code+" "+now.Trail())
		return
	case now.Code != leaf.Code:
		add(Recoded, leaf.Trail(), now.Code+" "+now.Trail())
	}
	if now.Name != leaf.Name {
		add(Renamed, leaf.Trail(), now.Name)
	}
	if above, before := now.Path[:len(now.Path)-1], leaf.Path[:len(leaf.Path)-1]; !slices.Equal(above, before) {
		add(Moved, leaf.Trail(), strings.Join(slices.Compact(slices.Clone(above)), " › "))
	}
}

// duties adds what became of lead units, circumstances and urgency.
func (w *differ) duties(leaf, now *Category, add func(ChangeKind, string, string)) {
	before, after := leads(leaf), leads(now)
	switch {
	case before != after:
		add(NewLead, leaf.Name+"："+before, after)
	case !slices.EqualFunc(leaf.Rules, now.Rules, func(a, b Rule) bool { return a.When == b.When && slices.Equal(a.Co, b.Co) }):
		add(NewDuty, leaf.Name+"："+rulesText(leaf), rulesText(now))
	}
	if leaf.Urgency != now.Urgency {
		add(NewLevel, fmt.Sprintf("%s：%s", leaf.Name, leaf.Urgency.Label()), now.Urgency.Label())
	}
}

// leads are the lead kinds of a leaf, each once, the most usual first.
func leads(leaf *Category) string {
	var out []string
	for _, r := range leaf.Rules {
		if !slices.Contains(out, string(r.Lead)) {
			out = append(out, string(r.Lead))
		}
	}
	if len(out) == 0 {
		return "未写明"
	}
	return strings.Join(out, "、")
}

func rulesText(leaf *Category) string {
	var out []string
	for _, r := range leaf.Rules {
		s := r.When + "→" + string(r.Lead)
		if len(r.Co) > 0 {
			s += "（协办 " + strings.Join(kindNames(r.Co), "、") + "）"
		}
		out = append(out, s)
	}
	return strings.Join(out, "；")
}

func kindNames(kinds []org.UnitKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// sameWords compares what training and people read of a leaf.
func sameWords(a, b *Category) bool {
	return a.Scope == b.Scope && a.Description == b.Description && a.Ask == b.Ask && a.Basis == b.Basis && a.Limit == b.Limit && a.Closing == b.Closing &&
		slices.Equal(a.Examples, b.Examples) &&
		slices.EqualFunc(a.Neighbours, b.Neighbours, func(x, y Neighbour) bool { return x.Code == y.Code && x.Tell == y.Tell }) &&
		slices.EqualFunc(a.Rules, b.Rules, func(x, y Rule) bool { return slices.Equal(x.Examples, y.Examples) })
}
