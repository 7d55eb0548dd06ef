package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"huying/intake"
)

// resealed is how many originals the rotation of the test below has before it:
// ten transactions, so that a kill meets it between two.
const resealed = 2000

// TestARotationKilledAtAnyMoment kills `huying keys rotate`, and with it the
// database that it runs, at random moments. The next one goes on; in the end
// everything opens, with the newest key alone, and the audit log verifies.
func TestARotationKilledAtAnyMoment(t *testing.T) {
	const seed = 20261127
	random := rand.New(rand.NewPCG(seed, seed))
	home := cityHome(t)
	if err := linked(t, home).stop(syscall.SIGTERM); err != nil { // under the key that goes
		t.Fatal(err)
	}
	fillVault(t, home)
	began := time.Now()
	if out, code := runCommand(t, home, "keys", "rotate"); code != exitOK {
		t.Fatalf("rotate: %s", out)
	}
	whole := time.Since(began)
	cut := 0
	for range 12 {
		cmd := newCommand(t, home, "keys", "rotate")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
		case <-time.After(time.Duration(random.Int64N(int64(whole)))):
			cmd.Process.Kill()
			<-ended
		}
		nothingLeft(t, home)
		if k := keysOf(t, home); k.under > 1 {
			cut++
		}
	}
	t.Logf("%d of 12 kills left a rotation half done; undisturbed one takes %v", cut, whole)
	if cut == 0 {
		t.Error("no kill met a rotation: the test shows nothing")
	}
	if out, code := runCommand(t, home, "keys", "rotate"); code != exitOK {
		t.Fatalf("rotate: %s", out)
	}
	k := keysOf(t, home)
	if k.under != 1 || k.originals[0] < resealed {
		t.Errorf("after the last rotation %+v", k)
	}
	for _, id := range k.ids[1:] {
		if out, code := runCommand(t, home, "keys", "drop", id); code != exitOK {
			t.Errorf("drop: %s", out)
		}
	}
	if out, code := runCommand(t, home, "keys", "drop", k.ids[0]); code == exitOK {
		t.Errorf("the key in use was dropped: %s", out)
	}
	c := linked(t, home)
	if raw, err := os.ReadFile(filepath.Join(home, "data", "originals.key")); err != nil || bytes.Count(raw, []byte("\n"))-bytes.Count(raw, []byte("audit:")) != 1 {
		t.Errorf("the file holds more than the newest key: %v", err)
	}
	agent := c.caller(t, "agent1")
	m := agent.receive(t, delivery{Channel: "hotline", Text: "楼下的路灯坏了，请尽快来修", Name: "欧阳锦绣", Phone: "13900000456"}).Message.Matters[0]
	v := c.visitor(t, "admin1")
	for _, matter := range []string{m.ID, agent.everyMatter(t, "open")[30].Matter} {
		v.get(t, "/desk/"+matter)
		if r := v.post(t, "/desk/"+matter+"/original", url.Values{"why": {"核对"}}); r.status != 200 {
			t.Errorf("the original of %s: %d", matter, r.status)
		}
	}
}

// linked serves a home, and waits until its audit log is linked and verifies.
func linked(t *testing.T, home string) *city {
	t.Helper()
	c := serve(t, home)
	eventually(t, time.Minute, "the audit log verifies", func() bool {
		out, code := runCommand(t, home, "audit", "verify")
		return code == exitOK && !strings.Contains(out, "已封存 0 条")
	})
	return c
}

// keyring is what `huying keys` says, the key that seals first.
type keyring struct {
	ids       []string
	originals []int
	under     int // keys that originals are sealed with
}

func keysOf(t *testing.T, home string) keyring {
	t.Helper()
	out, code := runCommand(t, home, "keys")
	found := regexp.MustCompile(`(?m)^([0-9a-f]{8})  原文 (\d+) 条，审计记录 \d+ 条`).FindAllStringSubmatch(out, -1)
	if code != exitOK || len(found) == 0 {
		t.Fatalf("keys: %s", out)
	}
	var k keyring
	for _, m := range found {
		n, _ := strconv.Atoi(m[2])
		k.ids, k.originals = append(k.ids, m[1]), append(k.originals, n)
		if n > 0 {
			k.under++
		}
	}
	return k
}

// fillVault stores originals as deliveries leave them.
func fillVault(t *testing.T, home string) {
	t.Helper()
	a := &app{
		console:  console{Getenv: os.Getenv, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}},
		settings: Settings{Home: home, PG: "18", Blind: "0", NotifySettings: NotifySettings{Quiet: "off"}}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	db, err := a.openStore(t.Context(), asGuest)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ring, err := a.openRing(db.dirs)
	if err != nil {
		t.Fatal(err)
	}
	in := intake.New(db.DB, ring, a.now)
	for i := range resealed {
		d := intake.Delivery{Channel: intake.Web, ExternalID: fmt.Sprint("vault", i), Text: fmt.Sprintf("第 %d 盏路灯不亮", i), Phone: fmt.Sprintf("138000%05d", i)}
		if _, err := in.Receive(t.Context(), operator(), d); err != nil {
			t.Fatal(err)
		}
	}
}
