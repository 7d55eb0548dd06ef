package classifier

import (
	"math"
	"slices"
	"testing"

	"huying/internal/org"
)

// kitchen is a few leaves that are easily confused.
func kitchen() map[string]*Category {
	leaf := func(name, ask string, whens ...string) *Category {
		c := &Category{ID: CategoryID(name), Name: name, Ask: ask}
		for i, w := range whens {
			c.Rules = append(c.Rules, Rule{ID: RuleID(name + w), When: w, Lead: []org.UnitKind{"公安局", "生态环境局", "城管局"}[i]})
		}
		return c
	}
	all := map[string]*Category{
		"油烟": leaf("油烟", "哪家店，几点最重？"), "烧烤": leaf("烧烤", ""),
		"噪声": leaf("噪声", "", "广场舞", "有证的场所"), "气味": leaf("气味", ""),
	}
	all["油烟"].Neighbours = []Neighbour{{Category: "烧烤", Tell: "占道摆摊归烧烤；店里炉灶归本类"}}
	all["气味"].Neighbours = []Neighbour{{Category: "噪声", Tell: "只说吵的归噪声"}, {Category: "不在候选中", Tell: "别的归别的"}}
	return all
}

func TestTheQuestionThatTellsMostIsAsked(t *testing.T) {
	k := kitchen()
	even := []leadOf{{kind: "公安局", share: 0.5}, {kind: "生态环境局", share: 0.5, rule: 1}}
	clear := []leadOf{{kind: "公安局", share: 0.98}, {kind: "生态环境局", share: 0.02, rule: 1}}
	as := func(name string, p float64, leads ...leadOf) possible {
		return possible{leaf: k[name], p: p, leads: leads}
	}
	tests := []struct {
		name    string
		all     []possible
		source  QuestionSource
		text    string
		answers []string
	}{
		{"the clause between the two in front", []possible{as("油烟", 0.3), as("烧烤", 0.28), as("气味", 0.1), as("噪声", 0.08)},
			FromClause, "是占道摆摊，还是店里炉灶？", []string{"占道摆摊", "店里炉灶", "都不是"}},
		{"another clause when its two are in front", []possible{as("噪声", 0.3, clear...), as("气味", 0.28), as("油烟", 0.05), as("烧烤", 0.04)},
			FromClause, "是不是只说吵？", []string{"是", "不是"}},
		{"the circumstance when the lead hangs on it", []possible{as("噪声", 0.6, even...), as("油烟", 0.08), as("烧烤", 0.05), as("气味", 0.04)},
			FromDuty, "是“广场舞”，还是“有证的场所”？", []string{"广场舞", "有证的场所", "都不是"}},
		{"the leaf's own when nothing else is known", []possible{as("油烟", 0.3), as("噪声", 0.28)},
			FromLeaf, "哪家店，几点最重？", []string{"与“油烟”对得上", "对不上"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := chooseQuestion(tt.all)
			if q == nil {
				t.Fatal("nothing is asked")
			}
			var answers []string
			for _, a := range q.Answers {
				answers = append(answers, a.Text)
			}
			if q.Source != tt.source || q.Text != tt.text || !slices.Equal(answers, tt.answers) {
				t.Errorf("asked %s %q %q", q.Source, q.Text, answers)
			}
			if before := entropyOf(tt.all); q.Bits < minBits || q.Bits > before {
				t.Errorf("%.2f bits of %.2f", q.Bits, before)
			}
		})
	}
	if q := chooseQuestion([]possible{as("烧烤", 0.3), as("气味", 0.3)}); q != nil {
		t.Errorf("nothing tells them apart, but asked %q", q.Text)
	}
	if q := chooseQuestion([]possible{as("油烟", 0.999), as("烧烤", 0.0005)}); q != nil {
		t.Errorf("all is clear, but asked %q for %.3f bits", q.Text, q.Bits)
	}
}

func entropyOf(all []possible) float64 {
	var p []float64
	for _, h := range hypothesesOf(all) {
		p = append(p, h.p)
	}
	return entropy(p)
}

// TestAnAnswerNarrows checks against sums done by hand: of two candidates with
// 0.4 each, who is of the first says so in 0.9, of the second in 0.05, of
// neither in 0.1.
func TestAnAnswerNarrows(t *testing.T) {
	k := kitchen()
	q := chooseQuestion([]possible{{leaf: k["油烟"], p: 0.4}, {leaf: k["烧烤"], p: 0.4}})
	for i, want := range []struct {
		category CategoryID
		shares   []float64
		order    []int
		stay     int
	}{
		{"烧烤", []float64{0.05, 0.9}, []int{1, 0}, 1},
		{"油烟", []float64{0.9, 0.05}, []int{0, 1}, 1},
		{"", []float64{0.1, 0.1}, []int{0, 1}, 2}, // 0.02, 0.02 and 0.16 for neither
	} {
		a := q.Answers[i]
		order, stay := a.Stay()
		if a.Category != want.category || stay != want.stay || !slices.Equal(order, want.order) {
			t.Errorf("%q: %s, order %v, %d stay; want %+v", a.Text, a.Category, order, stay, want)
		}
		for j := range want.shares {
			if math.Abs(a.Shares[j]-want.shares[j]) > 1e-9 {
				t.Errorf("%q leaves %v, want %v", a.Text, a.Shares, want.shares)
			}
		}
	}
	// 0.4 log 0.4 twice and 0.2 log 0.2 make 1.5219 bits; after each of the
	// three answers 0.5690, 0.5690 and 0.9219, in 0.4, 0.4 and 0.2 of the cases.
	if want := 1.5219 - 0.8*0.5690 - 0.2*0.9219; math.Abs(q.Bits-want) > 1e-3 {
		t.Errorf("%.4f bits, want %.4f", q.Bits, want)
	}
}

func TestAnswerByCircumstanceNamesTheLead(t *testing.T) {
	k := kitchen()
	q := chooseQuestion([]possible{{leaf: k["噪声"], p: 0.8, leads: []leadOf{{"公安局", 0.5, 0}, {"生态环境局", 0.5, 1}}}, {leaf: k["气味"], p: 0.1}})
	if d := q.Answers[1].Duty; d == nil || d.Lead != "生态环境局" || d.When != "有证的场所" || d.Rule != k["噪声"].Rules[1].ID {
		t.Errorf("the second answer names %+v", d)
	}
	if q.Answers[2].Duty != nil || q.Said(q.Answers[0]) != "问：是“广场舞”，还是“有证的场所”？答：广场舞" {
		t.Errorf("%+v, %s", q.Answers[2], q.Said(q.Answers[0]))
	}
}

func TestClausesAreTakenApart(t *testing.T) {
	tests := []struct{ tell, own, other, here, there string }{
		{"车位管理费以外的物业费归物业费缴纳；车位租售和停放归本类", "车位管理", "物业费缴纳", "车位租售和停放", "车位管理费以外的物业费"},
		{"只涉及华侨、归侨、侨眷权益的走侨务工作", "民族宗教", "侨务工作", "", "只涉及华侨、归侨、侨眷权益"},
		{"买卖租赁合同归房屋纠纷；拆迁安置协议归本类", "征收", "房屋纠纷", "拆迁安置协议", "买卖租赁合同"},
		{"油烟污染在店内炉灶；露天烧烤是占道支摊。", "油烟污染", "露天烧烤", "油烟污染在店内炉灶", "露天烧烤是占道支摊"},
		{"没有牌照的黑车载客归非法营运；正规出租车服务问题归本类", "出租汽车服务", "非法营运", "正规出租车服务问题", "没有牌照的黑车载客"},
		{"老人走不动路、没人管", "甲", "乙", "", "老人走不动路、没人管"},
		{"", "甲", "乙", "", ""},
	}
	for _, tt := range tests {
		if here, there := sides(tt.tell, tt.own, tt.other); here != tt.here || there != tt.there {
			t.Errorf("%q: %q | %q", tt.tell, here, there)
		}
	}
}
