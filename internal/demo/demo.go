// Package demo holds the content of Yunting (云汀市), an invented city with
// which Huying can be tried at once: areas, units, accounts, knowledge
// entries, notices and messages. Everything is written for this project; no
// person, number or address in it is real (phones are 13800000xxx and
// 13900000xxx, in the past 1390000xxxx, area codes begin with 99, which no province has).
//
// The loaders only decode. What the values mean is decided by the packages
// that own them (org, kb, intake); the test of this package checks that the
// parts fit together.
package demo

import (
	"bytes"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"huying/internal/errs"
)

// Files are the demo's files as they lie in the repository: areas.csv,
// units.csv, accounts.csv, entries.jsonl, notices.jsonl, messages.jsonl, past.csv.
//
//go:embed *.csv *.jsonl
var Files embed.FS

// Area is a line of areas.csv. Level is city, district, street or community;
// Parent is empty for the city.
type Area struct {
	Code, Name, Level, Parent string
}

// Unit is a line of units.csv. Kind is one of the 47 kinds that duty rules
// name, or 分中心; Area is the area it serves.
type Unit struct {
	Name, Kind, Area string
}

// Account is a line of accounts.csv. Roles are codes of
// org.Role; Unit is a name of units.csv.
type Account struct {
	Login, Name string
	Roles       []string
	Unit        string
}

// Entry is a line of entries.jsonl.
type Entry struct {
	ID         string   `json:"id"` // kb-001 …
	Question   string   `json:"question"`
	Phrasings  []string `json:"phrasings"`
	Answer     string   `json:"answer"`
	Short      string   `json:"short"` // to read out, at most 80 characters
	Unit       string   `json:"unit"`  // a name of units.csv
	Area       string   `json:"area"`  // empty: the whole city
	ValidFrom  string   `json:"valid_from"`
	ValidUntil string   `json:"valid_until"` // the last day on which it holds; both as 2006-01-02
	Basis      string   `json:"basis"`
	Topic      string   `json:"topic"`
}

// Notice is a line of notices.jsonl. Starts and Ends are relative to the time
// of import.
type Notice struct {
	Title  string   `json:"title"`
	Text   string   `json:"text"`
	Area   string   `json:"area"` // empty: the whole city
	Starts Relative `json:"starts"`
	Ends   Relative `json:"ends"`
}

// Message is a line of messages.jsonl: one contact and what was said. A
// contact with an Outcome (silent, dropped, transferred, answered) has no
// words and no Gold.
type Message struct {
	Channel    string `json:"channel"`
	ExternalID string `json:"external_id"`
	At         int    `json:"at"` // minutes from the time of import, negative
	Outcome    string `json:"outcome,omitempty"`
	Title      string `json:"title"`
	Text       string `json:"text"`
	Name       string `json:"name"`
	Phone      string `json:"phone"`
	Anonymous  bool   `json:"anonymous"`
	Consent    string `json:"consent"` // yes, no, or empty: not asked
	Area       string `json:"area"`
	Place      string `json:"place"`
	Need       string `json:"need"`
	Gold       *Gold  `json:"gold,omitempty"`
}

// Past is a line of past.csv: what somebody said in the weeks before, {place}
// being where, with what was decided. Code, Lead, Urgency and Type are as in Gold.
// Nothing of it stands in messages.jsonl: what waits there is as new to the city
// as it would be to a real one.
type Past struct {
	Code, Lead, Urgency, Type, Text string
}

// Gold is what a careful reader would decide about a message. It is for tests
// and for looking at the demo, not for the import.
type Gold struct {
	Code    string `json:"code"` // of the leaf in the starter catalogue
	Lead    string `json:"lead"` // unit kind
	Urgency string `json:"urgency"`
	Type    string `json:"type"`
	Entry   string `json:"entry"` // the entry that answers it; empty when none does
}

// Relative is a span from the time of import, written like "-2h" or "+10h".
type Relative time.Duration

// UnmarshalJSON reads the written form.
func (r *Relative) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return err
	}
	*r = Relative(d)
	return nil
}

// From gives the moment that lies r from now.
func (r Relative) From(now time.Time) time.Time { return now.Add(time.Duration(r)) }

// Areas gives the areas, parents before children.
func Areas() ([]Area, error) {
	var areas []Area
	err := eachRow("areas.csv", 4, func(f []string) {
		areas = append(areas, Area{Code: f[0], Name: f[1], Level: f[2], Parent: f[3]})
	})
	return areas, err
}

// Units gives the units, those of the whole city first.
func Units() ([]Unit, error) {
	var units []Unit
	err := eachRow("units.csv", 3, func(f []string) {
		units = append(units, Unit{Name: f[0], Kind: f[1], Area: f[2]})
	})
	return units, err
}

// Accounts gives the accounts; their passwords are made at import.
func Accounts() ([]Account, error) {
	var accounts []Account
	err := eachRow("accounts.csv", 4, func(f []string) {
		accounts = append(accounts, Account{Login: f[0], Name: f[1], Roles: strings.Fields(f[2]), Unit: f[3]})
	})
	return accounts, err
}

// Entries gives the knowledge entries, by id.
func Entries() ([]Entry, error) { return lines[Entry]("entries.jsonl") }

// Notices gives the pinned notices.
func Notices() ([]Notice, error) { return lines[Notice]("notices.jsonl") }

// Messages gives the messages and the contacts without words, oldest first.
func Messages() ([]Message, error) { return lines[Message]("messages.jsonl") }

// Pasts gives what was said in the weeks before.
func Pasts() ([]Past, error) {
	var all []Past
	err := eachRow("past.csv", 5, func(f []string) {
		all = append(all, Past{Code: f[0], Lead: f[1], Urgency: f[2], Type: f[3], Text: f[4]})
	})
	return all, err
}

// eachRow calls f with each row after the header. The files are part of the
// program, so any fault in them is internal.
func eachRow(name string, fields int, f func([]string)) error {
	data, err := Files.ReadFile(name)
	if err != nil {
		return errs.Wrap(err, errs.Internal, "internal").In(name)
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = fields
	rows, err := r.ReadAll()
	if err != nil {
		return errs.Wrap(err, errs.Internal, "internal").In(name)
	}
	for _, row := range rows[1:] {
		f(row)
	}
	return nil
}

// lines decodes a JSONL file strictly: a field that T lacks is a fault.
func lines[T any](name string) ([]T, error) {
	data, err := Files.ReadFile(name)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal").In(name)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var all []T
	for {
		var v T
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, errs.Wrap(err, errs.Internal, "internal").In(name).At(len(all)+1, 0)
		}
		all = append(all, v)
	}
}
