package server

import (
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
	"huying/kb"
)

// apiSuggestion is what the machine proposes for one matter.
type apiSuggestion struct {
	ID         classifier.SuggestionID `json:"id" format:"uuid" doc:"推荐编号，作决定时原样带回"`
	At         time.Time               `json:"at" doc:"算出的时间"`
	Version    classifier.VersionID    `json:"version" format:"uuid" doc:"所用事项清单的版本"`
	Model      classifier.ModelID      `json:"model,omitempty" doc:"所用的训练结果"`
	Doubt      classifier.Doubt        `json:"doubt" enum:"sure,several,unsure" doc:"sure 把握较高，several 有几种可能，unsure 拿不准"`
	Ask        string                  `json:"ask,omitempty" doc:"拿不准时该追问的话"`
	Type       intake.Type             `json:"type" enum:"咨询,求助,意见建议,投诉,举报,表扬" doc:"诉求类型"`
	Urgency    intake.Urgency          `json:"urgency" enum:"A,B,C" doc:"A 紧急，B 较急，C 一般"`
	Reason     string                  `json:"reason,omitempty" doc:"紧急程度高于事项本身的原因"`
	Candidates []apiCandidate          `json:"candidates" nullable:"false" doc:"候选事项，最可能的在前，至多 5 个；没有可用文字时为空"`
	Leads      []apiLeadShare          `json:"leads" nullable:"false" doc:"按所有事项合计的主办单位类别，最可能的在前"`
	Highlights []apiHighlight          `json:"highlights" nullable:"false" doc:"标题、换行、内容连起来，支持首选候选的文字在其中的位置"`
	Question   *apiAskFirst            `json:"question,omitempty" doc:"候选多时先问的一句，问了最能分清"`
	Parts      []apiPartOf             `json:"parts,omitempty" nullable:"false" doc:"像是说了不止一件事时，每件的文字和首选事项；由人决定分不分"`
}

// apiPartOf is one of the matters that a text seems to name.
type apiPartOf struct {
	Text        string                `json:"text" doc:"这一件的文字"`
	Category    classifier.CategoryID `json:"category" format:"uuid" doc:"首选事项"`
	Name        string                `json:"name" doc:"首选事项的名称"`
	Lead        string                `json:"lead" doc:"主办单位"`
	Probability float64               `json:"probability" minimum:"0" maximum:"1" doc:"首选事项的概率"`
}

// apiAskFirst is what to ask first.
type apiAskFirst struct {
	Text    string     `json:"text" doc:"问的话"`
	Answers []apiReply `json:"answers" nullable:"false" doc:"可选的回答，2 到 4 个"`
}

type apiReply struct {
	Text     string                `json:"text" doc:"回答"`
	Category classifier.CategoryID `json:"category,omitempty" format:"uuid" doc:"这个回答支持的候选；没有这一项为都不支持"`
	When     string                `json:"when,omitempty" doc:"这个回答说明的情形，它决定由谁主办"`
	Lead     *apiLead              `json:"lead,omitempty" doc:"这种情形下的主办单位"`
	Shares   []float64             `json:"shares" nullable:"false" doc:"作此回答后各候选的概率，次序同 candidates"`
}

func newAPIAskFirst(q *classifier.Question) *apiAskFirst {
	if q == nil {
		return nil
	}
	out := &apiAskFirst{Text: q.Text, Answers: make([]apiReply, len(q.Answers))}
	for i, r := range q.Answers {
		out.Answers[i] = apiReply{Text: r.Text, Category: r.Category, Shares: listed(r.Shares)}
		if d := r.Duty; d != nil {
			out.Answers[i].When, out.Answers[i].Lead = d.When, &apiLead{Kind: d.Lead, Unit: d.LeadUnit, Name: d.LeadName}
		}
	}
	return out
}

// apiCandidate is one category that the matter may belong to.
type apiCandidate struct {
	Category    classifier.CategoryID `json:"category" format:"uuid" doc:"事项编号，作决定时用它"`
	Code        string                `json:"code" doc:"事项编码"`
	Name        string                `json:"name" doc:"末级事项名称"`
	Trail       string                `json:"trail" doc:"从一级到末级的名称"`
	Probability float64               `json:"probability" minimum:"0" maximum:"1" doc:"校准后的概率，所有末级事项合计为 1"`
	When        string                `json:"when,omitempty" doc:"由谁主办所依据的情形"`
	Lead        apiLead               `json:"lead" doc:"主办单位"`
	CoUnits     []org.UnitID          `json:"co_units" nullable:"false" format:"uuid" doc:"协办单位编号"`
	CoNames     []string              `json:"co_names" nullable:"false" doc:"协办单位名称；本地没有此类单位时是类别名"`
	Urgency     intake.Urgency        `json:"urgency" doc:"这个事项的紧急程度：A 紧急，B 较急，C 一般"`
	Words       []string              `json:"words" nullable:"false" doc:"诉求中支持它的词"`
	Examples    []apiLike             `json:"examples" nullable:"false" doc:"最相近的例子，至多 3 个"`
	Against     *apiNeighbour         `json:"against,omitempty" doc:"最易混淆的候选，以及怎样区分"`
}

// apiLead is who leads: a kind, and the unit of that kind when there is one.
type apiLead struct {
	Kind org.UnitKind `json:"kind" doc:"单位类别"`
	Unit org.UnitID   `json:"unit,omitempty" format:"uuid" doc:"单位编号；本地没有此类单位时没有这一项"`
	Name string       `json:"name" doc:"单位名称；本地没有此类单位时是类别名"`
}

type apiLeadShare struct {
	Kind        org.UnitKind `json:"kind" doc:"单位类别"`
	Unit        org.UnitID   `json:"unit,omitempty" format:"uuid" doc:"单位编号；本地没有此类单位时没有这一项"`
	Name        string       `json:"name" doc:"单位名称；本地没有此类单位时是类别名"`
	Probability float64      `json:"probability" minimum:"0" maximum:"1" doc:"合计概率"`
}

// apiLike is an example that resembles the matter.
type apiLike struct {
	Text       string     `json:"text" doc:"例子，已隐去个人信息"`
	Confirmed  bool       `json:"confirmed" doc:"true 是人作过决定的诉求，false 是清单自带的例子"`
	At         *time.Time `json:"at,omitempty" doc:"作决定的时间"`
	Lead       string     `json:"lead,omitempty" doc:"当时的主办单位"`
	Similarity float64    `json:"similarity" minimum:"-1" maximum:"1" doc:"相似度，余弦"`
}

// apiNeighbour is a category that is easily confused with another.
type apiNeighbour struct {
	Category classifier.CategoryID `json:"category,omitempty" format:"uuid" doc:"事项编号"`
	Code     string                `json:"code" doc:"事项编码"`
	Tell     string                `json:"tell" doc:"区分两者的要点"`
}

type apiHighlight struct {
	Start int `json:"start" doc:"起点，按字，从 0 起"`
	End   int `json:"end" doc:"终点，不含"`
}

func newAPISuggestion(s classifier.Suggestion) *apiSuggestion {
	out := &apiSuggestion{
		ID: s.ID, At: utc(s.At), Version: s.Version, Model: s.Model, Doubt: s.Doubt, Ask: s.Ask,
		Type: s.Type, Urgency: s.Urgency, Reason: s.Reason,
		Candidates: make([]apiCandidate, len(s.Candidates)),
		Leads:      make([]apiLeadShare, len(s.Leads)),
		Highlights: make([]apiHighlight, len(s.Highlights)),
		Question:   newAPIAskFirst(s.Question),
	}
	for _, p := range s.Parts {
		out.Parts = append(out.Parts, apiPartOf{Text: p.Text, Category: p.Category, Name: p.Name, Lead: p.LeadName, Probability: p.Probability})
	}
	for i, c := range s.Candidates {
		out.Candidates[i] = newAPICandidate(c)
	}
	for i, l := range s.Leads {
		out.Leads[i] = apiLeadShare(l)
	}
	for i, h := range s.Highlights {
		out.Highlights[i] = apiHighlight(h)
	}
	return out
}

func newAPICandidate(c classifier.Candidate) apiCandidate {
	out := apiCandidate{
		Category: c.Category, Code: c.Code, Name: c.Name, Trail: c.Trail, Probability: c.Probability, When: c.When,
		Lead:    apiLead{Kind: c.Lead, Unit: c.LeadUnit, Name: c.LeadName},
		CoUnits: listed(c.CoUnits), CoNames: listed(c.CoNames), Urgency: c.Urgency,
		Words: listed(c.Words), Examples: make([]apiLike, len(c.Examples)),
	}
	for i, e := range c.Examples {
		out.Examples[i] = apiLike{Text: e.Text, Confirmed: e.Confirmed, At: whenKnown(e.At), Lead: e.Lead, Similarity: e.Similarity}
	}
	if n := c.Against; n != nil {
		out.Against = &apiNeighbour{Category: n.Category, Code: n.Code, Tell: n.Tell}
	}
	return out
}

// apiAnswer is one asking of the knowledge base for a matter.
type apiAnswer struct {
	ID       kb.AnswerID `json:"id" format:"uuid" doc:"这次答复的编号"`
	At       time.Time   `json:"at" doc:"时间"`
	Answered bool        `json:"answered" doc:"true：matches 的第一条就是答复；false：见 silence"`
	Spoken   string      `json:"spoken,omitempty" doc:"可以念给诉求人听的短答"`
	Silence  kb.Silence  `json:"silence,omitempty" doc:"没有答复的原因"`
	Score    float64     `json:"score" minimum:"0" maximum:"1" doc:"最好的一条能回答的概率"`
	Policy   string      `json:"policy,omitempty" doc:"打分和门槛的版本"`
	Verdict  kb.Verdict  `json:"verdict,omitempty" doc:"solved 解决了，unsolved 没有解决；没有这一项为还没有记下"`
	Matches  []apiMatch  `json:"matches" nullable:"false" doc:"最相近的条目，至多 3 条，最好的在前"`
}

// apiMatch is one entry that may answer, with why.
type apiMatch struct {
	Entry    apiEntry  `json:"entry" doc:"知识条目"`
	Score    float64   `json:"score" minimum:"0" maximum:"1" doc:"这一条能回答的概率"`
	Phrasing string    `json:"phrasing,omitempty" doc:"匹配得最好的问法"`
	Parts    []apiPart `json:"parts" nullable:"false" doc:"得分由哪些部分组成"`
	Words    []string  `json:"words" nullable:"false" doc:"问题中与条目相同的词"`

	Now kb.EntryState `json:"now,omitempty" enum:"draft,review,published,to_verify,retired" doc:"答复以后条目变成的状态；retired 已停用，to_verify 待核实，请不要再照着答"`
}

type apiPart struct {
	Name  string  `json:"name" doc:"名称"`
	Value float64 `json:"value" doc:"数值"`
}

func newAPIAnswer(a kb.InstantAnswer) *apiAnswer {
	out := &apiAnswer{
		ID: a.ID, At: utc(a.At), Answered: a.Answered, Silence: a.Silence, Score: a.Score, Policy: a.Policy,
		Verdict: a.Verdict, Matches: newAPIMatches(a.Matches),
	}
	if a.Answered && len(a.Matches) > 0 {
		out.Spoken = a.Matches[0].Entry.Spoken()
	}
	return out
}

func newAPIMatches(matches []kb.Match) []apiMatch {
	out := make([]apiMatch, len(matches))
	for i, m := range matches {
		out[i] = apiMatch{
			Entry: newAPIEntry(m.Entry), Score: m.Score, Phrasing: m.Phrasing,
			Parts: make([]apiPart, len(m.Parts)), Words: listed(m.Words), Now: m.Now,
		}
		for j, p := range m.Parts {
			out[i].Parts[j] = apiPart(p)
		}
	}
	return out
}
