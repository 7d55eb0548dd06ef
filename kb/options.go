package kb

import (
	"time"

	"huying/intake"
	"huying/internal/org"
)

// Options is what Ask knows besides the words.
type Options struct {
	Area    org.AreaCode // where the citizen asks for; empty: unknown
	Now     time.Time    // decides which entries hold
	Type    intake.Type  // what kind of thing it seems to be; empty: unknown
	Urgency intake.Urgency
	Matches int // how many matches to give at most; 0: three
}
