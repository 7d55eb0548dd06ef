package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// columns are what a file of messages may have.
func columns() []sheet.Column {
	return []sheet.Column{
		{Key: "channel", Names: []string{"渠道", "来源", "受理渠道", "诉求渠道"}, MaxRunes: MaxFieldRunes},
		{Key: "external_id", Names: []string{"渠道编号", "编号", "工单编号", "来件编号", "流水号", "id"}, MaxRunes: MaxFieldRunes},
		{Key: "at", Names: []string{"时间", "来电时间", "来件时间", "受理时间", "诉求时间", "time"}},
		{Key: "outcome", Names: []string{"结果", "接通结果"}},
		{Key: "title", Names: []string{"标题", "诉求标题", "主题"}, MaxRunes: MaxTitleRunes},
		{Key: "text", Names: []string{"内容", "诉求内容", "正文", "描述", "content"}, MaxRunes: MaxTextRunes},
		{Key: "name", Names: []string{"姓名", "诉求人", "联系人"}, MaxRunes: MaxFieldRunes},
		{Key: "phone", Names: []string{"电话", "联系电话", "手机号", "来电号码"}, MaxRunes: MaxFieldRunes},
		{Key: "anonymous", Names: []string{"匿名", "是否匿名"}},
		{Key: "consent", Names: []string{"联系意愿", "是否允许处置部门获取联系方式"}},
		{Key: "area", Names: []string{"区域", "属地", "区划", "区域编码"}},
		{Key: "place", Names: []string{"地点", "地址", "事发地点"}, MaxRunes: MaxFieldRunes},
		{Key: "need", Names: []string{"特殊需要"}, MaxRunes: MaxFieldRunes},
	}
}

// ImportOptions says how a file is taken.
type ImportOptions struct {
	Name     string            // of the file
	Mapping  map[string]string // heading of the file → key
	Sheet    string            // of an XLSX file; empty: the first
	Channel  Channel           // for rows that name none
	DryRun   bool              // check everything, store nothing
	SkipBad  bool              // store the good rows although there are bad ones
	Location *time.Location    // of times without a zone

	// Area finds an area by code or name; required.
	Area func(codeOrName string) (org.AreaCode, bool)
	// Stored is told of each receipt, in order; may be nil.
	Stored func(Receipt)
}

// ImportReport counts what an import did.
type ImportReport struct {
	Rows     int       // data rows in the file
	Good     int       // that may be stored
	Stored   int       // that were, now
	Known    int       // that were stored before: the same channel and number
	Faults   errs.List // of bad rows, with line and column
	Warnings errs.List // headings that are not used
}

// Import stores the messages of a CSV or XLSX file. The file is read twice:
// first every row is checked, and when one is bad nothing is stored, unless
// SkipBad. A row without a number of its own gets one from its content, so
// that an import that was interrupted can be repeated without doubles. The
// error is an errs.List when the file was refused, or the store's.
func (in *Intake) Import(ctx context.Context, actor org.Actor, file io.ReadSeeker, o ImportOptions) (ImportReport, error) {
	if err := org.Can(actor, org.ActReceive); err != nil {
		return ImportReport{}, err
	}
	var report ImportReport
	err := in.eachRow(file, o, &report, func(Delivery) error { return nil })
	if err != nil {
		return report, err
	}
	if len(report.Faults) > 0 && !o.SkipBad {
		return report, report.Faults
	}
	if o.DryRun {
		return report, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return report, errs.Wrap(err, errs.Invalid, "import.reread")
	}
	var second ImportReport
	err = in.eachRow(file, o, &second, func(d Delivery) error {
		d.Quiet = true
		receipt, err := in.Receive(ctx, actor, d)
		if err != nil {
			return err
		}
		if receipt.Duplicate {
			report.Known++
		} else {
			report.Stored++
		}
		if o.Stored != nil {
			o.Stored(receipt)
		}
		return ctx.Err()
	})
	return report, err
}

// eachRow gives every good row as a delivery and collects the faults of the
// others.
func (in *Intake) eachRow(file io.Reader, o ImportOptions, report *ImportReport, each func(Delivery) error) error {
	table, err := sheet.Read(o.Name, file, columns(), sheet.Options{Mapping: o.Mapping, AllowUnknown: true, Sheet: o.Sheet})
	if err != nil {
		return err
	}
	defer table.Close()
	report.Warnings = table.Warnings()
	if !table.Has("text") && !table.Has("title") {
		return errs.List{errs.New(errs.Invalid, "import.no_text").At(1, 0)}
	}
	seen := map[string]int{}
	for row := range table.Rows() {
		report.Rows++
		d, faults := in.delivery(row, o)
		if len(faults) > 0 {
			report.Faults = append(report.Faults, faults...)
			continue
		}
		if d.ExternalID == "" {
			d.ExternalID = contentID(d, seen)
		}
		report.Good++
		if err := each(d); err != nil {
			return err
		}
	}
	return table.Err()
}

// contentID names a row by what it says; the second of two equal rows gets
// another name than the first.
func contentID(d Delivery, seen map[string]int) string {
	h := sha256.New()
	for _, s := range []string{string(d.Channel), d.At.UTC().String(), d.Title, d.Text, d.Name, d.Phone, string(d.Area), d.Place} {
		io.WriteString(h, s+"\x00")
	}
	sum := "file-" + hex.EncodeToString(h.Sum(nil)[:12])
	seen[sum]++
	if n := seen[sum]; n > 1 {
		return sum + "-" + strings.Repeat("x", n-1)
	}
	return sum
}

// delivery reads one row. Faults carry line, column and heading.
func (in *Intake) delivery(row sheet.Row, o ImportOptions) (Delivery, errs.List) {
	faults := errs.List(row.Faults)
	bad := func(key string, code errs.Code, args ...any) { faults = append(faults, row.Err(key, code, args...)) }
	d := Delivery{
		Channel:    channelNamed(row.Get("channel"), o.Channel),
		ExternalID: row.Get("external_id"),
		Title:      row.Get("title"),
		Text:       row.Get("text"),
		Name:       row.Get("name"),
		Phone:      row.Get("phone"),
		Place:      row.Get("place"),
		Need:       row.Get("need"),
		Outcome:    Outcome(row.Get("outcome")),
	}
	var ok bool
	if v := row.Get("at"); v != "" {
		if d.At, ok = parseTime(v, o.Location); !ok {
			bad("at", "field.invalid", "时间", v)
		}
	}
	if v := row.Get("anonymous"); v != "" {
		if d.Anonymous, ok = parseYes(v); !ok {
			bad("anonymous", "field.invalid", "匿名", v)
		}
	}
	if v := row.Get("consent"); v != "" {
		yes, ok := parseYes(v)
		if d.Consent = ConsentNo; yes {
			d.Consent = ConsentYes
		}
		if !ok {
			bad("consent", "field.invalid", "联系意愿", v)
		}
	}
	if v := row.Get("area"); v != "" {
		if d.Area, ok = o.Area(v); !ok {
			bad("area", "area.unknown_named", v)
		}
	}
	if len(faults) > 0 {
		return d, faults
	}
	var list errs.List
	if errors.As(tidy(d, in.now()).Validate(in.now()), &list) {
		for _, f := range list {
			faults = append(faults, row.Err(f.Field, f.Code, f.Args...))
		}
	}
	return d, faults
}

// channelNamed accepts a channel's code and its name on screen.
func channelNamed(v string, fallback Channel) Channel {
	if v == "" {
		return fallback
	}
	for _, c := range []Channel{Hotline, Web, WeChat, App, Mini, Mail} {
		if v == c.Label() || v == "12345热线" && c == Hotline {
			return c
		}
	}
	return Channel(v)
}

// timeForms are the ways in which tables write a time.
var timeForms = []string{
	time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02",
	"2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2", "2006年1月2日 15:04", "2006年1月2日",
}

func parseTime(v string, where *time.Location) (time.Time, bool) {
	if where == nil {
		where = time.UTC
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, v, where); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func parseYes(v string) (yes, ok bool) {
	switch strings.ToLower(v) {
	case "是", "yes", "true", "1", "y", "允许", "愿意", "同意":
		return true, true
	case "否", "no", "false", "0", "n", "不允许", "不愿意", "不同意":
		return false, true
	}
	return false, false
}
