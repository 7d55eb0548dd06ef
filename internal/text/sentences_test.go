package text

import (
	"slices"
	"testing"
)

func TestSentencesKeepTheirMarks(t *testing.T) {
	got := Sentences("可以办。\n带身份证；不收费\n\n七天办好")
	if want := []string{"可以办。", "带身份证；", "不收费", "七天办好"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
