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

// apiScript are the words of a callback.
type apiScript struct {
	Type        intake.Type `json:"type" enum:",咨询,求助,意见建议,投诉,举报,表扬" doc:"哪一类；空为各类通用"`
	Version     int         `json:"version" minimum:"0" maximum:"1000000" doc:"第几版；0 为没有自己的，用通用的或内置的"`
	Opening     string      `json:"opening" minLength:"1" maxLength:"300" doc:"开场"`
	Uncontacted string      `json:"uncontacted" minLength:"1" maxLength:"300" doc:"答“没有人联系”时接着说"`
	Unsolved    string      `json:"unsolved" minLength:"1" maxLength:"300" doc:"答“没有解决”时接着说"`
	Unsatisfied string      `json:"unsatisfied" minLength:"1" maxLength:"300" doc:"答“不满意”时接着说"`
	Closing     string      `json:"closing" minLength:"1" maxLength:"300" doc:"结束"`
}

type scriptsOutput struct {
	Body struct {
		Questions []string    `json:"questions" nullable:"false" doc:"三个问题，不能改"`
		Marks     []string    `json:"marks" nullable:"false" doc:"会换成工单的内容"`
		Scripts   []apiScript `json:"scripts" nullable:"false" doc:"先是各类通用的"`
	} `nameHint:"CallbackScripts"`
}

type scriptInput struct {
	Body apiScript `doc:"version 为看到的那一版"`
}

// apiLeaderCall is one case that a leader has drawn.
type apiLeaderCall struct {
	Case    casework.CaseID      `json:"case" format:"uuid" doc:"工单的标识"`
	Number  string               `json:"number" doc:"工单编号"`
	Unit    org.UnitID           `json:"unit" format:"uuid" doc:"承办单位"`
	Outcome casework.CallOutcome `json:"outcome" enum:",missed,answered" doc:"空为还没有打，missed 没有接通，answered 已接通"`
	Answers casework.Callback    `json:"answers,omitempty" doc:"答“是”的问题，以 + 相连：contacted、solved、satisfied；none 都答“否”"`
	Rating  apiRating            `json:"rating" doc:"还怎么评"`
	Text    string               `json:"text,omitempty" doc:"诉求人还说了什么，已隐去个人信息"`
	At      *time.Time           `json:"at,omitempty" doc:"何时打的"`
}

// apiLeaderDraw is one draw.
type apiLeaderDraw struct {
	ID         casework.DrawID `json:"id" format:"uuid" doc:"抽取的标识"`
	At         time.Time       `json:"at" doc:"何时抽取"`
	Since      time.Time       `json:"since" doc:"从何时起办结的里抽"`
	Seed       string          `json:"seed" doc:"种子，十六进制：按工单编号的 HMAC-SHA256 从小到大取"`
	Candidates int             `json:"candidates" doc:"从多少件里抽"`
	Calls      []apiLeaderCall `json:"calls" nullable:"false" doc:"抽到的，先抽到的在前"`
}

type leaderCallsOutput struct {
	Body struct {
		Draws     []apiLeaderDraw `json:"draws" nullable:"false" doc:"本人的，新的在前，至多 10 次"`
		Drawn     int             `json:"drawn" doc:"近 30 天各位领导抽了几件"`
		Called    int             `json:"called" doc:"打了几件"`
		Answered  int             `json:"answered" doc:"接通几件"`
		Contacted int             `json:"contacted" doc:"其中有人联系过"`
		Solved    int             `json:"solved" doc:"其中已解决"`
		Satisfied int             `json:"satisfied" doc:"其中满意"`
	} `nameHint:"LeaderCallbacks"`
}

type leaderDrawInput struct {
	Body struct {
		Size int `json:"size" minimum:"1" maximum:"20" doc:"抽几件"`
	} `nameHint:"NewLeaderDraw"`
}

type leaderDrawOutput struct {
	Body struct {
		ID casework.DrawID `json:"id" format:"uuid" doc:"抽取的标识"`
	} `nameHint:"LeaderDrawn"`
}

type leaderCallInput struct {
	ID   apiID `path:"id" doc:"抽取的标识"`
	Body struct {
		Case    apiID      `json:"case" doc:"哪件工单"`
		Answers apiAnswers `json:"answers" doc:"诉求人怎么说"`
		Rating  apiRating  `json:"rating,omitempty" doc:"还怎么评，可不填"`
		Text    string     `json:"text,omitempty" maxLength:"500" doc:"诉求人还说了什么"`
	} `nameHint:"NewLeaderCall"`
}

type leaderPhoneInput struct {
	ID   apiID `path:"id" doc:"抽取的标识"`
	Body struct {
		Case apiID `json:"case" doc:"哪件工单"`
	} `nameHint:"LeaderPhoneAsked"`
}

type leaderPhoneOutput struct {
	Body struct {
		Name  string `json:"name" doc:"姓名；空为没有留"`
		Phone string `json:"phone" doc:"号码"`
	} `nameHint:"LeaderPhoneShown"`
}

// callbackOperations are those of the words of callbacks, and of leaders' own.
func (s *Server) callbackOperations(a huma.API) {
	if s.o.Scripts != nil {
		handle(a, huma.Operation{
			OperationID: "list-scripts", Method: http.MethodGet, Path: "/callback-scripts", Tags: []string{tagCases},
			Summary: "回访话术", Description: "各类各一份，三个问题固定。",
		}, s.listScripts)
		handle(a, huma.Operation{
			OperationID: "keep-script", Method: http.MethodPost, Path: "/callback-scripts", Tags: []string{tagCases}, Errors: []int{http.StatusConflict},
			DefaultStatus: http.StatusNoContent, Summary: "改一类的回访话术", Description: "由督办员或管理员修改，留一个版本。别人先改过的返回 409。",
		}, s.takeScript)
	}
	if s.o.LeaderCalls == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-leader-callbacks", Method: http.MethodGet, Path: "/leader-callbacks", Tags: []string{tagCases},
		Summary: "领导抽查回访", Description: "本人抽到的和各位领导的统计；不计入三率。",
	}, s.listLeaderCalls)
	handle(a, huma.Operation{
		OperationID: "draw-leader-callbacks", Method: http.MethodPost, Path: "/leader-callbacks", Tags: []string{tagCases}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusCreated, Summary: "抽取要回访的工单", Description: "从近 30 天办结、有人可回访、没有抽过的里随机抽。没有可抽的返回 409。",
	}, s.takeLeaderDraw)
	handle(a, huma.Operation{
		OperationID: "open-leader-callback", Method: http.MethodPost, Path: "/leader-callbacks/{id}/phone", Tags: []string{tagCases}, Errors: []int{http.StatusConflict},
		Summary: "查看要回访的号码", Description: "只给抽到的领导，每次查看留记录。已经接通的返回 409。",
	}, s.takeLeaderPhone)
	handle(a, huma.Operation{
		OperationID: "record-leader-callback", Method: http.MethodPost, Path: "/leader-callbacks/{id}/calls", Tags: []string{tagCases}, Errors: []int{http.StatusConflict},
		DefaultStatus: http.StatusNoContent, Summary: "记下一次抽查回访", Description: "没有接通的可以再打；已经接通的返回 409。不改变工单。",
	}, s.takeLeaderCall)
}

func (s *Server) listScripts(ctx context.Context, actor org.Actor, _ *struct{}) (*scriptsOutput, error) {
	all, err := s.o.Scripts.All(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &scriptsOutput{}
	out.Body.Marks, out.Body.Scripts = casework.ScriptMarks(), make([]apiScript, len(all))
	for _, q := range casework.Questions() {
		out.Body.Questions = append(out.Body.Questions, q.Words)
	}
	for i, k := range all {
		out.Body.Scripts[i] = apiScript{k.Type, k.Version, k.Opening, k.Uncontacted, k.Unsolved, k.Unsatisfied, k.Closing}
	}
	return out, nil
}

func (s *Server) takeScript(ctx context.Context, actor org.Actor, in *scriptInput) (*struct{}, error) {
	b := in.Body
	return nil, s.o.Scripts.Keep(ctx, actor, casework.Script{
		Type: b.Type, Opening: b.Opening, Uncontacted: b.Uncontacted, Unsolved: b.Unsolved, Unsatisfied: b.Unsatisfied, Closing: b.Closing,
	}, b.Version)
}

func (s *Server) listLeaderCalls(ctx context.Context, actor org.Actor, _ *struct{}) (*leaderCallsOutput, error) {
	all, r, err := s.o.LeaderCalls.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &leaderCallsOutput{}
	b := &out.Body
	b.Drawn, b.Called, b.Answered, b.Contacted, b.Solved, b.Satisfied = r.Drawn, r.Called, r.Answered, r.Contacted, r.Solved, r.Satisfied
	b.Draws = make([]apiLeaderDraw, len(all))
	for i, d := range all {
		b.Draws[i] = apiLeaderDraw{ID: d.ID, At: utc(d.At), Since: utc(d.Since), Seed: d.Seed, Candidates: d.Candidates, Calls: make([]apiLeaderCall, len(d.Calls))}
		for k, c := range d.Calls {
			b.Draws[i].Calls[k] = apiLeaderCall{
				Case: c.Case, Number: c.Number, Unit: c.Docket.Unit, Outcome: c.Outcome, Answers: c.Answers, Rating: apiRating(c.Rating), Text: c.Text, At: whenKnown(c.At),
			}
		}
	}
	return out, nil
}

func (s *Server) takeLeaderDraw(ctx context.Context, actor org.Actor, in *leaderDrawInput) (*leaderDrawOutput, error) {
	drawn, err := s.o.LeaderCalls.Draw(ctx, actor, in.Body.Size)
	if err != nil {
		return nil, err
	}
	out := &leaderDrawOutput{}
	out.Body.ID = drawn
	return out, nil
}

func (s *Server) takeLeaderPhone(ctx context.Context, actor org.Actor, in *leaderPhoneInput) (*leaderPhoneOutput, error) {
	name, phone, err := s.o.LeaderCalls.Phone(ctx, actor, idOf[casework.DrawID](in.ID), idOf[casework.CaseID](in.Body.Case))
	if err != nil {
		return nil, err
	}
	out := &leaderPhoneOutput{}
	out.Body.Name, out.Body.Phone = name, phone
	return out, nil
}

func (s *Server) takeLeaderCall(ctx context.Context, actor org.Actor, in *leaderCallInput) (*struct{}, error) {
	b := in.Body
	return nil, s.o.LeaderCalls.Record(ctx, actor, idOf[casework.DrawID](in.ID), idOf[casework.CaseID](b.Case), casework.Answers(b.Answers), casework.Rating(b.Rating), b.Text)
}
