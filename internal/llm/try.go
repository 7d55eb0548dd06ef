package llm

import (
	"context"
	"time"
	"unicode"

	"huying/internal/errs"
)

// Trial is how an endpoint does.
type Trial struct {
	Latency time.Duration
	Chinese bool // it answers in Chinese
}

// tryWithin is how long a trial may take: a model that is being loaded needs
// its time.
const tryWithin = time.Minute

// Try asks an endpoint one question about nobody, without rules and store.
// errs.Unavailable "llm.refused" when it does not keep to the schema.
func Try(ctx context.Context, o EndpointOptions, now func() time.Time) (Trial, error) {
	e, err := newEndpoint(o)
	if err != nil {
		return Trial{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	q := Question{
		Task: Rank, Prompt: "try-1", Tokens: 200,
		System: "判断一句话说的是哪一类事，按给定的 JSON 格式回答，理由用一句中文。",
		Schema: Object(map[string]Schema{"id": OneOf("路灯", "供水"), "reason": Text("一句中文")}),
	}
	start := now()
	r, err := e.ask(ctx, q, []byte(`{"话":"小区门口的灯晚上不亮了"}`))
	if err != nil {
		return Trial{}, err
	}
	var said struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
	if err := q.decode(r.content, newVeil(nil), &said, nil); err != nil {
		return Trial{}, errs.Wrap(err, errs.Unavailable, "llm.refused")
	}
	han, letters := 0, 0
	for _, c := range said.Reason {
		if unicode.Is(unicode.Han, c) {
			han++
		}
		if unicode.IsLetter(c) {
			letters++
		}
	}
	return Trial{Latency: now().Sub(start), Chinese: han > 0 && 2*han >= letters}, nil
}
