package classifier

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// KindSubCentre is the kind of units that may be sub-centres of the hotline.
const KindSubCentre org.UnitKind = "分中心"

// SubCentre is a unit that decides on what comes from its areas and channels
// (分中心): that waits in a queue of its own. While it is closed, out of its
// hours, abolished or without anybody who takes calls, its queue is the city's:
// nothing waits where nobody looks.
type SubCentre struct {
	Unit     org.UnitID
	Name     string         // only in what the store gives
	Areas    []org.AreaCode // with everything in them; the narrowest counts
	Channels []string       // whatever the area
	Opens    int            // minutes of the day in China; as Shuts: always
	Shuts    int
	Closed   bool

	Open      bool // now; this and the rest only in what the store gives
	Waiting   int  // matters in its queue, whoever sees it now
	Decided   int  // of the last 30 days
	OpenCases int
	LateCases int
}

// CentreStore keeps sub-centres. Each change writes its audit line in the same
// transaction.
type CentreStore interface {
	// SubCentres gives all with what they have to do at a time.
	SubCentres(ctx context.Context, at time.Time) ([]SubCentre, error)
	// SetSubCentre stores one, and lets what waits, and open cases, unless put there
	// by hand, follow the rules. errs.Invalid "centre.kind", "area.unknown"; errs.Conflict
	// "centre.taken" for an area or channel of another.
	SetSubCentre(ctx context.Context, c SubCentre, line org.Audit) error
	// PutMatter moves an open matter from one queue to another, each a sub-centre's
	// or the city's (empty). errs.Conflict "centre.moved" when it is in another
	// queue or decided on by now, "centre.unknown" for no sub-centre.
	PutMatter(ctx context.Context, m intake.MatterID, from, to org.UnitID, line org.Audit) error
	// QueueOf gives the sub-centre in whose queue a matter is; empty: the city's.
	QueueOf(ctx context.Context, m intake.MatterID) (org.UnitID, error)
}

// Centres is where it is set which sub-centre decides on what. It is safe for
// concurrent use.
type Centres struct {
	store CentreStore
	now   func() time.Time
}

// NewCentres makes Centres.
func NewCentres(store CentreStore, now func() time.Time) *Centres { return &Centres{store, now} }

// All gives the sub-centres, with what they have to do. Like Set it is also open
// to the machine's own command line.
func (s *Centres) All(ctx context.Context, actor org.Actor) ([]SubCentre, error) {
	if actor.Account != "" {
		if err := org.Can(actor, org.ActReadMessages); err != nil {
			return nil, err
		}
	}
	return s.store.SubCentres(ctx, s.now())
}

// Set says what a sub-centre decides on, and when.
func (s *Centres) Set(ctx context.Context, actor org.Actor, c SubCentre) error {
	if actor.Account != "" {
		if err := org.Can(actor, org.ActManage); err != nil {
			return err
		}
	}
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if !id.Valid(c.Unit) {
		bad("unit", "field.required", "分中心")
	}
	if len(c.Areas) == 0 && len(c.Channels) == 0 {
		bad("areas", "centre.nothing")
	}
	for _, ch := range c.Channels {
		if n := len([]rune(ch)); n == 0 || n > 40 {
			bad("channels", "field.invalid", "渠道", ch)
		}
	}
	const day = 24 * 60
	if c.Opens < 0 || c.Opens >= day || c.Shuts < 0 || c.Shuts > day {
		bad("opens", "centre.hours")
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	return s.store.SetSubCentre(ctx, c, org.Audit{At: s.now(), Actor: actor.Account, Action: "set_sub_centre", Object: "unit:" + string(c.Unit), Detail: c.words()})
}

// words say what it is set to, for the record.
func (c SubCentre) words() string {
	areas := make([]string, len(c.Areas))
	for i, a := range c.Areas {
		areas[i] = string(a)
	}
	said := "区域 " + strings.Join(areas, "、") + "，渠道 " + strings.Join(c.Channels, "、")
	if c.Closed {
		said += "，停用"
	}
	return said
}

// Put moves a matter that waits from one queue to another: from is what the
// actor has seen; each is a sub-centre's or the city's (empty). People of a
// sub-centre give what is in their own queue back to the city; those of the
// city take and give.
func (s *Centres) Put(ctx context.Context, actor org.Actor, m intake.MatterID, from, to org.UnitID, why string) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	all, err := s.store.SubCentres(ctx, s.now())
	if err != nil {
		return err
	}
	names := map[org.UnitID]string{"": "市中心"}
	for _, c := range all {
		names[c.Unit] = c.Name
	}
	if _, sub := names[actor.Unit]; actor.Unit != "" && sub && (from != actor.Unit || to != "") {
		return errs.New(errs.Forbidden, "centre.not_yours")
	}
	why = strings.TrimSpace(why)
	switch {
	case !id.Valid(m):
		return errs.New(errs.NotFound, "matter.not_found")
	case from == to:
		return errs.New(errs.Invalid, "centre.same").In("to")
	case names[to] == "":
		return errs.New(errs.Invalid, "centre.unknown").In("to")
	case why == "":
		return errs.New(errs.Invalid, "field.required", "原因").In("why")
	case len([]rune(why)) > 200:
		return errs.New(errs.Invalid, "field.too_long", "原因", 200).In("why")
	}
	return s.store.PutMatter(ctx, m, from, to, org.Audit{
		At: s.now(), Actor: actor.Account, Action: "move_queue", Object: "matter:" + string(m), Detail: names[from] + " → " + names[to] + "：" + why,
	})
}

// Of gives the queue of a matter: the sub-centre's, or the city's (empty).
func (s *Centres) Of(ctx context.Context, actor org.Actor, m intake.MatterID) (org.UnitID, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return "", err
	}
	if !id.Valid(m) {
		return "", errs.New(errs.NotFound, "matter.not_found")
	}
	return s.store.QueueOf(ctx, m)
}

// OwnOf gives the sub-centre whose people an actor is one of; empty: of the city.
func OwnOf(actor org.Actor, all []SubCentre) org.UnitID {
	if actor.Unit != "" && slices.ContainsFunc(all, func(c SubCentre) bool { return c.Unit == actor.Unit }) {
		return actor.Unit
	}
	return ""
}
