package server

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/org"
)

//go:embed templates
var templates embed.FS

// shell is what every page has around its content.
type shell struct {
	Title    string
	Page     string // which part of the menu is lit: desk, cases, leader, knowledge, catalogue, accuracy; empty: none
	SignedIn bool
	Name     string
	Role     string
	CSRF     string
	Hotline  bool   // of the hotline: sees messages, knowledge, catalogue
	Casework bool   // sees cases
	Leads    bool   // gives instructions
	CanTake  bool   // may take a call in
	CanEdit  bool   // may pin a notice
	CanRule  bool   // may manage the service
	Standing string // for whom a person acts, or who acts for them; empty: neither
	Acting   bool   // acts for somebody
	Stands   bool   // may act for somebody
	Staff    bool   // there are accounts to be managed
	Tokens   bool   // there are systems' ways in to be managed
	Account  bool   // may change their password
	Keeps    bool   // may say how long personal data are kept
	Privacy  bool   // a privacy officer
	Alerts   bool   // the staff is told
	Unread   string // how many alerts are unread; empty: none
	Rulebook bool   // there are rules of deadlines to be managed
	LLM      bool   // there is a language model to be managed
	Rewards  bool   // confirms rewards
	Labels   bool   // sees harassment labels
	Search   string
}

// shell makes the surroundings of a page for somebody who is signed in.
func (s *Server) shell(v visit, page, title string) shell {
	return shell{
		Title: title, Page: page, SignedIn: true,
		Name: v.actor.Name, Role: v.actor.Roles.Label(), CSRF: v.csrf,
		Hotline: v.may(org.ActReadMessages), Casework: s.o.Cases != nil && v.may(org.ActReadCases),
		Leads:   s.o.Cases != nil && v.may(org.ActInstruct),
		CanTake: v.may(org.ActReceive), CanEdit: v.may(org.ActEditKnowledge), CanRule: v.may(org.ActManage),
		Standing: v.standing(), Acting: v.actor.For != "", Stands: v.stands, Staff: s.o.Staff != nil, Tokens: s.o.Tokens != nil, Account: s.o.Passwords != nil,
		Keeps: s.o.Retention != nil && v.may(org.ActKeep), Privacy: s.o.Subjects != nil && v.mayPrivacy(),
		LLM: s.o.Assist != nil, Alerts: s.o.Alerts != nil && v.may(org.ActReadAlerts), Unread: unreadWords(v.unread),
		Rewards: s.o.Rewards != nil && v.may(org.ActReward), Labels: s.o.Labels != nil && v.may(org.ActReadLabels), Rulebook: s.o.Rulebook != nil,
	}
}

// outside makes the surroundings for somebody who is not.
func (s *Server) outside(title string) shell { return shell{Title: title} }

// parsePages makes one template set a page: the layout, the shared parts and
// the page's own blocks.
func (s *Server) parsePages() (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(s.funcs()).ParseFS(templates, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templates, "templates/page_*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if t, err = t.ParseFS(templates, name); err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "page_"), ".html")] = t
	}
	return pages, nil
}

// render draws a block of a page: "layout" is the whole of it. Nothing is sent
// when the template fails, so that no reader sees half a page.
func (s *Server) render(c *fiber.Ctx, code int, page, block string, data any) error {
	var b bytes.Buffer
	if err := s.pages[page].ExecuteTemplate(&b, block, data); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(code).Send(b.Bytes())
}

// page draws the whole of a page that is in order.
func (s *Server) page(c *fiber.Ctx, name string, data any) error {
	return s.render(c, fiber.StatusOK, name, "layout", data)
}

// funcs are what templates may call.
func (s *Server) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":   s.staticURL,
		"percent": percent,
		"moment":  s.moment,
		"day":     s.day,
		"clock":   clock,
		"inc":     func(i int) int { return i + 1 },
		"join":    func(list []string) string { return strings.Join(list, "、") },
		"lines":   lines,
	}
}
