package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode gives the file as UTF-8 without byte order mark. The whole file is
// checked first, so that a wrong decoding is found before any row is used; the
// error then names the line.
func decode(f *spooled) (io.Reader, error) {
	if hasUTF16Mark(f.head) {
		return checked(f, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder)
	}
	bom := bytes.HasPrefix(f.head, []byte("\xEF\xBB\xBF"))
	scan, err := scanUTF8(f.all())
	if err != nil {
		return nil, unreadable(err)
	}
	switch {
	case scan.badLine == 0:
		r := bufio.NewReader(f.all())
		if bom {
			if _, err := r.Discard(3); err != nil {
				return nil, unreadable(err)
			}
		}
		return r, nil
	case bom, scan.good > 20*scan.bad:
		// UTF-8 with a damaged place, not another encoding: text in GB18030
		// holds hardly a valid sequence.
		return nil, invalid("sheet.encoding").At(scan.badLine, 0)
	}
	return checked(f, simplifiedchinese.GB18030.NewDecoder)
}

// checked decodes the file once to see that no byte is left undecoded.
func checked[D transform.Transformer](f *spooled, decoder func() D) (io.Reader, error) {
	r := bufio.NewReader(transform.NewReader(f.all(), decoder()))
	line := 1
	for {
		c, _, err := r.ReadRune()
		if errors.Is(err, io.EOF) {
			return transform.NewReader(f.all(), decoder()), nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		switch c {
		case '\n':
			line++
		case utf8.RuneError:
			return nil, invalid("sheet.encoding").At(line, 0)
		}
	}
}

// utf8Scan counts what a file holds when read as UTF-8.
type utf8Scan struct {
	good    int // characters of more than one byte
	bad     int // bytes that fit nowhere
	badLine int // line of the first of them, 0 if none
}

func scanUTF8(r io.Reader) (utf8Scan, error) {
	var s utf8Scan
	in := bufio.NewReaderSize(r, 1<<16)
	line := 1
	for {
		c, size, err := in.ReadRune()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		switch {
		case c == '\n':
			line++
		case c == utf8.RuneError && size == 1:
			s.bad++
			if s.badLine == 0 {
				s.badLine = line
			}
		case size > 1:
			s.good++
		}
	}
}

// plainLines turns a carriage return that stands alone into a newline, as old
// programs write it, and leaves CR LF to the CSV reader.
type plainLines struct {
	in *bufio.Reader
}

func (p plainLines) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	for i := range n {
		if b[i] != '\r' {
			continue
		}
		next := byte(0)
		if i+1 < n {
			next = b[i+1]
		} else if ahead, err := p.in.Peek(1); err == nil {
			next = ahead[0]
		}
		if next != '\n' {
			b[i] = '\n'
		}
	}
	return n, err
}
