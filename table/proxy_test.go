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
	mysql bool                            // it speaks MySQL's protocol
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
	u.Host = l.Addr().String()
	if p.mysql = u.Scheme == "mysql"; !p.mysql {
		u.RawQuery = "sslmode=disable"
	}
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
	calling := p.calling
	if p.mysql {
		calling = p.callingMySQL
	}
	if calling(client, server, drop) != forgotten {
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

// mysqlQuery is the command of MySQL's protocol that has a statement behind it.
const mysqlQuery = 3

// callingMySQL is calling for MySQL. A packet of number 0 begins a command.
func (p *proxy) callingMySQL(client io.Reader, server io.Writer, drop chan struct{}) fate {
	head := make([]byte, 4)
	for {
		if _, err := io.ReadFull(client, head); err != nil {
			return lostThere
		}
		body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
		if _, err := io.ReadFull(client, body); err != nil {
			return lostThere
		}
		what := arrives
		if head[3] == 0 && len(body) > 0 && body[0] == mysqlQuery {
			what = p.call(body[1:])
		}
		switch what {
		case lostThere:
			return what
		case lostBack, forgotten:
			close(drop)
		}
		if _, err := server.Write(append(bytes.Clone(head), body...)); err != nil {
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
	sql := strings.TrimRight(string(body), "\x00")
	if strings.EqualFold(sql, "commit") {
		sql = "commit"
	}
	return p.cut(p.calls, sql)
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
