package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
)

// apiNotification is one thing that somebody was told, or one letter to one of
// the staff.
type apiNotification struct {
	ID       casework.NotificationID    `json:"id" format:"uuid" doc:"通知的标识"`
	Kind     casework.NotificationKind  `json:"kind" enum:"accepted,dispatched,extended,completed,asked,rewarded,refused,staff" doc:"accepted 收到，dispatched 派单，extended 延期，completed 办结，asked 请补充情况，rewarded 奖励，refused 不予受理，staff 工作人员提醒"`
	State    casework.NotificationState `json:"state" enum:"queued,sent,failed,void" doc:"queued 待发，sent 已发，failed 没有发出，void 不发"`
	At       time.Time                  `json:"at" doc:"何时产生"`
	Urgent   bool                       `json:"urgent" doc:"夜间也发"`
	Text     string                     `json:"text" doc:"内容，不含个人信息"`
	Account  org.AccountID              `json:"account,omitempty" format:"uuid" doc:"给哪个工作人员；没有这一项为诉求人"`
	Attempts int                        `json:"attempts" doc:"发了几次"`
	Via      string                     `json:"via,omitempty" doc:"经什么发的"`
	Proof    string                     `json:"proof,omitempty" doc:"对方的编号"`
	Failure  string                     `json:"failure,omitempty" doc:"最近一次为什么没有发出"`
	Settled  *time.Time                 `json:"settled_at,omitempty" doc:"何时有了结果"`
	Arrived  *time.Time                 `json:"arrived_at,omitempty" doc:"对方说何时送到"`
}

type notificationsInput struct {
	State  casework.NotificationState `query:"state" enum:"queued,sent,failed,void" doc:"只要这一种；不填为全部"`
	Before apiID                      `query:"before" doc:"比这一条早的；不填为最新的"`
}

type notificationsOutput struct {
	Body struct {
		Notifications []apiNotification `json:"notifications" nullable:"false" doc:"新的在前，至多 50 条"`
		Queued        int               `json:"queued" doc:"待发几条"`
		Sent          int               `json:"sent" doc:"已发几条"`
		Failed        int               `json:"failed" doc:"没有发出几条"`
		Void          int               `json:"void" doc:"不发几条"`
		PausedUntil   *time.Time        `json:"paused_until,omitempty" doc:"对方出错，暂停到何时；没有这一项为没有暂停"`
		Why           string            `json:"why,omitempty" doc:"为什么暂停"`
	} `nameHint:"Notifications"`
}

type notificationInput struct {
	ID apiID `path:"id" doc:"通知的标识"`
}

// notificationOperations are those of the outbox.
func (s *Server) notificationOperations(a huma.API) {
	if s.o.Outbox == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-notifications", Method: http.MethodGet, Path: "/notifications", Tags: []string{tagCases}, Errors: []int{http.StatusNotFound},
		Summary: "列出通知", Description: "由管理员查看：给诉求人的和给工作人员的，发出没有，为什么。",
	}, s.listNotifications)
	handle(a, huma.Operation{
		OperationID: "resend-notification", Method: http.MethodPost, Path: "/notifications/{id}/again", Tags: []string{tagCases}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "重发一条通知", Description: "没有发出的和不发的可以重发，由管理员。已经待发、已发或已收回的返回 409；没有设置通知方式返回 422。",
	}, s.takeAgain)
}

func (s *Server) listNotifications(ctx context.Context, actor org.Actor, in *notificationsInput) (*notificationsOutput, error) {
	all, standing, err := s.o.Outbox.List(ctx, actor, casework.NotificationFilter{State: in.State, Before: idOf[casework.NotificationID](in.Before), Limit: notificationsShown})
	if err != nil {
		return nil, err
	}
	out := &notificationsOutput{}
	b := &out.Body
	b.Queued, b.Sent = standing.Counts[casework.NotificationQueued], standing.Counts[casework.NotificationSent]
	b.Failed, b.Void = standing.Counts[casework.NotificationFailed], standing.Counts[casework.NotificationVoid]
	if standing.PausedUntil.After(s.o.Now()) {
		b.PausedUntil, b.Why = whenKnown(standing.PausedUntil), standing.Why
	}
	b.Notifications = make([]apiNotification, len(all))
	for i, n := range all {
		b.Notifications[i] = apiNotification{
			ID: n.ID, Kind: n.Kind, State: n.State, At: utc(n.At), Urgent: n.Urgent, Text: n.Text, Account: n.Account,
			Attempts: n.Attempts, Via: n.Via, Proof: n.Proof, Failure: n.Failure, Settled: whenKnown(n.Settled), Arrived: whenKnown(n.Arrived),
		}
	}
	return out, nil
}

func (s *Server) takeAgain(ctx context.Context, actor org.Actor, in *notificationInput) (*struct{}, error) {
	return nil, s.o.Outbox.Again(ctx, actor, idOf[casework.NotificationID](in.ID))
}
