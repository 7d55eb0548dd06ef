package server

import (
	"fmt"
	"strings"
	"testing"

	"huying/casework"
	"huying/internal/id"
	"huying/internal/org"
)

// TestManyUnitsAreFolded: of a city's units the page begins with those that are
// most late; the sums stay those of all.
func TestManyUnitsAreFolded(t *testing.T) {
	w := newWorld(t)
	for range caseloadsShown + 7 {
		w.fake.loads = append(w.fake.loads, casework.Load{Unit: id.New[org.UnitID](), Open: 1})
	}
	w.signIn(org.RoleAdmin)
	few, all := w.get("/cases/units"), w.get("/cases/units?show=all")
	w.says(few, "另外 8 个单位，连同这些一起看", "合计 39")
	w.says(all, "合计 39")
	rows := func(r reply) int { return strings.Count(r.body, `data-label="在办"`) - 1 }
	if got, want := fmt.Sprint(rows(few), rows(all)), fmt.Sprint(caseloadsShown, caseloadsShown+8); got != want {
		t.Errorf("units shown %s, want %s", got, want)
	}
	if strings.Contains(all.body, "另外") {
		t.Error("the page with every unit leads to more")
	}
}
