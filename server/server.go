// Package server is everything that Huying says over HTTP: the pages of this
// file's neighbours and the API beside them, on one fiber app.
//
// A page is one file page_<noun>.go with one struct that its template draws. A
// handler parses, makes one call to a stage, fills the struct and renders; it
// returns errors, and errors.go alone turns them into a status and a Chinese
// sentence. Every post is a plain form that works without JavaScript; htmx
// only swaps the part that changed instead of the whole page.
//
// # Handles for tests
//
// Ids and attributes that stay: #desk (the whole desk), #queue with
// [data-matter] rows and [aria-current] on the open one, #message, #answer,
// #suggestion, #question with [data-answer] links, #pick (the form that
// confirms) with input[name=pick] 1–5, #modify (opened by E) with
// #modify-words, [data-hit] and #correct, #decline, #split, #sent, #lost,
// #conflict, #undo, #bar (a failed request), #fresh (a new suggestion waits), #signin,
// #receive, #ask. [data-key=…] is what a key presses; body[data-page] names
// the page.
package server

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
	"huying/kb"
)

// bodyLimit is the largest request that is taken: a text of 20,000 characters
// is under 200 KiB in a form and under 260 KiB in JSON, however it is escaped.
const bodyLimit = 1<<20 + 64<<10

// uploadLimit is the largest request that is taken where a page uploads files.
const uploadLimit = 4 * bodyLimit

// readLimit is the largest request that is read to its end: where the API takes
// files, which JSON makes larger by a third, to be taken, elsewhere only to be
// refused in words. A larger one is cut off while it is still being sent, and
// its sender may not get to see the answer.
const readLimit = 6 * bodyLimit

// headLimit is the longest head of a request, its address included: an address
// full of characters that are written with several bytes is still refused in words.
const headLimit = 32 << 10

// Options is what the server is made of. Everything without a stated default
// is needed.
type Options struct {
	Accounts     *org.Accounts
	Intake       *intake.Intake
	Line         Line
	Taker        Taker // the line as the API needs it; nil: there is no API
	Desk         *classifier.Desk
	Blind        *classifier.BlindDesk
	Watch        *classifier.Watch
	Leaves       *classifier.Leaves
	LeafNotes    *classifier.LeafNotes // nil: nothing is kept for the next version
	Reviews      *classifier.Reviews   // nil: nothing can be sent to a reviewer
	Returns      *classifier.Returns
	People       *classifier.People
	Centres      *classifier.Centres    // nil: there are no sub-centres
	Cases        *casework.Cases        // nil: nothing is handled here
	Merges       *casework.Merges       // of cases; needed with Cases
	Refusals     *casework.Refusals     // needed with Cases
	Contacts     *casework.Contacts     // needed with Cases
	Arrivals     *casework.Arrivals     // needed with Cases
	FollowUps    *casework.FollowUps    // needed with Cases
	Delegates    *casework.Delegates    // needed with Cases
	Answering    *casework.Drafts       // of answers; needed with Cases
	Attachments  *casework.Attachments  // needed with Cases
	Archives     *casework.Archives     // nil: no cases are taken out
	Heads        *casework.Heads        // needed with Cases
	Hands        *casework.Hands        // needed with Cases
	Groups       *casework.Groups       // needed with Cases
	Disputes     *casework.Disputes     // over duty; needed with Cases
	Shares       *casework.Shares       // needed with Cases
	Appointments *casework.Appointments // needed with Cases
	Precedents   *classifier.Precedents // needed with Cases
	Locator      *casework.Locator      // needed with Cases
	Whistles     *casework.Whistles     // needed with Cases
	Memos        *casework.Memos        // needed with Cases
	Dividing     *casework.Dividing     // needed with Cases
	Patrols      *casework.Patrols      // needed with Cases
	SMSReplies   *casework.SMSReplies   // needed with Cases
	Alerts       *casework.Alerts       // nil: nobody of the staff is told
	Reports      *casework.Reports      // nil: no delivery reports are taken
	Rewards      *casework.Rewards      // nil: nothing is rewarded
	Cashier      *casework.Cashier      // needed with Rewards
	Labels       *casework.Labels       // nil: nobody is labelled
	Accusations  *intake.Accusations    // nil: nobody says whom a matter complains of
	Secrets      *intake.Secrets        // nil: nothing is locked
	Clarify      *intake.Clarifications // nil: nobody is called back before a decision
	Grounds      *casework.Grounds      // nil: the city adds no reasons for refusing
	Veils        *intake.Veils          // nil: nobody is asked what would give a citizen away
	Gaps         *classifier.Gaps
	Splitter     Splitter // nil: no matter is cut
	Replies      Replies  // nil: nobody can note what was told in a call
	Answers      Answers
	Talk         Talk // citizens without a person in between; nil: only tries by people
	Knowledge    Knowledge
	Editing      *kb.Editing
	EntryFiles   *kb.Files
	Upkeep       *kb.Upkeep
	Export       Export
	Proposals    Proposals  // nil: nothing is proposed
	Unanswered   Unanswered // nil: nobody sees what is missing
	Policies     Policies
	Notices      Notices
	Checks       Checks                // nil: nobody checks the answers given
	Imports      Imports               // nil: files are imported by command alone
	Workdays     Workdays              // nil: there is no calendar
	Rulebook     *casework.Rulebook    // nil: the rules of deadlines are those that came with the product
	Outbox       Notifications         // nil: nobody is notified
	Looks        *org.Looks            // nil: nobody finds out who saw whose data
	Staff        Staff                 // nil: accounts are managed by command alone
	Covers       *org.Covers           // needed with Staff
	Units        *casework.UnitLists   // needed with Staff
	Scripts      *casework.Scripts     // nil: callbacks have no words
	LeaderCalls  *casework.LeaderCalls // nil: leaders do not call
	Tokens       org.TokenList         // nil: tokens are managed by command alone
	Passwords    *org.Passwords        // nil: passwords are given and changed by command alone
	HandOvers    *casework.HandOvers   // needed with Staff
	Retention    *privacy.Retention    // nil: nothing is deleted by rule
	Subjects     *privacy.Subjects     // nil: no citizen is given their own data
	Catalogue    Catalogue
	Versions     Versions
	Drafts       Drafts
	Replays      Replays
	Leftovers    Leftovers
	Models       Models
	Assist       *Assist // nil: there is no language model, and no page mentions one
	Places       Places
	Ready        func(context.Context) error // what /readyz asks; nil: always ready
	Now          func() time.Time
	Log          *slog.Logger
	Timeout      time.Duration // of one request; 0: 15 s
	Grace        time.Duration // for requests under way at shutdown; 0: 10 s
	Secure       bool          // cookies over https only: set it behind TLS
	Demo         bool          // say on the sign-in page that this is a demo
	PublicAsk    bool          // citizens may ask on /ask without a token; needs Talk
	Origins      []string      // sites that may show /ask in a frame, such as https://www.example.gov.cn
	Version      string        // shown at the foot of the sign-in page; may be empty
}

// Server serves pages. Make it with New.
type Server struct {
	o      Options
	app    *fiber.App
	pages  map[string]*template.Template
	static map[string]asset
	asks   limiter

	knownAreas atomic.Pointer[knownAreas]
}

// New makes a server with all its routes. It fails when a part is missing or a
// template is broken: at start, not at the first request.
func New(o Options) (*Server, error) {
	if o.Accounts == nil || o.Intake == nil || o.Line == nil || o.Desk == nil || o.Blind == nil || o.Watch == nil || o.Leaves == nil ||
		o.Returns == nil || o.People == nil || o.Gaps == nil || o.Answers == nil || o.Knowledge == nil || o.Policies == nil || o.Editing == nil || o.EntryFiles == nil ||
		o.Upkeep == nil || o.Export == nil || o.Notices == nil || o.Catalogue == nil || o.Models == nil || o.Versions == nil || o.Drafts == nil || o.Replays == nil || o.Leftovers == nil || o.Places == nil ||
		o.Now == nil || o.Log == nil || (o.Cases == nil) != (o.Merges == nil) || (o.Cases == nil) != (o.Refusals == nil) ||
		(o.Cases == nil) != (o.Contacts == nil) || (o.Cases == nil) != (o.Arrivals == nil) || (o.Cases == nil) != (o.FollowUps == nil) || (o.Cases == nil) != (o.Delegates == nil) || (o.Cases == nil) != (o.Answering == nil) || (o.Cases == nil) != (o.Attachments == nil) ||
		(o.Cases == nil) != (o.Heads == nil) || (o.Cases == nil) != (o.Hands == nil) || (o.Cases == nil) != (o.Locator == nil) || (o.Cases == nil) != (o.Whistles == nil) || (o.Cases == nil) != (o.Memos == nil) || (o.Cases == nil) != (o.Dividing == nil) || (o.Cases == nil) != (o.Patrols == nil) || (o.Cases == nil) != (o.SMSReplies == nil) ||
		(o.Cases == nil) != (o.Disputes == nil) || (o.Cases == nil) != (o.Shares == nil) || (o.Cases == nil) != (o.Appointments == nil) || (o.Cases == nil) != (o.Precedents == nil) ||
		(o.Rewards == nil) != (o.Cashier == nil) ||
		(o.Staff == nil) != (o.Covers == nil) || (o.Staff == nil) != (o.HandOvers == nil) || (o.Staff == nil) != (o.Units == nil) {
		return nil, errors.New("server: a part is missing in Options")
	}
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	s := &Server{o: o}
	var err error
	if s.static, err = loadStatic(); err != nil {
		return nil, err
	}
	if s.pages, err = s.parsePages(); err != nil {
		return nil, err
	}
	s.app = fiber.New(fiber.Config{
		AppName:               "huying",
		BodyLimit:             readLimit,
		DisableStartupMessage: true,
		ErrorHandler:          s.fail,
		IdleTimeout:           time.Minute,
		Immutable:             true, // strings of a request may outlive it
		ReadBufferSize:        headLimit,
		ReadTimeout:           30 * time.Second,
		StrictRouting:         false,
		WriteTimeout:          time.Minute,
	})
	s.app.Use(s.around)
	s.routes()
	if o.Taker != nil {
		if err := s.mountAPI(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// App is the fiber app underneath, for mounting the API beside the pages. A
// request below /api that fails is answered with a problem in JSON.
func (s *Server) App() *fiber.App { return s.app }

// Serve answers on ln until ctx ends, then lets the requests under way finish
// for up to Options.Grace. It returns nil after a shutdown in order,
// serve.cut_off when requests were still under way after that.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	ln := newUnspoken(listener)
	failed := make(chan error, 1)
	go func() { failed <- s.app.Listener(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	err := s.app.ShutdownWithTimeout(s.o.Grace)
	ln.Close() // stopped right after the start, fiber may not know the listener yet
	if err == nil {
		err = <-failed
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return errs.Wrap(err, errs.Unavailable, "serve.cut_off", s.o.Grace.Seconds())
	}
	return err
}
