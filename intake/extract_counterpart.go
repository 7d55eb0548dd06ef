package intake

import (
	"regexp"
	"slices"
)

// accusing are words before whom it is about.
var accusing = []string{"投诉", "举报", "反映", "反应", "曝光", "控诉"}

// appealing are words before those whom the citizen has asked for help.
var appealing = []string{"向", "致电", "拨打", "打", "找", "联系", "由", "至", "给", "请", "望", "希望", "问", "问过", "建议", "恳请", "尊敬"}

// companyEnds are ends of names to which the area before belongs; the first two
// also end names that have other ends in them: 恒达五金制品有限公司.
var companyEnds = []string{"公司", "集团", "银行", "支行", "分局", "局", "政府", "大队"}

// counterparts finds whom it is about.
func (l *letter) counterparts() []stretch {
	all := l.actors()
	for _, m := range l.mentions() {
		if m, ok := l.body(m); ok {
			all = append(all, m)
		}
	}
	l.weigh(all)
	slices.SortStableFunc(all, byScore)
	if len(all) == 0 || all[0].score < bodyEnough {
		return nil
	}
	return []stretch{l.fullest(all[0], all).stretch}
}

// bodyEnough is the score from which a name is whom it is about.
const bodyEnough = 1.1

// Of a name without an end that says what it is, only so many runes are taken.
const minActor, maxActor = 2, 8

// actors gives the names without an end of their own that stand where somebody
// is named: before what only people and firms do (大地拒不赔偿), behind an
// accusing word, behind an address, or in quotes.
func (l *letter) actors() []mention {
	var out []mention
	for _, c := range l.chunks {
		from, address := c.start, false
		for _, p := range c.pieces {
			from, address = p.end, address || !p.known
		}
		score := 0.0
		switch n := c.end - from; {
		case n < minActor || n > maxActor:
			continue
		case from == c.start && c.start < l.title && slices.Contains(accusing, c.before):
			score = 1.5
		case !address && slices.Contains(acting, c.after):
			score = 1.3
		case address && slices.Contains(doing, c.after):
			score = 0.8
		default:
			continue
		}
		out = append(out, l.actor(stretch{from, c.end}, score))
	}
	for _, at := range quoted.FindAllStringSubmatchIndex(l.s, -1) {
		out = append(out, l.actor(stretch{l.rune(at[2]), l.rune(at[3])}, 0.8))
	}
	return out
}

// greeted stands behind those whom the letter addresses.
var greeted = regexp.MustCompile(`^(?:的?(?:各位)?(?:领导|同志)[们]?)?[,，：: ]?(?:你|您)们?好`)

// maxGreeting is how far a greeting may be behind a name, in runes.
const maxGreeting = 10

// quoted is a short name in quotes.
var quoted = regexp.MustCompile(`[“"《【「]([\p{Han}A-Za-z0-9]{2,12})[”"》】」]`)

func (l *letter) actor(s stretch, score float64) mention {
	if s.start < l.title {
		score += 1
	}
	return mention{stretch: s, pieces: []piece{{stretch: s}}, score: score}
}

// body cuts a mention to the last body in it, with what stands before one that
// has no name of its own (河口医院, 中心小学保安), and weighs it.
func (l *letter) body(m mention) (mention, bool) {
	last := len(m.pieces) - 1
	for last >= 0 && l.bodyWeight(m.pieces[last]) == 0 {
		last--
	}
	if last < 0 || m.pieces[last].unended && !slices.Contains(acting, m.after) || greeted.MatchString(l.s[l.bytes[m.end]:l.bytes[min(m.end+maxGreeting, len(l.r))]]) {
		return mention{}, false
	}
	first, score := last, l.bodyWeight(m.pieces[last])
	for first > 0 && (m.pieces[first].bare || m.pieces[first].known && l.bodyWeight(m.pieces[first-1]) >= 2) {
		first--
		score = max(score, l.bodyWeight(m.pieces[first]))
	}
	if company := l.endsWith(m.pieces[last].end, companyEnds[:2]); company {
		for first > 0 && (m.pieces[first-1].kind == pieceFirm || m.pieces[first-1].kind == pieceSite) {
			first--
		}
	}
	if first == 1 && m.pieces[0].kind == pieceArea && l.endsWith(m.pieces[last].end, companyEnds) {
		first = 0
	}
	atEnd := last == len(m.pieces)-1
	landmark := !atEnd && m.pieces[last+1].kind == piecePart
	m.pieces = m.pieces[first : last+1]
	m.stretch = stretch{m.pieces[0].start, m.pieces[len(m.pieces)-1].end}
	switch {
	case landmark:
		score *= 0.4 // 变电站旁边 says where
	case m.start < l.title && score < 0.5:
		score += 0.5
	case m.start < l.title:
		score += 1.5
	}
	if m.pieces[len(m.pieces)-1].kind == pieceOffice && slices.Contains(appealing, m.before) {
		score *= 0.4 // 向城管局 says to whom the letter went before
	}
	if atEnd && slices.Contains(doing, m.after) {
		score += 0.8
	}
	if slices.Contains(accusing, m.before) {
		score += 1.5
	}
	if !slices.ContainsFunc(m.pieces, func(p piece) bool { return !p.bare }) {
		score *= 0.4
		if whole := l.text(m.stretch); slices.Contains(never[l.r[m.start]], whole) && !slices.Contains(kinds, whole) {
			return mention{}, false
		}
		if slices.Contains(kinds, l.text(m.pieces[len(m.pieces)-1].stretch)) {
			score += 0.8
		}
		for n := 1; n > 0; m.start -= n {
			n = l.endingAt(m.start, qualities)
		}
	}
	m.score = score
	return m, true
}

// scenes are sites where things happen rather than who does them.
var scenes = []string{"湖", "山", "岛", "工业区", "工业园", "园区", "片区", "城区", "新村", "小区", "花园", "苑", "家园", "社区", "公交站", "地铁站", "变电站", "停车场", "站台", "垃圾站", "宿舍", "出租屋", "中心区", "公园", "水库", "码头", "工业城"}

// bodyWeight is how much a piece is somebody: 0 nobody.
func (l *letter) bodyWeight(p piece) float64 {
	switch p.kind {
	case pieceFirm:
		return 2
	case pieceRole:
		return 1.2
	case pieceOffice:
		return 1
	case pieceSite:
		if p.unended {
			return 0.3
		}
		if l.endsWith(p.end, []string{"厂", "工地", "驾校", "医院", "酒店", "网吧", "学校", "幼儿园", "市场", "支行", "接送站", "店"}) {
			return 2
		}
		if l.endsWith(p.end, scenes) {
			return 0.3
		}
		return 0.8
	}
	return 0
}
