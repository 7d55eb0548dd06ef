package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"huying/internal/errs"
)

// TestEveryErrorCodeHasASentence finds the codes that the sources make and
// asks the table for each: a user must never read “系统出了问题” because a
// sentence was forgotten.
func TestEveryErrorCodeHasASentence(t *testing.T) {
	form := regexp.MustCompile(`^[a-z_]+\.[a-z_0-9.]+$`)
	root := filepath.Join("..", "..")
	found := 0
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
		for _, code := range codesIn(t, path) {
			found++
			if form.MatchString(code) && !errs.Has(errs.Code(code)) {
				t.Errorf("%s: no sentence for %q", path, code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 100 {
		t.Errorf("only %d codes found: the search is broken", found)
	}
}

// codesIn gives the string arguments of calls of errs.New and errs.Wrap, and
// of helpers that take a code: any string constant of the form of a code in a
// call is one.
func codesIn(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		switch name {
		case "New", "Wrap", "Err", "bad", "fault", "invalid", "unless", "within", "endEarly":
			for _, arg := range call.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				if s, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(s, ".") {
					codes = append(codes, s)
					break
				}
			}
		}
		return true
	})
	return codes
}
