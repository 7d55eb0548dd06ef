package llm

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"huying/internal/text"
)

// veil takes personal data out of one question and puts it back into its
// answer. The same data has the same placeholder, such as 〔电话1〕, in every
// string of the question.
type veil struct {
	conceal func(t string, known ...string) []text.Concealed
	marks   map[string]string // by what they stand for
	clear   []string          // placeholder and what it stands for, in turn
	counts  map[string]int    // by kind
}

func newVeil(conceal func(t string, known ...string) []text.Concealed) *veil {
	return &veil{conceal: conceal, marks: map[string]string{}, counts: map[string]int{}}
}

// hide gives the input as JSON with every string in it concealed.
func (v *veil) hide(input any) ([]byte, error) {
	return rewrite(input, v.hideText)
}

func (v *veil) hideText(t string) string {
	var b strings.Builder
	at := 0
	for _, c := range v.conceal(t) {
		b.WriteString(t[at:c.Start])
		b.WriteString(v.mark(t[c.Start:c.End], c.What))
		at = c.End
	}
	b.WriteString(t[at:])
	return b.String()
}

// mark is the placeholder of a piece.
func (v *veil) mark(piece, what string) string {
	if m, ok := v.marks[piece]; ok {
		return m
	}
	v.counts[what]++
	m := "〔" + what + strconv.Itoa(v.counts[what]) + "〕"
	v.marks[piece] = m
	v.clear = append(v.clear, m, piece)
	return m
}

// show gives an answer with what its placeholders stood for.
func (v *veil) show(answer []byte) ([]byte, error) {
	if len(v.clear) == 0 {
		return answer, nil
	}
	back := strings.NewReplacer(v.clear...)
	return rewrite(json.RawMessage(answer), back.Replace)
}

// rewrite gives a value as JSON, every string in it, names of fields apart,
// changed by to.
func rewrite(value any, to func(string) string) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err = e.Encode(walk(tree, to))
	return bytes.TrimSpace(b.Bytes()), err
}

func walk(tree any, to func(string) string) any {
	switch t := tree.(type) {
	case string:
		return to(t)
	case []any:
		for i := range t {
			t[i] = walk(t[i], to)
		}
	case map[string]any:
		for k := range t {
			t[k] = walk(t[k], to)
		}
	}
	return tree
}
