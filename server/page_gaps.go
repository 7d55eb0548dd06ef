package server

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/org"
)

// gapsPage is what gaps.html draws: what people write about that fits no leaf.
type gapsPage struct {
	shell
	Said    string
	Waiting []gapView // to be looked at
	Marked  []gapView // looked after
	CanMark bool
	Days    int
	People  int
}

// gapView is one group of messages.
type gapView struct {
	classifier.Gap
	Name       string // its most telling words
	Growth     string // in a sentence
	Leaf       string // the nearest; empty: none was suggested
	LeafURL    string
	URL        string
	Grown      bool // it was looked after and has doubled since
	MarkedWhat string
}

// gapName is how many words a group is called by.
const gapName = 3

// showGaps lists the groups.
func (s *Server) showGaps(c *fiber.Ctx, v visit) error {
	all, err := s.o.Gaps.List(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	list, err := s.o.Catalogue.Active(c.UserContext())
	if err != nil {
		return err
	}
	p := gapsPage{
		shell: s.shell(v, "catalogue", "可能缺少的类别"), CanMark: v.may(org.ActEditCatalogue),
		Days: classifier.GapDays, People: classifier.GapCallers,
	}
	if c.Query("said") == "marked" {
		p.Said = "已记下。件数再多一倍之前，它不会再列在上面。"
	}
	for _, g := range all {
		view := newGapView(g, list)
		if g.Waits() {
			p.Waiting = append(p.Waiting, view)
		} else {
			p.Marked = append(p.Marked, view)
		}
	}
	return s.page(c, "gaps", p)
}

func newGapView(g classifier.Gap, list *classifier.Catalogue) gapView {
	view := gapView{
		Gap: g, Name: strings.Join(g.Words[:min(len(g.Words), gapName)], "、"), Growth: growth(g),
		URL: "/catalogue/topics/" + url.PathEscape(string(g.ID)), Grown: g.Mark != nil && g.Waits(),
	}
	if view.Name == "" {
		view.Name = "没有共同的词"
	}
	if g.Mark != nil {
		view.MarkedWhat = g.Mark.What.Label()
	}
	if cat, ok := list.Category(g.Nearest); ok {
		view.Leaf, view.LeafURL = cat.Name, categoryURL(cat.ID)
	}
	return view
}

// growth says whether a group grows.
func growth(g classifier.Gap) string {
	days := classifier.GapRecent
	switch {
	case g.Before == 0 && g.Recent == g.Size:
		return fmt.Sprintf("全部来自近 %d 天", days)
	case g.Recent > g.Before:
		return fmt.Sprintf("在增多：近 %d 天 %d 件，再前 %d 天 %d 件", days, g.Recent, days, g.Before)
	case g.Recent < g.Before:
		return fmt.Sprintf("在减少：近 %d 天 %d 件，再前 %d 天 %d 件", days, g.Recent, days, g.Before)
	}
	return fmt.Sprintf("持平：近 %d 天和再前 %d 天各 %d 件", days, days, g.Recent)
}

// markGap notes that a group was looked after.
func (s *Server) markGap(c *fiber.Ctx, v visit) error {
	err := s.o.Gaps.Mark(c.UserContext(), v.actor, classifier.GapID(c.Params("gap")), classifier.GapState(c.FormValue("what")))
	if err != nil {
		return err
	}
	return c.Redirect("/catalogue/topics?said=marked", fiber.StatusSeeOther)
}
