package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
)

const (
	sendKills   = 4
	sendLetters = 24
)

// deadGateway takes letters as a real one does: a key it has taken already is
// taken again without another delivery. At chosen letters the program is killed,
// before the letter was taken or after, and never gets an answer.
type deadGateway struct {
	mu       sync.Mutex
	posts    map[string]int // requests by key
	phones   map[string]int // deliveries by key
	inHand   int            // requests of this start
	killAt   int            // which of them never gets an answer; 0: none
	taken    bool           // whether that one is delivered
	reached  chan struct{}  // it has come
	released chan struct{}  // the program is gone
}

func (g *deadGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var body struct {
		Phone string `json:"phone"`
		Key   string `json:"request_id"`
	}
	if err != nil || json.Unmarshal(raw, &body) != nil || body.Key == "" || body.Phone == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.inHand++
	g.posts[body.Key]++
	dies := g.inHand == g.killAt
	if !dies || g.taken {
		g.phones[body.Key] = 1 // whatever its key has brought before
	}
	reached, released := g.reached, g.released
	g.mu.Unlock()
	if dies {
		close(reached)
		<-released
		return
	}
	io.WriteString(w, `{"code":0,"msgid":"g-`+body.Key+`"}`)
}

// next prepares a start that is killed at its n-th letter; 0: at none.
func (g *deadGateway) next(n int, taken bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inHand, g.killAt, g.taken, g.reached, g.released = 0, n, taken, make(chan struct{}), make(chan struct{})
}

// kills starts the program and kills it as often as said, each time with the
// nth of what it delivers in hand, before and after the gateway has taken it;
// then it starts it for good. free ends the leases of what was in hand.
func (g *deadGateway) kills(t *testing.T, c *city, times int, nth func(kill int) int, within time.Duration, free func(t *testing.T, home string)) {
	t.Helper()
	for kill := range times {
		g.next(nth(kill), kill%2 == 1)
		if err := c.start(); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		free(t, c.home)
		select {
		case <-g.reached:
		case <-time.After(within):
			t.Fatalf("kill %d: nothing came within %v", kill, within)
		}
		err := c.stop(syscall.SIGKILL)
		close(g.released)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		nothingLeft(t, c.home)
	}
	g.next(0, false)
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	free(t, c.home)
}

// TestKilledWhileItSends kills the program with a letter in hand, before and
// after the gateway has taken it. Once its lease has ended it is sent again under
// the same key: every letter arrives, none twice, and only those that were in
// hand are even asked for twice.
func TestKilledWhileItSends(t *testing.T) {
	g := &deadGateway{posts: map[string]int{}, phones: map[string]int{}}
	g.next(0, false)
	gateway := httptest.NewServer(g)
	defer gateway.Close()
	env := []string{"HUYING_NOTIFY=sms", "HUYING_NOTIFY_URL=" + gateway.URL, "HUYING_NOTIFY_QUIET=off", "HUYING_NOTIFY_OK=code=0", "HUYING_NOTIFY_RATE=6000"}
	c := &city{home: cityHome(t), args: []string{"serve"}, env: env}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	message := c.caller(t, "agent1").receive(t, delivery{Channel: "hotline", Text: "楼下的路灯不亮", Phone: "13800000021"}).Message
	if err := c.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	keys := queueLetters(t, c.home, intake.MessageID(message.ID), sendLetters)
	g.kills(t, c, sendKills, func(kill int) int { return 2 + kill }, time.Minute, endLeases)
	defer c.stop(syscall.SIGTERM)
	eventually(t, time.Minute, "not all is sent", func() bool { return lettersSent(t, c.home) == sendLetters })
	g.mu.Lock()
	defer g.mu.Unlock()
	twice := 0
	for _, key := range keys {
		if g.phones[key] != 1 || g.posts[key] > 1+sendKills {
			t.Errorf("%s was delivered %d times, asked for %d times", key, g.phones[key], g.posts[key])
		}
		twice += g.posts[key] - 1
	}
	if len(g.phones) != sendLetters || twice != sendKills {
		t.Errorf("%d letters delivered, %d asked for again after %d kills", len(g.phones), twice, sendKills)
	}
}

// TestKilledBetweenTwoMeans kills the program with a letter in hand that the
// first gateway has refused and the second is taking, before and after it was
// taken: every letter arrives by the second means, none twice, and the first is
// asked for each once.
func TestKilledBetweenTwoMeans(t *testing.T) {
	var mu sync.Mutex
	refusals := map[string]int{}
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		refusals[r.Header.Get("Idempotency-Key")]++
		w.WriteHeader(http.StatusUnprocessableEntity)
	}))
	defer first.Close()
	g := &deadGateway{posts: map[string]int{}, phones: map[string]int{}}
	g.next(0, false)
	second := httptest.NewServer(g)
	defer second.Close()
	c := &city{home: cityHome(t), args: []string{"serve"}, env: []string{
		"HUYING_NOTIFY=sms", "HUYING_NOTIFY_URL=" + first.URL, "HUYING_NOTIFY_QUIET=off", "HUYING_NOTIFY_RATE=6000",
		`HUYING_NOTIFY_THEN=[{"via":"sms","url":"` + second.URL + `","ok":"code=0"}]`,
	}}
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
	message := c.caller(t, "agent1").receive(t, delivery{Channel: "hotline", Text: "楼下的路灯不亮", Phone: "13800000021"}).Message
	if err := c.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	const letters = 8
	keys := queueLetters(t, c.home, intake.MessageID(message.ID), letters)
	g.kills(t, c, 2, func(kill int) int { return 2 + kill }, time.Minute, endLeases)
	defer c.stop(syscall.SIGTERM)
	eventually(t, time.Minute, "not all is sent", func() bool { return lettersSent(t, c.home) == letters })
	for _, key := range keys {
		if refusals[key] != 1 {
			t.Errorf("%s was refused %d times", key, refusals[key])
		}
	}
	g.mu.Lock()
	if len(g.phones) != letters {
		t.Errorf("%d letters delivered", len(g.phones))
	}
	g.mu.Unlock()
	admin := c.visitor(t, "admin1")
	sayings(t, string(admin.get(t, "/notifications?state=failed").body), "第 2 种方式（短信）：已发", "没有送到的改经短信")
}

// queueLetters stores notifications of a message and gives their keys.
func queueLetters(t *testing.T, home string, m intake.MessageID, n int) []string {
	t.Helper()
	db := guestStore(t, home)
	defer db.Close()
	keys := make([]string, n)
	for i := range keys {
		letter, err := casework.NewNotification(casework.NotifyAccepted, fmt.Sprintf("kill:%d", i), m, time.Now(), casework.NotifyFacts{Receipt: "ABCDEFGHIJ"})
		if err == nil {
			err = db.QueueNotification(t.Context(), letter)
		}
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = letter.Key()
	}
	return keys
}

// guestStore opens the database of a home beside the running program, or by
// itself.
func guestStore(t *testing.T, home string) *store {
	t.Helper()
	a := &app{
		console:  console{Getenv: os.Getenv, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}},
		settings: Settings{Home: home, PG: "18", Blind: "0", NotifySettings: NotifySettings{Quiet: "off"}}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	db, err := a.openStore(t.Context(), asGuest)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// endLeases lets what a killed process had in hand be sent again at once.
func endLeases(t *testing.T, home string) {
	t.Helper()
	onDatabase(t, home, func(db *pgx.Conn) error {
		_, err := db.Exec(t.Context(), `UPDATE notification SET leased_until = now() WHERE leased_until IS NOT NULL AND effect LIKE 'kill:%'`)
		return err
	})
}

// lettersSent counts what the database knows to be sent, each with the gateway's
// number.
func lettersSent(t *testing.T, home string) (n int) {
	t.Helper()
	onDatabase(t, home, func(db *pgx.Conn) error {
		return db.QueryRow(t.Context(), `SELECT count(*) FROM notification WHERE state = 'sent' AND proof = 'g-' || id AND effect LIKE 'kill:%'`).Scan(&n)
	})
	return n
}

func onDatabase(t *testing.T, home string, do func(*pgx.Conn) error) {
	t.Helper()
	s := guestStore(t, home)
	defer s.Close()
	db, err := pgx.Connect(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	if err := do(db); err != nil {
		t.Fatal(err)
	}
}
