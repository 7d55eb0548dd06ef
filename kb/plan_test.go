package kb

import (
	"context"
	"slices"
	"testing"
)

// shelf is what is stored, for a plan.
type shelf []Entry

func (s shelf) Alike(_ context.Context, codes, questions []string) ([]Entry, error) {
	var out []Entry
	for _, e := range s {
		if slices.Contains(codes, e.Code) && e.Code != "" || slices.Contains(questions, e.Question) {
			out = append(out, e)
		}
	}
	return out, nil
}

func TestPlanSaysWhatAnImportWouldMeet(t *testing.T) {
	stored := shelf{
		{ID: "1", Code: "k-1", Question: "居住证怎么续签", Answer: "到派出所。", State: EntryPublished},
		{ID: "2", Question: "公园几点关门", Answer: "九点。", State: EntryToVerify, UpdatedBy: "li"},
		{ID: "3", Code: "k-3", Question: "停用的", Answer: "旧。", State: EntryRetired},
	}
	r := read(t, "编号,问题,答案,属地\n"+
		"k-1,居住证怎么续签,到派出所。,\n"+ // the same
		",公园几点关门,八点。,\n"+ // overwrites what a person changed
		"k-9,居住证怎么续签,到派出所。,\n"+ // another entry asks it
		",居住证怎么续签,到派出所。,\n"+ // so it does without a code
		"k-8,居住证怎么续签,到区里。,汀城区\n"+ // but for another area
		"k-7,停用的,新。,\n") // what is retired bars nothing
	p, err := NewPlan(t.Context(), stored, r)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, c := range p.Conflicts {
		lines = append(lines, c.Line)
	}
	// Two rows of the file contradict each other only where their answers do.
	if p.Created != 2 || p.Unchanged != 1 || len(p.Good) != 4 || !slices.Equal(lines, []int{4, 5}) {
		t.Errorf("plan %+v", p)
	}
	if len(p.Changes) != 1 || p.Changes[0].Line != 3 || p.Changes[0].Fields != "标准答复" || !p.Changes[0].Hand {
		t.Errorf("changes %+v", p.Changes)
	}
}

func TestBarredCandidatesAreReadAndNeverAnswer(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Candidate
		want Silence
	}{
		{"published", Candidate{Entry: Entry{State: EntryPublished}, Question: 0.9, Negative: 0.8}, ""},
		{"to verify", Candidate{Entry: Entry{State: EntryToVerify}, Question: 1}, SilentVerify},
		{"nearer to what it is not", Candidate{Entry: Entry{State: EntryPublished}, Question: 0.8, Negative: 0.81}, SilentNegative},
		{"by words alone", Candidate{Entry: Entry{State: EntryPublished}}, ""},
	} {
		if got := tt.c.barred(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
