package assets

import (
	"os"
	"path/filepath"

	"huying/internal/errs"
)

// Dirs are the two folders Huying writes to. Neither need exist.
type Dirs struct {
	Cache string // what can be fetched again
	Data  string // what must not be lost: the private PostgreSQL, keys
}

// Home chooses the folders:
//
//	HUYING_HOME set:  HUYING_HOME/cache and HUYING_HOME/data
//	root:             /var/lib/huying/cache and /var/lib/huying/data, because
//	                  PostgreSQL runs as another user, to whom /root is closed
//	anyone else:      XDG_CACHE_HOME/huying (or ~/.cache/huying) and
//	                  XDG_DATA_HOME/huying (or ~/.local/share/huying)
//
// getenv is os.Getenv outside tests. Without HOME and the other variables an
// ordinary user gets errs.Invalid.
func Home(getenv func(string) string) (Dirs, error) {
	return home(getenv, os.Geteuid())
}

func home(getenv func(string) string, uid int) (Dirs, error) {
	if h := getenv("HUYING_HOME"); h != "" {
		abs, err := filepath.Abs(h)
		if err != nil {
			return Dirs{}, errs.Wrap(err, errs.Invalid, "assets.no_home")
		}
		return Dirs{Cache: filepath.Join(abs, "cache"), Data: filepath.Join(abs, "data")}, nil
	}
	if uid == 0 {
		return Dirs{Cache: "/var/lib/huying/cache", Data: "/var/lib/huying/data"}, nil
	}
	cache, err := xdg(getenv, "XDG_CACHE_HOME", ".cache")
	if err != nil {
		return Dirs{}, err
	}
	data, err := xdg(getenv, "XDG_DATA_HOME", ".local/share")
	return Dirs{Cache: cache, Data: data}, err
}

// xdg follows the XDG base directory specification: a relative value of the
// variable is to be ignored.
func xdg(getenv func(string) string, variable, underHome string) (string, error) {
	if base := getenv(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "huying"), nil
	}
	h := getenv("HOME")
	if !filepath.IsAbs(h) {
		return "", errs.New(errs.Invalid, "assets.no_home")
	}
	return filepath.Join(h, underHome, "huying"), nil
}
