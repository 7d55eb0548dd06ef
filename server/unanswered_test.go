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

type fakeUnanswered struct{ *fake }

func (f fakeUnanswered) Overview(_ context.Context, actor org.Actor) (kb.Overview, error) {
	return f.overview, org.Can(actor, org.ActEditKnowledge)
}

func (f fakeUnanswered) Open(_ context.Context, actor org.Actor, group kb.GroupID) (kb.Gap, error) {
	i := slices.IndexFunc(f.overview.Gaps, func(g kb.Gap) bool { return g.Group == group })
	if i < 0 {
		return kb.Gap{}, errs.New(errs.NotFound, "unanswered.not_found")
	}
	return f.overview.Gaps[i], org.Can(actor, org.ActEditKnowledge)
}

func (f fakeUnanswered) Write(_ context.Context, _ org.Actor, e kb.Entry) (kb.EntryID, error) {
	e.ID, e.State = id.New[kb.EntryID](), kb.EntryDraft
	if err := e.Validate(); err != nil {
		return "", err
	}
	f.entries = append(f.entries, e)
	return e.ID, nil
}

// unanswered fills the overview.
func (w *world) unanswered() {
	e := w.fake.entries
	gap := func(asks, week, unsolved int, words []string, wordings ...string) kb.Gap {
		return kb.Gap{
			Group: id.New[kb.GroupID](), Asks: asks, Week: week, Callers: asks - 1, Unsolved: unsolved, Last: w.fake.now.Add(-2 * time.Hour),
			Words: words, Wordings: wordings,
		}
	}
	first := gap(41, 12, 6, []string{"公积金", "贷款", "额度"}, "公积金贷款最高能贷多少", "单职工公积金可以贷几十万", "我想问问夫妻两个人都交公积金的话买二套房最多能从公积金里头贷多少钱出来")
	first.Nearest = &kb.Match{Entry: e[0], Score: 0.31}
	closed := gap(50, 1, 0, []string{"居住证"}, "居住证怎么续")
	closed.Closed = true
	use := func(i, n int) kb.EntryUse {
		return kb.EntryUse{Entry: e[i].ID, Question: e[i].Question, Unit: e[i].Unit, Answered: n, At: w.fake.now.AddDate(0, 0, -i)}
	}
	w.fake.overview = kb.Overview{
		Gaps: []kb.Gap{first, gap(3, 3, 0, nil, "宠物狗怎么上牌"), closed},
		Used: []kb.EntryUse{use(0, 212), use(1, 88)}, Dead: []kb.EntryUse{use(2, 0)},
		Rivals: []kb.Rivals{{First: use(0, 0), Second: use(1, 0), Asks: 7, Wording: "怎么续"}},
	}
}

func TestEditorSeesWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	w.fake.overview = kb.Overview{}
	w.signIn(org.RoleAgent)
	w.status(w.get("/knowledge/gaps"), http.StatusForbidden)
	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge/gaps"), "近 30 天没有答不上来的咨询。", "没有发现。")
	w.unanswered()
	w.says(w.get("/knowledge/gaps"), "公积金、贷款、额度", "41 次，40 人", "近 7 天 12 次", "答了没有解决 6 次", "最接近的条目：居住证怎么续签？ 31%", "没有相近的条目",
		"现在已能答复", "212", "7 次难分，都有问法“怎么续”", "半年没有用到的条目")
	path := "/knowledge/gaps/" + string(w.fake.overview.Gaps[0].Group)
	page := w.get(path)
	if w.says(page, "写一条，存为草稿"); !strings.Contains(page.body, `value="公积金贷款最高能贷多少"`) || !strings.Contains(page.body, "单职工公积金可以贷几十万\n") {
		t.Error("the form is not filled in")
	}
	r := w.post(path+"/write", "question", "公积金贷款最高能贷多少", "answer", "", "phrasings", "一")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“标准答复”")
	w.says(w.get(w.post(path+"/write", "question", "公积金贷款最高能贷多少", "answer", "单职工60万元。").location), "已存为草稿，没有发布")
	if made := w.fake.entries[len(w.fake.entries)-1]; made.State != kb.EntryDraft {
		t.Errorf("made %+v", made)
	}
	w.status(w.get("/knowledge/gaps/"+string(id.New[kb.GroupID]())), http.StatusNotFound)
}

func TestUnansweredInABrowser(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.unanswered()
	s := b.morning()
	b.signIn(org.RoleAdmin)
	b.open("/knowledge/gaps")
	b.look("unanswered-whole")
	b.press("j")
	b.reads("h1", "公积金、贷款、额度")
	b.look("unanswered-whole")
	lost := b.lost("说不清的事", 0.11)
	for name, m := range map[string]string{"desk-acts-lost": string(lost), "desk-acts-unsure": string(s.Silent)} {
		b.open("/desk/" + m)
		b.look(name)
	}
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/knowledge/gaps")
	b.look("unanswered-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.dark(true)
	b.open("/knowledge/gaps")
	b.look("unanswered-dark-whole")
}
