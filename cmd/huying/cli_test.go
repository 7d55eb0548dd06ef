package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// everyCommand gives all commands of the program, groups included.
func everyCommand(t *testing.T) []*kong.Node {
	t.Helper()
	parser, err := kong.New(&cli{}, kong.Name("huying"), kong.NoDefaultHelp())
	if err != nil {
		t.Fatal(err)
	}
	var all []*kong.Node
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		all = append(all, n)
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(parser.Model.Node)
	return all
}

// TestHelpIsComplete: every command, argument and option is explained in
// Chinese, and every help page can be asked for in both ways.
func TestHelpIsComplete(t *testing.T) {
	home := emptyHome(t)
	for _, n := range everyCommand(t) {
		words := strings.Fields(n.FullPath())[1:]
		out, code := runCommand(t, home, append([]string{"help"}, words...)...)
		if code != exitOK {
			t.Errorf("help %v: exit %d\n%s", words, code, out)
		}
		if also, _ := runCommand(t, home, append(words, "--help")...); also != out {
			t.Errorf("%v --help differs from help %v", words, words)
		}
		if len(words) > 0 && !chineseIn(n.Help) {
			t.Errorf("%s has no help: %q", n.FullPath(), n.Help)
		}
		for _, c := range n.Children {
			sayings(t, out, "\n  "+c.Name+" ", c.Help)
		}
		for _, p := range n.Positional {
			sayings(t, out, p.Name, p.Help)
			if !chineseIn(p.Help) {
				t.Errorf("%s: argument %s has no help", n.FullPath(), p.Name)
			}
		}
		for _, f := range n.Flags {
			sayings(t, out, "--"+f.Name, f.Help)
			if !chineseIn(f.Help) {
				t.Errorf("%s: option %s has no help", n.FullPath(), f.Name)
			}
			if name := f.Tag.Get("var"); name != "" {
				sayings(t, out, name)
			}
		}
	}
}

func chineseIn(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF })
}

// TestWhatCannotBeUnderstoodIsRefused: a wrong command, option, argument or
// setting is named, in Chinese, and the exit code is 2. Nothing is touched.
func TestWhatCannotBeUnderstoodIsRefused(t *testing.T) {
	home := emptyHome(t)
	for _, test := range []struct {
		name string
		args []string
		env  string
		says string
	}{
		{"unknown command", []string{"sevre"}, "", "没有“sevre”这个命令"},
		{"unknown command below another", []string{"import", "mesages", "x.csv"}, "", "没有“mesages”这个命令"},
		{"help of an unknown command", []string{"help", "sevre"}, "", "sevre"},
		{"a group alone", []string{"import"}, "", "后面要有命令"},
		{"unknown option", []string{"serve", "--dmeo"}, "", "不认识的选项“--dmeo”"},
		{"argument missing", []string{"import", "messages"}, "", "命令不完整"},
		{"a number that is none", []string{"--embed-dim", "many", "doctor"}, "", "huying"},
		{"the listener", []string{"serve", "--listen", "8080"}, "", "--listen"},
		{"the demo for everybody", []string{"serve", "--demo", "--listen", "0.0.0.0:0"}, "", "只能监听本机"},
		{"PostgreSQL 15", []string{"doctor"}, "HUYING_PG=15", "HUYING_PG"},
		{"the log level", []string{"doctor"}, "HUYING_LOG_LEVEL=loud", "HUYING_LOG_LEVEL"},
		{"a share that is none", []string{"doctor"}, "HUYING_BLIND=2%", "HUYING_BLIND"},
		{"a share that is too large", []string{"--blind", "0.051", "doctor"}, "", "HUYING_BLIND"},
		{"a share below nothing", []string{"doctor"}, "HUYING_BLIND=-0.01", "HUYING_BLIND"},
		{"the floor", []string{"doctor"}, "HUYING_REVIEW_BELOW=15", "HUYING_REVIEW_BELOW"},
		{"the database", []string{"doctor"}, "DATABASE_URL=mysql://x/y", "DATABASE_URL"},
		{"the endpoint", []string{"doctor"}, "HUYING_EMBED_URL=ftp://x", "HUYING_EMBED_URL"},
		{"half an endpoint", []string{"doctor"}, "HUYING_EMBED_URL=http://127.0.0.1:1/v1", "HUYING_EMBED_MODEL"},
		{"a means that is none", []string{"doctor"}, "HUYING_NOTIFY=pigeon", "HUYING_NOTIFY"},
		{"a rate that is none", []string{"--notify-rate", "0", "doctor"}, "", "HUYING_NOTIFY_RATE"},
		{"quiet hours that are none", []string{"doctor"}, "HUYING_NOTIFY_QUIET=night", "night"},
		{"hours of work that are none", []string{"doctor"}, "HUYING_WORK_HOURS=9:00-12:00,11:00-17:00", "--work-hours / HUYING_WORK_HOURS 不能用：“11:00-17:00”的结束"},
		{"summer hours without days", []string{"doctor"}, "HUYING_SUMMER_HOURS=9:00-12:00", "06-01~09-30=9:00-12:00,15:00-18:00"},
		{"a second means that nobody knows", []string{"--notify", "sms", "--notify-url", "http://127.0.0.1:1", "--notify-then", `[{"via":"pigeon","url":"x"}]`, "doctor"}, "", "pigeon"},
		{"a second means of unknown form", []string{"--notify", "sms", "--notify-url", "http://127.0.0.1:1", "--notify-then", `[{"via":"sms","adress":"x"}]`, "doctor"}, "", "HUYING_NOTIFY_THEN"},
		{"a second means without the first", []string{"doctor"}, `HUYING_NOTIFY_THEN=[]`, "HUYING_NOTIFY"},
		{"where to notify without how", []string{"doctor"}, "HUYING_NOTIFY_URL=http://127.0.0.1:1", "HUYING_NOTIFY"},
		{"how to pay without where", []string{"doctor"}, "HUYING_PAY_KEY=x", "HUYING_PAY_URL"},
		{"a payment that would be paid twice", []string{"--pay-url", "http://127.0.0.1:1", "--pay-body", `{"phone":"{phone}","fen":"{fen}"}`, "doctor"}, "", "HUYING_PAY_BODY"},
		{"a label for ever", []string{"--label-days", "366", "doctor"}, "", "HUYING_LABEL_DAYS"},
		{"a calendar that is not there", []string{"calendar", "import", "/nowhere/2027.ics"}, "", "/nowhere/2027.ics"},
		{"a file that is not there", []string{"import", "messages", "/nowhere/x.csv"}, "", "/nowhere/x.csv"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := newCommand(t, home, test.args...)
			if test.env != "" {
				cmd.Env = append(cmd.Env, test.env)
			}
			out, code := finished(t, cmd)
			if code != exitUsage || !chineseIn(out) {
				t.Errorf("exit %d: %s", code, out)
			}
			sayings(t, out, test.says)
		})
	}
}

// The same three messages, in each way in which offices send tables.
var officeTable = [][]string{
	{"渠道编号", "渠道", "时间", "标题", "内容", "姓名", "电话", "区域"},
	{"%s-1", "hotline", "2026-11-20 09:31", "路灯不亮", "解放路的路灯全灭了，晚上看不清路", "王芳", "13800000001", "汀城区"},
	{"%s-2", "web", "2026-11-20 10:02", "停水", "家里停水两天了，问物业说不知道", "", "", ""},
	{"%s-3", "wechat", "2026/11/21 08:15", "占道经营", "早市的摊子摆到了马路上，公交车过不去", "李强", "13900000002", "钟楼街道"},
}

// asCSV writes the table with a prefix for its numbers.
func asCSV(prefix string) []byte {
	var b bytes.Buffer
	for _, row := range officeTable {
		fmt.Fprintln(&b, strings.ReplaceAll(strings.Join(row, ","), "%s", prefix))
	}
	return b.Bytes()
}

// asXLSX writes the table as a workbook.
func asXLSX(t *testing.T, prefix string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range officeTable {
		for j, cell := range row {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStr("Sheet1", at, strings.ReplaceAll(cell, "%s", prefix)); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestImportReadsWhatOfficesSend imports one table as UTF-8 with and without a
// mark, as GB18030 and as XLSX; a dry run stores nothing; bad rows are named
// by line and column and keep everything out, unless they are to be skipped.
func TestImportReadsWhatOfficesSend(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "admin1")
	open := func() int {
		return must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=1", nil).Open
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(asCSV("gb"))
	if err != nil {
		t.Fatal(err)
	}
	before := open()
	for _, f := range []struct {
		name    string
		content []byte
	}{
		{"普通.csv", asCSV("utf8")},
		{"带标记.csv", append([]byte("\ufeff"), asCSV("bom")...)},
		{"国标.csv", gb},
		{"工作簿.xlsx", asXLSX(t, "xlsx")},
	} {
		path := writeTemp(t, f.name, f.content)
		sayings(t, c.mustCommand(t, "import", "messages", path, "--dry-run"), "共 3 行，可导入 3 行", "没有写入")
		if now := open(); now != before {
			t.Errorf("%s: a dry run stored %d", f.name, now-before)
		}
		sayings(t, c.mustCommand(t, "import", "messages", path), "共 3 行，新存 3 条，已有 0 条，有误 0 行")
		if before += 3; open() != before {
			t.Errorf("%s: %d matters, want %d", f.name, open(), before)
		}
	}
	var titles []string
	for _, q := range must[queue](t, c, http.StatusOK, http.MethodGet, "/api/v1/matters?limit=200", nil).Matters {
		titles = append(titles, q.Title)
	}
	if n := strings.Count(strings.Join(titles, "\n"), "占道经营"); n < 4 {
		t.Errorf("%d of four files arrived with their words whole", n)
	}

	bad := writeTemp(t, "有误.csv", []byte("渠道编号,时间,内容,区域\nq-1,2026-11-20 09:00,井盖丢了,汀城区\nq-2,昨天,路灯不亮,汀城区\nq-3,2026-11-20 09:00,噪声扰民,火星区\n"))
	out, code := c.command(t, "import", "messages", bad)
	if code != exitUsage || open() != before {
		t.Errorf("exit %d, %d matters more: %s", code, open()-before, out)
	}
	sayings(t, out, "第 3 行", "第 2 列", "昨天", "第 4 行", "第 4 列", "火星区", "没有导入", "--skip-bad")
	sayings(t, c.mustCommand(t, "import", "messages", bad, "--skip-bad"), "新存 1 条", "有误 2 行", "第 3 行")
	if open() != before+1 {
		t.Errorf("%d matters, want %d", open(), before+1)
	}
}

// TestAccountsAndTokens makes an account and a token, uses and ends them.
func TestAccountsAndTokens(t *testing.T) {
	c := serve(t, cityHome(t))
	sayings(t, c.mustCommand(t, "account", "create", "wang.fang", "--role", "agent", "--name", "王芳"), "已建立账号 wang.fang（话务员）", "密码：")
	for _, args := range [][]string{
		{"account", "create", "wang.fang"},
		{"account", "create", "li", "--role", "king"},
		{"token", "create", "x", "--account", "nobody"},
	} {
		if out, code := c.command(t, args...); code == exitOK || !chineseIn(out) {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
	typed := newCommand(t, c.home, "account", "create", "li.qiang", "--password-stdin")
	typed.Stdin = strings.NewReader("很长的口令-2026\n")
	out, code := finished(t, typed)
	if code != exitOK || strings.Contains(out, "很长的口令") {
		t.Errorf("exit %d, or the password is shown: %s", code, out)
	}
	api := c.caller(t, "wang.fang")
	if me := must[struct {
		Login string
		Roles []string
	}](t, api, http.StatusOK, http.MethodGet, "/api/v1/me", nil); me.Login != "wang.fang" || !slices.Equal(me.Roles, []string{"agent"}) {
		t.Errorf("the token belongs to %+v", me)
	}
	sayings(t, c.mustCommand(t, "token", "revoke", t.Name()+"-wang.fang"), "已吊销令牌")
	if r, err := api.call(t.Context(), http.MethodGet, "/api/v1/me", nil); err != nil || r.status != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d %v", r.status, err)
	}
}
