package llm_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/internal/text"
)

// personal makes what must not leave, in the ways in which it is written.
type personal struct{ *rand.Rand }

func (p personal) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + p.IntN(10)))
	}
	return b.String()
}

func (p personal) phone() string {
	d := "1" + string("3456789"[p.IntN(7)]) + p.digits(9)
	return []string{d, d[:3] + "-" + d[3:7] + "-" + d[7:], d[:3] + " " + d[3:7] + " " + d[7:], "+86" + d}[p.IntN(4)]
}

func (p personal) landline() string {
	return []string{"0769-", "010-", "(0755)", "0769"}[p.IntN(4)] + "2" + p.digits(7)
}

// identity has the check digit of GB 11643.
func (p personal) identity() string {
	d := fmt.Sprintf("44%02d%02d19%02d%02d%02d%s", 1+p.IntN(19), 1+p.IntN(20), 50+p.IntN(50), 1+p.IntN(12), 1+p.IntN(28), p.digits(3))
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(d[i]-'0')
	}
	return d + string("10X98765432"[sum%11])
}

func (p personal) plate() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	provinces := []rune("京沪粤苏浙湘鄂赣桂琼")
	s := string(provinces[p.IntN(len(provinces))]) + string(letters[p.IntN(len(letters))])
	if p.IntN(3) == 0 {
		return s + string("DF"[p.IntN(2)]) + p.digits(5)
	}
	return s + []string{"", "·", " "}[p.IntN(3)] + p.digits(2) + string(letters[p.IntN(len(letters))]) + p.digits(2)
}

func (p personal) mail() string {
	names := []string{"wang.lei", "zhangsan88", "lh_2020", "mike"}
	return names[p.IntN(len(names))] + p.digits(2) + "@" + []string{"qq.com", "163.com", "example.com.cn"}[p.IntN(3)]
}

// card has the check digit of Luhn.
func (p personal) card() string {
	d := "6222" + p.digits(14)
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return d + string(byte('0'+(10-sum%10)%10))
}

// Of these every surname may stand before every one or two of the given
// characters; all are common. Those of wordy begin everyday words (方平, 金和)
// and stand before two: of these is what other seeds leave (TestOtherSeedsLeaveHardlyAName).
const (
	wordy    = "黄江石龙金方万白孔武史高钱"
	families = "王李张刘陈杨赵吴周徐孙马朱胡郭何林罗郑梁谢宋许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖贾夏韦傅邹熊孟秦邱尹薛闫段雷侯陶黎贺顾毛郝龚邵严覃戴莫汤付"
	given    = "平国中子华明东江河山海安生全成才清美心和有新贵乐龙天伟芳娜敏静丽强磊军洋勇艳杰娟涛超霞刚桂英建文辉玲玉梅兰波斌宇浩凯健俊帆雪琳晶倩婷雅欣怡佳慧巧丹萍鹏飞志峰永林良仁亮福元胜学祥发新利彬富顺信昌康星光岩茂进坚彪博诚振壮群豪邦承绍功厚友裕哲超锦"
)

func (p personal) name() string {
	pick := func(s string) string { r := []rune(s); return string(r[p.IntN(len(r))]) }
	n, more := pick(families), p.IntN(3) > 0
	if p.IntN(8) == 0 {
		n, more = pick(wordy), true
	}
	if p.IntN(40) == 0 {
		n = []string{"欧阳", "上官", "司徒", "诸葛", "慕容"}[p.IntN(5)]
	}
	n += pick(given)
	if more {
		n += pick(given)
	}
	return n
}

// persons are the places of names, by who is named.
var persons = []string{
	"我叫%s，住在松柏社区", "本人%s，反映路灯不亮", "联系人：%s", "联系人%s，电话不通", "邻居%s每天晚上打麻将", "投诉房东%s不退押金",
	"老板%s拖欠工资三个月", "村干部%s占用耕地", "司机%s态度恶劣", "物业经理%s说不归他们管", "我是%s的女儿", "请%s主任回复", "我和%s是夫妻",
	"找%s要过两次钱", "医生%s没有给我看病历", "被%s打伤", "对方叫%s", "城管队员%s，没收了我的东西", "户主%s。房屋漏水", "%s：你们怎么还不来修",
	"房子登记在%s名下", "班主任%s让家长交钱", "收款人是%s", "经办人%s一直推脱", "%s在楼道堆放杂物", "举报%s违章建房", "孩子%s今年读三年级",
}

var numbers = []string{"电话%s", "手机是%s，请回电", "请打%s。", "%s", "（%s）", "联系方式：%s，谢谢"}

// message holds up to four personal data, which come back beside it.
func (p personal) message() (string, []string) {
	parts := []string{"小区门口的路灯坏了三天没人修", "晚上出门很不方便"}
	var secret []string
	put := func(where []string, what string) {
		parts = append(parts, fmt.Sprintf(where[p.IntN(len(where))], what))
		secret = append(secret, what)
	}
	makers := []func(){
		func() { put(persons, p.name()) },
		func() { put(numbers, p.phone()) },
		func() { put(numbers, p.landline()) },
		func() { put([]string{"身份证%s", "身份证号码：%s", "%s"}, p.identity()) },
		func() {
			put([]string{"车牌%s的小车占用消防通道", "%s停在路口", "看到一辆%s"}, p.plate())
		},
		func() { put([]string{"邮箱%s", "发到%s"}, p.mail()) },
		func() { put([]string{"银行卡%s", "卡号：%s", "退到%s这张卡"}, p.card()) },
	}
	for range 1 + p.IntN(4) {
		makers[p.IntN(len(makers))]()
	}
	p.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, []string{"，", "。", "\n", "；"}[p.IntN(4)]) + "。", secret
}

// TestNoPersonalDataLeaves reads what the service received of ten thousand
// messages.
func TestNoPersonalDataLeaves(t *testing.T) {
	t.Parallel()
	const messages, batch = 10_000, 50
	segments, err := text.NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	r := newRoom(t, llmtest.Say(yes))
	rules := llmtest.On()
	rules.Budget, rules.Rate = llm.MaxBudget, llm.MaxRate
	r.allow(rules)
	client := r.client(segments.Conceal)
	p := personal{rand.New(rand.NewPCG(20, 26))}
	leaks, kinds := 0, 0
	for range messages / batch {
		var texts, secrets []string
		for range batch {
			m, s := p.message()
			texts, secrets = append(texts, m), append(secrets, s...)
		}
		q := about("")
		q.Input = texts
		r.server.Script(llmtest.Say(yes))
		var v verdict
		if err := client.Ask(t.Context(), q, &v, nil); err != nil {
			t.Fatal(err)
		}
		bodies := r.server.Received()
		if len(bodies) != 1 || !strings.Contains(bodies[0], "路灯坏了") {
			t.Fatal("the service did not get the messages")
		}
		kinds += len(secrets)
		for _, s := range secrets {
			if strings.Contains(bodies[0], s) {
				leaks++
				t.Errorf("%q has left in %s", s, sentenceWith(texts, s))
			}
		}
		if leaks > 30 {
			break
		}
	}
	t.Logf("%d messages with %d personal data", messages, kinds)
}

func sentenceWith(texts []string, s string) string {
	for _, x := range texts {
		if strings.Contains(x, s) {
			return x
		}
	}
	return ""
}

// TestAnswerIsUnveiled puts back what was taken out, the same for the same.
func TestAnswerIsUnveiled(t *testing.T) {
	t.Parallel()
	segments, err := text.NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	r := newRoom(t, llmtest.By(func(a llmtest.Asked) string {
		var in lamp
		if err := a.Input(&in); err != nil {
			t.Error(err)
		}
		if strings.Count(in.Text, "〔电话1〕") != 2 || !strings.Contains(in.Text, "〔电话2〕") {
			t.Errorf("received %q", in.Text)
		}
		why, _ := json.Marshal(in.Text)
		return `{"word":"是","why":` + string(why) + `}`
	}))
	const words = "打13912345678没人接，又打13987654321，再打13912345678，说“\"不管\"”\n原来〔电话〕也不通"
	var v verdict
	for range 2 { // the second from what was kept
		if err := r.client(segments.Conceal).Ask(t.Context(), about(words), &v, nil); err != nil || v.Why != words {
			t.Errorf("%q, %v", v.Why, err)
		}
	}
	if n := r.outcomes(); n[llm.OutcomeCached] != 1 {
		t.Errorf("noted %v", n)
	}
}
