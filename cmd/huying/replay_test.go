package main

import (
	"bytes"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
)

// replayRig is where simulated cities are made in a test.
func replayRig(t *testing.T) (*app, *rig) {
	t.Helper()
	a := &app{
		console:  console{Getenv: os.Getenv, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}},
		settings: Settings{Home: emptyHome(t), PG: "18", Blind: "0", NotifySettings: NotifySettings{Quiet: "off"}},
		log:      slog.New(slog.DiscardHandler), now: time.Now,
	}
	r, err := a.openRig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return a, r
}

// near fails unless a rate lies within three standard errors of what was set,
// and two points for what follows from several rates at once.
func near(t *testing.T, name string, n, of int, want float64) {
	t.Helper()
	if of == 0 {
		t.Errorf("%s: nothing counts", name)
		return
	}
	got := float64(n) / float64(of)
	if margin := 3*math.Sqrt(want*(1-want)/float64(of)) + 0.02; math.Abs(got-want) > margin {
		t.Errorf("%s %.3f of %d, want %.3f ± %.3f", name, got, of, want, margin)
	}
}

// TestSimulatedCitiesComeNearTheirPresets lets both cities live through two
// weeks over the API: the rates that the histories add up to are those that
// were set, and every invariant holds.
func TestSimulatedCitiesComeNearTheirPresets(t *testing.T) {
	a, r := replayRig(t)
	for _, k := range conducts {
		t.Run(k.name, func(t *testing.T) {
			f, s, err := (&replayCmd{Cases: 250, Days: 14, Seed: 3}).live(t.Context(), a, r, k)
			if err != nil {
				t.Fatal(errs.Sentence(err), err)
			}
			var out bytes.Buffer
			s.report(&out, f)
			t.Log(out.String())
			if len(f.broken) > 0 {
				t.Errorf("broken: %v", f.broken)
			}
			contacts := 0
			for _, n := range f.outcomes {
				contacts += n
			}
			connected := contacts - f.outcomes["dropped"] - f.outcomes["silent"]
			near(t, "connected", connected, contacts, k.connected)
			near(t, "answered at once", f.outcomes["answered"], connected, k.direct)
			near(t, "on time", f.onTime, f.answered, k.onTime)
			near(t, "told", f.told, f.tells, 1)
			near(t, "in one day", f.oneDay, f.cases, k.oneDay)
			near(t, "in three days", f.threeDays, f.cases, k.threeDays)
			near(t, "given back", f.returned, f.cases, k.returned)
			near(t, "contacted", f.first.contacted, f.first.called, k.contacted)
			near(t, "solved", f.first.solved, f.first.counted, k.solved)
			near(t, "satisfied", f.first.satisfied, f.first.counted, k.satisfied)
			near(t, "seen on patrol", f.patrol.cases, f.cases, k.patrol)
			near(t, "on time of these", f.patrol.onTime, f.patrol.answered, k.onTime)
			if f.first.called > f.cases-f.patrol.cases || f.patrol.answered != f.patrol.cases {
				t.Errorf("%d called back, %+v of %d cases", f.first.called, f.patrol, f.cases)
			}
			if f.cases != 250+s.cuts || f.closed+f.merged != f.cases || f.reminders == 0 {
				t.Errorf("%d cases, %d cut off others, %d closed, %d merged, %d reminders", f.cases, s.cuts, f.closed, f.merged, f.reminders)
			}
			sayings(t, out.String(), "按时答复率", "重办后解决率", "巡查工单占比", "途中：转派下级", "由经过能重建每一件")
		})
	}
}

// TestStreetsCallUnits: with the rate at its highest every case of a street
// brings a whistle, and all that is checked of them holds.
func TestStreetsCallUnits(t *testing.T) {
	a, r := replayRig(t)
	k := conducts[0]
	k.patrol, k.whistled, k.onTime = 1, 1, 0.6
	f, s, err := (&replayCmd{Cases: 40, Days: 14, Seed: 7}).live(t.Context(), a, r, k)
	if err != nil {
		t.Fatal(errs.Sentence(err), err)
	}
	if len(f.broken) > 0 || f.patrol.cases != 40 || len(f.outcomes) != 0 || f.first.called != 0 || f.tells != 0 {
		t.Errorf("broken %v, %d patrol cases, contacts %v, %d called back, %d told", f.broken, f.patrol.cases, f.outcomes, f.first.called, f.tells)
	}
	if f.summons.all == 0 || f.summons.called < f.summons.all || f.summons.chases == 0 {
		t.Errorf("%+v", f.summons)
	}
	near(t, "there in time", f.summons.inTime, f.summons.called, k.onTime)
	var out bytes.Buffer
	s.report(&out, f)
	sayings(t, out.String(), "巡查工单占比        100.0%", "吹哨按时到场率")
}

// TestEverythingHappensOnTheWay: with the rates at their highest cases go down
// the tree and come back, are merged and taken apart, divided, paused, withdrawn,
// objected to, and have letters and leaders' words on them; all of it is in the
// histories, and everything else that is checked holds.
func TestEverythingHappensOnTheWay(t *testing.T) {
	a, r := replayRig(t)
	k := conducts[0]
	k.patrol, k.onTime, k.oneDay, k.threeDays, k.returned = 0.2, 0.95, 0.05, 0.1, 0.05
	k.handed, k.merged, k.divided, k.lettered, k.instructed, k.paused, k.withdrawn, k.objected, k.extended = 0.7, 0.7, 0.3, 0.4, 0.3, 0.5, 0.2, 0.5, 0.3
	f, s, err := (&replayCmd{Cases: 120, Days: 14, Seed: 11}).live(t.Context(), a, r, k)
	if err != nil {
		t.Fatal(errs.Sentence(err), err)
	}
	if len(f.broken) > 0 {
		t.Errorf("broken: %v", f.broken)
	}
	for _, w := range wayfarers {
		if s.moved[w.move] == 0 {
			t.Errorf("nobody made the move %s (%s)", w.move, w.label)
		}
	}
	if n := f.letter; n.all == 0 || n.inTime == 0 || n.inTime > n.answered || n.answered > n.all || n.chases == 0 {
		t.Errorf("letters %+v", n)
	}
	near(t, "letters answered in time", f.letter.inTime, f.letter.all, k.onTime)
	var out bytes.Buffer
	s.report(&out, f)
	t.Log(out.String())
	sayings(t, out.String(), "提醒函按时答复率", "途中：转派下级", "做过的都在经过里", "核对：在办的都有单位负责")
}

// TestTheSimulationSeesWhatIsBroken damages a city after it has lived: each
// damage is found and named.
func TestTheSimulationSeesWhatIsBroken(t *testing.T) {
	a, r := replayRig(t)
	k := conducts[0]
	k.patrol, k.whistled, k.onTime, k.lettered = 0.4, 1, 0.6, 0.5
	s, err := (&replayCmd{Cases: 40, Days: 14, Seed: 5}).city(t.Context(), a, r, k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := s.find(t.Context())
	if err != nil || len(f.broken) > 0 {
		t.Fatalf("before: %v, %v", f.broken, err)
	}
	db, err := pgx.Connect(t.Context(), s.site.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	s.moved["merge"]++ // one that the store has lost
	for _, sql := range []string{
		`UPDATE work_case SET chased = chased + 1 WHERE id = (SELECT min(id::text)::uuid FROM work_case)`,
		`UPDATE work_case SET callback = 'contacted+solved' WHERE id = (SELECT max(id::text)::uuid FROM work_case WHERE callback = 'contacted+solved+satisfied')`,
		`DELETE FROM notification WHERE id = (SELECT min(id::text)::uuid FROM notification WHERE state = 'sent' AND starts_with(effect, 'case:'))`,
		`UPDATE account SET disabled = true WHERE 'unit' = ANY (roles)`,
		`UPDATE work_case SET state = 'handling', ending = '' WHERE id = (SELECT max(id::text)::uuid FROM work_case WHERE callback <> '')`,
		`ALTER TABLE case_event DISABLE TRIGGER append_only`,
		`UPDATE summons SET awaited = awaited, last = last + 1 WHERE id = (SELECT min(id::text)::uuid FROM summons)`,
		`ALTER TABLE summons_event DISABLE TRIGGER append_only`,
		`UPDATE summons_event SET words = 'late' WHERE words = 'late_boss' AND summons_id = (SELECT min(summons_id::text)::uuid FROM summons_event WHERE words = 'late_boss')`,
		`ALTER TABLE memo_event DISABLE TRIGGER append_only`,
		`UPDATE memo_event SET words = 'memo' WHERE words = 'memo_answer' AND memo_id = (SELECT min(memo_id::text)::uuid FROM memo_event WHERE words = 'memo_answer')`,
		`ALTER TABLE memo DISABLE TRIGGER append_only`,
		`UPDATE memo SET due_at = due_at + interval '60 days' WHERE id = (SELECT max(memo_id::text)::uuid FROM memo_event WHERE words = 'memo_answer')`,
		`UPDATE memo SET number = 10000 WHERE id = (SELECT min(id::text)::uuid FROM memo)`,
		`UPDATE contact SET channel = 'street' WHERE id = (SELECT min(id::text)::uuid FROM contact WHERE channel = 'patrol')`,
		`UPDATE case_event SET reason = 'soon' WHERE reason = 'half' AND case_id = (SELECT min(case_id::text)::uuid FROM case_event WHERE reason = 'half')`,
	} {
		if tag, err := db.Exec(t.Context(), sql); err != nil || tag.RowsAffected() == 0 && !strings.HasPrefix(sql, "ALTER") {
			t.Fatalf("%s: %v, %v", sql, tag, err)
		}
	}
	if f, err = s.find(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{
		"由经过重建的工单与现状相同", "在办的工单都有人负责", "提醒没有漏发", "提醒没有重复", "该通知的都通知", "发出的通知都送达", "单位承办情况与经过相符",
		"由经过重建的吹哨与现状相同", "催到场没有重复", "催到场没有漏发", "超期的提醒函都催", "按时答复的提醒函不催", "提醒函不提前催", "提醒函编号不跳号", "巡查发现都成为工单", "做过的都在经过里",
	} {
		if !slices.Contains(f.brokenOrder, rule) {
			t.Errorf("not seen: %s; seen: %q", rule, f.brokenOrder)
		}
	}
	var out bytes.Buffer
	s.report(&out, f)
	sayings(t, out.String(), "不成立：提醒没有漏发")
}

func TestReplayRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	high, very := 1.2, 0.97
	for name, change := range map[string]func(*replayCmd){
		"no cases":       func(c *replayCmd) { c.Cases = 0 },
		"too many days":  func(c *replayCmd) { c.Days = 400 },
		"a rate above 1": func(c *replayCmd) { c.Return = &high },
		"more than all":  func(c *replayCmd) { c.Patrol = &high },
		"no such city":   func(c *replayCmd) { c.Presets = []string{"perfect"} },
	} {
		c := replayCmd{Cases: 1}
		change(&c)
		if _, err := c.chosen(); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := replayCmd{Cases: 200_000, Solved: &very, Presets: []string{"good"}}
	all, err := c.chosen()
	if err != nil || len(all) != 1 || all[0].solved != very || c.Days != 365 {
		t.Errorf("%+v in %d days, %v", all, c.Days, err)
	}
}
