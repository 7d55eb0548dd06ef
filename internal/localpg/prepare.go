package localpg

import (
	"context"
	"os"
	"os/exec"
)

// Prepare makes a data directory ready and gives the command that runs
// postgres on it in the foreground, and the URL that it will answer at, for
// one who keeps the process in a way of his own: the tests, whose server
// outlives each of them. The command has no parent-death signal, and its
// output goes nowhere yet.
//
// Prepare does not take the owner lock, so the caller sees to it that one
// process at a time does this. It holds the lock that postgres is to inherit
// in ExtraFiles[0], which the caller closes after Start.
func Prepare(ctx context.Context, o Options) (*exec.Cmd, string, error) {
	d, err := openDataDir(o)
	if err != nil {
		return nil, "", err
	}
	defer d.Close()
	mark, err := d.create(ownerLock, os.O_RDWR) // by which claim knows the directory
	if err != nil {
		return nil, "", err
	}
	mark.Close()
	alive, err := d.quiet(ctx)
	if err != nil {
		return nil, "", err
	}
	if err := d.ensureCluster(ctx, alive); err != nil {
		alive.Close()
		return nil, "", err
	}
	sockets, err := d.configure()
	if err != nil {
		alive.Close()
		return nil, "", err
	}
	cmd := d.command(sockets)
	cmd.SysProcAttr.Pdeathsig = 0
	cmd.ExtraFiles = []*os.File{alive.File}
	return cmd, socketURL(sockets), nil
}
