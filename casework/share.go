package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// Sharing is who does what of a case, as its units agree (商定办). What was agreed
// stands until all of them agree on something else.
type Sharing struct {
	Agreed   []Share `json:"agreed,omitempty"`
	Proposed []Share `json:"proposed,omitempty"` // not yet agreed by all
}

// Share is the part of one unit: the lead unit, or a co-unit.
type Share struct {
	Unit   org.UnitID    `json:"unit"`
	Part   string        `json:"part"` // what it does; masked
	Due    time.Time     `json:"due"`  // by when
	Answer ShareAnswer   `json:"answer,omitempty"`
	By     org.AccountID `json:"by,omitempty"` // who answered
	At     time.Time     `json:"at,omitzero"`
	Why    string        `json:"why,omitempty"` // of ShareRefused

	Soon  time.Time  `json:"soon,omitzero"`  // once agreed, it is reminded of then
	Boss  time.Time  `json:"boss,omitzero"`  // not given by then, the supervisors learn of it
	Given time.Time  `json:"given,omitzero"` // the unit has said what came of it; of the lead unit: it has answered
	Told  []MarkKind `json:"told,omitempty"` // what it was reminded of already
}

// The marks of shares.
const (
	MarkShareSoon MarkKind = "share_soon" // 分工临期
	MarkShare     MarkKind = "share"      // 分工超期
	MarkShareBoss MarkKind = "share_boss" // 分工超期：报督办员
)

// shareMarks are all of them.
var shareMarks = []MarkKind{MarkShareSoon, MarkShare, MarkShareBoss}

// moment is when a mark of the share is reached; zero: never, as it stands.
func (s Share) moment(k MarkKind) time.Time {
	switch {
	case !s.Given.IsZero() || slices.Contains(s.Told, k):
	case k == MarkShareSoon:
		return s.Soon
	case k == MarkShare:
		return s.Due
	case k == MarkShareBoss:
		return s.Boss
	}
	return time.Time{}
}

func (s Share) owes() org.UnitID { return s.Unit }

// followed is what becomes of agreed shares: units give their parts, and are
// reminded of them.
func (s Sharing) followed(c Case, e Event) Sharing {
	if len(s.Agreed) == 0 {
		return s
	}
	s.Agreed = slices.Clone(s.Agreed)
	giver := org.UnitID(e.Reason)
	switch e.Move {
	case Propose, Submit: // the lead unit has merged what it knows
		giver = c.Unit
	case Contribute, DoneTask, DropTask:
	case Remind, Late:
		k := MarkKind(e.Reason)
		due := unitsDue(s.Agreed, k, e.At)
		for i := range s.Agreed {
			if x := &s.Agreed[i]; slices.Contains(due, x.Unit) {
				x.Told = append(slices.Clone(x.Told), k)
			}
		}
		return s
	default:
		return s
	}
	for i := range s.Agreed {
		if x := &s.Agreed[i]; x.Unit == giver && x.Given.IsZero() {
			x.Given = e.At.UTC()
		}
	}
	return s
}

// agreed are the proposed shares as they stand once all units agree: what stays
// as it was agreed on before is not asked for twice, and nobody is reminded of
// what had passed by then.
func (s Sharing) agreed(at time.Time) []Share {
	out := slices.Clone(s.Proposed)
	for i := range out {
		x := &out[i]
		was := slices.IndexFunc(s.Agreed, func(o Share) bool { return o.Unit == x.Unit && o.Due.Equal(x.Due) })
		switch {
		case was >= 0:
			x.Soon, x.Boss, x.Told = s.Agreed[was].Soon, s.Agreed[was].Boss, s.Agreed[was].Told
			if s.Agreed[was].Part == x.Part {
				x.Given = s.Agreed[was].Given
			}
		case !x.Soon.IsZero() && !x.Soon.After(at):
			x.Told = []MarkKind{MarkShareSoon}
		}
	}
	return out
}

// ShareAnswer is what a unit says to its share; empty: nothing yet.
type ShareAnswer string

// The answers.
const (
	ShareAgreed  ShareAnswer = "agreed"  // 同意
	ShareRefused ShareAnswer = "refused" // 不同意
)

// Label is the answer on screen.
func (a ShareAnswer) Label() string {
	switch a {
	case ShareAgreed:
		return "已同意"
	case ShareRefused:
		return "不同意"
	}
	return "待答复"
}

// among reports whether the shares are exactly those of some units.
func (s Sharing) among(lead org.UnitID, co []org.UnitID) bool {
	units := append([]org.UnitID{lead}, co...)
	for _, all := range [][]Share{s.Agreed, s.Proposed} {
		if len(all) > 0 && (len(all) != len(units) || slices.ContainsFunc(all, func(x Share) bool { return !slices.Contains(units, x.Unit) })) {
			return false
		}
	}
	return true
}

// shared is what the moves of sharing change. Who shares is who has the case: with
// other units it is agreed anew.
func (c Case) shared(e Event) Case {
	c.Shares = c.Shares.followed(c, e)
	switch e.Move {
	case File, Redirect:
		c.Shares = Sharing{}
	case Revise:
		if slices.Contains(strings.Fields(e.Reason), reasonUnits) {
			c.Shares = Sharing{}
			if c.Way == Agreed {
				c.Way = ""
			}
		}
	case Allot:
		c.Shares.Proposed = nil
		if e.Facts != nil {
			c.Shares.Proposed = slices.Clone(e.Facts.Shares)
		}
	case AgreeShare, RefuseShare:
		c.Shares.Proposed = slices.Clone(c.Shares.Proposed)
		answer := ShareAgreed
		if e.Move == RefuseShare {
			answer = ShareRefused
		}
		for i := range c.Shares.Proposed {
			if s := &c.Shares.Proposed[i]; s.Unit == org.UnitID(e.Reason) {
				s.Answer, s.By, s.At, s.Why = answer, e.By, e.At.UTC(), ""
				if answer == ShareRefused {
					s.Why = e.Text
				}
			}
		}
		if n := len(c.Shares.Proposed); n > 0 && !slices.ContainsFunc(c.Shares.Proposed, func(s Share) bool { return s.Answer != ShareAgreed }) {
			c.Shares = Sharing{Agreed: c.Shares.agreed(e.At)}
			if c.Superior == "" && !c.Hurried() {
				c.Way = Agreed
			}
		}
	}
	return c
}

// reasonUnits, among what a Revise says, marks one by which other units have the
// case than those that agreed.
const reasonUnits = "units"

var proposed = unless("share.none", func(c Case, _ time.Time) bool { return len(c.Shares.Proposed) == 0 })

// Shares is where units agree on who does what. It is safe for concurrent use.
type Shares struct {
	cases  *Cases
	places Places
}

// NewShares makes Shares.
func NewShares(cases *Cases, places Places) *Shares { return &Shares{cases: cases, places: places} }

// Units are those that share a case: the lead unit, and its co-units.
func (d Docket) Units() []org.UnitID { return append([]org.UnitID{d.Unit}, d.CoUnits...) }

// MayShare reports whether there is anything to share, and the actor may propose
// how.
func (s *Shares) MayShare(actor org.Actor, d Docket) bool {
	return len(d.CoUnits) > 0 && s.cases.May(actor, d, Allot)
}

// Propose says who is to do what by when: of the lead unit and each co-unit one
// part. The proposer's own unit agrees by it; each other one answers by itself. It
// takes the place of what was proposed before and not agreed on.
func (s *Shares) Propose(ctx context.Context, actor org.Actor, c CaseID, seen int, parts []Share) error {
	d, err := s.cases.toMove(ctx, actor, c, seen, Allot)
	switch {
	case err != nil:
		return err
	case len(d.CoUnits) == 0:
		return errs.New(errs.Conflict, "share.alone")
	}
	if err := s.cases.planner.AllowedOn(d, Allot, s.cases.now()); err != nil {
		return err
	}
	dir, err := s.places.Directory(ctx)
	if err != nil {
		return err
	}
	shares, err := s.fit(dir, d, parts)
	if err != nil {
		return err
	}
	now := s.cases.now().UTC().Truncate(time.Microsecond)
	for i := range shares {
		if own := actor.Unit == shares[i].Unit && org.Can(actor, org.ActHandle) == nil; own {
			shares[i].Answer, shares[i].By, shares[i].At = ShareAgreed, actor.Account, now
		}
	}
	return s.cases.put(ctx, actor, c, seen, Event{Move: Allot, Facts: &Facts{Shares: shares}})
}

// fit gives the parts in the order of the case's units; every fault at once.
func (s *Shares) fit(dir *org.Directory, d Docket, parts []Share) ([]Share, error) {
	now, rules, cal := s.cases.now(), s.cases.planner.Rules(), s.cases.planner.cal
	var f faultsOf
	var out []Share
	for i, u := range d.Units() {
		unit, _ := dir.Unit(u)
		at := slices.IndexFunc(parts, func(p Share) bool { return p.Unit == u })
		if at < 0 {
			f.bad("part", "share.missing", unit.Name)
			continue
		}
		p := Share{Unit: u, Part: parts[at].Part, Due: parts[at].Due.UTC().Truncate(time.Second)}
		f.text(&p.Part, "part", unit.Name+"的分工", maxPartRunes, true)
		if !p.Due.After(now) {
			f.bad("until", "share.due", unit.Name)
		}
		if i > 0 && p.Due.After(d.Due.Citizen) && d.Due.Citizen.After(now) { // the lead unit merges them before
			f.bad("until", "share.late", unit.Name)
		}
		p.Part, _ = s.cases.mask(p.Part)
		p.Soon = now.Add(part(rules.Soon, p.Due.Sub(now))).UTC().Truncate(time.Microsecond)
		p.Boss = cal.Add(p.Due, rules.steps(d.Subject).Late[1]).UTC().Truncate(time.Microsecond)
		out = append(out, p)
	}
	for i, p := range parts {
		unit, _ := dir.Unit(p.Unit)
		if !slices.Contains(d.Units(), p.Unit) || slices.ContainsFunc(parts[:i], func(o Share) bool { return o.Unit == p.Unit }) {
			f.bad("part", "share.stranger", unit.Name)
		}
	}
	return out, f.OrNil()
}

// maxPartRunes is how long the words of one part may be.
const maxPartRunes = 200

// Answer says for the actor's unit whether it agrees to its part.
func (s *Shares) Answer(ctx context.Context, actor org.Actor, c CaseID, seen int, agrees bool, why string) error {
	move := AgreeShare
	if why = strings.TrimSpace(why); !agrees {
		move = RefuseShare
	}
	_, err := s.cases.toMove(ctx, actor, c, seen, move)
	switch {
	case err != nil:
		return err
	case !agrees && why == "":
		return errs.New(errs.Invalid, "field.required", "不同意的理由").In("text")
	case len([]rune(why)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "理由", MaxTextRunes).In("text")
	}
	if why, _ = s.cases.mask(why); agrees {
		why = ""
	}
	e := Event{At: s.cases.now(), By: actor.Account, Move: move, Reason: string(actor.Unit), Text: why}
	_, err = s.cases.store.Move(ctx, c, seen, func(k Case, subject Subject) (Step, error) {
		if !k.Shares.Awaits(actor.Unit) {
			return Step{}, errs.New(errs.Conflict, "share.answered")
		}
		return s.cases.planner.Plan(k, subject, e, time.Time{})
	})
	return err
}

// Awaits reports whether a unit has still to answer to what is proposed.
func (s Sharing) Awaits(u org.UnitID) bool {
	return slices.ContainsFunc(s.Proposed, func(p Share) bool { return p.Unit == u && p.Answer == "" })
}
