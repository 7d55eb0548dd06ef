package workday

import "testing"

func TestUntilPutsACountdownIntoWords(t *testing.T) {
	c := New(Published(), nil)
	tests := []struct{ now, due, want string }{
		{"2026-11-23 10:00:00", "2026-11-23 10:00:20", "还剩不到 1 分钟"},
		{"2026-11-23 10:00:00", "2026-11-23 10:40:59", "还剩 40 分钟"},
		{"2026-11-23 10:00:00", "2026-11-23 13:59:00", "还剩 3 小时"},
		{"2026-11-23 18:00:00", "2026-11-24 17:30:00", "还剩 23 小时"},
		{"2026-11-23 10:00:00", "2026-11-24 17:30:00", "还剩 1 个工作日"},
		{"2026-11-27 10:00:00", "2026-12-01 17:30:00", "还剩 2 个工作日"},
		{"2026-09-30 10:00:00", "2026-10-08 17:30:00", "还剩 1 个工作日"},
		{"2026-10-01 10:00:00", "2026-10-05 10:00:00", "还剩 4 天"},
		{"2026-11-23 10:00:00", "2026-11-23 09:59:30", "已超期不到 1 分钟"},
		{"2026-11-23 10:00:00", "2026-11-23 05:00:00", "已超期 5 小时"},
		{"2026-11-24 18:00:00", "2026-11-23 17:30:00", "已超期 1 天"},
	}
	for _, tt := range tests {
		if got := c.Until(at(t, tt.now), at(t, tt.due)); got != tt.want {
			t.Errorf("at %s, due %s: %q, want %q", tt.now, tt.due, got, tt.want)
		}
	}
}

func TestAMissingYearIsSaidInTime(t *testing.T) {
	c := New(Published(), nil)
	if w := c.Warning(at(t, "2026-10-31 23:59:59")); w != "" {
		t.Errorf("in October: %q", w)
	}
	if w := c.Warning(at(t, "2026-11-01 00:00:00")); w != "工作日历缺少 2027 年的放假安排，这段时间的期限暂按周六、周日休息推算。国务院办公厅公布后请及时导入" {
		t.Errorf("in November: %q", w)
	}
	if m := c.Missing(at(t, "2027-12-01 00:00:00")); len(m) != 2 {
		t.Errorf("a year later %v are missing", m)
	}
	if empty := New(nil, nil); !empty.CoveredUntil().IsZero() || empty.Warning(at(t, "2026-01-01 00:00:00")) == "" {
		t.Error("an empty table covers something")
	}
}
