package server

import (
	"context"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
)

// forReview is what the store's query of the same purpose finds.
func (f *fake) forReview(file classifier.File, floor float64) bool {
	s := file.Suggestion
	return file.Matter.State == intake.MatterOpen &&
		(file.Sent != nil || s != nil && (len(s.Candidates) == 0 || s.Candidates[0].Probability < floor))
}

func (f *fake) SetReview(_ context.Context, m intake.MatterID, sent bool, line org.Audit) error {
	leave, err := f.enter()
	defer leave()
	if err != nil {
		return err
	}
	file := f.files[m]
	if file.Matter.State != intake.MatterOpen {
		return errs.New(errs.Conflict, "review.decided")
	}
	file.Sent = nil
	if sent {
		file.Sent = &classifier.Sent{By: line.Actor, Name: f.nameOf(line.Actor), At: line.At}
	}
	f.files[m], f.looks = file, append(f.looks, line)
	return nil
}

func (f *fake) CountReview(_ context.Context, floor float64, _ []string) (int, error) {
	leave, err := f.enter()
	defer leave()
	n := 0
	for _, file := range f.files {
		if f.forReview(file, floor) {
			n++
		}
	}
	return n, err
}

// Split is the line over Accept: each part gets a suggestion at once.
func (f *fake) Split(_ context.Context, _ org.Actor, m intake.MatterID, sug classifier.SuggestionID, in []int) error {
	leave, err := f.enter()
	defer leave()
	file := f.files[m]
	if err != nil || f.cut[sug] {
		return err
	}
	if file.Suggestion == nil || file.Suggestion.ID != sug || file.Matter.State != intake.MatterOpen {
		return errs.New(errs.Conflict, "split.outdated")
	}
	var texts []string
	for _, p := range file.Suggestion.Parts {
		texts = append(texts, p.Text)
	}
	if in != nil {
		if texts, err = classifier.Recut(classifier.Pieces(file.Suggestion.Parts), in, len(texts)); err != nil {
			return err
		}
	}
	matters := []intake.Matter{file.Matter}
	for i := range file.Suggestion.Parts[1:] {
		matters = append(matters, intake.Matter{ID: id.New[intake.MatterID](), Message: file.Message.ID, Ordinal: i + 2, State: intake.MatterOpen})
	}
	for i := range matters {
		matters[i].Title, matters[i].Text = "", texts[i]
	}
	file.Message.Matters = matters
	whole := *file.Suggestion
	for i := range matters {
		own := whole
		own.ID, own.Parts = id.New[classifier.SuggestionID](), nil
		file.Matter, file.Suggestion = matters[i], &own
		if i == 0 {
			f.files[m] = file
		} else {
			f.put(file)
		}
	}
	f.cut[sug] = true
	return nil
}

// nameOf is the name of an account.
func (f *fake) nameOf(id org.AccountID) string {
	for _, a := range f.accounts {
		if a.ID == id {
			return a.Name
		}
	}
	return ""
}
