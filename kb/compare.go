package kb

import (
	"cmp"
	"strings"

	"huying/internal/text"
)

// Piece is a stretch of a text that was compared with another.
type Piece struct {
	Text  string
	Added bool
	Gone  bool
}

// Difference is what became of one field.
type Difference struct {
	Key    string // the field's name in the API
	Label  string
	Pieces []Piece // of both texts, in order; what is the same in both is among them
}

// Compare gives the fields in which after differs from before, sentence by
// sentence.
func Compare(before, after Entry) []Difference {
	var out []Difference
	for _, f := range Changed(before, after) {
		out = append(out, Difference{f.Key, f.Label, pieces(f.Text(before), f.Text(after))})
	}
	return out
}

// Combine puts what mine changed since base on top of what theirs changed: a
// field that mine left alone gets theirs. Both are the fields that the two
// changed differently; there mine stays.
func Combine(base, theirs, mine Entry) (joined Entry, both []Field) {
	joined = mine
	for _, f := range Changed(base, theirs) {
		switch text := f.Text(mine); text {
		case f.Text(base):
			f.take(&joined, theirs)
		case f.Text(theirs):
		default:
			both = append(both, f)
		}
	}
	return joined, both
}

// mostCompared bounds the table of pieces: 2,000 sentences against 2,000 are
// 16 MB for a moment. Longer texts are shown as wholly replaced.
const mostCompared = 2000 * 2000

// pieces compares two texts by their longest common subsequence of sentences
// (Hunt, McIlroy: an algorithm for differential file comparison, 1976, without
// its shortcuts: texts are short). A library would bring line numbers and
// patch formats that nobody here reads.
func pieces(before, after string) []Piece {
	a, b := text.CutSentences(before), text.CutSentences(after)
	if len(a)*len(b) > mostCompared {
		return []Piece{{Text: before, Gone: true}, {Text: after, Added: true}}
	}
	rest := common(a, b)
	var out []Piece
	add := func(p Piece) {
		if last := len(out) - 1; last >= 0 && out[last].Added == p.Added && out[last].Gone == p.Gone {
			out[last].Text += p.Text
			return
		}
		out = append(out, p)
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(Piece{Text: a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && rest[i+1][j] >= rest[i][j+1]:
			add(Piece{Text: a[i], Gone: true})
			i++
		default:
			add(Piece{Text: b[j], Added: true})
			j++
		}
	}
	return out
}

// common gives for each pair of ends how many sentences they have in common,
// in order.
func common(a, b []string) [][]int32 {
	rest := make([][]int32, len(a)+1)
	for i := range rest {
		rest[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			rest[i][j] = max(rest[i+1][j], rest[i][j+1])
			if a[i] == b[j] {
				rest[i][j] = rest[i+1][j+1] + 1
			}
		}
	}
	return rest
}

// FamilyKey is what the variants of one entry for several areas share.
func (e Entry) FamilyKey() string { return cmp.Or(e.Family, e.Code, e.Question) }

// Changed gives the fields in which b differs from a, in the order of the form.
func Changed(a, b Entry) []Field {
	var out []Field
	for _, f := range fields() {
		if f.Text(a) != f.Text(b) {
			out = append(out, f)
		}
	}
	return out
}

// SameContent tells whether two entries say the same, whatever their state,
// version and identity.
func SameContent(a, b Entry) bool { return len(Changed(a, b)) == 0 }

// Field is one field of an entry's content: its name in the API, on screen,
// and how it reads as text. Two entries say the same when all fields read the
// same.
type Field struct {
	Key   string
	Label string
	Text  func(Entry) string
	take  func(to *Entry, from Entry)
}

// fields are all that an editor may change, in the order of the form.
func fields() []Field {
	text := func(key, label string, of func(*Entry) *string) Field {
		return Field{key, label, func(e Entry) string { return *of(&e) }, func(to *Entry, from Entry) { *of(to) = *of(&from) }}
	}
	list := func(key, label string, of func(*Entry) *[]string) Field {
		return Field{key, label, func(e Entry) string { return strings.Join(*of(&e), "\n") }, func(to *Entry, from Entry) { *of(to) = *of(&from) }}
	}
	return []Field{
		text("code", "编号", func(e *Entry) *string { return &e.Code }),
		text("question", "问题", func(e *Entry) *string { return &e.Question }),
		text("answer", "标准答复", func(e *Entry) *string { return &e.Answer }),
		text("short", "念读稿", func(e *Entry) *string { return &e.Short }),
		list("phrasings", "相似问法", func(e *Entry) *[]string { return &e.Phrasings }),
		list("negatives", "反例问法", func(e *Entry) *[]string { return &e.Negatives }),
		text("unit", "答复单位", func(e *Entry) *string { return &e.Unit }),
		text("area", "适用地区", func(e *Entry) *string { return (*string)(&e.Area) }),
		text("audience", "适用对象", func(e *Entry) *string { return &e.Audience }),
		text("topic", "主题", func(e *Entry) *string { return &e.Topic }),
		text("family", "变体组", func(e *Entry) *string { return &e.Family }),
		text("basis", "依据", func(e *Entry) *string { return &e.Basis }),
		{"clauses", "法规条款", func(e Entry) string { return WriteClauses(e.Clauses) }, func(to *Entry, from Entry) { to.Clauses = from.Clauses }},
		{"files", "附件", func(e Entry) string { return WriteFiles(e.Files) }, func(to *Entry, from Entry) { to.Files = from.Files }},
		{"valid_from", "生效日期", func(e Entry) string { return WriteTime(e.ValidFrom, false) }, func(to *Entry, from Entry) { to.ValidFrom = from.ValidFrom }},
		{"valid_until", "失效日期", func(e Entry) string { return WriteTime(e.ValidUntil, true) }, func(to *Entry, from Entry) { to.ValidUntil = from.ValidUntil }},
	}
}
