package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/org"
)

// access remembers who acts by a token, which every call of the API asks first,
// and the areas and units, until PostgreSQL tells that one of them has changed
// (migrations 048 and 049). While it does not hear that, it remembers nothing.
type access struct {
	begin sync.Once
	gone  sync.WaitGroup

	mu     sync.Mutex
	round  int                     // goes up with every change
	known  map[[32]byte]knownActor // by the token's hash; nil: it does not hear
	places *org.Directory
}

// knownActor is who acts by a token, until when, and when it was used last; the
// zero time is never.
type knownActor struct {
	org.Actor
	expires, used time.Time
}

const (
	mostActors  = 10_000
	hearAgain   = time.Second      // after a connection broke
	hearWhether = 10 * time.Second // a connection on which nothing comes still lives
)

// find gives who acts by a token, if that is known, and the round for keep.
func (a *access) find(hash [32]byte) (k knownActor, round int, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, known = a.known[hash]
	return k, a.round, known
}

// keep remembers what was read since find, unless something has changed
// meanwhile.
func (a *access) keep(round int, hash [32]byte, k knownActor) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if round != a.round || a.known == nil {
		return
	}
	if len(a.known) >= mostActors {
		clear(a.known)
	}
	a.known[hash] = k
}

// directory gives the areas and units, nil if they are not known, and the round
// for keepDirectory.
func (a *access) directory() (d *org.Directory, round int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.places, a.round
}

// keepDirectory is keep for areas and units.
func (a *access) keepDirectory(round int, d *org.Directory) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if round == a.round && a.known != nil {
		a.places = d
	}
}

// used notes when a token was used last.
func (a *access) used(hash [32]byte, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k, known := a.known[hash]; known {
		k.used = at
		a.known[hash] = k
	}
}

// forget is what a change does. Whoever makes one here calls it: what they read
// next is not to depend on when the notification arrives.
func (a *access) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.round++
	a.places = nil
	clear(a.known)
}

// hears notes whether changes are heard of from now on.
func (a *access) hears(does bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.round++
	a.known, a.places = nil, nil
	if does {
		a.known = map[[32]byte]knownActor{}
	}
}

// heard is access, which begins to hear of changes when it is asked for first.
func (db *DB) heard() *access {
	db.access.begin.Do(func() {
		db.access.gone.Go(func() { db.access.listen(db.open, db.pool.Config().ConnConfig) })
	})
	return &db.access
}

// listen hears of changes until ctx ends, on a connection of its own: one that is
// lent to others would tell of them late.
func (a *access) listen(ctx context.Context, to *pgx.ConnConfig) {
	for ctx.Err() == nil {
		a.hear(ctx, to)
		a.hears(false)
		select {
		case <-ctx.Done():
		case <-time.After(hearAgain):
		}
	}
}

// hear is listen until the connection breaks.
func (a *access) hear(ctx context.Context, to *pgx.ConnConfig) {
	conn, err := pgx.ConnectConfig(ctx, to)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN access_changed`); err != nil {
		return
	}
	a.hears(true)
	for ctx.Err() == nil {
		within, cancel := context.WithTimeout(ctx, hearWhether)
		_, err := conn.WaitForNotification(within)
		quiet := within.Err() != nil
		cancel()
		switch {
		case err == nil:
			a.forget()
		case !quiet || !lives(ctx, conn):
			return
		}
	}
}

func lives(ctx context.Context, conn *pgx.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, hearWhether)
	defer cancel()
	return conn.Ping(ctx) == nil
}
