package server

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// Talk answers citizens without a person in between.
type Talk interface {
	// Ask answers, offers or is silent; the same ask twice gives one reply. An
	// errs.List names each faulty field.
	Ask(ctx context.Context, actor org.Actor, a kb.Ask) (kb.Turn, error)
	// Choose gives the entry that was chosen among those of a reply.
	Choose(ctx context.Context, actor org.Actor, channel intake.Channel, conversation string, reply kb.TurnID, entry kb.EntryID) (kb.Turn, error)
	// Judge notes what came of a reply; not solved, it becomes a message.
	Judge(ctx context.Context, actor org.Actor, channel intake.Channel, conversation string, reply kb.TurnID, v kb.Verdict, c kb.Contact) (kb.Turn, error)
}

// asksAMinute is how many asks, choices and verdicts one address may send in a
// minute without a token: a family behind one address may ask, a script may
// not empty the knowledge base.
const asksAMinute = 30

// citizen is whoever comes to our own page.
func citizen() org.Actor {
	return org.Actor{Name: "网页", Roles: org.Roles{org.RoleBot}, Channels: []string{string(intake.Web)}}
}

// open reports whether citizens may ask without a token.
func (s *Server) open() bool { return s.o.PublicAsk && s.o.Talk != nil }

// limiter counts what each address sends within the running minute. It is safe
// for concurrent use. Each process counts for itself.
type limiter struct {
	mu    sync.Mutex
	begun time.Time
	sent  map[string]int
}

// take counts one more of an address; false when it has sent too many.
func (l *limiter) take(address string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent == nil || now.Sub(l.begun) >= time.Minute || now.Before(l.begun) {
		l.begun, l.sent = now, map[string]int{}
	}
	l.sent[address]++
	return l.sent[address] <= asksAMinute
}

// limit refuses an address that has sent too many.
func (s *Server) limit(c *fiber.Ctx) error {
	if s.asks.take(addressOf(c), s.o.Now()) {
		return nil
	}
	return errs.Wrap(fiber.ErrTooManyRequests, errs.Forbidden, "ask.too_often")
}

// faultsOf gives the status of a citizen's request and what to say on the page
// itself; it writes to the log what is not the citizen's doing.
func (s *Server) faultsOf(c *fiber.Ctx, err error) (code int, faults []string) {
	if err == nil {
		return fiber.StatusOK, nil
	}
	err = classified(err)
	if code = status(err); code >= fiber.StatusInternalServerError {
		s.o.Log.Error("request failed", "method", c.Method(), "route", c.Route().Path, "error", err)
	}
	return code, sentences(err)
}

// addressOf is where a request comes from: the caller's address, or, when that
// is a proxy on this machine or network, the one which the proxy names last.
// What stands before it in the header is the caller's own word.
func addressOf(c *fiber.Ctx) string {
	direct := c.Context().RemoteIP().String()
	ip, err := netip.ParseAddr(direct)
	if err != nil || !ip.IsLoopback() && !ip.IsPrivate() {
		return direct
	}
	named := strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")
	if last := strings.TrimSpace(named[len(named)-1]); last != "" {
		return strings.Clone(last)
	}
	return direct
}

// mayFrame lets the sites of the setting show a page of the citizens' in a
// frame, as widget.js does.
func (s *Server) mayFrame(c *fiber.Ctx) {
	who := "'self'"
	if len(s.o.Origins) > 0 {
		who += " " + strings.Join(s.o.Origins, " ")
	}
	c.Set(fiber.HeaderContentSecurityPolicy, strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors "+who, 1))
	c.Response().Header.Del(fiber.HeaderXFrameOptions)
}

// saying is the sentence that goes with a reply, and what to do next.
func saying(r kb.Turn) (say, next string) {
	switch {
	case r.Danger():
		return "如果有人身危险，请马上拨打 110（报警）、119（火警）或 120（急救）。您说的已经转给工作人员", nextEmergency
	case r.Told == kb.ToldAnswer:
		return "", ""
	case r.Told == kb.ToldOffer && r.Silence == kb.SilentWords:
		return "现在只能按字词查找，不能直接答复。您是不是想问", nextAgent
	case r.Told == kb.ToldOffer && r.Silence == kb.SilentArea:
		return "下面的答复只适用于部分地区，请看清地区。您是不是想问", nextAgent
	case r.Told == kb.ToldOffer:
		return "您是不是想问", nextAgent
	case r.Silence == kb.SilentCase:
		return "这件事需要有人办理，请提交给工作人员", nextSubmit
	case r.Silence == kb.SilentWords:
		return "现在只能按字词查找，没有找到可靠的答复，可以转给工作人员", nextAgent
	}
	return "没有找到可靠的答复，可以转给工作人员", nextAgent
}

// What a bot does next.
const (
	nextAgent     = "agent"     // 转人工
	nextSubmit    = "submit"    // 提交诉求
	nextEmergency = "emergency" // 110, 119, 120
)
