package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// streamWithin is how long a stream may take: less than the grace at a stop,
// so that whoever asks then still hears the end.
const streamWithin = 8 * time.Second

// mountStream adds the ask that answers by server-sent events. huma would keep
// them back until the end, so it is a route of its own, described by hand.
func (s *Server) mountStream(a huma.API) {
	if s.o.Talk == nil {
		return
	}
	s.app.Post(apiRoot+"/ask/stream", s.streamAsk)
	schemas := a.OpenAPI().Components.Schemas
	op := huma.Operation{
		OperationID: "stream-ask", Method: http.MethodPost, Path: apiRoot + "/ask/stream", Tags: []string{tagKnowledge},
		Errors: []int{http.StatusTooManyRequests}, Summary: "在对话里问知识库，分步回答",
		Description: "内容与 /ask 相同，conversation 和 message 必填。以 text/event-stream 回答：先是 received，" +
			"再是 answer、offer 或 silent（data 与 /ask 的回答相同），或 problem（data 是错误），最后是 done。用 POST 而不用 GET，为的是问题不留在地址里。",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: schemas.Schema(reflect.TypeFor[askBody](), true, "Question")},
		}},
	}
	op.Responses = describeResponses(a, op)
	op.Responses["200"].Content = map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"event", "data"}, // of each event
		Properties: map[string]*huma.Schema{"event": {Type: huma.TypeString}, "data": {Type: huma.TypeString}},
	}}}
	a.OpenAPI().AddOperation(&op)
}

// streamAsk checks an ask and answers it by events. Faults of the ask are
// answered as by every other operation, before the stream begins.
func (s *Server) streamAsk(c *fiber.Ctx) error {
	current, ok := c.Locals(callKey{}).(*call)
	if !ok {
		return unauthorized("token.missing")
	}
	b := askBody{Channel: "web"}
	if err := json.Unmarshal(c.Body(), &b); err != nil {
		return errs.Wrap(fiber.ErrBadRequest, errs.Invalid, "request.json")
	}
	ask := kb.Ask{Channel: b.Channel, Conversation: b.Conversation, Message: b.Message, Text: b.Text, Area: org.AreaCode(b.Area)}
	if err := ask.Validate(); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/event-stream; charset=utf-8")
	c.Set("X-Accel-Buffering", "no") // a proxy must not keep the events back
	actor := current.actor
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		// The request's context ends with its handler, which is before this.
		ctx, cancel := context.WithTimeout(context.Background(), streamWithin)
		defer cancel()
		s.tell(ctx, w, actor, ask)
	})
	return nil
}

// tell writes the events of an ask. Somebody who leaves early ends it.
func (s *Server) tell(ctx context.Context, w *bufio.Writer, actor org.Actor, ask kb.Ask) {
	if event(w, "received", map[string]string{"conversation": ask.Conversation, "message": ask.Message}) != nil {
		return
	}
	r, err := s.o.Talk.Ask(ctx, actor, ask)
	var out *askOutput
	if err == nil {
		out, err = s.giveReply(ctx, r)
	}
	if err != nil {
		err = classified(err)
		code := status(err)
		if code >= fiber.StatusInternalServerError {
			s.o.Log.Error("request failed", "method", http.MethodPost, "route", apiRoot+"/ask/stream", "error", err)
		}
		err = event(w, "problem", newProblem(code, err))
	} else {
		err = event(w, string(r.Told), out.Body)
	}
	if err == nil {
		_ = event(w, "done", struct{}{}) // nobody is there any more to be told
	}
}

// event writes one event and sends it at once.
func event(w *bufio.Writer, name string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, body); err != nil {
		return err
	}
	return w.Flush()
}
