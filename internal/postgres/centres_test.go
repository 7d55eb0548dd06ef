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

// TestCasesOfASubCentre: its people see what came in its queue and no other case, by
// list, count, search, number, page and by what is late; but what one of them has
// received first they see through. The city's people see all.
func TestCasesOfASubCentre(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	o, ctx, desk := s.office, t.Context(), s.units[2].ID
	o.must(o.ExecForTest(ctx, `INSERT INTO sub_centre (unit_id, areas, channels, opens, shuts, closed) VALUES ($1, '{440101}', '{}', 0, 0, false)`, desk))
	mine := o.file("a", 0)
	o.must(o.ExecForTest(ctx, `UPDATE sub_centre SET areas = '{440102}'`))
	theirs := o.file("b", 1)
	list := func(actor org.Actor, f casework.Filter) (out []casework.CaseID) {
		t.Helper()
		if f.Show == "" {
			f.Show = casework.ShowOpen
		}
		all, counts, err := o.stage.List(ctx, actor, f)
		o.must(err)
		if !f.Search.Given() && counts[f.Show] != len(all) {
			t.Errorf("%d counted of %d", counts[f.Show], len(all))
		}
		for _, d := range all {
			out = append(out, d.ID)
		}
		return out
	}
	sub := org.Actor{Account: s.hotline("sub", org.RoleDispatcher), Roles: org.Roles{org.RoleAgent, org.RoleDispatcher}, Unit: desk}
	want := []casework.CaseID{mine.ID}
	for name, got := range map[string][]casework.CaseID{
		"open":        list(sub, casework.Filter{}),
		"by words":    list(sub, casework.Filter{Show: casework.ShowAll, Search: casework.Search{Words: "噪声"}}),
		"own number":  list(sub, casework.Filter{Show: casework.ShowAll, Search: casework.Search{Words: mine.Number}}),
		"by category": list(sub, casework.Filter{Show: casework.ShowAll, Search: casework.Search{Category: mine.Category}}),
	} {
		if !slices.Equal(got, want) {
			t.Errorf("%s: of the sub-centre %v", name, got)
		}
	}
	for name, search := range map[string]string{"number": theirs.Number, "receipt": theirs.Receipt} {
		if got := list(sub, casework.Filter{Show: casework.ShowAll, Search: casework.Search{Words: search}}); len(got) != 0 {
			t.Errorf("%s of another: %v", name, got)
		}
	}
	if n := len(list(o.agent, casework.Filter{})); n != 2 {
		t.Errorf("the city sees %d", n)
	}
	if d, _, err := o.stage.Get(ctx, sub, mine.ID); err != nil || d.RelationOf(sub) != casework.Centre {
		t.Errorf("own case: %v", err)
	}
	_, _, err := o.stage.Get(ctx, sub, theirs.ID)
	wants(t, err, errs.NotFound, "case.not_found")
	_, err = o.stage.Do(ctx, sub, casework.Command{Case: theirs.ID, Seen: theirs.Version, Move: casework.Hurry, Text: "险情"})
	wants(t, err, errs.NotFound, "case.not_found")
	if _, filed, err := o.stage.OfMatter(ctx, sub, theirs.Matter); filed || err != nil {
		t.Errorf("by its matter: %t, %v", filed, err)
	}

	contacts := casework.NewContacts(o, o.stage, &sealedWords{})
	for _, d := range []casework.Docket{mine, theirs} {
		o.must(contacts.Ask(ctx, o.unit, d.ID, "要上门核实"))
	}
	for who, n := range map[*org.Actor]int{&sub: 1, &o.agent: 2} {
		if waiting, err := contacts.Waiting(ctx, *who); err != nil || len(waiting) != n || waiting[0].Case != mine.ID {
			t.Errorf("%d wait for %v, %v", len(waiting), who.Unit, err)
		}
	}

	first := org.Actor{Account: o.account, Roles: org.Roles{org.RoleAgent}, Unit: desk}
	if d, _, err := o.stage.Get(ctx, first, theirs.ID); err != nil || d.RelationOf(first) != casework.Receiver {
		t.Errorf("who received it first: %v", err)
	}
	if got := list(first, casework.Filter{Show: casework.ShowFirst}); len(got) != 2 {
		t.Errorf("received first: %v", got)
	}
	sub.Unit = o.units[0].ID
	if got := list(sub, casework.Filter{}); len(got) != 2 {
		t.Errorf("of a unit that is none %v", got)
	}
}

// TestWhatIsLateAtASubCentre: its people are told of and find what came in its queue
// alone; open cases follow when it is set to decide on another area.
func TestWhatIsLateAtASubCentre(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	ctx := t.Context()
	unit := org.Unit{ID: id.New[org.UnitID](), Name: "华新区分中心", Kind: classifier.KindSubCentre, Area: "440101"}
	s.units = append(s.units, unit)
	s.putBelow(nil)
	a := org.Account{ID: id.New[org.AccountID](), Login: "sub", Name: "sub", Roles: org.Roles{org.RoleDispatcher, org.RoleSupervisor}, Unit: unit.ID, CreatedAt: start}
	s.must(s.InsertAccount(ctx, a, org.Audit{At: start, Action: "create_account", Object: "account:sub"}))
	sub := org.Actor{Account: a.ID, Roles: a.Roles, Unit: unit.ID}
	centres := classifier.NewCentres(s, func() time.Time { return s.now })
	s.must(centres.Set(ctx, s.admin, classifier.SubCentre{Unit: unit.ID, Areas: []org.AreaCode{"440102"}}))
	d := s.do(s.unit, s.file("a", 0), casework.Command{Move: casework.Accept})
	late := func(want int) {
		t.Helper()
		found, counts, err := s.alerts.Chased(ctx, sub, casework.ChaseFilter{})
		if err != nil || len(found) != want || counts[casework.ToLeader] != want {
			t.Errorf("%d late, %v, %v", len(found), counts, err)
		}
		blamed, _, err := s.alerts.Blamed(ctx, sub, casework.BlameFilter{})
		if err != nil || len(blamed) != 0 {
			t.Errorf("%d blamed, %v", len(blamed), err)
		}
	}
	s.runDue(d.Due.Citizen.AddDate(0, 2, 0))
	late(0)
	if n := s.count(`SELECT count(*) FROM alert WHERE account_id = $1`, sub.Account); n != 0 {
		t.Errorf("told %d times of what it does not see", n)
	}
	s.must(centres.Set(ctx, s.admin, classifier.SubCentre{Unit: unit.ID, Areas: []org.AreaCode{"440101"}}))
	late(1)
	other := s.do(s.unit, s.file("b", 1), casework.Command{Move: casework.Accept})
	s.runDue(other.Due.Citizen.AddDate(0, 2, 0))
	late(2)
	if n := s.count(`SELECT count(*) FROM alert WHERE account_id = $1 AND level = 'supervisor'`, sub.Account); n != 1 {
		t.Errorf("told %d times of what it sees", n)
	}
}
