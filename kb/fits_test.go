package kb

import (
	"testing"

	"huying/internal/errs"
	"huying/internal/llm/llmtest"
)

// A model only ever lowers what may be told.
func TestReadingOnlyLowers(t *testing.T) {
	height := map[Told]int{ToldSilent: 0, ToldOffer: 1, ToldAnswer: 2}
	for _, told := range []Told{ToldAnswer, ToldOffer, ToldSilent} {
		for _, fits := range []Fits{FitsYes, FitsNo, FitsDiffers, "", "always"} {
			if got := (FitReading{Fits: fits}).Lower(told); height[got] > height[told] {
				t.Errorf("%s by %q becomes %s", told, fits, got)
			}
		}
	}
	if got := (FitReading{Fits: FitsDiffers}).Lower(ToldAnswer); got != ToldOffer {
		t.Errorf("another condition gives %s", got)
	}
	if got := (FitReading{Fits: FitsNo}).Lower(ToldAnswer); got != ToldSilent {
		t.Errorf("another question gives %s", got)
	}
	if got := (FitReading{Fits: FitsYes}).Lower(ToldAnswer); got != ToldAnswer {
		t.Errorf("the right one gives %s", got)
	}
}

func TestConditionIsWordForWord(t *testing.T) {
	e := Entry{Question: "居住证怎么续签？", Answer: "本市居住证到期前 30 日内办理。", Audience: "非本市户籍"}
	for answer, want := range map[string]FitReading{
		`{"fits":"differs","condition":"非本市户籍"}`:      {FitsDiffers, "非本市户籍"},
		`{"fits":"differs","condition":"我是本地人"}`:      {FitsDiffers, "我是本地人"}, // the asker's words
		`{"fits":"differs","condition":"每月另发 500 元"}`: {FitsDiffers, ""},
		`{"fits":"yes","condition":"非本市户籍"}`:          {FitsYes, ""},
		`{"fits":"no","condition":"请拨打 13912345678"}`: {FitsNo, ""},
	} {
		model, _ := llmtest.New(t, llmtest.Say(answer)).Client(t, nil)
		got, err := NewFitReader(model).Read(t.Context(), "我是本地人，怎么续签", e, "全市")
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", answer, got, err)
		}
	}
	for _, answer := range []string{`{"fits":"always","condition":""}`, `{"fits":"yes","condition":"","answer":"每月另发 500 元"}`} {
		model, _ := llmtest.New(t, llmtest.Say(answer)).Client(t, nil)
		if _, err := NewFitReader(model).Read(t.Context(), "怎么续签", e, "全市"); errs.CodeOf(err) != "llm.refused" {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// A reply is lowered or stays; it is never raised, and what is not given is no
// label.
func TestReplyIsOnlyLowered(t *testing.T) {
	for _, c := range []struct {
		told, want Told
		fits       Fits
	}{
		{ToldAnswer, ToldAnswer, FitsYes}, {ToldAnswer, ToldOffer, FitsDiffers}, {ToldAnswer, ToldSilent, FitsNo},
		{ToldOffer, ToldOffer, FitsYes}, {ToldOffer, ToldOffer, FitsDiffers}, {ToldSilent, ToldSilent, FitsYes},
	} {
		got := FitReading{Fits: c.fits}.Settle(Turn{Told: c.told, Sight: []float64{1}})
		if lowered := c.told != c.want; got.Told != c.want || (got.Silence == SilentDoubted) != lowered || (got.Sight == nil) != lowered {
			t.Errorf("%s read as %s: %+v", c.told, c.fits, got)
		}
	}
}
