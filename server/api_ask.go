package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/intake"
	"huying/internal/org"
	"huying/kb"
)

// askBody is what is asked.
type askBody struct {
	Text         string         `json:"text" minLength:"1" maxLength:"20000" example:"居住证到期了怎么续签？" doc:"问题，怎么说都可以；在对话里至多 2000 字，须有汉字"`
	Area         string         `json:"area,omitempty" maxLength:"100" doc:"在哪个属地问；不填为不限"`
	Conversation string         `json:"conversation,omitempty" maxLength:"64" example:"7b1f" doc:"对话编号，由调用方自己定，同一个人的一次对话用同一个；不用令牌时请用别人猜不到的。机器人必填；话务员等不填时只是试问，不留记录"`
	Message      string         `json:"message,omitempty" maxLength:"64" example:"1" doc:"提问编号，由调用方自己定，对话内不重复；同一个编号问两次，得到第一次的答复。填了 conversation 就必填"`
	Channel      intake.Channel `json:"channel,omitempty" maxLength:"100" default:"web" doc:"渠道"`
}

type askInput struct {
	Body askBody `nameHint:"Question"`
}

type askOutput struct {
	Body apiResult
}

// apiResult is what asking gives: an answer, a choice, or the reason for
// silence.
type apiResult struct {
	Outcome   kb.Told          `json:"outcome" enum:"answer,offer,silent" doc:"answer 可以直接答复，见 answer；offer 不能确定，把 offers 里的问题列给诉求人选；silent 不答复，按 next 做"`
	Reply     kb.TurnID        `json:"reply,omitempty" format:"uuid" doc:"这次问答的编号，选择和评价时用；试问没有"`
	Say       string           `json:"say,omitempty" doc:"对诉求人说的话；直接答复时没有"`
	Next      string           `json:"next,omitempty" enum:"agent,submit,emergency" doc:"接着做什么：agent 转人工，submit 提交诉求，emergency 提示拨打 110、119、120（诉求已自动提交）"`
	Answer    *apiCard         `json:"answer,omitempty" doc:"答复"`
	Offers    []apiOffer       `json:"offers" nullable:"false" doc:"您是不是想问：至多 3 个问题；直接答复时是相关的问题"`
	Message   intake.MessageID `json:"message,omitempty" format:"uuid" doc:"已成为的诉求"`
	Receipt   string           `json:"receipt,omitempty" doc:"已成为诉求时：回执码，请告诉诉求人，凭它查进展"`
	Verdict   kb.Verdict       `json:"verdict,omitempty" doc:"solved 解决了，unsolved 没有解决"`
	Answered  bool             `json:"answered" doc:"true：有直接的答复"`
	Spoken    string           `json:"spoken,omitempty" doc:"可以念给诉求人听的短答"`
	Silence   kb.Silence       `json:"silence,omitempty" doc:"没有答复的原因"`
	Threshold float64          `json:"threshold" minimum:"0" maximum:"1" doc:"得分达到多少才答复；只在试问时给出"`
	Policy    string           `json:"policy,omitempty" doc:"打分和门槛的版本"`
	Matches   []apiMatch       `json:"matches" nullable:"false" doc:"最相近的条目，至多 3 条，最好的在前；只在试问时给出"`
}

// apiCard is an answer with what stands behind it.
type apiCard struct {
	Entry      kb.EntryID   `json:"entry" format:"uuid" doc:"条目编号"`
	Version    int          `json:"version" doc:"条目的版本"`
	Question   string       `json:"question" doc:"这一条回答的问题"`
	Spoken     string       `json:"spoken" doc:"短答"`
	Text       string       `json:"text" doc:"完整答复"`
	Unit       string       `json:"unit,omitempty" doc:"答复单位"`
	Area       org.AreaCode `json:"area,omitempty" doc:"适用的属地；没有这一项为全市"`
	AreaName   string       `json:"area_name" doc:"适用的属地，用文字"`
	Basis      string       `json:"basis,omitempty" doc:"依据"`
	ValidUntil *time.Time   `json:"valid_until,omitempty" doc:"有效至；没有这一项为没有期限"`
	Excludes   []string     `json:"excludes" nullable:"false" doc:"这一条不包括的情形，摘自答复"`
}

// apiOffer is one question to choose.
type apiOffer struct {
	Entry    kb.EntryID `json:"entry" format:"uuid" doc:"条目编号"`
	Question string     `json:"question" doc:"问题"`
	AreaName string     `json:"area_name" doc:"适用的属地"`
}

type chooseInput struct {
	Reply apiID `path:"reply" doc:"列出这个问题的问答编号"`
	Body  struct {
		Conversation string         `json:"conversation" minLength:"1" maxLength:"64" doc:"对话编号"`
		Channel      intake.Channel `json:"channel,omitempty" maxLength:"100" default:"web" doc:"渠道"`
		Entry        apiID          `json:"entry" doc:"诉求人选的条目"`
	} `nameHint:"Choice"`
}

type judgeInput struct {
	Reply apiID `path:"reply" doc:"问答编号"`
	Body  struct {
		Conversation string         `json:"conversation" minLength:"1" maxLength:"64" doc:"对话编号"`
		Channel      intake.Channel `json:"channel,omitempty" maxLength:"100" default:"web" doc:"渠道"`
		Verdict      kb.Verdict     `json:"verdict" enum:"solved,unsolved" doc:"solved 解决了，unsolved 没有解决：问题连同对话成为一件诉求"`
		Text         string         `json:"text,omitempty" maxLength:"20000" doc:"要转交的话；不填为所问的问题（已遮盖个人信息）"`
		Name         string         `json:"name,omitempty" maxLength:"100" doc:"姓名，加密保存"`
		Phone        string         `json:"phone,omitempty" maxLength:"100" doc:"电话，加密保存"`
		Consent      intake.Consent `json:"consent,omitempty" enum:",yes,no" doc:"联系方式可否给承办单位：yes 可以，no 不可以；不填为没有问"`
	} `nameHint:"ReplyVerdict"`
}

type standingOutput struct {
	Body struct {
		Solved   int `json:"solved" doc:"给出后诉求人说解决了的次数"`
		Unsolved int `json:"unsolved" doc:"给出后说没有解决的次数"`
	} `nameHint:"Standing"`
}

func (s *Server) askOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "ask", Method: http.MethodPost, Path: "/ask", Tags: []string{tagKnowledge},
		Errors: []int{http.StatusTooManyRequests}, Summary: "问知识库",
		Description: "与诉求的即时答复用同一套检索、打分和门槛。给公众的机器人和网页用 bot 角色的令牌调用，" +
			"每次问答连同条目版本、得分和门槛版本留有记录；有危险的话自动成为诉求。",
	}, s.askKnowledge)
	if s.o.Talk == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "choose-offer", Method: http.MethodPost, Path: "/ask/{reply}/choice", Tags: []string{tagKnowledge},
		Errors: []int{http.StatusTooManyRequests, http.StatusConflict}, Summary: "选一个列出的问题",
		Description: "诉求人在“您是不是想问”里选了一个，取它的答复。列出之后停用或过期的返回 409。",
	}, s.chooseOffer)
	handle(a, huma.Operation{
		OperationID: "judge-reply", Method: http.MethodPost, Path: "/ask/{reply}/verdict", Tags: []string{tagKnowledge},
		Errors: []int{http.StatusTooManyRequests}, Summary: "记下一次问答是否解决了问题",
		Description: "没有解决时，问题连同对话成为一件诉求，由人办理；重复提交还是那一件。",
	}, s.judgeReply)
	handle(a, huma.Operation{
		OperationID: "get-standing", Method: http.MethodGet, Path: "/entries/{id}/standing", Tags: []string{tagKnowledge},
		Summary: "一条知识答复的效果", Description: "受理台和机器人、网页上的评价合在一起，各个版本合在一起。",
	}, s.giveStanding)
}

// askKnowledge answers a question, or says why not: in a conversation, which
// is kept, or for a person who tries.
func (s *Server) askKnowledge(ctx context.Context, actor org.Actor, in *askInput) (*askOutput, error) {
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	if b.Conversation != "" || org.Can(actor, org.ActAsk) != nil {
		r, err := s.talk(ctx, actor, b)
		if err != nil {
			return nil, err
		}
		return s.giveReply(ctx, r)
	}
	r, err := s.o.Knowledge.AskText(ctx, actor, strings.TrimSpace(b.Text), org.AreaCode(b.Area))
	if err != nil {
		return nil, err
	}
	told := r.Told()
	if r.Answered {
		told = kb.ToldAnswer // who tries is no citizen, and reads it before anybody is told
	}
	out := newAPIReply(kb.Turn{Told: told, Silence: r.Silence, Policy: r.Policy, Matches: r.Matches}, dir)
	out.Threshold, out.Matches = r.Threshold, newAPIMatches(r.Matches)
	return &askOutput{Body: out}, nil
}

// talk asks in a conversation.
func (s *Server) talk(ctx context.Context, actor org.Actor, b askBody) (kb.Turn, error) {
	if s.o.Talk == nil {
		return kb.Turn{}, org.Can(actor, org.ActAsk)
	}
	return s.o.Talk.Ask(ctx, actor, kb.Ask{
		Channel: b.Channel, Conversation: b.Conversation, Message: b.Message, Text: b.Text, Area: org.AreaCode(b.Area),
	})
}

// giveReply gives a reply of a conversation.
func (s *Server) giveReply(ctx context.Context, r kb.Turn) (*askOutput, error) {
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	out := &askOutput{Body: newAPIReply(r, dir)}
	out.Body.Receipt, err = s.receiptFor(ctx, r.Message)
	return out, err
}

func newAPIReply(r kb.Turn, dir *org.Directory) apiResult {
	out := apiResult{
		Outcome: r.Told, Reply: r.ID, Offers: []apiOffer{}, Message: r.Message, Verdict: r.Verdict,
		Silence: r.Silence, Policy: r.Policy, Matches: []apiMatch{},
	}
	out.Say, out.Next = saying(r)
	if m, ok := r.Answer(); ok {
		out.Answered, out.Spoken = true, m.Entry.Spoken()
		out.Answer = newAPICard(m.Entry, dir)
	}
	for _, m := range r.Offers() {
		out.Offers = append(out.Offers, apiOffer{m.Entry.ID, m.Entry.Question, areaName(m.Entry.Area, dir)})
	}
	return out
}

func newAPICard(e kb.Entry, dir *org.Directory) *apiCard {
	return &apiCard{
		Entry: e.ID, Version: e.Version, Question: e.Question, Spoken: e.Spoken(), Text: e.Answer, Unit: e.Unit,
		Area: e.Area, AreaName: areaName(e.Area, dir), Basis: e.Basis, ValidUntil: whenKnown(e.ValidUntil),
		Excludes: listed(e.Excludes()),
	}
}

// chooseOffer gives the answer to a question that was offered.
func (s *Server) chooseOffer(ctx context.Context, actor org.Actor, in *chooseInput) (*askOutput, error) {
	b := in.Body
	r, err := s.o.Talk.Choose(ctx, actor, b.Channel, b.Conversation, idOf[kb.TurnID](in.Reply), idOf[kb.EntryID](b.Entry))
	if err != nil {
		return nil, err
	}
	return s.giveReply(ctx, r)
}

// judgeReply notes what came of a reply.
func (s *Server) judgeReply(ctx context.Context, actor org.Actor, in *judgeInput) (*askOutput, error) {
	b := in.Body
	r, err := s.o.Talk.Judge(ctx, actor, b.Channel, b.Conversation, idOf[kb.TurnID](in.Reply), b.Verdict,
		kb.Contact{Text: b.Text, Name: b.Name, Phone: b.Phone, Consent: b.Consent})
	if err != nil {
		return nil, err
	}
	return s.giveReply(ctx, r)
}

// giveStanding counts what people said of an entry's answers.
func (s *Server) giveStanding(ctx context.Context, actor org.Actor, in *entryInput) (*standingOutput, error) {
	standing, err := s.o.Answers.Standing(ctx, actor, idOf[kb.EntryID](in.ID))
	out := &standingOutput{}
	out.Body.Solved, out.Body.Unsolved = standing.Solved, standing.Unsolved
	return out, err
}
