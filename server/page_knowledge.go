package server

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/org"
	"huying/kb"
)

// Knowledge is the knowledge base as the pages need it.
type Knowledge interface {
	// AskText asks with a free text, as a message would: the same preparation,
	// score and threshold. errs.Forbidden, errs.Unavailable.
	AskText(ctx context.Context, actor org.Actor, text string, area org.AreaCode) (kb.Result, error)
	// AskWords is AskText by words alone, for when the embedder is away.
	AskWords(ctx context.Context, actor org.Actor, text string, area org.AreaCode) (kb.Result, error)
	// Entries gives a page of published entries, newest change first.
	Entries(ctx context.Context, actor org.Actor, f kb.EntryFilter) ([]kb.Entry, error)
	// Entry gives one entry in any state, or errs.NotFound.
	Entry(ctx context.Context, actor org.Actor, entry kb.EntryID) (kb.Entry, error)
	// Topics gives the topics that published entries have, with their numbers,
	// most entries first.
	Topics(ctx context.Context, actor org.Actor) ([]kb.Topic, error)
}

// entriesPage is how many entries a page lists.
const entriesPage = 40

// knowledgePage is what knowledge.html draws.
type knowledgePage struct {
	shell
	Words  string
	Asked  *resultView // nil: nothing was asked
	Topics []topicView
	All    int // entries in all topics
	Topic  string
	List   []entryRow
	Older  string // address of the rest; empty: there is none
}

type topicView struct {
	kb.Topic
	Label   string
	URL     string
	Current bool
}

// entryRow is one line of the list.
type entryRow struct {
	kb.Entry
	URL     string
	Expired bool
}

// resultView is what asking gave, laid open.
type resultView struct {
	kb.Result
	Best    *matchView // the answer, when there is one
	Matches []matchView
	None    bool
}

// matchView is one entry that may answer.
type matchView struct {
	kb.Match
	URL   string
	Short string
	More  bool
	Area  string
	Key   int
	Near  bool // it was found by a phrasing other than its question
}

// showKnowledge asks the knowledge base when the address holds a question,
// otherwise it lists what there is.
func (s *Server) showKnowledge(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	p := knowledgePage{shell: s.shell(v, "knowledge", "知识"), Words: strings.TrimSpace(c.Query("q")), Topic: c.Query("topic")}
	p.Search = p.Words
	var err error
	if p.Topics, p.All, err = s.topics(ctx, v, p.Topic); err != nil {
		return err
	}
	if p.Words != "" {
		if p.Asked, err = s.ask(ctx, v, p.Words); err != nil {
			return err
		}
		return s.page(c, "knowledge", p)
	}
	f := kb.EntryFilter{Topic: p.Topic, Before: kb.EntryID(c.Query("before")), Limit: entriesPage}
	entries, err := s.o.Knowledge.Entries(ctx, v.actor, f)
	if err != nil {
		return err
	}
	for _, e := range entries {
		p.List = append(p.List, entryRow{Entry: e, URL: "/knowledge/" + string(e.ID), Expired: s.expired(e)})
	}
	if len(entries) == entriesPage {
		p.Older = link("/knowledge", "topic", p.Topic, "before", string(entries[len(entries)-1].ID))
	}
	return s.page(c, "knowledge", p)
}

func (s *Server) expired(e kb.Entry) bool {
	return !e.ValidUntil.IsZero() && s.o.Now().After(e.ValidUntil)
}

// topics gives the menu of topics and the number of entries in all.
func (s *Server) topics(ctx context.Context, v visit, current string) ([]topicView, int, error) {
	topics, err := s.o.Knowledge.Topics(ctx, v.actor)
	if err != nil {
		return nil, 0, err
	}
	var out []topicView
	all := 0
	for _, t := range topics {
		all += t.Entries
		if t.Name == "" {
			continue
		}
		out = append(out, topicView{Topic: t, Label: t.Name, URL: link("/knowledge", "topic", t.Name), Current: t.Name == current})
	}
	return out, all, nil
}

// ask puts a question to the knowledge base, for the hit test.
func (s *Server) ask(ctx context.Context, v visit, words string) (*resultView, error) {
	r, err := s.o.Knowledge.AskText(ctx, v.actor, words, "")
	if err != nil {
		return nil, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	view := &resultView{Result: r, None: len(r.Matches) == 0}
	for i, m := range r.Matches {
		short := m.Entry.Spoken()
		view.Matches = append(view.Matches, matchView{
			Match: m, URL: "/knowledge/" + string(m.Entry.ID), Key: i + 1,
			Short: short, More: short != m.Entry.Answer, Area: areaName(m.Entry.Area, dir),
			Near: m.Phrasing != "" && m.Phrasing != m.Entry.Question,
		})
	}
	if r.Answered && len(view.Matches) > 0 {
		view.Best = &view.Matches[0]
	}
	return view, nil
}
