package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/internal/org"
)

// apiStaff is one account.
type apiStaff struct {
	Account  org.AccountID `json:"account" format:"uuid" doc:"账号编号"`
	Login    string        `json:"login" doc:"登录名"`
	Name     string        `json:"name" doc:"姓名"`
	Roles    []org.Role    `json:"roles" nullable:"false" enum:"agent,dispatcher,supervisor,editor,unit,leader,admin,privacy,bot" doc:"角色，可以有几个"`
	Unit     org.UnitID    `json:"unit,omitempty" format:"uuid" doc:"所属单位；没有这一项为热线"`
	Disabled bool          `json:"disabled" doc:"已停用"`
	Locked   *time.Time    `json:"locked_until,omitempty" doc:"密码连错，锁定到何时；没有这一项为没有锁定"`
}

type staffInput struct {
	Q string `query:"q" maxLength:"100" doc:"登录名、姓名或单位的一部分；不填为全部"`
}

type staffOutput struct {
	Body struct {
		Accounts []apiStaff `json:"accounts" nullable:"false" doc:"按登录名，至多 50 个"`
	} `nameHint:"Accounts"`
}

type disableInput struct {
	Login string `path:"login" minLength:"1" maxLength:"32" doc:"登录名"`
	Body  struct {
		To string `json:"to,omitempty" maxLength:"32" doc:"手上的任务移交给同一单位的哪个登录名；没有任务可不填"`
	} `nameHint:"AccountEnd"`
}

type disableOutput struct {
	Body struct {
		Handed int `json:"handed" doc:"移交了几件任务"`
	} `nameHint:"AccountEnded"`
}

type rolesInput struct {
	Login string `path:"login" minLength:"1" maxLength:"32" doc:"登录名"`
	Body  struct {
		Roles []org.Role `json:"roles" nullable:"false" minItems:"1" maxItems:"9" enum:"agent,dispatcher,supervisor,editor,unit,leader,admin,privacy,bot" doc:"全部角色。隐私专员和问答机器人不能兼任，承办人员不能兼任话务员、派单员、督办员或管理员"`
		Unit  apiID      `json:"unit,omitempty" doc:"所属单位；没有这一项为不变"`
	} `nameHint:"AccountRoles"`
}

type loginInput struct {
	Login string `path:"login" minLength:"1" maxLength:"32" doc:"登录名"`
}

// apiCover says who stands in for whom.
type apiCover struct {
	ID         org.CoverID `json:"id" format:"uuid" doc:"代班的标识"`
	Absent     string      `json:"absent" doc:"谁不在，登录名"`
	Substitute string      `json:"substitute" doc:"由谁代班，登录名"`
	From       time.Time   `json:"from" doc:"从何时起"`
	Until      time.Time   `json:"until" doc:"到何时止"`
}

type coversOutput struct {
	Body struct {
		Covers []apiCover `json:"covers" nullable:"false" doc:"进行中和还没有开始的，先结束的在前"`
	} `nameHint:"Covers"`
}

type coverInput struct {
	Body struct {
		Absent     string    `json:"absent" minLength:"1" maxLength:"32" doc:"谁不在，登录名"`
		Substitute string    `json:"substitute" minLength:"1" maxLength:"32" doc:"由谁代班，登录名，须同一角色"`
		From       time.Time `json:"from,omitempty" doc:"从何时起；不填为现在"`
		Until      time.Time `json:"until" doc:"到何时止，至多 90 天"`
	} `nameHint:"NewCover"`
}

type coverOutput struct {
	Body apiCover
}

type coverEndInput struct {
	ID apiID `path:"id" doc:"代班的标识"`
}

type abolishInput struct {
	ID   apiID `path:"id" doc:"撤并哪个单位"`
	Body struct {
		To  apiID  `json:"to" doc:"由哪个单位承接"`
		Why string `json:"why" minLength:"1" maxLength:"300" doc:"依据，记在每件工单的经过里"`
	} `nameHint:"UnitEnd"`
}

type abolishOutput struct {
	Body struct {
		Moved int `json:"moved" doc:"这一次移交了几件"`
		Left  int `json:"left" doc:"还剩几件；不是 0 时再调用一次，单位还没有撤并"`
	} `nameHint:"UnitEnded"`
}

func newAPICover(c org.Cover) apiCover {
	return apiCover{ID: c.ID, Absent: c.Absent.Login, Substitute: c.Substitute.Login, From: utc(c.From), Until: utc(c.Until)}
}

func (s *Server) staffOperations(a huma.API) {
	if s.o.Staff == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-accounts", Method: http.MethodGet, Path: "/accounts", Tags: []string{tagAccount},
		Summary: "找账号", Description: "由管理员查看。",
	}, s.listStaff)
	handle(a, huma.Operation{
		OperationID: "disable-account", Method: http.MethodPost, Path: "/accounts/{login}/disable", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		Summary: "停用账号，移交任务", Description: "登录和令牌立即失效。手上有任务而没有写移交给谁，或会让工单没有人办，返回 409。",
	}, s.takeDisable)
	handle(a, huma.Operation{
		OperationID: "enable-account", Method: http.MethodPost, Path: "/accounts/{login}/enable", Tags: []string{tagAccount},
		DefaultStatus: http.StatusNoContent, Summary: "恢复停用的账号", Description: "令牌要另建。",
	}, s.takeEnable)
	handle(a, huma.Operation{
		OperationID: "set-roles", Method: http.MethodPost, Path: "/accounts/{login}/roles", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusNoContent, Summary: "换角色", Description: "由管理员设置，立即生效；不能改自己的。离开所在单位而手上还有任务，或会让工单没有人办，返回 409。",
	}, s.takeRoles)
	handle(a, huma.Operation{
		OperationID: "list-covers", Method: http.MethodGet, Path: "/covers", Tags: []string{tagAccount},
		Summary: "列出代班", Description: "由管理员查看。",
	}, s.listCovers)
	handle(a, huma.Operation{
		OperationID: "list-own-covers", Method: http.MethodGet, Path: "/me/covers", Tags: []string{tagAccount},
		Summary: "自己代谁的班", Description: "进行中和还没有开始的。办理时加请求头 X-Huying-For，写不在的人的登录名。",
	}, s.listOwnCovers)
	handle(a, huma.Operation{
		OperationID: "set-cover", Method: http.MethodPost, Path: "/covers", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusCreated, Summary: "安排代班", Description: "代班人在页面上开始代办，令牌加请求头 X-Huying-For 代办。那段时间已有人代班的返回 409。",
	}, s.takeCover)
	handle(a, huma.Operation{
		OperationID: "end-cover", Method: http.MethodPost, Path: "/covers/{id}/end", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "结束代班", Description: "立即生效。已经结束的返回 409。",
	}, s.takeCoverEnd)
	handle(a, huma.Operation{
		OperationID: "abolish-unit", Method: http.MethodPost, Path: "/units/{id}/abolish", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		Summary: "撤并单位，移交工单", Description: "在办工单逐件改派给承接的单位，人员随之转入，然后停用。left 不是 0 时再调用一次。",
	}, s.takeAbolish)
}

func (s *Server) listStaff(ctx context.Context, actor org.Actor, in *staffInput) (*staffOutput, error) {
	if err := org.Can(actor, org.ActManage); err != nil {
		return nil, err
	}
	found, err := s.o.Staff.SearchAccounts(ctx, in.Q, staffShown)
	if err != nil {
		return nil, err
	}
	if err := s.lockOuts(ctx, actor, found); err != nil {
		return nil, err
	}
	out := &staffOutput{}
	out.Body.Accounts = make([]apiStaff, len(found))
	for i, a := range found {
		out.Body.Accounts[i] = apiStaff{Account: a.ID, Login: a.Login, Name: a.Name, Roles: a.Roles, Unit: a.Unit, Disabled: a.Disabled, Locked: whenKnown(a.LockedUntil)}
	}
	return out, nil
}

func (s *Server) takeDisable(ctx context.Context, actor org.Actor, in *disableInput) (*disableOutput, error) {
	n, err := s.o.HandOvers.Disable(ctx, actor, in.Login, in.Body.To)
	if err != nil {
		return nil, err
	}
	out := &disableOutput{}
	out.Body.Handed = n
	return out, nil
}

func (s *Server) takeEnable(ctx context.Context, actor org.Actor, in *loginInput) (*struct{}, error) {
	return nil, s.o.HandOvers.Enable(ctx, actor, in.Login)
}

func (s *Server) takeRoles(ctx context.Context, actor org.Actor, in *rolesInput) (*struct{}, error) {
	_, err := s.o.HandOvers.SetRoles(ctx, actor, in.Login, in.Body.Roles, idOf[org.UnitID](in.Body.Unit))
	return nil, err
}

func (s *Server) listCovers(ctx context.Context, actor org.Actor, _ *struct{}) (*coversOutput, error) {
	all, err := s.o.Covers.All(ctx, actor)
	return newCoversOutput(all), err
}

func (s *Server) listOwnCovers(ctx context.Context, actor org.Actor, _ *struct{}) (*coversOutput, error) {
	all, err := s.o.Covers.Own(ctx, actor)
	return newCoversOutput(all), err
}

func newCoversOutput(all []org.Cover) *coversOutput {
	out := &coversOutput{}
	out.Body.Covers = make([]apiCover, len(all))
	for i, c := range all {
		out.Body.Covers[i] = newAPICover(c)
	}
	return out
}

func (s *Server) takeCover(ctx context.Context, actor org.Actor, in *coverInput) (*coverOutput, error) {
	c, err := s.o.Covers.Set(ctx, actor, in.Body.Absent, in.Body.Substitute, in.Body.From, in.Body.Until)
	if err != nil {
		return nil, err
	}
	return &coverOutput{Body: newAPICover(c)}, nil
}

func (s *Server) takeCoverEnd(ctx context.Context, actor org.Actor, in *coverEndInput) (*struct{}, error) {
	return nil, s.o.Covers.End(ctx, actor, idOf[org.CoverID](in.ID))
}

func (s *Server) takeAbolish(ctx context.Context, actor org.Actor, in *abolishInput) (*abolishOutput, error) {
	moved, left, err := s.o.HandOvers.Abolish(ctx, actor, idOf[org.UnitID](in.ID), idOf[org.UnitID](in.Body.To), in.Body.Why)
	if err != nil {
		return nil, err
	}
	out := &abolishOutput{}
	out.Body.Moved, out.Body.Left = moved, left
	return out, nil
}
