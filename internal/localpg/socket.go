package localpg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"huying/internal/errs"
)

const (
	socketPort = "5432"
	socketFile = ".s.PGSQL." + socketPort
	// socketPath is the longest path of a socket: sun_path without its NUL,
	// unix(7).
	socketPath = 107
)

// makeSockets makes the directory of the socket, open to our user alone: in
// the data directory, or, if the path does not do there, in the user's runtime
// directory or /tmp under a name made from the data directory's path.
func (d *dataDir) makeSockets() (string, error) {
	dir := d.join(socketsName)
	if !fits(dir) {
		name := fmt.Sprintf("huying-%x", sha256.Sum256([]byte(d.path)))[:len("huying-")+12]
		dir = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), name)
		if d.user.drop || !filepath.IsAbs(dir) || !fits(dir) || os.MkdirAll(dir, 0o700) != nil {
			dir = filepath.Join("/tmp", name)
		}
	}
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil && d.user.drop:
		err = os.Lchown(dir, d.user.uid, d.user.gid)
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return "", dirError(err, dir, d.user)
	}
	// In /tmp somebody else may have been there first.
	st, err := os.Lstat(dir)
	if err != nil || !st.IsDir() || ownerOf(st) != d.user.uid || st.Mode().Perm() != 0o700 {
		return "", errs.Wrap(err, errs.Forbidden, "localpg.socket_dir", dir)
	}
	// A killed postgres leaves its socket and the socket's lock behind; we hold
	// the lock that counts.
	for _, name := range []string{socketFile, socketFile + ".lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", dirError(err, dir, d.user)
		}
	}
	return dir, nil
}

// fits reports whether a socket in the directory can be connected to: its path
// is short enough, and without a comma, which drivers read as two hosts.
func fits(dir string) bool {
	return len(filepath.Join(dir, socketFile)) <= socketPath && !strings.Contains(dir, ",")
}

// runningSockets gives the socket directory of a postgres that accepts
// connections, as it wrote it into its postmaster.pid (line 5; line 8 is its
// state), or "" when there is none or it is starting or stopping. Asking the
// file first keeps the refusals of such a one out of its log.
func (d *dataDir) runningSockets() string {
	b, err := d.root.ReadFile(clusterName + "/postmaster.pid")
	if err != nil {
		return ""
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 8 || strings.TrimSpace(lines[7]) != "ready" {
		return ""
	}
	return lines[4]
}

// errNotReady is what ping gives while nobody answers, or postgres says that
// it is starting or stopping.
var errNotReady = errors.New("localpg: the server is not ready")

// refusal is an error that postgres answered a connection with.
type refusal struct{ sqlstate, text string }

func (r *refusal) Error() string { return "localpg: " + r.sqlstate + " " + r.text }

// probe pings the running postgres of the data directory and gives its socket
// directory.
func (d *dataDir) probe(ctx context.Context) (string, error) {
	sockets := d.runningSockets()
	if sockets == "" {
		return "", errNotReady
	}
	return sockets, ping(ctx, sockets)
}

// ping connects as every program of ours does, waits for ReadyForQuery and
// hangs up. It speaks the few bytes of the protocol itself (PostgreSQL manual,
// "Message Flow"), because drivers live where the SQL lives.
func ping(ctx context.Context, sockets string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", filepath.Join(sockets, socketFile))
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	if err != nil {
		return errors.Join(errNotReady, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := handshake(conn); err != nil {
		if r, ok := errors.AsType[*refusal](err); ok {
			switch r.sqlstate {
			case "57P03": // cannot_connect_now
				return errors.Join(errNotReady, err)
			case "53300": // too_many_connections: busy, but it answers
				return nil
			}
			return err
		}
		return errors.Join(errNotReady, err)
	}
	return nil
}

// handshake runs the start-up of protocol 3.0 to ReadyForQuery.
func handshake(conn io.ReadWriter) error {
	const protocol3 = 196608
	params := "user\x00" + superuser + "\x00database\x00" + database + "\x00\x00"
	start := binary.BigEndian.AppendUint32(nil, uint32(8+len(params)))
	start = binary.BigEndian.AppendUint32(start, protocol3)
	if _, err := conn.Write(append(start, params...)); err != nil {
		return err
	}
	for {
		var head [5]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(head[1:])
		if size < 4 || size > 1<<16 {
			return fmt.Errorf("localpg: a message of %d bytes", size)
		}
		body := make([]byte, size-4)
		if _, err := io.ReadFull(conn, body); err != nil {
			return err
		}
		switch head[0] {
		case 'R':
			if len(body) < 4 || binary.BigEndian.Uint32(body) != 0 {
				return &refusal{sqlstate: "28000", text: "a password is asked for"}
			}
		case 'E':
			return parseRefusal(body)
		case 'Z':
			_, err := conn.Write([]byte{'X', 0, 0, 0, 4})
			return err
		}
	}
}

func parseRefusal(body []byte) *refusal {
	r := &refusal{}
	for field := range bytes.SplitSeq(body, []byte{0}) {
		if len(field) == 0 {
			continue
		}
		switch field[0] {
		case 'C':
			r.sqlstate = string(field[1:])
		case 'M':
			r.text = string(field[1:])
		}
	}
	return r
}
