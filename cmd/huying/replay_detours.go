package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"huying/casework"
	"huying/internal/demo"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/postgres"
)

// detours are what happens to some cases between their acceptance and their
// answer. Which, is drawn once a case; each takes place only where enough time is
// left before the answer, so that the city answers when it is set to.
type detours struct {
	drawn bool
	ahead []detour
	chain []string // units that it was handed down to, the last one has it
	tries int      // to reach the citizen
	stale bool     // the clock may have moved the case meanwhile
	once  bool     // the citizen has objected
}

// detour begins with a deed.
type detour struct {
	room time.Duration // that must be left
	do   deed
}

// draw decides what a case goes through.
func (l *life) draw() {
	l.drawn = true
	citizen := l.sample.finder == ""
	for _, d := range []struct {
		share float64
		may   bool
		detour
	}{
		{l.handed, l.lower() != "", detour{8 * time.Hour, l.handDown}},
		{l.divided, citizen && !l.cut, detour{6 * time.Hour, l.divide}},
		{l.lettered, true, detour{6 * time.Hour, l.letter}},
		{l.instructed, l.leader != "", detour{8 * time.Hour, l.instruct}},
		{l.paused, citizen && !l.cut && l.sample.Gold.Urgency != "A", detour{36 * time.Hour, l.try}},
		{l.withdrawn, citizen && !l.cut, detour{8 * time.Hour, l.withdraw}},
	} {
		if d.may && d.share > 0 && l.hits(d.share) {
			l.ahead = append(l.ahead, d.detour)
		}
	}
}

// turnOff gives the next detour that there is time for; false: the answer is next.
func (l *life) turnOff(now time.Time) ([]planned, bool) {
	if !l.drawn {
		l.draw()
	}
	for len(l.ahead) > 0 {
		d := l.ahead[0]
		l.ahead = l.ahead[1:]
		if l.answerAt.Sub(now) >= d.room {
			return []planned{{at: l.soon(now), do: d.do}}, true
		}
	}
	return nil, false
}

// soon is a while later, a small part of what is left before the answer.
func (l *life) soon(now time.Time) time.Time {
	return now.Add(l.between(slot, max(2*slot, l.answerAt.Sub(now)/12)))
}

// holder is the unit that works on the case.
func (l *life) holder() string {
	if n := len(l.chain); n > 0 {
		return l.chain[n-1]
	}
	return l.kase.Unit
}

// lower is the unit below the holder that the place of the matter belongs to;
// empty: there is none.
func (l *life) lower() string {
	line := l.lines[l.sample.Area]
	at := slices.Index(line, l.holder())
	if at < 0 && !l.citywide[l.holder()] || at+1 >= len(line) {
		return ""
	}
	return line[at+1]
}

// The kinds of the units below the streets, which only a simulated city has.
const (
	communityKind = "社区居民委员会"
	gridKind      = "网格"
)

// staffBelow gives each community of a simulated city a unit, and one to a grid
// in it, and notes to whom a case may be handed down where.
func (s *simulation) staffBelow(ctx context.Context) error {
	areas, err := demo.Areas()
	if err != nil {
		return err
	}
	units, err := s.site.DB.Units(ctx)
	if err != nil {
		return err
	}
	l := postgres.Listing{Units: units}
	for _, a := range areas {
		if a.Level != string(org.LevelCommunity) {
			continue
		}
		grid := org.Area{Code: org.AreaCode(a.Code + "01"), Name: a.Name + "第一网格", Level: org.LevelGrid, Parent: org.AreaCode(a.Code)}
		l.Areas = append(l.Areas, grid)
		l.Units = append(l.Units,
			org.Unit{ID: id.New[org.UnitID](), Name: a.Name + "居委会", Kind: communityKind, Area: org.AreaCode(a.Code)},
			org.Unit{ID: id.New[org.UnitID](), Name: grid.Name, Kind: gridKind, Area: grid.Code})
	}
	if err := s.site.DB.SaveListing(ctx, l, org.Audit{At: s.now(), Action: "import_listing", Object: "directory", Detail: "模拟城市"}); err != nil {
		return err
	}
	return s.linesDown(ctx, areas, units)
}

// linesDown notes the units of each street and community, from above downwards.
func (s *simulation) linesDown(ctx context.Context, areas []demo.Area, units []org.Unit) error {
	dir, err := s.site.DB.Directory(ctx)
	if err != nil {
		return err
	}
	s.lines, s.citywide = map[string][]string{}, map[string]bool{}
	for _, u := range units {
		if area, known := dir.Area(u.Area); known && area.Level == org.LevelCity {
			s.citywide[string(u.ID)] = true
		}
	}
	for _, a := range areas {
		code, line := org.AreaCode(a.Code), []string(nil)
		for _, of := range []struct {
			kind org.UnitKind
			area org.AreaCode
		}{{streetKind, code}, {communityKind, code}, {gridKind, code + "01"}} {
			u, ok := dir.Resolve(of.kind, of.area)
			if !ok || len(line) == 0 && of.kind != streetKind {
				break
			}
			line = append(line, string(u.ID))
		}
		s.lines[a.Code] = line
	}
	return nil
}

// handDown is a unit that lets one below it do the work, which may do the same.
func (l *life) handDown(ctx context.Context, now time.Time) ([]planned, error) {
	below := l.lower()
	if below == "" || len(l.chain) > 0 && l.hits(0.4) {
		return l.up(now)
	}
	if err := l.move(ctx, l.holder(), replayMove{Move: "hand_down", Unit: below, Text: pick(l.dice, handWords)}); err != nil {
		return nil, err
	}
	l.chain = append(l.chain, below)
	return next(l.soon(now), l.takeUp)
}

// up plans the report of the lowest unit, or the answer where nobody was handed
// anything.
func (l *life) up(now time.Time) ([]planned, error) {
	if len(l.chain) == 0 {
		return l.work(now)
	}
	return next(l.soon(now), l.report)
}

func (l *life) takeUp(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.move(ctx, l.holder(), replayMove{Move: "take_up"}); err != nil {
		return nil, err
	}
	return next(l.soon(now), l.handDown)
}

// report is the unit below that has done it, or gives it back.
func (l *life) report(ctx context.Context, now time.Time) ([]planned, error) {
	m := replayMove{Move: "report", Text: pick(l.dice, reportWords)}
	if l.hits(0.1) {
		m = replayMove{Move: "hand_back", Text: pick(l.dice, returnWords)}
	}
	if err := l.move(ctx, l.holder(), m); err != nil {
		return nil, err
	}
	l.chain = l.chain[:len(l.chain)-1]
	return l.up(now)
}

// divide is the centre that finds two things in a case: the other one is decided
// on and goes its own way.
func (l *life) divide(ctx context.Context, now time.Time) ([]planned, error) {
	other := pick(l.dice, l.samples)
	in := replayDivision{Seen: l.kase.Version, Keep: l.sample.Text, Other: "另一件：" + other.Text, Text: "两件事，分开办理"}
	var out struct {
		Matter string     `json:"matter"`
		Case   replayCase `json:"case"`
	}
	if err := l.send(ctx, http.MethodPost, "/cases/"+l.kase.ID+"/divisions", l.token(""), in, &out); err != nil {
		return nil, err
	}
	l.kase = out.Case
	l.count("divide")
	child := &life{simulation: l.simulation, n: l.n, dice: newDice(l.seed, uint64(l.n)<<8|99), sample: other, cut: true, missing: l.missing}
	l.turn.Lock()
	l.cuts++
	l.turn.Unlock()
	own, err := l.work(now)
	return append(own, planned{at: now.Add(l.between(slot, 2*time.Hour)), do: child.decideOn(out.Matter)}), err
}

// decideOn is decide for a matter that is known by its id alone.
func (l *life) decideOn(matter string) deed {
	return func(ctx context.Context, now time.Time) ([]planned, error) {
		var file struct {
			Matter replayMatter `json:"matter"`
		}
		if err := l.send(ctx, http.MethodGet, "/matters/"+matter, l.token(""), nil, &file); err != nil {
			return nil, err
		}
		l.said.Message.Matters = []replayMatter{file.Matter}
		return l.decide(ctx, now)
	}
}

// instruct is a leader's word on a case, on which the unit gives feedback.
func (l *life) instruct(ctx context.Context, now time.Time) ([]planned, error) {
	m := replayMove{Move: "instruct", Text: pick(l.dice, instructWords), Until: now.Add(72 * time.Hour)}
	if err := l.moveAs(ctx, l.leader, m); err != nil {
		return nil, err
	}
	return next(l.soon(now), l.feedback)
}

// try is a unit that does not reach the citizen; after the second time it waits.
func (l *life) try(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.move(ctx, l.kase.Unit, replayMove{Move: "try", Text: pick(l.dice, tryWords)}); err != nil {
		return nil, err
	}
	if l.tries++; l.tries < casework.TriesToPause {
		return next(now.Add(l.between(2*time.Hour, 4*time.Hour)), l.try)
	}
	return next(l.soon(now), l.pause)
}

// pause stops the clocks until the citizen says more, the unit goes on by itself,
// or, where neither happens, the answer or the cap ends it.
func (l *life) pause(ctx context.Context, now time.Time) ([]planned, error) {
	if !now.Before(l.kase.CitizenDue) { // who is late does not wait
		return l.work(now)
	}
	if err := l.move(ctx, l.kase.Unit, replayMove{Move: "pause", Public: pick(l.dice, askWords), Sure: true}); err != nil {
		return nil, err
	}
	switch at := now.Add(l.between(2*time.Hour, 16*time.Hour)); {
	case l.hits(0.6):
		return next(at, l.respond)
	case l.hits(0.5):
		return next(at, func(ctx context.Context, now time.Time) ([]planned, error) {
			if err := l.move(ctx, l.kase.Unit, replayMove{Move: "resume"}); err != nil {
				return nil, err
			}
			return l.work(now)
		})
	}
	l.stale = true
	return next(later(l.answerAt, now.Add(slot)), l.answer)
}

// respond is the citizen who says what was asked, on the receipt's page.
func (l *life) respond(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.says(ctx, "supplement", "respond", "晚上七点以后最明显，在东门口能看到"); err != nil {
		return nil, err
	}
	return l.work(now)
}

// withdraw is the citizen who wants it no longer; the centre lets it go, or says
// why it goes on.
func (l *life) withdraw(ctx context.Context, now time.Time) ([]planned, error) {
	if err := l.says(ctx, "withdraw", "withdraw", "问题已经自己解决了，不用再办"); err != nil {
		return nil, err
	}
	return next(l.soon(now), func(ctx context.Context, now time.Time) ([]planned, error) {
		if l.hits(0.7) {
			return nil, l.move(ctx, "", replayMove{Move: "let_go"})
		}
		if err := l.move(ctx, "", replayMove{Move: "go_on", Public: "这件事也关系到其他居民，将继续办理。", Sure: true}); err != nil {
			return nil, err
		}
		return l.work(now)
	})
}

// object is the citizen who does not agree with how it was closed: it is handled
// again, or the centre decides.
func (l *life) object(ctx context.Context, now time.Time) ([]planned, error) {
	l.once = true
	if err := l.says(ctx, "object", "object", "现场还是老样子，没有解决"); err != nil {
		return nil, err
	}
	if l.kase.State == string(casework.Handling) {
		return next(now.Add(l.between(12*time.Hour, 48*time.Hour)), l.answer)
	}
	return next(now.Add(l.between(2*time.Hour, 24*time.Hour)), func(ctx context.Context, now time.Time) ([]planned, error) {
		if l.hits(0.3) {
			if err := l.move(ctx, "", replayMove{Move: "uphold", Text: "异议成立，请重新办理"}); err != nil {
				return nil, err
			}
			return next(now.Add(l.between(12*time.Hour, 48*time.Hour)), l.answer)
		}
		if err := l.move(ctx, "", replayMove{Move: "dismiss", Public: "经复核，答复符合规定，已向您说明依据。", Sure: true}); err != nil {
			return nil, err
		}
		return next(now.Add(l.between(2*time.Hour, 24*time.Hour)), l.call)
	})
}

// says is the citizen who says something on the receipt's page; counted as the
// move that it means.
func (l *life) says(ctx context.Context, page, move, words string) error {
	status, err := l.postForm(ctx, "/receipt/"+l.said.Receipt+"/"+page, url.Values{"text": {words}})
	switch {
	case err != nil:
		return err
	case status != http.StatusSeeOther:
		return errs.New(errs.Internal, "replay.refused", page, fmt.Sprint(status))
	}
	l.count(move)
	return l.refresh(ctx)
}

// merge is the centre that sees that a case is another's double. Where that one
// has been closed meanwhile, it goes its own way.
func (l *life) merge(into replayCase) deed {
	return func(ctx context.Context, now time.Time) ([]planned, error) {
		err := l.move(ctx, "", replayMove{Move: "merge", Number: into.Number, Text: "与较早的一件是同一件事"})
		switch {
		case err != nil && errs.KindOf(err) == errs.Conflict:
			return l.takesUp(now), nil
		case err != nil || !l.hits(0.25):
			return nil, err
		}
		return next(now.Add(l.between(6*time.Hour, 60*time.Hour)), l.unmerge)
	}
}

// unmerge takes a wrong merge back: the unit gets the case again.
func (l *life) unmerge(ctx context.Context, _ time.Time) ([]planned, error) {
	if err := l.move(ctx, "", replayMove{Move: "unmerge", Text: "核对后是两件事"}); err != nil {
		return nil, err
	}
	l.expect(l.kase.Unit, l.kase.Matter)
	return nil, nil
}
