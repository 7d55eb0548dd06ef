package postgres_test

import (
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/kb"
)

func TestQueueIsPagedNewestFirst(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	var made []intake.MatterID
	for i := range 7 {
		m, _ := c.suggest(name("m", i), i, 0, 0.5)
		made = append(made, m)
	}
	var seen []intake.MatterID
	f := classifier.QueueFilter{State: intake.MatterOpen, Limit: 3}
	for {
		items, open, err := c.Queue(t.Context(), f)
		c.must(err)
		if open != 7 {
			t.Fatalf("%d open", open)
		}
		if len(items) == 0 {
			break
		}
		for _, q := range items {
			seen = append(seen, q.Matter)
			if q.Top != "噪声扰民" || q.Title != "夜间施工噪声" || q.Urgency != intake.UrgencyB || q.Channel != intake.Hotline {
				t.Fatalf("item %+v", q)
			}
		}
		f.Before = seen[len(seen)-1]
	}
	if len(seen) != len(made) {
		t.Fatalf("%d of %d seen", len(seen), len(made))
	}
	for i := range seen {
		if seen[i] != made[len(made)-1-i] {
			t.Errorf("place %d: %s", i, seen[i])
		}
	}
}

func TestQueueLeastCertainFirst(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	sure, _ := c.suggest("sure", 0, 0, 0.9)
	unsure, _ := c.suggest("unsure", 1, 0, 0.2)
	fresh := c.receive("fresh", 2)
	decided, s := c.suggest("decided", 3, 0, 0.1)
	c.decide(c.confirm(decided, s, 0))
	items, open, err := c.Queue(t.Context(), classifier.QueueFilter{State: intake.MatterOpen, Unsure: true, Limit: 10})
	c.must(err)
	if open != 3 || len(items) != 3 || items[0].Matter != unsure || items[1].Matter != sure || items[2].Matter != fresh.ID {
		t.Errorf("%d open, items %+v", open, items)
	}
	if items[2].Top != "" || items[2].Probability != 0 {
		t.Errorf("matter without a suggestion: %+v", items[2])
	}
}

func TestFileCountsTheSameCitizensOtherMessages(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const day = 24 * 60
	first := c.receive("a", 0)
	c.receive("b", 10*day)
	c.receive("c", 45*day)
	f, err := c.File(t.Context(), first.ID)
	if err != nil || f.Recent != 1 || f.Suggestion != nil || f.Matter.ID != first.ID {
		t.Errorf("File = %+v, %v; want one other message within 30 days", f, err)
	}
	_, err = c.File(t.Context(), "00000000-0000-7000-8000-000000000000")
	wants(t, err, errs.NotFound, "matter.not_found")
}

func TestOutcomeIsStoredOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m := c.receive("a", 0)
	due, err := c.Unsuggested(t.Context(), start.Add(time.Hour), 10)
	if err != nil || len(due) != 1 || due[0] != m.ID {
		t.Fatalf("Unsuggested = %v, %v", due, err)
	}
	type result struct {
		stored bool
		err    error
	}
	results := make(chan result)
	const workers = 6
	for range workers {
		o := c.outcome(m.ID, 0, 0.7)
		go func() {
			stored, err := c.InsertOutcome(t.Context(), o)
			results <- result{stored, err}
		}()
	}
	n := 0
	for range workers {
		r := <-results
		c.must(r.err)
		if r.stored {
			n++
		}
	}
	rows := c.count(`SELECT (SELECT count(*) FROM suggestion) * 100 + (SELECT count(*) FROM instant_answer) * 10 + (SELECT count(*) FROM matter_vector)`)
	if n != 1 || rows != 112 {
		t.Errorf("%d stored, rows %d; want 1 and 112", n, rows)
	}
	_, msg, done, err := c.MatterToSuggest(t.Context(), m.ID)
	if err != nil || !done || msg.ID != m.Message {
		t.Errorf("MatterToSuggest = %+v, %v, %v", msg, done, err)
	}
	due, err = c.Unsuggested(t.Context(), start.Add(time.Hour), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("still unsuggested: %v, %v", due, err)
	}
}

func TestAnswerKeepsTheWordingThatWasShown(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := c.entry("kb-1", "医保怎么报销", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{p})
	c.must(err)
	m := c.receive("a", 0)
	o := c.outcome(m.ID, 0, 0.7)
	o.Answer.Answered, o.Answer.Silence, o.Answer.Score = true, "", 0.97
	o.Answer.Entry, o.Answer.EntryVersion = p.Entry.ID, 1
	o.Answer.Matches = []kb.Match{{Entry: p.Entry, Score: 0.97, Phrasing: "请问医保怎么报销", Parts: []kb.Part{{Name: "相似度", Value: 1.2}}, Words: []string{"医保"}}}
	_, err = c.InsertOutcome(t.Context(), o)
	c.must(err)
	changed := p
	changed.Entry.Answer = "新的答复。"
	saved, err := c.SaveEntries(t.Context(), []kb.Prepared{changed})
	if err != nil || saved.Changed != 1 {
		t.Fatalf("SaveEntries = %+v, %v", saved, err)
	}
	a, err := c.LatestAnswer(t.Context(), m.ID)
	c.must(err)
	if len(a.Matches) != 1 || a.Matches[0].Entry.Answer != p.Entry.Answer || a.Matches[0].Entry.Version != 1 ||
		a.Matches[0].Parts[0].Value != 1.2 || !a.Answered || a.Score != 0.97 {
		t.Errorf("answer %+v", a)
	}
	now, err := c.Entry(t.Context(), p.Entry.ID)
	if err != nil || now.Answer != "新的答复。" || now.Version != 2 {
		t.Errorf("entry now %+v, %v", now, err)
	}
}

func TestAccuracyCountsTheDecisionsThatStand(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	decide := func(external string, suggested, decided int) classifier.Decision {
		m, s := c.suggest(external, 0, suggested, 0.7)
		d := c.confirm(m, s, decided)
		if suggested != decided {
			d.Kind = classifier.Correct
		}
		return c.decide(d)
	}
	decide("right", 0, 0)
	decide("second", 0, 1)                 // second candidate
	third := decide("third", 0, 2)         // not among the candidates
	withdrawn := decide("withdrawn", 0, 0) // does not stand
	c.decide(classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: withdrawn.Matter, Previous: withdrawn.ID, Purpose: classifier.Effective,
		Kind: classifier.Withdraw, By: c.account, At: start.Add(2 * time.Hour),
	})
	again := c.confirm(third.Matter, third.Suggestion, 2)
	again.Kind, again.Previous, again.Lead, again.Co = classifier.Correct, third.ID, c.units[0].ID, nil
	c.decide(again) // replaces third: another lead
	m, s := c.suggest("declined", 0, 0, 0.7)
	c.decide(classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: m, Suggestion: s, Purpose: classifier.Effective, Kind: classifier.Decline,
		Reason: "不属于受理范围", By: c.account, At: start.Add(2 * time.Hour),
	})
	a, err := c.Accuracy(t.Context(), start, start.Add(24*time.Hour))
	c.must(err)
	if a.Decided != 3 || a.LeafRight != 1 || a.LeafTop3 != 2 || a.LeafTop5 != 2 || a.LeadRight != 2 || a.Declined != 1 {
		t.Errorf("accuracy %+v", a)
	}
	if len(a.Weeks) != 1 || a.Weeks[0] != (classifier.AccuracyRow{Name: "2026-03-02", Decided: 3, LeafRight: 1, LeadRight: 2}) {
		t.Errorf("weeks %+v", a.Weeks)
	}
	if len(a.Channels) != 1 || a.Channels[0].Name != "hotline" || len(a.Doubts) != 1 || a.Doubts[0].Name != "several" {
		t.Errorf("channels %+v, doubts %+v", a.Channels, a.Doubts)
	}
	if len(a.Worst) != 2 || a.Worst[0].Suggested != "噪声扰民" || a.Worst[0].Count != 1 {
		t.Errorf("worst %+v", a.Worst)
	}
	none, err := c.Accuracy(t.Context(), start.Add(24*time.Hour), start.Add(48*time.Hour))
	if err != nil || none.Decided != 0 || len(none.Weeks) != 0 {
		t.Errorf("outside the time: %+v, %v", none, err)
	}
}
