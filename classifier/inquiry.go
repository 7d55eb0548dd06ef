package classifier

import (
	"slices"
	"strings"
)

// inquiries lists what can be asked about the possible ones.
func inquiries(all []possible) []inquiry {
	var out []inquiry
	for i, c := range all {
		for _, n := range c.leaf.Neighbours {
			other := slices.IndexFunc(all, func(x possible) bool { return x.leaf.ID == n.Category })
			if other >= 0 && other != i && strings.Trim(n.Tell, "；;。 ") != "" {
				out = append(out, askClause(all, i, other, n.Tell))
			}
		}
		if q, ok := askDuty(c, i); ok {
			out = append(out, q)
		}
		if c.leaf.Ask != "" {
			out = append(out, inquiry{text: c.leaf.Ask, source: FromLeaf, hit: hitLeaf, options: []option{
				{text: "与“" + c.leaf.Name + "”对得上", at: i, rule: -1}, {text: "对不上", at: -1, rule: -1},
			}})
		}
	}
	return out
}

// askClause asks for the side of a clause that tells own from other; where it
// describes one side only, whether it is that one.
func askClause(all []possible, own, other int, tell string) inquiry {
	here, there := sides(tell, all[own].leaf.Name, all[other].leaf.Name)
	yes := func(text string, at int) inquiry {
		return inquiry{text: "是不是" + text + "？", source: FromClause, hit: hitNamed, options: []option{{"是", at, "", -1}, {"不是", -1, "", -1}}}
	}
	switch {
	case there == "":
		return yes(here, own)
	case here == "":
		return yes(there, other)
	}
	return inquiry{text: "是" + there + "，还是" + here + "？", source: FromClause, hit: hitNamed, options: []option{
		{there, other, "", -1}, {here, own, "", -1}, {"都不是", -1, "", -1},
	}}
}

// A question names up to circumstancesAsked circumstances, each of which has at
// least circumstanceShare of its leaf: a lead that is hardly ever another one
// does not depend on anything.
const (
	circumstancesAsked = 3
	circumstanceShare  = 0.1
)

// askDuty asks for the circumstance on which the lead of a leaf depends; false
// when it depends on none.
func askDuty(c possible, at int) (inquiry, bool) {
	q := inquiry{source: FromDuty, hit: hitNamed}
	var whens []string
	for _, l := range c.leads {
		if l.rule >= 0 && l.share >= circumstanceShare && len(whens) < circumstancesAsked && c.leaf.Rules[l.rule].When != "" {
			when := c.leaf.Rules[l.rule].When
			q.options = append(q.options, option{when, at, l.kind, l.rule})
			whens = append(whens, "“"+when+"”")
		}
	}
	if len(whens) < 2 {
		return inquiry{}, false
	}
	q.text = "是" + strings.Join(whens, "，还是") + "？"
	q.options = append(q.options, option{"都不是", -1, "", -1})
	return q, true
}

// sides takes a clause such as “占道摆摊归露天烧烤；店里炉灶归本类” apart: what
// speaks for the category that has it, and what for the other one. A side of
// which it says nothing is empty.
func sides(tell, own, other string) (here, there string) {
	for clause := range strings.FieldsFuncSeq(tell, func(r rune) bool { return strings.ContainsRune("；;。", r) }) {
		clause = strings.TrimSpace(clause)
		side := &there
		if strings.Contains(clause, "本类") || strings.Contains(clause, own) && !strings.Contains(clause, other) {
			side = &here
		}
		if clause = withoutPlace(clause, own, other); clause != "" {
			*side = strings.TrimPrefix(*side+"、"+clause, "、")
		}
	}
	return here, there
}

// withoutPlace cuts off where a clause says that something belongs.
func withoutPlace(clause, own, other string) string {
	cut := -1
	for _, verb := range []string{"归", "走", "属于", "转"} {
		if i := strings.LastIndex(clause, verb); i > cut {
			head := string([]rune(clause[i+len(verb):] + "　　")[:2])
			if head == "本类" || strings.Contains(other, head) || strings.Contains(own, head) {
				cut = i
			}
		}
	}
	if cut > 0 {
		clause = clause[:cut]
	}
	return strings.TrimRight(clause, "的，、都才就应")
}
