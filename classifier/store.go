package classifier

import (
	"context"
	"time"

	"huying/intake"
	"huying/internal/org"
)

// Active says which catalogue version and model serve now. Both change
// together, in one transaction.
type Active struct {
	Version VersionID
	Model   ModelID
}

// StoredModel is a trained model as the store keeps it: a versioned row that
// every process loads when it becomes active.
type StoredModel struct {
	ID        ModelID
	Version   VersionID
	Embedder  string    // only queries of this embedding model can be put to it
	Decisions int       // confirmed examples that it has seen
	MadeAt    time.Time // when they were read; what was decided later it has not seen
	Replaces  ModelID   // serves until this one takes over; empty: whichever does. Not stored
	Figures   Figures   // of its twin, on decisions held out
	Trial     []Tried   // what its twin said of each of them
	Refused   Refusal   // why it was not put to use; empty: it was
	Data      []byte    // nil when it was refused
}

// Scene is what a suggestion needs to know of the moment.
type Scene struct {
	Active   Active
	Units    *org.Directory // areas and units as they are now
	Examples []Example      // confirmed ones near the text
}

// SuggestStore is what Suggest reads. Catalogue and Model are called once per
// new version and kept; Scene on every suggestion.
type SuggestStore interface {
	// Active gives what serves now; errs.Unavailable "catalogue.none" while no
	// catalogue was imported.
	Active(ctx context.Context) (Active, error)
	// Catalogue gives a version whole, with rules, neighbours and examples.
	Catalogue(ctx context.Context, version VersionID) (*Catalogue, error)
	// Model gives a trained model.
	Model(ctx context.Context, model ModelID) (StoredModel, error)
	// Scene gives what serves now, the directory, and up to k confirmed
	// examples nearest to the title's vector and up to k nearest to the text's,
	// without doubles, with their vectors, of the embedding model named; none
	// without vectors. Categories are those of the active version.
	// errs.Unavailable "catalogue.none" while no catalogue was imported.
	Scene(ctx context.Context, embedder string, title, text []float32, k int) (Scene, error)
}

// LeadCount is how often people gave a leaf to a kind of unit; to none where it
// came back for lack of duty and nobody has decided or proposed another.
type LeadCount struct {
	Category CategoryID
	Lead     org.UnitKind
	Count    int
}

// CatalogueStore is what importing and training write.
type CatalogueStore interface {
	// UnitKinds gives the kinds that duty rules may name.
	UnitKinds(ctx context.Context) ([]org.UnitKind, error)
	// VersionByDigest gives the version with this content, or errs.NotFound.
	VersionByDigest(ctx context.Context, digest [32]byte) (Version, error)
	// Publish stores a version, and makes it active with its model, in one
	// transaction. s says how the leaves before continue in it (nil for the
	// first version); examples move as o says. errs.Conflict
	// "catalogue.changed" when another version than o.Before serves by now.
	Publish(ctx context.Context, c *Catalogue, digest [32]byte, s Succession, o Changeover) error
	// InsertModel stores a model of the active version and, unless it was
	// refused, makes it active. errs.Conflict "model.outdated" when another
	// version is active by now, "model.overtaken" when another model is than
	// the one it replaces.
	InsertModel(ctx context.Context, m StoredModel) error
	// Leads counts the confirmed examples of the active version that have
	// vectors of the embedding model and are not set aside, by leaf and lead.
	Leads(ctx context.Context, embedder string) ([]LeadCount, error)
	// Confirmed streams those examples with their vectors, of each leaf the
	// newest perLeaf, oldest first, to each.
	Confirmed(ctx context.Context, embedder string, perLeaf int, each func(Example) error) error
	// Judged gives the latest suggestions under a version of the catalogue
	// that people confirmed or corrected, newest first, up to limit.
	Judged(ctx context.Context, version VersionID, limit int) ([]Judged, error)
}

// MatterStore is what the line reads and writes for one matter.
type MatterStore interface {
	// MatterToSuggest gives the matter and its message; done tells that a
	// suggestion is stored already.
	MatterToSuggest(ctx context.Context, matter intake.MatterID) (m intake.Matter, msg intake.Message, done bool, err error)
}
