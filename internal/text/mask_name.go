package text

import (
	"strings"
	"unicode/utf8"
)

// introduction says how a word announces a name.
type introduction uint8

const (
	calls   introduction = iota + 1 // 我叫, 名叫: a name almost surely follows
	labels                          // 姓名, 联系人: a value follows, most surely behind a colon
	claims                          // 我是, 本人, 业主: a name may follow
	surname                         // 我姓: a surname follows
)

// announcement is a word and what it announces.
type announcement struct {
	word string
	how  introduction
}

// announcements lists, by the first rune, the words behind which citizens say
// their own or a relative's name; the longer word first.
var announcements = map[rune][]announcement{
	'我': {
		{"我的名字叫", calls}, {"我的名字是", calls}, {"我名字叫", calls}, {"我名叫", calls}, {"我叫", calls},
		{"我本人叫", calls}, {"我(", claims}, {"我姓", surname}, {"我就是", claims}, {"我是", claims},
		{"我的儿子", claims}, {"我的女儿", claims}, {"我儿子", claims}, {"我女儿", claims}, {"我老公", claims}, {"我老婆", claims},
		{"我丈夫", claims}, {"我妻子", claims}, {"我爱人", claims}, {"我父亲", claims}, {"我母亲", claims}, {"我爸爸", claims},
		{"我妈妈", claims}, {"我孩子", claims}, {"我弟弟", claims}, {"我哥哥", claims}, {"我姐姐", claims}, {"我妹妹", claims},
	},
	'本': {{"本人姓名", labels}, {"本人叫", calls}, {"本人姓", surname}, {"本人是", claims}, {"本人", claims}},
	'免': {{"免贵姓", surname}},
	'名': {{"名字叫", calls}, {"名字是", calls}, {"名字", calls}},
	'儿': {{"儿子叫", calls}, {"儿子名叫", calls}},
	'女': {{"女儿叫", calls}, {"女儿名叫", calls}},
	'孩': {{"孩子叫", calls}, {"孩子名叫", calls}},
	'老': {{"老公叫", calls}, {"老婆叫", calls}, {"老人叫", calls}},
	'父': {{"父亲叫", calls}, {"父亲名叫", calls}},
	'母': {{"母亲叫", calls}, {"母亲名叫", calls}},
	'丈': {{"丈夫叫", calls}},
	'妻': {{"妻子叫", calls}},
	'爱': {{"爱人叫", calls}},
	'姓': {{"姓名", labels}},
	'联': {{"联系人姓名", labels}, {"联系人", labels}, {"联络人", labels}},
	'投': {{"投诉人", labels}, {"投诉者", labels}},
	'举': {{"举报人", labels}},
	'反': {{"反映人", labels}},
	'来': {{"来电人", labels}, {"来信人", labels}, {"来访人", labels}, {"来电者", labels}, {"来电市民", labels}},
	'诉': {{"诉求人", labels}},
	'申': {{"申请人", labels}},
	'求': {{"求助人", labels}},
	'咨': {{"咨询人", labels}},
	'建': {{"建议人", labels}},
	'报': {{"报案人", labels}, {"报修人", labels}},
	'当': {{"当事人", labels}},
	'签': {{"签名", labels}},
	'署': {{"署名", labels}},
	'落': {{"落款", labels}},
	'留': {{"留言人", labels}},
	'写': {{"写信人", labels}},
	'户': {{"户主", labels}},
	'业': {{"业主", claims}},
	'住': {{"住户", claims}},
	'居': {{"居民", claims}},
	'村': {{"村民", claims}},
	'市': {{"市民", claims}},
	'群': {{"群众", claims}},
	'网': {{"网友", claims}},
	'家': {{"家长", claims}},
	'租': {{"租客", claims}, {"租户", claims}},
	'车': {{"车主", claims}},
	'乘': {{"乘客", claims}},
	'消': {{"消费者", claims}},
	'顾': {{"顾客", claims}},
	'患': {{"患者", claims}},
	'学': {{"学生", claims}},
	'职': {{"职工", claims}},
	'买': {{"买家", claims}},
}

// titles follow a surname.
var titles = []string{"先生", "女士", "小姐", "阿姨", "大爷", "大妈", "大姐", "师傅", "同志", "太太", "老师"}

// reports are what a clerk writes behind the name of a caller.
var reports = []string{"来电", "致电", "来信", "来访", "反映", "投诉", "咨询", "求助", "举报", "建议", "诉求", "称"}

// softEnds begin what may follow a name without a sign between.
var softEnds = []string{
	"是", "今年", "家住", "住在", "现住", "男", "女", "来自", "来电", "电话", "身份证", "住址", "被举报", "被投诉", "投诉电话", "联系", "手机", "于", "现", "为",
	"性别", "年龄", "年", "地址", "汉族", "毕业", "从", "要", "想", "在", "我", "这", "购", "向", "反映", "投诉", "举报",
	"咨询", "微信", "因", "曾", "已", "住", "单位", "工作", "和", "与", "的", "所", "被", "对", "系", "籍", "户籍", "qq", "日期", "时间", "二〇", "二零",
}

// kinEnds follow the name of a relative behind 我是.
var kinEnds = []string{
	"的儿子", "的女儿", "的家属", "的父亲", "的母亲", "的爸爸", "的妈妈", "的妻子", "的丈夫", "的爱人", "的老公", "的老婆",
	"的家长", "的孩子", "的哥哥", "的弟弟", "的姐姐", "的妹妹", "的亲属", "的监护人",
}

// nameAt looks whether a word at i announces a name, or a surname and a title
// stand there in the clerk's way, and gives the end of what it masked, 0 for
// nothing.
func (m *scan) nameAt(i int) int {
	for _, a := range announcements[m.r[i]] {
		if m.has(i, a.word) && !(a.word == "业主" && strings.ContainsRune("企商产", m.get(i-1))) {
			return m.announced(i+len([]rune(a.word)), a.how)
		}
	}
	if m.hanBefore(i) {
		return 0
	}
	if n := m.surnameAt(i); n > 0 {
		t := m.hasAny(i+n, titles...)
		if t > 0 && m.hasAny(i+n+t, reports...) > 0 {
			m.add(i, i+n, Name)
			return i + n + t
		}
	}
	return 0
}

// announced masks the name behind an announcement that ends at p.
func (m *scan) announced(p int, how introduction) int {
	colon := false
	for start := p; p-start < 5; p++ {
		r := m.get(p)
		if r == ':' {
			colon = true
		} else if how == labels && (r == '是' || r == '为' || r == '叫') {
			continue
		} else if r == 0 || !strings.ContainsRune(" (\"'“”‘「『《", r) {
			break
		}
	}
	if how == claims { // 网友：您好 names nobody
		colon = false
	}
	n := m.nameLength(p, how, colon)
	if n == 0 {
		return 0
	}
	m.add(p, p+n, Name)
	return p + n
}

// nameLength gives the length of the name at p, 0 if what stands there is
// none.
func (m *scan) nameLength(p int, how introduction, colon bool) int {
	family := m.surnameAt(p)
	if how == surname {
		if family > 0 && !m.isHan(p+family) {
			return family
		}
		return 0
	}
	if family > 0 && (how != claims || strong(m.get(p), family)) && m.hasAny(p+family, titles...) > 0 {
		return family
	}
	if how == labels && colon {
		if n := m.foreignName(p); n > 0 {
			return n
		}
	}
	lengths := []int{3, 2}
	if family == 2 {
		lengths = []int{4, 3}
	}
	if how == labels && colon {
		lengths = []int{3, 2, 4}
	}
	best, ending := 0, 0
	for _, n := range lengths {
		// A sign ends a name better than any word, a longer word (联系) better
		// than a shorter one that happens to stand in it (系).
		if end := m.isName(p, n, family, how, colon); end > ending {
			best, ending = n, end
		}
	}
	return best
}

// signEnds is how surely a sign behind it ends a name, in the scale of isName.
const signEnds = 100

// isName says how surely the n runes at p are a name: 0 for not at all,
// signEnds when a sign follows, else the length of the word that follows.
func (m *scan) isName(p, n, family int, how introduction, colon bool) int {
	for j := p; j < p+n; j++ {
		if !m.isHan(j) {
			return 0
		}
	}
	next := m.get(p + n)
	ending := 0
	if !m.isHan(p+n) && !maskedRune(next) {
		ending = signEnds
	} else if how == labels && !colon {
		ending = m.hasAny(p+n, reports...)
	} else if how == claims {
		ending = m.longest(p+n, kinEnds)
	} else {
		ending = m.longest(p+n, softEnds)
	}
	common := strong(m.get(p), family)
	ok := false
	switch {
	case how == calls:
		ok = family > 0
	case how == labels && colon:
		ok = (n < 4 || family != 1) && (family > 0 || ending == signEnds)
	case how == labels:
		ok = common && !isLatin(next) && (n > 2 || !isDigit(next))
	default:
		ok = common && !isLatin(next) && !isDigit(next) && (n > 2 || m.selfBefore(p))
	}
	if !ok || ending == 0 || notName(string(m.r[p:p+n])) {
		return 0
	}
	return ending
}

// longest gives the length in runes of the longest of the words at i.
func (m *scan) longest(i int, words []string) int {
	n := 0
	for _, w := range words {
		if m.has(i, w) {
			n = max(n, utf8.RuneCountInString(w))
		}
	}
	return n
}

// selfBefore reports whether 我是, 本人 or a relative's word, rather than a
// group such as 居民, announces the name at p: a name of two characters is
// believed only then.
func (m *scan) selfBefore(p int) bool {
	return m.near(p, 5, "我", "本人")
}

// foreignName gives the length of a name in Latin letters or with the middle
// dot of a transcription.
func (m *scan) foreignName(p int) int {
	end, dots, letters := p, 0, 0
	for end-p < 30 {
		r := m.get(end)
		switch {
		case isLatin(r):
			letters++
		case r == '·':
			dots++
		case r == ' ' && letters > 0 && isLatin(m.get(end+1)) || r == '.' && letters > 0:
		case m.isHan(end) && letters == 0:
		default:
			r = 0
		}
		if r == 0 {
			break
		}
		end++
	}
	switch {
	case letters >= 2:
		return end - p
	case dots > 0 && end-p <= 20 && m.get(p) != '·':
		return end - p
	}
	return 0
}

// nameBefore masks a name that stands right before a phone number: 张三
// 138…, 王五，电话：138….
func (m *scan) nameBefore(phone int) {
	p := phone
	for n := 0; n < 4; n++ {
		q := p
		for q > 0 && p-q < 3 && strings.ContainsRune(" :,(-", m.r[q-1]) {
			q--
		}
		k := 0
		for _, w := range []string{"联系电话", "电话号码", "手机号码", "手机号", "电话", "手机", "联系方式", "号码", "tel"} {
			if l := len([]rune(w)); m.has(q-l, w) {
				k = l
				break
			}
		}
		p = q - k
		if k == 0 {
			break
		}
	}
	m.nameEnding(p)
}

// nameEnding masks the name that ends at p and has a sign or the start of the
// text before it.
func (m *scan) nameEnding(p int) {
	start := p
	for start > 0 && p-start < 6 && m.isHan(start-1) {
		start--
	}
	family := m.surnameAt(start)
	if family == 0 {
		return
	}
	for _, t := range titles {
		if l := len([]rune(t)); p-start == family+l && m.has(p-l, t) {
			m.add(start, start+family, Name)
			return
		}
	}
	n := p - start
	if n < family+1 || n > family+2 || !strong(m.r[start], family) || notName(string(m.r[start:p])) {
		return
	}
	m.add(start, p, Name)
}

// nameBehind masks a name that stands right behind a phone number, in
// brackets or after a space: 138…（张三）.
func (m *scan) nameBehind(end int) {
	p := end
	for p-end < 2 && (m.get(p) == ' ' || m.get(p) == '(' || m.get(p) == ',') {
		p++
	}
	if p == end && m.surnameAt(p) == 0 {
		return
	}
	stop := p
	for stop-p < 6 && m.isHan(stop) {
		stop++
	}
	if stop > p {
		m.nameEnding(stop)
	}
}

// signature masks a name that stands alone at the end of the text, behind a
// line break or a closing formula, a date behind it allowed.
func (m *scan) signature() {
	p := len(m.r)
	for p > 0 && len(m.r)-p < 24 && !(m.isHan(p-1) && !strings.ContainsRune("年月日号", m.r[p-1])) {
		p--
	}
	start := p
	for start > 0 && p-start < 6 && m.isHan(start-1) {
		start--
	}
	if p-start > 4 || start == 0 {
		return
	}
	q := start
	for q > 0 && (m.r[q-1] == ' ' || m.r[q-1] == '\n') {
		q--
	}
	line := strings.ContainsRune(string(m.r[q:start]), '\n')
	for q > 0 && start-q < 6 && strings.ContainsRune("!。,~ ", m.r[q-1]) {
		q--
	}
	formula := q < start && (m.has(q-2, "谢谢") || m.has(q-2, "感谢") || m.has(q-2, "敬礼") || m.has(q-2, "敬上") || m.has(q-2, "为盼"))
	if line || formula {
		m.nameEnding(p)
	}
}
