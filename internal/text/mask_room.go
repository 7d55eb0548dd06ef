package text

import "strings"

// roomSuffix gives the number of runes behind c that make it a room (室, 房,
// 号房, 302户, 305号), 0 if it is none. inside: a building was named before.
func (m *scan) roomSuffix(c count, inside bool) int {
	if c.tens && c.value < 100 && !inside {
		return 0
	}
	next := c.end
	n := m.hasAny(next, "号房间", "房间", "号房", "号室", "室", "房")
	behind := m.get(next + n)
	switch {
	case n > 0 && c.places == 1 && m.roomType(next+n):
		return 0
	case n > 0 && c.places < 2:
		return 0
	case n > 0 && m.get(next+n-1) == '房' && strings.ContainsRune("型价产贷租源屋卡款费补改", behind) && behind != 0:
		return 0
	case n > 0 && m.get(next+n-1) == '房' && (behind == '东' || behind == '主'):
		return n - 1
	case n > 0:
		return n
	case m.get(next) == '户':
		few := c.room() && c.value%100 <= 16 || c.places == 2 && m.get(next-2) == '0'
		if few && !strings.ContainsRune("居业村人家群型", m.get(next+1)) && inside {
			return 1
		}
	case m.get(next) == '号' && inside && c.room():
		if !strings.ContainsRune("楼线门店铺车电梯栋", m.get(next+1)) || m.get(next+1) == 0 {
			return 1
		}
	}
	return 0
}

// roomType reports whether 两厅, 1厅, 一卫 and the like stand at p.
func (m *scan) roomType(p int) bool {
	c := m.countAt(p)
	return c.places > 0 && strings.ContainsRune("厅卫厨", m.get(c.end)) || strings.ContainsRune("厅户一", m.get(p)) && m.get(p) != 0
}

// notRoom are runes behind a bare number that make it a quantity, a time or a
// name.
const notRoom = "元块角分毫厘万千百十亿多余几来平㎡方米m公里吨斤克升度伏瓦个只台辆部间套户人名位口次年月日号天时点秒小周期层楼栋幢座单排班条项件种所棵株根张份倍成%‰路线级岁队:.〜~/"

// bareRoom reports whether c is a room though nothing says so.
func (m *scan) bareRoom(c count, floor int) bool {
	behind := m.get(c.end)
	if isDigit(behind) || isLatin(behind) || behind != 0 && strings.ContainsRune(notRoom, behind) {
		if !strings.ContainsRune(":.", behind) || isDigit(m.get(c.end+1)) {
			return false
		}
	}
	if m.hasAny(c.end, "商铺", "铺", "门面", "店") > 0 || floor > 0 && c.value/100 != floor {
		return false
	}
	if behind == '家' && c.value%100 > 16 {
		return false
	}
	return c.room() || c.places == 2 && m.get(c.end-2) == '0'
}
