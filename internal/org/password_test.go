package org

import (
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"huying/internal/errs"
)

// TestArgonFitsAKnownHash holds the form against one that the
// reference implementation's command made (the vectors of x/crypto/argon2).
func TestArgonFitsAKnownHash(t *testing.T) {
	t.Parallel()
	if !argonFits("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$Bo1ismRVk2qm6+YAYLCmWHDb+j3fjUH3", "password") {
		t.Error("the reference's hash of “password” does not fit")
	}
	made := hashPassword(password)
	if !strings.HasPrefix(made, "$argon2id$v=19$m=19456,t=2,p=1$") || !argonFits(made, password) || argonFits(made, password+"。") {
		t.Errorf("hash %q", made)
	}
	if again := hashPassword(password); again == made {
		t.Error("two hashes of a password are the same: no salt")
	}
	for name, damaged := range map[string]string{
		"empty":         "",
		"cut":           made[:len(made)-8] + "=",
		"another kind":  strings.Replace(made, "argon2id", "argon2i", 1),
		"old version":   strings.Replace(made, "v=19", "v=16", 1),
		"huge memory":   strings.Replace(made, "m=19456", "m=99999999", 1),
		"no passes":     strings.Replace(made, "t=2", "t=0", 1),
		"no lanes":      strings.Replace(made, "p=1", "p=0", 1),
		"without a key": made[:strings.LastIndex(made, "$")+1],
	} {
		if argonFits(damaged, password) {
			t.Errorf("%s: fits", name)
		}
	}
}

// TestAnOldHashIsMadeAnewAtSignIn: bcrypt, and Argon2id with other parameters.
func TestAnOldHashIsMadeAnewAtSignIn(t *testing.T) {
	old, err := bcrypt.GenerateFromPassword(digest(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s, l, _ := office(t)
	salt := []byte("sixteen bytes on")
	weaker := "$argon2id$v=19$m=8192,t=1,p=1$" + base64.RawStdEncoding.EncodeToString(salt) + "$" +
		base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8192, 1, argonKey))
	for name, hash := range map[string]string{"bcrypt": string(old), "fewer passes": weaker, "as it is": hashPassword(password)} {
		a := l.accounts["agent1"]
		a.PasswordHash = hash
		l.accounts["agent1"] = a
		if _, _, err := s.SignIn(t.Context(), "agent1", "不是这个密码啊"); errs.CodeOf(err) != "account.signin" || l.accounts["agent1"].PasswordHash != hash {
			t.Errorf("%s: a wrong password gives %v and another hash", name, err)
		}
		if _, _, err := s.SignIn(t.Context(), "agent1", password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		after := l.accounts["agent1"].PasswordHash
		if kept := after == hash; kept != (name == "as it is") || !argonFits(after, password) {
			t.Errorf("%s: %q became %q", name, hash, after)
		}
	}
}
