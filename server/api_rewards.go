package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/intake"
	"huying/internal/org"
)

// apiRewardRule is what earns, how much, and how often.
type apiRewardRule struct {
	Types    []intake.Type `json:"types" nullable:"false" minItems:"1" maxItems:"6" doc:"哪些类型的诉求：咨询、求助、意见建议、投诉、举报、表扬"`
	Codes    []string      `json:"codes,omitempty" nullable:"false" maxItems:"50" doc:"哪些事项的编码，上级的编码包括下面的全部；空为全部"`
	When     string        `json:"when" enum:"filed,closed" doc:"filed 立案即可，closed 办结后已解决或承诺解决的"`
	MinFen   int           `json:"min_fen" minimum:"1" maximum:"20000" doc:"每件至少多少分；对以后开的预算生效"`
	MaxFen   int           `json:"max_fen" minimum:"1" maximum:"20000" doc:"每件至多多少分"`
	PerDay   int           `json:"per_day" minimum:"1" maximum:"100" doc:"每人每天至多几次"`
	PerMonth int           `json:"per_month" minimum:"1" maximum:"100" doc:"每人每月至多几次"`
	MonthFen int           `json:"month_fen" minimum:"1" maximum:"200000" doc:"每人每月至多多少分"`
	SameDays int           `json:"same_days" minimum:"1" maximum:"365" doc:"多少天内同一人几乎一样的话、同一地点的同一事项只奖励一次"`
	Grace    int           `json:"grace" minimum:"0" maximum:"90" doc:"期满后多少天内仍可确认"`
	At       *time.Time    `json:"at,omitempty" doc:"何时设的；没有这一项为随产品带来的规则。设新规则时原样带回：别人改过时返回 409"`
}

// apiRewardPeriod is a budget with its draw.
type apiRewardPeriod struct {
	ID         casework.RewardPeriodID `json:"id" format:"uuid" doc:"预算的标识"`
	From       time.Time               `json:"from" doc:"从何时起立案的"`
	Until      time.Time               `json:"until" doc:"到何时以前"`
	RevealAt   time.Time               `json:"reveal_at" doc:"最迟何时公布种子，之后不再确认"`
	Fen        int                     `json:"fen" doc:"预算，分"`
	Committed  int                     `json:"committed" doc:"已确认，分"`
	Paid       int                     `json:"paid" doc:"其中已发放，分"`
	MinFen     int                     `json:"min_fen" doc:"每件至少，分"`
	MaxFen     int                     `json:"max_fen" doc:"每件至多，分"`
	SeedHash   string                  `json:"seed_hash" doc:"种子的 SHA-256，十六进制"`
	Seed       string                  `json:"seed,omitempty" doc:"种子，十六进制；公布以后才有"`
	RevealedAt *time.Time              `json:"revealed_at,omitempty" doc:"何时公布的"`
}

func newAPIRewardPeriod(p casework.RewardPeriod) apiRewardPeriod {
	return apiRewardPeriod{
		ID: p.ID, From: utc(p.From), Until: utc(p.Until), RevealAt: utc(p.RevealAt), Fen: p.Fen, Committed: p.Committed, Paid: p.Paid, MinFen: p.MinFen, MaxFen: p.MaxFen,
		SeedHash: hexOf(p.Hash), Seed: hexOf(p.Seed), RevealedAt: whenKnown(p.RevealedAt),
	}
}

// apiReward is what was decided about a case.
type apiReward struct {
	ID      casework.RewardID       `json:"id" format:"uuid" doc:"奖励的标识"`
	Case    casework.CaseID         `json:"case" format:"uuid" doc:"工单"`
	Number  string                  `json:"number,omitempty" doc:"工单编号"`
	Period  casework.RewardPeriodID `json:"period" format:"uuid" doc:"哪一期预算"`
	State   casework.RewardState    `json:"state" enum:"declined,queued,listed,paid,failed,void" doc:"declined 不奖励，queued 待发放，listed 人工发放中，paid 已发放，failed 没有发成，void 不再发放"`
	Fen     int                     `json:"fen" doc:"金额，分；不奖励的为 0"`
	By      org.AccountID           `json:"by" format:"uuid" doc:"谁确认的"`
	At      time.Time               `json:"at" doc:"何时确认"`
	Reason  string                  `json:"reason,omitempty" doc:"不奖励或不再发放的理由"`
	Proof   string                  `json:"proof,omitempty" doc:"支付方的编号或凭证号"`
	Failure string                  `json:"failure,omitempty" doc:"上次为什么没有成功"`
	Unsure  bool                    `json:"unsure,omitempty" doc:"支付方没有明确答复，可能已经付出"`
	Settled *time.Time              `json:"settled,omitempty" doc:"何时有了结果"`
}

func newAPIReward(r casework.Reward) apiReward {
	return apiReward{
		ID: r.ID, Case: r.Case, Number: r.Number, Period: r.Period, State: r.State, Fen: r.Fen, By: r.By, At: utc(r.At), Reason: r.Reason, Proof: r.Proof,
		Failure: r.Failure, Unsure: r.Unsure, Settled: whenKnown(r.Settled),
	}
}

// apiEarner is a case that waits for a person.
type apiEarner struct {
	Case    casework.CaseID          `json:"case" format:"uuid" doc:"工单"`
	Number  string                   `json:"number" doc:"工单编号"`
	Title   string                   `json:"title,omitempty" doc:"标题，已隐去个人信息"`
	Text    string                   `json:"text" doc:"诉求，已隐去个人信息"`
	Place   string                   `json:"place,omitempty" doc:"地点"`
	Leaf    string                   `json:"leaf" doc:"事项"`
	Type    intake.Type              `json:"type" doc:"类型"`
	FiledAt time.Time                `json:"filed_at" doc:"何时立案"`
	Against []casework.RewardRefusal `json:"against" nullable:"false" doc:"为什么不能奖励；空为可以确认。type 类型不在内，leaf 事项不在内，state 还没有到时候，merged 已并入更早的，double 已奖励过，patrol 巡查，no_phone 没有留电话，labelled 骚扰标记，day、month、sum 次数或金额已满，alike 几乎一样的话，place 同一地点的同一事项，budget 余额不足"`
	Words   string                   `json:"words,omitempty" doc:"同上，用文字"`
}

type rewardRuleOutput struct {
	Body apiRewardRule
}

type rewardRuleInput struct {
	Body apiRewardRule
}

type rewardPeriodsOutput struct {
	Body struct {
		Periods []apiRewardPeriod `json:"periods" nullable:"false" doc:"各期，晚的在前"`
	} `nameHint:"RewardPeriods"`
}

type newPeriodInput struct {
	Body struct {
		From  time.Time `json:"from,omitzero" required:"false" doc:"从何时起立案的，不能是过去；不填为从现在起"`
		Until time.Time `json:"until" doc:"到何时以前，1 到 366 天"`
		Fen   int       `json:"fen" minimum:"1" maximum:"1000000000" doc:"预算，分"`
	} `nameHint:"NewRewardPeriod"`
}

type rewardPeriodOutput struct {
	Body apiRewardPeriod
}

type rewardPeriodInput struct {
	ID apiID `path:"id" doc:"预算的标识"`
}

type verificationOutput struct {
	Body struct {
		Good   bool       `json:"good" doc:"全部相符"`
		Hash   bool       `json:"hash" doc:"种子与当初公布的指纹相符"`
		Wrong  int        `json:"wrong" doc:"几笔与种子不符"`
		Seed   string     `json:"seed" doc:"种子，十六进制"`
		Drawn  []apiDrawn `json:"drawn" nullable:"false" doc:"每一笔，按工单编号"`
		MinFen int        `json:"min_fen" doc:"每件至少，分"`
		MaxFen int        `json:"max_fen" doc:"每件至多，分"`
	} `nameHint:"RewardVerification"`
}

// apiDrawn is one amount.
type apiDrawn struct {
	Number string `json:"number" doc:"工单编号"`
	Fen    int    `json:"fen" doc:"发了多少分"`
	Want   int    `json:"want" doc:"按种子应为多少分"`
}

type rewardsInput struct {
	State  string `query:"state" enum:"declined,queued,listed,paid,failed,void" doc:"哪种状态；不填为除不奖励以外的全部"`
	Before apiID  `query:"before" doc:"只要比这一笔更早的：上一页的 next"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几笔"`
}

type rewardsOutput struct {
	Body struct {
		Rewards []apiReward       `json:"rewards" nullable:"false" doc:"晚的在前"`
		Next    casework.RewardID `json:"next,omitempty" format:"uuid" doc:"取更早一页时的 before；没有这一项为到头了"`
	} `nameHint:"Rewards"`
}

type candidatesInput struct {
	Before apiID `query:"before" doc:"只要比这件工单更早的：上一页的 next"`
}

type candidatesOutput struct {
	Body struct {
		Candidates []apiEarner     `json:"candidates" nullable:"false" doc:"晚的在前，至多 20 件"`
		Next       casework.CaseID `json:"next,omitempty" format:"uuid" doc:"取更早一页时的 before；没有这一项为到头了"`
	} `nameHint:"RewardCandidates"`
}

type decideRewardInput struct {
	Body struct {
		Case  apiID  `json:"case" doc:"工单"`
		Grant bool   `json:"grant" doc:"true 奖励，false 不奖励"`
		Why   string `json:"why,omitempty" maxLength:"500" doc:"不奖励时必填的理由"`
	} `nameHint:"RewardDecision"`
}

type rewardOutput struct {
	Body apiReward
}

type rewardMoveInput struct {
	ID   apiID `path:"id" doc:"奖励的标识"`
	Body struct {
		Move    string `json:"move" enum:"again,paid,failed,void" doc:"again 再发一次，paid 登记已由人发放，failed 登记没有发成，void 不再发放"`
		Proof   string `json:"proof,omitempty" maxLength:"80" doc:"paid：凭证号"`
		Why     string `json:"why,omitempty" maxLength:"500" doc:"failed、void：原因"`
		Checked bool   `json:"checked,omitempty" doc:"unsure 的：已向支付方核实没有付出"`
	} `nameHint:"RewardMove"`
}

type payListInput struct {
	Body struct {
		Again bool `json:"again,omitempty" doc:"true 再取一次已列入名单、还没有登记结果的"`
	} `nameHint:"PaymentListWanted"`
}

type payListOutput struct {
	Body struct {
		Lines []apiPayLine `json:"lines" nullable:"false" doc:"至多 200 笔"`
	} `nameHint:"PaymentList"`
}

// apiPayLine is one line of a list for payment by hand.
type apiPayLine struct {
	Reward casework.RewardID `json:"reward" format:"uuid" doc:"奖励的标识，登记结果时用"`
	Key    string            `json:"key" doc:"发放编号，重复的不得再付"`
	Number string            `json:"number" doc:"工单编号"`
	Phone  string            `json:"phone,omitempty" doc:"手机号"`
	Fen    int               `json:"fen" doc:"金额，分"`
	Remark string            `json:"remark,omitempty" doc:"为什么没有手机号"`
}

func (s *Server) rewardOperations(a huma.API) {
	if s.o.Rewards == nil {
		return
	}
	op := func(id, method, path, summary, description string, more ...int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Tags: []string{tagRewards}, Summary: summary, Description: description, Errors: more}
	}
	handle(a, op("get-reward-rule", http.MethodGet, "/rewards/rule", "奖励的规则", "哪些诉求可以奖励，每件多少，防止滥用的限制。"), s.giveRewardRule)
	handle(a, silent(op("set-reward-rule", http.MethodPost, "/rewards/rule", "设奖励的规则", "由管理员设。别人刚刚改过的返回 409。", http.StatusConflict)), s.takeRewardRule)
	handle(a, op("list-reward-periods", http.MethodGet, "/rewards/periods", "各期预算", "连同种子的指纹；公布以后有种子。"), s.listRewardPeriods)
	handle(a, op("open-reward-period", http.MethodPost, "/rewards/periods", "开一期预算", "生成种子，加密保存，公布指纹。与别的一期时间重叠的返回 409。", http.StatusConflict), s.openRewardPeriod)
	handle(a, silent(op("reveal-reward-seed", http.MethodPost, "/rewards/periods/{id}/reveal", "公布种子", "期满以后才能公布，公布后这一期不再确认。还没有期满、已经公布的返回 409。", http.StatusConflict)), s.takeReveal)
	handle(a, op("verify-rewards", http.MethodGet, "/rewards/periods/{id}/verification", "核验一期的全部金额", "按公布的种子重新算一遍。还没有公布的返回 409。", http.StatusConflict), s.giveVerification)
	handle(a, op("list-reward-candidates", http.MethodGet, "/rewards/candidates", "等着确认的工单", "按规则找出，说明哪些不能奖励、为什么。"), s.listCandidates)
	handle(a, op("list-rewards", http.MethodGet, "/rewards", "列出奖励", "连同发放的结果；不含诉求人的信息。"), s.listRewards)
	handle(a, op("decide-reward", http.MethodPost, "/rewards", "确认一件奖励，或不奖励", "金额由种子和工单编号抽出。限制和余额在确认时再核一遍，不能奖励的、别人刚刚决定过的返回 409。", http.StatusConflict, http.StatusNotFound), s.takeRewardDecision)
	handle(a, op("list-reward-payments", http.MethodPost, "/rewards/lists", "取人工发放的名单", "由管理员取，含完整的手机号，每个号码都留下查看记录；取走的转为人工发放中。没有要发放的返回 409。", http.StatusConflict), s.takePayList)
	handle(a, silent(op("move-reward", http.MethodPost, "/rewards/{id}/moves", "登记发放的结果，或再发一次", "确认的人不能登记自己确认的。现在不能做的返回 409。", http.StatusConflict)), s.takeRewardMove)
}

// silent is an operation that answers nothing when all is well.
func silent(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusNoContent
	return o
}

func (s *Server) giveRewardRule(ctx context.Context, actor org.Actor, _ *struct{}) (*rewardRuleOutput, error) {
	r, err := s.o.Rewards.Rule(ctx, actor)
	if err != nil {
		return nil, err
	}
	return &rewardRuleOutput{Body: apiRewardRule{
		Types: r.Types, Codes: r.Codes, When: string(r.When), MinFen: r.MinFen, MaxFen: r.MaxFen, PerDay: r.PerDay, PerMonth: r.PerMonth, MonthFen: r.MonthFen,
		SameDays: r.SameDays, Grace: r.Grace, At: whenKnown(r.At),
	}}, nil
}

func (s *Server) takeRewardRule(ctx context.Context, actor org.Actor, in *rewardRuleInput) (*struct{}, error) {
	b := in.Body
	var seen time.Time
	if b.At != nil {
		seen = *b.At
	}
	return nil, s.o.Rewards.SetRule(ctx, actor, casework.RewardRule{
		Types: b.Types, Codes: b.Codes, When: casework.RewardWhen(b.When), MinFen: b.MinFen, MaxFen: b.MaxFen, PerDay: b.PerDay, PerMonth: b.PerMonth, MonthFen: b.MonthFen,
		SameDays: b.SameDays, Grace: b.Grace,
	}, seen)
}

func (s *Server) listRewardPeriods(ctx context.Context, actor org.Actor, _ *struct{}) (*rewardPeriodsOutput, error) {
	all, err := s.o.Rewards.Periods(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &rewardPeriodsOutput{}
	out.Body.Periods = make([]apiRewardPeriod, len(all))
	for i, p := range all {
		out.Body.Periods[i] = newAPIRewardPeriod(p)
	}
	return out, nil
}

func (s *Server) openRewardPeriod(ctx context.Context, actor org.Actor, in *newPeriodInput) (*rewardPeriodOutput, error) {
	p, err := s.o.Rewards.Open(ctx, actor, in.Body.From, in.Body.Until, in.Body.Fen)
	if err != nil {
		return nil, err
	}
	return &rewardPeriodOutput{Body: newAPIRewardPeriod(p)}, nil
}

func (s *Server) takeReveal(ctx context.Context, actor org.Actor, in *rewardPeriodInput) (*struct{}, error) {
	return nil, s.o.Rewards.Reveal(ctx, actor, idOf[casework.RewardPeriodID](in.ID))
}

func (s *Server) giveVerification(ctx context.Context, actor org.Actor, in *rewardPeriodInput) (*verificationOutput, error) {
	if err := org.Can(actor, org.ActReward); err != nil {
		return nil, err
	}
	v, err := s.o.Rewards.Verify(ctx, idOf[casework.RewardPeriodID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &verificationOutput{}
	b := &out.Body
	b.Good, b.Hash, b.Wrong, b.Seed, b.MinFen, b.MaxFen = v.Good(), v.Hash, v.Wrong, hexOf(v.Period.Seed), v.Period.MinFen, v.Period.MaxFen
	b.Drawn = make([]apiDrawn, len(v.Drawn))
	for i, d := range v.Drawn {
		b.Drawn[i] = apiDrawn(d)
	}
	return out, nil
}

func (s *Server) listCandidates(ctx context.Context, actor org.Actor, in *candidatesInput) (*candidatesOutput, error) {
	found, next, err := s.o.Rewards.Candidates(ctx, actor, idOf[casework.CaseID](in.Before))
	if err != nil {
		return nil, err
	}
	out := &candidatesOutput{}
	out.Body.Candidates, out.Body.Next = make([]apiEarner, len(found)), next
	for i, f := range found {
		out.Body.Candidates[i] = apiEarner{
			Case: f.Case, Number: f.Number, Title: f.Title, Text: f.Text, Place: f.Place, Leaf: f.Leaf, Type: f.Type, FiledAt: utc(f.FiledAt),
			Against: listed(f.Refusals), Words: casework.RefusalWords(f.Refusals),
		}
	}
	return out, nil
}

func (s *Server) listRewards(ctx context.Context, actor org.Actor, in *rewardsInput) (*rewardsOutput, error) {
	found, _, err := s.o.Rewards.List(ctx, actor, casework.RewardFilter{
		State: casework.RewardState(in.State), Before: idOf[casework.RewardID](in.Before), Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	out := &rewardsOutput{}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Body.Next = found[in.Limit-1].ID
	}
	out.Body.Rewards = make([]apiReward, len(found))
	for i, r := range found {
		out.Body.Rewards[i] = newAPIReward(r)
	}
	return out, nil
}

func (s *Server) takeRewardDecision(ctx context.Context, actor org.Actor, in *decideRewardInput) (*rewardOutput, error) {
	r, err := s.o.Rewards.Decide(ctx, actor, idOf[casework.CaseID](in.Body.Case), in.Body.Grant, in.Body.Why)
	if err != nil {
		return nil, err
	}
	return &rewardOutput{Body: newAPIReward(r)}, nil
}

func (s *Server) takePayList(ctx context.Context, actor org.Actor, in *payListInput) (*payListOutput, error) {
	lines, err := s.o.Cashier.List(ctx, actor, in.Body.Again)
	if err != nil {
		return nil, err
	}
	out := &payListOutput{}
	out.Body.Lines = make([]apiPayLine, len(lines))
	for i, l := range lines {
		out.Body.Lines[i] = apiPayLine(l)
	}
	return out, nil
}

func (s *Server) takeRewardMove(ctx context.Context, actor org.Actor, in *rewardMoveInput) (*struct{}, error) {
	return nil, s.o.Cashier.Move(ctx, actor, casework.RewardCommand{
		Reward: idOf[casework.RewardID](in.ID), Move: casework.RewardMove(in.Body.Move), Proof: in.Body.Proof, Why: in.Body.Why, Checked: in.Body.Checked,
	})
}
