package postgres_test

import (
	archive "archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/privacy"
	"huying/internal/seal"
)

// counter is a keeper at whose counter citizens ask for what is held of them.
type counter struct {
	*keeper
	intake   *intake.Intake
	subjects *privacy.Subjects
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{keeper: newKeeper(t)}
	ring, err := seal.OpenRing(filepath.Join(t.TempDir(), "originals.key"))
	c.must(err)
	clock := func() time.Time { return c.now }
	c.intake = intake.New(c.city, ring, clock)
	c.subjects = privacy.NewSubjects(c.city, c.intake, ring, c.stage, clock)
	return c
}

// says receives a message with real words and gives it with its case.
func (c *counter) says(number, name, phone string) (intake.Message, casework.Docket) {
	c.t.Helper()
	r, err := c.intake.Receive(c.t.Context(), c.agent, intake.Delivery{
		Channel: intake.Hotline, ExternalID: number, At: c.now, Text: "我叫" + name + "，电话 " + phone + "，楼下烧烤店油烟扰民", Name: name, Phone: phone,
	})
	c.must(err)
	m := r.Message.Matters[0]
	o := c.outcome(m.ID, 0, 0.7)
	_, err = c.InsertOutcome(c.t.Context(), o)
	c.must(err)
	d := c.confirm(m.ID, o.Suggestion.ID, 0)
	d.At = c.now
	_, err = c.cases.InsertDecision(c.t.Context(), d, "")
	c.must(err)
	return *r.Message, c.of(m.ID)
}

func (c *counter) take(phone string) privacy.Request {
	c.t.Helper()
	r, err := c.subjects.Take(c.t.Context(), c.officer, phone, true, "回拨核对了诉求内容", "本人要求查看")
	c.must(err)
	return r
}

// TestACitizenIsGivenTheirOwn: all of it and nobody else's, to the officer who
// took the request, for a day, with a line for every look; nobody is found who
// was not called back.
func TestACitizenIsGivenTheirOwn(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	ctx := t.Context()
	first, d := c.says("a", "欧阳锦绣", "13800000011")
	second, _ := c.says("b", "欧阳锦绣", "138 0000 0011")
	c.says("c", "司徒静", "13800000022")
	c.attach(d)
	_, err := c.subjects.Take(ctx, c.agent, "13800000011", true, "核实", "查看")
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = c.subjects.Take(ctx, c.officer, "13800000011", false, "核实", "查看")
	wants(t, err, errs.Invalid, "subject.called")
	_, err = c.subjects.Take(ctx, c.officer, "没有数字", true, "核实", "查看")
	wants(t, err, errs.Invalid, "subject.phone")
	_, err = c.subjects.Take(ctx, c.officer, "13800000099", true, "核实", "查看")
	wants(t, err, errs.Invalid, "subject.nothing")

	r := c.take("138-0000-0011")
	_, all, err := c.subjects.Open(ctx, c.officer, r.ID)
	c.must(err)
	if len(all) != 2 || all[0].Message.ID != first.ID || all[0].Original.Name != "欧阳锦绣" || !all[0].Unfinished || len(all[0].Cases) != 1 || len(all[0].Cases[0].Files) != 1 {
		t.Fatalf("held %+v", all)
	}
	if looks := all[0].Looks; len(looks) != 1 || looks[0].Action != "read_original" || looks[0].Name != "隐私专员" {
		t.Errorf("looks %+v", looks)
	}
	for _, form := range []string{"本人.xlsx", "本人.json"} {
		var b bytes.Buffer
		c.must(c.subjects.Export(ctx, org.Actor{Account: c.officer.Account, Name: "隐私专员", Roles: org.Roles{org.RolePrivacy}}, r.ID, &b, form))
		said := b.String()
		if strings.HasSuffix(form, "xlsx") {
			said = unzipped(t, b.Bytes())
		} else if !json.Valid(b.Bytes()) {
			t.Error("no JSON")
		}
		for _, want := range []string{"欧阳锦绣", d.Number, "由隐私专员于 2026-03-02 11:00 导出，仅供本人查阅", "看了原话和联系方式"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s lacks %s", form, want)
			}
		}
		if strings.Contains(said, "司徒静") {
			t.Errorf("%s holds somebody else's", form)
		}
	}
	wants(t, c.subjects.Export(ctx, c.officer, r.ID, io.Discard, "本人.pdf"), errs.Invalid, "subject.form")

	another := org.Actor{Account: c.agent.Account, Roles: org.Roles{org.RolePrivacy}}
	_, _, err = c.subjects.Open(ctx, another, r.ID)
	wants(t, err, errs.Forbidden, "subject.closed")
	c.now = c.now.Add(privacy.RequestLife)
	_, _, err = c.subjects.Open(ctx, c.officer, r.ID)
	wants(t, err, errs.Forbidden, "subject.closed")
	_, _, err = c.subjects.Open(ctx, c.officer, id.New[privacy.RequestID]())
	wants(t, err, errs.NotFound, "subject.not_found")
	log, err := c.subjects.Log(ctx, c.officer)
	c.must(err)
	if len(log) != 2 || log[0].Hint != "138****0011" || len(log[0].Messages) != 2 || len(log[1].Messages) != 0 {
		t.Errorf("log %+v", log)
	}
	if said := strings.Join(c.list(`SELECT r::text FROM subject_request AS r UNION ALL SELECT a::text FROM audit AS a`), "\n"); strings.Contains(said, "13800000011") {
		t.Error("the number is on record")
	}
	if second.ID == first.ID {
		t.Error("two calls are one message")
	}
}

// unzipped is the text of all parts of a workbook.
func unzipped(t *testing.T, raw []byte) string {
	t.Helper()
	z, err := archive.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}

// TestACitizenHasTheirOwnCorrectedAndErased: what is open is not erased, nor
// what is held; what somebody else has changed meanwhile is not overwritten.
func TestACitizenHasTheirOwnCorrectedAndErased(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	ctx := t.Context()
	m, d := c.says("a", "欧阳锦秀", "13800000011")
	other, _ := c.says("b", "司徒静", "13800000022")
	c.attach(d)
	r := c.take("13800000011")
	wants(t, c.subjects.Correct(ctx, c.officer, r.ID, other.ID, "某", "", "不是本人的"), errs.NotFound, "message.not_found")
	wants(t, c.subjects.Correct(ctx, c.officer, r.ID, m.ID, "欧阳锦绣", "", " "), errs.Invalid, "field.required")
	c.must(c.subjects.Correct(ctx, c.officer, r.ID, m.ID, "欧阳锦绣", "13800000033", "姓名写错，换了号码"))
	o, err := c.intake.ReadOriginal(ctx, c.agent, m.ID, "核对")
	c.must(err)
	if o.Name != "欧阳锦绣" || o.Phone != "13800000033" || !strings.Contains(o.Text, "油烟扰民") {
		t.Errorf("corrected %+v", o)
	}
	if r := c.take("13800000033"); !slices.Equal(r.Messages, []intake.MessageID{m.ID}) {
		t.Errorf("found by the new number %v", r.Messages)
	}
	stale := privacy.Resealed{Sealed: []byte("x")}
	wants(t, c.ReplaceOriginal(ctx, m.ID, []byte("what it was before"), "k1", stale, "", org.Audit{At: c.now, Action: "correct_original"}), errs.Conflict, "subject.changed")

	wants(t, c.subjects.Erase(ctx, c.officer, r.ID, m.ID, "本人要求"), errs.Conflict, "subject.unfinished")
	d = c.closes(d, casework.Solved, time.Time{})
	c.must(c.keep.Hold(ctx, c.officer, d.Number, "复议"))
	wants(t, c.subjects.Erase(ctx, c.officer, r.ID, m.ID, "本人要求"), errs.Conflict, "subject.on_hold")
	st, err := c.keep.Standing(ctx, c.officer)
	c.must(err)
	c.must(c.keep.Release(ctx, c.officer, st.Holds[0].ID, "复议已结束"))
	c.must(c.subjects.Erase(ctx, c.officer, r.ID, m.ID, "本人要求"))
	wants(t, c.subjects.Erase(ctx, c.officer, r.ID, m.ID, "本人要求"), errs.Conflict, "subject.erased")
	_, err = c.intake.ReadOriginal(ctx, c.agent, m.ID, "核对")
	wants(t, err, errs.NotFound, "message.not_found")
	_, all, err := c.subjects.Open(ctx, c.officer, r.ID)
	c.must(err)
	if len(all) != 1 || !all[0].Erased || all[0].Erasable() || !strings.Contains(all[0].Message.Text, "油烟扰民") || all[0].Cases[0].Files[0].Name != "" {
		t.Errorf("after erasing %+v", all)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE object = $1 AND action IN ('correct_original', 'erase_original')`, "message:"+string(m.ID)); n != 2 {
		t.Errorf("%d lines on record", n)
	}
}
