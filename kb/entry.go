package kb

import (
	"slices"
	"strings"
	"unicode/utf8"

	"huying/internal/errs"
)

// Limits of an entry, in characters (runes).
const (
	MaxQuestionRunes = 300
	MaxAnswerRunes   = 20_000
	MaxShortRunes    = 500
	MaxPhrasings     = 50
	maxFieldRunes    = 200 // code, unit, topic
	maxBasisRunes    = 1000
)

// comparedRunes is how much of an answer is compared with an ask by its
// characters. What answers a question stands at its beginning; the whole of a
// long text would hold the characters of any ask.
const comparedRunes = 600

// indexedRunes is how much of an answer is found by its words.
const indexedRunes = 2000

// Validate reports every fault of e at once, each naming its field by its API
// name. It does not know whether the area exists: the store does.
func (e Entry) Validate() error {
	var faults errs.List
	check := func(field, label, value string, required bool, limit int) {
		switch n := utf8.RuneCountInString(value); {
		case required && strings.TrimSpace(value) == "":
			faults = append(faults, errs.New(errs.Invalid, "field.required", label).In(field))
		case n > limit:
			faults = append(faults, errs.New(errs.Invalid, "field.too_long", label, limit).In(field))
		}
	}
	check("question", "问题", e.Question, true, MaxQuestionRunes)
	check("answer", "标准答复", e.Answer, true, MaxAnswerRunes)
	check("short", "念读稿", e.Short, false, MaxShortRunes)
	check("code", "编号", e.Code, false, maxFieldRunes)
	check("unit", "答复单位", e.Unit, false, maxFieldRunes)
	check("topic", "主题", e.Topic, false, maxFieldRunes)
	check("basis", "依据", e.Basis, false, maxBasisRunes)
	if len(e.Phrasings) > MaxPhrasings {
		faults = append(faults, errs.New(errs.Invalid, "kb.too_many_phrasings", MaxPhrasings).In("phrasings"))
	}
	for _, p := range e.Phrasings {
		check("phrasings", "相似问法", p, true, MaxQuestionRunes)
	}
	if e.State != EntryDraft && e.State != EntryPublished && e.State != EntryRetired {
		faults = append(faults, errs.New(errs.Invalid, "field.invalid", "状态", string(e.State)).In("state"))
	}
	if !e.ValidFrom.IsZero() && !e.ValidUntil.IsZero() && e.ValidUntil.Before(e.ValidFrom) {
		faults = append(faults, errs.New(errs.Invalid, "kb.validity").In("valid_until"))
	}
	return faults.OrNil()
}

// Validate reports every fault of n at once.
func (n Notice) Validate() error {
	var faults errs.List
	check := func(field, label, value string, limit int) {
		switch runes := utf8.RuneCountInString(value); {
		case strings.TrimSpace(value) == "":
			faults = append(faults, errs.New(errs.Invalid, "field.required", label).In(field))
		case runes > limit:
			faults = append(faults, errs.New(errs.Invalid, "field.too_long", label, limit).In(field))
		}
	}
	check("title", "标题", n.Title, maxFieldRunes)
	check("text", "口径内容", n.Text, MaxAnswerRunes)
	switch {
	case n.Starts.IsZero():
		faults = append(faults, errs.New(errs.Invalid, "field.required", "开始时间").In("starts"))
	case n.Ends.IsZero():
		faults = append(faults, errs.New(errs.Invalid, "field.required", "结束时间").In("ends"))
	case !n.Ends.After(n.Starts):
		faults = append(faults, errs.New(errs.Invalid, "kb.notice_ends").In("ends"))
	}
	return faults.OrNil()
}

// Spoken is what an agent reads out: Short, or the first sentences of the
// answer, up to about 120 characters.
func (e Entry) Spoken() string {
	const enough = 120
	if e.Short != "" {
		return e.Short
	}
	runes := []rune(e.Answer)
	if len(runes) <= enough {
		return e.Answer
	}
	end := 0
	for i, r := range runes {
		if strings.ContainsRune("。！？；\n", r) {
			if end > 0 && i >= enough {
				break
			}
			end = i + 1
		}
		if end == 0 && i >= 2*enough {
			return string(runes[:enough]) + "…"
		}
	}
	if end == 0 {
		return string(runes[:enough]) + "…"
	}
	return strings.TrimSpace(string(runes[:end]))
}

// wording gives the texts that are compared with an ask by their characters.
func (e Entry) wording() []string {
	all := make([]string, 0, len(e.Phrasings)+2)
	all = append(all, e.Question)
	all = append(all, e.Phrasings...)
	return append(all, clip(e.Answer, comparedRunes))
}

func clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}

// tidyPhrasings drops empty and repeated phrasings and those equal to the
// question.
func tidyPhrasings(question string, phrasings []string) []string {
	var out []string
	for _, p := range phrasings {
		p = strings.TrimSpace(p)
		if p != "" && p != question && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
