package errs

import (
	"errors"
	"fmt"
	"strings"
)

// sentences is the one table of what users read. A sentence says what
// happened, then what to do; no code, no English, no exclamation mark.
// Verbs (%s, %d) are filled from Error.Args in order. Keep it sorted by
// package, then by code.
var sentences = map[Code]string{
	// general
	"internal":             "系统出了问题，已记录在日志中。请稍后再试，仍不行请联系管理员",
	"field.required":       "缺少“%s”",
	"field.unknown":        "不认识的字段“%s”，请检查拼写",
	"field.too_long":       "“%s”超过 %d 个字，请缩短",
	"field.invalid":        "“%s”的内容“%s”不符合要求",
	"database.unavailable": "数据库暂时连接不上，内容没有保存，请稍后再试",
}

// Sentence gives the Chinese sentence for err, with field, line and column in
// front where they are known: 第 3 行第 2 列：缺少“事项编码”. For an error that
// is not ours it gives the sentence of "internal".
func Sentence(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return sentences["internal"]
	}
	format, ok := sentences[e.Code]
	if !ok {
		format = sentences["internal"]
	}
	s := format
	if strings.Contains(format, "%") {
		s = fmt.Sprintf(format, e.Args...)
	}
	switch {
	case e.Line > 0 && e.Column > 0:
		return fmt.Sprintf("第 %d 行第 %d 列：%s", e.Line, e.Column, s)
	case e.Line > 0:
		return fmt.Sprintf("第 %d 行：%s", e.Line, s)
	}
	return s
}

// Has reports whether the table holds a sentence for the code; the tests of
// every package that makes codes may ask.
func Has(code Code) bool {
	_, ok := sentences[code]
	return ok
}
