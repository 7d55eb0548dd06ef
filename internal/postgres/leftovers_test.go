package postgres_test

import (
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// What a split left waiting goes where a person puts it, once, and stands there
// again when the version comes back.
func TestLeftoversArePlacedForGood(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	trainer, first := c.trainer(3), c.version
	leftovers := classifier.NewLeftovers(c.DB, classifier.NewSuggester(c.DB), func() time.Time { return start })
	for n, leaf := range []int{0, 0, 2} { // 噪声扰民 01 twice, 占道经营 03
		c.decideFor(n, leaf)
	}
	_, n, err := leftovers.Next(t.Context(), c.admin(), "")
	if wants(t, err, errs.NotFound, "leftover.none"); n != 0 {
		t.Errorf("%d wait before there is another version", n)
	}
	second := catalogue("第二版", "01", "04", "02")
	_, err = trainer.Publish(t.Context(), admin, classifier.Draft{
		Catalogue: second, Digest: [32]byte{2},
		Moves: []classifier.CodeMove{{From: "01", To: "01"}, {From: "01", To: "04"}, {From: "03", To: ""}},
	}, nil)
	c.must(err)
	c.stand("第一版:01", "第一版:01", "第一版:03")

	next, n, err := leftovers.Next(t.Context(), c.admin(), "")
	c.must(err)
	if n != 2 || next.Decided.Code != "01" || len(next.Parts) != 2 || !next.Sure {
		t.Fatalf("%d wait, the first is %+v", n, next)
	}
	later, _, err := leftovers.Next(t.Context(), c.admin(), next.Decision)
	c.must(err)
	if later.Decision >= next.Decision {
		t.Error("the next one is not the one before")
	}
	_, _, err = leftovers.Next(t.Context(), c.admin(), later.Decision)
	wants(t, err, errs.NotFound, "leftover.none")

	place := func(l classifier.Leftover, code string) error {
		to := id.New[classifier.CategoryID]()
		for _, p := range l.Parts {
			if p.Code == code {
				to = p.ID
			}
		}
		return leftovers.Place(t.Context(), c.admin(), l.Decision, l.Decided.ID, to)
	}
	wants(t, place(next, "02"), errs.Invalid, "field.invalid")
	c.must(place(next, "04"))
	wants(t, place(next, "01"), errs.Conflict, "leftover.settled")
	c.stand("第一版:01", "第二版:04", "第一版:03")
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'place_decision'`); n != 1 {
		t.Errorf("%d lines in the audit log", n)
	}
	for _, role := range []org.Role{org.RoleAgent, org.RoleEditor} {
		_, _, err := leftovers.Next(t.Context(), org.Actor{Roles: org.Roles{role}}, "")
		wants(t, err, errs.Forbidden, errs.CodeOf(err))
	}

	c.must(trainer.Use(t.Context(), admin, first.Version.ID, nil))
	c.stand("第一版:01", "第一版:01", "第一版:03")
	c.must(trainer.Use(t.Context(), admin, second.Version.ID, nil))
	c.stand("第一版:01", "第二版:04", "第一版:03")
}
