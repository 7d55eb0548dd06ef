package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

func (c *city) sendToReview(m intake.MatterID, sent bool, minutes int) error {
	return c.SetReview(c.t.Context(), m, sent, org.Audit{
		At: start.Add(time.Duration(minutes) * time.Minute), Actor: c.account, Action: "send_to_review", Object: "matter:" + string(m),
	})
}

// TestReviewersQueue: what was sent, what is below the floor and what has no
// candidate, least certain first; what was sent has left the agents' queue, and
// what is decided leaves both.
func TestReviewersQueue(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	sure, _ := c.suggest("sure", 0, 0, 0.9)
	low, _ := c.suggest("low", 1, 0, 0.12)
	sentLow, _ := c.suggest("sent-low", 2, 0, 0.08)
	sent, s := c.suggest("sent", 3, 0, 0.6)
	edge, _ := c.suggest("edge", 4, 0, 0.15)
	waiting := c.receive("waiting", 5)
	empty := c.receive("empty", 6)
	o := c.outcome(empty.ID, 0, 0.5)
	o.Suggestion.Candidates, o.Suggestion.Doubt = nil, classifier.Unsure
	_, err := c.InsertOutcome(t.Context(), o)
	c.must(err)
	c.must(c.sendToReview(sent, true, 90))
	c.must(c.sendToReview(sentLow, true, 91))
	c.must(c.sendToReview(sentLow, true, 99)) // a second press

	review := classifier.QueueFilter{State: intake.MatterOpen, Review: true, Floor: 0.15, Limit: 10}
	check := func(f classifier.QueueFilter, want ...intake.MatterID) []classifier.QueueItem {
		t.Helper()
		items, _, err := c.Queue(t.Context(), f)
		c.must(err)
		var got []intake.MatterID
		for _, i := range items {
			got = append(got, i.Matter)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v gives %d: %v, want %v", f, len(got), got, want)
		}
		return items
	}
	items := check(review, empty.ID, sentLow, low, sent)
	if items[0].Sent != nil || items[2].Sent != nil || items[1].Sent == nil || items[1].Sent.Name != "李" || !items[1].Sent.At.Equal(start.Add(91*time.Minute)) {
		t.Errorf("sent by %+v", items[1].Sent)
	}
	check(queueOpen, empty.ID, waiting.ID, edge, low, sure)
	check(classifier.QueueFilter{State: intake.MatterOpen, Unsure: true, Limit: 10}, low, edge, sure, waiting.ID, empty.ID)
	if n, err := c.CountReview(t.Context(), 0.15, nil); err != nil || n != 4 {
		t.Errorf("%d wait for a reviewer, %v", n, err)
	}
	if n, err := c.CountReview(t.Context(), 0.15, []string{"mail"}); err != nil || n != 0 {
		t.Errorf("%d of a channel without any, %v", n, err)
	}
	if _, open, err := c.Queue(t.Context(), queueOpen); err != nil || open != 5 {
		t.Errorf("%d open, %v", open, err)
	}
	f, err := c.File(t.Context(), sent)
	c.must(err)
	if f.Sent == nil || f.Sent.By != c.account || f.Sent.Name != "李" {
		t.Errorf("the file says %+v", f.Sent)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'send_to_review'`); n != 2 {
		t.Errorf("%d audit lines of two sendings", n)
	}
	if n := c.count(`SELECT count(*) FROM assignment`); n != 0 {
		t.Error("sending to a reviewer assigned something")
	}

	c.must(c.sendToReview(sentLow, false, 92))
	check(review, empty.ID, sentLow, low, sent)
	c.decide(c.confirm(sent, s, 0))
	check(review, empty.ID, sentLow, low)
	check(classifier.QueueFilter{State: intake.MatterDecided, Limit: 10}, sent)
	wants(t, c.sendToReview(sent, true, 95), errs.Conflict, "review.decided")
	wants(t, c.sendToReview(id.New[intake.MatterID](), true, 95), errs.NotFound, "matter.not_found")
}
