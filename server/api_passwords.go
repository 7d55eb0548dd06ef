package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/internal/org"
)

type accountInput struct {
	Body struct {
		Login string     `json:"login" minLength:"1" maxLength:"32" doc:"登录名，2–32 个小写字母、数字、点或连字符"`
		Name  string     `json:"name,omitempty" maxLength:"50" doc:"姓名；不填同登录名"`
		Roles []org.Role `json:"roles" nullable:"false" minItems:"1" maxItems:"9" enum:"agent,dispatcher,supervisor,editor,unit,leader,admin,privacy,bot" doc:"角色，可以有几个"`
		Unit  apiID      `json:"unit,omitempty" doc:"所属单位；承办人员必填，没有这一项为热线本身"`
	} `nameHint:"NewAccount"`
}

type onceOutput struct {
	Body struct {
		Login    string    `json:"login" doc:"登录名"`
		Password string    `json:"password" doc:"一次性密码，只给这一次"`
		Until    time.Time `json:"until" doc:"到何时有效；登录后先换成自己的"`
	} `nameHint:"PasswordForOnce"`
}

func newOnceOutput(login, once string, until time.Time) *onceOutput {
	out := &onceOutput{}
	out.Body.Login, out.Body.Password, out.Body.Until = login, once, utc(until)
	return out
}

type passwordInput struct {
	Body struct {
		Old string `json:"old" maxLength:"128" doc:"现在的密码"`
		New string `json:"new" maxLength:"128" doc:"新密码，至少 10 个字，不含登录名"`
	} `nameHint:"NewPassword"`
}

// apiSession is where somebody is signed in.
type apiSession struct {
	ID        org.SessionID `json:"id" format:"uuid" doc:"登录的标识"`
	Device    string        `json:"device" doc:"浏览器和系统；空为没有说明"`
	CreatedAt time.Time     `json:"created_at" doc:"何时登录"`
	ExpiresAt time.Time     `json:"expires_at" doc:"何时自动退出"`
}

type sessionsOutput struct {
	Body struct {
		Sessions []apiSession `json:"sessions" nullable:"false" doc:"没有退出的，新的在前"`
	} `nameHint:"Sessions"`
}

type sessionInput struct {
	ID apiID `path:"id" doc:"登录的标识"`
}

type sessionsEndOutput struct {
	Body struct {
		Ended int `json:"ended" doc:"退出了几处"`
	} `nameHint:"SessionsEnded"`
}

// passwordOperations are those of accounts' passwords and sessions.
func (s *Server) passwordOperations(a huma.API) {
	if s.o.Passwords == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "create-account", Method: http.MethodPost, Path: "/accounts", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict, http.StatusNotFound},
		DefaultStatus: http.StatusCreated, Summary: "新建账号", Description: "由管理员建立，给一个一次性密码；本人第一次登录时换成自己的。登录名已有的返回 409。",
	}, s.takeAccount)
	handle(a, huma.Operation{
		OperationID: "reset-password", Method: http.MethodPost, Path: "/accounts/{login}/password", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		Summary: "重置密码", Description: "由管理员给一个一次性密码；原来的密码作废，登录全部退出，锁定解除。不能重置自己的，也不能重置隐私专员的（由运维人员在服务器上重置），返回 403；账号已停用的返回 409。",
	}, s.takeReset)
	handle(a, huma.Operation{
		OperationID: "unlock-account", Method: http.MethodPost, Path: "/accounts/{login}/unlock", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "解除锁定", Description: "密码连错被锁定的账号，由管理员提前解除；密码不变。没有锁定的返回 409。",
	}, s.takeUnlockAccount)
	handle(a, huma.Operation{
		OperationID: "change-password", Method: http.MethodPost, Path: "/me/password", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "换自己的密码", Description: "令牌所属的账号换密码，要写现在的密码；登录全部退出，令牌不变。",
	}, s.takePassword)
	handle(a, huma.Operation{
		OperationID: "list-sessions", Method: http.MethodGet, Path: "/me/sessions", Tags: []string{tagAccount},
		Summary: "自己在哪里登录着", Description: "令牌所属账号的登录，不含令牌。",
	}, s.listSessions)
	handle(a, huma.Operation{
		OperationID: "end-session", Method: http.MethodPost, Path: "/me/sessions/{id}/end", Tags: []string{tagAccount}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "退出自己的一处登录", Description: "已经退出的返回 409。",
	}, s.takeSessionEnd)
	handle(a, huma.Operation{
		OperationID: "end-sessions", Method: http.MethodPost, Path: "/me/sessions/end", Tags: []string{tagAccount},
		Summary: "退出自己的全部登录", Description: "令牌不变。",
	}, s.takeSessionsEnd)
}

func (s *Server) takeAccount(ctx context.Context, actor org.Actor, in *accountInput) (*onceOutput, error) {
	b := in.Body
	made, once, err := s.o.Passwords.Create(ctx, actor, org.Account{Login: b.Login, Name: b.Name, Roles: b.Roles, Unit: idOf[org.UnitID](b.Unit)})
	if err != nil {
		return nil, err
	}
	return newOnceOutput(made.Login, once, made.OnceUntil), nil
}

func (s *Server) takeReset(ctx context.Context, actor org.Actor, in *loginInput) (*onceOutput, error) {
	once, until, err := s.o.Passwords.Reset(ctx, actor, in.Login)
	if err != nil {
		return nil, err
	}
	return newOnceOutput(in.Login, once, until), nil
}

func (s *Server) takeUnlockAccount(ctx context.Context, actor org.Actor, in *loginInput) (*struct{}, error) {
	return nil, s.o.Passwords.Lift(ctx, actor, in.Login)
}

// takePassword ends every session: a token has none to be kept.
func (s *Server) takePassword(ctx context.Context, actor org.Actor, in *passwordInput) (*struct{}, error) {
	return nil, s.o.Passwords.Change(ctx, actor, [32]byte{}, in.Body.Old, in.Body.New)
}

func (s *Server) listSessions(ctx context.Context, actor org.Actor, _ *struct{}) (*sessionsOutput, error) {
	all, err := s.o.Passwords.Sessions(ctx, actor, [32]byte{})
	if err != nil {
		return nil, err
	}
	out := &sessionsOutput{}
	out.Body.Sessions = make([]apiSession, len(all))
	for i, one := range all {
		out.Body.Sessions[i] = apiSession{ID: one.ID, Device: one.Device, CreatedAt: utc(one.CreatedAt), ExpiresAt: utc(one.ExpiresAt)}
	}
	return out, nil
}

func (s *Server) takeSessionEnd(ctx context.Context, actor org.Actor, in *sessionInput) (*struct{}, error) {
	return nil, s.o.Passwords.EndSession(ctx, actor, idOf[org.SessionID](in.ID))
}

func (s *Server) takeSessionsEnd(ctx context.Context, actor org.Actor, _ *struct{}) (*sessionsEndOutput, error) {
	n, err := s.o.Passwords.EndOthers(ctx, actor, [32]byte{})
	if err != nil {
		return nil, err
	}
	out := &sessionsEndOutput{}
	out.Body.Ended = n
	return out, nil
}
