package kb

import (
	_ "embed"
	"encoding/json"
	"math/bits"
	"slices"

	"huying/internal/errs"
	"huying/internal/text"
)

// conditionsJSON names what decides whether two questions are the same though
// they look alike: whose household, which document, which stage. Values of one
// group exclude each other for the most part. The phrases are chosen by
// practice, as those of the cues.
//
//go:embed seed/conditions.json
var conditionsJSON []byte

// conditions finds decisive conditions in texts.
type conditions struct{ groups []conditionGroup }

type conditionGroup struct {
	name   string
	values []conditionValue
}

type conditionValue struct {
	name    string
	phrases *text.Phrases
}

func readConditions(data []byte) (conditions, error) {
	var groups []struct {
		Name   string
		Values map[string]string
	}
	if err := json.Unmarshal(data, &groups); err != nil {
		return conditions{}, errs.Wrap(err, errs.Internal, "internal")
	}
	var c conditions
	for _, g := range groups {
		group := conditionGroup{name: g.Name}
		names := make([]string, 0, len(g.Values))
		for name := range g.Values {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			re, err := text.CompilePhrases(g.Values[name])
			if err != nil || len(names) > 32 || len(groups) > 32 {
				return conditions{}, errs.Wrap(err, errs.Internal, "internal")
			}
			group.values = append(group.values, conditionValue{name, re})
		}
		c.groups = append(c.groups, group)
	}
	return c, nil
}

// stated holds for each group which of its values a text names, as bits.
type stated []uint32

// groups are some of the groups, as bits.
type groups uint32

const allGroups = ^groups(0)

func (g groups) has(i int) bool { return g&(1<<i) != 0 }

// groups are those of which a text names a value.
func (s stated) groups() (out groups) {
	for i, values := range s {
		if values != 0 {
			out |= 1 << i
		}
	}
	return out
}

// read finds the conditions that a folded text names.
func (c conditions) read(s text.Passage) stated {
	out := make(stated, len(c.groups))
	c.readInto(out, allGroups, s)
	return out
}

// readInto finds those of some groups.
func (c conditions) readInto(out stated, wanted groups, s text.Passage) {
	for i, g := range c.groups {
		if !wanted.has(i) {
			continue
		}
		for k, v := range g.values {
			if v.phrases.In(s) {
				out[i] |= 1 << k
			}
		}
	}
}

// terms are the conditions of an entry: those that its questions name, and
// those that its whole wording does.
type terms struct{ question, whole stated }

// clash says how the conditions of an ask and an entry differ, in groups of
// conditions.
type clash struct {
	conflict int // the ask names one, the entry's questions another
	missing  int // the ask names one that the entry nowhere mentions
	extra    int // the entry's questions name one that the ask does not; of the first entry only
}

// differs gives the conditions of group i that only the ask names and those
// that only the entry's questions name, as bits.
func differs(ask stated, entry terms, i int) (only, instead uint32) {
	if only = ask[i] &^ entry.whole[i]; ask[i]&entry.whole[i] != 0 {
		only = 0
	}
	return only, entry.question[i] &^ ask[i]
}

func compare(ask stated, entry terms) clash {
	var c clash
	for i := range ask {
		only, instead := differs(ask, entry, i)
		switch {
		case only != 0 && instead != 0:
			c.conflict++
		case only != 0:
			c.missing += bits.OnesCount32(only)
		case instead != 0 && ask[i]&entry.question[i] == 0:
			c.extra++
		}
	}
	return c
}

// Mismatch is a decisive condition in which an entry differs from an ask.
type Mismatch struct {
	Entry string // what the entry is for; empty: it does not say
	Ask   string // what was asked about; empty: the ask does not say
}

// Sentence says it to an agent.
func (d Mismatch) Sentence() string {
	switch {
	case d.Ask == "":
		return "这条只适用于" + d.Entry + "；您没有提到"
	case d.Entry == "":
		return "您问的是" + d.Ask + "；这条没有提到"
	}
	return "这条只适用于" + d.Entry + "；您问的是" + d.Ask
}

// differences puts into words where an entry's conditions differ, at most two,
// contradictions first.
func (c conditions) differences(ask stated, entry terms) []Mismatch {
	var both, one []Mismatch
	for i, g := range c.groups {
		only, instead := differs(ask, entry, i)
		d := Mismatch{Entry: g.first(instead), Ask: g.first(only)}
		switch {
		case only != 0 && instead != 0:
			both = append(both, d)
		case only != 0, instead != 0 && ask[i]&entry.question[i] == 0:
			one = append(one, d)
		}
	}
	all := append(both, one...)
	return all[:min(2, len(all))]
}

func (g conditionGroup) first(values uint32) string {
	if values == 0 {
		return ""
	}
	return g.values[bits.TrailingZeros32(values)].name
}
