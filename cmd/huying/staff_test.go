package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var oncePassword = regexp.MustCompile(`<b class="code">([a-z0-9-]{19})</b>`)

// comesAs signs somebody in with a password and gives the page they land on.
func (c *city) comesAs(t *testing.T, login, password string) (*visitor, reply) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{city: c, http: &http.Client{Jar: jar, Timeout: time.Minute}}
	v.get(t, "/signin")
	return v, v.post(t, "/signin", url.Values{"login": {login}, "password": {password}})
}

// TestAccountsOnTheScreen: an administrator makes one, its owner changes the
// password before anything else, is signed out elsewhere, and gets a new one for
// once when it is forgotten; a lock-out is seen and lifted.
func TestAccountsOnTheScreen(t *testing.T) {
	c := serve(t, cityHome(t))
	admin := c.visitor(t, "admin1")
	admin.get(t, "/staff")
	r := admin.post(t, "/staff/accounts", url.Values{"login": {"Zhao!"}, "role": {"agent"}})
	sayings(t, string(r.body), "登录名", "Zhao!")
	r = admin.post(t, "/staff/accounts", url.Values{"login": {"zhao"}, "role": {"agent", "unit"}})
	sayings(t, string(r.body), "承办人员不能同时是话务员")
	r = admin.post(t, "/staff/accounts", url.Values{"login": {"zhao"}, "name": {"赵"}, "role": {"agent", "supervisor"}})
	once := oncePassword.FindSubmatch(r.body)
	if r.status != http.StatusOK || once == nil {
		t.Fatalf("no password: %d %s", r.status, r.body)
	}
	if strings.Contains(string(admin.get(t, "/staff?q=zhao").body), string(once[1])) {
		t.Error("the password is shown again")
	}
	v, r := c.comesAs(t, "zhao", string(once[1]))
	sayings(t, string(r.body), "请先换成自己的密码", "话务员、督办员")
	sayings(t, string(v.get(t, "/desk").body), "请先换成自己的密码")
	if r = v.post(t, "/account/password", url.Values{"old": {string(once[1])}, "new": {"春眠不觉晓处处闻啼鸟"}, "again": {"春眠不觉晓"}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("two different ones: %d", r.status)
	}
	r = v.post(t, "/account/password", url.Values{"old": {string(once[1])}, "new": {"春眠不觉晓处处闻啼鸟"}, "again": {"春眠不觉晓处处闻啼鸟"}})
	sayings(t, string(r.body), "密码已更换", "现在这一处")
	if r = v.get(t, "/cases/chased"); r.status != http.StatusOK {
		t.Errorf("a supervisor and what is late: %d", r.status)
	}
	for range 8 {
		_, r = c.comesAs(t, "zhao", "not this one")
	}
	_, r = c.comesAs(t, "zhao", "春眠不觉晓处处闻啼鸟")
	if r.status != http.StatusTooManyRequests {
		t.Errorf("not locked out: %d", r.status)
	}
	sayings(t, string(admin.get(t, "/staff?q=zhao").body), "密码连错，锁定至", "解除锁定")
	sayings(t, string(admin.post(t, "/staff/accounts/zhao/unlock", url.Values{}).body), "已解除锁定")
	_, r = c.comesAs(t, "zhao", "春眠不觉晓处处闻啼鸟")
	sayings(t, string(r.body), "退出登录")
	sayings(t, c.mustCommand(t, "account", "password", "zhao"), "账号 zhao 的一次性密码：")
	if r = v.get(t, "/account"); !strings.Contains(string(r.body), "登录名") || strings.Contains(string(r.body), "我的账号</h1>") {
		t.Error("who was signed in still is")
	}
	if out, code := c.command(t, "account", "unlock", "zhao"); code == exitOK {
		t.Errorf("nothing was locked: %s", out)
	}

	api := c.caller(t, "admin1")
	made := must[struct{ Token string }](t, api, http.StatusCreated, http.MethodPost, "/api/v1/tokens", map[string]string{"name": "zhao-1", "login": "agent1"})
	other := &caller{city: c, token: made.Token, http: api.http}
	if me := must[struct{ Login string }](t, other, http.StatusOK, http.MethodGet, "/api/v1/me", nil); me.Login != "agent1" {
		t.Errorf("the token is %s's", me.Login)
	}
	if r, err := other.call(t.Context(), http.MethodGet, "/api/v1/tokens", nil); err != nil || r.status != http.StatusForbidden {
		t.Errorf("an agent lists tokens: %d, %v", r.status, err)
	}
	if r, err := api.call(t.Context(), http.MethodPost, "/api/v1/tokens/revoke", map[string]string{"name": "zhao-1"}); err != nil || r.status != http.StatusNoContent {
		t.Errorf("revoked: %d, %v", r.status, err)
	}
	if r, err := other.call(t.Context(), http.MethodGet, "/api/v1/me", nil); err != nil || r.status != http.StatusUnauthorized {
		t.Errorf("a token that is over: %d, %v", r.status, err)
	}
}

// casesOfCentres has a case filed in the sub-centre's district and one elsewhere: its
// dispatcher sees the one, on the list and its page as over the API, and not the other.
func (c *caller) casesOfCentres(t *testing.T, city *city) {
	t.Helper()
	centre, page := city.caller(t, "centre1"), city.visitor(t, "centre1")
	for area, status := range map[string]int{"990102001002": http.StatusOK, "990101001001": http.StatusNotFound} {
		m := c.receive(t, delivery{Channel: "hotline", Text: area + " 路边的消防栓漏水", Area: area}).Message.Matters[0]
		d := m.Suggestion.confirmation()
		d.Lead = c.unit(t, "公安局").ID
		d.Kind = "correct"
		c.decide(t, m.ID, d)
		var filed string
		for _, k := range must[caseList](t, c, http.StatusOK, http.MethodGet, "/api/v1/cases?show=open", nil).Cases {
			if k.Matter == m.ID {
				filed = k.ID
			}
		}
		if filed == "" {
			t.Fatalf("no case was filed of %s", area)
		}
		if r, err := centre.call(t.Context(), http.MethodGet, "/api/v1/cases/"+filed, nil); err != nil || r.status != status {
			t.Errorf("%s over the API: %d, %v", area, r.status, err)
		}
		if r := page.get(t, "/cases/"+filed); r.status != status {
			t.Errorf("%s on its page: %d", area, r.status)
		}
		for _, list := range []string{"/cases?show=open", "/cases?show=all", "/cases?q=消防栓", "/cases?show=open&all=1"} {
			if got := strings.Contains(string(page.get(t, list).body), filed); got != (status == http.StatusOK) {
				t.Errorf("%s is on %s: %t", area, list, got)
			}
		}
		listed := false
		for _, k := range must[caseList](t, centre, http.StatusOK, http.MethodGet, "/api/v1/cases?show=all", nil).Cases {
			listed = listed || k.ID == filed
		}
		if listed != (status == http.StatusOK) {
			t.Errorf("%s is listed over the API: %t", area, listed)
		}
	}
	sayings(t, string(page.get(t, "/cases").body), "本分中心的工单")
}

// TestTheDemosSubCentre: a dispatcher of the district's sub-centre signs in and
// sees what comes from there and nothing else; an administrator changes what it
// decides on by command, and the city has it.
func TestTheDemosSubCentre(t *testing.T) {
	c := serve(t, cityHome(t))
	agent := c.caller(t, "agent1")
	own := agent.receive(t, delivery{Channel: "hotline", Text: "银滩社区路口的红绿灯坏了三天", Area: "990102001002"}).Message.Matters[0].ID
	others := agent.receive(t, delivery{Channel: "hotline", Text: "钟楼社区路口的红绿灯坏了三天", Area: "990101001001"}).Message.Matters[0].ID
	sees := func(login string, want, not []string) {
		t.Helper()
		page := string(c.visitor(t, login).get(t, "/desk?show=open").body)
		for _, m := range want {
			if !strings.Contains(page, m) {
				t.Errorf("%s does not see %s", login, m)
			}
		}
		for _, m := range not {
			if strings.Contains(page, m) {
				t.Errorf("%s sees %s", login, m)
			}
		}
	}
	sees("centre1", []string{own}, []string{others})
	sees("agent1", []string{own, others}, nil)
	agent.casesOfCentres(t, c)
	sayings(t, c.mustCommand(t, "unit", "centre"), "南屿区热线分中心", "区域 990102，渠道 无，全天，开放")
	out, code := c.command(t, "unit", "centre", "云汀市公安局", "--area", "南屿区")
	if code == exitOK {
		t.Errorf("the police became a sub-centre: %s", out)
	}
	sayings(t, out, "只有类型为“分中心”的在用单位")
	if out, code = c.command(t, "unit", "centre", "南屿区热线分中心", "--area", "没有这个区"); code == exitOK {
		t.Errorf("of nowhere: %s", out)
	}
	sayings(t, out, "没有名称或编码为“没有这个区”的区域")
	sayings(t, c.mustCommand(t, "unit", "centre", "南屿区热线分中心", "--area", "汀城区", "--hours", "00:00-23:59"), "已设置分中心")
	sees("centre1", []string{others}, []string{own})
	page := string(c.visitor(t, "admin1").get(t, "/centres").body)
	sayings(t, page, "修改", "00:00–23:59", "areas=990101")
}
