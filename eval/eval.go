// Package eval measures on recorded cases how often the machine is right, with
// the same code that serves users, against a throw-away database: what is
// measured is what is served.
//
// A Protocol reads its files, puts the rows through the stages of a Site and
// reports named Figures. Run goes through the protocols whose files are there;
// a part that is missing is reported as skipped. The stages come from outside
// (Rig), so eval knows them but not the store.
package eval

import (
	"context"
	"slices"
	"strings"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/llm"
	"huying/internal/query"
	"huying/kb"
)

// Rig makes what is measured.
type Rig interface {
	// Site gives a fresh, empty city. Closing it throws its database away.
	Site(ctx context.Context) (Site, error)
	// Queries builds queries as the service does; a cache may stand before the
	// embedder, which does not change what it gives.
	Queries() *query.Builder
	// Embedder is the embedding model without a cache, for speed.
	Embedder() embed.Embedder
}

// Site is one throw-away city.
type Site interface {
	Shelf
	// Publish imports a catalogue and trains its model, as the import command does.
	Publish(ctx context.Context, c *classifier.Catalogue, digest [32]byte) error
	// Learn confirms examples of the active catalogue, in order, as decisions
	// do, and with retrain makes a new model of them as the job does.
	Learn(ctx context.Context, examples []Confirmed, retrain bool) error
	// Crowd confirms n examples at once and makes the vector indexes, as if
	// years had passed; no model is made.
	Crowd(ctx context.Context, n int, example func(i int) Confirmed) error
	// Suggest is classifier's.
	Suggest(ctx context.Context, q query.Query, o classifier.Options) (classifier.Suggestion, error)
	// AddEntries stores knowledge entries, as the import command does.
	AddEntries(ctx context.Context, entries []kb.Entry) error
	// Refit makes and uses a policy of the product's own labels and these, as
	// the job does.
	Refit(ctx context.Context, labels []kb.Label) error
	// Ask is kb's.
	Ask(ctx context.Context, q query.Query, o kb.Options) (kb.Result, error)
	// Promote takes in a stream, each ask from a caller of its own, and lets the
	// job that proposes entries run on it again and again. It gives the rows
	// behind each proposal that could be made a draft.
	Promote(ctx context.Context, stream []Heard) ([][]int, error)
	Close(ctx context.Context) error
}

// Confirmed is a text with the category a person gave it.
type Confirmed struct {
	Query    query.Query
	Category classifier.CategoryID
	Lead     string // unit kind; empty: the category's own name stands for it
	At       time.Time
}

// Protocol is one way of measuring.
type Protocol struct {
	Name  string   // the part before the first dot of its figures, or longer
	Files []string // that it needs, relative to the data directory
	Run   func(ctx context.Context, s *Session) error
}

// Protocols lists all there are, in the order in which they run.
func Protocols() []Protocol {
	return []Protocol{
		catalogueProtocol(),
		labelsProtocol(),
		coldLabelsProtocol(),
		unitsProtocol(),
		busProtocol(),
		urgencyProtocol(),
		extractProtocol(),
		govProtocol(),
		faqProtocol(),
		promotionProtocol(),
		draftsProtocol(),
		answersSpeedProtocol(),
		speedProtocol(),
		crowdSpeedProtocol(),
	}
}

// Assistant is a language model whose part is measured beside the rest.
type Assistant struct {
	Rank  *classifier.Ranker
	Glean *intake.Gleaner
	Fit   *kb.FitReader
	Write *llm.Writer
}

// Options says what to measure.
type Options struct {
	Assist   *Assistant // nil: no figure tells of a language model
	Dir      string     // data directory
	Only     []string   // figures or protocols by name or by prefix before a dot; empty: all
	Seed     int64      // of shuffles and resampling
	Progress Progress   // may be nil
	Now      func() time.Time
}

// Progress is told how far a run is. Total 0 means unknown.
type Progress interface {
	Step(protocol string, done, total int)
}

// Session is one run of one protocol.
type Session struct {
	Rig    Rig
	Dir    string
	Seed   int64
	Report *Report
	Now    func() time.Time
	Assist *Assistant // nil: there is none
	step   func(done, total int)
}

// Step tells the progress of the protocol.
func (s *Session) Step(done, total int) { s.step(done, total) }

// published gives a fresh city whose catalogue is c.
func (s *Session) published(ctx context.Context, c *classifier.Catalogue, digest [32]byte) (Site, error) {
	site, err := s.Rig.Site(ctx)
	if err != nil {
		return nil, err
	}
	if err := site.Publish(ctx, c, digest); err != nil {
		site.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return site, nil
}

// Run measures everything that Options asks for. Errors: errs.Invalid
// (unusable input, with file and line), or what a stage returns.
func Run(ctx context.Context, rig Rig, o Options) (*Report, error) {
	report := newReport(o.Seed)
	report.Meta.Model = rig.Embedder().Model().Name
	chosen, err := choose(Protocols(), o.Only)
	if err != nil {
		return nil, err
	}
	for _, p := range chosen {
		if missing := missingFiles(o.Dir, p.Files); len(missing) > 0 {
			report.Skip(p.Name, "缺少文件 "+strings.Join(missing, "、"))
			continue
		}
		s := &Session{Rig: rig, Dir: o.Dir, Seed: o.Seed, Report: report, Now: o.Now, Assist: o.Assist, step: func(int, int) {}}
		if o.Progress != nil {
			s.step = func(done, total int) { o.Progress.Step(p.Name, done, total) }
		}
		if err := p.Run(ctx, s); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// choose keeps the protocols that the names of only mean: those whose name
// begins with it (“answers”), and the one whose figure it is
// (“labels.acc@100”) unless it is a protocol's whole name (“labels.cold”).
func choose(all []Protocol, only []string) ([]Protocol, error) {
	if len(only) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, name := range only {
		owner, known, whole := "", false, false
		for _, p := range all {
			switch {
			case within(p.Name, name):
				wanted[p.Name], known = true, true
				whole = whole || p.Name == name
			case within(name, p.Name) && len(p.Name) > len(owner):
				owner = p.Name
			}
		}
		if owner == "" && !known {
			return nil, errs.New(errs.Invalid, "eval.unknown", name)
		}
		if owner != "" && !whole {
			wanted[owner] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p Protocol) bool { return !wanted[p.Name] }), nil
}

// within reports whether a dotted name is the prefix or lies below it.
func within(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && prefix != "" && (rest == "" || rest[0] == '.' || rest[0] == '@')
}
