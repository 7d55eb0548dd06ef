package server

import (
	"fmt"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/org"
)

// staffView is what became of each person's decisions, and whose the machine
// does not learn from.
type staffView struct {
	Sentence string
	Said     string
	Rows     []staffRow
	CSRF     string
	Days     int
}

// staffRow is one person.
type staffRow struct {
	classifier.PersonRecord
	Rate  rateView // returned or overruled, of those decided
	Often bool     // beyond chance more often than all together
	URL   string
}

// newStaffView reads it for whoever may set people's decisions aside; nil for
// everybody else, and while nobody decides.
func (s *Server) newStaffView(c *fiber.Ctx, v visit, from, to time.Time, days int) (*staffView, error) {
	if !v.may(org.ActSetAside) {
		return nil, nil //nolint:nilnil // a view that is not there is not drawn
	}
	all, err := s.o.People.Records(c.UserContext(), v.actor, from, to)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	view := &staffView{CSRF: v.csrf, Days: days}
	decided, either := 0, 0
	for _, p := range all {
		decided, either = decided+p.Decided, either+p.Either
	}
	mean := newRate("", either, decided)
	for _, p := range all {
		row := staffRow{PersonRecord: p, Rate: newRate("", p.Either, p.Decided), URL: "/accuracy/people/" + url.PathEscape(string(p.Account))}
		row.Often = !row.Rate.Little() && row.Rate.Low > mean.Share
		view.Rows = append(view.Rows, row)
		switch {
		case c.Query("aside") == string(p.Account) && p.Aside != nil:
			view.Said = fmt.Sprintf("已不再从%s的决定中学习；相近的例子马上不再引用，推荐模型下次训练后不再包含。", p.Name)
		case c.Query("aside") == string(p.Account):
			view.Said = fmt.Sprintf("已恢复从%s的决定中学习，推荐模型下次训练后包含。", p.Name)
		}
	}
	if decided < enough {
		view.Sentence = fmt.Sprintf("这段时间只有 %d 件决定，还看不出谁的决定常被退回或改判。", decided)
		return view, nil
	}
	view.Sentence = fmt.Sprintf("全体 %d 件决定中，%d 件被主办单位以职责或属地不符退回，或被别人改判，占 %s。", decided, either, percent(mean.Share))
	return view, nil
}

// setAside leaves a person's decisions out of what is learned from, or takes
// them back in.
func (s *Server) setAside(c *fiber.Ctx, v visit) error {
	account := c.Params("account")
	err := s.o.People.SetAside(c.UserContext(), v.actor, org.AccountID(account), c.FormValue("aside") == "1", c.FormValue("why"))
	if err != nil {
		return err
	}
	return c.Redirect(link("/accuracy", "days", c.FormValue("days"), "aside", account)+"#staff", fiber.StatusSeeOther)
}
