package kb

import (
	"regexp"
	"slices"
	"strings"

	"huying/internal/query"
)

// facts are what two answers must not disagree about: quantities by their
// unit, dates, streets and districts, telephone numbers, and for each of the
// stances below whether the answer takes it or the opposite one.
type facts struct {
	values  map[string][]string // by kind, such as “个工作日”: each value once, in order
	stances [len(stances)]stance
}

// stance is what an answer says on a yes-or-no matter.
type stance uint8

const (
	yes stance = 1 << iota
	no
)

// stances are pairs of what contradicts each other in an answer, in folded
// spelling: what the first matches after the second was taken out is a yes. A
// pair belongs here only if it decides what the citizen does next.
var stances = [...]struct {
	name    string
	yes, no *regexp.Regexp
}{
	{"能否办理", regexp.MustCompile(`可以|能够|可(?:凭|在|到|向|申请|办理|自行|随时|直接)|允许|符合条件`), regexp.MustCompile(`不可以|不能够|不可(?:凭|在|到|向|申请|办理)|不能(?:办|申|领|报|参|享|享受|再|在|直接|转|随)|不予(?:受理|办理|批准|报销)|不允许|不符合条件|无法(?:办|申|领|报)|不得`)},
	{"要不要", regexp.MustCompile(`需要|须要|必须|应当(?:提交|提供|携带|带)|须(?:提交|提供|携带|带)`), regexp.MustCompile(`不需要|无需|无须|不必|不用|不要求|免于提交|免提交`)},
	{"收不收费", regexp.MustCompile(`收费|收取|缴纳|缴费|工本费`), regexp.MustCompile(`不收费|不收取|免费|免收|不收(?:任何)?(?:费用|钱)`)},
	{"可否代办", regexp.MustCompile(`代办|委托他人|委托办理|他人代`), regexp.MustCompile(`不能代办|不可代办|不得代办|不能委托|不得委托|必须本人|须本人|应由本人|需本人`)},
	{"可否网办", regexp.MustCompile(`网上|线上|手机上|小程序`), regexp.MustCompile(`不能网上|不支持网上|不支持线上|只能(?:到)?(?:现场|窗口)|须到现场|只能线下`)},
}

var (
	numberForm = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?|[零〇一二两三四五六七八九十百千半]+)(个工作日|个自然日|个月|工作日|小时|分钟|周岁|平方米|公里|年|月|日|天|周|岁|元|万元|万|%|％|折|级|次|倍|份|张|套)`)
	roadForm   = regexp.MustCompile(`(\p{Han}{2}(?:路|街|大道|巷))([0-9]+)号`)
	placeForm  = regexp.MustCompile(`(\p{Han}{2})(区|县|镇|街道)`)
	phoneForm  = regexp.MustCompile(`[0-9]{3,4}-?[0-9]{7,8}|\b(?:12|96)[0-9]{3}\b`)
	spaces     = regexp.MustCompile(`\s+`)
)

// noPlace are words that end like the name of a place and are none.
var noPlace = []string{"社区", "地区", "小区", "园区", "城区", "辖区", "市区", "片区", "校区", "景区", "分区", "港区", "厂区", "库区", "院区", "住宅", "城镇", "乡镇"}

// figure gives a Chinese figure up to 99 in Arabic, so that 十五 is 15. What is
// none stays as it is.
func figure(s string) string {
	digits := map[rune]int{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	total, last := 0, 0
	for _, r := range s {
		switch d, ok := digits[r]; {
		case ok:
			last = d
		case r == '十':
			total += max(last, 1) * 10
			last = 0
		default:
			return s
		}
	}
	const figures = "0123456789"
	total += last
	if total < 10 {
		return figures[total : total+1]
	}
	return figures[total/10:total/10+1] + figures[total%10:total%10+1]
}

// readFacts takes an answer apart.
func readFacts(answer string) facts {
	text := spaces.ReplaceAllString(query.Fold(answer), "")
	f := facts{values: map[string][]string{}}
	add := func(kind, value string) {
		if at, found := slices.BinarySearch(f.values[kind], value); !found {
			f.values[kind] = slices.Insert(f.values[kind], at, value)
		}
	}
	for _, m := range numberForm.FindAllStringSubmatch(text, -1) {
		unit := m[2]
		switch unit {
		case "工作日":
			unit = "个工作日"
		case "自然日", "个自然日", "日":
			unit = "天"
		case "％":
			unit = "%"
		}
		add(unit, figure(m[1]))
	}
	for _, m := range roadForm.FindAllStringSubmatch(text, -1) {
		add("地址", m[1]+m[2])
	}
	for _, m := range placeForm.FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(noPlace, func(w string) bool { return strings.HasSuffix(m[0], w) }) {
			add("地区", m[0])
		}
	}
	for _, m := range phoneForm.FindAllString(text, -1) {
		add("电话", strings.ReplaceAll(m, "-", ""))
	}
	for i, s := range stances {
		rest := s.no.ReplaceAllString(text, "，")
		if len(rest) != len(text) {
			f.stances[i] |= no
		}
		if s.yes.MatchString(rest) {
			f.stances[i] |= yes
		}
	}
	return f
}

// conflicts names what a and b disagree about, in Chinese; none: nothing was
// found. Of quantities and places they disagree when each names one that the
// other does not: who says less does not contradict. A stance contradicts only
// the plain opposite.
func (f facts) conflicts(g facts) []string {
	var out []string
	for kind, mine := range f.values {
		theirs := g.values[kind]
		if len(theirs) > 0 && beyond(mine, theirs) && beyond(theirs, mine) {
			out = append(out, kind+"："+strings.Join(mine, "、")+" 与 "+strings.Join(theirs, "、"))
		}
	}
	slices.Sort(out)
	for i, s := range f.stances {
		if t := g.stances[i]; s == yes && t == no || s == no && t == yes {
			out = append(out, stances[i].name)
		}
	}
	return out
}

// beyond tells whether a has a value that b has not; both are in order.
func beyond(a, b []string) bool {
	for _, x := range a {
		if _, found := slices.BinarySearch(b, x); !found {
			return true
		}
	}
	return false
}
