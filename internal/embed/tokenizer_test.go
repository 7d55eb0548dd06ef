package embed

import (
	"slices"
	"strings"
	"testing"
)

func tokenizer(t testing.TB, keepCase bool) *Tokenizer {
	t.Helper()
	tok, err := LoadTokenizer(located(t).Tokenizer, keepCase)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestEncodeEqualsReference compares with the ids of the reference library,
// which does not fold case.
func TestEncodeEqualsReference(t *testing.T) {
	tok := tokenizer(t, true)
	var ids []int64
	for _, row := range reference[struct {
		Text string
		IDs  []int64
	}](t, "tokens.jsonl") {
		ids = tok.Encode(ids, row.Text, 512)
		if !slices.Equal(ids, row.IDs) {
			t.Errorf("%q\n got %v\nwant %v", row.Text, ids, row.IDs)
		}
	}
}

// TestEncodeWithoutCase: with folding, texts that differ in case or accents
// only give the same ids, and Latin words become known ones.
func TestEncodeWithoutCase(t *testing.T) {
	tok := tokenizer(t, false)
	for _, same := range [][2]string{
		{"KTV噪音", "ktv噪音"}, {"A3区", "a3区"}, {"naïve É", "naive e"}, {"İstanbul", "istanbul"},
	} {
		a, b := tok.Encode(nil, same[0], 512), tok.Encode(nil, same[1], 512)
		if !slices.Equal(a, b) || slices.Contains(a, int64(tok.unknown)) {
			t.Errorf("%q gives %v, %q gives %v", same[0], a, same[1], b)
		}
	}
	if a, b := tok.Encode(nil, "K3路", 512), tok.Encode(nil, "B1路", 512); slices.Equal(a, b) {
		t.Error("two bus lines look the same")
	}
}

// TestMarksAreWords: a text that spells a mark must not end itself.
func TestMarksAreWords(t *testing.T) {
	for _, keepCase := range []bool{true, false} {
		tok := tokenizer(t, keepCase)
		ids := tok.Encode(nil, "前[SEP]后[CLS] [UNK][MASK]", 512)
		for i, id := range ids[1 : len(ids)-1] {
			if id == int64(tok.start) || id == int64(tok.end) {
				t.Errorf("keepCase %v: mark at %d of %v", keepCase, i+1, ids)
			}
		}
	}
}

func TestEncodeLimit(t *testing.T) {
	tok := tokenizer(t, false)
	for _, test := range []struct {
		text  string
		limit int
		want  int
	}{
		{strings.Repeat("啊", 600), 512, 512},
		{strings.Repeat("啊", 510), 512, 512},
		{strings.Repeat("啊", 509), 512, 511},
		{"supercalifragilistic", 4, 4},
		{"啊", 2, 2},
		{"", 512, 2},
		{strings.Repeat("a", 101), 512, 3},
		{"\xff\xfe啊", 512, 3},
	} {
		ids := tok.Encode(nil, test.text, test.limit)
		if len(ids) != test.want || ids[0] != int64(tok.start) || ids[len(ids)-1] != int64(tok.end) {
			t.Errorf("%.20q at %d: %v, want %d ids between the marks", test.text, test.limit, ids, test.want)
		}
	}
}

// FuzzEncode: no text panics, exceeds the limit or leaves the vocabulary.
func FuzzEncode(f *testing.F) {
	tok := tokenizer(f, false)
	f.Add("A3区[SEP]\x00é", 16)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit < 2 || limit > 1024 {
			return
		}
		ids := tok.Encode(nil, text, limit)
		if len(ids) < 2 || len(ids) > limit {
			t.Fatalf("%d ids, limit %d", len(ids), limit)
		}
		for _, id := range ids {
			if id < 0 || id > 21127 {
				t.Fatalf("id %d", id)
			}
		}
	})
}

func BenchmarkTokenize(b *testing.B) {
	tok := tokenizer(b, false)
	var ids []int64
	b.ReportAllocs()
	for b.Loop() {
		ids = tok.Encode(ids, letter160, 512)
	}
	b.ReportMetric(float64(len(ids)), "ids")
}

// letter160 is a letter of 160 characters in the style of real ones.
const letter160 = "尊敬的领导：我是海宁湾市东湖区梅园小区的业主，小区南门外的烧烤店每天晚上十一点以后还在露天经营，" +
	"油烟直接飘进居民家里，音响声音很大，老人和上学的孩子无法休息。我们多次向物业和社区反映，对方答应整改，" +
	"但过两天又恢复原样，垃圾也堆在人行道上没有人清理。请有关部门尽快核实处理，并把处理结果告诉我们，谢谢！另外路灯坏了好几天。"
