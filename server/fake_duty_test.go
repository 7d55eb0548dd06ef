package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// fakeRulings keeps how disputes were ruled, the latest first.
type fakeRulings struct{ *fake }

func (f fakeRulings) Precedents(_ context.Context, q classifier.PrecedentFilter) ([]classifier.Precedent, error) {
	var out []classifier.Precedent
	for _, p := range f.rulings {
		pair := slices.DeleteFunc(slices.Clone(p.Between), func(u org.UnitID) bool { return !slices.Contains(q.Pair, u) })
		fits := (q.Category == "" || q.Category == p.Category) && (q.Unit == "" || q.Unit == p.Unit || slices.Contains(p.Between, q.Unit))
		if q.Like {
			fits = q.Category == p.Category || len(pair) > 1
		}
		for _, w := range strings.Fields(q.Words) {
			fits = fits && strings.Contains(p.Facts+p.Clause+p.Reason, w)
		}
		if fits && (!q.Standing || !p.Repealed()) && (q.Before == "" || p.ID < q.Before) && len(out) < q.Limit {
			out = append(out, p)
		}
	}
	return out, f.down
}

func (f fakeRulings) RepealPrecedent(_ context.Context, id classifier.PrecedentID, r classifier.Repeal, line org.Audit) error {
	i := slices.IndexFunc(f.rulings, func(p classifier.Precedent) bool { return p.ID == id })
	switch {
	case i < 0:
		return errs.New(errs.NotFound, "precedent.not_found")
	case f.rulings[i].Repealed():
		return errs.New(errs.Conflict, "precedent.repealed")
	}
	r.ByName = f.nameOf(r.By)
	f.rulings[i].Repeal, f.roster.lines = r, append(f.roster.lines, line)
	return f.down
}

// ruled keeps what a decision has ruled.
func (f *fake) ruled(d classifier.Decision, number string) {
	if p, rules := d.Precedent(); rules {
		p.Case, p.ByName = number, f.nameOf(p.By)
		f.rulings = slices.Insert(f.rulings, 0, p)
	}
}

func (f fakeDecider) Appoint(ctx context.Context, actor org.Actor, channel intake.Channel, d classifier.Decision) (classifier.Decision, error) {
	d, err := f.desk.Appoint(ctx, actor, channel, d)
	if err == nil {
		f.follow(d)
	}
	return d, err
}

func (f fakePeople) RefusedFirst(_ context.Context, m intake.MatterID) (casework.Refused, error) {
	for _, a := range f.alerts.rows {
		if a.Matter == m && a.Case == "" && a.Level == casework.ToFirst && !a.Over {
			return casework.Refused{First: a.To}, f.down
		}
	}
	return casework.Refused{}, errs.New(errs.NotFound, "first.none")
}

func (f fakePeople) RefusedOf(_ context.Context, a org.AccountID) (out []intake.MatterID, _ error) {
	for _, n := range f.alerts.rows {
		if n.To == a && n.Case == "" && n.Level == casework.ToFirst && !n.Over {
			out = append(out, n.Matter)
		}
	}
	return out, f.down
}

func (f fakePeople) PassRefused(_ context.Context, p casework.FirstPassed) error {
	for i, a := range f.alerts.rows {
		if a.Matter == p.Matter && a.To == p.From && !a.Over {
			f.alerts.rows[i].Over = true
			a.ID, a.To, a.ReadAt, a.At = casework.AlertID(len(f.alerts.rows)+1), p.To, time.Time{}, p.Line.At
			f.alerts.rows = append(f.alerts.rows, a)
			f.roster.lines = append(f.roster.lines, p.Line)
			return f.down
		}
	}
	return errs.New(errs.Conflict, "first.moved")
}

func (f fakePeople) FirstOf(_ context.Context, a org.AccountID) (out []casework.CaseID, _ error) {
	for id, c := range f.cases {
		if c.First == a && c.State.Open() {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b casework.CaseID) int { return cmp.Compare(a, b) })
	return out, f.down
}
