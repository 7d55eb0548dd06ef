package postgres_test

import (
	"sync"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/kb"
)

// told is a reply that gives an entry's answer.
func (c *city) told(p kb.Prepared, external string) kb.Turn {
	e := p.Entry
	return kb.Turn{
		ID: id.New[kb.TurnID](), External: external, At: start, Ask: "怎么办？", Area: "440101", Told: kb.ToldAnswer,
		Entry: e.ID, EntryVersion: e.Version, Score: 0.9, Policy: "p",
		Matches: []kb.Match{{Entry: e, Score: 0.9, Phrasing: e.Question, Words: []string{"医保"}}},
	}
}

func (c *city) talk(external string) kb.Conversation {
	return kb.Conversation{ID: id.New[kb.ConversationID](), By: c.account, Channel: intake.Mini, External: external}
}

func TestReplyIsKeptOnceAndReadByItsOwn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := c.entry("kb-1", "医保怎么转", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{p})
	c.must(err)
	first, err := c.InsertTurn(t.Context(), c.talk("c1"), c.told(p, "1"))
	c.must(err)
	again, err := c.InsertTurn(t.Context(), c.talk("c1"), c.told(p, "1"))
	c.must(err)
	if again.ID != first.ID || again.Conversation != first.Conversation || len(again.Matches) != 1 || again.Matches[0].Entry.Answer != p.Entry.Answer {
		t.Errorf("the same ask gives %+v, first %+v", again, first)
	}
	// the entry changes: what was shown stays as it was
	p.Entry.Answer = "新的答复。"
	_, err = c.SaveEntries(t.Context(), []kb.Prepared{p})
	c.must(err)
	r, err := c.Turn(t.Context(), c.talk("c1"), first.ID)
	c.must(err)
	if r.EntryVersion != 1 || r.Matches[0].Entry.Answer != "医保怎么转的答复。" || r.Area != "440101" || r.Told != kb.ToldAnswer || r.Score != 0.9 || r.Policy != "p" {
		t.Errorf("read %+v", r)
	}
	page := c.talk("c1")
	page.By = ""
	for _, other := range []kb.Conversation{c.talk("c2"), page, {By: c.account, Channel: intake.Web, External: "c1"}} {
		_, err = c.Turn(t.Context(), other, first.ID)
		wants(t, err, errs.NotFound, "turn.not_found")
	}
	nowhere := c.told(p, "2")
	nowhere.Area = "9999"
	_, err = c.InsertTurn(t.Context(), c.talk("c1"), nowhere)
	wants(t, err, errs.Invalid, "area.unknown")
	silent := kb.Turn{ID: id.New[kb.TurnID](), External: "3", At: start, Ask: "x", Told: kb.ToldSilent, Silence: kb.SilentNothing}
	_, err = c.InsertTurn(t.Context(), page, silent)
	c.must(err)
	if n := c.count(`SELECT count(*) FROM conversation`); n != 2 {
		t.Errorf("%d conversations", n)
	}
}

func TestAskSentTwiceAtOnceIsOneReply(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := c.entry("kb-1", "医保怎么转", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{p})
	c.must(err)
	var wg sync.WaitGroup
	ids := make([]kb.TurnID, 6)
	for i := range ids {
		wg.Go(func() {
			r, err := c.InsertTurn(t.Context(), c.talk("c1"), c.told(p, "1"))
			if err != nil {
				t.Error(err)
			}
			ids[i] = r.ID
		})
	}
	wg.Wait()
	for _, got := range ids {
		if got != ids[0] {
			t.Fatalf("replies %q", ids)
		}
	}
}

func TestVerdictsOfDeskAndTalkMakeTheStanding(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := c.entry("kb-1", "医保怎么转", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{p})
	c.must(err)
	m := c.receive("a", 0)
	r, err := c.InsertTurn(t.Context(), c.talk("c1"), c.told(p, "1"))
	c.must(err)
	second, err := c.InsertTurn(t.Context(), c.talk("c1"), c.told(p, "2"))
	c.must(err)
	c.must(c.SettleTurn(t.Context(), r.ID, kb.VerdictUnsolved, "", start))
	c.must(c.SettleTurn(t.Context(), r.ID, "", m.Message, start.Add(time.Minute)))
	o := c.outcome(c.receive("b", 1).ID, 0, 0.7)
	o.Answer.Answered, o.Answer.Entry, o.Answer.EntryVersion = true, p.Entry.ID, 1
	_, err = c.InsertOutcome(t.Context(), o)
	c.must(err)
	c.must(c.InsertVerdict(t.Context(), o.Matter, true, c.account, start))
	s, err := c.Standing(t.Context(), p.Entry.ID)
	if err != nil || s != (kb.Standing{Solved: 1, Unsolved: 1}) {
		t.Errorf("standing %+v, %v", s, err)
	}
	talk, err := c.TalkOf(t.Context(), m.Message)
	if err != nil || len(talk) != 2 || talk[0].ID != r.ID || talk[0].Message != m.Message || talk[0].Verdict != kb.VerdictUnsolved || talk[1].ID != second.ID {
		t.Errorf("talk %+v, %v", talk, err)
	}
	if talk, err = c.TalkOf(t.Context(), c.receive("c", 2).Message); err != nil || len(talk) != 0 {
		t.Errorf("talk of another message %+v, %v", talk, err)
	}
	wants(t, c.SettleTurn(t.Context(), kb.TurnID(m.ID), kb.VerdictSolved, "", start), errs.NotFound, "turn.not_found")
}
