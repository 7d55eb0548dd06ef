package text

import "strings"

// Words that say what a number is. numberWords name numbers of a case, an
// order or a business, which stay.
var (
	idWords     = []string{"身份证", "证件", "证号", "公民身份"}
	permitWords = []string{"护照", "通行证", "回乡证", "台胞证", "军官证", "居留证"}
	cardWords   = []string{"银行卡", "卡号", "账号", "帐号", "账户", "帐户", "存折", "工资卡", "储蓄卡", "借记卡", "信用卡"}
	numberWords = []string{"单号", "编号", "订单", "合同", "流水", "执照", "注册号", "案号", "回执", "信用代码", "发票", "文号", "充值", "工单"}
)

// identity finds an identity card number of 18 or 15 places.
func (m *scan) identity(a int) int {
	if k := m.take(a, 18); k > 0 && k <= 4 {
		if d := m.digits(a, k); validIdentity(d) {
			m.add(m.g[a].start, m.g[a+k-1].end, IDNumber)
			return k
		}
	}
	if k := m.take(a, 17); k > 0 && k <= 4 {
		end := m.g[a+k-1].end
		if m.get(end) == ' ' || m.get(end) == '-' {
			end++
		}
		x := m.get(end) == 'x' || m.get(end) == '×'
		if d := m.digits(a, k); x && !isLatin(m.get(end+1)) && validIdentity(d+"X") {
			m.add(m.g[a].start, end+1, IDNumber)
			return k
		}
	}
	start := m.g[a].start
	if k := m.take(a, 15); k > 0 && k <= 4 && validIdentity15(m.digits(a, k)) &&
		!m.near(start, 10, numberWords...) && (k == 1 || m.near(start, 10, idWords...)) {
		m.add(start, m.g[a+k-1].end, IDNumber)
		return k
	}
	// Mistyped, but said to be one.
	if n := m.g[a].len(); n >= 15 && n <= 19 && m.near(start, 8, idWords...) {
		end := m.g[a].end
		if m.get(end) == 'x' {
			end++
		}
		m.add(start, end, IDNumber)
		return 1
	}
	return 0
}

// permitAt finds a passport or travel permit at the letter at i and gives its
// end, 0 if there is none or nothing says that it is one.
func (m *scan) permitAt(i int) int {
	p := i
	for p-i < 2 && isLatin(m.get(p)) {
		p++
	}
	digits := p
	for isDigit(m.get(p)) {
		p++
	}
	if p-digits < 7 || p-digits > 10 || isLatin(m.get(p)) || isLatin(m.get(i-1)) || !m.near(i, 8, permitWords...) {
		return 0
	}
	m.add(i, p, IDNumber)
	return p
}

// card finds a bank card or account number.
func (m *scan) card(a int) int {
	start := m.g[a].start
	said := m.near(start, 10, cardWords...)
	for n := 19; n >= 12; n-- {
		k := m.take(a, n)
		if k == 0 || k > 6 || (k > 1 && (m.g[a+1].sep == '.' || m.g[a].len() < 4)) {
			continue
		}
		d := m.digits(a, k)
		plain := n >= 16 && cardPrefix(d) && (luhn(d) || d[0] == '6' && m.near(start, 6, "卡")) && !m.near(start, 10, numberWords...)
		if said && !m.near(start, 6, numberWords...) || plain {
			m.add(start, m.g[a+k-1].end, BankCard)
			return k
		}
	}
	return 0
}

func cardPrefix(d string) bool {
	return strings.HasPrefix(d, "62") || (len(d) == 16 && (d[0] == '4' || (d[0] == '5' && d[1] >= '1' && d[1] <= '5')))
}

// luhn checks the last digit by ISO/IEC 7812-1, annex B.
func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			v *= 2
			if v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// validIdentity checks region and date of birth of an 18-place number. The
// check digit (GB 11643) is not required: people mistype it.
func validIdentity(d string) bool {
	return len(d) == 18 && region(d) && validDate(d[6:14])
}

// validIdentity15 checks the old form, whose year has two digits.
func validIdentity15(d string) bool {
	return len(d) == 15 && region(d) && validDate("19"+d[6:12])
}

// region checks the first two digits against the provinces of GB/T 2260.
func region(d string) bool {
	switch d[0] {
	case '1':
		return d[1] >= '1' && d[1] <= '5'
	case '2':
		return d[1] >= '1' && d[1] <= '3'
	case '3':
		return d[1] >= '1' && d[1] <= '7'
	case '4':
		return d[1] >= '1' && d[1] <= '6'
	case '5':
		return d[1] >= '0' && d[1] <= '4'
	case '6':
		return d[1] >= '1' && d[1] <= '5'
	case '7':
		return d[1] == '1'
	case '8':
		return d[1] >= '1' && d[1] <= '3'
	}
	return false
}
