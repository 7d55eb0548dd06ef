package llm

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"huying/internal/text"
)

// Lack is one reason why a sentence does not rest on the sources it names.
type Lack struct {
	What  string // 数字, 日期, 法规 …
	Piece string // of the sentence; empty: the whole sentence
}

// String is the lack as it stands on screen.
func (l Lack) String() string {
	if l.Piece == "" {
		return l.What
	}
	return l.What + "“" + l.Piece + "”"
}

// Grounds look whether a sentence says what its sources say. It is a rule and
// no judgement: every number with its unit, date, law, article and name of a
// unit must stand in a source that the sentence names, most of its words must,
// and nothing may be affirmed that the source only denies. What it lets through
// may still be put together wrongly, so a person reads it; what it stops has no
// source for sure.
type Grounds struct {
	// Words gives the words of a text that carry meaning.
	Words func(text string) []string
	// Names are those of units; where one stands in a sentence it must stand in
	// a source.
	Names []string
}

// sharedWords is the least part of a sentence's words, counted in characters,
// that must stand in what it cites. With less, an actor or an act is new. It
// was chosen on the product's starter texts: TestStrangeSourcesDoNotSupport
// holds what it lets through.
const sharedWords = 0.7

var (
	fullDate   = regexp.MustCompile(`([0-9]{4})[年\-/.]([0-9]{1,2})[月\-/.]([0-9]{1,2})日?`)
	shortDate  = regexp.MustCompile(`([0-9]{1,2})月([0-9]{1,2})日`)
	lawName    = regexp.MustCompile(`《[^《》]+》`)
	article    = regexp.MustCompile(`第([0-9]+|[零〇一二两三四五六七八九十百千]+)(条|款|项|章|号)`)
	arabic     = regexp.MustCompile(`([0-9]+(?:[.:][0-9]+)*)(个工作日|工作日|个自然日|自然日|个月|小时|分钟|周岁|平方米|公里|万元|亿元|\p{Han}|%)?`)
	chinese    = regexp.MustCompile(`([零〇一二两三四五六七八九十百千][零〇一二两三四五六七八九十百千万亿]*)(个工作日|工作日|个自然日|自然日|个月|小时|分钟|周岁|平方米|公里|万元|亿元|元|年|月|日|天|周|岁|时|点|折|级|次|倍|份|张|套|人|户|成)`)
	thousands  = regexp.MustCompile(`([0-9]),([0-9]{3})`)
	unitName   = regexp.MustCompile(`\p{Han}{2}(?:局|委员会|街道办|居委会|村委会|派出所|大队|支队|集团|公司|办公室|服务中心|政府|法院|检察院|医院|学校)`)
	deniedBy   = "不未没无非勿禁"
	whiteSpace = regexp.MustCompile(`\s+`)
	courteous  = regexp.MustCompile(`^(尊敬的(市民|来电人|用户)|市民(朋友)?)?[，,：:]?(您好|你好|(非常)?感谢您?(的|对[^，。]{0,12}的)?(反映|来电|来信|来件|支持|理解|关注|监督|配合|[和与、])*)[。！!，,：:]?$`)
)

// Lacks names what in a sentence the cited sources do not hold; none: it rests
// on them. Of a source that is only a pattern, figures and units count as not
// there: they are another case's.
func (g Grounds) Lacks(sentence string, cited []Source) []Lack {
	if courteous.MatchString(whiteSpace.ReplaceAllString(sentence, "")) {
		return nil
	}
	if len(cited) == 0 {
		return []Lack{{What: "没有写出处"}}
	}
	var all, facts, loose strings.Builder
	var rows []string
	for _, c := range cited {
		all.WriteString(c.Text + "\n")
		if !c.Pattern {
			facts.WriteString(c.Text + "\n")
		}
		switch {
		case c.Table:
			rows = append(rows, strings.Split(c.Text, "\n")...)
		case !c.Pattern:
			loose.WriteString(c.Text + "\n")
		}
	}
	said, held, own := plain(sentence), plain(all.String()), plain(facts.String())
	lacks := figuresBeyond(said, rows, plain(loose.String()))
	for _, law := range lawName.FindAllString(said, -1) {
		if !strings.Contains(held, law) {
			lacks = append(lacks, Lack{"法规", law})
		}
	}
	lacks = append(lacks, g.namesBeyond(said, own)...)
	for _, mark := range placeholders.FindAllString(said, -1) {
		if !strings.Contains(own, mark) {
			lacks = append(lacks, Lack{"编号", mark})
		}
	}
	return append(lacks, g.wordsBeyond(said, held)...)
}

var placeholders = regexp.MustCompile(`〔[^〔〕]*〕`)

// figuresBeyond names the figures that the sources do not have. Of a table's
// rows a figure counts only where the sentence names the row, in the same part
// or before: 热线 72%、网页 65% must not have changed places.
func figuresBeyond(said string, rows []string, loose string) []Lack {
	if len(rows) == 0 {
		return newNumbers(said).beyond(newNumbers(loose))
	}
	var out []Lack
	named := ""
	for _, part := range strings.FieldsFunc(said, func(r rune) bool { return strings.ContainsRune("，。；、！？,;!?（）()", r) }) {
		here := ""
		for _, row := range rows {
			name, figures, ok := strings.Cut(row, rowMark)
			if name = plain(name); ok && name != "" && strings.Contains(part, name) {
				here += plain(figures) + "，"
				part = strings.ReplaceAll(part, name, "")
			}
		}
		if here != "" {
			named = here
		}
		out = append(out, newNumbers(part).beyond(newNumbers(named+"，"+loose))...)
	}
	return out
}

// rowMark stands between a row's name and its figures.
const rowMark = "："

// StrangeFigures reports a figure in a wording that no source has, whatever it
// counts.
func StrangeFigures(wording string, sources ...string) bool {
	said, held := newNumbers(plain(wording)), newNumbers(plain(strings.Join(sources, "\n")))
	for value := range said.bare {
		if !held.bare[value] {
			return true
		}
	}
	return false
}

// plain is how texts are compared: normalised, simplified, without white space
// and the commas in long numbers.
func plain(t string) string {
	t = whiteSpace.ReplaceAllString(text.Simplify(text.Normalise(t)), "")
	for thousands.MatchString(t) {
		t = thousands.ReplaceAllString(t, "$1$2")
	}
	return t
}

// namesBeyond are units that the sentence names and the sources do not.
func (g Grounds) namesBeyond(said, held string) []Lack {
	var out []Lack
	for _, n := range slices.Concat(g.Names, unitName.FindAllString(said, -1)) {
		n = plain(n)
		covered := slices.ContainsFunc(out, func(l Lack) bool { return strings.Contains(l.Piece, n) })
		if n != "" && strings.Contains(said, n) && !strings.Contains(held, n) && !covered {
			out = append(out, Lack{"单位", n})
		}
	}
	return out
}

// wordsBeyond looks at the words: whether enough of them are there, and whether
// what the sentence affirms is denied where the sources speak of it, or the
// other way round.
func (g Grounds) wordsBeyond(said, held string) []Lack {
	all, shared := 0, 0
	var strange []string
	for _, w := range g.telling(said) {
		n := utf8.RuneCountInString(w)
		all += n
		if strings.Contains(held, w) {
			shared += n
		} else {
			strange = append(strange, w)
		}
	}
	var out []Lack
	if float64(shared) < sharedWords*float64(all) {
		out = append(out, Lack{"出处里没有这些话", strings.Join(strange, "、")})
	}
	for _, clause := range clauses(said) {
		if strings.Contains(held, clause) {
			continue
		}
		words := g.telling(clause)
		near := nearest(words, held)
		// What can be done, must be done or costs is seldom a word that carries
		// meaning, and turns it round all the same.
		for _, w := range slices.Concat(words, stances) {
			where := near
			if !strings.Contains(near, w) {
				where = held
			}
			turned := stands(clause, w, false) && !stands(where, w, false) || stands(clause, w, true) && !stands(where, w, true)
			if strings.Contains(clause, w) && strings.Contains(where, w) && turned {
				out = append(out, Lack{"出处里说的是相反的", w})
				break
			}
		}
	}
	return out
}

// telling gives the words of two Chinese characters and more.
func (g Grounds) telling(t string) []string {
	return slices.DeleteFunc(g.Words(t), func(w string) bool {
		return utf8.RuneCountInString(w) < 2 || !strings.ContainsFunc(w, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	})
}

// clauses parts a text at every mark.
func clauses(t string) []string {
	return strings.FieldsFunc(t, func(r rune) bool { return unicode.IsPunct(r) && r != '〔' && r != '〕' && r != '《' && r != '》' })
}

// nearest is the clause of the sources that has most of the words; empty when
// none has any.
func nearest(words []string, held string) string {
	best, most := "", 0
	for _, clause := range clauses(held) {
		n := 0
		for _, w := range words {
			if strings.Contains(clause, w) {
				n += utf8.RuneCountInString(w)
			}
		}
		if n > most {
			best, most = clause, n
		}
	}
	return best
}

// stances are words that decide what the citizen does next.
var stances = []string{"可以", "需要", "必须", "允许", "支持", "收费", "受理", "能够", "符合", "属于", "违法", "属实"}

// denialRunes is how far before a word its denial may stand: 不予受理, 不能办理.
const denialRunes = 2

// stands reports that a word stands somewhere in a text, behind a denial or
// without one.
func stands(t, word string, denied bool) bool {
	for at := 0; ; {
		i := strings.Index(t[at:], word)
		if i < 0 {
			return false
		}
		before := []rune(t[:at+i])
		if strings.ContainsAny(string(before[max(0, len(before)-denialRunes):]), deniedBy) == denied {
			return true
		}
		at += i + len(word)
	}
}

// number is a figure with what it counts.
type number struct{ value, unit string }

// numbers are the figures and dates of a text, each with how it is written.
type numbers struct {
	figures map[number]string
	bare    map[string]bool // values whatever they count
	days    map[string]string
}

func newNumbers(t string) numbers {
	n := numbers{map[number]string{}, map[string]bool{}, map[string]string{}}
	t = fullDate.ReplaceAllStringFunc(t, func(d string) string {
		m := fullDate.FindStringSubmatch(d)
		year, month, day := trimmed(m[1]), trimmed(m[2]), trimmed(m[3])
		n.days[year+"-"+month+"-"+day] = d
		n.add(number{year, "年"}, "")
		n.days[month+"-"+day] = ""
		n.add(number{month, "月"}, "")
		return "，"
	})
	t = shortDate.ReplaceAllStringFunc(t, func(d string) string {
		m := shortDate.FindStringSubmatch(d)
		month, day := trimmed(m[1]), trimmed(m[2])
		n.days[month+"-"+day] = d
		n.add(number{month, "月"}, "")
		return "，"
	})
	t = article.ReplaceAllStringFunc(t, func(a string) string {
		m := article.FindStringSubmatch(a)
		n.add(number{"第" + counted(m[1]), m[2]}, a)
		return "，"
	})
	t = arabic.ReplaceAllStringFunc(t, func(a string) string {
		m := arabic.FindStringSubmatch(a)
		n.add(measure(trimmed(m[1]), m[2]), a)
		return "，"
	})
	for _, m := range chinese.FindAllStringSubmatch(t, -1) {
		n.add(measure(counted(m[1]), m[2]), m[0])
	}
	return n
}

// add notes a figure; how it is written is empty for what only a source may
// say, such as the month of a whole date.
func (n numbers) add(x number, written string) {
	n.bare[x.value] = true
	if n.figures[x] == "" {
		n.figures[x] = written
	}
}

// codeDigits is the length from which a number is a name (a hotline, a phone, a
// case) and counts nothing.
const codeDigits = 5

// beyond names the figures and dates that the sources do not have.
func (n numbers) beyond(held numbers) []Lack {
	var out []Lack
	for day, written := range n.days {
		if _, ok := held.days[day]; !ok && written != "" {
			out = append(out, Lack{"日期", written})
		}
	}
	for x, written := range n.figures {
		if written == "" {
			continue
		}
		_, ok := held.figures[x]
		if len(x.value) >= codeDigits && !strings.HasPrefix(x.value, "第") && x.unit != "元" || x.unit == "" {
			ok = ok || held.bare[x.value]
		}
		switch {
		case ok:
		case strings.HasPrefix(x.value, "第"):
			out = append(out, Lack{"条款", written})
		case x.unit == "元":
			out = append(out, Lack{"金额", written})
		default:
			out = append(out, Lack{"数字", written})
		}
	}
	slices.SortFunc(out, func(a, b Lack) int { return strings.Compare(a.What+a.Piece, b.What+b.Piece) })
	return out
}

// measure brings a figure and its unit to one way of writing.
func measure(value, unit string) number {
	times := 0.0
	switch unit {
	case "个工作日":
		unit = "工作日"
	case "日", "自然日", "个自然日":
		unit = "天"
	case "周岁":
		unit = "岁"
	case "点":
		unit = "时"
	case "块":
		unit = "元"
	case "万元", "万":
		unit, times = "元", 1e4
	case "亿元":
		unit, times = "元", 1e8
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil && times > 0 {
		value = strconv.FormatFloat(math.Round(f*times*100)/100, 'f', -1, 64)
	}
	return number{value, unit}
}

// trimmed is a figure without leading zeros, 09 as 9; a time stays as it is.
func trimmed(s string) string {
	if t := strings.TrimLeft(s, "0"); t != "" && t[0] >= '0' && t[0] <= '9' && !strings.Contains(s, ":") {
		return t
	}
	return s
}

// counted gives a Chinese whole number in Arabic figures; what is none stays as
// it is.
func counted(s string) string {
	digits := map[rune]int{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	places := map[rune]int{'十': 10, '百': 100, '千': 1000}
	myriads := map[rune]int{'万': 1e4, '亿': 1e8}
	if s == "" || strings.ContainsAny(s, "0123456789") {
		return trimmed(s)
	}
	total, section, digit := 0, 0, -1
	for _, r := range s {
		if d, ok := digits[r]; ok {
			if digit > 0 {
				return s // 二三 is no number, or one that is read figure by figure
			}
			digit = d
			continue
		}
		if p, ok := places[r]; ok {
			if digit < 0 {
				digit = 1 // 十五
			}
			section, digit = section+digit*p, -1
			continue
		}
		total, section, digit = (total+section+max(digit, 0))*myriads[r], 0, -1
	}
	return strconv.Itoa(total + section + max(digit, 0))
}
