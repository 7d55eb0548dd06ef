package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// DivideStore cuts cases.
type DivideStore interface {
	// Divide holds a case, plans a step on it as it stands, leaves it the words
	// of keep, and makes an open matter of the same message of the words of
	// other, which it gives; all of it or nothing. errors as Store.Move.
	Divide(ctx context.Context, c Cut, plan Plan, line org.Audit) error
	// Kin gives what was cut off the same case as a case, in any number of
	// steps, and what it was cut off, oldest first, without itself.
	Kin(ctx context.Context, c CaseID) ([]Kin, error)
}

// Cut says how a case is cut.
type Cut struct {
	Case  CaseID
	Seen  int             // the version on the screen
	Other intake.MatterID // that is made
	Keep  string          // what stays with the case
	Words string          // what Other is about
}

// Kin is a matter that was one case with another once.
type Kin struct {
	Matter intake.MatterID
	Title  string // masked
	Text   string // masked
	Open   bool   // nobody has decided on it yet
	Case   CaseID // empty: it is none yet, or never became one
	Docket Docket // of Case
}

// Prompter suggests for matters, now or later: work.Line.
type Prompter interface {
	Prompt(ctx context.Context, matters ...intake.MatterID)
}

// Dividing is where a case that holds two things becomes two (分案). What is cut
// off waits on the desk: who leads there is decided by a person, as for
// everything else. The citizen's clock of both runs from the first filing. It is
// safe for concurrent use.
type Dividing struct {
	store  DivideStore
	cases  *Cases
	prompt Prompter
}

// NewDividing makes Dividing.
func NewDividing(store DivideStore, cases *Cases, prompt Prompter) *Dividing {
	return &Dividing{store: store, cases: cases, prompt: prompt}
}

// Divide leaves a case the words of keep and makes a matter of those of other,
// which it gives. Personal data in both are masked. seen is the version on the
// screen. A suggestion that cannot be made at once is made later.
func (d *Dividing) Divide(ctx context.Context, actor org.Actor, c CaseID, seen int, keep, other, why string) (intake.MatterID, error) {
	k, err := d.cases.docket(ctx, actor, c)
	switch {
	case err != nil:
		return "", err
	case !k.permits(actor, Divide):
		return "", errs.New(errs.Forbidden, "case.not_yours", Divide.Label())
	case seen != k.Version:
		return "", errs.New(errs.Conflict, "case.moved")
	}
	keep, other, why = strings.TrimSpace(keep), strings.TrimSpace(other), strings.TrimSpace(why)
	if err := checkCut(keep, other, why); err != nil {
		return "", err
	}
	cut := Cut{Case: c, Seen: seen, Other: id.New[intake.MatterID]()}
	cut.Keep, _ = d.cases.mask(keep)
	cut.Words, _ = d.cases.mask(other)
	now := d.cases.now()
	err = d.store.Divide(ctx, cut, func(c Case, s Subject) (Step, error) {
		return d.cases.planner.Plan(c, s, Event{At: now, By: actor.Account, Move: Divide, Reason: string(cut.Other), Text: why}, time.Time{})
	}, org.Audit{At: now, Actor: actor.Account, Action: "divide_case", Object: "case:" + string(c), Detail: "matter:" + string(cut.Other)})
	if err != nil {
		return "", err
	}
	d.prompt.Prompt(ctx, cut.Other)
	return cut.Other, nil
}

// checkCut reports every fault of a cut at once.
func checkCut(keep, other, why string) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	for _, f := range []struct {
		value, field, name string
		most               int
		needed             bool
	}{
		{keep, "keep", "留在本工单的内容", intake.MaxTextRunes, true}, {other, "other", "分出去的内容", intake.MaxTextRunes, true}, {why, "text", "说明", MaxTextRunes, false},
	} {
		switch n := len([]rune(f.value)); {
		case n == 0 && f.needed:
			bad(f.field, "field.required", f.name)
		case n > f.most:
			bad(f.field, "field.too_long", f.name, f.most)
		}
	}
	if keep != "" && keep == other {
		bad("other", "case.split_same")
	}
	return faults.OrNil()
}

// Kin gives people of the hotline what was one case with another once.
func (d *Dividing) Kin(ctx context.Context, actor org.Actor, c CaseID) ([]Kin, error) {
	if err := org.Can(actor, org.ActReadMessages); err != nil {
		return nil, err
	}
	if _, err := d.cases.docket(ctx, actor, c); err != nil {
		return nil, err
	}
	all, err := d.kin(ctx, c)
	return slices.DeleteFunc(all, func(k Kin) bool { return k.Docket.Accused.Shuns(actor) }), err
}

// OfReceipt gives it to the holder of a receipt, whose own all of it is.
func (d *Dividing) OfReceipt(ctx context.Context, receipt string) ([]Kin, error) {
	k, err := d.cases.byReceipt(ctx, receipt)
	if err != nil {
		return nil, err
	}
	return d.kin(ctx, k.ID)
}

func (d *Dividing) kin(ctx context.Context, c CaseID) ([]Kin, error) {
	all, err := d.store.Kin(ctx, c)
	for i := range all {
		if all[i].Case == "" {
			continue
		}
		if all[i].Docket, err = d.cases.store.Docket(ctx, Key{ID: all[i].Case}); err != nil {
			return nil, err
		}
	}
	return all, err
}
