package server

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// Catalogue is the list of categories as the pages need it.
type Catalogue interface {
	// Active gives the version that serves now; errs.Unavailable while there
	// is none. It is kept in memory and cheap to ask for.
	Active(ctx context.Context) (*classifier.Catalogue, error)
	// Search gives the leaves of that version that the words name, best first:
	// Chinese words, pinyin initials or the beginning of a code.
	Search(ctx context.Context, words string, limit int) ([]classifier.CategoryID, error)
}

// cataloguePage is what catalogue.html draws.
type cataloguePage struct {
	shell
	Version classifier.Version
	Words   string
	Hits    []hitView
	None    bool
	Tree    []nodeView
	Node    *nodePage // nil: nothing is chosen
	Manages bool      // may see the versions
}

// nodeView is one line of the tree.
type nodeView struct {
	Category *classifier.Category
	URL      string
	Depth    int
	Open     bool // its children follow
	Current  bool
	Leaves   int
}

// nodePage is the chosen category.
type nodePage struct {
	Category   *classifier.Category
	Path       []nodeView // the nodes above, from the top
	Children   []nodeView
	Rules      []leadView
	Neighbours []neighbourView
	Template   string    // address of its template; empty: not for this reader
	Record     *leafView // nil: it is no leaf
	Notes      *leafNotes
}

type neighbourView struct {
	Name, URL, Code, Tell string
}

// searchShown is how many leaves a search of the catalogue lists.
const searchShown = 40

// showCatalogue shows the tree and a category, or what a search finds.
func (s *Server) showCatalogue(c *fiber.Ctx, v visit) error {
	p, err := s.newCataloguePage(c, v)
	if err != nil {
		return err
	}
	return s.page(c, "catalogue", p)
}

func (s *Server) newCataloguePage(c *fiber.Ctx, v visit) (cataloguePage, error) {
	ctx := c.UserContext()
	if err := org.Can(v.actor, org.ActReadCatalogue); err != nil {
		return cataloguePage{}, err
	}
	list, err := s.o.Catalogue.Active(ctx)
	if err != nil {
		return cataloguePage{}, err
	}
	p := cataloguePage{shell: s.shell(v, "catalogue", "事项清单"), Version: list.Version, Words: strings.TrimSpace(c.Query("words")), Manages: v.may(org.ActReadVersions)}
	tree := newTree(list)
	chosen := classifier.CategoryID(c.Params("category"))
	if chosen != "" {
		if p.Node, err = s.node(ctx, tree, chosen); err != nil {
			return p, err
		}
		p.Title = p.Node.Category.Name
		if cat := p.Node.Category; cat.Leaf {
			if s.o.Cases != nil && v.may(org.ActDispatch) {
				p.Node.Template = templateURL(cat.ID)
			}
			if p.Node.Record, err = s.newLeafView(ctx, v, list, cat, readDays(c, leafDays)); err != nil {
				return p, err
			}
			if p.Node.Notes, err = s.newLeafNotes(c, v, list, cat); err != nil {
				return p, err
			}
		}
	}
	p.Tree = tree.open(chosen)
	if p.Words != "" {
		if p.Hits, err = s.findLeaves(ctx, list, p.Words); err != nil {
			return p, err
		}
		p.None = len(p.Hits) == 0
	}
	return p, nil
}

// node lays the chosen category open.
func (s *Server) node(ctx context.Context, t tree, chosen classifier.CategoryID) (*nodePage, error) {
	cat, ok := t.list.Category(chosen)
	if !ok {
		return nil, errs.New(errs.NotFound, "category.not_found")
	}
	dir, err := s.o.Places.Directory(ctx)
	if err != nil {
		return nil, err
	}
	return t.page(cat, dir), nil
}

func (s *Server) findLeaves(ctx context.Context, list *classifier.Catalogue, words string) ([]hitView, error) {
	found, err := s.o.Catalogue.Search(ctx, words, searchShown)
	if err != nil {
		return nil, err
	}
	var out []hitView
	for _, hit := range found {
		if cat, ok := list.Category(hit); ok {
			out = append(out, hitView{Category: hit, Code: cat.Code, Name: cat.Name, Path: above(cat), Scope: cat.Description, URL: categoryURL(hit)})
		}
	}
	return out, nil
}

func categoryURL(c classifier.CategoryID) string { return "/catalogue/" + string(c) }

// tree is a catalogue by parent.
type tree struct {
	list     *classifier.Catalogue
	children map[classifier.CategoryID][]*classifier.Category
	leaves   map[classifier.CategoryID]int
}

func newTree(list *classifier.Catalogue) tree {
	t := tree{list: list, children: map[classifier.CategoryID][]*classifier.Category{}, leaves: map[classifier.CategoryID]int{}}
	for i := range list.Categories {
		cat := &list.Categories[i]
		t.children[cat.Parent] = append(t.children[cat.Parent], cat)
		if cat.Leaf {
			for up := cat.Parent; up != ""; {
				t.leaves[up]++
				above, ok := list.Category(up)
				if !ok {
					break
				}
				up = above.Parent
			}
		}
	}
	return t
}

// chain gives a category and all above it, from the top.
func (t tree) chain(c classifier.CategoryID) []*classifier.Category {
	var out []*classifier.Category
	for cat, ok := t.list.Category(c); ok; cat, ok = t.list.Category(cat.Parent) {
		out = append(out, cat)
	}
	slices.Reverse(out)
	return out
}

// open lists the tree with the branch of the chosen category unfolded.
func (t tree) open(chosen classifier.CategoryID) []nodeView {
	unfolded := map[classifier.CategoryID]bool{}
	for _, cat := range t.chain(chosen) {
		unfolded[cat.ID] = true
	}
	var out []nodeView
	var walk func(parent classifier.CategoryID, depth int)
	walk = func(parent classifier.CategoryID, depth int) {
		for _, cat := range t.children[parent] {
			n := t.node(cat)
			n.Depth, n.Current = depth, cat.ID == chosen
			n.Open = unfolded[cat.ID] && !cat.Leaf
			out = append(out, n)
			if n.Open {
				walk(cat.ID, depth+1)
			}
		}
	}
	walk("", 0)
	return out
}

func (t tree) node(cat *classifier.Category) nodeView {
	return nodeView{Category: cat, URL: categoryURL(cat.ID), Leaves: t.leaves[cat.ID]}
}

// page lays a category open.
func (t tree) page(cat *classifier.Category, dir *org.Directory) *nodePage {
	p := &nodePage{Category: cat}
	for _, up := range t.chain(cat.Parent) {
		p.Path = append(p.Path, t.node(up))
	}
	for _, child := range t.children[cat.ID] {
		p.Children = append(p.Children, t.node(child))
	}
	for _, r := range cat.Rules {
		l := leadView{When: r.When, Kind: string(r.Lead)}
		u, ok := dir.Resolve(r.Lead, "")
		l.Unit, l.Missing = u.Name, !ok
		for _, co := range r.Co {
			l.Co = append(l.Co, string(co))
		}
		p.Rules = append(p.Rules, l)
	}
	for _, n := range cat.Neighbours {
		view := neighbourView{Name: n.Code, Code: n.Code, Tell: n.Tell}
		if other, ok := t.list.Category(n.Category); ok {
			view.Name, view.URL = other.Name, categoryURL(other.ID)
		}
		p.Neighbours = append(p.Neighbours, view)
	}
	return p
}
