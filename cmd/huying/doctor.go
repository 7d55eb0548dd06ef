package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"huying/internal/assets"
	"huying/internal/embed"
	"huying/internal/errs"
)

// doctorCmd looks at each part and says how to mend what is wrong.
type doctorCmd struct{}

// checkup writes the findings of one run.
type checkup struct {
	out    io.Writer
	faults int
}

func (c *checkup) good(part, format string, args ...any) {
	fmt.Fprintf(c.out, "正常    %s%s\n", pad(part, 14), fmt.Sprintf(format, args...))
}

func (c *checkup) note(part, format string, args ...any) {
	fmt.Fprintf(c.out, "注意    %s%s\n", pad(part, 14), fmt.Sprintf(format, args...))
}

func (c *checkup) bad(part, what, mend string) {
	c.faults++
	fmt.Fprintf(c.out, "有问题  %s%s\n", pad(part, 14), what)
	if mend != "" {
		fmt.Fprintf(c.out, "        %s%s\n", pad("", 14), "修复："+mend)
	}
}

// Run checks everything, even after a fault, and exits with 1 if there was one.
func (d *doctorCmd) Run(ctx context.Context, a *app) error {
	c := &checkup{out: a.Out}
	dirs, err := assets.Home(a.home)
	if err != nil {
		return err
	}
	a.checkAssets(c, dirs)
	a.checkDisk(c, dirs)
	a.checkKey(c, dirs)
	a.checkEmbedder(ctx, c, dirs)
	a.checkDatabase(ctx, c)
	a.checkNotify(ctx, c)
	a.checkPay(ctx, c)
	a.checkLLM(ctx, c)
	if c.faults > 0 {
		fmt.Fprintf(a.Out, "\n发现 %d 处问题。\n", c.faults)
		return exitError(exitFailed)
	}
	fmt.Fprintln(a.Out, "\n各部件正常。")
	return nil
}

// checkAssets compares every fetched file with its hash, to the last byte.
func (a *app) checkAssets(c *checkup, dirs assets.Dirs) {
	for _, part := range []struct {
		name string
		part assets.Part
		used bool
	}{
		{"数据库程序", assets.Postgres, a.settings.DatabaseURL == ""},
		{"推理库", assets.Runtime, a.settings.EmbedURL == ""},
		{"模型文件", assets.Model, a.settings.EmbedURL == ""},
	} {
		if !part.used {
			c.good(part.name, "未使用")
			continue
		}
		if _, err := assets.Verify(dirs, part.part); err != nil {
			c.bad(part.name, errs.Sentence(err), "在项目目录执行 make build，会重新获取")
			continue
		}
		c.good(part.name, "完整，校验和相符")
	}
}

// lowDisk is the free space below which doctor warns: an import of a city's
// year and its indexes fit into it.
const lowDisk = 5 << 30

func (a *app) checkDisk(c *checkup, dirs assets.Dirs) {
	if err := os.MkdirAll(dirs.Data, 0o755); err != nil {
		c.bad("数据目录", "不能建立 "+dirs.Data, "检查目录权限，或用 HUYING_HOME 另选目录")
		return
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dirs.Data, &fs); err != nil {
		c.bad("磁盘", "查不到 "+dirs.Data+" 的剩余空间", "")
		return
	}
	free := int64(fs.Bavail) * fs.Bsize
	if free < lowDisk {
		c.bad("磁盘", fmt.Sprintf("%s 只剩 %s", dirs.Data, gigabytes(free)), "清理磁盘，或用 HUYING_HOME 换到更大的磁盘")
		return
	}
	c.good("磁盘", "%s 剩余 %s", dirs.Data, gigabytes(free))
}

func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/(1<<30)) }

func (a *app) checkKey(c *checkup, dirs assets.Dirs) {
	if a.settings.Key != "" {
		c.good("加密密钥", "由 HUYING_KEY 给出")
		return
	}
	path := a.keyFile(dirs)
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		c.note("加密密钥", "还没有，首次启动时在 %s 生成", path)
	case err != nil:
		c.bad("加密密钥", "读不到 "+path, "检查文件权限")
	case info.Mode().Perm()&0o077 != 0:
		c.bad("加密密钥", "其他用户也能读 "+path, "chmod 600 "+path)
	default:
		c.good("加密密钥", "%s，请另行备份", path)
	}
}

// wantCosine is the similarity below which a vector of this machine does not
// compare well with those in the database.
const wantCosine = 0.995

func (a *app) checkEmbedder(ctx context.Context, c *checkup, dirs assets.Dirs) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	e, local, err := a.bareEmbedder(dirs)
	if err != nil {
		c.bad("向量模型", errs.Sentence(err), "在项目目录执行 make build")
		return
	}
	m := e.Model()
	if local == nil {
		v, err := e.Embed(ctx, "路灯不亮")
		switch {
		case err != nil:
			c.bad("向量接口", errs.Sentence(err), "检查 HUYING_EMBED_URL、HUYING_EMBED_KEY 和网络")
		default:
			c.good("向量接口", "%s，%d 维", a.settings.EmbedModel, len(v))
		}
		return
	}
	defer local.Close()
	cosine, err := embed.Probe(ctx, e)
	switch {
	case err != nil:
		c.bad("向量模型", errs.Sentence(err), "在项目目录执行 make build")
	case cosine < wantCosine:
		c.bad("向量模型", fmt.Sprintf("试算结果与预存的差得太多（余弦 %.4f）", cosine), "重新获取推理库和模型；仍不行时换一台机器，或改用向量接口")
	default:
		c.good("向量模型", "%s，%d 维，试算余弦 %.4f（%s，%s）", m.Name, m.Dim, cosine, m.Runtime, m.CPU)
	}
}

// maxSkew is how far the clocks of this machine and the database may differ.
const maxSkew = 5 * time.Second

func (a *app) checkDatabase(ctx context.Context, c *checkup) {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		c.bad("数据库", errs.Sentence(err), a.mendDatabase())
		return
	}
	defer db.Close()
	h, err := db.Health(ctx, a.now())
	if err != nil {
		c.bad("数据库", errs.Sentence(err), a.mendDatabase())
		return
	}
	c.good("数据库", "PostgreSQL %s，已用 %s", strings.Fields(h.Server)[0], gigabytes(h.Bytes))
	c.good("向量扩展", "pgvector %s", h.Vector)
	c.good("结构版本", "%d（程序认得 %d）", h.Schema, h.Known)
	if !h.Durable {
		c.bad("落盘", "fsync 或 synchronous_commit 没有打开，断电会丢数据", "在 PostgreSQL 设置中打开这两项")
	}
	if h.Skew > maxSkew || h.Skew < -maxSkew {
		c.bad("时钟", fmt.Sprintf("本机与数据库相差 %s", h.Skew.Round(time.Second)), "在两边打开时间同步")
	} else {
		c.good("时钟", "本机 %s，与数据库一致", a.now().Format("2006-01-02 15:04:05 -07:00"))
	}
	current, err := db.Active(ctx)
	switch {
	case errors.Is(err, errs.New(errs.Unavailable, "catalogue.none")):
		c.note("事项清单", "还没有导入，执行 huying import catalogue，或 huying serve --demo 装入示范城市")
	case err != nil:
		c.bad("事项清单", errs.Sentence(err), "")
	default:
		c.good("事项清单", "已启用，版本 %s", current.Version)
	}
	a.checkCalendar(ctx, c, db)
}

func (a *app) mendDatabase() string {
	if a.settings.DatabaseURL != "" {
		return "检查 DATABASE_URL 和数据库是否在运行"
	}
	return "查看数据目录下 " + filepath.Join("postgres-"+a.settings.PG, "postgres.log") + " 的最后几行"
}
