package errs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestKindOf(t *testing.T) {
	conflict := New(Conflict, "account.exists", "agent1")
	tests := []struct {
		name string
		err  error
		kind Kind
		code Code
	}{
		{"ours", conflict, Conflict, "account.exists"},
		{"wrapped by fmt", fmt.Errorf("saving: %w", conflict), Conflict, "account.exists"},
		{"the outer one counts", Wrap(conflict, Unavailable, "database.unavailable"), Unavailable, "database.unavailable"},
		{"joined", errors.Join(io.EOF, conflict), Conflict, "account.exists"},
		{"foreign", io.EOF, Internal, "internal"},
		{"cancelled", context.Canceled, Internal, "internal"},
		{"list", List{New(Invalid, "field.required", "标题"), New(Invalid, "message.empty")}, Invalid, "field.required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if k, c := KindOf(tt.err), CodeOf(tt.err); k != tt.kind || c != tt.code {
				t.Errorf("kind %d, code %s; want %d, %s", k, c, tt.kind, tt.code)
			}
		})
	}
}

func TestKindOfNothingPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("KindOf(nil) has an answer")
		}
	}()
	KindOf(nil)
}

func TestSentence(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.1: password=x")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"values", New(Invalid, "field.too_long", "标题", 200), "“标题”超过 200 个字，请缩短"},
		{"line and column", New(Invalid, "field.required", "事项编码").At(3, 2), "第 3 行第 2 列：缺少“事项编码”"},
		{"line alone", New(Invalid, "field.required", "事项编码").At(3, 0), "第 3 行：缺少“事项编码”"},
		{"field is not repeated", New(Invalid, "field.required", "标题").In("title"), "缺少“标题”"},
		{"below a wrapper", fmt.Errorf("x: %w", New(NotFound, "matter.not_found")), "没有找到这件事，可能已被删除"},
		{"first of a list", List{New(Invalid, "message.empty").At(2, 1), New(Invalid, "message.future")}, "第 2 行第 1 列：" + sentences["message.empty"]},
		{"foreign", secret, sentences["internal"]},
		{"code without a sentence", New(Invalid, "no.such"), sentences["internal"]},
		{"cause stays inside", Wrap(secret, Unavailable, "database.unavailable"), sentences["database.unavailable"]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Sentence(tt.err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTheTableIsWrittenForPeople: every sentence is Chinese, ends without a
// full stop (a place may be put in front, an action behind), shouts nothing
// and apologises for nothing.
func TestTheTableIsWrittenForPeople(t *testing.T) {
	code := regexp.MustCompile(`^([a-z][a-z_0-9]*\.)?[a-z][a-z_0-9.]*$`)
	for c, s := range sentences {
		if !code.MatchString(string(c)) {
			t.Errorf("code %q", c)
		}
		if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s is not Chinese: %s", c, s)
		}
		if strings.ContainsAny(s, "！!") || strings.Contains(s, "抱歉") || strings.HasSuffix(s, "。") {
			t.Errorf("%s: %s", c, s)
		}
	}
}

func TestErrorIsForTheLog(t *testing.T) {
	e := Wrap(io.ErrUnexpectedEOF, Invalid, "field.invalid", "时间", "昨天").In("at").At(3, 2)
	if got, want := e.Error(), "field.invalid in at at 3:2 [时间 昨天]: unexpected EOF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

// TestPlacesAreCopies: In and At leave the error they are called on as it was,
// so that one error may be placed in many lines.
func TestPlacesAreCopies(t *testing.T) {
	e := New(Invalid, "field.required", "标题")
	if placed := e.At(3, 2).In("title"); placed.Line != 3 || placed.Column != 2 || placed.Field != "title" {
		t.Errorf("placed %+v", placed)
	}
	if e.Line != 0 || e.Column != 0 || e.Field != "" {
		t.Errorf("changed %+v", e)
	}
}

func TestIsComparesKindAndCode(t *testing.T) {
	err := fmt.Errorf("x: %w", New(Unavailable, "catalogue.none", 1))
	if !errors.Is(err, New(Unavailable, "catalogue.none")) {
		t.Error("the same kind and code are not the same")
	}
	if errors.Is(err, New(NotFound, "catalogue.none")) || errors.Is(err, New(Unavailable, "catalogue.exists")) {
		t.Error("another kind or code is the same")
	}
}

func TestListIsOneErrorOrNone(t *testing.T) {
	if err := (List{}).OrNil(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	one := New(Invalid, "field.required", "标题")
	two := New(Conflict, "kb.code")
	err := List{one, two}.OrNil()
	if got, want := err.Error(), "field.required [标题] (and 1 more)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, two) || !errors.Is(err, one) {
		t.Error("a single failure is not found in the list")
	}
}
