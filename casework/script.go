package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// Script are the words of a callback (回访话术) for a type of matters. The three
// questions between opening and closing are everybody's and not part of it: the
// rates would compare nothing otherwise.
type Script struct {
	Type    intake.Type // empty: of all types that have none of their own
	Version int         // 0: the product's, which nobody has changed

	Opening     string // with the marks of ScriptMarks
	Uncontacted string // said when nobody has been in touch
	Unsolved    string
	Unsatisfied string // said when it is solved all the same, or lawfully refused
	Closing     string

	By org.AccountID
	At time.Time
}

// Question is one of the three of a callback.
type Question struct{ Key, Words string }

// Questions are the three of a callback, fixed.
func Questions() []Question {
	return []Question{
		{"contacted", "请问承办单位有没有跟您联系过？"},
		{"solved", "您反映的问题解决了吗？"},
		{"satisfied", "对这次办理，您满意吗？"},
	}
}

// ScriptMarks are what a script may name, and is filled in for each case. Names
// and numbers of the citizen are not among them: who calls has them, or has not.
func ScriptMarks() []string { return []string{"{日期}", "{事项}", "{单位}", "{编号}"} }

// MaxScriptRunes bounds each part of a script.
const MaxScriptRunes = 300

// UsualScript is the product's.
func UsualScript() Script {
	return Script{
		Opening:     "您好，这里是 12345 热线。您 {日期} 反映的“{事项}”，{单位}已经答复，想占用您一分钟做个回访，可以吗？",
		Uncontacted: "很抱歉，应当有人先跟您联系。我马上转回{单位}重新办理，请您保持电话畅通。",
		Unsolved:    "明白了，请您说说哪里还没有解决，我记下来，马上转回{单位}重新办理。",
		Unsatisfied: "谢谢您直说。请问是办理速度、服务态度还是办理结果让您不满意？我一并记下。",
		Closing:     "谢谢您的配合。以后有事请随时拨打 12345，再见。",
	}
}

// fields are the parts of a script with their names.
func (s *Script) fields() []struct {
	key, name string
	text      *string
} {
	return []struct {
		key, name string
		text      *string
	}{
		{"opening", "开场", &s.Opening}, {"uncontacted", "没有人联系时", &s.Uncontacted}, {"unsolved", "没有解决时", &s.Unsolved},
		{"unsatisfied", "不满意时", &s.Unsatisfied}, {"closing", "结束", &s.Closing},
	}
}

// Validate reports every fault at once.
func (s *Script) Validate() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if s.Type != "" && !slices.Contains(intake.Types(), s.Type) {
		bad("type", "field.invalid", "类型", string(s.Type))
	}
	for _, f := range s.fields() {
		*f.text = strings.TrimSpace(*f.text)
		switch {
		case *f.text == "":
			bad(f.key, "field.required", f.name)
		case len([]rune(*f.text)) > MaxScriptRunes:
			bad(f.key, "field.too_long", f.name, MaxScriptRunes)
		default:
			if mark := unknownMark(*f.text); mark != "" {
				bad(f.key, "script.mark", f.name, mark, strings.Join(ScriptMarks(), "、"))
			}
		}
	}
	return faults.OrNil()
}

// unknownMark gives the first mark in a text that is filled with nothing; empty:
// there is none.
func unknownMark(text string) string {
	for {
		_, after, ok := strings.Cut(text, "{")
		if !ok {
			return ""
		}
		name, rest, ok := strings.Cut(after, "}")
		if mark := "{" + name + "}"; !ok || !slices.Contains(ScriptMarks(), mark) {
			return "{" + name
		}
		text = rest
	}
}

// For gives the script with the marks filled in.
func (s Script) For(date, matter, unit, number string) Script {
	fill := strings.NewReplacer("{日期}", date, "{事项}", matter, "{单位}", unit, "{编号}", number)
	for _, f := range s.fields() {
		*f.text = fill.Replace(*f.text)
	}
	return s
}

// ScriptStore keeps scripts, each change as a version.
type ScriptStore interface {
	// Scripts gives the newest of each type that has one.
	Scripts(ctx context.Context) ([]Script, error)
	// KeepScript stores the next version of a type's, with its audit line;
	// errs.Conflict "script.moved" when there is one after seen.
	KeepScript(ctx context.Context, s Script, seen int, line org.Audit) error
}

// Scripts are the words of callbacks. It is safe for concurrent use.
type Scripts struct {
	store ScriptStore
	mask  Masker
	now   func() time.Time
}

// NewScripts makes Scripts.
func NewScripts(store ScriptStore, mask Masker, now func() time.Time) *Scripts {
	return &Scripts{store, mask, now}
}

// All gives the script of every type, and first that of those without their own.
func (s *Scripts) All(ctx context.Context, actor org.Actor) ([]Script, error) {
	if err := org.Can(actor, org.ActReadScripts); err != nil {
		return nil, err
	}
	kept, err := s.store.Scripts(ctx)
	if err != nil {
		return nil, err
	}
	usual := UsualScript()
	if i := slices.IndexFunc(kept, func(k Script) bool { return k.Type == "" }); i >= 0 {
		usual = kept[i]
	}
	all := []Script{usual}
	for _, t := range intake.Types() {
		own := usual
		own.Type, own.Version, own.By, own.At = t, 0, "", time.Time{}
		if i := slices.IndexFunc(kept, func(k Script) bool { return k.Type == t }); i >= 0 {
			own = kept[i]
		}
		all = append(all, own)
	}
	return all, nil
}

// Of gives the script of a type.
func (s *Scripts) Of(ctx context.Context, actor org.Actor, t intake.Type) (Script, error) {
	all, err := s.All(ctx, actor)
	if err != nil {
		return Script{}, err
	}
	i := slices.IndexFunc(all, func(k Script) bool { return k.Type == t })
	return all[max(i, 0)], nil
}

// Keep stores the next version of a type's. seen is the version that was on the
// screen. What a citizen must not be told of others is none of it.
func (s *Scripts) Keep(ctx context.Context, actor org.Actor, k Script, seen int) error {
	if err := org.Can(actor, org.ActWriteScripts); err != nil {
		return err
	}
	if err := k.Validate(); err != nil {
		return err
	}
	for _, f := range k.fields() {
		if _, found := s.mask(*f.text); len(found) > 0 {
			return errs.New(errs.Invalid, "case.personal", strings.Join(found, "、")).In(f.key)
		}
	}
	k.Version, k.By, k.At = seen+1, actor.Account, s.now()
	return s.store.KeepScript(ctx, k, seen, org.Audit{At: k.At, Actor: k.By, Action: "keep_script", Object: "script:" + string(k.Type), Detail: k.Opening})
}
