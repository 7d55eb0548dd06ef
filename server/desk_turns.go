package server

import (
	"context"
	"fmt"

	"huying/intake"
)

// turnView is one turn of a call on the desk.
type turnView struct {
	Who  string
	Text string
	From string // 01:05 since the call began
	Mine bool   // the citizen's: what the matter's words are taken from
	Open bool   // the recogniser had not finished it
}

// turnsOfCall are the turns of the message, if it was a call.
func (s *Server) turnsOfCall(ctx context.Context, v visit, m intake.Message) ([]turnView, error) {
	turns, err := s.o.Intake.Turns(ctx, v.actor, m)
	if err != nil {
		return nil, err
	}
	var out []turnView
	for _, t := range turns {
		seconds := int(t.Start.Seconds())
		out = append(out, turnView{
			Who: t.Speaker.Label(), Text: t.Text, From: fmt.Sprintf("%02d:%02d", seconds/60, seconds%60), Mine: t.Speaker == intake.SpeakerCitizen, Open: t.Partial,
		})
	}
	return out, nil
}
