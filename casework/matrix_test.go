package casework

import (
	"slices"
	"strings"
	"testing"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// matrix is who makes which move in which states, as the rules of the service
// say it, written by hand: it is held against roles, relations and the state
// machine, and derived from none of them.
//
// Who, of the hotline and above: A agent, D dispatcher, S supervisor, E editor,
// M administrator, L leader, P privacy officer, B bot. People of units, by what
// their unit is to the case: lead (with no heads), head and aide (of a lead unit
// with heads: one of them, and everybody else), over (the lead unit while
// another below has it), hand (who has it), mid (through whose hands it went),
// co, ousted (gave it back, disputed), invited (to the meeting on that), team (the work group that has it), other.
// "of it" is lead, head, aide and over.
//
// States: n not filed, w 待签收, h 办理中, v 负责人审核, r 退单待裁定, c 结案待审核,
// x 已办结, m 已并案, o 已撤销.
const matrix = `
file         n---- ----o  by a decision alone
redirect     -whvr c----  by a decision alone
revise       -whvr c----  by a decision alone
recall       -whvr c----  by a decision alone
accept       -w--- -----  of-it team
return       -wh-- -----  of-it
ask_more     --h-- -----  of-it team
propose      --h-- -----  lead head over team
submit       --h-- -----  aide
approve      ---v- -----  head
rework       ---v- -----  head
hand_down    --h-- -----  lead head aide hand
assign       --h-- -----  hand
take_up      --h-- -----  hand
report       --h-- -----  hand
hand_back    --h-- -----  hand
fetch        --h-- -----  of-it
give_group   -wh-- -----  D M of-it
engage       -wh-- -----  team
leave_group  -whv- c----  D M of-it
group_over   -whv- c----  by the clock alone
give         -whvr c----  of-it
try          --h-- -----  of-it team
pause        --h-- -----  of-it team
resume       --h-- -----  of-it team
keep         ----r -----  D M
extend       --h-- -----  D M
refuse       --h-- -----  D M
send_back    ----- c----  D M
close        ----- c----  D M
reopen       ----- -x---  D M
supervise    ----- -x---  D S M
call_failed  ----- -x---  A D M
call_back    ----- -x---  A D M
explain      ----- -x---  A D M of-it
invite       ----r -----  D M
statement    ----r -----  of-it ousted invited
record       ----r -----  D M
contribute   -whvr c----  co
set_task     -whvr c----  D M of-it
take_task    -whvr c----  co
done_task    -whvr c----  co
drop_task    -whvr c----  co
allot        -wh-- -----  D M of-it
agree_share  -wh-- -----  of-it co
refuse_share -wh-- -----  of-it co
appoint      -whvr c----  by a superior alone
unappoint    -wh-- -----  by a superior alone
hurry        -wh-- -----  D M
calm         -wh-- -----  D M
act          --h-- -----  of-it team
pass_first   -whvr cx---  A D M
merge        -wh-r -----  D M
join         -whvr c----  by another case alone
unmerge      ----- --m--  D M
unjoin       -whvr cx---  by another case alone
link         -whvr cx---  A D M
unlink       -whvr cx---  A D M
depute       -whvr cx---  A D M
undepute     -whvr cx---  A D M
set_way      -whvr c----  D M
to_police    -whvr c----  A D M
from_police  -whvr c----  A D M
urge         -whvr c----  D S M
confirm      -whvr c----  of-it
order        -whvr c----  D S M
feedback     -whvr c----  of-it
strike_off   -whvr cx---  D S M
instruct     -whvr c----  L
flag         -whvr c----  D S M L
unflag       -whvr c----  D S M L
whistle      --h-- -----  lead head aide hand
divide       -wh-r -----  D M
stem         -whvr c----  by another case alone
unsent       -whvr cx---  by the outbox alone
tell         -whvr cx---  A D M
chase        -whvr c----  by the citizen alone
supplement   -whvr c----  by the citizen alone
respond      --h-- -----  by the citizen alone
withdraw     -whvr c----  by the citizen alone
let_go       -whvr c----  D M
go_on        -whvr c----  D M
object       ----- -x---  by the citizen alone
protest      ----- -x---  by the citizen alone
uphold       ----- -x---  D M
dismiss      ----- -x---  D M
rate         ----- -x---  by the citizen alone
again        ----- -x---  by the citizen alone
insist       ----- -x---  by the citizen alone
plead        ----- -x---  of-it
excuse       ----- -x---  D S M
overrule     ----- -x---  D S M
expire       --h-- -----  by the clock alone
remind       -whvr c----  by the clock alone
late         -whvr c----  by the clock alone
revisit      ----- -x---  by the clock alone
`

// stateLetters are the states as matrix writes them.
var stateLetters = map[State]string{
	"": "n", Waiting: "w", Handling: "h", Reviewing: "v", Returned: "r", Checking: "c", Closed: "x", Merged: "m", Void: "o",
}

// persona is somebody, and the case as it is to them.
type persona struct {
	name   string
	actor  org.Actor
	docket func(*Docket)
}

// personas are everybody that matrix names. Whoever is of the hotline or above
// is twice: an account that also names the lead unit makes them no part of it.
func personas() []persona {
	var all []persona
	for name, role := range map[string]org.Role{
		"A": org.RoleAgent, "D": org.RoleDispatcher, "S": org.RoleSupervisor, "E": org.RoleEditor, "M": org.RoleAdmin,
		"L": org.RoleLeader, "P": org.RolePrivacy, "B": org.RoleBot,
	} {
		for _, unit := range []org.UnitID{"", "u1"} {
			all = append(all, persona{name, org.Actor{Account: "x", Roles: org.Roles{role}, Unit: unit}, func(*Docket) {}})
		}
	}
	heads := func(d *Docket) { d.Heads = []org.AccountID{"boss"} }
	down := func(d *Docket) { d.Hands = []Handed{{Unit: "u4"}, {Unit: "u5"}} }
	of := func(name string, account org.AccountID, unit org.UnitID, so func(*Docket)) {
		all = append(all, persona{name, org.Actor{Account: account, Roles: org.Roles{org.RoleUnit}, Unit: unit}, so})
	}
	of("lead", "x", "u1", func(*Docket) {})
	of("head", "boss", "u1", heads)
	of("aide", "x", "u1", heads)
	of("over", "x", "u1", down)
	of("hand", "x", "u5", down)
	of("mid", "x", "u4", down)
	of("co", "x", "u2", func(*Docket) {})
	of("ousted", "x", "u3", func(d *Docket) { d.ReturnedBy = []org.UnitID{"u3", "u1"} })
	of("invited", "x", "u7", func(d *Docket) { d.ReturnedBy, d.Invited = []org.UnitID{"u3", "u1"}, []org.UnitID{"u7"} })
	of("team", "t", "u6", func(d *Docket) { d.Team = []org.AccountID{"t"} })
	of("above", "x", "u8", func(d *Docket) { d.Over = []org.UnitID{"u8"} })
	of("other", "x", "u6", func(*Docket) {})
	return all
}

// row is a line of matrix.
type row struct {
	states string
	who    []string // empty: nobody by themselves
}

func rows(t *testing.T) map[Move]row {
	t.Helper()
	all := map[Move]row{}
	for line := range strings.Lines(strings.TrimSpace(matrix)) {
		f := strings.Fields(line)
		r := row{states: strings.ReplaceAll(f[1]+f[2], "-", "")}
		if f[3] != "by" {
			r.who = f[3:]
		}
		if i := slices.Index(r.who, "of-it"); i >= 0 {
			r.who = append(r.who, "lead", "head", "aide", "over")
		}
		if _, twice := all[Move(f[0])]; twice {
			t.Errorf("%s has two lines", f[0])
		}
		all[Move(f[0])] = r
	}
	return all
}

// TestTheMatrixOfMoves walks every role and relation through every move in every
// state.
func TestTheMatrixOfMoves(t *testing.T) {
	table, looked := rows(t), 0
	for _, r := range Rules {
		want, ok := table[r.Move]
		if !ok {
			t.Errorf("%s has no line in the matrix", r.Move)
			continue
		}
		for state, letter := range stateLetters {
			fits := strings.Contains(want.states, letter)
			if got := errs.CodeOf(planner.Allowed(Case{State: state}, r.Move, monday)) != "case.state"; got != fits {
				t.Errorf("%s of a case that is %s: %v, want %v", r.Move, state.Label(), got, fits)
			}
			for _, p := range personas() {
				if (p.name == "ousted" || p.name == "invited") && state != Returned {
					p.name = "other" // nothing is disputed yet, or no more
				}
				d := Docket{Case: Case{State: state, Unit: "u1"}, CoUnits: []org.UnitID{"u2"}}
				p.docket(&d)
				may := slices.Contains(want.who, p.name)
				if got := d.permits(p.actor, r.Move); got != may {
					t.Errorf("%s (%s of %q) and %s of a case that is %q: %v, want %v", p.name, p.actor.Roles.Label(), p.actor.Unit, r.Move, state, got, may)
				}
				looked++
			}
		}
	}
	if len(table) != len(Rules) || looked != len(Rules)*len(stateLetters)*28 {
		t.Errorf("%d lines for %d moves, %d cells", len(table), len(Rules), looked)
	}
}

// TestNobodyMovesWhatComplainsOfThem: whatever role or unit somebody has, a case
// that complains of them, or of the hotline's desks while they sit there, is not
// there for them.
func TestNobodyMovesWhatComplainsOfThem(t *testing.T) {
	desks := []string{"A", "D", "E"}
	for _, p := range personas() {
		for name, a := range map[string]intake.Accusation{
			"in person":    {ShutOut: []org.AccountID{p.actor.Account}, Persons: []org.AccountID{p.actor.Account}},
			"their unit":   {Barred: []org.UnitID{p.actor.Unit}, Units: []org.UnitID{p.actor.Unit}},
			"the hotline":  {Hotline: true},
			"nobody there": {ShutOut: []org.AccountID{"somebody"}, Persons: []org.AccountID{"somebody"}, Barred: []org.UnitID{"u9"}, Units: []org.UnitID{"u9"}},
		} {
			d := Docket{Case: Case{State: Handling, Unit: "u1"}, CoUnits: []org.UnitID{"u2"}}
			p.docket(&d)
			plain := d.RelationOf(p.actor)
			d.Accused = a
			shut := name == "in person" || name == "their unit" && p.actor.Unit != "" || name == "the hotline" && slices.Contains(desks, p.name)
			if got := d.RelationOf(p.actor) == Stranger; got != (shut || plain == Stranger) {
				t.Errorf("%s, accused %s: %s", p.name, name, d.RelationOf(p.actor))
			}
			for _, r := range Rules {
				if shut && d.permits(p.actor, r.Move) {
					t.Errorf("%s, accused %s, may %s", p.name, name, r.Move)
				}
			}
		}
	}
}
