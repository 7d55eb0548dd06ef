package notify

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"huying/internal/errs"
)

// postOffice is a mail server that answers as told.
type postOffice struct {
	net.Listener
	mu      sync.Mutex
	answers map[string]string // by command, in place of the usual
	hangUp  string            // the command after which it is gone
	mails   []string
	to      []string
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{Listener: ln, answers: map[string]string{}}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			open.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		open.Wait()
	})
	return p
}

func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	say := func(line string) { fmt.Fprint(conn, line+"\r\n") }
	say("220 ready")
	for in.Scan() {
		line := in.Text()
		command, _, _ := strings.Cut(line, " ")
		p.mu.Lock()
		answer, told := p.answers[command]
		gone := p.hangUp == command
		p.mu.Unlock()
		switch {
		case gone:
			return
		case told:
			say(answer)
		case command == "EHLO":
			say("250-here\r\n250 AUTH PLAIN")
		case command == "AUTH":
			say("235 welcome")
		case command == "DATA":
			say("354 go on")
			if p.read(in) {
				return
			}
			say("250 taken")
		default:
			if to, ok := strings.CutPrefix(line, "RCPT TO:"); ok {
				p.mu.Lock()
				p.to = append(p.to, to)
				p.mu.Unlock()
			}
			say("250 ok")
		}
	}
}

// read takes a mail in, and reports whether the server is gone after it.
func (p *postOffice) read(in *bufio.Scanner) bool {
	var b strings.Builder
	for in.Scan() && in.Text() != "." {
		b.WriteString(in.Text() + "\n")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, b.String())
	return p.hangUp == "taken"
}

func (p *postOffice) sender(t *testing.T) *Mail {
	t.Helper()
	m, err := NewMail(MailOptions{
		URL: "smtp://" + p.Addr().String(), User: "hotline", Password: "secret",
		From: "hotline@example.gov.cn", To: "{phone}@139.example", Subject: "您的诉求有新进展",
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMailIsDelivered(t *testing.T) {
	p := newPostOffice(t)
	m := p.sender(t)
	if err := m.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof, err := m.Send(t.Context(), letter())
	if err != nil || proof != "<0193-key@example.gov.cn>" || !m.NeedsPhone() {
		t.Fatalf("%q, %v", proof, err)
	}
	if len(p.mails) != 1 || p.to[0] != "<13812340021@139.example>" {
		t.Fatalf("to %v: %v", p.to, p.mails)
	}
	head, body, _ := strings.Cut(p.mails[0], "\n\n")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", ""))
	if err != nil || string(text) != letter().Text {
		t.Errorf("body %q, %v", text, err)
	}
	for _, want := range []string{"Message-ID: <0193-key@example.gov.cn>", "Subject: =?utf-8?b?", "Date: Mon, 23 Nov 2026 04:00:00 +0000"} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in\n%s", want, head)
		}
	}
}

func TestMailServersThatRefuse(t *testing.T) {
	tests := []struct {
		name            string
		command, answer string
		hangUp          string
		kind            errs.Kind
		code            errs.Code
	}{
		{"no such box", "RCPT", "550 no such box", "", errs.Invalid, "notify.refused"},
		{"box is busy", "RCPT", "450 later", "", errs.Unavailable, "notify.status"},
		{"wrong password", "AUTH", "535 no", "", errs.Unavailable, "notify.status"},
		{"overloaded", "MAIL", "421 too many", "", errs.Unavailable, "notify.status"},
		{"no disk", "DATA", "452 full", "", errs.Unavailable, "notify.status"},
		{"gone in the middle", "", "", "RCPT", errs.Unavailable, "notify.unreachable"},
		{"gone before it says that it has it", "", "", "taken", errs.Unavailable, "notify.unreachable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPostOffice(t)
			p.answers[tt.command], p.hangUp = tt.answer, tt.hangUp
			if tt.command == "" {
				clear(p.answers)
			}
			_, err := p.sender(t).Send(t.Context(), letter())
			if err == nil || errs.KindOf(err) != tt.kind || errs.CodeOf(err) != tt.code {
				t.Errorf("got %v", err)
			}
		})
	}
	// Without encryption nothing leaves this machine.
	m, err := NewMail(MailOptions{URL: "smtp://mail.example.gov.cn", From: "a@b.cn", To: "c@d.cn"})
	if err != nil || m.NeedsPhone() || m.server != "mail.example.gov.cn:587" {
		t.Errorf("%+v, %v", m, err)
	}
}
