package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
)

// Joining is somebody who came into a group after it was formed, or left it.
type Joining struct {
	At     time.Time
	By     org.AccountID
	ByName string // only in what the store gives
	Name   string // of whom
	Joined bool   // otherwise they left
}

// GroupChange is who comes into a group and who leaves it, by their logins.
type GroupChange struct {
	Add, Remove []string
	Lead        string // from now on; empty: as before
}

// Change lets people come into a group and leave it; whoever leads it stays in
// it. Who may end it may. What somebody who leaves has taken up is anybody's of
// the group again.
func (s *Groups) Change(ctx context.Context, actor org.Actor, which GroupID, change GroupChange) error {
	g, err := s.own(ctx, actor, which)
	if err != nil {
		return err
	}
	change.Add, change.Remove = tidyLogins(change.Add), tidyLogins(change.Remove)
	change.Lead = strings.ToLower(strings.TrimSpace(change.Lead))
	if err := g.checkChange(change); err != nil {
		return err
	}
	var words []string
	for _, part := range []struct {
		label  string
		logins []string
	}{{"加入", change.Add}, {"退出", change.Remove}, {"负责人", tidyLogins([]string{change.Lead})}} {
		if len(part.logins) > 0 {
			words = append(words, part.label+" "+strings.Join(part.logins, "、"))
		}
	}
	line := org.Audit{At: s.cases.now(), Actor: actor.Account, Action: "change_group", Object: "group:" + string(which), Detail: g.Name + "：" + strings.Join(words, "；")}
	if err := s.store.ChangeGroup(ctx, g, change, line); err != nil {
		return err
	}
	return s.untake(ctx, actor, g, change.Remove)
}

// tidyLogins are logins as they are stored, each once.
func tidyLogins(typed []string) []string {
	var out []string
	for _, l := range typed {
		if l = strings.ToLower(strings.TrimSpace(l)); l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// checkChange reports what is wrong with a change of a group as it stands; the
// store looks again.
func (g Group) checkChange(change GroupChange) error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	lead := change.Lead
	for _, m := range g.Members {
		if m.Account == g.Lead && lead == "" {
			lead = m.Login
		}
	}
	if len(change.Add)+len(change.Remove) == 0 && change.Lead == "" {
		bad("add", "field.required", "谁加入或退出")
	}
	if slices.Contains(change.Remove, lead) {
		bad("remove", "group.lead", lead)
	}
	for _, l := range change.Add {
		if slices.Contains(change.Remove, l) {
			bad("remove", "group.both", l)
		}
	}
	if len(g.Members)+len(change.Add)-len(change.Remove) > MaxGroupMembers {
		bad("add", "group.many", MaxGroupMembers)
	}
	return faults.OrNil()
}

// untake lets a group's people take up anew what those had taken up who have
// left it.
func (s *Groups) untake(ctx context.Context, actor org.Actor, g Group, left []string) error {
	if len(left) == 0 {
		return nil
	}
	cases, err := s.store.GroupCases(ctx, g.ID)
	if err != nil {
		return err
	}
	for _, c := range cases {
		for _, move := range []Move{LeaveGroup, GiveGroup} {
			e := Event{At: s.cases.now(), By: actor.Account, Move: move, Text: g.Name + "的接办人退出专班"}
			if move == GiveGroup {
				e.Reason = string(g.ID)
			}
			_, err := s.cases.store.Move(ctx, c, AnySeen, func(k Case, subject Subject) (Step, error) {
				gone := slices.ContainsFunc(g.Members, func(m Teammate) bool { return m.Account == k.Taker && slices.Contains(left, m.Login) })
				if move == LeaveGroup && (k.Group != g.ID || !gone) || move == GiveGroup && k.Group != "" {
					return Step{}, errs.New(errs.Conflict, "case.moved")
				}
				return s.cases.planner.Plan(k, subject, e, g.Until)
			})
			if err != nil && errs.KindOf(err) != errs.Conflict {
				return err
			}
			if err != nil {
				break
			}
		}
	}
	return nil
}
