package server

import (
	"context"
	"slices"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeLearned is what the pages about learning ask for.
type fakeLearned struct {
	drawn     []intake.MatterID // wait for a blind reading, by anybody who did not decide
	blind     []classifier.Decision
	passed    map[intake.MatterID][]org.AccountID
	agreement classifier.Agreement
	weeks     []classifier.WeekCount
	away      []classifier.LeafCount
	taken     []classifier.LeafCount
	wordings  []classifier.Wording
	givenBack []classifier.GivenBack
	texts     map[classifier.CategoryID][]string
	returns   []classifier.Return
	back      classifier.ReturnMap
	people    []classifier.PersonRecord
	asides    []classifier.SetAside
	gaps      []classifier.Gap
}

// blindDesk reads blind at the largest share. The fake draws what it is told to.
func (f *fake) blindDesk() *classifier.BlindDesk {
	return classifier.NewBlindDesk(fakeBlind{f}, classifier.MaxBlind, f.clock)
}

type fakeBlind struct{ *fake }

func (f fakeBlind) Waiting(_ context.Context, q classifier.BlindFilter) ([]classifier.BlindItem, int, error) {
	leave, err := f.enter()
	defer leave()
	var out []classifier.BlindItem
	for _, m := range f.learned.drawn {
		file := f.files[m]
		own := slices.ContainsFunc(file.Decisions, func(d classifier.Decision) bool { return d.By == q.Reader })
		read := slices.ContainsFunc(f.learned.blind, func(d classifier.Decision) bool { return d.Matter == m })
		if own || read || len(file.Decisions) == 0 || slices.Contains(f.learned.passed[m], q.Reader) || q.Matter != "" && q.Matter != m {
			continue
		}
		out = append(out, classifier.BlindItem{Matter: m, At: file.Message.At, Channel: file.Message.Channel, Title: headingOf(file.Matter)})
	}
	return out[:min(len(out), q.Limit)], len(out), err
}

func (f fakeBlind) InsertDecision(_ context.Context, d classifier.Decision, _ string) (classifier.Decision, error) {
	leave, err := f.enter()
	defer leave()
	if d.Purpose != classifier.Blind {
		err = errs.New(errs.Internal, "internal")
	}
	f.learned.blind = append(f.learned.blind, d)
	return d, err
}

func (f fakeBlind) InsertPass(_ context.Context, m intake.MatterID, by org.AccountID, _ classifier.Pass, _ time.Time) error {
	leave, err := f.enter()
	defer leave()
	if f.learned.passed == nil {
		f.learned.passed = map[intake.MatterID][]org.AccountID{}
	}
	f.learned.passed[m] = append(f.learned.passed[m], by)
	return err
}

func (f fakeBlind) Agreement(context.Context, time.Time, time.Time, int) (classifier.Agreement, error) {
	return f.learned.agreement, f.down
}

func (f *fake) Weeks(context.Context, time.Time, time.Time) ([]classifier.WeekCount, error) {
	return f.learned.weeks, f.down
}

func (f *fake) LeafAway(context.Context, classifier.CategoryID, time.Time, time.Time) ([]classifier.LeafCount, error) {
	return f.learned.away, f.down
}

func (f *fake) LeafTaken(context.Context, classifier.CategoryID, time.Time, time.Time) ([]classifier.LeafCount, error) {
	return f.learned.taken, f.down
}

func (f *fake) LeafCorrections(context.Context, classifier.CategoryID, time.Time, time.Time, int) ([]classifier.Wording, error) {
	return f.learned.wordings, f.down
}

func (f *fake) LeafTexts(_ context.Context, leaf classifier.CategoryID, _, _ time.Time, _ int) ([]string, error) {
	return f.learned.texts[leaf], f.down
}

func (f *fake) LeafReturns(context.Context, classifier.CategoryID, time.Time, time.Time, int) ([]classifier.GivenBack, error) {
	return f.learned.givenBack, f.down
}

func (f *fake) InsertReturn(_ context.Context, r classifier.Return, _ string) (classifier.Return, error) {
	leave, err := f.enter()
	defer leave()
	if err == nil && head(f.files[r.Matter].Decisions) != r.Decision {
		err = errs.New(errs.Conflict, "return.outdated")
	}
	if err == nil {
		f.learned.returns = append(f.learned.returns, r)
	}
	return r, err
}

func (f *fake) Returns(_ context.Context, m intake.MatterID) ([]classifier.Return, error) {
	leave, err := f.enter()
	defer leave()
	return slices.DeleteFunc(slices.Clone(f.learned.returns), func(r classifier.Return) bool { return r.Matter != m }), err
}

func (f *fake) ReturnMap(context.Context, time.Time, time.Time, int) (classifier.ReturnMap, error) {
	return f.learned.back, f.down
}

func (f *fake) PersonRecords(context.Context, time.Time, time.Time) ([]classifier.PersonRecord, error) {
	return f.learned.people, f.down
}

func (f *fake) SetAside(_ context.Context, e classifier.SetAside, _ org.Audit) error {
	leave, err := f.enter()
	defer leave()
	at := slices.IndexFunc(f.learned.people, func(p classifier.PersonRecord) bool { return p.Account == e.Account })
	if err != nil || at < 0 {
		return errs.New(errs.NotFound, "people.not_found")
	}
	p := &f.learned.people[at]
	if p.Aside = nil; e.Aside {
		p.Aside = &classifier.Aside{Why: e.Why, ByName: f.nameOf(e.By), At: e.At}
	}
	f.learned.asides = append(f.learned.asides, e)
	return nil
}

// pairs cuts a text into pairs of characters that follow each other apart: a
// stand-in for words of two.
type pairs struct{}

func (pairs) Tokens(text string) []string {
	var out []string
	for r := []rune(text); len(r) > 1; r = r[2:] {
		out = append(out, string(r[:2]))
	}
	return out
}

func (pairs) Content(tokens []string) []string { return tokens }

// learn fills in what half a year of decisions would have taught.
func (w *world) learn() {
	l := &w.fake.learned
	l.agreement = classifier.Agreement{
		Drawn: 164, Read: 121, SameLeaf: 97, Leads: 88, SameLead: 79, Shown: 118, Both: 76, OnlyFirst: 21, OnlySecond: 6,
	}
	running := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC) // Monday 00:00 in Shanghai
	for i, right := range []int{131, 136, 128, 140, 133, 135, 137, 130, 139, 134, 105, 12} {
		of := 180
		if i == 11 {
			of = 17
		}
		at := running.AddDate(0, 0, -7*(11-i))
		l.weeks = append(l.weeks,
			classifier.WeekCount{Monday: at, Channel: intake.Hotline, Decided: of, LeafRight: right},
			classifier.WeekCount{Monday: at, Channel: intake.Mail, Decided: 2, LeafRight: 1})
	}
	fume, grill, noise := w.leaf("油烟污染").ID, w.leaf("露天烧烤").ID, w.leaf("社会生活噪声").ID
	l.away = []classifier.LeafCount{{Leaf: fume, Count: 61}, {Leaf: grill, Count: 9}, {Leaf: noise, Count: 3}}
	l.taken = []classifier.LeafCount{{Leaf: fume, Count: 61}, {Leaf: grill, Count: 12}, {Leaf: "0192d3b4-0000-7000-8000-00000000000f", Count: 2}}
	for i, text := range []string{"炒菜油烟排烟管道直吹窗户", "炒菜油烟排烟管道直吹窗户", "厨房味道呛得老人咳嗽", "面馆锅炉整天冒着黑烟"} {
		l.wordings = append(l.wordings, classifier.Wording{
			Matter: w.fake.order[i], Text: text + "。\n请管管。", At: w.fake.now.AddDate(0, 0, -i-1), Suggested: grill,
		})
	}
	l.givenBack = []classifier.GivenBack{
		{Matter: w.fake.order[0], At: w.fake.now.AddDate(0, 0, -2), From: "华新区城市管理和综合执法局", Reason: classifier.ReturnDuty, Clause: "无固定门店的才归城管", Proposed: "云汀市生态环境局"},
		{Matter: w.fake.order[1], At: w.fake.now.AddDate(0, 0, -6), From: "云汀市生态环境局", Reason: classifier.ReturnIncomplete},
	}
	l.back = classifier.ReturnMap{Decisions: 412, Returns: 23, Pairs: []classifier.ReturnedPair{
		{From: "华新区城市管理和综合执法局", Proposed: "云汀市生态环境局", Count: 14, Reason: classifier.ReturnDuty},
		{From: "云汀市公安局", Count: 9, Reason: classifier.ReturnOwnership},
	}}
	l.people = []classifier.PersonRecord{
		{Account: "0192d3b4-0000-7000-8000-0000000000a1", Name: "陈静", Decided: 214, Returned: 9, Overruled: 6, Either: 13},
		{Account: "0192d3b4-0000-7000-8000-0000000000a2", Name: "罗小满", Decided: 180, Returned: 31, Overruled: 22, Either: 44},
		{Account: "0192d3b4-0000-7000-8000-0000000000a3", Name: "何平", Decided: 18, Returned: 2, Either: 2,
			Aside: &classifier.Aside{Why: "实习期间照单确认", ByName: "周远", At: w.fake.now.AddDate(0, 0, -9)}},
	}
	l.texts = map[classifier.CategoryID][]string{}
	for range 12 {
		l.texts[fume] = append(l.texts[fume], "油烟管道净化厨房")
		l.texts[grill] = append(l.texts[grill], "占道支摊炭火厨房")
	}
}
