package server

import (
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/kb"
)

// scene fills the city with a morning's work. The matters' order is the order
// of the queue: the last is the newest.
type scene struct {
	Waiting, Unsure, Several, Sure, Silent, Long, Danger, Card intake.MatterID
}

func (w *world) morning() scene {
	var s scene
	for i, title := range []string{"路灯不亮，晚上看不见路", "小区垃圾桶三天没有清", "公交站台玻璃碎了", "咨询灵活就业参保", "树枝压到电线", "楼上装修周末施工", "河边有人倒垃圾", "共享单车堵住盲道"} {
		w.matter(time.Duration(26-i)*time.Hour, title, "请尽快处理。", func(f *classifier.File) {
			f.Suggestion = w.suggest(classifier.Several, "露天烧烤", 0.5, "社会生活噪声", 0.3)
			if i == 4 {
				f.Suggestion.Urgency = intake.UrgencyB
			}
		})
	}
	s.Card = w.matter(52*time.Minute, "居住证快到期，怎么续签", "你好，我的居住证下个月到期，想问一下在哪里续签，要带什么材料，收不收钱？", func(f *classifier.File) {
		f.Message.Channel, f.Message.Area, f.Message.Place = intake.WeChat, "", ""
		f.Suggestion = w.suggest(classifier.Several, "社会保险办理", 0.44, "社会生活噪声", 0.2, "油烟污染", 0.1, "露天烧烤", 0.05, "施工噪声", 0.04)
		f.Suggestion.Type = intake.Consultation
	})
	w.answered(s.Card, 0, 0.93)
	s.Silent = w.matter(41*time.Minute, "公积金贷款额度", "想问公积金贷款最高能贷多少。", func(f *classifier.File) {
		f.Suggestion = w.suggest(classifier.Unsure, "社会保险办理", 0.24, "施工噪声", 0.17, "社会生活噪声", 0.11, "露天烧烤", 0.09, "油烟污染", 0.07)
		f.Suggestion.Type, f.Suggestion.Ask = intake.Consultation, "问的是公积金缴存，还是公积金贷款？"
	})
	w.silent(s.Silent, kb.SilentUnsure, true)
	s.Several = w.matter(33*time.Minute, "晚上太吵睡不着", "楼下每天晚上很吵，又唱又放音响，有时候还有烟味，到十一点多才停。家里有高考的孩子，请管一管。", func(f *classifier.File) {
		f.Message.Consent, f.Recent = intake.ConsentNo, 2
		f.Suggestion = w.suggest(classifier.Several, "社会生活噪声", 0.52, "露天烧烤", 0.21, "油烟污染", 0.14, "施工噪声", 0.08, "社会保险办理", 0.02)
		f.Suggestion.Ask = "声音是从店里出来的，还是广场上的？"
		highlight(f, "很吵", "音响", "烟味")
	})
	w.silent(s.Several, kb.SilentCase, false)
	s.Long = w.matter(21*time.Minute, "反映华新区松柏街道松柏社区松柏路沿线多家餐饮店长期占用人行道经营并向居民楼方向直排油烟且多次投诉没有得到解决的问题", longText, func(f *classifier.File) {
		f.Message.Need, f.Message.ExternalID = "只会说客家话", "WX-20261123-000481"
		f.Message.Place = "华新区松柏街道松柏社区松柏路 18 号至 56 号沿线，自松柏小学北门起，至松柏农贸市场东侧停车场出入口止"
		f.Suggestion = w.suggest(classifier.Sure, "油烟污染", 0.88, "露天烧烤", 0.07, "社会生活噪声", 0.02, "施工噪声", 0.01, "社会保险办理", 0.004)
		highlight(f, "油烟", "排烟口", "人行道")
	})
	s.Danger = w.matter(14*time.Minute, "居民楼道里有很浓的煤气味", "三单元楼道里煤气味很大，不知道哪家漏了，有老人在家。", func(f *classifier.File) {
		f.Message.Anonymous, f.Message.PhoneHint = true, ""
		f.Suggestion = w.suggest(classifier.Unsure, "施工噪声", 0.3, "油烟污染", 0.2, "社会生活噪声", 0.1)
		f.Suggestion.Urgency, f.Suggestion.Reason = intake.UrgencyA, "说到煤气泄漏，有老人在场"
	})
	w.silent(s.Danger, kb.SilentDanger, false)
	s.Waiting = w.matter(6*time.Minute, "", "我想问问我们这边什么时候能修好水管，已经两天没有水了，楼上楼下都没有。")
	s.Sure = w.matter(2*time.Minute, "楼下烧烤店油烟往家里灌", "松柏路 18 号楼下的烧烤店，每天晚上七点以后油烟很大，排烟口正对着我家窗户，孩子一直咳嗽。\n找过店主两次，说装净化器要等。希望制止油烟扰民。", func(f *classifier.File) {
		f.Recent = 1
		f.Suggestion = w.suggest(classifier.Sure, "油烟污染", 0.71, "露天烧烤", 0.18, "社会生活噪声", 0.06, "施工噪声", 0.02, "社会保险办理", 0.01)
		highlight(f, "油烟", "烧烤店", "排烟口")
	})
	w.silent(s.Sure, kb.SilentCase, false)
	w.fake.notices = []kb.Notice{{ID: "0192d3b4-0000-7000-8000-000000000001", Title: "松柏街道停电抢修，预计今晚 18:00 前恢复", Text: "因电缆故障，松柏社区部分楼栋临时停电，供电公司正在抢修。\n家中有人依靠医疗设备的，请说明地址，由抢修队优先联系。", Area: "990101", Starts: w.fake.now.Add(-3 * time.Hour), Ends: w.fake.now.Add(9 * time.Hour), Calls: 12}}
	return s
}

const longText = "我是松柏社区的居民，住在松柏路 26 号。\n从今年春天开始，松柏路沿线陆续开了七八家餐饮店，有川菜馆、烧烤店、早餐铺，还有一家做卤味的。这些店每天从早上五点一直开到凌晨两点，桌椅全部摆到人行道上，行人只能走机动车道，孩子上学非常危险。" +
	"\n更严重的是油烟。其中三家店没有专用烟道，排烟口直接对着我们楼，距离不到五米。夏天不敢开窗，冬天一样呛人，家里的窗帘、被子都是油味。我母亲有哮喘，今年已经住了两次院。" +
	"\n我们先后向社区、街道反映过四次，也打过热线，每次都说已经责令整改，过几天又照旧。店主说净化器已经装了，可是从来没见开过。楼下张女士和三楼的李先生也都反映过。" +
	"\n希望有关部门：一、查清这些店有没有办理营业手续；二、责令安装并使用油烟净化设施，排烟口改道；三、清理占用的人行道；四、把处理结果告诉我们居民。"

// question is the free text of the hit test that the knowledge base answers.
const question = "暂住证到期了去哪里续"

// asked makes the hit test answer question and stay silent on all else.
func (w *world) asked() {
	e := w.fake.entries
	parts := []kb.Part{{Name: "与问法的相似度", Value: 2.41}, {Name: "与答复全文的相似度", Value: 0.66}, {Name: "共有的字词", Value: 0.38}, {Name: "像是要办理的诉求", Value: -0.12}}
	w.fake.result = func(text string) kb.Result {
		r := kb.Result{Threshold: 0.62, Matches: []kb.Match{
			{Entry: e[0], Score: 0.93, Phrasing: e[0].Phrasings[1], Parts: parts, Words: []string{"暂住证", "到期", "续"}},
			{Entry: e[1], Score: 0.04, Phrasing: e[1].Question, Parts: parts[1:], Words: []string{"哪里"}},
		}}
		if r.Answered = text == question; !r.Answered {
			r.Silence, r.Matches[0].Score = kb.SilentUnsure, 0.41
		}
		r.Direct = r.Answered
		return r
	}
}

// rates are the figures of a month.
func (w *world) rates() {
	row := func(name string, of, leaf, lead int) classifier.AccuracyRow {
		return classifier.AccuracyRow{Name: name, Decided: of, LeafRight: leaf, LeadRight: lead}
	}
	w.fake.rates = classifier.Accuracy{
		Decided: 412, LeafRight: 289, LeafTop3: 361, LeafTop5: 385, LeadRight: 311, Declined: 17,
		Weeks:    []classifier.AccuracyRow{row("11月2日起", 96, 61, 68), row("11月9日起", 121, 84, 90), row("11月16日起", 178, 131, 140), row("11月23日起", 17, 13, 13)},
		Channels: []classifier.AccuracyRow{row("hotline", 262, 180, 194), row("wechat", 97, 71, 76), row("web", 41, 29, 32), row("mail", 12, 9, 9)},
		Doubts:   []classifier.AccuracyRow{row("sure", 201, 183, 186), row("several", 140, 83, 92), row("unsure", 71, 23, 33)},
		Worst:    []classifier.ConfusedPair{{Suggested: "露天烧烤", Decided: "油烟污染", Count: 9}, {Suggested: "施工噪声", Decided: "社会生活噪声", Count: 7}, {Suggested: "社会生活噪声", Decided: "油烟污染", Count: 4}},
	}
}
