package main

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"huying/casework"
	"huying/internal/errs"
)

// slot is the step of the simulated clock: what is done within one is done at
// its start.
const slot = 15 * time.Minute

// deed is what somebody does at a time, and what they will do next.
type deed func(ctx context.Context, now time.Time) ([]planned, error)

// planned is a deed with its time.
type planned struct {
	at    time.Time
	order int // of planning, between deeds of one slot
	do    deed
}

// agenda is what is planned, the earliest on top.
type agenda []planned

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, k int) bool {
	return a[i].at.Before(a[k].at) || a[i].at.Equal(a[k].at) && a[i].order < a[k].order
}
func (a agenda) Swap(i, k int) { a[i], a[k] = a[k], a[i] }

// Push is heap's.
func (a *agenda) Push(x any) { *a = append(*a, x.(planned)) }

// Pop is heap's.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// simulation is a city that lives on a clock of its own.
type simulation struct {
	*trial
	conduct
	seed     uint64
	wanted   int // cases
	days     int // within which they come in
	clock    atomic.Int64
	start    time.Time
	samples  []sample
	sights   []sample            // on patrol
	streets  map[string]bool     // ids of the units whose people go round
	units    []string            // ids
	tokens   map[string]string   // of each unit
	lines    map[string][]string // by area: units from the street down to the grid
	citywide map[string]bool     // ids of units that are above all streets
	leader   string              // token; empty: no leader says anything
	centre   []string            // tokens of its people
	entered  []string            // names of the tokens that were made
	phones   *phones
	tell     func(day, days int)

	until      time.Time // when nobody does anything any more; zero: when all cases have ended
	hours      *office   // when people work; nil: day and night
	firstPhone int       // the citizens' numbers come after it

	agenda   agenda
	order    int
	arrived  int                   // contacts so far
	filed    int                   // cases so far
	sighted  int                   // of these, seen on patrol
	whistles int                   // so far
	cuts     int                   // cases that were cut off others so far, not among filed
	turn     sync.Mutex            // for whistles, cuts and the next four, which deeds of one slot share
	moved    map[string]int        // moves that the city has made
	standing map[string]replayCase // by unit and category, the last one that was accepted
	pace     pace
	expected map[string]map[string]*life // by unit and matter: dispatched, not seen by the unit yet
	overdue  int                         // marks that were not struck in their slot
	wall     replayTimes
}

// now is what the whole service takes for the time.
func (s *simulation) now() time.Time { return time.Unix(0, s.clock.Load()).UTC() }

// rest is how long after the last contact everything must have come to an end.
const rest = 150 * 24 * time.Hour

// run lives through all days, and on until nothing is planned any more.
func (s *simulation) run(ctx context.Context) error {
	s.expected, s.moved, s.standing = map[string]map[string]*life{}, map[string]int{}, map[string]replayCase{}
	s.pace = pace{conduct: s.conduct}
	end := s.start.AddDate(0, 0, s.days)
	for now := s.start; now.Before(end) || len(s.agenda) > 0 || len(s.expected) > 0; now = now.Add(slot) {
		if !s.until.IsZero() && now.After(s.until) {
			return nil
		}
		if now.After(end.Add(rest)) {
			return errs.New(errs.Internal, "replay.endless", len(s.agenda))
		}
		s.clock.Store(now.UnixNano())
		if err := s.runDue(ctx, now); err != nil {
			return err
		}
		if now.Before(end) {
			s.arrive(now)
		}
		if err := s.act(ctx, now); err != nil {
			return err
		}
		if passed := now.Sub(s.start); passed%(24*time.Hour) == 0 {
			s.tell(min(int(passed/(24*time.Hour)), s.days), s.days)
		}
	}
	return s.settle(ctx, s.now())
}

// settle lets the last notifications leave.
func (s *simulation) settle(ctx context.Context, now time.Time) error {
	for end := now.AddDate(0, 0, 3); !now.After(end); now = now.Add(slot) {
		s.clock.Store(now.UnixNano())
		if err := s.runDue(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

// runDue is what the jobs of the service do, as it would with two processes:
// reminders, and at the same time the outbox, as often as it runs within a slot;
// then what the reminders gave it.
func (s *simulation) runDue(ctx context.Context, now time.Time) error {
	defer s.wall.add(&s.wall.jobs, s.wall.now())
	jobs, run := errgroup.WithContext(ctx)
	var struck atomic.Int64
	for range 2 {
		jobs.Go(func() error {
			n, err := s.site.clock.RunDue(run, now)
			struck.Add(int64(n))
			return err
		})
		jobs.Go(func() error { return s.empty(run, now) })
	}
	if err := jobs.Wait(); err != nil {
		return err
	}
	if struck.Load() > 0 {
		left, err := s.site.clock.RunDue(ctx, now) // nobody else acts: nothing may be left
		if err != nil {
			return err
		}
		s.overdue += left
		if err := s.empty(ctx, now); err != nil {
			return err
		}
	}
	s.hear(now)
	return nil
}

// empty lets the outbox run as often as it does within a slot.
func (s *simulation) empty(ctx context.Context, now time.Time) error {
	for range int(slot / (15 * time.Second)) {
		sent, err := s.site.outbox.RunDue(ctx, now)
		if err != nil || sent == 0 {
			return err
		}
	}
	return nil
}

// hear lets citizens who have learned of their receipt plan to chase.
func (s *simulation) hear(now time.Time) {
	for _, l := range s.phones.heard() {
		if l.kind == casework.NotifyDispatched && l.dice.hits(s.chased) {
			s.plan(planned{at: now.Add(l.dice.between(24*time.Hour, 96*time.Hour)), do: l.chase})
		}
	}
}

func (s *simulation) plan(all ...planned) {
	for _, p := range all {
		s.order++
		p.order = s.order
		heap.Push(&s.agenda, p)
	}
}

// hours is how much of a day's contacts come in each hour of the day, in
// Shanghai: few at night, most in the morning.
var hours = [24]float64{1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 15, 12, 9, 9, 13, 14, 13, 10, 7, 6, 5, 4, 3, 2}

// arrive plans the contacts of a slot.
func (s *simulation) arrive(now time.Time) {
	total, passed := 0.0, 0.0
	local := now.In(chinaTime())
	for h, share := range hours {
		total += share
		if h < local.Hour() {
			passed += share
		}
	}
	part := float64(local.Minute()*60+local.Second()+int(slot/time.Second)) / 3600
	day := float64(now.Sub(s.start)/(24*time.Hour)) + (passed+part*hours[local.Hour()])/total
	due := int(float64(s.wanted) * min(day/float64(s.days), 1))
	if now.Add(slot).Sub(s.start) >= time.Duration(s.days)*24*time.Hour {
		due = s.wanted
	}
	for s.filed < due {
		s.arrived++
		s.plan(planned{at: now, do: s.contact()})
	}
}

// contact is what the next contact begins with.
func (s *simulation) contact() deed {
	d := newDice(s.seed, uint64(s.arrived))
	l := &life{simulation: s, n: s.arrived, dice: d}
	if seen := s.seen(); seen > 0 && d.hits(seen) {
		l.sample = pick(d, s.sights)
		s.filed++
		s.sighted++
		return l.find
	}
	l.sample, l.missing = pick(d, s.samples), d.hits(s.missed)
	switch {
	case !d.hits(s.connected):
		return l.hangUp
	case d.hits(s.direct):
		return l.askOnly
	}
	s.filed++
	return l.say
}

// act does what is planned for a slot, as much at once as there are clients.
// First the units look at what was dispatched to them.
func (s *simulation) act(ctx context.Context, now time.Time) error {
	defer s.wall.add(&s.wall.people, s.wall.now())
	var all []planned
	for len(s.agenda) > 0 && !s.agenda[0].at.After(now) {
		all = append(all, heap.Pop(&s.agenda).(planned))
	}
	var looks []planned
	for _, u := range s.units {
		if len(s.expected[u]) > 0 {
			looks = append(looks, planned{at: now, do: s.look(u)})
		}
	}
	all = append(looks, all...)
	next := make([][]planned, len(all))
	err := atOnce(ctx, len(all), func(i int) (err error) {
		next[i], err = all[i].do(ctx, now)
		return err
	})
	deeds := slices.Concat(next...)
	for i, p := range deeds {
		deeds[i].at = s.hours.after(p.at)
	}
	s.plan(deeds...)
	return err
}

// replayTimes is where the wall clock's time went.
type replayTimes struct {
	mu            sync.Mutex
	now           func() time.Time
	took, checked time.Duration // the whole run; reading it back
	jobs, people  time.Duration
	calls         map[string]*callTime
}

type callTime struct {
	n    int
	took time.Duration
}

func (t *replayTimes) add(to *time.Duration, from time.Time) { *to += t.now().Sub(from) }

// call notes one request of a kind.
func (t *replayTimes) call(kind string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.calls[kind]
	if c == nil {
		c = &callTime{}
		t.calls[kind] = c
	}
	c.n++
	c.took += took
}
