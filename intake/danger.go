package intake

import (
	"regexp"
	"strings"

	"huying/internal/text"
)

// Danger is a sign in the text that someone must act at once or soon.
type Danger struct {
	Urgency Urgency // UrgencyA or UrgencyB
	Phrase  string  // the words it rests on
	Start   int     // in runes of the text given
	End     int
}

// sign is one way in which danger is told. Words are alternatives of a regular
// expression; the order of the table does not matter.
type sign struct {
	urgency Urgency
	pattern string
}

// signs names what puts life, health or many people's supply at risk. A means
// that minutes count; B that the same day counts.
var signs = []sign{
	// fire, gas, explosion
	{UrgencyA, `着火|起火|失火|火灾|冒(?:着)?(?:黑|浓|白)?烟|烧起来|燃起来|爆炸|炸(?:开|了)`},
	{UrgencyA, `(?:燃气|煤气|天然气|液化气|管道气|瓦斯)(?:管道?|软管|阀门?|表|罐)?[^，。！？；]{0,6}(?:泄漏|泄露|漏气|漏了|跑气|嘶嘶)|(?:煤气|燃气|天然气|瓦斯|臭鸡蛋)味|(?:燃气|煤气|天然气|液化气)[^。！？；]{0,12}(?:漏气|嘶嘶)`},
	{UrgencyA, `一氧化碳|中毒|窒息|喘不(?:上|过)气|呼吸困难`},
	// electricity
	{UrgencyA, `触电|漏电|电(?:着|到)人|带电的?(?:电)?线|(?:电线|电缆|高压线)[^，。！？；]{0,8}(?:掉|断|垂|落|裸露|冒火|火花)|(?:冒|打)火花`},
	// people
	{UrgencyA, `跳楼|跳河|跳桥|轻生|自杀|自残|割腕|不想活|活不下去|寻死|喝(?:了)?农药`},
	{UrgencyA, `昏迷|昏倒|晕倒|晕过去|倒在?地(?:上)?|没(?:有)?(?:反应|意识|呼吸)|不省人事|抽搐|大出血|流血不止|一直流血|心脏病发|快不行了|生命危险`},
	{UrgencyA, `落水|溺水|掉(?:进|到|下)(?:了)?(?:河|江|湖|水|井|沟|坑|池)|沉下去`},
	{UrgencyA, `被困|困在|关在(?:电梯|里面)|出不来|电梯[^，。！？；]{0,6}(?:困|坠|急坠|往下掉)|反锁在`},
	{UrgencyA, `持刀|拿刀|拿着刀|动刀|砍人|捅人|行凶|绑架|劫持|往死里打|正在(?:打|殴打)|打得头破|拐(?:走|卖)|强奸`},
	{UrgencyA, `走失|走丢|不见了[^，。！？；]{0,6}(?:老人|孩子|小孩)|(?:老人|孩子|小孩|娃)[^，。！？；]{0,6}(?:不见了|走丢|走失|失踪|找不到)`},
	// structures, ground, weather
	{UrgencyA, `坍塌|垮塌|塌方|塌了|倒塌|塌陷|滑坡|泥石流|山体[^，。！？；]{0,4}(?:滑|裂)|决堤|溃坝|管涌`},
	{UrgencyA, `(?:墙|楼|房|屋|棚|脚手架|围挡|广告牌|塔吊|树)[^。！？；]{0,10}(?:要(?:倒|塌|掉)|快(?:倒|塌|掉)|随时(?:会|可能)?(?:倒|塌|掉|砸))`},
	{UrgencyA, `(?:井盖|窨井)[^，。！？；]{0,6}(?:没了|不见|丢|缺失|敞开|掉)|高空坠物|砸(?:到|中|伤)(?:了)?人`},
	// supply of many, and what may turn into danger
	{UrgencyB, `(?:爆管|水管爆|主管道?爆|爆裂)|污水(?:倒灌|漫)|倒灌|被淹|淹了|积水[^，。！？；]{0,6}(?:过膝|齐腰|没过|半米|一米)`},
	{UrgencyB, `(?:整(?:栋|幢|个|条)|全(?:小区|楼|村|镇))[^，。！？；]{0,8}(?:停水|停电|没水|没电|断水|断电|停暖)`},
	{UrgencyB, `路面(?:塌|下沉|沉降|鼓包|裂)|大坑|大洞|外墙[^，。！？；]{0,6}(?:脱落|掉)|瓷砖[^，。！？；]{0,4}(?:脱落|掉)|玻璃[^，。！？；]{0,4}(?:掉|碎落)`},
	{UrgencyB, `红绿灯[^，。！？；]{0,6}(?:不亮|坏|失灵)|(?:疯狗|恶犬|流浪狗|狗)[^，。！？；]{0,6}(?:咬|伤)人|食物中毒|集体(?:腹泻|呕吐)`},
	{UrgencyB, `威胁[^，。！？；]{0,6}(?:杀|弄死|全家)|家暴|打老婆|打孩子|围堵|堵(?:住|在)(?:门|路|大门)[^，。！？；]{0,6}(?:不让|讨薪|闹)`},
	{UrgencyB, `(?:孕妇|病人|老人|婴儿|新生儿)[^，。！？；]{0,10}(?:没(?:水|电|暖)|断(?:水|电)|停(?:水|电|暖))`},
}

// What takes the danger out of a sign, within its own clause.
var (
	// 没有起火, 未发生爆炸: denied.
	denied = regexp.MustCompile(`(?:没有?|未|并未|并没|不是|无|不曾|从未|避免|防止|预防|防范|谨防|防)(?:再)?(?:发生|出现|造成|引起|引发)?[^，。！？；]{0,3}$`)
	// 万一着火, 如果塌了, 演练: imagined, taught or rehearsed.
	imagined = regexp.MustCompile(`(?:万一|如果|假如|要是|倘若|一旦|会不会|怕|担心|容易|可能会?|恐|以免|免得|演练|演习|宣传|讲座|培训|知识|保险|赔偿|预案|险种|应急)[^。！？；]{0,12}$`)
	// 去年着火过, 上次塌了: over.
	past = regexp.MustCompile(`(?:去年|前年|上个月|上月|上次|之前|以前|曾经?|早年|多年前|当时|当年|历史上)[^。！？；]{0,14}$`)
	// 着火的保险怎么赔, 触电演练: the sign is only the name of a subject.
	subject = regexp.MustCompile(`^(?:的)?(?:保险|演练|演习|赔偿|预案|知识|讲座|培训|宣传|险|证明|认定|登记|事故认定|标识|责任书|报警器|检测|隐患排查|应急|怎么(?:报|办理|赔|预防))`)
	// 已经扑灭, 救出来了: over, now.
	over = regexp.MustCompile(`^[^。！？；]{0,12}(?:已(?:经)?(?:扑灭|灭|救|修好|处理|解决|恢复|排除|找到)|扑灭了|灭了|救出来|修好了|找到了)`)
)

// Dangers finds the signs of danger in a text, in the order in which they
// stand. A sign that is denied, imagined, over or only named does not count.
type Dangers struct {
	patterns []*text.Phrases
}

// NewDangers compiles the signs; build it once.
func NewDangers() *Dangers {
	d := &Dangers{patterns: make([]*text.Phrases, len(signs))}
	for i, s := range signs {
		d.patterns[i] = text.MustPhrases(s.pattern)
	}
	return d
}

// Find gives the most urgent sign that counts, the earliest of equals; false
// when there is none.
func (d *Dangers) Find(s string) (Danger, bool) {
	var best Danger
	for i, p := range d.patterns {
		for _, at := range p.FindAllStringIndex(s, -1) {
			if !counts(s, at[0], at[1]) {
				continue
			}
			found := Danger{
				Urgency: signs[i].urgency,
				Phrase:  s[at[0]:at[1]],
				Start:   runes(s[:at[0]]),
				End:     runes(s[:at[1]]),
			}
			if best.Phrase == "" || found.Urgency < best.Urgency ||
				found.Urgency == best.Urgency && found.Start < best.Start {
				best = found
			}
			break
		}
	}
	return best, best.Phrase != ""
}

// counts looks at what stands around a sign.
func counts(s string, start, end int) bool {
	before, after := s[:start], s[end:]
	if i := strings.LastIndexAny(before, "。！？；\n"); i >= 0 {
		before = before[i:]
	}
	const window = 90 // bytes: 30 characters are enough for every pattern
	if len(before) > window {
		before = strings.ToValidUTF8(before[len(before)-window:], "")
	}
	if len(after) > window {
		after = strings.ToValidUTF8(after[:window], "")
	}
	return !denied.MatchString(before) && !imagined.MatchString(before) && !past.MatchString(before) &&
		!subject.MatchString(after) && !over.MatchString(after)
}
