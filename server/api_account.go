package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// accuracyDays is the period when none is asked for.
const accuracyDays = 30

type accuracyInput struct {
	From time.Time `query:"from" doc:"从何时起；不填为 to 之前 30 天"`
	To   time.Time `query:"to" doc:"到何时止，不含；不填为现在"`
}

type accuracyOutput struct {
	Body apiAccuracy
}

// apiAccuracy is how often people kept what was suggested.
type apiAccuracy struct {
	From      time.Time        `json:"from" doc:"从何时起"`
	To        time.Time        `json:"to" doc:"到何时止，不含"`
	Decided   int              `json:"decided" doc:"有推荐且定了事项的决定数"`
	LeafRight int              `json:"leaf_right" doc:"首选事项就是所定事项"`
	LeafTop3  int              `json:"leaf_top3" doc:"前三个候选中有所定事项"`
	LeafTop5  int              `json:"leaf_top5" doc:"五个候选中有所定事项"`
	LeadRight int              `json:"lead_right" doc:"主办单位一致"`
	Declined  int              `json:"declined" doc:"不采纳"`
	Weeks     []apiAccuracyRow `json:"weeks" nullable:"false" doc:"按周，name 是周一的日期"`
	Channels  []apiAccuracyRow `json:"channels" nullable:"false" doc:"按渠道"`
	Doubts    []apiAccuracyRow `json:"doubts" nullable:"false" doc:"按把握"`
	Worst     []apiPair        `json:"worst" nullable:"false" doc:"最常被改的推荐，至多 20 对"`
}

type apiAccuracyRow struct {
	Name      string `json:"name" doc:"这一行是什么"`
	Decided   int    `json:"decided" doc:"决定数"`
	LeafRight int    `json:"leaf_right" doc:"首选事项就是所定事项"`
	LeadRight int    `json:"lead_right" doc:"主办单位一致"`
}

type apiPair struct {
	Suggested string `json:"suggested" doc:"推荐的事项"`
	Decided   string `json:"decided" doc:"人改成的事项"`
	Count     int    `json:"count" doc:"次数"`
}

func newAPIAccuracyRows(rows []classifier.AccuracyRow) []apiAccuracyRow {
	out := make([]apiAccuracyRow, len(rows))
	for i, r := range rows {
		out[i] = apiAccuracyRow(r)
	}
	return out
}

type meOutput struct {
	Body apiActor
}

// apiActor is whose token it is.
type apiActor struct {
	Account  org.AccountID `json:"account" format:"uuid" doc:"账号编号"`
	Login    string        `json:"login" doc:"登录名"`
	Name     string        `json:"name" doc:"姓名"`
	Roles    []org.Role    `json:"roles" nullable:"false" enum:"agent,dispatcher,supervisor,editor,unit,leader,admin,privacy,bot" doc:"agent 话务员，dispatcher 派单员，supervisor 督办员，editor 知识采编员，unit 承办人员，leader 领导，admin 管理员，privacy 隐私专员，bot 问答机器人；可以有几个"`
	Unit     org.UnitID    `json:"unit,omitempty" format:"uuid" doc:"所属单位；没有这一项为热线本身"`
	Channels []string      `json:"channels" nullable:"false" doc:"令牌可用于哪些渠道；空为不限"`
}

func (s *Server) accountOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "accuracy", Method: http.MethodGet, Path: "/accuracy", Tags: []string{tagAccount},
		Summary: "推荐准确率", Description: "以人的决定为准：这段时间的推荐有多少被采用。",
	}, s.giveAccuracy)
	handle(a, huma.Operation{
		OperationID: "me", Method: http.MethodGet, Path: "/me", Tags: []string{tagAccount},
		Summary: "令牌属于谁", Description: "账号、角色和可用的渠道。",
	}, s.giveActor)
}

// giveAccuracy answers with how often the machine was right.
func (s *Server) giveAccuracy(ctx context.Context, actor org.Actor, in *accuracyInput) (*accuracyOutput, error) {
	to := in.To
	if to.IsZero() {
		to = s.o.Now()
	}
	from := in.From
	if from.IsZero() {
		from = to.AddDate(0, 0, -accuracyDays)
	}
	from, to = utc(from), utc(to)
	if from.Year() < 0 || to.Year() > 9999 { // no RFC 3339 time can say so
		return nil, errs.New(errs.Invalid, "field.time", "to").In("to")
	}
	if !from.Before(to) {
		return nil, errs.New(errs.Invalid, "period.empty").In("to")
	}
	r, err := s.o.Desk.Accuracy(ctx, actor, from, to)
	if err != nil {
		return nil, err
	}
	out := apiAccuracy{
		From: from, To: to, Decided: r.Decided, LeafRight: r.LeafRight, LeafTop3: r.LeafTop3, LeafTop5: r.LeafTop5,
		LeadRight: r.LeadRight, Declined: r.Declined, Weeks: newAPIAccuracyRows(r.Weeks),
		Channels: newAPIAccuracyRows(r.Channels), Doubts: newAPIAccuracyRows(r.Doubts), Worst: make([]apiPair, len(r.Worst)),
	}
	for i, w := range r.Worst {
		out.Worst[i] = apiPair(w)
	}
	return &accuracyOutput{Body: out}, nil
}

// giveActor answers with who calls.
func (s *Server) giveActor(_ context.Context, actor org.Actor, _ *struct{}) (*meOutput, error) {
	return &meOutput{Body: apiActor{
		Account: actor.Account, Login: actor.Login, Name: actor.Name, Roles: actor.Roles, Unit: actor.Unit,
		Channels: listed(actor.Channels),
	}}, nil
}
