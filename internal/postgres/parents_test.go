package postgres_test

import (
	"slices"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/postgres"
)

// putBelow puts units below others by the list of units.
func (c *city) putBelow(parents map[string]string) {
	c.t.Helper()
	c.must(c.SaveListing(c.t.Context(), postgres.Listing{Units: c.units, Parents: parents}, org.Audit{At: start, Action: "import_listing", Object: "directory"}))
}

// parents gives who is above whom by name, as it is stored.
func (c *city) parents() []string {
	return c.list(`SELECT u.name || ' < ' || p.name FROM unit AS u JOIN unit AS p ON p.id = u.parent_unit_id ORDER BY u.name COLLATE "C"`)
}

// TestAListSaysWhichUnitIsAbove: a dry run says what changes and changes nothing,
// a list that says nothing of it leaves it, one that names nobody takes it away.
func TestAListSaysWhichUnitIsAbove(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	police, nature, manager := c.units[0].Name, c.units[1].Name, c.units[2].Name
	change, err := c.CheckListing(t.Context(), postgres.Listing{Units: c.units, Parents: map[string]string{nature: police, manager: nature}})
	c.must(err)
	if want := []postgres.Moved{{Unit: nature, To: police}, {Unit: manager, To: nature}}; !slices.Equal(change.Moved, want) {
		t.Errorf("would move %+v, want %+v", change.Moved, want)
	}
	if got := c.parents(); len(got) != 0 {
		t.Errorf("a dry run has put %q", got)
	}
	c.putBelow(map[string]string{nature: police, manager: nature})
	c.putBelow(nil)
	dir, err := c.Directory(t.Context())
	c.must(err)
	if got := c.parents(); len(got) != 2 || !dir.IsBelow(c.units[2].ID, c.units[0].ID) || dir.IsBelow(c.units[0].ID, c.units[2].ID) {
		t.Errorf("stored %q", got)
	}
	found, err := c.SearchUnits(t.Context(), manager, 1)
	c.must(err)
	if len(found) != 1 || found[0].Parent != c.units[1].ID {
		t.Errorf("found %+v", found)
	}
	c.putBelow(map[string]string{manager: police})
	if got := c.parents(); !slices.Equal(got, []string{manager + " < " + police}) {
		t.Errorf("stored %q", got)
	}
	c.putBelow(map[string]string{})
	if got := c.parents(); len(got) != 0 {
		t.Errorf("still %q", got)
	}
	if err := c.ExecForTest(t.Context(), `UPDATE unit SET parent_unit_id = id`); err == nil {
		t.Error("a unit is above itself")
	}
}

// TestACaseGoesDownByTheGivenTree: to a unit that is put below, wherever its area
// lies, and not to one of the area that is put below another; who is complained
// of shuts out what is put below them.
func TestACaseGoesDownByTheGivenTree(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	police, nature, manager := o.units[0], o.units[1], o.units[2]
	hands := casework.NewHands(o.stage, o, o)
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept})
	o.putBelow(map[string]string{police.Name: nature.Name, manager.Name: police.Name})
	o.must(hands.Down(ctx, o.unit, d.ID, d.Version, police.ID, time.Time{}, "由派驻民警办理"))
	if d = o.of(d.Matter); d.Holder() != police.ID {
		t.Errorf("held by %s", d.Holder())
	}

	other := o.do(o.unit, o.file("b", 1), casework.Command{Move: casework.Accept})
	o.putBelow(map[string]string{nature.Name: manager.Name, manager.Name: police.Name})
	wants(t, hands.Down(ctx, o.unit, other.ID, other.Version, manager.ID, time.Time{}, ""), errs.Invalid, "hand.not_below")

	stage, _ := o.accusing()
	m, _ := o.suggest("c", 2, 0, 0.7)
	o.must(stage.Set(ctx, o.agent, m, intake.Accusation{Units: []org.UnitID{manager.ID}, Why: "推诿"}, nil, time.Time{}))
	a, err := stage.Of(ctx, o.agent, m)
	o.must(err)
	if !a.Bars(nature.ID) || a.Bars(police.ID) {
		t.Errorf("barred %v", a.Barred)
	}
}

// TestASuccessorComesIntoTheTree: what was below the unit that ends is below its
// successor; one that was itself below it comes to where it was.
func TestASuccessorComesIntoTheTree(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		parents   map[int]int // by their places in the list
		from, to  int
		wantBelow [2]int // the only pair left
	}{
		{"a stranger", map[int]int{2: 1}, 1, 0, [2]int{2, 0}},
		{"one below that has one between", map[int]int{2: 1, 0: 2}, 1, 0, [2]int{2, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCity(t)
			parents := map[string]string{}
			for below, above := range tt.parents {
				parents[c.units[below].Name] = c.units[above].Name
			}
			c.putBelow(parents)
			c.must(c.RetireUnit(t.Context(), c.units[tt.from].ID, c.units[tt.to].ID, org.Audit{At: start, Action: "abolish_unit", Object: "unit"}))
			want := c.units[tt.wantBelow[0]].Name + " < " + c.units[tt.wantBelow[1]].Name
			if got := c.parents(); !slices.Equal(got, []string{want}) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
