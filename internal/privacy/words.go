package privacy

import (
	"strconv"

	"huying/internal/errs"
)

// maxWhyRunes bounds a reason.
const maxWhyRunes = 200

// needWords refuses a reason that is missing or too long.
func needWords(words, field, label string) *errs.Error {
	switch {
	case words == "":
		return errs.New(errs.Invalid, "field.required", label).In(field)
	case len([]rune(words)) > maxWhyRunes:
		return errs.New(errs.Invalid, "field.too_long", label, maxWhyRunes).In(field)
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// Days says how long something is kept.
func Days(n int) string {
	if n == 0 {
		return "一直保存"
	}
	return itoa(n) + " 天"
}
