package server

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"huying/internal/org"
)

// lookBook is who saw the data of one phone.
type lookBook struct {
	phone    []byte
	rows     []org.Look
	asked    []string // case numbers
	searches []org.Audit
}

// fakeLooks finds in the book.
type fakeLooks struct{ *fake }

func (f fakeLooks) Looks(_ context.Context, phone [][]byte, number string, limit int) ([]org.Look, error) {
	f.book.asked = append(f.book.asked, number)
	if number == "" && !bytes.Equal(slices.Concat(phone...), f.book.phone) {
		return nil, nil
	}
	return f.book.rows[:min(limit, len(f.book.rows))], nil
}

func (f fakeLooks) NoteSearch(_ context.Context, line org.Audit) error {
	f.book.searches = append(f.book.searches, line)
	return nil
}

// TestAnAdministratorFindsWhoSawAPersonsData: nobody else does; the number
// comes back in no page, and each search is on record with its reason.
func TestAnAdministratorFindsWhoSawAPersonsData(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.status(w.get("/looks"), http.StatusForbidden)
	w.status(w.post("/looks", "key", "13800000011", "why", "好奇"), http.StatusForbidden)
	if strings.Contains(w.get("/calendar").body, "/looks") {
		t.Error("an agent is offered what only administrators may do")
	}
	w.signIn(org.RoleAdmin)
	w.says(w.get("/looks"), "谁看过", "这次查询也会留下记录", "诉求人的电话，或工单编号")
	r := w.post("/looks", "key", " ", "why", "")
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "没有查询：", "缺少“电话或工单编号”", "缺少“查询原因”")
	w.says(w.post("/looks", "key", "没有数字", "why", "诉求人询问"), "请填电话号码，或完整的工单编号")
	if len(w.fake.book.searches) != 0 {
		t.Errorf("on record %+v", w.fake.book.searches)
	}
	w.says(w.post("/looks", "key", "13800000099", "why", "诉求人询问"), "没有人看过。")

	hashes, err := w.server.o.Intake.PhoneHashes("13800000011")
	if err != nil {
		t.Fatal(err)
	}
	w.fake.book.phone = hashes[0]
	line := func(action, name, unit, number string) org.Look {
		l := org.Look{AuditLine: org.AuditLine{Roles: org.Roles{org.RoleAgent}}, Name: name, Unit: unit, Case: number}
		l.At, l.Action, l.Detail = w.fake.now, action, "约上门时间"
		if name != "" {
			l.Actor = "a"
		}
		return l
	}
	w.fake.book.rows = []org.Look{
		line("grant_contact", "陈静", "", "990101-20261123-0001"), line("ask_contact", "赵敏", "市公安局", "990101-20261123-0001"), line("read_original", "", "", ""),
	}
	for _, key := range []string{"138 0000 0011", "990101-20261123-0001"} {
		r := w.post("/looks", "key", key, "why", "诉求人询问")
		w.says(r, "陈静，话务员", "批准看联系方式", "赵敏，市公安局", "申请看联系方式", "系统", "看了原话和联系方式", "约上门时间", "990101-20261123-0001")
		if strings.Contains(r.body, "0000") && strings.Contains(r.body, "0011") {
			t.Error("the number comes back")
		}
	}
	if n := len(w.fake.book.searches); n != 3 || w.fake.book.searches[2].Detail != "诉求人询问" || w.fake.book.asked[2] != "990101-20261123-0001" {
		t.Errorf("on record %+v", w.fake.book.searches)
	}
}

func TestLooksLookAsTheyShould(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	b.signIn(org.RoleAdmin)
	b.open("/looks")
	b.look("looks-empty")
	l := org.Look{Name: "赵敏", Unit: "市公安局", Case: "990101-20261123-0001"}
	l.At, l.Action, l.Detail, l.Actor = b.fake.now, "read_original", "工单 990101-20261123-0001：热线批准，约上门时间", "a"
	b.fake.book.rows = []org.Look{l, l, l}
	b.run(chromedp.SendKeys("#key", "990101-20261123-0001"), chromedp.SendKeys("#why", "诉求人询问\r"))
	b.reads("#looks tbody td:nth-child(2)", "赵敏，市公安局")
	b.look("looks")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.look("looks-narrow")
}
