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
	made     atomic.Int64
}

// NewThrowaway makes the template. url is a database on the server whose user
// may create databases. Close drops the template again.
func NewThrowaway(ctx context.Context, server string) (*Throwaway, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, errs.New(errs.Invalid, "database.url")
	}
	t := &Throwaway{server: u, template: fmt.Sprintf("huying_eval_%d", os.Getpid())}
	if err := t.exec(ctx, "DROP DATABASE IF EXISTS "+quoted(t.template)+" WITH (FORCE)"); err != nil {
		return nil, err
	}
	if err := t.exec(ctx, "CREATE DATABASE "+quoted(t.template)); err != nil {
		return nil, err
	}
	if err := Migrate(ctx, t.url(t.template)); err != nil {
		t.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return t, nil
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
func (t *Throwaway) Close(ctx context.Context) error { return t.Drop(ctx, t.template) }

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
