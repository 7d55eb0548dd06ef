package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"
)

// What the API says of rewards and labels, as far as these tests read it.
type (
	rewardOf struct {
		ID     string `json:"id"`
		Case   string `json:"case"`
		Number string `json:"number"`
		State  string `json:"state"`
		Fen    int    `json:"fen"`
		Proof  string `json:"proof"`
	}
	rewardCandidates struct {
		Candidates []struct {
			Case    string   `json:"case"`
			Number  string   `json:"number"`
			Against []string `json:"against"`
		} `json:"candidates"`
	}
	rewardPeriod struct {
		ID       string `json:"id"`
		SeedHash string `json:"seed_hash"`
		Seed     string `json:"seed"`
	}
	labelOf struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}
	callerLabels struct {
		Labels []labelOf `json:"labels"`
	}
	receiptOf struct {
		Reward *struct {
			Fen      int    `json:"fen"`
			State    string `json:"state"`
			SeedHash string `json:"seed_hash"`
			Seed     string `json:"seed"`
		} `json:"reward"`
	}
)

// reports takes in a message and files it as a report (举报).
func (c *caller) reports(t *testing.T, text, phone string) matter {
	t.Helper()
	m := c.receive(t, delivery{Channel: "hotline", Text: text, Phone: phone}).Message.Matters[0]
	s := m.Suggestion
	c.decide(t, m.ID, decision{Kind: "correct", Suggestion: s.ID, Category: s.Candidates[0].Category, Lead: c.unit(t, "云汀市公安局").ID, Type: "举报", Urgency: "C"})
	return m
}

// openBudget opens a budget from now on.
func (c *caller) openBudget(t *testing.T, fen int) rewardPeriod {
	t.Helper()
	return must[rewardPeriod](t, c, http.StatusOK, http.MethodPost, "/api/v1/rewards/periods", map[string]any{"until": time.Now().AddDate(0, 0, 30), "fen": fen})
}

// TestAReportIsRewarded: on the pages from the rule to what the citizen sees,
// paid by hand; and the amount is checked by command once the seed is public.
func TestAReportIsRewarded(t *testing.T) {
	c := serve(t, cityHome(t), "--public-ask")
	agent := c.caller(t, "agent1")
	admin, clerk := c.visitor(t, "admin1"), c.visitor(t, "agent1")
	sayings(t, string(admin.get(t, "/rewards").body), "没有开着的奖励预算", "举报", "1.00 元到 20.00 元")
	rule := url.Values{"type": {"举报"}, "when": {"filed"}, "min": {"2"}, "max": {"1"}, "month": {"100"}, "per_day": {"很多"}, "per_month": {"10"}, "same_days": {"30"}, "grace": {"30"}}
	r := admin.post(t, "/rewards/rule", rule)
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("a rule that cannot be: %d", r.status)
	}
	sayings(t, string(r.body), "下限不高于上限", "“每人每天至多几次”应为 1 到 100", `value="很多"`)
	rule.Set("min", "1.5")
	rule.Set("max", "20")
	rule.Set("per_day", "3")
	seen := withSeen(rule, string(admin.get(t, "/rewards/rule").body))
	sayings(t, string(admin.post(t, "/rewards/rule", seen).body), "规则已保存", `value="1.50"`)
	if r := admin.post(t, "/rewards/rule", seen); r.status != http.StatusConflict {
		t.Errorf("a rule on one that is not there any more: %d", r.status)
	}
	r = admin.post(t, "/rewards/periods", url.Values{"from": {time.Now().In(china()).Format(time.DateOnly)}, "until": {time.Now().AddDate(0, 0, 30).Format(time.DateOnly)}, "budget": {"100"}})
	sayings(t, string(r.body), "指纹已经公布", "100.00 元")
	if r := clerk.get(t, "/rewards/rule"); r.status != http.StatusForbidden {
		t.Errorf("an agent edits the rule: %d", r.status)
	}

	m := agent.reports(t, "有人夜里在河边偷倒建筑垃圾", "13800000131")
	sayings(t, string(clerk.get(t, "/rewards").body), "偷倒建筑垃圾", "确认奖励")
	found := must[rewardCandidates](t, agent, http.StatusOK, http.MethodGet, "/api/v1/rewards/candidates", nil).Candidates
	if len(found) != 1 || len(found[0].Against) != 0 {
		t.Fatalf("candidates %+v", found)
	}
	sayings(t, string(clerk.post(t, "/rewards", url.Values{"case": {found[0].Case}, "grant": {"1"}}).body), "已确认，金额已抽出")
	again := clerk.post(t, "/rewards", url.Values{"case": {found[0].Case}, "grant": {"1"}})
	if again.status != http.StatusConflict {
		t.Errorf("twice: %d", again.status)
	}
	sayings(t, string(again.body), "刚刚已有人决定过")
	code := rewardedReceipt(t, c, m.ID)
	period := must[struct{ Periods []rewardPeriod }](t, agent, http.StatusOK, http.MethodGet, "/api/v1/rewards/periods", nil).Periods[0]
	sayings(t, string(admin.get(t, "/receipt/"+code).body), "待发放", period.SeedHash)
	sayings(t, string(admin.get(t, "/draws").body), period.SeedHash, "openssl")

	admin.get(t, "/rewards?show=queued")
	list := admin.post(t, "/rewards/lists", url.Values{"form": {"csv"}})
	sayings(t, string(list.body), "13800000131", found[0].Number, "仅供发放奖励")
	reward := must[struct{ Rewards []rewardOf }](t, agent, http.StatusOK, http.MethodGet, "/api/v1/rewards?state=listed", nil).Rewards[0]
	admin.get(t, "/rewards?show=listed")
	sayings(t, string(admin.post(t, "/rewards/"+reward.ID+"/moves", url.Values{"move": {"paid"}, "proof": {"凭证 7"}, "show": {"listed"}}).body), "已登记发放")
	if got := must[receiptOf](t, agent, http.StatusOK, http.MethodGet, "/api/v1/receipts/"+code, nil).Reward; got == nil || got.Fen != reward.Fen || got.SeedHash != period.SeedHash || got.Seed != "" || !strings.HasPrefix(got.State, "已发放") {
		t.Errorf("the citizen sees %+v", got)
	}
	export := string(clerk.get(t, "/rewards/export?form=csv").body)
	sayings(t, export, found[0].Number, "凭证 7", "导出标记")
	if strings.Contains(export, "13800000131") || strings.Contains(export, code) {
		t.Errorf("the export leads to the citizen:\n%s", export)
	}

	sayings(t, c.mustCommand(t, "rewards", "verify"), period.SeedHash, "还没有公布")
	must[problem](t, c.caller(t, "admin1"), http.StatusConflict, http.MethodPost, "/api/v1/rewards/periods/"+period.ID+"/reveal", nil)
	onDatabase(t, c.home, func(db *pgx.Conn) error { // the period is over
		_, err := db.Exec(t.Context(), `ALTER TABLE reward_period DISABLE TRIGGER same_draw; UPDATE reward_period SET until_at = now(), reveal_at = now(); ALTER TABLE reward_period ENABLE TRIGGER same_draw`)
		return err
	})
	admin.get(t, "/rewards/rule")
	admin.post(t, "/rewards/periods/"+period.ID+"/reveal", url.Values{})
	sayings(t, c.mustCommand(t, "rewards", "verify"), "共 1 笔，0 笔不符")
	sayings(t, string(admin.get(t, "/rewards/periods/"+period.ID).body), "全部 1 笔与种子相符", found[0].Number)
	sayings(t, string(admin.get(t, "/draws/"+period.ID).body), found[0].Number, fmt.Sprintf(",%d,%d", reward.Fen, reward.Fen))
	onDatabase(t, c.home, func(db *pgx.Conn) error {
		_, err := db.Exec(t.Context(), `UPDATE reward SET fen = fen + 1`)
		return err
	})
	out, exit := c.command(t, "rewards", "verify")
	if exit != exitFailed {
		t.Errorf("a changed amount: exit %d", exit)
	}
	sayings(t, out, "不符：工单 "+found[0].Number)
}

// withSeen is a form as a page gives it, with what it has seen.
func withSeen(form url.Values, page string) url.Values {
	_, rest, _ := strings.Cut(page, `name="seen" value="`)
	seen, _, _ := strings.Cut(rest, `"`)
	form.Set("seen", seen)
	return form
}

func china() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// rewardedReceipt gives the code of a matter's case.
func rewardedReceipt(t *testing.T, c *city, matter string) (code string) {
	t.Helper()
	onDatabase(t, c.home, func(db *pgx.Conn) error {
		return db.QueryRow(t.Context(), `SELECT receipt FROM work_case WHERE matter_id = $1`, matter).Scan(&code)
	})
	return code
}

// TestALabelNeverLowersDanger: two people put it on a caller; the desk shows it,
// the caller earns nothing, and what they say next is judged word for word as
// anybody's.
func TestALabelNeverLowersDanger(t *testing.T) {
	c := serve(t, cityHome(t))
	agent, admin := c.caller(t, "agent1"), c.caller(t, "admin1")
	admin.openBudget(t, 10_000)
	const rude, kind = "13800000141", "13800000142"
	first := agent.receive(t, delivery{Channel: "hotline", Text: "你们都是废物，我就是要一直打", Phone: rude}).Message
	v := c.visitor(t, "agent1")
	sayings(t, string(v.get(t, "/desk/"+first.Matters[0].ID).body), "骚扰标记", "作为证据的诉求")
	refused := v.post(t, "/desk/"+first.Matters[0].ID+"/label", url.Values{"days": {"很久"}, "why": {"一夜来电四十次"}})
	sayings(t, string(refused.body), "没有保存", `value="很久"`, `value="一夜来电四十次"`, `<details id="label" class="label-up" open>`)
	sayings(t, string(v.post(t, "/desk/"+first.Matters[0].ID+"/label", url.Values{"evidence": {first.ID}, "days": {"90"}, "why": {"一夜来电四十次，没有诉求"}}).body), "等另一个人批准", "一夜来电四十次", "要由另一个人批准")
	waiting := must[callerLabels](t, agent, http.StatusOK, http.MethodGet, "/api/v1/labels", nil).Labels
	decide := "/api/v1/labels/" + waiting[0].ID + "/decisions"
	must[problem](t, agent, http.StatusForbidden, http.MethodPost, decide, map[string]any{"approve": true})
	boss := c.visitor(t, "admin1")
	boss.get(t, "/labels")
	sayings(t, string(boss.post(t, "/labels/"+waiting[0].ID+"/decision", url.Values{"approve": {"1"}}).body), "标记生效")
	must[problem](t, admin, http.StatusConflict, http.MethodPost, decide, map[string]any{"approve": false, "remark": "晚了"})
	for _, text := range []string{"我家着火了，孩子还在里面，快来人", "楼上天天半夜装修，吵得睡不着", "煤气泄漏，有人晕倒了"} {
		of := map[string]*suggestion{}
		for _, phone := range []string{rude, kind} {
			got := agent.receive(t, delivery{Channel: "hotline", Text: text, Phone: phone}).Message
			if got == nil || got.Matters[0].Suggestion == nil {
				t.Fatalf("%q of %s was not taken in", text, phone)
			}
			of[phone] = got.Matters[0].Suggestion
		}
		a, b := of[rude], of[kind]
		if a.Urgency != b.Urgency || a.Type != b.Type || a.Doubt != b.Doubt || a.Candidates[0].Category != b.Candidates[0].Category || a.Candidates[0].Probability != b.Candidates[0].Probability {
			t.Errorf("%q: %+v of a labelled caller, %+v of another", text, a, b)
		}
	}
	fire := agent.receive(t, delivery{Channel: "hotline", Text: "隔壁仓库冒浓烟，着火了，有人被困", Phone: rude}).Message.Matters[0]
	if fire.Suggestion.Urgency != "A" {
		t.Errorf("danger of a labelled caller is %s", fire.Suggestion.Urgency)
	}
	sayings(t, string(v.get(t, "/desk/"+fire.ID).body), "骚扰标记，到")
	agent.reports(t, "有人夜里在河边偷倒建筑垃圾", rude)
	found := must[rewardCandidates](t, agent, http.StatusOK, http.MethodGet, "/api/v1/rewards/candidates", nil).Candidates
	if len(found) != 1 || strings.Join(found[0].Against, " ") != "labelled" {
		t.Errorf("candidates %+v", found)
	}
	must[problem](t, agent, http.StatusConflict, http.MethodPost, "/api/v1/rewards", map[string]any{"case": found[0].Case, "grant": true})
	sayings(t, string(boss.post(t, "/labels/"+waiting[0].ID+"/lift", url.Values{"why": {"本人致歉"}}).body), "标记已解除")
	if got := must[callerLabels](t, agent, http.StatusOK, http.MethodGet, "/api/v1/matters/"+fire.ID+"/labels", nil).Labels; len(got) != 0 {
		t.Errorf("lifted, and seen: %+v", got)
	}
}

// TestKilledWhileItPays kills the program with a payment in hand, before and
// after the service has taken it. Once its lease has ended it is paid again under
// the same key: everybody gets their money, nobody twice.
func TestKilledWhileItPays(t *testing.T) {
	const payments, kills = 8, 3
	g := &deadGateway{posts: map[string]int{}, phones: map[string]int{}}
	g.next(0, false)
	service := httptest.NewServer(g)
	defer service.Close()
	c := &city{home: cityHome(t), args: []string{"serve"}}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	agent := c.caller(t, "agent1")
	c.caller(t, "admin1").openBudget(t, 100_000)
	words := []string{"路灯不亮", "井盖松动", "垃圾没有清运", "占道停车", "夜里施工", "油烟扰民", "护栏断了", "树枝掉落"}
	for i := range payments {
		agent.reports(t, words[i]+"，请处理", fmt.Sprintf("138000002%02d", i))
	}
	for _, k := range must[rewardCandidates](t, agent, http.StatusOK, http.MethodGet, "/api/v1/rewards/candidates", nil).Candidates {
		must[rewardOf](t, agent, http.StatusOK, http.MethodPost, "/api/v1/rewards", map[string]any{"case": k.Case, "grant": true})
	}
	if err := c.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.env = []string{"HUYING_PAY_URL=" + service.URL, "HUYING_PAY_OK=code=0"}
	g.kills(t, c, kills, func(int) int { return 2 }, 3*time.Minute, payNow)
	defer c.stop(syscall.SIGTERM)
	eventually(t, 3*time.Minute, "not all is paid", func() bool { return paidUp(t, c.home) == payments })
	g.mu.Lock()
	defer g.mu.Unlock()
	twice := 0
	for key, n := range g.posts {
		if g.phones[key] != 1 {
			t.Errorf("%s was paid %d times", key, g.phones[key])
		}
		twice += n - 1
	}
	if len(g.phones) != payments || twice != kills {
		t.Errorf("%d paid, %d asked for again after %d kills", len(g.phones), twice, kills)
	}
}

// payNow lets what a killed process had in hand be paid again at once.
func payNow(t *testing.T, home string) {
	t.Helper()
	onDatabase(t, home, func(db *pgx.Conn) error {
		_, err := db.Exec(t.Context(), `UPDATE reward SET leased_until = NULL, due_at = now() WHERE state = 'queued'`)
		return err
	})
}

// paidUp counts what the database knows to be paid, each with the service's
// number.
func paidUp(t *testing.T, home string) (n int) {
	t.Helper()
	onDatabase(t, home, func(db *pgx.Conn) error {
		return db.QueryRow(t.Context(), `SELECT count(*) FROM reward WHERE state = 'paid' AND proof = 'g-' || id`).Scan(&n)
	})
	return n
}

// TestRewardsAndLabelsLookAsTheyShould: every page of them, with something on it,
// in light and dark, wide and narrow.
func TestRewardsAndLabelsLookAsTheyShould(t *testing.T) {
	c := serve(t, cityHome(t), "--public-ask")
	agent, admin := c.caller(t, "agent1"), c.caller(t, "admin1")
	admin.openBudget(t, 8_000)
	var matters []matter
	for i, text := range []string{
		"有人夜里在河边偷倒建筑垃圾，一晚上来了七八辆车，味道很大，附近的居民都开不了窗", "小区门口的井盖松动，有老人绊倒", "烧烤店占用人行道摆了二十张桌子", "工地半夜打桩，吵得孩子睡不着", "网吧里有未成年人上网",
	} {
		matters = append(matters, agent.reports(t, text, fmt.Sprintf("1380000030%d", i)))
	}
	agent.reports(t, "有人夜里在河边偷倒建筑垃圾，一晚上来了七八辆车，味道很大，附近居民都开不了窗", "13800000300")
	found := must[rewardCandidates](t, agent, http.StatusOK, http.MethodGet, "/api/v1/rewards/candidates", nil).Candidates
	for i, k := range found {
		if i > 2 {
			break
		}
		if _, err := agent.call(t.Context(), http.MethodPost, "/api/v1/rewards", map[string]any{"case": k.Case, "grant": i != 1, "why": "核实后不属实"}); err != nil {
			t.Fatal(err)
		}
	}
	rude := agent.receive(t, delivery{Channel: "hotline", Text: "你们都是废物，我就是要一直打", Phone: "13800000141"}).Message
	said := must[labelOf](t, agent, http.StatusOK, http.MethodPost, "/api/v1/matters/"+rude.Matters[0].ID+"/labels", map[string]any{"why": "一夜来电四十次，没有诉求", "evidence": []string{rude.ID}})
	b := newBrowser(t, c)
	script := axe(t)
	see := func(name, path, selector, text string) {
		t.Helper()
		b.open(path)
		b.reads(selector, text)
		b.look(name, script)
		b.picture(name)
	}
	see("draws", "/draws", "h1", "奖励怎样抽")
	code := rewardedReceipt(t, c, matters[3].ID)
	b.open("/receipt/" + code)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#reward details").open = true; undefined`))
	b.reads("#reward", "待发放")
	b.look("receipt", script)
	b.picture("receipt")
	b.open("/signin")
	b.run(chromedp.SendKeys("#login", "admin1"), chromedp.SendKeys("#password", demoPassword+"\r"))
	b.reads("header.top", "退出登录")
	see("rewards", "/rewards", "h1", "奖励")
	see("rewards-queued", "/rewards?show=queued", "#rewards", "待发放")
	v := c.visitor(t, "admin1")
	v.get(t, "/rewards?show=queued")
	v.post(t, "/rewards/lists", url.Values{"form": {"csv"}})
	see("rewards-listed", "/rewards?show=listed", "#rewards", "登记已发放")
	see("rewards-rule", "/rewards/rule", "#rule-form", "保存规则")
	see("labels-waiting", "/labels", "article", "批准，生效 90 天")
	must[struct{}](t, admin, http.StatusConflict, http.MethodPost, "/api/v1/labels/"+said.ID+"/lift", map[string]string{"why": "误会"})
	v.post(t, "/labels/"+said.ID+"/decision", url.Values{"approve": {"1"}})
	see("labels", "/labels?state=active", "article", "解除")
	see("labels-desk", "/desk/"+rude.Matters[0].ID, "#message", "骚扰标记，到")
	b.open("/desk/" + matters[0].ID)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#label").open = true; document.querySelector("#label").scrollIntoView(); undefined`))
	b.reads("#label", "作为证据的诉求")
	b.look("label-form", script)
	b.picture("label-form")
}
