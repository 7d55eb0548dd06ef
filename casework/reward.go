package casework

// Rewards (奖励): a report that was filed earns a small random amount, once a
// matter, out of a budget. What may earn is a rule that administrators edit;
// whether this one does is a person's to say. How much is drawn, by nobody: the
// amount follows from a seed and the case's number (Draw). The seed is made when
// a period's budget is opened, its hash is public from then on, it lies sealed
// until the period is over, and is published then, so that anybody can compute
// every amount again.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// RewardID identifies a Reward.
type RewardID string

// RewardPeriodID identifies a RewardPeriod.
type RewardPeriodID string

// RewardWhen says from when on a case may earn.
type RewardWhen string

// The moments.
const (
	RewardFiled  RewardWhen = "filed"  // 立案即可
	RewardClosed RewardWhen = "closed" // 办结后：已解决或承诺解决
)

// RewardRule says what earns, how much, and how often. Amounts are in fen.
type RewardRule struct {
	Types    []intake.Type `json:"types"`           // of the decision
	Codes    []string      `json:"codes,omitempty"` // of leaves, or of what they lie under; none: all
	When     RewardWhen    `json:"when"`
	MinFen   int           `json:"min_fen"`
	MaxFen   int           `json:"max_fen"`
	PerDay   int           `json:"per_day"`   // rewards of one person on one day
	PerMonth int           `json:"per_month"` // and in one month
	MonthFen int           `json:"month_fen"` // what they may come to in one month
	SameDays int           `json:"same_days"` // within so many days the like words of one person, and one leaf at one place, earn once
	Grace    int           `json:"grace"`     // days after a period in which its cases may still be confirmed

	At     time.Time `json:"-"` // when it was set; zero: it is the shipped one
	ByName string    `json:"-"`
}

// ShippedRewardRule is the rule until somebody sets another: a report (举报)
// earns 1–20 yuan.
func ShippedRewardRule() RewardRule {
	return RewardRule{
		Types: []intake.Type{intake.Report}, When: RewardFiled, MinFen: 100, MaxFen: 2000,
		PerDay: 3, PerMonth: 10, MonthFen: 10_000, SameDays: 30, Grace: 30,
	}
}

// Bounds of a rule. A reward is a token: whoever wants to give more needs
// another procedure than this one.
const (
	maxRewardFen    = 20_000
	maxRewardMonth  = 200_000
	maxRewardCount  = 100
	maxRewardDays   = 365
	maxRewardGrace  = 90
	maxRewardCodes  = 50
	maxRewardCode   = 60            // characters
	maxRewardBudget = 1_000_000_000 // 10 million yuan
)

// check names every fault of a rule.
func (r RewardRule) check() error {
	var faults errs.List
	bad := func(field string, code errs.Code, args ...any) {
		faults = append(faults, errs.New(errs.Invalid, code, args...).In(field))
	}
	if len(r.Types) == 0 {
		bad("types", "field.required", "哪些类型")
	}
	for _, t := range r.Types {
		if !slices.Contains(intake.Types(), t) {
			bad("types", "field.invalid", "哪些类型", string(t))
		}
	}
	for _, code := range r.Codes {
		if len([]rune(code)) > maxRewardCode || strings.ContainsFunc(code, unicode.IsControl) {
			bad("codes", "field.invalid", "哪些事项的编码", strings.ToValidUTF8(code, ""))
		}
	}
	if r.When != RewardFiled && r.When != RewardClosed {
		bad("when", "field.invalid", "何时可以奖励", string(r.When))
	}
	for _, n := range []struct {
		value, least, most int
		field, name        string
	}{
		{r.PerDay, 1, maxRewardCount, "per_day", "每人每天至多几次"},
		{r.PerMonth, 1, maxRewardCount, "per_month", "每人每月至多几次"},
		{r.SameDays, 1, maxRewardDays, "same_days", "多少天内同样的事只奖励一次"},
		{r.Grace, 0, maxRewardGrace, "grace", "期满后多少天内仍可确认"},
		{len(r.Codes), 0, maxRewardCodes, "codes", "事项的个数"},
	} {
		if n.value < n.least || n.value > n.most {
			bad(n.field, "reward.count", n.name, n.least, n.most)
		}
	}
	if r.MinFen < 1 || r.MaxFen < r.MinFen || r.MaxFen > maxRewardFen {
		bad("max", "reward.bounds", Yuan(1), Yuan(maxRewardFen))
	}
	if r.MonthFen < r.MaxFen || r.MonthFen > maxRewardMonth {
		bad("month", "reward.month", Yuan(r.MaxFen), Yuan(maxRewardMonth))
	}
	return faults.OrNil()
}

// RewardPeriod is the budget for the cases that are filed in a time. Bounds and
// hash are published when it is opened and never change.
type RewardPeriod struct {
	ID             RewardPeriodID
	From, Until    time.Time // cases filed from From up to but without Until
	RevealAt       time.Time // until then its cases may be confirmed; then the seed is published
	Fen            int       // the budget
	MinFen, MaxFen int
	Committed      int // granted, paid or not
	Paid           int // of that
	Hash           []byte
	Key            string    // that sealed the seed
	Sealed         []byte    // nil once it is revealed
	Seed           []byte    // nil before
	At             time.Time // when it was opened
	ByName         string
	RevealedAt     time.Time // zero: not yet
}

// Left is what may still be granted.
func (p RewardPeriod) Left() int { return p.Fen - p.Committed }

// Revealed reports whether the seed is public: nothing is granted any more.
func (p RewardPeriod) Revealed() bool { return p.Seed != nil }

// seedSize is the length of a seed in bytes: nobody guesses one of 2^256.
const seedSize = 32

// SeedContext binds a sealed seed to its period.
func SeedContext(p RewardPeriodID) string { return "reward-seed:" + string(p) }

// Draw gives the amount of a case, in fen, from min to max: the first eight bytes
// of HMAC-SHA256 with the seed as key over the case's number (RFC 2104), as a
// big-endian fraction of 2^64, times the count of amounts, rounded down. Every
// amount is as likely as any other to within 2^-49.
func Draw(seed []byte, number string, minFen, maxFen int) int {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte(number))
	n, _ := bits.Mul64(binary.BigEndian.Uint64(mac.Sum(nil)), uint64(maxFen-minFen+1))
	return minFen + int(n)
}

// Yuan is an amount as people read it: 12.34 元.
func Yuan(fen int) string { return fmt.Sprintf("%d.%02d 元", fen/100, fen%100) }

// RewardState says what became of a reward.
type RewardState string

// The states.
const (
	RewardDeclined RewardState = "declined" // 不奖励
	RewardQueued   RewardState = "queued"   // 待发放
	RewardListed   RewardState = "listed"   // 人工发放中: on a list for payment by hand
	RewardPaid     RewardState = "paid"     // 已发放
	RewardFailed   RewardState = "failed"   // 没有发成: the paying service does not take it
	RewardVoid     RewardState = "void"     // 不再发放
)

// RewardStates lists them in the order of the page.
func RewardStates() []RewardState {
	return []RewardState{RewardQueued, RewardListed, RewardFailed, RewardPaid, RewardVoid, RewardDeclined}
}

// Label is the state's name on screen.
func (s RewardState) Label() string {
	return map[RewardState]string{
		RewardDeclined: "不奖励", RewardQueued: "待发放", RewardListed: "人工发放中", RewardPaid: "已发放", RewardFailed: "没有发成", RewardVoid: "不再发放",
	}[s]
}

// Reward is what a person decided about a case, and what became of the money.
type Reward struct {
	ID      RewardID
	Case    CaseID
	Period  RewardPeriodID
	Message intake.MessageID // whose sealed original has the number
	By      org.AccountID    // confirmed it
	At      time.Time
	State   RewardState
	Fen     int
	Reason  string // why it was declined or is not paid after all

	DueAt    time.Time
	Attempts int
	Round    int
	Unsure   bool // an attempt had no clear answer: it may have been paid
	Via      string
	Proof    string
	Failure  string
	Settled  time.Time // zero while it is to be paid
	SetBy    org.AccountID

	// Only in what the store gives.
	Number, Receipt, Leaf, Place, ByName string
}

// Key is by what the paying service knows a repetition. It changes only when a
// reward is paid anew that the service has clearly refused.
func (r Reward) Key() string {
	if r.Round == 0 {
		return string(r.ID)
	}
	return fmt.Sprintf("%s-%d", r.ID, r.Round)
}

// RewardFacts are what a case is judged by.
type RewardFacts struct {
	Case    CaseID
	Number  string
	Receipt string
	Message intake.MessageID
	Title   string // masked
	Text    string // masked
	Place   string
	Leaf    string
	FiledAt time.Time
	Type    intake.Type
	Channel intake.Channel
	State   State
	Ending  Ending

	Listed   bool     // the leaf is among those that earn
	Phone    bool     // a number was left
	Labelled bool     // harassment, in force
	Decided  bool     // somebody has decided on it
	Earned   bool     // one that was merged into it has earned
	Day      int      // rewards of the same person today
	Month    int      // and this month
	MonthFen int      // what these came to
	Before   []string // words of the same person that have earned within SameDays
	AtPlace  int      // rewards for the same leaf at the same place within SameDays
}

// RewardRefusal is a ground on which a case earns nothing.
type RewardRefusal string

// The grounds.
const (
	RefusedType     RewardRefusal = "type"
	RefusedLeaf     RewardRefusal = "leaf"
	RefusedState    RewardRefusal = "state"
	RefusedMerged   RewardRefusal = "merged"
	RefusedDouble   RewardRefusal = "double"
	RefusedPatrol   RewardRefusal = "patrol"
	RefusedNoPhone  RewardRefusal = "no_phone"
	RefusedLabelled RewardRefusal = "labelled"
	RefusedDay      RewardRefusal = "day"
	RefusedMonth    RewardRefusal = "month"
	RefusedSum      RewardRefusal = "sum"
	RefusedAlike    RewardRefusal = "alike"
	RefusedPlace    RewardRefusal = "place"
	RefusedBudget   RewardRefusal = "budget"
)

// Label says it on screen.
func (r RewardRefusal) Label() string {
	return map[RewardRefusal]string{
		RefusedType: "这类诉求不在奖励之列", RefusedLeaf: "这个事项不在奖励之列", RefusedState: "还没有到可以奖励的时候",
		RefusedMerged: "已并入更早的一件，奖励归最先反映的人", RefusedDouble: "这件事已经奖励过", RefusedPatrol: "工作人员巡查发现的不奖励",
		RefusedNoPhone: "没有留电话，无法发放", RefusedLabelled: "此人有生效的骚扰标记",
		RefusedDay: "此人今天的次数已满", RefusedMonth: "此人本月的次数已满", RefusedSum: "此人本月的金额已满",
		RefusedAlike: "此人反映过几乎一样的事，只奖励一次", RefusedPlace: "同一地点的同一事项近期已奖励过", RefusedBudget: "本期余额不够一次最高的奖励",
	}[r]
}

// Refusals are all grounds on which a case earns nothing; none: it may. They
// rest on the most that could be drawn, never on what is: who reads them learns
// nothing of the amount.
func (r RewardRule) Refusals(p RewardPeriod, f RewardFacts) []RewardRefusal {
	var out []RewardRefusal
	for _, rule := range []struct {
		holds   bool
		refusal RewardRefusal
	}{
		{!slices.Contains(r.Types, f.Type), RefusedType},
		{!f.Listed, RefusedLeaf},
		{f.State == Merged, RefusedMerged},
		{f.State == Void || r.When == RewardClosed && !(f.State == Closed && (f.Ending == Solved || f.Ending == ByDate)), RefusedState},
		{f.Decided || f.Earned, RefusedDouble},
		{f.Channel == intake.Patrol, RefusedPatrol},
		{!f.Phone, RefusedNoPhone},
		{f.Labelled, RefusedLabelled},
		{f.Day >= r.PerDay, RefusedDay},
		{f.Month >= r.PerMonth, RefusedMonth},
		{f.MonthFen+p.MaxFen > r.MonthFen, RefusedSum},
		{slices.ContainsFunc(f.Before, func(words string) bool { return alike(words, f.Title+f.Text) }), RefusedAlike},
		{f.AtPlace > 0, RefusedPlace},
		{p.Left() < p.MaxFen, RefusedBudget},
	} {
		if rule.holds {
			out = append(out, rule.refusal)
		}
	}
	return out
}

// RefusalWords says several grounds in one sentence; empty for none.
func RefusalWords(all []RewardRefusal) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = r.Label()
	}
	return strings.Join(words, "；")
}

// alikeFrom is from where on two texts say the same thing: a few words changed
// in two sentences leave more than four fifths of their pairs of characters.
const alikeFrom = 0.8

// alike reports whether two texts are nearly the same, by the pairs of
// characters that they share (Dice's coefficient) without signs and spaces.
func alike(a, b string) bool {
	pairs := func(s string) map[string]int {
		runes := []rune(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s))
		out := map[string]int{string(runes): 0} // the whole of one without a pair
		for i := range len(runes) - 1 {
			out[string(runes[i:i+2])]++
		}
		return out
	}
	first, second := pairs(a), pairs(b)
	shared, all := 0, 0
	for pair, n := range first {
		shared += min(n, second[pair])
		all += n
	}
	for _, n := range second {
		all += n
	}
	if all == 0 { // a character or none
		for whole := range first {
			_, same := second[whole]
			return same
		}
	}
	return float64(2*shared) >= alikeFrom*float64(all)
}
