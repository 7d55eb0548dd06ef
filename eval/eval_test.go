package eval

import (
	"slices"
	"testing"
)

func TestChooseByProtocolPrefixOrFigure(t *testing.T) {
	all := []Protocol{{Name: "labels"}, {Name: "labels.cold"}, {Name: "units"}, {Name: "answers.gov"}, {Name: "answers.faq"}, {Name: "speed"}, {Name: "speed.suggest.ratio.200k"}}
	tests := []struct {
		only []string
		want []string
	}{
		{nil, []string{"labels", "labels.cold", "units", "answers.gov", "answers.faq", "speed", "speed.suggest.ratio.200k"}},
		{[]string{"answers"}, []string{"answers.gov", "answers.faq"}},
		{[]string{"answers.gov.r@1"}, []string{"answers.gov"}},
		{[]string{"labels.cold@25"}, []string{"labels.cold"}},
		{[]string{"labels.cold"}, []string{"labels.cold"}},
		{[]string{"labels.acc@100"}, []string{"labels"}},
		{[]string{"speed.suggest.ratio"}, []string{"speed", "speed.suggest.ratio.200k"}},
		{[]string{"units.lead@1", "labels.cold"}, []string{"labels.cold", "units"}},
	}
	for _, tt := range tests {
		got, err := choose(all, tt.only)
		var names []string
		for _, p := range got {
			names = append(names, p.Name)
		}
		if err != nil || !slices.Equal(names, tt.want) {
			t.Errorf("choose(%v) = %v, %v; want %v", tt.only, names, err, tt.want)
		}
	}
	if _, err := choose(all, []string{"weather"}); err == nil {
		t.Error("an unknown name is accepted")
	}
}
