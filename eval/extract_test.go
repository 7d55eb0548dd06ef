package eval

import (
	"slices"
	"testing"
)

func TestSpansArePairedOnce(t *testing.T) {
	const words = "康乐路18号\n昨天3月份康乐路18号旁边的店，4月份还在"
	for _, tc := range []struct {
		name         string
		said, wanted []string
		want         int
	}{
		{"the same", []string{"康乐路18号"}, []string{"康乐路18号"}, 1},
		{"half of the longer", []string{"康乐路"}, []string{"康乐路18号"}, 1},
		{"less than half of the longer", []string{"康乐"}, []string{"康乐路18号"}, 0},
		{"alike but somewhere else", []string{"3月份"}, []string{"4月份"}, 0},
		{"one for two", []string{"康乐路18号"}, []string{"康乐路18号", "康乐路18号旁边"}, 1},
		{"the more alike first", []string{"康乐路18号旁边", "康乐路18号"}, []string{"康乐路18号", "18号旁边的店"}, 2},
		{"not in the words", []string{"翠竹路"}, []string{"康乐路18号"}, 0},
		{"nothing", nil, []string{"康乐路18号"}, 0},
	} {
		if got := paired(words, tc.said, tc.wanted); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestAreasAreReadFromLetters(t *testing.T) {
	var letters []hotlineRow
	for range 4 {
		letters = append(letters, hotlineRow{Title: "云汀市河口镇噪音", Text: "我们小区太吵，华新区没人管，松柏街道也不管"})
	}
	letters = append(letters, hotlineRow{Text: "柳塘镇停水"})
	if got, want := areaNames(letters), []string{"云汀", "华新", "松柏", "河口", "云汀市"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
