// Package errs holds the six kinds of failure that Huying knows and the one
// table that says each of them in Chinese.
//
// A stage returns an *Error with a Code; the adapters (CLI, API, pages) ask
// KindOf for what happened and Sentence for what to tell the user. The cause
// in Err is for the log only: its text never reaches a user.
package errs

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is. Adapters map it to a status
// code or an exit code; nothing else depends on it.
type Kind uint8

// The kinds. The zero value is Internal, so that an error nobody classified
// is treated as our fault.
const (
	Internal    Kind = iota // a bug or a broken machine; details are in the log
	Invalid                 // the input is wrong; Field, Line and Column say where
	NotFound                // the thing named does not exist, or not for this actor
	Conflict                // the thing changed meanwhile, or exists already
	Forbidden               // the actor may not do this
	Unavailable             // a part we need (database, model, disk) does not answer now; try again
)

// Code names one sentence of the table in sentences.go, such as
// "field.required". Codes are stable: API clients may compare them.
type Code string

// Error is a classified failure.
type Error struct {
	Kind   Kind
	Code   Code
	Args   []any  // fill the verbs of the code's sentence
	Field  string // the field as its user knows it (a JSON path or a column heading); may be empty
	Line   int    // line of the input file, from 1; 0 when there is no file
	Column int    // column of the input file, from 1; 0 when unknown
	Err    error  // the cause; logged, never shown
}

// New makes an error of a kind from a code and the values for its sentence.
func New(kind Kind, code Code, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Args: args}
}

// Wrap is New with a cause.
func Wrap(err error, kind Kind, code Code, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Args: args, Err: err}
}

// In returns a copy of e that names the field.
func (e *Error) In(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// At returns a copy of e that names a line and a column (0: unknown).
func (e *Error) At(line, column int) *Error {
	c := *e
	c.Line, c.Column = line, column
	return &c
}

// Error is the text for the log: the code, the place and the cause.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " in " + e.Field
	}
	if e.Line > 0 {
		s += fmt.Sprintf(" at %d:%d", e.Line, e.Column)
	}
	if len(e.Args) > 0 {
		s += fmt.Sprintf(" %v", e.Args)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, errs.New(kind, code)) compare kind and code only.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// KindOf gives the kind of the first *Error in err's chain, Internal if there
// is none. A nil error has no kind: KindOf panics on it, because asking is a
// bug.
func KindOf(err error) Kind {
	if err == nil {
		panic("errs.KindOf(nil)")
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf gives the code of the first *Error in err's chain, "internal" if
// there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}

// List is several failures of one input, such as every bad line of a file.
// Its kind is Invalid when taken as one error.
type List []*Error

// Error joins the texts for the log.
func (l List) Error() string {
	switch len(l) {
	case 0:
		return "no errors"
	case 1:
		return l[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", l[0].Error(), len(l)-1)
}

// Unwrap gives the single failures, so that errors.As and KindOf see them.
func (l List) Unwrap() []error {
	all := make([]error, len(l))
	for i, e := range l {
		all[i] = e
	}
	return all
}

// OrNil gives l as an error, or nil when it is empty.
func (l List) OrNil() error {
	if len(l) == 0 {
		return nil
	}
	return l
}
