package main

import (
	"context"
	"strings"
	"time"

	"huying/classifier"
	"huying/eval"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/kb"
	"huying/server"
)

// LLMSettings name a language model that gives its view while people decide.
// Without an address there is none, and no page mentions one. What it may do
// is set on its page and off until an administrator turns it on.
type LLMSettings struct {
	LLMURL   string `name:"llm-url" var:"HUYING_LLM_URL" placeholder:"地址" help:"OpenAI 兼容的大模型接口，写到版本为止，如 http://主机:8000/v1；不设时不用大模型。设了以后还要管理员在“大模型”页开启"`
	LLMModel string `name:"llm-model" var:"HUYING_LLM_MODEL" placeholder:"名称" help:"大模型接口的模型名"`
	LLMKey   string `name:"llm-key" var:"HUYING_LLM_KEY" placeholder:"密钥" help:"大模型接口的密钥，可不设"`
}

// check refuses settings that cannot work, by name.
func (s LLMSettings) check() error {
	if s.LLMURL == "" {
		if s.LLMModel != "" || s.LLMKey != "" {
			return errs.New(errs.Invalid, "setting.missing", "--llm-url / HUYING_LLM_URL", "HUYING_LLM_MODEL")
		}
		return nil
	}
	if s.LLMModel == "" {
		return errs.New(errs.Invalid, "setting.missing", "--llm-model / HUYING_LLM_MODEL", "HUYING_LLM_URL")
	}
	_, err := llm.New(llm.Options{Endpoint: s.endpoint()})
	return err
}

func (s LLMSettings) endpoint() llm.EndpointOptions {
	return llm.EndpointOptions{URL: s.LLMURL, Model: s.LLMModel, Key: s.LLMKey}
}

// openLLM makes what asks the language model; nil without one.
func (a *app) openLLM(s *site) (*server.Assist, error) {
	if a.settings.LLMURL == "" {
		return nil, nil
	}
	store := s.DB.LLM()
	model, err := llm.New(llm.Options{
		Endpoint: a.settings.endpoint(), Store: store, Conceal: s.segmenter.Conceal, Now: a.now,
	})
	if err != nil {
		return nil, err
	}
	return &server.Assist{
		Model: model, Rank: classifier.NewRanker(model), Glean: intake.NewGleaner(model), Fit: kb.NewFitReader(model),
		Rules: llm.NewControl(store, a.settings.endpoint(), nil, a.now),
	}, nil
}

// assistant makes the language model for eval, on a database of its own. It is
// asked as the desk asks it, only longer waited for.
func (r *rig) assistant(ctx context.Context) (*eval.Assistant, error) {
	_, url, err := r.made.New(ctx)
	if err != nil {
		return nil, err
	}
	if r.asked, err = postgres.Open(ctx, url, postgres.Options{AppName: "huying eval"}); err != nil {
		return nil, err
	}
	now := r.app.now()
	rules := llm.Rules{On: true, Budget: llm.MaxBudget, Rate: llm.MaxRate, Deadline: llm.MaxDeadline, At: now}
	if err := r.asked.LLM().SetRules(ctx, rules, org.Audit{At: now, Action: "set_llm", Object: "llm"}); err != nil {
		return nil, err
	}
	model, err := llm.New(llm.Options{
		Endpoint: r.app.settings.endpoint(), Store: r.asked.LLM(), Conceal: r.segments.Conceal, Now: r.app.now,
	})
	if err != nil {
		return nil, err
	}
	return &eval.Assistant{Rank: classifier.NewRanker(model), Glean: intake.NewGleaner(model), Fit: kb.NewFitReader(model)}, nil
}

// checkLLM asks the language model one harmless question, by the same way as
// the service does.
func (a *app) checkLLM(ctx context.Context, c *checkup) {
	if a.settings.LLMURL == "" {
		return
	}
	const mend = "检查 HUYING_LLM_URL、HUYING_LLM_MODEL、HUYING_LLM_KEY 和网络"
	p, err := llm.Try(ctx, a.settings.endpoint(), a.now)
	switch {
	case errs.CodeOf(err) == "llm.refused":
		c.bad("大模型", "能连上，但回答不合给定的格式（JSON Schema），不能用", "换一个支持 response_format json_schema 的服务或模型")
		return
	case err != nil:
		c.bad("大模型", errs.Sentence(err), mend)
		return
	case !p.Chinese:
		c.bad("大模型", "用中文问，没有用中文回答", "换一个中文模型")
		return
	}
	took := strings.TrimSuffix(p.Latency.Round(100*time.Millisecond).String(), "s") + " 秒"
	if p.Latency > llm.DefaultRules().Deadline {
		c.note("大模型", "%s，格式和中文都行，但回答用了 %s，话务员多半等不到", a.settings.LLMModel, took)
		return
	}
	c.good("大模型", "%s，支持给定的格式，中文回答，用时 %s", a.settings.LLMModel, took)
}
