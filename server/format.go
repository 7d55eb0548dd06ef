package server

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shanghai turns a time into China's: one zone, and no summer time since 1991.
func shanghai(t time.Time) time.Time { return t.In(time.FixedZone("Asia/Shanghai", 8*60*60)) }

// weekdays by time.Weekday.
var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// moment is a time as people here read it: 11月23日 周一 09:30, with the year
// in front when it is another than now's.
func (s *Server) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := shanghai(t)
	m := fmt.Sprintf("%d月%d日 %s %s", local.Month(), local.Day(), weekdays[local.Weekday()], local.Format("15:04"))
	if local.Year() != shanghai(s.o.Now()).Year() {
		m = fmt.Sprintf("%d年%s", local.Year(), m)
	}
	return m
}

// day is a date with its year: 2027年6月30日.
func (s *Server) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := shanghai(t)
	return fmt.Sprintf("%d年%d月%d日", local.Year(), local.Month(), local.Day())
}

// heading is a day as the head of a group in a list: 今天, 昨天, 11月21日 周六.
func (s *Server) heading(t time.Time) string {
	local, today := shanghai(t), shanghai(s.o.Now())
	switch dayNumber(today) - dayNumber(local) {
	case 0:
		return "今天"
	case 1:
		return "昨天"
	}
	h := fmt.Sprintf("%d月%d日 %s", local.Month(), local.Day(), weekdays[local.Weekday()])
	if local.Year() != today.Year() {
		h = fmt.Sprintf("%d年%s", local.Year(), h)
	}
	return h
}

// dayNumber counts days, in the zone of t.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// clock is the time of day: 09:30.
func clock(t time.Time) string { return shanghai(t).Format("15:04") }

// percent is a probability as a whole per cent. What is neither certain nor
// impossible is never shown as if it were.
func percent(p float64) string {
	n := int(math.Round(p * 100))
	switch {
	case p > 0 && n == 0:
		return "<1%"
	case p < 1 && n == 100:
		return ">99%"
	}
	return fmt.Sprintf("%d%%", n)
}

// lines splits a text into its paragraphs.
func lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// segment is a piece of a text, marked when it speaks for the suggestion, and
// with the facts that it is said in.
type segment struct {
	Text   string
	Marked bool
	Facts  []int // by number, from 1
	Piece  int   // of all pieces with facts on the page, from 1; 0: it has none
}

// span is a part of a text in runes, from start up to but without end.
type span struct {
	start, end int
	fact       int // 0: it speaks for the suggestion
}

// segments cuts text, whose first rune has position offset, at the borders of
// spans. Spans may overlap, be out of order or lie outside.
func segments(text string, offset int, spans []span) []segment {
	runes := []rune(text)
	marked, facts := make([]bool, len(runes)), make([][]int, len(runes))
	for _, sp := range spans {
		for i := max(sp.start-offset, 0); i < min(sp.end-offset, len(runes)); i++ {
			if sp.fact == 0 {
				marked[i] = true
			} else {
				facts[i] = append(facts[i], sp.fact)
			}
		}
	}
	var out []segment
	for from := 0; from < len(runes); {
		to := from + 1
		for to < len(runes) && marked[to] == marked[from] && slices.Equal(facts[to], facts[from]) {
			to++
		}
		out = append(out, segment{Text: string(runes[from:to]), Marked: marked[from], Facts: facts[from]})
		from = to
	}
	return out
}

// daysLeft says in words how long there is: 还剩 5 天, 今天到期, 超期 2 天.
func daysLeft(days float64) string {
	switch {
	case days <= -1:
		return "超期 " + strconv.Itoa(int(-days)) + " 天"
	case days < 0:
		return "刚超期"
	case days < 1:
		return "不到 1 天"
	}
	return "还剩 " + strconv.Itoa(int(days)) + " 天"
}
