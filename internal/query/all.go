package query

import (
	"context"

	"huying/internal/embed"
)

// Source is a text to build a Query of.
type Source struct{ Title, Body string }

// BuildAll builds the queries of many texts on all cores, each text alone, and
// gives them in the same order. progress (may be nil) hears how many are done,
// in rising order, never from two goroutines at once. The first error ends the
// work; no queries are given then.
func (b *Builder) BuildAll(ctx context.Context, sources []Source, progress func(done, total int)) ([]Query, error) {
	out := make([]Query, len(sources))
	err := embed.Each(ctx, len(sources), progress, func(ctx context.Context, i int) error {
		var err error
		out[i], err = b.Build(ctx, sources[i].Title, sources[i].Body)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
