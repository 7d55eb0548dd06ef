package server

import (
	"net"
	"sync"
)

// unspoken is a listener that, when it is closed, also closes the connections
// on which nothing has been asked yet. Browsers and HTTP clients open such
// connections in advance, and fasthttp takes them for requests under way: a
// stop would wait until they time out.
type unspoken struct {
	net.Listener
	mu     sync.Mutex
	conns  map[*firstRead]struct{}
	closed bool
}

func newUnspoken(ln net.Listener) *unspoken {
	return &unspoken{Listener: ln, conns: map[*firstRead]struct{}{}}
}

// Accept waits for the next connection, which counts as unspoken at first.
func (u *unspoken) Accept() (net.Conn, error) {
	c, err := u.Listener.Accept()
	if err != nil {
		return nil, err
	}
	f := &firstRead{Conn: c, of: u}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		c.Close()
		return nil, net.ErrClosed
	}
	u.conns[f] = struct{}{}
	return f, nil
}

// Close ends the listener and the connections on which nothing has been asked.
func (u *unspoken) Close() error {
	err := u.Listener.Close()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	for c := range u.conns {
		c.Conn.Close()
	}
	return err
}

// firstRead is a connection that says when something was read from it.
type firstRead struct {
	net.Conn
	of   *unspoken
	once sync.Once
}

func (f *firstRead) spoken() {
	f.once.Do(func() {
		f.of.mu.Lock()
		defer f.of.mu.Unlock()
		delete(f.of.conns, f)
	})
}

// Read reads; the first byte ends the silence.
func (f *firstRead) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	if n > 0 {
		f.spoken()
	}
	return n, err
}

// Close closes the connection.
func (f *firstRead) Close() error {
	f.spoken()
	return f.Conn.Close()
}
