package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/notify"
)

// NotifySettings say by what means citizens are told of their case, apart from
// the receipt's page, and the staff of what is due, apart from the inbox. Without a means nothing is sent.
type NotifySettings struct {
	Via   string `name:"notify" var:"HUYING_NOTIFY" placeholder:"方式" help:"怎样通知诉求人，以及留了提醒方式的工作人员：sms（短信网关）、wecom（企业微信群机器人，由值班人员转告；工作人员在群里点名）、smtp（邮件）、webhook（自有系统）；不设时什么也不发，只在回执页和提醒里显示"`
	URL   string `name:"notify-url" var:"HUYING_NOTIFY_URL" placeholder:"地址" help:"短信网关、机器人、自有系统的地址，或邮件服务器：smtps://主机:465、smtp://主机:587"`
	Key   string `name:"notify-key" var:"HUYING_NOTIFY_KEY" placeholder:"密钥" help:"网关的令牌、邮件密码，或自有系统核对签名的密钥"`
	User  string `name:"notify-user" var:"HUYING_NOTIFY_USER" placeholder:"用户名" help:"邮件服务器的用户名，可不设"`
	From  string `name:"notify-from" var:"HUYING_NOTIFY_FROM" placeholder:"邮箱" help:"发件邮箱"`
	To    string `name:"notify-to" var:"HUYING_NOTIFY_TO" placeholder:"邮箱" help:"收件邮箱；写 {phone}@139.com 的样子时换成诉求人的手机号"`
	Body  string `name:"notify-body" var:"HUYING_NOTIFY_BODY" placeholder:"JSON" help:"短信网关的请求内容，其中 {phone}、{text}、{key} 会替换；以 @ 开头时从文件读"`
	OK    string `name:"notify-ok" var:"HUYING_NOTIFY_OK" placeholder:"字段=值" help:"短信网关的答复里表示成功的字段，如 code=0；不设时只看 HTTP 状态"`
	Proof string `name:"notify-proof" var:"HUYING_NOTIFY_PROOF" placeholder:"字段" help:"短信网关的答复里它自己的编号，如 data.msgid"`
	Link  string `name:"notify-link" var:"HUYING_NOTIFY_LINK" placeholder:"网址" help:"附在通知末尾的回执页网址，如 https://主机/receipt/{code}，{code} 换成回执码；不设时不附"`
	Reply bool   `name:"notify-replies" var:"HUYING_NOTIFY_REPLIES" help:"短信网关会把市民的回复转到接口 sms-replies：办结短信里写明怎样回复评价"`
	Quiet string `name:"notify-quiet" var:"HUYING_NOTIFY_QUIET" default:"21:00-08:00" placeholder:"时段" help:"免打扰时段，只发涉及人身危险的；off 为不设"`
	Rate  int    `name:"notify-rate" var:"HUYING_NOTIFY_RATE" default:"60" placeholder:"条数" help:"每分钟最多发多少条，4–6000"`
}

// notifyRuns is how many runs of the outbox there are in a minute.
const notifyRuns = 4

// check refuses settings that cannot work, by name.
func (s NotifySettings) check() error {
	if s.Rate < notifyRuns || s.Rate > 6000 {
		return errs.New(errs.Invalid, "setting.invalid", "--notify-rate / HUYING_NOTIFY_RATE", strconv.Itoa(s.Rate))
	}
	if _, err := casework.ParseQuietHours(s.Quiet); err != nil {
		return err
	}
	if s.Via == "" {
		if s.URL != "" {
			return errs.New(errs.Invalid, "setting.missing", "--notify / HUYING_NOTIFY", "HUYING_NOTIFY_URL")
		}
		return nil
	}
	if s.URL == "" {
		return errs.New(errs.Invalid, "setting.missing", "--notify-url / HUYING_NOTIFY_URL", "HUYING_NOTIFY")
	}
	_, err := s.sender(time.Now)
	return err
}

// sender makes the adapter that is set.
func (s NotifySettings) sender(now func() time.Time) (notify.Sender, error) {
	switch s.Via {
	case "sms":
		body := s.Body
		if path, isFile := strings.CutPrefix(body, "@"); isFile {
			raw, err := os.ReadFile(path)
			if err != nil {
				return nil, errs.Wrap(err, errs.Invalid, "import.file", path)
			}
			body = string(raw)
		}
		return notify.NewGateway(notify.GatewayOptions{URL: s.URL, Key: s.Key, Body: body, OK: s.OK, Proof: s.Proof}, now)
	case "wecom":
		return notify.NewRobot(s.URL, now)
	case "smtp":
		return notify.NewMail(notify.MailOptions{URL: s.URL, User: s.User, Password: s.Key, From: s.From, To: s.To, Subject: "您的诉求有新进展"})
	case "webhook":
		return notify.NewWebhook(s.URL, s.Key, now)
	}
	return nil, errs.New(errs.Invalid, "setting.invalid", "--notify / HUYING_NOTIFY", s.Via)
}

// courier sends the outbox's letters with an adapter.
type courier struct{ notify.Sender }

// Send hands a letter over.
func (c courier) Send(ctx context.Context, l casework.Letter) (string, error) {
	return c.Sender.Send(ctx, notify.Letter(l))
}

// outboxOptions are the outbox as set, for sending and for its page.
func (s NotifySettings) outboxOptions(now func() time.Time) (casework.OutboxOptions, error) {
	quiet, err := casework.ParseQuietHours(s.Quiet)
	o := casework.OutboxOptions{Link: s.Link, Replies: s.Reply, Quiet: quiet, PerRun: s.Rate / notifyRuns}
	if err != nil || s.Via == "" {
		return o, err
	}
	sender, err := s.sender(now)
	if err != nil {
		return o, err
	}
	o.Notifier = courier{notify.NewGuard(sender, notify.GuardOptions{})}
	return o, nil
}

// checkNotify connects to what notifications leave by, without sending.
func (a *app) checkNotify(ctx context.Context, c *checkup) {
	if a.settings.Via == "" {
		c.good("通知", "没有设置，只在回执页显示")
		return
	}
	sender, err := a.settings.sender(a.now)
	if err == nil {
		err = sender.Check(ctx)
	}
	if err != nil {
		c.bad("通知", errs.Sentence(err), "检查 HUYING_NOTIFY_URL、HUYING_NOTIFY_KEY 和网络")
		return
	}
	c.good("通知", "%s，能连上", a.settings.Via)
}
