package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"huying/internal/errs"
)

// Webhook posts letters to a system of the city's own, which delivers them.
type Webhook struct {
	caller
	key []byte
}

// NewWebhook makes a webhook whose requests are signed with the key; the error
// is Invalid "notify.url" or "notify.key".
func NewWebhook(address, key string, now func() time.Time) (*Webhook, error) {
	c, err := newCaller(address, now)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, errs.New(errs.Invalid, "notify.key")
	}
	return &Webhook{c, []byte(key)}, nil
}

// Via is "webhook".
func (w *Webhook) Via() string { return "webhook" }

// NeedsPhone is true.
func (w *Webhook) NeedsPhone() bool { return true }

// NeedsEmail is false.
func (w *Webhook) NeedsEmail() bool { return false }

// Check connects to the system.
func (w *Webhook) Check(ctx context.Context) error { return w.check(ctx) }

// Send posts the letter as JSON. X-Huying-Signature is the hexadecimal
// HMAC-SHA256 of X-Huying-Timestamp (Unix seconds), a full stop and the body;
// the receiver refuses an old timestamp and knows a repetition by
// Idempotency-Key.
func (w *Webhook) Send(ctx context.Context, l Letter) (string, error) {
	body, err := json.Marshal(struct {
		ID      string    `json:"id"`
		Kind    string    `json:"kind"`
		Receipt string    `json:"receipt"`
		Phone   string    `json:"phone"`
		Mail    string    `json:"mail,omitempty"`
		WeCom   string    `json:"wecom,omitempty"`
		Text    string    `json:"text"`
		At      time.Time `json:"at"`
	}{l.Key, l.Kind, l.Receipt, l.Phone, l.Mail, l.WeCom, l.Text, l.At})
	if err != nil {
		return "", errs.Wrap(err, errs.Internal, "internal")
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	raw, err := w.post(ctx, l.Key, body, "X-Huying-Timestamp", stamp, "X-Huying-Signature", signature(w.key, stamp, body))
	if err != nil {
		return "", err
	}
	var answer any
	if json.Unmarshal(raw, &answer) != nil {
		return "", nil // an answer without a number is an answer
	}
	return clip(field(answer, "id")), nil
}

func signature(key []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
