package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// blindShown is how many matters the list of blind readings holds; the others
// come up as these are read.
const blindShown = 50

// blindPage is what blind.html draws: the desk without what the machine or a
// colleague thinks.
type blindPage struct {
	shell
	Open  int    // how many wait in the queue
	Count string // how many wait for a blind reading
	Rows  []blindRow
	File  *blindView // nil: nothing waits
	Said  string     // what the last action did; may be empty
}

// blindRow is one line of the list.
type blindRow struct {
	classifier.BlindItem
	URL     string
	Current bool
}

// blindView is the message as a blind reader sees it, and the form.
type blindView struct {
	Message intake.Message
	Heading string
	Title   string // empty when the message has none
	Body    []string
	Area    string
	Find    blindFind
}

// blindFind is the search for a category, and the choice made.
type blindFind struct {
	Matter intake.MatterID
	Words  string
	Hits   []hitView
	None   bool
	Choice *choiceView // nil until a category is chosen
	CSRF   string
}

// To is the address of this matter's blind page or one of its parts.
func (f blindFind) To(part string, more ...string) string {
	return link(strings.TrimSuffix("/blind/"+string(f.Matter)+"/"+part, "/"), more...)
}

// countBlind is how many matters wait for a blind reading by the reader; empty
// when none do, and for a role that does not decide.
func (s *Server) countBlind(ctx context.Context, v visit) (string, error) {
	if !v.may(org.ActDecide) {
		return "", nil
	}
	_, n, err := s.o.Blind.Waiting(ctx, v.actor, 0)
	if n == 0 {
		return "", err
	}
	return waitingCount(n), err
}

func waitingCount(n int) string {
	if n >= classifier.MaxWaiting {
		return strconv.Itoa(classifier.MaxWaiting-1) + "+"
	}
	return strconv.Itoa(n)
}

// saidBlind are the sentences an action may leave behind.
var saidBlind = map[string]string{
	"done":    "已记下，换下一件",
	"skipped": "已跳过，换下一件",
	"gone":    "那一件已不需要复判，换下一件",
}

// showBlind shows the matter in the address, or the one that waits longest.
func (s *Server) showBlind(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	items, n, err := s.o.Blind.Waiting(ctx, v.actor, blindShown)
	if err != nil {
		return err
	}
	_, open, err := s.o.Desk.Queue(ctx, v.actor, deskQuery{}.filter(1))
	if err != nil {
		return err
	}
	p := blindPage{shell: s.shell(v, "desk", "复判"), Open: open, Count: waitingCount(n), Said: saidBlind[c.Query("said")]}
	matter := intake.MatterID(c.Params("matter"))
	if matter == "" && len(items) > 0 {
		matter = items[0].Matter
	}
	for _, item := range items {
		p.Rows = append(p.Rows, blindRow{item, blindFind{Matter: item.Matter}.To(""), item.Matter == matter})
	}
	if matter != "" {
		p.File, err = s.newBlindView(c, v, matter)
	}
	if err != nil {
		return err
	}
	return s.page(c, "blind", p)
}

// newBlindView reads the message and what the address says of the form.
func (s *Server) newBlindView(c *fiber.Ctx, v visit, matter intake.MatterID) (*blindView, error) {
	now, err := s.blindNow(c, v, matter)
	if err != nil {
		return nil, err
	}
	m := now.file.Matter
	view := &blindView{
		Message: now.file.Message, Heading: headingOf(m), Title: m.Title, Body: lines(m.Text),
		Area: now.dir.Path(now.file.Message.Area),
		Find: blindFind{Matter: matter, Words: strings.TrimSpace(c.Query("words")), CSRF: v.csrf},
	}
	if chosen := classifier.CategoryID(c.Query("category")); chosen != "" {
		cat, ok := now.list.Category(chosen)
		if !ok || !cat.Leaf {
			return nil, errs.New(errs.NotFound, "category.not_found")
		}
		view.Find.Choice = newBlindChoice(cat, now)
		return view, nil
	}
	if view.Find.Words == "" {
		return view, nil
	}
	hits, err := s.findLeaves(c.UserContext(), now.list, view.Find.Words)
	for _, h := range hits[:min(len(hits), hitsShown)] {
		h.URL = view.Find.To("find", "category", string(h.Category))
		view.Find.Hits = append(view.Find.Hits, h)
	}
	view.Find.None = len(hits) == 0
	return view, err
}

// blindNow reads what the form needs. Its file holds the message alone, so
// nothing that is made of it can tell what was suggested or decided.
func (s *Server) blindNow(c *fiber.Ctx, v visit, matter intake.MatterID) (matterNow, error) {
	ctx, now := c.UserContext(), matterNow{csrf: v.csrf}
	var err error
	if now.file.Message, now.file.Matter, err = s.o.Blind.Read(ctx, v.actor, matter); err != nil {
		return now, err
	}
	if now.list, err = s.o.Catalogue.Active(ctx); err != nil {
		return now, err
	}
	now.dir, err = s.o.Places.Directory(ctx)
	return now, err
}

// newBlindChoice lays out the duty rules of a category. None is chosen from the
// start: what is preset is what people take.
func newBlindChoice(cat *classifier.Category, now matterNow) *choiceView {
	v := &choiceView{Category: cat, Path: above(cat), Description: cat.Description, Leads: leadsOf(cat, "", now)}
	for i := range v.Leads {
		v.Leads[i].Checked = false
	}
	return v
}

// findBlind gives the part of the form that changed; without htmx, the page.
func (s *Server) findBlind(c *fiber.Ctx, v visit) error {
	if !byHtmx(c) {
		return s.showBlind(c, v)
	}
	view, err := s.newBlindView(c, v, intake.MatterID(c.Params("matter")))
	if err != nil {
		return err
	}
	return s.render(c, fiber.StatusOK, "blind", "blind-found", view.Find)
}

// readBlind stores what the second person says.
func (s *Server) readBlind(c *fiber.Ctx, v visit) error {
	matter := intake.MatterID(c.Params("matter"))
	now, err := s.blindNow(c, v, matter)
	if err != nil {
		return s.nextBlind(c, "", err)
	}
	var d classifier.Decision
	if c.FormValue("none") == "" {
		d.Category = classifier.CategoryID(c.FormValue("category"))
		cat, ok := now.list.Category(d.Category)
		if !ok || !cat.Leaf {
			return errs.New(errs.Invalid, "decision.category")
		}
		if by := c.FormValue("by"); by != "" {
			if err := assign(&d, by, cat, now); err != nil {
				return err
			}
		}
	}
	return s.nextBlind(c, "done", s.o.Blind.Decide(c.UserContext(), v.actor, matter, d.Category, d.Lead))
}

// skipBlind leaves the matter to somebody else.
func (s *Server) skipBlind(c *fiber.Ctx, v visit) error {
	return s.nextBlind(c, "skipped", s.o.Blind.Skip(c.UserContext(), v.actor, intake.MatterID(c.Params("matter"))))
}

// nextBlind goes on to the next one. That somebody else was faster, or that the
// form was sent twice, is no failure worth a page.
func (s *Server) nextBlind(c *fiber.Ctx, said string, err error) error {
	switch errs.CodeOf(err) {
	case "blind.not_waiting", "blind.taken":
		said = "gone"
	default:
		if err != nil {
			return err
		}
	}
	return c.Redirect(link("/blind", "said", said), fiber.StatusSeeOther)
}
