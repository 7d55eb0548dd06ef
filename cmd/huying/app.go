package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/assets"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/localpg"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/internal/query"
	"huying/internal/seal"
	"huying/internal/text"
	"huying/internal/work"
	"huying/kb"
)

// app is one run of the program: what every command starts from.
type app struct {
	console
	settings Settings
	parser   *kong.Kong
	serves   bool // runs until it is stopped: then being stopped is no failure
	now      func() time.Time
	log      *slog.Logger
}

// ownership says who may run the private PostgreSQL.
type ownership bool

const (
	asOwner ownership = true  // serve and work: refuse when another one runs
	asGuest ownership = false // every other command: join it, or run it for the moment
)

// store is an open, migrated database and what it lies on.
type store struct {
	*postgres.DB
	url   string
	local *localpg.Server // nil with DATABASE_URL
	dirs  assets.Dirs
}

// openStore starts or joins the database, migrates it and connects.
func (a *app) openStore(ctx context.Context, who ownership) (*store, error) {
	dirs, err := assets.Home(a.home)
	if err != nil {
		return nil, err
	}
	s := &store{url: a.settings.DatabaseURL, dirs: dirs}
	if s.url == "" {
		if s.local, err = a.openLocal(ctx, dirs, who); err != nil {
			return nil, err
		}
		s.url = s.local.URL()
	}
	err = postgres.Migrate(ctx, s.url)
	if err == nil {
		s.DB, err = postgres.Open(ctx, s.url, postgres.Options{})
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// home reads the environment with the --home flag in front.
func (a *app) home(name string) string {
	if name == "HUYING_HOME" && a.settings.Home != "" {
		return a.settings.Home
	}
	return a.Getenv(name)
}

func (a *app) openLocal(ctx context.Context, dirs assets.Dirs, who ownership) (*localpg.Server, error) {
	paths, err := assets.Locate(dirs, assets.Postgres)
	if err != nil {
		return nil, err
	}
	o := localpg.Options{
		Install: paths.Postgres18,
		Version: 18,
		DataDir: filepath.Join(dirs.Data, "postgres-"+a.settings.PG),
		Holder:  "huying serve",
		Log:     a.log,
	}
	if a.settings.PG == "16" {
		o.Install, o.Version = paths.Postgres16, 16
	}
	if who == asOwner {
		return localpg.Open(ctx, o)
	}
	o.Holder = "huying"
	return localpg.Attach(ctx, o)
}

// Close lets go of the database; the private one stops if it was ours.
func (s *store) Close() {
	if s.DB != nil {
		s.DB.Close()
	}
	if s.local != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		s.local.Close(ctx)
	}
}

// site is everything that works on messages, wired in flow order.
type site struct {
	*store
	ring        *seal.Ring
	local       *embed.Local // nil with an endpoint
	embedder    embed.Embedder
	segmenter   *text.Segmenter
	queries     *query.Builder
	intake      *intake.Intake
	base        *kb.Base
	policies    *kb.Policies
	library     *kb.Library
	editing     *kb.Editing
	upkeep      *kb.Upkeep
	notices     *kb.Notices
	imports     *kb.Imports
	suggest     *classifier.Suggester
	trainer     *classifier.Trainer
	drafts      *classifier.Drafts
	replays     *classifier.Replays
	leftovers   *classifier.Leftovers
	models      *classifier.Models
	desk        *classifier.Desk
	blind       *classifier.BlindDesk
	watch       *classifier.Watch
	returns     *classifier.Returns
	cases       *casework.Cases
	merges      *casework.Merges
	refusals    *casework.Refusals
	contacts    *casework.Contacts
	leaderCalls *casework.LeaderCalls
	arrivals    *casework.Arrivals
	followUps   *casework.FollowUps
	delegates   *casework.Delegates
	clock       *casework.Clock

	answering    *casework.Drafts
	attachments  *casework.Attachments
	heads        *casework.Heads
	groups       *casework.Groups
	hands        *casework.Hands
	disputes     *casework.Disputes
	shares       *casework.Shares
	appointments *casework.Appointments
	precedents   *classifier.Precedents
	locator      *casework.Locator
	whistles     *casework.Whistles
	memos        *casework.Memos
	dividing     *casework.Dividing
	patrols      *casework.Patrols
	sending      casework.OutboxOptions
	means        *casework.Means
	archives     *casework.Archives
	smsReplies   *casework.SMSReplies

	reviews  *classifier.Reviews
	gaps     *classifier.Gaps
	accounts *org.Accounts
	line     *work.Line
	talk     *work.Talk
	workdays *casework.Workdays
	calendar *casework.LiveCalendar
	rules    *casework.LiveRules
	rulebook *casework.Rulebook
	outbox   *casework.Outbox
	notified *casework.Notifications
	rewards  *casework.Rewards
	cashier  *casework.Cashier
	labels   *casework.Labels
}

// openSite opens the store and wires the stages on it.
func (a *app) openSite(ctx context.Context, who ownership) (*site, error) {
	db, err := a.openStore(ctx, who)
	if err != nil {
		return nil, err
	}
	s := &site{store: db}
	if err := a.wire(s); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// wire makes the stages of a site in flow order; segmenter and embedder are
// opened unless they are given.
func (a *app) wire(s *site) error {
	var err error
	if s.ring, err = a.openRing(s.dirs); err != nil {
		return err
	}
	if s.segmenter == nil {
		if s.segmenter, err = text.NewSegmenter(); err != nil {
			return err
		}
	}
	if s.embedder == nil {
		if s.embedder, s.local, err = a.openEmbedder(s.dirs); err != nil {
			return err
		}
	}
	s.queries = query.NewBuilder(s.segmenter, s.embedder)
	s.intake = intake.New(s.DB, s.ring, a.now)
	if s.base, err = kb.New(s.DB); err != nil {
		return err
	}
	s.policies = kb.NewPolicies(s.DB, s.base, a.now)
	s.library = kb.NewLibrary(s.DB, s.base, s.queries, a.now)
	s.editing = kb.NewEditing(s.DB, s.library.Prepare, a.now)
	s.upkeep = kb.NewUpkeep(s.DB, s.DB, a.now)
	s.notices = kb.NewNotices(s.DB, a.now)
	s.imports = kb.NewImports(s.DB, s.DB, s.library, func(ctx context.Context) (kb.FindArea, error) { return areaFinder(ctx, s) }, a.now)
	s.suggest = classifier.NewSuggester(s.DB)
	kept, err := keepVectors(s.embedder, s.dirs)
	if err != nil {
		return err
	}
	s.trainer = classifier.NewTrainer(s.DB, s.queries.With(kept), a.now)
	s.drafts = classifier.NewDrafts(s.DB, s.trainer, a.now)
	s.replays = classifier.NewReplays(s.DB, s.drafts)
	s.leftovers = classifier.NewLeftovers(s.DB, s.suggest, a.now)
	s.models = classifier.NewModels(s.DB, a.now)
	share, err := a.settings.blindShare()
	if err != nil {
		return err
	}
	s.blind = classifier.NewBlindDesk(s.DB, share, a.now)
	filing, planner := a.fileCases(s)
	s.desk = classifier.NewDesk(filing, a.now).WithFloor(a.settings.Floor).Beside(s.blind)
	a.wireCases(s, filing, planner)
	s.reviews = classifier.NewReviews(s.DB, s.desk)
	s.gaps = classifier.NewGaps(s.DB, s.segmenter, a.settings.Floor, a.now)
	s.watch = classifier.NewWatch(s.DB, a.now)
	s.accounts = org.NewAccounts(s.DB, a.now)
	s.line = work.NewLine(work.Parts{
		Intake: s.intake, Queries: s.queries, Answers: s.base, Suggest: s.suggest,
		Splits: classifier.NewSplits(s.DB, s.desk), Store: s.DB, Now: a.now, Log: a.log,
	})
	s.dividing = casework.NewDividing(filing, s.cases, s.line)
	s.patrols = casework.NewPatrols(s.DB, s.line, s.DB, s.cases, s.DB)
	s.talk = work.NewTalk(s.line, s.DB)
	if s.sending, err = a.settings.outboxOptions(a.now); err != nil {
		return err
	}
	s.sending.Planner = planner
	s.means = casework.NewMeans(s.DB, s.ring)
	s.sending.Means = s.means
	s.outbox = casework.NewOutbox(s.DB, s.intake, s.sending)
	s.notified = casework.NewNotifications(s.DB, s.sending, a.now)
	s.rewards = casework.NewRewards(s.DB, s.DB, s.ring, a.now)
	paying, err := a.settings.cashierOptions(a.now)
	if err != nil {
		return err
	}
	s.cashier = casework.NewCashier(s.DB, s.DB, s.intake, paying, a.now)
	s.labels = casework.NewLabels(s.DB, a.settings.LabelDays, a.now).Under(s.rules)
	return nil
}

// Close lets go of model and database.
func (s *site) Close() {
	if s.local != nil {
		s.local.Close()
	}
	s.store.Close()
}

// keepVectors puts a cache on disk before an embedder, for texts that are no
// citizen's: a catalogue of which a few leaves have changed is prepared at
// once, and so is the demo city a second time.
func keepVectors(e embed.Embedder, dirs assets.Dirs) (embed.Embedder, error) {
	dir := filepath.Join(dirs.Cache, "vectors")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "assets.disk", dir)
	}
	return embed.OpenDiskCache(e, dir)
}

// openRing takes the keys from the setting, or from their file, which is made
// with one key at the first start.
func (a *app) openRing(dirs assets.Dirs) (*seal.Ring, error) {
	if a.settings.Key != "" {
		return seal.ParseRing(a.settings.Key)
	}
	return seal.OpenRing(a.keyFile(dirs))
}

func (a *app) keyFile(dirs assets.Dirs) string {
	if a.settings.KeyFile != "" {
		return a.settings.KeyFile
	}
	return filepath.Join(dirs.Data, "originals.key")
}

// cachedVectors is how many texts' vectors a process remembers: 20,000 of 512
// floats are 40 MB.
const cachedVectors = 20_000

// openEmbedder gives the endpoint or the local model, each behind a cache.
func (a *app) openEmbedder(dirs assets.Dirs) (embed.Embedder, *embed.Local, error) {
	e, local, err := a.bareEmbedder(dirs)
	if err != nil {
		return nil, nil, err
	}
	cached, err := embed.NewCached(e, cachedVectors)
	if err != nil {
		return nil, nil, err
	}
	return cached, local, nil
}

func (a *app) bareEmbedder(dirs assets.Dirs) (embed.Embedder, *embed.Local, error) {
	if a.settings.EmbedURL != "" {
		e, err := embed.NewEndpoint(embed.EndpointOptions{
			URL: a.settings.EmbedURL, Model: a.settings.EmbedModel, Key: a.settings.EmbedKey,
			Dim: a.settings.EmbedDim, Preparation: query.Preparation,
		})
		return e, nil, err
	}
	paths, err := assets.Locate(dirs, assets.Runtime, assets.Model)
	if err != nil {
		return nil, nil, err
	}
	local, err := embed.NewLocal(embed.LocalOptions{
		Library: paths.OnnxLib, Model: paths.Model, Tokenizer: paths.Tokenizer, Preparation: query.Preparation,
	})
	return local, local, err
}
