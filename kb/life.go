package kb

import (
	"slices"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// Step is what moves an entry from one state to another, or made a version of
// it. A name never changes its meaning: versions keep it.
type Step string

// The steps that people take. rules says who may, and when.
const (
	StepSend     Step = "send"     // put forward to the owning unit
	StepWithdraw Step = "withdraw" // taken back by those who wrote it
	StepReturn   Step = "return"   // sent back by the reviewer
	StepApprove  Step = "approve"
	StepDoubt    Step = "doubt" // must be verified
	StepKeep     Step = "keep"  // verified: still right
	StepRetire   Step = "retire"
	StepRevive   Step = "revive"
)

// The steps that are no move of a person.
const (
	StepNew      Step = "new"
	StepEdit     Step = "edit"
	StepRollback Step = "rollback" // edited to what an older version said
	StepImport   Step = "import"
	StepMerge    Step = "merge"  // the content of an approved copy went to the entry that it replaces
	StepExpire   Step = "expire" // a date passed
	StepLaw      Step = "law"    // a clause was marked as changed
)

// Label is what a step is called in the list of versions.
func (s Step) Label() string {
	switch s {
	case StepNew:
		return "新建"
	case StepEdit:
		return "修改"
	case StepRollback:
		return "恢复旧内容"
	case StepImport:
		return "导入"
	case StepMerge:
		return "并入原条目"
	case StepExpire:
		return "到期，转待核实"
	case StepLaw:
		return "依据有变，转待核实"
	}
	for _, r := range rules() {
		if r.step == s {
			return r.label
		}
	}
	return string(s)
}

// allStates are the states in the order of an entry's life.
var allStates = [...]EntryState{EntryDraft, EntryReview, EntryPublished, EntryToVerify, EntryRetired}

// Label is the state's name on screen.
func (s EntryState) Label() string {
	switch s {
	case EntryDraft:
		return "草稿"
	case EntryReview:
		return "待审核"
	case EntryPublished:
		return "已发布"
	case EntryToVerify:
		return "待核实"
	case EntryRetired:
		return "已停用"
	}
	return string(s)
}

// rule is one way from a state to another.
type rule struct {
	step    Step
	label   string // the button, and the line in the list of versions
	from    []EntryState
	to      EntryState
	right   org.Action
	reasons bool // a remark is needed
	when    []func(situation) error
}

// rules is the whole life of an entry. The machine's own moves, published →
// to verify when a date passes or a clause changes, are in upkeep.go.
func rules() []rule {
	edit, review := org.ActEditKnowledge, org.ActReviewKnowledge
	return []rule{
		{StepApprove, "通过并发布", []EntryState{EntryReview}, EntryPublished, review, false, checks(second, owning, inForce)},
		{StepReturn, "退回修改", []EntryState{EntryReview}, EntryDraft, review, true, checks(second, owning)},
		{StepWithdraw, "撤回", []EntryState{EntryReview}, EntryDraft, edit, false, checks(writing)},
		{StepSend, "送审", []EntryState{EntryDraft}, EntryReview, edit, false, checks(owned)},
		{StepKeep, "核实无误", []EntryState{EntryToVerify}, EntryPublished, review, false, checks(owning, inForce)},
		{StepDoubt, "转待核实", []EntryState{EntryPublished}, EntryToVerify, edit, true, nil},
		{StepRetire, "停用", []EntryState{EntryDraft, EntryReview, EntryPublished, EntryToVerify}, EntryRetired, edit, true, nil},
		{StepRevive, "重新启用", []EntryState{EntryRetired}, EntryDraft, edit, false, checks(original)},
	}
}

func checks(all ...func(situation) error) []func(situation) error { return all }

// situation is what a rule decides on.
type situation struct {
	actor  org.Actor
	folder Folder
	now    time.Time
}

// owned: somebody must stand behind an answer before it is reviewed.
func owned(s situation) error {
	if s.folder.Entry.Unit == "" {
		return errs.New(errs.Invalid, "kb.no_owner").In("unit")
	}
	return nil
}

// owning: the unit that stands behind the answer reviews it. Where it has
// nobody here who may, or nobody but the authors, any second person does.
func owning(s situation) error {
	others := slices.DeleteFunc(slices.Clone(s.folder.Owners), func(o org.Actor) bool {
		return org.Can(o, org.ActReviewKnowledge) != nil || slices.Contains(s.folder.Authors, o.Account)
	})
	if len(others) > 0 && !slices.ContainsFunc(others, func(o org.Actor) bool { return o.Account == s.actor.Account }) {
		return errs.New(errs.Forbidden, "kb.other_unit", s.folder.Entry.Unit)
	}
	return nil
}

// second: nobody reviews what they wrote or put forward themselves. What a
// machine drafted has no author.
func second(s situation) error {
	if s.actor.Account != "" && slices.Contains(s.folder.Authors, s.actor.Account) {
		return errs.New(errs.Forbidden, "kb.own_review")
	}
	return nil
}

// writing: only those who wrote it take it back; others send it back.
func writing(s situation) error {
	if !slices.Contains(s.folder.Authors, s.actor.Account) {
		return errs.New(errs.Forbidden, "kb.not_author")
	}
	return nil
}

// inForce: what has run out already cannot answer.
func inForce(s situation) error {
	if end := s.folder.Entry.End(); !end.IsZero() && !end.After(s.now) {
		return errs.New(errs.Invalid, "kb.run_out").In("valid_until")
	}
	return nil
}

// original: a copy whose work is done does not come back; the entry that it
// replaced is edited anew.
func original(s situation) error {
	if s.folder.Entry.Replaces != "" {
		return errs.New(errs.Conflict, "kb.copy_done")
	}
	return nil
}

// ruleOf gives the rule of a step from a state, or errs.Conflict: somebody
// moved the entry meanwhile.
func ruleOf(step Step, from EntryState) (rule, error) {
	for _, r := range rules() {
		if r.step == step && slices.Contains(r.from, from) {
			return r, nil
		}
	}
	return rule{}, errs.New(errs.Conflict, "kb.step", from.Label())
}

// allows tells whether the rule lets this actor do it now: nil, or why not.
func (r rule) allows(s situation) error {
	if err := org.Can(s.actor, r.right); err != nil {
		return err
	}
	for _, check := range r.when {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}

// Choice is a step that an entry's state offers, for the page that shows it.
type Choice struct {
	Step    Step
	Label   string
	Reasons bool   // it needs a remark
	Refused string // why this person may not; empty: they may
}

// choices are the steps from the present state that the actor's role has; what
// is refused for another reason is among them, with the reason.
func (s situation) choices() []Choice {
	var out []Choice
	for _, r := range rules() {
		if !slices.Contains(r.from, s.folder.Entry.State) || org.Can(s.actor, r.right) != nil {
			continue
		}
		c := Choice{Step: r.step, Label: r.label, Reasons: r.reasons}
		if err := r.allows(s); err != nil {
			if r.step == StepWithdraw || r.step == StepRevive {
				continue // nothing is missed
			}
			c.Refused = errs.Sentence(err)
		}
		out = append(out, c)
	}
	return out
}

// How long somebody may take: the reviewer to review, the owner to verify.
const (
	ReviewWithin = 3 * 24 * time.Hour
	VerifyWithin = 7 * 24 * time.Hour
)

// End is the last moment at which the entry holds: its own date or that of the
// first clause to go. Zero: no end.
func (e Entry) End() time.Time {
	end := e.ValidUntil
	for _, c := range e.Clauses {
		if !c.Until.IsZero() && (end.IsZero() || c.Until.Before(end)) {
			end = c.Until
		}
	}
	return end
}

// Due is by when somebody must act on the entry, in the state that it has
// since UpdatedAt; zero: never. What expired keeps the due date that it had,
// so that it is overdue from the first moment.
func (e Entry) Due() time.Time {
	switch e.State {
	case EntryPublished:
		return e.End()
	case EntryReview:
		return e.UpdatedAt.Add(ReviewWithin)
	case EntryToVerify:
		if end := e.End(); !end.IsZero() && end.Before(e.UpdatedAt) {
			return end
		}
		return e.UpdatedAt.Add(VerifyWithin)
	}
	return time.Time{}
}

// barred says why a candidate may be read but never answers: it must be
// verified, or the ask is nearer to what it does not answer.
func (c Candidate) barred() Silence {
	switch {
	case c.Entry.State == EntryToVerify:
		return SilentVerify
	case c.Negative > c.Question:
		return SilentNegative
	}
	return ""
}

// Two more reasons for silence.
const (
	SilentVerify   Silence = "最接近的一条待核实，请核对后再答复"
	SilentNegative Silence = "更像是最接近的一条不适用的问法，请核对后再答复"
)
