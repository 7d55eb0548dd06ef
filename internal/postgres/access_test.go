package postgres_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/pgtest"
	"huying/internal/postgres"
)

// Two processes serve one database. What one has remembered of a token ends with
// what the other changes, and while a process does not hear of changes it
// remembers nothing.
func TestWhoActsIsRememberedUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	url := pgtest.Clone(t, template())
	c, other := fill(t, openDB(t, url)), openDB(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	line := org.Audit{At: start, Actor: c.account, Action: "create_token", Object: "token:x"}
	token := func(n byte) org.Token {
		k := org.Token{ID: id.New[string](), Name: "平台" + string('a'+rune(n)), Hash: [32]byte{n}, Account: c.account, CreatedAt: start}
		c.must(c.InsertToken(t.Context(), k, line))
		return k
	}
	asks := func(k org.Token) error {
		_, err := c.ActorOfToken(t.Context(), k.Hash, start)
		return err
	}
	// remembered asks until it is, once the process hears of changes.
	remembered := func(k org.Token) {
		t.Helper()
		for !c.RemembersForTest(k.Hash) {
			if err := asks(k); err != nil {
				t.Fatal(err)
			}
			if ctx.Err() != nil {
				t.Fatal("it is never remembered who acts")
			}
		}
	}
	forgotten := func(k org.Token) {
		t.Helper()
		for c.RemembersForTest(k.Hash) {
			if ctx.Err() != nil {
				t.Fatal("it is never forgotten who acts")
			}
			runtime.Gosched()
		}
	}

	first := token(1)
	remembered(first)
	c.must(other.RevokeToken(t.Context(), first.Name, "", line))
	forgotten(first)
	wants(t, asks(first), errs.NotFound, "token.invalid")

	second := token(2)
	remembered(second)
	c.must(other.SetRoles(t.Context(), "li", org.Roles{org.RoleAgent, org.RoleEditor}, "", line))
	forgotten(second)
	actor, err := c.ActorOfToken(t.Context(), second.Hash, start)
	if err != nil || !actor.Roles.Has(org.RoleEditor) {
		t.Errorf("after the roles changed: %+v, %v", actor, err)
	}

	// Being used and a new password change nothing in who acts.
	remembered(second)
	_, err = c.ActorOfToken(t.Context(), second.Hash, start.Add(3*org.TokenNoted))
	c.must(err)
	c.must(c.ResetPassword(t.Context(), "li", "x", start, line))
	if !c.RemembersForTest(second.Hash) {
		t.Error("use and a password made it forget")
	}

	// A revocation here holds for what is asked next.
	c.must(c.RevokeToken(t.Context(), second.Name, "", line))
	wants(t, asks(second), errs.NotFound, "token.invalid")

	third := token(3)
	remembered(third)
	c.must(c.ExecForTest(t.Context(), `
		SELECT pg_terminate_backend(pid)
		FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'LISTEN%'`))
	forgotten(third)
	remembered(third) // it listens again
}

// So do the areas and units.
func TestTheDirectoryIsRememberedUntilItChanges(t *testing.T) {
	t.Parallel()
	url := pgtest.Clone(t, template())
	c, other := fill(t, openDB(t, url)), openDB(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	line := org.Audit{At: start, Action: "import_listing", Object: "directory"}
	until := func(what string, holds func(*org.Directory) bool) {
		t.Helper()
		for {
			d, err := c.Directory(t.Context())
			c.must(err)
			if holds(d) {
				return
			}
			if ctx.Err() != nil {
				t.Fatal(what)
			}
			runtime.Gosched()
		}
	}
	name := func(d *org.Directory) string {
		a, _ := d.Area("4401")
		return a.Name
	}
	rename := func(db *postgres.DB, to string) {
		t.Helper()
		c.must(db.SaveListing(t.Context(), postgres.Listing{Areas: []org.Area{{Code: "4401", Name: to, Level: org.LevelCity}}}, line))
	}
	rename(c.DB, "云亭市")
	until("it is never remembered", func(*org.Directory) bool { return c.RemembersDirectoryForTest() })
	rename(other, "云亭新市")
	until("what another process changes is never heard of", func(d *org.Directory) bool { return name(d) == "云亭新市" })

	until("it is not remembered again", func(*org.Directory) bool { return c.RemembersDirectoryForTest() })
	rename(c.DB, "云亭市")
	if d, err := c.Directory(t.Context()); err != nil || name(d) != "云亭市" {
		t.Errorf("what was changed here is not what is read next: %v", err)
	}
}
