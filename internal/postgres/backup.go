package postgres

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
)

// A backup is one gzip stream:
//
//	a line of JSON: backupHeader
//	for each table of the header, in its order, the rows in PostgreSQL's text
//	  format of COPY, in blocks: 4 bytes length (big endian), data; the block
//	  of length 0 ends the table
//	a line of JSON: backupTrailer
//
// Why not pg_dump: it refuses a server newer than itself, what pg_dump 18
// writes makes an older server's restore fail, and a program that may lie
// anywhere is one more thing to go wrong on the night it is needed. The text
// format of COPY has been stable since PostgreSQL 7.4, and what the rows do
// not say (tables, indexes, triggers) the migrations say. Jobs are not in it:
// what is to be done follows from the rows.

// backupFormat is raised when older programs cannot read the file any more.
const backupFormat = 1

type backupHeader struct {
	Huying int           `json:"huying_backup"` // backupFormat
	Schema int           `json:"schema"`        // migrations applied
	At     time.Time     `json:"at"`
	Server string        `json:"server"`
	Tables []backupTable `json:"tables"`
}

type backupTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

type backupTrailer struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // of everything before the trailer, uncompressed
}

// backedUp are all tables with content, those that others refer to first. A
// test holds it against the schema.
var backedUp = []string{
	"area", "unit_kind", "unit", "directory_revision", "sub_centre", "account", "cover", "work_group", "work_group_member", "work_group_change", "session", "api_token", "audit", "audit_link", "set_aside",
	"catalogue_version", "category", "category_succession", "version_request", "duty_rule", "neighbour", "starter_example", "leaf_note", "model",
	"dropped_key", "contact", "message", "original", "matter", "matter_vector", "case_words",
	"suggestion", "matter_split", "decision", "assignment", "matter_return", "precedent", "precedent_repeal", "blind_lead", "blind_pass", "standing_decision",
	"confirmed_example", "example_placement", "example_vector",
	"work_case", "case_event", "case_mark", "callback_script", "leader_draw", "leader_call", "reach", "alert", "case_counter", "refusal_check", "refusal_receipt", "refusal_contest", "contact_request", "contact_word", "matter_place", "accusation", "secret_lock", "clarification", "clarification_call", "refusal_reason", "answer_template", "unit_head", "case_split",
	"summons", "summons_event", "summons_mark", "memo_year", "memo", "memo_case", "memo_event", "memo_mark", "case_file", "file_share", "legal_hold",
	"entry", "entry_file", "entry_version", "entry_vector", "term", "embedder", "clause_mark", "notice", "notice_contact", "instant_answer",
	"gap", "gap_matter", "gap_mark",
	"reply", "reply_withdrawal", "round_group", "round", "round_vector", "proposal",
	"conversation", "turn",
	"answer_check", "answer_budget", "answer_policy", "entry_import",
	"calendar_day", "deadline_rules", "notification", "notification_pause",
	"catalogue_draft", "catalogue_replay", "catalogue_reroute",
	"reward_rule", "reward_period", "reward", "caller_label", "caller_label_message",
	"retention_rule", "retention_run", "contact_tally", "subject_request",
	"llm_rules", "llm_call", "llm_answer",
}

// Backup writes the whole content to w as of one moment, while the service
// goes on, and returns how many rows. Originals stay sealed: without the key,
// which is not in the database, they cannot be read after a restore.
// errs.Unavailable "backup.write" when w fails; then what was written is
// useless, and Restore says so.
func (db *DB) Backup(ctx context.Context, w io.Writer, now time.Time) (int64, error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return 0, fail(err)
	}
	defer conn.Release()
	var rows int64
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, conn, snapshot, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '0', true)`); err != nil {
			return err
		}
		h := backupHeader{Huying: backupFormat, At: now.UTC()}
		if err := describe(ctx, tx, &h); err != nil {
			return err
		}
		rows, err = writeBackup(ctx, tx.Conn(), h, w)
		return err
	})
	return rows, fail(err)
}

// describe fills in the schema that the transaction sees.
func describe(ctx context.Context, tx pgx.Tx, h *backupHeader) error {
	err := tx.QueryRow(ctx, `
		SELECT (SELECT version FROM public.schema_version),
		       current_setting('server_version')`).Scan(&h.Schema, &h.Server)
	if err != nil {
		return err
	}
	for _, name := range backedUp {
		rows, err := tx.Query(ctx, `
			SELECT attname
			FROM pg_attribute
			WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
			ORDER BY attnum`, "public."+name)
		if err != nil {
			return err
		}
		columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		h.Tables = append(h.Tables, backupTable{name, columns})
	}
	return nil
}

func writeBackup(ctx context.Context, conn *pgx.Conn, h backupHeader, w io.Writer) (int64, error) {
	out := &lastError{w: w}
	buffered := bufio.NewWriterSize(out, 1<<16)
	zip, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	sum := sha256.New()
	body := io.MultiWriter(zip, sum)
	rows, err := writeTables(ctx, conn, h, body)
	if err == nil {
		err = writeLine(zip, backupTrailer{Rows: rows, SHA256: hexSum(sum)})
	}
	if err == nil {
		err = zip.Close()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if out.err != nil {
		return 0, errs.Wrap(out.err, errs.Unavailable, "backup.write")
	}
	return rows, err
}

func writeTables(ctx context.Context, conn *pgx.Conn, h backupHeader, w io.Writer) (int64, error) {
	if err := writeLine(w, h); err != nil {
		return 0, err
	}
	var rows int64
	for _, t := range h.Tables {
		tag, err := conn.PgConn().CopyTo(ctx, blockWriter{w}, "COPY "+t.sql()+" TO STDOUT")
		if err != nil {
			return 0, err
		}
		rows += tag.RowsAffected()
		if _, err := w.Write(make([]byte, 4)); err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// sql is the table with its columns, quoted.
func (t backupTable) sql() string {
	s := pgx.Identifier{"public", t.Name}.Sanitize() + " ("
	for i, c := range t.Columns {
		if i > 0 {
			s += ", "
		}
		s += pgx.Identifier{c}.Sanitize()
	}
	return s + ")"
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// blockWriter puts its length in front of every piece.
type blockWriter struct{ w io.Writer }

func (b blockWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if _, err := b.w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))); err != nil {
		return 0, err
	}
	return b.w.Write(p)
}

// lastError remembers that its writer failed, whatever became of the error on
// its way through compression and COPY.
type lastError struct {
	w   io.Writer
	err error
}

func (l *lastError) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if err != nil {
		l.err = err
	}
	return n, err
}
