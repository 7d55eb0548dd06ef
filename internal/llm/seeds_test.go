package llm_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// TestOtherSeedsLeaveHardlyAName holds what is left of personal data that
// nobody has looked at: names that are everyday words too, such as 苏丹.
func TestOtherSeedsLeaveHardlyAName(t *testing.T) {
	t.Parallel()
	segments, err := segmenter()
	if err != nil {
		t.Fatal(err)
	}
	const seeds, messages, mostOf = 4, 10_000, 25_000 // one of 25,000 may be left
	var wg sync.WaitGroup
	var mu sync.Mutex
	data, left := 0, 0
	for seed := range seeds {
		wg.Go(func() {
			p := personal{rand.New(rand.NewPCG(uint64(seed), 26))}
			for range messages {
				m, secrets := p.message()
				sent := m
				found := segments.Conceal(m)
				for i := len(found) - 1; i >= 0; i-- {
					sent = sent[:found[i].Start] + "〔〕" + sent[found[i].End:]
				}
				mu.Lock()
				data += len(secrets)
				for _, s := range secrets {
					if strings.Contains(sent, s) {
						left++
						t.Logf("seed %d: %q is left in %s", seed, s, m)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if left*mostOf > data {
		t.Errorf("%d of %d are left", left, data)
	}
}
