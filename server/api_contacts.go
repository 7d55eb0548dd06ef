package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
)

// apiContactRequest is one person asking for a citizen's contact.
type apiContactRequest struct {
	ID       casework.ContactRequestID `json:"id" format:"uuid" doc:"申请的标识"`
	Case     casework.CaseID           `json:"case" format:"uuid" doc:"工单的标识"`
	Number   string                    `json:"number" doc:"工单编号"`
	By       org.AccountID             `json:"by" format:"uuid" doc:"谁申请的"`
	At       time.Time                 `json:"at" doc:"何时"`
	Why      string                    `json:"why" doc:"为什么"`
	Words    []apiContactWord          `json:"words" nullable:"false" doc:"问过诉求人几次、怎么说，早的在前"`
	Decided  *time.Time                `json:"decided,omitempty" doc:"何时审批；没有这一项为等审批"`
	Granted  bool                      `json:"granted" doc:"批准了"`
	Until    *time.Time                `json:"until,omitempty" doc:"可看到何时"`
	Remark   string                    `json:"remark,omitempty" doc:"审批的说明"`
	AtOnce   bool                      `json:"at_once,omitempty" doc:"危及生命，先行查看的"`
	Told     *time.Time                `json:"told,omitempty" doc:"先行查看的：何时告知了诉求人；没有这一项为还没有"`
	Reviewed *time.Time                `json:"reviewed,omitempty" doc:"先行查看的：隐私专员何时复核；没有这一项为还没有"`
	Proper   bool                      `json:"proper,omitempty" doc:"复核认为妥当"`
}

// apiContactWord is the record that a citizen was asked.
type apiContactWord struct {
	By     org.AccountID          `json:"by" format:"uuid" doc:"谁问的"`
	At     time.Time              `json:"at" doc:"何时"`
	Answer casework.ContactAnswer `json:"answer" enum:"yes,no,unreached" doc:"yes 同意，no 不同意，unreached 没有联系上"`
	Words  string                 `json:"words,omitempty" doc:"诉求人的话"`
}

func newAPIContactRequest(r casework.ContactRequest) apiContactRequest {
	out := apiContactRequest{
		ID: r.ID, Case: r.Case, Number: r.Number, By: r.By, At: utc(r.At), Why: r.Why, Words: make([]apiContactWord, len(r.Words)),
		Decided: whenKnown(r.Decided), Granted: r.Granted, Until: whenKnown(r.Until), Remark: r.Remark,
		AtOnce: r.AtOnce, Told: whenKnown(r.Told), Reviewed: whenKnown(r.Reviewed), Proper: r.Proper,
	}
	for i, w := range r.Words {
		out.Words[i] = apiContactWord{By: w.By, At: utc(w.At), Answer: w.Answer, Words: w.Words}
	}
	return out
}

type contactRequestsOutput struct {
	Body struct {
		Requests []apiContactRequest `json:"requests" nullable:"false" doc:"联系方式的申请"`
	} `nameHint:"ContactRequests"`
}

func newContactRequests(all []casework.ContactRequest) *contactRequestsOutput {
	out := &contactRequestsOutput{}
	out.Body.Requests = make([]apiContactRequest, len(all))
	for i, r := range all {
		out.Body.Requests[i] = newAPIContactRequest(r)
	}
	return out
}

type waitingContactsInput struct {
	AtOnce bool `query:"at_once" doc:"true：只要先行查看了、还没有告知诉求人或没有复核的；不填：等审批的"`
}

type askContactInput struct {
	ID   apiID `path:"id" doc:"工单的标识"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"500" doc:"为什么需要联系方式"`
	} `nameHint:"NewContactRequest"`
}

type atOnceInput struct {
	ID   apiID `path:"id" doc:"工单的标识"`
	Body struct {
		Danger bool   `json:"danger" doc:"true：有人有生命危险，来不及先问诉求人"`
		Why    string `json:"why" minLength:"1" maxLength:"500" doc:"危险是什么、为什么要马上联系"`
	} `nameHint:"ContactAtOnce"`
}

type contactOutput struct {
	Body struct {
		Name  string `json:"name,omitempty" doc:"姓名；没有这一项为没有留"`
		Phone string `json:"phone,omitempty" doc:"电话；没有这一项为没有留"`
	} `nameHint:"Contact"`
}

type contactWordInput struct {
	ID      apiID `path:"id" doc:"工单的标识"`
	Request apiID `path:"request" doc:"申请的标识"`
	Body    struct {
		Answer string `json:"answer" enum:"yes,no,unreached" doc:"yes 同意，no 不同意，unreached 没有联系上"`
		Words  string `json:"words,omitempty" maxLength:"500" doc:"诉求人的话"`
	} `nameHint:"NewContactWord"`
}

type contactDecisionInput struct {
	ID      apiID `path:"id" doc:"工单的标识"`
	Request apiID `path:"request" doc:"申请的标识"`
	Body    struct {
		Grant  bool   `json:"grant" doc:"true：批准，诉求人须同意过；没有记过诉求人的意见时一并记为同意"`
		Days   int    `json:"days,omitempty" minimum:"0" maximum:"30" doc:"批准时：可看几天，1–30"`
		Remark string `json:"remark,omitempty" maxLength:"500" doc:"说明，不批准时必填"`
	} `nameHint:"ContactDecision"`
}

type contactToldInput struct {
	ID      apiID `path:"id" doc:"工单的标识"`
	Request apiID `path:"request" doc:"申请的标识"`
	Body    struct {
		How string `json:"how" minLength:"1" maxLength:"500" doc:"怎样告知的"`
	} `nameHint:"ContactTold"`
}

type contactReviewInput struct {
	ID      apiID `path:"id" doc:"工单的标识"`
	Request apiID `path:"request" doc:"申请的标识"`
	Body    struct {
		Proper bool   `json:"proper" doc:"妥当"`
		Remark string `json:"remark,omitempty" maxLength:"500" doc:"说明，不妥时必填"`
	} `nameHint:"ContactReview"`
}

func (s *Server) contactOperations(a huma.API) {
	if s.o.Cases == nil {
		return
	}
	const one = "/cases/{id}/contact-requests/{request}"
	post := func(id, path, summary, more string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: path, Tags: []string{tagCases}, DefaultStatus: http.StatusNoContent,
			Errors: []int{http.StatusConflict}, Summary: summary, Description: more,
		}
	}
	handle(a, huma.Operation{
		OperationID: "list-contact-requests", Method: http.MethodGet, Path: "/contact-requests", Tags: []string{tagCases},
		Summary: "列出联系方式的申请", Description: "等审批的，或先行查看了还没有了结的，早的在前，至多 50 份。给热线、隐私专员和管理员。",
	}, func(ctx context.Context, actor org.Actor, in *waitingContactsInput) (*contactRequestsOutput, error) {
		list := s.o.Contacts.Waiting
		if in.AtOnce {
			list = s.o.Contacts.AtOnce
		}
		all, err := list(ctx, actor)
		return newContactRequests(all), err
	})
	handle(a, huma.Operation{
		OperationID: "get-contact-requests", Method: http.MethodGet, Path: "/cases/{id}/contact-requests", Tags: []string{tagCases},
		Summary: "列出一件工单的联系方式申请", Description: "晚的在前；承办单位的人只看到自己的。",
	}, func(ctx context.Context, actor org.Actor, in *caseInput) (*contactRequestsOutput, error) {
		d, _, err := s.o.Cases.Get(ctx, actor, idOf[casework.CaseID](in.ID))
		if err != nil {
			return nil, err
		}
		all, err := s.o.Contacts.Requests(ctx, actor, d)
		return newContactRequests(all), err
	})
	handle(a, post("ask-contact", "/cases/{id}/contact-requests", "申请诉求人的联系方式", "主办单位、转派到的下级单位和协办单位的人申请；热线问过诉求人后审批。"),
		func(ctx context.Context, actor org.Actor, in *askContactInput) (*struct{}, error) {
			return nil, s.o.Contacts.Ask(ctx, actor, idOf[casework.CaseID](in.ID), in.Body.Why)
		})
	handle(a, post("note-contact-answer", one+"/answers", "记下诉求人的意见", "问过诉求人以后记下谁问的、怎么说。只增不改。"),
		func(ctx context.Context, actor org.Actor, in *contactWordInput) (*struct{}, error) {
			return nil, s.o.Contacts.Note(ctx, actor, idOf[casework.CaseID](in.ID), idOf[casework.ContactRequestID](in.Request), casework.ContactAnswer(in.Body.Answer), in.Body.Words)
		})
	handle(a, post("decide-contact", one+"/decision", "审批联系方式的申请", "诉求人说过不同意的不能批准。"),
		func(ctx context.Context, actor org.Actor, in *contactDecisionInput) (*struct{}, error) {
			return nil, s.o.Contacts.Decide(ctx, actor, idOf[casework.CaseID](in.ID), idOf[casework.ContactRequestID](in.Request), in.Body.Grant, in.Body.Days, in.Body.Remark)
		})
	open := post("open-contact", "/cases/{id}/contact", "查看诉求人的联系方式", "诉求人事先同意的，或申请已获批准的；每次查看记入日志。")
	open.DefaultStatus = http.StatusOK
	handle(a, open, func(ctx context.Context, actor org.Actor, in *caseInput) (*contactOutput, error) {
		return newContact(s.o.Contacts.Open(ctx, actor, idOf[casework.CaseID](in.ID)))
	})
	atOnce := post("open-contact-at-once", "/cases/{id}/contact/at-once", "危及生命，先行查看联系方式", "只限紧急的工单；可看一天。热线随后告知诉求人，隐私专员复核。")
	atOnce.DefaultStatus = http.StatusOK
	handle(a, atOnce, func(ctx context.Context, actor org.Actor, in *atOnceInput) (*contactOutput, error) {
		return newContact(s.o.Contacts.OpenAtOnce(ctx, actor, idOf[casework.CaseID](in.ID), in.Body.Danger, in.Body.Why))
	})
	handle(a, post("tell-contact", one+"/told", "先行查看的，已告知诉求人", "记下怎样告知的，一次。"),
		func(ctx context.Context, actor org.Actor, in *contactToldInput) (*struct{}, error) {
			return nil, s.o.Contacts.Tell(ctx, actor, idOf[casework.CaseID](in.ID), idOf[casework.ContactRequestID](in.Request), in.Body.How)
		})
	handle(a, post("review-contact", one+"/review", "复核先行查看", "隐私专员说是否妥当，一次。"),
		func(ctx context.Context, actor org.Actor, in *contactReviewInput) (*struct{}, error) {
			return nil, s.o.Contacts.Review(ctx, actor, idOf[casework.CaseID](in.ID), idOf[casework.ContactRequestID](in.Request), in.Body.Proper, in.Body.Remark)
		})
}

func newContact(name, phone string, err error) (*contactOutput, error) {
	out := &contactOutput{}
	out.Body.Name, out.Body.Phone = name, phone
	return out, err
}
