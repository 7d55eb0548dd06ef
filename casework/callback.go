package casework

import (
	"slices"
	"strings"

	"huying/internal/workday"
)

// OrderState is where an order (督办单) stands; empty: there is none, or it was
// struck off.
type OrderState string

// The states.
const (
	OrderWaits    OrderState = "waits"    // 待反馈
	OrderAnswered OrderState = "answered" // 已反馈，待销号
)

// OrderResult is what an order that is struck off (销号) has brought.
type OrderResult string

// The results.
const (
	WithEffect OrderResult = ""          // 有效果
	InVain     OrderResult = "fruitless" // 没有效果: it counts towards accountability
)

// MaxFruitless is how many orders without effect put a case on the
// accountability list (问责名单).
const MaxFruitless = 2

// superviseSpan is how long the unit has for feedback on an order that follows
// from a case that was not solved again and again.
var superviseSpan = workday.Span{N: 3, Unit: workday.WorkingDays}

// orderedAnew is a case with one order more. One that waits goes on with new
// words and date; one whose feedback is not accepted had no effect.
func (c Case) orderedAnew() Case {
	if c.Ordered == OrderAnswered {
		c = c.inVain()
	}
	if c.Ordered != OrderWaits {
		c.Orders++
		c.OrderVain = false
	}
	c.Ordered = OrderWaits
	return c
}

// inVain counts the last order among those without effect, once.
func (c Case) inVain() Case {
	if !c.OrderVain {
		c.OrderVain = true
		c.Fruitless++
	}
	return c
}

// Explaining is where the explanation of a lawful refusal stands, with which the
// citizen is dissatisfied; empty: there is none to give.
type Explaining string

// The states.
const (
	ToExplain Explaining = "waits" // 待说明
	Explained Explaining = "done"  // 已说明
)

// toBeExplained gives where the explanation stands after what the citizen said.
func (c Case) toBeExplained() Explaining {
	if a := c.Callback.Answers(); c.Ending == Lawful && a.Reached && !a.Satisfied {
		return ToExplain
	}
	return ""
}

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
// demand was lawfully refused, which is explained. What was handled again too
// often goes on under an order, which the supervisor follows.
func (c Case) heard(a Answers, rules DeadlineRules) (Move, string) {
	said := string(a.stored())
	switch again := !a.Contacted || !a.Solved && c.Ending != Lawful; {
	case !a.Reached:
		return CallFailed, ""
	case again && c.Reopened >= rules.Reopened:
		return Supervise, said
	case again:
		return Reopen, said
	}
	return CallBack, said
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
