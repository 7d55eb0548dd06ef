package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/sheet"
)

// Payment is an amount on its way to a citizen, with the number in clear. It is
// never stored or logged.
type Payment struct {
	Key    string // an idempotency key: the same payment again has the same
	Number string // of the case
	Phone  string // a mobile number in digits
	Fen    int
	At     time.Time // when it was granted
}

// Payer pays by one means.
type Payer interface {
	// Via is the short name of the means.
	Via() string
	// Pay hands a payment over and gives the paying service's number for it. The
	// error says what to do: errs.Invalid, it was clearly refused; an error with
	// RetryAfter() time.Duration, it was not taken and nothing will be before that;
	// anything else, nobody knows, the same one again later.
	Pay(ctx context.Context, p Payment) (proof string, err error)
}

// PayStore keeps what is to be paid.
type PayStore interface {
	// ClaimReward lends the reward that is due longest to the caller until the
	// lease ends, counting an attempt. errs.NotFound "reward.not_found" when none is
	// due.
	ClaimReward(ctx context.Context, now, lease time.Time) (Reward, error)
	// SettleReward stores what became of a claimed one. It changes nothing when
	// somebody else has claimed it since, except that what was paid is paid.
	SettleReward(ctx context.Context, r Reward) error
	// PauseRewards gives a claimed one back as if it had not been claimed, and
	// lets none that is queued be claimed until a time.
	PauseRewards(ctx context.Context, r Reward, until time.Time, why string) error
	// MoveReward holds a reward, plans what becomes of it and stores that; what is
	// not paid after all goes back to the budget. errs.NotFound "reward.not_found".
	MoveReward(ctx context.Context, r RewardID, plan func(Reward) (Reward, error), line org.Audit) error
	// ListRewards puts up to limit of a state on a list for payment by hand, of
	// which nothing was tried or which the service has clearly refused, and gives
	// them.
	ListRewards(ctx context.Context, from RewardState, limit int, line org.Audit) ([]Reward, error)
	// NoteRewards writes a line of the audit log.
	NoteRewards(ctx context.Context, line org.Audit) error
}

// CashierOptions are the choices of a Cashier.
type CashierOptions struct {
	Payer  Payer         // nil: paid by hand, from a list
	PerRun int           // the most payments of one run; 0: 30. A run ends with the first that has no clear answer
	Lease  time.Duration // 0: two minutes: longer than a run (a minute) and one payment more
	GiveUp time.Duration // how long one is tried; 0: 72 h
}

// Cashier pays what was granted, by a paying service or from lists. Any number of
// processes may run one.
type Cashier struct {
	store    PayStore
	rewards  RewardStore
	contacts NotifyContacts
	o        CashierOptions
	now      func() time.Time
}

// NewCashier makes a Cashier.
func NewCashier(store PayStore, rewards RewardStore, contacts NotifyContacts, o CashierOptions, now func() time.Time) *Cashier {
	if o.PerRun <= 0 {
		o.PerRun = 30
	}
	if o.Lease <= 0 {
		o.Lease = 2 * time.Minute
	}
	if o.GiveUp <= 0 {
		o.GiveUp = 72 * time.Hour
	}
	return &Cashier{store: store, rewards: rewards, contacts: contacts, o: o, now: now}
}

// Via is by what means rewards are paid; empty: by hand.
func (c *Cashier) Via() string {
	if c.o.Payer == nil {
		return ""
	}
	return c.o.Payer.Via()
}

// RunDue pays what is due, one after the other, and gives how many were paid. A
// run that dies has lent one reward, which is paid again under the same key when
// the lease ends: the service knows it.
func (c *Cashier) RunDue(ctx context.Context, now time.Time) (int, error) {
	if c.o.Payer == nil {
		return 0, nil
	}
	paid := 0
	for range c.o.PerRun {
		r, err := c.store.ClaimReward(ctx, now, now.Add(c.o.Lease))
		if errors.Is(err, errs.New(errs.NotFound, "reward.not_found")) {
			return paid, nil
		}
		if err != nil {
			return paid, err
		}
		after, pause := c.pay(ctx, r, now)
		if ctx.Err() != nil && after.State == RewardQueued {
			return paid, ctx.Err() // the lease ends, and it is paid then
		}
		keep := context.WithoutCancel(ctx) // what was handed over is noted even when the process is stopping
		if pause > 0 {
			return paid, c.store.PauseRewards(keep, r, now.Add(pause), after.Failure)
		}
		if err := c.store.SettleReward(keep, after); err != nil {
			return paid, err
		}
		switch after.State {
		case RewardPaid:
			paid++
		case RewardQueued: // the service may be down: it is left alone until the next run
			return paid, nil
		}
	}
	return paid, nil
}

// pay tries one reward and gives it as it is to be stored. pause is how long the
// service wants to be left alone.
func (c *Cashier) pay(ctx context.Context, r Reward, now time.Time) (_ Reward, pause time.Duration) {
	p, err := c.payment(ctx, r)
	switch {
	case err != nil && errs.KindOf(err) == errs.Invalid:
		return r.failed(now, err), 0
	case err != nil:
		return r.later(now, err), 0
	}
	r.Via = c.o.Payer.Via()
	proof, err := c.o.Payer.Pay(ctx, p)
	var busy interface{ RetryAfter() time.Duration }
	switch {
	case err == nil:
		r.State, r.Proof, r.Failure, r.Unsure, r.Settled = RewardPaid, proof, "", false, now
		return r, 0
	case errors.As(err, &busy):
		r.Failure = errs.Sentence(err)
		return r, max(busy.RetryAfter(), time.Second)
	case errs.KindOf(err) == errs.Invalid && !r.Unsure:
		return r.failed(now, err), 0
	}
	r.Unsure = true
	if r = r.later(now, err); r.Attempts > mostAttempts || now.Sub(r.At) > c.o.GiveUp && r.Attempts >= triesAtLeast {
		r.State, r.Settled = RewardFailed, now
	}
	return r, 0
}

// triesAtLeast is how often one is tried, however old it is.
const triesAtLeast = 5

// failed is a reward that will not be paid as it stands.
func (r Reward) failed(now time.Time, err error) Reward {
	r.State, r.Failure, r.Settled = RewardFailed, errs.Sentence(err), now
	return r
}

// later is a reward that is tried again.
func (r Reward) later(now time.Time, err error) Reward {
	r.Failure, r.DueAt = errs.Sentence(err), now.Add(backOff(r.Attempts, rand.Float64()))
	return r
}

// payment opens the number that a reward goes to, on record. errs.Invalid when
// there is none any more.
func (c *Cashier) payment(ctx context.Context, r Reward) (Payment, error) {
	original, err := c.contacts.ReadOriginal(ctx, payer(), r.Message, "发放奖励")
	switch {
	case err != nil && errs.KindOf(err) == errs.NotFound:
		return Payment{}, errs.Wrap(err, errs.Invalid, "notify.no_contact")
	case err != nil:
		return Payment{}, err
	}
	phone, ok := mobileOf(original.Phone)
	if !ok {
		return Payment{}, errs.New(errs.Invalid, "notify.no_phone")
	}
	return Payment{Key: r.Key(), Number: r.Number, Phone: phone, Fen: r.Fen, At: r.At}, nil
}

// payer is who opens numbers to pay to them.
func payer() org.Actor { return org.Actor{Name: "奖励发放", Roles: org.Roles{org.RoleAdmin}} }

// RewardMove is what a person does with a reward that was granted.
type RewardMove string

// The moves.
const (
	PayAgain   RewardMove = "again"  // 再发一次: by the paying service, or onto the next list
	PayDone    RewardMove = "paid"   // 登记已发放: by hand
	PayNot     RewardMove = "failed" // 登记没有发成: by hand
	PayNoMore  RewardMove = "void"   // 不再发放
	proofRunes            = 80
)

// RewardCommand is a move with what it needs.
type RewardCommand struct {
	Reward  RewardID
	Move    RewardMove
	Proof   string // of PayDone: the voucher's number
	Why     string // of PayNot and PayNoMore
	Checked bool   // the service was asked: what it gave no clear answer on was not paid
}

// Move does it. Whoever has confirmed a reward does not also say that it was
// paid: errs.Forbidden "reward.own".
func (c *Cashier) Move(ctx context.Context, actor org.Actor, cmd RewardCommand) error {
	if err := org.Can(actor, org.ActRewardRule); err != nil {
		return err
	}
	cmd.Proof, cmd.Why = strings.TrimSpace(cmd.Proof), strings.TrimSpace(cmd.Why)
	switch {
	case !id.Valid(cmd.Reward):
		return errs.New(errs.NotFound, "reward.not_found")
	case cmd.Move == PayDone && cmd.Proof == "":
		return errs.New(errs.Invalid, "field.required", "凭证号").In("proof")
	case len([]rune(cmd.Proof)) > proofRunes:
		return errs.New(errs.Invalid, "field.too_long", "凭证号", proofRunes).In("proof")
	case (cmd.Move == PayNot || cmd.Move == PayNoMore) && cmd.Why == "":
		return errs.New(errs.Invalid, "field.required", "原因").In("why")
	case len([]rune(cmd.Why)) > MaxTextRunes:
		return errs.New(errs.Invalid, "field.too_long", "原因", MaxTextRunes).In("why")
	}
	now := c.now().UTC().Truncate(time.Microsecond)
	line := org.Audit{At: now, Actor: actor.Account, Action: "reward_" + string(cmd.Move), Object: "reward:" + string(cmd.Reward), Detail: cmd.Why + cmd.Proof}
	return c.store.MoveReward(ctx, cmd.Reward, func(r Reward) (Reward, error) { return r.after(actor, cmd, now) }, line)
}

// after gives a reward as it stands after a move.
func (r Reward) after(actor org.Actor, cmd RewardCommand, now time.Time) (Reward, error) {
	from := map[RewardMove]RewardState{PayAgain: RewardFailed, PayDone: RewardListed, PayNot: RewardListed, PayNoMore: RewardFailed}[cmd.Move]
	switch {
	case from == "":
		return r, errs.New(errs.Invalid, "field.invalid", "做什么", string(cmd.Move)).In("move")
	case r.State != from:
		return r, errs.New(errs.Conflict, "reward.state", r.State.Label())
	case cmd.Move == PayDone && actor.Is(r.By):
		return r, errs.New(errs.Forbidden, "reward.own")
	case cmd.Move == PayNoMore && r.Unsure && !cmd.Checked:
		return r, errs.New(errs.Invalid, "reward.unsure").In("checked")
	}
	r.Settled, r.SetBy, r.Failure = now, actor.Account, ""
	switch cmd.Move {
	case PayAgain:
		if !r.Unsure || cmd.Checked { // the service knows the old key, and has refused it
			r.Round++
			r.Unsure = false
		}
		r.State, r.DueAt, r.Attempts, r.Settled, r.SetBy = RewardQueued, now, 0, time.Time{}, ""
	case PayDone:
		r.State, r.Proof, r.Via = RewardPaid, cmd.Proof, "list"
	case PayNot:
		r.State, r.Failure = RewardFailed, cmd.Why
	case PayNoMore:
		r.State, r.Reason, r.Unsure = RewardVoid, cmd.Why, false
	}
	return r, nil
}

// listedAtOnce bounds a list for payment by hand: each number on it is a look on
// record.
const listedAtOnce = 200

// PayLine is one line of a list for payment by hand.
type PayLine struct {
	Reward RewardID
	Key    string
	Number string // of the case
	Phone  string // in clear; empty when there is none
	Fen    int
	Remark string // why there is no number
}

// List gives what is to be paid by hand, with numbers in clear, and takes it out
// of the paying service's hands. Without again it is what waits: everything where
// there is no paying service, what the service has clearly refused where there is
// one. Again, it is what was listed before and has no result yet. Each number is a
// look on record. errs.Conflict "reward.nothing" when there is none.
func (c *Cashier) List(ctx context.Context, actor org.Actor, again bool) ([]PayLine, error) {
	if err := org.Can(actor, org.ActRewardRule); err != nil {
		return nil, err
	}
	line := org.Audit{At: c.now().UTC().Truncate(time.Microsecond), Actor: actor.Account, Action: "list_rewards", Object: "reward:list"}
	var all []Reward
	var err error
	switch {
	case again:
		all, err = c.rewards.Rewards(ctx, RewardFilter{State: RewardListed, Limit: listedAtOnce})
	case c.o.Payer == nil:
		all, err = c.store.ListRewards(ctx, RewardQueued, listedAtOnce, line)
	default:
		all, err = c.store.ListRewards(ctx, RewardFailed, listedAtOnce, line)
	}
	if err == nil && len(all) == 0 {
		err = errs.New(errs.Conflict, "reward.nothing")
	}
	if err != nil {
		return nil, err
	}
	out := make([]PayLine, len(all))
	for i, r := range all {
		out[i] = PayLine{Reward: r.ID, Key: r.Key(), Number: r.Number, Fen: r.Fen}
		switch p, err := c.payment(ctx, r); {
		case err == nil:
			out[i].Phone = p.Phone
		case errs.KindOf(err) == errs.Invalid:
			out[i].Remark = errs.Sentence(err) + "，请登记没有发成"
		default:
			return nil, err
		}
	}
	return out, nil
}

// TakeList is List as a watermarked table, CSV or XLSX by the ending of name; it
// gives how many lines there are.
func (c *Cashier) TakeList(ctx context.Context, actor org.Actor, again bool, w io.Writer, name string) (int, error) {
	if err := checkForm(name); err != nil {
		return 0, err
	}
	lines, err := c.List(ctx, actor, again)
	if err != nil {
		return 0, err
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l.Key, l.Number, l.Phone, amount(l.Fen), l.Remark}
	}
	mark := sheet.Mark(actor.Name, c.now()) + "，仅供发放奖励"
	return len(rows), writeMarked(w, name, "奖励发放名单", mark, []string{"发放编号", "工单编号", "手机号", "金额（元）", "说明"}, rows)
}

// checkForm refuses a name that does not end as a table's.
func checkForm(name string) error {
	if form := strings.ToLower(filepath.Ext(name)); form != ".csv" && form != ".xlsx" {
		return errs.New(errs.Invalid, "reward.form")
	}
	return nil
}

// amount is an amount for a table: 12.34.
func amount(fen int) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// writeMarked writes a table whose every line names who made it and when.
func writeMarked(w io.Writer, name, title, mark string, headings []string, rows [][]string) error {
	marked := func(yield func([]string) bool) {
		for _, row := range rows {
			if !yield(append(row, mark)) {
				return
			}
		}
	}
	headings = append(headings, "导出标记")
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		return sheet.WriteCSV(w, headings, marked)
	}
	return sheet.WriteMarkedXLSX(w, title, mark, headings, marked)
}

// mostExported bounds an export.
const mostExported = 100_000

// Export writes what was granted, as CSV or XLSX by the ending of name, without
// anything that leads to the citizens. It is on record.
func (c *Cashier) Export(ctx context.Context, actor org.Actor, w io.Writer, name string) error {
	if err := org.Can(actor, org.ActReward); err != nil {
		return err
	}
	if err := checkForm(name); err != nil {
		return err
	}
	all, err := c.rewards.Rewards(ctx, RewardFilter{Limit: mostExported})
	if err != nil {
		return err
	}
	now := c.now().UTC().Truncate(time.Microsecond)
	mark := sheet.Mark(actor.Name, now)
	if err := c.store.NoteRewards(ctx, org.Audit{At: now, Actor: actor.Account, Action: "export_rewards", Object: "reward:list", Detail: mark}); err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, r := range all {
		rows[i] = []string{r.Number, r.Leaf, day(r.At), r.ByName, amount(r.Fen), r.State.Label(), day(r.Settled), r.Proof, r.Reason}
	}
	return writeMarked(w, name, "奖励", mark, []string{"工单编号", "事项", "确认时间", "确认人", "金额（元）", "状态", "发放时间", "凭证号", "说明"}, rows)
}

// day is a time for a table, in China.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02 15:04")
}
