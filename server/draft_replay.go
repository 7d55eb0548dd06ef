package server

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// Replays run what people decided through drafts.
type Replays interface {
	// Ask asks for a replay; a job does it.
	Ask(ctx context.Context, actor org.Actor, draft classifier.DraftID) error
	// Status gives a draft with how far its replay is.
	Status(ctx context.Context, actor org.Actor, draft classifier.DraftID) (classifier.StoredDraft, error)
	// Routes gives what the draft would route differently.
	Routes(ctx context.Context, actor org.Actor, f classifier.RouteFilter) ([]classifier.RouteLine, error)
}

// replayView is a replay on the page of its draft.
type replayView struct {
	*classifier.ReplayRun
	Watch    string // where to ask how far it is; empty: it has ended
	Progress string
	Stale    bool // another version serves by now
	Figures  []replayFigure
	Tabs     []optionLink
	Lines    []classifier.RouteLine
	Next     string // the next part of the list; empty: this is the last
	Newest   string // the first part; empty: this is it
}

// replayFigure is one count of the decisions that were replayed.
type replayFigure struct {
	Name  string
	Count int
	Share string
}

// optionLink is one choice of which lines are listed.
type optionLink struct {
	Label, URL string
	Count      int
	Current    bool
}

// linesShown is how many decisions are listed at once.
const linesShown = 50

func (s *Server) newReplayView(c *fiber.Ctx, v visit, d classifier.DraftView) (*replayView, error) {
	r := d.Replay
	if r == nil {
		return nil, nil
	}
	view := &replayView{ReplayRun: r}
	if r.Open() {
		view.Watch, view.Progress = draftURL(d.ID)+"/watch", progress(r)
		return view, nil
	}
	f := r.Figures
	view.Stale = d.Difference != nil && d.Difference.From.ID != f.Against
	if r.Fault != "" || f.Decisions == 0 {
		return view, nil
	}
	view.count(f)
	only := classifier.RouteKind(c.Query("only"))
	view.tabs(f, draftURL(d.ID), only)
	return view, s.listRoutes(c, v, view, d.ID, only)
}

// progress says how far an open replay is.
func progress(r *classifier.ReplayRun) string {
	switch {
	case r.Attempts == 0:
		return "已排队，通常几秒内开始；后台正忙着训练时会晚一些。"
	case r.Total == 0:
		return "正在试跑，第一轮还没有做完。"
	}
	return fmt.Sprintf("正在试跑，已做完 %d 轮，共 %d 轮。", r.Done, r.Total)
}

// count fills in the figures.
func (view *replayView) count(f classifier.Replay) {
	for _, line := range []struct {
		name string
		n    int
	}{
		{"首选事项会变", f.Leaf}, {"主办单位会变", f.Lead}, {"所定事项已拆分，等人决定", f.Split}, {"所定事项已取消", f.Ended},
		{"首选与人的决定一致：现行版本", f.RightNow}, {"首选与人的决定一致：新版本", f.RightThen},
	} {
		view.Figures = append(view.Figures, replayFigure{line.name, line.n, percent(float64(line.n) / float64(f.Decisions))})
	}
}

// tabs fills in what can be listed.
func (view *replayView) tabs(f classifier.Replay, path string, only classifier.RouteKind) {
	for _, tab := range []struct {
		kind  classifier.RouteKind
		label string
		n     int
	}{
		{classifier.AnyRoute, "全部", f.Routed}, {classifier.LeafRoute, "事项会变", f.Leaf}, {classifier.LeadRoute, "主办会变", f.Lead},
		{classifier.SplitRoute, "事项已拆分", f.Split}, {classifier.EndedRoute, "事项已取消", f.Ended},
	} {
		view.Tabs = append(view.Tabs, optionLink{tab.label, routesURL(path, tab.kind, 0), tab.n, tab.kind == only})
	}
}

func routesURL(path string, only classifier.RouteKind, from int) string {
	q := url.Values{}
	if only != classifier.AnyRoute {
		q.Set("only", string(only))
	}
	if from > 0 {
		q.Set("from", strconv.Itoa(from))
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path + "#routes"
}

// listRoutes fills in one part of the list.
func (s *Server) listRoutes(c *fiber.Ctx, v visit, view *replayView, draft classifier.DraftID, only classifier.RouteKind) error {
	from := max(0, c.QueryInt("from"))
	lines, err := s.o.Replays.Routes(c.UserContext(), v.actor, classifier.RouteFilter{Draft: draft, Only: only, From: from, Limit: linesShown + 1})
	if err != nil {
		return err
	}
	if len(lines) > linesShown {
		view.Next = routesURL(draftURL(draft), only, lines[linesShown].Ordinal)
		lines = lines[:linesShown]
	}
	if from > 0 {
		view.Newest = routesURL(draftURL(draft), only, 0)
	}
	view.Lines = lines
	return nil
}

// askReplay asks that a draft be replayed. One that is under way is shown.
func (s *Server) askReplay(c *fiber.Ctx, v visit) error {
	draft := classifier.DraftID(c.Params("draft"))
	if err := s.o.Replays.Ask(c.UserContext(), v.actor, draft); err != nil && errs.CodeOf(err) != "draft.replaying" {
		return err
	}
	return c.Redirect(draftURL(draft)+"#replay", fiber.StatusSeeOther)
}

// watchReplay says how far a replay is; the page is read anew once it has
// ended, or its draft is gone.
func (s *Server) watchReplay(c *fiber.Ctx, v visit) error {
	d, err := s.o.Replays.Status(c.UserContext(), v.actor, classifier.DraftID(c.Params("draft")))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	if err != nil || !d.Replay.Open() {
		c.Set("HX-Refresh", "true")
		return c.SendStatus(fiber.StatusNoContent)
	}
	return s.render(c, fiber.StatusOK, "draft", "watch", &replayView{ReplayRun: d.Replay, Watch: draftURL(d.ID) + "/watch", Progress: progress(d.Replay)})
}
