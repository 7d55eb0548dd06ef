package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
	"huying/kb"
)

// apiSummonsScore is how one unit answers when it is called.
type apiSummonsScore struct {
	Unit   org.UnitID `json:"unit" format:"uuid" doc:"被叫的单位"`
	Called int        `json:"called" doc:"被叫几次"`
	InTime int        `json:"in_time" doc:"按时到场几次"`
	Missed int        `json:"missed" doc:"没有到，或现在迟了，几次"`
	Scored int        `json:"scored" doc:"评了几次"`
	Prompt float64    `json:"prompt" doc:"到场及时的平均分；没有评的为 0"`
	Duty   float64    `json:"duty" doc:"履职的平均分"`
	Effect float64    `json:"effect" doc:"效果的平均分"`
}

type summonsScoresOutput struct {
	Body struct {
		Scores []apiSummonsScore `json:"scores" nullable:"false" doc:"近 90 天"`
	} `nameHint:"SummonsScores"`
}

type alikeOutput struct {
	Body struct {
		Cases []apiCase `json:"cases" nullable:"false" doc:"可以并入的，晚的在前，至多 5 件"`
	} `nameHint:"AlikeCases"`
}

// apiEntryLoad is what of a unit's knowledge entries waits.
type apiEntryLoad struct {
	Unit    string `json:"unit" doc:"答复单位的名称；空为没有写"`
	Review  int    `json:"review" doc:"待审核"`
	Verify  int    `json:"verify" doc:"待核实"`
	Overdue int    `json:"overdue" doc:"逾期"`
	Soon    int    `json:"soon" doc:"快到期"`
}

type entryLoadsOutput struct {
	Body struct {
		Units []apiEntryLoad `json:"units" nullable:"false" doc:"逾期多的在前"`
	} `nameHint:"EntryLoads"`
}

// loadOperations are figures that pages show beside what they are about.
func (s *Server) loadOperations(a huma.API) {
	if s.o.Cases != nil {
		handle(a, huma.Operation{
			OperationID: "summons-scores", Method: http.MethodGet, Path: "/summons-scores", Tags: []string{tagCases},
			Summary: "各单位的报到情况", Description: "近 90 天被叫、按时到场和评分，热线和领导查看。",
		}, s.giveSummonsScores)
		handle(a, huma.Operation{
			OperationID: "alike-cases", Method: http.MethodGet, Path: "/cases/{id}/alike", Tags: []string{tagCases},
			Summary: "可以并入哪些工单", Description: "先立案、同事项、同单位、同地方、还在办的，由派单员查看。",
		}, s.giveAlike)
	}
	if s.o.Upkeep != nil {
		handle(a, huma.Operation{
			OperationID: "entry-loads", Method: http.MethodGet, Path: "/entry-loads", Tags: []string{tagKnowledge},
			Summary: "各单位待处理的条目", Description: "由采编员查看。",
		}, s.giveEntryLoads)
	}
}

func (s *Server) giveSummonsScores(ctx context.Context, actor org.Actor, _ *struct{}) (*summonsScoresOutput, error) {
	all, err := s.o.Whistles.Scores(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &summonsScoresOutput{}
	out.Body.Scores = make([]apiSummonsScore, len(all))
	for i, x := range all {
		out.Body.Scores[i] = apiSummonsScore{x.Unit, x.Called, x.InTime, x.Missed, x.Scored, x.Average.Prompt, x.Average.Duty, x.Average.Effect}
	}
	return out, nil
}

func (s *Server) giveAlike(ctx context.Context, actor org.Actor, in *caseInput) (*alikeOutput, error) {
	all, err := s.o.Merges.AlikeOf(ctx, actor, idOf[casework.CaseID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &alikeOutput{}
	out.Body.Cases = make([]apiCase, len(all))
	for i, d := range all {
		out.Body.Cases[i] = newAPICase(d)
	}
	return out, nil
}

func (s *Server) giveEntryLoads(ctx context.Context, actor org.Actor, _ *struct{}) (*entryLoadsOutput, error) {
	all, err := s.o.Upkeep.Loads(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &entryLoadsOutput{}
	out.Body.Units = make([]apiEntryLoad, len(all))
	for i, l := range all {
		out.Body.Units[i] = apiEntryLoad{l.Unit, l.Counts[kb.ListReview], l.Counts[kb.ListVerify], l.Counts[kb.ListOverdue], l.Counts[kb.ListSoon]}
	}
	return out, nil
}
