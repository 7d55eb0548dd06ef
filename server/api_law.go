package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/intake"
	"huying/internal/org"
)

// apiAccusation is whom a matter complains of.
type apiAccusation struct {
	Units   []org.UnitID    `json:"units" nullable:"false" format:"uuid" doc:"被投诉的单位"`
	Persons []org.AccountID `json:"persons" nullable:"false" format:"uuid" doc:"被投诉的人的账号"`
	Hotline bool            `json:"hotline" doc:"投诉热线自己的服务，由热线主管决定"`
	Barred  []org.UnitID    `json:"barred" nullable:"false" format:"uuid" doc:"不能主办、协办，也看不到这件事的单位：被投诉的和它们的下级"`
	Why     string          `json:"why,omitempty" doc:"投诉他们什么"`
	At      time.Time       `json:"at" doc:"何时记下的；再改时原样填在 seen 里"`
}

func newAPIAccusation(a intake.Accusation) *apiAccusation {
	if !a.Stands() {
		return nil
	}
	return &apiAccusation{Units: listed(a.Units), Persons: listed(a.Persons), Hotline: a.Hotline, Barred: listed(a.Barred), Why: a.Why, At: utc(a.At)}
}

// apiAccusedForm is what a client sends to say whom a matter complains of.
type apiAccusedForm struct {
	Units   []apiID `json:"units,omitempty" nullable:"false" maxItems:"10" doc:"被投诉的单位"`
	Hotline bool    `json:"hotline,omitempty" doc:"投诉的是热线自己的服务"`
	Why     string  `json:"why,omitempty" maxLength:"200" doc:"投诉他们什么"`
}

func (f *apiAccusedForm) accusation() *intake.Accusation {
	if f == nil {
		return nil
	}
	return &intake.Accusation{Units: idsOf[org.UnitID](f.Units), Hotline: f.Hotline, Why: f.Why}
}

type accuseInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		apiAccusedForm
		Persons []string  `json:"persons,omitempty" nullable:"false" maxItems:"10" doc:"被投诉的人的登录名"`
		Seen    time.Time `json:"seen,omitempty" doc:"所见的 accused 的 at；还没有就不填。与现状不符时返回 409"`
	} `nameHint:"NewAccusation"`
}

type tracesOutput struct {
	Body struct {
		Traces []apiTrace `json:"traces" nullable:"false" doc:"会让承办单位认出诉求人的话"`
	} `nameHint:"Traces"`
}

// apiTrace is a piece of a text by which a unit could tell who complains.
type apiTrace struct {
	Kind    string `json:"kind" doc:"说的是什么，如 身份、工作单位、孩子的学校"`
	Text    string `json:"text" doc:"原文中的话"`
	Instead string `json:"instead" doc:"隐去以后写什么"`
}

type veilInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		Traces []string `json:"traces" nullable:"false" minItems:"1" maxItems:"50" doc:"要隐去的话，取自列出的 text"`
	} `nameHint:"Veil"`
}

type secretInput struct {
	ID apiID `path:"id" doc:"诉求编号"`
}

type lockInput struct {
	ID   apiID `path:"id" doc:"诉求编号"`
	Body struct {
		Why     string   `json:"why" minLength:"1" maxLength:"200" doc:"为什么认为涉密，不要写出内容"`
		Readers []string `json:"readers" nullable:"false" minItems:"1" maxItems:"10" doc:"谁可以查看，登录名"`
	} `nameHint:"NewLock"`
}

type askUnlockInput struct {
	ID   apiID `path:"id" doc:"诉求编号"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"200" doc:"为什么解除"`
	} `nameHint:"UnlockRequest"`
}

// apiLock is what is known of a locked message beside its words.
type apiLock struct {
	Message intake.MessageID `json:"message" format:"uuid" doc:"诉求编号"`
	Why     string           `json:"why" doc:"为什么认为涉密"`
	Readers []org.AccountID  `json:"readers" nullable:"false" format:"uuid" doc:"谁可以查看"`
	By      org.AccountID    `json:"by" format:"uuid" doc:"谁封存的"`
	At      time.Time        `json:"at" doc:"何时"`
	LiftBy  org.AccountID    `json:"lift_by,omitempty" format:"uuid" doc:"谁申请解除；没有这一项为没有"`
	LiftWhy string           `json:"lift_why,omitempty" doc:"为什么解除"`
}

type locksOutput struct {
	Body struct {
		Locks []apiLock `json:"locks" nullable:"false" doc:"晚的在前，不含内容"`
	} `nameHint:"Locks"`
}

func (s *Server) lawOperations(a huma.API) {
	if s.o.Accusations == nil || s.o.Secrets == nil || s.o.Veils == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "accuse", Method: http.MethodPut, Path: "/matters/{id}/accused", Tags: []string{tagMatters},
		DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
		Summary: "记下这件事投诉的是谁",
		Description: "被投诉的单位和它们的下级不能主办、协办，也看不到这件事；投诉热线自己的，转热线主管决定，接电话的人看不到。" +
			"什么都不填为不是投诉谁。被投诉的单位正在办这件工单时返回 409，请用 decide 同时改派。",
	}, s.takeAccused)
	handle(a, huma.Operation{
		OperationID: "list-traces", Method: http.MethodGet, Path: "/matters/{id}/traces", Tags: []string{tagMatters},
		Summary: "列出会让承办单位认出诉求人的话", Description: "由规则找出，由人决定隐不隐去。",
	}, s.listTraces)
	handle(a, huma.Operation{
		OperationID: "veil-matter", Method: http.MethodPost, Path: "/matters/{id}/veil", Tags: []string{tagMatters},
		DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
		Summary: "隐去会让承办单位认出诉求人的话", Description: "承办单位从此看到隐去以后的文字；原话仍封存。还没有决定的，推荐重新生成。",
	}, s.takeVeil)
	handle(a, huma.Operation{
		OperationID: "lock-message", Method: http.MethodPost, Path: "/messages/{id}/lock", Tags: []string{tagMessages},
		DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
		Summary: "封存涉密的诉求", Description: "内容从推荐、学习、检索、导出中去掉并封存，只有 readers 可以查看，每次查看记入日志。",
	}, s.takeLock)
	handle(a, huma.Operation{
		OperationID: "clear-message", Method: http.MethodPost, Path: "/messages/{id}/clear", Tags: []string{tagMessages},
		DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
		Summary: "可能涉密的诉求经判断不涉密", Description: "原文提到涉密文件的诉求先不推荐；判断不涉密后照常推荐。",
	}, s.takeClear)
	handle(a, huma.Operation{
		OperationID: "ask-unlock", Method: http.MethodPost, Path: "/messages/{id}/unlock", Tags: []string{tagMessages},
		DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
		Summary: "申请解除封存", Description: "由另一个人同意后解除。",
	}, s.takeAskUnlock)
	handle(a, huma.Operation{
		OperationID: "agree-unlock", Method: http.MethodPost, Path: "/messages/{id}/unlock/agree", Tags: []string{tagMessages},
		DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
		Summary: "同意解除封存", Description: "申请的人自己不能同意。",
	}, s.takeUnlock)
	handle(a, huma.Operation{
		OperationID: "list-locked", Method: http.MethodGet, Path: "/messages/locked", Tags: []string{tagMessages},
		Summary: "列出封存的诉求", Description: "不含内容。",
	}, s.listLocked)
}

func (s *Server) takeAccused(ctx context.Context, actor org.Actor, in *accuseInput) (*struct{}, error) {
	return nil, s.o.Accusations.Set(ctx, actor, idOf[intake.MatterID](in.ID), *in.Body.accusation(), in.Body.Persons, in.Body.Seen)
}

func (s *Server) listTraces(ctx context.Context, actor org.Actor, in *matterInput) (*tracesOutput, error) {
	f, err := s.o.Desk.File(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &tracesOutput{}
	found := intake.Traces(f.Matter.Title, f.Matter.Text)
	out.Body.Traces = make([]apiTrace, len(found))
	for i, t := range found {
		out.Body.Traces[i] = apiTrace(t)
	}
	return out, nil
}

func (s *Server) takeVeil(ctx context.Context, actor org.Actor, in *veilInput) (*struct{}, error) {
	f, err := s.o.Desk.File(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	return nil, s.o.Veils.Veil(ctx, actor, f.Matter.ID, in.Body.Traces)
}

// lockable refuses a message that the actor cannot see, as if there were none.
func (s *Server) lockable(ctx context.Context, actor org.Actor, id apiID) (intake.MessageID, error) {
	m, err := s.o.Intake.Message(ctx, actor, idOf[intake.MessageID](id))
	return m.ID, err
}

func (s *Server) takeLock(ctx context.Context, actor org.Actor, in *lockInput) (*struct{}, error) {
	m, err := s.lockable(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.o.Secrets.Lock(ctx, actor, m, in.Body.Why, in.Body.Readers)
}

func (s *Server) takeClear(ctx context.Context, actor org.Actor, in *secretInput) (*struct{}, error) {
	m, err := s.lockable(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.o.Secrets.Clear(ctx, actor, m)
}

func (s *Server) takeAskUnlock(ctx context.Context, actor org.Actor, in *askUnlockInput) (*struct{}, error) {
	m, err := s.lockable(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.o.Secrets.AskUnlock(ctx, actor, m, in.Body.Why)
}

func (s *Server) takeUnlock(ctx context.Context, actor org.Actor, in *secretInput) (*struct{}, error) {
	m, err := s.lockable(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.o.Secrets.Unlock(ctx, actor, m)
}

func (s *Server) listLocked(ctx context.Context, actor org.Actor, _ *struct{}) (*locksOutput, error) {
	all, err := s.o.Secrets.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &locksOutput{}
	out.Body.Locks = make([]apiLock, len(all))
	for i, l := range all {
		out.Body.Locks[i] = apiLock{Message: l.Message, Why: l.Why, Readers: listed(l.Readers), By: l.By, At: utc(l.At), LiftBy: l.LiftBy, LiftWhy: l.LiftWhy}
	}
	return out, nil
}
