package server

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// fakeVersions are the version that serves and one before it.
type fakeVersions struct{ *fake }

// older is the version before: without 施工噪声, and with 旧事项.
func (f *fake) older() *classifier.Catalogue {
	if f.before == nil {
		var all []classifier.Category
		for _, c := range f.list.Categories {
			if c.Name == "施工噪声" {
				continue
			}
			all = append(all, c)
		}
		gone := classifier.Category{ID: id.New[classifier.CategoryID](), Code: "030599", Name: "旧事项", Path: []string{"环境保护", "噪声污染", "旧事项"}, Leaf: true, Urgency: "C"}
		v := classifier.Version{ID: id.New[classifier.VersionID](), Name: "上一版/2023", ValidFrom: f.now.AddDate(-2, 0, 0), Leaves: 5, Used: true, Author: "周远"}
		f.before = classifier.NewCatalogue(v, append(all, gone))
	}
	return f.before
}

func (f fakeVersions) Versions(_ context.Context, actor org.Actor) ([]classifier.Listed, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return nil, err
	}
	before := classifier.Listed{Version: f.older().Version, Request: f.asked}
	return []classifier.Listed{{Version: f.list.Version, Active: true}, before}, f.down
}

func (f fakeVersions) Version(_ context.Context, actor org.Actor, version string) (*classifier.Catalogue, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return nil, err
	}
	for _, c := range []*classifier.Catalogue{f.list, f.older()} {
		if string(c.Version.ID) == version {
			return c, f.down
		}
	}
	return nil, errs.New(errs.NotFound, "catalogue.not_found")
}

func (f fakeVersions) CompareVersion(ctx context.Context, actor org.Actor, version classifier.VersionID) (classifier.Difference, error) {
	to, err := f.Version(ctx, actor, string(version))
	if err != nil {
		return classifier.Difference{}, err
	}
	s, err := classifier.Succeed(f.list, to, nil)
	if err != nil {
		return classifier.Difference{}, err
	}
	return classifier.Diff(f.list, to, s, map[classifier.CategoryID]int{f.list.Leaves()[3].ID: 7}), nil
}

func (f fakeVersions) RequestUse(_ context.Context, actor org.Actor, version classifier.VersionID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	f.asked = &classifier.UseRequest{Version: version, At: f.now, Due: f.now}
	return nil
}

func (f fakeVersions) CancelUse(_ context.Context, actor org.Actor, _ classifier.VersionID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	f.asked.Ended = true
	return nil
}

func TestVersionsAreListedComparedAndExported(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get("/catalogue"), "各版本")
	w.says(w.get("/catalogue/versions"), "DB44/T 2479-2024 ● 使用中 5", "上一版/2023 ○ 曾用 5 2024年11月23日 周远", "差异 xlsx csv jsonl", "命令行")
	older := w.fake.older().Version.ID
	r := w.get("/catalogue/versions/" + string(older))
	w.says(r, "与现行版本“DB44/T 2479-2024”对照", "取消 1 项", "030502 环境保护 › 噪声污染 › 施工噪声 — 7 件", "新增 1 项", "030599 — 环境保护 › 噪声污染 › 旧事项",
		"没有对应的事项，留在现行版本 7 件", "换版本由管理员操作")
	if strings.Contains(r.body, "启用这个版本") {
		t.Error("an editor is offered to change the version")
	}
	w.says(w.get("/catalogue/versions/"+string(w.fake.list.Version.ID)), "这就是现行版本。")
	for _, form := range []string{"xlsx", "csv", "jsonl"} {
		r := w.get("/catalogue/versions/" + string(older) + "/export?form=" + form)
		if w.status(r, http.StatusOK); !strings.HasSuffix(r.header.Get("Content-Disposition"), "2023."+form) || len(r.body) < 500 {
			t.Errorf("%s: %q, %d bytes", form, r.header.Get("Content-Disposition"), len(r.body))
		}
	}
	w.status(w.get("/catalogue/versions/"+string(older)+"/export?form=exe"), http.StatusUnprocessableEntity)
	w.status(w.get("/catalogue/versions/none"), http.StatusNotFound)
	w.status(w.post("/catalogue/versions/"+string(older)+"/use"), http.StatusForbidden)
	if w.fake.asked != nil {
		t.Error("an editor's request was stored")
	}
}

func TestAdministratorGoesBackToAVersion(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	older := string(w.fake.older().Version.ID)
	w.says(w.get("/catalogue/versions/"+older), "启用这个版本")
	r := w.post("/catalogue/versions/" + older + "/use")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下。后台正在为这个版本训练推荐模型", "上一版/2023 ◐ 正在启用")
	w.fake.asked.Due = w.fake.now.AddDate(0, 0, 3)
	w.says(w.get("/catalogue/versions"), "上一版/2023 ◐ 待生效 11月26日 周四 09:30自动启用", "差异与启用", "不启用了")
	r = w.post("/catalogue/versions/" + older + "/cancel")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已取消，这个版本不会自动启用。", "上一版/2023 ○ 曾用")
	w.fake.asked.Failed = true
	w.says(w.get("/catalogue/versions"), "▲ 没有换成 原因见运行日志，可再换一次")
	w.fake.asked = nil
	w.status(w.do(form("/catalogue/versions/"+older+"/use")), http.StatusForbidden) // without the session's token
	if w.fake.asked != nil {
		t.Error("a forged request was stored")
	}
}

func TestAgentsSeeNoVersions(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	if r := w.get("/catalogue"); strings.Contains(r.body, "各版本") {
		t.Error("an agent is led to the versions")
	}
	older := string(w.fake.older().Version.ID)
	for _, path := range []string{"/catalogue/versions", "/catalogue/versions/" + older, "/catalogue/versions/" + older + "/export"} {
		w.status(w.get(path), http.StatusForbidden)
	}
}

func TestVersionsLook(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	older := b.fake.older()
	pages := map[string]string{"versions": "/catalogue/versions", "versions-difference": "/catalogue/versions/" + string(older.Version.ID)}
	see := func(suffix string) {
		for name, path := range pages {
			b.open(path)
			b.look(name + suffix)
		}
	}
	see("")
	b.open(pages["versions-difference"])
	b.run(chromedp.Click("#use button"))
	b.reads(".note", "已记下")
	b.look("versions-asked")
	b.fake.asked.Due = b.fake.now.AddDate(0, 1, 0)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	see("-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.dark(true)
	see("-dark")
}
