package classifier

import (
	"errors"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Kind is what a person did with a suggestion.
type Kind string

// The kinds. Withdraw takes the decision before it back and opens the matter
// again; like the others it is a row of its own, never an edit.
const (
	Confirm  Kind = "confirm"  // 确认: the first candidate, as it stands
	Correct  Kind = "correct"  // 修改: another category, unit or urgency; a blind one that names a category is always this
	Decline  Kind = "decline"  // 不采纳: not a matter for us, with a reason
	Withdraw Kind = "withdraw" // 撤销
)

// What the reason of a decision that refuses a matter begins with, where a rule
// hangs on it.
const (
	RefusedAsSecret  = "不予受理：涉及国家秘密、商业秘密或他人隐私" // of others: that one's own privacy was leaked is accepted
	RefusedAsUnclear = "不予受理：内容不清"             // only after the citizen was called back
)

// Purpose says what a decision is for.
type Purpose string

// The purposes. Only effective ones assign units and head a matter's chain.
const (
	Effective Purpose = "effective"
	Blind     Purpose = "blind" // a second person's, made without the suggestion, to measure
)

// Decision is a person's word on a matter. Append-only.
type Decision struct {
	ID         DecisionID
	Matter     intake.MatterID
	Suggestion SuggestionID // what was shown; empty: none was
	Previous   DecisionID   // the head of the chain that it follows; empty: the first
	Purpose    Purpose
	Kind       Kind
	Category   CategoryID   // empty for Decline and Withdraw
	Lead       org.UnitID   // empty for Decline and Withdraw; may be for a blind one
	Co         []org.UnitID // without Lead
	Type       intake.Type
	Urgency    intake.Urgency
	Reason     string             // required for Decline
	NotOwn     bool               // of RefusedAsSecret: who refuses says that it is not the citizen's own privacy that was leaked; not stored
	Accused    *intake.Accusation // whom the matter complains of, said with the decision; nil: as it stands
	Ruling     *Ruling            // it ends a dispute over duty; not stored with it, but as a Precedent
	Appointed  bool               // by a superior (指定办); not stored: the case's history says it
	By         org.AccountID
	ByName     string // of the account; only in what the store gives
	At         time.Time
}

// MaxReasonRunes bounds a reason.
const MaxReasonRunes = 500

// Validate reports every fault of the form at once; whether the category and
// units exist is the store's to say.
func (d Decision) Validate() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if !id.Valid(d.Matter) {
		bad("matter", "field.invalid", "诉求", string(d.Matter))
	}
	if d.Suggestion != "" && !id.Valid(d.Suggestion) {
		bad("suggestion", "field.invalid", "智能推荐", string(d.Suggestion))
	}
	switch d.Kind {
	case Confirm, Correct:
		if !id.Valid(d.Category) {
			bad("category", "decision.category")
		}
		if !id.Valid(d.Lead) && (d.Lead != "" || d.Purpose != Blind) {
			bad("lead", "decision.lead")
		}
		if !d.Urgency.Valid() && (d.Urgency != "" || d.Purpose != Blind) {
			bad("urgency", "field.invalid", "紧急程度", string(d.Urgency))
		}
	case Decline:
		if d.Reason == "" {
			bad("reason", "field.required", "不采纳的原因")
		}
		if strings.HasPrefix(d.Reason, RefusedAsSecret) && !d.NotOwn {
			bad("not_own", "refusal.own_privacy")
		}
	case Withdraw:
	default:
		bad("kind", "field.invalid", "决定", string(d.Kind))
	}
	if (d.Kind == Decline || d.Kind == Withdraw) && (d.Category != "" || d.Lead != "" || len(d.Co) > 0) {
		bad("category", "decision.needless")
	}
	if d.Accused != nil {
		if all, ok := errors.AsType[errs.List](d.Accused.Validate()); ok {
			faults = append(faults, all...)
		}
	}
	if r := d.Ruling; r != nil {
		if d.Reason == "" {
			bad("text", "field.required", "裁定的理由")
		}
		if len([]rune(r.Facts)) > MaxFactsRunes {
			bad("facts", "field.too_long", "案情", MaxFactsRunes)
		}
		if len([]rune(r.Clause)) > MaxClauseRunes {
			bad("clause", "field.too_long", "依据的条款", MaxClauseRunes)
		}
	}
	if d.Type != "" && !slices.Contains(intake.Types(), d.Type) {
		bad("type", "field.invalid", "诉求类型", string(d.Type))
	}
	if d.Kind != Confirm && d.Kind != Correct && d.Urgency != "" && !d.Urgency.Valid() {
		bad("urgency", "field.invalid", "紧急程度", string(d.Urgency))
	}
	for _, u := range d.Co {
		if !id.Valid(u) || u == d.Lead {
			bad("co", "decision.co")
			break
		}
	}
	if len([]rune(d.Reason)) > MaxReasonRunes {
		bad("reason", "field.too_long", "原因", MaxReasonRunes)
	}
	return faults.OrNil()
}

// UndoWindow is how long a decision can be taken back by who made it.
const UndoWindow = 10 * time.Second
