package classifier

import (
	"context"
	"sync"

	"huying/internal/learn"
)

// references keeps the starter catalogue as a reference, by embedding model:
// it is the same for every catalogue that borrows from it.
var references sync.Map // model name → *learn.Reference

// borrows reports whether a catalogue says so little of its leaves that what
// the product knows of its own starter catalogue helps: most leaves have no
// example of what a citizen might say.
func borrows(c *Catalogue) bool {
	shown := 0
	for _, leaf := range c.Leaves() {
		if len(leaf.Examples) > 0 {
			shown++
		}
	}
	return 2*shown < len(c.leaves)
}

// reference prepares the starter catalogue for catalogues that borrow from it.
func (t *Trainer) reference(ctx context.Context, progress func(done, total int)) (*learn.Reference, error) {
	if kept, ok := references.Load(t.queries.Model()); ok {
		return kept.(*learn.Reference), nil
	}
	c, err := shippedCatalogue()
	if err != nil {
		return nil, err
	}
	known, _, err := t.embedded(ctx, c, nil, progress)
	if err != nil {
		return nil, err
	}
	r := &learn.Reference{Names: make([][]float32, len(c.leaves))}
	for _, k := range known {
		if k.Kind == scopeText {
			r.Names[k.Leaf] = k.Vector
		}
	}
	data, err := fitLeaves(c, prepared{known: known}, lessons{}, nil, nil)
	if err != nil {
		return nil, err
	}
	r.Blend = data.Leaves
	references.Store(t.queries.Model(), r)
	return r, nil
}

// shippedCatalogue builds the product's own catalogue.
func shippedCatalogue() (*Catalogue, error) {
	rows, err := StarterRows()
	if err != nil {
		return nil, err
	}
	b := NewBuilder(StarterKinds())
	for _, r := range rows {
		b.Add(r)
	}
	c, _, _, err := b.Build(Version{})
	return c, err
}
