package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
)

// accountPath is the page of one's own account: the only one for who has not
// changed a password for once yet.
const accountPath = "/account"

// accountPage is what page_account.html draws: one's own password, and where one
// is signed in.
type accountPage struct {
	shell
	Said     string
	Faults   []string
	Login    string
	Unit     string
	Once     bool // the password must be changed first
	Least    int  // characters of a password
	Sessions []org.OwnSession
	Others   bool // there are sessions besides this one
	Keys     bool // may make tokens of their own
}

// showAccount shows somebody their account.
func (s *Server) showAccount(c *fiber.Ctx, v visit) error {
	p, err := s.newAccountPage(c, v)
	if err != nil {
		return err
	}
	p.Said = map[string]string{
		"changed": "密码已更换，别处的登录都已退出。", "ended": "已退出那一处登录。", "others": "别处的登录都已退出。",
	}[c.Query("said")]
	return s.page(c, "account", p)
}

func (s *Server) newAccountPage(c *fiber.Ctx, v visit) (accountPage, error) {
	if s.o.Passwords == nil {
		return accountPage{}, errs.New(errs.NotFound, "page.not_found")
	}
	p := accountPage{shell: s.shell(v, "account", "我的账号"), Login: v.actor.Login, Once: v.once, Least: org.MinPasswordRunes, Keys: s.o.Tokens != nil && v.may(org.ActOwnToken)}
	home := v.actor.Home
	if home == "" {
		home = v.actor.Unit
	}
	if home != "" {
		dir, err := s.o.Places.Directory(c.UserContext())
		if err != nil {
			return p, err
		}
		p.Unit = unitName(home, dir)
	}
	var err error
	p.Sessions, err = s.o.Passwords.Sessions(c.UserContext(), v.actor, v.session)
	p.Others = len(p.Sessions) > 1
	return p, err
}

// changePassword gives somebody a password of their own.
func (s *Server) changePassword(c *fiber.Ctx, v visit) error {
	if s.o.Passwords == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	fresh := c.FormValue("new")
	var err error
	if fresh != c.FormValue("again") {
		err = errs.New(errs.Invalid, "account.again").In("again")
	} else {
		err = s.o.Passwords.Change(c.UserContext(), v.actor, v.session, c.FormValue("old"), fresh)
	}
	return s.afterAccount(c, v, err, "changed")
}

// endSession signs somebody out elsewhere.
func (s *Server) endSession(c *fiber.Ctx, v visit) error {
	if s.o.Passwords == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	return s.afterAccount(c, v, s.o.Passwords.EndSession(c.UserContext(), v.actor, org.SessionID(c.Params("session"))), "ended")
}

// endSessions signs somebody out everywhere else.
func (s *Server) endSessions(c *fiber.Ctx, v visit) error {
	if s.o.Passwords == nil {
		return errs.New(errs.NotFound, "page.not_found")
	}
	_, err := s.o.Passwords.EndOthers(c.UserContext(), v.actor, v.session)
	return s.afterAccount(c, v, err, "others")
}

// afterAccount goes back to the page, or shows it with what was wrong.
func (s *Server) afterAccount(c *fiber.Ctx, v visit, err error, said string) error {
	if err == nil {
		return c.Redirect(link(accountPath, "said", said), fiber.StatusSeeOther)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict && errs.CodeOf(err) != "account.throttled" {
		return err
	}
	p, failed := s.newAccountPage(c, v)
	if failed != nil {
		return failed
	}
	p.Faults = sentences(err)
	return s.render(c, status(err), "account", "layout", p)
}

// deviceOf names a browser and its system by what it says of itself, in words;
// empty for one that is not known. Only these words are kept.
func deviceOf(agent string) string {
	first := func(pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	// The order counts: later ones name earlier ones too.
	browser := first("MicroMessenger/", "微信", "wxwork/", "企业微信", "Edg", "Edge", "Firefox/", "Firefox", "QQBrowser/", "QQ 浏览器", "Chrome/", "Chrome", "Safari/", "Safari")
	system := first("HarmonyOS", "鸿蒙", "Android", "安卓", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS", "macOS", "Linux", "Linux")
	return strings.Trim(browser+"，"+system, "，")
}
