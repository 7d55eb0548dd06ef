package casework

import (
	"context"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Limits of a finding: its words in characters; its key in bytes, which with the
// account before it is the channel's number of the message.
const (
	maxFindingRunes = 1000
	maxKey          = 60
)

// PatrolStore keeps what was found in the street.
type PatrolStore interface {
	// Findings gives what an account has reported, the latest first.
	Findings(ctx context.Context, by org.AccountID, limit int) ([]Found, error)
}

// Taker takes a message in and suggests for it: work.Line.
type Taker interface {
	Receive(ctx context.Context, actor org.Actor, d intake.Delivery) (intake.Receipt, error)
}

// Finding is what somebody saw in the street (巡查发现).
type Finding struct {
	Key     string // the client's own name for it: sent twice it is one
	Words   string
	Place   string
	Name    string // of the picture; empty: none
	Picture []byte
}

// Found is a finding as its reporter follows it.
type Found struct {
	Matter intake.MatterID
	At     time.Time
	Text   string // masked
	Place  string
	Open   bool   // nobody has decided on it yet
	Number string // of the case that it became; empty: none
	State  State  // of that case
}

// Patrols is where people of units report what they see in the street. It comes
// in as any other message: with a suggestion, and a person decides. It is safe
// for concurrent use.
type Patrols struct {
	store  PatrolStore
	taker  Taker
	files  AttachmentStore
	cases  *Cases
	places Places
}

// NewPatrols makes Patrols.
func NewPatrols(store PatrolStore, taker Taker, files AttachmentStore, cases *Cases, places Places) *Patrols {
	return &Patrols{store: store, taker: taker, files: files, cases: cases, places: places}
}

// Report takes in a finding with its picture and gives its matter. The picture
// is checked before anything is stored; what fails halfway is completed by
// sending it again under the same key.
func (p *Patrols) Report(ctx context.Context, actor org.Actor, f Finding) (intake.MatterID, error) {
	if err := org.Can(actor, org.ActPatrol); err != nil {
		return "", err
	}
	f.Words, f.Place = strings.TrimSpace(f.Words), strings.Join(strings.Fields(f.Place), " ")
	if err := f.check(); err != nil {
		return "", err
	}
	dir, err := p.places.Directory(ctx)
	if err != nil {
		return "", err
	}
	unit, _ := dir.Unit(actor.Unit)
	if f.Key == "" {
		f.Key = string(id.New[intake.MessageID]())
	}
	// The right to take in is lent for this one report; who reports stays on record.
	as := org.Actor{Account: actor.Account, Login: actor.Login, Name: actor.Name, Roles: org.Roles{org.RoleAgent}}
	got, err := p.taker.Receive(ctx, as, intake.Delivery{
		Channel: intake.Patrol, ExternalID: string(actor.Account) + ":" + f.Key, Text: f.Words, Place: f.Place, Area: unit.Area, Anonymous: true,
	})
	if err != nil {
		return "", err
	}
	if got.Message == nil || len(got.Message.Matters) == 0 {
		return "", errs.New(errs.NotFound, "message.not_found")
	}
	matter := got.Message.Matters[0].ID
	if len(f.Picture) == 0 {
		return matter, nil
	}
	return matter, p.cases.attach(ctx, p.files, actor, Folder{Matter: matter}, f.Name, f.Picture)
}

// check reports every fault at once.
func (f Finding) check() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	for _, t := range []struct {
		value, field, name string
		most               int
	}{{f.Words, "text", "看到什么", maxFindingRunes}, {f.Place, "place", "在哪里", maxPlaceRunes}} {
		switch n := len([]rune(t.value)); {
		case n == 0:
			bad(t.field, "field.required", t.name)
		case n > t.most:
			bad(t.field, "field.too_long", t.name, t.most)
		}
	}
	if len(f.Key) > maxKey {
		bad("key", "field.too_long", "编号", maxKey)
	}
	if len(f.Picture) > 0 {
		if err := checkFile(f.Picture); err != nil {
			faults = append(faults, err)
		}
	}
	return faults.OrNil()
}

// foundShown is how many findings their reporter sees.
const foundShown = 30

// Own gives what an actor has reported, the latest first.
func (p *Patrols) Own(ctx context.Context, actor org.Actor) ([]Found, error) {
	if err := org.Can(actor, org.ActPatrol); err != nil {
		return nil, err
	}
	return p.store.Findings(ctx, actor.Account, foundShown)
}

// Pictures gives what was attached to a matter when it came in, to people of
// the hotline.
func (p *Patrols) Pictures(ctx context.Context, actor org.Actor, m intake.MatterID) ([]Attachment, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	return p.files.Attachments(ctx, Folder{Matter: m})
}

// Picture gives one of these with its content.
func (p *Patrols) Picture(ctx context.Context, actor org.Actor, m intake.MatterID, f AttachmentID) (Attachment, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return Attachment{}, err
	}
	if !id.Valid(m) {
		return Attachment{}, errs.New(errs.NotFound, "file.not_found")
	}
	return readFile(ctx, p.files, Folder{Matter: m}, f)
}
