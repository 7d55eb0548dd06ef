package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

type queueInput struct {
	State  string `query:"state" enum:"open,answered,decided" default:"open" doc:"open 等人决定，answered 已当场答复，decided 已有决定"`
	Before apiID  `query:"before" doc:"只要比这一件更早的：上一页的 next"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几件"`
	Unsure bool   `query:"unsure" doc:"true：把握最小的在前，不分页"`
	Centre string `query:"centre" maxLength:"36" doc:"只要这个分中心队列里的；city 为只要市中心的；不填为全部。分中心的令牌只看到自己的"`
	Review bool   `query:"review" doc:"true：只要等审核的，把握最小的在前，不分页；需要知识采编员或管理员的令牌"`
}

type queueOutput struct {
	Body apiQueue
}

type apiQueue struct {
	Matters []apiQueued     `json:"matters" nullable:"false" doc:"新的在前"`
	Open    int             `json:"open" doc:"一共有几件等人决定，不含已请审核员看的"`
	Next    intake.MatterID `json:"next,omitempty" format:"uuid" doc:"取更早一页时的 before；没有这一项为到头了"`
}

// apiQueued is one line of the queue.
type apiQueued struct {
	Matter      intake.MatterID  `json:"matter" format:"uuid" doc:"这件事的编号"`
	Message     intake.MessageID `json:"message" format:"uuid" doc:"诉求编号"`
	At          time.Time        `json:"at" doc:"诉求发生的时间"`
	Channel     intake.Channel   `json:"channel" doc:"渠道"`
	Title       string           `json:"title" doc:"标题，或内容的开头"`
	Place       string           `json:"place,omitempty" doc:"地点"`
	Urgency     intake.Urgency   `json:"urgency,omitempty" doc:"推荐的紧急程度；还没有推荐时没有这一项"`
	Doubt       classifier.Doubt `json:"doubt,omitempty" doc:"推荐的把握"`
	Top         string           `json:"top,omitempty" doc:"首选事项"`
	Probability float64          `json:"probability" minimum:"0" maximum:"1" doc:"首选事项的概率"`
	SentAt      *time.Time       `json:"sent_at,omitempty" doc:"何时请审核员看的；没有这一项为没有请"`
	SentBy      string           `json:"sent_by,omitempty" doc:"谁请的"`
}

// newAPIQueued is a line of the queue.
func newAPIQueued(q classifier.QueueItem) apiQueued {
	out := apiQueued{
		Matter: q.Matter, Message: q.Message, At: utc(q.At), Channel: q.Channel, Title: q.Title, Place: q.Place,
		Urgency: q.Urgency, Doubt: q.Doubt, Top: q.Top, Probability: q.Probability,
	}
	if q.Sent != nil {
		out.SentAt, out.SentBy = whenKnown(q.Sent.At), q.Sent.Name
	}
	return out
}

type matterInput struct {
	ID apiID `path:"id" doc:"这件事的编号"`
}

type fileOutput struct {
	Body apiFile
}

// apiFile is everything about one matter.
type apiFile struct {
	Message   *apiMessage    `json:"message" doc:"所属的诉求"`
	Matter    apiMatter      `json:"matter" doc:"这件事，连同智能推荐和即时答复"`
	Decisions []apiDecision  `json:"decisions" nullable:"false" doc:"人的决定，早的在前；最后一条有效，下一个决定的 previous 填它的编号"`
	Accused   *apiAccusation `json:"accused,omitempty" doc:"投诉对象；没有这一项为没有人记下"`
	Recent    int            `json:"recent" doc:"同一诉求人前后 30 天内的其他诉求数"`
}

// apiDecision is a person's word on a matter.
type apiDecision struct {
	ID         classifier.DecisionID   `json:"id" format:"uuid" doc:"决定编号"`
	Matter     intake.MatterID         `json:"matter" format:"uuid" doc:"所决定的事"`
	Suggestion classifier.SuggestionID `json:"suggestion,omitempty" format:"uuid" doc:"当时所见的推荐"`
	Previous   classifier.DecisionID   `json:"previous,omitempty" format:"uuid" doc:"前一个决定"`
	Kind       classifier.Kind         `json:"kind" enum:"confirm,correct,decline,withdraw" doc:"confirm 确认，correct 修改，decline 不采纳，withdraw 撤销"`
	Category   classifier.CategoryID   `json:"category,omitempty" format:"uuid" doc:"事项"`
	Lead       org.UnitID              `json:"lead,omitempty" format:"uuid" doc:"主办单位"`
	Co         []org.UnitID            `json:"co" nullable:"false" format:"uuid" doc:"协办单位"`
	Type       intake.Type             `json:"type,omitempty" doc:"诉求类型"`
	Urgency    intake.Urgency          `json:"urgency,omitempty" doc:"紧急程度"`
	Reason     string                  `json:"reason,omitempty" doc:"原因"`
	By         org.AccountID           `json:"by" format:"uuid" doc:"谁决定的"`
	At         time.Time               `json:"at" doc:"何时"`
}

func newAPIDecision(d classifier.Decision) apiDecision {
	return apiDecision{
		ID: d.ID, Matter: d.Matter, Suggestion: d.Suggestion, Previous: d.Previous, Kind: d.Kind,
		Category: d.Category, Lead: d.Lead, Co: listed(d.Co), Type: d.Type, Urgency: d.Urgency,
		Reason: d.Reason, By: d.By, At: utc(d.At),
	}
}

type decideInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body apiDecisionForm
}

// apiDecisionForm is what a client sends to decide.
type apiDecisionForm struct {
	Kind       string  `json:"kind" enum:"confirm,correct,decline,withdraw" doc:"confirm 确认首选，correct 改成别的，decline 不采纳，withdraw 撤销前一个决定"`
	Suggestion apiID   `json:"suggestion,omitempty" doc:"所见的推荐；没有看推荐就不填"`
	Previous   apiID   `json:"previous,omitempty" doc:"所见的最后一个决定；还没有决定就不填。与现状不符时返回 409"`
	Category   apiID   `json:"category,omitempty" doc:"末级事项，确认和修改时必填"`
	Lead       apiID   `json:"lead,omitempty" doc:"主办单位，确认和修改时必填"`
	Co         []apiID `json:"co,omitempty" maxItems:"20" nullable:"false" doc:"协办单位，不含主办单位"`
	Type       string  `json:"type,omitempty" enum:"咨询,求助,意见建议,投诉,举报,表扬" doc:"诉求类型"`
	Urgency    string  `json:"urgency,omitempty" enum:"A,B,C" doc:"紧急程度，确认和修改时必填：A 紧急，B 较急，C 一般"`
	Reason     string  `json:"reason,omitempty" maxLength:"500" doc:"原因，不采纳时必填"`
	NotOwn     bool    `json:"not_own,omitempty" doc:"以涉及秘密或他人隐私不予受理时必须为 true：不是诉求人自己的隐私被泄露，那样的应当受理"`
	Key        string  `json:"key,omitempty" maxLength:"100" doc:"这次请求的唯一标记。同一账号带同一标记重复提交，只记一次，得到第一次的决定"`

	Accused *apiAccusedForm `json:"accused,omitempty" doc:"连同决定记下投诉对象；不填为不变"`
}

func (b apiDecisionForm) decision(matter apiID) classifier.Decision {
	return classifier.Decision{
		Matter: idOf[intake.MatterID](matter), Suggestion: idOf[classifier.SuggestionID](b.Suggestion),
		Previous: idOf[classifier.DecisionID](b.Previous), Kind: classifier.Kind(b.Kind),
		Category: idOf[classifier.CategoryID](b.Category), Lead: idOf[org.UnitID](b.Lead), Co: idsOf[org.UnitID](b.Co),
		Type: intake.Type(b.Type), Urgency: intake.Urgency(b.Urgency), Reason: b.Reason, NotOwn: b.NotOwn, Accused: b.Accused.accusation(),
	}
}

type decideOutput struct {
	Body apiDecision
}

type verdictInput struct {
	ID   apiID `path:"id" doc:"这件事的编号"`
	Body struct {
		Solved bool `json:"solved" doc:"true：答复解决了问题，这件事到此为止；false：没有解决，回到待办"`
	} `nameHint:"Verdict"`
}

func (s *Server) matterOperations(a huma.API) {
	s.centreOperations(a)
	handle(a, huma.Operation{
		OperationID: "list-matters", Method: http.MethodGet, Path: "/matters", Tags: []string{tagMatters},
		Summary: "列出待办", Description: "新的在前，用 before 取更早的。",
	}, s.listMatters)
	handle(a, huma.Operation{
		OperationID: "get-matter", Method: http.MethodGet, Path: "/matters/{id}", Tags: []string{tagMatters},
		Summary: "取一件事的全部情况", Description: "作决定所需的一切：诉求、智能推荐、即时答复、已有的决定。",
	}, s.giveFile)
	handle(a, huma.Operation{
		OperationID: "decide", Method: http.MethodPost, Path: "/matters/{id}/decisions", Tags: []string{tagMatters},
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
		Summary: "作一个决定",
		Description: "确认、修改、不采纳或撤销。决定只增不改；新的决定接在 previous 之后，" +
			"若别人先作了决定，返回 409，什么都不记。",
	}, s.takeDecision)
	handle(a, huma.Operation{
		OperationID: "judge-answer", Method: http.MethodPost, Path: "/matters/{id}/verdict", Tags: []string{tagMatters},
		DefaultStatus: http.StatusNoContent,
		Summary:       "记下即时答复是否解决了问题", Description: "没有问过知识库的事返回 404。",
	}, s.takeVerdict)
}

// listMatters gives a page of the queue.
func (s *Server) listMatters(ctx context.Context, actor org.Actor, in *queueInput) (*queueOutput, error) {
	f := classifier.QueueFilter{
		State: intake.MatterState(in.State), Before: idOf[intake.MatterID](in.Before), Limit: in.Limit, Unsure: in.Unsure, Review: in.Review,
	}
	f.Of, f.City = queueNamed(in.Centre)
	items, open, err := s.o.Desk.Queue(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	out := &queueOutput{Body: apiQueue{Matters: make([]apiQueued, len(items)), Open: open}}
	for i, q := range items {
		out.Body.Matters[i] = newAPIQueued(q)
	}
	if len(items) == in.Limit && !in.Unsure && !in.Review {
		out.Body.Next = items[len(items)-1].Matter
	}
	return out, nil
}

// giveFile answers with all that is known of a matter.
func (s *Server) giveFile(ctx context.Context, actor org.Actor, in *matterInput) (*fileOutput, error) {
	f, err := s.o.Desk.File(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	finder, err := s.factFinderNow(ctx)
	if err != nil {
		return nil, err
	}
	out := apiFile{
		Message: newAPIMessage(f.Message, finder), Matter: newAPIMatter(f.Matter, finder),
		Decisions: make([]apiDecision, len(f.Decisions)), Recent: f.Recent, Accused: newAPIAccusation(f.Accused),
	}
	if f.Suggestion != nil {
		out.Matter.Suggestion = newAPISuggestion(*f.Suggestion)
	}
	for i, d := range f.Decisions {
		out.Decisions[i] = newAPIDecision(d)
	}
	out.Matter.Answer, err = s.storedAnswer(ctx, actor, f.Matter.ID)
	return &fileOutput{Body: out}, err
}

// takeDecision makes a person's decision take effect.
func (s *Server) takeDecision(ctx context.Context, actor org.Actor, in *decideInput) (*decideOutput, error) {
	d, err := s.o.Desk.Decide(ctx, actor, in.Body.decision(in.ID), in.Body.Key)
	if err != nil {
		return nil, err
	}
	return &decideOutput{Body: newAPIDecision(d)}, nil
}

// takeVerdict notes whether the instant answer solved the matter.
func (s *Server) takeVerdict(ctx context.Context, actor org.Actor, in *verdictInput) (*struct{}, error) {
	return nil, s.o.Desk.Verdict(ctx, actor, idOf[intake.MatterID](in.ID), in.Body.Solved)
}
