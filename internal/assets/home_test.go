package assets

import (
	"regexp"
	"strings"
	"testing"

	"huying/internal/errs"
)

func TestHome(t *testing.T) {
	for _, test := range []struct {
		name string
		uid  int
		env  map[string]string
		want Dirs
		code errs.Code
	}{
		{"own folder wins", 0, map[string]string{"HUYING_HOME": "/srv/h", "HOME": "/root"}, Dirs{"/srv/h/cache", "/srv/h/data"}, ""},
		{"root", 0, map[string]string{"HOME": "/root", "XDG_CACHE_HOME": "/root/c"}, Dirs{"/var/lib/huying/cache", "/var/lib/huying/data"}, ""},
		{"user", 1000, map[string]string{"HOME": "/home/a"}, Dirs{"/home/a/.cache/huying", "/home/a/.local/share/huying"}, ""},
		{"user with XDG", 1000, map[string]string{"XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d"}, Dirs{"/c/huying", "/d/huying"}, ""},
		{"relative XDG is ignored", 1000, map[string]string{"HOME": "/home/a", "XDG_CACHE_HOME": "c"}, Dirs{"/home/a/.cache/huying", "/home/a/.local/share/huying"}, ""},
		{"nowhere", 1000, nil, Dirs{}, "assets.no_home"},
	} {
		got, err := home(func(k string) string { return test.env[k] }, test.uid)
		if err != nil && errs.CodeOf(err) != test.code || err == nil && test.code != "" {
			t.Errorf("%s: error %v, want code %q", test.name, err, test.code)
		}
		if got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestTable holds what the rest of the package relies on: every part has a
// row on every platform, with a full hash, a versioned name and a folder of
// its own, and every code has its sentence.
func TestTable(t *testing.T) {
	hash := regexp.MustCompile(`^[0-9a-f]{64}$`)
	for _, arch := range []string{"amd64", "arm64"} {
		table, err := pinned("linux", arch)
		if err != nil {
			t.Fatal(err)
		}
		folders := map[string]bool{}
		for _, src := range table {
			if !hash.MatchString(src.sha256) || src.bytes <= 0 || folders[src.dir] || strings.Contains(src.name, "/") {
				t.Errorf("%s: bad row %+v", arch, src)
			}
			folders[src.dir] = true
		}
		s := store{table: table}
		for _, part := range AllParts() {
			if _, err := s.source(part); err != nil {
				t.Errorf("%s: %v", arch, err)
			}
		}
	}
	if _, err := pinned("plan9", "386"); errs.CodeOf(err) != "assets.platform" {
		t.Errorf("unknown platform: %v", err)
	}
	for _, code := range []errs.Code{"disk", "download", "hash", "missing", "no_home", "no_mvn", "no_pip", "platform", "unknown_part", "unpack"} {
		if !errs.Has("assets." + code) {
			t.Errorf("no sentence for assets.%s", code)
		}
	}
}

func TestPrinter(t *testing.T) {
	var b strings.Builder
	p := Printer(&b, false)
	p(Step{Title: "模型", Number: 1, Of: 2, Total: 25e6})
	p(Step{Title: "模型", Number: 1, Of: 2, Bytes: 5e6, Total: 25e6})
	p(Step{Title: "模型", Number: 1, Of: 2, Bytes: 25e6, Total: 25e6, Done: true})
	want := "[1/2] 模型 正在获取（25.0 MB）……\n[1/2] 模型 已就绪\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
