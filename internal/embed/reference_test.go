package embed

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"huying/internal/assets"
)

// reference reads a file of JSON lines from the measurement data that lies
// beside a developer's copy of the project, and skips the test where there is
// none.
func reference[T any](t testing.TB, name string) []T {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "embedding", name)
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("the reference data is not here: %v", err)
	}
	defer f.Close()
	var rows []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// located gives the paths of model and runtime; a test without them fails, as
// `make test` has fetched them.
func located(t testing.TB) assets.Paths {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := assets.Locate(dirs, assets.Runtime, assets.Model)
	if err != nil {
		t.Fatalf("run make fetch: %v", err)
	}
	return paths
}
