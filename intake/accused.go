package intake

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/text"
)

// Accusation says whom a matter complains of. Such a matter goes to whoever is
// above them and never to them: neither they nor what lies below their unit
// leads it, has a part in it, or reads it. A machine may suspect it (Conduct); a
// person says it.
type Accusation struct {
	Units   []org.UnitID
	Persons []org.AccountID // people with an account here; the unit of one who is of a unit is accused with them
	Hotline bool            // a fault of the hotline itself (接线员态度…): its supervisors decide, whoever took the call does not
	Why     string          // what they are said to have done; may be empty

	Barred  []org.UnitID    // Units, those of Persons and what lies below them; only in what the store gives
	ShutOut []org.AccountID // Persons and, of a fault of the hotline, who took it in; only in what the store gives
	By      org.AccountID
	At      time.Time
}

// Stands reports whether anybody is accused.
func (a Accusation) Stands() bool { return a.Hotline || len(a.Units)+len(a.Persons) > 0 }

// Bars reports whether a unit may have no part in the matter.
func (a Accusation) Bars(u org.UnitID) bool { return u != "" && slices.Contains(a.Barred, u) }

// Shuns reports whether somebody must not learn of the matter: who is accused,
// who belongs to a unit that is, also while standing in for somebody of another
// one, and of a fault of the hotline everybody at its desks but the supervisors.
func (a Accusation) Shuns(actor org.Actor) bool {
	if !a.Stands() {
		return false
	}
	desk := org.Can(actor, org.ActReadMessages) == nil && org.Can(actor, org.ActOversee) != nil
	return a.Bars(actor.Unit) || a.Bars(actor.Home) || slices.ContainsFunc(a.ShutOut, actor.Is) || a.Hotline && desk
}

// Same reports whether two keep out the same people.
func (a Accusation) Same(b Accusation) bool {
	return a.Hotline == b.Hotline && sameSet(a.Barred, b.Barred) && sameSet(a.ShutOut, b.ShutOut)
}

func sameSet[T ~string](a, b []T) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Bounds of an accusation.
const (
	maxAccused    = 10
	maxWhyAccused = 200 // characters
)

// Validate reports every fault at once; whether units and accounts exist is the
// store's to say.
func (a Accusation) Validate() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if len(a.Units) > maxAccused {
		bad("accused", "field.too_many", "被投诉的单位", maxAccused)
	}
	if len(a.Persons) > maxAccused {
		bad("persons", "field.too_many", "被投诉的人", maxAccused)
	}
	for _, u := range a.Units {
		if !id.Valid(u) {
			bad("accused", "unit.not_found")
			break
		}
	}
	for _, p := range a.Persons {
		if !id.Valid(p) {
			bad("persons", "account.not_found", string(p))
			break
		}
	}
	if runes(a.Why) > maxWhyAccused {
		bad("why", "field.too_long", "投诉他们什么", maxWhyAccused)
	}
	return faults.OrNil()
}

// AccusationStore keeps who is complained of.
type AccusationStore interface {
	// AccusationOf gives that of a matter; the zero one when there is none.
	AccusationOf(ctx context.Context, m MatterID) (Accusation, error)
	// InsertAccusation replaces that of a matter with its audit line; the zero
	// one takes it back. errs.NotFound for an unknown matter, unit or account;
	// errs.Conflict "accused.partakes" when somebody who would be barred has the
	// matter's case, "accused.changed" when it is not as was seen at that time
	// (zero: there was none).
	InsertAccusation(ctx context.Context, m MatterID, a Accusation, seen time.Time, line org.Audit) error
	// AccountsNamed gives the accounts of logins, in their order; errs.NotFound
	// "account.not_found" for one that is none.
	AccountsNamed(ctx context.Context, logins []string) ([]org.AccountID, error)
	// NamesOf gives people's names, in their order.
	NamesOf(ctx context.Context, accounts []org.AccountID) ([]string, error)
}

// Accusations is where people say whom a matter complains of. It is safe for
// concurrent use.
type Accusations struct {
	store AccusationStore
	now   func() time.Time
}

// NewAccusations makes Accusations.
func NewAccusations(store AccusationStore, now func() time.Time) *Accusations {
	return &Accusations{store, now}
}

// Of gives that of a matter to people at the desk; errs.NotFound for who is
// shut out.
func (s *Accusations) Of(ctx context.Context, actor org.Actor, m MatterID) (Accusation, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return Accusation{}, err
	}
	if !id.Valid(m) {
		return Accusation{}, errs.New(errs.NotFound, "matter.not_found")
	}
	a, err := s.store.AccusationOf(ctx, m)
	if err == nil && a.Shuns(actor) {
		return Accusation{}, errs.New(errs.NotFound, "matter.not_found")
	}
	return a, err
}

// Set says whom a matter complains of, or that it complains of nobody (the zero
// Accusation). logins name people; seen is when what stood on the screen was
// said, zero for nothing. A fault of the hotline is out of the actor's sight
// from then on, unless they are a supervisor.
func (s *Accusations) Set(ctx context.Context, actor org.Actor, m MatterID, a Accusation, logins []string, seen time.Time) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	if _, err := s.Of(ctx, actor, m); err != nil {
		return err
	}
	a.Why = strings.TrimSpace(a.Why)
	if a.Why != "" {
		a.Why, _ = text.Mask(text.Normalise(a.Why)) // it is read beside the matter, which is masked as well
	}
	if err := a.Validate(); err != nil {
		return err
	}
	if len(logins) > maxAccused {
		return errs.New(errs.Invalid, "field.too_many", "被投诉的人", maxAccused).In("persons")
	}
	persons, err := s.store.AccountsNamed(ctx, logins)
	if err != nil {
		return err
	}
	a.Persons = append(a.Persons, persons...)
	if actor.Unit != "" && slices.Contains(a.Units, actor.Unit) {
		// The hotline's own unit: everybody here would be shut out, also those who
		// are to look into it.
		a.Units = slices.DeleteFunc(a.Units, func(u org.UnitID) bool { return u == actor.Unit })
		a.Hotline = true
	}
	a.By, a.At = actor.Account, s.now().UTC().Truncate(time.Microsecond)
	line := org.Audit{At: a.At, Actor: a.By, Action: "accuse", Object: "matter:" + string(m), Detail: a.Why}
	if !a.Stands() {
		line.Action = "unaccuse"
	}
	return s.store.InsertAccusation(ctx, m, a, seen, line)
}

// Names gives the names of people that a matter complains of.
func (s *Accusations) Names(ctx context.Context, persons []org.AccountID) ([]string, error) {
	return s.store.NamesOf(ctx, persons)
}

// Conduct is what a text says of how somebody behaved in office.
type Conduct struct {
	Staff   bool   // of a unit or its people
	Hotline bool   // of the hotline and who answers there
	Words   string // that it rests on
}

// Reads of conduct. Whom one complains of stands beside what they did, in one
// clause or the next; a shop's waiter or a neighbour is not in office.
var (
	inOffice  = `(?:工作人员|办事员|公务员|民警|辅警|交警|城管队员|执法(?:人员|队员)|协管员|网格员|社区(?:干部|书记|主任|工作者)|居委会|村委会|村(?:干部|支书|书记|主任)|街道办|镇政府|乡政府|派出所|所长|局长|科长|窗口(?:人员|的人)|领导|干部)`
	atHotline = `(?:12345|热线|话务员|接线员|接线的|接电话的|客服人员|你们(?:的)?(?:客服|热线|平台))`
	misdeeds  = `(?:态度(?:恶劣|很?差|不好|蛮横|冷漠|傲慢)|不作为|乱作为|推诿|推脱|踢皮球|扯皮|刁难|辱骂|骂(?:人|我)|打(?:了)?(?:人|我)|动手打|吃拿卡要|索贿|索要|收(?:了)?(?:红包|好处)|受贿|徇私|包庇|打击报复|报复我|泄露(?:了)?(?:我|投诉人|举报人)|暴力执法|粗暴|不耐烦|敷衍|爱(?:理|搭)不(?:理|搭)|玩忽职守|失职|滥用职权|弄虚作假|虚假(?:回复|办结)|不履职)`
	hungUp    = `(?:挂(?:断)?(?:了)?(?:我的?)?电话|直接挂|挂断)`

	ofStaff   = text.MustPhrases(inOffice + `[^。！？；\n]{0,16}` + misdeeds + `|` + misdeeds + `的[^。！？；\n]{0,6}` + inOffice)
	ofHotline = text.MustPhrases(atHotline + `[^。！？；\n]{0,14}(?:` + misdeeds + `|` + hungUp + `)`)
)

// ReadConduct gives what a text says of how somebody behaved in office. It is a
// hint for the person at the desk, no more.
func ReadConduct(title, body string) Conduct {
	s := title + "\n" + ends(body)
	c := Conduct{Staff: ofStaff.MatchString(s), Hotline: ofHotline.MatchString(s)}
	for _, cue := range []*text.Phrases{ofHotline, ofStaff} {
		if at := cue.FindAllStringIndex(s, 1); len(at) > 0 {
			c.Words = s[at[0][0]:at[0][1]]
			break
		}
	}
	return c
}
