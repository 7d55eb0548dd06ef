package server

import (
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// tokensPath is the page of systems' ways in.
const tokensPath = "/tokens"

// tokensPage is what page_tokens.html draws: the tokens that are not revoked, the
// form for a new one, and the new one itself, this once.
type tokensPage struct {
	shell
	Said   string
	Faults []string
	Rows   []tokenRow
	More   string // address of the next page; empty: this is the last
	First  string // address of the first page; empty: this is it
	Form   tokenForm
	Once   string // a token that was just made
	OnceOf string // its name
	Own    bool   // only the reader's own are there
	Today  string // the first day that a token may end on
}

// tokenRow is one token.
type tokenRow struct {
	org.TokenLine
	For  string // channels, in words
	Over bool   // has expired
}

// tokenForm is what was typed.
type tokenForm struct {
	Name, Login, Channels, Until string
}

// showTokens lists tokens.
func (s *Server) showTokens(c *fiber.Ctx, v visit) error {
	p, err := s.newTokensPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{"revoked": "已吊销，立即失效。"}[c.Query("said")]
	return s.page(c, "tokens", p)
}

func (s *Server) newTokensPage(c *fiber.Ctx, v visit) (tokensPage, error) {
	if s.o.Tokens == nil {
		return tokensPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p := tokensPage{shell: s.shell(v, "tokens", "接口令牌"), Own: !v.may(org.ActManage), Today: shanghai(s.o.Now()).Format(time.DateOnly)}
	after := c.Query("after")
	all, err := s.o.Accounts.Tokens(c.UserContext(), s.o.Tokens, v.actor, after, tokensShown)
	if err != nil {
		return p, err
	}
	for _, t := range all {
		row := tokenRow{TokenLine: t, For: "不限", Over: t.Expired(s.o.Now())}
		var labels []string
		for _, ch := range t.Channels {
			labels = append(labels, intake.Channel(ch).Label())
		}
		if len(labels) > 0 {
			row.For = strings.Join(labels, "、")
		}
		p.Rows = append(p.Rows, row)
	}
	if len(all) == tokensShown {
		p.More = tokensPath + "?after=" + url.QueryEscape(all[len(all)-1].Name)
	}
	if after != "" {
		p.First = tokensPath
	}
	p.Form = tokenForm{Name: c.FormValue("name"), Login: c.FormValue("login"), Channels: c.FormValue("channels"), Until: c.FormValue("until")}
	if p.Own {
		p.Form.Login = v.actor.Login
	}
	return p, nil
}

// makeToken makes a token, which the page shows this one time: nowhere else, and
// in no address.
func (s *Server) makeToken(c *fiber.Ctx, v visit) error {
	if s.o.Tokens == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	n := org.NewToken{Name: c.FormValue("name"), Login: c.FormValue("login"), Channels: channelsTyped(c)}
	var err error
	if n.ExpiresAt, err = lastDay(c.FormValue("until")); err == nil {
		var token string
		if token, err = s.o.Accounts.CreateToken(c.UserContext(), v.actor, n); err == nil {
			return s.showToken(c, v, n.Name, token)
		}
	}
	return s.afterTokens(c, v, err)
}

// showToken shows the page with a token that was just made.
func (s *Server) showToken(c *fiber.Ctx, v visit, name, token string) error {
	p, err := s.newTokensPage(c, v)
	if err != nil {
		return err
	}
	p.Once, p.OnceOf, p.Form = token, strings.TrimSpace(name), tokenForm{}
	if p.Own {
		p.Form.Login = v.actor.Login
	}
	return s.page(c, "tokens", p)
}

// lastDay is the end of a day, which counts whole; zero for an empty field.
func lastDay(value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, value, shanghai(time.Time{}).Location())
	if err != nil {
		return time.Time{}, errs.Wrap(err, errs.Invalid, "field.invalid", "到哪天为止", value).In("until")
	}
	return day.AddDate(0, 0, 1).Add(-time.Second), nil
}

// revokeToken ends a token at once.
func (s *Server) revokeToken(c *fiber.Ctx, v visit) error {
	if s.o.Tokens == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	if err := s.o.Accounts.RevokeToken(c.UserContext(), v.actor, c.FormValue("revoke")); err != nil {
		return s.afterTokens(c, v, err)
	}
	return c.Redirect(link(tokensPath, "said", "revoked"), fiber.StatusSeeOther)
}

// afterTokens shows the page with what was wrong.
func (s *Server) afterTokens(c *fiber.Ctx, v visit, err error) error {
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict && kind != errs.NotFound {
		return err
	}
	p, failed := s.newTokensPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "tokens", "layout", p)
}
