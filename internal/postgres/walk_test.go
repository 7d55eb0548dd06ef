package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// walker walks cases at random through every stage that moves them, on the real
// store.
type walker struct {
	*office
	r         *rand.Rand
	ctx       context.Context
	hands     *casework.Hands
	groups    *casework.Groups
	merges    *casework.Merges
	dividing  *casework.Dividing
	delegates *casework.Delegates
	disputes  *casework.Disputes
	shares    *casework.Shares
	superiors *casework.Appointments
	leaving   *casework.HandOvers
	whistles  *casework.Whistles
	clock     *casework.Clock
	outbox    *casework.Outbox // reaches nobody
	admin     org.Actor
	leader    org.Actor
	actors    []org.Actor // whoever may be the one who makes a move
	ways      map[casework.Move]func(d casework.Docket) error
	cut       []intake.MatterID // off others, not decided on yet
	filed     int               // messages so far

	made  map[casework.Move]int
	tried map[casework.Move]int
	seen  map[casework.CaseID]int // events so far
	from  map[casework.CaseID]time.Time
}

// newWalker opens an office in which one unit has a head, another none, and a
// street lies below both.
func newWalker(t *testing.T, seed uint64) *walker {
	t.Helper()
	w := &walker{
		office: newOffice(t), r: rand.New(rand.NewPCG(seed, 7)), ctx: context.WithoutCancel(t.Context()),
		made: map[casework.Move]int{}, tried: map[casework.Move]int{}, seen: map[casework.CaseID]int{}, from: map[casework.CaseID]time.Time{},
	}
	whistles, street := w.office.whistles()
	w.whistles = whistles
	w.hands, w.groups = casework.NewHands(w.stage, w, w), casework.NewGroups(w, w.stage)
	w.merges, w.dividing = casework.NewMerges(w.cases, w.stage), casework.NewDividing(w.cases, w.stage, &prompted{})
	w.disputes, w.shares = casework.NewDisputes(w.stage, w), casework.NewShares(w.stage, w)
	w.superiors = casework.NewAppointments(w.stage, w, w, classifier.NewDesk(w.cases, func() time.Time { return w.now }))
	w.leaving = casework.NewHandOvers(w.city, w.stage, w.city)
	w.delegates, w.clock = casework.NewDelegates(w.stage, w), casework.NewClock(w.cases, w.planner)
	refuses := &gateway{got: map[string]int{}, fail: errs.New(errs.Invalid, "notify.refused", "400")}
	w.outbox = casework.NewOutbox(w, refuses, casework.OutboxOptions{Notifier: refuses, Planner: w.planner})
	head := org.Actor{Account: w.handler("head", w.unit.Unit), Roles: org.Roles{org.RoleUnit}, Unit: w.unit.Unit}
	district := org.Actor{Account: w.handler("district", w.units[2].ID), Roles: org.Roles{org.RoleUnit}, Unit: w.units[2].ID}
	leader := org.Actor{Account: w.colleague("leader"), Roles: org.Roles{org.RoleLeader}}
	admin := org.Actor{Account: w.colleague("chief"), Roles: org.Roles{org.RoleAdmin}}
	w.must(casework.NewHeads(w, w.stage).Set(w.ctx, admin, w.unit.Unit, []org.AccountID{head.Account}, nil))
	w.colleague("clerk")
	w.admin, w.leader = admin, leader
	w.actors = []org.Actor{w.unit, head, w.other, district, street, w.agent, leader}
	w.ways = w.ownWays()
	return w
}

// ownWays are the moves that take more than a command of somebody who may. The
// others go through Cases.Do.
func (w *walker) ownWays() map[casework.Move]func(casework.Docket) error {
	said := func(say func(context.Context, string, string) error) func(casework.Docket) error {
		return func(d casework.Docket) error { return say(w.ctx, d.Receipt, "这是诉求人说的") }
	}
	rate := func(solved bool) func(casework.Docket) error {
		return func(d casework.Docket) error {
			a := casework.Answers{Reached: true, Contacted: true, Solved: solved, Satisfied: w.r.IntN(2) == 0}
			return w.stage.Rate(w.ctx, d.Receipt, a, casework.Rating{Speed: 1 + w.r.IntN(casework.MaxStars)}, "评价")
		}
	}
	return map[casework.Move]func(casework.Docket) error{
		casework.File:        func(d casework.Docket) error { return w.decide(d, w.lead(), classifier.Correct) },
		casework.Redirect:    w.redirect,
		casework.Revise:      func(d casework.Docket) error { return w.decide(d, d.Unit, classifier.Correct) },
		casework.Recall:      func(d casework.Docket) error { return w.decide(d, "", classifier.Withdraw) },
		casework.HandDown:    w.handDown,
		casework.Assign:      w.assign,
		casework.Give:        w.give,
		casework.GiveGroup:   w.giveGroup,
		casework.Merge:       w.merge,
		casework.Unmerge:     w.unmerge,
		casework.Depute:      w.depute,
		casework.Whistle:     w.whistle,
		casework.Divide:      w.divide,
		casework.Invite:      w.invite,
		casework.Record:      w.record,
		casework.SetTask:     w.setTask,
		casework.Allot:       w.allot,
		casework.AgreeShare:  func(d casework.Docket) error { return w.answerShare(d, true) },
		casework.RefuseShare: func(d casework.Docket) error { return w.answerShare(d, false) },
		casework.Appoint:     w.appoint,
		casework.Unappoint: func(d casework.Docket) error {
			return w.superiors.Release(w.ctx, w.leader, d.ID, d.Version, "可以退")
		},
		casework.PassFirst:  w.passFirst,
		casework.Urge:       func(d casework.Docket) error { return w.memos().Urge(w.ctx, w.agent, d.ID, d.Version, "尽快办理") },
		casework.Confirm:    func(d casework.Docket) error { return w.memos().Confirm(w.ctx, w.oneOf(d.Unit), d.ID, d.Version) },
		casework.Chase:      func(d casework.Docket) error { return w.stage.Chase(w.ctx, d.Receipt) },
		casework.Supplement: said(w.stage.Supplement),
		casework.Respond:    said(w.stage.Supplement),
		casework.Withdraw:   said(w.stage.Withdraw),
		casework.Object:     said(w.stage.Object),
		casework.Protest:    said(w.stage.Object),
		casework.Rate:       rate(true),
		casework.Again:      rate(false),
		casework.Insist:     rate(false),
	}
}

// lead is one of the two units that decisions name.
func (w *walker) lead() org.UnitID { return w.units[w.r.IntN(2)].ID }

// decide makes a decision on a case's matter after the one that stands.
func (w *walker) decide(d casework.Docket, lead org.UnitID, kind classifier.Kind) error {
	head, err := w.ListForTest(w.ctx, `
		SELECT id::text FROM decision AS d
		WHERE matter_id = $1 AND purpose = 'effective' AND NOT EXISTS (SELECT FROM decision AS n WHERE n.previous_id = d.id)`, d.Matter)
	w.must(err)
	next := w.confirm(d.Matter, "", w.r.IntN(3))
	next.Kind, next.Lead, next.Co, next.At, next.Previous = kind, lead, nil, w.now, ""
	next.Urgency = []intake.Urgency{intake.UrgencyB, intake.UrgencyC}[w.r.IntN(2)]
	if kind == classifier.Withdraw {
		next.Category, next.Lead, next.Type, next.Urgency = "", "", "", ""
	} else if lead != w.units[2].ID && w.r.IntN(2) == 0 {
		next.Co = []org.UnitID{w.units[2].ID}
	}
	if len(head) > 0 {
		next.Previous = classifier.DecisionID(head[0])
	}
	_, err = w.cases.InsertDecision(w.ctx, next, "")
	return err
}

func (w *walker) redirect(d casework.Docket) error {
	other := w.units[0].ID
	if d.Unit == other {
		other = w.units[1].ID
	}
	return w.stage.Redirect(w.ctx, w.agent, d.ID, d.Version, other, "改派")
}

// holder is somebody of the unit that works on a case.
func (w *walker) holder(d casework.Docket) org.Actor {
	i := slices.IndexFunc(w.actors, func(a org.Actor) bool { return a.Unit == d.Holder() })
	return w.actors[i]
}

func (w *walker) handDown(d casework.Docket) error {
	below := w.units[2].ID
	if d.Holder() == below {
		below = w.actors[4].Unit
	}
	return w.hands.Down(w.ctx, w.holder(d), d.ID, d.Version, below, time.Time{}, "请到现场")
}

func (w *walker) assign(d casework.Docket) error {
	by := w.holder(d)
	return w.hands.Assign(w.ctx, by, d.ID, d.Version, by.Account)
}

// give gives a case to somebody of its unit, or back to all.
func (w *walker) give(d casework.Docket) error {
	to, by := w.unit, w.actors[1]
	if d.Unit != w.unit.Unit {
		to, by = w.other, w.other
	}
	if d.Handler != "" {
		to.Account = ""
	}
	return w.hands.Give(w.ctx, by, d.ID, d.Version, to.Account)
}

// giveGroup forms a group of the two units and gives it the case.
func (w *walker) giveGroup(d casework.Docket) error {
	g, err := w.groups.Form(w.ctx, w.agent, casework.NewGroup{
		Name: "整治专班", Purpose: "联合整治", Lead: "unit1", Members: []string{"unit2"}, Until: w.now.Add(time.Duration(2+w.r.IntN(40)) * time.Hour),
	})
	w.must(err)
	return w.groups.Give(w.ctx, w.agent, d.ID, d.Version, g.ID, "")
}

// merge merges a case into one that was filed before it, or at the same time.
func (w *walker) merge(d casework.Docket) error {
	numbers, err := w.ListForTest(w.ctx, `
		SELECT number FROM work_case
		WHERE id <> $1 AND (clocks ->> 'filed_at')::timestamptz <= $2 AND state IN ('waiting', 'handling', 'reviewing', 'returned', 'checking')
		ORDER BY number DESC LIMIT 1`, d.ID, d.Due.FiledAt)
	w.must(err)
	if len(numbers) == 0 {
		return errs.New(errs.Conflict, "case.moved")
	}
	return w.merges.Merge(w.ctx, w.agent, d.ID, d.Version, numbers[0], "同一件事")
}

func (w *walker) unmerge(d casework.Docket) error {
	return w.merges.Undo(w.ctx, w.agent, d.ID, d.Version, "是两件事")
}

func (w *walker) depute(d casework.Docket) error {
	kind := casework.DelegateKinds()[w.r.IntN(2)]
	return w.delegates.Mark(w.ctx, w.agent, d.ID, d.Version, casework.Delegate{Kind: kind, From: "市人大代表"})
}

func (w *walker) whistle(d casework.Docket) error {
	_, err := w.whistles.Call(w.ctx, w.holder(d), casework.Summoning{
		Case: d.ID, Matter: "联合整治", Place: "松柏路口", Due: w.now.Add(2 * time.Hour), Units: []org.UnitID{w.unit.Unit, w.other.Unit},
	})
	return err
}

func (w *walker) divide(d casework.Docket) error {
	w.filed++
	other, err := w.dividing.Divide(w.ctx, w.agent, d.ID, d.Version, fmt.Sprintf("留下的 %d", w.filed), fmt.Sprintf("分出的 %d", w.filed), "两件事")
	if err == nil {
		w.cut = append(w.cut, other)
	}
	return err
}

// oneOf is somebody of a unit.
func (w *walker) oneOf(u org.UnitID) org.Actor {
	i := slices.IndexFunc(w.actors, func(a org.Actor) bool { return a.Unit == u })
	return w.actors[i]
}

// invite invites whoever may be, now and then nobody else.
func (w *walker) invite(d casework.Docket) error {
	m := casework.Meeting{At: w.now.Add(time.Hour), Where: "热线会议室", What: "由谁办理"}
	if third := w.units[2].ID; third != d.Unit && !slices.Contains(d.ReturnedBy, third) && w.r.IntN(3) > 0 {
		m.Units = []org.UnitID{third}
	}
	return w.disputes.Invite(w.ctx, w.agent, d.ID, d.Version, m)
}

func (w *walker) record(d casework.Docket) error {
	return w.disputes.Record(w.ctx, w.agent, d.ID, d.Version, casework.Minutes{
		Clause: "第四条", Lead: d.Unit, Decided: "热线值班长", Present: []casework.Presence{{Unit: d.Unit, Who: "综合科"}},
	}, "维持")
}

func (w *walker) setTask(d casework.Docket) error {
	return w.stage.SetTask(w.ctx, w.agent, d.ID, d.Version, d.CoUnits[0], "清理现场", w.now.Add(time.Duration(1+w.r.IntN(30))*time.Hour))
}

func (w *walker) allot(d casework.Docket) error {
	var parts []casework.Share
	for _, u := range d.Units() {
		parts = append(parts, casework.Share{Unit: u, Part: "各管一段", Due: w.now.Add(time.Hour)})
	}
	return w.shares.Propose(w.ctx, w.agent, d.ID, d.Version, parts)
}

// answerShare lets the first unit that has not answered do so.
func (w *walker) answerShare(d casework.Docket, agrees bool) error {
	i := slices.IndexFunc(d.Units(), d.Shares.Awaits)
	return w.shares.Answer(w.ctx, w.oneOf(d.Units()[i]), d.ID, d.Version, agrees, "人手不够")
}

// appoint names one of the two units, the one that has it among them.
func (w *walker) appoint(d casework.Docket) error {
	return w.superiors.Appoint(w.ctx, w.leader, d.ID, d.Version, w.lead(), "由该单位办理")
}

// passFirst has two agents see cases through in turn.
func (w *walker) passFirst(d casework.Docket) error {
	to := "clerk"
	if d.First != w.account {
		to = "li"
	}
	return w.leaving.PassFirst(w.ctx, w.admin, d.ID, d.Version, to)
}

// command fills in what a move through Cases.Do wants to know.
func (w *walker) command(d casework.Docket, m casework.Move) casework.Command {
	cmd := casework.Command{
		Case: d.ID, Seen: d.Version, Move: m, Sure: true, Text: "理由", Public: "答复", Days: 1 + w.r.IntN(3), Until: w.now.AddDate(0, 0, 3),
	}
	switch m {
	case casework.Return:
		cmd.Reason = "duty"
	case casework.Close:
		cmd.Reason = string(casework.Endings()[w.r.IntN(4)])
	case casework.SetWay:
		cmd.Reason = string(casework.Statutory)
	case casework.ToPolice:
		cmd.Reason = fmt.Sprintf("J%d", w.r.IntN(9))
	case casework.Link:
		cmd.Reason, cmd.Text = string(casework.Province), fmt.Sprintf("S%d", w.r.IntN(9))
	case casework.Unlink:
		if len(d.Outside) > 0 {
			cmd.Reason, cmd.Text = string(d.Outside[0].Platform), d.Outside[0].Number
		}
	case casework.StrikeOff:
		cmd.Reason = string([]casework.OrderResult{casework.WithEffect, casework.InVain}[w.r.IntN(2)])
	case casework.CallFailed:
		cmd.Move = casework.CallBack
	case casework.CallBack:
		contacted := w.r.IntN(4) > 0
		cmd.Answers = casework.Answers{Reached: true, Contacted: contacted, Solved: contacted && w.r.IntN(4) > 0, Satisfied: w.r.IntN(3) == 0}
	}
	return cmd
}

// could tells whether somebody may make a move on a case now, and who.
func (w *walker) could(d casework.Docket, rule casework.Rule) (org.Actor, bool) {
	switch rule.By {
	case casework.ByDecision:
		return w.agent, rule.Move != casework.File && d.State.Open() || rule.Move == casework.File && d.State == casework.Void
	case casework.ByCitizen:
		return org.Actor{}, w.stage.MayHolder(d, rule.Move)
	case casework.ByClock, casework.ByOutbox, casework.ByMerge:
		return org.Actor{}, false // they come by themselves
	case casework.BySuperior:
		may, err := w.superiors.May(w.ctx, w.leader, d)
		w.must(err)
		return w.leader, may && (rule.Move != casework.Unappoint || d.Superior != "" && d.State != casework.Returned)
	}
	switch rule.Move {
	case casework.PassFirst:
		return w.admin, w.leaving.MayPassFirst(w.admin, d)
	case casework.SetTask, casework.Allot:
		if len(d.CoUnits) == 0 {
			return org.Actor{}, false
		}
	case casework.AgreeShare, casework.RefuseShare:
		if !slices.ContainsFunc(d.Units(), d.Shares.Awaits) {
			return org.Actor{}, false
		}
	}
	street := w.actors[4].Unit
	i := slices.IndexFunc(w.actors, func(a org.Actor) bool {
		return w.stage.May(a, d, rule.Move) && (rule.Move != casework.Whistle || a.Unit == street) && (rule.Move != casework.Unlink || len(d.Outside) > 0)
	})
	if i < 0 {
		return org.Actor{}, false
	}
	return w.actors[i], true
}

// longWays are moves that chance alone hardly reaches, each after those before
// which it comes: to a pause, to what is not solved again and again, to an
// appeal, to a dispute, down to a street.
var longWays = [][]casework.Move{
	{casework.Pause, casework.Try, casework.Accept},
	{casework.Insist, casework.Supervise, casework.Again, casework.Reopen, casework.Close, casework.Approve, casework.Propose, casework.Submit, casework.Accept},
	{casework.Plead, casework.Rate, casework.Close, casework.Approve, casework.Propose, casework.Submit, casework.Accept},
	{casework.Statement, casework.Record, casework.Return, casework.Redirect},
	{casework.Whistle, casework.HandDown, casework.Accept},
}

// choose gives the move to try: mostly the one that was made least.
func (w *walker) choose(d casework.Docket) (casework.Rule, org.Actor, bool) {
	if n := w.r.IntN(3 * len(longWays)); n < len(longWays) {
		for _, m := range longWays[n] {
			rule, _ := casework.RuleOf(m)
			if by, ok := w.could(d, rule); ok {
				return rule, by, true
			}
		}
	}
	var best casework.Rule
	var actor org.Actor
	found := false
	for _, i := range w.r.Perm(len(casework.Rules)) {
		rule := casework.Rules[i]
		ends := rule.Move == casework.Recall || rule.Move == casework.Merge // so little is left to walk with
		if found && (w.tried[rule.Move] >= w.tried[best.Move] || ends && w.tried[rule.Move] > 3) {
			continue
		}
		if by, ok := w.could(d, rule); ok {
			best, actor, found = rule, by, true
		}
	}
	return best, actor, found
}

// step lets time pass, now and then the clock and the outbox run, and makes one
// move on a case.
func (w *walker) step(d casework.Docket) {
	w.t.Helper()
	w.now = w.now.Add(time.Duration(w.r.IntN(7)) * time.Hour)
	jump := w.r.IntN(3) == 0
	switch {
	case jump && d.Paused() && d.Due.Resume.After(w.now):
		w.now = d.Due.Resume
	case jump && d.Ending == casework.ByDate && d.Due.Promise.After(w.now):
		w.now = d.Due.Promise
	default:
		jump = w.r.IntN(5) == 0
	}
	if jump {
		_, err := w.clock.RunDue(w.ctx, w.now)
		w.must(err)
		_, err = w.outbox.RunDue(w.ctx, w.now)
		w.must(err)
		d = w.of(d.Matter)
	}
	rule, actor, ok := w.choose(d)
	if ok {
		w.tried[rule.Move]++
		var err error
		if way := w.ways[rule.Move]; way != nil {
			err = way(d)
		} else {
			_, err = w.stage.Do(w.ctx, actor, w.command(d, rule.Move))
		}
		if err != nil && slices.Contains([]errs.Kind{errs.Internal, errs.Unavailable}, errs.KindOf(err)) {
			w.t.Fatalf("%s: %v", rule.Move, err)
		}
	}
	for len(w.cut) > 0 { // a person decides on what was cut off
		w.must(w.decide(casework.Docket{Case: casework.Case{Matter: w.cut[0]}}, w.lead(), classifier.Correct))
		w.cut = w.cut[1:]
	}
}

// stands looks at a case after a step: its history adds up to what is stored, and
// what must always hold does. It counts the moves that are new.
func (w *walker) stands(d casework.Docket) {
	w.t.Helper()
	history := w.rebuilds(d)
	for _, e := range history[w.seen[d.ID]:] {
		w.made[e.Move]++
	}
	w.seen[d.ID] = len(history)
	if w.from[d.ID].IsZero() {
		w.from[d.ID] = d.Due.FiledAt
	}
	last := history[len(history)-1]
	switch {
	case !d.Due.FiledAt.Equal(w.from[d.ID]):
		w.t.Fatalf("the citizen's clock restarted at %s", last.Move)
	case d.State.Open() && d.Unit == "":
		w.t.Fatalf("open and nobody's after %s", last.Move)
	case (d.State == casework.Merged) != (d.Into != ""), (d.State == casework.Closed) != (d.Ending != ""):
		w.t.Fatalf("%s into %q with ending %q after %s", d.State, d.Into, d.Ending, last.Move)
	case d.State.Open() && d.Ending != "", d.Last != len(history)-1:
		w.t.Fatalf("after %s: %+v", last.Move, d.Case)
	}
	if n := w.count(`
		SELECT count(*)
		FROM decision AS d
		JOIN assignment AS a ON a.decision_id = d.id
		WHERE d.id = $1 AND d.matter_id = $2 AND a.unit_id = $3`, d.Decision, d.Matter, d.Unit); n != 1 {
		w.t.Fatalf("after %s no decision gives it to its unit", last.Move)
	}
	w.due(d)
}

// due fails unless what the clock waits for is what the rules say of the case as
// it stands, less what it has seen to.
func (w *walker) due(d casework.Docket) {
	w.t.Helper()
	var want []string
	for _, m := range w.planner.Marks(d.Case, d.Subject) {
		key := string(m.Kind) + " " + m.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
		if n := w.count(`SELECT count(*) FROM case_mark WHERE case_id = $1 AND kind = $2 AND (due_at = $3 OR counted_from = $4) AND struck_at IS NOT NULL`, d.ID, m.Kind, m.At, d.CountedFrom(m.Kind)); n == 0 {
			want = append(want, key)
		}
	}
	got := w.count(`SELECT count(*) FROM case_mark WHERE case_id = $1 AND struck_at IS NULL`, d.ID)
	if got != len(want) {
		w.t.Fatalf("the clock waits for %d, the rules for %q: %+v", got, want, d.Case)
	}
}

// TestRandomMovesRebuild walks cases at random against the real database, through
// every move that there is: after each step the histories add up to what is
// stored, an open case has a unit that a decision gave it to, the citizen's clock
// has never restarted, and the clock waits for what the rules say.
func TestRandomMovesRebuild(t *testing.T) {
	t.Parallel()
	w := newWalker(t, 7)
	const lives, at = 24, 3 // cases; of these at once
	var matters []intake.MatterID
	for i := range lives {
		matters = append(matters, w.file(name("w", i), i).Matter)
		for range 80 {
			d := w.of(matters[max(0, len(matters)-1-w.r.IntN(at))])
			w.step(d)
			touched, err := w.ListForTest(w.ctx, `
				SELECT c.matter_id::text
				FROM work_case AS c
				WHERE c.last > coalesce(($1::jsonb ->> c.id::text)::integer, 0) - 1`, w.seen)
			w.must(err)
			for _, m := range touched {
				w.stands(w.of(intake.MatterID(m)))
			}
		}
	}
	for _, rule := range casework.Rules {
		if w.made[rule.Move] == 0 {
			t.Errorf("no walk made the move %s (%s)", rule.Move, rule.Label)
		}
	}
}
