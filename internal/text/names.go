package text

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Plate marks an official number plate in what Conceal finds.
const Plate = "车牌"

// Concealed is one piece of a text that must not leave the house.
type Concealed struct {
	Start, End int    // bytes
	What       string // Kind's word, or Plate
}

// plate is a number plate as people write it: province, letter, five or six
// places, with a dot or spaces between, in either case and width.
var plate = regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][ \x{3000}]?[A-Za-zＡ-Ｚａ-ｚ][ .·•・\-－\x{3000}]?(?:[A-Za-zＡ-Ｚａ-ｚ0-9０-９][ \-]?){4,5}[A-Za-zＡ-Ｚａ-ｚ0-9０-９挂学警港澳]`)

// Conceal finds what must not be told to an outside service: everything that
// Mask finds, number plates, and whatever may be a person's name, also of one
// complained about. Unlike Mask it prefers privacy to accuracy, since what is
// taken out of a request is put back into its answer. The pieces are in order
// and do not overlap; placeholders of Mask are left alone.
func (s *Segmenter) Conceal(t string, known ...string) []Concealed {
	var out []Concealed
	_, found := Mask(t, known...)
	for _, f := range found {
		out = append(out, Concealed{f.Start, f.End, f.Kind.String()})
	}
	for _, at := range plate.FindAllStringIndex(t, -1) {
		out = append(out, Concealed{at[0], at[1], Plate})
	}
	out = append(out, s.names(t)...)
	slices.SortStableFunc(out, func(a, b Concealed) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	kept := out[:0]
	for _, c := range out {
		if n := len(kept); n > 0 && c.Start < kept[n-1].End {
			kept[n-1].End = max(kept[n-1].End, c.End)
			continue
		}
		kept = append(kept, c)
	}
	return kept
}

// notAfter are characters that follow a surname in words that the dictionary
// does not know, and end a name.
const notAfter = notInNames + "的了在和与及跟把被让给向对从到说称要想来去是有不也就都还又因为由等之其于以并但或打找问骂收拿欠占住将"

// placeEnds end names of places that begin like a person's.
const placeEnds = "路街巷镇村乡区县市省桥山河湖湾苑园庄社店厂院校楼栋站里坊港岛江海寺庙塘埔洲城门屯岭坑围涌墟圩"

// streetEnds are those that do not end names of persons as well.
const streetEnds = "路街巷镇村乡区县市桥店厂院校楼栋站"

// honorifics are titles by which a surname alone names a person, and what else
// stands only behind a name.
var honorifics = append([]string{
	"老板", "经理", "主任", "书记", "医生", "老师", "师傅", "队长", "局长", "科长", "警官", "律师", "校长", "教练", "总", "某",
	"姐", "哥", "叔", "姨", "婆", "伯", "嫂", "婶", "名下",
}, titles...)

// moreSurnames are surnames that Mask leaves alone because of the words that
// they begin.
const moreSurnames = "付闫"

// plainSurnames begin few other words than names.
const plainSurnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖贾夏韦傅邹熊孟秦邱江尹薛阎段雷侯龙陶黎贺顾毛郝龚邵严覃武戴莫孔汤钱付闫史"

// introducers are words behind which a person is named more often than not.
var introducers = []string{
	"邻居", "房东", "房客", "租客", "老板", "老板娘", "干部", "司机", "经理", "医生", "护士", "队员", "户主", "业主", "老师", "主任", "书记",
	"收款人", "经办人", "负责人", "联系人", "当事人", "法人", "店主", "车主", "村民", "居民", "孩子", "儿子", "女儿", "老人", "丈夫", "妻子", "同事",
	"工头", "中介", "对方叫", "我叫", "名叫", "叫做", "姓名", "本人", "名下", "人叫",
}

// leadIns may stand before a person as well as before anything else.
var leadIns = []string{"举报", "投诉", "叫", "是", "找", "请", "被", "和", "与", "跟", "向", "对", "给", "让", "由", "在", "为"}

// common is the frequency in the dictionary from which a word is taken for
// itself where it may also be a name.
const common = 300

// names finds what may be persons' names: by the dictionary's mark, by a
// surname that stands alone before characters that make no word, by a surname
// before a word or a title, and by what stands before.
func (s *Segmenter) names(t string) []Concealed {
	sc := newScan(t, nil)
	words, at := s.cut(sc.r)
	var out []Concealed
	add := func(from, to int) {
		out = append(out, Concealed{sc.at[from], sc.at[to], Name.String()})
	}
	for i, w := range words {
		from, n := at[i], utf8.RuneCountInString(w)
		if !sc.isHan(from) || inPlaceholder(sc.r, from) {
			continue
		}
		family := sc.familyAt(from)
		freq, pos, _ := s.gse.Find(w)
		// The dictionary marks everyday words as names too (文明), and places.
		marked := n > family && strong(sc.get(from), family) && strings.HasPrefix(pos, "nr") && !strings.ContainsRune(notLast+"证书网", sc.get(from+n-1)) &&
			(sc.behind(from, introducers) || freq < s.limit(sc.get(from)) && !strings.ContainsRune(streetEnds, sc.get(from+n)))
		switch {
		case marked:
			add(from, sc.givenEnd(from, from+n))
		case family > 0 && family == n:
			if end := s.wordsBehind(sc, words, at, i, family); end > 0 {
				add(from, end)
			}
		case n == 2 && family == 1 && i+1 < len(words) && s.given(words[i+1], sc.atStart(from)):
			add(from, from+3)
		case n == 2 && family == 1 && titled(sc, from+1):
			add(from, from+1)
		}
	}
	for i := range sc.r {
		if inPlaceholder(sc.r, i) {
			continue
		}
		if end := max(s.introduced(sc, i), s.framed(sc, i)); end > 0 {
			add(i, end)
		}
	}
	return append(out, sc.spread(out)...)
}

// givenEnds end given names more often than they stand alone behind a word.
const givenEnds = "东成国平发明天新顺胜利波建江河安才美贵乐有雪伟芳娜敏静丽强磊军勇艳杰娟涛霞刚英文辉玲玉梅兰斌宇浩凯健俊帆琳晶倩婷雅欣怡佳慧巧丹萍鹏飞志峰亮福祥彬昌康星岩茂坚彪博诚振壮群豪邦绍厚裕哲锦生"

// given reports a character that stands alone because it is part of a name: by
// the dictionary's mark, or, where a name may begin, by what it is.
func (s *Segmenter) given(w string, atStart bool) bool {
	if utf8.RuneCountInString(w) != 1 || strings.Contains(notInNames+streetEnds, w) {
		return false
	}
	_, pos, _ := s.gse.Find(w)
	return strings.HasPrefix(pos, "nr") || atStart && strings.Contains(givenEnds, w)
}

// atStart reports that a sentence, or what a person may be named in, begins at
// i.
func (m *scan) atStart(i int) bool {
	return !m.hanBefore(i) || m.behind(i, leadIns) || m.behind(i, introducers)
}

// behind reports that one of the words stands before i.
func (m *scan) behind(i int, words []string) bool {
	before := string(m.r[max(0, i-5):i])
	announcer := strings.TrimRight(before, "是为叫: ")
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(before, w) || strings.HasSuffix(announcer, w) })
}

// familyAt is surnameAt with the surnames that Mask leaves alone.
func (m *scan) familyAt(i int) int {
	if strings.ContainsRune(moreSurnames, m.get(i)) {
		return 1
	}
	return m.surnameAt(i)
}

// introduced gives the end of a name at i by what stands before it, 0 if
// nothing there announces one, or the words are everyday ones.
func (s *Segmenter) introduced(m *scan, i int) int {
	family := m.familyAt(i)
	if family == 0 || !m.isHan(i+family) {
		return 0
	}
	surely := m.behind(i, introducers) || titled(m, i+family+1) || titled(m, i+family+2)
	if !surely && !m.atStart(i) {
		return 0
	}
	two := string(m.r[i : i+family+1])
	freq, _, _ := s.gse.Find(two)
	plain := family == 2 || strings.ContainsRune(plainSurnames, m.get(i))
	switch {
	case notName(two) && !surely, strings.ContainsRune(notInNames, m.get(i+family)):
		return 0
	case !surely && (!plain && freq > 0 || freq > common && family == 1 || strings.ContainsRune(streetEnds, m.get(i+family+1))):
		return 0
	case surely && !plain && freq > 4*common && !s.given(string(m.get(i+family+1)), true):
		return 0
	}
	end := i + family + 1
	if m.isHan(end) && !strings.ContainsRune(notInNames+"在是说被把，住今要没不", m.get(end)) {
		end++
	}
	return end
}

// givenChars stand in given names: what is left of a name whose first two
// characters are an everyday word (高贵仁, 石英建) is one of them.
const givenChars = givenEnds + "龙洋永仁良学友功承全志超峰心进贵山海有光雄庆忠义信昆元根松林清泉水木金银宝珍珠莲菊春夏秋冬月云雨燕凤花香秀芬芝兰桂莉莎妮媛娥娇妹姣瑶琴琪瑞祖宗先祥禄寿喜荣华富强盛旺财源德仲伯继绪维守成达远思恩惠慈善诗书文章翰墨彦儒贤聪睿智敬孝悌廉洁正直刚毅勤勉力奋斗战武威猛虎豹鹰鹤鸿雁阳晨曦晓旭昊天宏伟大中立定安宁静和平"

// acts are what a person does or is where a name has just ended.
var acts = []string{
	"在", "是夫妻", "是邻居", "是亲", "是朋友", "是同", "要过", "要钱", "打伤", "打人", "打了", "打骂", "殴打", "辱骂", "骂", "违章", "违法", "违规", "违建",
	"乱", "私", "占", "欠", "拿", "态度", "名下", "先生", "女士",
}

// framed gives the end of a name at i that stands alone between where a name
// begins and where one ends, 0 if there is none. What the dictionary knows as a
// word is none unless it is marked as a name: most of these begin with the
// surnames that also begin words (高, 金, 石), and the segmenter has cut them
// wrong.
func (s *Segmenter) framed(m *scan, i int) int {
	family := m.familyAt(i)
	if family != 1 || !m.atStart(i) {
		return 0
	}
	led := m.behind(i, leadIns) || m.behind(i, introducers)
	for _, n := range []int{3, 2} {
		end := i + n
		last := m.get(end - 1)
		if !m.isHan(i+1) || !m.isHan(end-1) || strings.ContainsRune(notAfter+streetEnds, last) && !strings.ContainsRune(givenChars, last) || strings.ContainsRune(notInNames, m.get(i+1)) {
			continue
		}
		ends := m.hasAny(end, acts...) > 0 || m.get(end) == ':' || led && !m.isHan(end)
		whole := string(m.r[i:end])
		if freq, pos, ok := s.gse.Find(whole); !ends || ok && freq > 0 && (!strings.HasPrefix(pos, "nr") || freq > 2*common) {
			continue
		}
		if freq, _, _ := s.gse.Find(string(m.r[i : i+2])); n == 3 && freq > 0 && !strings.ContainsRune(givenChars, last) {
			continue
		}
		return end
	}
	return 0
}

// cut segments the runes and gives where each word begins.
func (s *Segmenter) cut(r []rune) (words []string, at []int) {
	pos := 0
	for _, w := range s.gse.Cut(string(r)) {
		words, at = append(words, w), append(at, pos)
		pos += utf8.RuneCountInString(w)
	}
	if pos != len(r) { // the segmenter dropped something: one rune a word is safe
		words, at = nil, nil
		for i, c := range r {
			words, at = append(words, string(c)), append(at, i)
		}
	}
	return words, at
}

// inPlaceholder reports that i stands in what Mask wrote.
func inPlaceholder(r []rune, i int) bool {
	for j := i - 1; j >= 0 && i-j < 8; j-- {
		switch r[j] {
		case '〔':
			return true
		case '〕':
			return false
		}
	}
	return false
}

// givenEnd adds to a name of two runes the single one behind it, which may
// belong to it.
func (m *scan) givenEnd(from, end int) int {
	if end-from == 2 && m.isHan(end) && !strings.ContainsRune(notAfter+placeEnds, m.get(end)) {
		return end + 1
	}
	return end
}

// wordsBehind gives the end of a name whose surname is the word i, 0 if what
// follows makes none.
func (s *Segmenter) wordsBehind(m *scan, words []string, at []int, i, family int) int {
	start := at[i] + family
	if titled(m, start) {
		return start
	}
	plain := family == 2 || strings.ContainsRune(plainSurnames, m.get(at[i])) || m.behind(at[i], introducers) ||
		strong(m.get(at[i]), family) && i+1 < len(words) && (s.given(words[i+1], true) || m.atStart(at[i]) && (s.rare(words[i+1]) || m.alone(at, i+1) && m.alone(at, i+2)))
	asks := strings.ContainsRune("何曾", m.get(at[i])) && strings.ContainsRune("时其还一必况种处地经何", m.get(start))
	if asks || !plain {
		return 0
	}
	end := start
	for j := i + 1; j < len(words) && end-start < 2; j++ {
		n := utf8.RuneCountInString(words[j])
		if !m.isHan(at[j]) || strings.ContainsRune(notAfter, m.get(at[j])) || n > 2 {
			break
		}
		if n == 2 && end == start {
			if !strong(m.get(at[i]), family) || strings.ContainsAny(words[j], notInNames) {
				break
			}
			end += 2
			break
		}
		if n == 2 { // the second character may have been drawn into the next word
			return end + 1
		}
		end++
	}
	if end == start || strings.ContainsRune(streetEnds, m.get(end)) || end-start == 1 && (strings.ContainsRune(placeEnds, m.get(end)) || strings.ContainsRune(placeEnds, m.get(start))) {
		return 0
	}
	return end
}

// limit is the frequency from which a word that is marked as a name is taken
// for an everyday word, by what it begins with.
func (s *Segmenter) limit(surname rune) float64 {
	if strings.ContainsRune(plainSurnames, surname) {
		return 2 * common
	}
	return common / 2
}

// rare reports a word of two characters that is seldom said, or a place behind
// a surname, and so may be a given name.
func (s *Segmenter) rare(w string) bool {
	freq, pos, _ := s.gse.Find(w)
	return utf8.RuneCountInString(w) == 2 && (freq < common/3 || pos == "ns")
}

// alone reports that the word i is one character that may be part of a name.
func (m *scan) alone(at []int, i int) bool {
	if i >= len(at) || !m.isHan(at[i]) || strings.ContainsRune(notAfter+"一", m.get(at[i])) {
		return false
	}
	return i+1 == len(at) || at[i+1] == at[i]+1
}

// titled reports that a title stands at i.
func titled(m *scan, i int) bool { return m.hasAny(i, honorifics...) > 0 }

// spread finds names once found wherever else they stand: a name is often cut
// right at one place and wrong at another.
func (m *scan) spread(found []Concealed) []Concealed {
	text := string(m.r)
	var out []Concealed
	seen := map[string]bool{}
	starts := make([]int, 0, len(m.r)) // of each rune in text
	for i := range text {
		starts = append(starts, i)
	}
	for _, f := range found {
		from, _ := slices.BinarySearch(m.at, f.Start)
		to, _ := slices.BinarySearch(m.at, f.End)
		name := string(m.r[from:to])
		if to-from < 2 || seen[name] {
			continue
		}
		seen[name] = true
		for p := 0; ; {
			k := strings.Index(text[p:], name)
			if k < 0 {
				break
			}
			i, _ := slices.BinarySearch(starts, p+k)
			out = append(out, Concealed{m.at[i], m.at[i+to-from], f.What})
			p += k + len(name)
		}
	}
	return out
}
