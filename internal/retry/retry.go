// Package retry sends a request to a service again while that may help: a busy
// or failing one (429, 5xx, no answer, an answer cut off) after a pause that
// doubles, has jitter and obeys Retry-After.
package retry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// The pause before the second attempt, and the longest one. A service that
// asks for more than maxPause is not waited for: someone waits for us.
const (
	firstPause = 250 * time.Millisecond
	maxPause   = 20 * time.Second
)

// ErrTooLong is an answer over Options.MaxAnswer.
var ErrTooLong = errors.New("the answer is too long")

// Options say how often and how long.
type Options struct {
	Timeout   time.Duration // of one attempt with its answer
	Attempts  int           // how often a request is tried in all
	MaxAnswer int64         // bytes

	// For tests; nil: the clock, the timer and a random number in [0, 1).
	Now    func() time.Time
	Wait   func(context.Context, time.Duration) error
	Random func() float64
}

// Client reads every answer to its end, so that one cut off in the middle
// counts as failed too.
type Client struct {
	client *http.Client
	opts   Options
}

// New makes a Client.
func New(opts Options) *Client {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Wait == nil {
		opts.Wait = wait
	}
	if opts.Random == nil {
		opts.Random = rand.Float64
	}
	return &Client{client: &http.Client{Timeout: opts.Timeout}, opts: opts}
}

// wait pauses for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Do gives the first good answer, the first that asking again cannot mend, or
// the last failure; none is waited for beyond the request's deadline. The body
// of the answer is in memory.
func (r *Client) Do(request *http.Request) (*http.Response, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		if attempt > 1 && request.GetBody != nil {
			body, err := request.GetBody()
			if err != nil {
				return nil, err
			}
			request.Body = body
		}
		response, err := r.once(request)
		if attempt >= r.opts.Attempts || request.Context().Err() != nil || errors.Is(err, ErrTooLong) {
			return response, err
		}
		after := time.Duration(0)
		if err == nil {
			if response.StatusCode != http.StatusTooManyRequests && response.StatusCode < 500 {
				return response, nil
			}
			if after = r.retryAfter(response.Header.Get("Retry-After")); after > maxPause {
				return response, nil
			}
		}
		// Between half and all of the pause, so that callers who failed
		// together do not come back together.
		pauseNow := max(time.Duration(float64(pause)*(0.5+r.opts.Random()/2)), after)
		if deadline, ok := request.Context().Deadline(); ok && r.opts.Now().Add(pauseNow).After(deadline) {
			return response, err
		}
		if err := r.opts.Wait(request.Context(), pauseNow); err != nil {
			return nil, err
		}
		pause = min(2*pause, maxPause)
	}
}

func (r *Client) once(request *http.Request) (*http.Response, error) {
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, r.opts.MaxAnswer+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > r.opts.MaxAnswer {
		return nil, ErrTooLong
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// retryAfter reads the header's two forms, seconds and a date (RFC 9110,
// 10.2.3); 0 when it is missing, past or unreadable.
func (r *Client) retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, date.Sub(r.opts.Now()))
	}
	return 0
}
