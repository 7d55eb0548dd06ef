package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

// apiPage is what page_api.html draws: the OpenAPI description for people.
type apiPage struct {
	shell
	Introduction string
	Version      string
	Sections     []docSection
	Schemas      []docSchema
	Kinds        []docKind
}

// docSection is the operations under one tag.
type docSection struct {
	Name, Description string
	Operations        []docOperation
}

type docOperation struct {
	ID, Method, Path     string
	Summary, Description string
	Params               []docField
	Body                 docField // its Type is empty when there is none
	Answers              []docAnswer
	Failures             []docAnswer // all of them are an apiProblem
}

type docAnswer struct {
	Status, Description string
	Body                docField // its Type is empty when there is none
}

// docSchema is one structure with its fields, required ones first.
type docSchema struct {
	Name   string
	Fields []docField
}

// docField is a field, a parameter or a body.
type docField struct {
	Name        string
	Type        string
	Schema      string // name of the structure it refers to; may be empty
	Required    bool
	Bounds      string
	Description string
	Example     string
}

// docKind is one kind of failure, the anchor of apiProblem.Type.
type docKind struct {
	Anchor, Status, Words string
}

var docKinds = []docKind{
	{"error-invalid", "400、413、415、422", "请求读不懂或内容有误。errors 逐条列出字段和原因，改正后再提交。"},
	{"error-unauthorized", "401", "没有令牌，或令牌无效、已吊销。"},
	{"error-forbidden", "403", "令牌的角色或渠道不允许这样做。"},
	{"error-not-found", "404、405", "地址里的东西不存在，或没有这个接口。"},
	{"error-conflict", "409", "情况已有变化，请重新取一次再决定。"},
	{"error-unavailable", "503", "数据库等部件暂时不可用，什么都没有保存。按 Retry-After 的秒数稍后再试。"},
	{"error-internal", "500", "系统出了问题，已记录在日志中，请联系管理员。"},
}

// serveDescription serves the OpenAPI document as JSON and YAML, and as a
// page. All three are made once, here; the document must not change after.
func (s *Server) serveDescription(o *huma.OpenAPI) error {
	// huma's own model of an error is in the document, but in no answer.
	delete(o.Components.Schemas.Map(), "ErrorModel")
	delete(o.Components.Schemas.Map(), "ErrorDetail")
	asJSON, err := json.Marshal(o)
	if err != nil {
		return err
	}
	asYAML, err := o.YAML()
	if err != nil {
		return err
	}
	send := func(kind string, body []byte) fiber.Handler {
		return func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentType, kind)
			return c.Send(body)
		}
	}
	page := newAPIPage(o)
	s.app.Get("/api/openapi.json", send("application/json", asJSON))
	s.app.Get("/api/openapi.yaml", send("application/yaml", asYAML))
	s.app.Get("/api/docs", func(c *fiber.Ctx) error {
		shown := page
		shown.shell = s.outside("接口文档")
		return s.page(c, "api", shown)
	})
	return nil
}

func newAPIPage(o *huma.OpenAPI) apiPage {
	p := apiPage{Introduction: o.Info.Description, Version: o.Info.Version, Kinds: docKinds}
	for _, t := range o.Tags {
		section := docSection{Name: t.Name, Description: t.Description}
		for path, item := range o.Paths {
			for _, op := range []*huma.Operation{item.Get, item.Post} {
				if op != nil && op.Tags[0] == t.Name {
					section.Operations = append(section.Operations, newDocOperation(path, op))
				}
			}
		}
		slices.SortFunc(section.Operations, func(x, y docOperation) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
		})
		p.Sections = append(p.Sections, section)
	}
	for name, schema := range o.Components.Schemas.Map() {
		p.Schemas = append(p.Schemas, docSchema{Name: name, Fields: docFields(schema)})
	}
	slices.SortFunc(p.Schemas, func(x, y docSchema) int { return cmp.Compare(x.Name, y.Name) })
	return p
}

func newDocOperation(path string, op *huma.Operation) docOperation {
	d := docOperation{ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, param := range op.Parameters {
		f := newDocField(param.Name, param.Schema)
		f.Required = param.Required
		if param.Description != "" {
			f.Description = param.Description
		}
		d.Params = append(d.Params, f)
	}
	if op.RequestBody != nil {
		d.Body = docBody(op.RequestBody.Content)
	}
	for status, r := range op.Responses {
		a := docAnswer{Status: status, Description: r.Description, Body: docBody(r.Content)}
		if strings.HasPrefix(status, "2") {
			d.Answers = append(d.Answers, a)
		} else {
			d.Failures = append(d.Failures, a)
		}
	}
	byStatus := func(x, y docAnswer) int { return cmp.Compare(x.Status, y.Status) }
	slices.SortFunc(d.Answers, byStatus)
	slices.SortFunc(d.Failures, byStatus)
	return d
}

// docBody describes what a body holds; there is one media type at most.
func docBody(content map[string]*huma.MediaType) docField {
	for _, m := range content {
		return newDocField("", m.Schema)
	}
	return docField{}
}

// docFields gives the fields of a structure, required ones first, then by name.
func docFields(schema *huma.Schema) []docField {
	var all []docField
	for name, s := range schema.Properties {
		f := newDocField(name, s)
		f.Required = slices.Contains(schema.Required, name)
		all = append(all, f)
	}
	slices.SortFunc(all, func(x, y docField) int {
		if x.Required != y.Required {
			if x.Required {
				return -1
			}
			return 1
		}
		return cmp.Compare(x.Name, y.Name)
	})
	return all
}

func newDocField(name string, s *huma.Schema) docField {
	f := docField{Name: name, Description: s.Description, Bounds: docBounds(s)}
	if len(s.Examples) > 0 {
		f.Example = fmt.Sprint(s.Examples[0])
	}
	f.Type, f.Schema = docType(s)
	return f
}

// docType says in Chinese what a value is, and which structure it refers to.
func docType(s *huma.Schema) (words, schema string) {
	if s.Ref != "" {
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		return name, name
	}
	switch s.Type {
	case huma.TypeArray:
		words, schema = docType(s.Items)
		return words + " 的列表", schema
	case huma.TypeInteger:
		return "整数", ""
	case huma.TypeNumber:
		return "数字", ""
	case huma.TypeBoolean:
		return "true 或 false", ""
	case huma.TypeObject:
		return "对象", ""
	}
	switch s.Format {
	case "uuid":
		return "编号", ""
	case "date-time":
		return "时间", ""
	}
	return "文字", ""
}

// docBounds says in Chinese what bounds a value.
func docBounds(s *huma.Schema) string {
	var all []string
	if s.MaxLength != nil {
		all = append(all, fmt.Sprintf("至多 %d 字", *s.MaxLength))
	}
	if s.MinLength != nil {
		all = append(all, "不能为空")
	}
	if s.MaxItems != nil {
		all = append(all, fmt.Sprintf("至多 %d 项", *s.MaxItems))
	}
	if s.Minimum != nil && s.Maximum != nil {
		all = append(all, docNumber(*s.Minimum)+" 到 "+docNumber(*s.Maximum))
	}
	if s.Default != nil {
		all = append(all, fmt.Sprintf("默认 %v", s.Default))
	}
	return strings.Join(all, "，")
}

func docNumber(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
