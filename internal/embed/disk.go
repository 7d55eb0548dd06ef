package embed

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"huying/internal/errs"
)

// DiskCache keeps vectors in a file from one run to the next; it is for tests
// and evaluations, which embed the same texts again and again. The service has
// its vectors in the database instead.
//
// The file holds records of one size: hash of the text, floats, check sum. It
// only grows. Several processes may use it at once: a record is appended under
// a lock on the file, and what others append is seen at the next miss. A torn
// record at the end, as a killed process may leave, is cut off by the next
// append; from a damaged record on, the file counts as torn.
//
// Runtime and processor are part of the file's name, unlike in a search: a
// measurement should give the same figures with and without the cache.
type DiskCache struct {
	inner Embedder
	f     *os.File
	size  int64 // of a record

	mu   sync.Mutex
	at   map[key]int64 // offsets of records
	read int64         // how far the file has been indexed
}

// OpenDiskCache opens or makes the file for inner's model in the folder dir,
// which must exist. Errors: errs.Unavailable.
func OpenDiskCache(inner Embedder, dir string) (*DiskCache, error) {
	m := inner.Model()
	path := filepath.Join(dir, "vectors-"+m.Name+"-"+modelName(m.Runtime, m.CPU)+".bin")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "embed.disk_cache", path)
	}
	d := &DiskCache{inner: inner, f: f, at: map[key]int64{}}
	d.size = int64(len(key{}) + 4*m.Dim + 4)
	if err := d.refresh(); err != nil {
		f.Close()
		return nil, err
	}
	return d, nil
}

// Close closes the file, not the embedder behind it.
func (d *DiskCache) Close() error { return d.f.Close() }

// Model implements Embedder.
func (d *DiskCache) Model() Model { return d.inner.Model() }

// Embed implements Embedder.
func (d *DiskCache) Embed(ctx context.Context, text string) ([]float32, error) {
	k := keyOf(text)
	if v, ok := d.get(k); ok {
		return v, nil
	}
	v, err := d.inner.Embed(ctx, text)
	if err != nil {
		return nil, err
	}
	if err := d.put(k, v); err != nil {
		return nil, err
	}
	return v, nil
}

// many embeds in slices, so that an interrupted run keeps what it had.
func (d *DiskCache) many(ctx context.Context, texts []string, tell func(int)) ([][]float32, error) {
	const slice = 256
	vectors := make([][]float32, 0, len(texts))
	for len(vectors) < len(texts) {
		done := len(vectors)
		part := texts[done:min(done+slice, len(texts))]
		got, err := throughCache(ctx, d.inner, part, func(n int) { tell(done + n) }, d.get, d.put)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, got...)
	}
	return vectors, nil
}

func (d *DiskCache) get(k key) ([]float32, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.at[k]
	if !ok {
		if d.refresh() != nil {
			return nil, false
		}
		if at, ok = d.at[k]; !ok {
			return nil, false
		}
	}
	record := make([]byte, d.size)
	if _, err := d.f.ReadAt(record, at); err != nil {
		return nil, false
	}
	got, v, ok := decodeRecord(record)
	return v, ok && got == k
}

// put appends a record under the file's lock.
func (d *DiskCache) put(k key, v []float32) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := func(err error) error {
		return errs.Wrap(err, errs.Unavailable, "embed.disk_cache", d.f.Name())
	}
	if err := syscall.Flock(int(d.f.Fd()), syscall.LOCK_EX); err != nil {
		return fail(err)
	}
	defer syscall.Flock(int(d.f.Fd()), syscall.LOCK_UN)
	if err := d.refresh(); err != nil {
		return err
	}
	// Whatever lies behind the last good record is torn: we hold the lock, so
	// nobody is in the middle of writing it.
	if err := d.f.Truncate(d.read); err != nil {
		return fail(err)
	}
	if _, err := d.f.Write(encodeRecord(k, v)); err != nil {
		return fail(err)
	}
	d.at[k] = d.read
	d.read += d.size
	return nil
}

// refresh indexes the good records behind d.read. d.mu must be held, except
// while d is being opened.
func (d *DiskCache) refresh() error {
	record := make([]byte, d.size)
	for {
		_, err := d.f.ReadAt(record, d.read)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errs.Wrap(err, errs.Unavailable, "embed.disk_cache", d.f.Name())
		}
		k, _, ok := decodeRecord(record)
		if !ok {
			return nil
		}
		d.at[k] = d.read
		d.read += d.size
	}
}

func encodeRecord(k key, v []float32) []byte {
	b := append(make([]byte, 0, len(k)+4*len(v)+4), k[:]...)
	b = append(b, floatBytes(v)...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func decodeRecord(b []byte) (k key, v []float32, ok bool) {
	body := b[:len(b)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(b[len(body):]) {
		return k, nil, false
	}
	rest := body[copy(k[:], body):]
	return k, bytesFloats(rest), true
}

// floatBytes and bytesFloats convert floats to little-endian bytes and back.
func floatBytes(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func bytesFloats(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}
