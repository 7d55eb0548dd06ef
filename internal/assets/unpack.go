package assets

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds one unpacked file (the largest, ONNX Runtime, has 35 MB), so
// that a forged archive cannot fill the disk before its hash is known. The
// archive's own hash has been checked by then; this is the second belt.
const maxFile = 256 << 20

// unpack writes the members that src keeps from the zip file (wheels and jars
// are zip files) below dir and the list of them beside it. dir must exist and
// be empty; after an error its content is useless.
func unpack(archive, dir string, src source) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	list := manifest{Archive: src.sha256}
	for _, f := range z.File {
		to, ok := src.target(f.Name)
		if !ok {
			continue
		}
		entry, err := writeMember(f, dir, to)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", f.Name, err)
		}
		list.Files = append(list.Files, entry)
	}
	if err := list.complete(src); err != nil {
		return err
	}
	return list.write(dir)
}

// target gives the name below the part's folder for a member of the package,
// or false when we do not keep it.
func (src source) target(name string) (string, bool) {
	if strings.HasSuffix(name, "/") || src.without != "" && strings.Contains(name, src.without) {
		return "", false
	}
	for _, m := range src.keep {
		if m.from == name {
			return m.to, true
		}
		if rest, ok := strings.CutPrefix(name, m.from); ok && strings.HasSuffix(m.from, "/") {
			return m.to + rest, true
		}
	}
	return "", false
}

// writeMember writes one file with mode 0755 or 0644, whatever the umask, and
// is sure of its bytes being on disk.
func writeMember(f *zip.File, dir, to string) (entry, error) {
	if !filepath.IsLocal(to) || !f.Mode().IsRegular() {
		return entry{}, fmt.Errorf("%s is not a plain file below its package", to)
	}
	path := filepath.Join(dir, filepath.FromSlash(to))
	if err := mkdirAll(filepath.Dir(path)); err != nil {
		return entry{}, err
	}
	mode := os.FileMode(0o644)
	if f.Mode()&0o100 != 0 {
		mode = 0o755
	}
	in, err := f.Open()
	if err != nil {
		return entry{}, err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return entry{}, err
	}
	defer out.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, h), io.LimitReader(in, maxFile+1))
	if err != nil {
		return entry{}, err
	}
	if n > maxFile {
		return entry{}, fmt.Errorf("%s is larger than %d bytes", to, int64(maxFile))
	}
	if err := out.Chmod(mode); err != nil {
		return entry{}, err
	}
	info, err := out.Stat()
	if err != nil {
		return entry{}, err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	return entry{Path: to, Size: n, Changed: info.ModTime().UnixNano(), SHA256: sum}, out.Close()
}

// mkdirAll is os.MkdirAll with every folder it makes readable by all, whatever
// the umask: PostgreSQL runs as another user than root.
func mkdirAll(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", path)
		}
		return nil
	}
	if err := mkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		if os.IsExist(err) { // another process was quicker
			return nil
		}
		return err
	}
	return os.Chmod(path, 0o755)
}

// fileSHA256 gives the hash of a file in hex.
func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
