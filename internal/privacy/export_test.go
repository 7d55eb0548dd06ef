package privacy

import (
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestLinesAreEverythingThatIsHeld: what was erased is told from its masked
// words, and who saw it is named by unit or role, not by person.
func TestLinesAreEverythingThatIsHeld(t *testing.T) {
	at := time.Date(2026, 11, 27, 1, 30, 0, 0, time.UTC)
	message := intake.Message{ID: "m", Channel: intake.Hotline, ExternalID: "RX-7", At: at, Title: "油烟", Text: "〔姓名〕反映油烟", Place: "松柏路"}
	h := Held{
		Message: message, Original: intake.Original{Text: "我叫某某，反映油烟", Name: "某某"},
		Cases: []HeldCase{{
			Number: "990101-20261127-0001", Unit: "市公安局", State: casework.Closed,
			History: []casework.Event{{At: at, Move: casework.Close, Public: "已责令整改"}},
			Files:   []casework.Attachment{{At: at, Name: "现场.png", Kind: "image/png"}, {At: at, Kind: "image/png"}},
		}},
		Told:  []casework.Notification{{At: at, Text: "您的诉求已办结。", State: casework.NotificationSent}},
		Looks: []org.Look{{Name: "某承办人", Unit: "市公安局", AuditLine: org.AuditLine{Roles: org.Roles{org.RoleUnit}, Audit: org.Audit{At: at, Actor: "a1", Action: "read_original"}}}, {AuditLine: org.AuditLine{Audit: org.Audit{Action: "new"}}}},
	}
	want := []Line{
		{"诉求", "2026-11-27 09:30", "RX-7", "我叫某某，反映油烟", "姓名：某某，电话：没有留，渠道：热线，地点：松柏路"},
		{"工单", "", "990101-20261127-0001", "已办结", "市公安局"},
		{"经过", "2026-11-27 09:30", "990101-20261127-0001", "已责令整改", "办结"},
		{"附件", "2026-11-27 09:30", "990101-20261127-0001", "现场.png", "image/png"},
		{"附件", "2026-11-27 09:30", "990101-20261127-0001", "已删除", "image/png"},
		{"通知", "2026-11-27 09:30", "RX-7", "您的诉求已办结。", "已发"},
		{"谁看过", "2026-11-27 09:30", "RX-7", "市公安局", "看了原话和联系方式"},
		{"谁看过", "", "RX-7", "系统", "其他操作（new）"},
	}
	got := Lines([]Held{h})
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	h.Erased = true
	if first := Lines([]Held{h})[0]; first.Words != "油烟\n〔姓名〕反映油烟" || first.Remark != "原话和联系方式已删除，只保存隐去个人信息的文字，渠道：热线，地点：松柏路" {
		t.Errorf("erased %+v", first)
	}
}

func TestWhatMayBeErased(t *testing.T) {
	tests := []struct {
		name string
		held Held
		want bool
	}{
		{"finished", Held{}, true},
		{"unfinished", Held{Unfinished: true}, false},
		{"on hold", Held{OnHold: true}, false},
		{"gone", Held{Erased: true}, false},
	}
	for _, tt := range tests {
		if got := tt.held.Erasable(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestReasonsAreNeededAndShort(t *testing.T) {
	long := make([]rune, maxWhyRunes+1)
	for i := range long {
		long[i] = '长'
	}
	for words, want := range map[string]errs.Code{"": "field.required", string(long): "field.too_long"} {
		if err := needWords(words, "why", "理由"); err == nil || err.Code != want || err.Field != "why" {
			t.Errorf("%d characters: %v", len([]rune(words)), err)
		}
	}
	if err := needWords("本人要求", "why", "理由"); err != nil {
		t.Error(err)
	}
}

func TestEveryKindHasItsWords(t *testing.T) {
	for _, k := range Kinds() {
		if k.Label() == "" || k.Since() == "" {
			t.Errorf("%s has none", k)
		}
	}
	r := Run{Counts: map[Kind]int{KeepFiles: 3, KeepOriginals: 2}}
	if got := r.Words(); got != "已删除：原话和联系方式 2，工单附件 3" || r.Total() != 5 {
		t.Errorf("%s, %d", got, r.Total())
	}
}
