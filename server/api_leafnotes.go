package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// apiLeafNote is what a leaf's next version shall have.
type apiLeafNote struct {
	ID    classifier.LeafNoteID `json:"id" format:"uuid" doc:"编号"`
	Text  string                `json:"text" doc:"例子或区分条款"`
	Rival classifier.CategoryID `json:"rival,omitempty" format:"uuid" doc:"区分条款：与哪个事项区分；没有这一项为例子"`
	By    string                `json:"by" doc:"谁记下的"`
	At    time.Time             `json:"at" doc:"何时"`
}

type leafInput struct {
	ID apiID `path:"id" doc:"末级事项的标识"`
}

type leafNotesOutput struct {
	Body struct {
		Notes []apiLeafNote `json:"notes" nullable:"false" doc:"早的在前；还没有生效"`
	} `nameHint:"LeafNotes"`
}

type keepLeafNotesInput struct {
	ID   apiID `path:"id" doc:"末级事项的标识"`
	Body struct {
		Examples []string `json:"examples,omitempty" nullable:"false" maxItems:"40" doc:"例子，每条至多 300 字，不能有个人信息"`
		Clauses  []string `json:"clauses,omitempty" nullable:"false" maxItems:"40" doc:"区分条款；填了就必填 rival"`
		Rival    apiID    `json:"rival,omitempty" doc:"与哪个末级事项区分"`
	} `nameHint:"LeafNotesToKeep"`
}

type proposedOutput struct {
	Body struct {
		Sources  []apiSource   `json:"sources" nullable:"false" doc:"给大模型的资料"`
		Examples []apiSentence `json:"examples" nullable:"false" doc:"拟的例子，没有人核对过"`
		Clauses  []apiSentence `json:"clauses" nullable:"false" doc:"拟的区分条款，没有人核对过"`
	} `nameHint:"LeafProposals"`
}

func (s *Server) leafNoteOperations(a huma.API) {
	if s.o.LeafNotes == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "list-leaf-notes", Method: http.MethodGet, Path: "/catalogue/{id}/notes", Tags: []string{tagCatalogue},
		Summary: "列出一个事项记下的例子和区分条款", Description: "写进下一版清单之前没有生效。",
	}, s.listLeafNotes)
	handle(a, huma.Operation{
		OperationID: "keep-leaf-notes", Method: http.MethodPost, Path: "/catalogue/{id}/notes", Tags: []string{tagCatalogue},
		Errors: []int{http.StatusConflict}, Summary: "记下例子和区分条款", Description: "要么全部记下，要么都不记；已有的不重复。只有管理员可以。",
	}, s.keepLeafNotesByAPI)
	if s.o.Assist == nil {
		return
	}
	handle(a, huma.Operation{
		OperationID: "draft-leaf-notes", Method: http.MethodPost, Path: "/catalogue/{id}/drafts", Tags: []string{tagCatalogue},
		Summary: "请大模型拟例子和区分条款", Description: "什么都不保存。要等几秒到一分钟。",
	}, s.draftLeafNotes)
}

// leafFor gives a leaf of the active version.
func (s *Server) leafFor(ctx context.Context, actor org.Actor, id apiID) (*classifier.Category, *classifier.Catalogue, error) {
	list, err := s.catalogueFor(ctx, actor)
	if err != nil {
		return nil, nil, err
	}
	leaf, ok := list.Category(idOf[classifier.CategoryID](id))
	if !ok || !leaf.Leaf {
		return nil, nil, errs.New(errs.NotFound, "category.not_found")
	}
	return leaf, list, nil
}

func (s *Server) listLeafNotes(ctx context.Context, actor org.Actor, in *leafInput) (*leafNotesOutput, error) {
	leaf, _, err := s.leafFor(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	kept, err := s.o.LeafNotes.Of(ctx, actor, leaf)
	out := &leafNotesOutput{}
	out.Body.Notes = []apiLeafNote{}
	for _, k := range kept {
		out.Body.Notes = append(out.Body.Notes, apiLeafNote{k.ID, k.Text, k.Rival, k.ByName, utc(k.At)})
	}
	return out, err
}

func (s *Server) keepLeafNotesByAPI(ctx context.Context, actor org.Actor, in *keepLeafNotesInput) (*leafNotesOutput, error) {
	leaf, _, err := s.leafFor(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.o.LeafNotes.Keep(ctx, actor, leaf, in.Body.Examples, in.Body.Clauses, idOf[classifier.CategoryID](in.Body.Rival)); err != nil {
		return nil, err
	}
	return s.listLeafNotes(ctx, actor, &leafInput{ID: in.ID})
}

func (s *Server) draftLeafNotes(ctx context.Context, actor org.Actor, in *leafInput) (*proposedOutput, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return nil, err
	}
	leaf, list, err := s.leafFor(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	review, err := s.o.Leaves.Review(ctx, actor, leaf.ID, leafDays)
	if err != nil {
		return nil, err
	}
	rival, _ := list.Category(review.Rival)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	made, err := s.o.Assist.Propose.Propose(ctx, leaf, rival, review.Wordings)
	if err != nil {
		return nil, err
	}
	examples, clauses := newAPIWritten(made.Sources, made.Examples), newAPIWritten(nil, made.Clauses)
	out := &proposedOutput{}
	out.Body.Sources, out.Body.Examples, out.Body.Clauses = examples.Body.Sources, examples.Body.Sentences, clauses.Body.Sentences
	return out, nil
}
