package text

// numeralOf gives the value of a Chinese numeral as it is read out digit by
// digit.
func numeralOf(r rune) (byte, bool) {
	switch r {
	case '零', '〇':
		return 0, true
	case '一', '壹', '幺':
		return 1, true
	case '二', '贰', '两':
		return 2, true
	case '三', '叁':
		return 3, true
	case '四', '肆':
		return 4, true
	case '五', '伍':
		return 5, true
	case '六', '陆':
		return 6, true
	case '七', '柒':
		return 7, true
	case '八', '捌':
		return 8, true
	case '九', '玖':
		return 9, true
	}
	return 0, false
}

// longestSpelled is the most numerals looked at together: an identity number.
const longestSpelled = 18

// spelledAt finds a phone or identity number of which at least one digit is a
// Chinese numeral, and gives its end, 0 if there is none. Single spaces,
// dashes and commas may stand between the numerals.
func (m *scan) spelledAt(i int) int {
	if _, ok := m.digitLike(i - 1); ok {
		return 0
	}
	var d []byte
	chinese := false
	for j := i; len(d) < longestSpelled; j++ {
		v, ok := m.digitLike(j)
		if !ok {
			return 0
		}
		d = append(d, '0'+v)
		chinese = chinese || !isDigit(m.r[j])
		_, more := m.digitLike(j + 1)
		if !more && chinese {
			gap := spelledGap(m.get(j + 1))
			if _, on := m.digitLike(j + 2); gap && on && len(d) < 10 {
				j++
				continue
			}
			if k := m.spelledKind(i, string(d)); k == Phone {
				m.addPhone(i, j+1)
				return j + 1
			} else if k != 0 {
				m.add(i, j+1, k)
				return j + 1
			}
		}
		if !more && spelledGap(m.get(j+1)) {
			j++
		}
	}
	return 0
}

func (m *scan) spelledKind(i int, d string) Kind {
	switch {
	case isMobile(d), areaCode(d) > 0:
		return Phone
	case validIdentity(d):
		return IDNumber
	case (len(d) == 7 || len(d) == 8) && m.follows(i, "电话", "号码", "座机", "手机"):
		return Phone
	}
	return 0
}

func spelledGap(r rune) bool {
	switch r {
	case ' ', '-', ',', '、':
		return true
	}
	return false
}

// digitLike gives the value of an ASCII digit or a Chinese numeral at i.
func (m *scan) digitLike(i int) (byte, bool) {
	r := m.get(i)
	if v, ok := digitOf(r); ok {
		return v, true
	}
	return numeralOf(r)
}
