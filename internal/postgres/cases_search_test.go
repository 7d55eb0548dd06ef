package postgres_test

import (
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// says files a case of a citizen's words at a place.
func (o *office) says(external string, minutes, leaf int, words, place string) casework.Docket {
	o.t.Helper()
	p := parcel(external, minutes)
	m := &p.Message.Matters[0]
	m.Title, m.Text, p.Message.Place = "", words, place
	if _, _, err := o.InsertParcel(o.t.Context(), p); err != nil {
		o.t.Fatal(err)
	}
	outcome := o.outcome(m.ID, leaf, 0.7)
	if _, err := o.InsertOutcome(o.t.Context(), outcome); err != nil {
		o.t.Fatal(err)
	}
	d := o.confirm(m.ID, outcome.Suggestion.ID, leaf)
	d.At = o.now
	_, err := o.cases.InsertDecision(o.t.Context(), d, "")
	o.must(err)
	return o.of(m.ID)
}

// finds fails unless a search gives these cases, in this order.
func (o *office) finds(actor org.Actor, f casework.Filter, want ...casework.Docket) {
	o.t.Helper()
	got, _, err := o.stage.List(o.t.Context(), actor, f)
	o.must(err)
	if len(got) != len(want) {
		o.t.Fatalf("%+v finds %d cases, want %d", f.Search, len(got), len(want))
	}
	for i, d := range got {
		if d.ID != want[i].ID {
			o.t.Errorf("%+v: %d is %s, want %s", f.Search, i, d.Text, want[i].Text)
		}
	}
}

func (o *office) looks(actor org.Actor, words string, want ...casework.Docket) {
	o.t.Helper()
	o.finds(actor, casework.Filter{Search: casework.Search{Words: words}}, want...)
}

func TestACaseIsFoundByItsWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	smoke := o.says("nation-88", 0, 1, "楼下烧烤店 油烟扰民，KTV 也很吵", "松柏路12号")
	o.now = o.now.Add(time.Minute)
	light := o.says("b", 1, 2, "松柏社区的路灯不亮", "")
	o.looks(o.agent, "烧烤", smoke)
	o.looks(o.agent, "烧烤店油烟", smoke) // the space is not what was meant
	o.looks(o.agent, "ktv", smoke)
	o.looks(o.agent, "ＫＴＶ 松柏路", smoke)   // words and place together
	o.looks(o.agent, "松柏", light, smoke) // the latest filed first
	o.looks(o.agent, "烧油")
	o.looks(o.agent, "松柏 没有这个词")
	o.looks(o.agent, smoke.Number, smoke)
	o.looks(o.agent, " "+smoke.Receipt[:5]+" "+smoke.Receipt[5:], smoke)
	o.looks(o.agent, "nation-88", smoke)
	_, _, err := o.stage.List(t.Context(), o.agent, casework.Filter{Search: casework.Search{Words: "灯"}})
	wants(t, err, errs.Invalid, "search.short")

	// A unit finds its own, and nothing by a citizen's code.
	o.looks(o.unit, "松柏", light, smoke)
	o.looks(o.other, "松柏")
	o.looks(o.unit, smoke.Receipt)

	// What is changed or erased is found as it is.
	o.must(o.SetMatterPlace(t.Context(), light.Matter, "临江大桥", org.Audit{At: start, Actor: o.account, Action: "set_place", Object: "matter"}))
	o.looks(o.agent, "临江大桥", light)
	o.must(o.ExecForTest(t.Context(), `UPDATE matter SET title = '', body = '' WHERE id = $1`, smoke.Matter))
	o.must(o.ExecForTest(t.Context(), `UPDATE message SET place = '' WHERE id = (SELECT message_id FROM matter WHERE id = $1)`, smoke.Matter))
	o.looks(o.agent, "烧烤")
	if n := o.count(`SELECT count(*) FROM case_words WHERE words LIKE '%烧烤%' OR words LIKE '%松柏路12%'`); n != 0 {
		t.Errorf("%d rows hold words that were erased", n)
	}
}

func TestCasesAreFiltered(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	leaves := o.version.Leaves()
	first := o.says("a", 0, 1, "楼下烧烤店油烟扰民", "松柏路")
	o.now = o.now.Add(24 * time.Hour)
	second := o.says("b", 1, 2, "松柏社区门口占道摆摊", "")
	closed := o.do(o.unit, first, casework.Command{Move: casework.Accept})
	closed = o.do(o.unit, closed, casework.Command{Move: casework.Propose, Sure: true, Public: "已要求加装净化器"})
	closed = o.do(o.agent, closed, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	branch := leaves[0].Parent
	next := catalogue("第二版", "01", "02", "03")
	o.publish(next, 2, trained(next), o.succeed(o.version, next))
	for name, s := range map[string]casework.Search{
		"leaf":                   {Category: leaves[1].ID},
		"leaf of a newer list":   {Category: next.Leaves()[1].ID},
		"day":                    {From: first.Due.FiledAt, Before: first.Due.FiledAt.Add(time.Hour)},
		"ending":                 {Ending: casework.Solved},
		"words and everything":   {Words: "油烟", Area: "4401", Category: branch, Urgency: intake.UrgencyB, Channel: intake.Hotline, Lead: o.units[1].ID},
		"district and earlier":   {Area: "440101", Before: second.Due.FiledAt},
		"unit, urgency, earlier": {Lead: o.units[1].ID, Urgency: intake.UrgencyB, Before: second.Due.FiledAt},
	} {
		t.Run(name, func(t *testing.T) { o.finds(o.agent, casework.Filter{Search: s}, closed) })
	}
	o.finds(o.agent, casework.Filter{Search: casework.Search{Category: branch}}, second, closed)
	o.finds(o.agent, casework.Filter{Search: casework.Search{Category: branch}, Show: casework.ShowOpen}, second)
	o.finds(o.agent, casework.Filter{Search: casework.Search{Words: "松柏"}, Show: casework.ShowClosed}, closed)
	o.finds(o.agent, casework.Filter{Search: casework.Search{Area: "440102"}})
	o.finds(o.agent, casework.Filter{Search: casework.Search{Channel: intake.Mail}})
	o.finds(o.agent, casework.Filter{Search: casework.Search{Lead: o.units[0].ID}})
	o.finds(o.other, casework.Filter{Search: casework.Search{Lead: o.units[1].ID}})
	page, _, err := o.stage.List(t.Context(), o.agent, casework.Filter{Search: casework.Search{Words: "松柏"}, Limit: 1})
	o.must(err)
	o.finds(o.agent, casework.Filter{Search: casework.Search{Words: "松柏"}, Limit: 1, After: page[0].ID}, closed)
	o.finds(o.agent, casework.Filter{Search: casework.Search{Words: "松柏"}, Limit: 1, After: closed.ID})

	var faults errs.List
	bad := casework.Search{Words: "灯", Urgency: "D", Ending: "x", Category: "y", From: start, Before: start}
	_, _, err = o.stage.List(t.Context(), o.agent, casework.Filter{Search: bad})
	if l, ok := err.(errs.List); ok {
		faults = l
	}
	if len(faults) != 5 {
		t.Errorf("faults %v", err)
	}
}

// TestEveryListIsSearched: each list's own conditions stand beside a search's.
func TestEveryListIsSearched(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.says("a", 0, 1, "楼下烧烤店油烟扰民", "")
	s := casework.Search{Words: "油烟", Area: "4401", Channel: intake.Hotline, Urgency: intake.UrgencyB, From: start}
	for _, show := range append(append(casework.UnitShows(), casework.CentreShows()...), casework.LeaderShows()...) {
		for _, actor := range []org.Actor{o.agent, o.unit} {
			got, _, err := o.stage.List(t.Context(), actor, casework.Filter{Show: show, Search: s, After: d.ID})
			if err != nil || len(got) != 0 {
				t.Errorf("%s: %d, %v", show, len(got), err)
			}
		}
	}
	o.finds(o.unit, casework.Filter{Show: casework.ShowWaiting, Search: s}, d)
}
