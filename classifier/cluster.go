package classifier

import (
	"cmp"
	"slices"
)

const (
	// alikeFrom is the cosine from which two strays are about the like, and
	// coreCallers how many different people, the writer included, must be for a
	// stray to stand in the midst of a gap. Among 1,153 messages of a city, 96 of
	// which tell of three events (15, 59 and 22), they find 15, 59 and 17 of
	// them in groups of 15, 60 and 22. From 0.76 down everything flows together,
	// from 0.84 up the events fall apart.
	alikeFrom   = 0.8
	coreCallers = 3
)

// cluster groups strays by density: DBSCAN (Ester, Kriegel, Sander, Xu: A
// Density-Based Algorithm for Discovering Clusters, KDD 1996) on cosines, with
// two changes for citizens' messages: neighbours are counted by caller, so that
// one person who writes every day is no gap, and groups of fewer than
// GapCallers people are dropped. It needs no number of groups, and leaves
// what is like nothing else alone. Groups come largest first, places ascending;
// a stray belongs to one group at most.
func cluster(strays []Stray) [][]int {
	near := neighbours(strays)
	core := make([]bool, len(strays))
	for i := range strays {
		core[i] = people(strays, near[i], i) >= coreCallers
	}
	group := make([]int, len(strays)) // from 1; 0: none
	var out [][]int
	for i := range strays {
		if !core[i] || group[i] != 0 {
			continue
		}
		members := []int{i}
		group[i] = len(out) + 1
		for at := 0; at < len(members); at++ {
			if !core[members[at]] {
				continue // at the edge: it leads no further
			}
			for _, j := range near[members[at]] {
				if group[j] == 0 {
					group[j] = group[i]
					members = append(members, j)
				}
			}
		}
		slices.Sort(members)
		out = append(out, members)
	}
	out = slices.DeleteFunc(out, func(g []int) bool { return people(strays, g) < GapCallers })
	slices.SortStableFunc(out, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// neighbours lists for each stray the others that are about the like.
func neighbours(strays []Stray) [][]int {
	near := make([][]int, len(strays))
	for i := range strays {
		for j := range i {
			if similarity(strays[i].Vector, strays[j].Vector) >= alikeFrom {
				near[i], near[j] = append(near[i], j), append(near[j], i)
			}
		}
	}
	return near
}

// people counts the different callers of strays.
func people(strays []Stray, group []int, more ...int) int {
	seen := map[string]bool{}
	for _, i := range group {
		seen[strays[i].Caller] = true
	}
	for _, i := range more {
		seen[strays[i].Caller] = true
	}
	return len(seen)
}
