package kb

import (
	"slices"
	"testing"
	"time"
)

func TestWhatACitizenMayBeTold(t *testing.T) {
	sure, far := []Match{{Score: 0.9}, {Score: 0.2}, {Score: 0.01}}, []Match{{Score: 0.01}}
	for _, c := range []struct {
		result Result
		told   Told
		offers int
	}{
		{Result{Answered: true, Direct: true, Matches: sure}, ToldAnswer, 1},
		{Result{Answered: true, Matches: sure}, ToldOffer, 2},
		{Result{Answered: true}, ToldSilent, 0},
		{Result{Silence: SilentUnsure, Matches: sure}, ToldOffer, 2},
		{Result{Silence: SilentArea, Matches: sure}, ToldOffer, 2},
		{Result{Silence: SilentUnsure, Matches: far}, ToldSilent, 0},
		{Result{Silence: SilentWords, Matches: far}, ToldOffer, 1},
		{Result{Silence: SilentCase, Matches: sure}, ToldSilent, 0},
		{Result{Silence: SilentDanger, Matches: sure}, ToldSilent, 0},
		{Result{Silence: SilentNothing}, ToldSilent, 0},
	} {
		told := c.result.Told()
		offers := Turn{Told: told, Silence: c.result.Silence, Matches: c.result.Matches}.Offers()
		if told != c.told || len(offers) != c.offers {
			t.Errorf("%+v: %s with %d offers, want %s with %d", c.result, told, len(offers), c.told, c.offers)
		}
	}
}

func TestEntryHolds(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		e    Entry
		want bool
	}{
		{Entry{State: EntryPublished}, true},
		{Entry{State: EntryRetired}, false},
		{Entry{State: EntryPublished, ValidFrom: now.Add(1)}, false},
		{Entry{State: EntryPublished, ValidUntil: now}, true},
		{Entry{State: EntryPublished, ValidUntil: now.Add(-1)}, false},
	} {
		if c.e.Holds(now) != c.want {
			t.Errorf("%+v holds: %v", c.e, !c.want)
		}
	}
}

func TestWhatAnAnswerLeavesOut(t *testing.T) {
	e := Entry{Answer: "带身份证到窗口办理。不适用于港澳台居民；收费项目除外。\n非本市户籍的不能办理。省外参保的另行规定。三个工作日办结。"}
	want := []string{"不适用于港澳台居民", "收费项目除外", "非本市户籍的不能办理"}
	if got := e.Excludes(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (Entry{Answer: "到窗口办理，不收费。"}).Excludes(); got != nil {
		t.Errorf("%q", got)
	}
}
