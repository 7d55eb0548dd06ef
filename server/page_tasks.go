package server

import (
	"context"
	"io"
	"net/url"
	"os"
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Export writes the whole knowledge base as a file.
type Export interface {
	// Export writes all entries in the form that the name's ending says: csv,
	// xlsx or jsonl.
	Export(ctx context.Context, actor org.Actor, w io.Writer, name string) error
}

// tasksPage is what tasks.html draws: one list of entries that somebody must
// act on.
type tasksPage struct {
	shell
	Lists  []taskTab
	List   string
	Unit   string // empty: all
	Own    string // the unit of who looks; empty: it has no entries to look after
	Mine   string // address of the list for it alone, or for all again
	Tasks  []taskView
	Older  string
	Forms  []string
	Topics []topicView
	All    int
	Topic  string
}

// taskTab is one list's name with its number.
type taskTab struct {
	Label   string
	URL     string
	Count   int
	Counted bool
	Current bool
}

// taskView is one line.
type taskView struct {
	kb.Task
	URL     string
	State   stateView
	Overdue bool
	Left    string // in words: 超期 2 天, 还剩 5 天
}

// taskLists are the lists in order, with what an empty one says.
var taskLists = []struct {
	list  kb.TaskList
	label string
	empty string
}{
	{kb.ListReview, "待审核", "没有等着审核的条目。"},
	{kb.ListVerify, "待核实", "没有要核实的条目。"},
	{kb.ListOverdue, "逾期", "没有逾期的条目。"},
	{kb.ListSoon, "30 天内到期", "30 天内没有到期的条目。"},
	{kb.ListDraft, "草稿", "没有草稿。"},
	{kb.ListRetired, "已停用", "没有停用的条目。"},
}

// showTasks lists the entries that somebody must act on.
func (s *Server) showTasks(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	p := tasksPage{shell: s.shell(v, "knowledge", "待处理的条目"), List: c.Query("list", string(kb.ListReview)), Forms: exportForms[:]}
	loads, err := s.o.Upkeep.Loads(ctx, v.actor)
	if err != nil {
		return err
	}
	if p.Own, err = s.ownUnit(ctx, v, loads); err != nil {
		return err
	}
	p.Unit = c.Query("unit")
	if p.Own != "" && p.Unit == "" && c.Query("all") == "" {
		p.Unit = p.Own // one's own unit's first
	}
	tasks, err := s.o.Upkeep.Tasks(ctx, v.actor, kb.TaskFilter{
		List: kb.TaskList(p.List), Unit: p.Unit, Before: kb.EntryID(c.Query("before")), Limit: entriesPage,
	})
	if err != nil {
		return err
	}
	for _, t := range tasks {
		view := taskView{Task: t, URL: entryURL(t.Entry.ID), State: stateOf(t.Entry.State)}
		if !t.Due.IsZero() {
			view.Overdue = t.Due.Before(s.o.Now())
			view.Left = daysLeft(t.Due.Sub(s.o.Now()).Hours() / 24)
		}
		p.Tasks = append(p.Tasks, view)
	}
	if len(tasks) == entriesPage {
		p.Older = s.taskURL(p, p.List) + "&before=" + string(tasks[len(tasks)-1].Entry.ID)
	}
	s.taskTabs(&p, loads)
	p.Topics, p.All, err = s.topics(ctx, v, "")
	if err != nil {
		return err
	}
	return s.page(c, "tasks", p)
}

// Empty says why there is nothing.
func (p tasksPage) Empty() string {
	for _, l := range taskLists {
		if string(l.list) == p.List {
			return l.empty
		}
	}
	return "没有这样的条目。"
}

func (s *Server) taskURL(p tasksPage, list string) string {
	all := ""
	if p.Own != "" && p.Unit == "" {
		all = "1"
	}
	return link("/knowledge/tasks", "list", list, "unit", p.Unit, "all", all)
}

// ownUnit gives the unit of who looks, if it has entries to look after: the
// hotline's own people look after everybody's.
func (s *Server) ownUnit(ctx context.Context, v visit, loads []kb.Load) (string, error) {
	own, err := s.o.Upkeep.OwnUnit(ctx, v.actor)
	if !slices.ContainsFunc(loads, func(l kb.Load) bool { return l.Unit == own }) {
		own = ""
	}
	return own, err
}

// taskTabs counts the lists.
func (s *Server) taskTabs(p *tasksPage, loads []kb.Load) {
	counts := map[kb.TaskList]int{}
	for _, l := range loads {
		if p.Unit != "" && l.Unit != p.Unit {
			continue
		}
		for list, n := range l.Counts {
			counts[list] += n
		}
	}
	for _, l := range taskLists {
		p.Lists = append(p.Lists, taskTab{
			Label: l.label, URL: s.taskURL(*p, string(l.list)), Count: counts[l.list], Counted: l.list != kb.ListRetired, Current: string(l.list) == p.List,
		})
	}
	switch {
	case p.Own == "":
	case p.Unit == p.Own:
		p.Mine = link("/knowledge/tasks", "list", p.List, "all", "1")
	default:
		p.Mine = link("/knowledge/tasks", "list", p.List, "unit", p.Own)
	}
}

// loadsPage is what loads.html draws: what each unit has to do.
type loadsPage struct {
	shell
	Loads  []loadView
	Topics []topicView
	All    int
	Topic  string
}

// loadView is one unit.
type loadView struct {
	kb.Load
	Overdue, Soon, Review, Verify int
	Name                          string
	URL                           map[string]string
	Own                           bool
}

// showLoads lists the units by what is overdue.
func (s *Server) showLoads(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	loads, err := s.o.Upkeep.Loads(ctx, v.actor)
	if err != nil {
		return err
	}
	own, err := s.ownUnit(ctx, v, loads)
	if err != nil {
		return err
	}
	p := loadsPage{shell: s.shell(v, "knowledge", "各单位的条目")}
	for _, l := range loads {
		view := loadView{
			Load: l, Name: l.Unit, Own: own != "" && l.Unit == own, URL: map[string]string{},
			Overdue: l.Counts[kb.ListOverdue], Soon: l.Counts[kb.ListSoon], Review: l.Counts[kb.ListReview], Verify: l.Counts[kb.ListVerify],
		}
		for _, list := range taskLists {
			if l.Unit != "" {
				view.URL[string(list.list)] = link("/knowledge/tasks", "list", string(list.list), "unit", l.Unit)
			}
		}
		if l.Unit == "" {
			view.Name = "没有写答复单位"
		}
		p.Loads = append(p.Loads, view)
	}
	if p.Topics, p.All, err = s.topics(ctx, v, ""); err != nil {
		return err
	}
	return s.page(c, "loads", p)
}

// exportKnowledge gives the knowledge base as a file that can be imported
// again. It is written to the disk first: a fault is said instead of half a
// file, and a hundred thousand entries need no memory.
func (s *Server) exportKnowledge(c *fiber.Ctx, v visit) error {
	name := "知识条目." + c.Query("form", exportForms[0])
	f, err := os.CreateTemp("", "huying-export-*")
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", os.TempDir())
	}
	os.Remove(f.Name()) // it lives until it is closed, by whoever sends it
	if err := s.o.Export.Export(c.UserContext(), v.actor, f, name); err != nil {
		f.Close()
		return err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return errs.Wrap(err, errs.Unavailable, "assets.disk", os.TempDir())
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.SendStream(f, int(size))
}
