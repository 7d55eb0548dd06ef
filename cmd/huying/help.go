package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"huying/internal/errs"
)

// helpCmd prints the help in Chinese; kong's own printer speaks English.
type helpCmd struct {
	Words []string `arg:"" optional:"" name:"命令" help:"命令名"`
}

// Run prints the help of the command named, or of everything.
func (c *helpCmd) Run(_ context.Context, a *app) error {
	node := a.parser.Model.Node
	for _, w := range c.Words {
		child := childNamed(node, w)
		if child == nil {
			return errs.New(errs.Invalid, "command.unknown", w)
		}
		node = child
	}
	writeHelp(a.Out, node, a.parser.Model.Node)
	return nil
}

// writeHelp prints usage, description, commands, arguments, options and, for
// the root, the settings that every command takes.
func writeHelp(w io.Writer, n, root *kong.Node) {
	fmt.Fprintf(w, "用法：%s", n.FullPath())
	if len(n.Children) > 0 {
		fmt.Fprint(w, " <命令>")
	}
	for _, p := range n.Positional {
		fmt.Fprint(w, " "+p.Summary())
	}
	fmt.Fprintln(w, " [选项]")
	if n == root {
		fmt.Fprintln(w, "\n呼应：市民热线的智能受理与知识库。机器推荐，由人确认。")
	} else if n.Help != "" {
		fmt.Fprintln(w, "\n"+n.Help)
	}
	if n.Detail != "" {
		fmt.Fprintln(w, "\n"+n.Detail)
	}
	if len(n.Children) > 0 {
		fmt.Fprintln(w, "\n命令：")
		for _, c := range n.Children {
			fmt.Fprintf(w, "  %s%s\n", pad(c.Name, 16), c.Help)
		}
	}
	if len(n.Positional) > 0 {
		fmt.Fprintln(w, "\n参数：")
		for _, p := range n.Positional {
			fmt.Fprintf(w, "  %s%s\n", pad(p.Name, 16), p.Help)
		}
	}
	if n != root {
		writeFlags(w, "选项", n.Flags)
		fmt.Fprintln(w, "\n各命令通用的设置见 huying help。")
		return
	}
	writeFlags(w, "通用设置（选项或环境变量）", n.Flags)
	fmt.Fprintln(w, "\n示例：\n  huying serve --demo\n  huying import messages 来件.xlsx --dry-run\n  huying help import messages")
}

func writeFlags(w io.Writer, title string, flags []*kong.Flag) {
	if len(flags) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+title+"：")
	for _, f := range flags {
		name := "--" + f.Name
		if !f.IsBool() {
			name += " " + f.FormatPlaceHolder()
		}
		note := f.Help
		if v := f.Tag.Get("var"); v != "" {
			note += "〔" + v + "〕"
		}
		if f.HasDefault && f.Default != "" {
			note += "（默认 " + f.Default + "）"
		}
		fmt.Fprintf(w, "  %s%s\n", pad(name, 26), note)
	}
}

// pad fills s with spaces to a width in columns; a Chinese character takes
// two. What is too long gets two spaces.
func pad(s string, width int) string {
	columns := 0
	for _, r := range s {
		columns++
		if r > 0x2E7F {
			columns++
		}
	}
	if columns >= width {
		return s + "  "
	}
	return s + strings.Repeat(" ", width-columns)
}

// versionCmd prints what this binary is.
type versionCmd struct{}

// Run prints version, commit and Go version.
func (c *versionCmd) Run(_ context.Context, a *app) error {
	fmt.Fprintln(a.Out, "呼应 "+version())
	return nil
}

// version is the release and the commit that the binary was built from.
func version() string {
	const release = "0.1.0"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 8 {
			return release + "+" + s.Value[:8]
		}
	}
	return release
}
