package kb

import (
	"slices"
	"strings"
	"testing"
)

func TestAnswersThatContradict(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       []string // beginnings; none: no contradiction
	}{
		{"the same in other words", "3个工作日内办结，不收费。", "不收费，三个工作日内办好。", nil},
		{"another time", "材料齐全的，5个工作日办结。", "十五个工作日内办结。", []string{"个工作日：5 与 15"}},
		{"who says less does not contradict", "首次申领7个工作日，补领15个工作日。", "7个工作日。", nil},
		{"one figure of two differs", "首次7个工作日，补领15个工作日。", "首次7个工作日，补领20个工作日。", []string{"个工作日"}},
		{"another unit is another matter", "有效期5年。", "每年体检1次，费用60元。", nil},
		{"another fee", "工本费20元。", "工本费10元。", []string{"元：20 与 10"}},
		{"free or not", "办理居住证不收费。", "办理居住证收取工本费。", []string{"收不收费"}},
		{"can or cannot", "外地户口可以办理。", "外地户口不能办理。", []string{"能否办理"}},
		{"needed or not", "需要提供照片。", "无需提供照片，窗口现场拍摄。", []string{"要不要"}},
		{"both said by one", "成年人需要照片，儿童无需照片。", "需要照片。", nil},
		{"another street number", "请到松柏路18号办理。", "请到松柏路56号办理。", []string{"地址"}},
		{"another district", "到华新区政务中心办理。", "到临江区政务中心办理。", []string{"地区"}},
		{"a housing estate is no district", "到所在社区办理。", "小区门口领取。", nil},
		{"in person or not", "须本人到场。", "可以委托他人代办。", []string{"可否代办"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := readFacts(tt.a), readFacts(tt.b)
			got := a.conflicts(b)
			for _, w := range tt.want {
				if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, w) }) {
					t.Errorf("%q, want %q", got, tt.want)
				}
			}
			if len(tt.want) == 0 && len(got) > 0 {
				t.Errorf("contradiction %q, want none", got)
			}
			if (len(b.conflicts(a)) == 0) != (len(got) == 0) {
				t.Error("the other way round it is another")
			}
		})
	}
}

func TestFiguresInChinese(t *testing.T) {
	for in, want := range map[string]string{"三": "3", "十": "10", "十五": "15", "二十": "20", "六十三": "63", "两": "2", "7": "7", "一百": "一百"} {
		if got := figure(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}
