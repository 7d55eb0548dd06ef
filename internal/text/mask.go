package text

import (
	"slices"
	"strings"
	"unicode"
)

// Kind says what sort of personal data a Span holds.
type Kind uint8

// The kinds. There is no zero kind in a Span that Mask returns.
const (
	Phone       Kind = iota + 1 // mobile or landline number; service numbers (12345, 95xxx, 400) stay
	IDNumber                    // identity card, passport, travel permit
	Email                       // e-mail address
	BankCard                    // card or account number
	Name                        // the citizen's or a relative's name, or the surname before 先生, 女士
	HouseNumber                 // unit and room of a home; community, building and road stay
	Account                     // WeChat or QQ account
)

// String gives the Chinese word that stands in the placeholder.
func (k Kind) String() string {
	switch k {
	case Phone:
		return "电话"
	case IDNumber:
		return "证件号"
	case Email:
		return "邮箱"
	case BankCard:
		return "银行卡号"
	case Name:
		return "姓名"
	case HouseNumber:
		return "房号"
	case Account:
		return "社交账号"
	}
	return "隐去"
}

// Placeholder is what Mask writes in place of a span of this kind, such as
// 〔电话〕. Placeholders are stable: stored text holds them.
func (k Kind) Placeholder() string { return "〔" + k.String() + "〕" }

// Span is one piece of personal data: the bytes s[Start:End] of the text given
// to Mask.
type Span struct {
	Start, End int
	Kind       Kind
}

// Mask replaces the citizen's personal data in s by placeholders and gives the
// spans it replaced, in order and without overlap; the text between them is
// unchanged. known are names (or phone numbers) that the caller has from the
// contact: they are masked wherever they stand, and their surname also before
// 先生, 女士 and the like. Blank, one-character and stand-in names (匿名) in
// known are ignored, and so are names of businesses.
//
// Full-width digits, digits with spaces, dots, dashes or zero-width characters
// between them, and numbers spelt in Chinese numerals (幺三八…) are found.
// Facts of the case stay: dates, amounts, quantities, case, order and contract
// numbers, law articles, room types (3室2厅), roads, communities, buildings,
// plates, businesses, the names of officials and of those complained about.
// Where an order number has the shape of a mobile number, privacy wins.
//
// s need not be normalised. The time is linear in the length of s.
func Mask(s string, known ...string) (masked string, found []Span) {
	if s == "" {
		return "", nil
	}
	sc := newScan(s, known)
	sc.run()
	found = sc.found()
	if len(found) == 0 {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	for _, f := range found {
		b.WriteString(s[at:f.Start])
		b.WriteString(f.Kind.Placeholder())
		at = f.End
	}
	b.WriteString(s[at:])
	return b.String(), found
}

// WithoutPlaceholders removes the placeholders of Mask, so that they neither
// count as words nor pull vectors of different messages together. A space
// stands where one was.
func WithoutPlaceholders(s string) string {
	if !strings.Contains(s, "〔") {
		return s
	}
	for k := Phone; k <= Account; k++ {
		s = strings.ReplaceAll(s, k.Placeholder(), " ")
	}
	return s
}

// MaskPhone gives the form in which a phone number may be shown in a list:
// 138****0021, 0769-****1234. At most the last four digits and the area code
// or the first three digits of a mobile stay. Service numbers (up to six
// digits, 400 and 800) stay whole; a text without digits gives "".
func MaskPhone(phone string) string {
	digits := make([]byte, 0, len(phone))
	for _, r := range phone {
		if d, ok := digitOf(foldScan(r)); ok {
			digits = append(digits, '0'+d)
		}
	}
	d := string(digits)
	for _, prefix := range []string{"0086", "86", "0"} {
		if rest, ok := strings.CutPrefix(d, prefix); ok && isMobile(rest) {
			d = rest
			break
		}
	}
	switch {
	case d == "":
		return ""
	case isMobile(d):
		return d[:3] + "****" + d[7:]
	case len(d) <= 6, isService(d):
		return d
	}
	if n := areaCode(d); n > 0 {
		return d[:n] + "-" + strings.Repeat("*", len(d)-n-4) + d[len(d)-4:]
	}
	keep := min(4, len(d)-4)
	return strings.Repeat("*", len(d)-keep) + d[len(d)-keep:]
}

// found turns the collected spans of runes into spans of bytes: in order,
// overlapping ones joined, the kind of the longer one winning.
func (m *scan) found() []Span {
	slices.SortFunc(m.spans, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	var out []Span
	for _, s := range m.spans {
		if n := len(out); n > 0 && s.Start < out[n-1].End {
			last := &out[n-1]
			if s.End-s.Start > last.End-last.Start {
				last.Kind = s.Kind
			}
			last.End = max(last.End, s.End)
			continue
		}
		out = append(out, s)
	}
	for i := range out {
		out[i].Start = m.at[out[i].Start]
		out[i].End = m.at[out[i].End]
	}
	return out
}

// scan is one run of Mask over a text.
type scan struct {
	r     []rune // the text, folded rune by rune for matching
	at    []int  // byte offset of each rune in the original, and its length at the end
	known []knownName
	spans []Span  // in runes, as found
	g     []group // the run of digits being looked at
}

func newScan(s string, known []string) *scan {
	m := &scan{r: make([]rune, 0, len(s)/2), at: make([]int, 0, len(s)/2+1)}
	for i, r := range s {
		m.r = append(m.r, foldScan(r))
		m.at = append(m.at, i)
	}
	m.at = append(m.at, len(s))
	for _, k := range known {
		if n, ok := newKnown(k); ok {
			m.known = append(m.known, n)
		}
	}
	return m
}

// foldScan maps a rune to the form that Mask matches: half width, lower case,
// simplified, one sort of space, dash and colon. It never changes the number
// of runes.
func foldScan(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case r < 0x80:
		return unicode.ToLower(r)
	case r >= 0xFF01 && r <= 0xFF5E:
		return unicode.ToLower(r - 0xFEE0)
	case r >= 0x3400 && r <= 0x9FFF:
		return simplifyRune(r)
	}
	switch r {
	case 0x3000, 0xA0, 0x2002, 0x2003, 0x2009:
		return ' '
	case '—', '–', 0x2010, 0x2011, '−', '﹣':
		return '-'
	case '‧', '•', '・':
		return '·'
	case '○':
		return '〇'
	}
	return r
}

// run walks over the text once. Each step looks at what can start or anchor a
// find at i and goes on behind what was consumed, at least one rune further.
func (m *scan) run() {
	for i := 0; i < len(m.r); {
		if end := m.knownAt(i); end > i {
			i = end
			continue
		}
		i = max(i+1, m.step(i))
	}
	m.signature()
}

func (m *scan) step(i int) int {
	r := m.r[i]
	switch {
	case r >= '0' && r <= '9':
		return m.numberAt(i)
	case r < 0x80:
		return m.asciiAt(i)
	}
	if _, ok := numeralOf(r); ok {
		if end := m.spelledAt(i); end > i {
			return end
		}
	}
	if end := m.houseAt(i); end > i {
		return end
	}
	if end := m.nameAt(i); end > i {
		return end
	}
	return m.accountAt(i)
}

// asciiAt handles what starts with a Latin letter or an ASCII sign.
func (m *scan) asciiAt(i int) int {
	switch m.r[i] {
	case '@':
		return m.emailAt(i)
	case '#':
		return m.houseAt(i)
	}
	if end := m.permitAt(i); isLatin(m.r[i]) && end > 0 {
		return end
	}
	return m.accountAt(i)
}

func (m *scan) add(start, end int, k Kind) {
	m.spans = append(m.spans, Span{start, end, k})
}

// get gives the rune at i, 0 outside the text.
func (m *scan) get(i int) rune {
	if i < 0 || i >= len(m.r) {
		return 0
	}
	return m.r[i]
}

// has reports whether the word stands at i.
func (m *scan) has(i int, word string) bool {
	for _, w := range word {
		if m.get(i) != w {
			return false
		}
		i++
	}
	return true
}

// hasAny gives the length in runes of the first of the words that stands at i,
// 0 if none does.
func (m *scan) hasAny(i int, words ...string) int {
	for _, w := range words {
		if m.has(i, w) {
			return len([]rune(w))
		}
	}
	return 0
}

// near reports whether one of the words stands in the n runes before i,
// within the sentence.
func (m *scan) near(i, n int, words ...string) bool {
	j := i
	for j > 0 && i-j < n && !strings.ContainsRune("。!?;\n", m.r[j-1]) {
		j--
	}
	before := string(m.r[j:i])
	for _, w := range words {
		if strings.Contains(before, w) {
			return true
		}
	}
	return false
}
