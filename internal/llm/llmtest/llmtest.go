// Package llmtest is a scripted chat service for tests: it speaks the protocol
// of OpenAI-compatible endpoints over HTTP, remembers every byte it received,
// and answers as each test says, also in the ways in which services fail.
package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"huying/internal/llm"
	"huying/internal/text"
)

// Asked is one request as the service understood it.
type Asked struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	MaxTokens      int  `json:"max_tokens"`
	Stream         bool `json:"stream"`
	ResponseFormat struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

// Task is what was asked for, as the schema is called.
func (a Asked) Task() llm.Task { return llm.Task(a.ResponseFormat.JSONSchema.Name) }

// Input decodes what the user's part holds.
func (a Asked) Input(into any) error {
	return json.Unmarshal([]byte(a.Messages[len(a.Messages)-1].Content), into)
}

// Answer is one way to answer a request.
type Answer func(w http.ResponseWriter, r *http.Request, a Asked)

// Server answers with its script, step by step, the last step for ever.
type Server struct {
	*httptest.Server
	mu     sync.Mutex
	script []Answer
	bodies []string
}

// New starts a server.
func New(t testing.TB, script ...Answer) *Server {
	s := &Server{script: script}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var a Asked
	if err := json.Unmarshal(body, &a); err != nil || r.URL.Path != "/v1/chat/completions" || len(a.Messages) == 0 {
		http.Error(w, `{"error":{"message":"not a chat completion"}}`, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	step := s.script[min(len(s.bodies), len(s.script)-1)]
	s.bodies = append(s.bodies, string(body))
	s.mu.Unlock()
	step(w, r, a)
}

// Received gives every request's body, oldest first.
func (s *Server) Received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

// Script replaces what is still to be answered.
func (s *Server) Script(script ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script, s.bodies = script, nil
}

// Options are those of a client of the server, without pauses.
func (s *Server) Options() llm.EndpointOptions {
	return llm.EndpointOptions{URL: s.URL + "/v1", Model: "scripted", Random: func() float64 { return 0 }}
}

// Say answers with words, in the form of a finished completion.
func Say(content string) Answer {
	return By(func(Asked) string { return content })
}

// By answers with what a function makes of the request.
func By(content func(a Asked) string) Answer {
	return finish(content, "stop")
}

// CutShort answers with the beginning of an answer that ran out of tokens.
func CutShort(content string) Answer {
	return finish(func(Asked) string { return content }, "length")
}

func finish(content func(a Asked) string, reason string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, a Asked) {
		words := content(a)
		if a.Stream {
			pieces(w, words)
			ending(w, reason, len(words))
			done(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": a.Model,
			"choices": []any{map[string]any{
				"index": 0, "message": map[string]string{"role": "assistant", "content": words}, "finish_reason": reason,
			}},
			"usage": map[string]int{"prompt_tokens": 100, "completion_tokens": len(words), "total_tokens": 100 + len(words)},
		})
	}
}

// pieces sends words as server-sent events, a few characters each.
func pieces(w http.ResponseWriter, words string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for part := range slices.Chunk([]rune(words), 5) {
		event(w, map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]string{"content": string(part)}}}})
	}
}

// ending says why the words stopped, and what they cost.
func ending(w http.ResponseWriter, reason string, out int) {
	event(w, map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]string{}, "finish_reason": reason}}})
	event(w, map[string]any{"choices": []any{}, "usage": map[string]int{"prompt_tokens": 100, "completion_tokens": out, "total_tokens": 100 + out}})
}

func done(w http.ResponseWriter) { io.WriteString(w, "data: [DONE]\n\n") }

func event(w http.ResponseWriter, data map[string]any) {
	raw, _ := json.Marshal(data)
	fmt.Fprintf(w, "data: %s\n\n", raw)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// Unended streams all words and does not say why they stop.
func Unended(content string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Asked) {
		pieces(w, content)
		done(w)
	}
}

// Undone streams all words and their end, and is gone before it says that it is
// done.
func Undone(content string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Asked) {
		pieces(w, content)
		ending(w, "stop", len(content))
	}
}

// Dropped streams words until the connection breaks.
func Dropped(content string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Asked) {
		pieces(w, content)
		panic(http.ErrAbortHandler)
	}
}

// Stuck streams words and then nothing until whoever asks goes away.
func Stuck(content string) Answer {
	return func(w http.ResponseWriter, r *http.Request, _ Asked) {
		pieces(w, content)
		<-r.Context().Done()
	}
}

// Failing streams words and then says that it has failed.
func Failing(content string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Asked) {
		pieces(w, content)
		io.WriteString(w, "data: {\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}\n\n")
	}
}

// Status refuses; after (may be empty) is the Retry-After header. It quotes
// what it was sent, as some services do.
func Status(code int, after string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, a Asked) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error":{"message":%q,"type":"t"}}`, a.Messages[len(a.Messages)-1].Content)
	}
}

// Raw answers with a body of its own.
func Raw(body string) Answer {
	return func(w http.ResponseWriter, _ *http.Request, _ Asked) { io.WriteString(w, body) }
}

// Broken promises more than it sends.
func Broken(w http.ResponseWriter, _ *http.Request, _ Asked) {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"choices":[{"message":{"content":"`)
}

// Huge answers with more than anybody reads.
func Huge(w http.ResponseWriter, _ *http.Request, _ Asked) {
	for range 64 {
		if _, err := io.WriteString(w, strings.Repeat("很长", 32<<10)); err != nil {
			return
		}
	}
}

// Never does not answer until whoever asks goes away.
func Never(_ http.ResponseWriter, r *http.Request, _ Asked) { <-r.Context().Done() }

// On are rules that allow everything.
func On() llm.Rules {
	r := llm.DefaultRules()
	r.On, r.Approval, r.Place, r.Operator = true, "备案1号", "本市机房", "本市大数据中心"
	return r
}

// Conceal leaves a text as it is, for tests of what is not said.
func Conceal(string, ...string) []text.Concealed { return nil }
