package privacy

import (
	"context"
	"slices"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/seal"
)

// KeyUse is what is sealed and linked with one key.
type KeyUse struct {
	ID        string
	Originals int       // sealed with it, seeds of rewards and means of the staff included
	Links     int       // of the audit log
	Dropped   time.Time // zero: it may seal
}

// Resealed is an original under another key.
type Resealed struct {
	Sealed    []byte
	PhoneHash []byte // nil without a phone
}

// KeyStore keeps what is sealed.
type KeyStore interface {
	// KeyUse counts by key, also those that were dropped.
	KeyUse(ctx context.Context) ([]KeyUse, error)
	// Reseal takes originals that are sealed with another key, at least limit of
	// them while there are, and all of the same phone together, and stores them as
	// reseal gives them, in one transaction. It gives how many; 0: none is left.
	Reseal(ctx context.Context, key string, limit int, reseal func(intake.MessageID, []byte) (Resealed, error)) (int, error)
	// ResealSeeds does so with the seeds of rewards, all at once.
	ResealSeeds(ctx context.Context, key string, reseal func(casework.RewardPeriodID, []byte) ([]byte, error)) (int, error)
	// ResealMeans does so with by what means the staff is told: with what is stored
	// in clear from before it was sealed, and with others also with the rest.
	ResealMeans(ctx context.Context, key string, others bool, reseal func(org.AccountID, casework.SealedReach) ([]byte, error)) (int, error)
	// DropKey notes that nothing may be sealed with the key any more; errs.Conflict
	// "keys.in_use" while something is.
	DropKey(ctx context.Context, id string, line org.Audit) error
	// NoteKeys writes a line of the audit log.
	NoteKeys(ctx context.Context, line org.Audit) error
	// RotateAlone runs do while no other process rotates; errs.Conflict
	// "keys.busy" when one does.
	RotateAlone(ctx context.Context, do func(context.Context) error) error
}

// Rotation replaces keys. It is for the machine's own command line: whoever may
// read the key file may do it.
type Rotation struct {
	store KeyStore
	ring  *seal.Ring
	now   func() time.Time
}

// NewRotation makes a Rotation.
func NewRotation(store KeyStore, ring *seal.Ring, now func() time.Time) *Rotation {
	return &Rotation{store: store, ring: ring, now: now}
}

// KeyLine is a key as `huying keys` lists it.
type KeyLine struct {
	KeyUse
	Here  bool // opens what it sealed
	Audit bool // only verifies the audit log any more
	Seals bool // the newest
}

// List gives the keys that are here or that something was sealed with, the one
// that seals first.
func (r *Rotation) List(ctx context.Context) ([]KeyLine, error) {
	keys, err := r.ring.Keys()
	if err != nil {
		return nil, err
	}
	use, err := r.store.KeyUse(ctx)
	if err != nil {
		return nil, err
	}
	var out []KeyLine
	for i, k := range keys {
		out = append(out, KeyLine{KeyUse: KeyUse{ID: k.ID()}, Here: true, Seals: i == 0})
	}
	for _, id := range r.ring.Dropped() {
		out = append(out, KeyLine{KeyUse: KeyUse{ID: id}, Audit: true})
	}
	for _, u := range use {
		at := slices.IndexFunc(out, func(l KeyLine) bool { return l.ID == u.ID })
		if at < 0 {
			out = append(out, KeyLine{})
			at = len(out) - 1
		}
		out[at].KeyUse = u
	}
	return out, nil
}

// resealedAtOnce bounds a transaction: at some 2 KB each, a batch is a fraction
// of a second, and a service that runs beside never waits longer for a row.
const resealedAtOnce = 200

// Rotate seals everything with the newest key. Where that is so already, a new
// key is made first (only in a file of keys; errs.Conflict "seal.fixed"
// otherwise). What was interrupted, at whatever moment, is gone on with by the
// next call. tell is told how many are done and how many there are.
func (r *Rotation) Rotate(ctx context.Context, tell func(done, all int)) (key string, done int, err error) {
	err = r.store.RotateAlone(ctx, func(ctx context.Context) error {
		left, err := r.left(ctx)
		if err != nil {
			return err
		}
		if left == 0 {
			if _, err := r.ring.Add(); err != nil {
				return err
			}
			if left, err = r.left(ctx); err != nil {
				return err
			}
		}
		keys, err := r.ring.Keys()
		if err != nil {
			return err
		}
		key = keys[0].ID()
		line := org.Audit{At: r.now(), Action: "rotate_keys", Object: "key:" + key, Detail: "开始换用这把密钥"}
		if err := r.store.NoteKeys(ctx, line); err != nil {
			return err
		}
		for {
			n, err := r.store.Reseal(ctx, key, resealedAtOnce, r.under(keys[0]))
			done += n
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			tell(done, max(left, done))
		}
		seeds, err := r.store.ResealSeeds(ctx, key, r.seedUnder(keys[0]))
		if err != nil {
			return err
		}
		means, err := r.store.ResealMeans(ctx, key, true, r.meansUnder(keys[0]))
		if err != nil {
			return err
		}
		if done += seeds + means; seeds+means > 0 {
			tell(done, max(left, done))
		}
		line.At, line.Action, line.Detail = r.now(), "rotated_keys", "全部原文已换用这把密钥"
		return r.store.NoteKeys(ctx, line)
	})
	return key, done, err
}

// left counts what is not sealed with the newest key.
func (r *Rotation) left(ctx context.Context) (int, error) {
	lines, err := r.List(ctx)
	n := 0
	for _, l := range lines {
		if !l.Seals {
			n += l.Originals
		}
	}
	return n, err
}

// under opens an original and seals it with another key.
func (r *Rotation) under(key *seal.Sealer) func(intake.MessageID, []byte) (Resealed, error) {
	return func(m intake.MessageID, sealed []byte) (out Resealed, err error) {
		o, err := intake.OpenOriginal(r.ring, m, sealed)
		if err == nil {
			out.Sealed, out.PhoneHash, err = intake.SealOriginal(key, m, o)
		}
		return out, err
	}
}

// seedUnder opens the seed of a period and seals it with another key.
func (r *Rotation) seedUnder(key *seal.Sealer) func(casework.RewardPeriodID, []byte) ([]byte, error) {
	return func(p casework.RewardPeriodID, sealed []byte) ([]byte, error) {
		return r.anew(key, sealed, casework.SeedContext(p))
	}
}

// meansUnder seals by what means one of the staff is told with another key.
func (r *Rotation) meansUnder(key *seal.Sealer) func(org.AccountID, casework.SealedReach) ([]byte, error) {
	return func(a org.AccountID, m casework.SealedReach) ([]byte, error) {
		if m.Plain != nil {
			return key.Seal(m.Plain, casework.ReachContext(a)), nil
		}
		return r.anew(key, m.Sealed, casework.ReachContext(a))
	}
}

// anew opens with whichever key of the ring fits, and seals with another.
func (r *Rotation) anew(key *seal.Sealer, sealed []byte, context string) ([]byte, error) {
	plain, err := intake.OpenSealed(r.ring, sealed, context)
	if err != nil {
		return nil, err
	}
	return key.Seal(plain, context), nil
}

// SealMeans seals by what means the staff is told where that is stored in clear,
// from before it was sealed, and says how many had that. It is for every start:
// a program from then may have run meanwhile.
func (r *Rotation) SealMeans(ctx context.Context) (int, error) {
	keys, err := r.ring.Keys()
	if err != nil {
		return 0, err
	}
	return r.store.ResealMeans(ctx, keys[0].ID(), false, r.meansUnder(keys[0]))
}

// Drop forgets a key that nothing is sealed with any more; what verifies the
// audit log stays. errs.Conflict "keys.in_use", "keys.seals" for the newest;
// errs.NotFound "keys.unknown".
func (r *Rotation) Drop(ctx context.Context, id string) error {
	keys, err := r.ring.Keys()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(keys, func(k *seal.Sealer) bool { return k.ID() == id })
	switch {
	case at == 0:
		return errs.New(errs.Conflict, "keys.seals", id)
	case at < 0 && !slices.Contains(r.ring.Dropped(), id):
		return errs.New(errs.NotFound, "keys.unknown", id)
	case r.ring.File() == "":
		return errs.New(errs.Conflict, "seal.fixed")
	}
	err = r.store.DropKey(ctx, id, org.Audit{At: r.now(), Action: "drop_key", Object: "key:" + id})
	if err != nil {
		return err
	}
	return r.ring.Drop(id)
}
