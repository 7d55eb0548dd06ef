package kb

import (
	"errors"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
)

func TestEntryValidateNamesEveryFault(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	good := Entry{Question: "居住证怎么续签？", Answer: "到派出所办理。", State: EntryPublished}
	tests := []struct {
		name   string
		change func(*Entry)
		fields []string
	}{
		{"good", func(*Entry) {}, nil},
		{"a day's validity", func(e *Entry) { e.ValidFrom, e.ValidUntil = day, day }, nil},
		{"empty", func(e *Entry) { e.Question, e.Answer = " ", "" }, []string{"question", "answer"}},
		{"long", func(e *Entry) { e.Answer = strings.Repeat("长", MaxAnswerRunes+1) }, []string{"answer"}},
		{"as long as allowed", func(e *Entry) { e.Answer = strings.Repeat("长", MaxAnswerRunes) }, nil},
		{"validity backwards", func(e *Entry) { e.ValidFrom, e.ValidUntil = day.Add(1), day }, []string{"valid_until"}},
		{"unknown state", func(e *Entry) { e.State = "gone" }, []string{"state"}},
		{"empty phrasing", func(e *Entry) { e.Phrasings = []string{""} }, []string{"phrasings"}},
		{"too many phrasings", func(e *Entry) { e.Phrasings = strings.Split(strings.Repeat("问,", MaxPhrasings)+"问", ",") }, []string{"phrasings"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := good
			tt.change(&e)
			sameFields(t, e.Validate(), tt.fields)
		})
	}
}

func TestNoticeValidateNamesEveryFault(t *testing.T) {
	start := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	sameFields(t, Notice{Title: "停水", Text: "正在抢修", Starts: start, Ends: start.Add(time.Hour)}.Validate(), nil)
	sameFields(t, Notice{Starts: start, Ends: start}.Validate(), []string{"title", "text", "ends"})
	sameFields(t, Notice{Title: "停水", Text: "正在抢修"}.Validate(), []string{"starts"})
}

func sameFields(t *testing.T, err error, want []string) {
	t.Helper()
	if err == nil && len(want) == 0 {
		return
	}
	list, ok := errors.AsType[errs.List](err)
	if !ok || len(list) != len(want) {
		t.Fatalf("faults %v, want fields %v", err, want)
	}
	for i, e := range list {
		if e.Field != want[i] || e.Kind != errs.Invalid || !errs.Has(e.Code) {
			t.Errorf("fault %d: %v, want one in %s with a sentence", i, e, want[i])
		}
	}
}

func TestSpokenIsShort(t *testing.T) {
	long := strings.Repeat("带身份证到派出所办理。", 30)
	tests := []struct {
		name string
		e    Entry
		want string
	}{
		{"written for reading out", Entry{Short: "带身份证去", Answer: long}, "带身份证去"},
		{"short enough", Entry{Answer: "当场办结。"}, "当场办结。"},
		{"whole sentences", Entry{Answer: long}, strings.Repeat("带身份证到派出所办理。", 10)},
		{"one endless sentence", Entry{Answer: strings.Repeat("很", 500)}, strings.Repeat("很", 120) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.e.Spoken(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
