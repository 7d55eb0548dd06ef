package intake

import (
	"slices"
	"strings"

	"huying/internal/text"
)

// Type is what kind of thing a citizen wants.
type Type string

// The types, by their names on screen (glossary).
const (
	Consultation Type = "咨询"
	Help         Type = "求助"
	Proposal     Type = "意见建议"
	Complaint    Type = "投诉"
	Report       Type = "举报"
	Praise       Type = "表扬"
)

// Types lists them in the order in which they are shown.
func Types() []Type {
	return []Type{Consultation, Help, Proposal, Complaint, Report, Praise}
}

// Urgency is how fast someone must act: A at once, B soon, C in the ordinary
// time.
type Urgency string

// The urgencies.
const (
	UrgencyA Urgency = "A"
	UrgencyB Urgency = "B"
	UrgencyC Urgency = "C"
)

// Label is the urgency's name on screen.
func (u Urgency) Label() string {
	switch u {
	case UrgencyA:
		return "紧急"
	case UrgencyB:
		return "较急"
	}
	return "一般"
}

// Valid reports whether u is one of the urgencies.
func (u Urgency) Valid() bool { return u == UrgencyA || u == UrgencyB || u == UrgencyC }

// Intent is what kind of thing a text wants, by the words it uses. It is the
// cold start; later decisions outweigh it.
type Intent struct {
	Type    Type
	Danger  Danger // its Phrase is empty when there is none
	Chasing bool   // 催单: asks about a matter that is reported already
	Accuses bool   // says outright that it complains of or reports somebody
}

// Reader reads the intent of texts. It is safe for concurrent use.
type Reader struct {
	dangers *Dangers
	cues    []typeCue
	chase   *text.Phrases
	ask     *text.Phrases
	accuse  *text.Phrases
	how     *text.Phrases
}

type typeCue struct {
	kind   Type
	weight float64
	words  *text.Phrases
}

// NewReader compiles the cues; build it once.
func NewReader() *Reader {
	cue := func(kind Type, weight float64, words string) typeCue {
		return typeCue{kind, weight, text.MustPhrases(words)}
	}
	return &Reader{
		dangers: NewDangers(),
		cues: []typeCue{
			cue(Praise, 3, `表扬|点赞|锦旗|感谢(?:信|.{0,12}(?:帮助|热心|负责|及时|师傅|同志|工作人员))|好样的`),
			cue(Report, 3, `举报|检举|揭发|实名反映.{0,10}(?:贪|受贿|违法)|涉嫌|私自|非法|无证|偷税|传销|赌博|制假|售假|盗采|偷排`),
			cue(Complaint, 2, `投诉|不作为|乱收费|推诿|扯皮|态度(?:恶劣|差|很差)|欺骗|虚假|扰民|噪音|噪声|维权|拖欠|不退|违规|没人管|无人管|强制|霸王|恶心|气愤|质量问题|油烟|臭味|占道|乱停`),
			cue(Proposal, 2, `建议|提议|希望(?:能够?|可以)?(?:增设|增加|改善|优化|规划|完善|开通|设置|延长)|能不能(?:增设|增加|延长)|意见`),
			cue(Consultation, 2, `请问|咨询|想(?:问|了解|知道)|问(?:一)?下|如何|怎么(?:办理|申请|办|查|交|报|弄|续)|什么(?:时候|条件|材料|手续|政策)|需要(?:哪些|什么|带)|哪里(?:办|可以|能)|多少钱|多久|几天|是否(?:可以|需要|能)|能不能(?:办|领|报|用)|流程|标准是`),
			cue(Help, 1, `求助|帮(?:帮|助|忙|我)|救|急需|没(?:水|电|气|暖)|停(?:水|电|气|暖)|坏了|漏水|堵(?:了|塞)|维修|修(?:一下|理)|丢了|找不到|困难`),
		},
		chase:  text.MustPhrases(`催(?:单|办|一下|促)|(?:上次|之前|前几天|上周|昨天|早就|已经?)[^，。]{0,8}(?:反映|投诉|打过|报过|提交|来电)[^。]{0,20}(?:没|还|至今|一直|未)|怎么还(?:没|不)|第[二三四五六七八九十几\d]+次(?:反映|投诉|打)|工单(?:号|编号)`),
		ask:    text.MustPhrases(`[？?]|吗(?:$|[，。])|呢(?:$|[，。])`),
		accuse: text.MustPhrases(`要(?:投诉|举报|曝光)|(?:强烈|郑重|实名|坚决|必须)(?:投诉|举报|要求)|要求(?:你们|有关|相关|政府|主管)|凭什么|给(?:我|我们)?(?:一)?个说法|讨(?:一)?个?说法`),
		how:    text.MustPhrases(`怎么|咋|如何|哪|谁|啥|能不能|可不可以|可以|吗|奖|电话|渠道|方式|流程`),
	}
}

// longRunes is the length from which a text tells a story: it mostly complains
// then, and its questions are rhetorical.
const longRunes = 100

// What someone wants is said at the beginning of a long text or at its end:
// only so many characters of both are read for it.
const (
	headRunes = 300
	tailRunes = 150
)

func ends(body string) string {
	r := []rune(body)
	if len(r) <= headRunes+tailRunes {
		return body
	}
	return string(r[:headRunes]) + "\n" + string(r[len(r)-tailRunes:])
}

// Read gives the intent of a title and a body. An empty text wants help.
func (r *Reader) Read(title, body string) Intent {
	s := title + "\n" + body
	in := Intent{Type: Help}
	in.Danger, _ = r.dangers.Find(s)
	s = title + "\n" + ends(body)
	in.Chasing = r.chase.MatchString(s)
	in.Accuses = r.accuses(s)
	scores := map[Type]float64{}
	long := runes(title)+runes(body) > longRunes
	for _, c := range r.cues {
		n := float64(min(len(c.words.FindAllStringIndex(s, 4)), 3))
		if long && c.kind == Consultation {
			n = min(n, 1)
		}
		scores[c.kind] += c.weight * n
		if title != "" && c.words.MatchString(title) {
			scores[c.kind] += c.weight
		}
	}
	switch {
	case !long && r.ask.MatchString(s), r.ask.MatchString(title):
		scores[Consultation] += 1.5
	case long:
		scores[Complaint] += 2
	}
	best := 0.5 // a text without any cue asks for help
	for _, kind := range Types() {
		if scores[kind] > best {
			best, in.Type = scores[kind], kind
		}
	}
	return in
}

// accuses reports whether a clause says that it complains, and neither it nor
// the next one asks how one does: “我要投诉他们”, but not “我要投诉，打哪个电话”.
func (r *Reader) accuses(s string) bool {
	clauses := strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(clauseEnds, c) })
	for i, clause := range clauses {
		if r.accuse.MatchString(clause) && !slices.ContainsFunc(clauses[i:min(i+2, len(clauses))], r.how.MatchString) {
			return true
		}
	}
	return false
}

const clauseEnds = "，。！？；,!?;\n"
