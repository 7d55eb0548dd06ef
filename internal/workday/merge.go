package workday

import (
	"cmp"
	"slices"

	"huying/internal/errs"
)

// Change is one day on which an import alters the table.
type Change struct {
	Date     Date
	Old, New *Day // nil: not in the table before, or after
}

// Check finds what cannot be right in an imported table: a date that is both
// free and worked, named at its second line. The error is an errs.List.
func Check(days []Day) error {
	var faults errs.List
	seen := make(map[Date]Day, len(days))
	for _, d := range days {
		if first, ok := seen[d.Date]; ok && first.Work != d.Work {
			faults = append(faults, errs.New(errs.Invalid, "workday.both", d.Date.String(), first.Line).At(d.Line, 0))
			continue
		}
		seen[d.Date] = d
	}
	return faults.OrNil()
}

// Merge gives the table after an import. Years whose arrangement is in the
// import (Covers) are replaced whole, so that a corrected notice also takes
// days away; of other years only the days named are added or changed.
func Merge(table, imported []Day) []Day {
	in := New(imported, nil)
	var all []Day
	for _, d := range table {
		if _, again := in.Day(d.Date); !again && !in.Covers(d.Date.Year()) {
			all = append(all, d)
		}
	}
	all = append(all, in.Table()...)
	slices.SortFunc(all, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	return all
}

// Diff gives what differs between two tables, by date. Lines do not count.
func Diff(before, after []Day) []Change {
	byDate := map[Date]*Change{}
	at := func(d Date) *Change {
		if byDate[d] == nil {
			byDate[d] = &Change{Date: d}
		}
		return byDate[d]
	}
	for _, d := range before {
		at(d.Date).Old = &d
	}
	for _, d := range after {
		at(d.Date).New = &d
	}
	var changes []Change
	for _, c := range byDate {
		if c.Old != nil && c.New != nil && c.Old.Work == c.New.Work && c.Old.Name == c.New.Name {
			continue
		}
		changes = append(changes, *c)
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Date, b.Date) })
	return changes
}
