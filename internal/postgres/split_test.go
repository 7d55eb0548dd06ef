package postgres_test

import (
	"slices"
	"sync"
	"testing"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

func (c *city) split(s classifier.Split) ([]intake.MatterID, error) {
	return c.Split(c.t.Context(), s, org.Audit{At: start, Actor: c.account, Action: "split_matter", Object: "matter:" + string(s.Matter)})
}

// TestMatterIsSplitOnce: of many who take a proposal up at once one cuts the
// matter; the message keeps its words, each part is suggested for anew.
func TestMatterIsSplitOnce(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	m, s := c.suggest("a", 0, 0, 0.7)
	cut := classifier.Split{Matter: m, Suggestion: s, Parts: []string{"夜里施工太吵", "路灯不亮", "垃圾没人清"}, Edited: true}
	var wg sync.WaitGroup
	made, failed := make([][]intake.MatterID, 4), make([]error, 4)
	for i := range made {
		wg.Go(func() { made[i], failed[i] = c.split(cut) })
	}
	wg.Wait()
	var parts []intake.MatterID
	for i := range made {
		c.must(failed[i])
		if len(made[i]) > 0 && len(parts) > 0 {
			t.Fatal("cut twice")
		}
		parts = append(parts, made[i]...)
	}
	if len(parts) != 3 || parts[0] != m {
		t.Fatalf("made %v", parts)
	}
	f, err := c.File(t.Context(), parts[2])
	c.must(err)
	if f.Message.Title != "夜间施工噪声" || f.Message.Text != "工地夜里施工太吵" || len(f.Message.Matters) != 3 {
		t.Errorf("the message is %+v", f.Message)
	}
	for i, p := range f.Message.Matters {
		if p.ID != parts[i] || p.Ordinal != i+1 || p.Title != "" || p.Text != cut.Parts[i] || p.State != intake.MatterOpen {
			t.Errorf("part %d is %+v", i, p)
		}
	}
	if f, err = c.File(t.Context(), m); err != nil || f.Suggestion != nil {
		t.Errorf("what was suggested for the whole is shown for a part: %+v, %v", f.Suggestion, err)
	}
	waiting, err := c.Unsuggested(t.Context(), start.AddDate(0, 0, 1), 10)
	c.must(err)
	slices.Sort(waiting)
	if slices.Sort(parts); !slices.Equal(waiting, parts) {
		t.Errorf("to be suggested for: %v, want %v", waiting, parts)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'split_matter' AND detail = '分成 3 件，改过分法'`); n != 1 {
		t.Errorf("%d audit lines", n)
	}
	o := c.outcome(m, 1, 0.8) // with vectors of its own: the old ones must be gone
	stored, err := c.InsertOutcome(t.Context(), o)
	if c.must(err); !stored {
		t.Error("the part gets no suggestion")
	}
	if again, err := c.split(cut); err != nil || len(again) != 0 {
		t.Errorf("the same once more: %v, %v", again, err)
	}
	if n := c.count(`SELECT count(*) FROM matter`); n != 3 {
		t.Errorf("%d matters", n)
	}
}

func TestSplitIsRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	two := []string{"夜里施工太吵", "路灯不亮"}
	decided, s := c.suggest("decided", 0, 0, 0.7)
	c.decide(c.confirm(decided, s, 0))
	open, own := c.suggest("open", 1, 0, 0.7)
	cases := []struct {
		name string
		cut  classifier.Split
		kind errs.Kind
		code errs.Code
	}{
		{"decided", classifier.Split{Matter: decided, Suggestion: s, Parts: two}, errs.Conflict, "split.outdated"},
		{"another's suggestion", classifier.Split{Matter: open, Suggestion: s, Parts: two}, errs.Conflict, "split.outdated"},
		{"one part", classifier.Split{Matter: open, Suggestion: own, Parts: two[:1]}, errs.Conflict, "split.outdated"},
		{"no such matter", classifier.Split{Matter: id.New[intake.MatterID](), Suggestion: own, Parts: two}, errs.NotFound, "matter.not_found"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			_, err := c.split(tc.cut)
			wants(t, err, tc.kind, tc.code)
		})
	}
	if n := c.count(`SELECT (SELECT count(*) FROM matter) * 10 + (SELECT count(*) FROM matter_split)`); n != 20 {
		t.Errorf("matters and splits: %d", n)
	}
}
