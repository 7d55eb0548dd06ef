package assets

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"huying/internal/errs"
)

// mavenCopy is the goal that puts one artifact into a folder; the plugin's
// version is pinned because Maven's own default is old and asks more.
const mavenCopy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"

// run lets the client of src put the package into the folder into; the
// client's own temporary files go to work.
func (s store) run(ctx context.Context, src source, work, into string) error {
	var argv []string
	switch src.client {
	case pip:
		python, err := s.findPip(ctx, work)
		if err != nil {
			return err
		}
		argv = append(python, "--quiet", "--no-input", "--disable-pip-version-check", "download",
			"--no-cache-dir", "--no-deps", "--only-binary=:all:", "--python-version", "3.11",
			"--platform", src.wheel, "--dest", into, src.name)
	case mvn:
		if _, err := exec.LookPath("mvn"); err != nil {
			return errs.Wrap(err, errs.Unavailable, "assets.no_mvn")
		}
		argv = []string{"mvn", "--quiet", "--batch-mode", mavenCopy,
			"-Dartifact=" + src.name, "-DoutputDirectory=" + into}
	}
	if err := command(ctx, work, argv); err != nil {
		return errs.Wrap(err, errs.Unavailable, "assets.download", src.title)
	}
	return nil
}

// findPip gives the words that start a working pip: the one on PATH, the one
// of python3, or one in a virtual environment made in the cache (Debian ships
// python3-venv with a pip of its own).
func (s store) findPip(ctx context.Context, work string) ([]string, error) {
	venv := filepath.Join(s.cache, "venv")
	inVenv := []string{filepath.Join(venv, "bin", "pip")}
	var err error
	for _, argv := range [][]string{{"pip"}, {"pip3"}, {"python3", "-m", "pip"}, inVenv} {
		if err = command(ctx, work, append(argv, "--version")); err == nil {
			return argv, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err = command(ctx, work, []string{"python3", "-m", "venv", "--clear", venv}); err == nil {
		return inVenv, nil
	}
	return nil, errs.Wrap(err, errs.Unavailable, "assets.no_pip")
}

// command runs argv in work with its temporary files there. The error carries
// the end of what the client said. When ctx ends the client is interrupted,
// and killed three seconds later.
func command(ctx context.Context, work string, argv []string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "TMPDIR="+work)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 3 * time.Second
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(out.String())
		if len(said) > 2000 {
			said = said[len(said)-2000:]
		}
		return fmt.Errorf("%s: %w: %s", filepath.Base(argv[0]), err, said)
	}
	return nil
}
