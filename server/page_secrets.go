package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// secretView is what the desk says of what is secret in a matter.
type secretView struct {
	Held, Locked bool
	Clear, Lock  string // addresses
}

// secretOf adds it for those who may lock.
func (s *Server) secretOf(v visit, view *fileView, f classifier.File) {
	if s.o.Secrets == nil || !v.may(org.ActLock) {
		return
	}
	view.Secret = &secretView{
		Held: f.Message.Secret == intake.SecretHeld, Locked: f.Message.Secret == intake.SecretLocked,
		Clear: view.Next.To(f.Matter.ID, "clear"), Lock: view.Next.To(f.Matter.ID, "lock"),
	}
	if view.Secret.Locked {
		view.Replies, view.Talk, view.Turns, view.Pictures, view.Suggestion, view.Split = nil, nil, nil, nil, nil, nil
	}
}

// secretsPage is what secrets.html draws: what is locked, without its words.
type secretsPage struct {
	shell
	Rows   []secretRow
	Said   string
	Faults []string
}

// secretRow is one locked message.
type secretRow struct {
	intake.SecretLock
	ByName, LiftName string
	Readers          string
	Reads            bool // the reader is named
	Agrees           bool // the reader may agree to what somebody else asks
	URL, Desk        string
	Original         *intake.Original // only right after it was opened
}

// showSecrets lists what is locked.
func (s *Server) showSecrets(c *fiber.Ctx, v visit) error {
	p, err := s.newSecretsPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{
		"locked": "已封存。", "asked": "已申请，等另一个人同意。", "unlocked": "已解除，照常办理。",
	}[c.Query("said")]
	return s.page(c, "secrets", p)
}

func (s *Server) newSecretsPage(c *fiber.Ctx, v visit) (secretsPage, error) {
	if s.o.Secrets == nil {
		return secretsPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p := secretsPage{shell: s.shell(v, "desk", "封存的诉求")}
	all, err := s.o.Secrets.List(c.UserContext(), v.actor)
	for _, l := range all {
		row := secretRow{
			SecretLock: l, ByName: l.Names[l.By], LiftName: l.Names[l.LiftBy], Reads: l.MayRead(v.actor),
			Agrees: l.LiftBy != "" && l.LiftBy != v.actor.Account, URL: "/secrets/" + string(l.Message), Desk: "/desk/" + string(l.Matter),
		}
		var names []string
		for _, r := range l.Readers {
			names = append(names, l.Names[r])
		}
		row.Readers = strings.Join(names, "、")
		p.Rows = append(p.Rows, row)
	}
	return p, err
}

// openSecret shows what is locked, once, to who is named, on record.
func (s *Server) openSecret(c *fiber.Ctx, v visit) error {
	p, err := s.newSecretsPage(c, v)
	if err != nil {
		return err
	}
	message := intake.MessageID(c.Params("message"))
	o, err := s.o.Intake.ReadOriginal(c.UserContext(), v.actor, message, strings.TrimSpace(c.FormValue("why")))
	if err != nil && errs.KindOf(err) == errs.Invalid {
		p.Faults = sentences(err)
		return s.render(c, fiber.StatusUnprocessableEntity, "secrets", "layout", p)
	}
	if err != nil {
		return err
	}
	for i := range p.Rows {
		if p.Rows[i].Message == message {
			p.Rows[i].Original = &o
		}
	}
	return s.page(c, "secrets", p)
}

// unlockSecret asks for a message to be unlocked, or agrees to that.
func (s *Server) unlockSecret(c *fiber.Ctx, v visit) error {
	p, err := s.newSecretsPage(c, v)
	if err != nil {
		return err
	}
	message, said := intake.MessageID(c.Params("message")), "asked"
	if c.FormValue("agree") == "1" {
		said = "unlocked"
		err = s.o.Secrets.Unlock(c.UserContext(), v.actor, message)
	} else {
		err = s.o.Secrets.AskUnlock(c.UserContext(), v.actor, message, c.FormValue("why"))
	}
	switch {
	case err == nil:
		return c.Redirect("/secrets?said="+said, fiber.StatusSeeOther)
	case errs.KindOf(err) != errs.Invalid:
		return err
	}
	p.Faults = sentences(err)
	return s.render(c, fiber.StatusUnprocessableEntity, "secrets", "layout", p)
}

// lockSecret locks the message of a matter.
func (s *Server) lockSecret(c *fiber.Ctx, v visit) error {
	f, err := s.secretFile(c, v)
	if err != nil {
		return err
	}
	if err := s.o.Secrets.Lock(c.UserContext(), v.actor, f.Message.ID, c.FormValue("why"), typedList(c.FormValue("readers"))); err != nil {
		return err
	}
	return c.Redirect("/secrets?said=locked", fiber.StatusSeeOther)
}

// clearSecret says that what was held is not secret.
func (s *Server) clearSecret(c *fiber.Ctx, v visit) error {
	f, err := s.secretFile(c, v)
	if err != nil {
		return err
	}
	if err := s.o.Secrets.Clear(c.UserContext(), v.actor, f.Message.ID); err != nil {
		return err
	}
	return c.Redirect(readDeskQuery(c).To(f.Matter.ID, "", "said", "clear"), fiber.StatusSeeOther)
}

func (s *Server) secretFile(c *fiber.Ctx, v visit) (classifier.File, error) {
	if s.o.Secrets == nil {
		return classifier.File{}, errs.New(errs.NotFound, "page.not_found")
	}
	return s.o.Desk.File(c.UserContext(), v.actor, intake.MatterID(c.Params("matter")))
}
