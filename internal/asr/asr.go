// Package asr asks a service that recognises speech: a whole recording over
// HTTP, as OpenAI-compatible services take it (audio/transcriptions with
// verbose_json, as whisper.cpp, vLLM and FunASR's server answer), or a running
// call over a WebSocket in the form of FunASR's two passes, where a first guess
// comes at once and is replaced when the sentence is over.
//
// What we doubt: who speaks. Most services do not say; so each speaker's
// channel is recognised by itself, and a service that does say is believed.
package asr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/retry"
)

// Segment is a piece of speech as it was written down.
type Segment struct {
	ID      string // the same for a guess and what replaces it
	Speaker string // as the service calls them; empty: it does not say
	Text    string
	Start   time.Duration // since the beginning of the recording
	End     time.Duration
	Partial bool // a guess that will be replaced
}

// Options describe the service.
type Options struct {
	URL   string // http(s)://…/v1 for recordings, ws(s)://… for running calls
	Model string // may be empty: the service has one
	Key   string // sent as bearer token; empty: none

	// For tests; nil: the clock, the timer and a random number in [0, 1).
	Now    func() time.Time
	Wait   func(context.Context, time.Duration) error
	Random func() float64
}

const (
	// MaxAudio bounds a recording: an hour of two channels at 8 kHz.
	MaxAudio = 128 << 20
	// maxAnswer bounds what comes back: a day's talk is far less.
	maxAnswer = 8 << 20
	// recognisedWithin is how long one attempt may take: services need about a
	// tenth of the recording's time.
	recognisedWithin = 10 * time.Minute
	attempts         = 3
)

// Client asks one service. It is safe for concurrent use.
type Client struct {
	o       Options
	streams bool
	http    *retry.Client
}

// New makes a Client; it sends nothing yet. An address that cannot be one is
// errs.Invalid "asr.settings".
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, errs.New(errs.Invalid, "asr.settings").In("HUYING_ASR_URL")
	}
	c := &Client{o: o, http: retry.New(retry.Options{
		Timeout: recognisedWithin, Attempts: attempts, MaxAnswer: maxAnswer, Now: o.Now, Wait: o.Wait, Random: o.Random,
	})}
	switch u.Scheme {
	case "http", "https":
	case "ws", "wss":
		c.streams = true
	default:
		return nil, errs.New(errs.Invalid, "asr.settings").In("HUYING_ASR_URL")
	}
	return c, nil
}

// Recognise writes a recording down. name tells its form by its ending. Errors
// are errs.Invalid "asr.large" and errs.Unavailable "asr.down" or
// "asr.refused" for an answer that cannot be read.
func (c *Client) Recognise(ctx context.Context, name string, audio io.Reader) ([]Segment, error) {
	sound, err := io.ReadAll(io.LimitReader(audio, MaxAudio+1))
	if err != nil {
		return nil, err
	}
	if len(sound) > MaxAudio {
		return nil, errs.New(errs.Invalid, "asr.large", MaxAudio>>20)
	}
	if c.streams {
		var last []Segment
		err := c.Follow(ctx, bytes.NewReader(sound), func(s Segment) { last = append(last, s) })
		return last, err
	}
	return c.post(ctx, name, sound)
}

func (c *Client) post(ctx context.Context, name string, sound []byte) ([]Segment, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", filepath.Base(name))
	if err != nil {
		return nil, err
	}
	part.Write(sound) // into memory
	for field, value := range map[string]string{"model": c.o.Model, "language": "zh", "response_format": "verbose_json"} {
		if err := form.WriteField(field, value); err != nil {
			return nil, err
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.o.URL, "/")+"/audio/transcriptions", bytes.NewReader(body.Bytes()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	if c.o.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.o.Key)
	}
	response, err := c.http.Do(request)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, retry.ErrTooLong):
		return nil, errs.Wrap(err, errs.Unavailable, "asr.refused")
	case err != nil:
		return nil, errs.Wrap(err, errs.Unavailable, "asr.down")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errs.Wrap(fmt.Errorf("status %d", response.StatusCode), errs.Unavailable, "asr.down")
	}
	return readSegments(response.Body)
}

// readSegments reads an answer: segments with seconds, or at least a text.
func readSegments(body io.Reader) ([]Segment, error) {
	var said struct {
		Text     *string `json:"text"`
		Duration float64 `json:"duration"`
		Segments []struct {
			ID      json.RawMessage `json:"id"`
			Start   float64         `json:"start"`
			End     float64         `json:"end"`
			Text    string          `json:"text"`
			Speaker json.RawMessage `json:"speaker"`
		} `json:"segments"`
	}
	if err := json.NewDecoder(body).Decode(&said); err != nil || said.Text == nil && said.Segments == nil {
		return nil, errs.Wrap(errors.New("no transcription"), errs.Unavailable, "asr.refused")
	}
	var out []Segment
	for _, s := range said.Segments {
		// Some number speakers, others name them.
		out = append(out, Segment{
			ID: bare(s.ID), Speaker: bare(s.Speaker), Text: strings.TrimSpace(s.Text), Start: seconds(s.Start), End: seconds(max(s.Start, s.End)),
		})
	}
	if len(out) == 0 && strings.TrimSpace(*said.Text) != "" {
		out = append(out, Segment{Text: strings.TrimSpace(*said.Text), End: seconds(said.Duration)})
	}
	return out, nil
}

// bare is a JSON string or number as text; null is none.
func bare(raw json.RawMessage) string {
	s := strings.Trim(string(raw), `"`)
	if s == "null" {
		return ""
	}
	return s
}

func seconds(s float64) time.Duration {
	return max(0, time.Duration(s*float64(time.Second)).Round(time.Millisecond))
}
