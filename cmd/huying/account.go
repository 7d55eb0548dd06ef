package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// accountCmd makes accounts from the machine itself; the first administrator
// comes from here.
type accountCmd struct {
	Create  accountCreateCmd  `cmd:"" help:"建立账号；密码从标准输入读取，或自动生成并显示一次"`
	Disable accountDisableCmd `cmd:"" help:"停用账号：立即退出登录，吊销令牌；单位还有在办工单时至少留一个账号；手上有任务的用 --to 移交"`
	Enable  accountEnableCmd  `cmd:"" help:"恢复停用的账号；令牌要另建"`
	Roles   accountRolesCmd   `cmd:"" help:"换角色，可以有几个；立即生效"`
	Reset   accountResetCmd   `cmd:"" name:"password" help:"给一次性密码，显示一次；本人登录后先换成自己的"`
	Unlock  accountUnlockCmd  `cmd:"" help:"解除密码连错的锁定"`
}

type accountResetCmd struct {
	Login string `arg:"" name:"登录名" help:"给哪个账号"`
}

// Run gives the account a password for once, and prints it.
func (c *accountResetCmd) Run(ctx context.Context, a *app) error {
	return a.withPasswords(ctx, func(p *org.Passwords) error {
		once, until, err := p.Reset(ctx, org.Actor{}, c.Login)
		if err == nil {
			fmt.Fprintf(a.Out, "账号 %s 的一次性密码：%s\n%s 前登录有效，登录后先换成自己的。只显示这一次，请妥善转交。\n", c.Login, once, until.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02 15:04"))
		}
		return err
	})
}

type accountUnlockCmd struct {
	Login string `arg:"" name:"登录名" help:"解除哪个账号的锁定"`
}

// Run ends the lock-out.
func (c *accountUnlockCmd) Run(ctx context.Context, a *app) error {
	return a.withPasswords(ctx, func(p *org.Passwords) error {
		err := p.Lift(ctx, org.Actor{}, c.Login)
		if err == nil {
			fmt.Fprintf(a.Out, "已解除账号 %s 的锁定\n", c.Login)
		}
		return err
	})
}

// withPasswords opens the store for what is done about passwords.
func (a *app) withPasswords(ctx context.Context, do func(*org.Passwords) error) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(org.NewPasswords(org.NewAccounts(db.DB, a.now), db.DB, db.DB))
}

type accountDisableCmd struct {
	Login string `arg:"" name:"登录名" help:"停用哪个账号"`
	To    string `name:"to" placeholder:"登录名" help:"先把手上的下级任务和负责人身份移交给同一单位的这个账号"`
}

// Run hands over what the person has, and disables the account.
func (c *accountDisableCmd) Run(ctx context.Context, a *app) error {
	return a.withHandOvers(ctx, func(_ *store, h *casework.HandOvers) error {
		n, err := h.Disable(ctx, org.Actor{}, c.Login, c.To)
		if n > 0 {
			fmt.Fprintf(a.Out, "已把 %d 件任务移交给 %s\n", n, c.To)
		}
		if err == nil {
			fmt.Fprintf(a.Out, "已停用账号 %s\n", c.Login)
		}
		return err
	})
}

type accountRolesCmd struct {
	Login string   `arg:"" name:"登录名" help:"换哪个账号的角色"`
	Roles []string `name:"role" required:"" placeholder:"角色" help:"全部角色，可重复给出，或用逗号隔开；隐私专员和问答机器人不兼任，承办人员不兼任话务员、派单员、督办员或管理员"`
	Unit  string   `name:"unit" placeholder:"单位" help:"换到哪个单位；不设时不变"`
}

// Run says what the account is for from now on.
func (c *accountRolesCmd) Run(ctx context.Context, a *app) error {
	roles, err := org.RolesOf(c.Roles...)
	if err != nil {
		return err
	}
	return a.withHandOvers(ctx, func(db *store, h *casework.HandOvers) error {
		unit, err := unitOrNone(ctx, db, c.Unit)
		if err != nil {
			return err
		}
		if roles, err = h.SetRoles(ctx, org.Actor{}, c.Login, roles, unit); err == nil {
			fmt.Fprintf(a.Out, "账号 %s 现在是%s\n", c.Login, roles.Label())
		}
		return err
	})
}

type accountEnableCmd struct {
	Login string `arg:"" name:"登录名" help:"恢复哪个账号"`
}

// Run enables the account again.
func (c *accountEnableCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := org.SetDisabled(ctx, db.DB, org.Actor{}, c.Login, false, a.now()); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已恢复账号 %s\n", c.Login)
	return nil
}

// withHandOvers opens the store with what hand-overs need, and no model.
func (a *app) withHandOvers(ctx context.Context, do func(*store, *casework.HandOvers) error) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &site{store: db}
	filing, planner := a.fileCases(s)
	if err := s.calendar.Refresh(ctx); err != nil {
		return err
	}
	if err := s.rules.Refresh(ctx); err != nil {
		return err
	}
	cases := casework.NewCases(filing, planner, classifier.NewDesk(filing, a.now), maskFound, a.now)
	return do(db, casework.NewHandOvers(db.DB, cases, db.DB))
}

// unitCmd is about handling units.
type unitCmd struct {
	Abolish unitAbolishCmd `cmd:"" help:"撤并单位：在办工单逐件改派给承接的单位，人员随之转入，然后停用"`
	Centre  unitCentreCmd  `cmd:"" help:"设置分中心：负责哪些区域和渠道、何时开放；不写单位时列出全部分中心"`
}

type unitAbolishCmd struct {
	Name string `arg:"" name:"单位" help:"撤并哪个单位，写全名"`
	To   string `name:"to" required:"" placeholder:"单位" help:"由哪个单位承接"`
	As   string `name:"as" required:"" placeholder:"登录名" help:"以哪个管理员的名义改派，记在工单的经过里"`
	Why  string `name:"why" required:"" placeholder:"依据" help:"撤并的依据，记在工单的经过里"`
}

// Run hands over the unit's cases and takes it out of service. What was cut off
// is gone on with by the next run.
func (c *unitAbolishCmd) Run(ctx context.Context, a *app) error {
	return a.withHandOvers(ctx, func(db *store, h *casework.HandOvers) error {
		admin, err := db.AccountByLogin(ctx, strings.ToLower(c.As))
		if err != nil {
			return err
		}
		if admin.Disabled || !admin.Roles.Has(org.RoleAdmin) {
			return errs.New(errs.Invalid, "account.no_admin", c.As).In("as")
		}
		from, err := unitNamed(ctx, db, c.Name)
		if err != nil {
			return err
		}
		to, err := unitNamed(ctx, db, c.To)
		if err != nil {
			return err
		}
		moved, left, err := h.Abolish(ctx, org.Actor{Account: admin.ID, Name: admin.Name, Roles: admin.Roles}, from, to, c.Why)
		fmt.Fprintf(a.Out, "已把 %d 件工单移交给 %s\n", moved, c.To)
		switch {
		case err != nil:
			return err
		case left > 0:
			return errs.New(errs.Conflict, "unit.left", left)
		}
		fmt.Fprintf(a.Out, "已撤并 %s，人员已转入 %s\n", c.Name, c.To)
		return nil
	})
}

type accountCreateCmd struct {
	Login    string   `arg:"" name:"登录名" help:"2–32 个小写字母、数字、点或连字符"`
	Roles    []string `name:"role" default:"agent" placeholder:"角色" help:"可重复给出，或用逗号隔开：agent 话务员、dispatcher 派单员、supervisor 督办员、editor 知识采编员、unit 承办人员、leader 领导、admin 管理员、privacy 隐私专员、bot 问答机器人"`
	Name     string   `name:"name" placeholder:"姓名" help:"显示的名称；不设时同登录名"`
	Unit     string   `name:"unit" placeholder:"单位" help:"所属单位的名称；承办人员必填，只看本单位的工单；承办单位的采编员审核本单位的知识条目。不设时属于热线"`
	Password bool     `name:"password-stdin" help:"从标准输入的第一行读取密码；不加时自动生成"`
}

// Run makes the account and prints what was made.
func (c *accountCreateCmd) Run(ctx context.Context, a *app) error {
	password, shown, err := a.password(c.Password)
	if err != nil {
		return err
	}
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	unit, err := unitOrNone(ctx, db, c.Unit)
	if err != nil {
		return err
	}
	roles, err := org.RolesOf(c.Roles...)
	if err != nil {
		return err
	}
	made, err := org.NewAccounts(db.DB, a.now).Create(ctx, org.Actor{},
		org.Account{Login: c.Login, Name: c.Name, Roles: roles, Unit: unit}, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已建立账号 %s（%s）\n", made.Login, made.Roles.Label())
	if shown {
		fmt.Fprintf(a.Out, "密码：%s\n只显示这一次，请妥善保存。\n", password)
	}
	return nil
}

// unitOrNone finds a unit by its whole name; empty: none is set.
func unitOrNone(ctx context.Context, db *store, name string) (org.UnitID, error) {
	if name == "" {
		return "", nil
	}
	return unitNamed(ctx, db, name)
}

func unitNamed(ctx context.Context, db *store, name string) (org.UnitID, error) {
	all, err := db.DB.Units(ctx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(all, func(u org.Unit) bool { return u.Name == name })
	if at < 0 {
		return "", errs.New(errs.Invalid, "account.unit", name).In("unit")
	}
	return all[at].ID, nil
}

// password reads the first line of standard input, or makes one up, which the
// caller then shows.
func (a *app) password(stdin bool) (password string, shown bool, err error) {
	if !stdin {
		return org.RandomPassword(), true, nil
	}
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", false, errs.Wrap(err, errs.Invalid, "field.required", "密码").In("password")
	}
	return line, false, nil
}

// tokenCmd makes, lists and ends API tokens.
type tokenCmd struct {
	List   tokenListCmd   `cmd:"" help:"列出没有吊销的令牌：名称、账号、角色、渠道、建立、最近使用、到期；不含令牌本身"`
	Create tokenCreateCmd `cmd:"" help:"为账号建立接口令牌，只显示一次"`
	Revoke tokenRevokeCmd `cmd:"" help:"吊销接口令牌，立即生效"`
}

type tokenCreateCmd struct {
	Name     string   `arg:"" name:"令牌名称" help:"便于辨认的名称，如 市长信箱对接"`
	Login    string   `name:"account" required:"" placeholder:"登录名" help:"令牌以此账号的身份行事"`
	Channels []string `name:"channel" placeholder:"渠道" help:"只能用于这些渠道，可重复给出；不设时不限"`
	Until    string   `name:"until" placeholder:"日期" help:"到哪天为止，如 2027-06-30；不设时一直有效"`
}

// Run makes the token and prints it.
func (c *tokenCreateCmd) Run(ctx context.Context, a *app) error {
	n := org.NewToken{Name: c.Name, Login: c.Login, Channels: c.Channels}
	if c.Until != "" {
		day, ok := parseDay(c.Until)
		if !ok {
			return errs.New(errs.Invalid, "field.invalid", "到哪天为止", c.Until).In("until")
		}
		n.ExpiresAt = day.AddDate(0, 0, 1).Add(-time.Second) // the last day counts whole
	}
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	token, err := org.NewAccounts(db.DB, a.now).CreateToken(ctx, org.Actor{}, n)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Out, token)
	return nil
}

type tokenListCmd struct{}

// Run lists the tokens, a page at a time.
func (c *tokenListCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, after := org.NewAccounts(db.DB, a.now), ""
	for {
		all, err := accounts.Tokens(ctx, db.DB, org.Actor{}, after, tokensAtOnce)
		if err != nil {
			return err
		}
		for _, t := range all {
			fmt.Fprintln(a.Out, tokenWords(t, a.now()))
			after = t.Name
		}
		if len(all) < tokensAtOnce {
			return nil
		}
	}
}

// tokensAtOnce is how many tokens are read at once.
const tokensAtOnce = 100

// tokenWords is a token as a line.
func tokenWords(t org.TokenLine, now time.Time) string {
	day := func(at time.Time, never string) string {
		if at.IsZero() {
			return never
		}
		return at.In(chinaTime()).Format(time.DateOnly)
	}
	channels := "不限渠道"
	if len(t.Channels) > 0 {
		channels = "渠道 " + strings.Join(t.Channels, "、")
	}
	until := "一直有效"
	switch {
	case t.Expired(now):
		until = "已到期"
	case !t.ExpiresAt.IsZero():
		until = "有效至 " + day(t.ExpiresAt, "")
	}
	return fmt.Sprintf("%s  账号 %s（%s），%s，%s建立，最近使用 %s，%s", t.Name, t.Login, t.Roles.Label(), channels, day(t.CreatedAt, ""), day(t.UsedAt, "还没有"), until)
}

type tokenRevokeCmd struct {
	Name string `arg:"" name:"令牌名称" help:"建立时给的名称"`
}

// Run ends the token.
func (c *tokenRevokeCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := org.NewAccounts(db.DB, a.now).RevokeToken(ctx, org.Actor{}, c.Name); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已吊销令牌 %s\n", c.Name)
	return nil
}
