package postgres

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"huying/internal/errs"
)

// maxBlock bounds a block and a line of a backup: a damaged length must not
// ask for all memory.
const maxBlock = 1 << 28

// Restore fills the empty database at url from a backup and brings it to the
// newest schema. It returns how many rows. All rows come in one transaction
// that is committed only after the whole file was read and its checksum
// matched, so a file that is cut off or damaged leaves nothing behind but
// empty tables, and errs.Invalid "backup.damaged". errs.Conflict
// "backup.not_empty" when there is content already, "backup.schema_newer" when
// the empty database has a newer schema than the backup; errs.Invalid
// "backup.newer" for a backup of a newer program.
func Restore(ctx context.Context, url string, r io.Reader) (int64, error) {
	in, err := openBackup(r)
	if err != nil {
		return 0, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, fail(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	have, err := schemaVersion(ctx, conn)
	if err != nil {
		return 0, err
	}
	if have > 0 {
		if err := refuseContent(ctx, conn); err != nil {
			return 0, fail(err)
		}
	}
	if have > in.header.Schema {
		return 0, errs.New(errs.Conflict, "backup.schema_newer", have, in.header.Schema)
	}
	if err := migrateTo(ctx, url, in.header.Schema); err != nil {
		return 0, err
	}
	var rows int64
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err = in.fill(ctx, tx)
		return err
	})
	switch {
	case in.err != nil:
		return 0, errs.Wrap(in.err, errs.Invalid, "backup.damaged")
	case err != nil:
		return 0, fail(err)
	}
	return rows, Migrate(ctx, url)
}

// refuseContent fails when a table holds anything, but for what migrations put
// there.
func refuseContent(ctx context.Context, conn querier) error {
	for _, t := range backedUp {
		if t == "directory_revision" {
			continue
		}
		var any bool
		name := pgx.Identifier{"public", t}.Sanitize()
		err := conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&any)
		if err == nil && any {
			err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+name+`)`).Scan(&any)
		}
		if err != nil {
			return err
		}
		if any {
			return errs.New(errs.Conflict, "backup.not_empty")
		}
	}
	return nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// backupReader reads a backup from front to end. err is what is wrong with the
// file, as opposed to the database.
type backupReader struct {
	header backupHeader
	in     *bufio.Reader
	sum    hash.Hash
	err    error
}

func openBackup(r io.Reader) (*backupReader, error) {
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "backup.not_backup")
	}
	b := &backupReader{in: bufio.NewReaderSize(zip, 1<<16), sum: sha256.New()}
	line, err := b.line()
	switch {
	case err != nil:
		return nil, errs.Wrap(err, errs.Invalid, "backup.damaged")
	case json.Unmarshal(line, &b.header) != nil || b.header.Huying == 0:
		return nil, errs.New(errs.Invalid, "backup.not_backup")
	case b.header.Huying > backupFormat || b.header.Schema > latestMigration():
		return nil, errs.New(errs.Invalid, "backup.newer", b.header.Schema, latestMigration())
	}
	for _, t := range b.header.Tables {
		if !slices.Contains(backedUp, t.Name) {
			return nil, errs.New(errs.Invalid, "backup.damaged")
		}
	}
	b.sum.Write(line)
	return b, nil
}

// line reads up to a line break, which is part of it.
func (b *backupReader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := b.in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxBlock {
			return nil, err
		}
	}
}

// fill copies all rows. The tables are locked first: nobody may write into
// them before the backup is in.
func (b *backupReader) fill(ctx context.Context, tx pgx.Tx) (int64, error) {
	names := make([]string, len(b.header.Tables))
	for i, t := range b.header.Tables {
		names[i] = pgx.Identifier{"public", t.Name}.Sanitize()
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE `+strings.Join(names, ", ")+` IN EXCLUSIVE MODE`); err != nil {
		return 0, err
	}
	if err := refuseContent(ctx, tx); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM directory_revision`); err != nil {
		return 0, err
	}
	var rows int64
	for _, t := range b.header.Tables {
		tag, err := tx.Conn().PgConn().CopyFrom(ctx, &blockReader{b: b}, "COPY "+t.sql()+" FROM STDIN")
		if class := state(err); strings.HasPrefix(class, "22") || strings.HasPrefix(class, "23") {
			b.err = err // the file's rows are not what was backed up
		}
		if err != nil {
			return 0, err
		}
		rows += tag.RowsAffected()
	}
	for _, table := range numbered {
		if !slices.ContainsFunc(b.header.Tables, func(t backupTable) bool { return t.Name == table }) {
			continue // of an older schema
		}
		_, err := tx.Exec(ctx, `
			SELECT setval(pg_get_serial_sequence('`+table+`', 'id'), max(id))
			FROM `+table+`
			HAVING max(id) IS NOT NULL`)
		if err != nil {
			return 0, err
		}
	}
	return rows, b.finish(rows)
}

// numbered are the tables whose rows are numbered by the database: what is
// written after a restore must not get a number that was in the backup. A test
// holds the list against the schema.
var numbered = []string{"audit", "answer_template", "file_share", "retention_run", "reward_rule", "alert"}

// finish reads the trailer and compares.
func (b *backupReader) finish(rows int64) error {
	sum := hexSum(b.sum)
	line, err := b.line()
	var t backupTrailer
	switch {
	case err != nil:
		b.err = err
	case json.Unmarshal(line, &t) != nil || t.SHA256 != sum || t.Rows != rows:
		b.err = errors.New("checksum does not match")
	default:
		// The end of the stream is checked as well: gzip has its own sum there.
		if n, err := io.Copy(io.Discard, b.in); n > 0 || err != nil {
			b.err = errors.Join(errors.New("bytes after the end"), err)
		}
	}
	return b.err
}

// blockReader gives the rows of one table.
type blockReader struct {
	b    *backupReader
	left int  // bytes of the block at hand
	done bool // the empty block was read
}

func (r *blockReader) Read(p []byte) (int, error) {
	if r.done {
		return 0, io.EOF
	}
	if r.left == 0 {
		var head [4]byte
		if _, err := io.ReadFull(r.b.in, head[:]); err != nil {
			return 0, r.fail(err)
		}
		r.b.sum.Write(head[:])
		length := binary.BigEndian.Uint32(head[:])
		switch {
		case length == 0:
			r.done = true
			return 0, io.EOF
		case length > maxBlock:
			return 0, r.fail(errors.New("block too long"))
		}
		r.left = int(length)
	}
	n, err := r.b.in.Read(p[:min(len(p), r.left)])
	r.b.sum.Write(p[:n])
	r.left -= n
	if err != nil {
		return n, r.fail(err)
	}
	return n, nil
}

// fail notes that the file is at fault. The end of the file is none of a
// table's: COPY must not take it for one.
func (r *blockReader) fail(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	r.b.err = err
	return err
}
