package kb

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"huying/internal/errs"
	"huying/internal/llm"
)

// Limits of an entry, in characters (runes).
const (
	MaxQuestionRunes = 300
	MaxAnswerRunes   = 20_000 // some 30 pages; a cell of a workbook holds 32,767
	MaxShortRunes    = 500
	MaxPhrasings     = 50
	MaxNegatives     = 50
	MaxClauses       = 20
	maxFieldRunes    = 200 // code, unit, topic, audience, clause
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
	check("audience", "适用对象", e.Audience, false, maxFieldRunes)
	check("family", "变体组", e.Family, false, MaxQuestionRunes)
	check("basis", "依据", e.Basis, false, maxBasisRunes)
	if strings.Contains(e.Answer, llm.Unsourced) {
		faults = append(faults, errs.New(errs.Invalid, "answer.unsourced", llm.Unsourced).In("answer"))
	}
	faults = append(faults, e.checkPhrasings()...)
	if len(e.Clauses) > MaxClauses {
		faults = append(faults, errs.New(errs.Invalid, "kb.too_many_clauses", MaxClauses).In("clauses"))
	}
	for _, c := range e.Clauses {
		check("clauses", "法规名称", c.Law, true, maxFieldRunes)
		check("clauses", "条款", c.Text, false, maxFieldRunes)
		if strings.ContainsAny(c.Law+c.Text, "｜|\n") {
			faults = append(faults, errs.New(errs.Invalid, "kb.clause_sign").In("clauses"))
		}
	}
	if !slices.Contains(allStates[:], e.State) {
		faults = append(faults, errs.New(errs.Invalid, "field.invalid", "状态", string(e.State)).In("state"))
	}
	if !e.ValidFrom.IsZero() && !e.ValidUntil.IsZero() && e.ValidUntil.Before(e.ValidFrom) {
		faults = append(faults, errs.New(errs.Invalid, "kb.validity").In("valid_until"))
	}
	return faults.OrNil()
}

// checkPhrasings reports the faults of phrasings and negative phrasings. One
// and the same ask cannot be both.
func (e Entry) checkPhrasings() errs.List {
	var faults errs.List
	check := func(field, label string, all []string, most int, code errs.Code) {
		if len(all) > most {
			faults = append(faults, errs.New(errs.Invalid, code, most).In(field))
		}
		for _, p := range all {
			switch {
			case strings.TrimSpace(p) == "":
				faults = append(faults, errs.New(errs.Invalid, "field.required", label).In(field))
			case utf8.RuneCountInString(p) > MaxQuestionRunes:
				faults = append(faults, errs.New(errs.Invalid, "field.too_long", label, MaxQuestionRunes).In(field))
			}
		}
	}
	check("phrasings", "相似问法", e.Phrasings, MaxPhrasings, "kb.too_many_phrasings")
	check("negatives", "反例问法", e.Negatives, MaxNegatives, "kb.too_many_negatives")
	for _, n := range e.Negatives {
		if n == e.Question || slices.Contains(e.Phrasings, n) {
			faults = append(faults, errs.New(errs.Invalid, "kb.negative_same", n).In("negatives"))
		}
	}
	return faults
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

// ends is what is taken off a text at both ends: white space and marks that
// nobody sees.
const ends = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"

// tidyText gives a text with plain newlines, without NUL, and without white
// space at its ends.
func tidyText(s string) string {
	if strings.ContainsAny(s, "\r\x00") {
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
	}
	return strings.Trim(s, ends)
}

// Tidy gives e as it is stored: whatever way it came, the same content is the
// same text.
func (e Entry) Tidy() Entry {
	for _, s := range []*string{&e.Code, &e.Question, &e.Answer, &e.Short, &e.Unit, &e.Audience, &e.Topic, &e.Family, &e.Basis} {
		*s = tidyText(*s)
	}
	e.Phrasings = tidyPhrasings(e.Question, e.Phrasings)
	e.Negatives = tidyPhrasings("", e.Negatives)
	var clauses []Clause
	for _, c := range e.Clauses {
		c.Law, c.Text = strings.Trim(tidyText(c.Law), "《》"), tidyText(c.Text)
		if c.Law != "" || c.Text != "" {
			clauses = append(clauses, c)
		}
	}
	e.Clauses = clauses
	e.ValidFrom, e.ValidUntil = e.ValidFrom.Truncate(time.Microsecond), e.ValidUntil.Truncate(time.Microsecond) // as the database keeps them
	return e
}

// tidyPhrasings drops empty and repeated phrasings and those equal to the
// question. A line break or ## parts two, as in the cell of a sheet.
func tidyPhrasings(question string, phrasings []string) []string {
	var out []string
	for _, all := range phrasings {
		for _, p := range splitPhrasings(tidyText(all)) {
			p = tidyText(p)
			if p != "" && p != question && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}
