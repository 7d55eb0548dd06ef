package server

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// fakeLeftovers are the decisions in fake.left.
type fakeLeftovers struct{ *fake }

func (f fakeLeftovers) Next(_ context.Context, actor org.Actor, before classifier.DecisionID) (classifier.Leftover, int, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return classifier.Leftover{}, 0, err
	}
	for _, l := range f.left {
		if before == "" || l.Decision < before {
			return l, len(f.left), f.down
		}
	}
	return classifier.Leftover{}, len(f.left), errs.New(errs.NotFound, "leftover.none")
}

func (f fakeLeftovers) Count(context.Context, org.Actor) (int, error) { return len(f.left), f.down }

func (f fakeLeftovers) Place(_ context.Context, actor org.Actor, decision classifier.DecisionID, _, to classifier.CategoryID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	at := slices.IndexFunc(f.left, func(l classifier.Leftover) bool { return l.Decision == decision })
	if at < 0 {
		return errs.New(errs.Conflict, "leftover.settled")
	}
	f.placed = append(f.placed, to)
	f.left = slices.Delete(f.left, at, at+1)
	return f.down
}

// waits has two decisions wait for 施工噪声, which was split.
func (w *world) waits() []classifier.Leftover {
	part := func(name, scope string) *classifier.Category {
		return &classifier.Category{ID: id.New[classifier.CategoryID](), Name: name, Path: []string{"环境保护", "噪声污染", name}, Scope: scope}
	}
	parts := []*classifier.Category{part("夜间施工噪声", "22 时以后的施工"), part("昼间施工噪声", "")}
	for _, text := range []string{"夜里打桩吵人", "白天电锯声太响"} {
		w.fake.left = append([]classifier.Leftover{{
			Decision: id.New[classifier.DecisionID](), Matter: id.New[intake.MatterID](), At: w.fake.clock(), Title: "施工扰民", Text: text,
			Decided: part("施工噪声", ""), Parts: parts, Sure: true,
		}}, w.fake.left...)
	}
	return slices.Clone(w.fake.left)
}

func TestDecisionsOfASplitLeafArePlaced(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.says(w.get(leftoversPath), "没有等人归类的决定。")
	all := w.waits()
	w.says(w.get("/catalogue/versions"), "等人归类的决定 2 件")
	r := w.get(leftoversPath)
	w.says(r, "还有 2 件等着", "白天电锯声太响", "当时定为：环境保护 › 噪声污染 › 施工噪声", "环境保护 › 噪声污染 › 夜间施工噪声（推荐） 22 时以后的施工")
	r = w.get(leftoversPath + "?before=" + string(all[0].Decision))
	w.says(r, "夜里打桩吵人")
	r = w.get(leftoversPath + "?before=" + string(all[1].Decision))
	w.says(r, "没有等人归类的决定。", "看刚才跳过的")

	form := []string{"decision", string(all[0].Decision), "from", string(all[0].Decided.ID), "to", string(all[0].Parts[1].ID)}
	for _, want := range []string{"已归类，几分钟后推荐就会学到。", "那一件刚刚已由别人归好类"} {
		r = w.post(leftoversPath, form...)
		w.status(r, http.StatusSeeOther)
		w.says(w.get(r.location), want, "还有 1 件等着")
	}
	if !slices.Equal(w.fake.placed, []classifier.CategoryID{all[0].Parts[1].ID}) {
		t.Errorf("placed at %v", w.fake.placed)
	}
	w.signIn(org.RoleEditor)
	w.status(w.get(leftoversPath), http.StatusForbidden)
	w.status(w.post(leftoversPath, form...), http.StatusForbidden)
}

func TestLeftoversLook(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w)
	b.signIn(org.RoleAdmin)
	b.open(leftoversPath)
	b.look("leftovers-none")
	w.waits()
	b.open("/catalogue/versions")
	b.look("versions-leftovers")
	b.open(leftoversPath)
	b.look("leftovers")
	b.press("s")
	b.reads("#said", "夜里打桩吵人")
	b.press("1")
	b.reads(".note", "已归类")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open(leftoversPath)
	b.look("leftovers-narrow")
	b.dark(true)
	b.look("leftovers-dark")
	if len(w.fake.placed) != 1 {
		t.Errorf("placed at %v", w.fake.placed)
	}
}
