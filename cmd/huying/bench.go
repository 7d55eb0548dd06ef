package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
	"unicode/utf8"

	"huying/internal/demo"
	"huying/internal/embed"
	"huying/internal/errs"
)

// benchCmd measures speed as ratios within one run: a machine's absolute
// times say more about the machine than about the program.
type benchCmd struct {
	Rounds int    `name:"rounds" default:"4" placeholder:"次数" help:"每项交替测量的轮数"`
	Large  bool   `name:"large" help:"改为衡量一座大城市：1,658 个事项、200,000 件决定时，训练要多久、多少内存，训练期间受理慢多少；约需 15 分钟"`
	Texts  string `name:"texts" type:"existingfile" placeholder:"文件" help:"用这些诉求衡量（JSONL，每行有 title 和 text）；不设时用演示城市的，多是一两句话的来电"`
}

// benchClients is how many requests are under way at once in the measurements
// of throughput: two a core, so that none is idle. Many more take turns so
// often that both cores' caches suffer (on two cores, 8 instead of 4: 5 %).
var benchClients = 2 * runtime.GOMAXPROCS(0)

// sharedVectors is how many vectors the measurements with embeddings remember:
// those under way and no message before.
const sharedVectors = 32

// Run measures on throw-away databases that wait for the disk, as the real one
// does, and prints ratios.
func (c *benchCmd) Run(ctx context.Context, a *app) error {
	if c.Rounds < 1 {
		return errs.New(errs.Invalid, "field.invalid", "--rounds", fmt.Sprint(c.Rounds))
	}
	r, err := a.openRig(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	texts, err := c.texts(a)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Err, "正在准备…")
	if c.Large {
		return c.large(ctx, a, r, texts)
	}
	// As when serving, who asks for a text at the same time as another waits
	// for one computation; what was embedded a while ago is computed anew.
	noted := &noting{Embedder: r.bare}
	shared, err := embed.NewCached(noted, sharedVectors)
	if err != nil {
		return err
	}
	t, err := a.openTrial(ctx, r, shared)
	if err != nil {
		return err
	}
	defer t.close()
	if err := c.single(ctx, a, t, noted, texts); err != nil {
		return err
	}
	if err := c.together(ctx, a, t, noted, texts); err != nil {
		return err
	}
	return c.cached(ctx, a, r, texts)
}

// texts gives the messages to measure with and says what they are like: the
// longer a message, the more of its time is embedding.
func (c *benchCmd) texts(a *app) ([]demo.Message, error) {
	rows, err := demo.Messages()
	if c.Texts != "" {
		rows, err = readTexts(c.Texts)
	}
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(m demo.Message) bool { return m.Text == "" })
	if len(rows) == 0 {
		return nil, errs.New(errs.Invalid, "eval.empty", c.Texts)
	}
	runes := 0
	for _, r := range rows {
		runes += utf8.RuneCountInString(r.Title) + utf8.RuneCountInString(r.Text)
	}
	fmt.Fprintf(a.Out, "诉求 %d 件，平均 %d 字\n", len(rows), runes/len(rows))
	return rows, nil
}

// readTexts reads a JSONL file of messages.
func readTexts(path string) ([]demo.Message, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "eval.file", path)
	}
	defer f.Close()
	var rows []demo.Message
	for d := json.NewDecoder(f); d.More(); {
		m := demo.Message{Channel: "web"}
		if err := d.Decode(&m); err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "eval.json", path).At(len(rows)+1, 0)
		}
		rows = append(rows, m)
	}
	return rows, nil
}

// noting is an embedder that remembers which texts it was given.
type noting struct {
	embed.Embedder
	texts chan string // nil: not noted
}

func (n *noting) Embed(ctx context.Context, text string) ([]float32, error) {
	if n.texts != nil {
		n.texts <- text
	}
	return n.Embedder.Embed(ctx, text)
}

// during runs do and gives the texts that were embedded meanwhile.
func (n *noting) during(do func() error) ([]string, error) {
	n.texts = make(chan string, 1024)
	err := do()
	close(n.texts)
	var texts []string
	for t := range n.texts {
		texts = append(texts, t)
	}
	n.texts = nil
	return texts, err
}

// single sends one message after the other and compares each with its own
// embeddings.
func (c *benchCmd) single(ctx context.Context, a *app, t *trial, noted *noting, rows []demo.Message) error {
	var ratios []float64
	for i := range c.Rounds * 25 {
		row := rows[i%len(rows)]
		start := a.now()
		texts, err := noted.during(func() error { return t.send(ctx, row) })
		if err != nil {
			return err
		}
		whole := a.now().Sub(start)
		start = a.now()
		for _, s := range texts {
			if _, err := noted.Embedder.Embed(ctx, s); err != nil {
				return err
			}
		}
		ratios = append(ratios, float64(whole)/float64(a.now().Sub(start)))
	}
	slices.Sort(ratios)
	fmt.Fprintf(a.Out, "%s %.2f（%d 件，目标不高于 1.6）\n", pad("一件诉求经接口到推荐入库，用时 ÷ 其向量计算用时，中位数", 60), ratios[len(ratios)/2], len(ratios))
	return nil
}

// together sends many messages at once and compares with embedding the same
// texts on all cores, in turns: the median of the turns, as machines have slow
// moments. The texts of a turn come from all over the file, so that no turn has
// the long ones.
func (c *benchCmd) together(ctx context.Context, a *app, t *trial, noted *noting, rows []demo.Message) error {
	var ratios []float64
	const block = 60 // long enough that its end, when fewer are under way, does not matter
	turns := 4*c.Rounds + 1
	for round := range turns {
		start := a.now()
		texts, err := noted.during(func() error {
			return atOnce(ctx, block, func(i int) error { return t.send(ctx, rows[(i*turns+round)%len(rows)]) })
		})
		if err != nil {
			return err
		}
		serving := a.now().Sub(start)
		start = a.now()
		err = embed.Each(ctx, len(texts), nil, func(ctx context.Context, i int) error {
			_, err := noted.Embedder.Embed(ctx, texts[i])
			return err
		})
		if err != nil {
			return err
		}
		ratios = append(ratios, float64(a.now().Sub(start))/float64(serving))
	}
	slices.Sort(ratios)
	fmt.Fprintf(a.Out, "%s %.2f（目标不低于 0.7）\n", pad("每秒受理件数 ÷ 每秒能算向量的件数，中位数", 60), ratios[turns/2])
	return nil
}

// cached takes the embeddings out and compares with the least that any service
// can do: a bare HTTP server that inserts one row durably.
func (c *benchCmd) cached(ctx context.Context, a *app, r *rig, rows []demo.Message) error {
	cached, err := embed.NewCached(r.bare, cachedVectors)
	if err != nil {
		return err
	}
	t, err := a.openTrial(ctx, r, cached)
	if err != nil {
		return err
	}
	defer t.close()
	bare, err := t.openBare(ctx)
	if err != nil {
		return err
	}
	defer bare.end()
	const block = 200
	rows = rows[:min(block, len(rows))]
	if err := atOnce(ctx, len(rows), func(i int) error { return t.send(ctx, rows[i]) }); err != nil {
		return err // this round fills the cache
	}
	var ours, least time.Duration
	for range c.Rounds {
		for _, side := range []struct {
			send func(context.Context, demo.Message) error
			took *time.Duration
		}{{t.send, &ours}, {bare.send, &least}} {
			start := a.now()
			if err := atOnce(ctx, block, func(i int) error { return side.send(ctx, rows[i%len(rows)]) }); err != nil {
				return err
			}
			*side.took += a.now().Sub(start)
		}
	}
	n := float64(c.Rounds * block)
	fmt.Fprintf(a.Out, "%s %.3f（%.0f 件/秒 ÷ %.0f 件/秒）\n", pad("向量已缓存时每秒件数 ÷ 空 fiber 加一次落盘 INSERT", 60),
		float64(least)/float64(ours), n/ours.Seconds(), n/least.Seconds())
	return nil
}

// atOnce does n things with benchClients under way.
func atOnce(ctx context.Context, n int, do func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	done := make(chan struct{})
	for range benchClients {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range work {
				if err := do(i); err != nil {
					cancel(err)
				}
			}
		}()
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		work <- i
	}
	close(work)
	for range benchClients {
		<-done
	}
	return context.Cause(ctx)
}
