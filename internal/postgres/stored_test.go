package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"huying/classifier"
	"huying/internal/errs"
)

// storedSuggestion is a suggestion as the first release stored it. Suggestions
// are immutable: whatever becomes of the Go type, this must still be read
// whole. A new field is added here; a renamed one needs a tag with its old
// name.
const storedSuggestion = `{
	"ID": "s", "Matter": "m", "At": "2026-03-02T01:00:00Z", "Version": "v", "Model": "o", "Embedder": "e",
	"Candidates": [{
		"Category": "c", "Code": "01", "Name": "n", "Trail": "t", "Probability": 0.5, "Raw": 0.4, "Rule": "r", "When": "w",
		"Lead": "公安局", "LeadUnit": "u", "LeadName": "市公安局", "Co": ["城管局"], "CoUnits": ["u2"], "CoNames": ["区城管局"],
		"Urgency": "B", "Words": ["噪声"],
		"Examples": [{"Text": "x", "Confirmed": true, "At": "2026-03-02T01:00:00Z", "Lead": "市公安局", "Similarity": 0.9}],
		"Against": {"Category": "c2", "Code": "02", "Tell": "看来源"}
	}],
	"Leads": [{"Kind": "公安局", "Unit": "u", "Name": "市公安局", "Probability": 0.6}],
	"Type": "投诉", "Urgency": "A", "Reason": "有危险", "Doubt": "several", "Ask": "在哪里？",
	"Highlights": [{"Start": 1, "End": 3}]
}`

// storedLater is what later suggestions hold beside it.
const storedLater = `"Question": {
	"Text": "是占道摆摊，还是店里炉灶？", "Source": "clause", "Bits": 0.7,
	"Answers": [{
		"Text": "占道摆摊", "Category": "c", "Shares": [0.9],
		"Duty": {"Rule": "r", "When": "w", "Lead": "城管局", "LeadUnit": "u", "LeadName": "区城管局",
			"Co": ["公安局"], "CoUnits": ["u2"], "CoNames": ["市公安局"]}
	}]
},
"Parts": [{"Text": "路灯不亮", "Category": "c", "Name": "n", "Lead": "城管局", "LeadName": "区城管局", "Probability": 0.8}]`

func TestStoredSuggestionIsReadWhole(t *testing.T) {
	for _, stored := range []string{storedSuggestion, strings.TrimSuffix(storedSuggestion, "\n}") + "," + storedLater + "}"} {
		readWhole(t, stored)
	}
}

func readWhole(t *testing.T, stored string) {
	t.Helper()
	strict := json.NewDecoder(bytes.NewReader([]byte(stored)))
	strict.DisallowUnknownFields()
	var s classifier.Suggestion
	if err := strict.Decode(&s); err != nil {
		t.Fatalf("a stored field has no place any more: %v", err)
	}
	again, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(stored)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, want.Bytes()) {
		t.Errorf("stored now:\n%s\nstored then:\n%s", again, want.Bytes())
	}
}

func TestDriverErrorsBecomeOurs(t *testing.T) {
	cases := []struct {
		name string
		err  error
		kind errs.Kind
		code errs.Code
	}{
		{"administrator stopped the server", &pgconn.PgError{Code: "57P01"}, errs.Unavailable, "database.unavailable"},
		{"server starts or stops", &pgconn.PgError{Code: "57P03"}, errs.Unavailable, "database.unavailable"},
		{"too many connections", &pgconn.PgError{Code: "53300"}, errs.Unavailable, "database.unavailable"},
		{"disk full", &pgconn.PgError{Code: "53100"}, errs.Unavailable, "database.unavailable"},
		{"statement timeout", &pgconn.PgError{Code: "57014"}, errs.Unavailable, "database.unavailable"},
		{"lock timeout", &pgconn.PgError{Code: "55P03"}, errs.Unavailable, "database.unavailable"},
		{"deadlock", &pgconn.PgError{Code: "40P01"}, errs.Unavailable, "database.unavailable"},
		{"standby after a failover", &pgconn.PgError{Code: "25006"}, errs.Unavailable, "database.unavailable"},
		{"connection refused", &net.OpError{Op: "dial", Err: errors.New("refused")}, errs.Unavailable, "database.unavailable"},
		{"connection cut", io.ErrUnexpectedEOF, errs.Unavailable, "database.unavailable"},
		{"deadline of the caller", context.DeadlineExceeded, errs.Unavailable, "database.unavailable"},
		{"text with NUL", &pgconn.PgError{Code: "22021"}, errs.Invalid, "text.encoding"},
		{"our own mistake in SQL", &pgconn.PgError{Code: "42601"}, errs.Internal, "internal"},
		{"a breach nobody named", &pgconn.PgError{Code: "23514"}, errs.Internal, "internal"},
		{"ours already", errs.New(errs.Conflict, "model.outdated"), errs.Conflict, "model.outdated"},
	}
	for _, tc := range cases {
		got := fail(tc.err)
		if errs.KindOf(got) != tc.kind || errs.CodeOf(got) != tc.code || !errors.Is(got, tc.err) {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
	if fail(nil) != nil || fail(context.Canceled) != context.Canceled {
		t.Error("nil and a cancelled context must stay as they are")
	}
}
