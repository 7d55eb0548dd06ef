// Package notify hands short texts to the services that deliver them: an SMS
// gateway over HTTP, a WeCom group robot, a mail server, a webhook of the
// city's own. It knows nothing of cases: a Letter goes out, the receiving
// service's number for it comes back.
//
// Every adapter sends a letter's Key along (as the header Idempotency-Key, in
// mail as the Message-ID), because a letter may be sent twice: when the answer
// is lost, nobody knows whether it was taken. Errors say what to do next:
// errs.Invalid, this letter will never be taken; an error that has RetryAfter,
// send nothing before that; errs.Unavailable, try again later. Neither errors
// nor logs hold numbers or texts.
package notify

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"huying/internal/errs"
)

// Letter is what is sent.
type Letter struct {
	Key     string // the same letter again has the same
	Kind    string
	Receipt string
	Phone   string // digits; empty when the adapter needs none
	Mail    string // of the staff: goes there instead of where mail goes otherwise
	WeCom   string // of the staff: the member who is named in the group
	Email   string // empty when the adapter needs none
	Text    string
	At      time.Time
}

// Staff is the kind of letters to the staff; all others are for citizens.
const Staff = "staff"

// Sender is one means of sending.
type Sender interface {
	// Via is the short name of the means.
	Via() string
	// NeedsPhone reports whether a letter without a number is useless.
	NeedsPhone() bool
	// NeedsEmail reports whether a letter without an address is useless.
	NeedsEmail() bool
	// Send hands a letter over; see the package comment.
	Send(ctx context.Context, l Letter) (proof string, err error)
	// Check finds out whether the service can be reached, without sending.
	Check(ctx context.Context) error
}

// sendWithin bounds one letter: a gateway that needs longer is as good as down.
const sendWithin = 15 * time.Second

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

// Busy is an error of a service that wants to be left alone for a while.
type Busy struct {
	err   *errs.Error
	after time.Duration
}

// Error is the text for the log.
func (b *Busy) Error() string { return b.err.Error() }

// Unwrap gives the classified error.
func (b *Busy) Unwrap() error { return b.err }

// RetryAfter is how long to send nothing.
func (b *Busy) RetryAfter() time.Duration { return b.after }

// usualPause is for a service that is busy and does not say for how long;
// longestPause bounds what it may ask for.
const (
	usualPause   = time.Minute
	longestPause = 24 * time.Hour
)

// caller posts to one address.
type caller struct {
	client *http.Client
	url    string
	now    func() time.Time
}

// newCaller checks the address. Redirects are not followed: a number goes
// nowhere but where it was set to go.
func newCaller(address string, now func() time.Time) (caller, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return caller{}, errs.New(errs.Invalid, "notify.url", address)
	}
	client := &http.Client{Timeout: sendWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return caller{client: client, url: address, now: now}, nil
}

// post sends JSON and gives the answer's body. Headers are name, value pairs.
func (c caller) post(ctx context.Context, key string, body []byte, headers ...string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Idempotency-Key", key)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, errs.Wrap(withoutAddress(err), errs.Unavailable, "notify.unreachable")
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "notify.cut_off")
	}
	return answer, c.judge(resp)
}

// withoutAddress leaves the address out of a client's error: a robot's has its
// key in it, and errors are logged.
func withoutAddress(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// judge turns a status into what to do.
func (c caller) judge(resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		return c.busy(resp.Header.Get("Retry-After"))
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		return errs.New(errs.Invalid, "notify.refused", strconv.Itoa(code))
	default:
		return errs.New(errs.Unavailable, "notify.status", strconv.Itoa(code))
	}
}

// busy reads Retry-After: seconds or a date (RFC 9110, 10.2.3).
func (c caller) busy(header string) error {
	after := usualPause
	if n, err := strconv.Atoi(header); err == nil {
		after = time.Duration(max(0, min(n, int(longestPause/time.Second)))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		after = at.Sub(c.now())
	}
	return &Busy{errs.New(errs.Unavailable, "notify.busy"), max(time.Second, min(after, longestPause))}
}

// check connects to the address's host.
func (c caller) check(ctx context.Context) error {
	u, err := url.Parse(c.url)
	if err != nil {
		return errs.Wrap(err, errs.Internal, "internal")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	d := net.Dialer{Timeout: sendWithin}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "notify.unreachable")
	}
	return conn.Close()
}
