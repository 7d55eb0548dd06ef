package main

import (
	"bytes"
	"context"
	"huying/casework"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/llm"
	"huying/internal/llm/llmtest"
)

// deciding are the only posts that a decision comes of. All others must leave
// every assignment as it is.
var deciding = map[string]bool{
	"/desk/:matter/confirm": true, "/desk/:matter/correct": true, "/desk/:matter/decline": true, "/desk/:matter/undo": true,
	"/api/v1/matters/{id}/decisions": true, "/staff/units/abolish": true, "/api/v1/units/{id}/abolish": true, "/cases/:case/:move": true, "/desk/:matter/follow": true, "/api/v1/cases/{id}/moves": true,
}

// TestOnlyDecisionsAssign goes through everything else that the program does:
// each page, each form, each operation of the API, training and the rest of the
// commands. No assignment comes, goes or changes.
func TestOnlyDecisionsAssign(t *testing.T) {
	model := llmtest.New(t, llmtest.By(func(a llmtest.Asked) string {
		if a.Task() == llm.Rank {
			return `{"order":["c2"],"reason":"派给公安局"}`
		}
		return `{}`
	}))
	c := serveWith(t, cityHome(t), []string{"HUYING_BLIND=0.05", "HUYING_LLM_URL=" + model.URL + "/v1", "HUYING_LLM_MODEL=scripted"}).caller(t, "admin1")
	agent := c.city.caller(t, "agent1")
	question := agent.receive(t, delivery{Channel: "hotline", Text: "请问居住证到期了怎么续签？", Name: "王女士", Phone: "13800000123"})
	double := agent.receive(t, delivery{Channel: "web", Text: double[5]}).Message.Matters[0]
	plain := agent.receive(t, delivery{Channel: "web", Text: "楼下烧烤店的油烟天天往我家灌"}).Message.Matters[0]
	first, second := agent.drawn(t), agent.drawn(t)
	c.mustCommand(t, "import", "catalogue", writeTemp(t, "明年.csv", []byte(smallCatalogue)), "--from", "2099-01-01")
	version, leaf := c.versions(t)[0].id, plain.Suggestion.Candidates[0].Category
	now := time.Now()
	v := c.city.visitor(t, "admin1")
	v.get(t, "/notices")
	v.post(t, "/notices", url.Values{
		"title": {"停电抢修"}, "text": {"正在抢修，预计晚上恢复。"}, "starts": {now.Format("2006-01-02T15:04")}, "ends": {now.AddDate(0, 0, 1).Format("2006-01-02T15:04")},
	})
	notices := must[struct{ Notices []struct{ ID string } }](t, c, http.StatusOK, http.MethodGet, "/api/v1/notices", nil).Notices
	if len(notices) == 0 {
		t.Fatal("no notice was pinned")
	}
	before := assignments(t, c.home)
	if before == "" {
		t.Fatal("nothing is assigned: the test shows nothing")
	}

	// Each form with what it takes.
	about := func(m matter, more ...string) url.Values {
		f := url.Values{"suggestion": {m.Suggestion.ID}, "previous": {""}, "key": {m.ID}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f
	}
	forms := []struct {
		route, path string
		form        url.Values
	}{
		{"/desk/:matter/split", "/desk/" + double.ID + "/split", about(double)},
		{"/desk/:matter/review", "/desk/" + plain.ID + "/review", about(plain)},
		{"/desk/:matter/review", "/desk/" + plain.ID + "/review", about(plain, "back", "1")},
		{"/desk/:matter/verdict", "/desk/" + question.Message.Matters[0].ID + "/verdict", about(plain, "solved", "0")},
		{"/desk/:matter/notice", "/desk/" + plain.ID + "/notice", about(plain, "notice", notices[0].ID)},
		{"/desk/:matter/original", "/desk/" + plain.ID + "/original", about(plain, "why", "需要回拨核实")},
		{"/blind/:matter", "/blind/" + first, url.Values{"category": {leaf}}},
		{"/blind/:matter/skip", "/blind/" + second + "/skip", url.Values{}},
		{"/messages", "/messages", url.Values{"channel": {"hotline"}, "text": {"小区门口的路灯不亮"}}},
		{"/notices", "/notices", url.Values{"title": {"停水"}, "text": {"抢修中。"}, "starts": {now.Format("2006-01-02T15:04")}, "ends": {now.AddDate(0, 0, 1).Format("2006-01-02T15:04")}}},
		{"/catalogue/versions/:version/cancel", "/catalogue/versions/" + version + "/cancel", url.Values{}},
		{"/models/resume", "/models/resume", url.Values{}},
		{"/llm", "/llm", url.Values{
			"task-rank": {"1"}, "budget": {"100000"}, "rate": {"60"}, "deadline": {"10"}, "patience": {"30"}, "approval": {"备案1号"}, "place": {"本市机房"}, "operator": {"本市大数据中心"},
		}},
		{"/llm/switch", "/llm/switch", url.Values{"on": {"1"}}},
	}
	asked := map[string]bool{
		"/signin": true, "/signout": true, // who is in
		"/catalogue/versions/:version/use": true, "/models/:model/use": true, // by the commands below
	}
	// Forms that need what is not here yet come to nothing, but are sent.
	other := agent.receive(t, delivery{Channel: "web", Text: "公园的长椅坏了，坐不了人"}).Message.Matters[0]
	none := "01a21692-ee9f-7ee5-aefc-51b835ebd037"
	for route, form := range map[string]url.Values{
		"/ask": {"text": {"居住证到期了怎么续签？"}}, "/ask/choice": {"reply": {none}, "entry": {none}}, "/ask/verdict": {"reply": {none}, "verdict": {"unsolved"}},
		"/desk/:matter/place":    about(other, "place", "公园东门"),
		"/desk/:matter/reply":    about(other, "text", "已告知由城管处理。"),
		"/desk/:matter/return":   about(other, "reason", "职责不符", "clause", "不归本单位管", "from", "公安局", "proposed", "生态环境局"),
		"/catalogue/topics/:gap": {"mark": {"ignored"}}, "/accuracy/prose": {}, "/cases/units/prose": {}, "/accuracy/people/:account": {"aside": {"1"}, "why": {"退回多"}},
		"/knowledge": {"question": {"路灯坏了找谁"}, "answer": {"拨打热线。"}}, "/knowledge/:entry/edit": {"question": {"路灯坏了找谁"}, "answer": {"拨打热线。"}},
		"/knowledge/:entry/move": {"step": {"send"}, "version": {"1"}}, "/knowledge/:entry/rollback": {"to": {"1"}},
		"/knowledge/:entry/files": {"version": {"1"}}, "/knowledge/:entry/files/:digest/remove": {"version": {"1"}},
		"/calendar": {"text": {"日期,安排\n2026-12-25,休\n"}}, "/calendar/check": {}, "/calendar/drop": {"day": {"2026-12-25"}}, "/deadlines": newRules(), "/deadlines/back": {"seen": {"0"}, "to": {"0"}}, "/notifications/:notification/again": {}, "/archive": {"from": {"2026-01-01"}, "to": {"2026-12-31"}, "purpose": {"年度归档"}}, "/looks": {"key": {"13800000021"}, "why": {"诉求人询问"}},
		"/privacy/rules": {"days-original": {"1095"}, "days-file": {"0"}, "days-contact": {"0"}, "days-llm_call": {"0"}, "days-notification": {"0"}}, "/privacy/holds": {"number": {"990101-20261123-0001"}, "why": {"诉讼"}}, "/privacy/holds/:hold/release": {"why": {"结束"}},
		"/rewards": {"case": {none}, "grant": {"1"}}, "/rewards/rule": {"type": {"举报"}, "when": {"filed"}, "min": {"1"}, "max": {"20"}, "month": {"100"}, "per_day": {"3"}, "per_month": {"10"}, "same_days": {"30"}, "grace": {"30"}}, "/rewards/lists": {"form": {"csv"}},
		"/rewards/periods": {"from": {now.AddDate(0, 0, 1).Format(time.DateOnly)}, "until": {now.AddDate(0, 0, 30).Format(time.DateOnly)}, "budget": {"100"}}, "/rewards/periods/:period/reveal": {}, "/rewards/:reward/moves": {"move": {"again"}},
		"/alerts/read": {"up_to": {"1"}}, "/alerts/first": {"alert": {"1"}, "matter": {other.ID}, "worker": {"agent2"}}, "/alerts/reach": {"mobile": {"13800000021"}}, "/staff/accounts/:login/reach": {"mobile": {"13800000021"}},
		"/desk/:matter/label": {"why": {"辱骂"}, "days": {"90"}}, "/labels/:label/decision": {"approve": {"1"}}, "/labels/:label/lift": {"why": {"误会"}},
		"/privacy/requests": {"phone": {"13800000021"}, "called": {"1"}, "verified": {"回拨"}, "why": {"查看"}}, "/privacy/requests/:request/:message/correct": {"why": {"写错"}}, "/privacy/requests/:request/:message/erase": {"why": {"本人要求"}},
		"/staff/accounts/:login/disable": {"to": {"nobody"}}, "/staff/accounts/:login/enable": {}, "/staff/accounts/:login/roles": {"role": {"agent"}}, "/groups": {"name": {"油烟"}, "purpose": {"整治"}, "lead": {"unit1"}, "until": {now.AddDate(0, 0, 3).Format("2006-01-02T15:04")}}, "/groups/:group/end": {}, "/groups/:group/members": {"add": {"unit2"}}, "/precedents/:precedent/repeal": {"why": {"条例已修订"}}, "/centres": {"unit": {"公安局"}, "areas": {"990102"}}, "/desk/:matter/queue": {"to": {none}, "why": {"归分中心"}}, "/tokens": {"name": {"y"}, "login": {"nobody"}}, "/tokens/revoke": {"revoke": {"y"}}, "/staff/accounts": {"login": {"zhao"}, "role": {"agent"}}, "/staff/accounts/:login/password": {}, "/staff/accounts/:login/unlock": {}, "/account/password": {"old": {"x"}, "new": {"x"}, "again": {"x"}}, "/account/sessions/end": {}, "/account/sessions/:session/end": {}, "/leader/callbacks": {"size": {"3"}}, "/leader/callbacks/:draw/:case": {"reached": {"0"}}, "/leader/callbacks/:draw/:case/phone": {}, "/callbacks/scripts": {"seen": {"0"}, "opening": {"您好。"}, "uncontacted": {"好的。"}, "unsolved": {"好的。"}, "unsatisfied": {"好的。"}, "closing": {"再见。"}},
		"/staff/covers": {"absent": {"unit1"}, "substitute": {"unit2"}, "until": {now.AddDate(0, 0, 3).Format("2006-01-02T15:04")}}, "/staff/covers/:cover/end": {}, "/covers": {},
		"/knowledge/clauses": {"law": {"居住证暂行条例"}, "note": {"有变化"}}, "/knowledge/policy": {"unit": {"公安局"}, "budget": {"2"}},
		"/knowledge/proposals/:group/take": {}, "/knowledge/proposals/:group/merge": {}, "/knowledge/proposals/:group/merge/take": {}, "/knowledge/proposals/:group/clash": {}, "/knowledge/proposals/:group/extend": {}, "/knowledge/proposals/:group/reject": {}, "/knowledge/gaps/:group/write": {},
		"/catalogue/notes/:note/drop": {}, "/catalogue/:category/propose": {}, "/catalogue/:category/notes": {"text-1": {"灯不亮"}, "take-1": {"1"}}, "/catalogue/leftovers": {"decision": {none}, "from": {none}, "to": {none}}, "/catalogue/drafts": {}, "/catalogue/drafts/:draft/replay": {}, "/catalogue/drafts/:draft/publish": {}, "/catalogue/drafts/:draft/discard": {},
		"/desk/:matter/accused": about(other, "accused", "云汀市公安局"), "/desk/:matter/clear": about(other), "/desk/:matter/lock": about(other, "why", "涉密", "readers", "admin1"), "/desk/:matter/veil": about(other, "trace", "我们公司"),
		"/desk/:matter/clarify": about(other, "why", "哪一条长椅"), "/desk/:matter/called": about(other, "outcome", "unreached"), "/secrets/:message/open": {"why": {"判断密级"}}, "/secrets/:message/unlock": {"why": {"核实"}},
		"/cases/:case/contact/at-once": {"danger": {"1"}, "why": {"着火"}}, "/cases/:case/contact/:request/:what": {"answer": {"yes"}}, "/cases/refusals/reasons": {"reason": {"属于军队管辖"}, "way": {"请向军队反映"}}, "/cases/refusals/reasons/:reason/drop": {},
		"/summons": {"matter": {"占道"}, "place": {"松柏路口"}, "due": {now.AddDate(0, 0, 1).Format("2006-01-02T15:04")}, "units": {"云汀市公安局"}}, "/memos": {"cases": {"990101-20261123-0001"}, "body": {"请办理"}}, "/memos/:memo/:move": {"text": {"已办"}}, "/summons/:summons/files": {}, "/summons/:summons/:move": {"text": {"两人"}},
		"/leader/:case/:move":  {"text": {"三天内报结果"}, "until": {now.AddDate(0, 0, 3).Format(time.DateOnly)}},
		"/cases/:case/calls":   {"add": {"1"}, "text": {"晚上更吵"}},
		"/cases/:case/contact": {"why": {"约时间"}}, "/cases/:case/draft": {"note": {"已清理"}}, "/cases/:case/draft/take": {}, "/cases/:case/files": {}, "/cases/:case/files/:file": {"shown": {"1"}}, "/grid/:case/:move": {"text": {"已清理"}}, "/grid": {"text": {"井盖松动"}, "place": {"松柏路口"}}, "/cases/templates/:category": {"text": {"已办。"}}, "/cases/heads/:unit": {}, "/cases/:case/contact/open": {}, "/cases/:case/contact/:request": {"grant": {"1"}, "days": {"3"}},
		"/cases/refusals/:decision": {"agree": {"1"}}, "/receipt": {"code": {"ABCDEFGH23"}}, "/receipt/:code/chase": {}, "/receipt/:code/supplement": {"text": {"晚上更吵"}},
		"/receipt/:code/withdraw": {"text": {"已经解决"}}, "/receipt/:code/object": {"text": {"没有解决"}}, "/receipt/:code/rate": {"contacted": {"1"}, "solved": {"0"}, "satisfied": {"0"}}, "/receipt/:code/contest": {"text": {"应当受理"}},
		"/knowledge/checks": {"given": {none}, "finding": {"wrong"}}, "/knowledge/import": {}, "/knowledge/import/:file": {"go": {"import"}},
	} {
		asked[route] = true
		path := strings.NewReplacer(":matter", other.ID, ":gap", none, ":account", none, ":entry", none, ":group", none, ":draft", none, ":file", none, ":decision", none, ":case", none, ":category", none, ":unit", none, ":summons", none, ":memo", none, ":note", none, ":move", "report", ":request", none, ":what", "answer", ":reason", none, ":hold", none, ":message", none, ":login", "nobody", ":period", none, ":reward", none, ":label", none, ":cover", none, ":precedent", none, ":session", none, ":draw", none, ":code", "ABCDEFGH23").Replace(route)
		if r := v.post(t, path, form); r.status >= http.StatusInternalServerError {
			t.Errorf("POST %s: %d", path, r.status)
		}
	}
	v.get(t, "/desk")
	for _, f := range forms {
		asked[f.route] = true
		if r := v.post(t, f.path, f.form); r.status != http.StatusOK {
			t.Errorf("POST %s: %d\n%s", f.path, r.status, r.body)
		}
	}
	if r := v.get(t, "/desk/"+plain.ID+"/assist?suggestion="+plain.Suggestion.ID); r.status != http.StatusOK || len(model.Received()) != 1 {
		t.Errorf("the language model was not asked: %d\n%s", r.status, r.body)
	}
	for _, route := range posts(t) {
		if !asked[route] && !deciding[route] {
			t.Errorf("nobody has looked whether POST %s assigns", route)
		}
	}
	for _, route := range pageRoutes(t) {
		path := strings.NewReplacer(":matter", plain.ID, ":entry", "none", ":version", version, ":category", leaf).Replace(route)
		if r := v.get(t, path); r.status >= http.StatusInternalServerError {
			t.Errorf("GET %s: %d", path, r.status)
		}
	}
	c.everyOperation(t, plain.ID, question, notices[0].ID)
	c.mustCommand(t, "train")
	c.mustCommand(t, "catalogue", "use", version)
	c.mustCommand(t, "import", "messages", writeTemp(t, "来件.csv", []byte("渠道编号,内容\nz-1,井盖丢了\n")))
	if after := assignments(t, c.home); after != before {
		t.Errorf("assignments were\n%s\nand are\n%s", before, after)
	}
	agent.decide(t, plain.ID, plain.Suggestion.confirmation())
	if assignments(t, c.home) == before {
		t.Error("a decision assigned nothing: the test sees nothing")
	}
}

// newRules is the form of the rules of deadlines with one figure changed.
func newRules() url.Values {
	form := url.Values{"seen": {"0"}, "why": {"试行"}}
	for _, f := range casework.UsualRules().Fields() {
		form.Set(f.Key, f.Value)
	}
	form.Set("pauses", "2")
	return form
}

// everyOperation asks each operation of the API but the one that decides.
func (c *caller) everyOperation(t *testing.T, matter string, r receipt, notice string) {
	t.Helper()
	doc := must[struct {
		Paths map[string]map[string]struct{} `json:"paths"`
	}](t, c, http.StatusOK, http.MethodGet, "/api/openapi.json", nil)
	said := map[string]string{"text": "居住证怎么续签", "channel": "web", "conversation": "a", "message": "1"}
	bodies := map[string]any{
		"/api/v1/ask/stream":                        said,
		"/api/v1/ask/{reply}/choice":                map[string]string{"channel": "web", "conversation": "a", "entry": notice},
		"/api/v1/ask/{reply}/verdict":               map[string]string{"channel": "web", "conversation": "a", "verdict": "unsolved"},
		"/api/v1/entries":                           map[string]string{"question": "长椅坏了找谁", "answer": "拨打热线。"},
		"/api/v1/entries/{id}/moves":                map[string]any{"step": "send", "version": 1},
		"/api/v1/entries/{id}/files":                map[string]any{"version": 1, "name": "表.pdf", "content": []byte("%PDF-1.4")},
		"/api/v1/entries/{id}/files/{digest}":       nil,
		"/api/v1/entries/{id}/versions":             map[string]any{"version": 1, "question": "路灯坏了找谁", "answer": "拨打热线。"},
		"/api/v1/matters/{id}/returns":              map[string]string{"reason": "职责不符", "clause": "不归本单位管", "from": notice},
		"/api/v1/sms-replies":                       map[string]string{"key": notice, "text": "111"},
		"/api/v1/sms-reports":                       map[string]any{"key": notice, "delivered": true},
		"/api/v1/receipts/{code}/moves":             map[string]string{"do": "chase"},
		"/api/v1/summonses":                         map[string]any{"matter": "占道", "place": "松柏路口", "due": time.Now().AddDate(0, 0, 1), "units": []string{notice}},
		"/api/v1/groups/{id}/members":               map[string]any{"add": []string{"unit2"}},
		"/api/v1/memos":                             map[string]any{"body": "请办理", "cases": []string{notice}},
		"/api/v1/memos/{id}/moves":                  map[string]string{"move": "ack"},
		"/api/v1/summonses/{id}/moves":              map[string]string{"move": "arrive", "text": "两人"},
		"/api/v1/summonses/{id}/files":              map[string]string{"name": "现场.pdf", "content": "JVBERi0xLjc="},
		"/api/v1/cases/{id}/files":                  map[string]string{"name": "现场.pdf", "content": "JVBERi0xLjc="},
		"/api/v1/cases/{id}/calls":                  map[string]string{"text": "晚上更吵"},
		"/api/v1/cases/{id}/divisions":              map[string]any{"seen": 0, "keep": "油烟", "other": "路灯不亮"},
		"/api/v1/cases/{id}/files/{file}/shares":    map[string]bool{"shown": true},
		"/api/v1/findings":                          map[string]string{"text": "井盖松动", "place": "松柏路口"},
		"/api/v1/templates/{id}":                    map[string]string{"text": "已办。"},
		"/api/v1/units/{id}/heads":                  map[string]any{"heads": []string{}},
		"/api/v1/matters/{id}/place":                map[string]string{"place": "公园东门"},
		"/api/v1/deadline-rules":                    map[string]any{"version": 1, "why": "试行", "rules": []map[string]string{{"key": "pauses", "value": "3"}}},
		"/api/v1/deadline-rules/restore":            map[string]int{"version": 0, "to": 0},
		"/api/v1/looks":                             map[string]string{"key": "13800000021", "why": "诉求人询问"},
		"/api/v1/privacy/retention":                 map[string]any{"rules": []map[string]any{{"kind": "original", "days": 1095}}},
		"/api/v1/privacy/holds":                     map[string]string{"number": "990101-20261123-0001", "why": "诉讼"},
		"/api/v1/privacy/holds/{id}/release":        map[string]string{"why": "结束"},
		"/api/v1/privacy/requests":                  map[string]any{"phone": "13800000021", "called": true, "verified": "回拨", "why": "查看"},
		"/api/v1/privacy/requests/{id}/corrections": map[string]string{"message": notice, "why": "写错"},
		"/api/v1/privacy/requests/{id}/erasures":    map[string]string{"message": notice, "why": "本人要求"},
		"/api/v1/rewards":                           map[string]any{"case": notice, "grant": true},
		"/api/v1/rewards/rule":                      map[string]any{"types": []string{"举报"}, "when": "filed", "min_fen": 100, "max_fen": 2000, "per_day": 3, "per_month": 10, "month_fen": 10000, "same_days": 30, "grace": 30},
		"/api/v1/rewards/periods":                   map[string]any{"from": time.Now().AddDate(0, 0, 40), "until": time.Now().AddDate(0, 0, 70), "fen": 10000},
		"/api/v1/rewards/periods/{id}/reveal":       nil,
		"/api/v1/rewards/lists":                     map[string]any{},
		"/api/v1/rewards/{id}/moves":                map[string]string{"move": "again"},
		"/api/v1/matters/{id}/labels":               map[string]any{"why": "辱骂", "evidence": []string{notice}},
		"/api/v1/labels/{id}/decisions":             map[string]any{"approve": true},
		"/api/v1/labels/{id}/lift":                  map[string]string{"why": "误会"},
		"/api/v1/accounts/{login}/disable":          map[string]string{},
		"/api/v1/accounts/{login}/enable":           nil,
		"/api/v1/accounts":                          map[string]any{"login": "qian", "roles": []string{"agent"}},
		"/api/v1/accounts/{login}/password":         nil,
		"/api/v1/accounts/{login}/unlock":           nil,
		"/api/v1/me/password":                       map[string]string{"old": "x", "new": "x"},
		"/api/v1/me/sessions/{id}/end":              nil,
		"/api/v1/me/sessions/end":                   nil,
		"/api/v1/tokens":                            map[string]string{"name": "z", "login": "agent1"},
		"/api/v1/tokens/revoke":                     map[string]string{"name": "z"},
		"/api/v1/calendar":                          map[string]any{"name": "2027.csv", "content": []byte("日期,安排\n2027-10-01,休\n"), "dry_run": true},
		"/api/v1/calendar/drop":                     map[string]string{"date": "2027-10-01"},
		"/api/v1/notifications/{id}/again":          nil,
		"/api/v1/callback-scripts":                  map[string]any{"type": "", "version": 1, "opening": "您好。", "uncontacted": "好的。", "unsolved": "好的。", "unsatisfied": "好的。", "closing": "再见。"},
		"/api/v1/leader-callbacks":                  map[string]int{"size": 3},
		"/api/v1/leader-callbacks/{id}/phone":       map[string]string{"case": notice},
		"/api/v1/leader-callbacks/{id}/calls":       map[string]any{"case": notice, "answers": map[string]bool{"reached": false}},
		"/api/v1/groups":                            map[string]any{"name": "油烟", "purpose": "整治", "lead": "unit1", "until": time.Now().AddDate(0, 0, 3)},
		"/api/v1/units/{id}/sub-centre":             map[string]any{"areas": []string{"990102"}},
		"/api/v1/matters/{id}/queue":                map[string]string{"why": "归市中心", "to": notice},
		"/api/v1/groups/{id}/end":                   nil,
		"/api/v1/precedents/{id}/repeal":            map[string]string{"why": "条例已修订"},
		"/api/v1/accounts/{login}/roles":            map[string]any{"roles": []string{"agent"}},
		"/api/v1/covers":                            map[string]any{"absent": "unit2", "substitute": "unit1", "until": time.Now().AddDate(0, 0, 3)},
		"/api/v1/covers/{id}/end":                   nil,
		"/api/v1/cases/{id}/draft":                  map[string]string{"note": "已清理"},
		"/api/v1/catalogue/{id}/notes":              map[string]any{"examples": []string{"路灯不亮"}},
		"/api/v1/catalogue/{id}/drafts":             map[string]any{},
		"/api/v1/clause-marks":                      map[string]string{"law": "居住证暂行条例", "note": "有变化"},
		"/api/v1/messages":                          delivery{Channel: "hotline", Text: "小区门口的路灯不亮"},
		"/api/v1/ask":                               map[string]string{"text": "居住证怎么续签"},
		"/api/v1/matters/{id}/verdict":              map[string]bool{"solved": false},
		"/api/v1/archives":                          map[string]string{"from": "2026-01-01", "to": "2026-12-31", "purpose": "年度归档"},
		"/api/v1/notices/{id}/contacts":             map[string]string{"contact": r.Contact},
		"/api/v1/matters/{id}/accused":              map[string]any{},
		"/api/v1/matters/{id}/veil":                 map[string]any{"traces": []string{"我们公司"}},
		"/api/v1/matters/{id}/clarification":        map[string]string{"why": "哪一家"},
		"/api/v1/matters/{id}/clarification/calls":  map[string]string{"outcome": "unreached"},
		"/api/v1/messages/{id}/lock":                map[string]any{"why": "涉密", "readers": []string{"nobody"}},
		"/api/v1/messages/{id}/clear":               nil,
		"/api/v1/messages/{id}/unlock":              map[string]string{"why": "核实"},
		"/api/v1/messages/{id}/unlock/agree":        nil,
		"/api/v1/refusal-reasons":                   map[string]string{"reason": "属于铁路法院管辖", "way": "请向铁路运输法院起诉"},
		"/api/v1/refusal-reasons/{id}":              nil,
		"/api/v1/matters/{id}/first":                map[string]string{"login": "agent2"},
		"/api/v1/alerts/read":                       map[string]int{"up_to": 1},
		"/api/v1/alerts/reach":                      map[string]string{"mobile": "13800000021", "mail": "", "wecom": ""},
		"/api/v1/accounts/{login}/reach":            map[string]string{"mobile": "13800000021", "mail": "", "wecom": ""},
		"/api/v1/cases/{id}/contact-requests":       map[string]string{"why": "约时间"},
		"/api/v1/cases/{id}/contact":                nil,
		"/api/v1/cases/{id}/contact/at-once":        map[string]any{"danger": true, "why": "着火"},

		"/api/v1/cases/{id}/contact-requests/{request}/answers":  map[string]string{"answer": "yes"},
		"/api/v1/cases/{id}/contact-requests/{request}/decision": map[string]any{"grant": true, "days": 3},
		"/api/v1/cases/{id}/contact-requests/{request}/told":     map[string]string{"how": "电话"},
		"/api/v1/cases/{id}/contact-requests/{request}/review":   map[string]bool{"proper": true},
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			method = strings.ToUpper(method)
			if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method) {
				continue // what all operations of a path share
			}
			if !strings.HasPrefix(path, "/api/v1/") {
				path = "/api/v1" + path
			}
			if method == http.MethodPost && deciding[path] {
				continue
			}
			body, known := bodies[path]
			if method != http.MethodGet && !known {
				t.Errorf("nobody has looked whether %s %s assigns", method, path)
				continue
			}
			which := matter
			switch {
			case strings.Contains(path, "/notices/"):
				which = notice
			case strings.Contains(path, "/messages/"):
				which = r.Message.ID
			case strings.Contains(path, "/verdict"):
				which = r.Message.Matters[0].ID
			}
			got, err := c.call(t.Context(), method, strings.NewReplacer("{id}", which, "{reply}", which, "{login}", "nobody").Replace(path)+needs(path), body)
			refused := method == http.MethodPost && got.status >= http.StatusBadRequest
			if nothing := strings.Contains(path, "{reply}") || strings.Contains(path, "{code}") || strings.HasSuffix(path, "/sms-replies") || strings.HasSuffix(path, "/sms-reports") || strings.Contains(path, "/entries/{id}/") || strings.HasSuffix(path, "/returns") ||
				strings.Contains(path, "/cases/{id}/") || strings.Contains(path, "/summonses") || strings.Contains(path, "/memos") || strings.Contains(path, "/templates/") || strings.HasSuffix(path, "/findings") || strings.HasSuffix(path, "/archives") || strings.Contains(path, "/units/") ||
				strings.Contains(path, "/rewards") || strings.Contains(path, "/labels") || strings.Contains(path, "/privacy/") || strings.Contains(path, "{login}") || strings.Contains(path, "/covers/") || strings.Contains(path, "/me/") || strings.Contains(path, "/calendar/drop") || strings.Contains(path, "/notifications/") || strings.Contains(path, "/leader-callbacks") || strings.HasSuffix(path, "/tokens/revoke") || strings.Contains(path, "/groups/") || strings.Contains(path, "/precedents/") || strings.HasSuffix(path, "/queue") || strings.HasSuffix(path, "/draft") || strings.HasSuffix(path, "/deadline-rules/restore") || strings.Contains(path, "/catalogue/{id}/") ||
				strings.HasSuffix(path, "/veil") || strings.HasSuffix(path, "/matters/{id}/first") || strings.HasSuffix(path, "/clarification/calls") || strings.Contains(path, "/messages/{id}/"); nothing {
				refused = false // there is nothing yet that it could be about
			}
			if err != nil || got.status >= http.StatusInternalServerError || refused {
				t.Errorf("%s %s: %d %s, %v", method, path, got.status, got.body, err)
			}
		}
	}
}

// needs is what an operation needs in its address.
func needs(path string) string {
	switch {
	case strings.HasSuffix(path, "/search"):
		return "?q=" + url.QueryEscape("噪声")
	case strings.HasSuffix(path, "/accuracy"):
		return "?from=2026-01-01T00:00:00Z"
	}
	return ""
}

// posts reads the forms' addresses from the map of pages.
func posts(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "server", "routes.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`a\.(?:Post|Put|Patch|Delete)\("([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		out = append(out, m[1])
	}
	return out
}

// assignments is the whole table, as text.
func assignments(t *testing.T, home string) string {
	t.Helper()
	a := &app{
		console:  console{Getenv: os.Getenv, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}},
		settings: Settings{Home: home, PG: "18", Blind: "0", NotifySettings: NotifySettings{Quiet: "off"}}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	s, err := a.openStore(t.Context(), asGuest)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := pgx.Connect(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var all string
	err = conn.QueryRow(t.Context(), `SELECT coalesce(string_agg(a::text, E'\n' ORDER BY decision_id, ordinal), '') FROM assignment AS a`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
