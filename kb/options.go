package kb

import (
	"context"
	"time"

	"huying/internal/org"
	"huying/internal/query"
)

// Options is what Find knows besides the words.
type Options struct {
	Area org.AreaCode // where the citizen asks for; empty: unknown
	Now  time.Time    // decides which entries hold
	// Build prepares a part of an ask that holds several questions, and an ask
	// in official words; nil: none is cut, none reworded.
	Build   func(ctx context.Context, title, body string) (query.Query, error)
	part    bool
	Matches int // how many matches to give at most; 0: three
}
