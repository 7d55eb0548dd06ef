package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	kills   = 20  // half of them in an import, half under requests
	perFile = 120 // messages of an imported file
)

// TestKilledAtAnyMoment kills the program twenty times at random moments: in
// an import, and while messages come in and are decided. The next start
// recovers by itself, no database process is left over, everything that was
// acknowledged is there, and nothing is there twice.
func TestKilledAtAnyMoment(t *testing.T) {
	const seed = 20261123
	random := rand.New(rand.NewPCG(seed, seed))
	home := cityHome(t)
	b := &burst{t: t, acked: map[string]sent{}}
	var files []string
	whole := importTime(t, home)
	c := &city{home: home, args: []string{"serve"}}
	for round := range kills {
		if round%2 == 0 {
			path := writeTemp(t, "来件.csv", generatedRows(round, perFile))
			files = append(files, path)
			killImport(t, home, path, whole/4+time.Duration(random.Int64N(int64(whole))))
		} else {
			if err := c.start(); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if b.token == "" {
				b.token = c.caller(t, "agent1").token
			}
			b.round(c, round, time.Duration(random.Int64N(int64(1500*time.Millisecond))))
		}
		nothingLeft(t, home)
	}
	last := serve(t, home)
	api := &caller{city: last, token: b.token, http: &http.Client{Timeout: time.Minute}}
	known := 0
	for _, path := range files {
		var rows, stored, had, bad int
		out := last.mustCommand(t, "import", "messages", path)
		at := strings.Index(out, "共 ")
		if _, err := fmt.Sscanf(out[max(at, 0):], "共 %d 行，新存 %d 条，已有 %d 条，有误 %d 行。", &rows, &stored, &had, &bad); err != nil || stored+had != perFile {
			t.Errorf("%v: %s", err, out)
		}
		known += had
	}
	t.Logf("%d rows of %d had been stored before their import was killed", known, perFile*len(files))
	b.check(api)
	onceEach(t, api, len(files)*perFile+b.stored())
}

// generatedRows makes a table of messages whose titles name round and row.
func generatedRows(round, n int) []byte {
	var b strings.Builder
	b.WriteString("渠道编号,标题,内容\n")
	for i := range n {
		fmt.Fprintf(&b, "k%d-%d,断电试验 导入 %d-%d,%d号楼路灯不亮，已经%d天没人修\n", round, i, round, i, i+1, round+2)
	}
	return []byte(b.String())
}

// importTime measures how long an import takes that nobody disturbs.
func importTime(t *testing.T, home string) time.Duration {
	t.Helper()
	path := writeTemp(t, "先.csv", []byte("渠道编号,内容\nk-0,路灯不亮\n"))
	began := time.Now()
	if out, code := runCommand(t, home, "import", "messages", path); code != exitOK {
		t.Fatalf("import: %s", out)
	}
	return time.Since(began)
}

// killImport starts an import and kills it after a while, unless it is
// finished by then.
func killImport(t *testing.T, home, path string, after time.Duration) {
	t.Helper()
	cmd := newCommand(t, home, "import", "messages", path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("import: %v", err)
		}
	case <-time.After(after):
		cmd.Process.Kill()
		<-ended
	}
}

// sent is a message that was acknowledged, and the decision on it if that was
// acknowledged too.
type sent struct {
	delivery delivery
	message  string
	matter   string
	decision string
	asked    decision // what was asked for; empty: nothing
}

// burst sends messages and decides them until the program dies.
type burst struct {
	t     *testing.T
	token string
	mu    sync.Mutex
	acked map[string]sent // by the channel's number
	tried []delivery      // all, acknowledged or not
}

// round lets four clients work and kills the program under them.
func (b *burst) round(c *city, round int, after time.Duration) {
	b.t.Helper()
	api := &caller{city: c, token: b.token, http: &http.Client{Timeout: time.Minute}}
	var group sync.WaitGroup
	begun := make(chan struct{}) // the first request is answered late: the model is read for it
	first := sync.OnceFunc(func() { close(begun) })
	for worker := range 4 {
		group.Go(func() {
			defer first()
			for i := 0; b.one(api, fmt.Sprintf("%d-%d-%d", round, worker, i)); i++ {
				first()
			}
		})
	}
	<-begun
	<-time.After(after)
	if err := c.stop(syscall.SIGKILL); err != nil {
		b.t.Errorf("killed: %v", err)
	}
	group.Wait()
}

// one sends a message and decides it; false when the program is gone.
func (b *burst) one(api *caller, number string) bool {
	d := delivery{Channel: "web", ExternalID: "k" + number, Title: "断电试验 接口 " + number, Text: "小区门口的路灯" + number + "不亮，请派人来修"}
	b.mu.Lock()
	b.tried = append(b.tried, d)
	b.mu.Unlock()
	r, err := ask[receipt](context.Background(), api, http.StatusCreated, http.MethodPost, "/api/v1/messages", d)
	if err != nil {
		return false
	}
	s := sent{delivery: d, message: r.Message.ID, matter: r.Message.Matters[0].ID}
	if m := r.Message.Matters[0]; m.Suggestion != nil && m.Suggestion.Candidates[0].Lead.Unit != "" {
		s.asked = m.Suggestion.confirmation()
		s.asked.Key = number
	}
	b.keep(s)
	if s.asked.Kind == "" {
		return true
	}
	made, err := ask[decision](context.Background(), api, http.StatusCreated, http.MethodPost, "/api/v1/matters/"+s.matter+"/decisions", s.asked)
	if err != nil {
		return false
	}
	s.decision = made.ID
	b.keep(s)
	return true
}

func (b *burst) keep(s sent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acked[s.delivery.ExternalID] = s
}

func (b *burst) stored() int { return len(b.tried) }

// check finds everything that was acknowledged, and repeats what was not, as a
// careful client does: that makes no second one.
func (b *burst) check(api *caller) {
	b.t.Helper()
	decided := 0
	for _, s := range b.acked {
		f := api.file(b.t, s.matter)
		if f.Message.ID != s.message || f.Message.Title != s.delivery.Title {
			b.t.Errorf("message %s became %+v", s.delivery.ExternalID, f.Message)
		}
		if s.decision != "" {
			decided++
			if len(f.Decisions) != 1 || f.Decisions[0].ID != s.decision {
				b.t.Errorf("message %s: decision %s was acknowledged, there are %+v", s.delivery.ExternalID, s.decision, f.Decisions)
			}
		} else if s.asked.Kind != "" {
			api.decide(b.t, s.matter, s.asked)
			if f = api.file(b.t, s.matter); len(f.Decisions) != 1 {
				b.t.Errorf("message %s: repeated, there are %+v", s.delivery.ExternalID, f.Decisions)
			}
		}
	}
	for _, d := range b.tried {
		if _, ok := b.acked[d.ExternalID]; !ok {
			if r, err := api.call(b.t.Context(), http.MethodPost, "/api/v1/messages", d); err != nil || r.status != http.StatusCreated && r.status != http.StatusOK {
				b.t.Errorf("message %s repeated: %d %s %v", d.ExternalID, r.status, r.body, err)
			}
		}
	}
	b.t.Logf("%d messages sent, %d acknowledged, %d decisions acknowledged", len(b.tried), len(b.acked), decided)
	if len(b.acked) == 0 || decided == 0 {
		b.t.Error("nothing was acknowledged before a kill: the test shows nothing")
	}
}

// onceEach counts the messages of the experiment, each by its title.
func onceEach(t *testing.T, api *caller, want int) {
	t.Helper()
	count := map[string]int{}
	for _, state := range []string{"open", "answered", "decided"} {
		for _, q := range api.everyMatter(t, state) {
			if strings.HasPrefix(q.Title, "断电试验") {
				count[q.Title]++
			}
		}
	}
	for title, n := range count {
		if n != 1 {
			t.Errorf("%s is there %d times", title, n)
		}
	}
	if len(count) != want {
		t.Errorf("%d messages are there, want %d", len(count), want)
	}
}
