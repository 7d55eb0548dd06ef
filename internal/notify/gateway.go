package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"huying/internal/errs"
)

// GatewayOptions describe an SMS gateway that takes JSON over HTTP.
type GatewayOptions struct {
	URL string
	Key string // sent as bearer token; empty: none
	// Body is the JSON to post. In its strings {phone}, {text}, {key},
	// {receipt} and {kind} are replaced; empty: defaultBody. {phone} and {text}
	// must occur.
	Body string
	// OK is the field of the answer that means success, such as "code=0" or
	// "data.status=ok"; empty: the status alone tells.
	OK string
	// Proof is the field of the answer with the gateway's number, such as
	// "data.msgid"; empty: the first of msgid, message_id, id and request_id.
	Proof string
}

const defaultBody = `{"phone":"{phone}","content":"{text}","request_id":"{key}"}`

// Gateway sends SMS. Make it with NewGateway.
type Gateway struct {
	caller
	o    GatewayOptions
	body any
}

// NewGateway checks the options; errs.Invalid "notify.url", "notify.body" or
// "notify.ok".
func NewGateway(o GatewayOptions, now func() time.Time) (*Gateway, error) {
	c, err := newCaller(o.URL, now)
	if err != nil {
		return nil, err
	}
	if o.Body == "" {
		o.Body = defaultBody
	}
	g := &Gateway{caller: c, o: o}
	if json.Unmarshal([]byte(o.Body), &g.body) != nil || !strings.Contains(o.Body, "{phone}") || !strings.Contains(o.Body, "{text}") {
		return nil, errs.New(errs.Invalid, "notify.body")
	}
	if o.OK != "" && !strings.Contains(o.OK, "=") {
		return nil, errs.New(errs.Invalid, "notify.ok", o.OK)
	}
	return g, nil
}

// Via is "sms".
func (g *Gateway) Via() string { return "sms" }

// NeedsPhone is true.
func (g *Gateway) NeedsPhone() bool { return true }

// NeedsEmail is false.
func (g *Gateway) NeedsEmail() bool { return false }

// Check connects to the gateway.
func (g *Gateway) Check(ctx context.Context) error { return g.check(ctx) }

// Send posts the letter.
func (g *Gateway) Send(ctx context.Context, l Letter) (string, error) {
	words := strings.NewReplacer("{phone}", l.Phone, "{text}", l.Text, "{key}", l.Key, "{receipt}", l.Receipt, "{kind}", l.Kind)
	return g.hand(ctx, l.Key, g.body, words)
}

// hand posts a body with the words filled in and reads the answer.
func (g *Gateway) hand(ctx context.Context, key string, body any, words *strings.Replacer) (string, error) {
	raw, err := json.Marshal(filled(body, words))
	if err != nil {
		return "", errs.Wrap(err, errs.Internal, "internal")
	}
	var headers []string
	if g.o.Key != "" {
		headers = []string{"Authorization", "Bearer " + g.o.Key}
	}
	if raw, err = g.post(ctx, key, raw, headers...); err != nil {
		return "", err
	}
	var answer any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil && g.o.OK != "" {
		return "", errs.Wrap(err, errs.Unavailable, "notify.answer", "")
	}
	if name, want, _ := strings.Cut(g.o.OK, "="); name != "" {
		if got := field(answer, name); got != want {
			return "", errs.New(errs.Unavailable, "notify.answer", clip(name+"="+got))
		}
	}
	return g.proof(answer), nil
}

func (g *Gateway) proof(answer any) string {
	if g.o.Proof != "" {
		return clip(field(answer, g.o.Proof))
	}
	for _, name := range []string{"msgid", "message_id", "id", "request_id"} {
		if v := field(answer, name); v != "" {
			return clip(v)
		}
	}
	return ""
}

// filled gives a copy of a JSON value with the words put into its strings. The
// words are never read as JSON, so nothing in them changes the form.
func filled(v any, words *strings.Replacer) any {
	switch v := v.(type) {
	case string:
		return words.Replace(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = filled(v[i], words)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = filled(value, words)
		}
		return out
	}
	return v
}

// field gives a field of an answer as text, by its names with dots between;
// empty when there is none.
func field(answer any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		object, ok := answer.(map[string]any)
		if !ok {
			return ""
		}
		answer = object[name]
	}
	switch v := answer.(type) {
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// clip bounds what a service says of itself.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80])
	}
	return s
}
