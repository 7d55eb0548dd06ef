// Package classifier suggests where a matter belongs: the category of the
// catalogue, the lead unit, co-units and urgency. A person decides; what was
// decided becomes an example for the next suggestion.
//
// From the bottom up: a Catalogue is one immutable version of the list of
// categories with their duty rules, neighbours and examples. A Model is what
// training made of it. Suggest puts a Query against both and against the
// nearest confirmed examples, and gives a Suggestion with its evidence. A
// Decision is a person's word on it and the only thing that takes effect.
package classifier

import (
	"slices"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/org"
)

// The identifiers of this package.
type (
	VersionID    string
	CategoryID   string
	RuleID       string
	SuggestionID string
	ReturnID     string
	GapID        string
	DecisionID   string
	ModelID      string
	RequestID    string
)

// Version is one state of the catalogue, valid from a date. The active one is
// the published version with the latest ValidFrom that has begun.
type Version struct {
	ID        VersionID
	Name      string // such as “DB44/T 2479-2024”
	ValidFrom time.Time
	CreatedAt time.Time
	CreatedBy org.AccountID
	Author    string // name of who made it; empty: it came over the command line
	Leaves    int
	Used      bool // it serves or has served
}

// Category is a node of the catalogue, at any depth; a leaf may be at any
// level. Its identity is its id within a version: the code may repeat, in the
// published standard too.
type Category struct {
	ID          CategoryID
	Version     VersionID
	Parent      CategoryID // empty at the top
	Code        string
	Name        string   // an unnamed leaf has its parent's name
	Path        []string // names from the top down to this one
	Ordinal     int      // order in the file, from 0
	Leaf        bool
	Scope       string // what belongs here, as the catalogue's owner says it
	Description string // the same in plain words
	Urgency     intake.Urgency
	Ask         string // the question to ask when unsure
	Basis       string // legal basis
	Limit       string // time limit as written
	Closing     string `json:",omitempty"` // standard that closing is checked against; without one the digest is as it was before there were any
	Examples    []string
	Rules       []Rule
	Neighbours  []Neighbour
}

// Rule says who leads under a circumstance. The first of a leaf is the most
// usual one.
type Rule struct {
	ID       RuleID
	When     string // the circumstance, such as “社会生活噪声”
	Lead     org.UnitKind
	Co       []org.UnitKind
	Examples []string
}

// Neighbour is a category that is easily confused with this one, and how to
// tell them apart.
type Neighbour struct {
	Category CategoryID // empty until the whole version is linked
	Code     string
	Tell     string
}

// Catalogue is one version, whole, as Suggest needs it. Immutable after
// NewCatalogue; safe for concurrent use.
type Catalogue struct {
	Version    Version
	Categories []Category // in file order, parents before children
	byID       map[CategoryID]int
	leaves     []*Category // in file order
}

// NewCatalogue indexes a version. Categories must be in file order.
func NewCatalogue(v Version, categories []Category) *Catalogue {
	c := &Catalogue{Version: v, Categories: categories, byID: make(map[CategoryID]int, len(categories))}
	for i := range categories {
		c.byID[categories[i].ID] = i
		if categories[i].Leaf {
			c.leaves = append(c.leaves, &categories[i])
		}
	}
	return c
}

// Category gives a category by id, or false.
func (c *Catalogue) Category(id CategoryID) (*Category, bool) {
	i, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	return &c.Categories[i], true
}

// Leaves gives the leaves in file order. The caller must not change the list.
func (c *Catalogue) Leaves() []*Category { return c.leaves }

// Trail is the path for people: “环境保护 › 噪声 › 社会生活噪声”. A name that only
// repeats the one above it, as an unnamed leaf's does, is left out.
func (c *Category) Trail() string {
	return strings.Join(slices.Compact(slices.Clone(c.Path)), " › ")
}
