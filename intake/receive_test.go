package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/seal"
)

// memory stands in for the store where only what Intake hands to it matters;
// the real one is tested in internal/postgres.
type memory struct {
	parcels  []Parcel
	looks    []org.Audit
	failures int // how many inserts are still refused
}

func (m *memory) find(match func(Parcel) bool) (Parcel, bool) {
	for _, p := range m.parcels {
		if match(p) {
			return p, true
		}
	}
	return Parcel{}, false
}

func (m *memory) InsertParcel(_ context.Context, p Parcel) (ContactID, bool, error) {
	if m.failures > 0 {
		m.failures--
		return "", false, errs.New(errs.Unavailable, "database.unavailable")
	}
	first, known := m.find(func(o Parcel) bool {
		return p.Contact.ExternalID != "" && o.Contact.Channel == p.Contact.Channel && o.Contact.ExternalID == p.Contact.ExternalID
	})
	if known {
		return first.Contact.ID, false, nil
	}
	m.parcels = append(m.parcels, p)
	return p.Contact.ID, true, nil
}

func (m *memory) MessageOfContact(_ context.Context, contact ContactID) (Message, error) {
	if p, ok := m.find(func(p Parcel) bool { return p.Contact.ID == contact && p.Message != nil }); ok {
		return *p.Message, nil
	}
	return Message{}, errs.New(errs.NotFound, "message.not_found")
}

func (m *memory) Message(_ context.Context, message MessageID) (Message, error) {
	if p, ok := m.find(func(p Parcel) bool { return p.Message != nil && p.Message.ID == message }); ok {
		return *p.Message, nil
	}
	return Message{}, errs.New(errs.NotFound, "message.not_found")
}

func (m *memory) SealedOriginal(_ context.Context, message MessageID, look org.Audit) ([]byte, error) {
	p, ok := m.find(func(p Parcel) bool { return p.Message != nil && p.Message.ID == message })
	if !ok {
		return nil, errs.New(errs.NotFound, "message.not_found")
	}
	m.looks = append(m.looks, look)
	return p.Sealed, nil
}

var morning = time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)

func agent() org.Actor { return org.Actor{Account: "a1", Roles: org.Roles{org.RoleAgent}} }

func newIntake(t *testing.T) (*Intake, *memory) {
	t.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	store := &memory{}
	return New(store, sealer, func() time.Time { return morning }), store
}

func receive(t *testing.T, in *Intake, d Delivery) Receipt {
	t.Helper()
	r, err := in.Receive(t.Context(), agent(), d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNothingPersonalOutsideTheSeal: the name and phone that the channel
// names, and those in the words, are in no field that the store keeps open.
func TestNothingPersonalOutsideTheSeal(t *testing.T) {
	in, store := newIntake(t)
	receive(t, in, Delivery{
		Channel: Hotline, Name: "欧阳小满", Phone: "138 0000 0021", Place: "文昌路12号3栋502室",
		Title: "欧阳小满反映路灯", Text: "我叫欧阳小满，电话13800000021，文昌路的路灯不亮，备用电话０１３９００００００３３",
	})
	open := store.parcels[0]
	open.Sealed = nil
	stored, err := json.Marshal(open)
	if err != nil {
		t.Fatal(err)
	}
	stored = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAll(stored, nil) // ids may have any digits
	for _, secret := range []string{"欧阳小满", "13800000021", "13900000033", "０１３９", "502"} {
		if strings.Contains(string(stored), secret) {
			t.Errorf("%s stands open in %s", secret, stored)
		}
	}
	m := open.Message
	for _, fact := range []string{"文昌路", "路灯不亮"} {
		if !strings.Contains(m.Text, fact) {
			t.Errorf("%q is lost in %q", fact, m.Text)
		}
	}
	if m.PhoneHint != "138****0021" {
		t.Errorf("phone hint %q", m.PhoneHint)
	}
	if len(m.Matters) != 1 || m.Matters[0].Text != m.Text || m.Matters[0].State != MatterOpen || m.Matters[0].Ordinal != 1 {
		t.Errorf("matters %+v", m.Matters)
	}
}

func TestOriginalIsReadWithAReasonAndLeavesALine(t *testing.T) {
	in, store := newIntake(t)
	m := receive(t, in, Delivery{Channel: Web, Text: "我叫欧阳小满", Name: "欧阳小满", Phone: "13800000021"}).Message
	if _, err := in.ReadOriginal(t.Context(), agent(), m.ID, ""); errs.CodeOf(err) != "field.required" {
		t.Errorf("without a reason: %v", err)
	}
	editor := org.Actor{Account: "e1", Roles: org.Roles{org.RoleEditor}}
	if _, err := in.ReadOriginal(t.Context(), editor, m.ID, "好奇"); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an editor: %v", err)
	}
	if len(store.looks) != 0 {
		t.Fatalf("refused looks are logged as looks: %v", store.looks)
	}
	o, err := in.ReadOriginal(t.Context(), agent(), m.ID, "回电核实")
	if err != nil {
		t.Fatal(err)
	}
	if o != (Original{Text: "我叫欧阳小满", Name: "欧阳小满", Phone: "13800000021"}) {
		t.Errorf("original %+v", o)
	}
	want := org.Audit{At: morning, Actor: "a1", Action: "read_original", Object: "message:" + string(m.ID), Detail: "回电核实"}
	if len(store.looks) != 1 || store.looks[0] != want {
		t.Errorf("log %+v", store.looks)
	}
	if _, err := in.ReadOriginal(t.Context(), agent(), "x' or 1=1", "核实"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("an id that is none: %v", err)
	}
}

// TestSealFitsOneMessageOnly: the sealed words of one message cannot be passed
// off as another's.
func TestSealFitsOneMessageOnly(t *testing.T) {
	in, store := newIntake(t)
	receive(t, in, Delivery{Channel: Web, Text: "路灯不亮"})
	second := receive(t, in, Delivery{Channel: Web, Text: "井盖没了"}).Message
	store.parcels[1].Sealed = store.parcels[0].Sealed
	if o, err := in.ReadOriginal(t.Context(), agent(), second.ID, "核实"); errs.CodeOf(err) != "seal.open" {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestSameNumberOnSameChannelIsTheFirstMessage(t *testing.T) {
	in, store := newIntake(t)
	first := receive(t, in, Delivery{Channel: Web, ExternalID: "W1", Text: "路灯不亮"})
	again := receive(t, in, Delivery{Channel: Web, ExternalID: "W1", Text: "路灯还是不亮"})
	if !again.Duplicate || again.Contact != first.Contact || again.Message.ID != first.Message.ID || again.Message.Text != "路灯不亮" {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if other := receive(t, in, Delivery{Channel: App, ExternalID: "W1", Text: "路灯不亮"}); other.Duplicate {
		t.Error("another channel's number counts as known")
	}
	if len(store.parcels) != 2 {
		t.Errorf("%d parcels", len(store.parcels))
	}
}

func TestSilentCallIsAContactWithoutMessage(t *testing.T) {
	in, store := newIntake(t)
	for range 2 {
		r := receive(t, in, Delivery{Channel: Hotline, ExternalID: "T1", Outcome: Silent, Phone: "13800000021"})
		if r.Message != nil || r.Contact == "" {
			t.Errorf("receipt %+v", r)
		}
	}
	if len(store.parcels) != 1 || store.parcels[0].Sealed != nil || store.parcels[0].Contact.Outcome != Silent {
		t.Errorf("stored %+v", store.parcels)
	}
}

// TestWhatWasSettledInTheCallWaitsForNobody: an answered or transferred call has
// words and is no work any more; who was cut off still had something to say.
func TestWhatWasSettledInTheCallWaitsForNobody(t *testing.T) {
	in, _ := newIntake(t)
	for outcome, want := range map[Outcome]MatterState{
		Received: MatterOpen, Answered: MatterAnswered, Transferred: MatterAnswered, Dropped: MatterOpen, Silent: MatterOpen,
	} {
		r := receive(t, in, Delivery{Channel: Hotline, Outcome: outcome, Text: "居住证怎么续签"})
		if got := r.Message.Matters[0].State; got != want {
			t.Errorf("%s begins %s, want %s", outcome, got, want)
		}
	}
}

func TestAnonymousLeavesNoContact(t *testing.T) {
	in, store := newIntake(t)
	m := receive(t, in, Delivery{Channel: Hotline, Anonymous: true, Name: "欧阳小满", Phone: "13800000021", Text: "有人占道"}).Message
	o, err := in.ReadOriginal(t.Context(), agent(), m.ID, "核实")
	if err != nil || o.Name != "" || o.Phone != "" || m.PhoneHint != "" || store.parcels[0].PhoneHash != nil {
		t.Errorf("original %+v, hint %q, hash %x, %v", o, m.PhoneHint, store.parcels[0].PhoneHash, err)
	}
}

func TestWhoMayDeliver(t *testing.T) {
	in, store := newIntake(t)
	d := Delivery{Channel: Web, Text: "路灯不亮"}
	bound := agent()
	bound.Channels = []string{"wechat"}
	for name, actor := range map[string]org.Actor{"nobody": {}, "token of another channel": bound} {
		if _, err := in.Receive(t.Context(), actor, d); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(store.parcels) != 0 {
		t.Error("something was stored")
	}
	bound.Channels = []string{"wechat", "web"}
	if _, err := in.Receive(t.Context(), bound, d); err != nil {
		t.Errorf("token of this channel: %v", err)
	}
}

func TestReceiveHandsOnWhatTheStoreSays(t *testing.T) {
	in, store := newIntake(t)
	store.failures = 1
	d := Delivery{Channel: Web, ExternalID: "W1", Text: "路灯不亮"}
	if _, err := in.Receive(t.Context(), agent(), d); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("got %v", err)
	}
	if r := receive(t, in, d); r.Duplicate {
		t.Error("the failed delivery was stored")
	}
	var faults errs.List
	if _, err := in.Receive(t.Context(), agent(), Delivery{}); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("an empty delivery: %v", err)
	}
}

func (m *memory) MessageTurns(_ context.Context, _ MessageID) ([]Turn, error) {
	return m.parcels[len(m.parcels)-1].Turns, nil
}
