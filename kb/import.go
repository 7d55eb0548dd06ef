package kb

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// ReadOptions say how to read a file of entries. Area is needed when a row
// names one, the rest may be empty.
type ReadOptions struct {
	// Area gives the code of an area that the file names by code or by name.
	Area    func(nameOrCode string) (org.AreaCode, bool)
	Mapping map[string]string // heading of this file → key of entryColumns
	Sheet   string            // name of the XLSX sheet; empty: the first
	Publish bool              // entries of other systems are published at once, not drafts
	Draft   bool              // every entry is a draft, whatever the file says
}

// Reading is what a file holds.
type Reading struct {
	Format   string    // the system whose form it has, such as “WeKnora”; empty: our own
	Entries  []Entry   // the good rows, in order; not yet stored
	Lines    []int     // the line of each, from 1
	Faults   errs.List // of the bad rows, each with line and column
	Warnings errs.List // unknown columns that were passed over, phrasings that two rows share
}

// entryColumns are the columns of a file of entries. Phrasings stand in one
// cell, separated by ## or line breaks.
func entryColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "code", Names: []string{"编号", "条目编号", "id"}, MaxRunes: maxFieldRunes},
		{Key: "question", Names: []string{"问题", "标准问题", "标题"}, Required: true, MaxRunes: MaxQuestionRunes},
		{Key: "phrasings", Names: []string{"相似问法", "相似问题", "其他问法"}},
		{Key: "negatives", Names: []string{"反例问法", "反例问题"}},
		{Key: "answer", Names: []string{"标准答复", "答复", "答案", "回答"}, Required: true, MaxRunes: MaxAnswerRunes},
		{Key: "short", Names: []string{"念读稿", "简短答复", "短答"}, MaxRunes: MaxShortRunes},
		{Key: "unit", Names: []string{"答复单位", "单位", "责任单位"}, MaxRunes: maxFieldRunes},
		{Key: "area", Names: []string{"适用地区", "属地", "地区"}},
		{Key: "audience", Names: []string{"适用对象", "服务对象", "受众"}, MaxRunes: maxFieldRunes},
		{Key: "topic", Names: []string{"主题", "分类", "类别"}, MaxRunes: maxFieldRunes},
		{Key: "basis", Names: []string{"依据", "政策依据", "法律依据"}, MaxRunes: maxBasisRunes},
		{Key: "family", Names: []string{"变体组"}, MaxRunes: MaxQuestionRunes},
		{Key: "clauses", Names: []string{"法规条款"}},
		{Key: "valid_from", Names: []string{"生效日期", "有效期自", "开始日期"}},
		{Key: "valid_until", Names: []string{"失效日期", "有效期至", "截止日期"}},
		{Key: "state", Names: []string{"状态"}},
	}
}

// maxFile is the largest file that is read, in bytes.
const maxFile = 100 << 20

// ReadEntries reads entries from CSV or XLSX, in our own form or one of
// formats, or, when the first character is a brace, from JSON lines: with the
// keys of entryColumns, or government service items. A file that is no table
// at all is an error; bad rows are Faults, and the caller decides whether to go
// on without them. Two rows of one code, or, without a code, of one question
// and area, are a fault of the second, and so are two that answer one question
// for one area differently.
//
// What comes from another system or from service items becomes a draft: nobody
// here has read it.
func ReadEntries(name string, r io.Reader, o ReadOptions) (Reading, error) {
	file, err := seekable(r)
	if err != nil {
		return Reading{}, err
	}
	in := reader{o: o, seen: map[string]int{}, asked: map[asking]answered{}, named: map[string]int{}}
	isLines, err := beginsWithBrace(file)
	switch {
	case err != nil:
	case isLines:
		err = in.lines(file)
	default:
		err = in.table(name, file)
	}
	return in.Reading, err
}

// seekable gives r, or its whole content.
func seekable(r io.Reader) (io.ReadSeeker, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		return s, nil
	}
	all, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, errs.Wrap(err, errs.Invalid, "kb.unreadable")
	case len(all) > maxFile:
		return nil, errs.New(errs.Invalid, "sheet.too_big", maxFile>>20)
	}
	return bytes.NewReader(all), nil
}

// reader gathers the rows of a file.
type reader struct {
	Reading
	o     ReadOptions
	form  *format
	seen  map[string]int      // line of each code, or of each question and area
	asked map[asking]answered // by each wording
	named map[string]int      // line of each service item's name and area
}

// asking is a wording in an area.
type asking struct {
	text string
	area org.AreaCode
}

// answered is what the first row with a wording says.
type answered struct {
	line     int
	answer   string
	question bool // the wording is its question
}

func (in *reader) table(name string, r io.ReadSeeker) error {
	headings, err := sheet.Headings(name, r, sheet.Options{Sheet: in.o.Sheet})
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	columns, mapping := entryColumns(), in.o.Mapping
	if in.form = formatOf(headings, mapping); in.form != nil {
		in.Format = in.form.name
		columns, mapping = in.form.columns(), in.form.mapping(headings, mapping)
	}
	t, err := sheet.Read(name, r, columns, sheet.Options{Mapping: mapping, Sheet: in.o.Sheet, AllowUnknown: true})
	if err != nil {
		return err
	}
	defer t.Close()
	in.Warnings = t.Warnings()
	for row := range t.Rows() {
		if len(row.Faults) > 0 {
			in.Faults = append(in.Faults, row.Faults...)
			continue
		}
		c := cells{
			get:       row.Get,
			fault:     func(key string, code errs.Code, args ...any) *errs.Error { return row.Err(key, code, args...) },
			phrasings: splitPhrasings(row.Get("phrasings")),
			negatives: splitPhrasings(row.Get("negatives")),
		}
		if in.form != nil {
			c = in.form.adapt(c)
		}
		in.add(row.Line, c)
	}
	return t.Err()
}

// cells is one row, whatever the format.
type cells struct {
	get                  func(key string) string
	fault                func(key string, code errs.Code, args ...any) *errs.Error
	phrasings, negatives []string
}

// add checks one row and keeps it as an entry or as faults.
func (in *reader) add(line int, c cells) {
	var faults errs.List
	note := func(key string, code errs.Code, args ...any) {
		faults = append(faults, c.fault(key, code, args...))
	}
	e := Entry{
		Code: c.get("code"), Question: c.get("question"), Answer: c.get("answer"), Short: c.get("short"),
		Unit: c.get("unit"), Audience: c.get("audience"), Topic: c.get("topic"), Family: c.get("family"), Basis: c.get("basis"),
		Phrasings: c.phrasings, Negatives: c.negatives, Version: 1, State: in.stateOf(c.get("state")),
	}
	if e.State == "" {
		note("state", "kb.state", c.get("state"))
		e.State = EntryPublished
	}
	if a := c.get("area"); a != "" {
		code, ok := in.o.Area(a)
		if !ok {
			note("area", "kb.area", a)
		}
		e.Area = code
	}
	var ok bool
	var err error
	if e.Clauses, err = ReadClauses(c.get("clauses")); err != nil {
		note("clauses", errs.CodeOf(err), argsOf(err)...)
	}
	if e.ValidFrom, ok = parseDate(c.get("valid_from"), false); !ok {
		note("valid_from", "field.invalid", "生效日期", c.get("valid_from"))
	}
	if e.ValidUntil, ok = parseDate(c.get("valid_until"), true); !ok {
		note("valid_until", "field.invalid", "失效日期", c.get("valid_until"))
	}
	e = e.Tidy()
	if list, bad := e.Validate().(errs.List); bad {
		for _, f := range list {
			note(f.Field, f.Code, f.Args...)
		}
	}
	in.twice(line, e, note)
	if len(faults) > 0 {
		in.Faults = append(in.Faults, faults...)
		return
	}
	in.Entries, in.Lines = append(in.Entries, e), append(in.Lines, line)
}

func argsOf(err error) []any {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Args
	}
	return nil
}

// twice notes that a row repeats another, or contradicts it.
func (in *reader) twice(line int, e Entry, note func(key string, code errs.Code, args ...any)) {
	key, column := "code\x00"+e.Code, "code"
	if e.Code == "" {
		key, column = "question\x00"+e.Question+"\x00"+string(e.Area), "question"
	}
	if first, again := in.seen[key]; again {
		note(column, "kb.duplicate", first)
		return
	}
	in.seen[key] = line
	for i, wording := range append([]string{e.Question}, e.Phrasings...) {
		at := asking{wording, e.Area}
		first, again := in.asked[at]
		switch {
		case !again:
			in.asked[at] = answered{line, e.Answer, i == 0}
		case first.answer == e.Answer:
		case i == 0 && first.question:
			note("question", "kb.conflict", first.line)
		default:
			in.Warnings = append(in.Warnings, errs.New(errs.Invalid, "kb.shared_phrasing", wording, first.line).In("phrasings").At(line, 0))
		}
	}
}

// stateOf reads a state. An empty cell means published, and a draft where the
// file comes from elsewhere.
func (in *reader) stateOf(cell string) EntryState {
	state := stateOf(cell)
	if in.o.Draft && state != "" {
		return EntryDraft
	}
	if cell == "" && in.Format != "" && !in.o.Publish {
		return EntryDraft
	}
	return state
}

// splitPhrasings takes the phrasings of one cell apart.
func splitPhrasings(cell string) []string {
	return strings.Split(strings.ReplaceAll(cell, "##", "\n"), "\n")
}

// stateOf reads a state; an empty cell means published, an unknown one gives
// "".
func stateOf(s string) EntryState {
	switch s {
	case "", "已发布", "发布", string(EntryPublished):
		return EntryPublished
	case "草稿", "待审", string(EntryDraft):
		return EntryDraft
	case "待审核", string(EntryReview):
		return EntryReview
	case "待核实", string(EntryToVerify):
		return EntryToVerify
	case "已停用", "停用", string(EntryRetired):
		return EntryRetired
	}
	return ""
}

// parseDate reads a day in China; an empty cell is the zero time. end asks for
// the day's last second. False when s is no date.
func parseDate(s string, end bool) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"} {
		if t, err := time.ParseInLocation(layout, s, china); err == nil {
			if end {
				t = t.AddDate(0, 0, 1).Add(-time.Second)
			}
			return t, true
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-1-2 15:04:05", "2006-1-2 15:04", "2006/1/2 15:04"} {
		if t, err := time.ParseInLocation(layout, s, china); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
