package classifier

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"huying/intake"
	"huying/internal/org"
)

// TrendWeeks is how many weeks a Trend shows, with the running one.
const TrendWeeks = 12

// WeekCount is how often people kept what was suggested on one channel in one
// week.
type WeekCount struct {
	Monday    time.Time // 00:00 in Shanghai
	Channel   intake.Channel
	Decided   int // decisions that stand, name a category and had a suggestion
	LeafRight int // of those, the first candidate was the category
}

// TrendStore counts decisions by week.
type TrendStore interface {
	// Weeks counts the decisions made in [from, to) by week and channel, in any
	// order, without those that have none.
	Weeks(ctx context.Context, from, to time.Time) ([]WeekCount, error)
}

// Trend is how often people kept what was suggested, week by week.
type Trend struct {
	Weeks    []WeekCount    // of all channels, TrendWeeks of them, oldest first; the last is still running
	Channels []ChannelTrend // most decisions first
	Falls    []Fall         // where the last full week was worse than chance explains
}

// ChannelTrend is the sum over all weeks of a Trend on one channel, and the last
// full week apart.
type ChannelTrend struct {
	Name intake.Channel
	Sum  WeekCount // Monday is empty
	Last WeekCount
}

// Fall is a last full week that was worse than those before it, beyond chance.
type Fall struct {
	Channel intake.Channel // empty: all together
	Last    WeekCount
	Before  WeekCount // the sum of the full weeks before; Monday is empty
}

// Share is LeafRight of Decided; 0 without decisions.
func (w WeekCount) Share() float64 {
	if w.Decided == 0 {
		return 0
	}
	return float64(w.LeafRight) / float64(w.Decided)
}

// Watch tells how the machine does over the weeks.
type Watch struct {
	store TrendStore
	now   func() time.Time
}

// NewWatch makes a Watch.
func NewWatch(store TrendStore, now func() time.Time) *Watch {
	return &Watch{store: store, now: now}
}

// Trend gives the last TrendWeeks weeks for whoever may read accuracy.
func (w *Watch) Trend(ctx context.Context, actor org.Actor) (Trend, error) {
	if err := org.Can(actor, org.ActReadAccuracy); err != nil {
		return Trend{}, err
	}
	return w.trend(ctx)
}

// Falls gives what has become worse, for the log.
func (w *Watch) Falls(ctx context.Context) ([]Fall, error) {
	t, err := w.trend(ctx)
	return t.Falls, err
}

func (w *Watch) trend(ctx context.Context) (Trend, error) {
	now := w.now()
	counts, err := w.store.Weeks(ctx, monday(now).AddDate(0, 0, -7*(TrendWeeks-1)), now)
	if err != nil {
		return Trend{}, err
	}
	return NewTrend(counts, now), nil
}

// monday is when the week of t began in China, which has one zone and no
// summer time since 1991.
func monday(t time.Time) time.Time {
	local := t.In(time.FixedZone("Asia/Shanghai", 8*60*60))
	y, m, d := local.Date()
	return time.Date(y, m, d-(int(local.Weekday())+6)%7, 0, 0, 0, 0, local.Location())
}

// NewTrend sums counts up and looks for falls.
func NewTrend(counts []WeekCount, now time.Time) Trend {
	running := monday(now)
	var t Trend
	t.Weeks = series(counts, running, "")
	for _, c := range counts {
		if !slices.ContainsFunc(t.Channels, func(ch ChannelTrend) bool { return ch.Name == c.Channel }) {
			t.Channels = append(t.Channels, ChannelTrend{Name: c.Channel})
		}
	}
	for i := range t.Channels {
		ch := &t.Channels[i]
		weeks := series(counts, running, ch.Name)
		ch.Sum, ch.Last = sum(weeks), weeks[TrendWeeks-2]
		ch.Sum.Channel = ch.Name
	}
	slices.SortFunc(t.Channels, func(a, b ChannelTrend) int {
		return cmp.Or(b.Sum.Decided-a.Sum.Decided, cmp.Compare(a.Name, b.Name))
	})
	if f, fell := fall(t.Weeks[:TrendWeeks-1], alarmLevel); fell {
		t.Falls = append(t.Falls, f)
	}
	for _, ch := range t.Channels {
		weeks := series(counts, running, ch.Name)[:TrendWeeks-1]
		// One level for all channels together: with more of them, each must be
		// further down.
		if f, fell := fall(weeks, alarmLevel/float64(len(t.Channels))); fell && len(t.Channels) > 1 {
			f.Channel = ch.Name
			t.Falls = append(t.Falls, f)
		}
	}
	return t
}

// series lays counts out over the weeks up to the running one; channel empty:
// all.
func series(counts []WeekCount, running time.Time, channel intake.Channel) []WeekCount {
	out := make([]WeekCount, TrendWeeks)
	for i := range out {
		out[i] = WeekCount{Monday: running.AddDate(0, 0, -7*(TrendWeeks-1-i)), Channel: channel}
		for _, c := range counts {
			if c.Monday.Equal(out[i].Monday) && (channel == "" || c.Channel == channel) {
				out[i].Decided += c.Decided
				out[i].LeafRight += c.LeafRight
			}
		}
	}
	return out
}

func sum(weeks []WeekCount) WeekCount {
	var s WeekCount
	for _, w := range weeks {
		s.Decided += w.Decided
		s.LeafRight += w.LeafRight
	}
	return s
}

const (
	// alarmLevel is how likely a false alarm may be in a week in which nothing
	// has changed: 1 %, one in two years.
	alarmLevel = 0.01
	// alarmLast and alarmBefore are the fewest decisions to judge by: below
	// them the normal approximation of the test does not hold.
	alarmLast   = 30
	alarmBefore = 100
)

// fall compares the last of some full weeks with the sum of those before it:
// a one-sided test of two proportions with pooled variance, for both sides are
// samples. Weeks differ by more than the binomial law allows even when the
// machine is the same (a storm, a new policy), so the variance is widened by
// how much the weeks before differed among themselves, never narrowed: the
// Pearson dispersion of a quasi-binomial model (McCullagh and Nelder,
// Generalized Linear Models, 4.5), as control charts for large samples do
// (Laney, Improved Control Charts for Attributes, Quality Engineering 14,
// 2002).
func fall(weeks []WeekCount, level float64) (Fall, bool) {
	last, before := weeks[len(weeks)-1], sum(weeks[:len(weeks)-1])
	f := Fall{Last: last, Before: before}
	if last.Decided < alarmLast || before.Decided < alarmBefore {
		return f, false
	}
	n, n0 := float64(last.Decided), float64(before.Decided)
	p, p0 := float64(last.LeafRight)/n, float64(before.LeafRight)/n0
	pooled := float64(last.LeafRight+before.LeafRight) / (n + n0)
	variance := pooled * (1 - pooled) * (1/n + 1/n0) * dispersion(weeks[:len(weeks)-1], p0)
	if variance == 0 {
		return f, false
	}
	bound := math.Sqrt2 * math.Erfinv(1-2*level)
	return f, (p0-p)/math.Sqrt(variance) > bound
}

// dispersion is the mean squared Pearson residual of the weeks around their
// common share, at least 1. Weeks with under alarmLast decisions say nothing.
func dispersion(weeks []WeekCount, share float64) float64 {
	squares, n := 0.0, 0.0
	for _, w := range weeks {
		if w.Decided < alarmLast || share <= 0 || share >= 1 {
			continue
		}
		d := float64(w.LeafRight) - share*float64(w.Decided)
		squares += d * d / (float64(w.Decided) * share * (1 - share))
		n++
	}
	if n < 4 { // of three weeks the estimate is worth nothing
		return 1
	}
	return max(squares/(n-1), 1)
}
