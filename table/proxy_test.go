package table

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A proxy stands between sluice and a server, and breaks connections.
type proxy struct {
	url   string
	cut   func(call int, sql string) fate // of each call, counted over all connections
	mu    sync.Mutex
	calls int
	down  bool   // no new connection is answered
	moved string // new connections are to this server; "": to the first

	notices  []string      // of runs that go through it
	patience time.Duration // of these
}

// A fate is what becomes of a call, and of its connection.
type fate int

const (
	arrives   fate = iota
	lostThere      // it never reaches the server
	lostBack       // the server does it, and its answer is lost
	forgotten      // the server is left with it: it does not know that nobody waits
)

// newProxy makes a proxy before the server of a URL.
func newProxy(t testing.TB, server string, cut func(call int, sql string) fate) *proxy {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{cut: cut}
	address := u.Host
	u.Host, u.RawQuery = l.Addr().String(), "sslmode=disable"
	p.url = u.String()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client, address)
		}
	}()
	return p
}

// serve takes one connection to the server.
func (p *proxy) serve(client net.Conn, address string) {
	defer client.Close()
	if p.isDown() {
		return
	}
	p.mu.Lock()
	address = cmp.Or(p.moved, address)
	p.mu.Unlock()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	drop := make(chan struct{})
	go func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			select {
			case <-drop:
				server.Close()
				return
			default:
			}
			if n > 0 {
				_, _ = client.Write(buf[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	if p.calling(client, server, drop) != forgotten {
		server.Close()
	}
}

const cancelRequest = 80877102

// calling passes on what the client says, until the connection breaks.
func (p *proxy) calling(client io.Reader, server io.Writer, drop chan struct{}) fate {
	head := make([]byte, 5)
	for started := false; ; started = true {
		message := head[:4]
		if started {
			message = head
		}
		if _, err := io.ReadFull(client, message); err != nil {
			return lostThere
		}
		body := make([]byte, binary.BigEndian.Uint32(message[len(message)-4:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return lostThere
		}
		if !started && binary.BigEndian.Uint32(body) == cancelRequest {
			return lostThere // what a client does with what it has lost
		}
		what := arrives
		if started && (head[0] == 'Q' || head[0] == 'S') {
			what = p.call(body)
		}
		switch what {
		case lostThere:
			return what
		case lostBack, forgotten:
			close(drop)
		}
		if _, err := server.Write(append(bytes.Clone(message), body...)); err != nil {
			return lostThere
		}
		if what == forgotten {
			return what
		}
	}
}

// call counts a call, and says what becomes of it.
func (p *proxy) call(body []byte) fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	return p.cut(p.calls, strings.TrimRight(string(body), "\x00"))
}

func (p *proxy) isDown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down
}

// through opens the job of a world by way of a proxy.
func (w *world) through(p *proxy, lines ...string) (*Import, error) {
	w.Helper()
	direct := w.url
	defer func() { w.url = direct }()
	w.url = p.url
	return w.open(lines...)
}
