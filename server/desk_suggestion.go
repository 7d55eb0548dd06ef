package server

import (
	"huying/classifier"
)

// suggestionView is the card of the suggestion.
type suggestionView struct {
	classifier.Suggestion
	Label  string // level of doubt in words
	First  []candidateView
	Rest   []candidateView // behind “其余候选”
	Limit  string          // time limit of the first candidate as the catalogue writes it
	Tell   string          // what tells the first from its neighbour
	Not    string          // the neighbour's name
	Unsure bool
	Ahead  *questionView // to be asked first; nil: nothing is
}

// candidateView is one candidate with its place in the list.
type candidateView struct {
	classifier.Candidate
	Place  int // from 1: in the suggestion, whatever was answered
	Key    int // from 1: on the screen, and the key that chooses it
	Path   string
	Scope  string
	Starts bool // chosen from the start
	NoUnit bool // the city has no unit of the lead's kind: it has to be chosen
}

// reach is how much probability the candidates in front together hold when
// there are several possibilities; the others wait behind one line.
const reach = 0.85

// newSuggestionView arranges a suggestion by its level of doubt: one candidate
// in front when sure, two or three when several are possible, all when unsure,
// unless the question was answered (from 1; 0: not): then those that stay.
func newSuggestionView(sug classifier.Suggestion, list *classifier.Catalogue, answer int, to func(answer int) string) *suggestionView {
	v := &suggestionView{Suggestion: sug, Label: sug.Doubt.Label(), Unsure: sug.Doubt == classifier.Unsure}
	if replyOf(sug, answer) == nil {
		answer = 0
	}
	order, front := arranged(sug, answer)
	for i, at := range order {
		view := candidateView{
			Candidate: answered(sug, at, answer), Place: at + 1, Key: i + 1, Starts: i == 0, Path: sug.Candidates[at].Trail,
		}
		view.NoUnit = view.LeadUnit == ""
		if cat, ok := list.Category(view.Category); ok {
			view.Path, view.Scope = above(cat), cat.Description
			if i == 0 {
				v.Limit = cat.Limit
			}
		}
		if i < front {
			v.First = append(v.First, view)
		} else {
			v.Rest = append(v.Rest, view)
		}
	}
	if len(order) > 0 && order[0] == 0 && sug.Candidates[0].Against != nil {
		against := sug.Candidates[0].Against
		v.Tell, v.Not = against.Tell, nameOf(against, sug, list)
	}
	v.Ahead = newQuestionView(sug, answer, to)
	return v
}

// frontOf is how many candidates stand in front.
func frontOf(sug classifier.Suggestion) int {
	n := len(sug.Candidates)
	switch sug.Doubt {
	case classifier.Sure:
		return min(1, n)
	case classifier.Several:
		sum, i := 0.0, 0
		for i < min(3, n) && (i < 2 || sum < reach) {
			sum += sug.Candidates[i].Probability
			i++
		}
		return i
	}
	return n
}

// nameOf is a neighbour's name: among the candidates, or in the catalogue.
func nameOf(nb *classifier.Neighbour, sug classifier.Suggestion, list *classifier.Catalogue) string {
	if cat, ok := list.Category(nb.Category); ok {
		return cat.Name
	}
	for _, c := range sug.Candidates {
		if c.Code == nb.Code {
			return c.Name
		}
	}
	return nb.Code
}

// above is the trail over a category, without its own name.
func above(cat *classifier.Category) string {
	if len(cat.Path) < 2 {
		return ""
	}
	up := *cat
	up.Path = cat.Path[:len(cat.Path)-1]
	return up.Trail()
}
