package text

import "strings"

// emailAt finds the address around the @ at i and gives its end, i+1 if there
// is none. The local part may reach back over runes already seen.
func (m *scan) emailAt(i int) int {
	start := i
	if m.get(i-1) == ' ' && isDomainEnd(m, i) {
		start--
	}
	left := start
	for left > 0 && start-left < 64 && isLocalPart(m.r[left-1]) {
		left--
	}
	end := domainEnd(m.r, i+1)
	if left == start || end == 0 {
		return i + 1
	}
	m.add(left, end, Email)
	return end
}

// isDomainEnd reports whether a domain follows the @ at i, so that a space
// before the @ is a slip.
func isDomainEnd(m *scan, i int) bool { return domainEnd(m.r, i+1) > 0 }

// domainEnd reads host.tld from p, a space before it and a Chinese full stop
// for the dot allowed, and gives its end, 0 if it is none.
func domainEnd(r []rune, p int) int {
	if p < len(r) && r[p] == ' ' {
		p++
	}
	dots, label, end := 0, 0, 0
	for n := 0; p < len(r) && n < 128; n++ {
		switch c := r[p]; {
		case isLatin(c) || isDigit(c) || c == '-' && label > 0:
			label++
			if dots > 0 && label >= 2 {
				end = p + 1
			}
		case (c == '.' || c == '。') && label > 0 && p+1 < len(r) && (isLatin(r[p+1]) || isDigit(r[p+1])):
			dots++
			label = 0
		default:
			return end
		}
		p++
	}
	return end
}

func isLocalPart(r rune) bool {
	return isLatin(r) || isDigit(r) || r == '.' || r == '_' || r == '-' || r == '+' || r == '%'
}

// accountAt finds a WeChat or QQ account behind its word and gives its end, 0
// if the word is not there, or names a group, an official account or an app.
func (m *scan) accountAt(i int) int {
	n := 0
	switch m.r[i] {
	case '微', '薇', 'v', 'w', 'q', '扣', '企', '抖', '支':
		n = m.hasAny(i, "微信", "薇信", "weixin", "wechat", "vx", "v信", "wx", "qq", "扣扣", "企鹅号", "抖音", "支付宝")
	}
	if n == 0 || isLatin(m.get(i-1)) && isLatin(m.r[i]) {
		return 0
	}
	p := i + n
	said := false
	for p-i-n < 8 {
		k := m.hasAny(p, "号码", "账号", "帐号", "号", "id", "是", "为", "：", ":", "加", "同号", " ", ",", "(")
		if k == 0 {
			break
		}
		said = said || m.get(p) != ' '
		p += k
	}
	end, digits := p, 0
	for end-p < 21 && (isLatin(m.get(end)) || isDigit(m.get(end)) || (end > p && (m.get(end) == '_' || m.get(end) == '-'))) {
		if isDigit(m.r[end]) {
			digits++
		}
		end++
	}
	size := end - p
	least := 6 // WeChat's shortest; QQ numbers have five digits
	if digits == size {
		least = 5
	}
	if size < least || size > 20 || m.get(end) == '@' || !said && digits == 0 || strings.Contains(string(m.r[p:end]), "xxx") {
		return 0
	}
	if digits == size && (size > 11 || isMobile(string(m.r[p:end]))) {
		return 0 // a phone, or an order number; numberAt decides
	}
	m.add(p, end, Account)
	return end
}
