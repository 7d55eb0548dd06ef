package main

import (
	"math/rand/v2"
	"time"
)

// conduct is how a simulated city behaves. Rates are shares in [0,1].
type conduct struct {
	name       string
	connected  float64          // of contacts
	direct     float64          // of connected calls, answered at once
	onTime     float64          // of first answers
	oneDay     float64          // of cases, closed within 24 hours of filing
	threeDays  float64          // and within 72 hours
	returned   float64          // of cases, given back by the first unit
	extended   float64          // of cases, asked more time for
	sentBack   float64          // of answers, by the centre
	contacted  float64          // of citizens reached, at the first callback
	solved     float64          // of what counts, at the first callback
	satisfied  float64          // of what counts, at the first callback
	missed     float64          // of citizens, never reached
	lawful     float64          // of endings, lawfully refused
	promised   float64          // of endings, promised by a date
	chased     float64          // of cases, by the citizen
	ordered    float64          // of late cases, by the supervisor
	patrol     float64          // of cases, seen on patrol; the rates of calls and callbacks leave them out
	whistled   float64          // of cases that a street takes up, to which it calls others
	handed     float64          // of cases that leave time for it, and whose unit has others below it at the place: down the tree
	merged     float64          // of cases, where an older one of the unit and category is known: doubles
	divided    float64          // of cases that leave time for it: into two
	lettered   float64          // likewise, by a letter (提醒函)
	instructed float64          // likewise, by a leader
	paused     float64          // likewise, while the citizen is waited for
	withdrawn  float64          // likewise, by the citizen
	objected   float64          // of closings, by the citizen
	check      [2]time.Duration // from an answer until the centre has checked it
}

// conducts are the presets: a hard city, after a district that published
// solved 51 %, satisfied 71 %; and a good one, after a city that published 99 %
// on time, half closed in one day and 71 % in three. What those two did not
// publish is chosen to fit. 94.1 % of calls are connected in a third, where
// 554,000 of 1,297,000 cases a year come from patrols.
var conducts = []conduct{
	{
		name: "hard", connected: 0.85, direct: 0.2, onTime: 0.85, oneDay: 0.2, threeDays: 0.45, returned: 0.12, extended: 0.06, sentBack: 0.05,
		contacted: 0.9, solved: 0.51, satisfied: 0.71, missed: 0.04, lawful: 0.06, promised: 0.05, chased: 0.15, ordered: 0.4,
		patrol: 0.25, whistled: 0.1,
		handed: 0.3, merged: 0.06, divided: 0.04, lettered: 0.06, instructed: 0.03, paused: 0.08, withdrawn: 0.04, objected: 0.06,
		check: [2]time.Duration{time.Hour, 4 * time.Hour},
	},
	{
		name: "good", connected: 0.941, direct: 0.4, onTime: 0.99, oneDay: 0.5, threeDays: 0.71, returned: 0.03, extended: 0.02, sentBack: 0.01,
		contacted: 0.99, solved: 0.95, satisfied: 0.96, missed: 0.03, lawful: 0.04, promised: 0.03, chased: 0.04, ordered: 0.4,
		patrol: 0.43, whistled: 0.1,
		handed: 0.4, merged: 0.05, divided: 0.03, lettered: 0.02, instructed: 0.03, paused: 0.04, withdrawn: 0.03, objected: 0.02,
		check: [2]time.Duration{15 * time.Minute, time.Hour},
	},
}

// dice is a case's own source of chance: whoever acts first, each case fares
// the same.
type dice struct{ *rand.Rand }

func newDice(seed, n uint64) dice { return dice{rand.New(rand.NewPCG(seed, n))} }

// hits is true in a share of the throws.
func (d dice) hits(share float64) bool { return d.Float64() < share }

// between gives a span from low up to high.
func (d dice) between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.Float64()*float64(high-low))
}

// answers are what a citizen who is reached says of a case. Who was not
// contacted has nothing solved; who has it solved is nearly always satisfied,
// and of the others as many as the rate leaves over.
func (c conduct) answers(d dice) replayAnswers {
	const pleased = 0.97
	a := replayAnswers{Reached: true, Contacted: d.hits(c.contacted)}
	a.Solved = a.Contacted && d.hits(c.solved/c.contacted)
	share := (c.satisfied - pleased*c.solved) / (1 - c.solved)
	if a.Solved {
		share = pleased
	}
	a.Satisfied = d.hits(share)
	return a
}

// pace plans when cases are answered, so that the shares that close within a
// day and within three come out as set, whatever the deadlines of the cases
// that come: each goes where most are missing.
type pace struct {
	conduct
	planned, day, three int
}

// answer plans the first answer of a case that was filed at a time and is due
// at another.
func (p *pace) answer(d dice, filed, due time.Time) time.Time {
	const day = 24 * time.Hour
	check := p.check[1]
	p.planned++
	if !d.hits(p.onTime) {
		at := due.Add(d.between(time.Hour, 4*day))
		p.count(at.Sub(filed) + check)
		return at
	}
	span := due.Sub(filed)
	n := float64(p.planned)
	var after time.Duration
	switch {
	case float64(p.day) < p.oneDay*n || span < 26*time.Hour:
		after = d.between(2*time.Hour, min(day-check-time.Hour, span*4/5))
	case float64(p.three) < p.threeDays*n || span < 80*time.Hour:
		after = d.between(26*time.Hour, min(3*day-check-time.Hour, span*9/10))
	default:
		after = d.between(76*time.Hour, max(77*time.Hour, span*19/20))
	}
	p.count(after + check)
	return filed.Add(after)
}

func (p *pace) count(closed time.Duration) {
	if closed <= 24*time.Hour {
		p.day++
	}
	if closed <= 72*time.Hour {
		p.three++
	}
}
