package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/internal/demo"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// replayCmd lets a simulated city live on the service.
type replayCmd struct {
	Presets []string `arg:"" optional:"" name:"城市" help:"hard 困难的城市（解决率 51%、满意率 71%）、good 良好的城市（按时 99%、一日办结一半、三日办结 71%）；不写时两个都演"`
	Cases   int      `name:"cases" default:"500" placeholder:"件数" help:"工单件数，1 到 1000000"`
	Days    int      `name:"days" default:"0" placeholder:"天数" help:"在多少天内来件，至多 366；不设时按每年 20 万件折算，至少 14 天"`
	Seed    uint64   `name:"seed" default:"1" placeholder:"数字" help:"随机种子；种子相同，来件和各方的表现大致相同"`

	Return    *float64 `name:"return" placeholder:"比例" help:"改用这个退单比例，0–1"`
	OnTime    *float64 `name:"on-time" placeholder:"比例" help:"改用这个按时答复比例，0–1"`
	Solved    *float64 `name:"solved" placeholder:"比例" help:"改用这个首次回访的解决率，0–1"`
	Satisfied *float64 `name:"satisfied" placeholder:"比例" help:"改用这个首次回访的满意率，0–1"`
	Patrol    *float64 `name:"patrol" placeholder:"比例" help:"改用这个巡查发现占工单的比例，0–1"`
	Whistle   *float64 `name:"whistle" placeholder:"比例" help:"改用这个街道吹哨占其承办工单的比例，0–1"`
}

// yearCases is a large city's year.
const yearCases = 200_000

// Help is what huying help replay adds.
func (c *replayCmd) Help() string {
	return "在用完即弃的数据库上，用加快的时钟演一座城市：来电来件、巡查发现、派单、签收、退单、逐级转派、并案、分案、延期、暂停、督办、批示、提醒函、吹哨报到、答复、审核、回访、催单、撤回、异议，都经接口；提醒和通知由后台任务发出。" +
		"演完逐件核对：在办的都有单位负责，提醒不漏不重，提醒函到期没有签收答复的各催一次，通知不漏不重，由经过能重建工单和吹哨。有一条不成立时列出，退出码为 1。不会向任何人发送通知。"
}

// Run lives through each city and reports.
func (c *replayCmd) Run(ctx context.Context, a *app) error {
	chosen, err := c.chosen()
	if err != nil {
		return err
	}
	r, err := a.openRig(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	// The whole city and its people share this process, and what they leave
	// behind is collected seldom: it took a tenth of the time of both.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	debug.SetMemoryLimit(math.MaxInt64)
	broken := false
	for _, conduct := range chosen {
		f, s, err := c.live(ctx, a, r, conduct)
		if err != nil {
			return err
		}
		s.report(a.Out, f)
		broken = broken || len(f.broken) > 0
	}
	if broken {
		return exitError(exitFailed)
	}
	return nil
}

// chosen gives the cities with what was set, and refuses what cannot be.
func (c *replayCmd) chosen() ([]conduct, error) {
	if c.Cases < 1 || c.Cases > 1_000_000 {
		return nil, errs.New(errs.Invalid, "setting.invalid", "--cases", fmt.Sprint(c.Cases))
	}
	if c.Days < 0 || c.Days > 366 {
		return nil, errs.New(errs.Invalid, "setting.invalid", "--days", fmt.Sprint(c.Days))
	}
	if c.Days == 0 {
		c.Days = min(max(14, c.Cases*365/yearCases), 366)
	}
	if len(c.Presets) == 0 {
		c.Presets = []string{"hard", "good"}
	}
	var all []conduct
	for _, name := range c.Presets {
		i := slices.IndexFunc(conducts, func(k conduct) bool { return k.name == name })
		if i < 0 {
			return nil, errs.New(errs.Invalid, "replay.preset", name)
		}
		k := conducts[i]
		for _, set := range []struct {
			flag string
			to   *float64
			rate *float64
		}{
			{"--return", &k.returned, c.Return}, {"--on-time", &k.onTime, c.OnTime},
			{"--solved", &k.solved, c.Solved}, {"--satisfied", &k.satisfied, c.Satisfied},
			{"--patrol", &k.patrol, c.Patrol}, {"--whistle", &k.whistled, c.Whistle},
		} {
			switch {
			case set.rate == nil:
			case *set.rate >= 0 && *set.rate <= 1:
				*set.to = *set.rate
			default:
				return nil, errs.New(errs.Invalid, "setting.invalid", set.flag, fmt.Sprint(*set.rate))
			}
		}
		k.contacted = max(k.contacted, k.solved)
		all = append(all, k)
	}
	return all, nil
}

// live opens a city, lives through it, reads it back and throws it away.
func (c *replayCmd) live(ctx context.Context, a *app, r *rig, k conduct) (*findings, *simulation, error) {
	progress := a.progress()
	defer progress.end()
	s, err := c.city(ctx, a, r, k)
	if err != nil {
		return nil, nil, err
	}
	defer s.close()
	s.tell = func(day, days int) { progress.Step("模拟第几天", day, days) }
	began := a.now()
	if err := s.run(ctx); err != nil {
		return nil, nil, err
	}
	s.wall.took = a.now().Sub(began)
	f, err := s.find(ctx)
	s.wall.checked = a.now().Sub(began) - s.wall.took
	return f, s, err
}

// beforeToday is how long ago the last contact of a city came in: so that its
// cases have ended by now, and its calendar is one that was published.
const beforeToday = 60

// city opens a city on its first midnight. Close it.
func (c *replayCmd) city(ctx context.Context, a *app, r *rig, k conduct) (*simulation, error) {
	today := a.now().In(chinaTime())
	midnight := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, chinaTime())
	s := &simulation{
		conduct: k, seed: c.Seed, wanted: c.Cases, days: c.Days, start: midnight.AddDate(0, 0, -c.Days-beforeToday),
		phones: newPhones(c.Seed), tell: func(day, days int) {}, wall: replayTimes{now: a.now, calls: map[string]*callTime{}},
	}
	s.clock.Store(s.start.UnixNano())
	// Its own clock; and whatever is set for notifications, nobody is sent any.
	own := *a
	own.now, own.settings.NotifySettings = s.now, NotifySettings{Quiet: "21:00-08:00", Rate: 6000}
	if err := s.open(ctx, &own, r); err != nil {
		return nil, err
	}
	if err := s.warm(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open starts the service on a fresh database with the demo city and an account
// for each unit.
func (s *simulation) open(ctx context.Context, a *app, r *rig) error {
	kept, err := keepVectors(r.bare, r.server.dirs)
	if err != nil {
		return err
	}
	e, err := embed.NewCached(kept, cachedVectors)
	if err != nil {
		return err
	}
	known := func(ctx context.Context, t *site) error {
		if err := a.demoCatalogue(ctx, t); err != nil {
			return err
		}
		return a.demoEntriesAgo(ctx, t, s.days+beforeToday)
	}
	if s.trial, err = a.openTrialOn(ctx, r, e, r.made.New, known, &serveCmd{Ask: true}, inProcess); err != nil {
		return err
	}
	m := e.Model()
	err = s.site.DB.EnsureVectorIndexes(ctx, m.Name, m.Dim)
	if err == nil {
		s.centre = []string{s.token}
		err = s.staffBelow(ctx)
	}
	if err == nil {
		err = s.employ(ctx, a, nil)
	}
	if err == nil {
		s.leader, err = s.enter(ctx, "leader1")
	}
	if err == nil {
		s.samples, err = s.gather(ctx)
	}
	if err == nil {
		s.sights, err = s.lookAround(ctx)
	}
	if err != nil {
		s.close()
	}
	return err
}

// employ makes a token for somebody of each unit, and lets notifications go to
// the citizens' phones. logins are the accounts that units have, by name; the
// others get one, without a password.
func (s *simulation) employ(ctx context.Context, a *app, logins map[string]string) error {
	s.tokens = map[string]string{}
	units, err := s.site.DB.Units(ctx)
	if err != nil {
		return err
	}
	for i, u := range units {
		if u.Kind == classifier.KindSubCentre { // decides, and handles nothing
			continue
		}
		login := logins[u.Name]
		if login == "" {
			login = fmt.Sprintf("office%d", i)
			err := s.site.DB.InsertAccount(ctx,
				org.Account{ID: id.New[org.AccountID](), Login: login, Name: u.Name, Roles: org.Roles{org.RoleUnit}, Unit: u.ID, CreatedAt: a.now()},
				org.Audit{At: a.now(), Action: "create_account", Object: "account:" + login})
			if err != nil && errs.KindOf(err) != errs.Conflict { // it is there since a start that was interrupted
				return err
			}
		}
		if s.tokens[string(u.ID)], err = s.enter(ctx, login); err != nil {
			return err
		}
		if u.Kind != communityKind && u.Kind != gridKind { // no decision names those
			s.units = append(s.units, string(u.ID))
		}
	}
	o, err := a.settings.outboxOptions(a.now)
	o.Notifier, o.Means = s.phones, s.site.means
	s.site.outbox = casework.NewOutbox(s.site.DB, s.site.intake, o)
	return err
}

// enter makes somebody's token; one that an interrupted start has left is of no
// use any more.
func (s *simulation) enter(ctx context.Context, login string) (string, error) {
	name := "模拟 " + login
	err := s.site.accounts.RevokeToken(ctx, org.Actor{}, name)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return "", err
	}
	s.entered = append(s.entered, name)
	return s.site.accounts.CreateToken(ctx, org.Actor{}, org.NewToken{Name: name, Login: login})
}

// resolvers find the leaf of a code and the unit of a kind and an area.
func (s *simulation) resolvers(ctx context.Context) (leaf map[string]string, units *org.Directory, err error) {
	catalogue, err := s.site.suggest.Current(ctx)
	if err != nil {
		return nil, nil, err
	}
	leaf = map[string]string{}
	for _, l := range catalogue.Leaves() {
		leaf[l.Code] = string(l.ID)
	}
	units, err = s.site.DB.Directory(ctx)
	return leaf, units, err
}

// gather gives what citizens say: the demo's messages, of which it is known
// where they belong. The more cases, the more ways of beginning them.
func (s *simulation) gather(ctx context.Context) ([]sample, error) {
	rows, err := demo.Messages()
	if err != nil {
		return nil, err
	}
	codes, units, err := s.resolvers(ctx)
	if err != nil {
		return nil, err
	}
	var samples []sample
	for _, m := range rows {
		if m.Gold == nil || codes[m.Gold.Code] == "" {
			continue
		}
		lead, ok := units.Resolve(org.UnitKind(m.Gold.Lead), org.AreaCode(m.Area))
		if !ok {
			continue
		}
		samples = append(samples, sample{
			Message: m, category: codes[m.Gold.Code], unit: string(lead.ID), openers: min(1+s.wanted/1000, len(openers)),
		})
	}
	return samples, nil
}

// warm has the vectors of all that will be said made, or read from the cache.
func (s *simulation) warm(ctx context.Context) error {
	n := s.samples[0].openers
	said := len(s.samples) * n
	return embed.Each(ctx, said+len(sights), nil, func(ctx context.Context, i int) error {
		if i >= said {
			_, err := s.site.queries.Build(ctx, "", sights[i-said].text)
			return err
		}
		m := s.samples[i/n]
		_, err := s.site.queries.Build(ctx, m.Title, openers[i%n]+m.Text)
		return err
	})
}

// report prints the rates of a city, what it cost, and what was broken.
func (s *simulation) report(w io.Writer, f *findings) {
	rate := func(name string, n, of int, note string) {
		if of == 0 {
			fmt.Fprintf(w, "  %s没有可计的\n", pad(name, 20))
			return
		}
		fmt.Fprintf(w, "  %s%5.1f%%（%d/%d）%s\n", pad(name, 20), 100*float64(n)/float64(of), n, of, note)
	}
	contacts := 0
	for _, n := range f.outcomes {
		contacts += n
	}
	connected := contacts - f.outcomes["dropped"] - f.outcomes["silent"]
	fmt.Fprintf(w, "%s：%d 天，来电来件 %d 次，工单 %d 件，经过 %d 条，提醒 %d 次\n", s.words(), s.days, contacts, f.cases, f.events, f.reminders)
	rate("接通率", connected, contacts, "没有中断，有人说话")
	rate("直接答复率", f.outcomes["answered"], connected, "接通的来电中当场答复")
	rate("按时答复率", f.onTime, f.answered, "首次答复")
	rate("告知率", f.told, f.tells, fmt.Sprintf("派单、延期、办结；没有号码 %d 条，网关出错重发 %d 次", f.without, s.phones.failures))
	rate("一日办结率", f.oneDay, f.cases, "立案后 24 小时")
	rate("三日办结率", f.threeDays, f.cases, "立案后 72 小时")
	rate("退单率", f.returned, f.cases, "")
	rate("响应率", f.first.contacted, f.first.called, "首次回访")
	rate("解决率", f.first.solved, f.first.counted, "首次回访")
	rate("满意率", f.first.satisfied, f.first.counted, "首次回访")
	rate("重办后解决率", f.last.solved, f.last.counted, "最后一次回访")
	rate("重办后满意率", f.last.satisfied, f.last.counted, "最后一次回访")
	rate("巡查工单占比", f.patrol.cases, f.cases, "街道人员巡查发现，没有诉求人：接通、直接答复、告知和回访各率不含")
	rate("巡查按时答复率", f.patrol.onTime, f.patrol.answered, "首次答复")
	rate("巡查三日办结率", f.patrol.threeDays, f.patrol.cases, "立案后 72 小时")
	if f.summons.all > 0 {
		rate("吹哨按时到场率", f.summons.inTime, f.summons.called, fmt.Sprintf("吹哨 %d 次，没有到场 %d 个，催 %d 次", f.summons.all, f.summons.missed, f.summons.chases))
	}
	if f.letter.all > 0 {
		rate("提醒函按时答复率", f.letter.inTime, f.letter.all, fmt.Sprintf("没有答复 %d 封，催 %d 次", f.letter.all-f.letter.answered, f.letter.chases))
	}
	s.ways(w)
	s.costs(w, f)
	if len(f.broken) == 0 {
		fmt.Fprintln(w, "  核对：在办的都有单位负责，提醒不漏不重，通知不漏不重，由经过能重建每一件和每次吹哨，做过的都在经过里，单位承办情况与经过相符")
		return
	}
	for _, rule := range f.brokenOrder {
		all := f.broken[rule]
		fmt.Fprintf(w, "  不成立：%s（%d 处）\n", rule, len(all))
		for _, what := range all[:min(brokenShown, len(all))] {
			fmt.Fprintf(w, "    %s\n", what)
		}
	}
}

// ways says what happened to cases on their way.
func (s *simulation) ways(w io.Writer) {
	var parts []string
	for _, of := range wayfarers {
		if n := s.moved[of.move]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", of.label, n))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "  途中：%s\n", strings.Join(parts, "，"))
	}
}

func (s *simulation) words() string {
	return map[string]string{"hard": "困难的城市", "good": "良好的城市"}[s.conduct.name]
}

// costs says what the run took and where its time went.
func (s *simulation) costs(w io.Writer, f *findings) {
	per := func(d time.Duration) float64 {
		return float64(d) / float64(time.Millisecond) / float64(max(f.cases, 1))
	}
	fmt.Fprintf(w, "  用时 %s，每件 %.1f 毫秒（人的操作 %.1f，提醒和通知 %.1f），核对每件 %.1f 毫秒",
		s.wall.took.Round(time.Second), per(s.wall.took), per(s.wall.people), per(s.wall.jobs), per(s.wall.checked))
	if 4*s.wanted*365/s.days >= 3*yearCases { // with fewer a day, the clock itself is much of a case's cost
		fmt.Fprintf(w, "；照此一年 %d 件需 %.0f 分钟", yearCases, per(s.wall.took+s.wall.checked)*yearCases/1000/60)
	}
	fmt.Fprintln(w)
	var kinds []string
	total := time.Duration(0)
	for kind, c := range s.wall.calls {
		kinds = append(kinds, kind)
		total += c.took
	}
	slices.SortFunc(kinds, func(a, b string) int { return int(s.wall.calls[b].took - s.wall.calls[a].took) })
	var parts []string
	for _, kind := range kinds[:min(6, len(kinds))] {
		c := s.wall.calls[kind]
		parts = append(parts, fmt.Sprintf("%s %.0f%%（%d 次）", strings.TrimPrefix(kind, http.MethodPost+" "), 100*float64(c.took)/float64(total), c.n))
	}
	fmt.Fprintf(w, "  接口用时最多：%s\n", strings.Join(parts, "，"))
}
