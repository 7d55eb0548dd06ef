package casework

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"huying/internal/errs"
)

// Rating is what a citizen gives a closed case, by the link or to who calls, from 1 to 5 in each
// dimension; 0: not given.
type Rating struct {
	Speed, Manner, Result int
}

// MaxStars is the best of a dimension.
const MaxStars = 5

// stored gives the rating as it is kept, such as 5-4-3; empty for none.
func (r Rating) stored() string {
	if r == (Rating{}) {
		return ""
	}
	return fmt.Sprintf("%d-%d-%d", r.Speed, r.Manner, r.Result)
}

// ratingOf reads what stored gave.
func ratingOf(s string) (r Rating) {
	fmt.Sscanf(s, "%d-%d-%d", &r.Speed, &r.Manner, &r.Result) // nothing in an empty one
	return r
}

func (r Rating) valid() bool {
	for _, n := range []int{r.Speed, r.Manner, r.Result} {
		if n < 0 || n > MaxStars {
			return false
		}
	}
	return true
}

// Words say what was given; empty for none.
func (r Rating) Words() string {
	var out []string
	for _, d := range []struct {
		name  string
		stars int
	}{{"办理速度", r.Speed}, {"服务态度", r.Manner}, {"办理结果", r.Result}} {
		if d.stars > 0 {
			out = append(out, fmt.Sprintf("%s %d 分", d.name, d.stars))
		}
	}
	return strings.Join(out, "，")
}

// rated is the reason of Rate, Again and Insist: the answers, and the rating behind a
// bar.
func rated(a Answers, r Rating) string { return string(a.stored()) + "|" + r.stored() }

// Rated takes a reason of Rate, Again and Insist apart, and of what a callback
// led to, which has a rating only where one was given.
func Rated(reason string) (Callback, Rating) {
	answers, rating, _ := strings.Cut(reason, "|")
	return Callback(answers), ratingOf(rating)
}

// Appeal is where a unit's appeal against a callback stands; empty: there is
// none.
type Appeal string

// The states.
const (
	AppealWaits   Appeal = "waits"   // 待裁定
	AppealGranted Appeal = "granted" // 成立: the callback does not count
	AppealRefused Appeal = "refused" // 不成立
)

// appealable: what the citizen said counts against the unit, which appeals once.
func appealable(c Case, _ DeadlineRules, _ time.Time) error {
	a := c.Callback.Answers()
	counts, _ := c.Counts()
	switch {
	case c.Appeals > 0:
		return errs.New(errs.Conflict, "case.appealed")
	case !counts || a.Contacted && a.Solved && a.Satisfied:
		return errs.New(errs.Conflict, "case.no_appeal")
	}
	return nil
}

var appealed = unless("case.not_appealed", func(c Case, _ time.Time) bool { return c.Appeal != AppealWaits })

// Rate stores a citizen's answers to the three questions and the rating, by the
// link: not contacted or not solved, the case is handled again, as after a call.
func (s *Cases) Rate(ctx context.Context, receipt string, a Answers, r Rating, words string) error {
	words = strings.TrimSpace(words)
	switch {
	case !r.valid():
		return errs.New(errs.Invalid, "rating.stars", MaxStars).In("rating")
	case len([]rune(words)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "想说的话", MaxTextRunes).In("text")
	}
	d, err := s.goesOn(ctx, receipt)
	if err != nil {
		return err
	}
	masked, _ := s.mask(words)
	at := s.now()
	_, err = s.store.Move(ctx, d.ID, AnySeen, func(c Case, subject Subject) (Step, error) {
		move := Rate
		switch follows, _ := c.heard(a, s.planner.Rules()); follows {
		case Reopen:
			move = Again
		case Supervise:
			move = Insist
		}
		return s.planner.Plan(c, subject, Event{At: at, Move: move, Reason: rated(a, r), Text: masked}, time.Time{})
	})
	return err
}

// replyForm is three answers of yes (1) or no (2), in the order of the questions.
var replyForm = regexp.MustCompile(`^[12]{3}$`)

// ParseReply reads a citizen's answer by SMS: three digits, 1 for yes and 2 for
// no, one for each question; a single 1 says yes to all. False for anything
// else: a person reads it.
func ParseReply(text string) (Answers, bool) {
	plain := strings.NewReplacer(
		"１", "1", "２", "2", "是", "1", "否", "2", " ", "", "　", "", "，", "", ",", "", "。", "", ".", "", "、", "", "-", "",
	).Replace(strings.TrimSpace(text))
	if plain == "1" {
		plain = "111"
	}
	if !replyForm.MatchString(plain) {
		return Answers{}, false
	}
	return Answers{Reached: true, Contacted: plain[0] == '1', Solved: plain[1] == '1', Satisfied: plain[2] == '1'}, true
}
