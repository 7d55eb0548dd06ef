package text

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// randomExpression writes an expression of every kind that phrases are made
// of, over four characters.
func randomExpression(r *rand.Rand, depth int) string {
	runes := []string{"甲", "乙", "丙", "丁"}
	one := func() string { return runes[r.IntN(len(runes))] }
	if depth == 0 {
		return one()
	}
	sub := func() string { return randomExpression(r, depth-1) }
	switch r.IntN(10) {
	case 0:
		return sub() + sub()
	case 1:
		return "(" + sub() + "|" + sub() + ")"
	case 2:
		return "(?:" + sub() + ")?"
	case 3:
		return "[" + one() + one() + "]" + sub()
	case 4:
		return sub() + "[^" + one() + "]{0,2}" + sub()
	case 5:
		return "(?:" + sub() + "){1,2}"
	case 6:
		return "(?:" + sub() + ")+"
	case 8:
		return "(?:^|" + one() + ")" + sub()
	case 7:
		return sub() + "(?:$|" + one() + ")"
	}
	return one() + one()
}

func TestPhrasesFindWhatTheExpressionFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	skipped := 0
	for range 3000 {
		expr := randomExpression(r, 1+r.IntN(4))
		p, bare := MustPhrases(expr), regexp.MustCompile(expr)
		for range 5 {
			var s strings.Builder
			for range r.IntN(6) {
				s.WriteString([]string{"甲", "乙", "丙", "丁", "戊"}[r.IntN(5)])
			}
			if got, want := p.MatchString(s.String()), bare.MatchString(s.String()); got != want {
				t.Fatalf("%s in %s: %v, the expression says %v", expr, &s, got, want)
			}
			n := r.IntN(4) - 1
			if got, want := p.FindAllStringIndex(s.String(), n), bare.FindAllStringIndex(s.String(), n); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s in %s: %v, the expression says %v", expr, &s, got, want)
			}
			if !p.possible(NewPassage(s.String())) {
				skipped++
			}
		}
	}
	if skipped < 3000 {
		t.Errorf("only %d of 15000 were not tried: nothing is won", skipped)
	}
}

func TestPhrasesKnowTheirPieces(t *testing.T) {
	for expr, want := range map[string][]string{
		`着火|起火|冒(?:着)?(?:黑|浓|白)?烟`:     {"冒", "着火", "起火"},
		`(?:燃气|煤气)[^，。]{0,6}(?:泄漏|漏气)`: {"煤气", "燃气"},
		`(?i)vip`: nil,
		`[a-z]+号`: {"号"},
		`.*`:      nil,
	} {
		var got []string
		for _, p := range MustPhrases(expr).pieces {
			got = append(got, p.text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
	if _, err := CompilePhrases("("); err == nil {
		t.Error("a wrong expression was taken")
	}
}

// BenchmarkPhrases compares looking for phrases that are not there with and
// without looking for their pieces first.
func BenchmarkPhrases(b *testing.B) {
	expr := `本地(户|人|的?户口)|本市(户|的?户口|居民)|当地户`
	s := strings.Repeat("楼下的烧烤店每天晚上营业到两点，油烟很大，我们多次反映都没有人来处理，", 4)
	for name, match := range map[string]func(string) bool{
		"pieces": MustPhrases(expr).MatchString, "expression": regexp.MustCompile(expr).MatchString,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if match(s) {
					b.Fatal("found")
				}
			}
		})
	}
}
