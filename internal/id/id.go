// Package id makes identifiers. Every identifier is a UUIDv7 in its canonical
// text form, held in a string type of its own (intake.MessageID, org.UnitID),
// so that the compiler keeps a message from being taken for a unit. Version 7
// (RFC 9562) begins with the time, so rows made together lie together in an
// index and a list by id is a list by age.
package id

import (
	"errors"

	"github.com/google/uuid"
)

// New makes a fresh identifier of type T. It panics only if the system has no
// randomness, in which case nothing should go on.
func New[T ~string]() T {
	return T(uuid.Must(uuid.NewV7()).String())
}

// Valid reports whether s has the form of an identifier. Use it on everything
// that comes from outside before it reaches a query.
func Valid[T ~string](s T) bool {
	_, err := Bytes(s)
	return err == nil
}

var errLength = errors.New("id: an identifier has 36 characters")

// Bytes gives the 16 bytes of an identifier, or an error where s has not the
// form of one.
func Bytes[T ~string](s T) ([16]byte, error) {
	if len(s) != 36 {
		return [16]byte{}, errLength
	}
	return uuid.Parse(string(s))
}
