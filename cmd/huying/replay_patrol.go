package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"huying/casework"
	"huying/internal/demo"
	"huying/internal/org"
)

// What people of streets send of what they see, and of whom they call.
type (
	replayFinding struct {
		Key     string `json:"key"`
		Text    string `json:"text"`
		Place   string `json:"place"`
		Name    string `json:"name"`
		Picture []byte `json:"picture"`
	}
	replaySummons struct {
		Case   string    `json:"case"`
		Matter string    `json:"matter"`
		Place  string    `json:"place"`
		Due    time.Time `json:"due"`
		Units  []string  `json:"units"`
	}
	replayCallMove struct {
		Move   string `json:"move"`
		Unit   string `json:"unit,omitempty"`
		Text   string `json:"text,omitempty"`
		Prompt int    `json:"prompt,omitempty"`
		Duty   int    `json:"duty,omitempty"`
		Result int    `json:"result,omitempty"`
	}
)

// patrolPicture is the least PNG there is: one grey pixel.
const patrolPicture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

// lookAround gives what there is to see in each street, with the unit whose
// people see it and, as in gather, where it belongs.
func (s *simulation) lookAround(ctx context.Context) ([]sample, error) {
	leaf, units, err := s.resolvers(ctx)
	if err != nil {
		return nil, err
	}
	areas, err := demo.Areas()
	if err != nil {
		return nil, err
	}
	s.streets = map[string]bool{}
	var all []sample
	for _, area := range areas {
		finder, ok := units.Resolve(streetKind, org.AreaCode(area.Parent))
		if area.Level != string(org.LevelCommunity) || !ok {
			continue
		}
		s.streets[string(finder.ID)] = true
		for _, seen := range sights {
			lead, ok := units.Resolve(org.UnitKind(seen.lead), org.AreaCode(area.Code))
			if !ok || leaf[seen.code] == "" {
				continue
			}
			all = append(all, sample{
				Message: demo.Message{
					Text: seen.text, Place: area.Name + seen.place, Area: area.Code,
					Gold: &demo.Gold{Code: seen.code, Lead: seen.lead, Urgency: seen.urgency, Type: string(seen.kind)},
				},
				category: leaf[seen.code], unit: string(lead.ID), openers: 1, finder: string(finder.ID),
			})
		}
	}
	return all, nil
}

// seen is the share of contacts that are findings, so that the set share of
// cases is: not every call becomes one.
func (s *simulation) seen() float64 {
	if len(s.sights) == 0 {
		return 0
	}
	calls := s.connected * (1 - s.direct) // that become cases
	return s.patrol * calls / (1 - s.patrol + s.patrol*calls)
}

// find is somebody of a street who reports what they see, with a picture.
func (l *life) find(ctx context.Context, now time.Time) ([]planned, error) {
	picture, err := base64.StdEncoding.DecodeString(patrolPicture)
	if err != nil {
		return nil, err
	}
	in := replayFinding{Key: fmt.Sprintf("R%08d", l.n), Text: l.sample.Text, Place: l.sample.Place, Name: "现场.png", Picture: picture}
	var out struct {
		Matter string `json:"matter"`
	}
	if err := l.send(ctx, http.MethodPost, "/findings", l.token(l.sample.finder), in, &out); err != nil {
		return nil, err
	}
	return next(now.Add(l.between(0, time.Hour)), l.decideOn(out.Matter))
}

// whistle is a street that calls others to the place of a case that it has just
// taken up.
func (l *life) whistle(ctx context.Context, now time.Time) ([]planned, error) {
	street := l.kase.Unit
	called := map[string]bool{street: true}
	in := replaySummons{
		Case: l.kase.ID, Matter: pick(l.dice, whistleWords), Place: l.sample.place(), Due: now.Add(l.between(2*slot, 3*time.Hour)),
	}
	for range 1 + l.IntN(3) {
		if u := pick(l.dice, l.units); !called[u] {
			called[u] = true
			in.Units = append(in.Units, u)
		}
	}
	if len(in.Units) == 0 {
		return nil, nil
	}
	var out struct {
		Summons struct {
			ID string `json:"id"`
		} `json:"summons"`
	}
	if err := l.send(ctx, http.MethodPost, "/summonses", l.token(street), in, &out); err != nil {
		return nil, err
	}
	l.turn.Lock()
	l.whistles++
	l.turn.Unlock()
	var plans []planned
	for i, unit := range in.Units {
		c := &callee{life: l, dice: newDice(l.seed, uint64(l.n)<<8|uint64(i+1)), summons: out.Summons.ID, street: street, unit: unit, due: in.Due}
		plans = append(plans, planned{at: now.Add(c.between(slot, in.Due.Sub(now)/2+slot)), do: c.ack})
	}
	return plans, nil
}

// place is where something was seen or said to be.
func (m sample) place() string {
	if m.Place == "" {
		return "现场"
	}
	return m.Place
}

// callee is one unit that is called to a place. It has dice of its own: those
// that are called with it act in the same slot.
type callee struct {
	*life
	dice
	summons, street, unit string
	due                   time.Time
}

func (c *callee) do(ctx context.Context, unit string, m replayCallMove) error {
	return c.send(ctx, http.MethodPost, "/summonses/"+c.summons+"/moves", c.token(unit), m, nil)
}

// ack is the unit that says it comes; some never do.
func (c *callee) ack(ctx context.Context, now time.Time) ([]planned, error) {
	if err := c.do(ctx, c.unit, replayCallMove{Move: string(casework.CallAck)}); err != nil {
		return nil, err
	}
	switch {
	case c.hits(c.onTime):
		return next(later(now, c.due.Add(-c.between(0, 2*slot))), c.arrive)
	case c.hits(0.1):
		return next(later(now, c.due).Add(c.between(6*time.Hour, 24*time.Hour)), c.miss)
	}
	return next(later(now, c.due).Add(c.between(slot, 3*time.Hour)), c.arrive)
}

func (c *callee) arrive(ctx context.Context, now time.Time) ([]planned, error) {
	if err := c.do(ctx, c.unit, replayCallMove{Move: string(casework.CallArrive), Text: pick(c.dice, cameWords)}); err != nil {
		return nil, err
	}
	return next(now.Add(c.between(2*slot, 4*time.Hour)), c.effect)
}

func (c *callee) effect(ctx context.Context, now time.Time) ([]planned, error) {
	if err := c.do(ctx, c.unit, replayCallMove{Move: string(casework.CallReport), Text: pick(c.dice, effectWords)}); err != nil {
		return nil, err
	}
	return next(now.Add(c.between(time.Hour, 24*time.Hour)), c.score)
}

// score is the street's word on who came.
func (c *callee) score(ctx context.Context, _ time.Time) ([]planned, error) {
	m := replayCallMove{Move: string(casework.CallScore), Unit: c.unit, Prompt: 3 + c.IntN(3), Duty: 3 + c.IntN(3), Result: 3 + c.IntN(3)}
	return nil, c.do(ctx, c.street, m)
}

// miss is the street's word on who never came.
func (c *callee) miss(ctx context.Context, _ time.Time) ([]planned, error) {
	return nil, c.do(ctx, c.street, replayCallMove{Move: string(casework.CallScore), Unit: c.unit, Text: "没有到场", Prompt: 1, Duty: 1, Result: 1})
}
