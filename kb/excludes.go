package kb

import (
	"regexp"
	"strings"
)

// excluding are the phrases by which an answer says whom or what it leaves
// out. They are the set phrases of notices and regulations.
var excluding = regexp.MustCompile(`不适用|不包括|不包含|不含|除外|不属于|不在[^，。；]{0,12}(范围|之列)|不予(受理|办理|补贴|支持|发放)|不能(办理|申请|享受)|不得(办理|申请|享受)|另行规定|以外的`)

// maxExcludes is how many such sentences a card shows.
const maxExcludes = 3

// Excludes gives the sentences of the answer that say what it does not cover,
// at most three, in their order.
func (e Entry) Excludes() []string {
	var out []string
	for _, s := range strings.FieldsFunc(e.Answer, func(r rune) bool { return strings.ContainsRune("。！？；\n", r) }) {
		s = strings.TrimSpace(s)
		if len(out) < maxExcludes && excluding.MatchString(s) {
			out = append(out, s)
		}
	}
	return out
}
