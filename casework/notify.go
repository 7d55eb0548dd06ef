package casework

// Telling the citizen outside the receipt's page.
//
// Whoever moves a case makes a value with NewNotification and stores it in the
// same transaction (postgres: insertNotification, or QueueNotification where
// there is no transaction yet). That is all a state machine does:
//
//	n, err := NewNotification(NotifyDispatched, effect, message, at, NotifyFacts{…})
//
// effect names what is told of and is unique in the store, such as
// "case:<id>:3:dispatched": the same effect a second time stores nothing. From
// there an Outbox sends what is due, at least once; the receiving service knows
// a repetition by Letter.Key. The contact is opened when it is sent, on record,
// and is written nowhere: neither here nor in a log.
//
// A step that takes back what a queued one tells of makes it void in the same
// transaction, unless an attempt was made: then it may be out already.
//
// Where several means are set, they are tried in turn: what one has failed for
// good, or reported as not arrived, is queued for the next as a Notification of
// its own (notify_chain.go). When the last one fails at what the citizen must
// know, the case waits for a call (Unsent).
//
// A process without a Notifier sends nothing and leaves what is due to one that
// has it; what nobody has sent in all the time that one may be tried becomes
// void, and the citizen sees it on the receipt's page alone.

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// NotificationID identifies a Notification.
type NotificationID string

// NotificationKind says what a citizen is told.
type NotificationKind string

// The kinds.
const (
	NotifyAccepted   NotificationKind = "accepted"
	NotifyDispatched NotificationKind = "dispatched"
	NotifyExtended   NotificationKind = "extended"
	NotifyCompleted  NotificationKind = "completed"
	NotifyAsked      NotificationKind = "asked" // something is wanted from the citizen
	NotifyRewarded   NotificationKind = "rewarded"
	NotifyRefused    NotificationKind = "refused" // 不予受理, with the right channel
	NotifyStaff      NotificationKind = "staff"   // alerts of one of the staff
)

// Label is the kind's name on screen.
func (k NotificationKind) Label() string {
	return map[NotificationKind]string{
		NotifyAccepted: "收到", NotifyRefused: "不予受理", NotifyDispatched: "派单", NotifyExtended: "延期", NotifyCompleted: "办结", NotifyAsked: "请补充情况", NotifyRewarded: "奖励",
		NotifyStaff: "工作人员提醒",
	}[k]
}

// NotificationState says what became of a Notification.
type NotificationState string

// The states.
const (
	NotificationQueued NotificationState = "queued" // 待发
	NotificationSent   NotificationState = "sent"   // 已发: the receiving service took it
	NotificationFailed NotificationState = "failed" // 没有发出: given up
	NotificationVoid   NotificationState = "void"   // 不发: there is nobody to send it to, or nothing to send with
)

// Label is the state's name on screen.
func (s NotificationState) Label() string {
	return map[NotificationState]string{
		NotificationQueued: "待发", NotificationSent: "已发", NotificationFailed: "没有发出", NotificationVoid: "不发",
	}[s]
}

// Valid reports whether s is one of the states.
func (s NotificationState) Valid() bool { return s.Label() != "" }

// Notification is one thing that one citizen is told, or one letter to one of the staff.
type Notification struct {
	ID      NotificationID
	Effect  string
	Kind    NotificationKind
	Message intake.MessageID // whose sealed original has the contact; empty: it is for one of the staff
	Account org.AccountID    // of the staff; empty: it is for a citizen
	Receipt string           // the code of the citizen's page
	Urgent  bool             // danger: goes out in quiet hours too
	Text    string           // without personal data
	At      time.Time

	State    NotificationState
	DueAt    time.Time      // not sent before
	Attempts int            // so far, this one included while it is being sent
	Round    int            // how often a person had it sent again
	Step     int            // by which of the means it is tried, from 0
	Chain    NotificationID // the first, that was tried before this one; empty: this is it
	Via      string         // the Notifier that sent it
	Proof    string         // the receiving service's own number for it
	Failure  string         // why the last attempt failed, in Chinese
	Settled  time.Time      // zero while it is queued
	Arrived  time.Time      // when the receiving service said it has arrived; zero: it has not said so
}

// Withdrawn reports whether what it tells of was taken back before anybody
// tried to send it.
func (n Notification) Withdrawn() bool { return n.State == NotificationVoid && n.Attempts == 0 }

// Key is by what the receiving service knows a repetition. It changes only
// when a person has it sent again.
func (n Notification) Key() string {
	if n.Round == 0 {
		return string(n.ID)
	}
	return fmt.Sprintf("%s-%d", n.ID, n.Round)
}

// NotifyFacts is what a text may say: nothing of it is the citizen's.
type NotifyFacts struct {
	Receipt string    // required
	Unit    string    // who handles it now; required for NotifyDispatched
	Due     time.Time // by when it is answered; required for NotifyExtended
	Urgent  bool      // danger: quiet hours do not hold it up
	Fen     int       // of a reward; required for NotifyRewarded
	Way     string    // of NotifyRefused: why, and where to go instead; empty: the page says it
}

// NewNotification makes what is to be stored beside the step it tells of. The
// error is Internal "notify.facts" when a fact is missing: a bug, not an input.
func NewNotification(kind NotificationKind, effect string, message intake.MessageID, at time.Time, f NotifyFacts) (Notification, error) {
	text := notifyText(kind, f)
	missing := kind == NotifyDispatched && f.Unit == "" || kind == NotifyExtended && f.Due.IsZero() || kind == NotifyRewarded && f.Fen <= 0
	if text == "" || effect == "" || message == "" || f.Receipt == "" || missing {
		return Notification{}, errs.New(errs.Internal, "notify.facts")
	}
	return Notification{
		ID: id.New[NotificationID](), Effect: effect, Kind: kind, Message: message, Receipt: f.Receipt,
		Urgent: f.Urgent, Text: text, At: at, State: NotificationQueued, DueAt: at,
	}, nil
}

// notifyText is the one place where the texts are. They stay below 70
// characters where they can: that is one SMS.
func notifyText(kind NotificationKind, f NotifyFacts) string {
	by := ""
	if !f.Due.IsZero() {
		due := f.Due.In(time.FixedZone("Asia/Shanghai", 8*60*60))
		by = fmt.Sprintf("%d月%d日%s前", due.Month(), due.Day(), due.Format("15:04"))
	}
	switch kind {
	case NotifyAccepted:
		return "您的诉求已收到，正在分派，回执码 " + f.Receipt + "。"
	case NotifyRefused:
		if f.Way == "" {
			return "您的诉求（回执码 " + f.Receipt + "）不予受理，原因和该走的渠道请凭回执码查看。"
		}
		return "您的诉求（回执码 " + f.Receipt + "）不予受理：" + f.Way + "。可凭回执码申请复核。"
	case NotifyDispatched:
		text := "您的诉求（回执码 " + f.Receipt + "）已交" + f.Unit + "办理"
		if by != "" {
			text += "，" + by + "答复"
		}
		return text + "。"
	case NotifyExtended:
		return "您的诉求（回执码 " + f.Receipt + "）需要更多时间，改为" + by + "答复。"
	case NotifyCompleted:
		return "您的诉求（回执码 " + f.Receipt + "）已办结，请凭回执码查看答复。"
	case NotifyAsked:
		return "您的诉求（回执码 " + f.Receipt + "）需要您补充情况，请凭回执码查看。"
	case NotifyRewarded:
		return "您反映的情况（回执码 " + f.Receipt + "）获得奖励 " + Yuan(f.Fen) + "，凭回执码查看发放情况。"
	}
	return ""
}

// howToAnswer ends the SMS of a completed case where answers come back
// (SMSReplies reads them): with the text it stays below 70 characters.
const howToAnswer = "请回三个数字：有无人联系、是否解决、是否满意，是1否2，如111。"

// mobile is a mobile number of the mainland.
var mobile = regexp.MustCompile(`^1[3-9]\d{9}$`)

// mobileOf gives the mobile number in what a citizen left, as digits.
func mobileOf(phone string) (string, bool) {
	plain := strings.NewReplacer(" ", "", "-", "", "+86", "", "　", "").Replace(phone)
	if len(plain) == 13 {
		plain = strings.TrimPrefix(plain, "86")
	}
	return plain, mobile.MatchString(plain)
}
