package localpg

import (
	"bytes"
	"os"
	"strings"
	"sync"
)

const (
	// logSize is when postgres.log is rotated, and logsKept how many older
	// ones stay: 40 MB in all.
	logSize  = 10 << 20
	logsKept = 3
	// tailSize is how much output is kept to be shown when a start fails.
	tailSize = 4096
)

// logFile takes what postgres says: into a rotated file, and its end into
// memory. Write never fails: a full disk must not make postgres wait at a pipe
// that nobody reads.
type logFile struct {
	dir *dataDir

	mu   sync.Mutex
	file *os.File // nil after a failed rotation: the next write tries again
	size int64
	tail []byte
}

func (d *dataDir) openLog() (*logFile, error) {
	l := &logFile{dir: d}
	return l, l.open()
}

func (l *logFile) open() error {
	f, err := l.dir.create(logName, os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	l.file, l.size = f, st.Size()
	return nil
}

// Write implements io.Writer.
func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, b...)
	if over := len(l.tail) - tailSize; over > 0 {
		l.tail = bytes.Clone(l.tail[over:])
	}
	if l.size+int64(len(b)) > logSize {
		l.rotate()
	}
	if l.file == nil && l.open() != nil {
		return len(b), nil
	}
	n, _ := l.file.Write(b) // there is nowhere to report a failure to
	l.size += int64(n)
	return len(b), nil
}

// rotate moves postgres.log to postgres.log.1, that one to .2 and so on. What
// cannot be moved stays and is written on.
func (l *logFile) rotate() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
	names := []string{logName, logName + ".1", logName + ".2", logName + ".3"}
	for i := logsKept; i > 0; i-- {
		_ = l.dir.root.Rename(names[i-1], names[i]) // missing ones are usual
	}
	l.size = 0
}

// Tail gives the last lines of output.
func (l *logFile) Tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := string(l.tail)
	if len(l.tail) == tailSize { // the first line is cut
		_, text, _ = strings.Cut(text, "\n")
	}
	return lastLines(text)
}

// Close closes the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
