// Package embedtest gives tests the real model. Only tests import it.
package embedtest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"huying/internal/assets"
	"huying/internal/embed"
)

// shared is the one model of a test process: loading it takes a tenth of a
// second and 75 MB, and the runtime behind it can be opened once only.
var shared = sync.OnceValues(open)

// Local gives the local model behind a cache on disk, so that a text is
// embedded once for all test runs on a machine. It is shared by the tests of
// the process and never closed. A test fails if model or runtime have not been
// fetched.
func Local(t testing.TB) embed.Embedder {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatalf("the model is not here, run make fetch: %v", err)
	}
	return e
}

func open() (embed.Embedder, error) {
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		return nil, err
	}
	paths, err := assets.Locate(dirs, assets.Runtime, assets.Model)
	if err != nil {
		return nil, err
	}
	local, err := embed.NewLocal(embed.LocalOptions{
		Library: paths.OnnxLib, Model: paths.Model, Tokenizer: paths.Tokenizer, Preparation: "test",
	})
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(dirs.Cache, "test-vectors")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return embed.OpenDiskCache(local, dir)
}
