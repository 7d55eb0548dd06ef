package intake

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
)

func TestSpokenWordsLoseTheSoundsOfThinking(t *testing.T) {
	for said, want := range map[string]string{
		"嗯，那个，我我我想反映一下，就是说，楼下那个烧烤店。": "我想反映一下，楼下那个烧烤店。",
		"呃……我们小区我们小区的路灯，嗯嗯，不亮了。":     "……我们小区的路灯，不亮了。",
		"天天都慢慢地看看，天天吵":               "天天都慢慢地看看，天天吵",
		"门牌是 13 13 号，电话三三三三":         "门牌是 13 13 号，电话三三三三",
		"这个问题反映了三次了，还是没人管，还是没人管。":    "这个问题反映了三次了，还是没人管。",
		"啊，你好，啊，我要投诉":                "你好，我要投诉",
		"嗯嗯嗯":                        "",
		"那个那个停水停了两天":                 "那个停水停了两天",
	} {
		if got := Spoken(said); got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
		if again := Spoken(Spoken(said)); again != Spoken(said) {
			t.Errorf("%s: a second time gives %q", said, again)
		}
	}
}

func TestPartialResultsAreReplaced(t *testing.T) {
	second := func(n int) time.Duration { return time.Duration(n) * time.Second }
	got := Settle([]Turn{
		{ID: "2", Speaker: SpeakerAgent, Text: "请问在哪", Start: second(5), End: second(6), Partial: true},
		{ID: "1", Speaker: SpeakerCitizen, Text: "路灯", Start: second(1), End: second(2), Partial: true},
		{ID: "1", Speaker: SpeakerCitizen, Text: "路灯不亮", Start: second(1), End: second(3)},
		{ID: "1", Speaker: SpeakerCitizen, Text: "路灯不", Start: second(1), End: second(3), Partial: true}, // came too late
		{ID: "2", Speaker: SpeakerAgent, Text: "请问在哪里", Start: second(5), End: second(7), Partial: true},
		{Speaker: SpeakerCitizen, Text: "在松", Start: second(8), End: second(9), Partial: true},
		{Speaker: SpeakerCitizen, Text: "在松柏社区", Start: second(8), End: second(10)},
		{Speaker: SpeakerCitizen, Text: "谢", Start: second(12), End: second(13), Partial: true},
		{Speaker: SpeakerCitizen, Text: "  ", Start: second(14), End: second(15)},
	})
	var said []string
	for _, turn := range got {
		said = append(said, turn.Text)
	}
	if strings.Join(said, "/") != "路灯不亮/请问在哪里/在松柏社区/谢" || !got[1].Partial || !got[3].Partial {
		t.Errorf("%+v", got)
	}
}

// A call becomes a message of what the citizen said; what was received is
// sealed as it was, and everybody sees the turns without personal data.
func TestCallBecomesAMessage(t *testing.T) {
	in, store := newIntake(t)
	turns := []Turn{
		{Speaker: SpeakerAgent, Text: "您好，请讲。", End: time.Second},
		{Speaker: SpeakerCitizen, Text: "嗯，我我叫王小明，电话13812340021，楼下烧烤店油烟很大。", Start: time.Second, End: 5 * time.Second},
		{Speaker: SpeakerAgent, Text: "王小明先生，是张三烧烤店吗？", Start: 5 * time.Second, End: 6 * time.Second},
		{Speaker: SpeakerCitizen, Text: "对，就是那家。", Start: 6 * time.Second, End: 7 * time.Second},
	}
	r, err := in.Receive(t.Context(), agent(), Delivery{Channel: Hotline, Name: "王小明", Turns: turns})
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Message; strings.Contains(m.Text, "您好") || strings.Contains(m.Text, "嗯") || strings.Contains(m.Text, "138123") || !strings.HasSuffix(m.Text, "楼下烧烤店油烟很大。\n对，就是那家。") {
		t.Errorf("message %q", m.Text)
	}
	p := store.parcels[0]
	if len(p.Turns) != 4 || !strings.HasPrefix(p.Turns[1].Text, "嗯，") {
		t.Errorf("turns %+v", p.Turns)
	}
	for _, turn := range p.Turns {
		if strings.Contains(turn.Text, "王小明") || strings.Contains(turn.Text, "13812340021") {
			t.Errorf("everybody sees %q", turn.Text)
		}
	}
	keys, err := in.keys.Keys()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := keys[0].Open(p.Sealed, string(p.Message.ID))
	var o Original
	if err != nil || json.Unmarshal(plain, &o) != nil || !strings.Contains(o.Call, "诉求人："+turns[1].Text+"\n话务员：王小明先生") {
		t.Errorf("sealed %s, %v", plain, err)
	}
}

func TestFaultyTranscriptIsRefusedByItsTurn(t *testing.T) {
	in, store := newIntake(t)
	for _, c := range []struct {
		turns []Turn
		field string
		code  errs.Code
	}{
		{[]Turn{{Speaker: SpeakerCitizen, Text: "好"}, {Speaker: "dog", Text: "汪"}}, "turns[1].speaker", "transcript.speaker"},
		{[]Turn{{Speaker: SpeakerCitizen, Text: strings.Repeat("长", MaxTurnRunes+1)}}, "turns[0].text", "transcript.long"},
		{[]Turn{{Speaker: SpeakerCitizen, Text: "好", Start: 2, End: 1}}, "turns[0].end_ms", "transcript.time"},
		{[]Turn{{Speaker: SpeakerAgent, Text: "您好"}}, "turns", "transcript.nobody"},
		{[]Turn{{Speaker: SpeakerCitizen, Text: "嗯嗯"}}, "turns", "transcript.nobody"},
		{append(make([]Turn, MaxTurns), Turn{Speaker: SpeakerCitizen, Text: "好"}), "turns", "transcript.turns"},
	} {
		_, err := in.Receive(t.Context(), agent(), Delivery{Channel: Hotline, Turns: c.turns})
		list, ok := err.(errs.List) //nolint:errorlint // it is the list itself
		if !ok || errs.CodeOf(list[0]) != c.code || !strings.Contains(list.Error(), c.field) {
			t.Errorf("%s: %v", c.code, err)
		}
	}
	if len(store.parcels) != 0 {
		t.Error("something was stored")
	}
}
