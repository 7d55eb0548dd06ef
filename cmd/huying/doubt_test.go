package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// doubted is what the API says of how sure a suggestion is.
type doubted struct {
	Message struct {
		Matters []struct {
			ID         string `json:"id"`
			Suggestion struct {
				suggestion
				Question *struct {
					Text    string `json:"text"`
					Answers []struct {
						Text     string `json:"text"`
						Category string `json:"category"`
					} `json:"answers"`
				} `json:"question"`
			} `json:"suggestion"`
		} `json:"matters"`
	} `json:"message"`
}

// clearAndVague are things that citizens say, from plain to vague: with any
// model some of them leave it sure, some leave a few possibilities, some leave
// it unsure. Written for this test.
var clearAndVague = []string{
	"楼下烧烤店的油烟天天往我家灌，窗户不敢开", "小区门口路灯坏了半个月没人修", "公司拖欠我三个月工资不发", "自来水停了两天了，什么时候能来",
	"12 路公交车早高峰四十分钟才来一辆", "门口马路塌了一个大坑", "隔壁工地夜里十二点还在打桩",
	"楼上每天很吵，受不了", "有人在路边摆摊，挡着路还很臭", "我家附近的河很脏", "他们乱收费，想问问合不合规定", "小区里有很多垃圾和杂物",
	"东西坏了没有人管，打电话也没用", "这件事拖了很久，一直没有结果，请帮忙", "店家态度很差，不给退", "那边味道很大，不知道是什么",
	"车子停得到处都是，进不去", "学校旁边有问题，家长都很担心", "晚上有灯照着睡不着", "邻居养的动物很烦人",
}

// TestThreeLevelsOfDoubtByKeyboard: sure is confirmed with Enter alone, a few
// possibilities are chosen from by number, and when it is unsure a question
// stands first that 6 to 9 answer; each decision is what the keys said.
func TestThreeLevelsOfDoubtByKeyboard(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	found := map[string]doubted{}
	for _, text := range clearAndVague {
		d := must[doubted](t, c, http.StatusCreated, http.MethodPost, "/api/v1/messages", delivery{Channel: "hotline", Text: text, Area: "990101001"})
		s := d.Message.Matters[0].Suggestion
		level := s.Doubt
		if level == "unsure" && (s.Question == nil || s.Question.Answers[0].Category == "") {
			level = "unsure without a question"
		}
		if _, known := found[level]; !known && len(s.Candidates) > 1 {
			found[level] = d
		}
	}
	b := newBrowser(t, c.city)
	b.signsIn("agent1")
	on := func(level string) (matter string, s suggestion) {
		t.Helper()
		d, ok := found[level]
		if !ok {
			t.Fatalf("none of %d messages is %s", len(clearAndVague), level)
		}
		m := d.Message.Matters[0]
		b.open("/desk/" + m.ID)
		b.reads("#suggestion."+level, m.Suggestion.Candidates[0].Name)
		return m.ID, m.Suggestion.suggestion
	}

	m, s := on("sure")
	b.press(kb.Enter)
	if d := b.becomes(c, m, "confirm"); d.Category != s.Candidates[0].Category {
		t.Errorf("sure: decided %+v", d)
	}

	m, s = on("several")
	b.press("2")
	b.reads("[data-pick]", "2")
	b.press(kb.Enter)
	if d := b.becomes(c, m, "correct"); d.Category != s.Candidates[1].Category {
		t.Errorf("several: decided %+v", d)
	}

	m, _ = on("unsure")
	question := found["unsure"].Message.Matters[0].Suggestion.Question
	b.reads("#question", question.Text)
	b.press("6")
	b.reads("#question [aria-current]", question.Answers[0].Text)
	b.reads("[data-pick]", "1")
	b.press(kb.Enter)
	var d decision
	eventually(t, 20*time.Second, "nothing is decided on the matter that was unsure", func() bool {
		all := c.file(t, m).Decisions
		if len(all) > 0 {
			d = all[0]
		}
		return len(all) > 0
	})
	if d.Category != question.Answers[0].Category || !strings.Contains(d.Reason, "答："+question.Answers[0].Text) {
		t.Errorf("unsure: decided %+v", d)
	}
	b.quiet("the desk")
}
