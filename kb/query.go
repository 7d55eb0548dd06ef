package kb

import (
	"context"
	"time"

	"huying/internal/errs"
	"huying/internal/query"
)

// embedWithin is how long somebody who waits for an answer may wait for the
// embedder; a text takes milliseconds here and a few hundred at an endpoint.
const embedWithin = 3 * time.Second

// QueryOf prepares an ask of somebody who waits. When the embedder does not
// answer soon, it is a Query by words alone, which is never answered without a
// person, and down says why. err is ctx's, or what is wrong with the text.
func QueryOf(ctx context.Context, queries *query.Builder, ask string) (q query.Query, down, err error) {
	within, cancel := context.WithTimeout(ctx, embedWithin)
	defer cancel()
	q, err = queries.Build(within, "", ask)
	switch {
	case err == nil:
		return q, nil, nil
	case ctx.Err() != nil:
		return query.Query{}, nil, err
	case errs.KindOf(err) == errs.Unavailable, within.Err() != nil:
		return queries.Words("", ask), err, nil
	}
	return query.Query{}, nil, err
}
