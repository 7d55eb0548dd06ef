package text

import "strings"

// phoneWords announce a phone number.
var phoneWords = []string{"电话", "手机", "联系", "号码", "致电", "拨打", "tel", "座机", "固话", "微信"}

// mobile finds a mainland mobile number with or without +86, 0086, 86 or 0.
func (m *scan) mobile(a int) int {
	first := m.g[a]
	for _, prefix := range []string{"", "0", "86", "0086"} {
		n := 11 + len(prefix)
		k := m.take(a, n)
		if k == 0 {
			continue
		}
		d := m.digits(a, k)
		rest, ok := strings.CutPrefix(d, prefix)
		if !ok || !isMobile(rest) {
			continue
		}
		if !m.phoneShape(a, k, prefix) || m.amount(a, k) {
			continue
		}
		start := first.start
		if m.get(start-1) == '+' {
			start--
		}
		m.addPhone(start, m.g[a+k-1].end)
		return k
	}
	if first.len() == 22 { // two numbers typed as one
		if d := m.digits(a, 1); isMobile(d[:11]) && isMobile(d[11:]) {
			m.addPhone(first.start, first.end)
			return 1
		}
	}
	return 0
}

// amount reports whether 元 follows, as in an investment of 13800000000元, and
// no phone is spoken of.
func (m *scan) amount(a, k int) bool {
	return m.has(m.g[a+k-1].end, "元") && !m.near(m.g[a].start, 10, phoneWords...)
}

// phoneShape reports whether the k groups from a on are split as people split
// a mobile number, or a phone is spoken of just before. A list of amounts
// (150 2000 3000) must not look like one.
func (m *scan) phoneShape(a, k int, prefix string) bool {
	g := m.g[a : a+k]
	if prefix != "" && g[0].len() == len(prefix) {
		g = g[1:]
	}
	shape := make([]byte, len(g))
	ones := true
	for i, x := range g {
		shape[i] = '0' + byte(min(x.len(), 11))
		ones = ones && x.len() == 1
	}
	switch s := string(shape); {
	case len(g) == 1, ones:
		return true
	case s == "344", s == "443", s == "434", s == "38", s == "74", s == "335", s == "32222", s == "353":
		return true
	}
	return m.near(m.g[a].start, 10, phoneWords...)
}

// landline finds a number with area code, and an extension behind a dash.
func (m *scan) landline(a int) int {
	first := m.g[a]
	if m.r[first.start] != '0' {
		return 0
	}
	for n := 10; n <= 12; n++ {
		k := m.take(a, n)
		if k == 0 || k > 4 {
			continue
		}
		d := m.digits(a, k)
		code := areaCode(d)
		if code == 0 || !m.splitAfter(a, k, code) {
			continue
		}
		if a+k < len(m.g) && m.g[a+k].sep == 0 {
			continue
		}
		start, end := first.start, m.g[a+k-1].end
		if m.get(start-1) == '(' {
			start--
		}
		if a+k < len(m.g) && m.g[a+k].sep == '-' && m.g[a+k].len() <= 5 {
			end = m.g[a+k].end
			k++
		} else if m.get(end) == '转' && isDigit(m.get(end+1)) {
			for end++; isDigit(m.get(end)); {
				end++
			}
		}
		m.addPhone(start, end)
		return k
	}
	return 0
}

// splitAfter reports whether k groups from a on are one group, or split behind
// the area code and then at most once more.
func (m *scan) splitAfter(a, k, code int) bool {
	return k == 1 || m.g[a].len() == code
}

// local finds a landline number without area code, where the word for a phone
// stands right before it.
func (m *scan) local(a int) int {
	if m.g[a].len() > 8 || a > 0 && m.g[a-1].len() >= 3 {
		return 0
	}
	for n := 7; n <= 8; n++ {
		k := m.take(a, n)
		if k == 0 || k > 2 || a+k < len(m.g) {
			continue
		}
		d := m.digits(a, k)
		if d[0] < '2' || d[0] > '8' || isService(d) || plainDate(d) {
			continue
		}
		if m.follows(m.g[a].start, "电话", "电话号码", "座机", "固话", "联系方式", "tel", "号码", "手机") {
			m.addPhone(m.g[a].start, m.g[a+k-1].end)
			return k
		}
	}
	return 0
}

// follows reports whether one of the words stands before i with nothing but
// 是, 为, signs and spaces between.
func (m *scan) follows(i int, words ...string) bool {
	j := i
	for j > 0 && i-j < 4 && strings.ContainsRune("是为: ,(.", m.r[j-1]) {
		j--
	}
	for _, w := range words {
		if m.has(j-len([]rune(w)), w) {
			return true
		}
	}
	return false
}

// international finds a number that begins with + or 00 and a country code.
func (m *scan) international(a int) int {
	start := m.g[a].start
	plus := m.get(start-1) == '+' && !isDigit(m.get(start-2))
	if !plus && !strings.HasPrefix(string(m.r[start:m.g[a].end]), "00") {
		return 0
	}
	sum := 0
	for k := 1; a+k <= len(m.g) && k <= 5; k++ {
		sum += m.g[a+k-1].len()
		if sum > 15 {
			return 0
		}
		d := m.digits(a, k)
		if plus {
			d = "00" + d
		}
		last := a+k == len(m.g)
		if greaterChina(d) || (plus && last && sum >= 8) {
			if plus {
				start--
			}
			m.addPhone(start, m.g[a+k-1].end)
			return k
		}
	}
	return 0
}

// greaterChina reports a whole number of the mainland, Hong Kong, Macau or
// Taiwan with 00 and country code.
func greaterChina(d string) bool {
	rest, ok := strings.CutPrefix(d, "0086")
	if ok {
		return isMobile(rest)
	}
	for _, code := range []string{"00852", "00853", "00886"} {
		if rest, ok := strings.CutPrefix(d, code); ok {
			return len(rest) == 8 || (code == "00886" && len(rest) == 9)
		}
	}
	return false
}

func isMobile(d string) bool {
	return len(d) == 11 && d[0] == '1' && d[1] >= '3' && d[1] <= '9'
}

// isService reports a 400 or 800 number, which belongs to a business.
func isService(d string) bool {
	return len(d) == 10 && (strings.HasPrefix(d, "400") || strings.HasPrefix(d, "800"))
}

// areaCode gives the length of the area code of a whole landline number, 0 if
// d is none: 010 and 02x with eight digits, 0[3-9]xx with seven or eight, the
// first of them 2 to 8.
func areaCode(d string) int {
	if len(d) < 10 || d[0] != '0' {
		return 0
	}
	code := 4
	if d[1] == '1' || d[1] == '2' {
		code = 3
		if d[1] == '1' && d[2] != '0' {
			return 0
		}
	} else if d[1] < '3' {
		return 0
	}
	local := len(d) - code
	if local != 8 && (local != 7 || code == 3) {
		return 0
	}
	if d[code] < '2' || d[code] > '8' {
		return 0
	}
	return code
}

// addPhone adds a phone number and the name that stands beside it.
func (m *scan) addPhone(start, end int) {
	if m.get(start-1) == '(' && strings.ContainsRune(string(m.r[start:end]), ')') {
		start--
	}
	m.add(start, end, Phone)
	m.nameBefore(start)
	m.nameBehind(end)
}
