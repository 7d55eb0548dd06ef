package casework

import (
	"context"
	"strings"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// maxPlaceRunes is how long a place may be.
const maxPlaceRunes = 100

// PlaceStore keeps where matters happened, as somebody on the desk has put it.
type PlaceStore interface {
	// MatterPlace gives what was put; empty: nothing.
	MatterPlace(ctx context.Context, m intake.MatterID) (string, error)
	// SetMatterPlace stores it with its audit line; errs.NotFound
	// "matter.not_found".
	SetMatterPlace(ctx context.Context, m intake.MatterID, place string, line org.Audit) error
	// AccusationOf gives whom a matter complains of.
	AccusationOf(ctx context.Context, m intake.MatterID) (intake.Accusation, error)
}

// Locator is where the place of a matter is put right. Without that a case has
// the place that was delivered or else the first one that its words name. It is
// safe for concurrent use.
type Locator struct {
	store PlaceStore
	cases *Cases
}

// NewLocator makes a Locator.
func NewLocator(store PlaceStore, cases *Cases) *Locator {
	return &Locator{store: store, cases: cases}
}

// Of gives the place that was put for a matter; empty: none was.
func (l *Locator) Of(ctx context.Context, actor org.Actor, m intake.MatterID) (string, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return "", err
	}
	return l.store.MatterPlace(ctx, m)
}

// Set puts the place of a matter, also of one that is a case already. Personal
// data in it is masked. An empty place is errs.Invalid.
func (l *Locator) Set(ctx context.Context, actor org.Actor, m intake.MatterID, place string) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	place = strings.Join(strings.Fields(place), " ")
	switch {
	case !id.Valid(m):
		return errs.New(errs.NotFound, "matter.not_found")
	case place == "":
		return errs.New(errs.Invalid, "field.required", "地点").In("place")
	case len([]rune(place)) > maxPlaceRunes:
		return errs.New(errs.Invalid, "field.too_long", "地点", maxPlaceRunes).In("place")
	}
	if a, err := l.store.AccusationOf(ctx, m); err != nil {
		return err
	} else if a.Shuns(actor) {
		return errs.New(errs.NotFound, "matter.not_found")
	}
	masked, _ := l.cases.mask(place)
	return l.store.SetMatterPlace(ctx, m, masked, org.Audit{At: l.cases.now(), Actor: actor.Account, Action: "set_place", Object: "matter:" + string(m)})
}
