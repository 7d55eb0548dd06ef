package casework

import (
	"strings"
	"time"
	"unicode/utf8"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// MaxSearchRunes is how long the words of a search may be.
const MaxSearchRunes = 60

// Search narrows a list of cases. What is empty narrows nothing.
type Search struct {
	// Words are a number (of the case, a receipt's code, a channel's or a
	// superior platform's), or else words of title, text or place, separated by
	// spaces; all of them must be there.
	Words    string
	Lead     org.UnitID            // answers for it
	Area     org.AreaCode          // with everything below it
	Category classifier.CategoryID // a leaf, or a branch with everything below it, also of older versions
	Urgency  intake.Urgency
	Channel  intake.Channel
	From     time.Time // filed then or later
	Before   time.Time // filed earlier
	Ending   Ending
}

// Given reports whether the search narrows anything.
func (s Search) Given() bool { return s != Search{} }

// Validate reports every fault of a search at once.
func (s Search) Validate() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	switch {
	case utf8.RuneCountInString(s.Words) > MaxSearchRunes:
		bad("q", "field.too_long", "要查找的话", MaxSearchRunes)
	case s.Words != "" && len(s.Terms()) == 0:
		bad("q", "search.short")
	}
	if s.Lead != "" && !id.Valid(s.Lead) {
		bad("unit", "field.invalid", "承办单位", string(s.Lead))
	}
	if s.Category != "" && !id.Valid(s.Category) {
		bad("category", "field.invalid", "事项", string(s.Category))
	}
	if s.Urgency != "" && !s.Urgency.Valid() {
		bad("urgency", "field.invalid", "紧急程度", string(s.Urgency))
	}
	if utf8.RuneCountInString(string(s.Channel)) > intake.MaxFieldRunes {
		bad("channel", "field.too_long", "渠道", intake.MaxFieldRunes)
	}
	if s.Ending != "" && s.Ending.Label() == "" {
		bad("ending", "field.invalid", "结案方式", string(s.Ending))
	}
	if !s.From.IsZero() && !s.Before.IsZero() && !s.From.Before(s.Before) {
		bad("to", "search.days")
	}
	return faults.OrNil()
}

// Terms are the words that can be looked for: of two characters and more. A
// single one stands in every third text.
func (s Search) Terms() []string {
	var out []string
	for _, w := range strings.Fields(s.Words) {
		if utf8.RuneCountInString(w) > 1 {
			out = append(out, w)
		}
	}
	return out
}

// Number is the words as a number of any kind may be typed: without the spaces
// in between. Empty for what holds no digit and no Latin letter.
func (s Search) Number() string {
	if !strings.ContainsFunc(s.Words, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}) {
		return ""
	}
	return strings.Join(strings.Fields(s.Words), "")
}
