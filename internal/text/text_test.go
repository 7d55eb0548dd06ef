package text

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"full-width letters and digits", "ＡＢＣ１２３", "ABC123"},
		{"Chinese punctuation stays", "你好，请问：（一）？！；。、“”", "你好，请问：（一）？！；。、“”"},
		{"full-width signs", "５０％＋１＝２＃３", "50%+1=2#3"},
		{"units stay", "120㎡①", "120㎡①"},
		{"NUL and controls", "a\x00b\x07c\x7f", "abc"},
		{"zero width and marks", "\ufeffa\u200bb\u200e", "ab"},
		{"invalid bytes", "a\xff\xfeb", "a\uFFFDb"},
		{"spaces", "  a \t　b  ", "a b"},
		{"one newline", "a \r\n\r\n  b\n", "a\nb"},
		{"line separator", "a\u2028b", "a\nb"},
		{"composed", "e\u0301", "\u00e9"},
		{"composed over a dropped mark", "e\u200b\u0301", "\u00e9"},
		{"compatibility ideograph", "\uF90A", "金"},
		{"only white space", " \n\t ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Normalise(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"", "a\u200b\u0301", "ＡＢ\x00　\n\r", "\xff\xfe", "\uFF76\uFF9E", "\u1100\u200b\u1161"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Normalise(s)
		if twice := Normalise(once); twice != once {
			t.Errorf("%q, then %q", once, twice)
		}
		if !utf8.ValidString(once) || strings.ContainsAny(once, "\x00\t\r") || strings.TrimSpace(once) != once {
			t.Errorf("not normal: %q", once)
		}
	})
}

func TestSimplify(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		"噪聲擾民，請處理":      "噪声扰民，请处理",
		"佔道經營、違章搭蓋":     "占道经营、违章搭盖",
		"後面裏面裡面":        "后面里面里面",
		"著名覆盖慰藉":        "著名覆盖慰藉",
		"臺灣髮型師":         "台湾发型师",
		"社保怎么办 ABC 123": "社保怎么办 ABC 123",
	} {
		if got := Simplify(in); got != want {
			t.Errorf("Simplify(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestPairsTable proves what simplifyRune relies on: lines of seven bytes,
// sorted, no target that is itself a source.
func TestPairsTable(t *testing.T) {
	last := ""
	n := 0
	for line := range strings.Lines(pairs) {
		n++
		if len(line) != pairLen || utf8.RuneCountInString(line) != 3 {
			t.Fatalf("line %d: %q", n, line)
		}
		if line[:3] <= last {
			t.Errorf("line %d is out of order", n)
		}
		last = line[:3]
		if to := line[3:6]; Simplify(to) != to {
			t.Errorf("line %d: %s is mapped again", n, to)
		}
	}
	if n < 2500 {
		t.Errorf("only %d pairs", n)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"油烟污染", 4, "油烟污染"}, {"油烟污染", 3, "油烟…"}, {"油烟", 1, "…"}, {"油", 1, "油"}, {"油烟", 0, ""}, {"", 3, ""}, {"油烟", -1, ""}} {
		if got := Clip(c.in, c.n); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestChineseShare(t *testing.T) {
	for in, want := range map[string]float64{"": 0, "123，": 0, "hello": 0, "油烟": 1, "油烟ab12": 0.5} {
		if got := ChineseShare(in); got != want {
			t.Errorf("ChineseShare(%q) = %v, want %v", in, got, want)
		}
		if HasChinese(in) != (want > 0) {
			t.Errorf("HasChinese(%q) = %v", in, HasChinese(in))
		}
	}
}

func TestPinyin(t *testing.T) {
	for _, c := range []struct{ in, full, initials string }{
		{"油烟污染", "you yan wu ran", "yywr"},
		{"4S店", "4s dian", "4sd"},
		{"重庆银行", "chong qing yin hang", "cqyh"},
		{"绿化", "lv hua", "lh"},
		{"調解（一）", "tiao jie yi", "tjy"},
		{"WiFi 6 覆盖", "wifi 6 fu gai", "wifi6fg"},
		{"", "", ""},
		{"，。", "", ""},
	} {
		if got := Pinyin(c.in); got != c.full {
			t.Errorf("Pinyin(%q) = %q, want %q", c.in, got, c.full)
		}
		if got := PinyinInitials(c.in); got != c.initials {
			t.Errorf("PinyinInitials(%q) = %q, want %q", c.in, got, c.initials)
		}
	}
}

// TestReadings proves that each line of readings.txt changes something and
// spells every character.
func TestReadings(t *testing.T) {
	for line := range strings.Lines(readings) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		f := strings.Fields(line)
		n := utf8.RuneCountInString(f[0])
		if len(f) != n+1 || n > longestReading || n < 2 {
			t.Errorf("%q: not one syllable a character", line)
		}
		plain := ""
		for _, r := range f[0] {
			plain += " " + Pinyin(string(r))
		}
		if plain == " "+strings.Join(f[1:], " ") {
			t.Errorf("%q is read so anyway", line)
		}
	}
}

func TestTokens(t *testing.T) {
	s, err := NewSegmenter("松柏壹号院", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"empty", "", nil},
		{"only signs", "，。 \x00", nil},
		{"words", "小区供暖不热，油烟扰民", []string{"小区", "供暖", "不", "热", "油烟", "扰民"}},
		{"traditional and full width", "噪聲擾民ＡＢＣ", []string{"噪声", "扰民", "abc"}},
		{"user word", "松柏壹号院停电", []string{"松柏壹号院", "停电"}},
		{"placeholders", "我叫〔姓名〕，〔电话〕", []string{"我", "叫"}},
		{"NUL inside", "供\x00暖", []string{"供暖"}},
		{"Latin and digits", "WiFi 6 不好 12345", []string{"wifi", "6", "不好", "12345"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := s.Tokens(c.in); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("content words", func(t *testing.T) {
		want := []string{"楼下", "油烟", "扰民"}
		if got := s.Content([]string{"我", "楼下", "的", "油烟", "扰民"}); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("concurrent", func(t *testing.T) {
		texts := dongguan(t)[:60]
		want := make([][]string, len(texts))
		for i, x := range texts {
			want[i] = s.Tokens(x)
		}
		for range 4 {
			t.Run("reader", func(t *testing.T) {
				t.Parallel()
				for i, x := range texts {
					if !slices.Equal(s.Tokens(x), want[i]) {
						t.Errorf("text %d is cut differently", i)
					}
				}
			})
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	s, err := NewSegmenter()
	if err != nil {
		b.Fatal(err)
	}
	texts := dongguan(b)
	for b.Loop() {
		for _, t := range texts[:100] {
			s.Tokens(t)
		}
	}
}

// BenchmarkNewSegmenter reports the memory that stays in use once the
// dictionary is loaded.
func BenchmarkNewSegmenter(b *testing.B) {
	var kept []*Segmenter
	before := heapInUse()
	for b.Loop() {
		s, err := NewSegmenter()
		if err != nil {
			b.Fatal(err)
		}
		kept = append(kept, s)
	}
	b.ReportMetric(float64(heapInUse()-before)/float64(len(kept))/1e6, "MB-kept/op")
	if len(kept[0].Tokens("油烟")) == 0 {
		b.Error("no dictionary")
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
