package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"huying/internal/errs"
)

// MailOptions describe a mail server (RFC 5321).
type MailOptions struct {
	URL      string // smtps://host:465 (TLS at once) or smtp://host:587 (STARTTLS, required except on this machine)
	User     string // empty: no sign-in
	Password string
	From     string // an address
	To       string // an address; one with {phone} in it, as providers give to a number: {phone}@139.com; or {email}, the citizen's own
	Subject  string
}

// Mail sends e-mail. Make it with NewMail.
type Mail struct {
	o      MailOptions
	host   string
	server string // host:port
	tls    bool   // at once
}

// NewMail checks the options; errs.Invalid "notify.url" or "notify.address".
func NewMail(o MailOptions) (*Mail, error) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return nil, errs.New(errs.Invalid, "notify.url", o.URL)
	}
	for _, address := range []string{o.From, recipient(o.To, Letter{Phone: "13800000000", Email: "name@example.cn"})} {
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
			return nil, errs.New(errs.Invalid, "notify.address", address)
		}
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	}
	return &Mail{o: o, host: u.Hostname(), server: net.JoinHostPort(u.Hostname(), port), tls: u.Scheme == "smtps"}, nil
}

// Via is "smtp".
func (m *Mail) Via() string { return "smtp" }

// NeedsPhone reports whether the recipient is made of the number.
func (m *Mail) NeedsPhone() bool { return strings.Contains(m.o.To, "{phone}") }

// NeedsEmail reports whether the recipient is the citizen's own address.
func (m *Mail) NeedsEmail() bool { return strings.Contains(m.o.To, "{email}") }

// recipient is to whom a letter goes.
func recipient(to string, l Letter) string {
	return strings.NewReplacer("{phone}", l.Phone, "{email}", l.Email).Replace(to)
}

// Check connects and signs in.
func (m *Mail) Check(ctx context.Context) error {
	return m.session(ctx, func(c *smtp.Client) error { return c.Noop() })
}

// Send delivers the letter to the server. Its proof is the Message-ID, which is
// made of the letter's key.
func (m *Mail) Send(ctx context.Context, l Letter) (string, error) {
	id := "<" + l.Key + "@" + m.o.From[strings.LastIndex(m.o.From, "@")+1:] + ">"
	to := cmp.Or(l.Mail, recipient(m.o.To, l))
	if parsed, err := mail.ParseAddress(to); err != nil || parsed.Address != to {
		return "", errs.New(errs.Invalid, "notify.no_address")
	}
	err := m.session(ctx, func(c *smtp.Client) error {
		if err := c.Mail(m.o.From); err != nil {
			return err
		}
		if err := refusal(c.Rcpt(to)); err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		if _, err := w.Write(m.message(id, to, l)); err != nil {
			return err
		}
		return refusal(w.Close())
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// refusal marks what is final: a server that answers 5xx to a recipient or a
// message will not take it later either.
func refusal(err error) error {
	if said, ok := errors.AsType[*textproto.Error](err); ok && said.Code >= 500 {
		return errs.Wrap(err, errs.Invalid, "notify.refused", strconv.Itoa(said.Code))
	}
	return err
}

// session connects, secures, signs in, and lets do talk. What do has done is
// not undone by a server that hangs up afterwards.
func (m *Mail) session(ctx context.Context, do func(*smtp.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	err := m.talk(ctx, do)
	if _, ours := errors.AsType[*errs.Error](err); err == nil || ours {
		return err
	}
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		return errs.Wrap(err, errs.Unavailable, "notify.status", strconv.Itoa(said.Code))
	}
	return errs.Wrap(err, errs.Unavailable, "notify.unreachable")
}

func (m *Mail) talk(ctx context.Context, do func(*smtp.Client) error) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", m.server)
	if err != nil {
		return err
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	config := &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12}
	if m.tls {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, m.host)
	if err != nil {
		return err
	}
	if err := m.enter(c, config); err != nil {
		return err
	}
	if err := do(c); err != nil {
		return err
	}
	_ = c.Quit() // the letter is taken; how the talk ends changes nothing
	return nil
}

// enter secures the connection and signs in.
func (m *Mail) enter(c *smtp.Client, config *tls.Config) error {
	if !m.tls {
		offered, _ := c.Extension("STARTTLS")
		ip := net.ParseIP(m.host)
		switch {
		case offered:
			if err := c.StartTLS(config); err != nil {
				return err
			}
		case m.host != "localhost" && (ip == nil || !ip.IsLoopback()):
			return errs.New(errs.Unavailable, "notify.no_tls")
		}
	}
	if m.o.User == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", m.o.User, m.o.Password, m.host))
}

// message is the letter as a mail (RFC 5322), in base64.
func (m *Mail) message(id, to string, l Letter) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", m.o.From)
	header("To", to)
	subject := m.o.Subject
	if l.Kind == Staff {
		subject = "呼应：您有新提醒"
	}
	header("Subject", mime.BEncoding.Encode("utf-8", subject))
	header("Date", l.At.Format(time.RFC1123Z))
	header("Message-ID", id)
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	body := base64.StdEncoding.EncodeToString([]byte(l.Text))
	for len(body) > 76 { // RFC 2045, 6.8
		b.WriteString(body[:76] + "\r\n")
		body = body[76:]
	}
	b.WriteString(body + "\r\n")
	return b.Bytes()
}
