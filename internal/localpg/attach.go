package localpg

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"huying/internal/errs"
)

// attachWait is how long a command waits for the answer of a server that
// another process owns: that one may be making the cluster (1 s) or replaying
// its log.
const attachWait = 60 * time.Second

// Attach gives a command the server of a data directory: the running one,
// when a process owns it, or else one that this process owns until Close.
// Options matter in the second case only.
//
// A server that does not answer within a minute gives Unavailable
// (localpg.no_answer).
func Attach(ctx context.Context, o Options) (*Server, error) {
	d, err := openDataDir(o)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, attachWait)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		owner, err := d.tryLock(ownerLock, false)
		if err == nil {
			return d.serve(ctx, owner, true)
		}
		if errors.Is(err, errHeld) {
			var s *Server
			if s, err = d.visit(waiting); err == nil {
				return s, nil
			}
		}
		if !errors.Is(err, errHeld) && !errors.Is(err, errNotReady) {
			d.Close()
			return nil, err
		}
		select {
		case <-waiting.Done():
			h := d.holder()
			d.Close()
			return nil, errs.Wrap(err, errs.Unavailable, "localpg.no_answer", d.path, h.pid)
		case <-tick.C:
		}
	}
}

// visit joins the server that another process owns. While it is starting or
// stopping that gives errNotReady.
func (d *dataDir) visit(ctx context.Context) (*Server, error) {
	guest, err := d.tryLock(guestsLock, true)
	if errors.Is(err, errHeld) { // the owner is leaving
		return nil, errNotReady
	}
	if err != nil {
		return nil, err
	}
	sockets, err := d.probe(ctx)
	if err == nil {
		return &Server{dir: d, sockets: sockets, guest: guest}, nil
	}
	guest.Close()
	if _, refused := errors.AsType[*refusal](err); refused && !errors.Is(err, errNotReady) || errors.Is(err, fs.ErrPermission) {
		err = errs.Wrap(err, errs.Forbidden, "localpg.not_permitted", d.path, d.user.name)
	}
	return nil, err
}
