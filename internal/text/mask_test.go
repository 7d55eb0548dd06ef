package text

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

//go:embed testdata/mask.txt
var maskCases string

// TestMaskTable holds Mask to the reviewed cases of testdata/mask.txt, and to
// leaving its own output alone.
func TestMaskTable(t *testing.T) {
	cases := 0
	for n, line := range strings.Split(maskCases, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		in, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("line %d: no arrow", n+1)
		}
		want, name, _ := strings.Cut(want, " | ")
		in, want = strings.ReplaceAll(in, `\n`, "\n"), strings.ReplaceAll(want, `\n`, "\n")
		var known []string
		if name != "" {
			known = append(known, name)
		}
		cases++
		got, spans := Mask(in, known...)
		if got != want {
			t.Errorf("line %d: Mask(%q)\n got %q\nwant %q", n+1, in, got, want)
			continue
		}
		checkSpans(t, in, got, spans)
		if again, _ := Mask(got, known...); again != got {
			t.Errorf("line %d: masked twice: %q becomes %q", n+1, got, again)
		}
	}
	if cases < 150 {
		t.Errorf("only %d cases", cases)
	}
}

// checkSpans proves that the spans are in order, apart, within the text, and
// that replacing them gives the masked text.
func checkSpans(t *testing.T, in, masked string, spans []Span) {
	t.Helper()
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End <= s.Start || s.End > len(in) || s.Kind < Phone || s.Kind > Account {
			t.Fatalf("span %+v after %d in %q", s, at, in)
		}
		b.WriteString(in[at:s.Start] + s.Kind.Placeholder())
		at = s.End
	}
	if b.WriteString(in[at:]); b.String() != masked {
		t.Fatalf("spans give %q, masked is %q", b.String(), masked)
	}
}

// TestMaskLeavesNoNumber masks real messages and looks for what must not be
// left in them.
func TestMaskLeavesNoNumber(t *testing.T) {
	texts := dongguan(t)
	mobile := regexp.MustCompile(`(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)`)
	identity := regexp.MustCompile(`(^|[^0-9])[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]{4}[0-9Xx]([^0-9]|$)`)
	spans := 0
	for i, s := range texts {
		// The data holds no numbers any more: put one into every message.
		s += "。" + insertions()[i%len(insertions())]
		masked, found := Mask(s)
		checkSpans(t, s, masked, found)
		spans += len(found)
		for _, re := range []*regexp.Regexp{mobile, identity} {
			if at := re.FindString(masked); at != "" {
				t.Errorf("text %d: %q is left", i, at)
			}
		}
		if strings.Contains(masked, "@") && regexp.MustCompile(`[a-z0-9]@[a-z0-9]+\.[a-z]{2}`).MatchString(masked) {
			t.Errorf("text %d: an address is left", i)
		}
		if len(found) == 0 {
			t.Errorf("text %d: nothing found in %q", i, Clip(s, 40))
		}
	}
	t.Logf("%d texts, %d spans", len(texts), spans)
}

func insertions() []string {
	return []string{
		"联系电话13800000021", "。13912345678", " 440101199001011234 ", "138 0000 0021", "，张三 13800000021。",
		"zs@example.com", "【1３8００００００２１】", "(0769)22821234", "我叫王小明，谢谢", "住3栋2单元501室",
	}
}

// dongguan gives title and text of the messages for load and noise.
func dongguan(tb testing.TB) []string {
	tb.Helper()
	raw, err := os.ReadFile("../../../shared/data/text/dongguan.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("shared data are not here: ../shared/data/text/dongguan.jsonl")
	}
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for line := range bytes.Lines(raw) {
		var row struct{ Title, Text string }
		if err := json.Unmarshal(line, &row); err != nil {
			tb.Fatal(err)
		}
		out = append(out, row.Title+"。"+row.Text)
	}
	return out
}

// TestMaskFindsNumbersAnywhere proves that an inserted number is masked
// whatever text surrounds it, as long as no digit or letter touches it, and
// that the text around stays.
func TestMaskFindsNumbersAnywhere(t *testing.T) {
	around := []string{"", "请打", "。", "（", "：", "，", "我叫张山", "3栋", "2018年1月", "\n", "共300元、", "联系人", "\u200b", "x\u0000"}
	numbers := map[string]Kind{
		"13800000021": Phone, "138-0000-0021": Phone, "１３８００００００２１": Phone, "一三八零零零零零零二一": Phone,
		"440101199001011234": IDNumber, "44010119900101123X": IDNumber, "0769-22821234": Phone, "zs@example.com": Email,
	}
	for number, kind := range numbers {
		for _, before := range around {
			for _, after := range []string{"", "。", "）", "，谢谢", "\n", "（张三）", "左右", "；"} {
				s := before + number + after
				masked, spans := Mask(s)
				checkSpans(t, s, masked, spans)
				ok := false
				for _, sp := range spans {
					ok = ok || sp.Kind == kind && strings.Contains(s[sp.Start:sp.End], number)
				}
				if !ok {
					t.Errorf("Mask(%q) = %q misses the %v", s, masked, kind)
				}
			}
		}
	}
}

func TestMaskKnownName(t *testing.T) {
	masked, spans := Mask("李雷和韩梅梅吵架，李雷报警", "李雷", "", "王", "匿名")
	if masked != "〔姓名〕和韩梅梅吵架，〔姓名〕报警" || len(spans) != 2 {
		t.Errorf("got %q, %v", masked, spans)
	}
}

func TestMaskEmpty(t *testing.T) {
	if s, f := Mask(""); s != "" || f != nil {
		t.Errorf("got %q, %v", s, f)
	}
	if s, f := Mask("没有隐私"); s != "没有隐私" || f != nil {
		t.Errorf("got %q, %v", s, f)
	}
}

func TestMaskPhone(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "13800000021": "138****0021", "+86 138 0000 0021": "138****0021", "０１３８００００００２１": "138****0021",
		"0769-22821234": "0769-****1234", "01062345678": "010-****5678", "22821234": "****1234", "6712345": "****345",
		"12345": "12345", "400-888-1234": "4008881234", "无": "", "0085291234567": "*********4567",
	} {
		if got := MaskPhone(in); got != want {
			t.Errorf("MaskPhone(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range insertions() {
		f.Add("投诉"+s, "张三")
	}
	f.Add("3栋2单元五零一室、502，微信：abc123 1-2-3-4", "a b")
	f.Add("+86)(1 3_8\xff0000.0021@@a.b我是", "138-0000-0021")
	f.Fuzz(func(t *testing.T, s, known string) {
		masked, spans := Mask(s, known)
		checkSpans(t, s, masked, spans)
		MaskPhone(s)
	})
}

// BenchmarkMask masks a text of 20,000 characters, the longest that intake
// accepts; ten times the text must take about ten times as long.
func BenchmarkMask(b *testing.B) {
	text := []rune(strings.Repeat(strings.Join(dongguan(b)[:100], "\n"), 10))
	noise := []rune(strings.Repeat("1-3 8.0号一栋@我是张微信：", 15000))
	for _, c := range []struct {
		name string
		text string
	}{
		{"2000", string(text[:2000])}, {"20000", string(text[:20000])}, {"200000", string(text[:200000])},
		{"noise20000", string(noise[:20000])}, {"noise200000", string(noise[:200000])},
		{"digits20000", strings.Repeat("1 ", 10000)}, {"digits200000", strings.Repeat("1 ", 100000)},
		{"numerals200000", strings.Repeat("一，", 100000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Mask(c.text, "张三")
			}
		})
	}
}
