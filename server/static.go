package server

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// files are the style sheet, the script for keys, the icon, and in vendor/
// what `go run ./cmd/fetch` put there before the build. Without htmx every
// form still posts.
//
//go:embed static
var files embed.FS

// asset is one static file with the name that changes whenever it changes.
type asset struct {
	body []byte
	kind string // its media type
	tag  string
}

// loadStatic reads all static files, by their path below static/.
func loadStatic() (map[string]asset, error) {
	all := map[string]asset{}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".js" {
			kind = "text/javascript; charset=utf-8"
		}
		all[strings.TrimPrefix(name, "static/")] = asset{body: body, kind: kind, tag: hex.EncodeToString(sum[:6])}
		return nil
	})
	return all, err
}

// staticURL gives the address of a static file, empty when the build lacks it.
func (s *Server) staticURL(name string) string {
	a, ok := s.static[name]
	if !ok {
		return ""
	}
	return "/static/" + name + "?" + a.tag
}

// serveStatic sends a static file. An address with the right tag never changes
// its content, so browsers may keep it for a year.
func (s *Server) serveStatic(c *fiber.Ctx) error {
	a, ok := s.static[c.Params("*")]
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, a.kind)
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	if string(c.Request().URI().QueryString()) == a.tag {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	return c.Send(a.body)
}
