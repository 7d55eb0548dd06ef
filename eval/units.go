package eval

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
)

const lettersFile = "routing/beijing_letters.jsonl"

type letter struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Unit  string `json:"unit"`
}

func unitsProtocol() Protocol {
	return Protocol{Name: "units", Files: []string{lettersFile}, Run: runUnits}
}

func busProtocol() Protocol {
	return Protocol{Name: "units.bus", Files: []string{lettersFile}, Run: runBus}
}

func letters(ctx context.Context, s *Session) ([]sample, error) {
	return readSamples(ctx, s, lettersFile, func(r letter) labelledText {
		return labelledText{title: r.Title, body: r.Text, label: r.Unit}
	})
}

// runUnits leaves one letter out at a time, among the units with at least
// three letters; the bus company, to which most letters go, is left out.
func runUnits(ctx context.Context, s *Session) error {
	all, err := letters(ctx, s)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, x := range all {
		counts[x.label]++
	}
	all = slices.DeleteFunc(all, func(x sample) bool {
		return counts[x.label] < 3 || strings.Contains(x.label, "公交")
	})
	if len(all) == 0 {
		s.Report.Skip("units.lead", "没有信件数不少于 3 的单位")
		return nil
	}
	got := make([][]string, len(all))
	for i := range all {
		site, err := trained(ctx, s, labelsOf(all), slices.Delete(slices.Clone(all), i, i+1))
		if err != nil {
			return err
		}
		one, err := predict(ctx, s, site, all[i:i+1])
		site.Close(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		got[i] = one[0]
		s.Step(i+1, len(all))
	}
	for _, k := range []int{1, 3} {
		s.Report.Rate(atK("units.lead", k), each(all, func(i int) bool { return slices.Contains(head(got[i], k), all[i].label) }))
	}
	return nil
}

// runBus sorts all letters in five folds.
func runBus(ctx context.Context, s *Session) error {
	all, err := letters(ctx, s)
	if err != nil {
		return err
	}
	const folds = 5
	order := rand.New(rand.NewPCG(uint64(s.Seed), 0)).Perm(len(all))
	hits := make([]float64, len(all))
	for fold := range folds {
		var train, tests []sample
		var at []int
		for n, i := range order {
			if n%folds == fold {
				tests, at = append(tests, all[i]), append(at, i)
			} else {
				train = append(train, all[i])
			}
		}
		site, err := trained(ctx, s, labelsOf(all), train)
		if err != nil {
			return err
		}
		got, err := predict(ctx, s, site, tests)
		site.Close(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		for n, i := range at {
			hits[i] = number(first(got[n]) == all[i].label)
		}
	}
	s.Report.Rate("units.bus.acc", hits)
	return nil
}
