package work

import (
	"context"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
)

// maxSegments is how many segments of a text are looked at: each costs an
// embedding, and who numbers more things writes a report, not a message.
const maxSegments = 6

// parts gives the matters that a text seems to name when there are several. A
// text in which its writer marked nothing costs a look at its characters only.
// It is a proposal beside the suggestion: where it fails there is none.
func (l *Line) parts(ctx context.Context, m intake.Matter, msg intake.Message, now time.Time) []classifier.Part {
	preamble, segments := intake.Segments(m.Text)
	if len(segments) < 2 || len(segments) > maxSegments {
		return nil
	}
	found := make([]classifier.Part, 0, len(segments))
	for _, segment := range segments {
		q, err := l.queries.Build(ctx, "", classifier.Joined(preamble, segment))
		if err == nil {
			var part classifier.Part
			if part, err = l.suggest.Part(ctx, q, classifier.Options{Area: msg.Area, Now: now}, segment); err == nil {
				found = append(found, part)
				continue
			}
		}
		l.log.WarnContext(ctx, "parts not looked at", "matter", m.ID, "error", err)
		return nil
	}
	parts := classifier.Matters(found)
	for i := range parts {
		parts[i].Text = classifier.Joined(preamble, parts[i].Text)
	}
	return parts
}

// Split cuts a matter as its suggestion proposed, or with each sentence where in
// puts it (classifier.Recut), and suggests for each part at once. What fails
// there is made later, as for a message that was received.
func (l *Line) Split(ctx context.Context, actor org.Actor, matter intake.MatterID, suggestion classifier.SuggestionID, in []int) error {
	made, err := l.splits.Accept(ctx, actor, matter, suggestion, in)
	if err != nil {
		return err
	}
	l.Prompt(ctx, made...)
	return nil
}

// Prompt suggests for matters at once; what fails is made later.
func (l *Line) Prompt(ctx context.Context, matters ...intake.MatterID) {
	for _, m := range matters {
		if err := l.Suggest(ctx, m); err != nil {
			l.log.WarnContext(ctx, "suggestion put off", "matter", m, "error", err)
		}
	}
}
