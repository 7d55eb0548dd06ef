package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

func TestParcelIsStoredWholeAndReadBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := parcel("call-1", 0)
	first, created, err := c.InsertParcel(t.Context(), p)
	if err != nil || !created || first != p.Contact.ID {
		t.Fatalf("InsertParcel = %v, %v, %v", first, created, err)
	}
	m, err := c.MessageOfContact(t.Context(), first)
	c.must(err)
	want := *p.Message
	if m.Title != want.Title || m.Area != want.Area || !m.At.Equal(want.At) || len(m.Matters) != 1 || m.Matters[0] != want.Matters[0] {
		t.Errorf("got %+v\nwant %+v", m, want)
	}
	sealed, err := c.SealedOriginal(t.Context(), m.ID, org.Audit{At: start, Actor: c.account, Action: "read_original", Object: "message:" + string(m.ID), Detail: "核实"})
	if err != nil || string(sealed) != "sealed" {
		t.Errorf("SealedOriginal = %q, %v", sealed, err)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'read_original'`); n != 1 {
		t.Errorf("%d audit lines for one look", n)
	}
}

func TestContactWithoutWordsHasNoMessage(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := parcel("", 0)
	p.Message, p.Sealed, p.Contact.Outcome = nil, nil, intake.Silent
	for range 2 {
		p.Contact.ID = parcel("", 0).Contact.ID
		_, created, err := c.InsertParcel(t.Context(), p)
		if err != nil || !created {
			t.Fatalf("created %v, %v: without a number every contact is its own", created, err)
		}
	}
	_, err := c.MessageOfContact(t.Context(), p.Contact.ID)
	wants(t, err, errs.NotFound, "message.not_found")
	if n := c.count(`SELECT count(*) FROM message`); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestSameDeliveryAtOnceIsOneContact(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const senders = 50
	var wg sync.WaitGroup
	firsts := make([]intake.ContactID, senders)
	created := make([]bool, senders)
	for i := range senders {
		wg.Go(func() {
			var err error
			if firsts[i], created[i], err = c.InsertParcel(t.Context(), parcel("same", 0)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	for i := range senders {
		if firsts[i] != firsts[0] {
			t.Errorf("sender %d got contact %s, sender 0 %s", i, firsts[i], firsts[0])
		}
		if created[i] {
			n++
		}
	}
	stored := c.count(`SELECT (SELECT count(*) FROM contact) + (SELECT count(*) FROM message) + (SELECT count(*) FROM matter) + (SELECT count(*) FROM original)`)
	if n != 1 || stored != 4 {
		t.Errorf("%d created, %d rows; want 1 and 4", n, stored)
	}
}

func TestUnknownAreaIsNamed(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	p := parcel("call-1", 0)
	p.Message.Area = "9999"
	_, _, err := c.InsertParcel(t.Context(), p)
	wants(t, err, errs.Invalid, "area.unknown")
	if n := c.count(`SELECT count(*) FROM contact`); n != 0 {
		t.Errorf("%d contacts stayed of a refused delivery", n)
	}
}

func TestMessageThatDoesNotExist(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	_, err := c.Message(t.Context(), "00000000-0000-7000-8000-000000000000")
	wants(t, err, errs.NotFound, "message.not_found")
	_, err = c.SealedOriginal(t.Context(), "00000000-0000-7000-8000-000000000000", org.Audit{At: start, Action: "read_original", Object: "x"})
	wants(t, err, errs.NotFound, "message.not_found")
	if n := c.count(`SELECT count(*) FROM audit WHERE action = 'read_original'`); n != 0 {
		t.Errorf("%d audit lines for a look at nothing", n)
	}
}

// The turns of a call come back as they were stored; what was no call has none.
func TestTurnsOfACallAreKept(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	turns := []intake.Turn{
		{Speaker: intake.SpeakerAgent, Text: "请讲。", End: time.Second},
		{Speaker: intake.SpeakerCitizen, Text: "嗯，路灯不亮。", Start: 1500 * time.Millisecond, End: 3 * time.Second, Partial: true},
	}
	p := parcel("call-1", 0)
	p.Turns = turns
	_, _, err := c.InsertParcel(t.Context(), p)
	c.must(err)
	got, err := c.MessageTurns(t.Context(), p.Message.ID)
	c.must(err)
	if !slices.Equal(got, turns) {
		t.Errorf("read %+v", got)
	}
	m := c.receive("no call", 1)
	if got, err = c.MessageTurns(t.Context(), m.Message); err != nil || len(got) != 0 {
		t.Errorf("what was no call has %+v, %v", got, err)
	}
	_, err = c.MessageTurns(t.Context(), intake.MessageID(c.account))
	wants(t, err, errs.NotFound, "message.not_found")
}
