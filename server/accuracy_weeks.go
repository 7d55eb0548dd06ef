package server

import (
	"fmt"
	"time"

	"huying/classifier"
)

// trendView is the accuracy week by week, and what has become worse.
type trendView struct {
	Alarms   []string
	Weeks    []weekView
	Channels []channelView
	Any      bool
}

// weekView is one week's bar.
type weekView struct {
	rateView
	Running bool // not over yet
}

// channelView is one channel: the last full week beside all weeks.
type channelView struct {
	Name      string
	Sum, Last rateView
}

func newTrendView(t classifier.Trend) trendView {
	var v trendView
	for _, f := range t.Falls {
		v.Alarms = append(v.Alarms, fallSentence(f, t.Falls[0].Channel == ""))
	}
	for i, w := range t.Weeks {
		if v.Any = v.Any || w.Decided > 0; !v.Any {
			continue // before the first decision there is nothing to compare
		}
		v.Weeks = append(v.Weeks, weekView{
			rateView: newRate(weekName(w.Monday), w.LeafRight, w.Decided), Running: i == len(t.Weeks)-1,
		})
	}
	for _, c := range t.Channels {
		v.Channels = append(v.Channels, channelView{
			Name: c.Name.Label(), Sum: newRate("", c.Sum.LeafRight, c.Sum.Decided), Last: newRate("", c.Last.LeafRight, c.Last.Decided),
		})
	}
	return v
}

// weekName is a week by its Monday: 11月16日起.
func weekName(monday time.Time) string {
	m := shanghai(monday)
	return fmt.Sprintf("%d月%d日起", m.Month(), m.Day())
}

// fallSentence says what became worse, and what to do about it; of a channel
// only the figures when the whole has become worse too.
func fallSentence(f classifier.Fall, whole bool) string {
	now := fmt.Sprintf("%s（%d 件）", percent(f.Last.Share()), f.Last.Decided)
	before := fmt.Sprintf("此前各周合计 %s（%d 件）", percent(f.Before.Share()), f.Before.Decided)
	where := "首选事项的采用率"
	if f.Channel != "" {
		if whole {
			return fmt.Sprintf("其中%s：上周 %s，%s。", f.Channel.Label(), now, before)
		}
		where = f.Channel.Label() + "来件的首选采用率"
	}
	return fmt.Sprintf("上周（%s）%s是 %s，%s，下降超出偶然的范围。请看“最常被改的推荐”里最近多出了什么，必要时给相应事项补例子。",
		weekName(f.Last.Monday), where, now, before)
}
