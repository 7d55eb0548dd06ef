package server

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Notices are the pinned answers (统一口径).
type Notices interface {
	// Active gives the notices that hold now, the one that began last first.
	Active(ctx context.Context, actor org.Actor) ([]kb.Notice, error)
	// Pin stores a notice from now on; an errs.List names each faulty field,
	// errs.Forbidden for whoever may not edit knowledge.
	Pin(ctx context.Context, actor org.Actor, n kb.Notice) (kb.Notice, error)
	// Join counts a contact to a notice, once; errs.NotFound when either does
	// not exist or the notice has ended.
	Join(ctx context.Context, actor org.Actor, notice kb.NoticeID, contact intake.ContactID) error
}

// noticesPage is what notices.html draws.
type noticesPage struct {
	shell
	Notices []noticeView
	Areas   []areaOption
	Form    noticeForm
	Faults  []string
	Pinned  bool
	Topics  []topicView
	All     int
	Topic   string
}

type noticeView struct {
	kb.Notice
	Where string
}

// noticeForm is the form as it was filled in.
type noticeForm struct {
	Title, Text, Area, Starts, Ends string
}

// showNotices lists what holds now, and gives editors the form.
func (s *Server) showNotices(c *fiber.Ctx, v visit) error {
	now := shanghai(s.o.Now())
	form := noticeForm{Starts: now.Format(formTime), Ends: now.Add(12 * time.Hour).Format(formTime)}
	p, err := s.newNoticesPage(c, v, form)
	if err != nil {
		return err
	}
	p.Pinned = c.Query("said") == "pinned"
	return s.page(c, "notices", p)
}

func (s *Server) newNoticesPage(c *fiber.Ctx, v visit, form noticeForm) (noticesPage, error) {
	ctx := c.UserContext()
	p := noticesPage{shell: s.shell(v, "knowledge", "统一口径"), Form: form}
	notices, err := s.o.Notices.Active(ctx, v.actor)
	if err != nil {
		return p, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return p, err
	}
	for _, n := range notices {
		p.Notices = append(p.Notices, noticeView{Notice: n, Where: areaName(n.Area, dir)})
	}
	if p.Areas, err = s.areas(ctx, form.Area); err != nil {
		return p, err
	}
	p.Topics, p.All, err = s.topics(ctx, v, "")
	return p, err
}

// formTime is how browsers write a date and time in a form.
const formTime = "2006-01-02T15:04"

// pinNotice stores a notice, or shows the form again with what is wrong.
func (s *Server) pinNotice(c *fiber.Ctx, v visit) error {
	form := noticeForm{
		Title: strings.TrimSpace(c.FormValue("title")), Text: strings.TrimSpace(c.FormValue("text")),
		Area: c.FormValue("area"), Starts: c.FormValue("starts"), Ends: c.FormValue("ends"),
	}
	n := kb.Notice{Title: form.Title, Text: form.Text, Area: org.AreaCode(form.Area)}
	var err error
	if n.Starts, err = parseFormTime("开始时间", form.Starts); err == nil {
		n.Ends, err = parseFormTime("结束时间", form.Ends)
	}
	if err == nil {
		_, err = s.o.Notices.Pin(c.UserContext(), v.actor, n)
	}
	switch {
	case err == nil:
		return c.Redirect("/notices?said=pinned", fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p, failed := s.newNoticesPage(c, v, form)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "notices", "layout", p)
}

// parseFormTime reads a form's date and time as China's; an empty one is zero.
func parseFormTime(label, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(formTime, value, shanghai(time.Time{}).Location())
	if err != nil {
		return time.Time{}, errs.Wrap(err, errs.Invalid, "field.invalid", label, value)
	}
	return t, nil
}
