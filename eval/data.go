package eval

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"huying/internal/errs"
)

// missingFiles gives those of the files that the directory has not.
func missingFiles(dir string, files []string) []string {
	var missing []string
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f))); err != nil {
			missing = append(missing, f)
		}
	}
	return missing
}

// maxLine bounds one line of a data file, in bytes.
const maxLine = 4 << 20

// readJSONL reads a file of one JSON object a line. Fields it does not know
// are skipped: another city's file may carry more. A line that is no JSON, or
// has a field of another type, is errs.Invalid with file and line.
func readJSONL[T any](s *Session, file string) ([]T, error) {
	f, err := os.Open(filepath.Join(s.Dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "eval.file", file)
	}
	defer f.Close()
	var rows []T
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff"))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return nil, errs.New(errs.Invalid, "eval.encoding", file).At(n, 0)
		}
		var row T
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, lineFault(err, file, n)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "eval.file", file)
	}
	if len(rows) == 0 {
		return nil, errs.New(errs.Invalid, "eval.empty", file)
	}
	return rows, nil
}

func lineFault(err error, file string, line int) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return errs.Wrap(err, errs.Invalid, "eval.type", file, wrong.Field).In(wrong.Field).At(line, 0)
	}
	return errs.Wrap(err, errs.Invalid, "eval.json", file).At(line, 0)
}

// readCSV reads a CSV file with a heading into one map a row.
func readCSV(s *Session, file string, required ...string) ([]map[string]string, error) {
	raw, err := os.ReadFile(filepath.Join(s.Dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "eval.file", file)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	head, err := r.Read()
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "eval.empty", file)
	}
	for _, name := range required {
		found := false
		for _, h := range head {
			found = found || h == name
		}
		if !found {
			return nil, errs.New(errs.Invalid, "eval.column", file, name).At(1, 0)
		}
	}
	var rows []map[string]string
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 0
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				line = bad.Line
			}
			return nil, errs.Wrap(err, errs.Invalid, "eval.csv", file).At(line, 0)
		}
		row := make(map[string]string, len(head))
		for i, h := range head {
			row[h] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}
