package classifier

import (
	"context"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// ModelLine is one line of the list of models.
type ModelLine struct {
	StoredModel        // without Trial and Data
	Catalogue   string // name of its version
	Active      bool
	Kept        bool      // its data is there
	PinnedAt    time.Time // when a person put the active one back; zero: training goes on by itself
	PinnedBy    string    // that person's name; empty: the command line
}

// State is what a model is to the service.
type State string

// The states.
const (
	InUse    State = "in_use"   // 使用中
	WasInUse State = "was"      // 曾用
	NotUsed  State = "not_used" // 未启用: worse than the one that served
)

// State tells what the model is to the service.
func (l ModelLine) State() State {
	switch {
	case l.Active:
		return InUse
	case l.Refused != "":
		return NotUsed
	}
	return WasInUse
}

// CanServe reports whether the model could take over from the active one: it
// served before, its data is there, and it is of the same catalogue version
// and embedding model.
func (l ModelLine) CanServe(active ModelLine) bool {
	return l.State() == WasInUse && l.Kept && l.Version == active.Version && l.Embedder == active.Embedder
}

// ModelStore is what Models reads and writes.
type ModelStore interface {
	// Catalogue and Model are as in SuggestStore.
	Catalogue(ctx context.Context, version VersionID) (*Catalogue, error)
	Model(ctx context.Context, model ModelID) (StoredModel, error)
	// Models gives the latest models up to limit, and all whose data is there,
	// newest first.
	Models(ctx context.Context, limit int) ([]ModelLine, error)
	// UseModel makes a model that served before active, as line.Actor's choice
	// from line.At on, and writes line; nothing when it is active already.
	// errs.NotFound "model.not_found" when its data is not there,
	// errs.Conflict "model.other" when it is of another version or embedding
	// model than the active one.
	UseModel(ctx context.Context, model ModelID, line org.Audit) error
	// ResumeTraining lets training go on by itself and writes line; nothing
	// when it does already.
	ResumeTraining(ctx context.Context, line org.Audit) error
}

// Models is where administrators look at what was trained, and go back.
type Models struct {
	store ModelStore
	now   func() time.Time
}

// NewModels makes Models.
func NewModels(store ModelStore, now func() time.Time) *Models {
	return &Models{store: store, now: now}
}

// ModelsListed is how many of the latest models List gives, besides those that
// one can go back to.
const ModelsListed = 50

// List gives the latest models and those that one can go back to, newest
// first; none before a catalogue was imported.
func (m *Models) List(ctx context.Context, actor org.Actor) ([]ModelLine, error) {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return nil, err
	}
	return m.store.Models(ctx, ModelsListed)
}

// Use puts a model back that served before. Every process follows with its
// next suggestion. Until Resume, no model is trained by itself: it would soon
// replace the one that a person chose; except when that one cannot serve any
// more (Trainer.Follow). errs.Unavailable "model.damaged" when the model cannot
// be read; then the active one goes on.
func (m *Models) Use(ctx context.Context, actor org.Actor, model ModelID) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	if !id.Valid(model) {
		return errs.New(errs.NotFound, "model.not_found")
	}
	stored, err := m.store.Model(ctx, model)
	if err != nil {
		return err
	}
	c, err := m.store.Catalogue(ctx, stored.Version)
	if err != nil {
		return err
	}
	if _, err := DecodeModel(stored, c); err != nil {
		return err
	}
	return m.store.UseModel(ctx, model, org.Audit{
		At: m.now(), Actor: actor.Account, Action: "use_model", Object: "model:" + string(model),
		Detail: "换回这个模型，自动训练暂停",
	})
}

// Resume lets training go on by itself.
func (m *Models) Resume(ctx context.Context, actor org.Actor) error {
	if err := org.Can(actor, org.ActEditCatalogue); err != nil {
		return err
	}
	return m.store.ResumeTraining(ctx, org.Audit{
		At: m.now(), Actor: actor.Account, Action: "resume_training", Object: "model", Detail: "恢复自动训练",
	})
}
