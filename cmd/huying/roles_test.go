package main

import (
	"strings"
	"testing"
)

// TestAccountsFromAList: all or none, each fault by line and cell, and several
// roles in one cell; who was made signs in with what was printed.
func TestAccountsFromAList(t *testing.T) {
	c := serve(t, cityHome(t))
	const unit = "云汀市公安局"
	list := func(lines ...string) string {
		return writeTemp(t, "人员.csv", []byte("登录名,姓名,角色,单位\n"+strings.Join(lines, "\n")+"\n"))
	}
	out, code := c.command(t, "import", "accounts", list("zhao,赵,话务员、知识采编员,", "qian,钱,unit agent,"+unit, "sun,孙,承办人员,", "li,李,城管,", "zhao,周,editor,", "wu,吴,editor,没有这个单位", "agent1,郑,editor,"))
	if code == exitOK {
		t.Error("a faulty list was taken")
	}
	sayings(t, out, "第 3 行", "承办人员不能同时是话务员", "第 4 行", "承办人员要属于一个承办单位", "第 5 行", "城管", "第 6 行", "登录名“zhao”已存在", "第 7 行", "没有这个单位", "第 8 行", "登录名“agent1”已存在")
	good := list("zhao,赵,话务员、知识采编员,", "qian,钱,知识采编员;承办人员,"+unit)
	sayings(t, c.mustCommand(t, "import", "accounts", good, "--dry-run"), "2 个账号，可以建立", "没有写入")
	sayings(t, c.mustCommand(t, "import", "accounts", good), "zhao,赵,", "qian,钱,")
	sayings(t, c.mustCommand(t, "account", "roles", "zhao", "--role", "editor,leader"), "账号 zhao 现在是知识采编员、领导")
	if out, code = c.command(t, "account", "roles", "zhao", "--role", "privacy", "--role", "editor"); code == exitOK {
		t.Error("an officer for privacy edits")
	}
	sayings(t, out, "隐私专员不能同时是知识采编员")
	sayings(t, c.mustCommand(t, "account", "create", "wu", "--role", "agent", "--role", "editor"), "已建立账号 wu（话务员、知识采编员）")
}
