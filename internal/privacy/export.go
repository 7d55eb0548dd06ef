package privacy

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// chinaTime is the zone in which exports write their times.
func chinaTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(chinaTime()).Format("2006-01-02 15:04")
}

// Mark is the watermark of an export: who made it, when, for what.
func Mark(who string, at time.Time, what string) string {
	return sheet.Mark(who, at) + "，" + what
}

// Line is one line of what is held of a citizen.
type Line struct {
	Part   string `json:"part"`             // 诉求, 工单, 经过, 附件, 通知, 奖励, 骚扰标记, 谁看过
	At     string `json:"at"`               // in China
	Number string `json:"number,omitempty"` // of channel or case
	Words  string `json:"words"`
	Remark string `json:"remark,omitempty"`
}

// Lines are everything that is held, as a table.
func Lines(all []Held) []Line {
	var out []Line
	for _, h := range all {
		out = append(out, h.message())
		for _, c := range h.Cases {
			out = append(out, Line{"工单", "", c.Number, c.State.Label(), c.Unit})
			for _, e := range c.History {
				out = append(out, Line{"经过", written(e.At), c.Number, cmp.Or(e.Public, e.Text, e.Move.Label()), e.Move.Label()})
			}
			for _, f := range c.Files {
				out = append(out, Line{"附件", written(f.At), c.Number, cmp.Or(f.Name, "已删除"), f.Kind})
			}
		}
		for _, n := range h.Told {
			out = append(out, Line{"通知", written(n.At), h.number(), n.Text, n.State.Label()})
		}
		for _, r := range h.Rewards {
			out = append(out, Line{"奖励", written(r.At), r.Number, casework.Yuan(r.Fen), r.State.Label()})
		}
		for _, l := range h.Labels {
			remark := l.State.Label()
			if !l.Decided.IsZero() {
				remark += "，到 " + written(l.Until) + " 为止"
			}
			out = append(out, Line{"骚扰标记", written(l.At), h.number(), l.Why, remark})
		}
		for _, k := range h.Looks {
			who := "系统"
			if k.Actor != "" {
				who = cmp.Or(k.Unit, k.Roles.Label(), "热线")
			}
			out = append(out, Line{"谁看过", written(k.At), cmp.Or(k.Case, h.number()), who, LookWords(k.Action)})
		}
	}
	return out
}

func (h Held) number() string { return cmp.Or(h.Message.ExternalID, string(h.Message.ID)) }

// message is the line of what was said.
func (h Held) message() Line {
	l := Line{Part: "诉求", At: written(h.Message.At), Number: h.number(), Words: h.Message.Title + "\n" + h.Message.Text, Remark: "原话和联系方式已删除，只保存隐去个人信息的文字"}
	if !h.Erased {
		l.Words = h.Original.Title + "\n" + h.Original.Text
		l.Remark = "姓名：" + cmp.Or(h.Original.Name, "没有留") + "，电话：" + cmp.Or(h.Original.Phone, "没有留")
		if h.Original.Email != "" {
			l.Remark += "，邮箱：" + h.Original.Email
		}
	}
	l.Words = strings.TrimSpace(l.Words)
	l.Remark += "，渠道：" + h.Message.Channel.Label()
	if h.Message.Place != "" {
		l.Remark += "，地点：" + h.Message.Place
	}
	return l
}

// LookWords say what a line of the audit log about a citizen's data was.
func LookWords(action string) string {
	words := map[string]string{
		"read_original": "看了原话和联系方式", "ask_contact": "申请看联系方式", "grant_contact": "批准看联系方式", "refuse_contact": "没有批准看联系方式",
		"correct_original": "更正了姓名或电话", "erase_original": "删除了原话和联系方式", "erase_file": "删除了附件",
		"propose_label": "提出骚扰标记", "approve_label": "批准骚扰标记", "refuse_label": "没有批准骚扰标记", "lift_label": "解除骚扰标记", "delete_label": "删除到期的骚扰标记",
	}[action]
	return cmp.Or(words, "其他操作（"+action+"）")
}

// export is the JSON of everything that is held.
type export struct {
	Mark  string `json:"mark"`
	Lines []Line `json:"lines"`
}

// Export writes everything that a request opens as XLSX or JSON, by the ending
// of name, with a watermark. It is on record. errs.Invalid "subject.form" for
// another ending.
func (s *Subjects) Export(ctx context.Context, actor org.Actor, r RequestID, w io.Writer, name string) error {
	form := strings.ToLower(filepath.Ext(name))
	if form != ".xlsx" && form != ".json" {
		return errs.New(errs.Invalid, "subject.form")
	}
	found, all, err := s.Open(ctx, actor, r)
	if err != nil {
		return err
	}
	mark := Mark(actor.Name, s.now(), "仅供本人查阅，受理编号 "+string(found.ID))
	lines := Lines(all)
	if form == ".json" {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(export{mark, lines})
	}
	return sheet.WriteMarkedXLSX(w, "本人信息", mark, []string{"类别", "时间", "编号", "内容", "说明", "导出标记"}, func(yield func([]string) bool) {
		for _, l := range lines {
			if !yield([]string{l.Part, l.At, l.Number, l.Words, l.Remark, mark}) {
				return
			}
		}
	})
}
