package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// apiProgress is a case as its citizen sees it.
type apiProgress struct {
	Number    string             `json:"number,omitempty" doc:"工单编号；还没有分派的、不予受理的没有这一项"`
	State     string             `json:"state" doc:"进展，用一句话"`
	Unit      string             `json:"unit,omitempty" doc:"承办单位"`
	Why       string             `json:"why,omitempty" doc:"为什么由这个单位办"`
	Basis     string             `json:"basis,omitempty" doc:"这样分工的依据"`
	Due       *time.Time         `json:"due,omitempty" doc:"最迟答复的时间；没有这一项为已办结或不予受理"`
	Answer    string             `json:"answer,omitempty" doc:"答复，办结后才有；不予受理的为原因和该走的渠道"`
	Asked     string             `json:"asked,omitempty" doc:"承办单位想请诉求人补充什么"`
	May       []string           `json:"may" nullable:"false" doc:"诉求人现在可以做什么：chase 催办，supplement 补充情况，withdraw 撤回，object 对结果提出异议，rate 评价，contest 对不予受理申请复核"`
	Happened  []apiHappening     `json:"happened" nullable:"false" doc:"经过，晚的在前"`
	Files     []apiShared        `json:"files,omitempty" nullable:"false" doc:"办结后可以看的附件"`
	Others    []apiOther         `json:"others,omitempty" nullable:"false" doc:"同一诉求分出的另外几件"`
	Reward    *apiDraw           `json:"reward,omitempty" doc:"获得的奖励；没有这一项为没有"`
	Objection casework.Objection `json:"objection,omitempty" enum:"waits,dismissed" doc:"异议：waits 等热线处理，dismissed 不成立，已说明"`
}

// apiDraw is a reward as its citizen sees it.
type apiDraw struct {
	Fen      int       `json:"fen" doc:"金额，分"`
	State    string    `json:"state" doc:"发放情况，用一句话"`
	SeedHash string    `json:"seed_hash" doc:"种子的 SHA-256，十六进制，反映以前就已公布"`
	Seed     string    `json:"seed,omitempty" doc:"种子，十六进制；公布以后才有"`
	MinFen   int       `json:"min_fen" doc:"每件至少，分"`
	MaxFen   int       `json:"max_fen" doc:"每件至多，分"`
	RevealAt time.Time `json:"reveal_at" doc:"最迟何时公布种子"`
}

// apiOther is another matter of the same citizen's words.
type apiOther struct {
	Number string     `json:"number,omitempty" doc:"工单编号；没有这一项为还没有立案"`
	About  string     `json:"about" doc:"什么事，已隐去个人信息"`
	State  string     `json:"state" doc:"进展，用一句话"`
	Unit   string     `json:"unit,omitempty" doc:"承办单位"`
	Due    *time.Time `json:"due,omitempty" doc:"最迟答复的时间"`
}

// apiHappening is one line of it.
type apiHappening struct {
	At   time.Time `json:"at" doc:"何时"`
	What string    `json:"what" doc:"发生了什么"`
	Text string    `json:"text,omitempty" doc:"诉求人的话，或给诉求人的说明"`
}

type receiptInput struct {
	Code string `path:"code" minLength:"1" maxLength:"40" doc:"回执码"`
}

type progressOutput struct {
	Body apiProgress
}

type receiptMoveInput struct {
	Code string `path:"code" minLength:"1" maxLength:"40" doc:"回执码"`
	Body struct {
		Do      string     `json:"do" enum:"chase,supplement,withdraw,object,rate,contest" doc:"做什么，见 may"`
		Text    string     `json:"text,omitempty" maxLength:"500" doc:"诉求人的话；chase 不用，rate 可不填，其余必填。其中的个人信息会遮盖"`
		Answers apiAnswers `json:"answers,omitempty" doc:"rate：三个问题的回答"`
		Speed   int        `json:"speed,omitempty" minimum:"0" maximum:"5" doc:"rate：办理速度，1–5 分，0 为不评"`
		Manner  int        `json:"manner,omitempty" minimum:"0" maximum:"5" doc:"rate：服务态度"`
		Result  int        `json:"result,omitempty" minimum:"0" maximum:"5" doc:"rate：办理结果"`
		Name    string     `json:"name,omitempty" maxLength:"200" doc:"supplement：附件的文件名"`
		Content []byte     `json:"content,omitempty" doc:"supplement：附件的内容，Base64。照片、PDF、Word（docx）或 Excel（xlsx），不超过 4 MB"`
	} `nameHint:"ReceiptMove"`
}

func (s *Server) receiptOperations(a huma.API) {
	if s.o.Cases == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "get-receipt", Method: http.MethodGet, Path: "/receipts/{code}", Tags: []string{tagCases},
		Summary: "凭回执码查进展", Description: "给公众的机器人和网页用：诉求人看得到的都在这里，看不到的都不在。",
	}, s.giveReceipt)
	handle(a, huma.Operation{
		OperationID: "act-on-receipt", Method: http.MethodPost, Path: "/receipts/{code}/moves", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "诉求人催办、补充、撤回、异议、评价或申请复核", Description: "现在不能做的返回 409，什么都不改变。",
	}, s.actOnReceipt)
	handle(a, huma.Operation{
		OperationID: "take-sms-reply", Method: http.MethodPost, Path: "/sms-replies", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict, http.StatusNotFound},
		Summary: "接收诉求人的短信回复", Description: "短信平台转来对办结短信的回复：三个数字依次答三问，1 是、2 否；只回 1 为三问都是。没有解决的转重办。读不懂的返回 422，由话务员回访；已经回访过的返回 409。",
	}, s.takeSMSReply)
	if s.o.Reports == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "take-sms-report", Method: http.MethodPost, Path: "/sms-reports", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict, http.StatusNotFound},
		Summary: "接收短信平台的送达报告", Description: "短信平台报告一条短信是否送达，用发送时给它的 key，或它自己的编号。没有送达的列入“没有发出”，话务员在工单上看到，改用电话告知。同样的报告再来不改变什么；已经送达的，以后的报告不再改变。还没有记下发送结果时返回 409，请稍后再报。",
	}, s.takeSMSReport)
}

type smsReportInput struct {
	Body struct {
		Key       string `json:"key,omitempty" maxLength:"60" doc:"短信的编号：发送时给短信平台的 key"`
		Proof     string `json:"proof,omitempty" maxLength:"200" doc:"短信平台自己的编号；没有 key 时用它"`
		Delivered bool   `json:"delivered" doc:"是否送达"`
		Status    string `json:"status,omitempty" maxLength:"200" example:"UNDELIV" doc:"没有送达的原因或状态码"`
	} `nameHint:"SMSReport"`
}

type smsReportOutput struct {
	Body struct {
		ID    string                     `json:"id" doc:"通知的标识"`
		State casework.NotificationState `json:"state" doc:"queued 待发、sent 已发、failed 没有发出、void 不发"`
	} `nameHint:"SMSReportTaken"`
}

// takeSMSReport notes whether a letter has arrived.
func (s *Server) takeSMSReport(ctx context.Context, actor org.Actor, in *smsReportInput) (*smsReportOutput, error) {
	n, err := s.o.Reports.Take(ctx, actor, in.Body.Key, in.Body.Proof, in.Body.Delivered, in.Body.Status)
	if err != nil {
		return nil, err
	}
	out := &smsReportOutput{}
	out.Body.ID, out.Body.State = string(n.ID), n.State
	return out, nil
}

type smsReplyInput struct {
	Body struct {
		Key  string `json:"key" minLength:"1" maxLength:"60" doc:"所回复的短信的编号：发送时给短信平台的 key"`
		Text string `json:"text" minLength:"1" maxLength:"100" example:"111" doc:"回复的内容"`
	} `nameHint:"SMSReply"`
}

// takeSMSReply rates a case by what its citizen answered.
func (s *Server) takeSMSReply(ctx context.Context, actor org.Actor, in *smsReplyInput) (*progressOutput, error) {
	receipt, err := s.o.SMSReplies.Take(ctx, actor, in.Body.Key, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return s.giveReceipt(ctx, actor, &receiptInput{Code: receipt})
}

// giveReceipt gives what the holder of a receipt sees.
func (s *Server) giveReceipt(ctx context.Context, actor org.Actor, in *receiptInput) (*progressOutput, error) {
	if err := org.Can(actor, org.ActConverse); err != nil {
		return nil, err
	}
	got, err := s.o.Cases.Progress(ctx, in.Code)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return s.giveRefusal(ctx, in.Code)
	}
	if err != nil {
		return nil, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	view := s.newReceiptView(got, in.Code, dir)
	if err := s.whyUnit(ctx, view, got.Docket, dir); err != nil {
		return nil, err
	}
	out := apiProgress{
		Why: view.Why, Basis: view.Basis,
		Number: view.Number, State: view.State, Unit: view.Unit, Answer: view.Answer, Asked: view.Asked, May: []string{}, Objection: got.Objection,
		Happened: []apiHappening{},
	}
	others, err := s.othersOf(ctx, in.Code, dir)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		out.Others = append(out.Others, apiOther{Number: o.Number, About: o.Heading, State: o.State, Unit: o.Unit, Due: whenKnown(o.Due)})
	}
	files, err := s.o.Attachments.OfReceipt(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		out.Files = append(out.Files, newAPIShared(f))
	}
	if out.Reward, err = s.apiDrawOf(ctx, in.Code); err != nil {
		return nil, err
	}
	if got.State.Open() {
		out.Due = whenKnown(got.Due.Citizen)
		out.May = append(out.May, "chase", "supplement")
	}
	for _, may := range []struct {
		name string
		yes  bool
	}{{"withdraw", view.MayWithdraw()}, {"object", view.MayObject()}, {"rate", view.MayRate()}} {
		if may.yes {
			out.May = append(out.May, may.name)
		}
	}
	for _, l := range view.Lines {
		out.Happened = append(out.Happened, apiHappening{At: utc(l.At), What: l.What, Text: l.Text})
	}
	return &progressOutput{Body: out}, nil
}

// apiDrawOf gives the reward of a receipt; nil when there is none.
func (s *Server) apiDrawOf(ctx context.Context, code string) (*apiDraw, error) {
	if s.o.Rewards == nil {
		return nil, nil //nolint:nilnil // most cases earn nothing
	}
	r, p, ok, err := s.o.Rewards.OfReceipt(ctx, code)
	if err != nil || !ok {
		return nil, err
	}
	return &apiDraw{
		Fen: r.Fen, State: rewardSaid(r.State), SeedHash: hexOf(p.Hash), Seed: hexOf(p.Seed), MinFen: p.MinFen, MaxFen: p.MaxFen, RevealAt: utc(p.RevealAt),
	}, nil
}

// giveRefusal gives a matter that was refused.
func (s *Server) giveRefusal(ctx context.Context, code string) (*progressOutput, error) {
	r, err := s.o.Refusals.OfReceipt(ctx, code)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return s.giveArrival(ctx, code)
	}
	if err != nil {
		return nil, err
	}
	view := newRefusedView(r)
	out := apiProgress{State: view.State, Answer: view.Why, May: []string{}, Happened: []apiHappening{}}
	if view.May {
		out.May = append(out.May, "contest")
	}
	if r.Answer != "" {
		out.Happened = append(out.Happened, apiHappening{At: utc(r.AnsweredAt), What: "热线的说明", Text: r.Answer})
	}
	if r.Contest != "" {
		out.Happened = append(out.Happened, apiHappening{At: utc(r.ContestAt), What: "您的意见", Text: r.Contest})
	}
	return &progressOutput{Body: out}, nil
}

// giveArrival gives a matter on which nobody has decided yet.
func (s *Server) giveArrival(ctx context.Context, code string) (*progressOutput, error) {
	a, err := s.o.Arrivals.OfReceipt(ctx, code)
	if err != nil {
		return nil, err
	}
	view := newArrivedView(a)
	return &progressOutput{Body: apiProgress{State: view.State, May: []string{}, Happened: []apiHappening{{At: utc(view.At), What: "已收到"}}}}, nil
}

// actOnReceipt does what the holder of a receipt may, and gives what they see
// afterwards.
func (s *Server) actOnReceipt(ctx context.Context, actor org.Actor, in *receiptMoveInput) (*progressOutput, error) {
	if err := org.Can(actor, org.ActConverse); err != nil {
		return nil, err
	}
	b := in.Body
	var err error
	switch b.Do {
	case "chase":
		err = s.o.Cases.Chase(ctx, in.Code)
	case "supplement":
		err = s.o.Attachments.AddByReceipt(ctx, in.Code, b.Text, b.Name, b.Content)
	case "withdraw":
		err = s.o.Cases.Withdraw(ctx, in.Code, b.Text)
	case "object":
		err = s.o.Cases.Object(ctx, in.Code, b.Text)
	case "contest":
		err = s.o.Refusals.Contest(ctx, in.Code, b.Text)
	case "rate":
		a := casework.Answers(b.Answers)
		a.Reached = true
		err = s.o.Cases.Rate(ctx, in.Code, a, casework.Rating{Speed: b.Speed, Manner: b.Manner, Result: b.Result}, b.Text)
	}
	if err != nil {
		return nil, err
	}
	return s.giveReceipt(ctx, actor, &receiptInput{Code: in.Code})
}
