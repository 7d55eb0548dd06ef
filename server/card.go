package server

import (
	"huying/internal/org"
	"huying/kb"
)

// cardView is an entry as an answer: what is read out or read, in full, with
// what stands behind it and what it leaves out.
type cardView struct {
	kb.Entry
	Short    string   // to read out
	More     bool     // the full answer says more than Short
	Where    string   // where it holds, in words
	Partly   bool     // it does not hold in the whole city
	Excludes []string // sentences of the answer that say what it does not cover
	Related  []kb.Match
	Asked    string // the part of an ask with several questions that it answers; empty: the whole
}

func newCardView(m kb.Match, related []kb.Match, dir *org.Directory) cardView {
	e := m.Entry
	v := cardView{
		Entry: e, Short: e.Spoken(), Where: areaName(e.Area, dir), Partly: !citywide(e.Area, dir),
		Excludes: e.Excludes(), Related: related, Asked: m.Asked,
	}
	v.More = v.Short != e.Answer
	return v
}

// citywide reports whether what holds in an area holds everywhere here.
func citywide(area org.AreaCode, dir *org.Directory) bool {
	if area == "" {
		return true
	}
	a, ok := dir.Area(area)
	return ok && a.Level == org.LevelCity
}
