package intake

import (
	"slices"
	"strings"
	"testing"
)

func TestTextIsCutWhereItsWriterMarksIt(t *testing.T) {
	tests := []struct {
		name, text, preamble string
		parts                []string
	}{
		{"numbers", "我住松柏社区，反映两件事：一、路灯坏了半个月；二、楼下烧烤店油烟扰民。", "我住松柏社区，反映两件事：", []string{"路灯坏了半个月", "楼下烧烤店油烟扰民。"}},
		{"digits", "1.小区门口路灯不亮半个月 2.楼下烧烤店油烟扰民严重", "", []string{"小区门口路灯不亮半个月", "楼下烧烤店油烟扰民严重"}},
		{"wide signs", "（1）公积金一个月没到账；（2）物业乱收停车费。", "", []string{"公积金一个月没到账", "物业乱收停车费。"}},
		{"words", "第一，公交车总是不准点；第二，医保卡丢了不知道去哪补。", "", []string{"，公交车总是不准点", "，医保卡丢了不知道去哪补。"}},
		{"a turn", "小区门口路灯不亮半个月了。另外楼下烧烤店油烟很大。", "", []string{"小区门口路灯不亮半个月了。", "另外楼下烧烤店油烟很大。"}},
		{"a strong turn after a comma", "小区门口路灯不亮半个月了，另外楼下烧烤店油烟很大", "", []string{"小区门口路灯不亮半个月了", "另外楼下烧烤店油烟很大"}},
		{"a weak turn after a comma", "店里油烟很大，同时还放音响到半夜", "", nil},
		{"demands of one matter", "门口的店油烟扰民，希望：一、查处这家店的油烟；二、责令安装净化设施。", "", nil},
		{"one number alone", "一、小区门口路灯不亮半个月了", "", nil},
		{"decimals", "路面塌了1.5米宽，2.3米长，请来修", "", nil},
		{"first in another sense", "这是第一次投诉，第二中学门口堵车，很多家长停车", "", nil},
		{"a part that says nothing", "一、路灯坏了；二、急。", "", nil},
		{"a short part stays with the one before it", "楼下放音响很吵，还有烟味。另外小区门口路灯不亮", "", []string{"楼下放音响很吵，还有烟味。", "另外小区门口路灯不亮"}},
		{"nothing", "", "", nil},
		{"emoji", strings.Repeat("😀", 50), "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			preamble, parts := Segments(tt.text)
			want := slices.Clone(tt.parts)
			for i := range want {
				want[i] = trimPart(want[i])
			}
			if preamble != tt.preamble || !slices.Equal(parts, want) {
				t.Errorf("%q %q", preamble, parts)
			}
		})
	}
}
