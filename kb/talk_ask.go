package kb

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// Ask is one question of a citizen.
type Ask struct {
	Channel      intake.Channel
	Conversation string // the client's own name for it, 1–64 characters
	Message      string // the client's own name for this ask; the same twice is one ask
	Text         string // as typed
	Area         org.AreaCode
}

// MaxAskRunes is how long an ask may be: what is longer is a letter.
const MaxAskRunes = 2000

// maxNameRunes bounds the client's names for conversation and ask.
const maxNameRunes = 64

// Validate reports every fault at once, each naming its field by its API name.
func (a Ask) Validate() error {
	var faults errs.List
	name := func(field, label, value string) {
		switch n := utf8.RuneCountInString(value); {
		case n == 0:
			faults = append(faults, errs.New(errs.Invalid, "field.required", label).In(field))
		case n > maxNameRunes:
			faults = append(faults, errs.New(errs.Invalid, "field.too_long", label, maxNameRunes).In(field))
		}
	}
	name("channel", "渠道", string(a.Channel))
	name("conversation", "对话编号", a.Conversation)
	name("message", "提问编号", a.Message)
	switch {
	case strings.TrimSpace(a.Text) == "":
		faults = append(faults, errs.New(errs.Invalid, "field.required", "问题").In("text"))
	case utf8.RuneCountInString(a.Text) > MaxAskRunes:
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", "问题", MaxAskRunes).In("text"))
	case !strings.ContainsFunc(a.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		faults = append(faults, errs.New(errs.Invalid, "ask.no_chinese").In("text"))
	}
	return faults.OrNil()
}

// Contact is what a citizen adds when a person is to see to it; all may be
// empty.
type Contact struct {
	Text    string // what to hand over; empty: the ask
	Name    string
	Phone   string
	Consent intake.Consent
}
