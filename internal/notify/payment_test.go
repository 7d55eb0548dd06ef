package notify

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"huying/internal/errs"
)

func payment() Payment {
	return Payment{Key: "0193-key", Number: "440101-20260302-0001", Phone: "13812340021", Fen: 1205, At: noon}
}

func TestPaymentsFillTheBodyIn(t *testing.T) {
	s := newScripted(t)
	p, err := NewPayments(PaymentOptions{
		URL: s.URL, Key: "token", OK: "code=0", Proof: "data.msgid", Body: `{"to":"{phone}","fen":"{fen}","yuan":"{yuan}","say":"奖励 {fen} 分","orders":[{"sn":"{key}","ref":"{number}"}],"n":3}`,
	}, clock)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := p.Pay(t.Context(), payment())
	if err != nil || proof != "77" {
		t.Fatalf("%q, %v", proof, err)
	}
	var body struct {
		To, Yuan, Say string
		Fen, N        int
		Orders        []struct{ SN, Ref string }
	}
	if err := json.Unmarshal([]byte(s.bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	if body.To != "13812340021" || body.Fen != 1205 || body.Yuan != "12.05" || body.Say != "奖励 1205 分" || body.N != 3 || body.Orders[0].SN != "0193-key" || body.Orders[0].Ref != "440101-20260302-0001" {
		t.Errorf("posted %s", s.bodies[0])
	}
	if r := s.got[0]; r.Header.Get("Idempotency-Key") != "0193-key" || r.Header.Get("Authorization") != "Bearer token" {
		t.Errorf("headers %v", r.Header)
	}
	usual, err := NewPayments(PaymentOptions{URL: s.URL}, clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := usual.Pay(t.Context(), payment()); err != nil || s.bodies[1] != `{"amount_fen":1205,"phone":"13812340021","reference":"440101-20260302-0001","request_id":"0193-key"}` {
		t.Errorf("posted %s, %v", s.bodies[1], err)
	}
}

// TestAnswersOfAPayingServiceSayWhatToDo: clearly refused, not now, or nobody
// knows; in words of payment.
func TestAnswersOfAPayingServiceSayWhatToDo(t *testing.T) {
	s := newScripted(t)
	p, err := NewPayments(PaymentOptions{URL: s.URL, OK: "code=0"}, clock)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		answer func(http.ResponseWriter)
		kind   errs.Kind
		code   errs.Code
		wait   time.Duration
	}{
		{"refused", func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnprocessableEntity) }, errs.Invalid, "pay.refused", 0},
		{"another code", func(w http.ResponseWriter) { io.WriteString(w, `{"code":7}`) }, errs.Unavailable, "pay.answer", 0},
		{"broken", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, errs.Unavailable, "pay.answer", 0},
		{"no answer", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, errs.Unavailable, "pay.unreachable", 0},
		{"busy", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		}, errs.Unavailable, "pay.busy", 90 * time.Second},
	} {
		s.answer = tc.answer
		_, err := p.Pay(t.Context(), payment())
		if err == nil || errs.KindOf(err) != tc.kind || errs.CodeOf(err) != tc.code || !errs.Has(tc.code) {
			t.Errorf("%s: %v", tc.name, err)
		}
		wait := time.Duration(0)
		if busy, ok := err.(*Busy); ok {
			wait = busy.RetryAfter()
		}
		if wait != tc.wait {
			t.Errorf("%s: waits %v", tc.name, wait)
		}
	}
	s.Close()
	if err := p.Check(t.Context()); errs.CodeOf(err) != "pay.unreachable" {
		t.Errorf("a service that is away: %v", err)
	}
}

func TestPaymentSettingsThatCannotWorkAreRefused(t *testing.T) {
	for _, tc := range []struct {
		o    PaymentOptions
		code errs.Code
	}{
		{PaymentOptions{URL: "ftp://x"}, "pay.url"},
		{PaymentOptions{URL: "http://x", Body: `{"phone":"{phone}","fen":"{fen}"}`}, "pay.body"}, // would pay twice
		{PaymentOptions{URL: "http://x", Body: `{"phone":"{phone}","sn":"{key}"}`}, "pay.body"},
		{PaymentOptions{URL: "http://x", Body: `{phone} {key} {fen}`}, "pay.body"},
		{PaymentOptions{URL: "http://x", OK: "ok"}, "pay.ok"},
	} {
		if _, err := NewPayments(tc.o, clock); errs.CodeOf(err) != tc.code || !errs.Has(tc.code) {
			t.Errorf("%+v: %v, want %s", tc.o, err, tc.code)
		}
	}
}
