package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// recutPage is what recut.html draws: where a message is cut, sentence by
// sentence.
type recutPage struct {
	shell
	Heading    string
	Count      string // how many parts, in words
	Parts      []int  // their numbers, from 1
	Pieces     []pieceView
	Suggestion classifier.SuggestionID
	URL, Back  string
	Fault      string // why it was not cut; may be empty
}

// pieceView is one sentence; In is the part it goes to, 0 every one.
type pieceView struct {
	Field string
	Text  string
	In    int
	Focus bool
}

// cutField is the name of a sentence's field.
func cutField(i int) string { return "in" + strconv.Itoa(i) }

// readCut is where the form puts each sentence; nil when the proposal is taken
// up as it stands.
func readCut(c *fiber.Ctx) []int {
	n, err := strconv.Atoi(c.FormValue("pieces"))
	if err != nil || n < 1 || n > intake.MaxTextRunes {
		return nil
	}
	in := make([]int, n)
	for i := range in {
		if in[i], err = strconv.Atoi(c.FormValue(cutField(i))); err != nil {
			in[i] = -1
		}
	}
	return in
}

// showRecut shows the sentences with the parts that were proposed for them.
func (s *Server) showRecut(c *fiber.Ctx, v visit) error { return s.recut(c, v, nil, nil) }

// recut shows the sentences, with what was chosen (nil: what was proposed) and
// why that cannot be. A matter that is not to be cut any more is shown itself.
func (s *Server) recut(c *fiber.Ctx, v visit, in []int, fault error) error {
	matter, q := intake.MatterID(c.Params("matter")), readDeskQuery(c)
	f, err := s.o.Desk.File(c.UserContext(), v.actor, matter)
	if err != nil {
		return err
	}
	view := &fileView{Open: f.Matter.State == intake.MatterOpen, CanDecide: v.may(org.ActDecide), Next: q, Matter: f.Matter}
	proposal := s.newSplitView(view, f)
	if proposal == nil {
		return c.Redirect(q.To(matter, ""), fiber.StatusSeeOther)
	}
	p := recutPage{
		shell: s.shell(v, "desk", "改分法"), Heading: headingOf(f.Matter), Count: proposal.Count,
		Suggestion: f.Suggestion.ID, URL: proposal.URL, Back: q.To(matter, ""),
	}
	for _, part := range proposal.Parts {
		p.Parts = append(p.Parts, part.Number)
	}
	for i, piece := range classifier.Pieces(f.Suggestion.Parts) {
		one := pieceView{Field: cutField(i), Text: piece.Text, In: piece.In, Focus: i == 0}
		if i < len(in) {
			one.In = in[i]
		}
		p.Pieces = append(p.Pieces, one)
	}
	if fault == nil {
		return s.page(c, "recut", p)
	}
	p.Fault = errs.Sentence(fault)
	return s.render(c, fiber.StatusUnprocessableEntity, "recut", "layout", p)
}
