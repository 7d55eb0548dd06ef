package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// smallCity starts the program on an empty home with the demo's areas and
// units, one account and a catalogue.
func smallCity(t *testing.T, list string, env ...string) *caller {
	t.Helper()
	c := serveWith(t, emptyHome(t), env)
	dir := t.TempDir()
	for name, content := range map[string][]byte{"areas.csv": demoFile(t, "areas.csv"), "units.csv": demoFile(t, "units.csv"), "list.csv": []byte(list)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range []string{"areas", "units"} {
		c.mustCommand(t, "import", what, filepath.Join(dir, what+".csv"))
	}
	sayings(t, c.mustCommand(t, "import", "catalogue", filepath.Join(dir, "list.csv"), "--name", "第一版"), "个末级事项", "已启用事项清单")
	c.mustCommand(t, "account", "create", "first", "--role", "admin")
	return c.caller(t, "first")
}

// listed is a line of catalogue versions.
type listed struct{ state, name, id string }

// versions lists them, the latest first.
func (c *city) versions(t *testing.T) []listed {
	t.Helper()
	var all []listed
	for line := range strings.Lines(c.mustCommand(t, "catalogue", "versions")) {
		f := strings.Fields(line)
		if len(f) < 5 {
			t.Fatalf("a version reads %q", line)
		}
		all = append(all, listed{state: f[0], name: f[len(f)-2], id: f[len(f)-1]})
	}
	return all
}

// nextCatalogue is smallCatalogue a year on: 占道经营 is split, 停水 and 停电
// become one, 公交班次 is called otherwise, 充电 is new.
const nextCatalogue = `code,level1,level2,level3,scope
010101,城市管理,市容,路灯照明,路灯不亮、灯杆损坏、亮灯时间不合理
010112,城市管理,市容,流动摊贩,流动摊贩占用道路摆卖
010113,城市管理,市容,店铺出店经营,店铺把东西摆到门外
010103,城市管理,环境,生活垃圾,垃圾没有清运、垃圾桶满了、乱倒垃圾
010210,公用事业,水电,停水停电,家里没有水、停电没有通知、水压太低
010301,交通,公交,公交候车,公交等太久、末班车太早、不停站
010401,公用事业,充电,电动车充电,充电桩坏了、充不进电、占位
`

const nextCodes = "原编码,新编码\n010102,010112\n010102,010113\n010201,010210\n010202,010210\n"

// TestVersionsByCommand reads a new catalogue by the commands of the real
// program: what changes is shown, past decisions are replayed, and nothing
// changes; what waits for its date can be called off.
func TestVersionsByCommand(t *testing.T) {
	c := smallCity(t, smallCatalogue)
	next, codes, routes := writeTemp(t, "第二版.csv", []byte(nextCatalogue)), writeTemp(t, "对照.csv", []byte(nextCodes)), filepath.Join(t.TempDir(), "改派.csv")
	for _, text := range []string{"路边小贩把人行道占满了", "店铺把货摆到门外占道", "家里停水两天了", "门口的路灯不亮"} {
		m := c.receive(t, delivery{Channel: "web", Text: text, Area: "990101001"}).Message.Matters[0]
		d := m.Suggestion.confirmation()
		d.Lead = c.unit(t, "城市管理").ID
		if d.Kind = "correct"; strings.Contains(text, "占") {
			d.Category = c.leaf(t, "占道经营").ID
		}
		c.decide(t, m.ID, d)
	}
	in := func(names ...string) {
		t.Helper()
		all := c.versions(t)
		for i, v := range all {
			if i >= len(names) || v.state+" "+v.name != names[i] {
				t.Fatalf("versions %+v, want %q", all, names)
			}
		}
		if len(all) != len(names) {
			t.Fatalf("versions %+v, want %q", all, names)
		}
	}

	// Looking changes nothing.
	out := c.mustCommand(t, "import", "catalogue", next, "--codes", codes, "--dry-run")
	sayings(t, out, "与现行版本“第一版”对照", "拆分 1 项", "合并 2 项", "新增 1 项", "2 件对应多个事项，等人决定", "只检查，没有写入")
	out = c.mustCommand(t, "import", "catalogue", next, "--codes", codes, "--replay", routes)
	sayings(t, out, "用最近 4 件已确认的决定试跑", "没有启用新版本")
	rows := readTable(t, routes)
	split := 0
	for _, row := range rows[1:] {
		if len(row) != len(routeHeadings()) {
			t.Errorf("a row has %d cells", len(row))
		}
		if strings.Contains(strings.Join(row, " "), "所定事项已拆分") {
			split++
		}
	}
	if !slices.Equal(rows[0], routeHeadings()) || split != 2 {
		t.Errorf("%d of 2 split decisions in %q", split, rows)
	}
	in("使用中 第一版")

	// A version waits for its date, and can be called off.
	sayings(t, c.mustCommand(t, "import", "catalogue", next, "--codes", codes, "--from", "2099-01-01", "--name", "第二版"), "2099-01-01 00:00 起由服务自动启用")
	in("待生效 第二版", "使用中 第一版")
	c.mustCommand(t, "catalogue", "due")
	in("待生效 第二版", "使用中 第一版")
	sayings(t, c.mustCommand(t, "catalogue", "cancel", "第二版"), "“第二版”不会自动启用")
	if out, code := c.command(t, "catalogue", "cancel", "第二版"); code == exitOK {
		t.Errorf("cancelled twice: %s", out)
	}

	if out, code := c.command(t, "import", "catalogue", next, "--codes", codes, "--from", "2020-01-01"); code != exitUsage || !strings.Contains(out, "起始日期要晚于现在") {
		t.Errorf("a date that is past: exit %d\n%s", code, out)
	}
}

// readTable reads a CSV file as the program writes it.
func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	return rows
}
