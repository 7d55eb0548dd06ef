package org

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Passwords are kept as Argon2id (RFC 9106) with 19 MiB, two passes and one
// lane: the least that the OWASP Password Storage Cheat Sheet names, as a
// service of 1,600 people signs many in at eight o'clock. Higher values may be
// set at any time: an older hash is made anew at its next sign-in.
const (
	argonMemory  = 19 * 1024 // KiB
	argonPasses  = 2
	argonThreads = 1
	argonSalt    = 16 // bytes, RFC 9106 §3.1
	argonKey     = 32 // bytes
)

// What a stored hash may ask for at most: one that asks for more is taken for
// broken, not for a reason to use up the memory.
const (
	mostArgonMemory = 256 * 1024
	mostArgonPasses = 16
	mostArgonBytes  = 128
)

// hashPassword gives the PHC string of a password with a fresh salt.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		panic("org: no randomness: " + err.Error())
	}
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonThreads, argonKey)
	return argonHead() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

// argonHead is how each hash begins that needs not be made anew.
func argonHead() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonPasses, argonThreads)
}

// passwordFits tells whether a password is that of an account, and whether its
// hash is of an older kind. For no account, one that is disabled, and one
// without a password it is false after the same work.
func passwordFits(a Account, password string) (fits, old bool) {
	if a.PasswordHash == "" || a.Disabled {
		hashPassword(password)
		return false, false
	}
	if strings.HasPrefix(a.PasswordHash, "$2") {
		return bcrypt.CompareHashAndPassword([]byte(a.PasswordHash), digest(password)) == nil, true
	}
	return argonFits(a.PasswordHash, password), !strings.HasPrefix(a.PasswordHash, argonHead())
}

// argonFits holds a password against a PHC string; false for one that is
// damaged.
func argonFits(phc, password string) bool {
	parts := strings.Split(phc, "$") // "", argon2id, v=, m=,t=,p=, salt, key
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var memory, passes uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) == 0 || len(key) > mostArgonBytes || memory > mostArgonMemory || passes == 0 || passes > mostArgonPasses || threads == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(key))), key) == 1
}

// digest is how passwords were made to fit bcrypt's limit of 72 bytes (24
// Chinese characters) without cutting them.
func digest(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return []byte(base64.StdEncoding.EncodeToString(sum[:]))
}
