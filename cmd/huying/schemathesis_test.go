package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"huying/internal/assets"
)

// schemathesis prepares the program that `make fetch` has put into the cache.
func schemathesis(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dirs, err := assets.Home(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dirs.Cache, "schemathesis-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("no Schemathesis in %s: run make fetch", dirs.Cache)
	}
	start := []string{"-c", "from schemathesis.cli import schemathesis; schemathesis()"}
	cmd := exec.CommandContext(t.Context(), "python3", append(start, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+found[0], "PYTHONDONTWRITEBYTECODE=1")
	cmd.Dir = t.TempDir() // it leaves a folder of its own
	return cmd
}

// TestSchemathesisFindsNoServerError lets Schemathesis make up requests from
// our own description of the API: none may end in a server error, and every
// answer must be as described.
func TestSchemathesisFindsNoServerError(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	matters := must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil).Matters
	notices := must[struct {
		Notices []struct{ ID string } `json:"notices"`
	}](t, c, http.StatusOK, http.MethodGet, "/api/v1/notices", nil).Notices
	if len(matters) == 0 || len(notices) == 0 {
		t.Fatal("the demo city has no matter or no notice")
	}
	config := writeTemp(t, "schemathesis.toml", fmt.Appendf(nil, `
[[operations]]
include-path = "/api/v1/notices/{id}/contacts"
parameters = { "path.id" = %q }

[[operations]]
include-path-regex = "^/api/v1/matters/"
parameters = { "path.id" = %q }
`, notices[0].ID, matters[0].Matter))
	cmd := schemathesis(t, "--config-file", config,
		"run", "http://"+c.addr+"/api/openapi.json",
		"--header", "Authorization: Bearer "+c.token,
		"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
		"--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1",
		"--workers", "1", // with more, Python 3.11 now and then loses count of its own recursion
		"--generation-database", "none", "--no-color")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("schemathesis: %v\n%s", err, out)
	}
}
