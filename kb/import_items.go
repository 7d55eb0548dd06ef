package kb

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"huying/internal/errs"
)

// serviceItem is a government service item (政务服务事项) as open data give it.
type serviceItem struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Unit       string `json:"unit"`
	Area       string `json:"area"`
	Kind       string `json:"kind"` // 行政许可, 公共服务
	Conditions string `json:"conditions"`
	Materials  string `json:"materials"`
	Place      string `json:"place"`
	TimeLimit  string `json:"time_limit"` // such as 7(工作日)
}

// holdsItems tells service items from entries by the first line, and goes back
// to the beginning. A line that cannot be read is told when it is read.
func holdsItems(r io.ReadSeeker) (bool, error) {
	var first map[string]json.RawMessage
	head := make([]byte, 3)
	n, err := io.ReadFull(r, head)
	if err == nil && string(head[:n]) != "\xef\xbb\xbf" {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err == nil && json.NewDecoder(r).Decode(&first) != nil {
		first = nil
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return false, errs.Wrap(err, errs.Invalid, "kb.unreadable")
	}
	_, name := first["name"]
	_, conditions := first["conditions"]
	_, question := first["question"]
	return name && conditions && !question, nil
}

// item makes of a service item the row of an entry: how is it done, and the
// answer from conditions, materials, place and time limit. A province's item
// holds in every city of it, so an unknown area that ends in 省 or 自治区 is
// the whole city here; one of another city is a fault.
func (in *reader) item(line int, i serviceItem) cells {
	name := tidyText(i.Name)
	question := name + "怎么办理？"
	key := name + "\x00" + i.Area
	if _, taken := in.named[key]; taken {
		question = name + "怎么办理？（" + tidyText(i.Unit) + "）" // units share a name: each answers for itself
	} else {
		in.named[key] = line
	}
	values := map[string]string{
		"code": tidyText(i.ID), "unit": tidyText(i.Unit), "topic": tidyText(i.Kind), "area": in.itemArea(tidyText(i.Area)), "answer": i.answer(),
	}
	if name != "" {
		values["question"] = question
	}
	return cells{get: func(key string) string { return values[key] }, fault: faultAt(line), phrasings: []string{name, name + "要什么材料"}}
}

// itemArea gives the name by which an item's area is known here, “广州市” of
// “广东省广州市”; empty for a whole province.
func (in *reader) itemArea(area string) string {
	if _, known := in.o.Area(area); known || area == "" {
		return area
	}
	for _, end := range []string{"省", "自治区"} {
		if _, rest, found := strings.Cut(area, end); found {
			return rest
		}
	}
	return area
}

var workingDays = regexp.MustCompile(`^(\d+)\s*[(（](.+)[)）]$`)

// answer writes what is known of an item, one matter a line.
func (i serviceItem) answer() string {
	var lines []string
	add := func(label, text string) {
		text = strings.TrimPrefix(tidyText(text), label+"：")
		if text != "" {
			lines = append(lines, label+"："+strings.TrimRight(text, "。；;")+"。")
		}
	}
	add("办理条件", i.Conditions)
	add("申请材料", i.Materials)
	add("办理地点", i.Place)
	add("办结时限", workingDays.ReplaceAllString(tidyText(i.TimeLimit), "$1 个$2"))
	return strings.Join(lines, "\n")
}
