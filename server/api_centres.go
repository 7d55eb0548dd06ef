package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// apiCentre is a sub-centre.
type apiCentre struct {
	Unit      org.UnitID     `json:"unit" format:"uuid" doc:"哪个单位"`
	Name      string         `json:"name" doc:"单位名称"`
	Areas     []org.AreaCode `json:"areas" nullable:"false" doc:"负责的区域，连同其中的"`
	Channels  []string       `json:"channels" nullable:"false" doc:"负责的渠道，优先于区域"`
	Opens     int            `json:"opens" doc:"每天几点开放，从零点起的分钟；与 shuts 相同为全天"`
	Shuts     int            `json:"shuts" doc:"每天几点关"`
	Closed    bool           `json:"closed" doc:"停用"`
	Open      bool           `json:"open" doc:"现在开放；没有开放时，它的诉求在市中心的队列里"`
	Waiting   int            `json:"waiting" doc:"队列里等着几件"`
	Decided   int            `json:"decided" doc:"近 30 天决定了几件"`
	OpenCases int            `json:"open_cases" doc:"在办工单"`
	LateCases int            `json:"late_cases" doc:"其中已超期的"`
}

type centresOutput struct {
	Body struct {
		Centres []apiCentre `json:"centres" nullable:"false" doc:"全部分中心"`
	} `nameHint:"SubCentres"`
}

type centreInput struct {
	ID   apiID `path:"id" doc:"哪个单位，类型须为分中心"`
	Body struct {
		Areas    []org.AreaCode `json:"areas,omitempty" nullable:"false" maxItems:"500" doc:"负责的区域"`
		Channels []string       `json:"channels,omitempty" nullable:"false" maxItems:"20" doc:"负责的渠道"`
		Opens    int            `json:"opens,omitempty" minimum:"0" maximum:"1439" doc:"每天几点开放，从零点起的分钟；都不填为全天"`
		Shuts    int            `json:"shuts,omitempty" minimum:"0" maximum:"1440" doc:"每天几点关"`
		Closed   bool           `json:"closed,omitempty" doc:"停用"`
	} `nameHint:"SubCentreRule"`
}

type queueMoveInput struct {
	ID   apiID `path:"id" doc:"事的标识"`
	Body struct {
		From apiID  `json:"from,omitempty" doc:"现在在哪个分中心的队列；没有这一项为市中心的。与现状不符时返回 409"`
		To   apiID  `json:"to,omitempty" doc:"转到哪个分中心；没有这一项为市中心"`
		Why  string `json:"why" minLength:"1" maxLength:"200" doc:"原因"`
	} `nameHint:"QueueMove"`
}

func (s *Server) centreOperations(a huma.API) {
	if s.o.Centres == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-sub-centres", Method: http.MethodGet, Path: "/sub-centres", Tags: []string{tagMatters},
		Summary: "列出分中心", Description: "各自负责什么、现在是否开放、有多少事。",
	}, s.listCentres)
	handle(a, huma.Operation{
		OperationID: "set-sub-centre", Method: http.MethodPost, Path: "/units/{id}/sub-centre", Tags: []string{tagMatters}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "设置分中心", Description: "由管理员设置。等着的诉求立即按新的规则分，有人转过的不动。区域或渠道已归别的分中心，返回 409。",
	}, s.takeCentre)
	handle(a, huma.Operation{
		OperationID: "move-queue", Method: http.MethodPost, Path: "/matters/{id}/queue", Tags: []string{tagMatters}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusNoContent, Summary: "转到另一个队列", Description: "市中心从分中心取来或转给分中心，分中心退回市中心；记入审计。别人先转了或已有决定，返回 409。",
	}, s.takeQueueMove)
}

func (s *Server) listCentres(ctx context.Context, actor org.Actor, _ *struct{}) (*centresOutput, error) {
	all, err := s.o.Centres.All(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &centresOutput{}
	out.Body.Centres = make([]apiCentre, len(all))
	for i, c := range all {
		out.Body.Centres[i] = apiCentre{
			Unit: c.Unit, Name: c.Name, Areas: listed(c.Areas), Channels: listed(c.Channels), Opens: c.Opens, Shuts: c.Shuts, Closed: c.Closed,
			Open: c.Open, Waiting: c.Waiting, Decided: c.Decided, OpenCases: c.OpenCases, LateCases: c.LateCases,
		}
	}
	return out, nil
}

func (s *Server) takeCentre(ctx context.Context, actor org.Actor, in *centreInput) (*struct{}, error) {
	b := in.Body
	return nil, s.o.Centres.Set(ctx, actor, classifier.SubCentre{
		Unit: idOf[org.UnitID](in.ID), Areas: b.Areas, Channels: b.Channels, Opens: b.Opens, Shuts: b.Shuts, Closed: b.Closed,
	})
}

func (s *Server) takeQueueMove(ctx context.Context, actor org.Actor, in *queueMoveInput) (*struct{}, error) {
	return nil, s.o.Centres.Put(ctx, actor, idOf[intake.MatterID](in.ID), idOf[org.UnitID](in.Body.From), idOf[org.UnitID](in.Body.To), in.Body.Why)
}
