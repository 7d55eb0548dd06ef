package postgres_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// nextList is the fixture's catalogue a year on: 噪声扰民 01 is split in 01 and
// 04, 占道经营 03 has become part of 02; its lead is of a kind that no unit has yet.
const nextList = "事项编码,一级事项,二级事项,主办单位\n01,环境保护,噪声扰民,公安局\n04,环境保护,夜间噪声,公安局\n02,环境保护,油烟污染,市场监督管理局\n"

const nextMap = "原编码,新编码\n01,01\n01,04\n03,02\n"

// drafts makes what people bring new versions in with, hours after start.
func (c *city) drafts(hours int) (*classifier.Drafts, *classifier.Replays) {
	c.t.Helper()
	now := start.Add(time.Duration(hours) * time.Hour)
	d := classifier.NewDrafts(c.DB, c.trainer(hours), func() time.Time { return now })
	return d, classifier.NewReplays(c.DB, d)
}

// upload brings the next list in.
func (c *city) upload(d *classifier.Drafts) classifier.DraftID {
	c.t.Helper()
	draft, err := d.Upload(c.t.Context(), c.admin(), classifier.StoredDraft{
		Name: "第二版", List: classifier.DraftFile{Name: "清单.csv", Body: []byte(nextList)},
		Codes: classifier.DraftFile{Name: "对照.csv", Body: []byte(nextMap)},
	})
	c.must(err)
	return draft
}

func (c *city) admin() org.Actor {
	return org.Actor{Account: c.account, Name: "周", Roles: org.Roles{org.RoleAdmin}}
}

func TestDraftIsReplayedAndPublished(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for n, leaf := range []int{0, 0, 1, 2} {
		c.decideFor(n, leaf)
	}
	drafts, replays := c.drafts(3)
	draft := c.upload(drafts)
	c.stand("第一版:01", "第一版:01", "第一版:02", "第一版:03")
	view, err := drafts.Open(t.Context(), c.admin(), draft)
	c.must(err)
	if d := view.Difference; view.Fault != nil || d == nil || len(d.Of(classifier.SplitUp)) != 1 || len(d.Of(classifier.Merged)) != 2 || len(d.Of(classifier.Added)) != 0 || d.Undecided != 2 || d.Follow != 2 {
		t.Errorf("%+v", view)
	}

	// Asked twice it runs once; meanwhile nothing is published.
	c.must(replays.Ask(t.Context(), c.admin(), draft))
	wants(t, replays.Ask(t.Context(), c.admin(), draft), errs.Conflict, "draft.replaying")
	_, err = drafts.Publish(t.Context(), c.admin(), draft, c.version.Version.ID)
	wants(t, err, errs.Conflict, "draft.replaying")
	if due, err := replays.Due(t.Context()); err != nil || !due {
		t.Fatalf("due %v, %v", due, err)
	}
	// A process began it and died: another one does it.
	if run, err := c.NextReplay(t.Context()); err != nil || run.Draft != draft || run.Attempts != 1 {
		t.Fatalf("%+v, %v", run, err)
	}
	c.must(c.ReplayProgress(t.Context(), draft, 1, 3))
	c.must(replays.RunNext(t.Context()))
	c.must(replays.RunNext(t.Context())) // there is none more
	d, err := replays.Status(t.Context(), c.admin(), draft)
	c.must(err)
	r := d.Replay
	if r.Open() || r.Fault != "" || r.Attempts != 2 || r.Figures.Decisions != 4 || r.Figures.Split != 2 || r.Figures.Against != c.version.Version.ID {
		t.Errorf("%+v", r)
	}
	c.listed(replays, draft, r.Figures)
	c.stand("第一版:01", "第一版:01", "第一版:02", "第一版:03")

	// Published, it waits for the job that trains it.
	_, err = drafts.Publish(t.Context(), c.admin(), draft, "00000000-0000-7000-8000-000000000000")
	wants(t, err, errs.Conflict, "catalogue.changed")
	_, err = drafts.Publish(t.Context(), c.admin(), draft, c.version.Version.ID)
	c.must(err)
	_, err = drafts.Publish(t.Context(), c.admin(), draft, c.version.Version.ID)
	wants(t, err, errs.Conflict, "draft.published")
	wants(t, drafts.Discard(t.Context(), c.admin(), draft), errs.NotFound, "draft.not_found")
	c.must(c.trainer(4).UseDue(t.Context()))
	c.stand("第一版:01", "第一版:01", "第二版:02", "第二版:02")
	if kept, err := drafts.List(t.Context(), c.admin()); err != nil || len(kept) != 1 || kept[0].Version == "" {
		t.Errorf("what was replayed cannot be read any more: %+v, %v", kept, err)
	}
	if n := c.count(`SELECT count(*) FROM audit WHERE actor = $1 AND action IN ('upload_catalogue', 'schedule_catalogue', 'use_catalogue')`, c.account); n != 3 {
		t.Errorf("%d lines in the log, want 3", n)
	}
	// The same content is not taken a second time.
	_, err = drafts.Upload(t.Context(), c.admin(), classifier.StoredDraft{List: classifier.DraftFile{Name: "again.csv", Body: []byte(nextList)}})
	wants(t, err, errs.Conflict, "draft.exists")
}

// listed fails unless the lines of a replay are those that its figures count,
// whole and in parts.
func (c *city) listed(replays *classifier.Replays, draft classifier.DraftID, f classifier.Replay) {
	c.t.Helper()
	for only, want := range map[classifier.RouteKind]int{
		classifier.AnyRoute: f.Routed, classifier.LeafRoute: f.Leaf, classifier.LeadRoute: f.Lead, classifier.SplitRoute: f.Split, classifier.EndedRoute: f.Ended,
	} {
		filter := classifier.RouteFilter{Draft: draft, Only: only, Limit: 100}
		all, err := replays.Routes(c.t.Context(), c.admin(), filter)
		c.must(err)
		if len(all) != want {
			c.t.Errorf("%d lines %q, want %d", len(all), only, want)
		}
		var paged []classifier.RouteLine
		for filter.Limit = 1; len(paged) <= len(all); filter.From = paged[len(paged)-1].Ordinal + 1 {
			part, err := replays.Routes(c.t.Context(), c.admin(), filter)
			c.must(err)
			if paged = append(paged, part...); len(part) == 0 {
				break
			}
		}
		if !slices.Equal(all, paged) {
			c.t.Errorf("page by page %+v, at once %+v", paged, all)
		}
		for _, l := range all {
			if l.Split && (l.Decided.Code != "01" || l.Part.Code != "01" && l.Part.Code != "04") || l.Gist == "" || l.OldLeaf.Code == "" || l.NewLeaf.Code == "" || l.NewLead == "" {
				c.t.Errorf("%+v", l)
			}
		}
	}
}

func TestDiscardedDraftLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.decideFor(0, 0)
	drafts, replays := c.drafts(3)
	draft := c.upload(drafts)
	c.must(replays.Ask(t.Context(), c.admin(), draft))
	c.must(replays.RunNext(t.Context()))
	c.must(replays.Ask(t.Context(), c.admin(), draft)) // once more, in place of the first
	run, err := c.NextReplay(t.Context())
	c.must(err)
	c.must(drafts.Discard(t.Context(), c.admin(), draft))
	wants(t, c.ReplayProgress(t.Context(), draft, 1, 3), errs.NotFound, "draft.no_replay")
	c.must(c.EndReplay(t.Context(), run, []classifier.RouteLine{{}}, start)) // comes too late, and to nothing
	wants(t, drafts.Discard(t.Context(), c.admin(), draft), errs.NotFound, "draft.not_found")
	for _, table := range []string{"catalogue_draft", "catalogue_replay", "catalogue_reroute"} {
		if n := c.count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	_, err = drafts.Open(t.Context(), c.admin(), "none")
	wants(t, err, errs.NotFound, "draft.not_found")
}

func TestReplayThatAlwaysDiesIsGivenUp(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.decideFor(0, 0)
	drafts, replays := c.drafts(3)
	draft := c.upload(drafts)
	c.must(replays.Ask(t.Context(), c.admin(), draft))
	for range 4 {
		_, err := c.NextReplay(t.Context())
		c.must(err)
	}
	wants(t, replays.RunNext(t.Context()), errs.Internal, "draft.replay_died")
	d, err := replays.Status(t.Context(), c.admin(), draft)
	if c.must(err); d.Replay.Open() || d.Replay.Fault == "" {
		t.Errorf("%+v", d.Replay)
	}
	c.must(replays.Ask(t.Context(), c.admin(), draft)) // a person may try again
}

// A code map fits only the version for which it was written.
func TestDraftIsHeldAgainstWhatServesNow(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	drafts, _ := c.drafts(3)
	draft := c.upload(drafts)
	third := catalogue("第三版", "01", "02")
	c.publish(third, 3, trained(third), c.succeed(c.version, third))
	view, err := drafts.Open(t.Context(), c.admin(), draft)
	fault, ok := errors.AsType[*classifier.FileFault](view.Fault)
	if c.must(err); !ok || fault.File != "对照.csv" || errs.CodeOf(fault) != "catalogue.map_from" {
		t.Errorf("%+v", view)
	}
	_, err = drafts.Publish(t.Context(), c.admin(), draft, third.Version.ID)
	wants(t, err, errs.Invalid, "catalogue.map_from")
}

func TestFirstVersionComesInByDraft(t *testing.T) {
	t.Parallel()
	c := &city{DB: newDB(t), t: t, dim: 8, account: id.New[org.AccountID]()}
	c.must(c.InsertAccount(t.Context(), org.Account{ID: c.account, Login: "zhou", Name: "周", Roles: org.Roles{org.RoleAdmin}, CreatedAt: start}, org.Audit{At: start, Action: "create_account", Object: "account:zhou"}))
	drafts, replays := c.drafts(3)
	list := classifier.DraftFile{Name: "清单.csv", Body: []byte(nextList)}
	_, err := drafts.Upload(t.Context(), c.admin(), classifier.StoredDraft{List: list, Codes: classifier.DraftFile{Name: "c.csv", Body: []byte(nextMap)}})
	wants(t, err, errs.Invalid, "draft.map_first")
	draft, err := drafts.Upload(t.Context(), c.admin(), classifier.StoredDraft{List: list})
	c.must(err)
	wants(t, replays.Ask(t.Context(), c.admin(), draft), errs.Unavailable, "catalogue.none")
	_, err = drafts.Publish(t.Context(), c.admin(), draft, "")
	c.must(err)
	c.must(c.trainer(4).UseDue(t.Context()))
	active, err := c.Active(t.Context())
	c.must(err)
	if v, err := c.Catalogue(t.Context(), active.Version); err != nil || v.Version.Name != "清单" || v.Version.Leaves != 3 {
		t.Errorf("%+v, %v", v.Version, err)
	}
}
