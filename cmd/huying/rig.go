package main

import (
	"context"

	"huying/classifier"
	"huying/eval"
	"huying/intake"
	"huying/internal/embed"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
	"huying/internal/query"
	"huying/internal/text"
	"huying/internal/work"
	"huying/kb"
)

// rig wires the stages to throw-away databases for eval.
type rig struct {
	app      *app
	server   *store
	made     *postgres.Throwaway
	bare     embed.Embedder
	close    func() error
	queries  *query.Builder
	segments *text.Segmenter
	asked    *postgres.DB // what a language model was asked; nil without one
}

// openRig joins or starts the private PostgreSQL and loads the model. Vectors
// are kept on disk between runs, by model and text.
func (a *app) openRig(ctx context.Context) (*rig, error) {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return nil, err
	}
	r := &rig{app: a, server: db}
	if err := r.open(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *rig) open(ctx context.Context) error {
	var err error
	if r.made, err = postgres.NewThrowaway(ctx, r.server.url); err != nil {
		return err
	}
	bare, local, err := r.app.bareEmbedder(r.server.dirs)
	if err != nil {
		return err
	}
	if r.bare = bare; local != nil {
		r.close = local.Close
	}
	kept, err := keepVectors(bare, r.server.dirs)
	if err != nil {
		return err
	}
	if r.segments, err = text.NewSegmenter(); err != nil {
		return err
	}
	r.queries = query.NewBuilder(r.segments, kept)
	return nil
}

// Close drops what was made and lets go of the rest.
func (r *rig) Close() {
	ctx := context.Background()
	if r.close != nil {
		r.close()
	}
	if r.asked != nil {
		r.asked.Close()
	}
	if r.made != nil {
		r.made.Close(ctx)
	}
	r.server.Close()
}

// Queries builds queries as the service does.
func (r *rig) Queries() *query.Builder { return r.queries }

// Embedder is the model without a cache.
func (r *rig) Embedder() embed.Embedder { return r.bare }

// measured is one throw-away city.
type measured struct {
	*rig
	name    string
	db      *postgres.DB
	suggest *classifier.Suggester
	trainer *classifier.Trainer
	base    *kb.Base
	library *kb.Library
	desk    *classifier.Desk
	judge   org.AccountID // whose decisions the examples are
}

// Site gives a fresh, empty city.
func (r *rig) Site(ctx context.Context) (eval.Site, error) {
	name, url, err := r.made.New(ctx)
	if err != nil {
		return nil, err
	}
	m := &measured{rig: r, name: name}
	if m.db, err = postgres.Open(ctx, url, postgres.Options{AppName: "huying eval"}); err == nil {
		err = m.wire(ctx)
	}
	if err != nil {
		m.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return m, nil
}

func (m *measured) wire(ctx context.Context) error {
	now := m.app.now
	m.suggest = classifier.NewSuggester(m.db)
	m.trainer = classifier.NewTrainer(m.db, m.queries, now)
	m.desk = classifier.NewDesk(m.db, now)
	var err error
	if m.base, err = kb.New(m.db); err != nil {
		return err
	}
	m.library = kb.NewLibrary(m.db, m.base, m.queries, now)
	m.judge = id.New[org.AccountID]()
	return m.db.InsertAccount(ctx,
		org.Account{ID: m.judge, Login: "judge", Name: "标注", Roles: org.Roles{org.RoleAdmin}, CreatedAt: now()},
		org.Audit{At: now(), Action: "create_account", Object: "account:judge"})
}

// Close throws the city away.
func (m *measured) Close(ctx context.Context) error {
	if m.db != nil {
		m.db.Close()
	}
	return m.made.Drop(ctx, m.name)
}

// Publish imports a catalogue, its unit kinds first, and trains its model.
func (m *measured) Publish(ctx context.Context, c *classifier.Catalogue, digest [32]byte) error {
	l := postgres.Listing{
		Areas: []org.Area{{Code: "1", Name: "全市", Level: org.LevelCity}},
		Kinds: append(classifier.StarterKinds(), otherKind),
		Units: []org.Unit{{ID: id.New[org.UnitID](), Name: otherKind, Kind: otherKind, Area: "1"}},
	}
	for _, k := range classifier.StarterKinds() {
		l.Units = append(l.Units, org.Unit{ID: id.New[org.UnitID](), Name: string(k), Kind: k, Area: "1"})
	}
	if err := m.db.SaveListing(ctx, l, org.Audit{At: m.app.now(), Action: "import_listing", Object: "directory"}); err != nil {
		return err
	}
	_, err := m.trainer.Publish(ctx, operator(), classifier.Draft{Catalogue: c, Digest: digest}, nil)
	return err
}

// otherKind leads where a recorded row names no unit of the listed kinds.
const otherKind = "其他单位"

// Learn confirms examples as decisions of people do.
func (m *measured) Learn(ctx context.Context, examples []eval.Confirmed, retrain bool) error {
	active, err := m.db.Active(ctx)
	if err != nil {
		return err
	}
	units, err := m.db.Directory(ctx)
	if err != nil {
		return err
	}
	for _, e := range examples {
		if err := m.confirm(ctx, active, units, e); err != nil {
			return err
		}
	}
	if !retrain {
		return nil
	}
	return m.trainer.Retrain(ctx)
}

// Crowd copies confirmed examples into the database.
func (m *measured) Crowd(ctx context.Context, n int, example func(i int) eval.Confirmed) error {
	return crowd(ctx, m.db, m.judge, m.bare.Model(), n, example)
}

// crowd is Crowd for any database, in an account's name.
func crowd(ctx context.Context, db *postgres.DB, by org.AccountID, model embed.Model, n int, example func(i int) eval.Confirmed) error {
	err := db.CopyExamples(ctx, by, model.Name, n, func(i int) classifier.Example {
		e := example(i)
		return classifier.Example{
			Category: e.Category, Lead: org.UnitKind(e.Lead), Title: e.Query.Title, Text: e.Query.Body,
			TitleVector: e.Query.TitleVector, Vector: e.Query.Vector, At: e.At, Urgency: intake.UrgencyC,
		}
	})
	if err != nil {
		return err
	}
	return db.EnsureVectorIndexes(ctx, model.Name, model.Dim)
}

// confirm stores a message with its vectors and decides it.
func (m *measured) confirm(ctx context.Context, active classifier.Active, units *org.Directory, e eval.Confirmed) error {
	matter, err := m.receive(ctx, e)
	if err != nil {
		return err
	}
	_, err = m.db.InsertOutcome(ctx, work.Outcome{
		Matter: matter,
		Query:  e.Query,
		Suggestion: classifier.Suggestion{
			ID: id.New[classifier.SuggestionID](), Matter: matter, At: e.At, Version: active.Version, Model: active.Model,
			Embedder: e.Query.Model, Urgency: intake.UrgencyC, Doubt: classifier.Unsure,
		},
		Answer: kb.InstantAnswer{ID: id.New[kb.AnswerID](), Matter: matter, At: e.At, Silence: kb.SilentNothing, Policy: "eval"},
	})
	if err != nil {
		return err
	}
	lead, ok := units.Resolve(org.UnitKind(e.Lead), "1")
	if !ok {
		lead, _ = units.Resolve(otherKind, "1")
	}
	_, err = m.desk.Decide(ctx, org.Actor{Account: m.judge, Roles: org.Roles{org.RoleAdmin}}, classifier.Decision{
		Matter: matter, Kind: classifier.Correct, Category: e.Category, Lead: lead.ID,
		Urgency: intake.UrgencyC, // neither it nor the type is known: without a type it is not learned from
	}, "")
	return err
}

func (m *measured) receive(ctx context.Context, e eval.Confirmed) (intake.MatterID, error) {
	contact := intake.Contact{
		ID: id.New[intake.ContactID](), Channel: intake.Mail, At: e.At, ReceivedAt: e.At, Outcome: intake.Received,
	}
	msg := intake.Message{
		ID: id.New[intake.MessageID](), Contact: contact.ID, Channel: contact.Channel, At: e.At, ReceivedAt: e.At,
		Title: e.Query.Title, Text: e.Query.Body,
	}
	matter := intake.Matter{
		ID: id.New[intake.MatterID](), Message: msg.ID, Ordinal: 1, Title: msg.Title, Text: msg.Text, State: intake.MatterOpen,
	}
	msg.Matters = []intake.Matter{matter}
	_, _, err := m.db.InsertParcel(ctx, intake.Parcel{Contact: contact, Message: &msg, KeyID: "eval", Sealed: []byte{}})
	return matter.ID, err
}

// Suggest is classifier's.
func (m *measured) Suggest(ctx context.Context, q query.Query, o classifier.Options) (classifier.Suggestion, error) {
	return m.suggest.Suggest(ctx, q, o)
}

// AddEntries stores knowledge entries as the import does.
func (m *measured) AddEntries(ctx context.Context, entries []kb.Entry) error {
	_, err := m.library.Save(ctx, operator(), entries, nil)
	return err
}

// CrowdEntries fills the knowledge base with numbered copies.
func (m *measured) CrowdEntries(ctx context.Context, n, wordings int, near func(v []float32, i int) []float32) error {
	model := m.bare.Model()
	if err := m.db.CopyEntries(ctx, model.Name, n, wordings, near); err != nil {
		return err
	}
	return m.db.EnsureVectorIndexes(ctx, model.Name, model.Dim)
}

// Refit makes a policy and uses it.
func (m *measured) Refit(_ context.Context, labels []kb.Label) error {
	p, err := kb.FitPolicy(labels, nil)
	if err != nil {
		return err
	}
	m.base.Use(p)
	return nil
}

// Ask is kb's.
func (m *measured) Ask(ctx context.Context, q query.Query, o kb.Options) (kb.Result, error) {
	o.Build = m.queries.Build
	return m.base.Ask(ctx, q, o)
}
