package server

import "github.com/gofiber/fiber/v2"

// pulse is the answer of /healthz and /readyz.
type pulse struct {
	Status  string `json:"status"` // ok, unavailable
	Version string `json:"version,omitempty"`
}

// health says that the process answers, whatever its parts do.
func (s *Server) health(c *fiber.Ctx) error {
	return c.JSON(pulse{Status: "ok", Version: s.o.Version})
}

// ready says whether the process can do its work now: 503 while it cannot.
func (s *Server) ready(c *fiber.Ctx) error {
	if s.o.Ready != nil {
		if err := s.o.Ready(c.UserContext()); err != nil {
			s.o.Log.Warn("not ready", "error", err)
			return c.Status(fiber.StatusServiceUnavailable).JSON(pulse{Status: "unavailable", Version: s.o.Version})
		}
	}
	return c.JSON(pulse{Status: "ok", Version: s.o.Version})
}
