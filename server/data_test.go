package server

import (
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
	"huying/kb"
)

// What the fake city holds: invented, in the words of people's practice.

var fakeAreas = []org.Area{
	{Code: "99", Name: "云汀市", Level: org.LevelCity},
	{Code: "9901", Name: "华新区", Level: org.LevelDistrict, Parent: "99"},
	{Code: "990101", Name: "松柏街道", Level: org.LevelStreet, Parent: "9901"},
	{Code: "99010101", Name: "松柏社区", Level: org.LevelCommunity, Parent: "990101"},
	{Code: "9902", Name: "汀城区", Level: org.LevelDistrict, Parent: "99"},
}

func fakeUnits() []org.Unit {
	unit := func(name, kind string, area org.AreaCode) org.Unit {
		return org.Unit{ID: id.New[org.UnitID](), Name: name, Kind: org.UnitKind(kind), Area: area}
	}
	return []org.Unit{
		unit("华新区城市管理和综合执法局", "城市管理和综合执法局", "9901"),
		unit("云汀市生态环境局", "生态环境局", "99"),
		unit("云汀市公安局", "公安局", "99"),
		unit("云汀市市场监督管理局", "市场监督管理局", "99"),
		unit("云汀市人力资源和社会保障局", "人力资源和社会保障局", "99"),
		unit("云汀市水务集团有限公司", "供水企业", "99"),
	}
}

// fakeList is a catalogue of two branches.
func fakeList(now time.Time) *classifier.Catalogue {
	node := func(code, name string, parent *classifier.Category) classifier.Category {
		c := classifier.Category{ID: id.New[classifier.CategoryID](), Code: code, Name: name, Path: []string{name}, Urgency: intake.UrgencyC}
		if parent != nil {
			c.Parent, c.Path = parent.ID, append(append([]string{}, parent.Path...), name)
		}
		return c
	}
	env, soc := node("03", "环境保护", nil), node("06", "社会保障", nil)
	air, noise, ins := node("0304", "大气污染", &env), node("0305", "噪声污染", &env), node("0602", "社会保险", &soc)
	leaf := func(code, name string, parent *classifier.Category, scope, plain string, rules ...classifier.Rule) classifier.Category {
		c := node(code, name, parent)
		c.Leaf, c.Scope, c.Description, c.Rules, c.Limit = true, scope, plain, rules, "7 个工作日"
		return c
	}
	rule := func(when, lead string, co ...org.UnitKind) classifier.Rule {
		return classifier.Rule{ID: id.New[classifier.RuleID](), When: when, Lead: org.UnitKind(lead), Co: co}
	}
	fume := leaf("030401", "油烟污染", &air, "餐饮服务单位排放油烟影响周边的投诉", "饭馆、烧烤店的油烟往外排，熏到住户",
		rule("店内炉灶经营", "城市管理和综合执法局", "生态环境局"), rule("未取得营业执照", "市场监督管理局", "城市管理和综合执法局"))
	fume.Ask, fume.Basis = "是店里的炉灶，还是路边摊？", "大气污染防治法第八十一条"
	fume.Examples = []string{"楼下烧烤店的烟天天往家里灌，窗户不敢开。", "你好我要反映一下，小区门口那家川菜馆，排烟口正对着我们这栋。"}
	open := leaf("030402", "露天烧烤", &air, "占用道路、广场露天烧烤的投诉", "在路边、广场支摊烧烤", rule("占道经营", "城市管理和综合执法局"))
	life := leaf("030501", "社会生活噪声", &noise, "商业经营、文体娱乐等产生的噪声", "广场舞、商铺音响、邻里吵闹",
		rule("公共场所娱乐、健身", "公安局"), rule("经营场所排放噪声", "生态环境局"))
	site := leaf("030502", "施工噪声", &noise, "建筑施工噪声扰民", "工地夜间施工吵人", rule("夜间施工", "住房和城乡建设局"))
	card := leaf("060201", "社会保险办理", &ins, "参保、缴费、转移、待遇领取的咨询与办理", "社保、医保怎么办", rule("", "人力资源和社会保障局"))
	fume.Neighbours = []classifier.Neighbour{{Category: open.ID, Code: open.Code, Tell: "油烟污染在店内炉灶；露天烧烤是占道支摊。"}, {Category: life.ID, Code: life.Code, Tell: "只说吵、不说烟的，归社会生活噪声。"}}
	v := classifier.Version{ID: id.New[classifier.VersionID](), Name: "DB44/T 2479-2024", ValidFrom: now.AddDate(0, -6, 0), Leaves: 5}
	return classifier.NewCatalogue(v, []classifier.Category{env, air, fume, open, noise, life, site, soc, ins, card})
}

// suggest makes a suggestion over the leaves named, with their probabilities.
func (w *world) suggest(doubt classifier.Doubt, shares ...any) *classifier.Suggestion {
	dir := org.NewDirectory(w.fake.areas, w.fake.units)
	s := &classifier.Suggestion{
		ID: id.New[classifier.SuggestionID](), At: w.fake.now, Doubt: doubt,
		Type: intake.Complaint, Urgency: intake.UrgencyC,
	}
	for i := 0; i < len(shares); i += 2 {
		cat := w.leaf(shares[i].(string))
		c := classifier.Candidate{
			Category: cat.ID, Code: cat.Code, Name: cat.Name, Trail: cat.Trail(), Probability: shares[i+1].(float64), Urgency: cat.Urgency,
			Rule: cat.Rules[0].ID, When: cat.Rules[0].When, Lead: cat.Rules[0].Lead,
		}
		if u, ok := dir.Resolve(c.Lead, "990101"); ok {
			c.LeadUnit, c.LeadName = u.ID, u.Name
		}
		for _, u := range unitsOf(cat.Rules[0].Co, "990101", dir) {
			c.CoUnits, c.CoNames = append(c.CoUnits, u.ID), append(c.CoNames, u.Name)
		}
		if i == 0 {
			c.Words = []string{"油烟", "烧烤店", "排烟口"}
			c.Examples = []classifier.Like{
				{Text: "松柏路口那家烧烤店每晚七点以后油烟很大，楼上三户都受不了。", Confirmed: true, At: w.fake.now.AddDate(0, -1, -3), Lead: "华新区城市管理和综合执法局", Similarity: 0.91},
				{Text: "楼下烧烤店的烟天天往家里灌，窗户不敢开。", Lead: "城市管理和综合执法局", Similarity: 0.87},
			}
			if len(cat.Neighbours) > 0 {
				c.Against = &cat.Neighbours[0]
			}
			s.Ask = cat.Ask
		}
		s.Candidates = append(s.Candidates, c)
	}
	return s
}

// asking gives a suggestion a question about its first two candidates, of whom
// the second is led by another unit when the answer is the third.
func asking(s *classifier.Suggestion) {
	rest := make([]float64, len(s.Candidates))
	first, second := slices.Clone(rest), slices.Clone(rest)
	for i := range rest {
		first[i], second[i], rest[i] = 0.02, 0.03, 0.15
	}
	first[0], second[1], rest[0], rest[1] = 0.86, 0.82, 0.02, 0.01
	duty := &classifier.Duty{When: "经营场所", Lead: "生态环境局", LeadName: "云汀市生态环境局", LeadUnit: s.Candidates[1].LeadUnit, CoNames: []string{"街道办"}}
	s.Question = &classifier.Question{Text: "是店里的炉灶，还是占道摆摊？", Source: classifier.FromClause, Bits: 0.7, Answers: []classifier.Reply{
		{Text: "店里的炉灶", Category: s.Candidates[0].Category, Shares: first},
		{Text: "占道摆摊", Category: s.Candidates[1].Category, Shares: second, Duty: duty},
		{Text: "都不是", Shares: rest},
	}}
}

func (w *world) leaf(name string) *classifier.Category {
	for _, c := range w.fake.list.Leaves() {
		if c.Name == name {
			return c
		}
	}
	w.t.Fatalf("no leaf %q", name)
	return nil
}

// matter stores one matter, age before now.
func (w *world) matter(age time.Duration, title, text string, change ...func(*classifier.File)) intake.MatterID {
	msg := intake.Message{
		ID: id.New[intake.MessageID](), Contact: id.New[intake.ContactID](), Channel: intake.Hotline,
		At: w.fake.now.Add(-age), Title: title, Text: text,
		PhoneHint: "138****0021", Consent: intake.ConsentYes, Area: "99010101", Place: "华新街道松柏路 18 号对面",
	}
	m := intake.Matter{ID: id.New[intake.MatterID](), Message: msg.ID, Ordinal: 1, Title: title, Text: text, State: intake.MatterOpen}
	file := classifier.File{Message: msg, Matter: m}
	for _, c := range change {
		c(&file)
	}
	file.Message.Matters = append([]intake.Matter{file.Matter}, file.Message.Matters...)
	w.fake.put(file)
	return m.ID
}

// highlight marks the first place of each word.
func highlight(f *classifier.File, words ...string) {
	joined := f.Matter.Title + "\n" + f.Matter.Text
	for _, word := range words {
		if i := strings.Index(joined, word); i >= 0 {
			start := len([]rune(joined[:i]))
			f.Suggestion.Highlights = append(f.Suggestion.Highlights, classifier.Highlight{Start: start, End: start + len([]rune(word))})
		}
	}
}

func fakeEntries(now time.Time) []kb.Entry {
	entry := func(code, topic, unit, question, short, answer, basis string, phrasings ...string) kb.Entry {
		return kb.Entry{
			ID: id.New[kb.EntryID](), Code: code, Version: 3, State: kb.EntryPublished, Question: question, Short: short, Answer: answer,
			Unit: unit, Topic: topic, Basis: basis, Phrasings: phrasings, ValidUntil: now.AddDate(1, 7, 0), UpdatedAt: now.AddDate(0, 0, -20),
		}
	}
	all := []kb.Entry{
		entry("kb-017", "户政居住", "云汀市公安局", "居住证怎么续签？", "到期前 30 天内，带身份证和居住证到居住地社区服务窗口办理，当场签注，不收费。也可以在“云汀办事”小程序上办。",
			"居住证每年签注一次。\n到期前 30 日内，凭本人身份证、居住证，到居住地社区综合服务窗口或派出所申请签注，符合条件的当场办结，不收费。\n也可以在“云汀办事”小程序上申请，审核通过后三个工作日内更新。\n逾期未签注的，居住证使用功能中止；补办签注后恢复，居住年限自补办之日起连续计算。",
			"居住证暂行条例第十条", "居住证过期了怎么办", "暂住证一年到了去哪里盖章", "居住证签注要什么材料"),
		entry("kb-031", "社会保障", "云汀市人力资源和社会保障局", "养老保险关系怎么转到外省？", "", "在新参保地申请即可，原参保地不用跑。新参保地社保经办机构收到申请后，15 个工作日内向原参保地发函，一般 45 个工作日内办完。", "", "社保转移怎么办"),
		entry("kb-044", "水电气", "云汀市水务集团有限公司", "家里突然停水怎么报修？", "请拨 24 小时供水热线，说明小区和楼栋，抢修人员两小时内到场。", "先看小区公告是否为计划停水；不是的，拨打 24 小时供水热线，说明小区、楼栋、单元，抢修人员两小时内到场。", ""),
	}
	all[2].ValidUntil = now.AddDate(0, 0, -3)
	return all
}

// answered is the instant answer that an entry gives.
func (w *world) answered(m intake.MatterID, entry int, score float64) {
	e := w.fake.entries[entry]
	w.fake.answers[m] = kb.InstantAnswer{Matter: m, At: w.fake.now, Answered: true, Entry: e.ID, Score: score,
		Matches: []kb.Match{{Entry: e, Score: score, Phrasing: e.Question}}}
}

// silent is the instant answer that was not given.
func (w *world) silent(m intake.MatterID, why kb.Silence, near bool) {
	a := kb.InstantAnswer{Matter: m, At: w.fake.now, Silence: why}
	if near {
		for i, e := range w.fake.entries {
			a.Matches = append(a.Matches, kb.Match{Entry: e, Score: 0.31 - 0.09*float64(i), Phrasing: e.Question})
		}
	}
	w.fake.answers[m] = a
}
