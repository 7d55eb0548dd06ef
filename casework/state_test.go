package casework

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/workday"
)

var (
	monday  = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // 10:00 in Shanghai
	planner = NewPlanner(workday.New(workday.Published(), nil))
	usual   = Subject{Type: intake.Complaint, Urgency: intake.UrgencyC}
)

// filed is a case right after the decision that filed it.
func filed(t *testing.T, s Subject, at time.Time) Step {
	t.Helper()
	return filedBy(t, planner, s, at)
}

func filedBy(t *testing.T, planner *Planner, s Subject, at time.Time) Step {
	t.Helper()
	step, follows, err := planner.Follow(Case{}, s, classifier.Decision{ID: "d1", Category: "c", Lead: "u1", At: at, Kind: classifier.Confirm})
	if err != nil || !follows {
		t.Fatalf("not filed: %v", err)
	}
	return step
}

// TestTheTableIsSound: each move has one line, a name, somebody who makes it,
// and a way out of every open state; every code has a sentence.
func TestTheTableIsSound(t *testing.T) {
	leaves := map[State]bool{}
	for i, r := range Rules {
		if j := slices.IndexFunc(Rules, func(o Rule) bool { return o.Move == r.Move }); j != i {
			t.Errorf("%s has two lines", r.Move)
		}
		if r.Label == "" || r.By == "" || len(r.From) == 0 {
			t.Errorf("%s is incomplete", r.Move)
		}
		if r.Note && (r.To != "" || r.Clocks != None) {
			t.Errorf("%s is a note and changes the case", r.Move)
		}
		for _, s := range r.From {
			if r.To != "" && r.To != s && r.By != ByDecision {
				leaves[s] = true
			}
		}
	}
	for _, s := range open {
		if !leaves[s] || s.Label() == "" {
			t.Errorf("nothing leads out of %s", s)
		}
	}
	for _, code := range []errs.Code{
		"case.asked", "case.extended", "case.late", "case.moved", "case.no_promise", "case.not_asked", "case.not_found", "case.not_yours",
		"case.returned_before", "case.return_late", "case.state", "case.reopened", "case.no_dispute", "case.ruled", "case.called",
		"case.ordered", "case.no_order", "case.no_feedback", "case.paused", "case.not_paused", "case.pauses", "case.tried", "case.tries",
		"case.withdrawn", "case.not_withdrawn", "case.taken_back", "case.objected", "case.object_late", "case.no_objection", "case.lawful", "case.danger", "case.told", "case.flagged", "case.not_flagged", "case.instructed", "case.outside_many", "case.outside_until", "case.no_delegate", "case.merged_long", "case.not_joined",
		"case.appointed", "case.not_appointed", "case.not_above", "case.at_once", "case.not_at_once", "case.act_first", "share.none", "share.answered", "share.alone",
		"case.not_reopened", "case.no_explain", "case.not_head", "case.given",
		"task.none", "task.state", "task.undone", "task.co", "task.until",
		"summons.state", "summons.early", "summons.not_yours", "summons.not_street",
	} {
		if !errs.Has(code) {
			t.Errorf("no sentence for %s", code)
		}
	}
}

// TestWhoMayDoWhat is the whole matrix: role, relation to the case, move.
func TestWhoMayDoWhat(t *testing.T) {
	d := Docket{Case: Case{Unit: "u1"}, CoUnits: []org.UnitID{"u2"}, Team: []org.AccountID{"t"}, Over: []org.UnitID{"u8"}}
	actors := []struct {
		name  string
		actor org.Actor
		want  Relation
	}{
		{"of the lead unit", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u1"}, Lead},
		{"of a co-unit", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u2"}, CoUnit},
		{"of a unit above that was told", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u8"}, Above},
		{"agent whose account names a unit above", org.Actor{Roles: org.Roles{org.RoleAgent}, Unit: "u8"}, Caller},
		{"of another unit", org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u3"}, Stranger},
		{"of no unit", org.Actor{Roles: org.Roles{org.RoleUnit}}, Stranger},
		{"dispatcher", org.Actor{Roles: org.Roles{org.RoleDispatcher}}, Centre},
		{"agent who dispatches", org.Actor{Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}}, Centre},
		{"dispatcher whose account names the unit", org.Actor{Roles: org.Roles{org.RoleDispatcher}, Unit: "u1"}, Centre},
		{"agent", org.Actor{Roles: org.Roles{org.RoleAgent}}, Caller},
		{"agent whose account names the unit", org.Actor{Roles: org.Roles{org.RoleAgent}, Unit: "u1"}, Caller},
		{"supervisor", org.Actor{Roles: org.Roles{org.RoleSupervisor}}, Overseer},
		{"administrator", org.Actor{Roles: org.Roles{org.RoleAdmin}}, Centre},
		{"editor", org.Actor{Roles: org.Roles{org.RoleEditor}, Unit: "u1"}, Reader},
		{"leader", org.Actor{Roles: org.Roles{org.RoleLeader}}, Leader},
		{"leader whose account names the unit", org.Actor{Roles: org.Roles{org.RoleLeader}, Unit: "u1"}, Leader},
		{"privacy officer", org.Actor{Roles: org.Roles{org.RolePrivacy}, Unit: "u1"}, Reader},
		{"bot", org.Actor{Roles: org.Roles{org.RoleBot}}, Stranger},
		{"nobody", org.Actor{}, Stranger},
		{"of the work group", org.Actor{Account: "t", Roles: org.Roles{org.RoleUnit}, Unit: "u3"}, InGroup},
		{"of the work group, and no more of a unit", org.Actor{Account: "t", Roles: org.Roles{org.RoleBot}}, Stranger},
	}
	may := map[Relation][]Move{
		Lead:      {SetTask, GiveGroup, LeaveGroup, Give, Explain, Confirm, Plead, Fetch, HandDown, Whistle, Accept, Return, AskMore, Propose, Submit, Approve, Rework, Try, Pause, Resume, Statement, Feedback, Allot, AgreeShare, RefuseShare, Act},
		Disputant: {Statement},
		Invited:   {Statement},
		CoUnit:    {Contribute, AgreeShare, RefuseShare, TakeTask, DoneTask, DropTask},
		Centre:    {SetTask, GiveGroup, LeaveGroup, Supervise, Explain, Keep, Extend, Refuse, SendBack, Close, Reopen, CallFailed, CallBack, Record, Merge, Order, StrikeOff, LetGo, GoOn, Uphold, Dismiss, Excuse, Overrule, Urge, SetWay, ToPolice, FromPolice, Flag, Unflag, Divide, Unmerge, Link, Unlink, Depute, Undepute, Tell, Invite, Allot, Hurry, Calm, PassFirst},
		Caller:    {PassFirst, Explain, CallFailed, CallBack, ToPolice, FromPolice, Link, Unlink, Depute, Undepute, Tell},
		Overseer:  {Supervise, Order, StrikeOff, Excuse, Overrule, Urge, Flag, Unflag},
		Leader:    {Instruct, Flag, Unflag},
		InGroup:   {Engage, Accept, AskMore, Propose, Submit, Try, Pause, Resume, Act},
	}
	disputed := d
	disputed.State, disputed.ReturnedBy = Returned, []org.UnitID{"u1", "u3"}
	if got := disputed.RelationOf(org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u3"}); got != Disputant || !permitted(got, Statement) || permitted(got, Accept) {
		t.Errorf("of a unit in a dispute is %s", got)
	}
	disputed.Invited = []org.UnitID{"u4", "u2"}
	if got := disputed.RelationOf(org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u4"}); got != Invited || !slices.Equal(may[Invited], movesOf(got)) {
		t.Errorf("of a unit that was invited is %s and may %v", got, movesOf(got))
	}
	if got := disputed.RelationsOf(org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u2"}); !slices.Equal(got, []Relation{CoUnit, Invited}) {
		t.Errorf("of a co-unit that was invited is %v", got)
	}
	ruled := disputed
	if ruled.State = Handling; ruled.RelationOf(org.Actor{Roles: org.Roles{org.RoleUnit}, Unit: "u4"}) != Stranger {
		t.Error("after the ruling who was invited sees it still")
	}
	for _, tt := range actors {
		if got := d.RelationOf(tt.actor); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.name, got, tt.want)
		}
		for _, r := range Rules {
			if got, want := permitted(d.RelationOf(tt.actor), r.Move), slices.Contains(may[tt.want], r.Move); got != want {
				t.Errorf("%s and %s: %v, want %v", tt.name, r.Move, got, want)
			}
		}
	}
}

// movesOf are all moves of a relation, in the order of the table.
func movesOf(r Relation) (all []Move) {
	for _, rule := range Rules {
		if permitted(r, rule.Move) {
			all = append(all, rule.Move)
		}
	}
	return all
}

// TestSeveralRolesMayWhatEachMay is the same for two roles: the moves of both,
// but of nobody else's part for who handles the case.
func TestSeveralRolesMayWhatEachMay(t *testing.T) {
	d := Docket{Case: Case{Unit: "u1"}, CoUnits: []org.UnitID{"u2"}}
	may := func(m Move, unit org.UnitID, roles ...org.Role) bool {
		return d.permits(org.Actor{Account: "x", Roles: roles, Unit: unit}, m)
	}
	moves := 0
	for i, one := range org.AllRoles() {
		for _, other := range org.AllRoles()[i+1:] {
			if (org.Roles{one, other}).Validate() != nil {
				continue
			}
			for _, unit := range []org.UnitID{"", "u1", "u2", "u3"} {
				handles := (one == org.RoleUnit || other == org.RoleUnit) && (unit == "u1" || unit == "u2")
				for _, r := range Rules {
					want := may(r.Move, unit, one) || may(r.Move, unit, other)
					if handles {
						want = may(r.Move, unit, org.RoleUnit)
					}
					if got := may(r.Move, unit, one, other); got != want {
						t.Errorf("%s and %s of %q, %s: %v, want %v", one, other, unit, r.Move, got, want)
					}
					moves++
				}
			}
		}
	}
	if moves < 8*4*len(Rules) {
		t.Errorf("only %d looked at", moves)
	}
	if !may(Close, "", org.RoleDispatcher, org.RoleLeader) || !may(Instruct, "", org.RoleDispatcher, org.RoleLeader) || may(Instruct, "u1", org.RoleUnit, org.RoleLeader) {
		t.Error("a dispatcher who leads does both; who handles a case does not instruct on it")
	}
}

func TestDeadlines(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		name    string
		subject Subject
		filed   string
		citizen string
	}{
		{"consultation: the next working day", Subject{Type: intake.Consultation}, "2026-03-02T10:00:00+08:00", "2026-03-03T17:30:00+08:00"},
		{"proposal: three", Subject{Type: intake.Proposal}, "2026-03-02T10:00:00+08:00", "2026-03-05T17:30:00+08:00"},
		{"complaint: seven, over a weekend", usual, "2026-03-02T10:00:00+08:00", "2026-03-11T17:30:00+08:00"},
		{"over the spring festival", Subject{Type: intake.Consultation}, "2025-01-27T10:00:00+08:00", "2025-02-05T17:30:00+08:00"},
		{"the leaf's own limit", Subject{Type: intake.Complaint, Limit: "2 个工作日"}, "2026-03-02T10:00:00+08:00", "2026-03-04T17:30:00+08:00"},
		{"a limit in other words: the type's", Subject{Type: intake.Consultation, Limit: "视情况"}, "2026-03-02T10:00:00+08:00", "2026-03-03T17:30:00+08:00"},
		{"danger minds no weekend", Subject{Type: intake.Help, Urgency: intake.UrgencyA, Limit: "7个工作日"}, "2026-03-06T22:00:00+08:00", "2026-03-07T22:00:00+08:00"},
		{"a leap day", Subject{Type: intake.Consultation}, "2028-02-28T10:00:00+08:00", "2028-02-29T17:30:00+08:00"},
		{"a year without a table follows weekends", Subject{Type: intake.Consultation}, "2031-12-31T10:00:00+08:00", "2032-01-01T17:30:00+08:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			due := filed(t, tt.subject, at(tt.filed)).Case.Due
			if !due.Citizen.Equal(at(tt.citizen)) {
				t.Errorf("due %s, want %s", due.Citizen.In(at(tt.citizen).Location()), tt.citizen)
			}
			if !due.Half.Before(due.Soon) || !due.Soon.Before(due.Citizen) || !due.Unit.IsZero() {
				t.Errorf("clocks %+v", due)
			}
		})
	}
}

// TestRandomWalksKeepTheRules walks many cases through any moves that the rules
// allow, on a clock that also jumps, and checks after each step what must
// always hold.
func TestRandomWalksKeepTheRules(t *testing.T) {
	walks(t, 500, func(*rand.Rand) (*Planner, func()) { return planner, func() {} })
}

// walks makes random walks, each on a planner of its own; between is called before
// each move.
func walks(t *testing.T, seeds uint64, newPlanner func(r *rand.Rand) (planner *Planner, between func())) {
	made := map[Move]int{}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 1))
		planner, between := newPlanner(r)
		subject := Subject{Type: intake.Types()[r.IntN(6)], Urgency: []intake.Urgency{"A", "B", "C"}[r.IntN(3)]}
		now := monday.Add(time.Duration(r.IntN(10000)) * time.Hour)
		first := filedBy(t, planner, subject, now)
		c, history := first.Case, []Event{first.Event}
		struck, chased := map[Mark]bool{}, map[string]bool{}
		for range 60 {
			now = now.Add(time.Duration(r.IntN(20)) * time.Hour)
			if r.IntN(20) == 0 {
				now = now.AddDate(0, 0, 8)
			}
			if c.Paused() && c.Due.Resume.After(now) && r.IntN(4) == 0 {
				now = c.Due.Resume
			}
			if c.Group != "" && c.Due.Group.After(now) && r.IntN(4) == 0 {
				now = c.Due.Group
			}
			between()
			rules := planner.Rules()
			step, ok := walk(planner, c, subject, r, now, struck, made)
			if !ok {
				continue
			}
			before := c
			given, chase := step.Case.Due.Rules != before.Due.Rules, chaseOf(step)
			c = step.Case
			history = append(history, step.Event)
			made[step.Event.Move]++
			switch {
			case !c.Due.FiledAt.Equal(first.Case.Due.FiledAt):
				t.Fatalf("seed %d: the citizen's clock restarted at %s", seed, step.Event.Move)
			case c.State.Open() && c.Unit == "":
				t.Fatalf("seed %d: open and nobody's after %s", seed, step.Event.Move)
			case (c.State == Merged) != (c.Into != ""):
				t.Fatalf("seed %d: %s into %q", seed, c.State, c.Into)
			case c.State.Open() && len(step.Marks) == 0:
				t.Fatalf("seed %d: open and nothing is due after %s", seed, step.Event.Move)
			case slices.ContainsFunc(step.Marks, func(m Mark) bool { return !m.At.After(c.Due.ReopenedAt) }):
				t.Fatalf("seed %d: after %s it is reminded of what passed while it was closed", seed, step.Event.Move)
			case (c.State == Closed) != (c.Ending != ""):
				t.Fatalf("seed %d: %s with ending %q", seed, c.State, c.Ending)
			case c.Extensions > before.Extensions && before.Asked == 0 || c.Asked > 0 && before.Asked == 0 && before.Extensions >= rules.Extensions:
				t.Fatalf("seed %d: %d extensions after %s", seed, c.Extensions, step.Event.Move)
			case c.Reopened > rules.Reopened && step.Event.Move != Uphold && before.Reopened < c.Reopened || c.Pauses > rules.Pauses && before.Pauses < c.Pauses:
				t.Fatalf("seed %d: %+v", seed, c)
			case rules.Version == 0 && (c.Extensions > rules.Extensions || c.Pauses > rules.Pauses):
				t.Fatalf("seed %d: %+v", seed, c)
			case c.Paused() && (c.State != Handling || c.Due.WasCitizen.IsZero() || !c.Due.Resume.After(c.Due.PausedAt)):
				t.Fatalf("seed %d: %s and the clocks stand: %+v", seed, c.State, c.Due)
			case datesChange(before, step):
				t.Fatalf("seed %d: %s moves what was given:\n%+v\n%+v", seed, step.Event.Move, before.Due, c.Due)
			case chase != "" && chased[chase]:
				t.Fatalf("seed %d: chased twice, %s", seed, chase)
			case c.Due.Citizen.Before(before.Due.Citizen) && step.Event.Move != Revise && !(given && before.State == Void) && !(before.Paused() && !c.Due.Citizen.Before(before.Due.WasCitizen)):
				t.Fatalf("seed %d: %s makes the citizen's time shorter", seed, step.Event.Move)
			case (c.Group == "") && c.Taker != "" || c.Group != "" && !c.State.Open():
				t.Fatalf("seed %d: %s and with group %q, taken up by %q", seed, c.State, c.Group, c.Taker)
			case c.Hurried() && (c.Way != Immediate || !slices.Contains([]State{Waiting, Handling, Merged, Void}, c.State)):
				t.Fatalf("seed %d: %s and %s, and nobody has acted", seed, c.State, c.Way)
			case !c.State.Open() && len(c.OpenTasks()) > 0:
				t.Fatalf("seed %d: %s and somebody is still asked for something: %+v", seed, c.State, c.Tasks)
			case slices.ContainsFunc(c.Shares.Agreed, toldTwice):
				t.Fatalf("seed %d: reminded twice of a share: %+v", seed, c.Shares.Agreed)
			case c.Way == Agreed && len(c.Shares.Agreed) == 0:
				t.Fatalf("seed %d: agreed on %+v", seed, c.Shares)
			case len(c.Hands) > 0 && (c.State != Handling || len(c.Hands) > maxHands):
				t.Fatalf("seed %d: %s and handed down to %v", seed, c.State, c.Hands)
			case c.Last != len(history)-1 || c.Version > c.Last:
				t.Fatalf("seed %d: version %d, last %d of %d", seed, c.Version, c.Last, len(history))
			}
			chased[chase] = true
		}
		if built := Rebuild(history); !reflect.DeepEqual(built, c) {
			t.Fatalf("seed %d: history gives\n%+v\nwant\n%+v", seed, built, c)
		}
	}
	for _, rule := range Rules {
		if made[rule.Move] == 0 {
			t.Errorf("no walk made the move %s", rule.Move)
		}
	}
}

// toldTwice reports whether a unit was reminded of its share twice in one way.
func toldTwice(s Share) bool {
	for i, k := range s.Told {
		if slices.Contains(s.Told[:i], k) {
			return true
		}
	}
	return false
}

// walk tries one random move.
func walk(planner *Planner, c Case, s Subject, r *rand.Rand, now time.Time, struck map[Mark]bool, made map[Move]int) (Step, bool) {
	rule := Rules[r.IntN(len(Rules))]
	if r.IntN(3) > 0 { // what was made least, or what takes several steps is never reached
		for _, other := range Rules {
			allowed := planner.Allowed(c, other.Move, now) == nil && other.By != ByDecision
			if allowed && (planner.Allowed(c, rule.Move, now) != nil || made[other.Move] < made[rule.Move]) {
				rule = other
			}
		}
	}
	long := map[int][]Move{ // the long ways: to a pause, to what was closed and not solved for the third time, and to a dispute
		0: {Pause, Try, Accept}, 1: {Pause, Try, Accept}, 2: {Insist, Supervise, Again, Close, Propose, Accept}, 3: {Supervise, Reopen, Close, Approve, Submit, Keep},
		4: {Return, Redirect},
	}[r.IntN(9)]
	if long != nil {
		for _, m := range long {
			if planner.Allowed(c, m, now) == nil {
				rule, _ = RuleOf(m)
				break
			}
		}
	}
	units := []org.UnitID{"u1", "u2", "u3"}
	e := Event{At: now, Move: rule.Move, Days: 1 + r.IntN(5), Reason: string(Endings()[r.IntN(4)])}
	if e.Move == Rate || e.Move == Again || e.Move == Insist {
		e.Reason = rated(Answers{Reached: true, Contacted: true, Solved: r.IntN(2) == 0}, Rating{Speed: 1 + r.IntN(MaxStars)})
	}
	switch e.Move {
	case SetWay:
		e.Reason = string(Statutory)
	case Appoint:
		e.By = "boss"
	case Allot:
		due := now.Add(time.Duration(1+r.IntN(40)) * time.Hour).UTC()
		e.Facts = &Facts{Shares: []Share{
			{Unit: "u1", Part: "a", Due: due, Soon: now.Add(30 * time.Minute).UTC(), Boss: due.Add(time.Hour)},
			{Unit: "u2", Part: "b", Due: due, Soon: now.Add(time.Hour).UTC(), Boss: due.Add(2 * time.Hour), Answer: ShareAgreed},
		}}
	case AgreeShare, RefuseShare:
		e.Reason = string(units[r.IntN(2)])
	case Invite:
		e.Facts = &Facts{Meeting: &Meeting{Units: units[2:]}}
	}
	if n := len(c.Tasks); n > 0 && slices.Contains([]Move{TakeTask, DoneTask, DropTask}, e.Move) {
		e.Reason = string(c.Tasks[r.IntN(n)].Unit)
	}
	var until time.Time
	switch rule.By {
	case ByDecision:
		d := classifier.Decision{ID: classifier.DecisionID(now.String()), Category: "c", Lead: units[r.IntN(3)], By: "boss", At: now, Appointed: r.IntN(4) == 0}
		if c.Disputed() && r.IntN(2) == 0 {
			d.Lead, d.Ruling = c.Unit, &classifier.Ruling{}
		}
		if r.IntN(8) == 0 {
			d = classifier.Decision{ID: d.ID, At: now}
		}
		step, follows, err := planner.Follow(c, s, d)
		return step, follows && err == nil
	case ByClock:
		for _, m := range planner.Marks(c, s) {
			if !struck[m] && !m.At.After(now) {
				struck[m] = true
				return planner.Strike(c, s, m, now)
			}
		}
		return Step{}, false
	case ByGiver:
		if e.Move == SetTask {
			e.Reason = string(units[r.IntN(3)])
		}
		if e.Move != SetTask || r.IntN(2) == 0 {
			until = now.Add(time.Duration(1+r.IntN(40)) * time.Hour)
		}
	case ByCentre, ByControl:
		if Ending(e.Reason) == ByDate || rule.Move == Order {
			until = now.Add(200 * time.Hour)
		}
	}
	step, err := planner.Plan(c, s, e, until)
	return step, err == nil
}

// TestWhatARuleForbids tries each condition at its edge.
func TestWhatARuleForbids(t *testing.T) {
	c := filed(t, usual, monday).Case
	edge := c.Due.Return
	if err := planner.Allowed(c, Return, edge); err != nil {
		t.Errorf("in the last moment: %v", err)
	}
	accepted := c
	accepted.State = Handling
	for _, tt := range []struct {
		name string
		c    Case
		move Move
		at   time.Time
		want errs.Code
	}{
		{"returned too late", c, Return, edge.Add(time.Second), "case.return_late"},
		{"returned twice", with(c, func(c *Case) { c.ReturnedBy = []org.UnitID{"u1"} }), Return, monday, "case.returned_before"},
		{"answered before it was accepted", c, Propose, monday, "case.state"},
		{"asked for more twice at once", with(accepted, func(c *Case) { c.Asked = 2 }), AskMore, monday, "case.asked"},
		{"asked for more too often", with(accepted, func(c *Case) { c.Extensions = UsualRules().Extensions }), AskMore, monday, "case.extended"},
		{"asked for more when late", accepted, AskMore, c.Due.Citizen.Add(time.Second), "case.late"},
		{"granted what nobody asked for", accepted, Extend, monday, "case.not_asked"},
		{"handled again too often", with(c, func(c *Case) { c.State, c.Reopened = Closed, UsualRules().Reopened }), Reopen, monday, "case.reopened"},
		{"closed before the unit answered", accepted, Close, monday, "case.state"},
		{"returned after a ruling", with(c, func(c *Case) { c.ReturnedBy = []org.UnitID{"u2", "u3"} }), Return, monday, "case.ruled"},
		{"a dispute of one unit", with(c, func(c *Case) { c.State, c.ReturnedBy = Returned, []org.UnitID{"u1"} }), Statement, monday, "case.no_dispute"},
		{"called once more", with(c, func(c *Case) { c.State, c.Calls = Closed, MaxCalls }), CallBack, monday, "case.called"},
		{"ordered twice at once", with(c, func(c *Case) { c.Ordered = OrderWaits }), Order, monday, "case.ordered"},
		{"feedback on nothing", c, Feedback, monday, "case.no_order"},
		{"struck off without feedback", with(c, func(c *Case) { c.Ordered = OrderWaits }), StrikeOff, monday, "case.no_feedback"},
		{"paused without an attempt to reach them", accepted, Pause, monday, "case.tries"},
		{"two attempts at once", with(accepted, func(c *Case) { c.Tried, c.Due.TriedAt = 1, monday }), Try, monday.Add(tryAgain - time.Second), "case.tried"},
		{"paused again", with(accepted, func(c *Case) { c.Tried, c.Pauses = 2, UsualRules().Pauses }), Pause, monday, "case.pauses"},
		{"paused when late", with(accepted, func(c *Case) { c.Tried = 2 }), Pause, c.Due.Citizen.Add(time.Second), "case.late"},
		{"resumed while it runs", accepted, Resume, monday, "case.not_paused"},
		{"objected too late", with(c, func(c *Case) { c.State, c.Ending = Closed, Solved }), Object, monday, "case.object_late"},
		{"objected to a lawful refusal as if it were none", with(c, func(c *Case) { c.State, c.Ending, c.Due.Object = Closed, Lawful, edge }), Object, monday, "case.lawful"},
		{"objected to what was taken back", with(c, func(c *Case) { c.State, c.Ending, c.Due.Object = Closed, TakenBack, edge }), Protest, monday, "case.taken_back"},
		{"upheld what nobody said", with(c, func(c *Case) { c.State = Closed }), Uphold, monday, "case.no_objection"},
		{"let go what is wanted", c, LetGo, monday, "case.not_withdrawn"},
		{"no such move", c, "jump", monday, "field.invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := planner.Allowed(tt.c, tt.move, tt.at); err == nil || errs.CodeOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func with(c Case, change func(*Case)) Case {
	change(&c)
	return c
}

// TestWhatACallbackLeadsTo goes through the rules of the callback.
func TestWhatACallbackLeadsTo(t *testing.T) {
	yes := Answers{Reached: true, Contacted: true, Solved: true, Satisfied: true}
	unsolved, alone := yes, yes
	unsolved.Solved, alone.Contacted = false, false
	for _, tt := range []struct {
		name     string
		ending   Ending
		reopened int
		calls    int
		answers  Answers
		move     Move
		counts   bool
		words    string
	}{
		{"all well", Solved, 0, 0, yes, CallBack, true, "有人联系，已解决，满意"},
		{"nobody answers", Solved, 0, 0, Answers{}, CallFailed, false, ""},
		{"nobody answers the third time", Solved, 0, 2, Answers{}, CallFailed, false, ""},
		{"not contacted", Solved, 0, 0, alone, Reopen, false, ""},
		{"not solved", Solved, 1, 0, unsolved, Reopen, false, ""},
		{"not solved for the third time", Solved, UsualRules().Reopened, 0, unsolved, Supervise, false, ""},
		{"lawfully refused and not solved", Lawful, 0, 0, unsolved, CallBack, false, "有人联系，没有解决，满意"},
		{"lawfully refused and nobody told", Lawful, 0, 0, alone, Reopen, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Docket{Case: Case{ID: "c", State: Closed, Unit: "u1", Ending: tt.ending, Reopened: tt.reopened, Calls: tt.calls}}
			move, reason := d.heard(tt.answers, UsualRules())
			if move != tt.move {
				t.Fatalf("leads to %s, want %s", move, tt.move)
			}
			step, err := planner.Plan(d.Case, usual, Event{At: monday, Move: move, Reason: reason}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			counts, why := step.Case.Counts()
			if counts != tt.counts || step.Case.Callback.Words() != tt.words || (step.Case.State == Closed) != (why != "") {
				t.Errorf("counts %v (%s), said %q", counts, why, step.Case.Callback.Words())
			}
		})
	}
}

// TestNewHoursLeaveRunningClocks: the city's hours change while a case runs. What
// it was given stays, to the minute; what is given from then on follows the new
// hours.
func TestNewHoursLeaveRunningClocks(t *testing.T) {
	hours, err := workday.ParseSchedule("8:00-12:00,13:00-16:00", "")
	if err != nil {
		t.Fatal(err)
	}
	after := NewPlanner(workday.New(workday.Published(), hours))
	first := filed(t, usual, monday.Add(10*time.Hour))
	given := first.Case.Due
	accepted, err := after.Plan(first.Case, usual, Event{At: monday.Add(11 * time.Hour), Move: Accept}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	due := accepted.Case.Due
	if !due.Citizen.Equal(given.Citizen) || !due.Accept.Equal(given.Accept) || !due.Return.Equal(given.Return) || !due.Soon.Equal(given.Soon) {
		t.Errorf("given %+v, then %+v", given, due)
	}
	if end := due.Unit.In(time.FixedZone("Asia/Shanghai", 8*60*60)); end.Hour() != 16 || end.Minute() != 0 {
		t.Errorf("the unit's own time, given under the new hours, ends %v", end)
	}
	for _, m := range accepted.Marks {
		if m.Kind == MarkLate && !m.At.Equal(given.Citizen) {
			t.Errorf("late at %v, given %v", m.At, given.Citizen)
		}
	}
	next, _, err := after.Follow(Case{}, usual, classifier.Decision{ID: "d2", Category: "c", Lead: "u1", At: monday.Add(12 * time.Hour), Kind: classifier.Confirm})
	if err != nil || !next.Case.Due.Citizen.Before(given.Citizen) {
		t.Errorf("a case of the same day: %v, %v", next.Case.Due.Citizen, err)
	}
}
