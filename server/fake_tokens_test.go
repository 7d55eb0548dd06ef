package server

import (
	"context"
	"slices"
	"strings"

	"huying/internal/errs"
	"huying/internal/org"
)

func (f *fake) InsertToken(_ context.Context, t org.Token, line org.Audit) error {
	if slices.ContainsFunc(f.tokens, func(l org.TokenLine) bool { return l.Name == t.Name }) {
		return errs.New(errs.Conflict, "token.exists", t.Name).In("name")
	}
	for _, a := range f.accounts {
		if a.ID == t.Account {
			f.tokens = append(f.tokens, org.TokenLine{Token: t, Login: a.Login, Owner: a.Name, Roles: a.Roles})
		}
	}
	slices.SortFunc(f.tokens, func(a, b org.TokenLine) int { return strings.Compare(a.Name, b.Name) })
	f.roster.lines = append(f.roster.lines, line)
	return f.down
}

func (f *fake) RevokeToken(_ context.Context, name string, of org.AccountID, line org.Audit) error {
	n := len(f.tokens)
	if f.tokens = slices.DeleteFunc(f.tokens, func(l org.TokenLine) bool { return l.Name == name && (of == "" || of == l.Account) }); len(f.tokens) == n {
		return errs.New(errs.NotFound, "token.not_found", name)
	}
	f.roster.lines = append(f.roster.lines, line)
	return f.down
}

func (f *fake) Tokens(_ context.Context, of org.AccountID, after string, limit int) ([]org.TokenLine, error) {
	var out []org.TokenLine
	for _, l := range f.tokens {
		if (of == "" || of == l.Account) && l.Name > after && len(out) < limit {
			out = append(out, l)
		}
	}
	return out, f.down
}
