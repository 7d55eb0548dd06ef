package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"huying/casework"
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

	LLMStream bool   `name:"llm-stream" var:"HUYING_LLM_STREAM" help:"让大模型边写边传；长回答经过会掐断久等连接的网关时用"`
	LLMPrice  string `name:"llm-price" var:"HUYING_LLM_PRICE" placeholder:"发出,收到" help:"每百万词元的价格（元），如 2,8；设了“大模型”页就列出今天的费用"`
	LLMTasks  string `name:"llm-tasks" var:"HUYING_LLM_TASKS" placeholder:"JSON" help:"个别用途改用别的接口：JSON 或 @文件，如 {\"draft\":{\"url\":\"…\",\"model\":\"…\",\"key\":\"…\",\"stream\":true,\"price_in\":2,\"price_out\":8}}；没写的照默认接口"`
	LLMRecord string `name:"llm-record" var:"HUYING_LLM_RECORD" placeholder:"目录" help:"把与大模型的每次问答按内容录进目录，其中的个人信息已换成编号；不记密钥"`
	LLMReplay string `name:"llm-replay" var:"HUYING_LLM_REPLAY" placeholder:"目录" help:"不连大模型，用录下的问答回答；仍要 --llm-model，与录时相同"`
}

// llmTask is what HUYING_LLM_TASKS says of one task; nil: as the main endpoint.
type llmTask struct {
	URL      *string  `json:"url"`
	Model    *string  `json:"model"`
	Key      *string  `json:"key"`
	Stream   *bool    `json:"stream"`
	PriceIn  *float64 `json:"price_in"`
	PriceOut *float64 `json:"price_out"`
}

// without reports that there is no model at all.
func (s LLMSettings) without() bool { return s.LLMURL == "" && s.LLMReplay == "" }

// check refuses settings that cannot work, by name.
func (s LLMSettings) check() error {
	if s.without() {
		if s.LLMModel != "" || s.LLMKey != "" || s.LLMTasks != "" || s.LLMPrice != "" || s.LLMRecord != "" {
			return errs.New(errs.Invalid, "setting.missing", "--llm-url / HUYING_LLM_URL", "HUYING_LLM_MODEL")
		}
		return nil
	}
	if s.LLMModel == "" {
		return errs.New(errs.Invalid, "setting.missing", "--llm-model / HUYING_LLM_MODEL", "HUYING_LLM_URL")
	}
	for _, dir := range []struct{ name, path string }{{"--llm-record", s.LLMRecord}, {"--llm-replay", s.LLMReplay}} {
		if info, err := os.Stat(dir.path); dir.path != "" && (err != nil || !info.IsDir()) {
			return errs.New(errs.Invalid, "setting.invalid", dir.name, dir.path)
		}
	}
	o, err := s.client()
	if err != nil {
		return err
	}
	_, err = llm.New(o)
	return err
}

// client are the options of a client, as far as they are settings.
func (s LLMSettings) client() (llm.Options, error) {
	price, err := s.price()
	if err != nil {
		return llm.Options{}, err
	}
	main := llm.EndpointOptions{URL: s.LLMURL, Model: s.LLMModel, Key: s.LLMKey, Stream: s.LLMStream, Price: price}
	others, err := s.others(main)
	return llm.Options{Endpoint: main, Others: others, Record: s.LLMRecord, Replay: s.LLMReplay}, err
}

func (s LLMSettings) price() (llm.Price, error) {
	if s.LLMPrice == "" {
		return llm.Price{}, nil
	}
	in, out, ok := strings.Cut(s.LLMPrice, ",")
	var p llm.Price
	var bad error
	if p.In, bad = strconv.ParseFloat(in, 64); bad == nil && ok {
		p.Out, bad = strconv.ParseFloat(out, 64)
	}
	if bad != nil || !ok || !(p.In >= 0 && p.Out >= 0) {
		return p, errs.New(errs.Invalid, "setting.invalid", "--llm-price / HUYING_LLM_PRICE", s.LLMPrice)
	}
	return p, nil
}

// others reads what HUYING_LLM_TASKS says over the main endpoint.
func (s LLMSettings) others(main llm.EndpointOptions) (map[llm.Task]llm.EndpointOptions, error) {
	if s.LLMTasks == "" {
		return nil, nil
	}
	bad := func(what string) error {
		return errs.New(errs.Invalid, "setting.invalid", "--llm-tasks / HUYING_LLM_TASKS", what)
	}
	raw := []byte(s.LLMTasks)
	if path, ok := strings.CutPrefix(s.LLMTasks, "@"); ok {
		var err error
		if raw, err = os.ReadFile(path); err != nil {
			return nil, bad(path)
		}
	}
	var said map[llm.Task]llmTask
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&said); err != nil {
		return nil, bad("JSON")
	}
	out := map[llm.Task]llm.EndpointOptions{}
	for task, t := range said {
		if !slices.Contains(llm.Tasks(), task) {
			return nil, bad(string(task))
		}
		e := main
		over(&e.URL, t.URL)
		over(&e.Model, t.Model)
		over(&e.Key, t.Key)
		over(&e.Stream, t.Stream)
		over(&e.Price.In, t.PriceIn)
		over(&e.Price.Out, t.PriceOut)
		if e.URL != main.URL && t.Key == nil {
			e.Key = "" // the main endpoint's key is nobody else's business
		}
		out[task] = e
	}
	return out, nil
}

func over[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// openLLM makes what asks the language model; nil without one.
func (a *app) openLLM(s *site) (*server.Assist, error) {
	if a.settings.without() {
		return nil, nil
	}
	o, err := a.settings.client()
	if err != nil {
		return nil, err
	}
	store := s.DB.LLM()
	o.Store, o.Conceal, o.Now = store, s.segmenter.Conceal, a.now
	model, err := llm.New(o)
	if err != nil {
		return nil, err
	}
	s.checkAnswers(kb.NewAskReader(model))
	writer := llm.NewWriter(model, s.contentWords)
	return &server.Assist{
		Compose: casework.NewComposer(s.answering, writer),
		Write:   writer,
		Merge:   kb.NewMerger(model, writer),
		Propose: classifier.NewProposer(writer),
		Model:   model, Rank: classifier.NewRanker(model), Glean: intake.NewGleaner(model), Fit: kb.NewFitReader(model),
		Rules: llm.NewControl(store, o.Endpoint, o.Others, a.now),
	}, nil
}

// checkAnswers lets a language model read what citizens are answered without a
// person in between.
func (s *site) checkAnswers(reader *kb.AskReader) {
	s.talk.WithCheck(func(ctx context.Context, asked string, e kb.Entry) (kb.FitReading, bool) {
		area := "全市"
		if e.Area != "" {
			dir, err := s.DB.Directory(ctx)
			if err != nil {
				return kb.FitReading{}, false
			}
			if path := dir.Path(e.Area); path != "" {
				area = path
			}
		}
		return reader.Read(ctx, asked, e, area)
	})
}

// contentWords gives the words of a text that carry meaning.
func (s *site) contentWords(t string) []string { return s.segmenter.Content(s.segmenter.Tokens(t)) }

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
	rules := llm.Rules{On: true, Budget: llm.MaxBudget, Rate: llm.MaxRate, Deadline: llm.MaxDeadline, Patience: llm.MaxPatience, At: now}
	o, err := r.app.settings.client()
	if err != nil {
		return nil, err
	}
	for _, e := range o.Others {
		// Whoever measures has chosen where to.
		rules.Others = append(rules.Others, llm.Record{Endpoint: e.Place(), Approval: "eval", Place: "eval", Operator: "eval"})
	}
	if err := r.asked.LLM().SetRules(ctx, rules, org.Audit{At: now, Action: "set_llm", Object: "llm"}); err != nil {
		return nil, err
	}
	o.Store, o.Conceal, o.Now = r.asked.LLM(), r.segments.Conceal, r.app.now
	model, err := llm.New(o)
	if err != nil {
		return nil, err
	}
	words := func(t string) []string { return r.segments.Content(r.segments.Tokens(t)) }
	return &eval.Assistant{
		Rank: classifier.NewRanker(model), Glean: intake.NewGleaner(model), Fit: kb.NewFitReader(model), Write: llm.NewWriter(model, words),
	}, nil
}

// checkLLM asks each language model one harmless question, by the same way as
// the service does.
func (a *app) checkLLM(ctx context.Context, c *checkup) {
	if a.settings.LLMURL == "" {
		return
	}
	o, err := a.settings.client()
	if err != nil {
		c.bad("大模型", errs.Sentence(err), "检查 HUYING_LLM_TASKS 和 HUYING_LLM_PRICE")
		return
	}
	a.tryLLM(ctx, c, "大模型", o.Endpoint)
	tried := []llm.Place{o.Endpoint.Place()}
	for _, task := range llm.Tasks() {
		if e, ok := o.Others[task]; ok && !slices.Contains(tried, e.Place()) {
			tried = append(tried, e.Place())
			a.tryLLM(ctx, c, "大模型（"+task.Label()+"）", e)
		}
	}
}

func (a *app) tryLLM(ctx context.Context, c *checkup, what string, e llm.EndpointOptions) {
	const mend = "检查 HUYING_LLM_URL、HUYING_LLM_MODEL、HUYING_LLM_KEY 和网络"
	p, err := llm.Try(ctx, e, a.now)
	switch {
	case errs.CodeOf(err) == "llm.refused":
		c.bad(what, "能连上，但回答不合给定的格式（JSON Schema），不能用", "换一个支持 response_format json_schema 的服务或模型")
		return
	case err != nil:
		c.bad(what, errs.Sentence(err), mend)
		return
	case !p.Chinese:
		c.bad(what, "用中文问，没有用中文回答", "换一个中文模型")
		return
	}
	took := strings.TrimSuffix(p.Latency.Round(100*time.Millisecond).String(), "s") + " 秒"
	if p.Latency > llm.DefaultRules().Deadline {
		c.note(what, "%s，格式和中文都行，但回答用了 %s，话务员多半等不到", e.Model, took)
		return
	}
	c.good(what, "%s，支持给定的格式，中文回答，用时 %s", e.Model, took)
}
