package casework

import (
	"reflect"
	"testing"
	"time"

	"huying/internal/workday"
)

// TestWaitingForTheCitizenStopsTheClocks: five working days at most, and by
// exactly the working days that they stood.
func TestWaitingForTheCitizenStopsTheClocks(t *testing.T) {
	c := filed(t, usual, monday).Case
	move := func(m Move, at time.Time) {
		t.Helper()
		step, err := planner.Plan(c, usual, Event{At: at, Move: m, Text: "理由"}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		c = step.Case
		if m == Pause && !reflect.DeepEqual(step.Marks, []Mark{{MarkPause, c.Due.Resume}}) {
			t.Errorf("while it waits %+v is due", step.Marks)
		}
	}
	move(Accept, monday)
	move(Try, monday.Add(time.Hour))
	move(Try, monday.Add(5*time.Hour))
	before := c.Due
	tuesday := monday.AddDate(0, 0, 1)
	move(Pause, tuesday)
	if want := planner.cal.Add(tuesday, workday.Span{N: 5, Unit: workday.WorkingDays}); !c.Due.Resume.Equal(want) || !c.Due.Citizen.After(before.Citizen) {
		t.Errorf("stands until %s, want %s", c.Due.Resume, want)
	}
	held := c
	for _, tt := range []struct {
		name string
		move Move
		at   time.Time
		days int
	}{
		{"on the same day", Resume, tuesday.Add(time.Hour), 0},
		{"two working days later", Respond, tuesday.AddDate(0, 0, 2), 2},
		{"over a weekend", Respond, tuesday.AddDate(0, 0, 6), 4},
		{"when they answered", Propose, tuesday.AddDate(0, 0, 1), 1},
		{"at the cap", Expire, held.Due.Resume, 5},
		{"at the cap, after an outage", Expire, held.Due.Resume.AddDate(0, 1, 0), 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c = held
			move(tt.move, tt.at)
			want := before.Citizen
			if tt.days > 0 {
				want = planner.cal.Add(before.Citizen, workday.Span{N: tt.days, Unit: workday.WorkingDays})
			}
			if !c.Due.Citizen.Equal(want) || c.Due.Held != tt.days || c.Paused() || !c.Due.FiledAt.Equal(before.FiledAt) {
				t.Errorf("due %s after %d days, want %s", c.Due.Citizen, c.Due.Held, want)
			}
		})
	}
	if _, err := planner.Plan(held, usual, Event{At: tuesday, Move: Expire}, time.Time{}); err == nil {
		t.Error("the pause is over before its cap")
	}
}

// TestASMSReplyIsRead: three digits, or one for all; anything else is for a
// person.
func TestASMSReplyIsRead(t *testing.T) {
	all := Answers{Reached: true, Contacted: true, Solved: true, Satisfied: true}
	unsolved := Answers{Reached: true, Contacted: true}
	for _, tt := range []struct {
		text string
		want Answers
		ok   bool
	}{
		{"111", all, true}, {" １，１，１。", all, true}, {"1", all, true}, {"是是是", all, true}, {"122", unsolved, true}, {"是否否", unsolved, true},
		{"2", Answers{}, false}, {"11", Answers{}, false}, {"1111", Answers{}, false}, {"113", Answers{}, false}, {"", Answers{}, false}, {"谢谢", Answers{}, false},
	} {
		if got, ok := ParseReply(tt.text); ok != tt.ok || got != tt.want {
			t.Errorf("%q is %+v, %v", tt.text, got, ok)
		}
	}
}

// TestARatingIsReadBack as it was stored.
func TestARatingIsReadBack(t *testing.T) {
	a, r := Answers{Reached: true, Solved: true}, Rating{Speed: 5, Result: 3}
	callback, rating := Rated(rated(a, r))
	if callback.Answers() != a || rating != r || rating.Words() != "办理速度 5 分，办理结果 3 分" {
		t.Errorf("read back %q, %+v: %s", callback, rating, rating.Words())
	}
	if callback, rating = Rated(rated(a, Rating{})); callback.Answers() != a || rating != (Rating{}) || rating.Words() != "" {
		t.Errorf("without a rating %q, %+v", callback, rating)
	}
	if (Rating{Speed: 6}).valid() || (Rating{Manner: -1}).valid() {
		t.Error("six stars, or fewer than none")
	}
}
