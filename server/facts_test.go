package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// unplaced takes place and area from a message.
func unplaced(f *classifier.File) { f.Message.Place, f.Message.Area = "", "" }

// TestDeskShowsWhatTheWordsSay: each fact says that the machine took it from
// the words, and leads to them.
func TestDeskShowsWhatTheWordsSay(t *testing.T) {
	w := newWorld(t)
	m := w.matter(time.Minute, "好时光酒吧太吵", "松柏街道康乐路18号好时光酒吧每天晚上11点到凌晨2点音响很大，\n收了我们300元的清洁费。希望有关部门尽快处理。", unplaced)
	w.signIn(org.RoleAgent)
	r := w.get("/desk/" + string(m))
	w.says(r, "地点 松柏街道康乐路18号好时光酒吧 由原文摘出", "时间 每天晚上11点到凌晨2点 由原文摘出", "对象 好时光酒吧 由原文摘出",
		"金额 300元 由原文摘出", "诉求点 希望有关部门尽快处理 由原文摘出")
	if strings.Contains(r.body, "哪个社区") {
		t.Error("asks for the place that the words give")
	}
	for _, part := range strings.Split(r.body, `class="from-words" href="#`)[1:] {
		target := part[:strings.Index(part, `"`)]
		if strings.Count(r.body, `id="`+target+`"`) != 1 {
			t.Errorf("%s is not there once", target)
		}
	}
}

// TestGivenPlaceStands: what a person entered is not put beside a guess.
func TestGivenPlaceStands(t *testing.T) {
	w := newWorld(t)
	m := w.matter(time.Minute, "", "翠竹路的路灯坏了")
	w.signIn(org.RoleAgent)
	w.says(w.get("/desk/"+string(m)), "地点 华新街道松柏路 18 号对面 改地点")
}

// TestUnplacedMatterAsksWhere: where somebody may have to go, not where
// somebody only wants to know something.
func TestUnplacedMatterAsksWhere(t *testing.T) {
	w := newWorld(t)
	const where = "请问：哪个社区、近什么路口"
	w.signIn(org.RoleAgent)
	for _, tc := range []struct {
		kind intake.Type
		asks bool
	}{{intake.Complaint, true}, {intake.Help, true}, {intake.Report, true}, {"", true}, {intake.Consultation, false}, {intake.Praise, false}} {
		m := w.matter(time.Minute, "", "这里没有灯", unplaced, func(f *classifier.File) {
			f.Suggestion = w.suggest(classifier.Sure, "油烟污染", 0.7)
			f.Suggestion.Matter, f.Suggestion.Type, f.Suggestion.Highlights = f.Matter.ID, tc.kind, nil
		})
		if r := w.get("/desk/" + string(m)); strings.Contains(r.body, where) != tc.asks {
			t.Errorf("%q: asks %v", tc.kind, !tc.asks)
		}
	}
	m := w.matter(time.Minute, "", "这里没有灯", unplaced)
	w.says(w.get("/desk/"+string(m)), where)
}

// TestAPIGivesFactsWithoutPersonalData: with their place in the masked words.
func TestAPIGivesFactsWithoutPersonalData(t *testing.T) {
	w := newAPIWorld(t)
	sent := `{"channel":"web","title":"酒吧扰民","text":"我叫王建国，电话13812340021。松柏街道康乐路18号好时光酒吧深夜扰民，希望王建国家楼下安静。","name":"王建国","phone":"13812340021"}`
	m := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", sent), http.StatusCreated).Message
	r := w.call(http.MethodGet, "/api/v1/messages/"+string(m.ID), "")
	got := read[apiMessage](t, r, http.StatusOK)
	if len(got.Matters) != 1 || len(got.Matters[0].Facts) < 4 {
		t.Fatalf("%+v", got.Matters)
	}
	words := []rune(got.Title + "\n" + got.Text)
	for _, f := range got.Matters[0].Facts {
		if string(words[f.Start:f.End]) != f.Text || strings.Contains(f.Text, "王建国") {
			t.Errorf("%+v in %q", f, string(words))
		}
	}
	if first := got.Matters[0].Facts[0]; first.Field != intake.FactPlace || first.Text != "松柏街道康乐路18号好时光酒吧" {
		t.Errorf("%+v", first)
	}
}

// TestThePlaceIsPutRight on the desk, and the case has it.
func TestThePlaceIsPutRight(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Sure)
	w.says(w.get(path), "改地点")
	w.status(w.post(path+"/place", "place", " "), http.StatusUnprocessableEntity)
	w.says(w.get(w.post(path+"/place", "place", "松柏路与华新路口，电话 13812340021").location), "松柏路与华新路口，电话〔电话〕")
	w.signIn(org.RoleEditor)
	w.status(w.post(path+"/place", "place", "别处"), http.StatusForbidden)
}
