package classifier

import (
	"bufio"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"huying/intake"
	"huying/internal/org"
)

// The starter catalogue: codes and names of the public standard DB44/T
// 2479-2024; descriptions, examples, duty rules, neighbours and questions
// written for this project. One file a first level.
//
//go:embed starter/*.jsonl
var starter embed.FS

// StarterRows gives the product's own catalogue, in the standard's order.
func StarterRows() ([]Row, error) {
	files, err := starter.ReadDir("starter")
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, file := range files {
		f, err := starter.Open("starter/" + file.Name())
		if err != nil {
			return nil, err
		}
		part, err := starterFile(f, file.Name())
		f.Close()
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return a.Position - b.Position })
	return rows, nil
}

func starterFile(r io.Reader, name string) ([]Row, error) {
	var rows []Row
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var leaf LeafRecord
		if err := json.Unmarshal(lines.Bytes(), &leaf); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		row := leaf.row()
		row.Line = n
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

// StarterKinds gives the kinds of unit that the starter catalogue's duty rules
// name.
func StarterKinds() []org.UnitKind {
	return kindsOf(strings.Fields(starterKinds))
}

func kindsOf(names []string) []org.UnitKind {
	kinds := make([]org.UnitKind, len(names))
	for i, n := range names {
		kinds[i] = org.UnitKind(n)
	}
	return kinds
}

// starterKinds are the kinds of a Chinese city's units, one a word.
const starterKinds = `公安局 公安交警 消防救援 城市管理和综合执法局 住房和城乡建设局 自然资源和规划局 生态环境局
交通运输局 水务水利局 农业农村局 林业园林局 教育局 卫生健康委 医疗保障局 人力资源和社会保障局 民政局
退役军人事务局 市场监督管理局 商务局 文化广电旅游体育局 税务局 财政局 发展和改革局 工业和信息化局 科技局
应急管理局 司法局 法院检察院 信访局 政务服务数据管理局 住房公积金管理中心 供电公司 供水排水公司 燃气公司
供热公司 通信运营商 邮政管理局 轨道交通和铁路 公交公司 金融监管部门 烟草专卖局 国有资产监管机构
组织人事和纪检监察 街道办事处和乡镇政府 出入境和海关 残联妇联工会团委 其他`

// LeafRecord is a line of a catalogue file in JSON: the form of the starter
// catalogue, of import and of export. Without names it adds to the leaf with
// its code.
type LeafRecord struct {
	Row         *int           `json:"row,omitempty"` // the leaf's place among all leaves, from 0
	Code        string         `json:"code"`
	Level1      string         `json:"level1,omitempty"`
	Level2      string         `json:"level2,omitempty"`
	Level3      string         `json:"level3,omitempty"`
	Level4      string         `json:"level4,omitempty"`
	Names       []string       `json:"names,omitempty"` // instead of the levels, any depth
	Scope       string         `json:"scope,omitempty"`
	Description string         `json:"description,omitempty"`
	Examples    []string       `json:"examples,omitempty"`
	Duty        []DutyRecord   `json:"duty,omitempty"`
	Urgency     intake.Urgency `json:"urgency,omitempty"`
	Confused    []TellRecord   `json:"confused,omitempty"`
	Ask         string         `json:"ask,omitempty"`
	Basis       string         `json:"basis,omitempty"`
	Limit       string         `json:"limit,omitempty"`
	Closing     string         `json:"closing,omitempty"`
}

// DutyRecord is a duty rule in a LeafRecord.
type DutyRecord struct {
	When     string   `json:"when"`
	Lead     string   `json:"lead"`
	Co       []string `json:"co"`
	Examples []string `json:"examples"`
}

// TellRecord is a neighbour in a LeafRecord.
type TellRecord struct {
	Code string `json:"code"`
	Tell string `json:"tell"`
}

// row gives the record in the form that Builder takes.
func (l LeafRecord) row() Row {
	r := Row{
		Position: -1, Code: l.Code, Names: l.Names, Scope: l.Scope, Description: l.Description,
		Urgency: l.Urgency, Ask: l.Ask, Basis: l.Basis, Limit: l.Limit, Closing: l.Closing, Examples: l.Examples,
	}
	if l.Row != nil {
		r.Position = *l.Row
	}
	if len(r.Names) == 0 && l.Level1 != "" {
		r.Names = []string{l.Level1, l.Level2, l.Level3, l.Level4}
		if l.Level4 == "" {
			r.Names = r.Names[:3]
		}
	}
	for _, d := range l.Duty {
		r.Rules = append(r.Rules, Rule{When: d.When, Lead: org.UnitKind(d.Lead), Co: kindsOf(d.Co), Examples: d.Examples})
	}
	for _, c := range l.Confused {
		r.Neighbours = append(r.Neighbours, Neighbour{Code: c.Code, Tell: c.Tell})
	}
	return r
}
