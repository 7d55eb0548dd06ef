// Command fetch brings what Huying needs to be built, run and tested into the
// cache (see package assets) and puts htmx where the build embeds it. The
// Makefile calls it; a second run finds everything in the cache.
//
//	go run ./cmd/fetch [-what run|all] [-static DIR]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"huying/internal/assets"
	"huying/internal/errs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	info, err := os.Stderr.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	if err := run(ctx, os.Args[1:], os.Getenv, output{os.Stderr, terminal}); err != nil {
		fmt.Fprintln(os.Stderr, explain(err))
		os.Exit(1)
	}
}

// output is where progress goes.
type output struct {
	w        io.Writer
	terminal bool
}

func run(ctx context.Context, args []string, getenv func(string) string, out output) error {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	flags.SetOutput(out.w)
	what := flags.String("what", "run", "run：构建和运行所需；all：另加测试所需")
	static := flags.String("static", "server/static/vendor", "放置 htmx.min.js 的目录；为空则不放")
	if err := flags.Parse(args); err != nil {
		return err
	}
	parts := assets.RunParts()
	switch *what {
	case "run":
	case "all":
		parts = assets.AllParts()
	default:
		return errs.New(errs.Invalid, "field.invalid", "-what", *what)
	}
	dirs, err := assets.Home(getenv)
	if err != nil {
		return err
	}
	if err := assets.Fetch(ctx, dirs, assets.Printer(out.w, out.terminal), parts...); err != nil {
		return err
	}
	paths, err := assets.Locate(dirs, parts...)
	if err != nil || *static == "" {
		return err
	}
	return place(paths.Htmx, filepath.Join(*static, "htmx.min.js"))
}

// place copies a file unless its copy is there already, so that the build
// cache is not upset.
func place(from, to string) error {
	want, err := os.ReadFile(from)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", from)
	}
	if have, err := os.ReadFile(to); err == nil && string(have) == string(want) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", filepath.Dir(to))
	}
	if err := os.WriteFile(to+".part", want, 0o644); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", filepath.Dir(to))
	}
	if err := os.Rename(to+".part", to); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.disk", filepath.Dir(to))
	}
	return nil
}

// explain gives the sentence for the user and, for whoever mends it, the cause.
func explain(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "已中断，再次执行会接着获取"
	case errors.Is(err, flag.ErrHelp):
		return ""
	}
	s := errs.Sentence(err)
	if cause := errors.Unwrap(err); cause != nil {
		s += "\n原因：" + cause.Error()
	}
	return s
}
