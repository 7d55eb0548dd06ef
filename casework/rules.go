package casework

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/workday"
)

// DeadlineRules are the figures of a city: how long who has, when they are
// reminded and chased, and how often which exception is made. They are read, and
// never changed in place.
type DeadlineRules struct {
	Version int         // that stored them, from 1; 0: they came with the product
	Types   []TypeSpans // in the order of intake.Types

	DangerAccept workday.Span // of urgency A, whatever the type
	DangerHandle workday.Span
	LeafShortens bool         // a leaf's own limit shortens DangerHandle, if it is earlier
	Return       workday.Span // until when a unit may give a case back, from when it got it

	AtOnceAccept workday.Span // of 立即办, whatever the urgency: minutes that count by day and night
	AtOnceAct    workday.Span // until the unit that has it has acted

	Half int // per cent of the citizen's time after which the unit is reminded
	Soon int // and reminded again

	UsualSteps  ChaseSteps
	DangerSteps ChaseSteps // of urgency A

	Extensions int          // how often a case's time is made longer
	ExtraDays  int          // working days in one extension
	Reopened   int          // how often it is handled again after closing
	MemoAck    workday.Span // until a unit acknowledges a memo (提醒函),
	MemoAnswer workday.Span // and answers it, if nobody says otherwise
	LabelKept  int          // days after its end until a harassment label is deleted
	TaskShare  int          // per cent of what the lead unit has left that a co-unit has for its task, if nobody says otherwise
	Pauses     int          // how often it waits for the citizen: with the cap of each this bounds how long the clocks stand
}

// TypeSpans is how long a unit has for a type of matter: in the ordinary case
// (urgency C), and where somebody must act soon (B).
type TypeSpans struct {
	Type                 intake.Type
	Accept, Handle       workday.Span
	SoonAccept, SoonDone workday.Span
}

// UsualRules are those that came with the product: consultation 1 working day,
// proposal and praise 3, everything else 7 (《政务服务便民热线运行指南》 GB/T 44189-2024
// leaves the figures to the city; these are the most common). Danger minds no
// calendar: half an hour to accept, a day to answer; what is acted on at once (立即办)
// is accepted in ten minutes, and acted on within the hour.
func UsualRules() DeadlineRules {
	r := DeadlineRules{
		DangerAccept: workday.Span{N: 30, Unit: workday.Minutes}, DangerHandle: workday.Span{N: 24, Unit: workday.Hours},
		AtOnceAccept: workday.Span{N: 10, Unit: workday.Minutes}, AtOnceAct: workday.Span{N: 60, Unit: workday.Minutes},
		Return: workday.Span{N: 2, Unit: workday.WorkingDays}, Half: 50, Soon: 80,
		UsualSteps: usualSteps, DangerSteps: urgentSteps,
		Extensions: 2, ExtraDays: 15, Reopened: 2, Pauses: 1, TaskShare: 60, LabelKept: LabelKept,
		MemoAck: workday.Span{N: 1, Unit: workday.WorkingDays}, MemoAnswer: workday.Span{N: 3, Unit: workday.WorkingDays},
	}
	for _, t := range intake.Types() {
		days := 7
		switch t {
		case intake.Consultation:
			days = 1
		case intake.Proposal, intake.Praise:
			days = 3
		}
		handle := workday.Span{N: days, Unit: workday.WorkingDays}
		r.Types = append(r.Types, TypeSpans{
			Type: t, Accept: workday.Span{N: 1, Unit: workday.WorkingDays}, Handle: handle,
			SoonAccept: workday.Span{N: 4, Unit: workday.WorkHours}, SoonDone: handle,
		})
	}
	return r
}

// Terms gives the terms of a subject. The leaf's own limit holds before the
// type's; where it names none, or in words that nobody can count, the type's.
// Danger keeps its own, which a leaf at most shortens.
func (r DeadlineRules) Terms(s Subject) Terms {
	limit, named := ParseLimit(s.Limit)
	if s.Urgency == intake.UrgencyA {
		t := Terms{Accept: r.DangerAccept, Handle: r.DangerHandle}
		if named && r.LeafShortens {
			t.Leaf = limit
		}
		return t
	}
	of := r.of(s.Type)
	t := Terms{Accept: of.Accept, Handle: of.Handle}
	if s.Urgency == intake.UrgencyB {
		t = Terms{Accept: of.SoonAccept, Handle: of.SoonDone}
	}
	if named {
		t.Handle = limit
	}
	return t
}

// of gives the spans of a type; of one that nobody knows those of a complaint.
func (r DeadlineRules) of(t intake.Type) TypeSpans {
	for _, want := range []intake.Type{t, intake.Complaint} {
		if i := slices.IndexFunc(r.Types, func(of TypeSpans) bool { return of.Type == want }); i >= 0 {
			return r.Types[i]
		}
	}
	return TypeSpans{}
}

// steps are the steps of chasing of a subject.
func (r DeadlineRules) steps(s Subject) ChaseSteps {
	if s.Urgency == intake.UrgencyA {
		return r.DangerSteps
	}
	return r.UsualSteps
}

// RuleField is one figure of the rules, as it is read and typed.
type RuleField struct {
	Key   string // stable: versions are stored by it
	Label string
	Value string // 7 个工作日, 50, 是
	Yes   bool   // it is either 是 or 否
}

// figure is a place in the rules: one of the three pointers is set.
type figure struct {
	key, label string
	span       *workday.Span
	count      *int
	yes        *bool
	min, max   int // of count
}

// typeKeys are the types in the keys of fields.
var typeKeys = map[intake.Type]string{
	intake.Consultation: "consultation", intake.Help: "help", intake.Proposal: "proposal",
	intake.Complaint: "complaint", intake.Report: "report", intake.Praise: "praise",
}

// figures are all figures of r, in the order in which they are shown.
func (r *DeadlineRules) figures() []figure {
	var all []figure
	for i := range r.Types {
		t := &r.Types[i]
		key, label := typeKeys[t.Type], string(t.Type)
		all = append(all,
			figure{key: key + "_accept", label: label + "（一般）签收时限", span: &t.Accept},
			figure{key: key + "_handle", label: label + "（一般）办理时限", span: &t.Handle},
			figure{key: key + "_soon_accept", label: label + "（较急）签收时限", span: &t.SoonAccept},
			figure{key: key + "_soon_handle", label: label + "（较急）办理时限", span: &t.SoonDone})
	}
	return append(all,
		figure{key: "danger_accept", label: "紧急的签收时限", span: &r.DangerAccept},
		figure{key: "danger_handle", label: "紧急的办理时限", span: &r.DangerHandle},
		figure{key: "danger_leaf", label: "紧急的按事项自己的时限缩短", yes: &r.LeafShortens},
		figure{key: "at_once_accept", label: "立即办的签收时限", span: &r.AtOnceAccept},
		figure{key: "at_once_act", label: "立即办的先行处置时限", span: &r.AtOnceAct},
		figure{key: "return", label: "退单期限", span: &r.Return},
		figure{key: "half", label: "第一次临期提醒（%）", count: &r.Half, min: 1, max: 98},
		figure{key: "soon", label: "第二次临期提醒（%）", count: &r.Soon, min: 2, max: 99},
		figure{key: "chase_head", label: "超期多久催办单位负责人", span: &r.UsualSteps.Late[0]},
		figure{key: "chase_boss", label: "超期多久报督办员", span: &r.UsualSteps.Late[1]},
		figure{key: "chase_top", label: "超期多久报领导", span: &r.UsualSteps.Late[2]},
		figure{key: "untaken_head", label: "签收超时多久催单位负责人", span: &r.UsualSteps.Untaken[0]},
		figure{key: "untaken_boss", label: "签收超时多久报督办员", span: &r.UsualSteps.Untaken[1]},
		figure{key: "danger_chase_head", label: "紧急的超期多久催办单位负责人", span: &r.DangerSteps.Late[0]},
		figure{key: "danger_chase_boss", label: "紧急的超期多久报督办员", span: &r.DangerSteps.Late[1]},
		figure{key: "danger_chase_top", label: "紧急的超期多久报领导", span: &r.DangerSteps.Late[2]},
		figure{key: "danger_untaken_head", label: "紧急的签收超时多久催单位负责人", span: &r.DangerSteps.Untaken[0]},
		figure{key: "danger_untaken_boss", label: "紧急的签收超时多久报督办员", span: &r.DangerSteps.Untaken[1]},
		figure{key: "extensions", label: "至多延期几次", count: &r.Extensions, max: 10},
		figure{key: "extra_days", label: "一次至多延几个工作日", count: &r.ExtraDays, min: 1, max: 60},
		figure{key: "reopened", label: "至多重办几次", count: &r.Reopened, max: 10},
		figure{key: "task_share", label: "协办任务的时间占主办单位剩余时间的（%）", count: &r.TaskShare, min: 10, max: 100},
		figure{key: "memo_accept", label: "提醒函签收时限", span: &r.MemoAck},
		figure{key: "memo_answer", label: "提醒函答复时限", span: &r.MemoAnswer},
		figure{key: "label_kept", label: "骚扰标记结束后保存几天", count: &r.LabelKept, min: 1, max: 3650},
		figure{key: "pauses", label: "至多暂停几次", count: &r.Pauses, max: 10},
	)
}

// maxSpanDays is the longest that a rule may be in days: a year.
const maxSpanDays = 365

func (f figure) value() string {
	switch {
	case f.span != nil:
		return f.span.String()
	case f.count != nil:
		return strconv.Itoa(*f.count)
	case *f.yes:
		return "是"
	}
	return "否"
}

// set reads what was typed; nil when it can be.
func (f figure) set(typed string) *errs.Error {
	typed = strings.TrimSpace(typed)
	switch {
	case typed == "":
		return errs.New(errs.Invalid, "field.required", f.label).In(f.key)
	case f.span != nil:
		span, ok := workday.ParseSpan(typed)
		if days := span.Unit == workday.WorkingDays || span.Unit == workday.NaturalDays; !ok || days && span.N > maxSpanDays {
			return errs.New(errs.Invalid, "rules.span", f.label, typed, maxSpanDays).In(f.key)
		}
		*f.span = span
	case f.count != nil:
		n, err := strconv.Atoi(typed)
		if err != nil || n < f.min || n > f.max {
			return errs.New(errs.Invalid, "rules.count", f.label, f.min, f.max).In(f.key)
		}
		*f.count = n
	case typed != "是" && typed != "否":
		return errs.New(errs.Invalid, "field.choice", f.label, "是、否").In(f.key)
	default:
		*f.yes = typed == "是"
	}
	return nil
}

// clone gives rules that share nothing with r.
func (r DeadlineRules) clone() DeadlineRules {
	r.Types = slices.Clone(r.Types)
	return r
}

// Fields are the figures in words, in the order in which they are shown.
func (r DeadlineRules) Fields() []RuleField {
	var out []RuleField
	for _, f := range r.figures() {
		out = append(out, RuleField{Key: f.key, Label: f.label, Value: f.value(), Yes: f.yes != nil})
	}
	return out
}

// With gives the rules with some figures as typed, by their keys; the others stay.
// The error is an errs.List that names every field that cannot be, alone or
// beside another.
func (r DeadlineRules) With(typed map[string]string) (DeadlineRules, error) {
	r = r.clone()
	var faults errs.List
	known := map[string]bool{}
	for _, f := range r.figures() {
		known[f.key] = true
		value, given := typed[f.key]
		if !given {
			continue
		}
		if err := f.set(value); err != nil {
			faults = append(faults, err)
		}
	}
	for key := range typed {
		if !known[key] {
			faults = append(faults, errs.New(errs.Invalid, "rules.unknown", key).In(key))
		}
	}
	if len(faults) == 0 {
		faults = r.clashes()
	}
	return r, faults.OrNil()
}

// StoredRules gives rules from what a version stored, by keys. What it does not
// say, because it is older, is as usual; what nobody knows any more is left out.
func StoredRules(version int, body map[string]string) DeadlineRules {
	r := UsualRules()
	for _, f := range r.figures() {
		if value, ok := body[f.key]; ok {
			_ = f.set(value) // was checked when it was stored
		}
	}
	r.Version = version
	return r
}

// clashes are the figures of which one must come before another and does not.
func (r DeadlineRules) clashes() errs.List {
	// From a Monday morning without holidays one span ends before another, or not.
	plain, monday := workday.New(nil, nil), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	at := map[string]figure{}
	for _, f := range r.figures() {
		at[f.key] = f
	}
	var faults errs.List
	after := func(first, second string, equal bool) {
		a, b := at[first], at[second]
		var early, late int64
		if a.span != nil {
			early, late = plain.Add(monday, *a.span).UnixMicro(), plain.Add(monday, *b.span).UnixMicro()
		} else {
			early, late = int64(*a.count), int64(*b.count)
		}
		if early > late || early == late && !equal {
			faults = append(faults, errs.New(errs.Invalid, "rules.order", a.label, b.label).In(first))
		}
	}
	for _, t := range r.Types {
		key := typeKeys[t.Type]
		after(key+"_accept", key+"_handle", true)
		after(key+"_soon_accept", key+"_soon_handle", true)
	}
	after("danger_accept", "danger_handle", true)
	after("at_once_accept", "at_once_act", true)
	after("memo_accept", "memo_answer", true)
	after("half", "soon", false)
	for _, of := range []string{"", "danger_"} {
		after(of+"chase_head", of+"chase_boss", false)
		after(of+"chase_boss", of+"chase_top", false)
		after(of+"untaken_head", of+"untaken_boss", false)
	}
	return faults
}

// RuleChange is a figure that differs between two versions.
type RuleChange struct{ Label, Before, After string }

// Since says in words what differs from earlier rules.
func (r DeadlineRules) Since(before DeadlineRules) []RuleChange {
	was := before.Fields()
	var out []RuleChange
	for i, f := range r.Fields() {
		if f.Value != was[i].Value {
			out = append(out, RuleChange{f.Label, was[i].Value, f.Value})
		}
	}
	return out
}
