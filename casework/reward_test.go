package casework

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"huying/intake"
	"huying/internal/errs"
)

// TestDrawIsWhatAnybodyComputes: the amounts are those of another program (Python's
// hmac and integers), within the bounds, and about as often high as low.
func TestDrawIsWhatAnybodyComputes(t *testing.T) {
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = byte(i)
	}
	for number, want := range map[string]int{
		"440101-20260302-0001": 1046, "440101-20260302-0002": 1662, "990101-20261126-0001": 552,
	} {
		if got := Draw(seed, number, 100, 2000); got != want {
			t.Errorf("%s draws %d, want %d", number, got, want)
		}
	}
	const draws = 20_000
	var tenths [10]int
	lowest, highest, sum := 1<<30, 0, 0
	for i := range draws {
		n := Draw(seed, fmt.Sprintf("440101-20260302-%05d", i), 100, 1099)
		lowest, highest, sum = min(lowest, n), max(highest, n), sum+n
		tenths[(n-100)/100]++
	}
	if lowest < 100 || highest > 1099 || lowest > 105 || highest < 1094 || sum/draws < 590 || sum/draws > 610 {
		t.Errorf("from %d to %d, on average %d", lowest, highest, sum/draws)
	}
	for i, n := range tenths { // 2,000 each, give or take five deviations of 42
		if n < 1790 || n > 2210 {
			t.Errorf("tenth %d was drawn %d times", i, n)
		}
	}
	if Draw(seed, "x", 500, 500) != 500 {
		t.Error("one amount is not drawn")
	}
}

func TestWhatCountsAsTheSameWords(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"楼下烧烤店的油烟天天往我家里灌，请管一管", "楼下烧烤店的油烟，天天往我家里灌！请管一管。", true},
		{"楼下烧烤店的油烟天天往我家里灌，请管一管", "楼下烧烤店的油烟天天往我家里灌，请你们管一管", true},
		{"楼下烧烤店的油烟天天往我家里灌，请管一管", "楼上装修的噪声天天吵得睡不着，请管一管", false},
		{"路灯不亮", "路灯不亮", true},
		{"路灯不亮", "井盖丢了", false},
		{"停", "停", true},
		{"停", "水", false},
		{"", "", true},
		{"", "路灯不亮", false},
		{"哈哈哈哈哈哈", "哈哈", false},
	} {
		if alike(tc.a, tc.b) != tc.same || alike(tc.b, tc.a) != tc.same {
			t.Errorf("%q and %q: want %v", tc.a, tc.b, tc.same)
		}
	}
}

// TestRefusalsAreAllNamed: none is hidden behind another, and none tells what
// would be drawn.
func TestRefusalsAreAllNamed(t *testing.T) {
	rule := ShippedRewardRule()
	p := RewardPeriod{Fen: 10_000, MinFen: 100, MaxFen: 2000}
	good := RewardFacts{Type: intake.Report, Listed: true, Phone: true, State: Waiting}
	if got := rule.Refusals(p, good); len(got) != 0 {
		t.Fatalf("a good one is refused: %v", got)
	}
	bad := RewardFacts{Type: intake.Praise, State: Merged, Channel: intake.Patrol, Labelled: true, Earned: true, Day: 3, Month: 10, MonthFen: 8001, Before: []string{""}, AtPlace: 1}
	p.Committed = 8001
	got := rule.Refusals(p, bad)
	want := []RewardRefusal{
		RefusedType, RefusedLeaf, RefusedMerged, RefusedDouble, RefusedPatrol, RefusedNoPhone, RefusedLabelled, RefusedDay, RefusedMonth, RefusedSum, RefusedAlike,
		RefusedPlace, RefusedBudget,
	}
	if !slices.Equal(got, want) {
		t.Errorf("refused for %v", got)
	}
	for _, r := range append(got, RefusedState) {
		if r.Label() == "" {
			t.Errorf("%s has no words", r)
		}
	}
	rule.When = RewardClosed
	for _, tc := range []struct {
		state  State
		ending Ending
		may    bool
	}{{Waiting, "", false}, {Closed, Solved, true}, {Closed, ByDate, true}, {Closed, Lawful, false}, {Closed, TakenBack, false}, {Void, "", false}} {
		f := good
		f.State, f.Ending = tc.state, tc.ending
		if refused := len(rule.Refusals(RewardPeriod{Fen: 10_000, MaxFen: 2000}, f)) > 0; refused == tc.may {
			t.Errorf("%s %s: refused %v", tc.state, tc.ending, refused)
		}
	}
}

func TestARuleNamesItsFaults(t *testing.T) {
	if err := ShippedRewardRule().check(); err != nil {
		t.Errorf("the shipped rule: %v", err)
	}
	bad := RewardRule{Types: []intake.Type{"别的"}, Codes: []string{"01\x00"}, When: "later", MinFen: 300, MaxFen: 200, PerDay: 0, PerMonth: 101, MonthFen: 100, SameDays: -1, Grace: 91}
	err := bad.check()
	for _, field := range []string{"types", "codes", "when", "per_day", "per_month", "same_days", "grace", "max", "month"} {
		found := false
		list, _ := err.(errs.List)
		for _, e := range list {
			found = found || e.Field == field
		}
		if !found {
			t.Errorf("%v does not name %s", err, field)
		}
	}
	if !errors.Is(RewardRule{}.check(), errs.New(errs.Invalid, "field.required")) {
		t.Error("no type is a type")
	}
}
