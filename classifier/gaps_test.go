package classifier

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// hole keeps gaps in memory.
type hole struct {
	strays []Stray
	kept   map[GapID][]intake.MatterID
	found  []FoundGap
	floor  float64
	since  time.Time
	marked []GapState
}

func (h *hole) Strays(_ context.Context, floor float64, since time.Time, limit int) ([]Stray, error) {
	h.floor, h.since = floor, since
	return h.strays[:min(limit, len(h.strays))], nil
}
func (h *hole) GapMembers(context.Context) (map[GapID][]intake.MatterID, error) { return h.kept, nil }
func (h *hole) ReplaceGaps(_ context.Context, found []FoundGap, _ time.Time) error {
	h.found, h.kept = found, map[GapID][]intake.MatterID{}
	for _, f := range found {
		h.kept[f.ID] = f.Members
	}
	return nil
}
func (h *hole) Gaps(context.Context, time.Time) ([]Gap, error) {
	return []Gap{
		{ID: "looked after", Size: 30, Mark: &GapMark{Size: 20}},
		{ID: "new", Size: 12, Typical: []GapMessage{{Text: strings.Repeat("长", 500)}}},
		{ID: "doubled", Size: 8, Mark: &GapMark{Size: 4}},
	}, nil
}
func (h *hole) MarkGap(_ context.Context, _ GapID, what GapState, _ org.AccountID, _ time.Time) error {
	h.marked = append(h.marked, what)
	return nil
}

// spaced cuts a text at its spaces.
type spaced struct{}

func (spaced) Tokens(text string) []string      { return strings.Fields(text) }
func (spaced) Content(tokens []string) []string { return tokens }

// said makes a stray whose vector lies at an angle.
func said(degrees float64, caller, text string) Stray {
	r := degrees * math.Pi / 180
	v := make([]float32, 12)
	v[0], v[1] = float32(math.Cos(r)), float32(math.Sin(r))
	return Stray{Matter: id.New[intake.MatterID](), Text: text, Caller: caller, Suggested: "noise", Vector: v}
}

// alone makes a stray that is like none of the others; i is below 10.
func alone(i int, text string) Stray {
	s := said(0, "alone"+strconv.Itoa(i), text)
	s.Vector[0], s.Vector[2+i] = 0, 1
	return s
}

// about gives n strays of different people close to an angle.
func about(degrees float64, n int, text string) []Stray {
	var out []Stray
	for i := range n {
		out = append(out, said(degrees+float64(i), text+strconv.Itoa(i), text+" 第"+strconv.Itoa(i)+"家"))
	}
	return out
}

func TestStraysOfEnoughPeopleMakeAGap(t *testing.T) {
	for _, tt := range []struct {
		name   string
		strays []Stray
		sizes  []int
	}{
		{"nothing", nil, nil},
		{"enough people", about(0, justEnough, "无人机 偷拍"), []int{justEnough}},
		{"one too few", about(0, justEnough-1, "无人机 偷拍"), nil},
		{"two subjects, the larger first", append(about(0, 5, "无人机"), about(90, 7, "充电桩")...), []int{7, 5}},
		{"one person who writes every day", slices.Repeat([]Stray{said(0, "same", "无人机")}, 20), nil},
		{"one person among few", append(about(0, 4, "无人机"), slices.Repeat([]Stray{said(2, "same", "无人机")}, 20)...), []int{24}},
		{"far apart", []Stray{said(0, "a", "一"), said(50, "b", "二"), said(100, "c", "三"), said(150, "d", "四"), said(200, "e", "五"), said(250, "f", "六")}, nil},
		// A chain of pairs is no subject: nobody stands in the midst of it.
		{"a chain", []Stray{said(0, "a", "一"), said(1, "b", "一"), said(80, "c", "二"), said(81, "d", "二"), said(160, "e", "三"), said(161, "f", "三")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sizes []int
			for _, g := range cluster(tt.strays) {
				sizes = append(sizes, len(g))
				if !slices.IsSorted(g) {
					t.Errorf("places %v", g)
				}
			}
			if !slices.Equal(sizes, tt.sizes) {
				t.Errorf("sizes %v, want %v", sizes, tt.sizes)
			}
		})
	}
}

// justEnough is a number of people that is just enough.
const justEnough = GapCallers

func TestAGapSaysWhatItIsAboutAndStaysItself(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	h := &hole{strays: append(about(0, 6, "无人机 偷拍"), about(90, 8, "充电桩 飞线")...)}
	for i := range 9 { // strays that are like nothing else
		h.strays = append(h.strays, alone(i, "别的 事情"))
	}
	h.strays[13].Suggested = "fire"
	h.strays[0].Caller, h.strays[1].Caller = "", "" // not known, and different words
	gaps := NewGaps(h, spaced{}, 0.4, func() time.Time { return now })
	find := func() []FoundGap {
		t.Helper()
		if err := gaps.Find(t.Context()); err != nil {
			t.Fatal(err)
		}
		return h.found
	}
	first := find()
	if h.floor != 0.4 || !h.since.Equal(now.AddDate(0, 0, -GapDays)) {
		t.Errorf("asked below %v since %v", h.floor, h.since)
	}
	if len(first) != 2 || len(first[0].Members) != 8 || len(first[1].Members) != 6 || first[1].Callers != 6 {
		t.Fatalf("found %+v", first)
	}
	drones := first[1]
	if !slices.Contains(drones.Words, "无人机") || !slices.Contains(drones.Words, "偷拍") || slices.Contains(drones.Words, "充电桩") {
		t.Errorf("words %v", drones.Words)
	}
	if first[0].Nearest != "noise" || len(drones.Typical) != typicalShown || !slices.Contains(drones.Typical, h.strays[2].Matter) {
		t.Errorf("nearest %q, typical %v", first[0].Nearest, drones.Typical)
	}
	// Days later two have gone, four have come, and a third subject is the largest.
	h.strays = append(append(h.strays[2:], about(3, 4, "无人机 噪声")...), about(225, 12, "共享 电单车")...)
	later := find()
	at := slices.IndexFunc(later, func(f FoundGap) bool { return f.ID == drones.ID })
	if at < 0 || len(later[at].Members) != 8 || len(later) != 3 || later[0].ID == drones.ID || later[0].ID == first[0].ID {
		t.Errorf("later %+v, the drones were %s", later, drones.ID)
	}
	h.strays = h.strays[:3]
	if left := find(); len(left) != 0 {
		t.Errorf("three messages are still a gap: %+v", left)
	}
}

func TestTheWordsOfAGapAloneAreItsCommonOnes(t *testing.T) {
	h := &hole{strays: about(0, 7, "无人机 偷拍")}
	gaps := NewGaps(h, spaced{}, 0.4, time.Now)
	if err := gaps.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(h.found) != 1 || !slices.Contains(h.found[0].Words, "无人机") {
		t.Errorf("found %+v", h.found)
	}
}

func TestGapsAreForTheCataloguesOwner(t *testing.T) {
	h := &hole{}
	gaps := NewGaps(h, spaced{}, 0.4, time.Now)
	agent, editor, admin := org.Actor{Roles: org.Roles{org.RoleAgent}}, org.Actor{Roles: org.Roles{org.RoleEditor}}, org.Actor{Roles: org.Roles{org.RoleAdmin}}
	if _, err := gaps.List(t.Context(), agent); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an agent: %v", err)
	}
	all, err := gaps.List(t.Context(), editor)
	if err != nil || len(all) != 3 || all[0].ID != "new" || all[1].ID != "doubled" || all[2].ID != "looked after" {
		t.Fatalf("an editor reads %+v, %v", all, err)
	}
	if n := len([]rune(all[0].Typical[0].Text)); n > typicalRunes+1 {
		t.Errorf("a message of %d characters", n)
	}
	gap := id.New[GapID]()
	if err := gaps.Mark(t.Context(), editor, gap, GapHandled); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an editor marks: %v", err)
	}
	if err := gaps.Mark(t.Context(), admin, gap, "burnt"); errs.CodeOf(err) != "field.invalid" {
		t.Errorf("an unknown state: %v", err)
	}
	if err := gaps.Mark(t.Context(), admin, "x", GapHandled); errs.CodeOf(err) != "gap.not_found" {
		t.Errorf("no id: %v", err)
	}
	if err := gaps.Mark(t.Context(), admin, gap, GapIgnored); err != nil || !slices.Equal(h.marked, []GapState{GapIgnored}) {
		t.Errorf("marked %v, %v", h.marked, err)
	}
}
