package classifier

import (
	"math"

	"huying/internal/learn"
	"huying/internal/org"
	"huying/internal/query"
)

// duties is what a leaf's duty rules look like to the model.
type duties struct {
	rules     []dutyView
	confirmed []leadCount
}

// dutyView is one rule: its lead, and the vectors of its circumstance and of
// the mean of its examples.
type dutyView struct {
	lead org.UnitKind
	kind int // place of the lead among the model's kinds; -1: not there
	when []float32
	mean []float32
}

func newDuties(leaf *Category, known []knownText, own []int, place map[org.UnitKind]int) duties {
	d := duties{rules: make([]dutyView, len(leaf.Rules))}
	for r, rule := range leaf.Rules {
		d.rules[r] = dutyView{lead: rule.Lead, kind: -1}
		if at, ok := place[rule.Lead]; ok {
			d.rules[r].kind = at
		}
	}
	for _, at := range own {
		k := known[at]
		if k.Rule >= len(d.rules) || k.Vector == nil {
			continue
		}
		switch v := &d.rules[k.Rule]; k.Kind {
		case whenText:
			v.when = k.Vector
		case ruleText:
			if v.mean == nil {
				v.mean = make([]float32, len(k.Vector))
			}
			for j, x := range k.Vector {
				v.mean[j] += x
			}
		}
	}
	for r := range d.rules {
		normalise(d.rules[r].mean)
	}
	return d
}

func normalise(v []float32) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for j := range v {
		v[j] *= scale
	}
}

// rulePrior is how usual the first, second … rule of a leaf is before anything
// is read: rules are written most usual first.
func rulePrior(r int) float64 {
	prior := [...]float64{1, 0.6, 0.45, 0.35}
	return prior[min(r, len(prior)-1)]
}

// ruleSharpness is how strongly likeness to a rule speaks for it: a cosine
// that is higher by 0.1 makes the rule 1.8 times as likely.
const ruleSharpness = 6

// posterior gives the probability of each rule of the leaf for the text; they
// add up to 1. Nil without rules.
func (d *duties) posterior(q query.Query) []float64 {
	if len(d.rules) == 0 {
		return nil
	}
	p := make([]float64, len(d.rules))
	sum := 0.0
	for r := range d.rules {
		like := d.rules[r].likeness(q.Vector) + d.rules[r].likeness(q.TitleVector)/2
		p[r] = rulePrior(r) * math.Exp(ruleSharpness*like)
		sum += p[r]
	}
	for r := range p {
		p[r] /= sum
	}
	return p
}

// likeness is the mean of the cosines with circumstance and examples.
func (v *dutyView) likeness(x []float32) float64 {
	switch {
	case v.when == nil && v.mean == nil:
		return 0
	case v.mean == nil:
		return float64(learn.Dot(x, v.when))
	case v.when == nil:
		return float64(learn.Dot(x, v.mean))
	}
	return float64(learn.Dot(x, v.when)+learn.Dot(x, v.mean)) / 2
}
