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
	ID      RequestID
	Version VersionID
	By      org.AccountID // empty: the command line
	At      time.Time
	Due     time.Time
	Ended   bool
	Failed  bool // it ended without the version serving; the log says why
}

// RequestStore keeps requests.
type RequestStore interface {
	// Schedule stores a version that does not serve yet, with how the leaves of
	// the active one continue in it, and the request that it shall.
	// errs.Conflict "catalogue.exists" when a version has this content already.
	Schedule(ctx context.Context, c *Catalogue, digest [32]byte, s Succession, r UseRequest) error
	// RequestUse stores an open request; a version that has one gets the
	// earlier of both times.
	RequestUse(ctx context.Context, r UseRequest) error
	// Requests gives the latest request of every version that has one.
	Requests(ctx context.Context) ([]UseRequest, error)
	// EndRequest ends an open request; nothing happens when it is not open.
	EndRequest(ctx context.Context, request RequestID, failed bool, at time.Time) error
}

// Schedule stores a draft that shall serve from its ValidFrom on. Its texts are
// prepared now, so that the change is quick then. made is false when a version
// with this content exists already.
func (t *Trainer) Schedule(ctx context.Context, actor org.Actor, d Draft, progress func(done, total int)) (made bool, err error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return false, err
	}
	now := t.now()
	if !d.Catalogue.Version.ValidFrom.After(now) {
		return false, errs.New(errs.Invalid, "catalogue.from_past")
	}
	if known, err := t.known(ctx, d.Digest); known || err != nil {
		return false, err
	}
	p, err := t.planFor(ctx, d.Catalogue, d.Moves)
	if err != nil {
		return false, err
	}
	if _, err := t.prepare(ctx, d.Catalogue, progress); err != nil {
		return false, err
	}
	v := d.Catalogue.Version
	r := UseRequest{ID: id.New[RequestID](), Version: v.ID, By: actor.Account, At: now, Due: v.ValidFrom}
	return true, t.store.Schedule(ctx, d.Catalogue, d.Digest, p.succession, r)
}

// RequestUse asks that a stored version shall serve as soon as a job has
// trained it. errs.NotFound "catalogue.not_found", errs.Conflict
// "catalogue.in_use".
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
	case err != nil && errs.CodeOf(err) != "catalogue.none":
		return err
	case active.Version == version:
		return errs.New(errs.Conflict, "catalogue.in_use")
	}
	now := t.now()
	return t.store.RequestUse(ctx, UseRequest{ID: id.New[RequestID](), Version: version, By: actor.Account, At: now, Due: now})
}

// CancelUse takes back that a version shall serve. errs.NotFound
// "catalogue.not_requested" when nothing was asked, or it is done already.
func (t *Trainer) CancelUse(ctx context.Context, actor org.Actor, version VersionID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	all, err := t.store.Requests(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Version == version && !r.Ended {
			return t.store.EndRequest(ctx, r.ID, false, t.now())
		}
	}
	return errs.New(errs.NotFound, "catalogue.not_requested")
}

// VersionState is what is going on with a version.
type VersionState string

// The states.
const (
	Serving   VersionState = "serving"   // 使用中
	Preparing VersionState = "preparing" // 正在启用: a job is about to make it serve
	Waiting   VersionState = "waiting"   // 待生效: its time has not come
	NotMade   VersionState = "failed"    // 没有换成: it was to serve and could not
	Served    VersionState = "served"    // 曾用
	Unused    VersionState = "unused"    // 未启用: taken back before it served
)

// Label is the state's name on screen.
func (s VersionState) Label() string {
	switch s {
	case Serving:
		return "使用中"
	case Preparing:
		return "正在启用"
	case Waiting:
		return "待生效"
	case NotMade:
		return "没有换成"
	case Served:
		return "曾用"
	}
	return "未启用"
}

// State tells what is going on with the version now.
func (l Listed) State(now time.Time) VersionState {
	switch r := l.Request; {
	case l.Active:
		return Serving
	case r != nil && !r.Ended && r.Due.After(now):
		return Waiting
	case r != nil && !r.Ended:
		return Preparing
	case r != nil && r.Failed:
		return NotMade
	case l.Used:
		return Served
	}
	return Unused
}

// Due reports whether there is anything for UseDue to do.
func (t *Trainer) Due(ctx context.Context) (bool, error) {
	all, err := t.store.Requests(ctx)
	now := t.now()
	return slices.ContainsFunc(all, func(r UseRequest) bool { return r.due(now) }), err
}

func (r UseRequest) due(now time.Time) bool { return !r.Ended && !r.Due.After(now) }

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
		if !r.due(t.now()) {
			continue
		}
		// Who asked was allowed to when asking.
		failure := t.Use(ctx, org.Actor{Account: r.By, Roles: org.Roles{org.RoleAdmin}}, r.Version, nil)
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
