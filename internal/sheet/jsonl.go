package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"huying/internal/errs"
)

// maxJSONLine is the longest line of ReadJSONL in bytes: the longest message
// (20,000 characters, all escaped) with its other fields fits many times.
const maxJSONLine = 4 << 20

// ReadJSONL reads one JSON object a line into a T, which must be a struct, and
// hands each to the function with its line number, from 1. Blank lines and
// the watermark of an export are skipped, a byte order mark is allowed. A line is refused when it is no JSON
// object, has a field that T does not know (at any depth; the spelling counts,
// also upper and lower case), a value of the wrong type, or bytes that are not
// UTF-8. The function's error gets the line number when it has none.
//
// All faults are returned, in the order of the lines; reading goes on after a
// bad line and stops only where the reader fails or a line is beyond 4 MB.
func ReadJSONL[T any](r io.Reader, each func(line int, v T) *errs.Error) errs.List {
	var faults errs.List
	add := func(line int, e *errs.Error) {
		if e.Line == 0 {
			e = e.At(line, e.Column)
		}
		faults = append(faults, e)
	}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 1<<16), maxJSONLine)
	line := 0
	for in.Scan() {
		line++
		raw := in.Bytes()
		if line == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 || isMarkLine(raw) {
			continue
		}
		var v T
		if e := unmarshal(raw, &v); e != nil {
			add(line, e)
			continue
		}
		if e := each(line, v); e != nil {
			add(line, e)
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		add(line+1, invalid("sheet.line_too_long", maxJSONLine>>20))
	case err != nil:
		add(line+1, unreadable(err))
	}
	return faults
}

// unmarshal decodes one line strictly.
func unmarshal(raw []byte, v any) *errs.Error {
	if !utf8.Valid(raw) {
		return invalid("sheet.encoding")
	}
	if raw[0] != '{' {
		return invalid("sheet.json_object")
	}
	err := json.Unmarshal(raw, v)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at := min(max(int(e.Offset), 0), len(raw))
		return errs.Wrap(err, errs.Invalid, "sheet.json_syntax").At(0, max(1, utf8.RuneCount(raw[:at])))
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := e.Field
		if field == "" {
			return errs.Wrap(err, errs.Invalid, "sheet.json_object")
		}
		return errs.Wrap(err, errs.Invalid, "sheet.json_type", field, kindName(e.Type)).In(field)
	}
	if err != nil { // an UnmarshalJSON or UnmarshalText of a field's type refused its value
		return errs.Wrap(err, errs.Invalid, "sheet.json_value")
	}
	if name := unknown(raw, reflect.TypeOf(v).Elem(), ""); name != "" {
		return invalid("field.unknown", name).In(name)
	}
	return nil
}

// kindName says in Chinese what a value should be.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "文字"
	case reflect.Bool:
		return "true 或 false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "整数"
	case reflect.Float32, reflect.Float64:
		return "数字"
	case reflect.Slice, reflect.Array:
		return "列表"
	}
	return "对象"
}

// unknown gives the path of the first member of raw, valid JSON that fits t,
// that t has no field for; "" when there is none.
func unknown(raw []byte, t reflect.Type, path string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if custom(t) {
		return ""
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return "" // null, or bytes in base64
		}
		for _, item := range items {
			if name := unknown(item, t.Elem(), path); name != "" {
				return name
			}
		}
	case reflect.Struct:
		return unknownMember(raw, t, path)
	}
	return ""
}

// unknownMember is unknown for a struct; it takes the members in the order in
// which they are written.
func unknownMember(raw []byte, t reflect.Type, path string) string {
	fields := map[string]reflect.Type{}
	jsonFields(t, fields)
	in := json.NewDecoder(bytes.NewReader(raw))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return ""
	}
	for in.More() {
		key, err := in.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return ""
		}
		var value json.RawMessage
		if in.Decode(&value) != nil {
			return ""
		}
		full := name
		if path != "" {
			full = path + "." + name
		}
		field, ok := fields[name]
		if !ok {
			return full
		}
		if deeper := unknown(value, field, full); deeper != "" {
			return deeper
		}
	}
	return ""
}

// jsonFields collects the members that encoding/json would fill.
func jsonFields(t reflect.Type, into map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Tag.Get("json") == "-":
		case f.Anonymous && name == "":
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				jsonFields(inner, into)
			}
		case !f.IsExported():
		case name == "":
			into[f.Name] = f.Type
		default:
			into[name] = f.Type
		}
	}
}

// custom reports a type that reads JSON in its own way, such as time.Time.
func custom(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]())
}
