package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

type importAccountsCmd struct {
	File   string `arg:"" name:"文件" help:"CSV 或 XLSX；一格里几个角色用顿号或分号隔开"`
	DryRun bool   `name:"dry-run" help:"只检查，不写入"`
}

// Run makes the accounts of a list, all or none, and prints their passwords once.
func (c *importAccountsCmd) Run(ctx context.Context, a *app) error {
	db, err := a.openStore(ctx, asGuest)
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, err := readAccounts(ctx, db, c.File)
	if err != nil {
		return err
	}
	if c.DryRun {
		fmt.Fprintf(a.Out, "%d 个账号，可以建立。\n只检查，没有写入。\n", len(accounts))
		return nil
	}
	passwords := make([]string, len(accounts))
	for i := range passwords {
		passwords[i] = org.RandomPassword()
	}
	if err := org.NewAccounts(db.DB, a.now).CreateAll(ctx, db.DB, org.Actor{}, accounts, passwords); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "已建立 %d 个账号，密码只显示这一次，请妥善保存。\n", len(accounts))
	lines := [][]string{{"登录名", "姓名", "密码"}}
	for i, x := range accounts {
		lines = append(lines, []string{x.Login, x.Name, passwords[i]})
	}
	return csv.NewWriter(a.Out).WriteAll(lines)
}

// readAccounts reads a list of new accounts.
func readAccounts(ctx context.Context, db *store, path string) ([]org.Account, error) {
	units, err := db.Units(ctx)
	if err != nil {
		return nil, err
	}
	present, err := db.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, x := range present {
		taken[x.Login] = true
	}
	cols := []sheet.Column{
		{Key: "login", Names: []string{"登录名", "账号"}, Required: true, MaxRunes: 32},
		{Key: "name", Names: []string{"姓名", "名称"}, MaxRunes: 100},
		{Key: "roles", Names: []string{"角色"}, Required: true, MaxRunes: 100},
		{Key: "unit", Names: []string{"单位", "所属单位"}, MaxRunes: 100},
	}
	var all []org.Account
	err = tableOf(path, cols, func(row sheet.Row) errs.List {
		x, faults := accountOf(row, units)
		if len(faults) == 0 && taken[x.Login] {
			faults = append(faults, row.Err("login", "account.exists", x.Login))
		}
		taken[x.Login] = true
		all = append(all, x)
		return faults
	})
	return all, err
}

// accountOf reads one line; what is wrong with it names its cell.
func accountOf(row sheet.Row, units []org.Unit) (org.Account, errs.List) {
	faults := func(err error) errs.List {
		if e := (*errs.Error)(nil); errors.As(err, &e) {
			return errs.List{row.Err(e.Field, e.Code, e.Args...)}
		}
		return nil
	}
	x := org.Account{Login: row.Get("login"), Name: row.Get("name")}
	if name := row.Get("unit"); name != "" {
		at := slices.IndexFunc(units, func(u org.Unit) bool { return u.Name == name })
		if at < 0 {
			return x, errs.List{row.Err("unit", "account.unit", name)}
		}
		x.Unit = units[at].ID
	}
	var err error
	if x.Roles, err = org.RolesOf(strings.FieldsFunc(row.Get("roles"), func(r rune) bool { return strings.ContainsRune("、，,;； ", r) })...); err != nil {
		return x, faults(err)
	}
	return x, faults(x.Tidy())
}
