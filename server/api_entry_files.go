package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huying/internal/org"
	"huying/kb"
)

// apiEntryFile is a file of an entry, without what it holds.
type apiEntryFile struct {
	Digest string `json:"digest" doc:"内容的 SHA-256，十六进制"`
	Name   string `json:"name" doc:"文件名"`
	Kind   string `json:"kind" doc:"媒体类型，按内容判断"`
	Size   int    `json:"size" doc:"字节数"`
}

func newAPIEntryFiles(all []kb.File) []apiEntryFile {
	out := make([]apiEntryFile, len(all))
	for i, f := range all {
		out[i] = apiEntryFile(f)
	}
	return out
}

type attachFileInput struct {
	ID   apiID `path:"id" doc:"条目编号"`
	Body struct {
		Version int    `json:"version" minimum:"1" doc:"所看到的版本"`
		Name    string `json:"name" minLength:"1" maxLength:"200" doc:"文件名"`
		Content []byte `json:"content" doc:"内容，base64；照片、PDF、Word 或 Excel"`
	} `nameHint:"NewEntryFile"`
}

type entryFileInput struct {
	ID     apiID  `path:"id" doc:"条目编号"`
	Digest string `path:"digest" maxLength:"64" doc:"内容的 SHA-256"`
}

type detachFileInput struct {
	ID      apiID  `path:"id" doc:"条目编号"`
	Digest  string `path:"digest" maxLength:"64" doc:"内容的 SHA-256"`
	Version int    `query:"version" minimum:"1" default:"1" doc:"所看到的版本"`
}

type entryFileOutput struct {
	Body struct {
		apiEntryFile
		Content []byte `json:"content" doc:"内容，base64"`
	} `nameHint:"FileContent"`
}

func (s *Server) entryFileOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "attach-to-entry", Method: http.MethodPost, Path: "/entries/{id}/files", Tags: []string{tagKnowledge}, Errors: []int{http.StatusConflict},
		Summary: "给一条知识加附件", Description: "附件是内容的一部分：成为草稿的新版本，正在答复的条目写成修改稿，通过后一起发布。内容相同的不重复。经接口的内容（base64）连同其余不超过 4 MB。",
	}, s.attachByAPI)
	handle(a, huma.Operation{
		OperationID: "get-file-of-entry", Method: http.MethodGet, Path: "/entries/{id}/files/{digest}", Tags: []string{tagKnowledge},
		Summary: "取一条知识的附件", Description: "任何一版有过的附件都可以取。",
	}, s.giveEntryFile)
	handle(a, huma.Operation{
		OperationID: "detach-from-entry", Method: http.MethodDelete, Path: "/entries/{id}/files/{digest}", Tags: []string{tagKnowledge}, Errors: []int{http.StatusConflict},
		Summary: "从一条知识删去附件", Description: "成为新的一版；以前的版本里仍然有。",
	}, s.detachByAPI)
}

func (s *Server) attachByAPI(ctx context.Context, actor org.Actor, in *attachFileInput) (*entryOutput, error) {
	e, err := s.o.EntryFiles.Attach(ctx, actor, idOf[kb.EntryID](in.ID), in.Body.Version, in.Body.Name, in.Body.Content)
	if err != nil {
		return nil, err
	}
	return &entryOutput{Body: newAPIEntry(e)}, nil
}

func (s *Server) giveEntryFile(ctx context.Context, actor org.Actor, in *entryFileInput) (*entryFileOutput, error) {
	f, body, err := s.o.EntryFiles.Read(ctx, actor, idOf[kb.EntryID](in.ID), in.Digest)
	if err != nil {
		return nil, err
	}
	out := &entryFileOutput{}
	out.Body.apiEntryFile, out.Body.Content = apiEntryFile(f), body
	return out, nil
}

func (s *Server) detachByAPI(ctx context.Context, actor org.Actor, in *detachFileInput) (*entryOutput, error) {
	e, err := s.o.EntryFiles.Detach(ctx, actor, idOf[kb.EntryID](in.ID), in.Version, in.Digest)
	if err != nil {
		return nil, err
	}
	return &entryOutput{Body: newAPIEntry(e)}, nil
}
