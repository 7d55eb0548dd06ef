package localpg

import (
	"context"
	"strings"
	"testing"

	"huying/internal/errs"
)

func TestAttachUsesTheOwnersServer(t *testing.T) {
	o := prepared(t)
	h := startHelper(t, helperJob{Options: o})
	exec1(t, connect(t, h.url(t)), "CREATE TABLE n ()")
	s, err := Attach(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Owned() {
		t.Error("the guest owns a server")
	}
	exec1(t, connect(t, s.URL()), "SELECT * FROM n")
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec1(t, connect(t, h.url(t)), "SELECT * FROM n") // the guest's Close leaves it running
}

func TestAttachOwnsAServerWhenNobodyDoes(t *testing.T) {
	o := prepared(t)
	s, err := Attach(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, connect(t, s.URL()), "SELECT 1")
	if !s.Owned() {
		t.Error("nobody owns the server")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := processes(t, o); n != 0 {
		t.Errorf("%d processes are left", n)
	}
}

func TestAttachWaitsForAnOwnerThatIsStarting(t *testing.T) {
	o := options(t, 18) // initdb takes a second
	done := make(chan *helper)
	go func() { done <- startHelper(t, helperJob{Options: o}) }()
	s, err := Attach(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, connect(t, s.URL()), "SELECT 1")
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := <-done
	exec1(t, connect(t, h.url(t)), "SELECT 1")
}

func TestOwningCommandWaitsForItsGuests(t *testing.T) {
	o := prepared(t)
	h := startHelper(t, helperJob{Options: o, Attach: true})
	s, err := Attach(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, s.URL())
	h.input.Close() // the command is done, and has a guest
	closed := make(chan string)
	go func() { closed <- h.next() }()
	for range 100 {
		exec1(t, conn, "SELECT 1")
	}
	select {
	case said := <-closed:
		t.Errorf("the owner did not wait: %s", said)
	default:
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if said := <-closed; said != "closed" {
		t.Errorf("the owner said %q", said)
	}
}

func TestOpenWaitsForAnOwningCommand(t *testing.T) {
	o := prepared(t)
	h := startHelper(t, helperJob{Options: o, Attach: true})
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(impatient, o)
	wantCode(t, err, errs.Conflict, "localpg.busy")
	if s := errs.Sentence(err); !strings.Contains(s, o.Holder) {
		t.Errorf("the sentence does not name the command: %s", s)
	}
	h.input.Close()
	exec1(t, connect(t, mustOpen(t, o).URL()), "SELECT 1")
}

func TestManyCommandsMayStartAtOnce(t *testing.T) {
	o := options(t, 18)
	helpers := make(chan *helper)
	for range 4 {
		go func() { helpers <- startHelper(t, helperJob{Options: o, Attach: true}) }()
	}
	var all []*helper
	for range 4 {
		all = append(all, <-helpers)
	}
	for _, h := range all {
		exec1(t, connect(t, h.url(t)), "SELECT 1")
	}
	for _, h := range all {
		h.input.Close()
	}
	for _, h := range all {
		if said := h.next(); said != "closed" {
			t.Errorf("a command said %q", said)
		}
	}
	if n := processes(t, o); n != 0 {
		t.Errorf("%d processes are left", n)
	}
}

func TestOneOfManyServicesWins(t *testing.T) {
	o := prepared(t)
	helpers := make(chan *helper)
	for range 4 {
		go func() { helpers <- startHelper(t, helperJob{Options: o}) }()
	}
	won := 0
	for range 4 {
		h := <-helpers
		if strings.HasPrefix(h.said, "ready ") {
			won++
			exec1(t, connect(t, h.url(t)), "SELECT 1")
		} else if !strings.HasPrefix(h.said, "localpg.owned ") {
			t.Errorf("a service said %q", h.said)
		}
	}
	if won != 1 {
		t.Errorf("%d services run, want 1", won)
	}
}
