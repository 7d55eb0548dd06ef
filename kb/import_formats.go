package kb

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"huying/internal/sheet"
)

// format is the sheet of questions and answers that another system gives out.
type format struct {
	name  string
	needs []string          // headings by which it is known, all of them
	keys  map[string]string // its headings → keys of entryColumns
	adapt func(cells) cells // its way to write cells
}

// formats are the sheets of other systems, by their published templates. What
// has fewer own headings stands last.
func formats() []format {
	return []format{
		{"MaxKB", []string{"分段标题", "分段内容"}, map[string]string{"分段标题": "question", "分段内容": "answer", "问题": "phrasings"}, titled},
		{"WeKnora", []string{"问题", "反例问题"}, weKnora(), manyAnswers},
		{"WeKnora", []string{"问题", "机器人回答"}, weKnora(), manyAnswers},
		{"FastGPT", []string{"q", "a"}, map[string]string{"q": "question", "a": "answer", "indexes": "phrasings"}, indexed},
		{"Dify", []string{"question", "answer"}, map[string]string{"question": "question", "answer": "answer"}, asIs},
	}
}

func weKnora() map[string]string {
	return map[string]string{"分类": "topic", "问题": "question", "相似问题": "phrasings", "反例问题": "negatives", "回答": "answer", "机器人回答": "answer"}
}

// plainHeading is a heading without what templates say about filling it in:
// 相似问题(选填-多个用##分隔) is 相似问题.
func plainHeading(h string) string {
	h, _, _ = strings.Cut(strings.ReplaceAll(h, "（", "("), "(")
	return strings.ToLower(strings.Trim(h, ends+"*＊:："))
}

// formatOf knows another system's sheet by its headings; nil: it is our own,
// or its user says what the headings mean. Dify's has nothing but its two
// columns: with more, question and answer are our own names.
func formatOf(headings []string, mapping map[string]string) *format {
	if len(mapping) > 0 {
		return nil
	}
	var plain []string
	for _, h := range headings {
		if h != "" {
			plain = append(plain, plainHeading(h))
		}
	}
	for _, f := range formats() {
		found := 0
		for _, need := range f.needs {
			if slices.Contains(plain, need) {
				found++
			}
		}
		if found == len(f.needs) && (f.name != "Dify" || len(plain) == found) && !slices.Contains(plain, "状态") {
			return &f
		}
	}
	return nil
}

// columns are the columns that its rows may have. A chunk of MaxKB needs no
// title when it has questions.
func (f *format) columns() []sheet.Column {
	columns := entryColumns()
	for i := range columns {
		if columns[i].Key == "question" && f.keys["分段标题"] != "" {
			columns[i].Required = false
		}
	}
	return columns
}

// mapping says what its headings mean.
func (f *format) mapping(headings []string, users map[string]string) map[string]string {
	all := maps.Clone(users)
	if all == nil {
		all = map[string]string{}
	}
	for _, h := range headings {
		if key := f.keys[plainHeading(h)]; key != "" {
			all[h] = key
		}
	}
	return all
}

func asIs(c cells) cells { return c }

// over gives a row with another value in one column.
func over(c cells, key, value string) cells {
	get := c.get
	c.get = func(k string) string {
		if k == key {
			return value
		}
		return get(k)
	}
	return c
}

// titled takes the first question of a chunk that has no title.
func titled(c cells) cells {
	if c.get("question") != "" || len(c.phrasings) == 0 {
		return c
	}
	return over(c, "question", tidyText(c.phrasings[0]))
}

// manyAnswers writes the answers that ## parts below each other.
func manyAnswers(c cells) cells {
	parts := strings.Split(c.get("answer"), "##")
	for i := range parts {
		parts[i] = tidyText(parts[i])
	}
	return over(c, "answer", strings.Join(parts, "\n"))
}

// indexed reads indexes that stand as a JSON list of texts, or of objects with
// a text, instead of lines.
func indexed(c cells) cells {
	raw := []byte(c.get("phrasings"))
	var texts []string
	var objects []struct{ Text string }
	switch {
	case json.Unmarshal(raw, &texts) == nil:
		c.phrasings = texts
	case json.Unmarshal(raw, &objects) == nil:
		c.phrasings = nil
		for _, o := range objects {
			c.phrasings = append(c.phrasings, o.Text)
		}
	}
	return c
}
