package intake

import (
	"regexp"
	"strings"
)

const (
	moneyDigits = `(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)`
	moneyHan    = `(?:好?几|数|[一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟][一二两三四五六七八九十百千万零几壹贰叁肆伍陆柒捌玖拾佰仟]*)`
	moneyMore   = `(?:多|几|余|来)?`
	moneyUnit   = `(?:元人民币|元钱|元整|圆整|元|圆|块钱|块|人民币|RMB|rmb|美金|美元|港币|欧元)`
	moneyTail   = `(?:多|左右|以上|以内|不等|整|上下)?`
	moneyPer    = `(?:每(?:个)?(?:月|年|天|人|次|户|小时|学期|平方?米?|平|度|吨|张|台|辆)(?:大概|约)?|一(?:个)?(?:月|年|天|次|学期|小时)(?:大概|约)?)?`
	moneyEach   = `(?:[/每一](?:个)?(?:月|年|天|人|次|户|小时|学期|平方米?|平米|平|㎡|度|吨|张|台|辆|斤|公里|位|份|kg))?`
)

var (
	// priced is an amount with its unit.
	priced = regexp.MustCompile(moneyPer + `(?:` + moneyDigits + `(?:万|千)?元?(?:-|~|到|至))?(?:` + moneyDigits + `(?:万|千|百|亿|[wWkK])?` + moneyMore + `|` + moneyHan + moneyMore + `(?:万|千|百)?` + moneyMore + `) ?` + moneyUnit + moneyTail + moneyEach)
	// large is an amount without a unit whose size speaks for money, after what
	// is said of money.
	large = regexp.MustCompile(`(?:` + moneyDigits + `(?:万|[wW])(?:多|元|左右|以上)?|好几[百千万]|几[百千万][块元]?|[一二两三四五六七八九十]+[百千万](?:多|几|[一二三四五六七八九百千])*)`)
	// pieceOf are some pieces of something rather than some 块钱.
	pieceOf = regexp.MustCompile(`^[一二两三四五六七八九几]块$`)
	// tenThousands are sums of a size that letters name of money, if no unit of
	// something else follows.
	tenThousands = regexp.MustCompile(`^\d+(?:\.\d+)?[万wW]`)
	notSums      = regexp.MustCompile(`^[多余]?(?:人|户|辆|平|次|名|吨|字|粉|用户|台|套|亩|件|条|只|家|江|步|伏|分|以上的?(?:人|车))`)
	// plain is a number after or before words about money.
	plain = regexp.MustCompile(`\d{2,7}(?:\.\d{1,2})?`)
	// aboutMoney ends before an amount.
	aboutMoney = regexp.MustCompile(`(?:金额|[扣压退交缴付花收罚赔补欠充返抵涨降]|押金|定金|订金|首付|学费|工资|房租|租金|月租|费|价格?|原价|总价|余额|额度|卖|仅|只要|存款?|贷款?|骗|转账?|借|损失)(?:款|费|金|钱|给|取|掉|纳|我|本人|他|了)?(?:是|为|到|共|共计|总计|合计|达|约|大概|近|：|:|，?总)* ?$`)
	// moneyFollows begins behind an amount.
	moneyFollows = regexp.MustCompile(`^(?:被扣|为[^，。,]{0,4}[费款金]|的(?:保险|押金|定金|订金|费用|红包|赔偿|罚款|学费|工资|首付|货款|补贴)|[^，。,的]{0,2}(?:押金|服费|费用|罚款|学费|保证金))`)
	// counted stands behind numbers of other things.
	counted = regexp.MustCompile(`^(?:[年月日号点时分个人名户天次米栋楼路条页岁％%度台辆\-:：/.xX*]|平方|公里|小时|周|多个|多人|[a-zA-Z]|班|期|岁|位|间|张|级|届)`)
)

// maxAmountWords is how far before a number words about money are looked for,
// in runes.
const maxAmountWords = 10

// amounts finds sums of money.
func (l *letter) amounts() []stretch {
	var out []stretch
	taken := make([]bool, len(l.r)+1)
	take := func(s stretch) {
		out = append(out, s)
		for i := s.start; i < s.end; i++ {
			taken[i] = true
		}
	}
	for _, at := range priced.FindAllStringIndex(l.s, -1) {
		if s := (stretch{l.rune(at[0]), l.rune(at[1])}); !pieceOf.MatchString(l.text(s)) {
			take(s)
		}
	}
	for _, re := range []*regexp.Regexp{large, plain} {
		for _, at := range re.FindAllStringIndex(l.s, -1) {
			s := stretch{l.rune(at[0]), l.rune(at[1])}
			if !taken[s.start] && !taken[s.end-1] && l.isAmount(s) {
				take(s)
			}
		}
	}
	return inOrder(out)
}

// isAmount reports whether a number without a unit is money, by what stands
// around it.
func (l *letter) isAmount(s stretch) bool {
	before := l.s[l.bytes[max(0, s.start-maxAmountWords)]:l.bytes[s.start]]
	after := l.s[l.bytes[s.end]:l.bytes[min(len(l.r), s.end+maxAmountWords)]]
	if s.start > 0 && (isDigit(l.r[s.start-1]) || isLatin(l.r[s.start-1])) || counted.MatchString(after) {
		return false
	}
	if strings.HasSuffix(before, "公交") || strings.Contains(before, "编号") {
		return false
	}
	if tenThousands.MatchString(l.text(s)) && !notSums.MatchString(after) {
		return true
	}
	return aboutMoney.MatchString(before) || moneyFollows.MatchString(after)
}

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
