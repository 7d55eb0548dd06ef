package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/llm"
	"huying/internal/org"
)

// apiSource is a text that a draft rests on.
type apiSource struct {
	Number  int    `json:"number" doc:"编号，句子的 from 用它"`
	Name    string `json:"name" doc:"从哪里来"`
	Text    string `json:"text" doc:"内容，已隐去个人信息"`
	Pattern bool   `json:"pattern" doc:"true：只借用说法，其中的数字、日期和单位是别的工单的，不能作依据"`
}

// apiSentence is a sentence of a draft.
type apiSentence struct {
	Text      string   `json:"text" doc:"句子"`
	From      []int    `json:"from" nullable:"false" doc:"所引资料的编号"`
	Supported bool     `json:"supported" doc:"false：无出处，所引资料里没有依据；采用前须由人核实"`
	Lacks     []string `json:"lacks" nullable:"false" doc:"资料里没有的数字、日期、法规、单位或用词"`
}

// apiWritten is what a language model wrote, with what it was given.
type apiWritten struct {
	Sources   []apiSource   `json:"sources" nullable:"false" doc:"给大模型的资料"`
	Sentences []apiSentence `json:"sentences" nullable:"false" doc:"写出的句子，没有人核对过；没有资料时为空"`
}

type writtenOutput struct {
	Body apiWritten `nameHint:"Written"`
}

func newAPIWritten(sources []llm.Source, sentences []llm.Sentence) *writtenOutput {
	out := &writtenOutput{Body: apiWritten{Sources: []apiSource{}, Sentences: []apiSentence{}}}
	for _, v := range newSourceViews(sources) {
		out.Body.Sources = append(out.Body.Sources, apiSource(v))
	}
	for _, v := range newSentenceViews(sentences) {
		out.Body.Sentences = append(out.Body.Sentences, apiSentence{v.Text, listed(v.From), v.Supported, listed(v.Lacks)})
	}
	return out
}

type draftCaseInput struct {
	ID   apiID `path:"id" doc:"工单的标识"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"1000" doc:"办理情况：办了什么、结果怎样"`
	} `nameHint:"DraftNote"`
}

// writingOperations are those of a language model that writes; without one
// there are none.
func (s *Server) writingOperations(a huma.API) {
	if s.o.Assist == nil || s.o.Assist.Compose == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "draft-case", Method: http.MethodPost, Path: "/cases/{id}/draft", Tags: []string{tagCases},
		Summary: "请大模型起草答复", Description: "按办理情况、协办意见、答复模板、知识条目和相近的已办工单逐句起草，每句注明依据。什么都不保存，也不发出；由人核对修改后另行答复。要等几秒到一分钟。",
	}, s.draftCase)
}

// draftCase gives a draft of the answer.
func (s *Server) draftCase(ctx context.Context, actor org.Actor, in *draftCaseInput) (*writtenOutput, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	id := idOf[casework.CaseID](in.ID)
	names, err := s.namesFor(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	made, err := s.o.Assist.Compose.Compose(ctx, actor, id, names, in.Body.Note)
	if err != nil {
		return nil, err
	}
	return newAPIWritten(made.Sources, made.Sentences), nil
}

// namesFor are the words for what a draft for a case names.
func (s *Server) namesFor(ctx context.Context, actor org.Actor, id casework.CaseID) (casework.Names, error) {
	d, _, err := s.o.Cases.Get(ctx, actor, id)
	if err != nil {
		return casework.Names{}, err
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return casework.Names{}, err
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return casework.Names{}, err
	}
	return casework.Names{Unit: unitNames(dir), Leaf: leafName(list, d.Category), Today: s.day(s.o.Now()), Units: dir.UnitNames()}, nil
}
