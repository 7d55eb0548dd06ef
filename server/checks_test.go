package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// checkStore keeps findings by the rules of the database.
type checkStore struct{ *fake }

func (f checkStore) Unchecked(_ context.Context, _ time.Time, before kb.GivenID, limit int) ([]kb.Given, error) {
	var out []kb.Given
	for _, g := range slices.Backward(f.given) {
		checked := slices.ContainsFunc(f.checks, func(c kb.Check) bool { return c.Given == g.ID })
		if !checked && (before == "" || g.ID < before) && len(out) < limit {
			out = append(out, g)
		}
	}
	return out, f.down
}

func (f checkStore) InsertCheck(_ context.Context, c kb.Check) error {
	switch {
	case !slices.ContainsFunc(f.given, func(g kb.Given) bool { return g.ID == c.Given }):
		return errs.New(errs.NotFound, "check.not_found")
	case slices.ContainsFunc(f.checks, func(o kb.Check) bool { return o.Given == c.Given }):
		return errs.New(errs.Conflict, "check.done")
	}
	f.checks = append(f.checks, c)
	return f.down
}

func (f checkStore) CheckTally(context.Context, time.Time) (kb.CheckTally, error) {
	var t kb.CheckTally
	for _, c := range f.checks {
		switch c.Finding {
		case kb.FindingRight:
			t.Right++
		case kb.FindingWrong:
			t.Wrong++
		case kb.FindingCase:
			t.Case++
		}
	}
	return t, f.down
}

// gave makes answers given, the last one the latest.
func (w *world) gave() []kb.Given {
	w.fake.given = nil
	for i, ask := range []string{"居住证怎么续", "门口的灯坏了三天没人修", "暂住证到期了去哪里办"} {
		told := []kb.Told{kb.ToldAnswer, kb.ToldAnswer, kb.ToldOffer}[i]
		w.fake.given = append(w.fake.given, kb.Given{
			ID: id.New[kb.GivenID](), Talk: i != 1, Told: told, At: w.fake.now.Add(-time.Hour), Ask: ask, Match: kb.Match{Entry: w.fake.entries[i], Score: 0.9},
		})
	}
	return w.fake.given
}

// TestEditorsCheckAnswersGiven: one after the other, each once, question beside
// entry; who comes second is told.
func TestEditorsCheckAnswersGiven(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	const path = "/knowledge/checks"
	w.says(w.get(path), "没有等着核对的答复。", "近 30 天已核对 0 条")
	given := w.gave()
	r := w.get(path)
	w.says(r, "暂住证到期了去哪里办", "作为选项给了市民", w.fake.entries[2].Question, "Y 答对了", "N 答错了", "X 该转诉求", "S 跳过")
	w.says(w.get(path+"?before="+string(given[2].ID)), "门口的灯坏了三天没人修", "话务员看到的答复")
	r = w.post(path, "given", string(given[2].ID), "talk", "1", "finding", "right")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下。", "近 30 天已核对 1 条", "答对 1", "门口的灯坏了三天没人修")
	r = w.post(path, "given", string(given[2].ID), "talk", "1", "finding", "wrong")
	w.says(w.get(r.location), "刚刚已由别人核对，以先核对的为准", "答错 0")
	w.status(w.post(path, "given", string(given[1].ID), "finding", "perhaps"), http.StatusUnprocessableEntity)
	w.status(w.post(path, "given", "x", "finding", "wrong"), http.StatusNotFound)
	r = w.post(path, "given", string(given[1].ID), "finding", "case")
	w.says(w.get(r.location), "该转诉求 1", "居住证怎么续", "直接答复了市民")
	if c := w.fake.checks[1]; c.By != w.fake.accounts["editor"].ID || c.Talk || !c.At.Equal(w.fake.now) {
		t.Errorf("%+v", c)
	}
	w.signIn(org.RoleAgent)
	w.status(w.get(path), http.StatusForbidden)
	w.status(w.post(path, "given", string(given[0].ID), "talk", "1", "finding", "right"), http.StatusForbidden)
}

// TestAnswersAreCheckedByKeyboard goes through them in a browser by keys alone.
func TestAnswersAreCheckedByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleEditor)
	b.open("/knowledge/checks")
	b.look("checks-empty")
	b.gave()
	b.fake.given[2].Ask = strings.Repeat("很长的问题，", 40)
	b.open("/knowledge/checks")
	b.look("checks-whole")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.look("checks-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.dark(true)
	b.look("checks-dark")
	b.press("s")
	b.reads("#given", "门口的灯坏了")
	b.press("x")
	b.reads("#given", "居住证怎么续")
	b.press("n")
	b.reads(".none", "没有等着核对的答复")
	b.reads("#tally", "已核对 2 条")
	if c := b.fake.checks; len(c) != 2 || c[0].Finding != kb.FindingCase || c[1].Finding != kb.FindingWrong {
		t.Errorf("%+v", c)
	}
}
