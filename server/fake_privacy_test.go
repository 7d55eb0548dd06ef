package server

import (
	"bytes"
	"context"
	"slices"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/privacy"
)

// fakeVault keeps rules, holds and requests; what it holds of citizens is what
// the test put there.
type fakeVault struct {
	rules    map[privacy.Kind]privacy.Rule
	due      map[privacy.Kind]int
	holds    []privacy.Hold
	runs     []privacy.Run
	requests []privacy.Request
	held     []privacy.Held
	sealed   map[intake.MessageID][]byte
	lines    []org.Audit
}

func (f *fakeVault) RetentionRules(context.Context) ([]privacy.Rule, error) {
	var out []privacy.Rule
	for _, r := range f.rules {
		out = append(out, r)
	}
	return out, nil
}

func (f *fakeVault) SetRetention(_ context.Context, days map[privacy.Kind]int, _ org.AccountID, at time.Time, line org.Audit) error {
	if f.rules == nil {
		f.rules = map[privacy.Kind]privacy.Rule{}
	}
	for k, d := range days {
		f.rules[k] = privacy.Rule{Kind: k, Days: d, At: at, ByName: "许诺"}
	}
	f.lines = append(f.lines, line)
	return nil
}

func (f *fakeVault) CountDue(_ context.Context, k privacy.Kind, _ time.Time, most int) (int, error) {
	return min(f.due[k], most), nil
}

func (f *fakeVault) DeleteDue(context.Context, privacy.Kind, time.Time, int, org.Audit) (int, error) {
	return 0, nil
}

func (f *fakeVault) InsertRun(_ context.Context, r privacy.Run, _ org.Audit) error {
	f.runs = append(f.runs, r)
	return nil
}

func (f *fakeVault) Runs(context.Context, int) ([]privacy.Run, error) { return f.runs, nil }

func (f *fakeVault) Holds(context.Context) ([]privacy.Hold, error) { return f.holds, nil }

func (f *fakeVault) OnHold(context.Context, string) (bool, error) { return len(f.holds) > 0, nil }

func (f *fakeVault) InsertHold(_ context.Context, h privacy.Hold, line org.Audit) error {
	if h.Number != "990101-20261123-0001" {
		return errs.New(errs.Invalid, "hold.no_case", h.Number).In("number")
	}
	h.ByName = "许诺"
	f.holds, f.lines = append(f.holds, h), append(f.lines, line)
	return nil
}

func (f *fakeVault) ReleaseHold(_ context.Context, h privacy.HoldID, line org.Audit) error {
	n := len(f.holds)
	f.holds = slices.DeleteFunc(f.holds, func(x privacy.Hold) bool { return x.ID == h })
	if len(f.holds) == n {
		return errs.New(errs.Conflict, "hold.released")
	}
	f.lines = append(f.lines, line)
	return nil
}

func (f *fakeVault) MessagesOf(_ context.Context, phone [][]byte) ([]intake.MessageID, error) {
	var out []intake.MessageID
	for _, h := range f.held {
		out = append(out, h.Message.ID)
	}
	return out, nil
}

func (f *fakeVault) InsertSubjectRequest(_ context.Context, r privacy.Request, line org.Audit) error {
	r.ByName = "许诺"
	f.requests, f.lines = append([]privacy.Request{r}, f.requests...), append(f.lines, line)
	return nil
}

func (f *fakeVault) SubjectRequest(_ context.Context, id privacy.RequestID) (privacy.Request, error) {
	for _, r := range f.requests {
		if r.ID == id {
			return r, nil
		}
	}
	return privacy.Request{}, errs.New(errs.NotFound, "subject.not_found")
}

func (f *fakeVault) SubjectRequests(context.Context, int) ([]privacy.Request, error) {
	return f.requests, nil
}

func (f *fakeVault) SealedOf(_ context.Context, messages []intake.MessageID, line org.Audit) ([]privacy.SealedOriginal, error) {
	var out []privacy.SealedOriginal
	for _, m := range messages {
		line.Object = "message:" + string(m)
		f.lines = append(f.lines, line)
		out = append(out, privacy.SealedOriginal{Message: m, Sealed: f.sealed[m]})
	}
	return out, nil
}

func (f *fakeVault) HeldOf(context.Context, []intake.MessageID) ([]privacy.Held, error) {
	return slices.Clone(f.held), nil
}

func (f *fakeVault) ReplaceOriginal(_ context.Context, m intake.MessageID, before []byte, _ string, after privacy.Resealed, _ string, line org.Audit) error {
	if !bytes.Equal(f.sealed[m], before) {
		return errs.New(errs.Conflict, "subject.changed")
	}
	f.sealed[m], f.lines = after.Sealed, append(f.lines, line)
	return nil
}

func (f *fakeVault) EraseMessage(_ context.Context, m intake.MessageID, line org.Audit) error {
	for _, h := range f.held {
		if h.Message.ID == m && h.Unfinished {
			return errs.New(errs.Conflict, "subject.unfinished", "可随时由本人要求删除")
		}
	}
	delete(f.sealed, m)
	f.lines = append(f.lines, line)
	return nil
}

// held puts a message with real words into the vault.
func (w *world) held(change ...func(*privacy.Held)) intake.MessageID {
	w.t.Helper()
	m := w.matter(time.Hour, "烧烤店油烟扰民", "〔姓名〕反映楼下烧烤店每晚油烟很大。")
	h := privacy.Held{Message: w.fake.files[m].Message}
	h.Message.ExternalID = "RX-20261123-0007"
	keys, err := w.sealer.Keys()
	if err != nil {
		w.t.Fatal(err)
	}
	sealed, _, err := intake.SealOriginal(keys[0], h.Message.ID, intake.Original{Text: "我叫欧阳锦绣，楼下烧烤店每晚油烟很大。", Name: "欧阳锦绣", Phone: "13800000011"})
	if err != nil {
		w.t.Fatal(err)
	}
	h.Cases = []privacy.HeldCase{{Number: "990101-20261123-0001", Unit: "市公安局", State: casework.Closed, Receipt: "ABCDEFGH23", Due: w.fake.now}}
	h.Told = []casework.Notification{{At: w.fake.now, Text: "您的诉求已办结。", State: casework.NotificationSent}}
	h.Looks = []org.Look{{AuditLine: org.AuditLine{Roles: org.Roles{org.RoleAgent}, Audit: org.Audit{At: w.fake.now, Action: "read_original"}}}}
	for _, c := range change {
		c(&h)
	}
	if w.fake.vault.sealed == nil {
		w.fake.vault.sealed = map[intake.MessageID][]byte{}
	}
	w.fake.vault.sealed[h.Message.ID] = sealed
	w.fake.vault.held = append(w.fake.vault.held, h)
	return h.Message.ID
}
