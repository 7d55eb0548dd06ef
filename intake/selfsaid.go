package intake

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Trace is a piece of a text by which whoever is complained of could tell who
// complains, though no name and no number is in it.
type Trace struct {
	Kind    string // on screen: 身份, 工作单位, 孩子的学校 …
	Text    string
	Instead string // what stands there when it is masked
}

// traceRule is one way in which people tell who they are.
type traceRule struct {
	kind, instead string
	pattern       *regexp.Regexp
}

const (
	traceI     = `(?:我们?家?|本人|俺|咱们?家?|自己)`
	traceGap   = `[^，。！？；、,!?;\n〔]`
	traceChild = `(?:孩子|小孩|娃娃?|儿子|女儿|闺女|孙子|孙女|外孙女?|侄子|侄女)`
	traceKin   = `(?:老公|丈夫|妻子|老婆|爱人|父亲|母亲|爸爸?|妈妈?|儿子|女儿|孩子|哥哥?|姐姐?|弟弟?|妹妹?|爷爷|奶奶|外公|外婆|岳父|岳母|公公|婆婆)`
	tracePlate = `[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][·. ]?[A-Za-z0-9]{5,6}`
)

// traceRules are looked for in this order; what one has taken is no other's. Of
// whom there are hundreds (居民, 市民, 村民, 业主) nobody is told by; a tenant of a
// shop, a pupil's parent or somebody's staff is.
var traceRules = []traceRule{
	{"孩子的学校", "〔孩子的学校已隐去〕", regexp.MustCompile(traceI + `的?` + traceChild + traceGap + `{0,8}?(?:在读?|就读于?|读|上|念)` + traceGap + `{1,24}?(?:幼儿园|小学|中学|高中|初中|学校|学院|大学|校区|年级|班)(?:` + traceGap + `{0,8}?班)?`)},
	{"孩子的班级", "〔班级已隐去〕", regexp.MustCompile(`(?:[一二三四五六七八九]|初[一二三]|高[一二三]|[小中大]|20\d\d级)年?级?[（(]?[一二三四五六七八九十\d]{0,2}[）)]?班`)},
	{"工作单位", "我〔工作单位已隐去〕", regexp.MustCompile(traceI + `(?:现在|目前|一直|曾|之前|以前)?(?:在|就职于|供职于|任职于|受雇于)` + traceGap + `{2,24}?(?:上班|工作|任职|打工|实习|当差|做(?:保安|保洁|厨师|服务员|收银员?|会计|司机|护士|护工|店员|销售|文员)|干了?[\d一二两三四五六七八九十]+(?:年|个月))`)},
	{"身份", "我〔身份已隐去〕", regexp.MustCompile(traceI + `(?:就|也|曾)?(?:是|系|作为)` + traceGap + `{1,24}?(?:租户|租客|承租人|房东|员工|职工|雇员|工人|临时工|店员|保安|保洁|老师|教师|学生|家长|患者|病人|家属|邻居|会员|学员|学徒|实习生|供应商|加盟商|前台|护士|驾驶员|代课教师|(?:楼上|楼下|隔壁)(?:的?(?:邻居|住户|商户|人家))?)`)},
	{"住处", "我〔住处已隐去〕", regexp.MustCompile(traceI + `(?:就|也)?住(?:在)?` + traceGap + `{0,20}?(?:\d+|[一二三四五六七八九十]+)(?:号?楼|栋|幢|座|单元|层|组|室|号院?)(?:` + traceGap + `{0,8}?(?:单元|层|楼|室|号|房))?`)},
	{"住处", "〔住处已隐去〕", regexp.MustCompile(`(?:就)?在?(?:他|她|它|这家(?:店)?|该(?:店|户|公司))(?:的)?(?:楼上|楼下|隔壁|对门|正对面)`)},
	{"自己的车", "我的车〔车牌已隐去〕", regexp.MustCompile(traceI + `的?(?:车|小车|轿车|货车|电动车|摩托车|车牌)` + traceGap + `{0,10}?` + tracePlate)},
	{"亲属的姓名", "我的亲属〔姓名已隐去〕", regexp.MustCompile(traceI + `的?` + traceKin + `(?:名?叫|名字[是叫]|姓名[是为]?)[一-龥]{2,3}`)},
	{"房号", "〔房号已隐去〕", regexp.MustCompile(`(?:\d{1,3}(?:号楼|栋|幢|座)(?:\d{1,2}单元)?\d{3,4}(?:室|房|号)?)`)},
	{"内部的人", "该单位", regexp.MustCompile(`(?:我们|我所在的|我现在的|我之前的)(?:公司|单位|工厂|厂里?|部门|科室|车间|医院|酒店|饭店|学校|工地|项目部)`)},
}

// Traces gives what a text tells of who complains, in the order of the rules.
// It proposes; a person decides what is masked.
func Traces(title, body string) []Trace {
	var out []Trace
	maskTraces(title, nil, &out)
	maskTraces(body, nil, &out)
	return out
}

// maskTraces replaces traces, only those whose text is in chosen (nil: all), and
// notes them.
func maskTraces(s string, chosen []string, found *[]Trace) string {
	for _, rule := range traceRules {
		s = rule.pattern.ReplaceAllStringFunc(s, func(piece string) string {
			if chosen != nil && !slices.Contains(chosen, piece) {
				return piece
			}
			if !slices.ContainsFunc(*found, func(t Trace) bool { return t.Text == piece }) {
				*found = append(*found, Trace{Kind: rule.kind, Text: piece, Instead: rule.instead})
			}
			return rule.instead
		})
	}
	return s
}

// VeilStore changes the words of a matter that units read.
type VeilStore interface {
	// MatterWords gives a matter, or errs.NotFound "matter.not_found".
	MatterWords(ctx context.Context, m MatterID) (Matter, error)
	// VeilMatter replaces title and text of a matter that still has those of
	// before, with its audit line; what was made of them is to be made anew, if it
	// waits for a person. errs.Conflict "veil.changed".
	VeilMatter(ctx context.Context, before, after Matter, line org.Audit) error
}

// Prompter suggests for matters, now or later.
type Prompter interface {
	Prompt(ctx context.Context, matters ...MatterID)
}

// Veils is where traces of who complains are taken out of what units read. What
// was received stays sealed, and who needs it reads it there, on record. It is
// safe for concurrent use.
type Veils struct {
	store  VeilStore
	prompt Prompter
	now    func() time.Time
}

// NewVeils makes Veils.
func NewVeils(store VeilStore, prompt Prompter, now func() time.Time) *Veils {
	return &Veils{store, prompt, now}
}

// Veil masks traces of a matter: those of these texts, each of which must be
// there.
func (v *Veils) Veil(ctx context.Context, actor org.Actor, m MatterID, texts []string) error {
	if err := org.Can(actor, org.ActDecide); err != nil {
		return err
	}
	if !id.Valid(m) {
		return errs.New(errs.NotFound, "matter.not_found")
	}
	if len(texts) == 0 {
		return errs.New(errs.Invalid, "field.required", "要隐去的话").In("traces")
	}
	before, err := v.store.MatterWords(ctx, m)
	if err != nil {
		return err
	}
	after := before
	var found []Trace
	after.Title, after.Text = maskTraces(before.Title, texts, &found), maskTraces(before.Text, texts, &found)
	for _, t := range texts {
		if !slices.ContainsFunc(found, func(f Trace) bool { return f.Text == t }) {
			return errs.New(errs.Conflict, "veil.changed")
		}
	}
	var kinds []string
	for _, f := range found {
		kinds = append(kinds, f.Kind)
	}
	line := org.Audit{At: v.now(), Actor: actor.Account, Action: "veil_matter", Object: "matter:" + string(m), Detail: strings.Join(slices.Compact(slices.Sorted(slices.Values(kinds))), "、")}
	if err := v.store.VeilMatter(ctx, before, after, line); err != nil {
		return err
	}
	if before.State == MatterOpen {
		v.prompt.Prompt(ctx, m)
	}
	return nil
}
