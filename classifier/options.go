package classifier

import (
	"time"

	"huying/internal/org"
)

// Options is what Suggest knows besides the words.
type Options struct {
	Area org.AreaCode // where it happened; empty: unknown
	Now  time.Time
}
