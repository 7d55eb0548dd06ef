package text

import "strings"

// count is a number as it stands in an address: digits with at most one letter
// before and behind, or Chinese numerals.
type count struct {
	end    int // behind its last rune
	places int // digits, without letters
	value  int // -1 when it does not fit
	tens   bool
}

// homeWords end the name of a place where people live.
const homeWords = "区园苑寓村城府湾庭邸居院庄厦里轩阁台郡家舍墅"

// countAt reads a count at p and the space before 室, 房 or 单元; places is 0 if
// there is none.
func (m *scan) countAt(p int) count {
	c := m.tightCount(p)
	if c.places > 0 && m.get(c.end) == ' ' && m.hasAny(c.end+1, "室", "房", "单元", "号房") > 0 {
		c.end++
	}
	return c
}

func (m *scan) tightCount(p int) count {
	start := p
	if isLatin(m.get(p)) && isDigit(m.get(p+1)) {
		p++
	}
	c := count{end: start}
	for ; isDigit(m.get(p)) && c.places <= 6; p++ {
		c.value = c.value*10 + int(m.r[p]-'0')
		c.places++
	}
	if c.places > 0 {
		if c.places > 5 {
			return count{end: start}
		}
		if isLatin(m.get(p)) && !isLatin(m.get(p+1)) {
			p++
		}
		c.end = p
		return c
	}
	return m.spelledCount(start)
}

// spelledCount reads 五零一, 十二 or 二十三.
func (m *scan) spelledCount(p int) count {
	c := count{end: p}
	last := 0
	for ; c.places < 6; p++ {
		if m.get(p) == '十' {
			c.tens = true
			if last == 0 {
				last = 1
			}
			c.value = last * 10
			c.places++
			continue
		}
		v, ok := numeralOf(m.get(p))
		if !ok {
			break
		}
		if c.tens {
			c.value += int(v)
		} else {
			c.value = c.value*10 + int(v)
		}
		last = int(v)
		c.places++
	}
	if c.places > 0 {
		c.end = p
	}
	return c
}

// room reports whether c looks like a room: floor and door, such as 204, 1304.
func (c count) room() bool {
	door, floor := c.value%100, c.value/100
	return c.places >= 3 && c.places <= 4 && !c.tens && door >= 1 && door <= 24 && floor >= 1 && floor <= 70
}

// houseAt looks whether the rune at i names a building, unit or floor, and
// masks the unit and room that follow. It gives the end, 0 for none.
func (m *scan) houseAt(i int) int {
	loose, floor, ok := m.building(i)
	if !ok {
		return m.namedRoom(i)
	}
	if floor > 0 && m.office(i) {
		return 0
	}
	start, end := m.chain(i+1, loose, floor)
	if end == 0 && m.r[i] == '元' {
		end = m.homeNumber(i + 1)
	}
	if end == 0 {
		return 0
	}
	if m.r[i] == '元' { // the unit is part of the house number
		start = m.countBefore(i - 1)
	}
	m.add(start, end, HouseNumber)
	return m.moreRooms(end)
}

// building reports whether the rune at i ends the name of a building (3栋,
// 8号楼, A座, 12#), a unit, a floor or a street number. loose: a bare number
// behind it may be a room. floor is the number of a floor that a bare room
// must begin with, 0 otherwise.
func (m *scan) building(i int) (loose bool, floor int, ok bool) {
	before := m.get(i - 1)
	if before == ' ' {
		before = m.get(i - 2)
	}
	counted := isDigit(before) || isLatin(before) || before == '十'
	if !counted {
		_, counted = numeralOf(before)
	}
	switch m.r[i] {
	case '栋', '幢', '座':
		return true, 0, counted || before == '#' || before == '号'
	case '#':
		return true, 0, isDigit(before)
	case '元':
		return true, 0, before == '单' && m.countBefore(i-1) < i-1
	case '楼', '层':
		if before == '号' || before == '#' || isLatin(before) {
			return true, 0, true
		}
		if !counted {
			return false, 0, false
		}
		return true, m.countAt(m.countBefore(i)).value, true
	case '号':
		if !isDigit(before) {
			return false, 0, false
		}
		road := m.get(m.countBefore(i) - 1)
		return strings.ContainsRune("路街巷道弄"+homeWords, road), 0, true
	}
	return false, 0, false
}

// countBefore gives the start of the count that ends before p; p if none.
func (m *scan) countBefore(p int) int {
	i := p
	for i > 0 && p-i < 6 {
		r := m.r[i-1]
		if _, ok := numeralOf(r); !ok && !isDigit(r) && !isLatin(r) && r != '十' {
			break
		}
		i--
	}
	return i
}

// chain reads units, floors and the room behind a building, and gives the
// range to mask; end is 0 when no room follows.
func (m *scan) chain(p int, loose bool, floor int) (start, end int) {
	p = m.skipJoin(p)
	start = p
	for parts := range 4 {
		c := m.countAt(p)
		if c.places == 0 {
			if n := m.door(p); n > 0 && (parts > 0 || floor > 0) {
				return start, p + n
			}
			return 0, 0
		}
		if n := m.hasAny(c.end, "单元", "号楼", "号梯", "梯", "门", "楼", "层", "座"); n > 0 {
			p = m.skipJoin(c.end + n)
			switch {
			case !m.has(c.end, "单元"):
				if m.has(c.end, "楼") || m.has(c.end, "层") {
					floor = c.value
				}
			case c.room() && m.countAt(p).places == 0: // in the south, A座2602单元 is a home
				return start, c.end + n
			default:
				floor, loose = 0, true
				if end := m.homeNumber(p); end > 0 {
					return start, end
				}
			}
			continue
		}
		if m.get(c.end) == '-' {
			next := m.countAt(c.end + 1)
			if next.places < 3 || !next.room() || (c.places > 2 && !c.room()) {
				return 0, 0
			}
			p = c.end + 1
			continue
		}
		if n := m.roomSuffix(c, true); n > 0 {
			return start, c.end + n
		}
		if loose && (m.bareRoom(c, floor) || m.lettered(c)) {
			return start, c.end
		}
		return 0, 0
	}
	return 0, 0
}

// homeNumber gives the end of a small number of a home behind a unit (3单元1号),
// 0 if there is none.
func (m *scan) homeNumber(p int) int {
	c := m.countAt(p)
	if c.places == 0 || c.places > 2 || m.get(c.end) != '号' || m.hasAny(c.end+1, "楼", "梯", "电", "线") > 0 {
		return 0
	}
	return c.end + 1
}

// door gives the length of a home's name without a number, as it stands behind
// a floor: 东户, B室.
func (m *scan) door(p int) int {
	if isLatin(m.get(p)) {
		if n := m.hasAny(p+1, "室", "房", "户"); n > 0 {
			return 1 + n
		}
		return 0
	}
	return m.hasAny(p, "东户", "西户", "左户", "右户", "中户", "南户", "北户", "东边户", "西边户", "中间户")
}

// lettered reports a room such as 12A: a floor of two digits and a letter, with
// a sign behind it.
func (m *scan) lettered(c count) bool {
	return c.places == 2 && isLatin(m.get(c.end-1)) && isDigit(m.get(c.end-2)) && !m.isHan(c.end)
}

// skipJoin goes over what may stand between the parts of an address.
func (m *scan) skipJoin(p int) int {
	for n := 0; n < 3 && strings.ContainsRune(" -的第", m.get(p)) && m.get(p) != 0; n++ {
		p++
	}
	return p
}

// moreRooms masks the further rooms of a list (302户、303户和304) and gives the
// end of the last.
func (m *scan) moreRooms(end int) int {
	for {
		p := end
		for p-end < 2 && strings.ContainsRune("、,/和与及或跟至到~- ", m.get(p)) && m.get(p) != 0 {
			p++
		}
		c := m.countAt(p)
		if p == end || c.places < 2 || c.places == 2 && m.get(p) != '0' {
			return end
		}
		n := m.roomSuffix(c, true)
		if n == 0 && !m.bareRoom(c, 0) {
			return end
		}
		end = c.end + n
		m.add(p, end, HouseNumber)
	}
}

// namedRoom handles 房号：501, 门牌号 12-3 and a spelt room that stands alone
// (五零一室).
func (m *scan) namedRoom(i int) int {
	if n := m.hasAny(i, "房间号", "门牌号", "房号", "户号"); n > 0 {
		p := i + n
		for p-i-n < 3 && strings.ContainsRune("码是为: ", m.get(p)) && m.get(p) != 0 {
			p++
		}
		c := m.countAt(p)
		for c.places > 0 && m.get(c.end) == '-' && m.countAt(c.end+1).places > 0 {
			c = m.countAt(c.end + 1)
		}
		street := m.r[i] == '门' && c.value < 100 && m.get(c.end-2) != '-' && m.get(c.end-3) != '-'
		if c.places == 0 || street || m.hasAny(c.end, "元", "栋", "幢", "座", "号楼", "单元", "楼", "年", "个") > 0 {
			return 0
		}
		end := c.end + m.roomSuffix(c, true)
		m.add(p, end, HouseNumber)
		return end
	}
	if _, ok := numeralOf(m.get(i)); ok {
		if _, ok := numeralOf(m.get(i - 1)); !ok {
			return m.loneRoom(i, i)
		}
	}
	return 0
}

// roomGroups finds 3-2-501 behind the name of a home, and 501室 that stands
// alone.
func (m *scan) roomGroups(a int) int {
	g := m.g[a:]
	k := 1
	for k < len(g) && k < 3 && g[k].sep == '-' && g[k-1].len() <= 3 {
		k++
	}
	start := g[0].start
	if isLatin(m.get(start-1)) && !isLatin(m.get(start-2)) {
		start--
	}
	if k == 1 {
		if m.loneRoom(start, g[0].start) > 0 {
			return 1
		}
		return 0
	}
	c := m.countAt(g[k-1].start)
	named := m.roomSuffix(c, false) > 0
	year := c.places == 4 && c.value >= 1900 && c.value <= 2099
	before := m.get(start - 1)
	if before == ' ' {
		before = m.get(start - 2)
	}
	home := before != 0 && strings.ContainsRune(homeWords+"住", before) || k == 3 && m.near(start, 6, "住", "地址")
	if !c.room() || !named && (!home || year || !m.bareRoom(c, 0)) || k < len(g) && g[k].sep == '-' {
		return 0
	}
	end := c.end + m.roomSuffix(c, false)
	m.add(g[1].start, end, HouseNumber)
	m.moreRooms(end)
	return k
}

// loneRoom masks a room with 室 or 房 behind it that no building precedes,
// unless an office, a hotel or a school does. start includes a letter.
func (m *scan) loneRoom(start, at int) int {
	c := m.countAt(at)
	n := 0
	if c.room() {
		n = m.roomSuffix(c, false)
	}
	if n == 0 || isDigit(m.get(start-1)) || isLatin(m.get(start-1)) || m.get(start-1) == '.' {
		return 0
	}
	if m.office(start) {
		return 0
	}
	end := c.end + n
	m.add(start, end, HouseNumber)
	return m.moreRooms(end)
}

// office reports whether an office, a hotel or a school rather than a home is
// named before i.
func (m *scan) office(i int) bool {
	return m.near(i, 10, "局", "厅", "中心", "医院", "酒店", "宾馆", "旅馆", "学校", "法院", "公司", "大学", "办公", "政务", "ktv", "会所", "网吧", "仲裁院", "检察院") &&
		!m.near(i, 10, "小区", "花园", "公寓", "新村", "家园", "宿舍", "住", "苑", "出租")
}
