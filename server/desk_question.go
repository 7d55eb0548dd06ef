package server

import (
	"strconv"
	"strings"

	"huying/classifier"
)

// firstAnswerKey is the key of the first answer: 1–5 are the candidates'.
const firstAnswerKey = 6

// questionView is the question to ask first, with its answers. Everything that
// an answer changes stands in the page already: choosing one asks the server
// for nothing.
type questionView struct {
	Text     string
	Answers  []replyView
	Answered int    // from 1; 0: not yet
	Whole    string // address of the page without an answer
}

// replyView is one answer offered, and what it makes of the candidates.
type replyView struct {
	Number int // from 1
	Key    int
	Text   string
	Name   string // of the candidate that it speaks for; may be empty
	URL    string
	Chosen bool
	Order  string // places of the candidates from 1, likeliest first
	Stay   int    // how many of them stay in front
	Shares string // what is written beside the candidates, by place
	Place  int    // of the candidate whose lead it names, from 1; 0: none
	Lead   string
	When   string // with the co-units, as it is written beside the candidate
}

// newQuestionView lays out a suggestion's question; nil without one.
func newQuestionView(sug classifier.Suggestion, answer int, to func(answer int) string) *questionView {
	if sug.Question == nil {
		return nil
	}
	v := &questionView{Text: sug.Question.Text, Answered: answer, Whole: to(0)}
	for i, r := range sug.Question.Answers {
		reply := replyView{Number: i + 1, Key: firstAnswerKey + i, Text: r.Text, URL: to(i + 1), Chosen: i+1 == answer}
		order, stay := r.Stay()
		reply.Stay = stay
		places, shares := make([]string, len(order)), make([]string, len(order))
		for j, at := range order {
			places[j], shares[at] = strconv.Itoa(at+1), percent(r.Shares[at])
		}
		reply.Order, reply.Shares = strings.Join(places, " "), strings.Join(shares, " ")
		for j, c := range sug.Candidates {
			if r.Category != "" && c.Category == r.Category {
				reply.Name = c.Name
				if r.Duty != nil {
					reply.Place, reply.Lead, reply.When = j+1, r.Duty.LeadName, whenWords(*r.Duty)
				}
			}
		}
		v.Answers = append(v.Answers, reply)
	}
	return v
}

// whenWords is what stands under a candidate that is led under a circumstance.
func whenWords(d classifier.Duty) string {
	words := "按“" + d.When + "”"
	if len(d.CoNames) > 0 {
		words += "　协办 " + strings.Join(d.CoNames, "、")
	}
	return words
}

// replyOf is the answer with the number; nil when there is none.
func replyOf(sug classifier.Suggestion, answer int) *classifier.Reply {
	if sug.Question == nil || answer < 1 || answer > len(sug.Question.Answers) {
		return nil
	}
	r := &sug.Question.Answers[answer-1]
	if len(r.Shares) != len(sug.Candidates) {
		return nil
	}
	return r
}

// arranged gives the candidates' places in the order to show them, and how
// many stand in front.
func arranged(sug classifier.Suggestion, answer int) (order []int, front int) {
	if r := replyOf(sug, answer); r != nil {
		return r.Stay()
	}
	for i := range sug.Candidates {
		order = append(order, i)
	}
	return order, frontOf(sug)
}

// answered is the candidate at a place (from 0) as an answer leaves it: with
// its share, and led as the circumstance says that the answer names.
func answered(sug classifier.Suggestion, at, answer int) classifier.Candidate {
	c, r := sug.Candidates[at], replyOf(sug, answer)
	if r == nil {
		return c
	}
	c.Probability = r.Shares[at]
	if d := r.Duty; d != nil && r.Category == c.Category {
		c.Rule, c.When, c.Lead, c.LeadUnit, c.LeadName = d.Rule, d.When, d.Lead, d.LeadUnit, d.LeadName
		c.Co, c.CoUnits, c.CoNames = d.Co, d.CoUnits, d.CoNames
	}
	return c
}
