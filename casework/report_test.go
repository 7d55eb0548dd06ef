package casework

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"huying/internal/errs"
)

func TestADeliveryReportChangesWhatItMay(t *testing.T) {
	t.Parallel()
	sent := Notification{State: NotificationSent, Settled: ten}
	arrived := Notification{State: NotificationSent, Settled: ten, Arrived: ten}
	again := Notification{State: NotificationSent, Settled: ten, Round: 2}
	failed := Notification{State: NotificationFailed, Settled: ten, Failure: "对方报告没有送达"}
	queued := Notification{State: NotificationQueued}
	later := ten.Add(time.Minute)
	no, yes := DeliveryReport{At: later, Why: "空号"}, DeliveryReport{At: later, Delivered: true}
	for _, tt := range []struct {
		name    string
		n       Notification
		r       DeliveryReport
		state   NotificationState
		arrived bool
		changes bool
		why     errs.Code
	}{
		{"it arrived", sent, yes, NotificationSent, true, true, ""},
		{"it did not", sent, no, NotificationFailed, false, true, ""},
		{"it arrived after all", failed, yes, NotificationSent, true, true, ""},
		{"said twice", arrived, yes, NotificationSent, true, false, ""},
		{"what arrived stays", arrived, no, NotificationSent, true, false, ""},
		{"failed twice", failed, no, NotificationFailed, false, false, ""},
		{"an earlier round did not arrive", again, no, NotificationSent, false, false, ""},
		{"an earlier round arrived late", again, yes, NotificationSent, true, true, ""},
		{"before it is noted as sent", queued, no, NotificationQueued, false, false, "report.early"},
		{"it arrived before that", queued, yes, NotificationSent, true, true, ""},
	} {
		after, changes, err := tt.n.Reported(tt.r)
		if after.State != tt.state || after.Arrived.IsZero() == tt.arrived || changes != tt.changes || (err == nil) != (tt.why == "") {
			t.Errorf("%s: %+v, %v, %v", tt.name, after, changes, err)
		}
		if tt.why != "" && !errors.Is(err, errs.New(errs.Conflict, tt.why)) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if after.Settled.IsZero() != (after.State == NotificationQueued) {
			t.Errorf("%s: settled %v", tt.name, after.Settled)
		}
	}
	if after, _, _ := sent.Reported(no); after.Failure != "对方报告没有送达：空号" {
		t.Errorf("failure %q", after.Failure)
	}
}

// TestTheCompletionSaysHowToAnswer where answers come back, and ParseReply reads
// what it asks for; it stays one SMS.
func TestTheCompletionSaysHowToAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, means string
		kind        NotificationKind
		replies     bool
		says        bool
	}{
		{"an SMS that can be answered", "sms", NotifyCompleted, true, true},
		{"nothing comes back", "sms", NotifyCompleted, false, false},
		{"a mail", "smtp", NotifyCompleted, true, false},
		{"what is not completed", "sms", NotifyAccepted, true, false},
	} {
		p := newPostbox()
		p.means = tt.means
		n := p.put(t, NotifyFacts{})
		n.Kind, n.Text = tt.kind, notifyText(tt.kind, NotifyFacts{Receipt: "ABCDEFGHIJ"})
		p.run(t, p.outbox(OutboxOptions{Replies: tt.replies}), ten)
		if len(p.got) != 1 || strings.Contains(p.got[0].Text, "三个数字") != tt.says {
			t.Errorf("%s: %+v", tt.name, p.got)
			continue
		}
		if length := utf8.RuneCountInString(p.got[0].Text); length > 70 {
			t.Errorf("%s: %d characters", tt.name, length)
		}
	}
	for _, answer := range []string{"111", "122", "1"} {
		if _, ok := ParseReply(answer); !ok {
			t.Errorf("%s is not read", answer)
		}
	}
	if a, _ := ParseReply("112"); !a.Contacted || !a.Solved || a.Satisfied {
		t.Errorf("112 is %+v", a)
	}
}
