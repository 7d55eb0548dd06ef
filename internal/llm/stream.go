package llm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	openai "github.com/sashabaranov/go-openai"

	"huying/internal/retry"
)

// byPieces reads an answer as server-sent events and puts its pieces together.
// Half an answer is none: it counts only when the service has said why it
// stopped and that it is done. Without [DONE] a proxy may have cut off what
// came after. The deadline holds to the last piece.
func (e *endpoint) byPieces(ctx context.Context, request openai.ChatCompletionRequest) (reply, error) {
	request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	tail := &tailed{}
	config := e.config
	config.HTTPClient = tail
	pieces, err := openai.NewClientWithConfig(config).CreateChatCompletionStream(ctx, request)
	if err != nil {
		return reply{}, failure(ctx, err)
	}
	defer pieces.Close()
	var r reply
	finish := openai.FinishReason("")
	for {
		piece, err := pieces.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, cutOff(ctx, err)
		}
		if piece.Usage != nil {
			r.in, r.out = piece.Usage.PromptTokens, piece.Usage.CompletionTokens
		}
		for _, c := range piece.Choices {
			if c.Index != 0 {
				continue
			}
			r.content = append(r.content, c.Delta.Content...)
			if c.FinishReason != "" {
				finish = c.FinishReason
			}
		}
		if len(r.content) > maxAnswer {
			return r, OutcomeRefused.err(retry.ErrTooLong)
		}
	}
	switch {
	case ctx.Err() != nil:
		return r, failure(ctx, ctx.Err())
	case finish == "" || !tail.done():
		return r, OutcomeRefused.err(errors.New("the answer was cut off"))
	case finish != openai.FinishReasonStop:
		return r, OutcomeRefused.err(fmt.Errorf("finished by %q", finish))
	}
	return r, nil
}

// cutOff sorts an error in the middle of an answer: what the service says of
// itself is a failure like any other, an end too early refuses the answer.
func cutOff(ctx context.Context, err error) error {
	_, api := errors.AsType[*openai.APIError](err)
	_, request := errors.AsType[*openai.RequestError](err)
	if ctx.Err() != nil || api || request {
		return failure(ctx, err)
	}
	return OutcomeRefused.err(errors.New("the answer was cut off"))
}

// tailed sends a request once and remembers how its answer ended: go-openai
// tells an end by [DONE] and a closed connection alike. Asking again is of no
// use: pieces may have been read.
type tailed struct{ last []byte }

// tailBytes holds the longest end of a stream that is looked at.
const tailBytes = 64

// Do implements openai.HTTPDoer.
func (t *tailed) Do(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body = readCloser{io.TeeReader(response.Body, t), response.Body}
	}
	return response, err
}

// Write keeps the end of what was read.
func (t *tailed) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	if n := len(t.last) - tailBytes; n > 0 {
		t.last = bytes.Clone(t.last[n:])
	}
	return len(p), nil
}

func (t *tailed) done() bool {
	return bytes.Contains(t.last, []byte("data: [DONE]")) || bytes.Contains(t.last, []byte("data:[DONE]"))
}

type readCloser struct {
	io.Reader
	io.Closer
}
