package classifier

import (
	"context"
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// UseRequest asks that a stored version shall serve from a time on. Training
// its model takes longer than a page may, so a job does it.
type UseRequest struct {
	ID      int64
	Version VersionID
	By      org.AccountID // empty: the command line
	At      time.Time
	Due     time.Time
	Ended   bool
	Failed  bool // it ended without the version serving; the log says why
}

// RequestStore keeps requests.
type RequestStore interface {
	// RequestUse stores an open request; errs.Conflict "catalogue.requested"
	// when the version has one.
	RequestUse(ctx context.Context, r UseRequest) error
	// Requests gives the latest request of every version that has one.
	Requests(ctx context.Context) ([]UseRequest, error)
	// EndRequest ends an open request.
	EndRequest(ctx context.Context, request int64, failed bool, at time.Time) error
}

// RequestUse asks that a stored version shall serve as soon as a job has
// trained it. errs.NotFound "catalogue.not_found", errs.Conflict
// "catalogue.in_use" or "catalogue.requested".
func (t *Trainer) RequestUse(ctx context.Context, actor org.Actor, version VersionID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	if !id.Valid(version) {
		return errs.New(errs.NotFound, "catalogue.not_found")
	}
	if _, err := t.store.Catalogue(ctx, version); err != nil {
		return err
	}
	active, err := t.store.Active(ctx)
	switch {
	case err != nil:
		return err
	case active.Version == version:
		return errs.New(errs.Conflict, "catalogue.in_use")
	}
	now := t.now()
	return t.store.RequestUse(ctx, UseRequest{Version: version, By: actor.Account, At: now, Due: now})
}

// Requests gives the latest request of every version that has one.
func (t *Trainer) Requests(ctx context.Context, actor org.Actor) ([]UseRequest, error) {
	if err := org.Can(actor, org.ActReadVersions); err != nil {
		return nil, err
	}
	return t.store.Requests(ctx)
}

// UseDue does the open requests whose time has come, the one due first first.
// One that cannot be done now stays open; one that can never be is ended as
// failed and its error returned.
func (t *Trainer) UseDue(ctx context.Context) error {
	all, err := t.store.Requests(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b UseRequest) int { return a.Due.Compare(b.Due) })
	for _, r := range all {
		if r.Ended || r.Due.After(t.now()) {
			continue
		}
		// Who asked was allowed to when asking.
		failure := t.Use(ctx, org.Actor{Account: r.By, Role: org.RoleAdmin}, r.Version, nil)
		if failure != nil && (ctx.Err() != nil || errs.KindOf(failure) == errs.Unavailable) {
			return failure
		}
		if err := t.store.EndRequest(ctx, r.ID, failure != nil, t.now()); err != nil {
			return err
		}
		if failure != nil {
			return failure
		}
	}
	return nil
}
