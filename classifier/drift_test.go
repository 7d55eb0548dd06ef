package classifier

import (
	"math"
	"testing"
	"time"

	"huying/intake"
)

// aMonday is 09:30 on Monday the 23rd of November 2026 in Shanghai.
var aMonday = time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)

// weekly makes counts of one channel, one pair of decided and right a week,
// the last of them the last full week.
func weekly(channel intake.Channel, pairs ...[2]int) []WeekCount {
	var out []WeekCount
	for i, p := range pairs {
		out = append(out, WeekCount{
			Monday: monday(aMonday).AddDate(0, 0, -7*(len(pairs)-i)), Channel: channel, Decided: p[0], LeafRight: p[1],
		})
	}
	return out
}

func TestAlarmIsBeyondChance(t *testing.T) {
	steady := [][2]int{{200, 140}, {200, 142}, {200, 138}, {200, 141}, {200, 139}}
	restless := [][2]int{{200, 170}, {200, 110}, {200, 165}, {200, 115}, {200, 140}}
	for _, tc := range []struct {
		name   string
		before [][2]int
		last   [2]int
		want   bool
	}{
		{"as before", steady, [2]int{200, 140}, false},
		{"a little worse", steady, [2]int{200, 128}, false}, // z = 1.7
		{"clearly worse", steady, [2]int{200, 118}, true},   // z = 3.0
		{"better", steady, [2]int{200, 190}, false},
		{"much worse, but few", steady, [2]int{29, 2}, false},
		{"just enough", steady, [2]int{30, 10}, true},
		{"few before", [][2]int{{50, 45}, {49, 44}}, [2]int{200, 60}, false},
		{"worse, but weeks differ like that", restless, [2]int{200, 118}, false},
		{"worse than weeks differ", restless, [2]int{200, 20}, true},
		{"always right", [][2]int{{100, 100}, {100, 100}}, [2]int{100, 100}, false},
		{"nothing before", nil, [2]int{200, 10}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			trend := NewTrend(weekly(intake.Hotline, append(append([][2]int{}, tc.before...), tc.last)...), aMonday)
			if got := len(trend.Falls) > 0; got != tc.want {
				t.Errorf("alarm %v: %+v", got, trend.Falls)
			}
		})
	}
}

func TestOneChannelAlarmsAlone(t *testing.T) {
	counts := weekly(intake.Hotline, [2]int{900, 630}, [2]int{900, 630}, [2]int{900, 630})
	counts = append(counts, weekly(intake.WeChat, [2]int{60, 48}, [2]int{60, 48}, [2]int{40, 14})...)
	running := WeekCount{Monday: monday(aMonday), Channel: intake.WeChat, Decided: 50, LeafRight: 0}
	trend := NewTrend(append(counts, running), aMonday)
	if len(trend.Falls) != 1 || trend.Falls[0].Channel != intake.WeChat || trend.Falls[0].Last.Decided != 40 || trend.Falls[0].Before.Decided != 120 {
		t.Fatalf("falls %+v", trend.Falls)
	}
	if len(trend.Weeks) != TrendWeeks || trend.Weeks[11].Decided != 50 || trend.Weeks[10].Decided != 940 || trend.Weeks[7].Decided != 0 {
		t.Errorf("weeks %+v", trend.Weeks)
	}
	if len(trend.Channels) != 2 || trend.Channels[0].Name != intake.Hotline || trend.Channels[1].Sum.Decided != 210 {
		t.Errorf("channels %+v", trend.Channels)
	}
}

func TestWeekBeginsOnMondayInChina(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC), // Monday 00:00 in Shanghai
		aMonday,
		time.Date(2026, 11, 29, 15, 59, 59, 0, time.UTC), // Sunday 23:59:59
	} {
		if got := monday(at); !got.Equal(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)) {
			t.Errorf("%v: the week began %v", at, got)
		}
	}
}

// TestBiasIsOfPairs checks points that can be worked out by hand: of 100, 20
// only by the first and 8 only by the second make 12 points, with a variance of
// (29 − 144/101) / 101² when one half is added to either.
func TestBiasIsOfPairs(t *testing.T) {
	a := Agreement{Shown: 100, Both: 55, OnlyFirst: 20, OnlySecond: 8}
	bias, low, high := a.Bias()
	half := 1.96 * math.Sqrt((29-144.0/101)/(101*101))
	if a.ByFirst() != 75 || a.BySecond() != 63 || math.Abs(bias-0.12) > 1e-12 || math.Abs(low-(0.12-half)) > 1e-12 || math.Abs(high-(0.12+half)) > 1e-12 {
		t.Errorf("%v in [%v, %v], want 0.12 ± %v", bias, low, high, half)
	}
	if bias, low, high := (Agreement{Shown: 40, Both: 40}).Bias(); bias != 0 || low >= 0 || high <= 0 {
		t.Errorf("all alike: %v in [%v, %v]", bias, low, high)
	}
	if bias, low, high := (Agreement{}).Bias(); bias != 0 || low != 0 || high != 0 {
		t.Error("a bias without readings")
	}
}
