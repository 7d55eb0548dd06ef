package classifier

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// maxLevels is how deep a catalogue in a table may be.
const maxLevels = 6

// noLevel in the column of a level says that the leaf has no such level: it
// stands higher than others. An empty cell says that the leaf has no name of
// its own, as in the published standard.
const noLevel = "—"

// closingHeading is the column of what closing is checked against.
const closingHeading = "结案标准"

// tableColumns are what a catalogue in CSV or XLSX may have.
func tableColumns() []sheet.Column {
	cols := []sheet.Column{
		{Key: "code", Names: []string{"事项编码", "编码", "代码"}, Required: true, MaxRunes: 40},
		{Key: "scope", Names: []string{"范围", "事项范围", "诉求范围", "说明"}, MaxRunes: 2000},
		{Key: "description", Names: []string{"描述", "通俗说明"}, MaxRunes: 2000},
		{Key: "urgency", Names: []string{"紧急程度"}, MaxRunes: 1},
		{Key: "ask", Names: []string{"追问"}, MaxRunes: 500},
		{Key: "basis", Names: []string{"依据", "法律依据"}, MaxRunes: 2000},
		{Key: "limit", Names: []string{"时限", "办理时限"}, MaxRunes: 100},
		{Key: "closing", Names: []string{closingHeading, "办结标准"}, MaxRunes: 2000},
		{Key: "lead", Names: []string{"主办单位", "处置单位", "承办单位", "主办"}, MaxRunes: 100},
		{Key: "co", Names: []string{"协办单位", "协办"}, MaxRunes: 500},
		{Key: "duty", Names: []string{dutyHeading}, MaxRunes: cellRunes},
		{Key: "examples", Names: []string{examplesHeading}, MaxRunes: cellRunes},
		{Key: "neighbours", Names: []string{neighboursHeading}, MaxRunes: cellRunes},
	}
	for i, ordinal := range []string{"一", "二", "三", "四", "五", "六"} {
		cols = append(cols, sheet.Column{
			Key:      level(i),
			Names:    []string{ordinal + "级事项", ordinal + "级", ordinal + "级分类", ordinal + "级类别"},
			MaxRunes: 200,
		})
	}
	return cols
}

func level(i int) string { return "level" + strconv.Itoa(i+1) }

// ReadRows reads a catalogue file, a table or JSON lines by its content, and
// gives each row to add. mapping gives headings of a table the program's keys.
// Errors are an errs.List with line and column.
func ReadRows(name string, file io.Reader, mapping map[string]string, add func(Row)) error {
	r := bufio.NewReader(file)
	if isJSON(r) {
		return sheet.ReadJSONL(r, func(line int, leaf LeafRecord) *errs.Error {
			row := leaf.row()
			row.Line = line
			add(row)
			return nil
		}).OrNil()
	}
	table, err := sheet.Read(name, r, tableColumns(), sheet.Options{Mapping: mapping})
	if err != nil {
		return err
	}
	defer table.Close()
	if !table.Has(level(0)) {
		return errs.List{errs.New(errs.Invalid, "field.required", "一级事项").At(1, 0)}
	}
	columns := map[string]int{}
	for _, c := range tableColumns() {
		columns[c.Key] = table.Column(c.Key)
	}
	var faults errs.List
	for row := range table.Rows() {
		if faults = append(faults, row.Faults...); len(row.Faults) > 0 {
			continue
		}
		r, wrong := tableRow(table, row)
		r.columns = columns
		if faults = append(faults, wrong...); len(wrong) == 0 {
			add(r)
		}
	}
	if err := table.Err(); err != nil {
		return err
	}
	return faults.OrNil()
}

// isJSON looks for the brace that a line of JSON begins with.
func isJSON(r *bufio.Reader) bool {
	head, _ := r.Peek(64)
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("{"))
}

// tableRow reads a row of a table; the columns that hold lists are written as
// in listcell.go.
func tableRow(t *sheet.Table, row sheet.Row) (Row, errs.List) {
	r := Row{
		Line: row.Line, Position: -1, Code: row.Get("code"), Scope: row.Get("scope"),
		Description: row.Get("description"), Urgency: intake.Urgency(row.Get("urgency")),
		Ask: row.Get("ask"), Basis: row.Get("basis"), Limit: row.Get("limit"), Closing: row.Get("closing"),
	}
	for i := range maxLevels {
		name := row.Get(level(i))
		if name == noLevel {
			break
		}
		if t.Has(level(i)) {
			r.Names = append(r.Names, name)
		}
	}
	if lead := row.Get("lead"); lead != "" {
		r.Rules = []Rule{{When: "通常情形", Lead: org.UnitKind(lead), Co: kindsOf(coNames(row.Get("co")))}}
		r.ruled = "lead"
	}
	r.Examples = readExamples(row.Get("examples"))
	var faults errs.List
	if cell := row.Get("duty"); cell != "" {
		rules, line := readRules(cell)
		if line > 0 {
			faults = append(faults, row.Err("duty", "catalogue.duty_cell", line))
		}
		r.Rules, r.ruled = rules, "duty"
	}
	neighbours, line := readNeighbours(row.Get("neighbours"))
	if line > 0 {
		faults = append(faults, row.Err("neighbours", "catalogue.neighbour_cell", line))
	}
	r.Neighbours = neighbours
	return r, faults
}

// readMapping reads what headings stand for, a line each: the heading, an equals
// sign, and a heading or key of tableColumns. Blank text gives nil. errs.Invalid
// "draft.heading" names a line that is none.
func readMapping(text string) (map[string]string, error) {
	var mapping map[string]string
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		heading, name, ok := strings.Cut(strings.ReplaceAll(line, "＝", "="), "=")
		if heading, name = strings.TrimSpace(heading), strings.TrimSpace(name); !ok || heading == "" || name == "" {
			return nil, errs.New(errs.Invalid, "draft.heading", i+1).In("headings")
		}
		if mapping == nil {
			mapping = map[string]string{}
		}
		mapping[heading] = name
		for _, c := range tableColumns() {
			if slices.Contains(c.Names, name) {
				mapping[heading] = c.Key
			}
		}
	}
	return mapping, nil
}
