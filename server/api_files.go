package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/internal/org"
)

// apiAttachment is what is attached to a case or a summons, without its content.
type apiAttachment struct {
	ID    casework.AttachmentID `json:"id" format:"uuid" doc:"附件的标识"`
	Name  string                `json:"name" doc:"文件名"`
	Kind  string                `json:"kind" doc:"内容的媒体类型，按内容认定，如 image/jpeg"`
	Size  int                   `json:"size" doc:"字节数"`
	At    time.Time             `json:"at" doc:"何时上传"`
	By    org.AccountID         `json:"by,omitempty" format:"uuid" doc:"谁上传的；没有这一项为诉求人"`
	Shown bool                  `json:"shown" doc:"办结后诉求人凭回执码能看到"`
	Unit  org.UnitID            `json:"unit,omitempty" format:"uuid" doc:"上传者的单位；没有这一项为热线或诉求人"`
}

func newAPIAttachment(f casework.Attachment) apiAttachment {
	return apiAttachment{ID: f.ID, Name: f.Name, Kind: f.Kind, Size: f.Size, At: utc(f.At), By: f.By, Unit: f.Unit, Shown: f.Shown}
}

type attachmentsOutput struct {
	Body struct {
		Files []apiAttachment `json:"files" nullable:"false" doc:"附件，早的在前"`
	} `nameHint:"Attachments"`
}

func newAttachmentsOutput(all []casework.Attachment) *attachmentsOutput {
	out := &attachmentsOutput{}
	out.Body.Files = make([]apiAttachment, len(all))
	for i, f := range all {
		out.Body.Files[i] = newAPIAttachment(f)
	}
	return out
}

type attachmentInput struct {
	ID   apiID `path:"id" doc:"工单或吹哨的标识"`
	File apiID `path:"file" doc:"附件的标识"`
}

type attachmentOutput struct {
	Body struct {
		File    apiAttachment `json:"file" doc:"附件"`
		Content []byte        `json:"content" doc:"内容，Base64"`
	} `nameHint:"AttachmentContent"`
}

func newAttachmentOutput(f casework.Attachment) *attachmentOutput {
	out := &attachmentOutput{}
	out.Body.File, out.Body.Content = newAPIAttachment(f), f.Body
	return out
}

type attachInput struct {
	ID   apiID `path:"id" doc:"工单或吹哨的标识"`
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"200" example:"现场.jpg" doc:"文件名"`
		Content []byte `json:"content" doc:"内容，Base64。照片（JPG、PNG、WEBP、GIF）、PDF、Word（docx）或 Excel（xlsx），不超过 4 MB"`
	} `nameHint:"NewFile"`
}

// takesEncoded reports whether a path of the API takes a file in JSON, which
// makes it larger by a third.
func takesEncoded(path string) bool {
	return strings.HasPrefix(path, apiRoot+"/") && (strings.HasSuffix(path, "/files") || strings.HasPrefix(path, apiRoot+"/receipts/") && strings.HasSuffix(path, "/moves")) || path == apiRoot+"/findings" || path == apiRoot+"/calendar"
}

// fileOperations are those of what is attached to cases.
func (s *Server) fileOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-case-files", Method: http.MethodGet, Path: "/cases/{id}/files", Tags: []string{tagCases},
		Summary: "列出一件工单的附件", Description: "看得到工单的都看得到附件。",
	}, s.listCaseFiles)
	handle(a, huma.Operation{
		OperationID: "attach-case-file", Method: http.MethodPost, Path: "/cases/{id}/files", Tags: []string{tagCases},
		Errors:  []int{http.StatusConflict},
		Summary: "给工单上传附件", Description: "参与办理的单位和热线可以上传，一件工单至多 20 个；同样的内容传两次算一个。",
	}, s.attachCaseFile)
	handle(a, huma.Operation{
		OperationID: "get-case-file", Method: http.MethodGet, Path: "/cases/{id}/files/{file}", Tags: []string{tagCases},
		Summary: "取一个附件", Description: "连同内容。",
	}, s.getCaseFile)
	handle(a, huma.Operation{
		OperationID: "share-case-file", Method: http.MethodPost, Path: "/cases/{id}/files/{file}/shares", Tags: []string{tagCases},
		Summary: "附件给不给诉求人看", Description: "办结后诉求人凭回执码能看到；默认都看不到。只有热线的令牌可以。",
	}, s.shareCaseFile)
	handle(a, huma.Operation{
		OperationID: "get-shared-file", Method: http.MethodGet, Path: "/receipts/{code}/files/{file}", Tags: []string{tagCases},
		Summary: "凭回执码取一个附件", Description: "只有热线选中、已办结的；列在凭回执码查进展的 files 里。",
	}, s.getSharedFile)
}

type shareInput struct {
	ID   apiID `path:"id" doc:"工单的标识"`
	File apiID `path:"file" doc:"附件的标识"`
	Body struct {
		Shown bool `json:"shown" doc:"true：办结后诉求人能看到。请先看清楚没有别人的个人信息"`
	} `nameHint:"Share"`
}

func (s *Server) shareCaseFile(ctx context.Context, actor org.Actor, in *shareInput) (*attachmentsOutput, error) {
	err := s.o.Attachments.Share(ctx, actor, idOf[casework.CaseID](in.ID), idOf[casework.AttachmentID](in.File), in.Body.Shown)
	if err != nil {
		return nil, err
	}
	return s.listCaseFiles(ctx, actor, &caseInput{ID: in.ID})
}

type sharedFileInput struct {
	Code string `path:"code" minLength:"1" maxLength:"40" doc:"回执码"`
	File apiID  `path:"file" doc:"附件的标识"`
}

// apiShared is a file as a citizen sees it.
type apiShared struct {
	ID   casework.AttachmentID `json:"id" format:"uuid" doc:"附件的标识"`
	Name string                `json:"name" doc:"文件名"`
	Kind string                `json:"kind" doc:"内容的媒体类型"`
	Size int                   `json:"size" doc:"字节数"`
}

func newAPIShared(f casework.Attachment) apiShared {
	return apiShared{ID: f.ID, Name: f.Name, Kind: f.Kind, Size: f.Size}
}

type sharedFileOutput struct {
	Body struct {
		File    apiShared `json:"file" doc:"附件"`
		Content []byte    `json:"content" doc:"内容，Base64"`
	} `nameHint:"SharedFile"`
}

func (s *Server) getSharedFile(ctx context.Context, actor org.Actor, in *sharedFileInput) (*sharedFileOutput, error) {
	if err := org.Can(actor, org.ActConverse); err != nil {
		return nil, err
	}
	f, err := s.o.Attachments.ReadByReceipt(ctx, in.Code, idOf[casework.AttachmentID](in.File))
	if err != nil {
		return nil, err
	}
	out := &sharedFileOutput{}
	out.Body.File, out.Body.Content = newAPIShared(f), f.Body
	return out, nil
}

func (s *Server) listCaseFiles(ctx context.Context, actor org.Actor, in *caseInput) (*attachmentsOutput, error) {
	all, err := s.o.Attachments.Of(ctx, actor, idOf[casework.CaseID](in.ID))
	if err != nil {
		return nil, err
	}
	return newAttachmentsOutput(all), nil
}

// attachCaseFile stores a file and gives all of the case.
func (s *Server) attachCaseFile(ctx context.Context, actor org.Actor, in *attachInput) (*attachmentsOutput, error) {
	if err := s.o.Attachments.Attach(ctx, actor, idOf[casework.CaseID](in.ID), in.Body.Name, in.Body.Content); err != nil {
		return nil, err
	}
	return s.listCaseFiles(ctx, actor, &caseInput{ID: in.ID})
}

func (s *Server) getCaseFile(ctx context.Context, actor org.Actor, in *attachmentInput) (*attachmentOutput, error) {
	f, err := s.o.Attachments.Read(ctx, actor, idOf[casework.CaseID](in.ID), idOf[casework.AttachmentID](in.File))
	if err != nil {
		return nil, err
	}
	return newAttachmentOutput(f), nil
}
