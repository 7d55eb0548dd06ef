package main

import (
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"huying/casework"
	"huying/internal/demo"
	"huying/internal/errs"
	"huying/internal/sheet"
)

// TestAUnitIsAbolished: a list without it is refused in a dry run already, for
// its open case; handed over by command it goes, its person goes on with the
// case in the successor, and the demo's privacy officer finds nothing deleted.
func TestAUnitIsAbolished(t *testing.T) {
	c := serve(t, cityHome(t)).caller(t, "agent1")
	made := c.receive(t, delivery{Channel: "hotline", Text: "楼下的路灯坏了，请尽快来修"}).Message.Matters[0]
	police, manager := c.unit(t, "云汀市公安局"), c.unit(t, "云汀市城市管理和综合执法局")
	c.decide(t, made.ID, decision{
		Kind: "correct", Suggestion: made.Suggestion.ID, Category: made.Suggestion.Candidates[0].Category, Lead: police.ID, Type: "求助", Urgency: "C",
	})
	units, err := demo.Units()
	if err != nil {
		t.Fatal(err)
	}
	list := func(without, area string, more ...string) string {
		rows := "单位名称,单位类型,区域\n" + strings.Join(more, "")
		for _, u := range units {
			if u.Name != without {
				rows += u.Name + "," + u.Kind + "," + u.Area + "\n"
			}
		}
		return writeTemp(t, "单位.csv", []byte(rows+area))
	}
	refusedBy := func(path string, sentences ...string) {
		t.Helper()
		for _, more := range [][]string{{"--dry-run"}, nil} {
			out, code := c.command(t, append([]string{"import", "units", path}, more...)...)
			if code == exitOK {
				t.Errorf("taken %v: %s", more, out)
			}
			sayings(t, out, sentences...)
		}
	}
	refusedBy(list(police.Name, ""), "没有了“"+police.Name+"”", "1 件在办工单")
	refusedBy(list("", "新设的局,公安局,没有这个区域\n"), "第 ", "没有名称或编码为“没有这个区域”的区域")
	out := c.mustCommand(t, "import", "units", list("", "", "新设的局,公安局,"+units[0].Area+"\n"), "--dry-run")
	sayings(t, out, "可以导入", "新增 1 个：新设的局", "撤并 0 个", "没有写入")
	if out, code := c.command(t, "unit", "abolish", police.Name, "--to", manager.Name, "--as", "agent1", "--why", "机构改革"); code == exitOK {
		t.Errorf("an agent abolishes: %s", out)
	}
	sayings(t, c.mustCommand(t, "unit", "abolish", police.Name, "--to", manager.Name, "--as", "admin1", "--why", "机构改革方案"), "已把 1 件工单移交", "已撤并")
	person := c.city.caller(t, "unit1")
	cases := must[caseList](t, person, http.StatusOK, http.MethodGet, "/api/v1/cases?show=waiting", nil).Cases
	if len(cases) != 1 || cases[0].Matter != made.ID {
		t.Errorf("the successor's people see %+v", cases)
	}
	f := must[caseFile](t, person, http.StatusOK, http.MethodGet, "/api/v1/cases/"+cases[0].ID, nil)
	if last := f.History[len(f.History)-1]; last.Move != "redirect" {
		t.Errorf("the case's history ends with %s", last.Move)
	}
	sayings(t, c.mustCommand(t, "account", "disable", "unit2", "--to", "unit1"), "已停用账号 unit2")
	sayings(t, c.mustCommand(t, "retention", "--dry-run"), "原话和联系方式", "一直保存，到期 0 条", "没有删除")
	if out, code := c.city.command(t, "token", "create", "代办", "--account", "privacy1"); code == exitOK || !strings.Contains(out, "隐私专员的令牌只能由本人建立") {
		t.Errorf("somebody else's token for the officer: %s", out)
	}
	sayings(t, string(c.city.visitor(t, "privacy1").get(t, "/account").body), "我的接口令牌", "由本人建立和吊销")
	wanted := map[string]string{"name": "代办", "login": "privacy1"}
	if r, err := c.city.caller(t, "admin1").call(t.Context(), http.MethodPost, "/api/v1/tokens", wanted); err != nil || r.status != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "token.privacy") {
		t.Errorf("an administrator's token for the officer: %d %s %v", r.status, r.body, err)
	}
	officer := c.city.caller(t, "privacy1")
	wanted["name"] = "本人的"
	if r, err := officer.call(t.Context(), http.MethodPost, "/api/v1/tokens", wanted); err != nil || r.status != http.StatusCreated {
		t.Errorf("the officer's own: %d %s %v", r.status, r.body, err)
	}
	wanted["login"] = "agent1"
	if r, err := officer.call(t.Context(), http.MethodPost, "/api/v1/tokens", wanted); err != nil || r.status != http.StatusUnprocessableEntity {
		t.Errorf("the officer's for an agent: %d %s %v", r.status, r.body, err)
	}
	rules := map[string]any{"rules": []map[string]any{{"kind": "original", "days": 30}}}
	if r, err := officer.call(t.Context(), http.MethodPost, "/api/v1/privacy/retention", rules); err != nil || r.status != http.StatusNoContent {
		t.Fatalf("rules: %d %s %v", r.status, r.body, err)
	}
	sayings(t, c.mustCommand(t, "retention"), "没有到期的内容")
	v := c.city.visitor(t, "privacy1")
	sayings(t, string(v.get(t, "/").body), "个人信息的保存", "没有到期的内容")
}

// TestTheUnitTreeIsImported: a list may say which unit is above which. What it says
// wrongly is named by its line and nothing is taken; a dry run says what changes.
func TestTheUnitTreeIsImported(t *testing.T) {
	c := serve(t, cityHome(t))
	units, err := demo.Units()
	if err != nil {
		t.Fatal(err)
	}
	list := func(parents map[string]string) string {
		rows := "单位名称,单位类型,区域,上级单位\n"
		for _, u := range units {
			rows += u.Name + "," + u.Kind + "," + u.Area + "," + parents[u.Name] + "\n"
		}
		return writeTemp(t, "单位.csv", []byte(rows))
	}
	out, code := c.command(t, "import", "units", list(map[string]string{
		"云汀市公安局": "云汀市公安局", "云汀市消防救援支队": "云汀市应急管理局", "云汀市应急管理局": "云汀市消防救援支队", "云汀市教育局": "省教育厅",
	}))
	if code == exitOK {
		t.Errorf("taken: %s", out)
	}
	sayings(t, out, "第 2 行", "“云汀市公安局”的上级单位写成了它自己", "第 4 行", "“云汀市消防救援支队”和“云汀市应急管理局”互为上级", "第 27 行", "第 13 行", "上级单位“省教育厅”不在这份名单里")
	good := list(map[string]string{"云汀市公安局交通警察支队": "云汀市公安局", "钟楼街道办事处": "云汀市城市管理和综合执法局"})
	sayings(t, c.mustCommand(t, "import", "units", good, "--dry-run"), "换上级单位 2 个", "云汀市公安局交通警察支队（按区域 → 云汀市公安局）", "没有写入")
	sayings(t, c.mustCommand(t, "import", "units", good), "已导入")
	sayings(t, c.mustCommand(t, "import", "units", list(map[string]string{"钟楼街道办事处": "云汀市公安局"}), "--dry-run"), "换上级单位 2 个", "钟楼街道办事处（云汀市城市管理和综合执法局 → 云汀市公安局）", "（云汀市公安局 → 按区域）")
	c.unitsComeBack(t)
}

// unitsComeBack exports the units in every form, by command and from the page, and
// imports them without a difference; another form, and who is no administrator, are
// refused.
func (c *city) unitsComeBack(t *testing.T) {
	t.Helper()
	dir, admin := t.TempDir(), c.visitor(t, "admin1")
	for _, form := range []string{"csv", "xlsx"} {
		path := filepath.Join(dir, "单位."+form)
		sayings(t, c.mustCommand(t, "export", "units", path), "单位名单已写入")
		taken := admin.get(t, "/staff/units/export?form="+form)
		if taken.status != http.StatusOK {
			t.Fatalf("%s from the page: %d %s", form, taken.status, taken.body)
		}
		for _, file := range []string{path, writeTemp(t, "页面."+form, taken.body)} {
			out := c.mustCommand(t, "import", "units", file, "--dry-run")
			sayings(t, out, "新增 0 个；撤并 0 个。")
			if strings.Contains(out, "换上级单位") {
				t.Errorf("%s moves units: %s", form, out)
			}
		}
		sayings(t, c.mustCommand(t, "import", "units", path), "已导入")
		again := filepath.Join(dir, "再次."+form)
		c.mustCommand(t, "export", "units", again)
		if first, second := rowsOf(t, path), rowsOf(t, again); len(first) < 20 || !reflect.DeepEqual(first, second) {
			t.Errorf("%s changes on its way: %q, then %q", form, first, second)
		}
	}
	if out, code := c.command(t, "export", "units", filepath.Join(dir, "单位.pdf")); code == exitOK {
		t.Errorf("as PDF: %s", out)
	}
	if r := admin.get(t, "/staff/units/export?form=pdf"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("as PDF: %d", r.status)
	}
	if r := c.visitor(t, "agent1").get(t, "/staff/units/export?form=csv"); r.status != http.StatusForbidden {
		t.Errorf("to an agent: %d", r.status)
	}
}

// rowsOf reads a list of units as it is imported.
func rowsOf(t *testing.T, path string) (rows [][]string) {
	t.Helper()
	err := tableOf(path, casework.UnitColumns(), func(row sheet.Row) errs.List {
		rows = append(rows, []string{row.Get("name"), row.Get("kind"), row.Get("area"), row.Get("parent")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
