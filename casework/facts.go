package casework

import (
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// Facts are what an event says in parts, where its words alone would not do. At
// most one of them is there; nothing in them is personal data.
type Facts struct {
	Meeting *Meeting `json:"meeting,omitempty"` // of Invite
	Minutes *Minutes `json:"minutes,omitempty"` // of Record
	Shares  []Share  `json:"shares,omitempty"`  // of Allot
}

// Meeting is an invitation to settle whose duty a case is (会商邀请).
type Meeting struct {
	Units []org.UnitID `json:"units,omitempty"` // beside those that gave it back
	At    time.Time    `json:"at"`
	Where string       `json:"where"` // or by which means: 视频会议, 电话
	What  string       `json:"what"`  // is to be settled
}

// Minutes are the record of a meeting (会商记录). They rule nothing: the decision
// that follows does.
type Minutes struct {
	At      time.Time    `json:"at"`
	Present []Presence   `json:"present"`
	Clause  string       `json:"clause"` // that was referred to
	Lead    org.UnitID   `json:"lead"`   // as was settled
	Co      []org.UnitID `json:"co,omitempty"`
	From    time.Time    `json:"from,omitzero"` // since when; zero: at once
	Decided string       `json:"decided"`       // who: an office or a function, no name
}

// Presence is who came for a unit, and what they said.
type Presence struct {
	Unit org.UnitID `json:"unit"`
	Who  string     `json:"who"` // in what function, no name
	Said string     `json:"said,omitempty"`
}

// Limits of what is written of a meeting.
const (
	maxWhereRunes = 100
	MaxMeeting    = 10 // units that are invited or come
	// MaxMeetingDays bounds how far ahead a meeting is, and how long ago one was.
	MaxMeetingDays = 30
)

// parties are the units that are told of a meeting and speak: the one that has the
// case, those that gave it back, and those that were invited, each once.
func (c Case) parties() []org.UnitID {
	all := []org.UnitID{c.Unit}
	for _, u := range slices.Concat(c.ReturnedBy, c.Invited) {
		if !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all
}

// faultsOf collects the faults of a form.
type faultsOf struct{ errs.List }

func (f *faultsOf) bad(field string, code errs.Code, args ...any) {
	f.List = append(f.List, errs.New(errs.Invalid, code, args...).In(field))
}

// text tidies what was typed, and says when it is missing or too long.
func (f *faultsOf) text(value *string, field, label string, most int, needed bool) {
	*value = strings.TrimSpace(*value)
	switch n := len([]rune(*value)); {
	case n == 0 && needed:
		f.bad(field, "field.required", label)
	case n > most:
		f.bad(field, "field.too_long", label, most)
	}
}

// unit says when a unit is missing or unknown.
func (f *faultsOf) unit(dir *org.Directory, u org.UnitID, field, label string) {
	if u == "" {
		f.bad(field, "field.required", label)
	} else if _, known := dir.Unit(u); !known {
		f.bad(field, "unit.not_found")
	}
}
