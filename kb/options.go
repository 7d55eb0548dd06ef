package kb

import (
	"time"

	"huying/internal/org"
)

// Options is what Find knows besides the words.
type Options struct {
	Area    org.AreaCode // where the citizen asks for; empty: unknown
	Now     time.Time    // decides which entries hold
	Matches int          // how many matches to give at most; 0: three
}
