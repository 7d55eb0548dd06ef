package llm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"

	"huying/internal/errs"
	"huying/internal/retry"
)

// EndpointOptions describe an OpenAI-compatible chat service.
type EndpointOptions struct {
	URL   string // base address up to and with the version, such as https://host/v1
	Model string // the service's name for the model
	Key   string // sent as bearer token; empty: none

	Stream bool  // ask for the answer piece by piece
	Price  Price // zero: nobody counts the cost

	// For tests; nil: the clock, the timer and a random number in [0, 1).
	Now    func() time.Time
	Wait   func(context.Context, time.Duration) error
	Random func() float64
}

// Place is where the endpoint is, and which model it is asked for.
func (o EndpointOptions) Place() Place { return Place{o.URL, o.Model} }

// Price is what a model costs: yuan for a million tokens sent and received.
type Price struct{ In, Out float64 }

func (p Price) of(in, out int) float64 {
	const million = 1e6
	return (p.In*float64(in) + p.Out*float64(out)) / million
}

const (
	// attempts is how often a question is sent in all, as long as its deadline
	// lets it.
	attempts = 3
	// attemptTimeout bounds an attempt where no deadline is shorter.
	attemptTimeout = time.Minute
	// maxAnswer bounds an answer in bytes: the longest that is asked for has a
	// few thousand.
	maxAnswer = 256 << 10
)

// endpoint sends one question at a time.
type endpoint struct {
	client *openai.Client
	config openai.ClientConfig
	model  string
	stream bool
}

func newEndpoint(o EndpointOptions) (*endpoint, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errs.New(errs.Invalid, "llm.settings").In("HUYING_LLM_URL")
	}
	if o.Model == "" {
		return nil, errs.New(errs.Invalid, "llm.settings").In("HUYING_LLM_MODEL")
	}
	config := openai.DefaultConfig(o.Key)
	config.BaseURL = strings.TrimRight(o.URL, "/")
	config.HTTPClient = retry.New(retry.Options{
		Timeout: attemptTimeout, Attempts: attempts, MaxAnswer: maxAnswer,
		Now: o.Now, Wait: o.Wait, Random: o.Random,
	})
	return &endpoint{openai.NewClientWithConfig(config), config, o.Model, o.Stream}, nil
}

// reply is what came back.
type reply struct {
	content []byte
	in, out int // tokens; estimated where the service does not say
}

// ask sends a question and gives the answer's words, not yet checked.
func (e *endpoint) ask(ctx context.Context, q Question, body []byte) (reply, error) {
	request := openai.ChatCompletionRequest{
		Model: e.model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: q.System},
			{Role: openai.ChatMessageRoleUser, Content: string(body)},
		},
		MaxTokens:   q.Tokens,
		Temperature: math.SmallestNonzeroFloat32, // 0 would be left out
		ResponseFormat: &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
				Name: string(q.Task), Schema: &q.Schema.def, Strict: true,
			},
		},
	}
	var r reply
	var err error
	if e.stream {
		r, err = e.byPieces(ctx, request)
	} else {
		r, err = e.atOnce(ctx, request)
	}
	if err != nil && r.in == 0 && len(r.content) == 0 {
		return r, err
	}
	// A service that does not count is counted for: about a token a character.
	if r.in == 0 {
		r.in = utf8.RuneCountInString(q.System) + utf8.RuneCount(body)
	}
	if r.out == 0 {
		r.out = utf8.RuneCount(r.content)
	}
	return r, err
}

// atOnce waits for the whole answer.
func (e *endpoint) atOnce(ctx context.Context, request openai.ChatCompletionRequest) (reply, error) {
	answer, err := e.client.CreateChatCompletion(ctx, request)
	if err != nil {
		return reply{}, failure(ctx, err)
	}
	r := reply{in: answer.Usage.PromptTokens, out: answer.Usage.CompletionTokens}
	if len(answer.Choices) == 0 {
		return r, OutcomeRefused.err(errors.New("no choice"))
	}
	first := answer.Choices[0]
	r.content = []byte(first.Message.Content)
	if first.FinishReason != openai.FinishReasonStop && first.FinishReason != "" {
		return r, OutcomeRefused.err(fmt.Errorf("finished by %q", first.FinishReason))
	}
	return r, nil
}

// failure sorts an error of the endpoint and drops its words: some services
// quote the text they were sent.
func failure(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return OutcomeLate.err(ctx.Err())
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, retry.ErrTooLong):
		return OutcomeRefused.err(retry.ErrTooLong)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return OutcomeDown.err(errors.New("the answer was cut off"))
	}
	if e, ok := errors.AsType[*openai.APIError](err); ok {
		return statusFailure(e.HTTPStatusCode)
	}
	if e, ok := errors.AsType[*openai.RequestError](err); ok {
		return statusFailure(e.HTTPStatusCode)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return OutcomeDown.err(fmt.Errorf("no answer (%T)", e.Err))
	}
	return OutcomeRefused.err(fmt.Errorf("unreadable answer (%T)", err))
}

func statusFailure(status int) error {
	cause := fmt.Errorf("status %d", status)
	if status == http.StatusTooManyRequests {
		return OutcomeBusy.err(cause)
	}
	return OutcomeDown.err(cause)
}
