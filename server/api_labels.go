package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/org"
)

// apiLabel is a harassment label.
type apiLabel struct {
	ID       casework.LabelID    `json:"id" format:"uuid" doc:"标记的标识"`
	State    casework.LabelState `json:"state" enum:"proposed,active,refused,lifted,expired" doc:"proposed 待批准，active 生效中，refused 没有批准，lifted 已解除，expired 已到期"`
	Why      string              `json:"why" doc:"理由"`
	Days     int                 `json:"days" doc:"从批准起生效多少天"`
	By       org.AccountID       `json:"by" format:"uuid" doc:"谁提出的"`
	At       time.Time           `json:"at" doc:"何时提出"`
	Decider  org.AccountID       `json:"decider,omitempty" format:"uuid" doc:"谁批准或没有批准"`
	Decided  *time.Time          `json:"decided,omitempty" doc:"何时"`
	Remark   string              `json:"remark,omitempty" doc:"批准人的说明"`
	Until    time.Time           `json:"until" doc:"到何时为止；待批准的，过后不能再批准"`
	Lifter   org.AccountID       `json:"lifter,omitempty" format:"uuid" doc:"谁解除的"`
	LiftWhy  string              `json:"lift_why,omitempty" doc:"解除的理由"`
	Evidence []apiLabelEvidence  `json:"evidence" nullable:"false" doc:"作为证据的诉求"`
}

// apiLabelEvidence is a message on which a label rests.
type apiLabelEvidence struct {
	Message intake.MessageID `json:"message" format:"uuid" doc:"诉求"`
	At      time.Time        `json:"at" doc:"何时"`
	Title   string           `json:"title" doc:"说了什么，已隐去个人信息"`
	Phone   string           `json:"phone,omitempty" example:"138****0021" doc:"电话的首尾几位；已删除的没有这一项"`
}

func newAPILabel(l casework.Label) apiLabel {
	out := apiLabel{
		ID: l.ID, State: l.State, Why: l.Why, Days: l.Days, By: l.By, At: utc(l.At), Decider: l.Decider, Decided: whenKnown(l.Decided), Remark: l.Remark,
		Until: utc(l.Until), Lifter: l.Lifter, LiftWhy: l.LiftWhy, Evidence: make([]apiLabelEvidence, len(l.Evidence)),
	}
	for i, e := range l.Evidence {
		out.Evidence[i] = apiLabelEvidence{Message: e.Message, At: utc(e.At), Title: e.Title, Phone: e.Hint}
	}
	return out
}

type labelsInput struct {
	State  string `query:"state" enum:"proposed,active,refused,lifted,expired" doc:"哪种状态；不填为 proposed"`
	Before apiID  `query:"before" doc:"只要比这一个更早的：上一页的 next"`
}

type labelsOutput struct {
	Body struct {
		Labels []apiLabel       `json:"labels" nullable:"false" doc:"晚的在前，至多 50 个"`
		Next   casework.LabelID `json:"next,omitempty" format:"uuid" doc:"取更早一页时的 before；没有这一项为到头了"`
	} `nameHint:"Labels"`
}

type matterLabelsOutput struct {
	Body struct {
		Labels []apiLabel `json:"labels" nullable:"false" doc:"来电人生效中和待批准的标记"`
	} `nameHint:"MatterLabels"`
}

type newLabelInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		Why      string  `json:"why" minLength:"1" maxLength:"500" doc:"理由，其中的个人信息会遮盖"`
		Days     int     `json:"days,omitempty" minimum:"0" maximum:"365" doc:"从批准起生效多少天；不填为 90"`
		Evidence []apiID `json:"evidence" nullable:"false" minItems:"1" maxItems:"10" doc:"作为证据的诉求，须是同一来电人的"`
	} `nameHint:"NewLabel"`
}

type labelOutput struct {
	Body apiLabel
}

type labelDecisionInput struct {
	ID   apiID `path:"id" doc:"标记的标识"`
	Body struct {
		Approve bool   `json:"approve" doc:"true 批准，false 不批准"`
		Remark  string `json:"remark,omitempty" maxLength:"500" doc:"说明；没有批准时必填"`
	} `nameHint:"LabelDecision"`
}

type labelLiftInput struct {
	ID   apiID `path:"id" doc:"标记的标识"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"500" doc:"解除的理由"`
	} `nameHint:"LabelLift"`
}

func (s *Server) labelOperations(a huma.API) {
	if s.o.Labels == nil {
		return
	}
	op := func(id, method, path, summary, description string, more ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Tags: []string{tagPrivacy}, Summary: summary, Description: description, Errors: more}
	}
	handle(a, op("list-labels", http.MethodGet, "/labels", "列出骚扰标记", "标记只提醒话务员、不发奖励；被标记的人说的每件事照样受理和判断。"), s.listLabels)
	handle(a, op("get-matter-labels", http.MethodGet, "/matters/{id}/labels", "来电人的骚扰标记", "生效中和待批准的。"), s.giveMatterLabels)
	handle(a, op("propose-label", http.MethodPost, "/matters/{id}/labels", "提出骚扰标记", "由另一个人批准后生效。此人已有待批准或生效中的返回 409。", http.StatusConflict), s.takeLabel)
	handle(a, silent(op("decide-label", http.MethodPost, "/labels/{id}/decisions", "批准或不批准骚扰标记", "不能批准自己提出的。别人先决定了的返回 409。", http.StatusConflict)), s.takeLabelDecision)
	handle(a, silent(op("lift-label", http.MethodPost, "/labels/{id}/lift", "解除骚扰标记", "没有在生效的返回 409。", http.StatusConflict)), s.takeLift)
}

func newAPILabels(all []casework.Label) []apiLabel {
	out := make([]apiLabel, len(all))
	for i, l := range all {
		out[i] = newAPILabel(l)
	}
	return out
}

func (s *Server) listLabels(ctx context.Context, actor org.Actor, in *labelsInput) (*labelsOutput, error) {
	all, err := s.o.Labels.List(ctx, actor, casework.LabelState(in.State), idOf[casework.LabelID](in.Before))
	if err != nil {
		return nil, err
	}
	out := &labelsOutput{}
	out.Body.Labels = newAPILabels(all)
	if len(all) == labelsShown {
		out.Body.Next = all[len(all)-1].ID
	}
	return out, nil
}

func (s *Server) giveMatterLabels(ctx context.Context, actor org.Actor, in *matterInput) (*matterLabelsOutput, error) {
	if err := org.Can(actor, org.ActReadLabels); err != nil {
		return nil, err
	}
	all, _, err := s.o.Labels.OfMatter(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &matterLabelsOutput{}
	out.Body.Labels = newAPILabels(all)
	return out, nil
}

func (s *Server) takeLabel(ctx context.Context, actor org.Actor, in *newLabelInput) (*labelOutput, error) {
	l, err := s.o.Labels.Propose(ctx, actor, idOf[intake.MatterID](in.ID), idsOf[intake.MessageID](in.Body.Evidence), in.Body.Why, in.Body.Days)
	if err != nil {
		return nil, err
	}
	return &labelOutput{Body: newAPILabel(l)}, nil
}

func (s *Server) takeLabelDecision(ctx context.Context, actor org.Actor, in *labelDecisionInput) (*struct{}, error) {
	return nil, s.o.Labels.Decide(ctx, actor, idOf[casework.LabelID](in.ID), in.Body.Approve, in.Body.Remark)
}

func (s *Server) takeLift(ctx context.Context, actor org.Actor, in *labelLiftInput) (*struct{}, error) {
	return nil, s.o.Labels.Lift(ctx, actor, idOf[casework.LabelID](in.ID), in.Body.Why)
}
