package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"huying/classifier"
)

// leafDays is the time the page of a leaf looks back over unless its address
// says otherwise.
const leafDays = 90

// leafView is what people's decisions say of the chosen leaf.
type leafView struct {
	Spans     []tabView
	Sentence  string
	Any       bool // anything was suggested or decided here
	Away      []confusedView
	Taken     []confusedView
	Wordings  []wordingView
	Returned  []returnedView
	Rival     string
	RivalURL  string
	Clause    string // the draft; empty: there is none
	ClauseWhy string // why there is none, or what it is made from
}

// confusedView is another leaf with how often it was confused with this one.
type confusedView struct {
	Name, URL string
	Count     int
}

// wordingView is a draft for an example.
type wordingView struct {
	classifier.Wording
	Text      string
	Suggested string
	URL       string
}

// returnedView is a return of a matter that was decided to be the leaf.
type returnedView struct {
	classifier.GivenBack
	URL string
}

// confusedShown is how many confusions each way are listed.
const confusedShown = 8

// newLeafView gathers the record of a leaf.
func (s *Server) newLeafView(ctx context.Context, v visit, list *classifier.Catalogue, leaf *classifier.Category, days int) (*leafView, error) {
	r, err := s.o.Leaves.Review(ctx, v.actor, leaf.ID, days)
	if err != nil {
		return nil, err
	}
	view := &leafView{
		Any: r.Suggested > 0 || r.Decided > 0, Sentence: leafSentence(r, days),
		Away: newConfusedViews(r.Away, list, days), Taken: newConfusedViews(r.Taken, list, days),
	}
	for _, d := range spansOfDays {
		view.Spans = append(view.Spans, tabView{Label: fmt.Sprintf("近 %d 天", d), URL: leafURL(leaf.ID, d), Current: d == days})
	}
	for _, w := range r.Wordings {
		view.Wordings = append(view.Wordings, wordingView{
			Wording: w, Text: strings.Join(strings.Fields(w.Text), " "), Suggested: leafName(list, w.Suggested),
			URL: deskQuery{Show: showDecided}.To(w.Matter, ""),
		})
	}
	for _, g := range r.Returned {
		view.Returned = append(view.Returned, returnedView{g, deskQuery{Show: showDecided}.To(g.Matter, "")})
	}
	if r.Rival != "" {
		view.Rival, view.RivalURL = leafName(list, r.Rival), leafURL(r.Rival, days)
		view.Clause, view.ClauseWhy = clauseText(view.Rival, r.Clause)
	}
	return view, nil
}

// leafURL is the address of a leaf's page over so many days.
func leafURL(leaf classifier.CategoryID, days int) string {
	if days == leafDays {
		return categoryURL(leaf)
	}
	return link(categoryURL(leaf), "days", strconv.Itoa(days))
}

// leafName is a leaf's name in the version that serves.
func leafName(list *classifier.Catalogue, leaf classifier.CategoryID) string {
	if cat, ok := list.Category(leaf); ok {
		return cat.Name
	}
	return "旧版清单中的事项"
}

func newConfusedViews(counts []classifier.LeafCount, list *classifier.Catalogue, days int) []confusedView {
	var out []confusedView
	for _, c := range counts[:min(len(counts), confusedShown)] {
		view := confusedView{Name: leafName(list, c.Leaf), Count: c.Count}
		if _, ok := list.Category(c.Leaf); ok {
			view.URL = leafURL(c.Leaf, days)
		}
		out = append(out, view)
	}
	return out
}

// leafSentence says in one sentence how the leaf does.
func leafSentence(r classifier.LeafReview, days int) string {
	switch {
	case r.Suggested == 0 && r.Decided == 0:
		return fmt.Sprintf("近 %d 天没有推荐过这个事项，也没有人把诉求定为它。", days)
	case r.Suggested == 0:
		return fmt.Sprintf("近 %d 天没有首选推荐过这个事项，却有 %d 件由人定为它。", days, r.Decided)
	}
	said := fmt.Sprintf("近 %d 天首选推荐它的有 %d 件已作决定，%d 件被采用", days, r.Suggested, r.Kept)
	if r.Suggested < enough {
		return said + fmt.Sprintf("；不足 %d 件，还看不出比例。", enough)
	}
	rate := newRate("", r.Kept, r.Suggested)
	return said + fmt.Sprintf("，占 %s；真实比例多半在 %s 到 %s 之间。", percent(rate.Share), percent(rate.Low), percent(rate.High))
}

// clauseText writes the draft that tells two leaves apart, and what it is made
// from; without a draft, why there is none.
func clauseText(rival string, c classifier.Clause) (text, why string) {
	why = fmt.Sprintf("比较了本类 %d 件、“%s” %d 件已定诉求的用词", c.OwnTexts, rival, c.RivalTexts)
	if min(c.OwnTexts, c.RivalTexts) < classifier.ClauseTexts {
		return "", why + fmt.Sprintf("；两类各满 %d 件后再比。", classifier.ClauseTexts)
	}
	var parts []string
	if len(c.Own) > 0 {
		parts = append(parts, "多见于本类："+strings.Join(c.Own, "、"))
	}
	if len(c.Rival) > 0 {
		parts = append(parts, "多见于“"+rival+"”："+strings.Join(c.Rival, "、"))
	}
	if len(parts) == 0 {
		return "", why + "，没有能分开两类的词。"
	}
	return strings.Join(parts, "；") + "。", why + "。"
}
