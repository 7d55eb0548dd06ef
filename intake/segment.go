package intake

import (
	"strings"
	"unicode"
)

// series are the ways to number what one has to say. Two numbers of one series
// at least, in order, make a list.
var series = [][]string{
	{"一、", "二、", "三、", "四、", "五、", "六、"},
	{"一.", "二.", "三.", "四."},
	{"(一)", "(二)", "(三)", "(四)"},
	{"1、", "2、", "3、", "4、", "5、", "6、"},
	{"1.", "2.", "3.", "4.", "5.", "6."},
	{"(1)", "(2)", "(3)", "(4)"},
	{"①", "②", "③", "④"},
	{"第一", "第二", "第三", "第四"},
	{"其一", "其二", "其三"},
	{"一是", "二是", "三是", "四是"},
}

// narrow writes the signs of a number in one way, each as long as it was.
var narrow = strings.NewReplacer("（", "(", "）", ")", "．", ".")

// turns begin a sentence with which somebody comes to another matter; strong
// ones also after a comma. They come longest first.
var (
	turns       = []string{"还有一件事", "再反映一个", "另外", "此外", "另有", "还有", "同时", "再就是", "顺便", "另"}
	strongTurns = []string{"还有", "另外", "此外", "顺便", "顺带", "再一个", "再反映", "还想问", "还想反映"}
)

// demanding introduces a list of what is wanted in one and the same matter.
var demanding = []string{"希望", "请求", "要求", "恳请", "建议", "诉求", "望"}

// partRunes is how long a part must be to say anything of its own.
const partRunes = 6

// Segments cuts a text where its writer marks that another thing begins: by
// numbers, or by a turn such as 另外. preamble is what stands before the first
// number; it belongs to every part. No parts when nothing is marked, or when
// what is numbered are the demands of one matter. Whether the parts are
// matters of their own is for the reader of their content to say.
func Segments(text string) (preamble string, parts []string) {
	letters := []rune(text)
	if at, widths := numbered(narrow.Replace(text)); at != nil {
		preamble = strings.TrimSpace(string(letters[:at[0]]))
		if demands(preamble) {
			return "", nil
		}
		for i, from := range at {
			to := len(letters)
			if i+1 < len(at) {
				to = at[i+1]
			}
			parts = append(parts, trimPart(string(letters[from+widths[i]:to])))
		}
	} else {
		from := 0
		for _, at := range turned(letters) {
			parts, from = append(parts, trimPart(string(letters[from:at]))), at
		}
		if from > 0 {
			parts = append(parts, trimPart(string(letters[from:])))
		}
	}
	if parts = folded(parts); len(parts) < 2 {
		return "", nil
	}
	return preamble, parts
}

// folded joins what is too short to the part before it, the first to the one
// after.
func folded(parts []string) []string {
	var out []string
	for _, p := range parts {
		last := len(out) - 1
		if last >= 0 && (runes(p) < partRunes || runes(out[last]) < partRunes) {
			out[last] += "，" + p
		} else {
			out = append(out, p)
		}
	}
	return out
}

func trimPart(s string) string { return strings.Trim(s, " \n\t,，;；、.") }

// demands reports whether a preamble ends by saying that demands follow.
func demands(preamble string) bool {
	last := preamble
	if i := strings.LastIndexAny(strings.TrimRight(preamble, ":：,， "), "。！？!?\n"); i >= 0 {
		last = preamble[i:]
	}
	for _, word := range demanding {
		if strings.Contains(last, word) {
			return true
		}
	}
	return false
}

// numbered finds the first series of which at least two numbers stand in order,
// each at the beginning of a clause; nil when there is none.
func numbered(text string) (at, widths []int) {
	var runes []rune
	for _, marks := range series {
		if !strings.Contains(text, marks[0]) || !strings.Contains(text, marks[1]) {
			continue
		}
		if runes == nil {
			runes = []rune(text)
		}
		at, widths, from := []int(nil), []int(nil), 0
		for _, mark := range marks {
			i := markAt(runes, []rune(mark), from)
			if i < 0 {
				break
			}
			at, widths, from = append(at, i), append(widths, len([]rune(mark))), i+1
		}
		if len(at) > 1 {
			return at, widths
		}
	}
	return nil, nil
}

// markAt finds a number from a place on; -1: it is not there. 1. is no number
// of a list in 1.5, nor in 11.
func markAt(runes, mark []rune, from int) int {
	for i := from; i+len(mark) < len(runes); i++ {
		if !startsWith(runes[i:], mark) || !opens(runes, i) {
			continue
		}
		if next := runes[i+len(mark)]; mark[len(mark)-1] == '.' && unicode.IsDigit(next) {
			continue
		}
		// 第一 counts matters, not things: 第一次, 第一中学 do not.
		if next := runes[i+len(mark)]; mark[0] == '第' && !strings.ContainsRune(",，、:：个件点 ", next) {
			continue
		}
		return i
	}
	return -1
}

// turned finds where a turn begins a sentence.
func turned(runes []rune) []int {
	var at []int
	for i := 1; i < len(runes); i++ {
		words := turns
		switch {
		case strings.ContainsRune("。！？!?;；\n", runes[i-1]):
		case strings.ContainsRune(",， ", runes[i-1]):
			words = strongTurns
		default:
			continue
		}
		for _, w := range words {
			if startsWith(runes[i:], []rune(w)) {
				at = append(at, i)
				break
			}
		}
	}
	return at
}

// opens reports whether a clause begins at a place.
func opens(runes []rune, at int) bool {
	return at == 0 || strings.ContainsRune("。！？!?;；:：,，\n ", runes[at-1])
}

func startsWith(runes, prefix []rune) bool {
	return len(runes) >= len(prefix) && string(runes[:len(prefix)]) == string(prefix)
}
