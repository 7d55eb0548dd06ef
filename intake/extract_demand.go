package intake

import (
	"regexp"
	"strings"
)

var (
	// opening may stand between the beginning of a clause and the word that
	// opens the demand.
	opening = regexp.MustCompile(`^(?:所以|因此|故此?|在此|特此|现在?|同时|最后|另外|再次|再|也|还|并|但|只是?|真的|真心|很|非常|十分|强烈|诚恳地?|诚挚地?|真诚地?|万分|急|特|我们?|本人|大家|业主们?|居民们?|市民|村民|群众|全体业主|广大[\p{Han}]{2,3}|小区业主|家长们?|恳切|郑重|衷心|迫切|谨|敬|就|我是|，|,| |[0-9一二三四]{1,2}[、.．])*`)
	// asking opens a demand at the beginning of a clause.
	asking = regexp.MustCompile(`^(?:希望|希|恳请|恳求|请求|请贵|请(?:[^问假客示教])|敬请|烦请|还请|望|盼望?|期望|期待|要求|建议|诉求(?:是|为|：|:)|呼吁|麻烦|拜托|跪求|求(?:[^助职证学])|申请|务必|督促|应该?尽快|能不能|能否|可否|可不可以|是否(?:可以|能)|看能不能)`)
	// inside opens a demand within a clause.
	inside = regexp.MustCompile(`希望(?:有关|相关|政府|领导|贵|市|各|能|该|部门|尽快|早日)|恳请|请求(?:有关|相关|政府|领导|贵|市|各|上级)|强烈要求|强烈建议|能否|能不能(?:[^\p{P}]{0,4}(?:管|解决|处理|帮|想))|可否|请(?:有关|相关|政府|领导|贵|上级|各部门|尽快|及时|立即|你们|部门|求)|望(?:有关|相关|政府|领导|贵|上级|各|能|尽快|早日|部门)|麻烦(?:有关|相关|政府|领导|贵|你们|尽快)`)
	// notAsking are clauses that look like demands.
	notAsking = regexp.MustCompile(`^(?:请问|希望(?:真的|更多|大家|各位(?:业主|朋友|网友|同胞)|不是|广大)|望着|请(?:假|客|示|柬|人|工)|要求(?:员工|我|业主|家长|他|她|客户|顾客)|建议(?:我|大家|进一步|迟迟|卧床|书)|申请(?:了|书|时|人|表)|期待(?:已久|您|你|回复|答复)|求学|盼了)`)
	// goesOn begins a clause that still belongs to the demand.
	goesOn = regexp.MustCompile(`^(?:不要|不能|不得|别再?|勿|而不是|避免|杜绝|防止|并|合理)`)
	// thanks ends a demand.
	thanks = regexp.MustCompile(`(?:[,，。 ]?(?:万分|非常|十分)?(?:谢谢|感谢|多谢|为盼|拜谢|跪谢)[\p{Han}]{0,4})$`)
)

// A demand says more than 请重视, and is one clause or two.
const (
	minDemand = 5
	maxDemand = 60
)

// demands finds what the citizen wants done.
func (l *letter) demands(r *FactFinder) []stretch {
	var out []stretch
	clauses := l.clauses()
	for i := 0; i < len(clauses); i++ {
		c := clauses[i]
		if c.end <= l.title {
			continue
		}
		from, ok := l.demandIn(c)
		if !ok || l.hasAny(from, r.areas[l.r[from]]) > 0 { // the name of an area may begin with 望
			continue
		}
		d := stretch{from, c.end}
		for i+1 < len(clauses) && l.r[clauses[i].end] != '。' && clauses[i+1].end-d.start <= maxDemand && goesOn.MatchString(l.text(clauses[i+1])) {
			i++
			d.end = clauses[i].end
		}
		if at := thanks.FindStringIndex(l.text(d)); at != nil {
			d.end = l.rune(l.bytes[d.start] + at[0])
		}
		if d.end-d.start >= minDemand {
			out = append(out, d)
		}
	}
	return out
}

// demandIn gives where a demand begins in a clause.
func (l *letter) demandIn(c stretch) (from int, ok bool) {
	text := l.text(c)
	lead := len(opening.FindString(text))
	for _, w := range []string{"强烈", "恳切"} {
		if strings.HasSuffix(text[:lead], w) {
			lead -= len(w)
		}
	}
	rest := strings.TrimPrefix(text[lead:], "强烈")
	if asking.MatchString(rest) {
		return c.start + runes(text[:lead]), !notAsking.MatchString(rest)
	}
	at := inside.FindStringIndex(text)
	if at == nil {
		return 0, false
	}
	return c.start + runes(text[:at[0]]), true
}

// clauses cuts the letter at its pauses; a space between two Chinese
// characters is one too.
func (l *letter) clauses() []stretch {
	var out []stretch
	from := 0
	for i := 0; i <= len(l.r); i++ {
		if i < len(l.r) && !l.pauses(i) {
			continue
		}
		if i > from {
			out = append(out, stretch{from, i})
		}
		from = i + 1
	}
	return out
}

func (l *letter) pauses(i int) bool {
	r := l.r[i]
	switch {
	case r == '.' || r == ':' || r == ',':
		return i == 0 || i+1 == len(l.r) || !isDigit(l.r[i-1]) || !isDigit(l.r[i+1])
	case r == ' ':
		return i > 0 && i+1 < len(l.r) && (l.r[i-1] > 127 || l.r[i+1] > 127)
	}
	return isPause(r)
}
