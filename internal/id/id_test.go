package id

import (
	"slices"
	"testing"
)

type thing string

// TestIdentifiersRiseWithTime: a list by id is a list by age, also within one
// millisecond.
func TestIdentifiersRiseWithTime(t *testing.T) {
	made := make([]thing, 10_000)
	for i := range made {
		made[i] = New[thing]()
	}
	if !slices.IsSorted(made) {
		t.Error("identifiers do not rise")
	}
	if len(slices.Compact(made)) != 10_000 {
		t.Error("an identifier was made twice")
	}
	if !Valid(made[0]) || made[0][14] != '7' {
		t.Errorf("%s is no version 7", made[0])
	}
}

func TestValidRefusesWhatIsNoIdentifier(t *testing.T) {
	good := New[string]()
	for _, s := range []string{
		"", "1", good + " ", good[:35], "{" + good[1:35] + "}", "urn:uuid:" + good,
		"' OR '1'='1'                        ", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", good[:8] + good[9:] + "0",
	} {
		if Valid(s) {
			t.Errorf("%q is valid", s)
		}
	}
}
