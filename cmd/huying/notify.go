package main

import (
	"context"
	"encoding/json"
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
	To    string `name:"notify-to" var:"HUYING_NOTIFY_TO" placeholder:"邮箱" help:"收件邮箱；写 {phone}@139.com 的样子时换成诉求人的手机号，写 {email} 时为诉求人留的邮箱"`
	Body  string `name:"notify-body" var:"HUYING_NOTIFY_BODY" placeholder:"JSON" help:"短信网关的请求内容，其中 {phone}、{text}、{key} 会替换；以 @ 开头时从文件读"`
	OK    string `name:"notify-ok" var:"HUYING_NOTIFY_OK" placeholder:"字段=值" help:"短信网关的答复里表示成功的字段，如 code=0；不设时只看 HTTP 状态"`
	Proof string `name:"notify-proof" var:"HUYING_NOTIFY_PROOF" placeholder:"字段" help:"短信网关的答复里它自己的编号，如 data.msgid"`
	Then  string `name:"notify-then" var:"HUYING_NOTIFY_THEN" placeholder:"JSON" help:"没有送到时依次改用的方式，至多三种：JSON 数组，每项有 via、url，按方式另有 key、user、from、to、body、ok、proof，含义同上面各项；以 @ 开头时从文件读"`
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
		for set, name := range map[string]string{s.URL: "HUYING_NOTIFY_URL", s.Then: "HUYING_NOTIFY_THEN"} {
			if set != "" {
				return errs.New(errs.Invalid, "setting.missing", "--notify / HUYING_NOTIFY", name)
			}
		}
		return nil
	}
	if s.URL == "" {
		return errs.New(errs.Invalid, "setting.missing", "--notify-url / HUYING_NOTIFY_URL", "HUYING_NOTIFY")
	}
	_, err := s.senders(time.Now)
	return err
}

// mostThen is how many means there may be after the first.
const mostThen = 3

// all are the means that are set, in the order in which they are tried.
func (s NotifySettings) all() ([]NotifySettings, error) {
	all := []NotifySettings{s}
	if s.Then == "" {
		return all, nil
	}
	raw, err := fromFile(s.Then)
	if err != nil {
		return nil, err
	}
	var then []struct {
		Via   string          `json:"via"`
		URL   string          `json:"url"`
		Key   string          `json:"key"`
		User  string          `json:"user"`
		From  string          `json:"from"`
		To    string          `json:"to"`
		Body  json.RawMessage `json:"body"`
		OK    string          `json:"ok"`
		Proof string          `json:"proof"`
	}
	d := json.NewDecoder(strings.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&then); err != nil || d.More() {
		return nil, errs.Wrap(err, errs.Invalid, "notify.then", "不是 JSON 数组，或有不认识的项")
	}
	if len(then) == 0 || len(then) > mostThen {
		return nil, errs.New(errs.Invalid, "notify.then", strconv.Itoa(len(then))+" 种方式")
	}
	for i, m := range then {
		if m.Via == "" || m.URL == "" {
			return nil, errs.New(errs.Invalid, "notify.then", "第 "+strconv.Itoa(i+1)+" 项没有 via 或 url")
		}
		all = append(all, NotifySettings{Via: m.Via, URL: m.URL, Key: m.Key, User: m.User, From: m.From, To: m.To, Body: string(m.Body), OK: m.OK, Proof: m.Proof})
	}
	return all, nil
}

// fromFile gives a setting's value, or for @name what is in that file.
func fromFile(value string) (string, error) {
	path, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		return value, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", errs.Wrap(err, errs.Invalid, "import.file", path)
	}
	return string(raw), nil
}

// senders makes the adapters that are set, in order.
func (s NotifySettings) senders(now func() time.Time) ([]notify.Sender, error) {
	all, err := s.all()
	if err != nil {
		return nil, err
	}
	out := make([]notify.Sender, len(all))
	for i, one := range all {
		if out[i], err = one.sender(now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sender makes the adapter that is set.
func (s NotifySettings) sender(now func() time.Time) (notify.Sender, error) {
	switch s.Via {
	case "sms":
		body, err := fromFile(s.Body)
		if err != nil {
			return nil, err
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
	senders, err := s.senders(now)
	if err != nil {
		return o, err
	}
	for i, sender := range senders {
		if by := (courier{notify.NewGuard(sender, notify.GuardOptions{})}); i == 0 {
			o.Notifier = by
		} else {
			o.Then = append(o.Then, by)
		}
	}
	return o, nil
}

// checkNotify connects to what notifications leave by, without sending.
func (a *app) checkNotify(ctx context.Context, c *checkup) {
	if a.settings.Via == "" {
		c.good("通知", "没有设置，只在回执页显示")
		return
	}
	senders, err := a.settings.senders(a.now)
	if err != nil {
		c.bad("通知", errs.Sentence(err), "检查以 HUYING_NOTIFY 开头的设置")
	}
	for _, sender := range senders {
		if err := sender.Check(ctx); err != nil {
			c.bad("通知", sender.Via()+"："+errs.Sentence(err), "检查 HUYING_NOTIFY_URL、HUYING_NOTIFY_KEY（后备方式看 HUYING_NOTIFY_THEN）和网络")
		} else {
			c.good("通知", "%s，能连上", sender.Via())
		}
	}
}
