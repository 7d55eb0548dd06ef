package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/demo"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/kb"
)

// demoPassword opens every demo account. The demo listens on this machine
// only, and its city is invented.
const demoPassword = "yunting-2026"

// loadDemo brings the demo city in, part by part. Each part may be repeated
// without doubles, so a start that was interrupted is completed by the next
// one, and a start after a whole one only looks. cases are what the city has
// lived through before (demoPast).
func (a *app) loadDemo(ctx context.Context, s *site, cases int) error {
	if err := a.demoPast(ctx, s, cases); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *site) error{
		a.demoListing, a.demoAccounts, a.demoCentre, a.demoCatalogue, a.demoEntries, a.demoNotices, a.demoMessages, a.demoGroup,
	} {
		if err := step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) demoListing(ctx context.Context, s *site) error {
	if units, err := s.DB.Units(ctx); err != nil || len(units) > 0 {
		return err
	}
	areas, err := demo.Areas()
	if err != nil {
		return err
	}
	units, err := demo.Units()
	if err != nil {
		return err
	}
	l := postgres.Listing{Kinds: classifier.StarterKinds()}
	for _, x := range areas {
		l.Areas = append(l.Areas, org.Area{
			Code: org.AreaCode(x.Code), Name: x.Name, Level: org.AreaLevel(x.Level), Parent: org.AreaCode(x.Parent),
		})
	}
	for _, x := range units {
		l.Units = append(l.Units, org.Unit{
			ID: id.New[org.UnitID](), Name: x.Name, Kind: org.UnitKind(x.Kind), Area: org.AreaCode(x.Area),
		})
	}
	line := org.Audit{At: a.now(), Action: "import_listing", Object: "directory", Detail: "示范城市"}
	return s.DB.SaveListing(ctx, l, line)
}

func (a *app) demoAccounts(ctx context.Context, s *site) error {
	accounts, err := demo.Accounts()
	if err != nil {
		return err
	}
	units, err := s.DB.Units(ctx)
	if err != nil {
		return err
	}
	unit := map[string]org.UnitID{}
	for _, u := range units {
		unit[u.Name] = u.ID
	}
	for _, x := range accounts {
		if _, err := s.DB.AccountByLogin(ctx, x.Login); err == nil || unit[x.Unit] == "" {
			continue // is there, or belongs to a unit that this city, of an older program, has not
		}
		roles, err := org.RolesOf(x.Roles...)
		if err != nil {
			return err
		}
		_, err = s.accounts.Create(ctx, org.Actor{}, org.Account{Login: x.Login, Name: x.Name, Roles: roles, Unit: unit[x.Unit]}, demoPassword)
		if err != nil {
			return err
		}
	}
	return nil
}

// demoCentre lets a sub-centre decide on what comes from its district, once there
// is none.
func (a *app) demoCentre(ctx context.Context, s *site) error {
	centres := classifier.NewCentres(s.DB, a.now)
	if all, err := centres.All(ctx, org.Actor{}); err != nil || len(all) > 0 {
		return err
	}
	units, err := s.DB.Units(ctx)
	if err != nil {
		return err
	}
	for _, u := range units {
		if u.Kind != classifier.KindSubCentre {
			continue
		}
		if err := centres.Set(ctx, org.Actor{}, classifier.SubCentre{Unit: u.ID, Areas: []org.AreaCode{u.Area}}); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) demoCatalogue(ctx context.Context, s *site) error {
	_, err := s.DB.Active(ctx)
	if err == nil || !errors.Is(err, errs.New(errs.Unavailable, "catalogue.none")) {
		return err
	}
	rows, err := classifier.StarterRows()
	if err != nil {
		return err
	}
	return a.publishRows(ctx, s, rows)
}

// publishRows makes rows of the starter catalogue's form the catalogue.
func (a *app) publishRows(ctx context.Context, s *site, rows []classifier.Row) error {
	b := classifier.NewBuilder(classifier.StarterKinds())
	for _, r := range rows {
		b.Add(r)
	}
	c, digest, _, err := b.Build(classifier.Version{Name: "DB44/T 2479-2024 示范", ValidFrom: a.now(), CreatedAt: a.now()})
	if err != nil {
		return err
	}
	_, err = s.trainer.Publish(ctx, operator(), classifier.Draft{Catalogue: c, Digest: digest}, a.counter("准备事项清单"))
	return err
}

func (a *app) demoEntries(ctx context.Context, s *site) error {
	return a.demoEntriesAgo(ctx, s, 0)
}

// demoEntriesAgo is demoEntries for a city that lives so many days ago: what
// holds today held then.
func (a *app) demoEntriesAgo(ctx context.Context, s *site, days int) error {
	rows, err := demo.Entries()
	if err != nil {
		return err
	}
	if topics, err := s.library.Topics(ctx, operator()); err != nil || len(topics) > 0 {
		return err
	}
	entries := make([]kb.Entry, len(rows))
	for i, r := range rows {
		from, _ := parseDay(r.ValidFrom)
		until, ok := parseDay(r.ValidUntil)
		if ok {
			until = until.AddDate(0, 0, 1).Add(-time.Second) // the last day counts whole
		}
		entries[i] = kb.Entry{
			Code: r.ID, State: kb.EntryPublished, Question: r.Question, Phrasings: r.Phrasings, Answer: r.Answer,
			Short: r.Short, Unit: r.Unit, Area: org.AreaCode(r.Area), Topic: r.Topic, Basis: r.Basis,
			ValidFrom: from.AddDate(0, 0, -days), ValidUntil: until.AddDate(0, 0, -days),
		}
	}
	_, err = s.library.Save(ctx, operator(), entries, a.counter("知识条目"))
	return err
}

// demoGroup forms a work group again once there is none, so that its page has
// something on it.
func (a *app) demoGroup(ctx context.Context, s *site) error {
	boss, err := s.DB.AccountByLogin(ctx, "admin1")
	if err != nil {
		return err
	}
	actor := org.Actor{Account: boss.ID, Login: boss.Login, Name: boss.Name, Roles: boss.Roles, Unit: boss.Unit}
	if all, err := s.groups.All(ctx, actor); err != nil || len(all) > 0 {
		return err
	}
	_, err = s.groups.Form(ctx, actor, casework.NewGroup{
		Name: "夜间噪声整治专班", Purpose: "老城区烧烤、夜市的噪声和油烟，几家一起到场", Lead: "unit2", Members: []string{"unit1", "unit3"}, Until: a.now().AddDate(0, 1, 0),
	})
	return err
}

func parseDay(v string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, v, chinaTime())
	return t, err == nil
}

// demoNotices pins the notices again once all of them have ended.
func (a *app) demoNotices(ctx context.Context, s *site) error {
	active, err := s.notices.Active(ctx, operator())
	if err != nil || len(active) > 0 {
		return err
	}
	rows, err := demo.Notices()
	if err != nil {
		return err
	}
	for _, r := range rows {
		n := kb.Notice{Title: r.Title, Text: r.Text, Area: org.AreaCode(r.Area), Starts: r.Starts.From(a.now()), Ends: r.Ends.From(a.now())}
		if _, err := s.notices.Pin(ctx, operator(), n); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) demoMessages(ctx context.Context, s *site) error {
	rows, err := demo.Messages()
	if err != nil {
		return err
	}
	tell := a.counter("诉求")
	for i, r := range rows {
		_, err := s.line.Receive(ctx, operator(), intake.Delivery{
			Channel: intake.Channel(r.Channel), ExternalID: r.ExternalID, At: a.now().Add(time.Duration(r.At) * time.Minute),
			Outcome: intake.Outcome(r.Outcome), Title: r.Title, Text: r.Text, Name: r.Name, Phone: r.Phone,
			Anonymous: r.Anonymous, Consent: intake.Consent(r.Consent), Area: org.AreaCode(r.Area), Place: r.Place, Need: r.Need, Quiet: true,
		})
		if err != nil {
			return err
		}
		tell(i+1, len(rows))
	}
	return nil
}

// printDemoAccounts tells how to get in.
func (a *app) printDemoAccounts() {
	accounts, err := demo.Accounts()
	if err != nil {
		return
	}
	fmt.Fprintln(a.Err, "示范账号（密码都是 "+demoPassword+"）：")
	for _, x := range accounts {
		fmt.Fprintf(a.Err, "  %s%s\n", pad(x.Login, 12), x.Name)
	}
}
