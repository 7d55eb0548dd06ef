package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// asks stores a matter of a caller (empty: without a phone), with its
// suggestion and what the knowledge base said.
func (c *city) asks(external, caller, text string, minutes int, answer func(*kb.InstantAnswer)) intake.MatterID {
	c.t.Helper()
	p := parcel(external, minutes)
	p.PhoneHash = nil
	if caller != "" {
		p.PhoneHash = []byte(caller)
	}
	p.Message.Title, p.Message.Text = "", text
	p.Message.Matters[0].Title, p.Message.Matters[0].Text = "", text
	m := p.Message.Matters[0].ID
	_, _, err := c.InsertParcel(c.t.Context(), p)
	c.must(err)
	o := c.outcome(m, 0, 0.5)
	o.Query.Title, o.Query.Body, o.Query.TitleVector = "", text, nil
	o.Answer.At = start.Add(time.Duration(minutes) * time.Minute)
	if answer != nil {
		answer(&o.Answer)
	}
	_, err = c.InsertOutcome(c.t.Context(), o)
	c.must(err)
	return m
}

// given makes an instant answer one of the entry.
func given(e kb.Prepared) func(*kb.InstantAnswer) {
	return func(a *kb.InstantAnswer) {
		a.Answered, a.Silence, a.Entry, a.EntryVersion, a.Score = true, "", e.Entry.ID, 1, 0.9
	}
}

func (c *city) gather() int {
	c.t.Helper()
	n, err := c.GatherRounds(c.t.Context(), 100, start)
	c.must(err)
	return n
}

func (c *city) reply(m intake.MatterID, text, unit string, minutes int) {
	c.t.Helper()
	c.must(c.InsertReply(c.t.Context(), intake.Reply{
		ID: id.New[intake.ReplyID](), Matter: m, Text: text, Unit: unit, By: c.account, At: start.Add(time.Duration(minutes) * time.Minute),
	}))
}

// unplaced gives “kind question=answer” of what waits to be placed.
func (c *city) unplaced() []string {
	c.t.Helper()
	rounds, err := c.UnplacedRounds(c.t.Context(), model, 100)
	c.must(err)
	var out []string
	for _, r := range rounds {
		out = append(out, string(r.Kind)+" "+r.Question()+"="+r.Answer)
	}
	return out
}

// TestRoundsFollowWhatWasAnswered brings in what was solved, replied and left
// unanswered, and takes out what was taken back.
func TestRoundsFollowWhatWasAnswered(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	e := c.entry("k1", "怎么续签", c.vector())
	_, err := c.SaveEntries(t.Context(), []kb.Prepared{e})
	c.must(err)
	solved := c.asks("a", "p1", "居住证到期", 0, given(e))
	c.must(c.InsertVerdict(t.Context(), solved, true, c.account, start))
	unhelped := c.asks("b", "p2", "居住证丢了", 1, given(e))
	c.must(c.InsertVerdict(t.Context(), unhelped, false, c.account, start.Add(time.Minute)))
	silent := c.asks("c", "", "宠物怎么上牌", 2, nil)
	c.asks("d", "p4", "油烟太大", 3, func(a *kb.InstantAnswer) { a.Silence = kb.SilentCase })
	c.asks("e", "p5", "没有人理的答复", 4, given(e))
	c.reply(silent, "到兽医站办理", "", 5)
	if n := c.gather(); n != 4 || c.gather() != 0 {
		t.Errorf("%d gathered", n)
	}
	want := []string{"answered 居住证到期=怎么续签的答复。", "unanswered 居住证丢了=", "unanswered 宠物怎么上牌=", "answered 宠物怎么上牌=到兽医站办理"}
	if got := c.unplaced(); !slices.Equal(got, want) {
		t.Errorf("waiting %q\nwant %q", got, want)
	}
	if c.count(`SELECT count(*) FROM round WHERE unsolved`) != 1 || c.count(`SELECT count(DISTINCT caller) FROM round`) != 3 {
		t.Error("an answer that did not help, or a caller, is not told apart")
	}
	if c.count(`SELECT count(*) FROM matter WHERE id = $1 AND state = 'answered'`, silent) != 1 {
		t.Error("the matter that was answered in the call waits")
	}
	c.must(c.WithdrawReply(t.Context(), silent, c.account, start.Add(6*time.Minute)))
	c.must(c.InsertVerdict(t.Context(), solved, false, c.account, start.Add(7*time.Minute)))
	c.must(c.InsertVerdict(t.Context(), unhelped, true, c.account, start.Add(8*time.Minute)))
	for c.gather() > 0 {
	}
	want = []string{"unanswered 宠物怎么上牌=", "unanswered 居住证到期=", "answered 居住证丢了=怎么续签的答复。"}
	if got := c.unplaced(); !slices.Equal(got, want) {
		t.Errorf("after taking back %q\nwant %q", got, want)
	}
	if c.count(`SELECT count(*) FROM matter WHERE id = $1 AND state = 'open'`, silent) != 1 {
		t.Error("the matter whose reply was taken back does not wait")
	}
	wants(t, c.WithdrawReply(t.Context(), silent, c.account, start), errs.NotFound, "reply.none")
	c.must(c.ForgetUnanswered(t.Context(), start.Add(time.Hour)))
	if left := c.unplaced(); len(left) != 1 {
		t.Errorf("%q are left of the answered", left)
	}
}

func TestLaterReplyTakesThePlaceOfTheFirst(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m := c.asks("a", "p1", "车窗贴膜要年检吗", 0, nil)
	c.reply(m, "需要年检", "", 1)
	c.gather()
	c.reply(m, "贴膜不用年检", "市公安局", 2)
	for c.gather() > 0 {
	}
	if got := c.unplaced(); !slices.Contains(got, "answered 车窗贴膜要年检吗=贴膜不用年检") || len(got) != 2 {
		t.Errorf("%q", got)
	}
	stand, err := c.Replies(t.Context(), m)
	c.must(err)
	if len(stand) != 2 || stand[1].Unit != "市公安局" || stand[1].ByName != "李" {
		t.Errorf("replies %+v", stand)
	}
}

// place puts the round of a matter into a group.
func (c *city) place(m intake.MatterID, p kb.Placement) {
	c.t.Helper()
	id := c.list(`SELECT id::text FROM round WHERE matter_id = $1 AND kind = 'answered'`, m)
	p.Round, p.Kind, p.Model, p.At = kb.RoundID(id[0]), kb.Answered, model, start
	if p.Vector == nil {
		p.Vector = c.vector()
	}
	if p.AnswerVector == nil {
		p.AnswerVector = c.vector()
	}
	c.must(c.PlaceRound(c.t.Context(), p))
}

// proposes leaves something in every table of replies, rounds and proposals.
func (c *city) proposes() {
	c.t.Helper()
	m, other := c.asks("told", "p1", "居住证怎么续签", 50, nil), c.asks("told wrongly", "p2", "居住证怎么续", 51, nil)
	c.reply(m, "到派出所办理", "", 52)
	c.reply(other, "说错了的", "", 53)
	c.must(c.WithdrawReply(c.t.Context(), other, c.account, start.Add(54*time.Minute)))
	c.gather()
	group := id.New[kb.GroupID]()
	c.place(m, kb.Placement{Group: group, New: true})
	c.must(c.SaveWeighed(c.t.Context(), group, &kb.Weighed{Question: "居住证怎么续签"}, 3, start))
}

func TestGroupsOfRoundsAndTheirProposals(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	near := c.vector()
	var matters []intake.MatterID
	for i, caller := range []string{"p1", "p2", "p2", "p3", "p4", "p5", "p6"} {
		m := c.asks(name("r", i), caller, name("问", i), i, nil)
		c.reply(m, "答", "", i)
		matters = append(matters, m)
	}
	c.gather()
	a, b := id.New[kb.GroupID](), id.New[kb.GroupID]()
	c.place(matters[0], kb.Placement{Group: a, New: true, Vector: near})
	c.place(matters[1], kb.Placement{Group: a})
	c.place(matters[2], kb.Placement{Group: a})
	found, err := c.NearRounds(t.Context(), model, kb.Round{Kind: kb.Answered, Vector: near}, 1, 10)
	c.must(err)
	if len(found) != 2 || found[0].Group != a || found[0].Vector == nil || found[0].AnswerVector == nil {
		t.Errorf("near are %d rounds %+v, want one of each caller", len(found), found)
	}
	if none, err := c.NearRounds(t.Context(), model, kb.Round{Kind: kb.Unanswered, Vector: near}, 1, 10); err != nil || len(none) != 0 {
		t.Errorf("another kind: %v, %v", none, err)
	}
	answer := c.vector()
	c.place(matters[3], kb.Placement{Group: b, New: true, AnswerVector: answer})
	found, err = c.NearRounds(t.Context(), model, kb.Round{Kind: kb.Answered, Vector: near, AnswerVector: answer}, 1, 10)
	c.must(err)
	if len(found) != 3 {
		t.Errorf("near by question or answer are %d rounds, want 3", len(found))
	}
	groups, err := c.ChangedGroups(t.Context(), 10)
	c.must(err)
	if len(groups) != 2 {
		t.Fatalf("changed %v", groups)
	}
	w := kb.Weighed{Question: "问", Phrasings: []string{"另一问"}, Sentences: []kb.Sentence{{Text: "答", Replies: 3}}, Callers: 3}
	c.must(c.SaveWeighed(t.Context(), a, &w, 3, start))
	c.must(c.SaveWeighed(t.Context(), b, nil, 3, start))
	if groups, _ = c.ChangedGroups(t.Context(), 10); len(groups) != 0 {
		t.Errorf("changed after weighing: %v", groups)
	}
	line := org.Audit{At: start, Actor: c.account, Action: "reject_proposal", Object: "proposal:" + string(a)}
	c.must(c.DecideProposal(t.Context(), a, "", line))
	wants(t, c.DecideProposal(t.Context(), a, "", line), errs.Conflict, "proposal.decided")
	// Merged by a round that is like both, the rejected group outlives the other.
	c.place(matters[4], kb.Placement{Group: b, Merge: []kb.GroupID{a}})
	if n := c.count(`SELECT count(*) FROM round WHERE group_id = $1`, a); n != 5 {
		t.Errorf("%d rounds in the group that stays", n)
	}
	c.must(c.SaveWeighed(t.Context(), a, &w, 3, start))
	p, err := c.Proposal(t.Context(), a)
	c.must(err)
	if p.State != kb.ProposalRejected || p.DecidedBy != "李" || p.Weighed.Sentences[0].Text != "答" {
		t.Errorf("with two more callers it is %+v", p)
	}
	c.place(matters[5], kb.Placement{Group: a})
	c.must(c.SaveWeighed(t.Context(), a, &w, 3, start))
	all, err := c.Proposals(t.Context(), []kb.ProposalState{kb.ProposalReady}, 10)
	c.must(err)
	if len(all) != 1 || all[0].Callers != 5 || !all[0].DecidedAt.IsZero() {
		t.Errorf("with three more callers it does not come back: %+v", all)
	}
	_, err = c.Proposal(t.Context(), b)
	wants(t, err, errs.NotFound, "proposal.not_found")
	e := c.entry("", "怎么问", c.vector())
	_, err = c.SaveEntries(t.Context(), []kb.Prepared{e})
	c.must(err)
	if got, err := c.EntryAsking(t.Context(), "怎么问", ""); err != nil || got != e.Entry.ID {
		t.Errorf("asked the same: %v, %v", got, err)
	}
	_, err = c.EntryAsking(t.Context(), "怎么问", "440101")
	wants(t, err, errs.NotFound, "entry.not_found")
	c.must(c.DecideProposal(t.Context(), a, e.Entry.ID, line))
	rounds, err := c.GroupRounds(t.Context(), a, model, 10)
	c.must(err)
	if len(rounds) != 5 || rounds[0].Question() != "问-5" {
		t.Errorf("%d rounds of different callers, latest %q", len(rounds), rounds[0].Question())
	}
}
