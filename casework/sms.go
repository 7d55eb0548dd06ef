package casework

import (
	"context"
	"regexp"

	"huying/internal/errs"
	"huying/internal/org"
)

// SentStore knows what was sent to citizens.
type SentStore interface {
	// ReceiptOf gives the receipt that a notification told of; errs.NotFound
	// "sms.unknown".
	ReceiptOf(ctx context.Context, n NotificationID) (string, error)
}

// SMSReplies is where a gateway delivers what citizens answer by SMS. It is safe
// for concurrent use.
type SMSReplies struct {
	store SentStore
	cases *Cases
}

// NewSMSReplies makes SMSReplies.
func NewSMSReplies(store SentStore, cases *Cases) *SMSReplies {
	return &SMSReplies{store: store, cases: cases}
}

// round is what Letter.Key has behind the id of what was sent again.
var round = regexp.MustCompile(`-\d{1,9}$`)

// Take rates a closed case by an answer to the letter with a key. It gives the
// receipt's code. What cannot be read as three answers is errs.Invalid
// "sms.unread" and changes nothing: an agent calls.
func (r *SMSReplies) Take(ctx context.Context, actor org.Actor, key, text string) (string, error) {
	if err := org.Can(actor, org.ActConverse); err != nil {
		return "", err
	}
	n, _, known := parseKey(key)
	if !known {
		return "", errs.New(errs.NotFound, "sms.unknown")
	}
	a, ok := ParseReply(text)
	if !ok {
		return "", errs.New(errs.Invalid, "sms.unread", text).In("text")
	}
	receipt, err := r.store.ReceiptOf(ctx, n)
	if err != nil {
		return "", err
	}
	return receipt, r.cases.Rate(ctx, receipt, a, Rating{}, "")
}
