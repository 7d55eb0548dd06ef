package work_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/intake"
	"huying/internal/embed"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/query"
	"huying/internal/seal"
	"huying/internal/text"
	"huying/internal/work"
	"huying/kb"
)

// town stands where the database and the model stand.
type town struct {
	entries  []kb.Entry
	replies  []kb.Turn
	parcels  map[string]intake.Parcel
	searched kb.Search
	down     bool // the embedder
	model    string
}

func (w *town) Near(_ context.Context, s kb.Search) ([]kb.Candidate, error) {
	w.searched = s
	var out []kb.Candidate
	for _, e := range w.entries {
		cosine := 0.0
		if s.Vector != nil {
			cosine = 0.97
		}
		out = append(out, kb.Candidate{Entry: e, Question: cosine, Whole: cosine, Citywide: true})
	}
	return out, nil
}

func (w *town) Entry(_ context.Context, entry kb.EntryID) (kb.Entry, error) {
	for _, e := range w.entries {
		if e.ID == entry {
			return e, nil
		}
	}
	return kb.Entry{}, errs.New(errs.NotFound, "entry.not_found")
}

func (w *town) InsertTurn(_ context.Context, _ kb.Conversation, r kb.Turn) (kb.Turn, error) {
	for _, known := range w.replies {
		if known.External == r.External {
			return known, nil
		}
	}
	w.replies = append(w.replies, r)
	return r, nil
}

func (w *town) Turn(_ context.Context, _ kb.Conversation, reply kb.TurnID) (kb.Turn, error) {
	i := slices.IndexFunc(w.replies, func(r kb.Turn) bool { return r.ID == reply })
	if i < 0 {
		return kb.Turn{}, errs.New(errs.NotFound, "turn.not_found")
	}
	return w.replies[i], nil
}

func (w *town) SettleTurn(_ context.Context, reply kb.TurnID, v kb.Verdict, m intake.MessageID, _ time.Time) error {
	for i := range w.replies {
		if r := &w.replies[i]; r.ID == reply {
			if v != "" {
				r.Verdict = v
			}
			if m != "" {
				r.Message = m
			}
		}
	}
	return nil
}

func (w *town) InsertParcel(_ context.Context, p intake.Parcel) (intake.ContactID, bool, error) {
	if first, known := w.parcels[p.Contact.ExternalID]; known {
		return first.Contact.ID, false, nil
	}
	w.parcels[p.Contact.ExternalID] = p
	return p.Contact.ID, true, nil
}

func (w *town) MessageOfContact(_ context.Context, c intake.ContactID) (intake.Message, error) {
	for _, p := range w.parcels {
		if p.Contact.ID == c {
			return *p.Message, nil
		}
	}
	return intake.Message{}, errs.New(errs.NotFound, "message.not_found")
}

func (w *town) Message(context.Context, intake.MessageID) (intake.Message, error) {
	return intake.Message{}, nil
}

func (w *town) SealedOriginal(context.Context, intake.MessageID, org.Audit) ([]byte, error) {
	return nil, nil
}

func (w *town) Suggest(context.Context, query.Query, classifier.Options) (classifier.Suggestion, error) {
	return classifier.Suggestion{}, errs.New(errs.Unavailable, "catalogue.none") // put off, as after a failure
}

func (w *town) Part(context.Context, query.Query, classifier.Options, string) (classifier.Part, error) {
	return classifier.Part{}, errs.New(errs.Unavailable, "catalogue.none")
}

func (w *town) Embed(context.Context, string) ([]float32, error) {
	if w.down {
		return nil, errs.Wrap(errors.New("refused"), errs.Unavailable, "embedding.unavailable")
	}
	return []float32{1, 0}, nil
}

func (w *town) Model() embed.Model { return embed.Model{Name: w.model, Dim: 2} }

var bot = org.Actor{Account: id.New[org.AccountID](), Roles: org.Roles{org.RoleBot}, Channels: []string{"mini"}}

func newTalk(t *testing.T, w *town) *work.Talk {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC) }
	w.parcels = map[string]intake.Parcel{}
	w.entries = []kb.Entry{{ID: id.New[kb.EntryID](), Version: 2, State: kb.EntryPublished, Question: "居住证怎么续签？", Answer: "带身份证到社区窗口办理。"}}
	sealer, err := seal.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	segments, err := text.NewSegmenter()
	if err != nil {
		t.Fatal(err)
	}
	base, err := kb.New(w)
	if err != nil {
		t.Fatal(err)
	}
	line := work.NewLine(work.Parts{
		Intake: intake.New(w, sealer, now), Queries: query.NewBuilder(segments, w), Answers: base, Suggest: w,
		Now: now, Log: slog.New(slog.DiscardHandler),
	})
	return work.NewTalk(line, w)
}

func ask(message, text string) kb.Ask {
	return kb.Ask{Channel: "mini", Conversation: "c", Message: message, Text: text}
}

func TestTalk(t *testing.T) {
	w := &town{model: "another"}
	talk := newTalk(t, w)

	// not the model of the policy: the entry is offered, not answered
	r, err := talk.Ask(t.Context(), bot, ask("1", "我是王小明，电话13812340021，居住证怎么续签？"))
	if err != nil || r.Told != kb.ToldOffer || r.EntryVersion != 2 || r.Score <= 0 || r.Policy == "" || len(w.parcels) != 0 {
		t.Fatalf("reply %+v, %v", r, err)
	}
	if strings.Contains(r.Ask, "13812340021") {
		t.Errorf("it keeps %q", r.Ask)
	}
	if again, err := talk.Ask(t.Context(), bot, ask("1", "居住证怎么续签？")); err != nil || again.ID != r.ID {
		t.Errorf("the same ask gives %+v, %v", again, err)
	}

	// chosen, then not solved: one message, however often
	chosen, err := talk.Choose(t.Context(), bot, "mini", "c", r.ID, w.entries[0].ID)
	if m, ok := chosen.Answer(); err != nil || !ok || m.Entry.ID != w.entries[0].ID || !chosen.Chosen {
		t.Fatalf("chosen %+v, %v", chosen, err)
	}
	for range 2 {
		chosen, err = talk.Judge(t.Context(), bot, "mini", "c", chosen.ID, kb.VerdictUnsolved, kb.Contact{Phone: "13812340021", Consent: intake.ConsentYes})
		if err != nil || chosen.Message == "" || chosen.Verdict != kb.VerdictUnsolved {
			t.Fatalf("judged %+v, %v", chosen, err)
		}
	}
	p := w.parcels[string(chosen.ID)]
	if len(w.parcels) != 1 || p.Message.Text != r.Ask || p.Message.PhoneHint == "" || p.Message.Anonymous || p.Message.Consent != intake.ConsentYes {
		t.Errorf("messages %+v", w.parcels)
	}

	// retired while it was shown
	w.entries[0].State = kb.EntryRetired
	_, err = talk.Choose(t.Context(), bot, "mini", "c", r.ID, w.entries[0].ID)
	refused(t, err, errs.Conflict, "reply.retired")
	_, err = talk.Choose(t.Context(), bot, "mini", "c", r.ID, id.New[kb.EntryID]())
	refused(t, err, errs.NotFound, "reply.not_offered")
	w.entries[0].State = kb.EntryPublished

	// danger: a message at once, without anything answered
	r, err = talk.Ask(t.Context(), bot, ask("2", "煤气泄漏味道很大，有人晕倒了，快来人救命"))
	if err != nil || r.Told != kb.ToldSilent || !r.Danger() || r.Message == "" || len(w.parcels) != 2 {
		t.Errorf("danger %+v, %v", r, err)
	}
	if again, err := talk.Ask(t.Context(), bot, ask("2", "煤气泄漏味道很大，有人晕倒了，快来人救命")); err != nil || again.Message != r.Message || len(w.parcels) != 2 {
		t.Errorf("danger twice %+v, %v", again, err)
	}

	// by words alone, nothing is answered
	w.down = true
	r, err = talk.Ask(t.Context(), bot, ask("3", "居住证怎么续签？"))
	if err != nil || r.Told != kb.ToldOffer || r.Silence != kb.SilentWords || w.searched.Vector != nil || len(w.searched.Words) == 0 {
		t.Errorf("by words %+v, %v", r, err)
	}

	_, err = talk.Ask(t.Context(), bot, kb.Ask{Channel: "web", Conversation: "c", Message: "4", Text: "问"})
	refused(t, err, errs.Forbidden, "token.channel")
	_, err = talk.Judge(t.Context(), bot, "mini", "c", "x", kb.VerdictSolved, kb.Contact{})
	refused(t, err, errs.NotFound, "turn.not_found")
	_, err = talk.Judge(t.Context(), bot, "mini", "c", r.ID, "perhaps", kb.Contact{})
	refused(t, err, errs.Invalid, "field.invalid")
}

// TestWhatAChosenAnswerDidIsALabel: what the policy saw of an offer stays with
// the answer that is chosen, when it is the entry that the policy judged.
func TestWhatAChosenAnswerDidIsALabel(t *testing.T) {
	policy, err := kb.ShippedPolicy()
	if err != nil {
		t.Fatal(err)
	}
	w := &town{model: policy.Model}
	talk := newTalk(t, w)
	other := w.entries[0]
	other.ID, other.Question = id.New[kb.EntryID](), "居住证丢了怎么补办？"
	w.entries = append(w.entries, other)
	r, err := talk.Ask(t.Context(), bot, ask("1", "居住证怎么续签？"))
	if err != nil || r.Told != kb.ToldOffer || len(r.Sight) == 0 || len(r.Matches) != 2 {
		t.Fatalf("reply %+v, %v", r, err)
	}
	for i, m := range r.Matches {
		chosen, err := talk.Choose(t.Context(), bot, "mini", "c", r.ID, m.Entry.ID)
		if err != nil || (i == 0) != slices.Equal(chosen.Sight, r.Sight) || i > 0 && chosen.Sight != nil {
			t.Errorf("chosen the one at %d: %v, %v", i, chosen.Sight, err)
		}
	}
}

func refused(t *testing.T, err error, kind errs.Kind, code errs.Code) {
	t.Helper()
	if err == nil || errs.KindOf(err) != kind || errs.CodeOf(err) != code || !errs.Has(code) {
		t.Errorf("error %v, want %s", err, code)
	}
}

func (w *town) MessageTurns(_ context.Context, _ intake.MessageID) ([]intake.Turn, error) {
	return nil, nil
}
