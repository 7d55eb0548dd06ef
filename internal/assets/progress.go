package assets

import (
	"fmt"
	"io"
)

// Step is the state of one part being fetched.
type Step struct {
	Title  string // what the part is called on screen
	Number int    // which of the parts to fetch, from 1
	Of     int    // how many are to fetch
	Bytes  int64  // fetched so far; may lag, and stays 0 with clients that do not show it
	Total  int64  // size of the package
	Done   bool   // unpacked and in its place
}

// Printer gives a progress function that writes Chinese lines to w. On a
// terminal the line of the part being fetched is rewritten as it grows;
// elsewhere there is one line at the start of a part and one at its end.
func Printer(w io.Writer, terminal bool) func(Step) {
	return func(s Step) {
		head := fmt.Sprintf("[%d/%d] %s", s.Number, s.Of, s.Title)
		switch {
		case s.Done && terminal:
			fmt.Fprintf(w, "\r\x1b[K%s 已就绪（%s）\n", head, size(s.Total))
		case s.Done:
			fmt.Fprintf(w, "%s 已就绪\n", head)
		case terminal && s.Bytes > 0:
			fmt.Fprintf(w, "\r\x1b[K%s 正在获取 %s / %s", head, size(s.Bytes), size(s.Total))
		case terminal:
			fmt.Fprintf(w, "\r\x1b[K%s 正在获取（%s）……", head, size(s.Total))
		case s.Bytes == 0:
			fmt.Fprintf(w, "%s 正在获取（%s）……\n", head, size(s.Total))
		}
	}
}

// size writes a number of bytes in MB, or in KB below one MB.
func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d KB", (n+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
