package intake

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/internal/errs"
)

func TestValidateNamesEveryFaultyField(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	good := Delivery{Channel: Hotline, Text: "路灯不亮", At: now}
	tests := []struct {
		name   string
		change func(*Delivery)
		fields []string
	}{
		{"good", func(*Delivery) {}, nil},
		{"longest text", func(d *Delivery) { d.Text = strings.Repeat("长", MaxTextRunes) }, nil},
		{"silent without text", func(d *Delivery) { d.Text, d.Outcome = "", Silent }, nil},
		{"no channel", func(d *Delivery) { d.Channel = "" }, []string{"channel"}},
		{"nothing said", func(d *Delivery) { d.Text = "" }, []string{"text"}},
		{"too long", func(d *Delivery) { d.Text = strings.Repeat("长", MaxTextRunes+1) }, []string{"text"}},
		{"two faults", func(d *Delivery) { d.Consent, d.Outcome = "maybe", "lost" }, []string{"outcome", "consent"}},
		{"from the future", func(d *Delivery) { d.At = now.Add(25 * time.Hour) }, []string{"at"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := good
			tt.change(&d)
			var fields []string
			var faults errs.List
			if errors.As(d.Validate(now), &faults) {
				for _, f := range faults {
					fields = append(fields, f.Field)
					if !errs.Has(f.Code) {
						t.Errorf("no sentence for %s", f.Code)
					}
				}
			}
			if !slices.Equal(fields, tt.fields) {
				t.Errorf("faulty fields %v, want %v", fields, tt.fields)
			}
		})
	}
}

func TestOnePhoneHasOneFormHoweverItIsWritten(t *testing.T) {
	for _, phone := range []string{"13800000021", "138 0000 0021", "+86 138-0000-0021", "１３８００００００２１"} {
		if got := digits(phone); got != "13800000021" {
			t.Errorf("digits(%q) = %q", phone, got)
		}
	}
}
