package server

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
)

// checks sends a calendar file, or a pasted table when the name is empty.
func (w *world) checks(name, text string) reply {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("csrf", w.csrf())
	if name == "" {
		m.WriteField("text", text)
	} else {
		part, err := m.CreateFormFile("file", name)
		if err != nil {
			w.t.Fatal(err)
		}
		part.Write([]byte(text))
	}
	m.Close()
	req := httptest.NewRequest(http.MethodPost, "/calendar/check", &b)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return w.do(req)
}

const newYear = "日期,结束日期,安排,名称\n2027-10-01,2027-10-07,休,国庆节\n2027-10-09,,班,国庆节\n2027-01-01,,放假,元旦\n"

// TestTheCalendarIsReadCheckedAndImported: the year is shown, a missing one is
// said, an import shows first what it would change, and writes only then.
func TestTheCalendarIsReadCheckedAndImported(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	r := w.get("/calendar")
	w.says(r, "2026 年共 248 个工作日，按国务院办公厅的放假安排。", "2月15日 周日 至 2月23日 周一", "放假 春节 9", "2月28日 周六 上班 春节 1",
		"工作日历缺少 2027 年的放假安排，这段时间的期限暂按周六、周日休息推算。")
	w.says(w.get("/calendar?year=2027"), "2027 年共 261 个工作日，放假安排还没有导入", "2027 年还没有放假和调休的日子。")

	w.says(w.checks("", ""), "没有导入：", "还没有选文件，也没有粘贴内容")
	r = w.checks("", "日期,安排\n2027-13-01,休\n2027-05-01,值班\n")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "第 2 行第 1 列：“2027-13-01”不是 1990 到 2100 年间的日期", "第 3 行第 2 列：“值班”没有说明是休还是班")
	if !strings.Contains(r.body, "2027-05-01,值班\n</textarea>") {
		t.Error("the form forgets what was pasted")
	}
	w.says(w.checks("x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:春节假期\nDTSTART:20279999\nEND:VEVENT\nEND:VCALENDAR\n"), "第 2 行：“20279999”不是")

	r = w.checks("安排.csv", newYear)
	w.status(r, http.StatusOK)
	w.says(r, "检查结果，还没有写入", "文件里有 9 天。含 2027 年的完整安排", "2027年1月1日 周五 按周末规则：上班 放假 元旦", "2027年10月9日 周六 按周末规则：放假 上班 国庆节", "导入，改变 9 天")
	if len(w.fake.days.stored) != 0 {
		t.Fatal("the check has written")
	}
	text := between(t, r.body, `name="text" value="`, `"`)
	r = w.post("/calendar", "text", text)
	if w.status(r, http.StatusSeeOther); r.location != "/calendar?said=imported&year=2027" {
		t.Errorf("the import leads to %q", r.location)
	}
	r = w.get(r.location)
	w.says(r, "已导入，新算的期限按它推算", "2027 年共 256 个工作日，按国务院办公厅的放假安排。", "2027 年导入的日子（9 天）")
	if strings.Contains(r.body, `id="missing"`) {
		t.Error("the year is still missing")
	}
	w.says(w.checks("", newYear), "与现在的日历相同，不用导入。")
	w.status(w.post("/calendar/drop", "day", "2027-01-01"), http.StatusSeeOther)
	w.says(w.get("/calendar?year=2027"), "2027 年共 257 个工作日")
	w.status(w.post("/calendar/drop", "day", "2027-01-01"), http.StatusNotFound)
	if lines := w.fake.days.lines; len(lines) != 2 || lines[0].Action != "import_calendar" || lines[0].Detail != "2027-01-01 至 2027-10-09" {
		t.Errorf("audit: %+v", lines)
	}
}

func between(t *testing.T, s, a, b string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, a)
	inner, _, ended := strings.Cut(rest, b)
	if !ok || !ended {
		t.Fatalf("nothing between %q and %q", a, b)
	}
	return strings.NewReplacer("&#34;", `"`, "&amp;", "&", "&#39;", "'", "&#43;", "+").Replace(inner)
}

// TestOnlyAnAdministratorChangesTheCalendar: others may read it.
func TestOnlyAnAdministratorChangesTheCalendar(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	r := w.get("/calendar")
	w.says(r, "2026 年共 248 个工作日")
	if strings.Contains(r.body, `id="upload"`) || strings.Contains(r.body, "/notifications") {
		t.Error("an agent is offered what only administrators may do")
	}
	for _, r := range []reply{w.checks("", newYear), w.post("/calendar", "text", newYear), w.post("/calendar/drop", "day", "2026-01-01"),
		w.get("/notifications"), w.post("/notifications/" + string(id.New[casework.NotificationID]()) + "/again")} {
		w.status(r, http.StatusForbidden)
	}
	if len(w.fake.days.stored) != 0 {
		t.Error("an agent has changed the calendar")
	}
}

func TestNotificationsAreListedByWhatBecameOfThem(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.fake.outbox.means = "sms"
	w.says(w.get("/notifications"), "通知经短信发给诉求人", "“待发”里没有通知。")
	w.fake.outbox.means = "wecom"
	w.says(w.get("/notifications"), "通知发到企业微信群，由值班人员转告诉求人")
	w.fake.outbox.means = "sms"
	add := func(state casework.NotificationState, failure string) casework.Notification {
		n := casework.Notification{
			ID: id.New[casework.NotificationID](), Kind: casework.NotifyDispatched, State: state, Text: "您的诉求（回执码 ABCDEFGHIJ）已交市公安局办理。",
			At: w.fake.now, DueAt: w.fake.now, Settled: w.fake.now, Failure: failure, Via: "sms",
		}
		if state == casework.NotificationSent {
			n.Proof = "m-17"
		}
		w.fake.outbox.rows = append(w.fake.outbox.rows, n)
		return n
	}
	add(casework.NotificationQueued, "连不上通知服务")
	failed := add(casework.NotificationFailed, "通知服务不收这一条（400）")
	sent := add(casework.NotificationSent, "")
	for i := range notificationsShown + 1 {
		add(casework.NotificationVoid, fmt.Sprintf("没有留手机号码 %d", i))
	}
	w.fake.outbox.pause.PausedUntil, w.fake.outbox.pause.Why = w.fake.now.AddDate(0, 0, 1), "通知服务连续出错，暂停发送"
	w.says(w.get("/notifications"), "待发 1", "没有发出 1", "已发 1", "不发 51", "派单", "上次没有成功：连不上通知服务。11月23日 周一 09:30 再试",
		"通知服务连续出错，暂停发送，11月24日 周二 09:30 以前不发。")
	w.says(w.get("/notifications?state=failed"), "没有发出 通知服务不收这一条（400）", "再发一次")
	next := add(casework.NotificationQueued, "")
	last := &w.fake.outbox.rows[len(w.fake.outbox.rows)-1]
	last.Step, last.Chain, last.Via = 1, failed.ID, "smtp"
	w.says(w.get("/notifications?state=failed"), "第 2 种方式（邮件）：待发")
	w.says(w.get("/notifications"), "第 1 种方式（短信）：没有发出，通知服务不收这一条（400）")
	w.fake.outbox.rows = slices.DeleteFunc(w.fake.outbox.rows, func(n casework.Notification) bool { return n.ID == next.ID })
	w.says(w.get("/notifications?state=sent"), "短信，11月23日 周一 09:30，对方编号 m-17")
	r := w.get("/notifications?state=void")
	w.says(r, "没有留手机号码 50", "更早的")
	r = w.get(between(t, r.body, `class="more" href="`, `"`))
	w.says(r, "没有留手机号码 0")
	if strings.Contains(r.body, "更早的") {
		t.Error("the last page offers another")
	}

	r = w.post("/notifications/" + string(failed.ID) + "/again")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已排入待发，很快会再发一次。")
	w.says(w.post("/notifications/"+string(sent.ID)+"/again"), "这条通知已发出或正在等着发，不用再发")
	w.status(w.post("/notifications/x/again"), http.StatusNotFound)
	if len(w.fake.outbox.again) != 1 {
		t.Errorf("sent again: %v", w.fake.outbox.again)
	}
}

// TestNothingPretendsThatSomethingWasSent: without a means the page says so.
func TestNothingPretendsThatSomethingWasSent(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAdmin)
	w.says(w.get("/notifications"), "没有设置通知方式，现在什么也不发：诉求人只能凭回执码在回执页查看进展。")
}

func TestCalendarAndNotificationsLookAsTheyShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.fake.outbox.means = "sms"
	b.signIn(org.RoleAdmin)
	b.open("/calendar")
	b.look("calendar")
	b.run(chromedp.SendKeys("#text", "日期,安排,名称\n2026-12-25,休,试"), chromedp.Click("#upload .main"))
	b.reads("#changes", "2026年12月25日 周五 按周末规则：上班 放假 试")
	b.look("calendar-checked")
	b.run(chromedp.Click("#plan .main"))
	b.reads("#sentence", "247 个工作日")
	b.open("/notifications")
	b.look("notifications-empty")
	for _, state := range []casework.NotificationState{casework.NotificationQueued, casework.NotificationFailed, casework.NotificationSent, casework.NotificationVoid} {
		b.fake.outbox.rows = append(b.fake.outbox.rows, casework.Notification{
			ID: id.New[casework.NotificationID](), Kind: casework.NotifyExtended, State: state, Text: "您的诉求（回执码 ABCDEFGHIJ）需要更多时间，改为12月2日17:30前答复。",
			At: b.fake.now, DueAt: b.fake.now, Settled: b.fake.now, Failure: "连不上通知服务", Via: "sms",
		})
	}
	b.open("/notifications?state=failed")
	b.look("notifications")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for name, path := range map[string]string{"calendar-narrow": "/calendar", "notifications-narrow": "/notifications?state=failed"} {
		b.open(path)
		b.look(name)
	}
	b.run(chromedp.EmulateViewport(1366, 768))
	b.open("/calendar")
	b.dark(true)
	b.look("calendar-dark")
}
