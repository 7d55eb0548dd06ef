package casework

import (
	"context"
	"encoding/json"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// SealedReach is by what means one of the staff is told, as it is stored.
type SealedReach struct {
	Supervises bool
	KeyID      string
	Sealed     []byte // nil: there is no means
	Plain      []byte // of before means were sealed, until the next start; it counts, then
}

// ReachStore keeps it.
type ReachStore interface {
	// SealedReach gives what is stored of somebody; the zero value when nothing is.
	SealedReach(ctx context.Context, a org.AccountID) (SealedReach, error)
	// SetSealedReach stores that, with its audit line. errs.NotFound
	// "account.not_found", errs.Invalid "reach.role" for a supervisor who is not of
	// the hotline, errs.Unavailable "seal.key_dropped".
	SetSealedReach(ctx context.Context, a org.AccountID, r SealedReach, line org.Audit) error
}

// Means opens and seals by what means the staff is told. It is safe for
// concurrent use.
type Means struct {
	store ReachStore
	keys  intake.Keys
}

// NewMeans makes Means.
func NewMeans(store ReachStore, keys intake.Keys) *Means { return &Means{store, keys} }

// ReachContext is what the means of an account are sealed with besides the key.
func ReachContext(a org.AccountID) string { return "reach:" + string(a) }

// sealedMeans is the form of what is sealed.
type sealedMeans struct {
	Mobile string `json:"mobile,omitempty"`
	Mail   string `json:"mail,omitempty"`
	WeCom  string `json:"wecom,omitempty"`
}

// Reach gives by what means somebody is told; the zero Reach when none is set.
// errs.Unavailable "reach.unopened" when no key here opens it; whether they
// supervise is in what comes with it.
func (m *Means) Reach(ctx context.Context, a org.AccountID) (Reach, error) {
	stored, err := m.store.SealedReach(ctx, a)
	if err != nil {
		return Reach{}, err
	}
	r, plain := Reach{Supervises: stored.Supervises}, stored.Plain
	if plain == nil && stored.Sealed != nil {
		if plain, err = intake.OpenSealed(m.keys, stored.Sealed, ReachContext(a)); err != nil {
			return r, errs.Wrap(err, errs.Unavailable, "reach.unopened")
		}
	}
	if plain == nil {
		return r, nil
	}
	var found sealedMeans
	if err := json.Unmarshal(plain, &found); err != nil {
		return r, errs.Wrap(err, errs.Unavailable, "reach.unopened")
	}
	r.Mobile, r.Mail, r.WeCom = found.Mobile, found.Mail, found.WeCom
	return r, nil
}

// SetReach stores by what means somebody is told, sealed with the newest key.
func (m *Means) SetReach(ctx context.Context, a org.AccountID, r Reach, line org.Audit) error {
	out := SealedReach{Supervises: r.Supervises}
	if r.Any() {
		keys, err := m.keys.Keys()
		if err != nil {
			return err
		}
		plain, err := json.Marshal(sealedMeans{r.Mobile, r.Mail, r.WeCom})
		if err != nil {
			return err
		}
		out.KeyID, out.Sealed = keys[0].ID(), keys[0].Seal(plain, ReachContext(a))
	}
	return m.store.SetSealedReach(ctx, a, out, line)
}
