package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/internal/org"
)

// apiDeadlineRule is one figure of the rules of deadlines.
type apiDeadlineRule struct {
	Key   string `json:"key" minLength:"1" maxLength:"40" doc:"哪一项，如 complaint_handle"`
	Value string `json:"value" minLength:"1" maxLength:"20" doc:"时限如 7 个工作日、4 个工作小时、3 天、24 小时、30 分钟；其余为整数，或 是、否"`
	Label string `json:"label,omitempty" doc:"名称；设置时不用填"`
}

type apiRuleChange struct {
	Label  string `json:"label" doc:"哪一项"`
	Before string `json:"before" doc:"原来"`
	After  string `json:"after" doc:"改为"`
}

// apiRuleVersion is one version of the rules.
type apiRuleVersion struct {
	Version int             `json:"version" doc:"第几版，从 1 起"`
	At      time.Time       `json:"at" doc:"何时"`
	By      org.AccountID   `json:"by,omitempty" format:"uuid" doc:"谁；没有这一项为在服务器上"`
	Why     string          `json:"why" doc:"为什么"`
	Changes []apiRuleChange `json:"changes" nullable:"false" doc:"比前一版改了什么"`
}

type deadlineRulesOutput struct {
	Body struct {
		Version  int               `json:"version" doc:"现行第几版，0 为随产品带来的"`
		Rules    []apiDeadlineRule `json:"rules" nullable:"false" doc:"现行的各项"`
		Versions []apiRuleVersion  `json:"versions" nullable:"false" doc:"各版，新的在前"`
	} `nameHint:"DeadlineRules"`
}

type setDeadlineRulesInput struct {
	Body struct {
		Version int               `json:"version" minimum:"0" doc:"看到的是第几版；已不是现行的返回 409"`
		Rules   []apiDeadlineRule `json:"rules" nullable:"false" minItems:"1" maxItems:"100" doc:"要改的各项；没有列出的不变"`
		Why     string            `json:"why" minLength:"1" maxLength:"200" doc:"为什么改，如文号"`
	} `nameHint:"NewDeadlineRules"`
}

type restoreDeadlineRulesInput struct {
	Body struct {
		Version int `json:"version" minimum:"0" doc:"看到的是第几版；已不是现行的返回 409"`
		To      int `json:"to" minimum:"0" doc:"恢复第几版，0 为随产品带来的"`
	} `nameHint:"DeadlineRulesToRestore"`
}

func (s *Server) deadlineOperations(a huma.API) {
	if s.o.Rulebook == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "get-deadline-rules", Method: http.MethodGet, Path: "/deadline-rules", Tags: []string{tagCases},
		Summary: "期限规则和它的各版", Description: "签收、办理、退单、提醒、催办的时限，以及至多几次。",
	}, s.giveDeadlineRules)
	handle(a, huma.Operation{
		OperationID: "set-deadline-rules", Method: http.MethodPost, Path: "/deadline-rules", Tags: []string{tagCases},
		Errors: []int{http.StatusConflict}, Summary: "改期限规则", Description: "存为新的一版，立即生效。已经给出的期限不变，以后给出的按新的规则。只有管理员可以。",
	}, s.takeDeadlineRules)
	handle(a, huma.Operation{
		OperationID: "restore-deadline-rules", Method: http.MethodPost, Path: "/deadline-rules/restore", Tags: []string{tagCases},
		Errors: []int{http.StatusConflict, http.StatusNotFound}, Summary: "恢复以前一版期限规则", Description: "存为新的一版，立即生效。只有管理员可以。",
	}, s.restoreDeadlineRules)
}

func (s *Server) giveDeadlineRules(ctx context.Context, actor org.Actor, _ *struct{}) (*deadlineRulesOutput, error) {
	rules, versions, err := s.o.Rulebook.Versions(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &deadlineRulesOutput{}
	out.Body.Version, out.Body.Rules, out.Body.Versions = rules.Version, []apiDeadlineRule{}, []apiRuleVersion{}
	for _, f := range rules.Fields() {
		out.Body.Rules = append(out.Body.Rules, apiDeadlineRule{f.Key, f.Value, f.Label})
	}
	for i, view := range ruleVersions(versions)[:len(versions)] {
		v := apiRuleVersion{Version: view.Version, At: utc(view.At), By: versions[i].By, Why: view.Why, Changes: []apiRuleChange{}}
		for _, ch := range view.Changes {
			v.Changes = append(v.Changes, apiRuleChange(ch))
		}
		out.Body.Versions = append(out.Body.Versions, v)
	}
	return out, nil
}

func (s *Server) takeDeadlineRules(ctx context.Context, actor org.Actor, in *setDeadlineRulesInput) (*deadlineRulesOutput, error) {
	typed := map[string]string{}
	for _, r := range in.Body.Rules {
		typed[r.Key] = r.Value
	}
	if err := s.o.Rulebook.Set(ctx, actor, in.Body.Version, typed, in.Body.Why); err != nil {
		return nil, err
	}
	return s.giveDeadlineRules(ctx, actor, nil)
}

func (s *Server) restoreDeadlineRules(ctx context.Context, actor org.Actor, in *restoreDeadlineRulesInput) (*deadlineRulesOutput, error) {
	if err := s.o.Rulebook.GoBack(ctx, actor, in.Body.Version, in.Body.To); err != nil {
		return nil, err
	}
	return s.giveDeadlineRules(ctx, actor, nil)
}
