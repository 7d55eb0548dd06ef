package server

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// Limits of an archive that is sent at once: what a browser waits for, and less
// than the server's own time for an answer. The command has none.
const (
	archivedAtOnce = 500
	archiveWithin  = 50 * time.Second
)

// archivePage is what page_archive.html draws.
type archivePage struct {
	shell
	Faults []string
	Form   archiveForm
	Most   int
}

// archiveForm is the form as it was filled in.
type archiveForm struct {
	Case, From, To, Purpose string
	Clear                   bool
}

// request is the form as the stage takes it: days, the last one included.
func (f archiveForm) request() casework.ArchiveRequest {
	r := casework.ArchiveRequest{Case: casework.CaseID(f.Case), Purpose: f.Purpose, Clear: f.Clear, Most: archivedAtOnce}
	zone := shanghai(time.Time{}).Location()
	r.From, _ = time.ParseInLocation(time.DateOnly, f.From, zone) // zero for none, which the stage refuses
	if to, err := time.ParseInLocation(time.DateOnly, f.To, zone); err == nil {
		r.To = to.AddDate(0, 0, 1)
	}
	return r
}

// showArchive shows the form.
func (s *Server) showArchive(c *fiber.Ctx, v visit) error {
	if s.o.Archives == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := org.Can(v.actor, org.ActArchive); err != nil {
		return err
	}
	return s.page(c, "archive", archivePage{shell: s.shell(v, "archive", "工单归档"), Most: archivedAtOnce})
}

// takeArchive sends an archive, or shows the form again with what is wrong.
func (s *Server) takeArchive(c *fiber.Ctx, v visit) error {
	if s.o.Archives == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	form := archiveForm{
		Case: c.FormValue("case"), From: c.FormValue("from"), To: c.FormValue("to"), Purpose: c.FormValue("purpose"), Clear: c.FormValue("clear") != "",
	}
	archive, err := s.o.Archives.Open(c.UserContext(), v.actor, form.request())
	if err != nil {
		if errs.KindOf(err) != errs.Invalid && errs.CodeOf(err) != "archive.none" {
			return err
		}
		code, faults := s.faultsOf(c, err)
		return s.render(c, code, "archive", "layout", archivePage{shell: s.shell(v, "archive", "工单归档"), Faults: faults, Form: form, Most: archivedAtOnce})
	}
	s.sendArchive(c, archive)
	return nil
}

// sendArchive writes an archive as it is made. What fails on the way leaves a
// file that no program takes for a whole one.
func (s *Server) sendArchive(c *fiber.Ctx, archive *casework.Archive) {
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+archive.Name()+`"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		// The request's context ends with its handler, which is before this.
		ctx, cancel := context.WithTimeout(context.Background(), archiveWithin)
		defer cancel()
		if _, err := archive.Write(ctx, io.Writer(w)); err != nil {
			s.o.Log.Error("archive cut off", "error", err)
		}
	})
}

// archiveBody is what the API takes.
type archiveBody struct {
	Case    apiID  `json:"case,omitempty" doc:"只要这一件；不填时取 from 到 to 办结的"`
	From    string `json:"from,omitempty" format:"date" doc:"从哪天"`
	To      string `json:"to,omitempty" format:"date" doc:"到哪天，含当天"`
	Purpose string `json:"purpose" minLength:"1" maxLength:"100" doc:"用途，写进导出标记和审计记录"`
	Clear   bool   `json:"clear,omitempty" doc:"连同原话和联系方式；每件打开都有记录"`
}

// mountArchive adds the operation that sends an archive. huma would keep it in
// memory until the end, so it is a route of its own, described by hand.
func (s *Server) mountArchive(a huma.API) {
	if s.o.Archives == nil {
		return
	}
	s.app.Post(apiRoot+"/archives", s.giveArchive)
	op := huma.Operation{
		OperationID: "archive-cases", Method: http.MethodPost, Path: apiRoot + "/archives", Tags: []string{tagCases},
		Errors: []int{http.StatusNotFound}, Summary: "把工单归档成 ZIP",
		Description: "一件，或一段时间办结的，至多 500 件。经过、公开答复和内部说明分开，连同附件和 SHA256SUMS；文字已隐去个人信息，除非 clear。边写边发；中途出错的文件解不开。需要管理员的令牌，留下记录。",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[archiveBody](), true, "NewArchive")},
		}},
	}
	op.Responses = describeResponses(a, op)
	op.Responses["200"].Content = map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	a.OpenAPI().AddOperation(&op)
}

// giveArchive checks a request and sends the archive.
func (s *Server) giveArchive(c *fiber.Ctx) error {
	current, ok := c.Locals(callKey{}).(*call)
	if !ok {
		return unauthorized("token.missing")
	}
	var b archiveBody
	if err := json.Unmarshal(c.Body(), &b); err != nil {
		return errs.Wrap(fiber.ErrBadRequest, errs.Invalid, "request.json")
	}
	form := archiveForm{Case: string(b.Case), From: b.From, To: b.To, Purpose: b.Purpose, Clear: b.Clear}
	archive, err := s.o.Archives.Open(c.UserContext(), current.actor, form.request())
	if err != nil {
		return err
	}
	s.sendArchive(c, archive)
	return nil
}
