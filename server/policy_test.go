package server

import (
	"context"
	"net/http"
	"testing"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// fakePolicies holds a standing and notes the budgets that were set.
type fakePolicies struct{ *fake }

func (f fakePolicies) Standing(_ context.Context, actor org.Actor) (kb.PolicyStanding, error) {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return kb.PolicyStanding{}, err
	}
	s := f.standing
	if s.Policy == nil {
		s.Policy = &kb.Policy{Version: "shipped", Threshold: 0.7}
	}
	return s, f.down
}

func (f fakePolicies) SetBudget(_ context.Context, actor org.Actor, unit string, budget float64) error {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return err
	}
	if budget < kb.MinBudget || budget > kb.MaxBudget {
		return errs.New(errs.Invalid, "policy.budget").In("budget")
	}
	f.standing.Units = append(f.standing.Units, kb.UnitRule{Unit: unit, Budget: budget, Bound: 1})
	f.standing.Waits = true
	return nil
}

func TestPolicyPageSaysWhoMayBeAnsweredDirectly(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge/policy"), "还没有人标记过“已解决”或“没有解决”，也没有人核对过答复", "还没有单位的答复被标记过。", "至少要 149 次标记且没有答错")
	w.fake.standing = kb.PolicyStanding{
		Policy: &kb.Policy{
			At: w.fake.now.Add(-time.Hour), Labels: 420,
			Curve: []kb.Point{{Budget: 0.01, Threshold: 0.9, Coverage: 0.41}, {Budget: 0.02, Threshold: 0.8, Coverage: 0.63}},
		},
		Units: []kb.UnitRule{
			{Unit: "云汀市公安局", Budget: 0.02, Labels: 210, Threshold: 0.8, Given: 160, Bound: 0.0186, Direct: true},
			{Unit: "云汀市医保局", Budget: 0.02, Labels: 210, Threshold: 0.8, Given: 120, Wrong: 2, Bound: 0.0516},
		},
	}
	r := w.get("/knowledge/policy")
	w.says(r, "现用的门槛是11月23日 周一 08:30用 420 次标记定的。", "1% 41%", "2% 通常 63%",
		"云汀市公安局 210 0 / 160 不超过 1.9% ● 可直接答复市民", "云汀市医保局 210 2 / 120 不超过 5.2% ○ 先由话务员核对")
	r = w.post("/knowledge/policy", "unit", "云汀市教育局", "budget", "1.5%")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已保存，几分钟内按新的允许答错比例重新定门槛。", "云汀市教育局 0 还没有 还没有")
	if got := w.fake.standing.Units[2].Budget; got != 0.015 {
		t.Errorf("a budget of %v", got)
	}
	for _, bad := range []string{"", "两成", "50", "-1"} {
		r := w.post("/knowledge/policy", "unit", "云汀市教育局", "budget", bad)
		w.status(r, http.StatusUnprocessableEntity)
		w.says(r, "允许答错的比例须在 0.1% 到 20% 之间")
	}
}

func TestPolicyIsForEditors(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.status(w.get("/knowledge/policy"), http.StatusForbidden)
	w.status(w.post("/knowledge/policy", "unit", "a", "budget", "1"), http.StatusForbidden)
}
