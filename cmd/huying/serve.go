package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/internal/privacy"
	"huying/kb"
	"huying/server"
)

// serveCmd runs pages, API and jobs in one process.
type serveCmd struct {
	Listen string `name:"listen" var:"HUYING_LISTEN" default:"127.0.0.1:8080" placeholder:"地址" help:"监听的地址和端口"`
	Demo   bool   `name:"demo" help:"首次启动时装入示范城市；只监听本机"`
	Past   int    `name:"demo-cases" var:"HUYING_DEMO_CASES" default:"400" placeholder:"件数" help:"示范城市首次启动时先演大约多少件过去四周的工单，0 为不演，至多 5000"`
	Ask    bool   `name:"public-ask" var:"HUYING_PUBLIC_ASK" help:"开放市民问答页 /ask 和不用令牌的提问接口，每个地址每分钟至多 30 次；示范城市总是开放"`
	Frames string `name:"ask-origins" var:"HUYING_ASK_ORIGINS" placeholder:"网站,…" help:"哪些网站可以嵌入市民问答页，如 https://www.example.gov.cn；不设时只有本站"`
	Secure bool   `name:"secure" var:"HUYING_SECURE" help:"登录凭据只经 https 发送；放在 https 代理之后时打开"`
}

// Run serves until it is interrupted.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return errs.Wrap(err, errs.Conflict, "serve.port_taken", c.Listen)
		}
		return errs.Wrap(err, errs.Unavailable, "serve.listen", c.Listen)
	}
	defer ln.Close()
	s, err := a.openSite(ctx, asOwner)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Demo {
		if err := a.loadDemo(ctx, s, c.Past); err != nil {
			return err
		}
		debug.FreeOSMemory()
	}
	jobs, err := a.startJobs(ctx, s)
	if err != nil {
		return err
	}
	defer a.stopJobs(jobs)
	pages, err := a.pages(s, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "呼应已启动：http://%s\n", shownAddress(ln.Addr()))
	if c.Demo {
		a.printDemoAccounts()
	}
	err = pages.Serve(ctx, ln)
	fmt.Fprintln(a.Err, "正在停止…")
	return err
}

func (c *serveCmd) check() error {
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	for _, origin := range c.origins() {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || strings.ContainsAny(origin, " ;'\"?#") {
			return errs.New(errs.Invalid, "setting.invalid", "--ask-origins / HUYING_ASK_ORIGINS", origin)
		}
	}
	if c.Past < 0 || c.Past > mostPast {
		return errs.New(errs.Invalid, "setting.invalid", "--demo-cases / HUYING_DEMO_CASES", strconv.Itoa(c.Past))
	}
	host, _, _ := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); c.Demo && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errs.New(errs.Invalid, "serve.demo_public", c.Listen)
	}
	return nil
}

// origins are the sites that may show the citizens' page in a frame.
func (c *serveCmd) origins() []string {
	return strings.FieldsFunc(c.Frames, func(r rune) bool { return r == ',' || r == ' ' })
}

func shownAddress(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// shelf is the catalogue as the pages see it: the version that serves, and
// what people type to find a leaf of it.
type shelf struct{ *site }

// Active gives the version that serves now.
func (s shelf) Active(ctx context.Context) (*classifier.Catalogue, error) {
	return s.suggest.Current(ctx)
}

// Search gives the leaves that the words name, best first.
func (s shelf) Search(ctx context.Context, words string, limit int) ([]classifier.CategoryID, error) {
	found, err := s.DB.SearchCategories(ctx, "", words, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]classifier.CategoryID, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	return ids, nil
}

func (a *app) pages(s *site, c *serveCmd) (*server.Server, error) {
	gaps, err := kb.NewGaps(s.DB, s.library, a.now)
	if err != nil {
		return nil, err
	}
	assist, err := a.openLLM(s)
	if err != nil {
		return nil, err
	}
	return server.New(server.Options{
		Accounts:     s.accounts,
		Intake:       s.intake,
		Line:         s.line,
		Taker:        s.line,
		Desk:         s.desk,
		Blind:        s.blind,
		Watch:        s.watch,
		Leaves:       classifier.NewLeaves(s.DB, s.segmenter, a.now),
		LeafNotes:    classifier.NewLeafNotes(s.DB, a.now),
		Reviews:      s.reviews,
		Gaps:         s.gaps,
		People:       classifier.NewPeople(s.DB, a.now),
		Centres:      classifier.NewCentres(s.DB, a.now),
		Returns:      s.returns,
		Cases:        s.cases,
		Merges:       s.merges,
		Contacts:     s.contacts,
		Arrivals:     s.arrivals,
		FollowUps:    s.followUps,
		Delegates:    s.delegates,
		Refusals:     s.refusals,
		Answering:    s.answering,
		Attachments:  s.attachments,
		Heads:        s.heads,
		Groups:       s.groups,
		Hands:        s.hands,
		Disputes:     s.disputes,
		Shares:       s.shares,
		Appointments: s.appointments,
		Precedents:   s.precedents,
		Locator:      s.locator,
		Whistles:     s.whistles,
		Memos:        s.memos,
		Dividing:     s.dividing,
		Patrols:      s.patrols,
		Archives:     s.archives,
		SMSReplies:   s.smsReplies,
		Alerts:       casework.NewAlerts(s.DB, s.DB, s.means, a.now),
		Reports:      casework.NewReports(s.DB, s.sending, a.now),
		Rewards:      s.rewards,
		Cashier:      s.cashier,
		Labels:       s.labels,
		Accusations:  intake.NewAccusations(s.DB, a.now),
		Secrets:      intake.NewSecrets(s.DB, s.ring, a.now),
		Veils:        intake.NewVeils(s.DB, s.line, a.now),
		Clarify:      intake.NewClarifications(s.DB, s.line, a.now),
		Grounds:      casework.NewGrounds(s.DB, a.now),
		Splitter:     s.line,
		Replies:      intake.NewReplies(s.DB, a.now),
		Answers:      kb.NewAnswers(s.DB),
		Talk:         s.talk,
		Knowledge:    s.library,
		Editing:      s.editing,
		EntryFiles:   kb.NewFiles(s.DB, s.editing),
		Upkeep:       s.upkeep,
		Export:       s.library,
		Policies:     s.policies,
		Notices:      s.notices,
		Imports:      s.imports,
		Checks:       kb.NewChecks(s.DB, a.now),
		Workdays:     s.workdays,
		Rulebook:     s.rulebook,
		Outbox:       s.notified,
		Looks:        org.NewLooks(s.DB, s.intake.PhoneHashes, a.now),
		Staff:        s.DB,
		Covers:       org.NewCovers(s.DB, a.now),
		Units:        casework.NewUnitLists(s.DB, a.now),
		Tokens:       s.DB,
		Scripts:      casework.NewScripts(s.DB, maskFound, a.now),
		LeaderCalls:  s.leaderCalls,
		Passwords:    org.NewPasswords(s.accounts, s.DB, s.DB),
		HandOvers:    casework.NewHandOvers(s.DB, s.cases, s.DB),
		Retention:    privacy.NewRetention(s.DB, a.now),
		Subjects:     privacy.NewSubjects(s.DB, s.intake, s.ring, s.cases, a.now),
		Proposals:    kb.NewProposals(s.DB, s.library, a.now),
		Unanswered:   gaps,
		Catalogue:    shelf{s},
		Versions:     s.trainer,
		Drafts:       s.drafts,
		Replays:      s.replays,
		Leftovers:    s.leftovers,
		Models:       s.models,
		Assist:       assist,
		Places:       s.DB,
		Ready: func(ctx context.Context) error {
			_, err := s.DB.Health(ctx, a.now())
			return err
		},
		Now:    a.now,
		Log:    a.log,
		Secure: c.Secure,

		PublicAsk: c.Ask || c.Demo,
		Origins:   c.origins(),

		Demo:    c.Demo,
		Version: version(),
	})
}

// workCmd runs the jobs alone, beside any number of serving processes.
type workCmd struct{}

// Run works until it is interrupted.
func (c *workCmd) Run(ctx context.Context, a *app) error {
	s, err := a.openSite(ctx, asOwner)
	if err != nil {
		return err
	}
	defer s.Close()
	jobs, err := a.startJobs(ctx, s)
	if err != nil {
		return err
	}
	defer a.stopJobs(jobs)
	fmt.Fprintln(a.Err, "后台任务已启动")
	<-ctx.Done()
	return nil
}

// startJobs binds the work to the queue.
func (a *app) startJobs(ctx context.Context, s *site) (*postgres.Worker, error) {
	jobs, err := s.DB.NewWorker(postgres.Jobs{
		CatchUp: s.line.CatchUp,
		Train: func(ctx context.Context) error {
			_, err := a.trainApart(ctx, s)
			return err
		},
		Reindex: func(ctx context.Context) error { return a.reindex(ctx, s) },
		Use: func(ctx context.Context) error {
			due, err := s.trainer.Due(ctx)
			if err == nil && due {
				_, err = a.apart(ctx, s, "catalogue", "due")
			}
			return err
		},
		Replay: func(ctx context.Context) error {
			due, err := s.replays.Due(ctx)
			if err == nil && due {
				_, err = a.apart(ctx, s, "catalogue", "replay")
			}
			return err
		},
		Gaps:    s.gaps.Find,
		Verify:  func(ctx context.Context) (int, error) { return s.upkeep.RunDue(ctx, a.now()) },
		Remind:  func(ctx context.Context) (int, error) { return s.clock.RunDue(ctx, a.now()) },
		Notify:  func(ctx context.Context) (int, error) { return s.outbox.RunDue(ctx, a.now()) },
		Pay:     func(ctx context.Context) (int, error) { return a.payRewards(ctx, s) },
		Promote: func(ctx context.Context) error { return a.promote(ctx, s) },
		Refit:   s.policies.Refit,
		Import:  func(ctx context.Context) error { return s.imports.Run(ctx, a.log) },
		Link:    org.NewTrail(s.DB, s.ring, headFile(s.dirs), a.now).Extend,
		Retain: func(ctx context.Context) (int, error) {
			_, labels, err := s.labels.RunDue(ctx)
			if err != nil {
				return labels, err
			}
			run, err := privacy.NewRetention(s.DB, a.now).Run(ctx)
			return run.Total() + labels, err
		},
		Drift: func(ctx context.Context) error { return a.logFalls(ctx, s.watch) },
		Now:   a.now,
		Log:   a.log,
	})
	if err != nil {
		return nil, err
	}
	switch sealed, err := privacy.NewRotation(s.DB, s.ring, a.now).SealMeans(ctx); {
	case err != nil:
		return nil, err
	case sealed > 0:
		a.log.InfoContext(ctx, "sealed how the staff is reached", "count", sealed)
	}
	if err := s.rules.Refresh(ctx); err != nil { // nothing is given a time by rules that were replaced
		return nil, err
	}
	go s.calendar.Follow(ctx, time.Minute, a.log)
	go s.rules.Follow(ctx, time.Minute, a.log)
	go s.policies.Follow(ctx, time.Minute, a.log)
	return jobs, jobs.Start(ctx)
}

// promote lets the knowledge base learn from what was asked and answered.
func (a *app) promote(ctx context.Context, s *site) error {
	rounds, err := kb.NewRounds(s.DB, s.queries, a.now)
	if err != nil {
		return err
	}
	n, err := kb.NewPromoter(rounds, s.DB, s.base, a.now).Run(ctx)
	if n > 0 {
		a.log.DebugContext(ctx, "weighed groups of questions", "count", n)
	}
	return err
}

// logFalls says in the log what people keep less often than before.
func (a *app) logFalls(ctx context.Context, w *classifier.Watch) error {
	falls, err := w.Falls(ctx)
	for _, f := range falls {
		a.log.WarnContext(ctx, "accuracy fell beyond chance", "channel", f.Channel, "week", f.Last.Monday.Format(time.DateOnly),
			"share", f.Last.Share(), "decided", f.Last.Decided, "before", f.Before.Share())
	}
	return err
}

// stopJobsWithin is how long running jobs may take to notice a stop.
const stopJobsWithin = 10 * time.Second

func (a *app) stopJobs(jobs *postgres.Worker) {
	ctx, cancel := context.WithTimeout(context.Background(), stopJobsWithin)
	defer cancel()
	if err := jobs.Stop(ctx); err != nil {
		a.log.Warn("jobs did not stop in time", "error", err)
	}
}
