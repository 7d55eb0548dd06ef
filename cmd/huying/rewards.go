package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/notify"
)

// PaySettings say by what means rewards are paid. Without an address they are
// paid by hand, from lists.
type PaySettings struct {
	PayURL   string `name:"pay-url" var:"HUYING_PAY_URL" placeholder:"地址" help:"发放奖励的支付接口（HTTP，JSON）；不设时由人按名单发放"`
	PayKey   string `name:"pay-key" var:"HUYING_PAY_KEY" placeholder:"密钥" help:"支付接口的令牌"`
	PayBody  string `name:"pay-body" var:"HUYING_PAY_BODY" placeholder:"JSON" help:"支付接口的请求内容，其中 {phone}、{fen}（分）或 {yuan}（元）、{key}（唯一编号，重复的不得再付）、{number}（工单编号）会替换；以 @ 开头时从文件读"`
	PayOK    string `name:"pay-ok" var:"HUYING_PAY_OK" placeholder:"字段=值" help:"支付接口的答复里表示成功的字段，如 code=0；不设时只看 HTTP 状态"`
	PayProof string `name:"pay-proof" var:"HUYING_PAY_PROOF" placeholder:"字段" help:"支付接口的答复里它自己的编号，如 data.order"`
}

// check refuses settings that cannot work, by name.
func (s PaySettings) check() error {
	if s.PayURL == "" {
		if s.PayKey != "" || s.PayBody != "" || s.PayOK != "" || s.PayProof != "" {
			return errs.New(errs.Invalid, "setting.missing", "--pay-url / HUYING_PAY_URL", "HUYING_PAY_KEY")
		}
		return nil
	}
	_, err := s.payments(time.Now)
	return err
}

// payments makes the adapter that is set.
func (s PaySettings) payments(now func() time.Time) (*notify.Payments, error) {
	body := s.PayBody
	if path, isFile := strings.CutPrefix(body, "@"); isFile {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "import.file", path)
		}
		body = string(raw)
	}
	return notify.NewPayments(notify.PaymentOptions{URL: s.PayURL, Key: s.PayKey, Body: body, OK: s.PayOK, Proof: s.PayProof}, now)
}

// teller pays the cashier's payments with an adapter.
type teller struct{ *notify.Payments }

// Pay hands a payment over.
func (t teller) Pay(ctx context.Context, p casework.Payment) (string, error) {
	return t.Payments.Pay(ctx, notify.Payment(p))
}

// cashierOptions are the payment as set, for paying and for its page.
func (s PaySettings) cashierOptions(now func() time.Time) (casework.CashierOptions, error) {
	if s.PayURL == "" {
		return casework.CashierOptions{}, nil
	}
	payments, err := s.payments(now)
	if err != nil {
		return casework.CashierOptions{}, err
	}
	return casework.CashierOptions{Payer: teller{payments}}, nil
}

// payRewards publishes the seeds whose time has come, and pays what is due.
func (a *app) payRewards(ctx context.Context, s *site) (int, error) {
	if _, err := s.rewards.RunDue(ctx, a.now()); err != nil {
		return 0, err
	}
	return s.cashier.RunDue(ctx, a.now())
}

// checkPay connects to what rewards are paid by, without paying.
func (a *app) checkPay(ctx context.Context, c *checkup) {
	if a.settings.PayURL == "" {
		c.good("奖励", "没有设置支付接口，由人按名单发放")
		return
	}
	payments, err := a.settings.payments(a.now)
	if err == nil {
		err = payments.Check(ctx)
	}
	if err != nil {
		c.bad("奖励", errs.Sentence(err), "检查 HUYING_PAY_URL、HUYING_PAY_KEY 和网络")
		return
	}
	c.good("奖励", "支付接口能连上")
}

// rewardsCmd is about rewards.
type rewardsCmd struct {
	Verify rewardsVerifyCmd `cmd:"" help:"按公布的种子重新计算各期的每一笔奖励，看有没有不符"`
}

type rewardsVerifyCmd struct{}

// Run computes every amount of every period whose seed is public, lists what
// does not fit, and then exits with 1.
func (c *rewardsVerifyCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := a.openRing(db.dirs)
	if err != nil {
		return err
	}
	rewards := casework.NewRewards(db.DB, db.DB, keys, a.now)
	periods, err := rewards.Draws(ctx)
	if err != nil {
		return err
	}
	good := true
	for _, p := range periods {
		fmt.Fprintf(a.Out, "%s 到 %s，种子的 SHA-256 为 %s\n", chinaDay(p.From), chinaDay(p.Until), hex.EncodeToString(p.Hash))
		if !p.Revealed() {
			fmt.Fprintf(a.Out, "  种子还没有公布，最迟 %s 公布\n", chinaDay(p.RevealAt))
			continue
		}
		v, err := rewards.Verify(ctx, p.ID)
		if err != nil {
			return err
		}
		good = good && v.Good()
		a.printVerification(v)
	}
	if len(periods) == 0 {
		fmt.Fprintln(a.Out, "还没有开过奖励预算。")
	}
	if !good {
		return exitError(exitFailed)
	}
	return nil
}

func (a *app) printVerification(v casework.Verification) {
	if !v.Hash {
		fmt.Fprintln(a.Out, "  不符：公布的种子与当初公布的指纹不符")
	}
	for _, d := range v.Drawn {
		if d.Fen != d.Want {
			fmt.Fprintf(a.Out, "  不符：工单 %s 发了 %s，按种子应为 %s\n", d.Number, casework.Yuan(d.Fen), casework.Yuan(d.Want))
		}
	}
	fmt.Fprintf(a.Out, "  共 %d 笔，%d 笔不符\n", len(v.Drawn), v.Wrong)
}

// chinaDay is a time as people here read it.
func chinaDay(t time.Time) string {
	return t.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02 15:04")
}
