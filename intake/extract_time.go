package intake

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// The grammar of times, as people write them in letters.
const (
	digitDay = `(?:3[01]|[12]\d|0?[1-9])`
	hanDay   = `(?:[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])`

	yearPart  = `(?:(?:(?:19|20)\d{2}|二[〇零O0][一二][〇零一二三四五六七八九])年(?:度|初|底|末)?|今年|去年|前年|明年|本年度?)`
	monthPart = `(?:(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:份|底|初|末|[上中下]旬)?(?:左右)?|上个?月(?:份|底|初)?|本月|这个月)`
	dayPart   = `(?:` + digitDay + `|` + hanDay + `)(?:日|号)`
	weekPart  = `(?:[上下本这]个?)?(?:周|星期|礼拜)[一二三四五六日天末]`
	hourPart  = `(?:凌晨|清晨|早晨|大清早|一大早|早上|上午|中午|正午|午后|下午|傍晚|晚上|晚间|夜间|夜里|夜晚|三更半夜|大半夜|下半夜|半夜|深夜|午夜|白天)`
	dayWord   = `(?:今天|今日|昨天|昨日|前天|前日|当天|当日|那天|昨晚|今晚|今早|前晚|当晚|每天|每日|每晚|天天)`
	digitHour = `(?:2[0-4]|1\d|0?\d)`
	hanHour   = `(?:二?十[一二三四五六七八九]?|[一二三四五六七八九两])`
	clockPart = `(?:` + digitHour + `(?:[:：][0-5]\d(?:[:：][0-5]\d)?(?:分钟?)?|[.．][0-5]?\d分|[点时](?:[0-5]?\d分?|半|整|一刻|` + hanDay + `?十?分|二十几分|几分)?钟?))`
	hanClock  = `(?:` + hanHour + `点(?:半|整|钟|一刻|[一二三四五]?十[一二三四五六七八九]?分?|[0-5]?\d分)?)`
	dotted    = `(?:20[012]\d[.\-/](?:1[0-2]|0?[1-9])(?:[.\-/]` + digitDay + `)?(?:日|号)?)`
	season    = `(?:节假日|周末|双休日|暑假(?:期间)?|寒假(?:期间)?|春节(?:期间|前|后)?|国庆(?:节|期间)?|元旦|中秋|清明节?|五一|十一期间|年前|年后|年初|年底|开学|放学|上下班高峰期?|高峰期|过年)`
	around    = `(?:左右|前后|不到|多|许|开始|以来|期间|之间|以前|以后|之前|之后|起|至今|前|后)`

	dated  = `(?:` + dotted + `|(?:[01]\d年|` + yearPart + `) ?` + monthPart + ` ?(?:` + dayPart + `)?|` + yearPart + `|` + monthPart + ` ?` + dayPart + `|` + monthPart + `)`
	moment = `(?:` + dated + `(?:[,，]? ?` + weekPart + `)? ?(?:` + dayWord + `)?(?:` + season + `)?|` + weekPart + `|` + dayWord + `(?:` + season + `)?|` + season + `|` + dayPart + `(?:当天|当晚|当日)?)`
	when   = `(?:` + moment + `(?:的|[,，])? ?(?:` + hourPart + `)?(?:大[约概]|约)? ?(?:` + clockPart + `|` + hanClock + `)?|` + hourPart + `(?:大[约概]|约)? ?(?:` + clockPart + `|` + hanClock + `)?|` + clockPart + `)(?:` + around + `)*`
	joined = ` ?(?:、|-|--|—|——|~|～|至|到|或|和|以及) ?`
)

var (
	timeWords = regexp.MustCompile(`^` + when + `(?:` + joined + `(?:` + when + `))*`)
	// lasting is a span of time that has passed; a plain 两个月 is as often a
	// promise or a price.
	lasting = regexp.MustCompile(`(?:将近|接近|差不多|长达|已有|已经?|足足|整整|持续了?|超过|都快|快|近|有|[\p{Han}]了)((?:将近|接近|差不多|长达|近|快)?(?:\d{1,3}|[一二两三四五六七八九十几半数]{1,3}) ?(?:个?多?月|年|天|周|个?星期|个?小时)(?:半|多)?)((?:之余|之久|有余|以上|左右)?)`)
	allDay  = regexp.MustCompile(`一整[天夜晚]|整[天夜]|24小时`)
	// bare words give no time of their own.
	bareTime = regexp.MustCompile(`^(?:今天|今日|昨天|昨日|前天|当天|当日|那天|每天|每日|每晚|今晚|今早|天天|今年|明年|前年|去年|白天|开学|放学|过年|年前|本月|这个月|周末|` + dayPart + `)$`)
)

// timeBegins are the runes with which a time may begin. Only there the grammar,
// which is long, is tried, and only on so many runes.
const (
	timeBegins = "0123456789一二三四五六七八九十两今去前明本上这昨当那每天凌清早大中正午下傍晚夜半深白节周双暑寒春国元年开放高过星礼"
	maxTime    = 60
)

// moments gives all that the grammar takes for a time, in order.
func (l *letter) moments() []stretch {
	if l.timesRead {
		return l.timesFound
	}
	l.timesRead = true
	for i := 0; i < len(l.r); i++ {
		if !strings.ContainsRune(timeBegins, l.r[i]) {
			continue
		}
		window := l.text(stretch{i, min(i+maxTime, len(l.r))})
		if at := timeWords.FindStringIndex(window); at != nil {
			s := stretch{i, l.rune(l.bytes[i] + at[1])}
			l.timesFound = append(l.timesFound, s)
			i = s.end - 1
		}
	}
	return l.timesFound
}

// times finds when something happened or happens.
func (l *letter) times() []stretch {
	var out []stretch
	exact := false
	for _, s := range l.moments() {
		for s.end > s.start && strings.ContainsRune(" ,，的", l.r[s.end-1]) {
			s.end--
		}
		if l.cutOff(s) || bareTime.MatchString(l.text(s)) {
			continue
		}
		exact = exact || strings.ContainsAny(l.text(s), "0123456789")
		out = append(out, s)
	}
	for _, m := range lasting.FindAllStringSubmatchIndex(l.s, -1) {
		from := m[2]
		for _, w := range []string{"将近", "接近", "差不多", "长达", "近", "快"} {
			if strings.HasSuffix(l.s[m[0]:m[2]], w) {
				from -= len(w)
				break
			}
		}
		out = append(out, stretch{l.rune(from), l.rune(m[5])})
	}
	for _, at := range allDay.FindAllStringIndex(l.s, -1) {
		out = append(out, stretch{l.rune(at[0]), l.rune(at[1])})
	}
	return l.plainTimes(inOrder(out), exact)
}

// plainTimes leaves out a time of day that stands alone beside exact times,
// unless it is the night: there it is a turn of the story.
func (l *letter) plainTimes(all []stretch, exact bool) []stretch {
	if !exact {
		return all
	}
	var out []stretch
	for _, s := range all {
		switch l.text(s) {
		case "早上", "上午", "中午", "下午", "晚上", "傍晚", "早晨":
			continue
		}
		out = append(out, s)
	}
	return out
}

// cutOff reports a time that is the beginning or the end of something else:
// 12月份 of a number, 2 点 of a list, 3号 of a line.
func (l *letter) cutOff(s stretch) bool {
	if s.start > 0 {
		before := l.r[s.start-1]
		if isDigit(l.r[s.start]) && (isDigit(before) || before == '.' || before == '第') {
			return true
		}
	}
	if s.end < len(l.r) {
		switch after := l.r[s.end]; {
		case isDigit(l.r[s.end-1]) && isDigit(after):
			return true
		case l.r[s.end-1] == '号' && strings.ContainsRune("线楼栋店铺门铁路机车房院", after):
			return true
		case l.r[s.end-1] == '点' && strings.ContainsRune("建要问,，:：", after) && s.end-s.start <= 2:
			return true
		}
	}
	return false
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// inOrder sorts stretches and leaves out what lies in one before it.
func inOrder(all []stretch) []stretch {
	sortStretches(all)
	var out []stretch
	for _, s := range all {
		if n := len(out); n == 0 || s.start >= out[n-1].end {
			out = append(out, s)
		}
	}
	return out
}

func sortStretches(all []stretch) {
	slices.SortFunc(all, func(a, b stretch) int { return cmp.Or(a.start-b.start, b.end-a.end) })
}
