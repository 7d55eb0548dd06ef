package server

import "github.com/gofiber/fiber/v2"

// serveWidget sends the script that puts the citizens' page into another site.
// Its address never changes, for it stands in pages that are not ours.
func (s *Server) serveWidget(c *fiber.Ctx) error {
	if !s.open() {
		return fiber.ErrNotFound
	}
	a := s.static["widget.js"]
	c.Set(fiber.HeaderContentType, a.kind)
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return c.Send(a.body)
}
