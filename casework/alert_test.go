package casework

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// TestWhoIsToldOfWhat goes through the addresses of steps, by level.
func TestWhoIsToldOfWhat(t *testing.T) {
	waiting := filed(t, usual, monday).Case
	handling := with(waiting, func(c *Case) { c.State, c.Handler = Handling, "zhang" })
	below := with(handling, func(c *Case) { c.Hands = []Handed{{Unit: "u7", Worker: "grid", Due: monday.AddDate(0, 0, 3)}} })
	closed := with(waiting, func(c *Case) {
		c.State, c.Ending, c.Handler, c.Due.Object = Closed, Lawful, "zhang", monday.AddDate(0, 1, 0)
	})
	handler := Address{Level: ToHandler, Unit: "u1", Account: "zhang"}
	late := func(k MarkKind) Event { return Event{Move: k.move(), Reason: string(k)} }
	for _, tt := range []struct {
		name string
		c    Case
		e    Event
		kind AlertKind
		want []Address
	}{
		{"soon late, nobody has it in person", waiting, late(MarkSoon), AlertKind(MarkSoon), []Address{{Level: ToHandler, Unit: "u1"}}},
		{"late: the handler", handling, late(MarkLate), AlertKind(MarkLate), []Address{handler}},
		{"still late: the heads", handling, late(MarkLateHead), AlertKind(MarkLateHead), []Address{{Level: ToHead, Unit: "u1"}, {Level: ToAbove, Unit: "u1", Up: 1}}},
		{"still late: the supervisors", handling, late(MarkLateBoss), AlertKind(MarkLateBoss), []Address{{Level: ToSupervisor, Unit: "u1"}, {Level: ToAbove, Unit: "u1", Up: 2}}},
		{"still late: the leaders", handling, late(MarkLateTop), AlertKind(MarkLateTop), []Address{{Level: ToLeader, Unit: "u1"}, {Level: ToAbove, Unit: "u1", Up: 3}}},
		{"nobody accepts it: heads", waiting, late(MarkUntaken), AlertKind(MarkUntaken), []Address{{Level: ToHead, Unit: "u1"}, {Level: ToAbove, Unit: "u1", Up: 1}}},
		{"nobody accepts it: supervisors", waiting, late(MarkUntakenTop), AlertKind(MarkUntakenTop), []Address{{Level: ToSupervisor, Unit: "u1"}, {Level: ToAbove, Unit: "u1", Up: 2}}},
		{"handed down: who has it there", below, late(MarkHalf), AlertKind(MarkHalf), []Address{{Level: ToHandler, Unit: "u7", Account: "grid"}}},
		{"not reported in time: both", below, late(MarkHand), AlertKind(MarkHand), []Address{{Level: ToHandler, Unit: "u7", Account: "grid"}, handler}},
		{"chased by the citizen: handler and supervisor", handling, Event{Move: Chase}, AlertKind(Chase), []Address{handler, {Level: ToSupervisor, Unit: "u1"}}},
		{"given to somebody", waiting, Event{Move: Give, Reason: "li"}, AlertKind(Give), []Address{{Level: ToHandler, Unit: "u1", Account: "li"}}},
		{"given back", handling, Event{Move: Give}, AlertKind(Give), nil},
		{"sent back", with(handling, func(c *Case) { c.State = Checking }), Event{Move: SendBack}, AlertKind(SendBack), []Address{handler}},
		{"an order", handling, Event{Move: Order}, AlertKind(Order), []Address{handler, {Level: ToHead, Unit: "u1"}}},
		{"a leader's, owed by a co-unit", handling, Event{Move: Instruct, Reason: "u9"}, AlertKind(Instruct), []Address{{Level: ToHandler, Unit: "u9"}, {Level: ToHead, Unit: "u9"}}},
		{"dissatisfied with a lawful refusal", closed, Event{Move: CallBack, Reason: "contacted+solved"}, AlertKind(CallBack), []Address{handler}},
		{"content with it", closed, Event{Move: CallBack, Reason: "contacted+satisfied"}, AlertKind(CallBack), nil},
		{"accepting is no news", waiting, Event{Move: Accept}, AlertKind(Accept), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.e.At = monday.Add(time.Hour)
			step, err := planner.Plan(tt.c, usual, tt.e, monday.AddDate(0, 0, 5))
			if err != nil {
				t.Fatal(err)
			}
			kind, got := step.Alerts()
			if kind != tt.kind || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s to %+v, want %s to %+v", kind, got, tt.kind, tt.want)
			}
		})
	}
	if _, to := filed(t, usual, monday).Alerts(); len(to) != 1 || to[0].Level != ToUnit || to[0].Unit != "u1" {
		t.Errorf("a new case goes to %+v", to)
	}
	for _, r := range Rules {
		if len(r.Alerts) > 0 && AlertKind(r.Move).Words() == "" {
			t.Errorf("no words for what %s tells", r.Move)
		}
	}
}

// TestACaseIsChasedUpTheLevels follows one case that nobody touches.
func TestACaseIsChasedUpTheLevels(t *testing.T) {
	c := with(filed(t, usual, monday).Case, func(c *Case) { c.State = Handling })
	var levels []Level
	for _, kind := range []MarkKind{MarkHalf, MarkSoon, MarkLate, MarkLateHead, MarkLateBoss, MarkLateTop} {
		step, means := planner.Strike(c, usual, Mark{Kind: kind}, monday.AddDate(0, 1, 0))
		if !means {
			t.Fatalf("%s means nothing", kind)
		}
		c = step.Case
		levels = append(levels, c.Chasing)
	}
	if want := []Level{"", "", ToHandler, ToHead, ToSupervisor, ToLeader}; !reflect.DeepEqual(levels, want) {
		t.Errorf("chased up to %v, want %v", levels, want)
	}
	late := map[MarkKind]time.Time{}
	for _, m := range c.Marks(usual, planner.cal, UsualRules()) {
		late[m.Kind] = m.At
	}
	if !late[MarkLate].Before(late[MarkLateHead]) || !late[MarkLateHead].Before(late[MarkLateBoss]) || !late[MarkLateBoss].Before(late[MarkLateTop]) {
		t.Errorf("marks %v", late)
	}
	if other := c.After(Event{Move: Redirect, To: Waiting, Unit: "u2"}); other.Chasing != "" || other.Handler != "" {
		t.Errorf("with another unit it is chased up to %q", other.Chasing)
	}
}

// TestTheThirdTimeIsAnOrder: what was handled again twice and is not solved goes
// on under an order, by call and by the link; and after three failed calls the
// link is still open.
func TestTheThirdTimeIsAnOrder(t *testing.T) {
	missed := Case{ID: "c", State: Closed, Unit: "u1", Ending: Solved, Reopened: UsualRules().Reopened, Calls: MaxCalls}
	if err := planner.Allowed(missed, CallBack, monday); errs.CodeOf(err) != "case.called" {
		t.Errorf("a fourth call: %v", err)
	}
	no := Answers{Reached: true, Contacted: true}
	step, err := planner.Plan(missed, usual, Event{At: monday, Move: Insist, Reason: rated(no, Rating{Speed: 2})}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	c := step.Case
	if c.State != Handling || c.Ordered != OrderWaits || c.Orders != 1 || !c.Supervised || c.Reopened != UsualRules().Reopened || !c.Due.Order.After(monday) {
		t.Errorf("it goes on as %+v", c)
	}
	if err := planner.Allowed(Case{State: Closed, Ending: Solved, Calls: MaxCalls}, Rate, monday); err != nil {
		t.Errorf("rated after three failed calls: %v", err)
	}
	if counts, _ := (Case{State: Closed, Ending: Solved, Calls: MaxCalls, Callback: "solved"}).Counts(); !counts {
		t.Error("what was said by the link after three failed calls does not count")
	}
	early := with(missed, func(c *Case) { c.Reopened, c.Calls = 1, 0 })
	if err := planner.Allowed(early, Supervise, monday); errs.CodeOf(err) != "case.not_reopened" {
		t.Errorf("before it was handled again twice: %v", err)
	}
}

// TestOrdersWithoutEffect: overdue, struck off as such, or ordered again because
// the feedback is not accepted, each order once; two put a case on the list, where
// it stays.
func TestOrdersWithoutEffect(t *testing.T) {
	c := with(filed(t, usual, monday).Case, func(c *Case) { c.State = Handling })
	at := monday
	do := func(e Event) {
		t.Helper()
		at = at.Add(time.Hour)
		e.At = at
		step, err := planner.Plan(c, usual, e, at.AddDate(0, 0, 3))
		if err != nil {
			t.Fatal(err)
		}
		c = step.Case
	}
	do(Event{Move: Order})
	do(Event{Move: Late, Reason: string(MarkOrder)})
	do(Event{Move: Feedback})
	do(Event{Move: StrikeOff, Reason: string(InVain)})
	if c.Fruitless != 1 || !c.Due.Blamed.IsZero() {
		t.Fatalf("one order, overdue and without effect: %d", c.Fruitless)
	}
	do(Event{Move: Order})
	do(Event{Move: Feedback})
	do(Event{Move: StrikeOff})
	if c.Fruitless != 1 {
		t.Fatalf("an order with effect counts: %d", c.Fruitless)
	}
	do(Event{Move: Order})
	do(Event{Move: Feedback})
	do(Event{Move: Order})
	if c.Fruitless != 2 || !c.Due.Blamed.Equal(at) || c.Orders != 4 {
		t.Fatalf("ordered again: %d of %d, since %v", c.Fruitless, c.Orders, c.Due.Blamed)
	}
	since := c.Due.Blamed
	do(Event{Move: Propose})
	do(Event{Move: Close, Reason: string(Solved)})
	if c.Fruitless != 2 || !c.Due.Blamed.Equal(since) {
		t.Errorf("closed, it is off the list: %+v", c.Due)
	}
}

// TestOneLetterTellsOfMany: a single alert is told as it is, many are summed up.
func TestOneLetterTellsOfMany(t *testing.T) {
	one := Alert{ID: 7, To: "a", Kind: AlertKind(MarkSoon), Number: "990101-20261123-0001"}
	n, err := letterOf([]Alert{one}, monday)
	if err != nil || n.Text != "工单 990101-20261123-0001：即将超期。请登录呼应查看。" || n.Effect != "alerts:a:7" || n.Urgent || n.Account != "a" {
		t.Errorf("one: %+v, %v", n, err)
	}
	var many []Alert
	for i, kind := range []AlertKind{AlertKind(File), AlertKind(MarkLate), AlertKind(MarkLate), AlertKind(Chase), AlertKind(Urge), AlertKind(MarkLate)} {
		many = append(many, Alert{ID: AlertID(i + 8), To: "a", Kind: kind, Urgent: i == 3})
	}
	n, err = letterOf(many, monday)
	if err != nil || n.Text != "您有 6 条新提醒：已超期，催办经办人 3 件；新派单，请签收 1 件；诉求人催单 1 件等。请登录呼应查看。" || !n.Urgent || n.Effect != "alerts:a:13" {
		t.Errorf("many: %+v, %v", n, err)
	}
	if _, err := letterOf(nil, monday); errs.KindOf(err) != errs.Internal {
		t.Errorf("of nothing: %v", err)
	}
}

// TestALetterToTheStaffGoesByTheirMeans: it needs no citizen's contact, and what
// the means that is set cannot reach is not sent.
func TestALetterToTheStaffGoesByTheirMeans(t *testing.T) {
	for _, tt := range []struct {
		means string
		reach Reach
		want  Letter // zero: not sent
	}{
		{"sms", Reach{Mobile: "13800000021", Mail: "a@b.cn"}, Letter{Phone: "13800000021", Mail: "a@b.cn"}},
		{"sms", Reach{Mail: "a@b.cn"}, Letter{}},
		{"smtp", Reach{Mail: "a@b.cn"}, Letter{Mail: "a@b.cn"}},
		{"smtp", Reach{Mobile: "13800000021"}, Letter{}},
		{"wecom", Reach{WeCom: "zhang"}, Letter{WeCom: "zhang"}},
		{"wecom", Reach{Mail: "a@b.cn"}, Letter{}},
		{"webhook", Reach{Mail: "a@b.cn"}, Letter{Mail: "a@b.cn"}},
		{"webhook", Reach{Supervises: true}, Letter{}},
	} {
		p := newPostbox()
		p.means, p.reach = tt.means, tt.reach
		n, err := letterOf([]Alert{{ID: 1, To: id.New[org.AccountID](), Kind: AlertKind(MarkSoon), Number: "1"}}, ten)
		if err != nil {
			t.Fatal(err)
		}
		p.rows = append(p.rows, &n)
		p.run(t, p.outbox(OutboxOptions{Link: "https://x/{code}", Replies: true}), ten)
		if tt.want == (Letter{}) {
			if len(p.got) != 0 || p.rows[0].State != NotificationVoid || !strings.Contains(p.rows[0].Failure, "联系方式") {
				t.Errorf("%s to %+v: %+v, %+v", tt.means, tt.reach, p.got, *p.rows[0])
			}
			continue
		}
		if len(p.got) != 1 || p.opened != 0 || p.got[0].Phone != tt.want.Phone || p.got[0].Mail != tt.want.Mail || p.got[0].WeCom != tt.want.WeCom || strings.Contains(p.got[0].Text, "https") {
			t.Errorf("%s to %+v: %+v, %d contacts opened", tt.means, tt.reach, p.got, p.opened)
		}
	}
}

// TestMeansAreChecked names each one that cannot be right.
func TestMeansAreChecked(t *testing.T) {
	got, err := Reach{Mobile: " 138-0000-0021 ", Mail: "li@example.gov.cn", WeCom: "li.ming", Supervises: true}.tidied()
	if err != nil || got != (Reach{Mobile: "13800000021", Mail: "li@example.gov.cn", WeCom: "li.ming", Supervises: true}) {
		t.Errorf("tidied %+v, %v", got, err)
	}
	_, err = Reach{Mobile: "0571-88880000", Mail: "李 <li@example.gov.cn>", WeCom: "李明"}.tidied()
	var faults errs.List
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("faults %v", err)
	}
}
