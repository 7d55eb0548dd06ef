package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/kb"
)

// fileSaid says what was just done to an entry's files.
var fileSaid = map[string]string{
	"attached": "附件已加入草稿，送审并通过后随答复发布。",
	"detached": "附件已从草稿删去，以前的版本里仍然有。",
}

// attachToEntry puts a file to an entry, or shows the form again with what is
// wrong with it.
func (s *Server) attachToEntry(c *fiber.Ctx, v visit) error {
	name, body, err := formFile(c, "file")
	if err != nil {
		return s.filesAgain(c, v, err)
	}
	return s.filesChanged(c, v, "attached", func(e kb.EntryID, version int) (kb.Entry, error) {
		return s.o.EntryFiles.Attach(c.UserContext(), v.actor, e, version, name, body)
	})
}

// detachFromEntry takes a file from an entry.
func (s *Server) detachFromEntry(c *fiber.Ctx, v visit) error {
	return s.filesChanged(c, v, "detached", func(e kb.EntryID, version int) (kb.Entry, error) {
		return s.o.EntryFiles.Detach(c.UserContext(), v.actor, e, version, c.Params("digest"))
	})
}

func (s *Server) filesChanged(c *fiber.Ctx, v visit, said string, change func(kb.EntryID, int) (kb.Entry, error)) error {
	version, err := strconv.Atoi(c.FormValue("version", "0"))
	if err != nil {
		return errs.New(errs.Invalid, "request.malformed")
	}
	e, err := change(kb.EntryID(c.Params("entry")), version)
	if err != nil {
		return s.filesAgain(c, v, err)
	}
	return c.Redirect(link(entryURL(e.ID)+"/edit", "said", said)+"#files", fiber.StatusSeeOther)
}

// filesAgain shows the form as the entry stands, and why nothing was done.
func (s *Server) filesAgain(c *fiber.Ctx, v visit, lost error) error {
	f, _, err := s.o.Editing.Folder(c.UserContext(), v.actor, kb.EntryID(c.Params("entry")))
	if err != nil {
		return err
	}
	return s.writeAgain(c, v, newEntryForm(f.Entry), f.Entry, lost)
}

// readEntryFile sends a file of an entry.
func (s *Server) readEntryFile(c *fiber.Ctx, v visit) error {
	f, body, err := s.o.EntryFiles.Read(c.UserContext(), v.actor, kb.EntryID(c.Params("entry")), c.Params("digest"))
	if err != nil {
		return err
	}
	return sendFile(c, f.Name, f.Kind, f.Picture(), body)
}
