package embed

import (
	"bytes"
	"errors"
	"io"
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

// maxAnswer bounds an answer: 64 vectors of 8,192 floats in base64 have 2.8 MB.
const maxAnswer = 16 << 20

// errTooLong is an answer over maxAnswer.
var errTooLong = errors.New("the answer is too long")

// retrier sends a request again while that may help. It reads every answer to
// its end, so that one cut off in the middle counts as failed too.
type retrier struct {
	client *http.Client // its Timeout bounds one attempt with its answer
	opts   EndpointOptions
}

// Do gives the first good answer, the first that asking again cannot mend, or
// the last failure. The body of the answer is in memory.
func (r *retrier) Do(request *http.Request) (*http.Response, error) {
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
		if attempt >= r.opts.Attempts || request.Context().Err() != nil || errors.Is(err, errTooLong) {
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
		jittered := time.Duration(float64(pause) * (0.5 + r.opts.Random()/2))
		if err := r.opts.Wait(request.Context(), max(jittered, after)); err != nil {
			return nil, err
		}
		pause = min(2*pause, maxPause)
	}
}

func (r *retrier) once(request *http.Request) (*http.Response, error) {
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errTooLong
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// retryAfter reads the header's two forms, seconds and a date (RFC 9110,
// 10.2.3); 0 when it is missing, past or unreadable.
func (r *retrier) retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, date.Sub(r.opts.Now()))
	}
	return 0
}
