package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"time"

	"huying/internal/errs"
)

// trainCmd makes a new model of all decisions so far.
type trainCmd struct{}

// Run trains; the processes that serve take the new model up by themselves, if
// it is not worse than the present one.
func (c *trainCmd) Run(ctx context.Context, a *app) error {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	err = s.trainer.Improve(ctx)
	if err != nil && errs.CodeOf(err) != "model.overtaken" { // somebody went back to another model meanwhile
		return err
	}
	fmt.Fprintln(a.Out, "已按现有的决定训练；新模型是否启用，见 huying models list")
	return nil
}

const (
	// trainMemory is from where the collector of a training process works
	// harder: what 60,000 examples need fits below it.
	trainMemory = "GOMEMLIMIT=1536MiB"
	// trainStop is how long a training process may take to end when told to.
	trainStop = 3 * time.Second
)

// trainApart runs huying train apart and gives the most memory that it held,
// in bytes.
func (a *app) trainApart(ctx context.Context, s *site) (peak int64, err error) {
	return a.apart(ctx, s, "train")
}

// apart runs a command that trains as a process of its own, below everything else
// that wants the processor: calls are answered as fast as before meanwhile,
// its memory is free again at its end, and should it die, nobody notices. It
// gives the most memory that the process held, in bytes.
func (a *app) apart(ctx context.Context, s *site, words ...string) (peak int64, err error) {
	// The kernel ends the child when the thread that started it is gone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var said bytes.Buffer
	// Not os.Executable: the file may have been replaced meanwhile.
	cmd := exec.CommandContext(ctx, "nice", append([]string{"-n", "19", fmt.Sprintf("/proc/%d/exe", os.Getpid())}, words...)...)
	cmd.Env = append(a.environ(s), trainMemory)
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = trainStop
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, errs.Wrap(fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String())), errs.Internal, "train.failed")
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = usage.Maxrss << 10 // Linux counts kilobytes
	}
	return peak, nil
}

// environ is this process's environment with its settings, whichever way they
// were given, and with the database that it uses.
func (a *app) environ(s *site) []string {
	env := os.Environ()
	settings := a.settings
	settings.DatabaseURL = s.url
	return append(env, variables(reflect.ValueOf(settings))...)
}

// variables gives what is set as environment variables, those of embedded
// settings too.
func variables(v reflect.Value) []string {
	var env []string
	for i := range v.NumField() {
		switch field := v.Type().Field(i); {
		case v.Field(i).IsZero():
		case field.Anonymous:
			env = append(env, variables(v.Field(i))...)
		default:
			env = append(env, fmt.Sprintf("%s=%v", field.Tag.Get("var"), v.Field(i)))
		}
	}
	return env
}
