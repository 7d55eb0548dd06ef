package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"huying/casework"
	"huying/internal/demo"
	"huying/internal/errs"
)

// sample is something that citizens of the demo city say, with what a careful
// agent decides.
type sample struct {
	demo.Message
	category string
	unit     string // id
	openers  int    // how many ways of beginning it vary the words
	finder   string // the unit whose people see it on patrol; empty: a citizen says it
}

// openers begin what citizens say.
var openers = []string{"", "你好，", "麻烦反映一下，", "我想反映个情况，", "您好，打扰了，", "喂，", "是这样的，", "有个事情想说，"}

// life is one contact, and the case that comes of it. It plans one deed at a
// time; only the citizen's chasing comes in between.
type life struct {
	*simulation
	dice
	n        int
	sample   sample
	said     replayMessage
	kase     replayCase
	answerAt time.Time
	returns  int
	calls    int  // of the callback that is under way
	missing  bool // never answers the phone
	urged    bool // the supervisor has given an order
	cut      bool // off another case
	detours
}

// heardOf is a life with what its citizen was just told.
type heardOf struct {
	*life
	kind casework.NotificationKind
}

// next plans one deed.
func next(at time.Time, do deed) ([]planned, error) { return []planned{{at: at, do: do}}, nil }

// phone is the citizen's number, by which the gateway finds the life again.
func (l *life) phone() string { return fmt.Sprintf("139%08d", l.firstPhone+l.n) }

// token is a unit's, or with none that of one of the centre's people.
func (l *life) token(unit string) string {
	if unit == "" {
		return l.centre[l.n%len(l.centre)]
	}
	return l.tokens[unit]
}

// hangUp is a call that nobody could take.
func (l *life) hangUp(ctx context.Context, _ time.Time) ([]planned, error) {
	outcome := "dropped"
	if l.hits(0.2) {
		outcome = "silent"
	}
	return nil, l.send(ctx, http.MethodPost, "/messages", l.token(""), replayDelivery{Channel: "hotline", Outcome: outcome}, nil)
}

// askOnly is a call that is answered at once.
func (l *life) askOnly(ctx context.Context, _ time.Time) ([]planned, error) {
	d := l.delivery()
	d.Channel, d.Outcome = "hotline", "answered"
	return nil, l.send(ctx, http.MethodPost, "/messages", l.token(""), d, &l.said)
}

// say is a message that becomes a case.
func (l *life) say(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.send(ctx, http.MethodPost, "/messages", l.token(""), l.delivery(), &l.said); err != nil {
		return nil, err
	}
	l.phones.of(l.phone(), l)
	return next(now.Add(l.between(0, time.Hour)), l.decide)
}

func (l *life) delivery() replayDelivery {
	m := l.sample
	opener := openers[l.IntN(m.openers)]
	return replayDelivery{
		Channel: m.Channel, ExternalID: fmt.Sprintf("R%08d", l.n), Title: m.Title, Text: opener + m.Text, Name: m.Name, Phone: l.phone(),
		Consent: m.Consent, Area: m.Area, Place: m.Place,
	}
}

// decide is an agent who confirms the suggestion where it is right and corrects
// it where it is not.
func (l *life) decide(ctx context.Context, _ time.Time) ([]planned, error) {
	m := l.said.Message.Matters[0]
	d := replayDecision{
		Kind: "correct", Category: l.sample.category, Lead: l.sample.unit, Type: l.sample.Gold.Type, Urgency: l.sample.Gold.Urgency,
	}
	if s := m.Suggestion; s != nil {
		d.Suggestion = s.ID
		if len(s.Candidates) > 0 && s.Candidates[0].Category == d.Category && s.Candidates[0].Lead.Unit == d.Lead {
			d.Kind = "confirm"
		}
	}
	if err := l.send(ctx, http.MethodPost, "/matters/"+m.ID+"/decisions", l.token(""), d, nil); err != nil {
		return nil, err
	}
	l.expect(l.sample.unit, m.ID)
	return nil, nil
}

// expect lets a unit look for what was dispatched to it.
func (l *life) expect(unit string, matter string) {
	l.turn.Lock()
	defer l.turn.Unlock()
	if l.expected[unit] == nil {
		l.expected[unit] = map[string]*life{}
	}
	l.expected[unit][matter] = l
}

// look is a unit that reads its list of what it has not accepted yet.
func (s *simulation) look(unit string) deed {
	return func(ctx context.Context, now time.Time) (plans []planned, err error) {
		after := ""
		for {
			var page struct {
				Cases []replayCase `json:"cases"`
				Next  string       `json:"next"`
			}
			path := "/cases?show=waiting&limit=200&after=" + url.QueryEscape(after)
			if after == "" {
				path = "/cases?show=waiting&limit=200"
			}
			if err := s.send(ctx, http.MethodGet, path, s.tokens[unit], nil, &page); err != nil {
				return nil, err
			}
			for _, k := range page.Cases {
				if l := s.found(unit, k); l != nil {
					plans = append(plans, l.begin(now)...)
				}
			}
			if after = page.Next; after == "" {
				return plans, nil
			}
		}
	}
}

func (s *simulation) found(unit string, k replayCase) *life {
	s.turn.Lock()
	defer s.turn.Unlock()
	l := s.expected[unit][k.Matter]
	if l == nil {
		return nil
	}
	delete(s.expected[unit], k.Matter)
	if len(s.expected[unit]) == 0 {
		delete(s.expected, unit)
	}
	l.kase = k
	return l
}

// begin plans how a unit takes up a case that it has just seen.
func (l *life) begin(now time.Time) []planned {
	if l.answerAt.IsZero() {
		l.turn.Lock()
		l.answerAt = l.pace.answer(l.dice, l.kase.FiledAt, l.kase.CitizenDue)
		into, known := l.standing[l.sample.unit+l.sample.category]
		l.turn.Unlock()
		if known && l.sample.finder == "" && !l.cut && into.FiledAt.Before(l.kase.FiledAt) && l.merged > 0 && l.hits(l.merged) {
			return []planned{{at: l.soon(now), do: l.merge(into)}}
		}
	}
	return l.takesUp(now)
}

// takesUp is begin for what is nobody's double.
func (l *life) takesUp(now time.Time) []planned {
	if l.hits(l.returned / float64(1+3*l.returns)) {
		return []planned{{at: now.Add(l.between(time.Hour, 6*time.Hour)), do: l.giveBack}}
	}
	at := now.Add(l.between(0, min(l.kase.AcceptDue.Sub(now), max(l.answerAt.Sub(now), slot))*3/4))
	if late := l.kase.AcceptDue.Add(l.between(slot, 5*time.Hour)); late.Before(l.answerAt) && !l.hits(l.onTime) {
		at = late
	}
	return []planned{{at: at, do: l.accept}}
}

// giveBack is the unit's return; where it comes too late the unit keeps it.
func (l *life) giveBack(ctx context.Context, now time.Time) ([]planned, error) {
	if now.After(l.kase.ReturnDue) {
		return next(now, l.accept)
	}
	l.returns++
	err := l.move(ctx, l.kase.Unit, replayMove{Move: "return", Reason: "duty", Text: pick(l.dice, returnWords)})
	if err != nil {
		return nil, err
	}
	return next(now.Add(l.between(time.Hour, 6*time.Hour)), l.rule)
}

// rule is a dispatcher's word on a return: mostly another unit.
func (l *life) rule(ctx context.Context, now time.Time) ([]planned, error) {
	if l.returns > 1 || l.hits(0.3) {
		if err := l.move(ctx, "", replayMove{Move: "keep", Text: pick(l.dice, keepWords)}); err != nil {
			return nil, err
		}
		return l.work(now)
	}
	at := slices.Index(l.units, l.kase.Unit)
	other := l.units[(at+1+l.IntN(len(l.units)-1))%len(l.units)]
	if err := l.move(ctx, "", replayMove{Move: "redirect", Unit: other, Text: pick(l.dice, moveWords)}); err != nil {
		return nil, err
	}
	l.expect(other, l.kase.Matter)
	return nil, nil
}

func (l *life) accept(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.move(ctx, l.kase.Unit, replayMove{Move: "accept"}); err != nil {
		return nil, err
	}
	if l.sample.finder == "" && l.kase.Unit == l.sample.unit {
		l.turn.Lock()
		l.standing[l.sample.unit+l.sample.category] = l.kase
		l.turn.Unlock()
	}
	var calls []planned
	if l.streets[l.kase.Unit] && l.hits(l.whistled) {
		var err error
		if calls, err = l.whistle(ctx, now); err != nil {
			return nil, err
		}
	}
	if l.hits(l.extended) && l.kase.CitizenDue.Sub(now) > 2*slot {
		return append(calls, planned{at: now.Add(l.kase.CitizenDue.Sub(now) / 2), do: l.askMore}), nil
	}
	own, err := l.work(now)
	return append(calls, own...), err
}

// work plans the answer; of a late one, an order before it, and of others what
// comes in between.
func (l *life) work(now time.Time) ([]planned, error) {
	if first, any := l.turnOff(now); any {
		return first, nil
	}
	at := later(l.answerAt, now.Add(slot))
	if due := l.kase.CitizenDue; at.Sub(due) > 4*slot && !l.urged && l.hits(l.ordered) {
		return next(later(due.Add(2*slot), now), l.order)
	}
	return next(at, l.answer)
}

func (l *life) askMore(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.move(ctx, l.kase.Unit, replayMove{Move: "ask_more", Days: 3, Text: pick(l.dice, moreWords)}); err != nil {
		return nil, err
	}
	return next(now.Add(l.between(slot, 4*time.Hour)), l.decideExtension)
}

func (l *life) decideExtension(ctx context.Context, now time.Time) ([]planned, error) {
	m := replayMove{Move: "extend"}
	if l.hits(0.2) {
		m = replayMove{Move: "refuse", Text: pick(l.dice, denyWords)}
	}
	if err := l.move(ctx, "", m); err != nil {
		return nil, err
	}
	return l.work(now)
}

func (l *life) order(ctx context.Context, now time.Time) ([]planned, error) {
	l.urged = true
	m := replayMove{Move: "order", Text: pick(l.dice, orderWords), Until: now.Add(48 * time.Hour)}
	if err := l.move(ctx, "", m); err != nil {
		return nil, err
	}
	return next(now.Add(l.between(time.Hour, 60*time.Hour)), l.feedback)
}

func (l *life) feedback(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.move(ctx, l.kase.Unit, replayMove{Move: "feedback", Text: pick(l.dice, backWords)}); err != nil {
		return nil, err
	}
	if err := l.move(ctx, "", replayMove{Move: "strike_off"}); err != nil {
		return nil, err
	}
	return l.work(now)
}

// answer is what the unit found out and did.
func (l *life) answer(ctx context.Context, now time.Time) ([]planned, error) {
	if l.stale {
		if err := l.refresh(ctx); err != nil {
			return nil, err
		}
		l.stale = false
	}
	r := l.answerWords()
	m := replayMove{Move: "propose", Text: r.text, Public: r.public, Sure: true}
	if err := l.move(ctx, l.kase.Unit, m); err != nil {
		return nil, err
	}
	return next(now.Add(l.between(l.conduct.check[0], l.conduct.check[1])), l.close)
}

// close is the centre's check of an answer.
func (l *life) close(ctx context.Context, now time.Time) ([]planned, error) {
	if l.hits(l.sentBack) {
		if err := l.move(ctx, "", replayMove{Move: "send_back", Text: pick(l.dice, checkWords)}); err != nil {
			return nil, err
		}
		return next(now.Add(l.between(2*time.Hour, 12*time.Hour)), l.answer)
	}
	m := replayMove{Move: "close", Reason: string(casework.Solved)}
	switch {
	case l.hits(l.lawful):
		m.Reason, m.Text = string(casework.Lawful), pick(l.dice, lawfulWords)
	case l.hits(l.promised) && l.kase.Ending != string(casework.ByDate):
		m.Reason, m.Until = string(casework.ByDate), now.Add(l.between(10*24*time.Hour, 20*24*time.Hour))
	}
	if err := l.move(ctx, "", m); err != nil {
		return nil, err
	}
	if m.Until.IsZero() {
		return l.closed(now)
	}
	return next(m.Until.Add(slot), l.revisit)
}

// closed plans the callback; of what was seen on patrol there is nobody to call.
func (l *life) closed(now time.Time) ([]planned, error) {
	if l.sample.finder != "" {
		return nil, nil
	}
	if l.objected > 0 && !l.once && !l.cut && l.hits(l.objected) {
		return next(now.Add(l.between(6*time.Hour, 20*time.Hour)), l.object)
	}
	return next(now.Add(l.between(12*time.Hour, 36*time.Hour)), l.call)
}

// revisit is the day of a promise: the clock has brought the case back to the
// centre, which closes it for good.
func (l *life) revisit(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.refresh(ctx); err != nil {
		return nil, err
	}
	if err := l.move(ctx, "", replayMove{Move: "close", Reason: string(casework.Solved)}); err != nil {
		return nil, err
	}
	return l.closed(now)
}

// call is one attempt to ask the citizen the three questions.
func (l *life) call(ctx context.Context, now time.Time) ([]planned, error) {
	var said replayAnswers
	if !l.missing {
		said = l.answers(l.dice)
	}
	l.calls++
	if err := l.move(ctx, "", replayMove{Move: "call_back", Answers: &said}); err != nil {
		return nil, err
	}
	switch {
	case l.kase.State == string(casework.Handling): // not contacted or not solved: once more
		return next(now.Add(l.between(12*time.Hour, 72*time.Hour)), l.answer)
	case said.Reached || l.calls >= casework.MaxCalls:
		return nil, nil
	}
	return next(now.Add(l.between(4*time.Hour, 30*time.Hour)), l.call)
}

// chase is the citizen who has the receipt and asks on its page where the case
// stands. Whoever is faster has closed it by then.
func (l *life) chase(ctx context.Context, _ time.Time) ([]planned, error) {
	status, err := l.post(ctx, "/receipt/"+l.phones.receipt(l.phone())+"/chase")
	if err == nil && status != http.StatusSeeOther && status != http.StatusConflict {
		err = errs.New(errs.Internal, "replay.refused", "催单", fmt.Sprint(status))
	}
	return nil, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
