package llm

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"huying/internal/errs"
)

// exchange is one question with its answer as they went over the line:
// concealed, with placeholders in both. It is stored under the question's key,
// so that the same question to the same model is found again.
type exchange struct {
	Model  string          `json:"model"`
	Task   Task            `json:"task"`
	Prompt string          `json:"prompt"`
	System string          `json:"system"`
	Input  json.RawMessage `json:"input"`
	Answer string          `json:"answer"`
	In     int             `json:"tokens_in"`
	Out    int             `json:"tokens_out"`
}

func exchangePath(dir string, q Question, model string, body []byte) string {
	key := q.key(model, body)
	return filepath.Join(dir, hex.EncodeToString(key[:])+".json")
}

// recorder keeps every answered question in a folder. What was not answered is
// not kept: asked again, it may be.
type recorder struct {
	asker
	dir, model string
}

func (r recorder) ask(ctx context.Context, q Question, body []byte) (reply, error) {
	answer, err := r.asker.ask(ctx, q, body)
	if err != nil {
		return answer, err
	}
	raw, err := json.MarshalIndent(exchange{r.model, q.Task, q.Prompt, q.System, body, string(answer.content), answer.in, answer.out}, "", " ")
	if err != nil {
		return answer, err
	}
	path := exchangePath(r.dir, q, r.model, body)
	if err = os.WriteFile(path+".part", raw, 0o600); err == nil {
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		return answer, errs.Wrap(err, errs.Unavailable, "llm.record", r.dir)
	}
	return answer, nil
}

// replayer answers from such a folder and asks nobody.
type replayer struct{ dir, model string }

func (r replayer) ask(_ context.Context, q Question, body []byte) (reply, error) {
	raw, err := os.ReadFile(exchangePath(r.dir, q, r.model, body))
	if errors.Is(err, os.ErrNotExist) {
		return reply{}, OutcomeMissing.err(err)
	}
	var e exchange
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		return reply{}, errs.Wrap(err, errs.Unavailable, "llm.record", r.dir)
	}
	return reply{[]byte(e.Answer), e.In, e.Out}, nil
}
