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
	"huying/internal/llm/llmtest"
	"huying/internal/org"
)

// fakeNotes keeps leaf notes.
type fakeNotes struct{ all []classifier.LeafNote }

func (f *fakeNotes) InsertLeafNotes(_ context.Context, notes []classifier.LeafNote, _ int, _ org.Audit) error {
	f.all = append(f.all, notes...)
	return nil
}

func (f *fakeNotes) DropLeafNote(_ context.Context, note classifier.LeafNoteID, _ org.AccountID, _ time.Time, _ org.Audit) error {
	before := len(f.all)
	if f.all = slices.DeleteFunc(f.all, func(n classifier.LeafNote) bool { return n.ID == note }); len(f.all) == before {
		return errs.New(errs.Conflict, "leaf.note_gone")
	}
	return nil
}

func (f *fakeNotes) LeafNotes(_ context.Context, _ classifier.VersionID, leaf classifier.CategoryID) ([]classifier.LeafNote, error) {
	return slices.DeleteFunc(slices.Clone(f.all), func(n classifier.LeafNote) bool { return leaf != "" && n.Leaf != leaf }), nil
}

// What a model proposes for a leaf stands beside what people said, and is kept
// only when the owner ticks it.
func TestProposalsForALeafWaitForTheOwner(t *testing.T) {
	w := newWorld(t)
	store := &fakeNotes{}
	w.server.o.LeafNotes = classifier.NewLeafNotes(store, w.fake.clock)
	leaf := w.leaf("油烟污染")
	path := categoryURL(leaf.ID)
	w.signIn(org.RoleAdmin)
	if r := w.get(path); strings.Contains(r.body, "大模型") {
		t.Error("without an endpoint the leaf mentions one")
	}
	w.status(w.post(path+"/propose"), http.StatusNotFound)
	server, _ := w.helped(llmtest.Say(`{"sentences":[
		{"text":"` + leaf.Name + `。","from":["s1"]},
		{"text":"13912345678 那家店油烟大。","from":["s1"]},
		{"text":"隔壁天天打麻将到半夜。","from":["s1"]}]}`))
	w.says(w.get(path), "请大模型拟例子和区分条款", "还没有记下例子或区分条款")
	r := w.post(path + "/propose")
	w.status(r, http.StatusOK)
	w.says(r, leaf.Name+"。", "无出处", "没有人核对过", "选中的才会记下")
	if strings.Contains(r.body, "13912345678") || len(store.all) != 0 || len(server.Received()) == 0 {
		t.Errorf("shown with a phone, or kept: %+v", store.all)
	}
	w.says(w.post(path+"/notes", "text-1", "没有选的。"), "没有选中要记下的例子或条款")
	w.says(w.post(path+"/notes", "text-1", "张三的电话 13912345678", "take-1", "1"), "里像有个人信息")
	r = w.post(path+"/notes", "text-1", "楼下饭店油烟大", "take-1", "1", "text-101", "有店面的归本类。", "take-101", "1", "rival", string(w.leaf("露天烧烤").ID))
	w.status(r, http.StatusSeeOther)
	w.says(w.get(strings.TrimSuffix(r.location, "#notes")), "已记下，还没有生效", "楼下饭店油烟大", "与“露天烧烤”区分", "导出清单，连同各事项记下的")
	w.status(w.post("/catalogue/notes/"+string(store.all[0].ID)+"/drop", "leaf", string(leaf.ID)), http.StatusSeeOther)
	if len(store.all) != 1 {
		t.Errorf("%d are left", len(store.all))
	}
	w.signIn(org.RoleAgent)
	w.says(w.get(path), "有店面的归本类")
	w.status(w.post(path+"/propose"), http.StatusForbidden)
	w.status(w.post(path+"/notes", "text-1", "吵", "take-1", "1"), http.StatusForbidden)
	w.signIn(org.RoleAdmin)
	server.Script(llmtest.Status(500, "3600"))
	w.says(w.post(path+"/propose"), "大模型服务出错或连不上")
}
