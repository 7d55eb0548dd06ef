package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
)

// district is a city with two sub-centres, of a district and of one of its
// streets, each with an agent, and an administrator of the city.
type district struct {
	*city
	now            time.Time
	centres        *classifier.Centres
	desk           *classifier.Desk
	area, street   org.UnitID
	boss, sub, one org.Actor // of the city, of the district, of the street
}

func newDistrict(t *testing.T) *district {
	t.Helper()
	d := &district{city: newCity(t), now: start}
	more := []org.Unit{
		{ID: id.New[org.UnitID](), Name: "华新区分中心", Kind: classifier.KindSubCentre, Area: "440101"},
		{ID: id.New[org.UnitID](), Name: "松柏街道分中心", Kind: classifier.KindSubCentre, Area: "440101001"},
	}
	d.units = append(d.units, more...)
	d.must(d.SaveListing(t.Context(), postgres.Listing{Units: d.units}, org.Audit{At: start, Action: "import_listing", Object: "directory"}))
	d.area, d.street = more[0].ID, more[1].ID
	person := func(login string, role org.Role, unit org.UnitID) org.Actor {
		a := org.Account{ID: id.New[org.AccountID](), Login: login, Name: login, Roles: org.Roles{role}, Unit: unit, CreatedAt: start}
		d.must(d.InsertAccount(t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account:" + login}))
		return org.Actor{Account: a.ID, Login: login, Roles: a.Roles, Unit: unit}
	}
	d.boss, d.sub, d.one = person("boss", org.RoleAdmin, ""), person("sub", org.RoleAgent, d.area), person("one", org.RoleAgent, d.street)
	clock := func() time.Time { return d.now }
	d.centres, d.desk = classifier.NewCentres(d, clock), classifier.NewDesk(d, clock)
	d.must(d.set(classifier.SubCentre{Unit: d.area, Areas: []org.AreaCode{"440101"}, Opens: 8 * 60, Shuts: 20 * 60}))
	return d
}

func (d *district) set(c classifier.SubCentre) error {
	return d.centres.Set(d.t.Context(), d.boss, c)
}

// waits gives what somebody finds in the queue.
func (d *district) waits(actor org.Actor, f classifier.QueueFilter) []intake.MatterID {
	d.t.Helper()
	items, open, err := d.desk.Queue(d.t.Context(), actor, f)
	d.must(err)
	if open != len(items) {
		d.t.Errorf("%d counted of %d", open, len(items))
	}
	var out []intake.MatterID
	for _, q := range items {
		out = append(out, q.Matter)
	}
	slices.Sort(out)
	return out
}

func (d *district) finds(name string, got []intake.MatterID, want ...intake.MatterID) {
	d.t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		d.t.Errorf("%s: %v, want %v", name, got, want)
	}
}

// TestASubCentreHasAQueueOfItsOwn: by area, the narrowest, or by channel before
// that; the city sees all; and a rule that changes while matters wait holds for
// those too.
func TestASubCentreHasAQueueOfItsOwn(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	var all classifier.QueueFilter
	deliver := func(external string, area org.AreaCode, channel intake.Channel) intake.MatterID {
		p := parcel(external, 0)
		p.Message.Area, p.Contact.Channel, p.Message.Channel = area, channel, channel
		_, _, err := d.InsertParcel(t.Context(), p)
		d.must(err)
		return p.Message.Matters[0].ID
	}
	street, here := deliver("street", "440101001", intake.Hotline), deliver("district", "440101", intake.Hotline)
	there, nowhere := deliver("other", "440102", intake.App), deliver("nowhere", "", intake.Hotline)
	d.finds("the city's people", d.waits(d.boss, all), street, here, there, nowhere)
	d.finds("an agent of the city", d.waits(org.Actor{Account: d.account, Roles: org.Roles{org.RoleAgent}}, all), street, here, there, nowhere)
	d.finds("the district's people", d.waits(d.sub, all), street, here)
	d.finds("the city's own queue", d.waits(d.boss, classifier.QueueFilter{City: true}), there, nowhere)
	d.finds("the district's queue", d.waits(d.boss, classifier.QueueFilter{Of: d.area}), street, here)
	d.finds("an agent whose unit is no sub-centre", d.waits(org.Actor{Account: d.account, Roles: org.Roles{org.RoleAgent}, Unit: d.units[0].ID}, all), street, here, there, nowhere)

	d.must(d.set(classifier.SubCentre{Unit: d.street, Areas: []org.AreaCode{"440101001"}, Channels: []string{"app"}}))
	d.finds("the district, since the street has one", d.waits(d.sub, all), here)
	d.finds("the street, with what waited", d.waits(d.one, all), street, there)
	later := deliver("later", "440101001", intake.Hotline)
	d.finds("and of what comes", d.waits(d.one, all), street, there, later)

	wants(t, d.set(classifier.SubCentre{Unit: d.street, Areas: []org.AreaCode{"440101"}}), errs.Conflict, "centre.taken")
	wants(t, d.set(classifier.SubCentre{Unit: d.units[0].ID, Areas: []org.AreaCode{"440102"}}), errs.Invalid, "centre.kind")
	wants(t, d.set(classifier.SubCentre{Unit: d.street, Areas: []org.AreaCode{"9"}}), errs.Invalid, "area.unknown")
	wants(t, d.set(classifier.SubCentre{Unit: d.street}), errs.Invalid, "centre.nothing")
	wants(t, d.centres.Set(t.Context(), d.sub, classifier.SubCentre{Unit: d.area, Areas: []org.AreaCode{"440102"}}), errs.Forbidden, "role.forbidden")
	told, err := d.centres.All(t.Context(), d.sub)
	if err != nil || len(told) != 2 || !told[0].Open || told[0].Waiting != 1 || told[1].Waiting != 3 {
		t.Errorf("told %+v, %v", told, err)
	}
}

// TestNothingWaitsWhereNobodyLooks: out of its hours, closed, abolished or without
// anybody, a sub-centre's queue is the city's, and back when it is open.
func TestNothingWaitsWhereNobodyLooks(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	m := d.receive("a", 0).ID
	city, own := classifier.QueueFilter{City: true}, classifier.QueueFilter{}
	open := func(name string, want bool) {
		t.Helper()
		if want {
			d.finds(name+", the city", d.waits(d.boss, city))
			d.finds(name+", its people", d.waits(d.sub, own), m)
			return
		}
		d.finds(name+", the city", d.waits(d.boss, city), m)
		d.finds(name+", its people", d.waits(d.sub, own))
	}
	rule := classifier.SubCentre{Unit: d.area, Areas: []org.AreaCode{"440101"}, Opens: 8 * 60, Shuts: 20 * 60}
	open("at nine", true)
	d.now = start.Add(11 * time.Hour)
	open("at eight in the evening", false)
	rule.Opens, rule.Shuts = 20*60, 8*60
	d.must(d.set(rule))
	open("at eight, where it works at night", true)
	d.now = start
	open("at nine, where it works at night", false)
	rule.Opens, rule.Shuts = 0, 0
	d.must(d.set(rule))
	open("all day", true)
	rule.Closed = true
	d.must(d.set(rule))
	open("closed", false)
	rule.Closed = false
	d.must(d.set(rule))
	d.must(org.SetDisabled(t.Context(), d, org.Actor{}, "sub", true, d.now))
	open("with nobody there", false)
	d.must(org.SetDisabled(t.Context(), d, org.Actor{}, "sub", false, d.now))
	open("with somebody there", true)
	d.must(d.SaveListing(t.Context(), postgres.Listing{Units: d.units[:3]}, org.Audit{At: start, Action: "import_listing", Object: "directory"}))
	d.finds("abolished, the city", d.waits(d.boss, city), m)
}

// TestQueuesAreTakenFromAndGivenTo: on record with who and why, once; what was put
// by hand stays when the rules change.
func TestQueuesAreTakenFromAndGivenTo(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.must(d.set(classifier.SubCentre{Unit: d.street, Areas: []org.AreaCode{"440101001"}}))
	ctx, m := t.Context(), d.receive("a", 0).ID
	put := func(actor org.Actor, from, to org.UnitID, why string) error {
		return d.centres.Put(ctx, actor, m, from, to, why)
	}
	wants(t, put(d.sub, d.area, d.street, "归街道"), errs.Forbidden, "centre.not_yours")
	wants(t, put(d.one, d.area, "", "不归我"), errs.Forbidden, "centre.not_yours")
	wants(t, put(d.boss, d.area, d.area, "x"), errs.Invalid, "centre.same")
	wants(t, put(d.boss, d.area, "", " "), errs.Invalid, "field.required")
	wants(t, put(d.boss, d.area, d.units[0].ID, "x"), errs.Invalid, "centre.unknown")
	wants(t, put(org.Actor{Roles: org.Roles{org.RoleEditor}}, d.area, "", "x"), errs.Forbidden, "role.forbidden")

	second := d.boss
	second.Account = d.account
	var wg sync.WaitGroup
	got := make([]error, 2)
	for i, actor := range []org.Actor{d.boss, second} {
		wg.Go(func() { got[i] = put(actor, d.area, []org.UnitID{"", d.street}[i], "跨区") })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("both took it: %v", got)
	}
	for _, err := range got {
		if err != nil {
			wants(t, err, errs.Conflict, "centre.moved")
		}
	}
	if n := d.count(`SELECT count(*) FROM audit WHERE action = 'move_queue' AND object = $1 AND detail LIKE '华新区分中心 → %：跨区'`, "matter:"+string(m)); n != 1 {
		t.Errorf("%d lines on record", n)
	}
	at, err := d.centres.Of(ctx, d.boss, m)
	d.must(err)
	if at != "" {
		d.must(put(d.one, d.street, "", "退回"))
	}
	d.must(d.set(classifier.SubCentre{Unit: d.area, Areas: []org.AreaCode{"440101"}}))
	d.finds("the city keeps it", d.waits(d.boss, classifier.QueueFilter{City: true}), m)
	d.must(put(d.boss, "", d.area, "归区里"))
	d.finds("given to the district", d.waits(d.sub, classifier.QueueFilter{}), m)
	other, s := d.suggest("b", 1, 0, 0.7)
	d.decide(d.confirm(other, s, 0))
	wants(t, d.centres.Put(ctx, d.boss, other, d.area, "", "晚了"), errs.Conflict, "centre.moved")
}

// TestCasesOfASubCentre: its dispatchers begin with what came in its queue.
func TestCasesOfASubCentre(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.must(o.ExecForTest(ctx, `INSERT INTO sub_centre (unit_id, areas, channels, opens, shuts, closed) VALUES ($1, '{440101}', '{}', 0, 0, false)`, o.units[2].ID))
	mine := o.file("a", 0)
	o.must(o.ExecForTest(ctx, `UPDATE sub_centre SET areas = '{440102}'`))
	o.file("b", 1)
	list := func(actor org.Actor, f casework.Filter) (out []casework.CaseID) {
		f.Show = casework.ShowOpen
		all, counts, err := o.stage.List(ctx, actor, f)
		o.must(err)
		if counts[casework.ShowOpen] != len(all) {
			t.Errorf("%d counted of %d", counts[casework.ShowOpen], len(all))
		}
		for _, d := range all {
			out = append(out, d.ID)
		}
		return out
	}
	sub := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAgent}, Unit: o.units[2].ID}
	if got := list(sub, casework.Filter{}); !slices.Equal(got, []casework.CaseID{mine.ID}) {
		t.Errorf("of the sub-centre %v", got)
	}
	for name, n := range map[string]int{"all": len(list(sub, casework.Filter{All: true})), "the city": len(list(o.agent, casework.Filter{}))} {
		if n != 2 {
			t.Errorf("%s: %d", name, n)
		}
	}
	sub.Unit = o.units[0].ID
	if got := list(sub, casework.Filter{}); len(got) != 2 {
		t.Errorf("of a unit that is none %v", got)
	}
}
