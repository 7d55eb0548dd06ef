package classifier

import (
	"io"
	"slices"

	"huying/internal/errs"
	"huying/internal/sheet"
)

// Succession says which leaves of one version continue each leaf of another:
// none (it ended), one, or several (it was split). A leaf that is not a key
// ended too. Several leaves that lead to one were merged.
type Succession map[CategoryID][]CategoryID

// Only gives the one leaf that continues c, or false when none or several do:
// then a person has to say where what was decided belongs.
func (s Succession) Only(c CategoryID) (CategoryID, bool) {
	if next := s[c]; len(next) == 1 {
		return next[0], true
	}
	return "", false
}

// inverse leads back.
func (s Succession) inverse() Succession {
	out := Succession{}
	for from, next := range s {
		for _, to := range next {
			out.add(to, from)
		}
	}
	for _, back := range out {
		slices.Sort(back) // a map has no order, an answer has
	}
	return out
}

func (s Succession) add(from, to CategoryID) {
	if !slices.Contains(s[from], to) {
		s[from] = append(s[from], to)
	}
}

// then leads over both, first s.
func (s Succession) then(next Succession) Succession {
	out := Succession{}
	for from, middle := range s {
		for _, m := range middle {
			for _, to := range next[m] {
				out.add(from, to)
			}
		}
	}
	return out
}

// Step is the succession from one stored version to the one that was published
// after it.
type Step struct {
	From, To   VersionID
	Succession Succession
}

// along gives the succession from one version to another over the fewest
// steps, forwards or back; false when they are not connected.
func along(steps []Step, from, to VersionID) (Succession, bool) {
	type reached struct {
		at  VersionID
		way Succession // nil: nothing walked yet
	}
	seen := map[VersionID]bool{from: true}
	for line := []reached{{at: from}}; len(line) > 0; line = line[1:] {
		here := line[0]
		if here.at == to {
			return here.way, here.way != nil
		}
		walk := func(at VersionID, s Succession) {
			if seen[at] {
				return
			}
			seen[at] = true
			if here.way != nil {
				s = here.way.then(s)
			}
			line = append(line, reached{at, s})
		}
		for _, s := range steps {
			switch here.at {
			case s.From:
				walk(s.To, s.Succession)
			case s.To:
				walk(s.From, s.Succession.inverse())
			}
		}
	}
	return nil, false
}

// CodeMove is a line of a code map: what a code of the version before becomes.
// Several moves from one code split it, several to one code merge. An empty To
// says that the code ends, also when the new version uses it again.
type CodeMove struct {
	From, To         string
	fromErr, toFault *errs.Error // what to say when the code is unknown, with its place
}

// ReadCodeMap reads a table with the columns 原编码 and 新编码, in CSV or XLSX.
// Errors are an errs.List with line and column.
func ReadCodeMap(name string, file io.Reader) ([]CodeMove, error) {
	table, err := sheet.Read(name, file, []sheet.Column{
		{Key: "from", Names: []string{"原编码", "旧编码"}, Required: true, MaxRunes: 40},
		{Key: "to", Names: []string{"新编码", "现编码"}, MaxRunes: 40},
	}, sheet.Options{})
	if err != nil {
		return nil, err
	}
	defer table.Close()
	if !table.Has("to") {
		return nil, errs.List{errs.New(errs.Invalid, "field.required", "新编码").At(1, 0)}
	}
	var moves []CodeMove
	var faults errs.List
	for row := range table.Rows() {
		if faults = append(faults, row.Faults...); len(row.Faults) > 0 {
			continue
		}
		m := CodeMove{From: row.Get("from"), To: row.Get("to")}
		m.fromErr = row.Err("from", "catalogue.map_from", m.From)
		m.toFault = row.Err("to", "catalogue.map_to", m.To)
		moves = append(moves, m)
	}
	if err := table.Err(); err != nil {
		return nil, err
	}
	return moves, faults.OrNil()
}

// Succeed says how the leaves of a version continue in another. What the moves
// name goes where they say; every other leaf keeps its code, except where the
// code plainly means something else by now (LikelyOther): then its decisions
// wait until a move says what they are. Of leaves that share a code the one of
// the same name is meant, then the one of the same path, then the first.
// An errs.List names line and column of every code that is in no version.
func Succeed(from, to *Catalogue, moves []CodeMove) (Succession, error) {
	before, after := leavesByCode(from), leavesByCode(to)
	named := map[string][]string{}
	var faults errs.List
	for _, m := range moves {
		if len(before[m.From]) == 0 {
			faults = append(faults, m.fromErr)
		}
		if m.To != "" && len(after[m.To]) == 0 {
			faults = append(faults, m.toFault)
		}
		named[m.From] = append(named[m.From], m.To)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	out := make(Succession, len(from.leaves))
	for _, leaf := range from.leaves {
		codes, told := named[leaf.Code]
		if !told {
			codes = []string{leaf.Code}
		}
		for _, code := range codes {
			next := closest(leaf, after[code])
			if next != nil && (told || !LikelyOther(leaf, next)) {
				out.add(leaf.ID, next.ID)
			}
		}
	}
	return out, nil
}

func leavesByCode(c *Catalogue) map[string][]*Category {
	out := map[string][]*Category{}
	for _, leaf := range c.leaves {
		out[leaf.Code] = append(out[leaf.Code], leaf)
	}
	return out
}

// closest gives the leaf among some with one code that is most like it; nil of
// none.
func closest(leaf *Category, among []*Category) *Category {
	var best *Category
	points := -1
	for _, c := range among {
		p := 0
		if c.Name == leaf.Name {
			p += 2
		}
		if slices.Equal(c.Path, leaf.Path) {
			p++
		}
		if p > points {
			best, points = c, p
		}
	}
	return best
}

// likeNames is the share of characters from which two names may be wordings of
// one thing: 油烟污染 and 餐饮油烟 share half, 养犬管理 and 犬只扰民 a quarter.
const likeNames = 0.2

// LikelyOther reports whether a code was probably given to another thing: the
// leaf stands elsewhere and its name shares next to no character with the old
// one. What a code means cannot be known by a machine; this is a reason to ask.
func LikelyOther(before, after *Category) bool {
	if slices.Equal(before.Path[:len(before.Path)-1], after.Path[:len(after.Path)-1]) {
		return false
	}
	a, b := []rune(before.Name), []rune(after.Name)
	shared := 0
	for _, r := range a {
		if at := slices.Index(b, r); at >= 0 {
			shared++
			b = slices.Delete(b, at, at+1)
		}
	}
	all := len(a) + len([]rune(after.Name))
	return all > 0 && float64(2*shared)/float64(all) < likeNames
}
