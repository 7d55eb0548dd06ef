package intake

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var cityAreas = []string{"云汀市", "华新区", "松柏街道", "河口镇", "柳塘村"}

// said gives the texts of a field.
func said(facts []Fact, field Field) []string {
	var out []string
	for _, f := range facts {
		if f.Field == field {
			out = append(out, f.Text)
		}
	}
	return out
}

func TestFactsOfLetters(t *testing.T) {
	finder := NewFactFinder(cityAreas)
	for _, tc := range []struct {
		name, title, body string
		want              map[Field][]string
	}{
		{
			"a shop that is too loud", "河口镇康乐路好时光酒吧深夜扰民",
			"河口镇康乐路18号好时光酒吧从今年3月开始，每天晚上11点到凌晨2点音响很大，楼上住户没法睡。希望有关部门尽快处理，不要再拖。谢谢！",
			map[Field][]string{
				FactPlace:       {"河口镇康乐路18号好时光酒吧"},
				FactTime:        {"深夜", "今年3月开始", "每天晚上11点到凌晨2点"},
				FactCounterpart: {"好时光酒吧"},
				FactDemand:      {"希望有关部门尽快处理，不要再拖"},
			},
		},
		{
			"unpaid wages", "云汀市恒达五金制品有限公司拖欠工资",
			"我在公司上班，公司拖欠2019年5月、6月工资共计8600元，押金扣了300，老板说过几天就给。恳请劳动部门督促公司付清工资。",
			map[Field][]string{
				FactTime:        {"2019年5月、6月"},
				FactAmount:      {"8600元", "300"},
				FactCounterpart: {"云汀市恒达五金制品有限公司"},
				FactDemand:      {"恳请劳动部门督促公司付清工资"},
			},
		},
		{
			"a crossing", "", "柳塘村翠竹路与东风路交汇处的红绿灯坏了将近一个月，请交警部门修一下",
			map[Field][]string{
				FactPlace:  {"柳塘村翠竹路与东风路交汇处"},
				FactTime:   {"将近一个月"},
				FactDemand: {"请交警部门修一下"},
			},
		},
		{
			"numbers that are no money and no time", "", "车牌尾号3366，订单12号店，全长500米，3号线，第2点建议",
			map[Field][]string{FactAmount: nil, FactTime: nil, FactDemand: nil},
		},
		{"a question asks for nothing to be done", "", "请问居住证怎么续签？", map[Field][]string{FactDemand: nil, FactPlace: nil, FactAmount: nil}},
		{"an address part by part", "", "云汀市河口镇，锦绣小区楼下，每晚很吵", map[Field][]string{FactPlace: {"云汀市河口镇，锦绣小区楼下"}}},
		{"what only ends like a road", "恒丰工业园内铺管工程封路", "4路公交车绕路", map[Field][]string{FactPlace: {"恒丰工业园内"}}},
		{"a body's office is no place", "", "我去云汀市公安局河口分局问过", map[Field][]string{FactPlace: nil}},
		{"how many is no name", "", "父亲在柳塘村一套房没人住", map[Field][]string{FactPlace: {"柳塘村"}}},
		{"what is at an office is one", "", "河口镇柳塘村村委会附近很臭", map[Field][]string{FactPlace: {"河口镇柳塘村村委会附近"}}},
		{"the city alone is no place", "", "云汀市的天气真好", map[Field][]string{FactPlace: nil}},
		{"nothing", "", "", map[Field][]string{FactPlace: nil, FactTime: nil, FactAmount: nil, FactCounterpart: nil, FactDemand: nil}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := finder.Facts(tc.title, tc.body)
			for field, want := range tc.want {
				if got := said(facts, field); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", field, got, want)
				}
			}
			checkFacts(t, tc.title, tc.body, facts)
		})
	}
}

// checkFacts holds what Facts promises of any text.
func checkFacts(t *testing.T, title, body string, facts []Fact) {
	t.Helper()
	words := []rune(body)
	if title != "" {
		words = []rune(title + "\n" + body)
	}
	seen := map[Field]map[string]bool{}
	last := -1
	for _, f := range facts {
		if f.Start < 0 || f.Start >= f.End || f.End > len(words) || string(words[f.Start:f.End]) != f.Text {
			t.Fatalf("%+v does not stand in %q", f, string(words))
		}
		order := slices.Index(Fields(), f.Field)
		if order < last || seen[f.Field][f.Text] {
			t.Fatalf("%+v out of order, or twice", f)
		}
		if last = order; seen[f.Field] == nil {
			seen[f.Field] = map[string]bool{}
		}
		seen[f.Field][f.Text] = true
		if len(seen[f.Field]) > maxFacts {
			t.Fatalf("more than %d of %s", maxFacts, f.Field)
		}
	}
}

// odd are texts that are no letters.
var odd = []string{
	"", " ", "\n", "😀😀👨‍👩‍👧在路上", "13800138000", "1.1.1.1.1", "2018年2018年", "<p>在<b>康乐路</b></p>&nbsp;<script>1</script>",
	"please repair the road", "希望希望希望", "的的的", "号号号", "一二三四五六七八九十", "路路路路路", "请请请，不要，不要，不要", "A路和B路和C路路口和D路路口",
	"《》“”【】", "（(）)", "每每每个月元", "\xff在\xfe路",
}

func FuzzFacts(f *testing.F) {
	for _, s := range odd {
		f.Add(s, s)
	}
	f.Add("河口镇康乐路好时光酒吧深夜扰民", "从今年3月开始，每天晚上11点到凌晨2点，退我300元，希望处理")
	finder := NewFactFinder(cityAreas)
	f.Fuzz(func(t *testing.T, title, body string) {
		title, body = strings.ToValidUTF8(title, "?"), strings.ToValidUTF8(body, "?")
		checkFacts(t, title, body, finder.Facts(title, body))
	})
}

// threadTime is the processor time that this thread has had: on a busy machine
// the clock on the wall tells more of the others, and more the longer it runs.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	const thread = 1 // RUSAGE_THREAD
	var used syscall.Rusage
	if err := syscall.Getrusage(thread, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestFactsTakeLinearTime: sixteen times the text takes about sixteen times as
// long, whatever it is made of, and never near its square, 256 times.
func TestFactsTakeLinearTime(t *testing.T) {
	finder := NewFactFinder(cityAreas)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	took := func(s string) time.Duration {
		begin := threadTime(t)
		finder.Facts("", s)
		return max(threadTime(t)-begin, time.Millisecond)
	}
	for _, s := range []string{
		"河口镇康乐路18号好时光酒吧从2019年3月开始扰民，希望处理，扣了300元。", "松", "松柏路和翠竹路路口", "A路和B路和", "有1和2，",
		"请，不要，", "每每个月元", "1", "号", "2018年", "<p>路</p>", "😀",
	} {
		text := func(n int) string { return string([]rune(strings.Repeat(s, n))[:n]) }
		// The shortest of each in turns, until that settles it: others use the machine too.
		ratio, short, long := math.Inf(1), time.Hour, time.Hour
		for n := 0; n < 10 && ratio > 64; n++ {
			short, long = min(short, took(text(1000))), min(long, took(text(16000)))
			ratio = float64(long) / float64(short)
		}
		if ratio > 64 {
			t.Errorf("%q: %v for a sixteenth, %v for the whole: %.1f times", s, short, long, ratio)
		}
	}
}

func BenchmarkFacts(b *testing.B) {
	finder := NewFactFinder(cityAreas)
	letter := strings.Repeat("河口镇康乐路18号好时光酒吧从2019年3月开始扰民，希望处理，扣了300元。", 10)
	for b.Loop() {
		finder.Facts("酒吧扰民", letter)
	}
}
