package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
)

// TestACitizenIsToldThroughAWebhook: the running service sends what lies in the
// outbox once, to the number as received, and shows it; doctor finds the
// adapter; the same database without a means sends nothing and says so.
func TestACitizenIsToldThroughAWebhook(t *testing.T) {
	posts := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("X-Huying-Signature") == "" {
			t.Errorf("the request: %v, %v", err, r.Header)
		}
		posts <- string(body)
		io.WriteString(w, `{"id":"p-7"}`)
	}))
	defer hook.Close()
	c := serveWith(t, cityHome(t), []string{
		"HUYING_NOTIFY=webhook", "HUYING_NOTIFY_URL=" + hook.URL, "HUYING_NOTIFY_KEY=k", "HUYING_NOTIFY_QUIET=off", "HUYING_NOTIFY_LINK=https://12345.example/r/{code}",
	})
	message := c.caller(t, "agent1").receive(t, delivery{Channel: "hotline", Text: "楼下的路灯不亮", Name: "王女士", Phone: "138 1234 0021"}).Message
	n, err := casework.NewNotification(casework.NotifyAccepted, "test", intake.MessageID(message.ID), time.Now(), casework.NotifyFacts{Receipt: "ABCDEFGHIJ"})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{
		console:  console{Getenv: os.Getenv, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}},
		settings: Settings{Home: c.home, PG: "18", Blind: "0"}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	db, err := a.openStore(t.Context(), asGuest)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueueNotification(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var body struct{ ID, Phone, Text, Receipt string }
	select {
	case raw := <-posts:
		if err := json.Unmarshal([]byte(raw), &body); err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing was sent within a minute")
	}
	if body.ID != string(n.ID) || body.Phone != "13812340021" || body.Text != "您的诉求已收到，正在分派，回执码 ABCDEFGHIJ。查看：https://12345.example/r/ABCDEFGHIJ" {
		t.Errorf("sent %+v", body)
	}
	admin := c.visitor(t, "admin1")
	eventually(t, 10*time.Second, "the page does not show it as sent", func() bool {
		return bytes.Contains(admin.get(t, "/notifications?state=sent").body, []byte("对方编号 p-7"))
	})
	if page := admin.get(t, "/notifications?state=sent").body; bytes.Contains(page, []byte("1381234")) {
		t.Error("the page shows the number")
	}
	sayings(t, c.mustCommand(t, "doctor"), "通知", "webhook，能连上", "工作日历")
	if len(posts) != 0 {
		t.Error("it was sent again, or by doctor")
	}
	if strings.Contains(c.log.String(), "1381234") {
		t.Error("the number is in the log")
	}
}

// TestTheCalendarIsImportedByCommand: a dry run shows and writes nothing.
func TestTheCalendarIsImportedByCommand(t *testing.T) {
	home := emptyHome(t)
	file := writeTemp(t, "2027.csv", []byte("日期,结束日期,安排,名称\n2027-10-01,2027-10-07,休,国庆节\n2027-10-09,,班,国庆节\n"))
	const what = "2027-10-09  按周末规则 → 班 国庆节"
	out, code := runCommand(t, home, "calendar", "import", file, "--dry-run")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, out)
	}
	sayings(t, out, what, "会改变 8 天。只检查，没有写入。")
	out, _ = runCommand(t, home, "calendar", "import", file)
	sayings(t, out, what, "已导入，改变了 8 天。")
	out, _ = runCommand(t, home, "calendar", "import", file)
	sayings(t, out, "与现在的日历相同，不用导入。")
	out, code = runCommand(t, home, "calendar", "import", writeTemp(t, "x.csv", []byte("日期,安排\n2027-02-30,休\n")))
	if code != exitUsage {
		t.Errorf("exit %d", code)
	}
	sayings(t, out, "第 2 行第 1 列：“2027-02-30”不是")
}
