package server

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// attachmentView is one attachment on a case's page.
type attachmentView struct {
	casework.Attachment
	URL  string
	From string // the unit, or the hotline
	KB   int
}

// filesOf adds what is attached to the case.
func (s *Server) filesOf(c *fiber.Ctx, v visit, p *casePage, dir *org.Directory) error {
	all, err := s.o.Attachments.Of(c.UserContext(), v.actor, p.Case.ID)
	for _, f := range all {
		view := attachmentView{Attachment: f, URL: p.URL + "/files/" + string(f.ID), From: "热线", KB: (f.Size + 1023) / 1024}
		if f.Unit != "" {
			view.From = unitName(f.Unit, dir)
		}
		p.Files = append(p.Files, view)
	}
	p.MayAttach = s.o.Attachments.MayAttach(v.actor, p.Case) && len(all) < casework.MaxFiles
	return err
}

// takesFile reports whether a path takes an attachment, and so requests up to
// readLimit.
func takesFile(path string) bool {
	return (strings.HasPrefix(path, "/cases/") || strings.HasPrefix(path, "/knowledge/") || strings.HasPrefix(path, apiRoot+"/entries/")) && strings.HasSuffix(path, "/files") || strings.HasPrefix(path, "/grid/") && strings.HasSuffix(path, "/report")
}

// attachFile stores a file with a case, or shows the case again with what is
// wrong with it.
func (s *Server) attachFile(c *fiber.Ctx, v visit) error {
	id := casework.CaseID(c.Params("case"))
	name, body, err := formFile(c, "file")
	if err == nil {
		err = s.o.Attachments.Attach(c.UserContext(), v.actor, id, name, body)
	}
	switch {
	case err == nil:
		return c.Redirect(link(caseURL(id), "said", "attached")+"#files", fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid && errs.CodeOf(err) != "file.too_many":
		return err
	}
	return s.showCaseAgain(c, v, caseForm{Move: "attach"}, err)
}

// readFile sends an attachment: a picture to be shown, anything else to be
// saved. Whatever it holds, the browser runs nothing of it.
func (s *Server) readFile(c *fiber.Ctx, v visit) error {
	f, err := s.o.Attachments.Read(c.UserContext(), v.actor, casework.CaseID(c.Params("case")), casework.AttachmentID(c.Params("file")))
	if err != nil {
		return err
	}
	return sendFile(c, f.Name, f.Kind, f.Picture(), f.Body)
}

// sendFile sends what somebody uploaded: a picture to be shown, anything else to
// be saved.
func sendFile(c *fiber.Ctx, name, kind string, picture bool, body []byte) error {
	how := "attachment"
	if picture {
		how = "inline"
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, how+"; filename*=UTF-8''"+url.PathEscape(name))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(body)
}
