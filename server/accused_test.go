package server

import (
	"net/http"
	"testing"

	"huying/intake"
	"huying/internal/org"
)

// TestNobodyDecidesOnWhatComplainsOfThem: over the API a decision and a verdict are
// refused in the words in which reading it is, as what does not exist, and nothing
// is stored.
func TestNobodyDecidesOnWhatComplainsOfThem(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t)
	m := read[apiReceipt](t, w.call(http.MethodPost, "/api/v1/messages", fumes), http.StatusCreated).Message.Matters[0]
	path := "/api/v1/matters/" + string(m.ID)
	agent := w.fake.accounts["agent"].ID
	w.of(org.RoleAgent, "")
	accuse := func(a intake.Accusation) {
		file := w.fake.files[m.ID]
		file.Accused = a
		w.fake.files[m.ID] = file
	}
	for name, a := range map[string]intake.Accusation{
		"themselves":  {Persons: []org.AccountID{agent}, ShutOut: []org.AccountID{agent}},
		"the hotline": {Hotline: true},
	} {
		accuse(a)
		want := refused(t, w.call(http.MethodGet, path, ""), http.StatusNotFound, "matter.not_found").Detail
		for at, body := range map[string]string{
			"/decisions": `{"kind":"decline","reason":"已由信访受理"}`,
			"/verdict":   `{"solved":true}`,
		} {
			if got := refused(t, w.call(http.MethodPost, path+at, body), http.StatusNotFound, "matter.not_found").Detail; got != want {
				t.Errorf("%s, %s: says %q, and reading it %q", name, at, got, want)
			}
		}
	}
	accuse(intake.Accusation{Units: []org.UnitID{w.fake.units[0].ID}, Barred: []org.UnitID{w.fake.units[0].ID}})
	if n := len(w.fake.files[m.ID].Decisions); n != 0 {
		t.Fatalf("%d decisions are stored", n)
	}
	read[apiDecision](t, w.call(http.MethodPost, path+"/decisions", `{"kind":"decline","reason":"已由信访受理"}`), http.StatusCreated)
}
