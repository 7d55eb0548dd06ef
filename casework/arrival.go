package casework

import (
	"context"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
)

// Arrival is a matter that was handed in, as the holder of its receipt sees it
// before it is a case. The code is given when it comes in; the case that is
// filed, and a refusal, have the same.
type Arrival struct {
	Receipt string
	Title   string // masked
	Text    string // masked
	At      time.Time
	State   intake.MatterState
}

// ArrivalStore keeps the codes of what was handed in.
type ArrivalStore interface {
	// Arrival gives what a code was given for; errs.NotFound "case.receipt".
	Arrival(ctx context.Context, receipt string) (Arrival, error)
	// CodeOf gives the code of a message's first matter; errs.NotFound
	// "case.receipt" for one from before there were codes at once.
	CodeOf(ctx context.Context, m intake.MessageID) (string, error)
	// CodeOfMatter gives the code of one matter, likewise.
	CodeOfMatter(ctx context.Context, m intake.MatterID) (string, error)
}

// Arrivals is where citizens see what they have handed in before anybody has
// decided on it. It is safe for concurrent use.
type Arrivals struct{ store ArrivalStore }

// NewArrivals makes Arrivals.
func NewArrivals(store ArrivalStore) *Arrivals { return &Arrivals{store: store} }

// OfReceipt gives what the holder of a receipt has handed in.
func (a *Arrivals) OfReceipt(ctx context.Context, receipt string) (Arrival, error) {
	code := TidyReceipt(receipt)
	if len(code) != receiptRunes {
		return Arrival{}, errs.New(errs.NotFound, "case.receipt")
	}
	return a.store.Arrival(ctx, code)
}

// ReceiptFor gives the code of a message to whoever has just handed it in;
// empty when it has none. Ask for no message that the caller did not deliver.
func (a *Arrivals) ReceiptFor(ctx context.Context, m intake.MessageID) (string, error) {
	return codeOrNone(a.store.CodeOf(ctx, m))
}

// ReceiptOf gives the code of a matter that the caller may read, to be told to
// the citizen; empty when it has none.
func (a *Arrivals) ReceiptOf(ctx context.Context, m intake.MatterID) (string, error) {
	return codeOrNone(a.store.CodeOfMatter(ctx, m))
}

func codeOrNone(code string, err error) (string, error) {
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return "", nil
	}
	return code, err
}

// AcceptedEffect names that the citizen is told that a message has come in.
func AcceptedEffect(m intake.MessageID) string { return "message:" + string(m) + ":accepted" }

// RightWay is what a refusal tells the citizen outside the receipt's page: the
// ground with the right channel, without what somebody has added in own words.
// Empty for a reason that is none of RefusalReasons.
func RightWay(reason string) string {
	for _, r := range RefusalReasons() {
		if strings.HasPrefix(reason, r) {
			return strings.TrimPrefix(r, RefusalPrefix)
		}
	}
	return ""
}
