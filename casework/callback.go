package casework

import (
	"slices"
	"strings"
)

// OrderState is where an order (督办单) stands; empty: there is none, or it was
// struck off.
type OrderState string

// The states.
const (
	OrderWaits    OrderState = "waits"    // 待反馈
	OrderAnswered OrderState = "answered" // 已反馈，待销号
)

// Label is the state's name on screen.
func (o OrderState) Label() string {
	return map[OrderState]string{OrderWaits: "督办待反馈", OrderAnswered: "督办已反馈，待销号"}[o]
}

// Answers are what a citizen says to the three questions of a callback.
type Answers struct {
	Reached   bool // somebody answered the call
	Contacted bool // did anyone contact you?
	Solved    bool // is it solved?
	Satisfied bool // are you satisfied?
}

// Callback is what a citizen said, as it is stored: the questions answered
// with yes, joined by +; "none" for no to all.
type Callback string

// stored gives the answers as a Callback.
func (a Answers) stored() Callback {
	var yes []string
	for _, q := range []struct {
		name string
		yes  bool
	}{{"contacted", a.Contacted}, {"solved", a.Solved}, {"satisfied", a.Satisfied}} {
		if q.yes {
			yes = append(yes, q.name)
		}
	}
	if len(yes) == 0 {
		return "none"
	}
	return Callback(strings.Join(yes, "+"))
}

// Answers are the answers that a Callback stands for.
func (c Callback) Answers() Answers {
	yes := strings.Split(string(c), "+")
	return Answers{
		Reached:   c != "",
		Contacted: slices.Contains(yes, "contacted"), Solved: slices.Contains(yes, "solved"), Satisfied: slices.Contains(yes, "satisfied"),
	}
}

// Words say what the citizen answered.
func (c Callback) Words() string {
	a := c.Answers()
	if !a.Reached {
		return ""
	}
	said := func(yes bool, words, not string) string {
		if yes {
			return words
		}
		return not
	}
	return said(a.Contacted, "有人联系", "没有人联系") + "，" + said(a.Solved, "已解决", "没有解决") + "，" + said(a.Satisfied, "满意", "不满意")
}

// heard gives what follows from a callback. Nobody answered: it is tried again.
// Not contacted: handled again at once. Not solved: handled again, unless the
// demand was lawfully refused, which is explained, or it was handled again too
// often, which is the supervisor's.
func (d Docket) heard(a Answers, rules DeadlineRules) (Move, string) {
	switch {
	case !a.Reached:
		return CallFailed, ""
	case d.Reopened < rules.Reopened && (!a.Contacted || !a.Solved && d.Ending != Lawful):
		return Reopen, string(a.stored())
	}
	return CallBack, string(a.stored())
}

// Counts tells whether a closed case counts in the three rates (response,
// solution, satisfaction), and why.
func (c Case) Counts() (counts bool, why string) {
	switch {
	case c.State != Closed:
		return false, ""
	case c.Ending == TakenBack:
		return false, "诉求人撤回，不计入三率"
	case c.Calls >= MaxCalls && c.Callback == "":
		return false, "三次未接通，不计入三率"
	case c.Callback == "":
		return false, "还没有回访，暂不计入三率"
	case c.Appeal == AppealGranted:
		return false, "单位申诉成立，不计入三率"
	case c.Ending == Lawful:
		return false, "依法不能满足并已解释，只计入响应率"
	}
	return true, "计入三率"
}
