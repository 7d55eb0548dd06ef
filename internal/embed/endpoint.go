package embed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"huying/internal/errs"
	"huying/internal/retry"
)

// maxAnswer bounds an answer: 64 vectors of 8,192 floats in base64 have 2.8 MB.
const maxAnswer = 16 << 20

// endpointBatch is how many texts one request carries. Batches of 64 in base64
// were 5.7 times cheaper than single texts in decimal digits.
const endpointBatch = 64

// EndpointOptions describes an OpenAI-compatible embedding service.
type EndpointOptions struct {
	URL         string        // base address up to and with the version, such as https://host/v1
	Model       string        // the service's name for the model
	Key         string        // sent as bearer token; empty: none
	Dim         int           // floats in a vector, at least 1; another number from the service is an error
	Preparation string        // as in LocalOptions; must not be empty
	Timeout     time.Duration // of one attempt; 0: 20 s
	Attempts    int           // how often a request is tried in all; 0: 4

	// For tests; nil: the clock, the timer and a random number in [0, 1).
	Now    func() time.Time
	Wait   func(context.Context, time.Duration) error
	Random func() float64
}

// Endpoint embeds by asking a service over HTTP. A busy or failing service
// (429, 5xx, no answer, an answer cut off) is asked again after a pause; the
// pause doubles, has jitter, and obeys Retry-After.
type Endpoint struct {
	client *openai.Client
	opts   EndpointOptions
	model  Model
	digits atomic.Bool // the service was seen to ignore base64
}

// NewEndpoint makes an Endpoint; it sends nothing yet. Impossible options are
// errs.Invalid.
func NewEndpoint(opts EndpointOptions) (*Endpoint, error) {
	u, err := url.Parse(opts.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errs.New(errs.Invalid, "embed.settings").In("HUYING_EMBED_URL")
	}
	if opts.Model == "" || opts.Dim < 1 || opts.Preparation == "" || opts.Timeout < 0 || opts.Attempts < 0 {
		return nil, errs.New(errs.Invalid, "embed.settings")
	}
	if opts.Timeout == 0 {
		opts.Timeout = 20 * time.Second
	}
	if opts.Attempts == 0 {
		opts.Attempts = 4
	}
	config := openai.DefaultConfig(opts.Key)
	config.BaseURL = strings.TrimRight(opts.URL, "/")
	config.HTTPClient = retry.New(retry.Options{
		Timeout: opts.Timeout, Attempts: opts.Attempts, MaxAnswer: maxAnswer,
		Now: opts.Now, Wait: opts.Wait, Random: opts.Random,
	})
	return &Endpoint{
		client: openai.NewClientWithConfig(config), opts: opts,
		model: Model{Name: modelName("endpoint", opts.Model, fmt.Sprint(opts.Dim), opts.Preparation), Dim: opts.Dim, Runtime: "endpoint"},
	}, nil
}

// Model implements Embedder.
func (e *Endpoint) Model() Model { return e.model }

// Embed implements Embedder.
func (e *Endpoint) Embed(ctx context.Context, text string) ([]float32, error) {
	vectors, err := e.batch(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

func (e *Endpoint) many(ctx context.Context, texts []string, tell func(int)) ([][]float32, error) {
	vectors := make([][]float32, 0, len(texts))
	for len(vectors) < len(texts) {
		part := texts[len(vectors):min(len(vectors)+endpointBatch, len(texts))]
		got, err := e.batch(ctx, part)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, got...)
		tell(len(vectors))
	}
	return vectors, nil
}

// batch embeds up to endpointBatch texts in one request.
func (e *Endpoint) batch(ctx context.Context, texts []string) ([][]float32, error) {
	sent := make([]string, len(texts))
	for i, text := range texts {
		sent[i] = text
		if strings.TrimSpace(text) == "" {
			sent[i] = "。" // services refuse empty input
		}
	}
	response, err := e.ask(ctx, sent)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errs.Wrap(withoutText(err), errs.Unavailable, "embed.endpoint")
	}
	vectors := make([][]float32, len(texts))
	for _, d := range response.Data {
		if d.Index < 0 || d.Index >= len(vectors) {
			return nil, errs.Wrap(fmt.Errorf("index %d of %d", d.Index, len(vectors)), errs.Unavailable, "embed.endpoint")
		}
		if len(d.Embedding) != e.model.Dim {
			return nil, errs.New(errs.Unavailable, "embed.dim", len(d.Embedding), e.model.Dim)
		}
		if err := normalise(d.Embedding); err != nil {
			return nil, err
		}
		vectors[d.Index] = d.Embedding
	}
	for i, v := range vectors {
		if v == nil {
			return nil, errs.Wrap(fmt.Errorf("no vector for text %d of %d", i, len(vectors)), errs.Unavailable, "embed.endpoint")
		}
	}
	return vectors, nil
}

// ask sends one request. A service that answers in decimal digits although it
// was asked for base64 is asked for digits from then on.
func (e *Endpoint) ask(ctx context.Context, texts []string) (openai.EmbeddingResponse, error) {
	request := openai.EmbeddingRequestStrings{
		Input: texts, Model: openai.EmbeddingModel(e.opts.Model), EncodingFormat: openai.EmbeddingEncodingFormatBase64,
	}
	if !e.digits.Load() {
		response, err := e.client.CreateEmbeddings(ctx, request)
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
			return response, err
		}
		e.digits.Store(true)
	}
	request.EncodingFormat = openai.EmbeddingEncodingFormatFloat
	return e.client.CreateEmbeddings(ctx, request)
}

// withoutText keeps the status of a service's error and drops its words: some
// services quote the text they were sent, which must not reach the log.
func withoutText(err error) error {
	if e, ok := errors.AsType[*openai.APIError](err); ok {
		return fmt.Errorf("status %d, code %v, type %q", e.HTTPStatusCode, e.Code, e.Type)
	}
	if e, ok := errors.AsType[*openai.RequestError](err); ok {
		return fmt.Errorf("status %d", e.HTTPStatusCode)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e // method, address and the network's words
	}
	return fmt.Errorf("unreadable answer (%T)", err)
}
