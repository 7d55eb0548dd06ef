package server

import (
	"context"
	"slices"
	"time"

	"huying/classifier"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/query"
)

// fakeDrafts is what drafts and replays are kept in; the stages above it are
// the real ones.
type fakeDrafts struct{ *fake }

func (f *fake) drafts() *classifier.Drafts {
	trainer := classifier.NewTrainer(fakeTrainer{fake: f}, query.NewBuilder(nil, noModel{}), f.clock)
	return classifier.NewDrafts(fakeDrafts{f}, trainer, f.clock)
}

func (f fakeDrafts) at(draft classifier.DraftID) (int, error) {
	if at := slices.IndexFunc(f.uploaded, func(d classifier.StoredDraft) bool { return d.ID == draft }); at >= 0 {
		return at, f.down
	}
	return 0, errs.New(errs.NotFound, "draft.not_found")
}

func (f fakeDrafts) InsertDraft(_ context.Context, d classifier.StoredDraft, line org.Audit) error {
	d.Author = f.nameOf(d.By)
	f.uploaded, f.looks = append(f.uploaded, d), append(f.looks, line)
	return f.down
}

func (f fakeDrafts) Drafts(context.Context) ([]classifier.StoredDraft, error) {
	return slices.Clone(f.uploaded), f.down
}

func (f fakeDrafts) Draft(_ context.Context, draft classifier.DraftID) (classifier.StoredDraft, error) {
	at, err := f.at(draft)
	if err != nil {
		return classifier.StoredDraft{}, err
	}
	return f.uploaded[at], nil
}

func (f fakeDrafts) DeleteDraft(_ context.Context, draft classifier.DraftID, _ org.Audit) error {
	at, err := f.at(draft)
	if err == nil {
		f.uploaded = slices.Delete(f.uploaded, at, at+1)
	}
	return err
}

func (f fakeDrafts) PublishDraft(_ context.Context, p classifier.PublishedDraft) error {
	at, err := f.at(p.Draft)
	if err == nil {
		f.uploaded[at].Version = p.Catalogue.Version.ID
		f.asked = &p.Request
	}
	return err
}

func (f fakeDrafts) AskReplay(_ context.Context, r classifier.ReplayRun) error {
	at, err := f.at(r.Draft)
	if err == nil && f.uploaded[at].Replay.Open() {
		err = errs.New(errs.Conflict, "draft.replaying")
	}
	if err == nil {
		f.uploaded[at].Replay = &r
	}
	return err
}

func (f fakeDrafts) Routes(_ context.Context, q classifier.RouteFilter) ([]classifier.RouteLine, error) {
	out := slices.DeleteFunc(slices.Clone(f.routes), func(l classifier.RouteLine) bool {
		return l.Ordinal < q.From || q.Only == classifier.LeadRoute && !l.LeadDiffer() || q.Only == classifier.SplitRoute && !l.Split || q.Only == classifier.EndedRoute && !l.Ended
	})
	return out[:min(len(out), q.Limit)], f.down
}

func (fakeDrafts) ReplayDue(context.Context) (bool, error) { return false, nil }

func (fakeDrafts) NextReplay(context.Context) (classifier.ReplayRun, error) {
	return classifier.ReplayRun{}, errs.New(errs.NotFound, "draft.no_replay")
}

func (fakeDrafts) ReplayProgress(context.Context, classifier.DraftID, int, int) error { return nil }

func (fakeDrafts) EndReplay(context.Context, classifier.ReplayRun, []classifier.RouteLine, time.Time) error {
	return nil
}

// fakeTrainer knows what serves, and seven decisions for 施工噪声. Nothing is
// trained.
type fakeTrainer struct {
	classifier.TrainStore
	*fake
}

func (f fakeTrainer) UnitKinds(context.Context) ([]org.UnitKind, error) {
	return []org.UnitKind{"公安局"}, f.down
}

func (f fakeTrainer) Active(context.Context) (classifier.Active, error) {
	return classifier.Active{Version: f.list.Version.ID}, f.down
}

func (f fakeTrainer) Catalogue(context.Context, classifier.VersionID) (*classifier.Catalogue, error) {
	return f.list, f.down
}

func (f fakeTrainer) VersionByDigest(_ context.Context, digest [32]byte) (classifier.Version, error) {
	if digest == f.known {
		return f.older().Version, nil
	}
	return classifier.Version{}, errs.New(errs.NotFound, "catalogue.not_found")
}

func (f fakeTrainer) Steps(context.Context) ([]classifier.Step, error) { return nil, f.down }

func (f fakeTrainer) Placements(context.Context, string) ([]classifier.Placement, error) {
	site := f.list.Leaves()[3]
	return []classifier.Placement{{
		Version: f.list.Version.ID, Category: site.ID, Under: f.list.Version.ID, Decided: site.ID, Lead: site.Rules[0].Lead, Count: 7, Ready: 7,
	}}, f.down
}

// noModel has a name and gives no vectors.
type noModel struct{}

func (noModel) Model() embed.Model { return embed.Model{Name: "none"} }

func (noModel) Embed(context.Context, string) ([]float32, error) {
	return nil, errs.New(errs.Unavailable, "embed.unavailable")
}
