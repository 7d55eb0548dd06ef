package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"huying/internal/errs"
)

// Exit codes, the same for every command.
const (
	exitOK     = 0 // it ran
	exitFailed = 1 // it ran and the answer is no: a gate failed, a check failed, something broke
	exitUsage  = 2 // the command or its input cannot be used
)

// cli is the command line. Every setting is a flag and an environment
// variable; README.md has them in one table.
type cli struct {
	Settings `embed:""`

	Serve      serveCmd      `cmd:"" help:"启动服务：页面、接口和后台任务"`
	Work       workCmd       `cmd:"" help:"只运行后台任务，不提供页面（多机部署时用）"`
	Import     importCmd     `cmd:"" help:"导入事项清单、诉求、知识条目、单位或区域"`
	Transcribe transcribeCmd `cmd:"" help:"请语音识别服务把通话录音写成文字，按说话人分段；可直接登记为诉求"`
	Export     exportCmd     `cmd:"" help:"导出知识条目"`
	Catalogue  catalogueCmd  `cmd:"" help:"事项清单的版本：列出、换回、取消、导出"`
	Calendar   calendarCmd   `cmd:"" help:"工作日历：导入放假和调休安排"`
	Train      trainCmd      `cmd:"" help:"按现有的决定重新训练推荐模型；serve 会自动进行，一般不用手动运行"`
	Eval       evalCmd       `cmd:"" help:"用真实数据衡量推荐和答复的准确率"`
	Replay     replayCmd     `cmd:"" help:"演一座模拟城市的工单，核对提醒、通知和经过，并报告各项比率"`
	Bench      benchCmd      `cmd:"" help:"衡量速度，每个数字都是同一次运行内的比值"`
	Doctor     doctorCmd     `cmd:"" help:"逐项检查各部件，并说明怎样修复"`
	Audit      auditCmd      `cmd:"" help:"核对审计记录"`
	Keys       keysCmd       `cmd:"" help:"加密原文的密钥：列出、更换、去掉旧的"`
	Retention  retentionCmd  `cmd:"" help:"删除超过保存期限的个人信息；serve 每天自动进行，--dry-run 只数"`
	Rewards    rewardsCmd    `cmd:"" help:"奖励：按公布的种子核验每一笔金额"`
	Account    accountCmd    `cmd:"" help:"建立账号"`
	Unit       unitCmd       `cmd:"" help:"撤并承办单位，把在办工单移交给承接的单位"`
	Token      tokenCmd      `cmd:"" help:"建立或吊销接口令牌"`
	Models     modelsCmd     `cmd:"" help:"查看推荐模型，换回曾用的一个"`
	Backup     backupCmd     `cmd:"" help:"把数据库备份到一个文件"`
	Restore    restoreCmd    `cmd:"" help:"从备份文件恢复到一个空数据库"`
	Version    versionCmd    `cmd:"" help:"显示版本"`
	Help       helpCmd       `cmd:"" help:"显示帮助；后面可加命令名"`
}

// command is what every leaf of cli implements.
type command interface {
	Run(ctx context.Context, app *app) error
}

// memoryLimit is from where Go's collector works harder instead of letting the
// heap double: what a serving process holds (dictionary 130 MB, model, recent
// vectors: 250 MB) fits below it almost twice, the model runtime's own 150 MB
// not counted. It is no bound: training may go beyond it for a minute.
const memoryLimit = 500 << 20

// exitError ends a command with a code after it has said everything itself.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run parses, checks the settings, runs one command and gives the exit code.
func run(ctx context.Context, c console) int {
	var grammar cli
	parser, err := kong.New(&grammar,
		kong.Name("huying"),
		kong.NoDefaultHelp(),
		kong.Exit(func(int) {}),
		kong.Writers(c.Out, c.Err),
		kong.Resolvers(environment(c.Getenv)),
	)
	if err != nil {
		fmt.Fprintln(c.Err, "命令定义有误："+err.Error())
		return exitFailed
	}
	args := c.Args
	if len(args) == 0 || args[len(args)-1] == "--help" || args[len(args)-1] == "-h" {
		args = append([]string{"help"}, commandWords(args)...)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(c.Err, usageError(parser, args, err))
		return exitUsage
	}
	if err := grammar.Settings.check(); err != nil {
		fmt.Fprintln(c.Err, errs.Sentence(err))
		return exitUsage
	}
	a := &app{console: c, settings: grammar.Settings, parser: parser, now: time.Now}
	if c.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	a.log = slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: grammar.Settings.level(serves(parsed))}))
	chosen, ok := parsed.Selected().Target.Addr().Interface().(command)
	if !ok {
		return exitUsage
	}
	a.serves = serves(parsed)
	err = chosen.Run(ctx, a)
	return finish(a, err)
}

// serves reports whether the command runs until it is stopped.
func serves(parsed *kong.Context) bool {
	name := parsed.Selected().Name
	return name == "serve" || name == "work"
}

// finish says what went wrong and turns it into an exit code.
func finish(a *app, err error) int {
	var code exitError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		if a.serves {
			return exitOK
		}
		fmt.Fprintln(a.Err, "已中断")
		return exitFailed
	case errors.As(err, &code):
		return int(code)
	}
	var list errs.List
	if errors.As(err, &list) {
		for _, e := range list {
			fmt.Fprintln(a.Err, errs.Sentence(e))
		}
	} else {
		fmt.Fprintln(a.Err, errs.Sentence(err))
		if errs.KindOf(err) == errs.Internal || errs.KindOf(err) == errs.Unavailable {
			a.log.Error("command failed", "error", err)
		}
	}
	if errs.KindOf(err) == errs.Invalid {
		return exitUsage
	}
	return exitFailed
}

// environment lets every flag be set by HUYING_<NAME> or the name in its env
// tag, from the console's environment instead of the process's.
func environment(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range strings.Split(flag.Tag.Get("var"), ",") {
			if name == "" {
				continue
			}
			if v := getenv(name); v != "" {
				return v, nil
			}
		}
		return nil, nil
	})
}

// usageError explains in Chinese what cannot be understood: the environment
// variable or argument with a wrong form, an unknown word, or what is missing.
func usageError(parser *kong.Kong, args []string, err error) string {
	node := parser.Model.Node
	flags := map[string]*kong.Flag{}
	collect := func(n *kong.Node) {
		for _, f := range n.Flags {
			flags["--"+f.Name] = f
			if f.Short != 0 {
				flags["-"+string(f.Short)] = f
			}
		}
	}
	collect(node)
	skip := false
	for _, arg := range args {
		if skip {
			skip = false
			continue
		}
		if strings.HasPrefix(arg, "-") && arg != "-" {
			name, _, inline := strings.Cut(arg, "=")
			f, ok := flags[name]
			if !ok {
				return fmt.Sprintf("不认识的选项“%s”。%s", name, seeHelp(node))
			}
			skip = !inline && !f.IsBool()
			continue
		}
		if child := childNamed(node, arg); child != nil {
			node = child
			collect(node)
		} else if len(node.Children) > 0 {
			return fmt.Sprintf("没有“%s”这个命令。%s", arg, seeHelp(node))
		}
	}
	if len(node.Children) > 0 {
		return fmt.Sprintf("“%s”后面要有命令。%s", node.FullPath(), seeHelp(node))
	}
	return fmt.Sprintf("命令不完整或数值的写法不对：%s。%s", strings.Join(wanted(node), " "), seeHelp(node))
}

func seeHelp(n *kong.Node) string {
	path := strings.TrimPrefix(n.FullPath(), "huying")
	return "请看 huying help" + path
}

func childNamed(n *kong.Node, name string) *kong.Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// wanted is how the command is written.
func wanted(n *kong.Node) []string {
	words := []string{n.FullPath()}
	for _, p := range n.Positional {
		words = append(words, p.Summary())
	}
	return words
}

// commandWords keeps the words of args that are no flags.
func commandWords(args []string) []string {
	var words []string
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, a)
		}
	}
	return words
}
