package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
)

// apiProblem is every failure of the API (RFC 9457).
type apiProblem struct {
	Type   string     `json:"type" doc:"错误的种类：接口文档中的一节"`
	Title  string     `json:"title" doc:"这一种错误的名称"`
	Status int        `json:"status" doc:"HTTP 状态码"`
	Detail string     `json:"detail" doc:"出了什么事、怎么办，可以直接给人看"`
	Code   errs.Code  `json:"code" doc:"错误代码，不会改变，程序据此判断"`
	Errors []apiFault `json:"errors,omitempty" nullable:"false" doc:"输入的每一处错误"`
}

// apiFault is one fault of the input.
type apiFault struct {
	Field   string    `json:"field,omitempty" doc:"出错的字段，如 text 或 co[1]"`
	Code    errs.Code `json:"code" doc:"错误代码"`
	Message string    `json:"message" doc:"这一处错误的说明"`
	Line    int       `json:"line,omitempty" doc:"请求内容的第几行"`
	Column  int       `json:"column,omitempty" doc:"第几列，按字节"`
}

// problemKinds are the anchors of the documentation page, by status.
var problemKinds = map[int]string{
	fiber.StatusUnauthorized:       "unauthorized",
	fiber.StatusForbidden:          "forbidden",
	fiber.StatusNotFound:           "not-found",
	fiber.StatusMethodNotAllowed:   "not-found",
	fiber.StatusConflict:           "conflict",
	fiber.StatusServiceUnavailable: "unavailable",
}

// problem answers a client of the API.
func problem(c *fiber.Ctx, code int, err error) error {
	switch {
	case errs.CodeOf(err) != "page.not_found":
	case code == fiber.StatusMethodNotAllowed:
		err = errs.Wrap(err, errs.NotFound, "api.method", c.Method())
	default:
		err = errs.Wrap(err, errs.NotFound, "api.not_found")
	}
	body, err := json.Marshal(newProblem(code, err))
	if err != nil {
		return err
	}
	if code == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="huying"`)
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return c.Status(code).Send(body)
}

func newProblem(code int, err error) apiProblem {
	p := apiProblem{
		Type: "/api/docs#error-", Title: headings[code], Status: code,
		Code: errs.CodeOf(err), Detail: strings.Join(sentences(err), "；"),
	}
	kind, known := problemKinds[code]
	switch {
	case known:
	case code < fiber.StatusInternalServerError:
		kind = "invalid"
	default:
		kind = "internal"
	}
	p.Type += kind
	switch {
	case p.Title != "":
	case code == fiber.StatusUnauthorized:
		p.Title = "需要令牌"
	case code < fiber.StatusInternalServerError:
		p.Title = headings[fiber.StatusUnprocessableEntity]
	default:
		p.Title = "系统出了问题"
	}
	p.Errors = faultsOf(err)
	return p
}

// faultsOf gives the single faults of an input, nil for any other failure.
func faultsOf(err error) []apiFault {
	list, several := asList(err)
	if one, ok := errors.AsType[*errs.Error](err); !several && ok && (one.Field != "" || one.Line > 0) {
		list = errs.List{one}
	}
	var out []apiFault
	for _, e := range list {
		out = append(out, apiFault{Field: e.Field, Code: e.Code, Message: errs.Sentence(e), Line: e.Line, Column: e.Column})
	}
	return out
}

// checkRequest refuses what no operation can read: an address with broken
// escapes, parameters or a body that are not UTF-8, a body that is not JSON.
func checkRequest(c *fiber.Ctx) error {
	u, err := url.Parse(string(c.Request().RequestURI()))
	if err != nil {
		return errs.Wrap(fiber.ErrBadRequest, errs.Invalid, "request.address")
	}
	for name, values := range u.Query() {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return errs.New(errs.Invalid, "text.encoding").In(strings.ToValidUTF8(name, "�"))
			}
		}
	}
	body := c.Request().Body()
	if len(body) == 0 {
		return nil
	}
	if !saysJSON(c.Get(fiber.HeaderContentType)) {
		return errs.Wrap(fiber.ErrUnsupportedMediaType, errs.Invalid, "request.media_type")
	}
	return checkJSON(body)
}

// saysJSON reports whether a content type is JSON in UTF-8. None at all is
// taken for it.
func saysJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// checkJSON says where a body stops being JSON, or UTF-8.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		good := 0
		for good < len(body) {
			r, size := utf8.DecodeRune(body[good:])
			if r == utf8.RuneError && size <= 1 {
				break
			}
			good += size
		}
		line, column := position(body, good)
		return errs.Wrap(fiber.ErrBadRequest, errs.Invalid, "request.encoding").At(line, column)
	}
	if json.Valid(body) {
		return nil
	}
	var whole json.RawMessage
	offset := len(body)
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(body, &whole)); ok {
		offset = max(int(syntax.Offset)-1, 0)
	}
	line, column := position(body, offset)
	return errs.Wrap(fiber.ErrBadRequest, errs.Invalid, "request.json").At(line, column)
}

// position gives line and column (in bytes), both from 1, of an offset.
func position(body []byte, offset int) (line, column int) {
	before := string(body[:min(offset, len(body))])
	return strings.Count(before, "\n") + 1, len(before) - strings.LastIndex(before, "\n")
}

// noteFaults is a huma.Transformer. It turns what huma found wrong with a
// request into our errors, in Chinese and without the value, and keeps them in
// the call.
func noteFaults(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	c := callOf(ctx.Context())
	if len(model.Errors) == 0 {
		c.err = errs.New(errs.Invalid, "request.empty")
		return struct{}{}, nil
	}
	var list errs.List
	for _, d := range model.Errors {
		list = append(list, translate(d))
	}
	slices.SortStableFunc(list, func(x, y *errs.Error) int { return cmp.Compare(x.Field, y.Field) })
	c.err = slices.CompactFunc(list, func(x, y *errs.Error) bool { return x.Field == y.Field && x.Code == y.Code })
	return struct{}{}, nil
}

// translate reads one of huma's findings. They come as English sentences made
// from the formats in its package validation, which is what they are matched
// with; one that is not in the table still gets a Chinese sentence.
func translate(d *huma.ErrorDetail) *errs.Error {
	_, field, _ := strings.Cut(d.Location, ".")
	var name, missing string
	var n int
	var x float64
	scan := func(format string, into ...any) bool {
		got, err := fmt.Sscanf(d.Message, format, into...)
		return err == nil && got == len(into)
	}
	fault := func(code errs.Code, args ...any) *errs.Error {
		return errs.New(errs.Invalid, code, append([]any{cmp.Or(field, "请求内容")}, args...)...).In(field)
	}
	if scan(validation.MsgExpectedRequiredProperty, &missing) {
		field = strings.TrimPrefix(field+"."+missing, ".")
		return fault("field.required")
	}
	if kind, ok := kinds[d.Message]; ok {
		return fault("field.kind", kind)
	}
	switch {
	case d.Message == validation.MsgUnexpectedProperty:
		return fault("field.unknown")
	case d.Message == "unknown query parameter":
		return fault("param.unknown")
	case scan("required %s parameter is missing", &name):
		return fault("field.required")
	case scan(validation.MsgExpectedMaxLength, &n):
		return fault("field.too_long", n)
	case scan(validation.MsgExpectedMinLength, &n):
		return fault("field.too_short")
	case scan(validation.MsgExpectedMaxItems, &n):
		return fault("field.too_many", n)
	case scan(validation.MsgExpectedMinimumNumber, &x):
		return fault("field.too_small", x)
	case scan(validation.MsgExpectedMaximumNumber, &x):
		return fault("field.too_big", x)
	case d.Message == validation.MsgExpectedRFC3339DateTime, strings.HasPrefix(d.Message, "invalid date/time"):
		return fault("field.time")
	case d.Message == validation.MsgExpectedBase64String:
		return fault("field.base64")
	case isFormat(d.Message, validation.MsgExpectedRFC4122UUID), isFormat(d.Message, validation.MsgExpectedBePattern):
		return fault("field.id")
	case isFormat(d.Message, validation.MsgExpectedOneOf):
		list := strings.Trim(strings.TrimPrefix(d.Message, before(validation.MsgExpectedOneOf)), `"`)
		return fault("field.choice", strings.ReplaceAll(list, ", ", "、"))
	}
	return fault("field.refused")
}

// kinds says in Chinese what a value should have been.
var kinds = map[string]string{
	validation.MsgExpectedString:  "文字",
	validation.MsgExpectedBoolean: "布尔值 true 或 false",
	"invalid boolean":             "布尔值 true 或 false",
	validation.MsgExpectedInteger: "整数",
	"invalid integer":             "整数",
	validation.MsgExpectedNumber:  "数字",
	validation.MsgExpectedArray:   "数组",
	validation.MsgExpectedObject:  "一个 JSON 对象",
}

// isFormat reports whether a sentence was made from the format.
func isFormat(sentence, format string) bool { return strings.HasPrefix(sentence, before(format)) }

// before is what a format says before its first verb.
func before(format string) string {
	head, _, _ := strings.Cut(format, "%")
	return head
}
