package intake

import "testing"

func TestDangerIsFoundUnlessDeniedImaginedOrOver(t *testing.T) {
	tests := []struct {
		text string
		want Urgency // empty: no sign counts
	}{
		{"三楼冒浓烟了，快来人", UrgencyA},
		{"楼道里一股煤气味，越来越浓", UrgencyA},
		{"燃气管道被挖断，嘶嘶漏气", UrgencyA},
		{"路边电线掉下来了，还在打火花", UrgencyA},
		{"有人站在楼顶要跳楼", UrgencyA},
		{"老人倒在地上没反应", UrgencyA},
		{"电梯坏了，我妈困在里面出不来", UrgencyA},
		{"孩子掉进河里了", UrgencyA},
		{"门口的井盖没了，晚上看不见", UrgencyA},
		{"围墙裂得厉害，随时会倒", UrgencyA},
		{"我真的活不下去了", UrgencyA},
		{"我家三岁的孩子走丢了", UrgencyA},
		{"整栋楼停水三天了", UrgencyB},
		{"地下车库被淹，车都泡了", UrgencyB},
		{"外墙瓷砖一直往下掉", UrgencyB},
		{"十字路口红绿灯不亮", UrgencyB},
		{"还好没有起火，就是插座烧黑了", ""},
		{"这里堆满纸箱，万一着火怎么办", ""},
		{"如果房子塌了谁负责", ""},
		{"担心电动车充电爆炸", ""},
		{"社区组织了防火灾演练，很好", ""},
		{"去年这里着火烧过一次，现在想问补偿", ""},
		{"火灾保险怎么赔", ""},
		{"已经着火的那家昨天扑灭了", ""},
		{"路灯不亮三天了", ""},
		{"", ""},
	}
	d := NewDangers()
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, found := d.Find(tt.text)
			if got.Urgency != tt.want || found != (tt.want != "") {
				t.Errorf("Find = %q %q, want %q", got.Urgency, got.Phrase, tt.want)
			}
			if found && string([]rune(tt.text)[got.Start:got.End]) != got.Phrase {
				t.Errorf("the span [%d,%d) is not %q", got.Start, got.End, got.Phrase)
			}
		})
	}
}

func TestTheMostUrgentSignWins(t *testing.T) {
	got, _ := NewDangers().Find("整栋楼停电，三楼还有人触电了")
	if got.Urgency != UrgencyA || got.Phrase != "触电" {
		t.Errorf("Find = %+v", got)
	}
}

func TestReaderTellsTypesApart(t *testing.T) {
	tests := []struct {
		title, text string
		want        Type
	}{
		{"", "请问居住证怎么续签，要带什么材料？", Consultation},
		{"社保", "想咨询一下灵活就业社保最低交多少钱", Consultation},
		{"", "投诉楼下烧烤店油烟扰民，多次反映没人管", Complaint},
		{"", "举报某工地夜间偷排泥浆，涉嫌违法", Report},
		{"", "建议在中山路口增设一个过街天桥", Proposal},
		{"表扬信", "感谢公交司机师傅帮我找回手机，点赞", Praise},
		{"", "家里水管坏了，漏水，帮忙派人修一下", Help},
		{"", "", Help},
	}
	r := NewReader()
	for _, tt := range tests {
		t.Run(tt.title+tt.text, func(t *testing.T) {
			if got := r.Read(tt.title, tt.text).Type; got != tt.want {
				t.Errorf("Type = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestReaderSeesAChase(t *testing.T) {
	r := NewReader()
	for text, want := range map[string]bool{
		"上周反映的路灯问题到现在还没人来修": true,
		"工单号已经有了，催一下":       true,
		"请问居住证怎么办":          false,
	} {
		if got := r.Read("", text).Chasing; got != want {
			t.Errorf("Chasing(%q) = %v", text, got)
		}
	}
}

func TestReaderSeesAnAccusation(t *testing.T) {
	r := NewReader()
	for text, want := range map[string]bool{
		"补卡非要先买理财，太过分了，要投诉这家银行":          true,
		"窗口让我自己掏钱，凭什么，要求你们免费更正":          true,
		"末班车总是提前开走，我要投诉":                 true,
		"我要投诉，该打哪个电话":                    false,
		"要举报偷排，有没有奖金，奖多少":                false,
		"举报偷采河砂有奖吗":                      false,
		"学校要求体检，去哪家医院":                   false,
		"请问投诉要带什么材料":                     false,
		"Please fix the lamp on my road": false,
		"":                               false,
	} {
		if got := r.Read("", text).Accuses; got != want {
			t.Errorf("Accuses(%q) = %v", text, got)
		}
	}
}
