package store

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	// maxIdle is how many connections to one host are kept for the next
	// request: as many as may be in flight, so that none is made twice.
	maxIdle = 1024

	dialTimeout = 5 * time.Second

	// stallTimeout is how long a connection may stand still, in either
	// direction, while a request is under way.
	stallTimeout = 60 * time.Second
)

// tune sets up t for very many requests at once to few hosts. They go by
// HTTP/1.1, each on a connection of its own: HTTP/2 would put them all on one.
func tune(t *http.Transport) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return steadyConn{c}, nil
	}
	t.MaxIdleConns = 0 // no limit
	t.MaxIdleConnsPerHost = maxIdle
	t.IdleConnTimeout = 50 * time.Second
	t.TLSHandshakeTimeout = 2 * dialTimeout
	t.ExpectContinueTimeout = time.Second
	t.DisableCompression = true // bytes as they are stored
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	return t
}

// A steadyConn fails with a timeout when nothing moves for stallTimeout,
// however long the whole answer takes.
type steadyConn struct{ net.Conn }

func (c steadyConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write moves the deadline for reading as well: the answer is waited for since
// the last byte of the request, and not since the connection was last used.
func (c steadyConn) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
