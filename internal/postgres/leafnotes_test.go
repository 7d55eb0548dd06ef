package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// What is kept for a leaf's next version is in its export and in nothing else;
// it is kept once, dropped once, and never beyond the bound.
func TestLeafNotesGoWithTheExport(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	notes := classifier.NewLeafNotes(c.DB, func() time.Time { return start })
	admin, leaf, rival := c.admin(), c.version.Leaves()[0], c.version.Leaves()[1]
	agent := org.Actor{Account: c.account, Roles: org.Roles{org.RoleAgent}}
	if err := notes.Keep(t.Context(), agent, leaf, []string{"半夜打桩睡不着"}, nil, ""); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an agent keeps: %v", err)
	}
	for text, code := range map[string]errs.Code{
		"": "field.required", "打 13912345678 找他": "leaf.personal", "〔姓名1〕天天吵": "leaf.personal", strings.Repeat("吵", classifier.MaxNoteRunes+1): "field.too_long",
	} {
		list, ok := notes.Keep(t.Context(), admin, leaf, []string{"好的例子", text}, nil, "").(errs.List) //nolint:errorlint // it is the list itself
		if !ok || len(list) != 1 || errs.CodeOf(list[0]) != code {
			t.Errorf("%q: %v", text, list)
		}
	}
	var wg sync.WaitGroup
	for range 4 { // the same at once is kept once
		wg.Go(func() {
			if err := notes.Keep(t.Context(), admin, leaf, []string{"半夜打桩 睡不着"}, []string{"在工地上的归本类。"}, rival.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	kept, err := notes.Of(t.Context(), agent, leaf)
	c.must(err)
	if len(kept) != 2 || kept[0].ByName == "" {
		t.Fatalf("kept %+v", kept)
	}
	with, err := notes.With(t.Context(), admin, c.version)
	c.must(err)
	changed, _ := with.Category(leaf.ID)
	if got := changed.Examples[len(changed.Examples)-1]; got != "半夜打桩 睡不着" || changed.Neighbours[0].Tell != "看来源；在工地上的归本类。" {
		t.Errorf("exported %+v", changed)
	}
	if same, _ := c.version.Category(leaf.ID); len(same.Examples) == len(changed.Examples) {
		t.Error("the version itself has changed")
	}
	var gone int
	var mu sync.Mutex
	for range 3 { // one of three takes it away
		wg.Go(func() {
			err := notes.Drop(t.Context(), admin, kept[0].ID)
			mu.Lock()
			defer mu.Unlock()
			if errs.CodeOf(err) == "leaf.note_gone" {
				gone++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if gone != 2 {
		t.Errorf("%d were told that it was gone", gone)
	}
	var many []string
	for i := range classifier.MaxLeafNotes {
		many = append(many, fmt.Sprintf("第 %d 种说法", i))
	}
	if err := notes.Keep(t.Context(), admin, leaf, many, nil, ""); errs.CodeOf(err) != "leaf.notes" {
		t.Errorf("more than the bound: %v", err)
	}
	if kept, err = notes.Of(t.Context(), agent, leaf); err != nil || len(kept) != 1 {
		t.Errorf("half of them were kept: %d, %v", len(kept), err)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action IN ('keep_leaf_notes', 'drop_leaf_note')`); n != 5 {
		t.Errorf("%d audit lines", n)
	}
}
