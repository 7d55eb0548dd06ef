package asr

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"huying/internal/errs"
)

// chunk is what is sent at once: 100 ms of 16 kHz mono in 16 bits.
const chunk = 3200

// heard is what the service says about a piece of speech.
type heard struct {
	Mode  string          `json:"mode"` // 2pass-online: a guess; 2pass-offline: the sentence
	Text  string          `json:"text"`
	Final bool            `json:"is_final"`
	Times json.RawMessage `json:"timestamp"` // [[from, to], …] in ms, often as a string
	Who   json.RawMessage `json:"spk"`
}

// Follow sends speech as it comes and hands on what is heard, guesses first:
// a segment with the ID of an earlier one replaces it. It returns when audio
// ends and the service has said that it is done. A connection that breaks
// before is errs.Unavailable "asr.cut_off"; what was handed on stands.
func (c *Client) Follow(ctx context.Context, audio io.Reader, on func(Segment)) error {
	if !c.streams {
		return errs.New(errs.Invalid, "asr.settings").In("HUYING_ASR_URL")
	}
	header := http.Header{}
	if c.o.Key != "" {
		header.Set("Authorization", "Bearer "+c.o.Key)
	}
	conn, _, err := websocket.Dial(ctx, c.o.URL, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // the library closes it
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errs.Wrap(err, errs.Unavailable, "asr.down")
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxAnswer)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := make(chan error, 1)
	go func() { sent <- c.speak(ctx, conn, audio) }()
	if err := listen(ctx, conn, on); err != nil {
		return err
	}
	cancel() // the service was done before we were
	if err := <-sent; err != nil && !errors.Is(err, context.Canceled) && websocket.CloseStatus(err) == -1 {
		return errs.Wrap(err, errs.Unavailable, "asr.cut_off")
	}
	conn.Close(websocket.StatusNormalClosure, "")
	return nil
}

// speak sends what to do, the sound, and that it is over.
func (c *Client) speak(ctx context.Context, conn *websocket.Conn, audio io.Reader) error {
	say := func(v map[string]any) error {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return conn.Write(ctx, websocket.MessageText, raw)
	}
	begin := map[string]any{"mode": "2pass", "chunk_size": []int{5, 10, 5}, "chunk_interval": 10, "wav_name": "call", "is_speaking": true, "audio_fs": 16000, "itn": true}
	if err := say(begin); err != nil {
		return err
	}
	buffer := make([]byte, chunk)
	for {
		n, err := io.ReadFull(audio, buffer)
		if n > 0 {
			if err := conn.Write(ctx, websocket.MessageBinary, buffer[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return say(map[string]any{"is_speaking": false})
		}
		if err != nil {
			return err
		}
	}
}

// listen hands on what is heard until the service is done.
func listen(ctx context.Context, conn *websocket.Conn, on func(Segment)) error {
	sentence, guess := 1, ""
	end := time.Duration(0)
	for {
		_, raw, err := conn.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case websocket.CloseStatus(err) == websocket.StatusMessageTooBig:
			return errs.Wrap(err, errs.Unavailable, "asr.refused")
		case err != nil:
			return errs.Wrap(err, errs.Unavailable, "asr.cut_off")
		}
		var h heard
		if err := json.Unmarshal(raw, &h); err != nil {
			return errs.Wrap(err, errs.Unavailable, "asr.refused")
		}
		from, to, timed := span(h.Times)
		if !timed {
			from, to = end, end
		}
		s := Segment{ID: strconv.Itoa(sentence), Speaker: bare(h.Who), Text: h.Text, Start: from, End: to}
		if h.Mode == "2pass-online" {
			guess += h.Text // a guess comes piece by piece
			s.Text, s.Partial = guess, true
		} else {
			sentence, guess, end = sentence+1, "", to
		}
		if s.Text != "" {
			on(s)
		}
		if h.Final {
			return nil
		}
	}
}

// span reads when a piece began and ended; false when the service does not say.
func span(raw json.RawMessage) (from, to time.Duration, ok bool) {
	var inner string
	if json.Unmarshal(raw, &inner) == nil {
		raw = json.RawMessage(inner)
	}
	var all [][2]int64
	if json.Unmarshal(raw, &all) != nil || len(all) == 0 {
		return 0, 0, false
	}
	from, to = time.Duration(all[0][0])*time.Millisecond, time.Duration(all[len(all)-1][1])*time.Millisecond
	return max(0, from), max(0, from, to), true
}
