package postgres_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/seal"
)

// secretOffice is an office where one message is received as intake does.
type secretOffice struct {
	*office
	intake  *intake.Intake
	secrets *intake.Secrets
	second  org.Actor
}

func newSecretOffice(t *testing.T) *secretOffice {
	t.Helper()
	o := newOffice(t)
	key, err := seal.New([]byte(strings.Repeat("k", 32)))
	o.must(err)
	clock := func() time.Time { return o.now }
	return &secretOffice{
		office: o, intake: intake.New(o, key, clock), secrets: intake.NewSecrets(o, key, clock),
		second: org.Actor{Account: o.colleague("second"), Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}},
	}
}

func (o *secretOffice) receive(external, text string) intake.Message {
	o.t.Helper()
	r, err := o.intake.Receive(o.t.Context(), o.agent, intake.Delivery{Channel: intake.Hotline, ExternalID: external, Text: text, Name: "王某", Phone: "13800000123", Place: "松柏路"})
	o.must(err)
	return *r.Message
}

// propose stores what the machine made of a matter.
func (o *secretOffice) propose(m intake.MatterID) classifier.SuggestionID {
	o.t.Helper()
	made := o.outcome(m, 0, 0.7)
	_, err := o.InsertOutcome(o.t.Context(), made)
	o.must(err)
	return made.Suggestion.ID
}

// everything is all text in the database.
func (o *secretOffice) everything() string {
	o.t.Helper()
	var b bytes.Buffer
	_, err := o.Backup(o.t.Context(), &b, o.now)
	o.must(err)
	z, err := gzip.NewReader(&b)
	o.must(err)
	all, err := io.ReadAll(z)
	o.must(err)
	return string(all)
}

const secretWords = "我捡到一份写着机密的演练图纸"

// TestWhatIsLockedIsNowhereButSealed: after the lock the words are in no table
// and in no backup, nothing is made of them any more, and who is named reads
// them; unlocked by two people, they are back.
func TestWhatIsLockedIsNowhereButSealed(t *testing.T) {
	t.Parallel()
	o := newSecretOffice(t)
	ctx := t.Context()
	msg := o.receive("a", "我捡到一份演练图纸，不知道交给谁") // says nothing of a grade: a person has to
	m := msg.Matters[0].ID
	s := o.propose(m)
	d := o.confirm(m, s, 0)
	_, err := o.cases.InsertDecision(ctx, d, "")
	o.must(err)
	if !strings.Contains(o.everything(), "演练图纸") || o.count(`SELECT count(*) FROM confirmed_example WHERE matter_id = $1`, m) != 1 {
		t.Fatal("the words are not there to begin with: the test shows nothing")
	}
	wants(t, o.secrets.Lock(ctx, o.unit, msg.ID, "涉密", []string{"second"}), errs.Forbidden, "role.forbidden")
	wants(t, o.secrets.Lock(ctx, o.agent, msg.ID, "", nil), errs.Invalid, "field.required")
	wants(t, o.secrets.Lock(ctx, o.agent, msg.ID, "涉密", []string{"nobody"}), errs.NotFound, "account.not_found")
	o.must(o.secrets.Lock(ctx, o.agent, msg.ID, "像是国家秘密", []string{"second"}))
	wants(t, o.secrets.Lock(ctx, o.agent, msg.ID, "再封一次", []string{"second"}), errs.Conflict, "secret.locked")
	if all := o.everything(); strings.Contains(all, "演练图纸") || strings.Contains(all, "松柏路") {
		t.Error("a backup holds what is locked")
	}
	for _, table := range []string{"matter_vector", "confirmed_example"} {
		if n := o.count(`SELECT count(*) FROM `+table+` WHERE matter_id = $1`, m); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}

	// nothing is made of it again
	if _, _, done, err := o.MatterToSuggest(ctx, m); err != nil || !done {
		t.Errorf("it waits for a suggestion: %v, %v", done, err)
	}
	revised := o.confirm(m, s, 0)
	revised.Previous, revised.Kind, revised.Urgency = d.ID, classifier.Correct, intake.UrgencyA
	_, err = o.cases.InsertDecision(ctx, revised, "")
	o.must(err)
	if n := o.count(`SELECT count(*) FROM confirmed_example WHERE matter_id = $1`, m); n != 0 {
		t.Error("a decision made it an example")
	}
	if err := o.ExecForTest(ctx, `INSERT INTO matter_vector (matter_id, model, part, v) VALUES ($1, 'm', 'text', '[1,2]')`, m); err != nil || o.count(`SELECT count(*) FROM matter_vector WHERE matter_id = $1`, m) != 0 {
		t.Errorf("a vector was stored, %v", err)
	}
	f, err := o.File(ctx, m)
	if err != nil || f.Suggestion != nil || f.Matter.Text != intake.LockedText || f.Message.Place != "" {
		t.Errorf("the desk shows %+v, %v", f.Matter, err)
	}
	if stateOf(o.ExecForTest(ctx, `UPDATE suggestion SET doubt = 'sure' WHERE id = $1`, s)) != "23001" {
		t.Error("a suggestion of what is locked can be changed")
	}

	// who reads it
	_, err = o.intake.ReadOriginal(ctx, o.agent, msg.ID, "想看")
	wants(t, err, errs.Forbidden, "secret.readers")
	got, err := o.intake.ReadOriginal(ctx, o.second, msg.ID, "判断密级")
	if err != nil || !strings.Contains(got.Text, "演练图纸") || got.Locked != nil {
		t.Errorf("who is named reads %+v, %v", got, err)
	}
	if sealed, err := o.SealedOf(ctx, []intake.MessageID{msg.ID}, org.Audit{At: o.now, Actor: o.account, Action: "read_original"}); err != nil || len(sealed) != 0 {
		t.Errorf("it goes out with a citizen's own data: %d, %v", len(sealed), err)
	}

	// two people unlock it
	wants(t, o.secrets.Unlock(ctx, o.second, msg.ID), errs.Conflict, "secret.not_asked")
	o.must(o.secrets.AskUnlock(ctx, o.agent, msg.ID, "核实不涉密"))
	wants(t, o.secrets.AskUnlock(ctx, o.second, msg.ID, "也想"), errs.Conflict, "secret.asked")
	wants(t, o.secrets.Unlock(ctx, o.agent, msg.ID), errs.Forbidden, "secret.own")
	locks, err := o.secrets.List(ctx, o.second)
	if err != nil || len(locks) != 1 || !locks[0].MayRead(o.second) || locks[0].MayRead(o.agent) || locks[0].LiftBy != o.account || locks[0].Names[o.second.Account] == "" {
		t.Errorf("locks %+v, %v", locks, err)
	}
	o.must(o.secrets.Unlock(ctx, o.second, msg.ID))
	wants(t, o.secrets.Unlock(ctx, o.second, msg.ID), errs.NotFound, "secret.not_locked")
	back, err := o.Message(ctx, msg.ID)
	if err != nil || back.Text != msg.Text || back.Place != msg.Place || back.Matters[0].Text != msg.Matters[0].Text || back.Secret != intake.SecretClear {
		t.Errorf("back is %+v, %v", back, err)
	}
	if _, _, done, err := o.MatterToSuggest(ctx, m); err != nil || done {
		t.Errorf("its suggestion is not made anew: %v, %v", done, err)
	}
	lines := o.list(`SELECT action FROM audit WHERE object = $1 ORDER BY id`, "message:"+string(msg.ID))
	if strings.Join(lines, " ") != "lock_secret read_original ask_unlock unlock_secret" {
		t.Errorf("audit %q", lines)
	}
}

// TestWhatMayBeSecretWaitsForAPerson: words that speak of secret papers are not
// embedded, suggested for or answered before somebody has looked.
func TestWhatMayBeSecretWaitsForAPerson(t *testing.T) {
	t.Parallel()
	o := newSecretOffice(t)
	ctx := t.Context()
	msg := o.receive("a", secretWords)
	if msg.Secret != intake.SecretHeld {
		t.Fatalf("it is %q", msg.Secret)
	}
	m := msg.Matters[0].ID
	if ids, err := o.Unsuggested(ctx, o.now.Add(time.Hour), 10); err != nil || len(ids) != 0 {
		t.Errorf("jobs would take %v, %v", ids, err)
	}
	if _, _, done, err := o.MatterToSuggest(ctx, m); err != nil || !done {
		t.Errorf("a job that has its number goes on: %v, %v", done, err)
	}
	wants(t, o.secrets.Clear(ctx, o.unit, msg.ID), errs.Forbidden, "role.forbidden")
	o.must(o.secrets.Clear(ctx, o.agent, msg.ID))
	wants(t, o.secrets.Clear(ctx, o.agent, msg.ID), errs.Conflict, "secret.not_held")
	if ids, err := o.Unsuggested(ctx, o.now.Add(time.Hour), 10); err != nil || len(ids) != 1 {
		t.Errorf("after a person has looked jobs take %v, %v", ids, err)
	}
}

// TestALockBeatsWhatIsUnderWay: vectors that are being stored while the message
// is locked are never left.
func TestALockBeatsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	o := newSecretOffice(t)
	for i := range 12 {
		msg := o.receive(string(rune('a'+i)), "这里有一份不能外传的图纸")
		m := msg.Matters[0].ID
		made := o.outcome(m, 0, 0.7)
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := o.InsertOutcome(t.Context(), made)
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := o.secrets.Lock(t.Context(), o.agent, msg.ID, "涉密", []string{"second"}); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if n := o.count(`SELECT count(*) FROM matter_vector WHERE matter_id = $1`, m); n != 0 {
			t.Fatalf("%d vectors are left of what was locked meanwhile", n)
		}
		if n := o.count(`SELECT count(*) FROM suggestion WHERE matter_id = $1 AND body <> '{}'`, m); n != 0 {
			t.Fatalf("a suggestion of it is left")
		}
	}
}
