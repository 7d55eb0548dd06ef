package casework

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"huying/internal/org"
	"huying/internal/sheet"
)

// UnitStore knows the units in service.
type UnitStore interface {
	// Units gives them in the order of their list.
	Units(ctx context.Context) ([]org.Unit, error)
}

// UnitLists is the list of units as a table. It is safe for concurrent use.
type UnitLists struct {
	store UnitStore
	now   func() time.Time
}

// NewUnitLists makes UnitLists.
func NewUnitLists(store UnitStore, now func() time.Time) *UnitLists { return &UnitLists{store, now} }

// UnitColumns are the columns of a list of units, as it is imported and exported.
func UnitColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "name", Names: []string{"名称", "单位名称"}, Required: true, MaxRunes: 100},
		{Key: "kind", Names: []string{"类型", "单位类型"}, Required: true, MaxRunes: 100},
		{Key: "area", Names: []string{"区域", "区域编码", "属地"}, Required: true, MaxRunes: 40},
		{Key: "parent", Names: []string{"上级单位", "上级"}, MaxRunes: 100},
	}
}

// Export writes the units in service as CSV or XLSX by the ending of name, with a
// watermark, so that importing the file changes nothing. Like all lists of units it
// is for administrators. errs.Invalid "reward.form" for another ending.
func (l *UnitLists) Export(ctx context.Context, actor org.Actor, w io.Writer, name string) error {
	if err := org.Can(actor, org.ActManage); err != nil {
		return err
	}
	if err := checkForm(name); err != nil {
		return err
	}
	all, err := l.store.Units(ctx)
	if err != nil {
		return err
	}
	names := make(map[org.UnitID]string, len(all))
	for _, u := range all {
		names[u.ID] = u.Name
	}
	rows := func(yield func([]string) bool) {
		for _, u := range all {
			// A unit above that is out of service is in no list, and counts for nothing.
			if !yield([]string{u.Name, string(u.Kind), string(u.Area), names[u.Parent]}) {
				return
			}
		}
	}
	var headings []string
	for _, c := range UnitColumns() {
		headings = append(headings, c.Names[0])
	}
	mark := sheet.Mark(actor.Name, l.now())
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		return sheet.WriteMarkedCSV(w, mark, headings, rows)
	}
	return sheet.WriteMarkedXLSX(w, "单位", mark, headings, rows)
}
