package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"huying/internal/errs"
)

// Payment is an amount that goes to a mobile number.
type Payment struct {
	Key    string // the same payment again has the same
	Number string // of the case
	Phone  string // digits
	Fen    int
	At     time.Time
}

// PaymentOptions describe a paying service that takes JSON over HTTP.
type PaymentOptions struct {
	URL string
	Key string // sent as bearer token; empty: none
	// Body is the JSON to post. In its strings {phone}, {fen}, {yuan}, {key} and
	// {number} are replaced; a string that is {fen} alone becomes a number. Empty:
	// paymentBody. {phone}, {key} and an amount must occur: without the key the
	// service would pay a repetition.
	Body  string
	OK    string // as GatewayOptions.OK
	Proof string // as GatewayOptions.Proof
}

const paymentBody = `{"phone":"{phone}","amount_fen":"{fen}","request_id":"{key}","reference":"{number}"}`

// Payments pays rewards. Make it with NewPayments.
type Payments struct{ gateway *Gateway }

// NewPayments checks the options; errs.Invalid "pay.url", "pay.body" or "pay.ok".
func NewPayments(o PaymentOptions, now func() time.Time) (*Payments, error) {
	c, err := newCaller(o.URL, now)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "pay.url", o.URL)
	}
	if o.Body == "" {
		o.Body = paymentBody
	}
	g := &Gateway{caller: c, o: GatewayOptions{URL: o.URL, Key: o.Key, Body: o.Body, OK: o.OK, Proof: o.Proof}}
	if json.Unmarshal([]byte(o.Body), &g.body) != nil || !strings.Contains(o.Body, "{phone}") || !strings.Contains(o.Body, "{key}") ||
		!strings.Contains(o.Body, "{fen}") && !strings.Contains(o.Body, "{yuan}") {
		return nil, errs.New(errs.Invalid, "pay.body")
	}
	if o.OK != "" && !strings.Contains(o.OK, "=") {
		return nil, errs.New(errs.Invalid, "pay.ok", o.OK)
	}
	return &Payments{g}, nil
}

// Via is "http".
func (p *Payments) Via() string { return "http" }

// Check connects to the service.
func (p *Payments) Check(ctx context.Context) error {
	if err := p.gateway.check(ctx); err != nil {
		return errs.Wrap(err, errs.Unavailable, "pay.unreachable")
	}
	return nil
}

// Pay hands a payment over and gives the service's number for it.
func (p *Payments) Pay(ctx context.Context, m Payment) (string, error) {
	words := strings.NewReplacer("{phone}", m.Phone, "{fen}", strconv.Itoa(m.Fen), "{yuan}", fmt.Sprintf("%d.%02d", m.Fen/100, m.Fen%100), "{key}", m.Key, "{number}", m.Number)
	proof, err := p.gateway.hand(ctx, m.Key, numbered(p.gateway.body, m.Fen), words)
	if busy, ok := errors.AsType[*Busy](err); ok {
		return "", &Busy{errs.Wrap(err, errs.Unavailable, "pay.busy"), busy.after}
	}
	switch errs.CodeOf(err) {
	case "notify.refused":
		return "", errs.Wrap(err, errs.Invalid, "pay.refused", argument(err))
	case "notify.answer", "notify.status":
		return "", errs.Wrap(err, errs.Unavailable, "pay.answer", argument(err))
	case "notify.unreachable", "notify.cut_off":
		return "", errs.Wrap(err, errs.Unavailable, "pay.unreachable")
	}
	return proof, err
}

// argument is what the service said, of an error that names it.
func argument(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && len(e.Args) > 0 {
		return fmt.Sprint(e.Args[0])
	}
	return ""
}

// numbered gives a copy of a JSON value in which a string that is {fen} alone is
// the amount as a number.
func numbered(v any, fen int) any {
	switch v := v.(type) {
	case string:
		if v == "{fen}" {
			return fen
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = numbered(v[i], fen)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = numbered(value, fen)
		}
		return out
	}
	return v
}
