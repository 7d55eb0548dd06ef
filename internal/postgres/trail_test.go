package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/seal"
)

// head is an anchor in memory: the file is cmd's.
type head struct{ org.AuditLink }

func (h *head) Load() (org.AuditLink, error) { return h.AuditLink, nil }

func (h *head) Save(l org.AuditLink) error {
	h.AuditLink = l
	return nil
}

// chained is a city whose audit log is a chain.
type chained struct {
	*city
	trail *org.Trail
	head  *head
	now   time.Time
}

func newChained(t *testing.T) *chained {
	t.Helper()
	key, err := seal.New([]byte(strings.Repeat("k", seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	c := &chained{city: newCity(t), head: &head{}, now: start}
	c.trail = org.NewTrail(c.city, key, c.head, func() time.Time { return c.now })
	return c
}

// write adds lines that were written at the time of the clock.
func (c *chained) write(n int) {
	c.t.Helper()
	for i := range n {
		c.must(c.RecordSignIn(c.t.Context(), nil, "", org.Audit{At: c.now, Action: "signin_failed", Object: "login:li", Detail: fmt.Sprint(i)}))
	}
}

// force changes what is append-only, as somebody with the database's own
// password could.
func (c *chained) force(sql ...string) {
	c.t.Helper()
	for _, s := range slices.Concat(
		[]string{`ALTER TABLE audit DISABLE TRIGGER ALL`, `ALTER TABLE audit_link DISABLE TRIGGER ALL`}, sql,
		[]string{`ALTER TABLE audit ENABLE TRIGGER ALL`, `ALTER TABLE audit_link ENABLE TRIGGER ALL`},
	) {
		c.must(c.ExecForTest(c.t.Context(), s))
	}
}

// finds verifies and wants each of the faults to begin so, in order.
func (c *chained) finds(want ...string) {
	c.t.Helper()
	v, err := c.trail.Verify(c.t.Context())
	c.must(err)
	ok := len(v.Faults) == len(want)
	for i := range want {
		ok = ok && strings.HasPrefix(v.Faults[i], want[i])
	}
	if !ok {
		c.t.Errorf("faults %q, want %q", v.Faults, want)
	}
}

func TestTheAuditLogIsAChain(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.write(20)
	all := c.count(`SELECT count(*) FROM audit`)
	var wg sync.WaitGroup
	for range 3 { // several processes
		wg.Go(func() {
			if _, err := c.trail.Extend(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c.write(2)
	v, err := c.trail.Verify(t.Context())
	if err != nil || v.Links != int64(all) || v.Waiting != 2 || len(v.Faults) != 0 || c.head.Ordinal != int64(all) {
		t.Fatalf("%+v, %v, remembered %d of %d", v, err, c.head.Ordinal, all)
	}
	if n, err := c.trail.Extend(t.Context()); n != 2 || err != nil {
		t.Errorf("%d more, %v", n, err)
	}
	c.finds()
}

// TestTamperingIsFound: each test of a city of its own, by somebody who may
// write everything in the database but has neither key nor anchor.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql  []string
		want []string
	}{
		"a line is changed": {
			[]string{`UPDATE audit SET detail = 'x' WHERE id = (SELECT audit_id FROM audit_link WHERE ordinal = 5)`}, []string{"第 5 条"},
		},
		"a line is moved to another day": {
			[]string{`UPDATE audit SET at = at + interval '1 day' WHERE id = (SELECT audit_id FROM audit_link WHERE ordinal = 5)`}, []string{"第 5 条"},
		},
		"a line is taken out": {
			[]string{`DELETE FROM audit WHERE id = (SELECT audit_id FROM audit_link WHERE ordinal = 5)`}, []string{"第 5 条不见了"},
		},
		"a line is taken out with its link": {
			[]string{`DELETE FROM audit WHERE id = (SELECT audit_id FROM audit_link WHERE ordinal = 5)`, `DELETE FROM audit_link WHERE ordinal = 5`},
			[]string{"缺少第 5 环"},
		},
		"and the rest is numbered anew": {
			[]string{
				`DELETE FROM audit WHERE id = (SELECT audit_id FROM audit_link WHERE ordinal = 5)`, `DELETE FROM audit_link WHERE ordinal = 5`,
				`ALTER TABLE audit_link DROP CONSTRAINT audit_link_pkey`, `UPDATE audit_link SET ordinal = ordinal - 1 WHERE ordinal > 5`,
			},
			[]string{"第 6 条", "本机记得封存到第"},
		},
		"the end is cut off": {
			[]string{`DELETE FROM audit WHERE id >= (SELECT audit_id FROM audit_link WHERE ordinal = 9)`, `DELETE FROM audit_link WHERE ordinal >= 9`},
			[]string{"本机记得封存到第"},
		},
		"a line is put in with an invented link": {
			[]string{
				`INSERT INTO audit (at, action, object, detail, roles) SELECT at, action, object, 'invented', roles FROM audit ORDER BY id DESC LIMIT 1`,
				`INSERT INTO audit_link (ordinal, audit_id, key_id, hash) SELECT max(ordinal) + 1, (SELECT max(id) FROM audit), min(key_id), decode(repeat('00', 32), 'hex') FROM audit_link`,
			},
			[]string{"第 "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChained(t)
			c.write(20 - c.count(`SELECT count(*) FROM audit`))
			_, err := c.trail.Extend(t.Context())
			c.must(err)
			c.finds()
			c.force(tt.sql...)
			c.finds(tt.want...)
		})
	}
}

func TestACutChainStaysFoundUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.write(20)
	_, err := c.trail.Extend(t.Context())
	c.must(err)
	c.force(`DELETE FROM audit WHERE id >= (SELECT audit_id FROM audit_link WHERE ordinal = 9)`, `DELETE FROM audit_link WHERE ordinal >= 9`)
	c.write(2)
	if n, err := c.trail.Extend(t.Context()); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	c.finds("本机记得封存到第")
	c.write(100) // longer than it was
	_, err = c.trail.Extend(t.Context())
	c.must(err)
	c.finds("本机记得封存到第")
	c.must(c.trail.Accept(t.Context()))
	c.finds()
}

func TestALineThatNobodyLinkedIsFound(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.write(3)
	c.finds()
	c.now = c.now.Add(11 * time.Minute)
	c.finds("有 ")
}

// TestWhoSawAPersonsData: by phone and by case, and nobody else's; the search
// is on record, the phone is not.
func TestWhoSawAPersonsData(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine, other := o.file("a", 0), o.file("b", 1)
	hashed := func(phone string) [][]byte { return [][]byte{[]byte("by a newer key " + phone), []byte(phone)} }
	hash := func(phone string) ([][]byte, error) {
		switch phone {
		case "没有数字":
			return nil, nil
		case "13800000013":
			return nil, errs.New(errs.Unavailable, "seal.key_file", "keys")
		}
		return hashed(phone), nil
	}
	_, err := o.ListForTest(t.Context(), `
		UPDATE message SET phone_hash = $1
		WHERE id = (SELECT message_id FROM matter WHERE id = $2)
		RETURNING id::text`, hashed("13800000011")[1], mine.Matter)
	o.must(err)
	look := func(d casework.Docket, why string) {
		var message intake.MessageID
		message, err := o.MessageOf(t.Context(), d.ID)
		o.must(err)
		_, err = o.SealedOriginal(t.Context(), message, org.Audit{At: o.now, Actor: o.unit.Account, Action: "read_original", Object: "message:" + string(message), Detail: why})
		o.must(err)
	}
	look(mine, "约上门时间")
	look(other, "别人的")
	r := casework.ContactRequest{ID: id.New[casework.ContactRequestID](), Case: mine.ID, By: o.unit.Account, At: o.now, Why: "约时间"}
	o.must(o.InsertContactRequest(t.Context(), r, org.Audit{At: o.now, Actor: r.By, Action: "ask_contact", Object: "case:" + string(mine.ID), Detail: r.Why}))
	looks := org.NewLooks(o, hash, func() time.Time { return o.now })
	admin := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}
	for _, key := range []string{" 13800000011 ", mine.Number} {
		found, err := looks.Find(t.Context(), admin, key, "诉求人询问")
		o.must(err)
		if len(found) != 2 || found[0].Action != "ask_contact" || found[0].Case != mine.Number || found[1].Detail != "约上门时间" ||
			found[1].Name != "unit1" || found[1].Unit != o.units[1].Name {
			t.Errorf("%s: %+v", key, found)
		}
	}
	if found, err := looks.Find(t.Context(), admin, "13800000012", "诉求人询问"); err != nil || len(found) != 0 {
		t.Errorf("of nobody: %+v, %v", found, err)
	}
	_, err = looks.Find(t.Context(), admin, "没有数字", "诉求人询问")
	wants(t, err, errs.Invalid, "looks.key")
	_, err = looks.Find(t.Context(), admin, "13800000013", "诉求人询问")
	wants(t, err, errs.Unavailable, "seal.key_file")
	_, err = looks.Find(t.Context(), admin, "13800000011", " ")
	wants(t, err, errs.Invalid, "field.required")
	_, err = looks.Find(t.Context(), o.agent, "13800000011", "好奇")
	wants(t, err, errs.Forbidden, "role.forbidden")
	lines := o.list(`SELECT object || ' ' || detail FROM audit WHERE action = 'search_looks' ORDER BY id`)
	if want := []string{"looks:phone 诉求人询问", "looks:case:" + mine.Number + " 诉求人询问", "looks:phone 诉求人询问"}; !slices.Equal(lines, want) {
		t.Errorf("on record %q", lines)
	}
}
