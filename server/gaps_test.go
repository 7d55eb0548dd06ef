package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeGaps is the fake city where gaps are kept; nobody looks for them here.
type fakeGaps struct {
	*fake
	classifier.GapStore
}

func (f fakeGaps) Gaps(context.Context, time.Time) ([]classifier.Gap, error) {
	leave, err := f.enter()
	defer leave()
	return slices.Clone(f.learned.gaps), err
}

func (f fakeGaps) MarkGap(_ context.Context, gap classifier.GapID, what classifier.GapState, by org.AccountID, at time.Time) error {
	leave, err := f.enter()
	defer leave()
	i := slices.IndexFunc(f.learned.gaps, func(g classifier.Gap) bool { return g.ID == gap })
	if err != nil || i < 0 {
		return errs.New(errs.NotFound, "gap.not_found")
	}
	g := &f.learned.gaps[i]
	g.Mark = &classifier.GapMark{What: what, Size: g.Size, ByName: f.nameOf(by), At: at}
	return nil
}

// missing fills in what a catalogue lacks: one group that grows, one that was
// looked after.
func (w *world) missing() {
	now, day := w.fake.now, 24*time.Hour
	var typical []classifier.GapMessage
	for i, text := range []string{"无人机天天在楼顶飞\n嗡嗡响，还拍我家窗户。", "隔壁用无人机吊东西，怕掉下来砸人。", "晚上有人放无人机，吵，也怕偷拍。"} {
		typical = append(typical, classifier.GapMessage{Matter: w.fake.order[i], Text: text, At: now.Add(-time.Duration(i+1) * day)})
	}
	w.fake.learned.gaps = []classifier.Gap{
		{
			ID: "0192d3b4-0000-7000-8000-0000000000b1", Callers: 11, Words: []string{"无人机", "偷拍", "楼顶", "嗡嗡"}, Size: 14,
			Nearest: w.leaf("社会生活噪声").ID, First: now.Add(-40 * day), Last: now.Add(-day), Recent: 9, Before: 4, Typical: typical,
		},
		{
			ID: "0192d3b4-0000-7000-8000-0000000000b2", Callers: 6, Size: 9, First: now.Add(-70 * day), Last: now.Add(-20 * day), Before: 3,
			Mark: &classifier.GapMark{What: classifier.GapIgnored, Size: 6, ByName: "周远", At: now.Add(-30 * day)},
		},
	}
}

func TestWhatTheCatalogueLacksIsShownToItsOwner(t *testing.T) {
	w := newWorld(t)
	w.morning()
	w.signIn(org.RoleAdmin)
	w.says(w.get("/catalogue"), "可能缺少的类别")
	w.says(w.get("/catalogue/topics"), "还没有发现清单缺少的类别。", "凡有 5 个人以上说到相近的事，会列在这里。每小时找一次。")
	w.missing()
	page := w.get("/catalogue/topics")
	w.says(page, "无人机、偷拍、楼顶 14 件，11 人 2026年10月14日至2026年11月22日", "在增多：近 14 天 9 件，再前 14 天 4 件",
		"最接近的事项 社会生活噪声", "常用的词 无人机、偷拍、楼顶、嗡嗡", "无人机天天在楼顶飞 嗡嗡响，还拍我家窗户。 11月22日 周日 09:30",
		"已处理 忽略", "已处理和忽略的 1 组", "没有共同的词 忽略 10月24日 周六 09:30 周远 6 9")
	drone := w.fake.learned.gaps[0].ID
	w.status(w.post("/catalogue/topics/"+string(drone), "what", "forgotten"), http.StatusUnprocessableEntity)
	r := w.post("/catalogue/topics/"+string(drone), "what", "handled")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下。件数再多一倍之前，它不会再列在上面。", "没有要看的了。", "已处理和忽略的 2 组")
	w.fake.learned.gaps[0].Size = 28
	w.says(w.get("/catalogue/topics"), "由 周远 记为已处理，当时 14 件，现已加倍。")
	w.status(w.post("/catalogue/topics/none", "what", "handled"), http.StatusNotFound)

	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	if r := w.get("/catalogue/topics"); r.status != http.StatusOK || strings.Contains(r.body, `name="what"`) {
		t.Error("an editor reads and does not mark")
	}
	w.status(w.post("/catalogue/topics/"+string(drone), "what", "ignored"), http.StatusForbidden)
	w.jar = map[string]string{}
	w.signIn(org.RoleAgent)
	w.status(w.get("/catalogue/topics"), http.StatusForbidden)
	if strings.Contains(w.get("/catalogue").body, "/catalogue/topics") {
		t.Error("an agent is led to a page that is closed")
	}
}

func TestGrowthIsSaidInWords(t *testing.T) {
	for want, g := range map[string]classifier.Gap{
		"全部来自近 14 天":                 {Size: 6, Recent: 6},
		"在增多：近 14 天 6 件，再前 14 天 0 件": {Size: 9, Recent: 6},
		"在减少：近 14 天 1 件，再前 14 天 4 件": {Size: 9, Recent: 1, Before: 4},
		"持平：近 14 天和再前 14 天各 3 件":     {Size: 9, Recent: 3, Before: 3},
	} {
		if got := growth(g); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
