package text

import (
	"slices"
	"strings"
	"testing"
)

// TestConcealNames finds names where people write them, and everywhere once
// found. What it finds of ten thousand generated messages is tested where
// they would be sent.
func TestConcealNames(t *testing.T) {
	s, err := NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	for in, name := range map[string]string{
		"邻居赵丽颖每天晚上打麻将": "赵丽颖", "和邻居张伟吵架了": "张伟", "老板李光明电话打不通": "李光明", "找王芳要过两次钱": "王芳",
		"李明明天来": "李明", "收款人是方子安": "方子安", "孩子王刚庆今年读三年级": "王刚庆", "闫怡在楼道堆放杂物": "闫怡",
		"欧阳娜娜态度很差": "欧阳娜娜", "被秦山顺打伤": "秦山顺", "此致敬礼\n周建国": "周建国", "请刘主任回复": "刘",
		"陈美丽在楼道堆放": "陈美丽", "石河东：还不来修": "石河东", "我和金有发是夫妻": "金有发", "陈强说不管，又去问陈强，陈强还是不管": "陈强",
	} {
		if out := conceal(s, in); strings.Contains(out, name) {
			t.Errorf("%s in %q: %q", name, in, out)
		}
	}
}

func conceal(s *Segmenter, in string) string {
	out := in
	for _, c := range slices.Backward(s.Conceal(in)) {
		out = out[:c.Start] + "〔" + c.What + "〕" + out[c.End:]
	}
	return out
}

// FuzzConceal gives pieces in order, apart and within any text, broken ones
// too.
func FuzzConceal(f *testing.F) {
	s, err := NewSegmenter()
	if err != nil {
		f.Fatal(err)
	}
	for _, in := range insertions() {
		f.Add("投诉" + in + "，邻居张伟")
	}
	f.Add("\xff王小\xff明 粤B\x0012345 欧阳")
	f.Add("司徒")
	f.Add("邻居王")
	f.Fuzz(func(t *testing.T, in string) {
		at := 0
		for _, c := range s.Conceal(in) {
			if c.Start < at || c.End <= c.Start || c.End > len(in) || c.What == "" {
				t.Fatalf("%+v after %d in %q", c, at, in)
			}
			at = c.End
		}
	})
}

// TestConcealKeepsTheCase leaves what the message is about.
func TestConcealKeepsTheCase(t *testing.T) {
	s, err := NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{
		"小区门口的路灯不亮，已经三天了", "高空抛物很危险，请处理", "马路对面烧烤店油烟大", "周末晚上广场舞声音太大", "江边施工，安全隐患", "单位拖欠工资三个月", "万江街道的公交车不停站", "红绿灯坏了，高压线断了，没有许可证", "〔姓名〕说〔电话〕打不通",
	} {
		if out := conceal(s, in); out != in {
			t.Errorf("%q becomes %q", in, out)
		}
	}
	for _, in := range []string{"粤S12345的小车", "车牌粤B·D12345", "粤s 12345", "京A12345警", "ＡＢ粤Ｂ１２３４５停在路口"} {
		if out := conceal(s, in); !strings.Contains(out, Plate) || strings.Contains(out, "12345") || strings.Contains(out, "１２３４５") {
			t.Errorf("%q becomes %q", in, out)
		}
	}
}
