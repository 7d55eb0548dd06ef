package postgres

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
)

// modelName is the form of an embedding model's name. It is checked because
// the name becomes part of SQL text: a partial index serves a query only if
// its condition stands in the query as a constant.
var modelName = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// maxIndexedDim is the longest halfvec that pgvector can index.
const maxIndexedDim = 4000

// forModel fills a statement's {model} and {dim}. There are as many texts as
// statements and models, so each is prepared once a connection.
func forModel(sql, model string, dim int) (string, error) {
	if !modelName.MatchString(model) || dim < 1 || dim > maxIndexedDim {
		return "", errs.New(errs.Invalid, "embedding.model", model, dim)
	}
	return strings.NewReplacer("{model}", model, "{dim}", strconv.Itoa(dim)).Replace(sql), nil
}

// titleVector is a title's vector, nil where it is the text's: of what has no
// title, most of what is said on the phone, one vector is kept and searched by.
func titleVector(title, text []float32) []float32 {
	if slices.Equal(title, text) {
		return nil
	}
	return title
}

// vectorIndexes are the indexes of one model: HNSW (Malkov, Yashunin: arXiv
// 1603.09320) on the cosine distance. m = 16 links a node is pgvector's
// default and enough for 100,000 rows; ef_construction = 128, twice the
// default, lifts recall at equal ef_search for a third more time to build. On
// small tables the planner scans instead, which is exact.
var vectorIndexes = []struct{ name, table, where string }{
	{"example_title_{model}", "example_vector", "part = 'title'"},
	{"example_text_{model}", "example_vector", "part = 'text'"},
	{"entry_wording_{model}", "entry_vector", "ordinal >= 0"},
	{"entry_whole_{model}", "entry_vector", "ordinal = -1"},
	{"round_question_{model}", "round_vector", "part = 'question'"},
	{"round_gap_{model}", "round_vector", "part = 'gap'"},
	{"round_answer_{model}", "round_vector", "part = 'answer'"},
}

// createIndex makes one of them.
const createIndex = `
		CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}"
		ON {table} USING hnsw ((v::halfvec({dim})) halfvec_cosine_ops)
		WITH (m = 16, ef_construction = 128)
		WHERE model = '{model}' AND {where}`

// Embedder is what makes vectors on this machine.
type Embedder struct {
	Model   string
	Dim     int
	Runtime string
	CPU     string
}

// RecordEmbedder notes that vectors in this database may come from e.
func (db *DB) RecordEmbedder(ctx context.Context, e Embedder, at time.Time) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO embedder (
		    model,
		    dim,
		    runtime,
		    cpu,
		    first_at
		) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, e.Model, e.Dim, e.Runtime, e.CPU, at)
	return fail(err)
}

// indexLock lets one process at a time make indexes. The number is arbitrary,
// but must stay.
const indexLock = 4_812_345_003

// EnsureVectorIndexes makes the indexes of an embedding model (its name, and
// the length of its vectors up to 4,000) that do not exist yet, without
// blocking anybody; searches are right before, only slower. When another
// process is at it, it returns at once. An index that an interrupted build
// left invalid is made anew.
func (db *DB) EnsureVectorIndexes(ctx context.Context, model string, dim int) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fail(err)
	}
	defer conn.Release()
	// Waiting for the lock would hold a snapshot, for which the other's
	// concurrent build waits: so it is tried, not awaited.
	var ours bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, indexLock).Scan(&ours); err != nil || !ours {
		return fail(err)
	}
	defer releaseSession(ctx, conn.Conn())
	// A graph that outgrows the memory goes on at a fifth of the speed, and with
	// several processes at it all of the memory is taken at once: so it is as
	// much as the larger table needs (500,000 vectors of 512 floats: 800 MB).
	_, err = conn.Exec(ctx, `
		SELECT set_config('statement_timeout', '0', false),
		       set_config('lock_timeout', '0', false),
		       set_config('maintenance_work_mem', greatest(256, least(1024,
		           greatest(pg_relation_size('entry_vector'), pg_relation_size('example_vector')) * 5 / 4 / 1048576)) || 'MB', false)`)
	if err != nil {
		return fail(err)
	}
	for _, index := range vectorIndexes {
		create := strings.NewReplacer("{name}", index.name, "{table}", index.table, "{where}", index.where).Replace(createIndex)
		if err := ensureIndex(ctx, conn.Conn(), index.name, create, model, dim); err != nil {
			return fail(err)
		}
	}
	return nil
}

func ensureIndex(ctx context.Context, conn *pgx.Conn, name, create, model string, dim int) error {
	name, err := forModel(name, model, dim)
	if err != nil {
		return err
	}
	create, err = forModel(create, model, dim)
	if err != nil {
		return err
	}
	var broken bool
	err = conn.QueryRow(ctx, `
		SELECT EXISTS (
		    SELECT
		    FROM pg_index AS i
		    JOIN pg_class AS c ON c.oid = i.indexrelid
		    WHERE c.relname = $1 AND NOT i.indisvalid
		)`, name).Scan(&broken)
	if err != nil {
		return err
	}
	if broken {
		if _, err := conn.Exec(ctx, `DROP INDEX CONCURRENTLY IF EXISTS `+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, create)
	return err
}

// releaseSession gives a connection's settings and advisory locks back. If
// that fails the connection is closed, and both end with it.
func releaseSession(ctx context.Context, conn *pgx.Conn) {
	ctx = context.WithoutCancel(ctx)
	_, err := conn.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
	if err == nil {
		_, err = conn.Exec(ctx, `RESET statement_timeout`)
	}
	if err == nil {
		_, err = conn.Exec(ctx, `RESET lock_timeout`)
	}
	if err == nil {
		_, err = conn.Exec(ctx, `RESET maintenance_work_mem`)
	}
	if err != nil {
		conn.Close(ctx)
	}
}
