package main

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newcomer makes an account with the password of the demo's and signs it in.
func (c *city) newcomer(t *testing.T, login, role string) *visitor {
	t.Helper()
	cmd := newCommand(t, c.home, "account", "create", login, "--role", role, "--password-stdin")
	cmd.Stdin = strings.NewReader(demoPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return c.visitor(t, login)
}

// upload sends files, given as field, name, content.
func (v *visitor) upload(t *testing.T, path string, files ...string) (page string, r reply) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(files); i += 3 {
		part, err := form.CreateFormFile(files[i], files[i+1])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, files[i+2])
	}
	form.WriteField("csrf", v.csrf)
	form.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+v.addr+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := v.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Request.URL.Path, reply{status: resp.StatusCode, header: resp.Header, body: said}
}

// inUse reports whether the page of versions says that one is in use.
func inUse(page, name string) bool {
	_, rest, _ := strings.Cut(page, `<th scope="row">`+name+`</th>`)
	row, _, _ := strings.Cut(rest, "</tr>")
	return strings.Contains(row, "使用中")
}

// TestNewVersionOnThePages brings a new catalogue in through the pages of the
// real program: what changes is shown, past decisions are replayed by a job
// that a stop of the program does not lose, the version is published, and the
// next suggestion comes of it.
func TestNewVersionOnThePages(t *testing.T) {
	c := smallCity(t, smallCatalogue)
	for _, text := range []string{"路边小贩把人行道占满了", "店铺把货摆到门外占道", "家里停水两天了", "门口的路灯不亮"} {
		m := c.receive(t, delivery{Channel: "web", Text: text, Area: "990101001"}).Message.Matters[0]
		d := m.Suggestion.confirmation()
		d.Lead = c.unit(t, "城市管理").ID
		if d.Kind = "correct"; strings.Contains(text, "占") {
			d.Category = c.leaf(t, "占道经营").ID
		}
		c.decide(t, m.ID, d)
	}
	v := c.newcomer(t, "second", "admin")
	v.get(t, "/catalogue/drafts/new")
	page, r := v.upload(t, "/catalogue/drafts", "list", "第二版.csv", "code,level1\n1,\n", "codes", "对照.csv", nextCodes)
	if r.status != http.StatusUnprocessableEntity || page != "/catalogue/drafts" {
		t.Errorf("a bad file: %d at %s", r.status, page)
	}
	sayings(t, string(r.body), "没有导入。", "第 2 行")
	page, r = v.upload(t, "/catalogue/drafts", "list", "第二版.csv", nextCatalogue, "codes", "对照.csv", nextCodes)
	sayings(t, string(r.body), "与现行版本“第一版”对照", "拆分 <small>1 项", "合并 <small>2 项", "新增 <small>1 项", "等人决定 <b>2</b> 件")

	// Asked for, and the program is stopped: the next one does it.
	v.post(t, page+"/replay", url.Values{})
	if err := c.stop(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Minute, "the replay has not ended", func() bool {
		r = v.get(t, page)
		return strings.Contains(string(r.body), "件已确认的决定试跑，两个版本")
	})
	sayings(t, string(r.body), "用最近 4 件已确认的决定试跑", "路边小贩把人行道占满了", "店铺把货摆到门外占道", "已拆分，建议归入城市管理 › 市容 ›")
	form := regexp.MustCompile(`name="serving" value="([^"]+)"`).FindSubmatch(r.body)
	if form == nil {
		t.Fatal("it cannot be published")
	}
	if all := string(v.get(t, "/catalogue/versions").body); !inUse(all, "第一版") || strings.Contains(all, `<th scope="row">第二版`) {
		t.Errorf("before it is published there is %s", all)
	}
	r = v.post(t, page+"/publish", url.Values{"serving": {string(form[1])}})
	sayings(t, string(r.body), "已记下。后台正在为这个版本训练推荐模型")
	eventually(t, 2*time.Minute, "the version does not serve", func() bool {
		return inUse(string(v.get(t, "/catalogue/versions").body), "第二版")
	})
	eventually(t, time.Minute, "the next suggestion is not of the new version", func() bool {
		m := c.receive(t, delivery{Channel: "web", Text: "小区的充电桩坏了，电动车充不进电", Area: "990101001"}).Message.Matters[0]
		return m.Suggestion.Candidates[0].Name == "电动车充电"
	})
	sayings(t, string(v.get(t, "/catalogue/versions").body), "试跑结果", "等人归类的决定 2 件")

	// Of what was split a person says which part is meant.
	for _, gist := range []string{"店铺把货摆到门外占道", "路边小贩把人行道占满了"} {
		page := v.get(t, "/catalogue/leftovers").body
		sayings(t, string(page), gist, "当时定为：城市管理 › 市容 › 占道经营", "（推荐）")
		form := url.Values{}
		for _, name := range []string{"decision", "from", "to"} {
			value := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindSubmatch(page)
			if value == nil {
				t.Fatalf("no %s on %s", name, page)
			}
			form.Set(name, string(value[1]))
		}
		sayings(t, string(v.post(t, "/catalogue/leftovers", form).body), "已归类，几分钟后推荐就会学到。")
	}
	sayings(t, string(v.get(t, "/catalogue/leftovers").body), "没有等人归类的决定。")
}
