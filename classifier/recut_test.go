package classifier

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"huying/internal/errs"
)

var proposed = []Part{
	{Text: "你好，反映两个问题：\n路灯坏了半个月。晚上黑！我家孩子怕。"},
	{Text: "你好，反映两个问题：\n楼下油烟很大（“呛人！”）；窗户不敢开"},
}

func TestPiecesAreTheSentencesOfTheParts(t *testing.T) {
	var got []string
	for _, p := range Pieces(proposed) {
		got = append(got, fmt.Sprint(p.In, p.Line, p.Text))
	}
	want := []string{
		"0 0你好，反映两个问题：", "1 1路灯坏了半个月。", "1 1晚上黑！", "1 1我家孩子怕。",
		"2 2楼下油烟很大（“呛人！”）；", "2 2窗户不敢开",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestACutIsChangedSentenceBySentence(t *testing.T) {
	pieces := Pieces(proposed)
	tests := []struct {
		name string
		in   []int
		want []string
		code errs.Code
	}{
		{"as proposed", []int{0, 1, 1, 1, 2, 2}, []string{proposed[0].Text, proposed[1].Text}, ""},
		{"one sentence moved", []int{0, 1, 1, 2, 2, 2},
			[]string{"你好，反映两个问题：\n路灯坏了半个月。晚上黑！", "你好，反映两个问题：\n我家孩子怕。\n楼下油烟很大（“呛人！”）；窗户不敢开"}, ""},
		{"one sentence in both", []int{1, 1, 1, 0, 2, 2},
			[]string{"你好，反映两个问题：\n路灯坏了半个月。晚上黑！我家孩子怕。", "我家孩子怕。\n楼下油烟很大（“呛人！”）；窗户不敢开"}, ""},
		{"a part with nothing of its own", []int{0, 1, 1, 1, 1, 1}, nil, "split.empty"},
		{"a third part", []int{0, 1, 1, 1, 2, 3}, nil, "split.outdated"},
		{"other sentences", []int{1, 2}, nil, "split.outdated"},
		{"nothing", nil, nil, "split.outdated"},
	}
	for _, tt := range tests {
		got, err := Recut(pieces, tt.in, 2)
		if !slices.Equal(got, tt.want) || err != nil && errs.CodeOf(err) != tt.code || (err == nil) != (tt.code == "") {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}

// Whatever is proposed, taking it up sentence by sentence as it stands loses no
// word.
func TestPiecesLoseNothing(t *testing.T) {
	for _, parts := range [][]Part{
		proposed,
		{{Text: "a"}, {Text: "b"}, {Text: "c"}},
		{{Text: "一。二。\n\n三"}, {Text: "！！四？\n五"}},
		{{Text: "同样。"}, {Text: "同样。\n不同"}},
	} {
		pieces := Pieces(parts)
		for i, p := range parts {
			var words strings.Builder
			for _, piece := range pieces {
				if piece.In == 0 || piece.In == i+1 {
					words.WriteString(piece.Text)
				}
			}
			if want := strings.ReplaceAll(p.Text, "\n", ""); words.String() != want {
				t.Errorf("part %d reads %q, was %q", i+1, words.String(), want)
			}
		}
	}
}
