package pgtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// built remembers one template of this process, so that only its first test
// asks the server.
type built struct {
	once sync.Once
	err  error
}

// template gives the name of the template's database, building it when the
// server has none with this key. Processes and tests that want the same one
// wait for the first.
func (s *server) template(ctx context.Context, t Template) (string, error) {
	sum := sha256.Sum256([]byte(t.Key))
	name := fmt.Sprintf("tpl_%x", sum[:10])
	v, _ := s.templates.LoadOrStore(name, &built{})
	b := v.(*built)
	b.once.Do(func() { b.err = s.build(ctx, name, t) })
	return name, b.err
}

// build makes the template under another name and renames it when it is
// complete, so that a build that was killed is not taken for one.
func (s *server) build(ctx context.Context, name string, t Template) error {
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// Advisory locks belong to a database; all processes are in the same one.
	const lock = `SELECT pg_advisory_lock(hashtextextended($1, 0))`
	if _, err := conn.Exec(ctx, lock, name); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, name)
	var exists bool
	const find = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`
	if err := conn.QueryRow(ctx, find, name).Scan(&exists); err != nil || exists {
		return err
	}
	half := "half_" + name
	if err := s.drop(ctx, half); err != nil {
		return err
	}
	if err := s.create(ctx, half, "template1"); err != nil {
		return err
	}
	if err := t.Build(ctx, s.database(half)); err != nil {
		return err
	}
	// Nobody may be connected to a database while it is copied: what Build
	// left open is ended, and nobody comes in any more.
	for _, sql := range []string{
		`ALTER DATABASE ` + quote(half) + ` ALLOW_CONNECTIONS false`,
		`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '` + half + `'`,
		`ALTER DATABASE ` + quote(half) + ` RENAME TO ` + quote(name),
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// create copies a database.
func (s *server) create(ctx context.Context, name, template string) error {
	_, err := s.admin.Exec(ctx, `CREATE DATABASE `+quote(name)+` TEMPLATE `+quote(template)+` STRATEGY `+s.strategy)
	return err
}

// drop removes a database and ends its connections.
func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, `DROP DATABASE IF EXISTS `+quote(name)+` WITH (FORCE)`)
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// keptTemplates is how many templates stay when a server starts: the current
// ones of two branches and some.
const keptTemplates = 4

// sweep drops what killed tests have left and templates that nobody has used
// lately. Only who has just started the server may do it.
func (s *server) sweep(ctx context.Context) error {
	const leftovers = `
		SELECT datname FROM pg_database WHERE datname LIKE 't\_%' OR datname LIKE 'half\_%'
		UNION ALL
		(SELECT datname FROM pg_database WHERE datname LIKE 'tpl\_%' ORDER BY oid DESC OFFSET $1)`
	rows, err := s.admin.Query(ctx, leftovers, keptTemplates)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := s.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
