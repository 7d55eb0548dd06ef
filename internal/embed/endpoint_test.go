package embed

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huying/internal/errs"
)

// answer is one step of a scripted service: it sees the request's texts and
// answers them.
type answer func(w http.ResponseWriter, texts []string)

// service is an embedding service that plays its script step by step and the
// last step for ever.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	script   []answer
	requests []request
}

type request struct {
	Input          []string `json:"input"`
	Model          string   `json:"model"`
	EncodingFormat string   `json:"encoding_format"`
	auth, path     string
}

func newService(t *testing.T, script ...answer) *service {
	s := &service{script: script}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req request
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			t.Error(err)
		}
		req.auth, req.path = r.Header.Get("Authorization"), r.URL.Path
		s.mu.Lock()
		step := s.script[min(len(s.requests), len(s.script)-1)]
		s.requests = append(s.requests, req)
		s.mu.Unlock()
		step(w, req.Input)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) asked() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// endpoint makes an Endpoint on s whose pauses are written down instead of
// waited for.
func (s *service) endpoint(t *testing.T, pauses *[]time.Duration) *Endpoint {
	t.Helper()
	e, err := NewEndpoint(EndpointOptions{
		URL: s.URL + "/v1/", Model: "m3", Key: "secret", Dim: 2, Preparation: "test",
		Now:    func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
		Random: func() float64 { return 0.5 },
		Wait: func(ctx context.Context, d time.Duration) error {
			if pauses != nil {
				*pauses = append(*pauses, d)
			}
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// good answers every text with the vector [number of bytes, 1], last first, to
// see that the index counts and not the order.
func good(w http.ResponseWriter, texts []string) {
	var data []string
	for i, text := range slices.Backward(texts) {
		b := base64.StdEncoding.EncodeToString(floatBytes([]float32{float32(len(text)), 1}))
		data = append(data, fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%q}`, i, b))
	}
	fmt.Fprintf(w, `{"object":"list","data":[%s],"model":"m3"}`, strings.Join(data, ","))
}

func digits(w http.ResponseWriter, texts []string) {
	var data []string
	for i, text := range texts {
		data = append(data, fmt.Sprintf(`{"index":%d,"embedding":[%d,1]}`, i, len(text)))
	}
	fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(data, ","))
}

func status(code int, retryAfter string) answer {
	return func(w http.ResponseWriter, texts []string) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error":{"message":"refused: %s","type":"t"}}`, strings.Join(texts, " "))
	}
}

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ []string) {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"data":[{"index":0,`)
}

func raw(body string) answer {
	return func(w http.ResponseWriter, _ []string) { io.WriteString(w, body) }
}

func TestEndpointBatchesAndOrder(t *testing.T) {
	s := newService(t, good)
	e := s.endpoint(t, nil)
	texts := make([]string, 150)
	for i := range texts {
		texts[i] = strings.Repeat("x", i+1)
	}
	var steps []int
	vectors, err := Many(t.Context(), e, texts, func(done, total int) { steps = append(steps, done) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(steps, []int{64, 128, 150}) {
		t.Errorf("steps %v", steps)
	}
	for i, v := range vectors {
		if ratio := v[0] / v[1]; ratio < float32(i+1)*0.999 || ratio > float32(i+1)*1.001 || Dot(v, v) < 0.9999 {
			t.Fatalf("vector %d is %v", i, v)
		}
	}
	first := s.asked()[0]
	if first.Model != "m3" || first.EncodingFormat != "base64" || first.auth != "Bearer secret" || first.path != "/v1/embeddings" {
		t.Errorf("request %+v", first)
	}
}

func TestEndpointTriesAgain(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		name   string
		script []answer
		pauses []time.Duration
		code   errs.Code // empty: succeeds
	}{
		{"at once", []answer{good}, nil, ""},
		{"busy, says when", []answer{status(429, "3"), good}, []time.Duration{3 * time.Second}, ""},
		{"busy, names a date", []answer{status(503, "Thu, 01 Jan 2026 00:00:07 GMT"), good}, []time.Duration{7 * time.Second}, ""},
		{"busy for an hour", []answer{status(429, "3600"), good}, nil, "embed.endpoint"},
		{"fails twice", []answer{status(500, ""), status(502, ""), good}, []time.Duration{187500 * time.Microsecond, 375 * ms}, ""},
		{"cut off once", []answer{cutOff, good}, []time.Duration{187500 * time.Microsecond}, ""},
		{"fails for ever", []answer{status(500, "")}, []time.Duration{187500 * time.Microsecond, 375 * ms, 750 * ms}, "embed.endpoint"},
		{"wrong key", []answer{status(401, "")}, nil, "embed.endpoint"},
		{"not JSON", []answer{raw("<html>")}, nil, "embed.endpoint"},
		{"nothing in it", []answer{raw(`{"data":[]}`)}, nil, "embed.endpoint"},
		{"wrong index", []answer{raw(`{"data":[{"index":7,"embedding":"AAAAAAAAgD8="}]}`)}, nil, "embed.endpoint"},
		{"other length", []answer{raw(`{"data":[{"index":0,"embedding":"AACAPw=="}]}`)}, nil, "embed.dim"},
		{"all zero", []answer{raw(`{"data":[{"index":0,"embedding":"AAAAAAAAAAA="}]}`)}, nil, "embed.no_direction"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var pauses []time.Duration
			e := newService(t, test.script...).endpoint(t, &pauses)
			v, err := e.Embed(t.Context(), "张三的投诉")
			switch {
			case test.code == "" && (err != nil || len(v) != 2):
				t.Errorf("got %v, %v", v, err)
			case test.code != "" && (errs.CodeOf(err) != test.code || errs.KindOf(err) != errs.Unavailable):
				t.Errorf("got %v, want %s", err, test.code)
			case err != nil && strings.Contains(err.Error(), "张三"):
				t.Errorf("the text is in the error: %v", err)
			}
			if !slices.Equal(pauses, test.pauses) {
				t.Errorf("pauses %v, want %v", pauses, test.pauses)
			}
		})
	}
}

// TestEndpointThatIgnoresBase64 is asked once in vain, then for digits.
func TestEndpointThatIgnoresBase64(t *testing.T) {
	s := newService(t, digits)
	e := s.endpoint(t, nil)
	for range 2 {
		if v, err := e.Embed(t.Context(), "abc"); err != nil || v[0] < 2.9*v[1] {
			t.Fatalf("got %v, %v", v, err)
		}
	}
	var formats []string
	for _, r := range s.asked() {
		formats = append(formats, r.EncodingFormat)
	}
	if !slices.Equal(formats, []string{"base64", "float", "float"}) {
		t.Errorf("asked for %v", formats)
	}
}

// TestEndpointSlow: an attempt that takes too long is given up and counts as
// failed; a caller who leaves is let go at once.
func TestEndpointSlow(t *testing.T) {
	release := make(chan struct{})
	hang := func(http.ResponseWriter, []string) { <-release }
	s := newService(t, hang)
	t.Cleanup(func() { close(release) }) // before the service is closed
	opts := s.endpoint(t, nil).opts
	opts.Timeout, opts.Attempts = 20*time.Millisecond, 2
	e, err := NewEndpoint(opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(t.Context(), "慢"); errs.CodeOf(err) != "embed.endpoint" || len(s.asked()) != 2 {
		t.Errorf("got %v after %d requests", err, len(s.asked()))
	}
	opts.Timeout = time.Hour
	if e, err = NewEndpoint(opts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := e.Embed(ctx, "慢"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestEndpointAcceptsEmptyText(t *testing.T) {
	s := newService(t, good)
	if _, err := s.endpoint(t, nil).Embed(t.Context(), " \n"); err != nil {
		t.Fatal(err)
	}
	if sent := s.asked()[0].Input[0]; strings.TrimSpace(sent) == "" {
		t.Errorf("sent %q", sent)
	}
}

func TestEndpointRefusesSettings(t *testing.T) {
	good := EndpointOptions{URL: "http://localhost:1/v1", Model: "m", Dim: 2, Preparation: "p"}
	for name, change := range map[string]func(*EndpointOptions){
		"no address":  func(o *EndpointOptions) { o.URL = "" },
		"no scheme":   func(o *EndpointOptions) { o.URL = "localhost:1/v1" },
		"no model":    func(o *EndpointOptions) { o.Model = "" },
		"no length":   func(o *EndpointOptions) { o.Dim = 0 },
		"no prepared": func(o *EndpointOptions) { o.Preparation = "" },
	} {
		o := good
		change(&o)
		if _, err := NewEndpoint(o); errs.KindOf(orBug(err)) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewEndpoint(good); err != nil {
		t.Error(err)
	}
}

func orBug(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}
