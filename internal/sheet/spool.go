package sheet

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"huying/internal/errs"
)

// inMemory is the size up to which a stream is kept in memory: 1 MB.
const inMemory = 1 << 20

// format is what the first bytes of a file say about it.
type format uint8

const (
	formatBinary format = iota // neither text nor a workbook
	formatText
	formatXLSX
	formatOLE // XLS of before 2007, or an encrypted workbook
)

// spooled is a file of known size that can be read at any place.
type spooled struct {
	io.ReaderAt
	size int64
	head []byte // its first bytes, up to 4 kB
	temp *os.File
}

// spool makes r readable at any place. A stream beyond max bytes is refused.
func spool(r io.Reader, max int64) (*spooled, error) {
	s, err := spoolAt(r, max)
	if err != nil {
		return nil, err
	}
	if s.size > max {
		return nil, closing(s, invalid("sheet.too_big", max>>20))
	}
	s.head = make([]byte, min(s.size, 4096))
	if _, err := io.ReadFull(s.all(), s.head); err != nil {
		return nil, closing(s, unreadable(err))
	}
	return s, nil
}

func spoolAt(r io.Reader, max int64) (*spooled, error) {
	if at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		here, err := at.Seek(0, io.SeekCurrent)
		end, errEnd := at.Seek(0, io.SeekEnd)
		if err == nil && errEnd == nil {
			return &spooled{ReaderAt: io.NewSectionReader(at, here, end-here), size: end - here}, nil
		}
	}
	var small bytes.Buffer
	n, err := io.Copy(&small, io.LimitReader(r, inMemory))
	if err != nil {
		return nil, unreadable(err)
	}
	if n < inMemory {
		return &spooled{ReaderAt: bytes.NewReader(small.Bytes()), size: n}, nil
	}
	temp, err := os.CreateTemp("", "huying-sheet-*")
	if err != nil {
		return nil, unreadable(err)
	}
	s := &spooled{ReaderAt: temp, temp: temp}
	s.size, err = io.Copy(temp, io.MultiReader(&small, io.LimitReader(r, max-n+1)))
	if err != nil {
		return nil, closing(s, unreadable(err))
	}
	return s, nil
}

// all reads the file from its start.
func (s *spooled) all() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// Close removes the temporary file.
func (s *spooled) Close() error {
	if s.temp == nil {
		return nil
	}
	return errors.Join(s.temp.Close(), os.Remove(s.temp.Name()))
}

// format recognises the file. name matters only for text that calls itself a
// workbook.
func (s *spooled) format(name string) format {
	named := strings.ToLower(name)
	switch {
	case bytes.HasPrefix(s.head, []byte("PK\x03\x04")), bytes.HasPrefix(s.head, []byte("PK\x05\x06")):
		return formatXLSX
	case bytes.HasPrefix(s.head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return formatOLE
	case s.size > 0 && (strings.HasSuffix(named, ".xlsx") || strings.HasSuffix(named, ".xlsm")):
		return formatXLSX
	case bytes.HasPrefix(s.head, []byte("%PDF")):
		return formatBinary
	case bytes.IndexByte(s.head, 0) >= 0 && !hasUTF16Mark(s.head):
		return formatBinary
	}
	return formatText
}

func hasUTF16Mark(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF})
}

// unreadable is a failure of the disk or of the connection the file comes by.
func unreadable(err error) *errs.Error {
	return errs.Wrap(err, errs.Unavailable, "sheet.unreadable")
}

// closing closes c after err and gives err, joined with what the closing says.
func closing(c io.Closer, err error) error {
	if also := c.Close(); also != nil {
		return errors.Join(err, also)
	}
	return err
}
