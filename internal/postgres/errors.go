package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"huying/internal/errs"
)

// SQLSTATE codes (PostgreSQL documentation, appendix A) that callers ask for.
const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
	restrictViolation   = "23001"
	checkViolation      = "23514"
	badText             = "22021" // NUL in a text, or bytes that are not UTF-8
	badForm             = "22P02" // a text that is no identifier
)

// awayClasses are the SQLSTATE classes and codes that mean: not now. 08
// connection, 53 out of connections, memory or disk, 57 stopped or cancelled
// by a timeout, 58 the server's own disk, 40 deadlock, 55P03 lock timeout,
// 25006 a standby that does not write.
var awayClasses = []string{"08", "53", "57", "58", "40", "55P03", "25006"}

// fail turns a driver's error into one of ours. nil and errors of package errs
// stay as they are, and so does a cancelled context: who cancelled does not
// want an answer. What nobody classified is errs.Internal.
func fail(err error) error {
	var known *errs.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled):
		return err
	case unavailable(err):
		return errs.Wrap(err, errs.Unavailable, "database.unavailable")
	case state(err) == badText:
		return errs.Wrap(err, errs.Invalid, "text.encoding")
	}
	return errs.Wrap(err, errs.Internal, "internal")
}

// unavailable tells whether the same call may succeed later.
func unavailable(err error) bool {
	if code := state(err); code != "" {
		return slices.ContainsFunc(awayClasses, func(c string) bool { return strings.HasPrefix(code, c) })
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) ||
		errors.As(err, &network) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgx.ErrTxClosed) ||
		pgconn.SafeToRetry(err) ||
		pgconn.Timeout(err)
}

// state gives the SQLSTATE of a server's error, empty for any other.
func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// violates tells whether err is the breach of the constraint.
func violates(err error, code, constraint string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == code && e.ConstraintName == constraint
}

// orNotFound turns "no rows" into errs.NotFound with the code. What has not
// even the form of an identifier names nothing either.
func orNotFound(err error, code errs.Code, args ...any) error {
	if errors.Is(err, pgx.ErrNoRows) || state(err) == badForm {
		return errs.New(errs.NotFound, code, args...)
	}
	return fail(err)
}
