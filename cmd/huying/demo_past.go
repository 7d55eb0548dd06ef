package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"huying/internal/demo"
	"huying/internal/errs"
	"huying/internal/org"
)

// pastDays is how far the demo city's past goes back.
const pastDays = 28

// mostPast bounds it: a case takes some 30 ms of a processor.
const mostPast = 5000

// demoConduct is how the demo city has behaved: mostly well, with something in
// every list.
func demoConduct() conduct {
	return conduct{
		name: "demo", connected: 0.93, direct: 0.3, onTime: 0.9, oneDay: 0.3, threeDays: 0.6, returned: 0.08, extended: 0.06, sentBack: 0.05,
		contacted: 0.95, solved: 0.82, satisfied: 0.85, missed: 0.05, lawful: 0.05, promised: 0.04, chased: 0.12, ordered: 0.7,
		patrol: 0.15, whistled: 0.2,
		check: [2]time.Duration{time.Hour, 6 * time.Hour},
	}
}

// demoPast gives an empty demo city its last weeks: it is set up as of then, and
// lived through over the API up to now, as replay does. It does nothing once
// anybody has called, so an interrupted past stays as long as it is.
func (a *app) demoPast(ctx context.Context, s *site, cases int) error {
	if cases == 0 {
		return nil
	}
	if calls, findings, err := s.DB.Cases(nil).Outcomes(ctx); err != nil || len(calls)+findings > 0 {
		return err
	}
	past := a.newPast(cases)
	own := past.app(a)
	past.site = &site{store: s.store, segmenter: s.segmenter, embedder: s.embedder}
	if err := own.wire(past.site); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *site) error{own.demoListing, own.demoAccounts, own.demoCatalogue, own.demoEntries} {
		if err := step(ctx, past.site); err != nil {
			return err
		}
	}
	if err := past.open(ctx, own); err != nil {
		return err
	}
	defer past.close(ctx)
	if err := past.run(ctx); err != nil {
		if ctx.Err() != nil {
			return err
		}
		a.log.WarnContext(ctx, "the demo city's past ends early", "error", err)
	}
	return nil
}

// past is the simulation of the demo city's last weeks.
type past struct{ *simulation }

// newPast begins it on a midnight, some weeks ago.
func (a *app) newPast(cases int) past {
	now := a.now().In(chinaTime())
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, chinaTime())
	tell := a.counter("过去的几周")
	p := past{&simulation{
		trial: &trial{end: func() {}}, conduct: demoConduct(), seed: 1, wanted: cases, days: pastDays + 1,
		start: midnight.AddDate(0, 0, -pastDays), until: now, hours: &office{open: 8*time.Hour + 30*time.Minute, shut: 18 * time.Hour},
		phones: newPhones(1), firstPhone: 1000, tell: tell, wall: replayTimes{now: a.now, calls: map[string]*callTime{}},
	}}
	p.clock.Store(p.start.UnixNano())
	return p
}

// app is the program on the clock of the past. Whatever is set, nobody is sent
// anything and no language model is asked; the log is of what happens now.
func (p past) app(a *app) *app {
	own := *a
	own.log = slog.New(slog.DiscardHandler)
	own.now, own.settings.NotifySettings, own.settings.LLMSettings = p.now, NotifySettings{Quiet: "21:00-08:00", Rate: 6000}, LLMSettings{}
	return &own
}

// open serves the city of the past on loopback to those who work in it.
func (p past) open(ctx context.Context, own *app) error {
	accounts, err := demo.Accounts()
	if err != nil {
		return err
	}
	logins := map[string]string{} // of units, by name
	for _, x := range accounts {
		roles, err := org.RolesOf(x.Roles...)
		switch {
		case err != nil:
			return err
		case roles.Has(org.RoleAgent) && roles.Has(org.RoleDispatcher): // who take in, decide and close
			token, err := p.enter(ctx, x.Login)
			if err != nil {
				return err
			}
			p.centre = append(p.centre, token)
		case roles.Has(org.RoleUnit):
			logins[x.Unit] = x.Login
		}
	}
	if err := p.employ(ctx, own, logins); err != nil {
		return err
	}
	if p.samples, err = p.gather(ctx); err != nil {
		return err
	}
	if p.sights, err = p.lookAround(ctx); err != nil {
		return err
	}
	pages, err := own.pages(p.site, &serveCmd{Ask: true})
	if err != nil {
		return err
	}
	p.client = newClient("")
	p.end, err = inProcess(ctx, &p.client, pages)
	return err
}

// close ends the service and the tokens.
func (p past) close(ctx context.Context) {
	p.end()
	for _, name := range p.entered {
		p.site.accounts.RevokeToken(context.WithoutCancel(ctx), org.Actor{}, name)
	}
}

// gather makes what was said of the lines of the past, in all communities.
func (p past) gather(ctx context.Context) ([]sample, error) {
	lines, err := demo.Pasts()
	if err != nil {
		return nil, err
	}
	areas, err := demo.Areas()
	if err != nil {
		return nil, err
	}
	leaf, units, err := p.resolvers(ctx)
	if err != nil {
		return nil, err
	}
	var all []sample
	for i, line := range lines {
		for k, area := range areas {
			lead, ok := units.Resolve(org.UnitKind(line.Lead), org.AreaCode(area.Code))
			if area.Level != string(org.LevelCommunity) || !ok || leaf[line.Code] == "" {
				continue
			}
			n := i*len(areas) + k
			channel, begins := pastChannels[n%len(pastChannels)], 1
			if channel == "hotline" {
				begins = len(openers)
			}
			all = append(all, sample{
				Message: demo.Message{
					Channel: channel, Text: strings.ReplaceAll(line.Text, "{place}", area.Name),
					Name: string(pastNames[n%len(pastNames)]) + []string{"先生", "女士"}[n/7%2], Consent: []string{"yes", "yes", "no"}[n%3], Area: area.Code,
					Gold: &demo.Gold{Code: line.Code, Lead: line.Lead, Urgency: line.Urgency, Type: line.Type},
				},
				category: leaf[line.Code], unit: string(lead.ID), openers: begins,
			})
		}
	}
	if len(all) == 0 {
		return nil, errs.Wrap(errors.New("no line of the past fits the catalogue"), errs.Internal, "internal")
	}
	return all, nil
}

// How people came, six in ten by telephone, and how they are addressed.
var (
	pastChannels = []string{"hotline", "hotline", "wechat", "hotline", "web", "hotline", "hotline", "mini", "hotline", "app"}
	pastNames    = []rune("陈林黄李王吴张刘蔡杨许郑谢郭洪")
)

// office is when people work, from midnight.
type office struct{ open, shut time.Duration }

// morning is within which people do what came up at night.
const morning = 3 * time.Hour

// after gives t, or for what would be done at night a time of the next morning.
// A nil office never closes.
func (o *office) after(t time.Time) time.Time {
	if o == nil {
		return t
	}
	local := t.In(chinaTime())
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, chinaTime())
	switch at := local.Sub(day); {
	case at >= o.shut:
		day = day.AddDate(0, 0, 1)
	case at >= o.open:
		return t
	}
	night := 24*time.Hour - o.shut + o.open
	passed := night - day.Add(o.open).Sub(t)
	return day.Add(o.open + time.Duration(float64(morning)*float64(passed)/float64(night)))
}
