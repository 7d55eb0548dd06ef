package server

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// apiRoot is where all operations of the API lie.
const apiRoot = "/api/v1"

// Taker is the line as the API needs it.
type Taker interface {
	// Take stores a delivery and hands over the suggestions and instant answers
	// it made, each naming its matter; those that were put off or known already
	// are not among them. An errs.List names each faulty field.
	Take(ctx context.Context, actor org.Actor, d intake.Delivery) (intake.Receipt, []classifier.Suggestion, []kb.InstantAnswer, error)
}

// mountAPI adds the operations, their description and its page to the app.
// A mistake in an operation's types panics here, at start.
func (s *Server) mountAPI() error {
	s.app.Use(apiRoot, s.gate)
	a := humafiber.New(s.app, s.apiConfig())
	s.messageOperations(a)
	s.matterOperations(a)
	s.returnOperations(a)
	s.lawOperations(a)
	s.contactOperations(a)
	s.clarifyOperations(a)
	s.caseOperations(a)
	s.alertOperations(a)
	s.receiptOperations(a)
	s.deadlineOperations(a)
	s.askOperations(a)
	s.mountStream(a)
	s.mountArchive(a)
	s.knowledgeOperations(a)
	s.editingOperations(a)
	s.entryFileOperations(a)
	s.noticeOperations(a)
	s.catalogueOperations(a)
	s.privacyOperations(a)
	s.rewardOperations(a)
	s.labelOperations(a)
	s.staffOperations(a)
	s.passwordOperations(a)
	s.tokenOperations(a)
	s.loadOperations(a)
	s.callbackOperations(a)
	s.calendarOperations(a)
	s.notificationOperations(a)
	s.accountOperations(a)
	return s.serveDescription(a.OpenAPI())
}

const apiIntroduction = "把诉求送进呼应，取回智能推荐和即时答复，并记录人的决定。" +
	"推荐只是推荐：没有人的决定，什么都不会生效。" +
	"回答里的文字都已隐去个人信息。" +
	"代班的人加请求头 X-Huying-For，写不在的人的登录名，就以代班人的名义看和办对方单位的工单；没有安排或已经到期返回 409。" +
	"时间一律是 RFC 3339 格式；编号一律是 UUID；长度按字计算。"

// apiConfig is huma without its own documentation page and without links to
// schemas in every answer. It reads and writes JSON only.
func (s *Server) apiConfig() huma.Config {
	json := huma.DefaultJSONFormat
	version := s.o.Version
	if version == "" {
		version = "0"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "呼应接口", Version: version, Description: apiIntroduction},
			Tags: []*huma.Tag{
				{Name: tagMessages, Description: "渠道把来电和来件送进来。"},
				{Name: tagMatters, Description: "待办、一件事的全部情况，以及人的决定。"},
				{Name: tagCases, Description: "派单以后：签收、答复、退单、延期、审核、办结。"},
				{Name: tagKnowledge, Description: "问知识库，读知识条目和统一口径。"},
				{Name: tagCatalogue, Description: "现行事项清单、单位和属地。"},
				{Name: tagRewards, Description: "奖励：规则、预算、确认、发放和核验。"},
				{Name: tagPrivacy, Description: "隐私专员：谁看过谁的信息，保存多久，诉求人查阅、更正、删除自己的信息。"},
				{Name: tagAccount, Description: "推荐的准确率，以及令牌属于谁。"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":   {Type: "http", Scheme: "bearer", Description: "用 huying token create 建立的令牌，以 hy_ 开头。"},
					"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "页面登录后的会话。除 GET 外须在请求头 " + csrfHeader + " 中带上页面的防伪码。"},
				},
			},
			Security: []map[string][]string{{"token": {}}, {"session": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": json, "json": json},
		DefaultFormat:                "application/json",
		Transformers:                 []huma.Transformer{noteFaults},
		RejectUnknownQueryParameters: true,
	}
}

// schemaName names a schema after its type, without our prefix.
func schemaName(t reflect.Type, hint string) string {
	return strings.TrimPrefix(huma.DefaultSchemaNamer(t, hint), "Api")
}

// call is one request of the API: who makes it, and how it failed.
type call struct {
	actor org.Actor
	err   error
}

// callKey is where a request keeps its call.
type callKey struct{}

// callOf gives the call that gate began.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// handle registers an operation of the API. Its error is kept in the call:
// gate returns it to the one place where errors become answers, and huma
// writes nothing. op.Errors are the statuses that are this operation's own;
// those that follow from its shape are added.
func handle[I, O any](a huma.API, op huma.Operation, h func(context.Context, org.Actor, *I) (*O, error)) {
	op.Path = apiRoot + op.Path
	op.MaxBodyBytes = readLimit + 1 // the middleware refuses first, in one place
	op.Responses = describeResponses(a, op)
	op.Errors = nil
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		out, err := h(ctx, c.actor, in)
		if err != nil {
			c.err = err
			return nil, nil //nolint:nilnil // the call has the error
		}
		return out, nil
	})
}

// describeResponses says what an operation may answer besides its result.
func describeResponses(a huma.API, op huma.Operation) map[string]*huma.Response {
	problem := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[apiProblem](), true, "")
	good := cmp.Or(op.DefaultStatus, http.StatusOK)
	all := map[string]*huma.Response{strconv.Itoa(good): {Description: map[int]string{
		http.StatusOK: "成功", http.StatusCreated: "已记下", http.StatusNoContent: "已记下，没有内容",
	}[good]}}
	failures := append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	if strings.Contains(op.Path, "{") {
		failures = append(failures, http.StatusNotFound)
	}
	if op.Method == http.MethodPost {
		failures = append(failures, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	for _, code := range failures {
		words := failureWords[code]
		if code == http.StatusRequestEntityTooLarge && takesEncoded(op.Path) {
			words = "附件超过 4 MB"
		}
		all[strconv.Itoa(code)] = &huma.Response{
			Description: words,
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
		}
	}
	return all
}

// failureWords say what a status means to a client.
var failureWords = map[int]string{
	http.StatusBadRequest:            "请求内容不是合格的 JSON，或不是 UTF-8 编码",
	http.StatusUnauthorized:          "没有令牌，或令牌无效",
	http.StatusForbidden:             "令牌的角色或渠道不允许这样做",
	http.StatusNotFound:              "没有这一项",
	http.StatusConflict:              "情况已有变化，请重新取一次再决定",
	http.StatusRequestEntityTooLarge: "请求内容超过 1 MB",
	http.StatusTooManyRequests:       "没有令牌的调用太频繁，按 Retry-After 稍后再试",
	http.StatusUnsupportedMediaType:  "请求内容不是 application/json",
	http.StatusUnprocessableEntity:   "内容有误，errors 列出每一处",
	http.StatusServiceUnavailable:    "数据库等部件暂时不可用，按 Retry-After 稍后再试",
}

// gate stands before every operation: it finds out who calls, refuses a body
// that is not JSON, and returns how the operation failed.
func (s *Server) gate(c *fiber.Ctx) error {
	actor, err := s.caller(c)
	if err != nil {
		return err
	}
	if err := checkRequest(c); err != nil {
		return err
	}
	if absent := c.Get(forHeader); absent != "" {
		if s.o.Covers == nil {
			return errs.New(errs.Conflict, "cover.over")
		}
		if actor, err = s.o.Covers.Stand(c.UserContext(), actor, absent); err != nil {
			return err
		}
	}
	current := &call{actor: actor}
	c.Locals(callKey{}, current)
	if err := c.Next(); err != nil {
		return err
	}
	return current.err
}

// forHeader names, by login, whom a request stands in for.
const forHeader = "X-Huying-For"

// csrfHeader carries the session's token when a page calls the API.
const csrfHeader = "X-CSRF-Token"

// caller gives who calls: by a token, or by the session of a page of ours.
func (s *Server) caller(c *fiber.Ctx) (org.Actor, error) {
	if header := c.Get(fiber.HeaderAuthorization); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
			return org.Actor{}, unauthorized("token.missing")
		}
		actor, err := s.o.Accounts.Token(c.UserContext(), token)
		if err != nil && errs.KindOf(err) == errs.Forbidden {
			err = unauthorized(errs.CodeOf(err))
		}
		return actor, err
	}
	cookie := c.Cookies(sessionCookie)
	if cookie == "" && s.open() && strings.HasPrefix(c.Path(), apiRoot+"/ask") {
		return citizen(), s.limit(c)
	}
	if cookie == "" {
		return org.Actor{}, unauthorized("token.missing")
	}
	actor, session, err := s.o.Accounts.Session(c.UserContext(), cookie)
	switch {
	case err != nil && errs.KindOf(err) == errs.Forbidden:
		return org.Actor{}, unauthorized(errs.CodeOf(err))
	case err != nil:
		return org.Actor{}, err
	case c.Method() != http.MethodGet && !same(c.Get(csrfHeader), session.CSRF):
		return org.Actor{}, errs.New(errs.Forbidden, "session.forged")
	}
	return actor, nil
}

// unauthorized is Forbidden as HTTP knows it when nobody has said who they are.
func unauthorized(code errs.Code) error {
	return errs.Wrap(fiber.ErrUnauthorized, errs.Forbidden, code)
}
