package server

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"huying/internal/org"
)

var shownToken = regexp.MustCompile(`value="(hy_[A-Za-z0-9_-]{43})"`)

// TestTokensOnTheScreen: a token is shown once, faults name their fields, the
// list says whose it is and what it may do, and one that is revoked is gone.
func TestTokensOnTheScreen(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/tokens"), "还没有接口令牌", "建立令牌")
	r := w.post("/tokens", "name", " ", "login", "agent", "until", "2026-11-22")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "缺少“令牌名称”", "有效期要在今天以后")
	w.says(w.post("/tokens", "name", "市长信箱对接", "login", "nobody"), "没有登录名为“nobody”的账号")
	w.says(w.post("/tokens", "name", "市长信箱对接", "login", "agent", "until", "明天"), "“到哪天为止”的内容“明天”不符合要求")

	r = w.post("/tokens", "name", "市长信箱对接", "login", "Agent", "channels", "网页、mail", "until", "2026-11-23")
	w.status(r, http.StatusOK)
	made := shownToken.FindStringSubmatch(r.body)
	if made == nil {
		t.Fatalf("no token is shown: %s", words(r.body))
	}
	w.says(r, "只显示这一次", "市长信箱对接 agent 陈静，话务员、派单员")
	if got := w.fake.tokens[0]; !slices.Equal(got.Channels, []string{"web", "mail"}) || !got.ExpiresAt.Equal(time.Date(2026, 11, 23, 15, 59, 59, 0, time.UTC)) {
		t.Errorf("made %+v", got)
	}
	page := w.get("/tokens")
	w.says(page, "到 2026年11月23日", "还没有用过")
	if strings.Contains(page.body, made[1]) {
		t.Error("the token is shown again")
	}
	r = w.post("/tokens", "name", "市长信箱对接", "login", "agent")
	w.status(r, http.StatusConflict)
	w.says(r, "已有名为“市长信箱对接”的令牌")
	w.fake.now = w.fake.now.AddDate(0, 0, 1)
	w.signIn(org.RoleAdmin)
	w.fake.tokens[0].UsedAt = w.fake.now.Add(-time.Hour)
	w.says(w.get("/tokens"), "已到期", "11月24日 周二 08:30")

	w.status(w.post("/tokens/revoke", "revoke", "别的"), http.StatusNotFound)
	r = w.post("/tokens/revoke", "revoke", "市长信箱对接")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已吊销，立即失效", "还没有接口令牌")
	lines := w.fake.roster.lines
	if len(lines) != 2 || lines[0].Action != "create_token" || lines[0].Detail != "市长信箱对接，agent" || lines[1].Action != "revoke_token" {
		t.Errorf("on record %+v", lines)
	}

	r = w.post("/tokens", "name", "代办", "login", "privacy")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "隐私专员的令牌只能由本人建立")

	w.signIn(org.RoleAgent)
	for _, r := range []reply{w.get("/tokens"), w.post("/tokens", "name", "a", "login", "agent"), w.post("/tokens/revoke", "revoke", "a")} {
		w.status(r, http.StatusForbidden)
	}
}

// TestPrivacyOfficersMakeTheirOwnTokens: for themselves and nobody else, they see and
// end what is theirs.
func TestPrivacyOfficersMakeTheirOwnTokens(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.status(w.post("/tokens", "name", "网站", "login", "agent"), http.StatusOK)
	w.signIn(org.RolePrivacy)
	page := w.get("/tokens")
	w.says(page, "我的接口令牌", "别人不能为您的账号建立")
	if strings.Contains(page.body, "网站") {
		t.Error("the officer sees others' tokens")
	}
	for _, login := range []string{"agent", "nobody"} {
		r := w.post("/tokens", "name", "越权", "login", login)
		w.status(r, http.StatusUnprocessableEntity)
		w.says(r, "只能为自己的账号建立令牌")
	}
	r := w.post("/tokens", "name", "本人的脚本", "login", "privacy")
	w.status(r, http.StatusOK)
	if shownToken.FindString(r.body) == "" || len(w.fake.tokens) != 2 {
		t.Errorf("no token: %s", words(r.body))
	}
	w.status(w.post("/tokens/revoke", "revoke", "网站"), http.StatusNotFound)
	w.status(w.post("/tokens/revoke", "revoke", "本人的脚本"), http.StatusSeeOther)
	if len(w.fake.tokens) != 1 || w.fake.tokens[0].Name != "网站" {
		t.Errorf("left %+v", w.fake.tokens)
	}
}

// TestTokensByPages: a long list goes on after a name.
func TestTokensByPages(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	for i := range tokensShown + 1 {
		w.fake.tokens = append(w.fake.tokens, org.TokenLine{Token: org.Token{Name: fmt.Sprintf("系统%03d", i), CreatedAt: w.fake.now}, Login: "agent"})
	}
	first := w.get("/tokens")
	w.says(first, "系统000", "系统099", "后面的")
	second := w.get("/tokens?after=" + "%E7%B3%BB%E7%BB%9F099")
	w.says(second, "系统100", "从头看")
	if strings.Contains(second.body, "系统099") || strings.Contains(first.body, "系统100") {
		t.Error("a token is on two pages")
	}
}

// TestTokensAreManagedByKeyboard: one is made, copied whole and revoked without a
// mouse; the page fits a telephone.
func TestTokensAreManagedByKeyboard(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/tokens")
	b.look("tokens-empty")
	b.run(chromedp.SendKeys("#token-name", "市长信箱对接"), chromedp.SendKeys("#token-login", "agent\r"))
	b.reads("#once", "只显示这一次")
	if got := value[string](b, `getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)`); !strings.HasPrefix(got, "hy_") {
		t.Errorf("selected: %q", got)
	}
	b.look("tokens-made")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.look("tokens-made-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.run(chromedp.SendKeys("#tokens summary", "\r"))
	b.look("tokens-revoking")
	b.run(chromedp.SendKeys("#tokens details button", "\r"))
	b.reads("p.note", "已吊销")
}
