package classifier

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
)

// archive is a shelf on which decisions lie.
type archive struct {
	*shelf
	past      []Past
	published *Changeover
}

func (a *archive) Steps(context.Context) ([]Step, error) { return nil, nil }
func (a *archive) VersionByDigest(context.Context, [32]byte) (v Version, _ error) {
	return v, errs.New(errs.NotFound, "catalogue.not_found")
}

func (a *archive) Placements(context.Context, string) ([]Placement, error) {
	var out []Placement
	for _, leaf := range a.catalogue.Leaves() {
		v := a.catalogue.Version.ID
		p := Placement{Version: v, Category: leaf.ID, Under: v, Decided: leaf.ID}
		for _, past := range a.past {
			if past.Category == leaf.ID {
				p.Count++
				p.Ready++
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func (a *archive) Past(_ context.Context, _ string, perLeaf int, each func(Past) error) error {
	for i, p := range a.past {
		newer := 0
		for _, other := range a.past[i+1:] {
			if other.Category == p.Category {
				newer++
			}
		}
		if newer >= perLeaf {
			continue
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) Publish(_ context.Context, _ *Catalogue, _ [32]byte, _ Succession, o Changeover) error {
	a.published = &o
	return nil
}

// decided puts down that people decided texts for a leaf.
func (a *archive) decided(t *testing.T, queries *query.Builder, code string, lead org.UnitKind, texts ...string) {
	t.Helper()
	for _, leaf := range a.catalogue.Leaves() {
		if leaf.Code != code {
			continue
		}
		for _, s := range texts {
			q, err := queries.Build(t.Context(), "", s)
			if err != nil {
				t.Fatal(err)
			}
			n := len(a.past)
			a.past = append(a.past, Past{
				Example: Example{
					Category: leaf.ID, Lead: lead, Text: s, Vector: q.Vector, TitleVector: q.TitleVector,
					At: time.Date(2026, 3, 1+n, 9, 0, 0, 0, time.UTC), Decision: DecisionID(fmt.Sprint(n)),
				},
				Decided: leaf.ID, Matter: intake.MatterID(code + fmt.Sprint(n)),
			})
		}
	}
}

// exampled is built with an example for each leaf: a catalogue without any
// borrows from the starter catalogue, whose 5,000 texts would be embedded.
func exampled(t *testing.T, name string, rows ...string) *Catalogue {
	t.Helper()
	c := built(t, name, rows...)
	for _, leaf := range c.Leaves() {
		leaf.Examples = []string{"反映" + leaf.Name + "的问题"}
	}
	return c
}

// newArchive is a small city that has decided some.
func newArchive(t *testing.T) (*archive, *Trainer) {
	t.Helper()
	old := exampled(t, "旧", "1 环境/噪声扰民 甲局", "2 环境/油烟污染 甲局", "3 交通/违章停车 乙局")
	queries := realQueries(t)
	a := &archive{shelf: &shelf{catalogue: old}}
	trainer := NewTrainer(a, queries, time.Now)
	if err := trainer.Retrain(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.decided(t, queries, "1", "甲局", "工地半夜施工声音很大，吵得睡不着", "楼下广场舞音响太吵", "酒吧夜里放音乐噪声扰民", "装修电钻声音吵人")
	a.decided(t, queries, "2", "甲局", "饭店油烟直排，熏得人难受", "烧烤店油烟飘进家里", "餐馆厨房油烟很呛", "楼下小吃店油烟污染")
	a.decided(t, queries, "3", "乙局", "路边车辆违章停车堵住路口", "小区门口乱停车", "消防通道被违停车辆占用", "人行道上停满了车")
	return a, trainer
}

// routes shows what a replay lists: matter and what differs.
func routes(r Replay) []string {
	var out []string
	for _, x := range r.Routes {
		s := string(x.Matter)
		for _, c := range []struct {
			yes  bool
			word string
		}{{x.LeafDiffer, " leaf"}, {x.LeadDiffer(), " lead"}, {x.Split, " split"}, {x.Ended, " ended"}} {
			if c.yes {
				s += c.word
			}
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func TestReplayListsExactlyWhatDiffers(t *testing.T) {
	a, trainer := newArchive(t)
	admin := org.Actor{Roles: org.Roles{org.RoleAdmin}}
	tests := []struct {
		name  string
		rows  []string
		moves []CodeMove
		want  []string
	}{
		{"the same", []string{"1 环境/噪声扰民 甲局", "2 环境/油烟污染 甲局", "3 交通/违章停车 乙局"}, nil, nil},
		{"another code for the same", []string{"1 环境/噪声扰民 甲局", "9 环境/油烟污染 甲局", "3 交通/违章停车 乙局"},
			[]CodeMove{{From: "2", To: "9"}}, nil},
		{"a leaf ends", []string{"1 环境/噪声扰民 甲局", "3 交通/违章停车 乙局"}, nil,
			[]string{"24 leaf ended", "25 leaf ended", "26 leaf ended", "27 leaf ended"}},
		{"a leaf is split", []string{"11 环境/施工噪声 甲局", "12 环境/生活噪声 甲局", "2 环境/油烟污染 甲局", "3 交通/违章停车 乙局"},
			[]CodeMove{{From: "1", To: "11"}, {From: "1", To: "12"}},
			[]string{"10 split", "11 split", "12 split", "13 split"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := trainer.Replay(t.Context(), admin, Draft{Catalogue: exampled(t, "新", tt.rows...), Moves: tt.moves}, ReplayMost, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := routes(r); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if r.Decisions != 12 || r.RightNow != 12 {
				t.Errorf("%d decisions, %d right now", r.Decisions, r.RightNow)
			}
			for _, x := range r.Routes {
				if x.Split && (x.Proposal == nil || x.Proposal.Code != "11" && x.Proposal.Code != "12") {
					t.Errorf("%s is proposed for %+v", x.Matter, x.Proposal)
				}
			}
		})
	}
	r, err := trainer.Replay(t.Context(), admin, Draft{Catalogue: a.catalogue}, 4, nil)
	if err != nil || r.Decisions != 4 {
		t.Errorf("asked for the 4 newest: %d, %v", r.Decisions, err)
	}
	if _, err := trainer.Replay(t.Context(), org.Actor{Roles: org.Roles{org.RoleEditor}}, Draft{Catalogue: a.catalogue}, 4, nil); errs.CodeOf(err) != "role.forbidden" {
		t.Errorf("an editor replays: %v", err)
	}
}

// A leaf that is split leads nowhere, and has all of its decisions looked at
// all the same, also when it has the most.
func TestReplayOfTheLargestLeafIsWhole(t *testing.T) {
	a, trainer := newArchive(t)
	a.decided(t, realQueries(t), "1", "甲局", "隔壁半夜唱歌太吵", "工厂机器轰隆隆整夜响")
	r, err := trainer.Replay(t.Context(), org.Actor{Roles: org.Roles{org.RoleAdmin}}, Draft{
		Catalogue: exampled(t, "新", "11 环境/施工噪声 甲局", "12 环境/生活噪声 甲局", "2 环境/油烟污染 甲局", "3 交通/违章停车 乙局"),
		Moves:     []CodeMove{{From: "1", To: "11"}, {From: "1", To: "12"}},
	}, ReplayMost, nil)
	if err != nil || r.Decisions != 14 || r.Split != 6 {
		t.Errorf("%d decisions, %d of them split: %v", r.Decisions, r.Split, err)
	}
}

func TestReplayAsksOfWhatIsDecidedWithoutKnowingIt(t *testing.T) {
	a, trainer := newArchive(t)
	// Decided against all likelihood: a model that had seen it would repeat it.
	a.decided(t, trainer.queries, "2", "甲局", "车子乱停在路口没人管")
	r, err := trainer.Replay(t.Context(), org.Actor{Roles: org.Roles{org.RoleAdmin}}, Draft{Catalogue: a.catalogue}, ReplayMost, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Decisions != 13 || r.RightNow != 12 || r.RightThen != 12 || len(r.Routes) != 0 {
		t.Errorf("%d decisions, %d and %d right, %q differ", r.Decisions, r.RightNow, r.RightThen, routes(r))
	}
}

func TestReplayOfAnotherLeadListsItsDecisions(t *testing.T) {
	a, trainer := newArchive(t)
	for i := range a.past {
		a.past[i].Lead = "" // nobody has said who led: the rules alone tell
	}
	draft := built(t, "新", "1 环境/噪声扰民 甲局", "2 环境/油烟污染 乙局", "3 交通/违章停车 乙局")
	r, err := trainer.Replay(t.Context(), org.Actor{Roles: org.Roles{org.RoleAdmin}}, Draft{Catalogue: draft}, ReplayMost, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"24 lead", "25 lead", "26 lead", "27 lead"}
	if got := routes(r); !slices.Equal(got, want) || r.Lead != 4 || r.Leaf != 0 {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A catalogue may be as small as one leaf, and a leaf may have nothing but its
// name.
func TestOneLeafWithoutExamplesCanBePublished(t *testing.T) {
	a, trainer := newArchive(t)
	one := built(t, "一项", "1 环境/噪声扰民")
	r, err := trainer.Replay(t.Context(), org.Actor{Roles: org.Roles{org.RoleAdmin}}, Draft{Catalogue: one}, ReplayMost, nil)
	if err != nil || r.Ended != 8 {
		t.Fatalf("%d ended, %v", r.Ended, err)
	}
	made, err := trainer.Publish(t.Context(), org.Actor{Roles: org.Roles{org.RoleAdmin}}, Draft{Catalogue: one}, nil)
	if err != nil || !made || len(a.published.Moves) != 1 || a.published.Model.Decisions != 4 {
		t.Fatalf("made %v, %v, %+v", made, err, a.published)
	}
	if _, err := DecodeModel(a.published.Model, one); err != nil {
		t.Error(err)
	}
}
