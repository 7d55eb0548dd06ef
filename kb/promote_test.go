package kb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// memory keeps rounds, proposals and entries as the database does, for a few
// of each.
type memory struct {
	exact           // what is published
	drafts  []Entry // what is not
	rounds  []Round
	changed map[GroupID]bool
	asked   map[GroupID]*Proposal
	decided map[GroupID]int // callers at the decision
}

func newMemory() *memory {
	return &memory{changed: map[GroupID]bool{}, asked: map[GroupID]*Proposal{}, decided: map[GroupID]int{}}
}

func (m *memory) GatherRounds(context.Context, int, time.Time) (int, error) { return 0, nil }
func (m *memory) ForgetUnanswered(context.Context, time.Time) error         { return nil }

func (m *memory) UnplacedRounds(context.Context, string, int) ([]Round, error) {
	return slices.DeleteFunc(slices.Clone(m.rounds), func(r Round) bool { return r.Group != "" }), nil
}

func (m *memory) NearRounds(_ context.Context, _ string, r Round, _, members int) ([]Round, error) {
	var out []Round
	for _, o := range m.rounds {
		if o.Group != "" && o.Kind == r.Kind {
			out = append(out, o)
		}
	}
	return out, nil
}

func (m *memory) PlaceRound(_ context.Context, p Placement) error {
	for i := range m.rounds {
		r := &m.rounds[i]
		if r.ID == p.Round {
			r.Group, r.Vector, r.AnswerVector = p.Group, p.Vector, p.AnswerVector
		}
		if slices.Contains(p.Merge, r.Group) {
			r.Group = p.Group
		}
	}
	m.changed[p.Group] = true
	return nil
}

func (m *memory) ChangedGroups(context.Context, int) ([]GroupID, error) {
	return slices.Sorted(maps.Keys(m.changed)), nil
}

func (m *memory) GroupRounds(_ context.Context, group GroupID, _ string, _ int) ([]Round, error) {
	return slices.DeleteFunc(slices.Clone(m.rounds), func(r Round) bool { return r.Group != group }), nil
}

func (m *memory) SaveWeighed(_ context.Context, group GroupID, w *Weighed, again int, _ time.Time) error {
	delete(m.changed, group)
	old := m.asked[group]
	switch {
	case w == nil:
		return nil
	case old != nil && old.State == ProposalTaken, old != nil && old.State == ProposalRejected && w.Callers < m.decided[group]+again:
		return nil
	}
	p := &Proposal{ID: group, State: ProposalReady, Weighed: *w, Callers: w.Callers}
	if w.Blocked() {
		p.State = ProposalBlocked
	}
	m.asked[group] = p
	return nil
}

func (m *memory) Proposals(_ context.Context, states []ProposalState, _ int) ([]Proposal, error) {
	var out []Proposal
	for _, p := range m.asked {
		if slices.Contains(states, p.State) {
			out = append(out, *p)
		}
	}
	return out, nil
}

func (m *memory) Proposal(_ context.Context, group GroupID) (Proposal, error) {
	if p := m.asked[group]; p != nil {
		return *p, nil
	}
	return Proposal{}, errs.New(errs.NotFound, "proposal.not_found")
}

func (m *memory) DecideProposal(_ context.Context, group GroupID, entry EntryID, _ org.Audit) error {
	p := m.asked[group]
	p.State, p.Entry, m.decided[group] = ProposalRejected, entry, p.Callers
	if entry != "" {
		p.State = ProposalTaken
	}
	return nil
}

func (m *memory) EntryAsking(_ context.Context, question string, _ org.AreaCode) (EntryID, error) {
	for _, e := range slices.Concat(m.entries, m.drafts) {
		if e.Question == question {
			return e.ID, nil
		}
	}
	return "", errs.New(errs.NotFound, "entry.not_found")
}

func (m *memory) SaveEntries(_ context.Context, entries []Prepared) (Saved, error) {
	for _, p := range entries {
		if i := slices.IndexFunc(m.entries, func(e Entry) bool { return e.ID == p.Entry.ID }); i >= 0 && p.Entry.State != EntryDraft {
			m.entries[i] = p.Entry
		} else {
			m.drafts = append(m.drafts, p.Entry)
		}
	}
	return Saved{Created: len(entries)}, nil
}

func (m *memory) Entry(_ context.Context, entry EntryID) (Entry, error) {
	all := slices.Concat(m.entries, m.drafts)
	i := slices.IndexFunc(all, func(e Entry) bool { return e.ID == entry })
	if i < 0 {
		return Entry{}, errs.New(errs.NotFound, "entry.not_found")
	}
	return all[i], nil
}

func (m *memory) Entries(context.Context, EntryFilter) ([]Entry, error) { return m.entries, nil }
func (m *memory) Topics(context.Context) ([]Topic, error)               { return nil, nil }
func (m *memory) AllEntries(context.Context, EntryID, int) ([]Entry, error) {
	return m.entries, nil
}

// hears adds rounds with one answer, each of another caller.
func (m *memory) hears(answer string, questions ...string) {
	for _, q := range questions {
		n := len(m.rounds)
		m.rounds = append(m.rounds, Round{
			ID: RoundID(fmt.Sprint("r", n)), Kind: Answered, Matter: id.New[intake.MatterID](),
			Caller: fmt.Sprint("p", n), Body: q, Answer: answer, At: seedDay,
		})
	}
}

const (
	dogs = "养犬登记请带身份证、狂犬病免疫证明和犬只照片到社区警务室办理，当场办结，每只每年收费100元。"
	fund = "住房公积金贷款单职工最高60万元、双职工最高100万元，到公积金中心窗口申请，15个工作日内审批。"
)

// TestWhatIsAskedAgainIsProposedOnce follows two questions from the stream to
// a draft and to a rejection that holds until three more people ask.
func TestWhatIsAskedAgainIsProposedOnce(t *testing.T) {
	b := builder(t)
	m := newMemory()
	base, err := New(m)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return seedDay }
	rounds, err := NewRounds(m, b, now)
	if err != nil {
		t.Fatal(err)
	}
	promoter := NewPromoter(rounds, m, base, now)
	desk := NewProposals(m, NewLibrary(m, base, b, now), now)
	editor := org.Actor{Account: id.New[org.AccountID](), Roles: org.Roles{org.RoleEditor}}
	waiting := func() []Proposal {
		t.Helper()
		if _, err := promoter.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := desk.List(t.Context(), editor, false)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	m.hears(dogs, "养狗要怎么登记，带什么东西", "家里新养了一只小狗，狗证到哪里办")
	m.hears(fund, "公积金贷款最高能贷多少", "我一个人交公积金，买房能贷几十万")
	if found := waiting(); len(found) != 0 {
		t.Fatalf("proposed after two: %+v", found)
	}
	m.hears(dogs, "办养犬登记要多少钱")
	m.hears("您反映的问题已收到，会尽快转交相关部门。", "路灯坏了三天了", "小区没有热水", "公交站牌倒了")
	found := waiting()
	if len(found) != 1 || found[0].Callers != 3 || found[0].Weighed.Answer() != dogs || len(found[0].Weighed.Phrasings) != 2 {
		t.Fatalf("proposed %+v", found)
	}
	group := found[0].ID
	if _, err := desk.Take(t.Context(), org.Actor{Roles: org.Roles{org.RoleAgent}}, group, Entry{}); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an agent takes it: %v", err)
	}
	if _, err := desk.Take(t.Context(), editor, group, Entry{Question: "养犬登记", Answer: ""}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("without an answer: %v", err)
	}
	e, err := desk.Take(t.Context(), editor, group, Entry{Question: "养犬登记怎么办？", Answer: dogs, Phrasings: found[0].Weighed.Phrasings})
	if err != nil {
		t.Fatal(err)
	}
	if made, _ := m.Entry(t.Context(), e); made.State != EntryDraft || made.UpdatedBy != editor.Account {
		t.Errorf("made %+v", made)
	}
	if _, err := desk.Take(t.Context(), editor, group, Entry{Question: "再一条", Answer: dogs}); errs.CodeOf(err) != "proposal.decided" {
		t.Errorf("taken twice: %v", err)
	}
	m.hears(fund, "夫妻双方交公积金，贷款额度是多少")
	if found = waiting(); len(found) != 1 || found[0].Weighed.Answer() != fund {
		t.Fatalf("proposed %+v", found)
	}
	group = found[0].ID
	if _, err := desk.Take(t.Context(), editor, group, Entry{Question: "养犬登记怎么办？", Answer: fund}); errs.CodeOf(err) != "proposal.question" {
		t.Errorf("another entry's question: %v", err)
	}
	if err := desk.Reject(t.Context(), editor, group); err != nil {
		t.Fatal(err)
	}
	m.hears(fund, "公积金贷款额度怎么定", "公积金最多贷多少钱")
	if found = waiting(); len(found) != 0 {
		t.Errorf("back after two more: %+v", found)
	}
	m.hears(fund, "买房用公积金最高可以贷多少")
	if found = waiting(); len(found) != 1 {
		t.Errorf("not back after three more: %+v", found)
	}
}

// TestEntryThatAnswersAlreadyGetsPhrasings, and one that says something else
// blocks the proposal.
func TestEntryThatAnswersAlreadyGetsPhrasings(t *testing.T) {
	b := builder(t)
	for _, tt := range []struct {
		name, answer string
		blocked      bool
	}{
		{"the same answer", dogs, false},
		{"another fee", strings.Replace(dogs, "100元", "300元", 1), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory()
			m.fill(t, b, []Entry{{ID: "e1", Version: 1, State: EntryPublished, Question: "养狗要怎么登记？", Answer: tt.answer}})
			base, err := New(m)
			if err != nil {
				t.Fatal(err)
			}
			now := func() time.Time { return seedDay }
			rounds, err := NewRounds(m, b, now)
			if err != nil {
				t.Fatal(err)
			}
			m.hears(dogs, "养狗要怎么登记", "家里新养了一只小狗，狗证到哪里办", "办养犬登记要多少钱")
			if _, err := NewPromoter(rounds, m, base, now).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(m.asked) != 1 {
				t.Fatalf("%d proposals", len(m.asked))
			}
			desk := NewProposals(m, NewLibrary(m, base, b, now), now)
			editor := org.Actor{Roles: org.Roles{org.RoleEditor}}
			for group, p := range m.asked {
				if p.Weighed.Existing != "e1" || (p.State == ProposalBlocked) != tt.blocked {
					t.Fatalf("proposed %+v", p)
				}
				if tt.blocked {
					if v := p.Weighed.Versions; len(v) != 2 || v[1].Entry != "e1" || len(v[1].Conflicts) == 0 {
						t.Errorf("versions %+v", v)
					}
					return
				}
				if slices.Contains(p.Weighed.Phrasings, "养狗要怎么登记") || len(p.Weighed.Phrasings) != 2 {
					t.Errorf("phrasings %q", p.Weighed.Phrasings)
				}
				if _, err := desk.Extend(t.Context(), editor, group, p.Weighed.Phrasings); err != nil {
					t.Fatal(err)
				}
				if e, _ := m.Entry(t.Context(), "e1"); len(e.Phrasings) != 0 || e.State != EntryPublished {
					t.Errorf("what answers was changed without review: %+v", e)
				}
				if e := m.drafts[len(m.drafts)-1]; len(e.Phrasings) != 2 || e.State != EntryDraft {
					t.Errorf("extended %+v", e)
				}
				return
			}
		})
	}
}
