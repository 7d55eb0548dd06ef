// Command huying is the whole service in one binary: the pages and the API,
// the jobs behind them, and the commands that import, measure, check and back
// up. It wires the stages by hand, in flow order.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, console{Args: os.Args[1:], Getenv: os.Getenv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// console is the world a command sees; tests give their own.
type console struct {
	Args   []string
	Getenv func(string) string
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
}
