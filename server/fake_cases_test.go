package server

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/workday"
)

// fakeCase is a case with its history.
type fakeCase struct {
	casework.Docket
	history []casework.Event
	asks    []casework.ContactRequest
}

// fakeCases keeps cases in memory by the rules of the store that pages rely on.
type fakeCases struct{ *fake }

var casePlanner = casework.NewPlanner(workday.New(workday.Published(), nil))

func (f *fake) casework(desk *classifier.Desk) *casework.Cases {
	f.cases, f.agreed = map[casework.CaseID]*fakeCase{}, map[classifier.DecisionID]org.AccountID{}
	f.answering = answering{cuts: map[intake.MatterID]casework.CaseID{}, summons: map[casework.SummonsID]*fakeSummons{}, places: map[intake.MatterID]string{}, templates: map[classifier.CategoryID]casework.Template{}, heads: map[org.UnitID][]org.AccountID{}}
	f.alerts = fakeInbox{deputies: map[org.UnitID][]org.AccountID{}, reach: map[org.AccountID]casework.Reach{}}
	f.contests = map[classifier.DecisionID]casework.Refusal{}
	return casework.NewCases(fakeCases{f}, casePlanner, fakeDecider{f, desk}, maskOne, f.clock)
}

// maskOne knows one number.
func maskOne(s string) (string, []string) {
	if !strings.Contains(s, "13812340021") {
		return s, nil
	}
	return strings.ReplaceAll(s, "13812340021", "〔电话〕"), []string{"13812340021"}
}

// fakeDecider decides, and lets the case follow as the store does.
type fakeDecider struct {
	*fake
	desk *classifier.Desk
}

func (f fakeDecider) Decide(ctx context.Context, actor org.Actor, d classifier.Decision, key string) (classifier.Decision, error) {
	d, err := f.desk.Decide(ctx, actor, d, key)
	if err == nil {
		f.follow(d)
	}
	return d, err
}

// follow lets a case follow from a decision.
func (f *fake) follow(d classifier.Decision) casework.CaseID {
	c := &fakeCase{}
	for _, known := range f.cases {
		if known.Matter == d.Matter {
			c = known
		}
	}
	file := f.files[d.Matter]
	c.Subject = casework.Subject{Type: d.Type, Urgency: d.Urgency}
	if c.First == "" {
		c.First = d.By
	}
	step, follows, err := casePlanner.Follow(c.Case, c.Subject, d)
	if err != nil || !follows {
		return c.ID
	}
	c.Case = step.Case
	if c.Number == "" {
		n := len(f.cases) + 1
		c.Number, c.Receipt = fmt.Sprintf("990101-20261123-%04d", n), fmt.Sprintf("ABCDEFGH2%d", n+2)
	}
	c.Matter = d.Matter
	c.Category, c.CoUnits, c.Channel = d.Category, d.Co, file.Message.Channel
	c.Title, c.Text, c.Area, c.Place = file.Matter.Title, file.Matter.Text, file.Message.Area, file.Message.Place
	step.Event.ByName = f.nameOf(d.By)
	c.Asker, c.Above = f.nameOf(c.First), f.nameOf(c.Superior)
	f.ruled(d, c.Number)
	c.history = append(c.history, step.Event)
	f.cases[c.ID] = c
	f.tell(step)
	return c.ID
}

func (f fakeCases) Docket(_ context.Context, k casework.Key) (casework.Docket, error) {
	leave, err := f.enter()
	defer leave()
	for _, c := range f.cases {
		if err == nil && (c.ID == k.ID || c.Receipt == k.Receipt || c.Matter == k.Matter || c.Number == k.Number) {
			return c.Docket, nil
		}
	}
	return casework.Docket{}, cmp.Or(err, error(errs.New(errs.NotFound, "case.not_found")))
}

func (f fakeCases) CaseFile(ctx context.Context, id casework.CaseID) (casework.Docket, []casework.Event, error) {
	d, err := f.Docket(ctx, casework.Key{ID: id})
	if err != nil {
		return d, nil, err
	}
	return d, slices.Clone(f.cases[id].history), nil
}

func (f fakeCases) History(ctx context.Context, id casework.CaseID) ([]casework.Event, error) {
	_, history, err := f.CaseFile(ctx, id)
	return history, err
}

func (f fakeCases) Act(ctx context.Context, id casework.CaseID, plan func(casework.Docket) (casework.Step, error)) (casework.Docket, error) {
	d, err := f.Docket(ctx, casework.Key{ID: id})
	if err != nil {
		return d, err
	}
	step, err := plan(d)
	if err == nil {
		d.Case, err = f.Move(ctx, id, d.Version, func(casework.Case, casework.Subject) (casework.Step, error) { return step, nil })
	}
	return d, err
}

func (f fakeCases) Dockets(_ context.Context, q casework.Filter) ([]casework.Docket, map[casework.Show]int, error) {
	leave, err := f.enter()
	defer leave()
	counts := map[casework.Show]int{}
	var out []casework.Docket
	for _, c := range f.cases {
		shows := []casework.Show{casework.Show(c.State), casework.ShowAll}
		if q.Of != "" && !slices.Contains(c.Team, q.Of) {
			continue
		}
		if q.Unit != "" && q.Unit != c.Unit {
			task, _ := c.TaskOf(q.Unit)
			switch {
			case c.Disputed() && (slices.Contains(c.ReturnedBy, q.Unit) || slices.Contains(c.Invited, q.Unit)):
				shows = []casework.Show{casework.ShowDisputed}
			case c.Holder() == q.Unit:
				shows = []casework.Show{casework.ShowBelow}
			case task.State.Open() && task.Due.Before(q.Now):
				shows = []casework.Show{casework.ShowTasks, casework.ShowTaskLate}
			case task.State.Open():
				shows = []casework.Show{casework.ShowTasks}
			default:
				continue
			}
		}
		if c.State.Open() {
			shows = append(shows, casework.ShowOpen)
		}
		if c.Flagged || c.Ordered != "" {
			shows = append(shows, casework.ShowKey)
		}
		if c.State.Open() && slices.Contains(q.People, c.Handler) {
			shows = append(shows, casework.ShowMine)
		}
		if c.State.Open() && slices.Contains(q.People, c.First) {
			shows = append(shows, casework.ShowFirst)
		}
		if c.Explaining == casework.ToExplain {
			shows = append(shows, casework.ShowExplain)
		}
		if c.Asked > 0 {
			shows = append(shows, casework.ShowAsked)
		}
		for _, show := range shows {
			counts[show]++
		}
		if slices.Contains(shows, q.Show) && matches(q.Search, c.Docket) && (q.Handler == "" || q.Handler == c.Handler) {
			out = append(out, c.Docket)
		}
	}
	return out, counts, err
}

func (f fakeCases) Move(_ context.Context, id casework.CaseID, seen int, plan casework.Plan) (casework.Case, error) {
	leave, err := f.enter()
	defer leave()
	c := f.cases[id]
	if err != nil {
		return casework.Case{}, err
	}
	if seen != casework.AnySeen && seen != c.Version {
		return casework.Case{}, errs.New(errs.Conflict, "case.moved")
	}
	step, err := plan(c.Case, c.Subject)
	if err != nil {
		return casework.Case{}, err
	}
	c.Case = keepNumber(c.Case, step.Case)
	c.Team = f.team(c.Group)
	if step.Return != nil {
		f.learned.returns = append(f.learned.returns, *step.Return)
	}
	step.Event.ByName = f.nameOf(step.Event.By)
	c.history = append(c.history, step.Event)
	c.Has, c.Asker, c.Above = f.nameOf(c.Handler), f.nameOf(c.First), f.nameOf(c.Superior)
	f.tell(step)
	return c.Case, nil
}

func (f fakeCases) Merge(_ context.Context, from casework.CaseID, _ int, into casework.CaseID, plan casework.MergePlan) error {
	leave, err := f.enter()
	defer leave()
	a, b := f.cases[from], f.cases[into]
	merge, join, failed := plan(a.Case, b.Case, a.Subject, b.Subject)
	if err != nil || failed != nil {
		return cmp.Or(err, failed)
	}
	for c, step := range map[*fakeCase]casework.Step{a: merge, b: join} {
		c.Case = keepNumber(c.Case, step.Case)
		c.history = append(c.history, step.Event)
	}
	return nil
}

func (f fakeCases) Alike(_ context.Context, c casework.Case, _ int) ([]casework.Docket, error) {
	var out []casework.Docket
	for _, other := range f.cases {
		if other.ID != c.ID && other.Unit == c.Unit && other.State.Open() && !other.Due.FiledAt.After(c.Due.FiledAt) {
			out = append(out, other.Docket)
		}
	}
	return out, f.down
}

func (f fakeCases) Refusals(context.Context, int) ([]casework.Refusal, error) {
	var out []casework.Refusal
	for _, file := range f.files {
		if r, ok := f.refusal(file); ok && (r.AgreedBy == "" || r.Contested()) {
			out = append(out, r)
		}
	}
	return out, f.down
}

func (f *fake) refusal(file classifier.File) (casework.Refusal, bool) {
	n := len(file.Decisions)
	if n == 0 || !strings.HasPrefix(file.Decisions[n-1].Reason, casework.RefusalPrefix) {
		return casework.Refusal{}, false
	}
	d := file.Decisions[n-1]
	r := casework.Refusal{
		Decision: d.ID, Matter: d.Matter, Reason: d.Reason, At: d.At, By: d.By, ByName: d.ByName, Text: file.Matter.Text,
		Receipt: "REFUSED222", Stands: true, AgreedBy: f.agreed[d.ID],
	}
	k := f.contests[d.ID]
	r.Contest, r.ContestAt, r.Answer, r.AnsweredAt = k.Contest, k.ContestAt, k.Answer, k.AnsweredAt
	return r, true
}

func (f fakeCases) RefusalOf(_ context.Context, receipt string, m intake.MatterID) (casework.Refusal, error) {
	for _, file := range f.files {
		if r, ok := f.refusal(file); ok && (r.Receipt == receipt || r.Matter == m) {
			return r, f.down
		}
	}
	return casework.Refusal{}, errs.New(errs.NotFound, "case.receipt")
}

func (f fakeCases) ContestRefusal(_ context.Context, d classifier.DecisionID, words string, at time.Time) error {
	if f.contests[d].Contest != "" {
		return errs.New(errs.Conflict, "refusal.contested")
	}
	f.contests[d] = casework.Refusal{Contest: words, ContestAt: at}
	return f.down
}

func (f fakeCases) AnswerContest(_ context.Context, d classifier.DecisionID, answer string, by org.AccountID, at time.Time) error {
	r := f.contests[d]
	r.Answer, r.AnsweredAt = answer, at
	f.contests[d] = r
	if f.agreed[d] == "" {
		f.agreed[d] = by
	}
	return f.down
}

func (f fakeCases) Refusal(_ context.Context, d classifier.DecisionID) (casework.Refusal, error) {
	for _, file := range f.files {
		if r, ok := f.refusal(file); ok && r.Decision == d && (r.AgreedBy == "" || r.Contested()) {
			return r, f.down
		}
	}
	return casework.Refusal{}, errs.New(errs.Conflict, "refusal.done")
}

func (f fakeCases) AgreeToRefusal(_ context.Context, d classifier.DecisionID, by org.AccountID, _ time.Time) error {
	f.agreed[d] = by
	return f.down
}

func (f fakeCases) ContactRequests(_ context.Context, id casework.CaseID) ([]casework.ContactRequest, error) {
	return slices.Clone(f.cases[id].asks), f.down
}

func (f fakeCases) WaitingContacts(context.Context, org.Actor, int) ([]casework.ContactRequest, error) {
	var out []casework.ContactRequest
	for _, c := range f.cases {
		for _, r := range c.asks {
			if r.Decided.IsZero() {
				out = append(out, r)
			}
		}
	}
	return out, f.down
}

func (f fakeCases) InsertContactRequest(_ context.Context, r casework.ContactRequest, _ org.Audit) error {
	r.ByName = f.nameOf(r.By)
	f.cases[r.Case].asks = append(f.cases[r.Case].asks, r)
	return f.down
}

func (f fakeCases) DecideContact(_ context.Context, r casework.ContactRequest, _ org.Audit) error {
	for i, ask := range f.cases[r.Case].asks {
		if ask.ID == r.ID {
			f.cases[r.Case].asks[i].Decided, f.cases[r.Case].asks[i].Granted = r.Decided, r.Granted
			f.cases[r.Case].asks[i].Until, f.cases[r.Case].asks[i].Remark = r.Until, r.Remark
		}
	}
	return f.down
}

func (f fakeCases) ask(c casework.CaseID, id casework.ContactRequestID, change func(*casework.ContactRequest)) error {
	for i, ask := range f.cases[c].asks {
		if ask.ID == id {
			change(&f.cases[c].asks[i])
		}
	}
	return f.down
}

func (f fakeCases) NoteContact(_ context.Context, c casework.CaseID, id casework.ContactRequestID, w casework.ContactWord, _ org.Audit) error {
	w.ByName = f.nameOf(w.By)
	return f.ask(c, id, func(r *casework.ContactRequest) { r.Words = append(r.Words, w) })
}

func (f fakeCases) ContactsAtOnce(context.Context, org.Actor, int) ([]casework.ContactRequest, error) {
	var out []casework.ContactRequest
	for _, c := range f.cases {
		for _, r := range c.asks {
			if r.AtOnce && (r.Told.IsZero() || r.Reviewed.IsZero()) {
				out = append(out, r)
			}
		}
	}
	return out, f.down
}

func (f fakeCases) TellContact(_ context.Context, r casework.ContactRequest, _ org.AccountID, _ org.Audit) error {
	return f.ask(r.Case, r.ID, func(stored *casework.ContactRequest) { stored.Told, stored.ToldHow = r.Told, r.ToldHow })
}

func (f fakeCases) ReviewContact(_ context.Context, r casework.ContactRequest, _ org.AccountID, _ org.Audit) error {
	return f.ask(r.Case, r.ID, func(stored *casework.ContactRequest) {
		stored.Reviewed, stored.Proper, stored.Review = r.Reviewed, r.Proper, r.Review
	})
}

func (f fakeCases) MessageOf(_ context.Context, id casework.CaseID) (intake.MessageID, error) {
	return f.files[f.cases[id].Matter].Message.ID, f.down
}

func (f fakeCases) ReadOriginal(_ context.Context, actor org.Actor, m intake.MessageID, why string) (intake.Original, error) {
	f.looks = append(f.looks, org.Audit{Actor: actor.Account, Object: string(m), Detail: why})
	return intake.Original{Name: "王女士", Phone: "13812340021"}, f.down
}

// keepNumber is a case after a step, with what steps do not know.
func keepNumber(before, after casework.Case) casework.Case {
	after.Number, after.Matter = before.Number, before.Matter
	return after
}

func (f fakeCases) CaseLoads(context.Context, time.Time, time.Time) ([]casework.Load, error) {
	return append([]casework.Load{{Unit: f.units[0].ID, Open: 12, Soon: 3, Late: 2, Ordered: 1, Accountable: 1, Closed: 20, InTime: 19, Called: 12, Contacted: 12, Counted: 10, Solved: 8, Satisfied: 7, EndSolved: 12, EndPromised: 4, EndRefused: 3, EndUnreached: 1, Returns: 2, LostHours: 31, Hops: 5}}, f.loads...), f.down
}

// dispatch puts a matter that was decided for 油烟污染 and given to a unit, and
// gives its case.
func (w *world) dispatch(unit int) casework.CaseID {
	w.t.Helper()
	m := w.matter(time.Hour, "烧烤店油烟扰民", "楼下烧烤店每晚油烟很大，已经反映多次。")
	d := classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m, Kind: classifier.Confirm, Purpose: classifier.Effective,
		Category: w.leaf("油烟污染").ID, Lead: w.fake.units[unit].ID, Type: intake.Complaint, Urgency: intake.UrgencyC,
		By: w.fake.accounts["agent"].ID, At: w.fake.now.Add(-time.Minute),
	}
	file := w.fake.files[m]
	file.Decisions, file.Matter.State = []classifier.Decision{d}, intake.MatterDecided
	w.fake.files[m] = file
	return w.fake.follow(d)
}
