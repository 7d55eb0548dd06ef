package work

import (
	"context"
	"testing"
	"time"

	"huying/internal/llm"
	"huying/internal/llm/llmtest"
	"huying/kb"
)

// Nobody waits for the model: the first who asks is answered as without it. The
// next is answered by what it read meanwhile: lowered, or as before when it
// agreed, failed, or did not answer within its deadline.
func TestAnswersAreReadForTheNextWhoAsks(t *testing.T) {
	entry := kb.Entry{Question: "居住证怎么续签？", Answer: "未满16周岁的由监护人代办。"}
	for name, c := range map[string]struct {
		answer llmtest.Answer
		want   kb.Told
	}{
		"agrees":   {llmtest.Say(`{"fits":"yes","condition":""}`), kb.ToldAnswer},
		"differs":  {llmtest.Say(`{"fits":"differs","condition":"未满16周岁"}`), kb.ToldOffer},
		"no":       {llmtest.Say(`{"fits":"no","condition":""}`), kb.ToldSilent},
		"nonsense": {llmtest.Say(`{"fits":"perhaps","condition":""}`), kb.ToldAnswer},
		"down":     {llmtest.Status(500, "3600"), kb.ToldAnswer},
		"late":     {llmtest.Never, kb.ToldAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := llmtest.New(t, c.answer)
			model, store := server.Client(t, nil)
			rules := llmtest.On()
			if name == "late" {
				rules.Deadline = 50 * time.Millisecond
			}
			store.Allow(rules)
			reader := kb.NewAskReader(model)
			talk := &Talk{}
			talk.WithCheck(func(ctx context.Context, asked string, e kb.Entry) (kb.FitReading, bool) {
				return reader.Read(ctx, asked, e, "全市")
			})
			r := kb.Turn{Ask: "居住证怎么续签", Told: kb.ToldAnswer, Matches: []kb.Match{{Entry: entry}}}
			if got := talk.read(t.Context(), r); got.Told != kb.ToldAnswer {
				t.Errorf("the first who asks is told %s", got.Told)
			}
			reader.Wait()
			if calls := store.Calls(); len(calls) != 1 || calls[0].Task != llm.Ask {
				t.Errorf("calls %+v", calls)
			}
			if got := talk.read(t.Context(), r); got.Told != c.want {
				t.Errorf("told %s, want %s", got.Told, c.want)
			}
			reader.Wait()
			calls := len(store.Calls())
			offer := kb.Turn{Ask: "居住证", Told: kb.ToldOffer, Matches: r.Matches}
			if got := talk.read(t.Context(), offer); got.Told != kb.ToldOffer || len(store.Calls()) != calls {
				t.Errorf("an offer is read: %+v", got)
			}
			if got := (&Talk{}).read(t.Context(), r); got.Told != kb.ToldAnswer {
				t.Errorf("without a model: %+v", got)
			}
		})
	}
}
