package main

import (
	"fmt"
	"reflect"
	"time"

	"huying/casework"
)

// called takes in one summons: its history adds up to what stands, and whoever
// was not there in time was chased, once for each mark.
func (f *findings) called(s casework.Summons, history []casework.SummonsEvent) error {
	built := s
	built.Calls, built.Last = nil, 0
	for _, c := range s.Calls {
		built.Calls = append(built.Calls, casework.Call{Unit: c.Unit, State: casework.CallWaiting})
	}
	f.summons.all++
	marks := map[casework.SummonsMarkKind]time.Time{}
	for _, m := range s.Marks() {
		marks[m.Kind] = m.At
	}
	chased := map[string]bool{}
	for i, e := range history {
		kind := casework.SummonsMarkKind(e.Text)
		if e.Move == casework.CallChase {
			f.summons.chases++
			c, _ := built.CallOf(e.Unit)
			if key := string(e.Unit) + e.Text; chased[key] || !c.State.Awaited() || e.At.Before(marks[kind]) {
				f.breaks("催到场没有重复", fmt.Sprintf("%s：%s", s.ID, kind.Words()))
			} else {
				chased[key] = true
			}
		}
		if i > 0 && e.At.Before(history[i-1].At) {
			f.breaks("经过按时间先后", string(s.ID))
		}
		built = built.After(e)
	}
	if !reflect.DeepEqual(built, s) {
		f.breaks("由经过重建的吹哨与现状相同", string(s.ID))
	}
	for _, c := range s.Calls {
		f.summons.called++
		f.summons.inTime += one(!c.ArrivedAt.IsZero() && !c.ArrivedAt.After(s.Due))
		f.summons.missed += one(c.ArrivedAt.IsZero())
		f.chase(s, c, chased)
	}
	return nil
}

// chase fails a summons whose unit was awaited when a mark was reached, by the
// slot in which the jobs must have seen it, and was not chased.
func (f *findings) chase(s casework.Summons, c casework.Call, chased map[string]bool) {
	for _, m := range s.Marks() {
		awaited := c.ArrivedAt
		if awaited.IsZero() {
			awaited = c.ScoredAt
		}
		if !chased[string(c.Unit)+string(m.Kind)] && (awaited.IsZero() || awaited.After(m.At.Add(slot))) {
			f.breaks("催到场没有漏发", fmt.Sprintf("%s：%s", s.ID, m.Kind.Words()))
		}
	}
}
