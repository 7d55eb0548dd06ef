package postgres

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
)

// Throwaway makes databases that live for one measurement, on the server of
// another one. They are clones of one migrated template and do not wait for
// the disk: a crash loses them, which is their fate anyway.
type Throwaway struct {
	server   *url.URL
	template string
	alive    *pgx.Conn // named like the template: so others see that it is in use
	made     atomic.Int64
}

// throwawayPrefix begins the names of all that are thrown away; the number of the
// process follows.
const throwawayPrefix = "huying_eval_"

// NewThrowaway makes the template. url is a database on the server whose user
// may create databases. Close drops the template again; what a process that was
// killed has left is dropped here.
func NewThrowaway(ctx context.Context, server string) (*Throwaway, error) {
	return newThrowaway(ctx, server, os.Getpid())
}

func newThrowaway(ctx context.Context, server string, process int) (*Throwaway, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, errs.New(errs.Invalid, "database.url")
	}
	config, err := pgx.ParseConfig(server)
	if err != nil {
		return nil, errs.New(errs.Invalid, "database.url")
	}
	t := &Throwaway{server: u, template: fmt.Sprintf("%s%d", throwawayPrefix, process)}
	config.RuntimeParams["application_name"] = t.template
	if t.alive, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, fail(err)
	}
	err = t.sweep(ctx)
	if err == nil {
		err = t.exec(ctx, "CREATE DATABASE "+quoted(t.template))
	}
	if err == nil {
		err = Migrate(ctx, t.url(t.template))
	}
	if err != nil {
		t.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return t, nil
}

// sweep drops what no process uses any more, and what one with this number has left.
func (t *Throwaway) sweep(ctx context.Context) error {
	rows, err := t.alive.Query(ctx, `
		SELECT d.datname::text
		FROM pg_database AS d,
		     LATERAL (SELECT $1 || split_part(substr(d.datname, length($1) + 1), '_', 1)) AS of (template)
		WHERE starts_with(d.datname, $1)
		  AND pg_get_userbyid(d.datdba) = current_user
		  AND (of.template = $2 OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.application_name = of.template))`,
		throwawayPrefix, t.template)
	if err != nil {
		return fail(err)
	}
	unused, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fail(err)
	}
	for _, name := range unused {
		if err := t.Drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// New gives the name and the URL of a fresh, migrated, empty database.
func (t *Throwaway) New(ctx context.Context) (name, url string, err error) {
	return t.clone(ctx, t.url)
}

// NewDurable is New with commits that wait for the disk, for measuring speed.
func (t *Throwaway) NewDurable(ctx context.Context) (name, url string, err error) {
	return t.clone(ctx, t.durable)
}

func (t *Throwaway) clone(ctx context.Context, address func(name string) string) (name, url string, err error) {
	name = fmt.Sprintf("%s_%d", t.template, t.made.Add(1))
	err = t.exec(ctx, "CREATE DATABASE "+quoted(name)+" TEMPLATE "+quoted(t.template)+" STRATEGY FILE_COPY")
	return name, address(name), err
}

// Drop throws a database away, whoever is still connected.
func (t *Throwaway) Drop(ctx context.Context, name string) error {
	return t.exec(ctx, "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)")
}

// Close drops the template.
func (t *Throwaway) Close(ctx context.Context) error {
	defer t.alive.Close(ctx)
	return t.Drop(ctx, t.template)
}

func (t *Throwaway) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, t.server.String())
	if err != nil {
		return fail(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return fail(err)
}

// durable is the server's address with another database.
func (t *Throwaway) durable(name string) string {
	u := *t.server
	u.Path = "/" + name
	return u.String()
}

// url is durable without waiting for the disk.
func (t *Throwaway) url(name string) string {
	u := *t.server
	u.Path = "/" + name
	q := u.Query()
	q.Set("synchronous_commit", "off")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String()
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
