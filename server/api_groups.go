package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
)

// apiGroup is a work group.
type apiGroup struct {
	ID      casework.GroupID `json:"id" format:"uuid" doc:"专班的标识"`
	Name    string           `json:"name" doc:"名称"`
	Purpose string           `json:"purpose" doc:"任务"`
	Unit    org.UnitID       `json:"unit,omitempty" format:"uuid" doc:"哪个单位内的；没有这一项为跨单位"`
	Lead    org.AccountID    `json:"lead" format:"uuid" doc:"负责人"`
	Members []apiTeammate    `json:"members" nullable:"false" doc:"全部的人"`
	From    time.Time        `json:"from" doc:"从何时起"`
	Until   time.Time        `json:"until" doc:"到何时止"`
	Open    int              `json:"open" doc:"手上有几件工单"`
	Changes []apiJoining     `json:"changes" nullable:"false" doc:"建立以后的人员变动，早的在前"`
}

// apiTeammate is somebody of a group.
type apiTeammate struct {
	Account org.AccountID `json:"account" format:"uuid" doc:"账号编号"`
	Login   string        `json:"login" doc:"登录名"`
	Name    string        `json:"name" doc:"姓名"`
	Unit    org.UnitID    `json:"unit,omitempty" format:"uuid" doc:"所属单位"`
}

// apiJoining is somebody who came into a group or left it.
type apiJoining struct {
	At     time.Time     `json:"at" doc:"何时"`
	By     org.AccountID `json:"by" format:"uuid" doc:"谁调整的"`
	Name   string        `json:"name" doc:"谁"`
	Joined bool          `json:"joined" doc:"true 加入，false 退出"`
}

type groupChangeInput struct {
	ID   apiID `path:"id" doc:"专班的标识"`
	Body struct {
		Add    []string `json:"add,omitempty" nullable:"false" maxItems:"50" doc:"加入的人的登录名"`
		Remove []string `json:"remove,omitempty" nullable:"false" maxItems:"50" doc:"退出的人的登录名"`
		Lead   string   `json:"lead,omitempty" maxLength:"32" doc:"换负责人：登录名，须在专班里；不填不换"`
	} `nameHint:"GroupChange"`
}

type groupsOutput struct {
	Body struct {
		Groups []apiGroup `json:"groups" nullable:"false" doc:"没有结束的，先结束的在前"`
	} `nameHint:"Groups"`
}

type groupInput struct {
	Body struct {
		Name    string    `json:"name" minLength:"1" maxLength:"60" doc:"名称"`
		Purpose string    `json:"purpose" minLength:"1" maxLength:"300" doc:"任务"`
		Lead    string    `json:"lead" minLength:"1" maxLength:"32" doc:"负责人的登录名"`
		Members []string  `json:"members,omitempty" nullable:"false" maxItems:"50" doc:"登录名；负责人可以不写"`
		From    time.Time `json:"from,omitempty" doc:"从何时起；不填为现在"`
		Until   time.Time `json:"until" doc:"到何时止"`
	} `nameHint:"NewGroup"`
}

type groupOutput struct {
	Body struct {
		ID casework.GroupID `json:"id" format:"uuid" doc:"专班的标识"`
	} `nameHint:"GroupFormed"`
}

type groupEndInput struct {
	ID apiID `path:"id" doc:"专班的标识"`
}

func (s *Server) groupOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-groups", Method: http.MethodGet, Path: "/groups", Tags: []string{tagCases},
		Summary: "列出工作专班", Description: "热线的令牌看到全部，承办单位的看到有本单位的人的。",
	}, s.listGroups)
	handle(a, huma.Operation{
		OperationID: "form-group", Method: http.MethodPost, Path: "/groups", Tags: []string{tagCases}, DefaultStatus: http.StatusCreated,
		Summary: "建立工作专班", Description: "承办单位的令牌建立本单位内的，热线的可以跨单位。用 give_group 交给它工单，到期自动回到主办单位。",
	}, s.takeGroup)
	handle(a, huma.Operation{
		OperationID: "change-group", Method: http.MethodPost, Path: "/groups/{id}/members", Tags: []string{tagCases}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusNoContent, Summary: "调整专班的人", Description: "加入、退出、换负责人。退出的人接办的工单，由别的人重新接办。",
	}, s.takeGroupChange)
	handle(a, huma.Operation{
		OperationID: "end-group", Method: http.MethodPost, Path: "/groups/{id}/end", Tags: []string{tagCases}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusNoContent, Summary: "结束工作专班", Description: "它的工单回到主办单位。",
	}, s.takeGroupEnd)
}

func (s *Server) listGroups(ctx context.Context, actor org.Actor, _ *struct{}) (*groupsOutput, error) {
	all, err := s.o.Groups.All(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &groupsOutput{}
	out.Body.Groups = make([]apiGroup, len(all))
	for i, g := range all {
		one := apiGroup{
			ID: g.ID, Name: g.Name, Purpose: g.Purpose, Unit: g.Unit, Lead: g.Lead, From: utc(g.From), Until: utc(g.Until), Open: g.Open,
			Members: make([]apiTeammate, len(g.Members)), Changes: make([]apiJoining, len(g.Changes)),
		}
		for j, m := range g.Members {
			one.Members[j] = apiTeammate(m)
		}
		for j, x := range g.Changes {
			one.Changes[j] = apiJoining{utc(x.At), x.By, x.Name, x.Joined}
		}
		out.Body.Groups[i] = one
	}
	return out, nil
}

func (s *Server) takeGroup(ctx context.Context, actor org.Actor, in *groupInput) (*groupOutput, error) {
	b := in.Body
	g, err := s.o.Groups.Form(ctx, actor, casework.NewGroup{Name: b.Name, Purpose: b.Purpose, Lead: b.Lead, Members: b.Members, From: b.From, Until: b.Until})
	if err != nil {
		return nil, err
	}
	out := &groupOutput{}
	out.Body.ID = g.ID
	return out, nil
}

func (s *Server) takeGroupChange(ctx context.Context, actor org.Actor, in *groupChangeInput) (*struct{}, error) {
	b := in.Body
	return nil, s.o.Groups.Change(ctx, actor, idOf[casework.GroupID](in.ID), casework.GroupChange{Add: b.Add, Remove: b.Remove, Lead: b.Lead})
}

func (s *Server) takeGroupEnd(ctx context.Context, actor org.Actor, in *groupEndInput) (*struct{}, error) {
	return nil, s.o.Groups.End(ctx, actor, idOf[casework.GroupID](in.ID))
}
