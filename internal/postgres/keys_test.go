package postgres_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/privacy"
	"huying/internal/seal"
)

// vault is a city whose originals are really sealed.
type vault struct {
	*city
	ring     *seal.Ring
	intake   *intake.Intake
	rotation *privacy.Rotation
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{city: newCity(t)}
	var err error
	v.ring, err = seal.OpenRing(filepath.Join(t.TempDir(), "originals.key"))
	v.must(err)
	clock := func() time.Time { return start }
	v.intake = intake.New(v.city, v.ring, clock)
	v.rotation = privacy.NewRotation(v.city, v.ring, clock)
	return v
}

func (v *vault) agent() org.Actor {
	return org.Actor{Account: v.account, Roles: org.Roles{org.RoleAgent}}
}

func (v *vault) says(number, words, phone string) intake.Message {
	v.t.Helper()
	r, err := v.intake.Receive(v.t.Context(), v.agent(), intake.Delivery{
		Channel: intake.Hotline, ExternalID: number, Text: words, Name: "某某", Phone: phone, At: start.Add(-time.Hour),
	})
	v.must(err)
	return *r.Message
}

func (v *vault) rotate() string {
	v.t.Helper()
	key, _, err := v.rotation.Rotate(v.t.Context(), func(int, int) {})
	v.must(err)
	return key
}

// TestARotationLeavesNothingUnderTheOldKey: everything opens as before, phones
// are found again, who called is still who called, and the audit log verifies
// over both keys; the old one goes only then, and never comes back.
func TestARotationLeavesNothingUnderTheOldKey(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	ctx := t.Context()
	var all []intake.Message
	for i := range 450 {
		all = append(all, v.says(fmt.Sprint(i), fmt.Sprintf("第 %d 盏路灯不亮", i), fmt.Sprintf("138000%05d", i/3)))
	}
	keys, err := v.ring.Keys()
	v.must(err)
	old := keys[0].ID()
	caller := v.list(`SELECT encode(phone_hash, 'hex') FROM message WHERE id = $1`, all[7].ID)[0]
	v.must(v.ExecForTest(ctx, `
		INSERT INTO round (id, kind, matter_id, caller, heard_at)
		VALUES (gen_random_uuid(), 'unanswered', $1, $2, now())`, all[7].Matters[0].ID, caller))
	h := &head{}
	trail := org.NewTrail(v.city, v.ring, h, func() time.Time { return start })
	_, err = trail.Extend(ctx)
	v.must(err)
	wants(t, v.rotation.Drop(ctx, old), errs.Conflict, "keys.seals")

	key := v.rotate()
	_, err = trail.Extend(ctx)
	v.must(err)
	if n := v.count(`SELECT count(*) FROM original WHERE key_id = $1`, key); key == old || n != len(all) {
		t.Errorf("%d originals under %s, which was %s", n, key, old)
	}
	for _, i := range []int{0, 7, 449} {
		o, err := v.intake.ReadOriginal(ctx, v.agent(), all[i].ID, "核对")
		v.must(err)
		if want := fmt.Sprintf("138000%05d", i/3); o.Phone != want || !strings.Contains(o.Text, fmt.Sprint(i)) {
			t.Errorf("original %d became %+v", i, o)
		}
	}
	phones, err := v.intake.PhoneHashes("13800000002")
	v.must(err)
	if n := v.count(`SELECT count(*) FROM message WHERE phone_hash = ANY ($1)`, phones[:1]); len(phones) != 2 || n != 3 {
		t.Errorf("%d messages of the phone by the newest of %d keys", n, len(phones))
	}
	if n := v.count(`SELECT count(*) FROM round AS r JOIN matter AS m ON m.id = r.matter_id JOIN message AS g ON g.id = m.message_id WHERE r.caller = encode(g.phone_hash, 'hex')`); n != 1 {
		t.Error("the round's caller is another than the message's")
	}

	wants(t, v.rotation.Drop(ctx, "ffffffff"), errs.NotFound, "keys.unknown")
	v.must(v.rotation.Drop(ctx, old))
	v.must(v.rotation.Drop(ctx, old))
	verdict, err := trail.Verify(ctx)
	v.must(err)
	if len(verdict.Faults) > 0 || verdict.Links == 0 || v.count(`SELECT count(DISTINCT key_id) FROM audit_link`) != 2 {
		t.Errorf("%d links, faults %q", verdict.Links, verdict.Faults)
	}
	stale := intake.New(v.city, keys[0], func() time.Time { return start })
	_, err = stale.Receive(ctx, v.agent(), intake.Delivery{Channel: intake.Hotline, ExternalID: "late", Text: "另一台机器还拿着旧密钥"})
	wants(t, err, errs.Unavailable, "seal.key_dropped")
	if n := v.count(`SELECT count(*) FROM contact WHERE external_id = 'late'`); n != 0 {
		t.Error("half of what was refused is there")
	}
	lines, err := v.rotation.List(ctx)
	v.must(err)
	if len(lines) != 2 || !lines[0].Seals || lines[0].Originals != len(all) || !lines[1].Audit || lines[1].Links == 0 || lines[1].Dropped.IsZero() {
		t.Errorf("keys %+v", lines)
	}
	if got := v.list(`SELECT action FROM audit WHERE object LIKE 'key:%' ORDER BY id`); strings.Join(got, " ") != "rotate_keys rotated_keys drop_key" {
		t.Errorf("on record %q", got)
	}
}

// TestAKeyInUseStaysAndARotationIsGoneOnWith: what was interrupted needs no new
// key, and of two who rotate at once one is told.
func TestAKeyInUseStaysAndARotationIsGoneOnWith(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.says("a", "路灯不亮", "13800000001")
	keys, err := v.ring.Keys()
	v.must(err)
	old := keys[0].ID()
	made, err := v.ring.Add() // and the process died
	v.must(err)
	wants(t, v.rotation.Drop(t.Context(), old), errs.Conflict, "keys.in_use")
	v.must(v.RotateAlone(t.Context(), func(ctx context.Context) error {
		_, _, err := v.rotation.Rotate(ctx, func(int, int) {})
		wants(t, err, errs.Conflict, "keys.busy")
		return nil
	}))
	if key := v.rotate(); key != made.ID() {
		t.Errorf("gone on with %s, want %s", key, made.ID())
	}
	if key := v.rotate(); key == made.ID() {
		t.Error("the next rotation made no key")
	}
}

// oneKey is a key of its own.
func oneKey(t *testing.T) *seal.Sealer {
	t.Helper()
	key, err := seal.New([]byte(strings.Repeat("m", seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestMeansOfTheStaffAreSealed: the database holds no number, address or id; what
// an older program stored in clear counts until it is sealed; a rotation takes all
// along, a key in use stays, and without the right one only opening fails.
func TestMeansOfTheStaffAreSealed(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	ctx := t.Context()
	means := casework.NewMeans(v.city, v.ring)
	line := org.Audit{At: start, Actor: v.account, Action: "set_reach", Object: "account"}
	second := org.Account{ID: id.New[org.AccountID](), Login: "second", Name: "second", Roles: org.Roles{org.RoleAgent}, CreatedAt: start}
	v.must(v.InsertAccount(ctx, second, org.Audit{At: start, Action: "create_account", Object: "account"}))
	first, older := casework.Reach{Mobile: "13800000021", Mail: "li@example.gov.cn", WeCom: "li.ming", Supervises: true}, casework.Reach{Mobile: "13800000022"}
	v.must(means.SetReach(ctx, v.account, first, line))
	v.must(v.ExecForTest(ctx, `INSERT INTO reach (account_id, mobile, mail, wecom, supervises) VALUES ($1, $2, '', '', false)`, second.ID, older.Mobile))
	inClear := func() int {
		return v.count(`SELECT count(*) FROM reach AS r WHERE r::text LIKE '%1380000002%' OR r::text LIKE '%li%'`)
	}
	opens := func(m *casework.Means) {
		t.Helper()
		for a, want := range map[org.AccountID]casework.Reach{v.account: first, second.ID: older} {
			if got, err := m.Reach(ctx, a); err != nil || got != want {
				t.Errorf("reach %+v, %v; want %+v", got, err, want)
			}
		}
	}
	opens(means)
	if inClear() != 1 {
		t.Error("what is set is stored in clear")
	}
	for _, want := range []int{1, 0} {
		if n, err := v.rotation.SealMeans(ctx); n != want || err != nil {
			t.Errorf("sealed %d, want %d: %v", n, want, err)
		}
	}
	opens(means)
	if inClear() != 0 {
		t.Error("something is in clear")
	}

	keys, err := v.ring.Keys()
	v.must(err)
	old := keys[0].ID()
	_, err = v.ring.Add()
	v.must(err)
	wants(t, v.rotation.Drop(ctx, old), errs.Conflict, "keys.in_use")
	v.must(v.ExecForTest(ctx, `UPDATE reach SET mobile = $2 WHERE account_id = $1`, second.ID, older.Mobile)) // by an older program
	key := v.rotate()
	if n := v.count(`SELECT count(*) FROM reach WHERE key_id = $1`, key); key == old || n != 2 || inClear() != 0 {
		t.Errorf("%d under the new key, %d in clear", n, inClear())
	}
	opens(means)
	lines, err := v.rotation.List(ctx)
	v.must(err)
	if lines[0].ID != key || lines[0].Originals != 2 {
		t.Errorf("keys %+v", lines)
	}
	v.must(v.rotation.Drop(ctx, old))
	wants(t, casework.NewMeans(v.city, keys[0]).SetReach(ctx, v.account, first, line), errs.Unavailable, "seal.key_dropped")
	stale := filepath.Join(t.TempDir(), "originals.key")
	was, err := seal.OpenRing(stale)
	v.must(err)
	staleKeys, err := was.Keys()
	v.must(err)
	v.must(v.ExecForTest(ctx, `INSERT INTO dropped_key (id, at) VALUES ($1, now())`, staleKeys[0].ID()))
	v.must(v.ExecForTest(ctx, `UPDATE reach SET mobile = $2 WHERE account_id = $1`, second.ID, older.Mobile))
	_, err = privacy.NewRotation(v.city, was, func() time.Time { return start }).SealMeans(ctx)
	wants(t, err, errs.Unavailable, "seal.key_dropped")

	other := casework.NewMeans(v.city, oneKey(t))
	got, err := other.Reach(ctx, v.account)
	wants(t, err, errs.Unavailable, "reach.unopened")
	if got != (casework.Reach{Supervises: true}) {
		t.Errorf("without the key %+v", got)
	}
	v.must(other.SetReach(ctx, v.account, older, line))
	if got, err := other.Reach(ctx, v.account); err != nil || got != older {
		t.Errorf("set anew %+v, %v", got, err)
	}
	v.must(means.SetReach(ctx, second.ID, casework.Reach{}, line))
	if v.count(`SELECT count(*) FROM reach WHERE account_id = $1 AND sealed IS NULL AND key_id IS NULL`, second.ID) != 1 {
		t.Error("nothing is sealed for who has no means")
	}
}
