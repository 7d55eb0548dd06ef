package postgres_test

import (
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// TestWhatIsUnclearIsAskedAboutFirst: called back before it may be refused for
// that; what the citizen says becomes part of the matter.
func TestWhatIsUnclearIsAskedAboutFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clock := func() time.Time { return o.now }
	k := intake.NewClarifications(o, prompts{}, clock)
	desk := classifier.NewDesk(o.cases, clock)
	refuse := func(m intake.MatterID) error {
		_, err := desk.Decide(ctx, o.agent, classifier.Decision{Matter: m, Kind: classifier.Decline, Reason: classifier.RefusedAsUnclear + "，回拨后仍无法核实，请补充后重新反映"}, "")
		return err
	}
	cleared, _ := o.suggest("a", 0, 0, 0.7)
	silent, _ := o.suggest("b", 1, 0, 0.7)
	wants(t, refuse(cleared), errs.Conflict, "refusal.call_first")
	wants(t, k.Ask(ctx, o.unit, cleared, "哪个路口"), errs.Forbidden, "role.forbidden")
	wants(t, k.Ask(ctx, o.agent, cleared, " "), errs.Invalid, "field.required")
	wants(t, k.Called(ctx, o.agent, cleared, intake.ClarifyUnreached, ""), errs.Conflict, "clarify.done")
	o.must(k.Ask(ctx, o.agent, cleared, "哪个路口"))
	wants(t, k.Ask(ctx, o.agent, cleared, "再问"), errs.Conflict, "clarify.asked")
	o.now = o.now.Add(time.Minute)
	o.must(k.Ask(ctx, o.agent, silent, "说的是谁"))
	waiting, err := k.Waiting(ctx, o.agent)
	if err != nil || len(waiting) != 2 || waiting[0].Matter != cleared || !waiting[0].Due.Equal(o.now.Add(-time.Minute+24*time.Hour)) {
		t.Fatalf("waiting %+v, %v", waiting, err)
	}
	wants(t, refuse(cleared), errs.Conflict, "refusal.call_first")
	wants(t, k.Called(ctx, o.agent, cleared, intake.ClarifyClear, ""), errs.Invalid, "field.required")
	o.must(k.Called(ctx, o.agent, cleared, intake.ClarifyClear, "松柏路和新华路路口，我电话13800000123"))
	f, err := o.File(ctx, cleared)
	if err != nil || !strings.Contains(f.Matter.Text, "回拨补充：松柏路和新华路路口") || strings.Contains(f.Matter.Text, "13800000123") {
		t.Errorf("the matter is %q, %v", f.Matter.Text, err)
	}
	if ids, err := o.Unsuggested(ctx, o.now.Add(time.Hour), 10); err != nil || len(ids) != 1 || ids[0] != cleared {
		t.Errorf("to be suggested for anew: %v, %v", ids, err)
	}
	wants(t, refuse(cleared), errs.Conflict, "refusal.call_first") // it is clear now

	for i := range intake.ClarifyTries {
		wants(t, refuse(silent), errs.Conflict, "refusal.call_first")
		o.must(k.Called(ctx, o.agent, silent, intake.ClarifyUnreached, ""))
		o.now = o.now.Add(time.Duration(i+1) * time.Hour)
	}
	wants(t, k.Called(ctx, o.agent, silent, intake.ClarifyUnreached, ""), errs.Conflict, "clarify.done")
	o.must(refuse(silent))
	wants(t, k.Ask(ctx, o.agent, silent, "还问"), errs.Conflict, "clarify.decided")
	if waiting, err := k.Waiting(ctx, o.agent); err != nil || len(waiting) != 0 {
		t.Errorf("still waiting %+v, %v", waiting, err)
	}
}

// TestGroundsForRefusing: one's own leaked privacy is accepted, and the city adds
// grounds with the right way.
func TestGroundsForRefusing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clock := func() time.Time { return o.now }
	desk := classifier.NewDesk(o.cases, clock)
	m, _ := o.suggest("a", 0, 0, 0.7)
	secret := classifier.Decision{Matter: m, Kind: classifier.Decline, Reason: classifier.RefusedAsSecret + "，请到有权机关当面反映"}
	_, err := desk.Decide(ctx, o.agent, secret, "")
	wants(t, err, errs.Invalid, "refusal.own_privacy")
	secret.NotOwn = true
	_, err = desk.Decide(ctx, o.agent, secret, "")
	o.must(err)

	g := casework.NewGrounds(o, clock)
	admin := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAdmin}}
	wants(t, g.Add(ctx, o.agent, "不归本市", "请拨外地12345"), errs.Forbidden, "role.forbidden")
	wants(t, g.Add(ctx, admin, "不归本市", " "), errs.Invalid, "field.required")
	wants(t, g.Add(ctx, admin, "违背公序良俗", "其中合理的诉求请重新提出"), errs.Conflict, "refusal.reason_known")
	o.must(g.Add(ctx, admin, "属于军队管辖", "请向军队信访部门反映"))
	wants(t, g.Add(ctx, admin, "属于军队管辖", "请向军队信访部门反映。"), errs.Conflict, "refusal.reason_known")
	all, err := g.List(ctx, o.agent)
	if err != nil || len(all) != 1 || all[0].Words != "不予受理：属于军队管辖，请向军队信访部门反映" {
		t.Fatalf("%+v, %v", all, err)
	}
	o.must(g.Drop(ctx, admin, all[0].ID))
	wants(t, g.Drop(ctx, admin, all[0].ID), errs.NotFound, "refusal.reason_gone")
}

// TestWhatGivesAwayIsMaskedForUnits: only what was chosen, only as it was seen.
func TestWhatGivesAwayIsMaskedForUnits(t *testing.T) {
	t.Parallel()
	o := newSecretOffice(t)
	ctx := t.Context()
	veils := intake.NewVeils(o, prompts{}, func() time.Time { return o.now })
	msg := o.receive("a", "我是幸福超市的员工，我们公司拖欠工资")
	m := msg.Matters[0].ID
	wants(t, veils.Veil(ctx, o.unit, m, []string{"我们公司"}), errs.Forbidden, "role.forbidden")
	wants(t, veils.Veil(ctx, o.agent, m, nil), errs.Invalid, "field.required")
	wants(t, veils.Veil(ctx, o.agent, m, []string{"工资"}), errs.Conflict, "veil.changed") // no trace
	o.propose(m)
	o.must(veils.Veil(ctx, o.agent, m, []string{"我是幸福超市的员工"}))
	wants(t, veils.Veil(ctx, o.agent, m, []string{"我是幸福超市的员工"}), errs.Conflict, "veil.changed")
	got, err := o.MatterWords(ctx, m)
	if err != nil || got.Text != "我〔身份已隐去〕，我们公司拖欠工资" {
		t.Errorf("units read %q, %v", got.Text, err)
	}
	if n := o.count(`SELECT count(*) FROM matter_vector WHERE matter_id = $1`, m); n != 0 {
		t.Error("vectors of the words that are gone are left")
	}
	if original, err := o.intake.ReadOriginal(ctx, o.agent, msg.ID, "核实"); err != nil || !strings.Contains(original.Text, "幸福超市的员工") {
		t.Errorf("the original is %q, %v", original.Text, err)
	}
}
