package classifier

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// Row is one line of a catalogue file: a leaf with the names above it, or,
// when Names is empty, more content for a leaf that is there already.
type Row struct {
	Line        int // of its file, from 1
	Position    int // the leaf's place among all leaves, from 0; -1: not given
	Code        string
	Names       []string // from the top down; the last may be empty
	Scope       string
	Description string
	Urgency     intake.Urgency // empty: unchanged, or C
	Ask         string
	Basis       string
	Limit       string
	Closing     string
	Examples    []string
	Rules       []Rule // without ids
	Neighbours  []Neighbour
	columns     map[string]int // of a table, by key, from 1; nil of JSON lines
	ruled       string         // the key of the column that Rules come from
}

// Warning is something in a catalogue file that a person should look at but
// that does not stop the import.
type Warning struct {
	Line int
	Text string // a Chinese sentence
}

// Builder puts the rows of one or more files together to a catalogue. Feed it
// with Add, end with Build.
type Builder struct {
	kinds    map[org.UnitKind]bool
	nodes    map[string]CategoryID // by path
	cats     []Category
	leaves   []int // positions in cats, in file order
	byCode   map[string][]int
	lines    map[CategoryID]int
	faults   errs.List
	warnings []Warning
}

// NewBuilder starts an empty catalogue whose duty rules may name these kinds.
func NewBuilder(kinds []org.UnitKind) *Builder {
	b := &Builder{
		kinds:  make(map[org.UnitKind]bool, len(kinds)),
		nodes:  map[string]CategoryID{},
		byCode: map[string][]int{},
		lines:  map[CategoryID]int{},
	}
	for _, k := range kinds {
		b.kinds[k] = true
	}
	return b
}

// Extend starts from the categories of a catalogue in force, so that a file
// without names can add to it.
func (b *Builder) Extend(c *Catalogue) {
	rows := make([]Row, 0, len(c.leaves))
	for i, leaf := range c.Leaves() {
		rows = append(rows, Row{
			Position: i, Code: leaf.Code, Names: leaf.Path, Scope: leaf.Scope, Description: leaf.Description,
			Urgency: leaf.Urgency, Ask: leaf.Ask, Basis: leaf.Basis, Limit: leaf.Limit, Closing: leaf.Closing,
			Examples: leaf.Examples, Rules: leaf.Rules, Neighbours: leaf.Neighbours,
		})
	}
	for _, r := range rows {
		b.Add(r)
	}
}

// Add takes one row. Faults are collected for Build.
func (b *Builder) Add(r Row) {
	if r.Urgency != "" && !r.Urgency.Valid() {
		b.fault(r, "urgency", "field.invalid", "紧急程度", string(r.Urgency))
		return
	}
	b.checkKinds(r)
	if len(r.Names) == 0 {
		b.enrich(r)
		return
	}
	if r.Code == "" {
		b.fault(r, "code", "field.required", "事项编码")
		return
	}
	for len(r.Names) > 1 && r.Names[len(r.Names)-1] == "" && r.Names[len(r.Names)-2] == "" {
		r.Names = r.Names[:len(r.Names)-1] // deeper levels than this leaf has
	}
	last := len(r.Names) - 1
	for i, name := range r.Names[:last] {
		if name == "" {
			b.fault(r, level(i), "catalogue.parent", i+1, r.Code)
			return
		}
	}
	name := r.Names[last]
	if name == "" && last == 0 {
		b.fault(r, level(0), "field.required", "事项名称")
		return
	}
	parent := b.parents(r.Names[:last])
	if name == "" {
		name = r.Names[last-1]
		b.warn(r.Line, "末级事项 "+r.Code+" 没有名称，沿用上级名称“"+name+"”")
	}
	if len(b.byCode[r.Code]) > 0 {
		b.warn(r.Line, "事项编码 "+r.Code+" 重复出现")
	}
	c := Category{
		ID: id.New[CategoryID](), Parent: parent, Code: r.Code, Name: name, Leaf: true,
		Path: append(slices.Clone(r.Names[:last]), name),
	}
	fill(&c, r)
	b.lines[c.ID] = r.Line
	b.byCode[r.Code] = append(b.byCode[r.Code], len(b.cats))
	b.leaves = append(b.leaves, len(b.cats))
	b.cats = append(b.cats, c)
}

// enrich adds a row's content to the leaf it names by position or code.
func (b *Builder) enrich(r Row) {
	at := -1
	if r.Position >= 0 && r.Position < len(b.leaves) {
		at = b.leaves[r.Position]
	}
	if same := b.byCode[r.Code]; at < 0 || r.Code != "" && b.cats[at].Code != r.Code {
		if len(same) == 0 {
			b.fault(r, "code", "catalogue.code_unknown", r.Code)
			return
		}
		at = same[0]
	}
	fill(&b.cats[at], r)
	if r.Line > 0 {
		b.lines[b.cats[at].ID] = r.Line
	}
}

// fill writes what the row has over what the category had.
func fill(c *Category, r Row) {
	c.Scope = cmp.Or(r.Scope, c.Scope)
	c.Description = cmp.Or(r.Description, c.Description)
	c.Urgency = cmp.Or(r.Urgency, c.Urgency, intake.UrgencyC)
	c.Ask = cmp.Or(r.Ask, c.Ask)
	c.Basis = cmp.Or(r.Basis, c.Basis)
	c.Limit = cmp.Or(r.Limit, c.Limit)
	c.Closing = cmp.Or(r.Closing, c.Closing)
	if len(r.Examples) > 0 {
		c.Examples = r.Examples
	}
	if len(r.Rules) > 0 {
		c.Rules = slices.Clone(r.Rules)
		for i := range c.Rules {
			c.Rules[i].ID = id.New[RuleID]()
		}
	}
	if len(r.Neighbours) > 0 {
		c.Neighbours = slices.Clone(r.Neighbours)
	}
}

// parents finds or makes the nodes above a leaf and gives the lowest.
func (b *Builder) parents(names []string) CategoryID {
	var parent CategoryID
	for i := range names {
		key := strings.Join(names[:i+1], "\x00")
		node, ok := b.nodes[key]
		if !ok {
			node = id.New[CategoryID]()
			b.nodes[key] = node
			b.cats = append(b.cats, Category{
				ID: node, Parent: parent, Name: names[i], Path: slices.Clone(names[:i+1]), Urgency: intake.UrgencyC,
			})
		}
		parent = node
	}
	return parent
}

func (b *Builder) checkKinds(r Row) {
	for _, rule := range r.Rules {
		key := r.ruled
		for _, k := range append([]org.UnitKind{rule.Lead}, rule.Co...) {
			if !b.kinds[k] {
				b.fault(r, key, "catalogue.kind", string(k), r.Code)
			}
			if key == "lead" {
				key = "co" // the others of a rule that has columns of its own
			}
		}
	}
}

// fault notes what is wrong with a row, at the column of a key where the file
// has one.
func (b *Builder) fault(r Row, key string, code errs.Code, args ...any) {
	b.faults = append(b.faults, errs.New(errs.Invalid, code, args...).At(r.Line, r.columns[key]))
}

func (b *Builder) warn(line int, text string) {
	if line > 0 {
		b.warnings = append(b.warnings, Warning{Line: line, Text: text})
	}
}

// Build links neighbours, numbers the categories and gives the catalogue with
// the digest of its content and the warnings, or every fault as an errs.List.
func (b *Builder) Build(v Version) (*Catalogue, [32]byte, []Warning, error) {
	if len(b.faults) == 0 && len(b.leaves) == 0 {
		b.faults = append(b.faults, errs.New(errs.Invalid, "catalogue.empty"))
	}
	if len(b.faults) > 0 {
		return nil, [32]byte{}, b.warnings, b.faults
	}
	v.ID = id.New[VersionID]()
	v.Leaves = len(b.leaves)
	for i := range b.cats {
		c := &b.cats[i]
		c.Ordinal, c.Version = i, v.ID
		b.link(c)
	}
	digest, err := b.digest()
	if err != nil {
		return nil, [32]byte{}, nil, err
	}
	return NewCatalogue(v, b.cats), digest, b.warnings, nil
}

// link finds the category that each neighbour's code means; one that is not
// there is dropped with a warning.
func (b *Builder) link(c *Category) {
	kept := c.Neighbours[:0]
	for _, n := range c.Neighbours {
		for _, at := range b.byCode[n.Code] {
			if b.cats[at].ID != c.ID {
				n.Category = b.cats[at].ID
				break
			}
		}
		if len(b.byCode[n.Code]) == 0 || n.Category == "" {
			b.warn(b.lines[c.ID], "事项 "+c.Code+" 的易混事项 "+n.Code+" 不在清单中，已略过")
			continue
		}
		kept = append(kept, n)
	}
	c.Neighbours = kept
}

// digest is the SHA-256 of the content without ids: the same files give the
// same digest, and so does what was exported of them. An empty list and none
// are the same.
func (b *Builder) digest() ([32]byte, error) {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, c := range b.cats {
		plain := c
		plain.ID, plain.Version, plain.Parent = "", "", ""
		plain.Rules = slices.Clone(c.Rules)
		for i := range plain.Rules {
			plain.Rules[i].ID = ""
			plain.Rules[i].Co = append([]org.UnitKind{}, plain.Rules[i].Co...)
			plain.Rules[i].Examples = append([]string(nil), plain.Rules[i].Examples...)
		}
		plain.Neighbours = append([]Neighbour(nil), c.Neighbours...)
		for i := range plain.Neighbours {
			plain.Neighbours[i].Category = ""
		}
		if err := enc.Encode(plain); err != nil {
			return [32]byte{}, err
		}
	}
	return [32]byte(h.Sum(nil)), nil
}
