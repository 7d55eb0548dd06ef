package assets

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// manifestName is the file that lists a part's folder. It is written last.
const manifestName = "files.json"

// manifest lists what was unpacked.
type manifest struct {
	Archive string  `json:"archive"` // SHA-256 of the package
	Files   []entry `json:"files"`
}

// entry is one file below the part's folder.
type entry struct {
	Path    string `json:"path"`
	Size    int64  `json:"size"`
	Changed int64  `json:"changed"` // modification time in Unix nanoseconds, as written
	SHA256  string `json:"sha256"`
}

// check says how far verifyDir looks.
type check bool

const (
	cheap    check = false // sizes and times; a hash only where the time differs
	thorough check = true  // every hash
)

func (m manifest) write(dir string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, manifestName)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// complete reports the first member of src that the list lacks, or whose hash
// is not the pinned one.
func (m manifest) complete(src source) error {
	byPath := make(map[string]entry, len(m.Files))
	for _, f := range m.Files {
		byPath[f.Path] = f
	}
	for _, want := range src.keep {
		if want.to[len(want.to)-1] == '/' {
			continue
		}
		got, ok := byPath[want.to]
		if !ok {
			return fmt.Errorf("the package lacks %s", want.from)
		}
		if want.sha256 != "" && got.SHA256 != want.sha256 {
			return fmt.Errorf("%s has SHA-256 %s, want %s", want.from, got.SHA256, want.sha256)
		}
	}
	return nil
}

// verifyDir reports the first thing wrong with a part's folder.
func verifyDir(dir string, src source, how check) error {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return err
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if m.Archive != src.sha256 {
		return fmt.Errorf("%s was unpacked from another package (SHA-256 %s)", dir, m.Archive)
	}
	if err := m.complete(src); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := f.verify(dir, how); err != nil {
			return err
		}
	}
	return nil
}

func (e entry) verify(dir string, how check) error {
	path := filepath.Join(dir, filepath.FromSlash(e.Path))
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != e.Size {
		return fmt.Errorf("%s has %d bytes, want %d", path, info.Size(), e.Size)
	}
	if how == cheap && info.ModTime().UnixNano() == e.Changed {
		return nil
	}
	sum, err := fileSHA256(path)
	if err != nil {
		return err
	}
	if sum != e.SHA256 {
		return fmt.Errorf("%s has SHA-256 %s, want %s", path, sum, e.SHA256)
	}
	return nil
}
