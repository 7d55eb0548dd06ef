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
	p.Files = newAttachmentViews(all, p.URL, dir)
	p.MayShare = s.o.Attachments.MayShare(v.actor, p.Case)
	p.MayAttach = s.o.Attachments.MayAttach(v.actor, p.Case) && len(all) < casework.MaxFiles
	return err
}

// newAttachmentViews are the files of the page at an address.
func newAttachmentViews(all []casework.Attachment, page string, dir *org.Directory) []attachmentView {
	var out []attachmentView
	for _, f := range all {
		view := attachmentView{Attachment: f, URL: page + "/files/" + string(f.ID), From: "热线", KB: (f.Size + 1023) / 1024}
		switch {
		case f.Unit != "":
			view.From = unitName(f.Unit, dir)
		case f.By == "":
			view.From = "诉求人"
		}
		out = append(out, view)
	}
	return out
}

// takesFile reports whether a path takes an attachment, and so requests up to
// uploadLimit.
func takesFile(path string) bool {
	return path == "/grid" || strings.HasPrefix(path, "/receipt/") && strings.HasSuffix(path, "/supplement") || ((strings.HasPrefix(path, "/cases/") || strings.HasPrefix(path, "/summons/")) || strings.HasPrefix(path, "/knowledge/") || strings.HasPrefix(path, apiRoot+"/entries/")) && strings.HasSuffix(path, "/files") || strings.HasPrefix(path, "/grid/") && strings.HasSuffix(path, "/report")
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

// shareFile says whether the citizen may see a file of a case.
func (s *Server) shareFile(c *fiber.Ctx, v visit) error {
	id := casework.CaseID(c.Params("case"))
	shown := c.FormValue("shown") == "1"
	if err := s.o.Attachments.Share(c.UserContext(), v.actor, id, casework.AttachmentID(c.Params("file")), shown); err != nil {
		return err
	}
	said := "hidden"
	if shown {
		said = "shared"
	}
	return c.Redirect(link(caseURL(id), "said", said)+"#files", fiber.StatusSeeOther)
}

// readSharedFile sends a file to the holder of a receipt, within the limit.
func (s *Server) readSharedFile(c *fiber.Ctx) error {
	if err := s.limit(c); err != nil {
		return err
	}
	f, err := s.o.Attachments.ReadByReceipt(c.UserContext(), c.Params("code"), casework.AttachmentID(c.Params("file")))
	if err != nil {
		return err
	}
	return sendAttachment(c, f)
}

// readFile sends an attachment of a case.
func (s *Server) readFile(c *fiber.Ctx, v visit) error {
	f, err := s.o.Attachments.Read(c.UserContext(), v.actor, casework.CaseID(c.Params("case")), casework.AttachmentID(c.Params("file")))
	if err != nil {
		return err
	}
	return sendAttachment(c, f)
}

// sendAttachment sends one of a case, a summons or a finding.
func sendAttachment(c *fiber.Ctx, f casework.Attachment) error {
	return sendFile(c, f.Name, f.Kind, f.Picture(), f.Body)
}

// sendFile sends what somebody uploaded: a picture to be shown, anything else to
// be saved. Whatever it holds, the browser runs nothing of it.
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
