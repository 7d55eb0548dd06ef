package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/intake"
	"huying/internal/org"
	"huying/internal/privacy"
)

// apiLook is one look at a person's data.
type apiLook struct {
	At     time.Time     `json:"at" doc:"何时"`
	By     org.AccountID `json:"by,omitempty" format:"uuid" doc:"谁；没有这一项为系统"`
	Name   string        `json:"name,omitempty" doc:"谁的姓名"`
	Unit   string        `json:"unit,omitempty" doc:"所属单位；没有这一项为热线"`
	Action string        `json:"action" doc:"做了什么，如 read_original 看了原话和联系方式"`
	What   string        `json:"what" doc:"做了什么，用文字"`
	Why    string        `json:"why,omitempty" doc:"给出的理由"`
	Case   string        `json:"case,omitempty" doc:"工单编号；没有这一项为诉求本身"`
}

type looksInput struct {
	Body struct {
		Key string `json:"key" minLength:"1" maxLength:"100" doc:"诉求人的电话，或工单编号。电话不会记录下来"`
		Why string `json:"why" minLength:"1" maxLength:"100" doc:"为什么查，会记录下来"`
	} `nameHint:"LooksSearch"`
}

type looksOutput struct {
	Body struct {
		Looks []apiLook `json:"looks" nullable:"false" doc:"晚的在前，至多 200 条"`
	} `nameHint:"Looks"`
}

// apiKeepRule is how long something is kept.
type apiKeepRule struct {
	Kind  privacy.Kind `json:"kind" enum:"original,file,contact,llm_call,notification" doc:"original 原话和联系方式，file 工单附件，contact 没有留下诉求的来电来件，llm_call 大模型调用记录，notification 已处理的通知"`
	Days  int          `json:"days" minimum:"0" maximum:"36500" doc:"保存多少天，30–36500，0 为一直保存"`
	Due   int          `json:"due,omitempty" doc:"现在到期多少条，至多数到 10000；设置时不用填"`
	Label string       `json:"label,omitempty" doc:"名称；设置时不用填"`
}

type apiHold struct {
	ID     privacy.HoldID `json:"id" format:"uuid" doc:"保留的标识"`
	Number string         `json:"number" doc:"工单编号"`
	At     time.Time      `json:"at" doc:"何时起"`
	Why    string         `json:"why" doc:"为什么"`
}

type apiRun struct {
	At     time.Time            `json:"at" doc:"何时"`
	Counts map[privacy.Kind]int `json:"counts" doc:"每种删除了多少条"`
}

type retentionOutput struct {
	Body struct {
		Rules []apiKeepRule `json:"rules" nullable:"false" doc:"保存期限"`
		Holds []apiHold     `json:"holds" nullable:"false" doc:"法律保留中的工单"`
		Runs  []apiRun      `json:"runs" nullable:"false" doc:"最近的删除"`
	} `nameHint:"Retention"`
}

type rulesInput struct {
	Body struct {
		Rules []apiKeepRule `json:"rules" nullable:"false" minItems:"1" maxItems:"5" doc:"要设的期限；没有列出的不变"`
	} `nameHint:"RetentionRules"`
}

type holdInput struct {
	Body struct {
		Number string `json:"number" minLength:"1" maxLength:"40" doc:"工单编号"`
		Why    string `json:"why" minLength:"1" maxLength:"200" doc:"为什么保留"`
	} `nameHint:"NewHold"`
}

type releaseInput struct {
	ID   apiID `path:"id" doc:"保留的标识"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"200" doc:"为什么解除"`
	} `nameHint:"HoldRelease"`
}

type subjectInput struct {
	Body struct {
		Phone    string `json:"phone" minLength:"1" maxLength:"100" doc:"诉求人来电的号码，不会记录下来"`
		Called   bool   `json:"called" doc:"已回拨这个号码，核实是本人"`
		Verified string `json:"verified" minLength:"1" maxLength:"200" doc:"怎样核实"`
		Why      string `json:"why" minLength:"1" maxLength:"200" doc:"事由"`
	} `nameHint:"NewSubjectRequest"`
}

type subjectTaken struct {
	Body struct {
		ID       privacy.RequestID  `json:"id" format:"uuid" doc:"受理编号，24 小时内可用来打开"`
		Hint     string             `json:"hint" doc:"号码的头尾"`
		Messages []intake.MessageID `json:"messages" nullable:"false" doc:"有哪些诉求"`
	} `nameHint:"SubjectRequest"`
}

type subjectOneInput struct {
	ID apiID `path:"id" doc:"受理编号"`
}

type subjectOutput struct {
	Body struct {
		Mark  string        `json:"mark" doc:"导出标记"`
		Lines []apiHeldLine `json:"lines" nullable:"false" doc:"所保存的一切"`
	} `nameHint:"SubjectData"`
}

// apiHeldLine is one line of what is held of a citizen.
type apiHeldLine struct {
	Part   string `json:"part" doc:"诉求、工单、经过、附件、通知、奖励、骚扰标记或谁看过"`
	At     string `json:"at,omitempty" doc:"何时，北京时间"`
	Number string `json:"number,omitempty" doc:"渠道编号或工单编号"`
	Words  string `json:"words" doc:"内容；诉求为原话"`
	Remark string `json:"remark,omitempty" doc:"说明；诉求为姓名、电话、渠道和地点"`
}

type correctInput struct {
	ID   apiID `path:"id" doc:"受理编号"`
	Body struct {
		Message apiID  `json:"message" doc:"哪件诉求"`
		Name    string `json:"name,omitempty" maxLength:"100" doc:"正确的姓名，空为没有留"`
		Phone   string `json:"phone,omitempty" maxLength:"100" doc:"正确的电话，空为没有留"`
		Why     string `json:"why" minLength:"1" maxLength:"200" doc:"更正的理由"`
	} `nameHint:"SubjectCorrection"`
}

type eraseInput struct {
	ID   apiID `path:"id" doc:"受理编号"`
	Body struct {
		Message apiID  `json:"message" doc:"哪件诉求"`
		Why     string `json:"why" minLength:"1" maxLength:"200" doc:"删除的理由"`
	} `nameHint:"SubjectErasure"`
}

func (s *Server) privacyOperations(a huma.API) {
	op := func(id, method, path, summary, description string, more ...int) huma.Operation {
		o := huma.Operation{OperationID: id, Method: method, Path: path, Tags: []string{tagPrivacy}, Summary: summary, Description: description, Errors: more}
		if method == http.MethodPost && len(more) > 0 {
			o.DefaultStatus = http.StatusNoContent
		}
		return o
	}
	if s.o.Looks != nil {
		handle(a, op("search-looks", http.MethodPost, "/looks", "查谁看过一位诉求人的原话和联系方式", "这次查询也会留下记录。用 POST，电话不会出现在地址里。"), s.searchLooks)
	}
	if s.o.Retention != nil {
		handle(a, op("get-retention", http.MethodGet, "/privacy/retention", "保存期限、法律保留和最近的删除", "由隐私专员和管理员查看。"), s.giveRetention)
		handle(a, op("set-retention", http.MethodPost, "/privacy/retention", "设保存期限", "每天自动删除到期的，只删办结了的。", http.StatusConflict), s.takeRetention)
		handle(a, op("hold-case", http.MethodPost, "/privacy/holds", "法律保留一件工单", "解除以前，与它有关的什么也不删除。", http.StatusConflict), s.takeHold)
		handle(a, op("release-hold", http.MethodPost, "/privacy/holds/{id}/release", "解除法律保留", "刚刚已由别人解除的返回 409。", http.StatusConflict), s.takeRelease)
	}
	if s.o.Subjects != nil {
		handle(a, op("take-subject-request", http.MethodPost, "/privacy/requests", "受理诉求人查阅、更正、删除自己的信息", "先回拨核实是本人。只有受理的人在 24 小时内能打开。"), s.takeSubjectRequest)
		handle(a, op("get-subject-data", http.MethodGet, "/privacy/requests/{id}", "取所保存的一切", "每次都会留下记录。"), s.giveSubject)
		handle(a, op("correct-subject-data", http.MethodPost, "/privacy/requests/{id}/corrections", "更正姓名或电话", "原话不改。别人刚刚改过的返回 409。", http.StatusConflict), s.takeCorrection)
		handle(a, op("erase-subject-data", http.MethodPost, "/privacy/requests/{id}/erasures", "删除原话、联系方式和附件", "只删办结了的；在办的、法律保留的返回 409，并说明原因。", http.StatusConflict), s.takeErasure)
	}
}

func (s *Server) searchLooks(ctx context.Context, actor org.Actor, in *looksInput) (*looksOutput, error) {
	found, err := s.o.Looks.Find(ctx, actor, in.Body.Key, in.Body.Why)
	if err != nil {
		return nil, err
	}
	out := &looksOutput{}
	out.Body.Looks = make([]apiLook, len(found))
	for i, k := range found {
		out.Body.Looks[i] = apiLook{
			At: utc(k.At), By: k.Actor, Name: k.Name, Unit: k.Unit, Action: k.Action, What: privacy.LookWords(k.Action), Why: k.Detail, Case: k.Case,
		}
	}
	return out, nil
}

func (s *Server) giveRetention(ctx context.Context, actor org.Actor, _ *struct{}) (*retentionOutput, error) {
	st, err := s.o.Retention.Standing(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &retentionOutput{}
	out.Body.Rules, out.Body.Holds, out.Body.Runs = []apiKeepRule{}, []apiHold{}, []apiRun{}
	for _, r := range st.Rules {
		out.Body.Rules = append(out.Body.Rules, apiKeepRule{Kind: r.Kind, Days: r.Days, Due: r.Due, Label: r.Kind.Label()})
	}
	for _, h := range st.Holds {
		out.Body.Holds = append(out.Body.Holds, apiHold{ID: h.ID, Number: h.Number, At: utc(h.At), Why: h.Why})
	}
	for _, r := range st.Runs {
		out.Body.Runs = append(out.Body.Runs, apiRun{At: utc(r.At), Counts: r.Counts})
	}
	return out, nil
}

func (s *Server) takeRetention(ctx context.Context, actor org.Actor, in *rulesInput) (*struct{}, error) {
	days := map[privacy.Kind]int{}
	for _, r := range in.Body.Rules {
		days[r.Kind] = r.Days
	}
	return nil, s.o.Retention.Set(ctx, actor, days)
}

func (s *Server) takeHold(ctx context.Context, actor org.Actor, in *holdInput) (*struct{}, error) {
	return nil, s.o.Retention.Hold(ctx, actor, in.Body.Number, in.Body.Why)
}

func (s *Server) takeRelease(ctx context.Context, actor org.Actor, in *releaseInput) (*struct{}, error) {
	return nil, s.o.Retention.Release(ctx, actor, idOf[privacy.HoldID](in.ID), in.Body.Why)
}

func (s *Server) takeSubjectRequest(ctx context.Context, actor org.Actor, in *subjectInput) (*subjectTaken, error) {
	r, err := s.o.Subjects.Take(ctx, actor, in.Body.Phone, in.Body.Called, in.Body.Verified, in.Body.Why)
	if err != nil {
		return nil, err
	}
	out := &subjectTaken{}
	out.Body.ID, out.Body.Hint, out.Body.Messages = r.ID, r.Hint, listed(r.Messages)
	return out, nil
}

func (s *Server) giveSubject(ctx context.Context, actor org.Actor, in *subjectOneInput) (*subjectOutput, error) {
	r, all, err := s.o.Subjects.Open(ctx, actor, idOf[privacy.RequestID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &subjectOutput{}
	out.Body.Mark = privacy.Mark(actor.Name, s.o.Now(), "仅供本人查阅，受理编号 "+string(r.ID))
	out.Body.Lines = []apiHeldLine{}
	for _, l := range privacy.Lines(all) {
		out.Body.Lines = append(out.Body.Lines, apiHeldLine(l))
	}
	return out, nil
}

func (s *Server) takeCorrection(ctx context.Context, actor org.Actor, in *correctInput) (*struct{}, error) {
	return nil, s.o.Subjects.Correct(ctx, actor, idOf[privacy.RequestID](in.ID), idOf[intake.MessageID](in.Body.Message), in.Body.Name, in.Body.Phone, in.Body.Why)
}

func (s *Server) takeErasure(ctx context.Context, actor org.Actor, in *eraseInput) (*struct{}, error) {
	return nil, s.o.Subjects.Erase(ctx, actor, idOf[privacy.RequestID](in.ID), idOf[intake.MessageID](in.Body.Message), in.Body.Why)
}
