package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// apiTemplate is the form of an answer for one leaf.
type apiTemplate struct {
	Category classifier.CategoryID `json:"category" format:"uuid" doc:"事项"`
	Text     string                `json:"text" doc:"模板，可含待填项，如 {工单编号}；空为没有"`
	At       *time.Time            `json:"at,omitempty" doc:"何时保存的；没有这一项为没有模板"`
}

type templateInput struct {
	ID apiID `path:"id" doc:"事项的标识"`
}

type templateOutput struct {
	Body apiTemplate
}

type keepTemplateInput struct {
	ID   apiID `path:"id" doc:"事项的标识"`
	Body struct {
		Text string `json:"text" maxLength:"2000" doc:"模板；空为去掉模板"`
	} `nameHint:"NewTemplate"`
}

// apiMember is one of the people of a unit.
type apiMember struct {
	Account org.AccountID `json:"account" format:"uuid" doc:"账号"`
	Name    string        `json:"name" doc:"显示的名称"`
	Head    bool          `json:"head" doc:"是不是负责人"`
	Deputy  bool          `json:"deputy" doc:"是不是副职：可以做负责人做的事"`
	Away    string        `json:"away,omitempty" doc:"现在不在，由谁代班；没有这一项为在"`
}

type membersOutput struct {
	Body struct {
		Members []apiMember `json:"members" nullable:"false" doc:"单位的承办人员"`
	} `nameHint:"Members"`
}

func newMembersOutput(all []casework.Member) *membersOutput {
	out := &membersOutput{}
	out.Body.Members = make([]apiMember, len(all))
	for i, m := range all {
		out.Body.Members[i] = apiMember{Account: m.Account, Name: m.Name, Head: m.Head, Deputy: m.Deputy, Away: m.Away}
	}
	return out
}

type unitInput struct {
	ID apiID `path:"id" doc:"单位的标识"`
}

type setHeadsInput struct {
	ID   apiID `path:"id" doc:"单位的标识"`
	Body struct {
		Heads    []apiID `json:"heads" nullable:"false" maxItems:"50" doc:"负责人的账号，代替原来的；空为不设负责人，答复直接送热线"`
		Deputies []apiID `json:"deputies,omitempty" nullable:"false" maxItems:"50" doc:"副职的账号，代替原来的；可以做负责人做的事"`
	} `nameHint:"NewHeads"`
}

type placeInput struct {
	ID apiID `path:"id" doc:"这件事的标识"`
}

type placeOutput struct {
	Body struct {
		Place string `json:"place" doc:"受理台改过的地点，已隐去个人信息；空为没有改过，用来件所带的或内容里写的"`
	} `nameHint:"Place"`
}

type setPlaceInput struct {
	ID   apiID `path:"id" doc:"这件事的标识"`
	Body struct {
		Place string `json:"place" minLength:"1" maxLength:"100" example:"人民路与和平路交叉口" doc:"地点"`
	} `nameHint:"NewPlace"`
}

// answeringOperations are those of what surrounds a case: templates, heads, the
// people to whom it may be given, its place.
func (s *Server) answeringOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "get-template", Method: http.MethodGet, Path: "/templates/{id}", Tags: []string{tagCases},
		Summary: "取一个事项的答复模板", Description: "没有模板的，text 为空。",
	}, s.getTemplate)
	handle(a, huma.Operation{
		OperationID: "keep-template", Method: http.MethodPost, Path: "/templates/{id}", Tags: []string{tagCases},
		Summary: "保存一个事项的答复模板", Description: "以后起草答复时使用；旧的留在记录里。",
	}, s.saveTemplate)
	handle(a, huma.Operation{
		OperationID: "list-heads", Method: http.MethodGet, Path: "/units/{id}/heads", Tags: []string{tagCases},
		Summary: "列出单位的承办人员和负责人", Description: "需要管理员的令牌。",
	}, s.listHeads)
	handle(a, huma.Operation{
		OperationID: "set-heads", Method: http.MethodPost, Path: "/units/{id}/heads", Tags: []string{tagCases},
		Summary: "设单位的负责人", Description: "有负责人的单位，承办人员的答复先由负责人审核。需要管理员的令牌。",
	}, s.saveHeads)
	handle(a, huma.Operation{
		OperationID: "list-crew", Method: http.MethodGet, Path: "/cases/{id}/crew", Tags: []string{tagCases},
		Summary: "列出工单可以交给本单位的哪些人", Description: "只给现在办理这件工单的单位；别的单位得到空的列表。",
	}, s.listCrew)
	handle(a, huma.Operation{
		OperationID: "get-place", Method: http.MethodGet, Path: "/matters/{id}/place", Tags: []string{tagMatters},
		Summary: "取受理台改过的地点", Description: "工单上的地点见工单的 place。",
	}, s.getPlace)
	handle(a, huma.Operation{
		OperationID: "set-place", Method: http.MethodPost, Path: "/matters/{id}/place", Tags: []string{tagMatters},
		Summary: "改一件事的地点", Description: "已立案的，工单上的地点随之改变。其中的个人信息会遮盖。",
	}, s.setPlace)
	handle(a, huma.Operation{
		OperationID: "report-finding", Method: http.MethodPost, Path: "/findings", Tags: []string{tagMatters},
		Errors:  []int{http.StatusConflict},
		Summary: "巡查上报", Description: "承办单位的人在街面看到的事，可附一张照片。和别的诉求一样有推荐、由人决定。需要承办单位的令牌。",
	}, s.takeFinding)
	handle(a, huma.Operation{
		OperationID: "list-findings", Method: http.MethodGet, Path: "/findings", Tags: []string{tagMatters},
		Summary: "列出自己报的", Description: "连同进展，晚的在前，至多 30 件。需要承办单位的令牌。",
	}, s.listFindings)
}

type findingInput struct {
	Body struct {
		Key     string `json:"key,omitempty" maxLength:"60" doc:"自定的编号：同一编号再送一次不会成为两件"`
		Text    string `json:"text" minLength:"1" maxLength:"1000" doc:"看到什么。其中的个人信息会遮盖"`
		Place   string `json:"place" minLength:"1" maxLength:"100" doc:"在哪里"`
		Name    string `json:"name,omitempty" maxLength:"200" doc:"照片的文件名"`
		Picture []byte `json:"picture,omitempty" doc:"照片，Base64，不超过 4 MB"`
	} `nameHint:"NewFinding"`
}

type findingOutput struct {
	Body struct {
		Matter intake.MatterID `json:"matter" format:"uuid" doc:"成为哪一件事"`
	} `nameHint:"TakenFinding"`
}

// apiFinding is what somebody has reported.
type apiFinding struct {
	Matter intake.MatterID `json:"matter" format:"uuid" doc:"这件事"`
	At     time.Time       `json:"at" doc:"何时"`
	Text   string          `json:"text" doc:"看到什么，已隐去个人信息"`
	Place  string          `json:"place" doc:"在哪里"`
	Open   bool            `json:"open" doc:"还没有人决定由谁办理"`
	Number string          `json:"number,omitempty" doc:"工单编号；没有这一项为没有立案"`
	State  casework.State  `json:"state,omitempty" doc:"工单的状态"`
}

type findingsOutput struct {
	Body struct {
		Findings []apiFinding `json:"findings" nullable:"false" doc:"晚的在前"`
	} `nameHint:"Findings"`
}

func (s *Server) takeFinding(ctx context.Context, actor org.Actor, in *findingInput) (*findingOutput, error) {
	b := in.Body
	matter, err := s.o.Patrols.Report(ctx, actor, casework.Finding{Key: b.Key, Words: b.Text, Place: b.Place, Name: b.Name, Picture: b.Picture})
	if err != nil {
		return nil, err
	}
	out := &findingOutput{}
	out.Body.Matter = matter
	return out, nil
}

func (s *Server) listFindings(ctx context.Context, actor org.Actor, _ *struct{}) (*findingsOutput, error) {
	all, err := s.o.Patrols.Own(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &findingsOutput{}
	out.Body.Findings = make([]apiFinding, len(all))
	for i, f := range all {
		out.Body.Findings[i] = apiFinding{Matter: f.Matter, At: utc(f.At), Text: f.Text, Place: f.Place, Open: f.Open, Number: f.Number, State: f.State}
	}
	return out, nil
}

func (s *Server) getTemplate(ctx context.Context, actor org.Actor, in *templateInput) (*templateOutput, error) {
	category := idOf[classifier.CategoryID](in.ID)
	t, err := s.o.Answering.Template(ctx, actor, category)
	if err != nil {
		return nil, err
	}
	return &templateOutput{Body: apiTemplate{Category: category, Text: t.Text, At: whenKnown(t.At)}}, nil
}

func (s *Server) saveTemplate(ctx context.Context, actor org.Actor, in *keepTemplateInput) (*templateOutput, error) {
	if err := s.o.Answering.KeepTemplate(ctx, actor, idOf[classifier.CategoryID](in.ID), in.Body.Text); err != nil {
		return nil, err
	}
	return s.getTemplate(ctx, actor, &templateInput{ID: in.ID})
}

func (s *Server) listHeads(ctx context.Context, actor org.Actor, in *unitInput) (*membersOutput, error) {
	unit := idOf[org.UnitID](in.ID)
	all, err := s.o.Heads.Of(ctx, actor, unit)
	if err != nil {
		return nil, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	if _, known := dir.Unit(unit); !known {
		return nil, errs.New(errs.NotFound, "unit.not_found")
	}
	return newMembersOutput(all), nil
}

func (s *Server) saveHeads(ctx context.Context, actor org.Actor, in *setHeadsInput) (*membersOutput, error) {
	if _, err := s.listHeads(ctx, actor, &unitInput{ID: in.ID}); err != nil {
		return nil, err // there is no such unit
	}
	if err := s.o.Heads.Set(ctx, actor, idOf[org.UnitID](in.ID), idsOf[org.AccountID](in.Body.Heads), idsOf[org.AccountID](in.Body.Deputies)); err != nil {
		return nil, err
	}
	return s.listHeads(ctx, actor, &unitInput{ID: in.ID})
}

func (s *Server) listCrew(ctx context.Context, actor org.Actor, in *caseInput) (*membersOutput, error) {
	d, _, err := s.o.Cases.Get(ctx, actor, idOf[casework.CaseID](in.ID))
	if err != nil {
		return nil, err
	}
	all, err := s.o.Hands.Crew(ctx, actor, d)
	if err != nil {
		return nil, err
	}
	return newMembersOutput(all), nil
}

func (s *Server) getPlace(ctx context.Context, actor org.Actor, in *placeInput) (*placeOutput, error) {
	place, err := s.o.Locator.Of(ctx, actor, idOf[intake.MatterID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &placeOutput{}
	out.Body.Place = place
	return out, nil
}

func (s *Server) setPlace(ctx context.Context, actor org.Actor, in *setPlaceInput) (*placeOutput, error) {
	if err := s.o.Locator.Set(ctx, actor, idOf[intake.MatterID](in.ID), in.Body.Place); err != nil {
		return nil, err
	}
	return s.getPlace(ctx, actor, &placeInput{ID: in.ID})
}
