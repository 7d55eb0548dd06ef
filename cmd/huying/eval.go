package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"huying/eval"
	"huying/internal/errs"
)

// evalCmd measures on recorded cases how often the machine is right.
type evalCmd struct {
	Dir     string   `arg:"" name:"数据目录" help:"布局见说明；缺少的部分会跳过并注明"`
	Only    []string `name:"only" placeholder:"名称,…" help:"只衡量这些指标或部分，如 catalogue,labels.acc"`
	JSON    string   `name:"json" placeholder:"文件" help:"把全部数字写成一个 JSON 对象"`
	HTML    string   `name:"html" placeholder:"文件" help:"写一份可直接打开的报告，含混淆和错例"`
	Golden  string   `name:"golden" placeholder:"文件" help:"更新对照文件：只有名称和数值，不含速度；测了哪些就更新哪些"`
	Compare string   `name:"compare" placeholder:"旧的.json" help:"与旧结果比较；有指标变差且超出其区间时退出码为 1"`
	LLM     bool     `name:"llm" help:"同时衡量大模型：给候选排序、摘要点、核对答复各有多少得失；需要 --llm-url 等设置，会把数据里隐去个人信息后的文字发给它"`
	Seed    int64    `name:"seed" default:"1" placeholder:"数字" help:"打乱和重抽样的种子"`
}

// Run measures on throw-away databases of the private PostgreSQL, beside a
// running service if there is one.
func (c *evalCmd) Run(ctx context.Context, a *app) error {
	if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
		return errs.New(errs.Invalid, "eval.dir", c.Dir)
	}
	switch {
	case c.LLM && a.settings.without():
		return errs.New(errs.Invalid, "setting.missing", "--llm-url / HUYING_LLM_URL", "--llm")
	case c.LLM && c.Golden != "":
		return errs.New(errs.Invalid, "eval.llm_golden")
	}
	debug.SetMemoryLimit(math.MaxInt64) // it trains, again and again, and serves nobody meanwhile
	r, err := a.openRig(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	var assist *eval.Assistant
	if c.LLM {
		if assist, err = r.assistant(ctx); err != nil {
			return err
		}
	}
	progress := a.progress()
	report, err := eval.Run(ctx, r, eval.Options{Assist: assist, Dir: c.Dir, Only: c.Only, Seed: c.Seed, Progress: progress, Now: a.now})
	progress.end()
	if err != nil {
		return err
	}
	report.Meta.Commit = version()
	if err := report.WriteTable(a.Out); err != nil {
		return err
	}
	if err := writeFile(c.JSON, report.WriteJSON); err != nil {
		return err
	}
	if err := writeFile(c.HTML, report.WriteHTML); err != nil {
		return err
	}
	if err := c.compare(a, report); err != nil {
		return err
	}
	return c.golden(report)
}

// golden brings the golden file up to date: whole, or what was measured of it.
func (c *evalCmd) golden(report *eval.Report) error {
	if c.Golden == "" {
		return nil
	}
	var earlier io.Reader
	if _, err := os.Stat(c.Golden); err == nil && len(c.Only) > 0 {
		f, err := openInput(c.Golden)
		if err != nil {
			return err
		}
		defer f.Close()
		earlier = f
	}
	write, err := report.Golden(earlier)
	if err != nil {
		return err
	}
	return writeFile(c.Golden, write)
}

func (c *evalCmd) compare(a *app, report *eval.Report) error {
	if c.Compare == "" {
		return nil
	}
	f, err := openInput(c.Compare)
	if err != nil {
		return err
	}
	defer f.Close()
	losses, err := report.Compare(f)
	if err != nil {
		return err
	}
	for _, l := range losses {
		fmt.Fprintf(a.Out, "变差 %s：%.3f → %.3f，超出区间\n", l.Name, l.Old, l.New)
	}
	if len(losses) > 0 {
		return exitError(exitFailed)
	}
	fmt.Fprintln(a.Out, "与旧结果相比，没有指标变差到区间之外。")
	return nil
}

// writeFile writes whole or not at all; an empty path writes nothing.
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "file.write", path)
	}
	defer os.Remove(f.Name())
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "file.write", path)
	}
	return nil
}

// progress shows how far a measurement is: a bar on a terminal, lines
// elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	part     string
	bar      *progressbar.ProgressBar
	last     time.Time
}

func (a *app) progress() *progress {
	f, ok := a.Err.(*os.File)
	return &progress{out: a.Err, terminal: ok && term.IsTerminal(int(f.Fd())), now: a.now}
}

// linePause is how often a line is written where there is no terminal.
const linePause = 10 * time.Second

// Step shows done of total.
func (p *progress) Step(part string, done, total int) {
	if part != p.part {
		p.end()
		p.part = part
		p.last = time.Time{}
	}
	if p.terminal {
		if p.bar == nil || p.bar.GetMax() != total {
			p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.out),
				progressbar.OptionSetDescription(part), progressbar.OptionClearOnFinish())
		}
		p.bar.Set(done)
		return
	}
	if now := p.now(); now.Sub(p.last) >= linePause {
		p.last = now
		fmt.Fprintf(p.out, "%s %d/%d\n", part, done, total)
	}
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
	}
}
