package kb

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// exported are the columns of a file of entries, in order; ReadEntries reads
// each back to the same.
func exported() []sheet.Column {
	keys := []string{
		"code", "question", "phrasings", "negatives", "answer", "short", "unit", "area", "audience", "topic", "family",
		"basis", "clauses", "valid_from", "valid_until", "state",
	}
	var out []sheet.Column
	for _, key := range keys {
		i := slices.IndexFunc(entryColumns(), func(c sheet.Column) bool { return c.Key == key })
		out = append(out, entryColumns()[i])
	}
	return out
}

// cell writes one field of an entry.
func cell(e Entry, key string) string {
	if key == "state" {
		return e.State.Label()
	}
	for _, f := range fields() {
		if f.Key == key {
			return f.Text(e)
		}
	}
	return ""
}

// Export writes entries as CSV, XLSX or JSON lines, by the ending of name, with
// the watermark mark (empty: none), so that importing the file gives the same content again. Entries without a code
// are known again by question and area. errs.Invalid "catalogue.export_form"
// for another ending; the error of entries or of w ends the writing, and what
// was written then is no whole file.
func Export(w io.Writer, name, mark string, entries iter.Seq2[Entry, error]) error {
	var failed error
	rows := func(yield func([]string) bool) {
		columns := exported()
		for e, err := range entries {
			if err != nil {
				failed = err
				return
			}
			row := make([]string, len(columns))
			for i, c := range columns {
				row[i] = cell(e, c.Key)
			}
			if !yield(row) {
				return
			}
		}
	}
	var headings []string
	for _, c := range exported() {
		headings = append(headings, c.Names[0])
	}
	var err error
	switch form := strings.ToLower(filepath.Ext(name)); form {
	case ".csv":
		err = sheet.WriteMarkedCSV(w, mark, headings, rows)
	case ".xlsx":
		err = sheet.WriteMarkedXLSX(w, "知识条目", mark, headings, rows)
	case ".jsonl":
		err = writeLines(w, mark, entries)
	default:
		return errs.New(errs.Invalid, "catalogue.export_form", form)
	}
	return cmp.Or(failed, err)
}

// writeLines writes JSON lines, the mark as the last of them.
func writeLines(w io.Writer, mark string, entries iter.Seq2[Entry, error]) error {
	buffered := bufio.NewWriter(w)
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
	for e, err := range entries {
		if err != nil {
			return err
		}
		err = out.Encode(entryLine{
			Code: e.Code, Question: e.Question, Phrasings: e.Phrasings, Negatives: e.Negatives, Answer: e.Answer, Short: e.Short,
			Unit: e.Unit, Area: string(e.Area), Audience: e.Audience, Topic: e.Topic, Family: e.Family, Basis: e.Basis,
			Clauses: WriteClauses(e.Clauses), ValidFrom: WriteTime(e.ValidFrom, false), ValidUntil: WriteTime(e.ValidUntil, true),
			State: string(e.State), Files: e.Files,
		})
		if err != nil {
			return err
		}
	}
	if err := sheet.WriteMark(buffered, mark); err != nil {
		return err
	}
	return buffered.Flush()
}

// exportedAtOnce is how many entries are read at a time, at some 3 KB each.
const exportedAtOnce = 500

// Export writes all entries of every state but copies in work, as the function
// of that name does.
func (l *Library) Export(ctx context.Context, actor org.Actor, w io.Writer, name string) error {
	if err := org.Can(actor, org.ActEditKnowledge); err != nil {
		return err
	}
	return Export(w, name, sheet.Mark(actor.Name, l.now()), func(yield func(Entry, error) bool) {
		var after EntryID
		for {
			page, err := l.store.AllEntries(ctx, after, exportedAtOnce)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page {
				if after = e.ID; !yield(e, nil) {
					return
				}
			}
			if len(page) < exportedAtOnce {
				return
			}
		}
	})
}
