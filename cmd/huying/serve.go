package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"huying/internal/errs"
	"huying/internal/postgres"
	"huying/server"
)

// serveCmd runs pages, API and jobs in one process.
type serveCmd struct {
	Listen string `name:"listen" var:"HUYING_LISTEN" default:"127.0.0.1:8080" placeholder:"地址" help:"监听的地址和端口"`
	Demo   bool   `name:"demo" help:"首次启动时装入示范城市；只监听本机"`
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
		if err := a.loadDemo(ctx, s); err != nil {
			return err
		}
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
	host, _, _ := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); c.Demo && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errs.New(errs.Invalid, "serve.demo_public", c.Listen)
	}
	return nil
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

func (a *app) pages(s *site, c *serveCmd) (*server.Server, error) {
	reach := reach{site: s, now: a.now}
	srv, err := server.New(server.Options{
		Accounts:  s.accounts,
		Intake:    s.intake,
		Line:      s.line,
		Desk:      s.desk,
		Answers:   reach,
		Knowledge: reach,
		Notices:   notices{reach},
		Catalogue: catalogues{reach},
		Places:    s.DB,
		Ready: func(ctx context.Context) error {
			_, err := s.DB.Health(ctx, a.now())
			return err
		},
		Now:     a.now,
		Log:     a.log,
		Secure:  c.Secure,
		Demo:    c.Demo,
		Version: version(),
	})
	return srv, err
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
func (a *app) startJobs(ctx context.Context, s *site) (*postgres.Jobs, error) {
	jobs, err := s.DB.NewJobs(postgres.JobFuncs{
		CatchUp: func(ctx context.Context) error { _, err := s.line.CatchUp(ctx); return err },
		Train:   s.trainer.Retrain,
		Reindex: a.reindex(s),
	}, a.log)
	if err != nil {
		return nil, err
	}
	return jobs, jobs.Start(ctx)
}

func (a *app) stopJobs(jobs *postgres.Jobs) {
	ctx, cancel := context.WithTimeout(context.Background(), stopJobsWithin)
	defer cancel()
	if err := jobs.Stop(ctx); err != nil {
		a.log.Warn("jobs did not stop in time", "error", err)
	}
}
