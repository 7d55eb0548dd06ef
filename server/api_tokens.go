package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/internal/org"
)

// apiToken is a token without its secret.
type apiToken struct {
	Name      string     `json:"name" doc:"令牌名称"`
	Login     string     `json:"login" doc:"属于哪个账号，登录名"`
	Roles     org.Roles  `json:"roles" nullable:"false" doc:"该账号的角色，令牌能做这些角色能做的事"`
	Channels  []string   `json:"channels" nullable:"false" doc:"可用于哪些渠道；空为不限"`
	CreatedAt time.Time  `json:"created_at" doc:"何时建立"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"最近一次使用，精确到一小时；没有这一项为还没有用过"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"到何时失效；没有这一项为一直有效"`
}

type tokensInput struct {
	After string `query:"after" maxLength:"100" doc:"从这个名称之后起；不填为从头"`
}

type tokensOutput struct {
	Body struct {
		Tokens []apiToken `json:"tokens" nullable:"false" doc:"没有吊销的，连同已到期的，按名称，至多 100 个"`
	} `nameHint:"Tokens"`
}

type newTokenInput struct {
	Body struct {
		Name     string   `json:"name" minLength:"1" maxLength:"100" doc:"令牌名称，吊销前不能重复"`
		Login    string   `json:"login" minLength:"1" maxLength:"32" doc:"属于哪个账号，登录名"`
		Channels []string `json:"channels,omitempty" maxItems:"20" doc:"只能用于这些渠道；不填为不限"`

		ExpiresAt time.Time `json:"expires_at,omitempty" doc:"到何时失效，至多十年；不填为一直有效"`
	} `nameHint:"NewToken"`
}

type newTokenOutput struct {
	Body struct {
		Token string `json:"token" doc:"令牌，只给这一次"`
	} `nameHint:"TokenMade"`
}

type revokeInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100" doc:"令牌名称"`
	} `nameHint:"TokenEnd"`
}

// tokensShown is how many tokens one answer lists.
const tokensShown = 100

// tokenOperations are those of systems' ways in.
func (s *Server) tokenOperations(a huma.API) {
	if s.o.Tokens == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-tokens", Method: http.MethodGet, Path: "/tokens", Tags: []string{tagAccount},
		Summary: "列出接口令牌", Description: "由管理员查看全部，隐私专员只看到自己的；不含令牌本身。",
	}, s.listTokens)
	handle(a, huma.Operation{
		OperationID: "create-token", Method: http.MethodPost, Path: "/tokens", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusCreated, Summary: "建立接口令牌", Description: "由管理员建立；隐私专员的只能由本人建立。同名的还在用，或账号已停用，返回 409；限定渠道的令牌不能建立令牌。",
	}, s.takeToken)
	handle(a, huma.Operation{
		OperationID: "revoke-token", Method: http.MethodPost, Path: "/tokens/revoke", Tags: []string{tagAccount}, Errors: []int{http.StatusNotFound},
		DefaultStatus: http.StatusNoContent, Summary: "吊销接口令牌", Description: "由管理员吊销，隐私专员可以吊销自己的；立即生效。没有在用的同名令牌返回 404。",
	}, s.takeRevoke)
}

func (s *Server) listTokens(ctx context.Context, actor org.Actor, in *tokensInput) (*tokensOutput, error) {
	all, err := s.o.Accounts.Tokens(ctx, s.o.Tokens, actor, in.After, tokensShown)
	if err != nil {
		return nil, err
	}
	out := &tokensOutput{}
	out.Body.Tokens = make([]apiToken, len(all))
	for i, t := range all {
		out.Body.Tokens[i] = apiToken{
			Name: t.Name, Login: t.Login, Roles: t.Roles, Channels: listed(t.Channels),
			CreatedAt: utc(t.CreatedAt), UsedAt: whenKnown(t.UsedAt), ExpiresAt: whenKnown(t.ExpiresAt),
		}
	}
	return out, nil
}

func (s *Server) takeToken(ctx context.Context, actor org.Actor, in *newTokenInput) (*newTokenOutput, error) {
	token, err := s.o.Accounts.CreateToken(ctx, actor, org.NewToken{
		Name: in.Body.Name, Login: in.Body.Login, Channels: in.Body.Channels, ExpiresAt: in.Body.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	out := &newTokenOutput{}
	out.Body.Token = token
	return out, nil
}

func (s *Server) takeRevoke(ctx context.Context, actor org.Actor, in *revokeInput) (*struct{}, error) {
	return nil, s.o.Accounts.RevokeToken(ctx, actor, in.Body.Name)
}
