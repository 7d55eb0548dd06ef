package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule is one line of the import table: what a package may import of ours,
// and which outside packages live only in it.
type rule struct {
	may  []string
	only []string
}

// table is the whole architecture: data flows to the right, imports point to
// the left. A stage imports stages left of it and tools; never one right of
// it, never a sibling. Adapters import stages, never each other. Only cmd
// imports everything.
var table = map[string]rule{
	// tools
	"internal/errs":            {},
	"internal/id":              {only: []string{"github.com/google/uuid"}},
	"internal/text":            {may: []string{"internal/errs"}, only: []string{"github.com/go-ego/gse", "github.com/mozillazg/go-pinyin"}},
	"internal/retry":           {},
	"internal/embed":           {may: []string{"internal/errs", "internal/retry"}, only: []string{"github.com/yalue/onnxruntime_go", "github.com/sashabaranov/go-openai"}},
	"internal/embed/embedtest": {may: []string{"internal/assets", "internal/embed"}},
	"internal/query":           {may: []string{"internal/text", "internal/embed"}},
	"internal/llm":             {may: []string{"internal/errs", "internal/id", "internal/org", "internal/retry", "internal/text"}, only: []string{"github.com/sashabaranov/go-openai", "github.com/sony/gobreaker"}},
	"internal/llm/llmtest":     {may: []string{"internal/errs", "internal/org", "internal/llm", "internal/text"}},
	"internal/asr":             {may: []string{"internal/errs", "internal/retry"}, only: []string{"github.com/coder/websocket"}},
	"internal/learn":           {may: []string{"internal/errs"}},
	"internal/org":             {may: []string{"internal/errs", "internal/id"}, only: []string{"golang.org/x/crypto"}},
	"internal/seal":            {may: []string{"internal/errs"}},
	"internal/sheet":           {may: []string{"internal/errs"}, only: []string{"github.com/xuri/excelize"}},
	"internal/upload":          {},
	"internal/workday":         {may: []string{"internal/errs"}, only: []string{"github.com/arran4/golang-ical"}},
	"internal/assets":          {may: []string{"internal/errs"}},
	"internal/chart":           {only: []string{"gonum.org/v1/plot"}},
	"internal/demo":            {may: []string{"internal/errs"}},
	// stages, in flow order
	"intake":           {may: slices.Concat(stageTools, []string{"internal/text", "internal/seal"})},
	"kb":               {may: append([]string{"intake", "internal/text", "internal/upload"}, stageTools...)},
	"classifier":       {may: append([]string{"intake", "internal/text"}, stageTools...)},
	"casework":         {may: []string{"intake", "classifier", "internal/errs", "internal/id", "internal/llm", "internal/org", "internal/sheet", "internal/upload", "internal/workday"}},
	"internal/privacy": {may: []string{"intake", "casework", "internal/errs", "internal/id", "internal/org", "internal/seal", "internal/sheet", "internal/text"}},
	"eval":             {may: []string{"intake", "kb", "classifier", "internal/errs", "internal/id", "internal/llm", "internal/embed", "internal/query", "internal/learn", "internal/org", "internal/text", "internal/chart"}, only: []string{"github.com/schollz/progressbar"}},
	// what binds stages to the world
	"internal/work":     {may: []string{"intake", "kb", "classifier", "internal/errs", "internal/id", "internal/org", "internal/query"}},
	"internal/postgres": {may: []string{"intake", "kb", "classifier", "casework", "internal/privacy", "internal/llm", "internal/workday", "internal/work", "internal/errs", "internal/id", "internal/org", "internal/text", "internal/query"}, only: []string{"github.com/pgvector/pgvector-go", "github.com/riverqueue/river", "github.com/jackc/tern"}},
	"internal/notify":   {may: []string{"internal/errs"}, only: []string{"github.com/sony/gobreaker"}},
	"internal/localpg":  {may: []string{"internal/errs"}},
	"internal/pgtest":   {may: []string{"internal/localpg", "internal/assets", "internal/errs"}},
	"server":            {may: []string{"intake", "kb", "classifier", "casework", "internal/privacy", "internal/llm", "internal/workday", "internal/errs", "internal/id", "internal/org"}, only: []string{"github.com/gofiber/fiber", "github.com/danielgtaylor/huma"}},
	// programs
	"cmd/fetch": {may: []string{"internal/assets", "internal/errs"}},
}

var stageTools = []string{"internal/errs", "internal/id", "internal/llm", "internal/query", "internal/learn", "internal/org", "internal/sheet"}

// shared are outside packages that several of ours use by design.
var shared = map[string][]string{
	"github.com/jackc/pgx":            {"internal/postgres", "internal/localpg", "internal/pgtest"},
	"github.com/gofrs/flock":          {"internal/assets", "internal/localpg", "internal/pgtest"},
	"golang.org/x/text":               {"internal/text", "internal/sheet", "internal/embed"},
	"gonum.org/v1/gonum":              {"internal/learn", "internal/embed"},
	"golang.org/x/sync":               {"internal/embed", "internal/assets", "internal/work"},
	"github.com/hashicorp/golang-lru": {"internal/embed", "internal/postgres", "kb"},
	"golang.org/x/sys":                {"internal/localpg", "internal/assets", "internal/embed", "internal/pgtest"},
	"github.com/alecthomas/kong":      {"cmd/huying"},
	"github.com/chromedp":             {"cmd/huying"},
}

// TestImportsPointUpstream reads every Go file that is not a test and fails on
// the first import that the table does not allow.
func TestImportsPointUpstream(t *testing.T) {
	owners := maps.Clone(shared)
	for pkg, r := range table {
		for _, outside := range r.only {
			owners[outside] = append(owners[outside], pkg)
		}
	}
	seen := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		checkFile(t, owners, pkg, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range table {
		if !seen[pkg] {
			t.Errorf("the table has %s, the tree has not", pkg)
		}
	}
}

func checkFile(t *testing.T, owners map[string][]string, pkg, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	for _, c := range file.Comments {
		if c.Pos() < file.Package && strings.Contains(c.List[0].Text, "go:build ignore") {
			return // a generator, not part of the program
		}
	}
	r, known := table[pkg]
	if !known && pkg != "cmd/huying" {
		t.Errorf("%s: package %s is not in the table", path, pkg)
		return
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		ours, isOurs := strings.CutPrefix(name, "huying/")
		switch {
		case isOurs && pkg != "cmd/huying" && !slices.Contains(r.may, ours):
			t.Errorf("%s: %s may not import %s", path, pkg, ours)
		case !isOurs && strings.Contains(name, "."):
			checkOutside(t, owners, pkg, path, name)
		}
	}
}

// checkOutside fails when an outside package is imported where it does not
// live, or lives nowhere in the table.
func checkOutside(t *testing.T, owners map[string][]string, pkg, path, name string) {
	t.Helper()
	if pkg == "cmd/huying" {
		return // wires everything
	}
	for prefix, homes := range owners {
		if name == prefix || strings.HasPrefix(name, prefix+"/") {
			if !slices.Contains(homes, pkg) {
				t.Errorf("%s: %s lives in %v, not in %s", path, name, homes, pkg)
			}
			return
		}
	}
	t.Errorf("%s: the table names no home for %s", path, name)
}
