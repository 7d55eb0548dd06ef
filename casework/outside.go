package casework

import (
	"slices"
	"time"

	"huying/internal/errs"
)

// Platform is another service that has the same matter under a number of its
// own, mostly one above this.
type Platform string

// The platforms.
const (
	Nation   Platform = "nation"   // 国家平台
	Province Platform = "province" // 省平台
	Mayor    Platform = "mayor"    // 市长信箱
	Police   Platform = "police"   // 110
	Another  Platform = "other"    // 其他平台
)

// Platforms lists all, in the order in which they are offered.
func Platforms() []Platform { return []Platform{Nation, Province, Mayor, Police, Another} }

// Label is the platform's name on screen.
func (p Platform) Label() string {
	return map[Platform]string{Nation: "国家平台", Province: "省平台", Mayor: "市长信箱", Police: "110", Another: "其他平台"}[p]
}

// Outside is the number that another platform has for the case, and by when
// that platform wants it answered. The number stays when the platform has
// nothing to do with the case any more: whoever asks there names it.
type Outside struct {
	Platform Platform  `json:"platform"`
	Number   string    `json:"number"`
	Since    time.Time `json:"since"`        // noted
	Due      time.Time `json:"due,omitzero"` // by the platform's own clock, which nothing here stops; zero: it named none
}

// MaxOutside is how many numbers a case may have.
const MaxOutside = 8

// linked is a case after a number was noted, taken away, or 110 got it. The
// same number of the same platform again takes the place of the first.
func (c Case) linked(e Event) Case {
	o := Outside{Platform: Platform(e.Reason), Number: e.Text, Since: e.At.UTC(), Due: e.Due.Outside}
	if e.Move == ToPolice {
		o.Platform, o.Number, o.Due = Police, e.Reason, time.Time{}
	}
	rest := slices.DeleteFunc(slices.Clone(c.Outside), func(k Outside) bool { return k.Platform == o.Platform && k.Number == o.Number })
	if e.Move != Unlink {
		rest = append(rest, o)
	}
	if c.Outside = rest; len(rest) == 0 {
		c.Outside = nil
	}
	return c
}

// outsideMarks remind of what other platforms want. Their clocks go on whatever
// stands still here.
func (c Case) outsideMarks(rules DeadlineRules) []Mark {
	var out []Mark
	for _, o := range c.Outside {
		if !o.Due.IsZero() {
			near := o.Since.Add(time.Duration(float64(rules.Soon) / 100 * float64(o.Due.Sub(o.Since)))).Truncate(time.Microsecond)
			out = append(out, Mark{MarkOutsideSoon, near}, Mark{MarkOutside, o.Due})
		}
	}
	return out
}

// OutsideDue is what another platform wants first of an open case; false when
// none has named a time.
func (c Case) OutsideDue() (Outside, bool) {
	var first Outside
	for _, o := range c.Outside {
		if !o.Due.IsZero() && (first.Due.IsZero() || o.Due.Before(first.Due)) {
			first = o
		}
	}
	return first, !first.Due.IsZero() && c.State.Open()
}

var mayLink = unless("case.outside_many", func(c Case, _ time.Time) bool { return len(c.Outside) >= MaxOutside }, MaxOutside)

// checkOutside checks a number of another platform.
func (cmd Command) checkOutside(now time.Time, bad func(field string, code errs.Code, args ...any)) {
	if Platform(cmd.Reason).Label() == "" {
		bad("reason", "field.required", "平台")
	}
	switch n := len([]rune(cmd.Text)); {
	case n == 0:
		bad("number", "field.required", "平台的编号")
	case n > maxForeignRunes:
		bad("number", "field.too_long", "平台的编号", maxForeignRunes)
	}
	if cmd.Move == Link && !cmd.Until.IsZero() && !cmd.Until.After(now) {
		bad("until", "case.outside_until")
	}
}
