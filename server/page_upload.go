package server

import (
	"errors"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// uploadPath takes files, and so requests up to uploadLimit.
const uploadPath = "/catalogue/drafts"

// uploadPage is what upload.html draws: the form that takes a new version.
type uploadPage struct {
	shell
	Form   uploadForm
	Most   int    // bytes of both files
	MostMB int    // the same in MB
	File   string // which file is at fault; empty: none of them
	Faults []string
	More   int // faults that are not listed
}

// uploadForm is what was typed; files cannot be filled in again.
type uploadForm struct {
	Name, From, Headings string
}

// faultsShown is how many faults of a file are listed: who has more has one
// mistake many times, or the wrong file.
const faultsShown = 100

func (s *Server) newUploadPage(v visit, form uploadForm) (uploadPage, error) {
	p := uploadPage{shell: s.shell(v, "catalogue", "导入新版本"), Form: form, Most: classifier.MaxDraftBytes, MostMB: classifier.MaxDraftBytes >> 20}
	return p, org.Can(v.actor, org.ActEditCatalogue)
}

// showUpload shows the form.
func (s *Server) showUpload(c *fiber.Ctx, v visit) error {
	p, err := s.newUploadPage(v, uploadForm{})
	if err != nil {
		return err
	}
	return s.page(c, "upload", p)
}

// uploadDraft checks the files and stores them, or shows the form again with
// every fault.
func (s *Server) uploadDraft(c *fiber.Ctx, v visit) error {
	form := uploadForm{Name: strings.TrimSpace(c.FormValue("name")), From: c.FormValue("from"), Headings: strings.TrimSpace(c.FormValue("headings"))}
	draft, err := readDraft(c, form)
	var id classifier.DraftID
	if err == nil {
		id, err = s.o.Drafts.Upload(c.UserContext(), v.actor, draft)
	}
	switch {
	case err == nil:
		return c.Redirect(draftURL(id), fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.Conflict:
		return err
	}
	p, failed := s.newUploadPage(v, form)
	if failed != nil {
		return failed
	}
	if fault, ok := errors.AsType[*classifier.FileFault](err); ok {
		p.File, err = fault.File, fault.Err
	}
	p.Faults = sentences(err)
	if p.More = len(p.Faults) - faultsShown; p.More > 0 {
		p.Faults = p.Faults[:faultsShown]
	}
	return s.render(c, status(err), "upload", "layout", p)
}

// readDraft reads the form.
func readDraft(c *fiber.Ctx, form uploadForm) (classifier.StoredDraft, error) {
	d := classifier.StoredDraft{Name: form.Name, Headings: form.Headings}
	var err error
	if d.From, err = parseFormTime("生效时间", form.From); err != nil {
		return d, err
	}
	if d.List.Name, d.List.Body, err = formFile(c, "list"); err == nil {
		d.Codes.Name, d.Codes.Body, err = formFile(c, "codes")
	}
	return d, err
}

// formFile reads a file of a form; an empty name when nobody chose one.
func formFile(c *fiber.Ctx, field string) (name string, body []byte, err error) {
	header, err := c.FormFile(field)
	if err != nil || header.Filename == "" {
		return "", nil, nil
	}
	f, err := header.Open()
	if err == nil {
		defer f.Close()
		body, err = io.ReadAll(f)
	}
	if err != nil {
		return "", nil, errs.Wrap(err, errs.Invalid, "request.malformed")
	}
	return strings.ToValidUTF8(strings.Clone(header.Filename), ""), body, nil
}
