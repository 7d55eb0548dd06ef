package casework

import (
	"time"

	"huying/internal/org"
)

// Show is one list of cases.
type Show string

// The lists.
const (
	ShowMine     Show = "mine"       // 我的: given to the reader in person
	ShowUngiven  Show = "ungiven"    // 未交办: nobody of the unit has it in person
	ShowWaiting  Show = "waiting"    // 待签收
	ShowHandling Show = "handling"   // 办理中
	ShowSoon     Show = "soon"       // 即将超期
	ShowLate     Show = "late"       // 已超期
	ShowCo       Show = "co"         // 待协办: a co-unit's part is still to come
	ShowTasks    Show = "tasks"      // 协办任务: of a co-unit, what it has to do
	ShowTaskLate Show = "tasks_late" // 协办超期: of these, past their time
	ShowReturned Show = "returned"   // 退单待裁定
	ShowAsked    Show = "asked"      // 延期待批
	ShowChecking Show = "checking"   // 结案待审核
	ShowDisputed Show = "disputed"   // 职责争议: of a unit, what it gave back
	ShowOrdered  Show = "ordered"    // 督办中
	ShowCalls    Show = "calls"      // 待回访
	ShowReview   Show = "reviewing"  // 负责人审核
	ShowBelow    Show = "below"      // 上级转来: of a unit, what was handed down to it
	ShowAppeals  Show = "appeals"    // 申诉待裁定
	ShowAccount  Show = "account"    // 问责: two orders without effect, closed ones too
	ShowUnsolved Show = "unsolved"   // 屡办未决: under an order, because it was not solved again and again
	ShowExplain  Show = "explain"    // 待说明: dissatisfied with a lawful refusal
	ShowPaused   Show = "paused"     // 等诉求人: the clocks stand
	ShowAway     Show = "away"       // 要求撤回
	ShowObjected Show = "objected"   // 异议待处理
	ShowKey      Show = "important"  // 重要: flagged, late, repeated or with an order
	ShowFlagged  Show = "flagged"    // 重点
	ShowRepeated Show = "repeated"   // 反复反映: chased, handled again, or several citizens
	ShowLeader   Show = "instructed" // 批示: a leader's order that is not struck off
	ShowOutside  Show = "outside"    // 上级平台: another platform has it, too
	ShowDelegate Show = "delegates"  // 代表委员: suggestions and proposals of delegates
	ShowFirst    Show = "first"      // 我首问的: open, received first by the reader
	ShowOpen     Show = "open"       // 全部在办
	ShowClosed   Show = "closed"     // 已办结, latest due first
	ShowAll      Show = "all"        // 全部, whatever became of them, latest filed first: where one is looked for
)

// UnitShows and CentreShows are the lists that units and the centre work from,
// in order.
func UnitShows() []Show {
	return []Show{ShowWaiting, ShowMine, ShowUngiven, ShowHandling, ShowBelow, ShowTasks, ShowTaskLate, ShowCo, ShowSoon, ShowLate, ShowPaused, ShowAway, ShowOrdered, ShowDelegate, ShowDisputed, ShowReview, ShowChecking, ShowExplain, ShowFirst, ShowClosed}
}

// GroupShows are the lists of what is with somebody's work groups.
func GroupShows() []Show {
	return []Show{ShowOpen, ShowWaiting, ShowHandling, ShowSoon, ShowLate, ShowChecking}
}

// ownShows are lists that only a unit has.
var ownShows = []Show{ShowCo, ShowBelow, ShowTasks, ShowTaskLate}

// CentreShows are the centre's lists.
func CentreShows() []Show {
	return []Show{ShowReturned, ShowDisputed, ShowAsked, ShowChecking, ShowAway, ShowObjected, ShowAppeals, ShowCalls, ShowExplain, ShowSoon, ShowLate, ShowPaused, ShowOrdered, ShowUnsolved, ShowLeader, ShowFlagged, ShowDelegate, ShowOutside, ShowAccount, ShowFirst, ShowOpen, ShowClosed}
}

// LeaderShows are a leader's lists.
func LeaderShows() []Show {
	return []Show{ShowKey, ShowFlagged, ShowLate, ShowRepeated, ShowOrdered, ShowLeader, ShowDelegate}
}

// Label is the list's name on screen.
func (s Show) Label() string {
	return map[Show]string{
		ShowMine: "我的", ShowUngiven: "未交办", ShowUnsolved: "屡办未决", ShowExplain: "待说明", ShowTasks: "协办任务", ShowTaskLate: "协办超期",
		ShowWaiting: "待签收", ShowHandling: "办理中", ShowSoon: "即将超期", ShowLate: "已超期", ShowCo: "待协办", ShowReturned: "退单待裁定",
		ShowAsked: "延期待批", ShowChecking: "结案待审核", ShowDisputed: "职责争议", ShowOrdered: "督办中", ShowCalls: "待回访", ShowOpen: "全部在办", ShowClosed: "已办结",
		ShowBelow: "上级转来", ShowAppeals: "申诉待裁定", ShowAccount: "问责名单", ShowPaused: "等诉求人", ShowReview: "负责人审核", ShowAway: "要求撤回", ShowKey: "重要", ShowFlagged: "重点", ShowRepeated: "反复反映", ShowLeader: "批示件", ShowObjected: "异议待处理",
		ShowFirst: "我首问的", ShowAll: "全部", ShowOutside: "上级平台", ShowDelegate: "代表委员",
	}[s]
}

// ChasedAgain is from how many chases on a case counts as asked for again and
// again.
const ChasedAgain = 2

// Filter says which cases to list, what is due first on top.
type Filter struct {
	Show   Show
	Unit   org.UnitID    // only its own; empty: all
	Of     org.AccountID // instead: only what is with the work groups of this person
	Centre org.UnitID    // instead: only what came in the queue of this sub-centre; one that is none: all
	Search
	Now     time.Time
	Reader  org.Actor       // whom none of them complains of
	People  []org.AccountID // who ask: themselves, and for whom they stand in
	Handler org.AccountID   // only what this person has; empty: all
	After   CaseID          // key paging: only those behind it; empty: from the top
	Limit   int             // 1–200; 0: 50
	Alone   bool            // the other lists are not counted: nobody reads how long they are
}
