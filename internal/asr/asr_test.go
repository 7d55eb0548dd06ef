package asr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"huying/internal/asr"
	"huying/internal/errs"
)

func client(t *testing.T, url string) *asr.Client {
	t.Helper()
	c, err := asr.New(asr.Options{
		URL: url, Model: "m", Key: "secret", Random: func() float64 { return 0 },
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recordings is a service that answers recordings with what it is told to, one
// answer after the other.
func recordings(t *testing.T, answers ...http.HandlerFunc) (*asr.Client, *[]string) {
	t.Helper()
	var received []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("file")
		if err != nil || r.URL.Path != "/v1/audio/transcriptions" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s: %v", r.URL, err)
			return
		}
		sound, _ := io.ReadAll(file)
		received = append(received, header.Filename+" "+string(sound)+" "+r.FormValue("response_format")+" "+r.FormValue("model"))
		answers[min(len(received), len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	return client(t, server.URL+"/v1/"), &received
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestRecordingIsWrittenDown(t *testing.T) {
	c, received := recordings(t, status(503), says(`{"text":"您好。路灯不亮。","duration":3.2,"segments":[
		{"id":0,"start":0,"end":1.25,"text":" 您好。","speaker":"agent"},{"id":1,"start":1.3,"end":3.2,"text":"路灯不亮。","speaker":1}]}`))
	got, err := c.Recognise(t.Context(), "/calls/一.wav", strings.NewReader("sound"))
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0] != (asr.Segment{ID: "0", Speaker: "agent", Text: "您好。", End: 1250 * time.Millisecond}) || got[1].Speaker != "1" || got[1].Start != 1300*time.Millisecond {
		t.Errorf("%+v", got)
	}
	if r := *received; len(r) != 2 || r[1] != "一.wav sound verbose_json m" {
		t.Errorf("received %q", r)
	}
}

func TestRecordingFailsInKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		code   errs.Code
	}{
		"down": {status(500), "asr.down"}, "no such path": {status(404), "asr.down"}, "no JSON": {says("<html>"), "asr.refused"},
		"another JSON": {says(`{"result":"路灯"}`), "asr.refused"}, "endless": {says(`{"text":"` + strings.Repeat("长", 4<<20)), "asr.refused"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := recordings(t, tt.answer)
			_, err := c.Recognise(t.Context(), "a.wav", strings.NewReader("x"))
			if errs.KindOf(err) != errs.Unavailable || errs.CodeOf(err) != tt.code {
				t.Errorf("%v", err)
			}
		})
	}
	c, _ := recordings(t, says(`{"text":"只有文字","duration":2}`))
	if got, err := c.Recognise(t.Context(), "a.wav", strings.NewReader("x")); err != nil || len(got) != 1 || got[0].End != 2*time.Second {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := client(t, "http://127.0.0.1:1/v1").Recognise(t.Context(), "a.wav", strings.NewReader("x")); errs.CodeOf(err) != "asr.down" {
		t.Errorf("%v, %v", got, err)
	}
	for _, url := range []string{"", "ftp://x", "http://", ":"} {
		if _, err := asr.New(asr.Options{URL: url}); errs.CodeOf(err) != "asr.settings" {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// calls is a service that follows a running call; script is what it does once
// it has heard everything, and before.
func calls(t *testing.T, script func(ctx context.Context, conn *websocket.Conn, heard *bytes.Buffer)) *asr.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		_, first, err := conn.Read(r.Context())
		var begin struct {
			Mode     string `json:"mode"`
			Speaking bool   `json:"is_speaking"`
		}
		if err != nil || json.Unmarshal(first, &begin) != nil || begin.Mode != "2pass" || !begin.Speaking || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("began with %s, %v", first, err)
		}
		script(r.Context(), conn, &bytes.Buffer{})
	}))
	t.Cleanup(server.Close)
	return client(t, "ws"+strings.TrimPrefix(server.URL, "http"))
}

// hear reads until the caller says that it is over.
func hear(ctx context.Context, conn *websocket.Conn, into *bytes.Buffer) {
	for {
		kind, raw, err := conn.Read(ctx)
		if err != nil || kind == websocket.MessageText {
			return
		}
		into.Write(raw)
	}
}

func tell(ctx context.Context, conn *websocket.Conn, messages ...string) {
	for _, m := range messages {
		conn.Write(ctx, websocket.MessageText, []byte(m))
	}
}

func TestRunningCallIsFollowed(t *testing.T) {
	sound := strings.Repeat("0123456789", 1000)
	got := make(chan string, 1)
	c := calls(t, func(ctx context.Context, conn *websocket.Conn, heard *bytes.Buffer) {
		hear(ctx, conn, heard)
		got <- heard.String()
		tell(ctx, conn,
			`{"mode":"2pass-online","text":"路灯","is_final":false}`, `{"mode":"2pass-online","text":"不亮","is_final":false}`,
			`{"mode":"2pass-offline","text":"路灯不亮。","timestamp":"[[100,300],[300,900]]","is_final":false}`,
			`{"mode":"2pass-online","text":"在送","is_final":false}`,
			`{"mode":"2pass-offline","text":"在松柏社区。","timestamp":[[1000,2000]],"is_final":true}`)
	})
	var all []asr.Segment
	if err := c.Follow(t.Context(), strings.NewReader(sound), func(s asr.Segment) { all = append(all, s) }); err != nil {
		t.Fatal(err)
	}
	if heard := <-got; heard != sound {
		t.Errorf("the service heard %d bytes of %d", len(heard), len(sound))
	}
	want := []asr.Segment{
		{ID: "1", Text: "路灯", Partial: true}, {ID: "1", Text: "路灯不亮", Partial: true},
		{ID: "1", Text: "路灯不亮。", Start: 100 * time.Millisecond, End: 900 * time.Millisecond},
		{ID: "2", Text: "在送", Partial: true, Start: 900 * time.Millisecond, End: 900 * time.Millisecond},
		{ID: "2", Text: "在松柏社区。", Start: time.Second, End: 2 * time.Second},
	}
	if len(all) != len(want) {
		t.Fatalf("%+v", all)
	}
	for i := range want {
		if all[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, all[i], want[i])
		}
	}
}

// A call that breaks off says so; what was heard until then stands.
func TestCallBreaksOff(t *testing.T) {
	for name, tt := range map[string]struct {
		script func(ctx context.Context, conn *websocket.Conn)
		code   errs.Code
	}{
		"closed in order": {func(_ context.Context, conn *websocket.Conn) { conn.Close(websocket.StatusNormalClosure, "") }, "asr.cut_off"},
		"broken":          {func(context.Context, *websocket.Conn) {}, "asr.cut_off"},
		"nonsense":        {func(ctx context.Context, conn *websocket.Conn) { tell(ctx, conn, "<html>") }, "asr.refused"},
	} {
		t.Run(name, func(t *testing.T) {
			c := calls(t, func(ctx context.Context, conn *websocket.Conn, heard *bytes.Buffer) {
				hear(ctx, conn, heard)
				tell(ctx, conn, `{"mode":"2pass-offline","text":"路灯不亮。","is_final":false}`)
				tt.script(ctx, conn)
			})
			n := 0
			err := c.Follow(t.Context(), strings.NewReader("sound"), func(asr.Segment) { n++ })
			if errs.CodeOf(err) != tt.code || n != 1 {
				t.Errorf("%v after %d", err, n)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := calls(t, func(ctx context.Context, conn *websocket.Conn, heard *bytes.Buffer) {
		hear(ctx, conn, heard)
		cancel()
		<-ctx.Done()
	})
	if err := c.Follow(ctx, strings.NewReader("sound"), func(asr.Segment) {}); err == nil || errs.KindOf(err) == errs.Unavailable {
		t.Errorf("given up: %v", err)
	}
	if err := client(t, "ws://127.0.0.1:1").Follow(t.Context(), strings.NewReader("x"), nil); errs.CodeOf(err) != "asr.down" {
		t.Errorf("%v", err)
	}
}
