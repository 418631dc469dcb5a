package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// mostResumed is how often one get goes on where its body broke off; each time
// it has to come further.
const mostResumed = 32

// A sink takes the bytes of a get.
type sink interface {
	io.Writer
	Reset() error
	Size() int64 // bytes that it has
}

// memory is a sink that holds them.
type memory []byte

func (m *memory) Write(p []byte) (int, error) {
	*m = append(*m, p...)
	return len(p), nil
}

func (m *memory) Reset() error {
	*m = (*m)[:0]
	return nil
}

func (m *memory) Size() int64 { return int64(len(*m)) }

// A webGet is a get under way, perhaps of several requests.
type webGet struct {
	req     Request
	to      sink
	version string // as its first answer says; "": none is known
	info    Info
	total   int64 // bytes of the file; -1: no answer of a part has said it
}

// get reads a file, or a part of it. Where the body breaks off it goes on from
// there, if the file still is the same.
func (s *httpsStore) get(ctx context.Context, req Request) (Answer, error) {
	body := memory(req.Body[:0])
	g := &webGet{req: req, to: &body, version: req.If.Match, total: -1}
	if req.To != nil { // which another attempt may have begun
		g.to, g.version = req.To, cmp.Or(req.To.version, g.version)
	}
	for tries := 0; ; tries++ {
		had := g.to.Size()
		again, err := s.goOn(ctx, g)
		if req.To != nil {
			req.To.version = g.version
		}
		switch {
		case err == nil:
			if body == nil {
				body = memory{}
			}
			return Answer{Info: g.info, Body: body}, g.whole()
		case !again || g.to.Size() <= had || tries == mostResumed || ctx.Err() != nil:
			return Answer{}, err
		}
	}
}

// goOn makes one request for what is missing. again says that it was the body
// that broke off.
func (s *httpsStore) goOn(ctx context.Context, g *webGet) (again bool, err error) {
	if g.to.Size() > 0 && g.version == "" { // nothing says that the rest is of the same file
		if err := g.to.Reset(); err != nil {
			return false, err
		}
	}
	h, err := s.request(ctx, http.MethodGet, g.req)
	if err != nil {
		return false, err
	}
	had := g.to.Size()
	if had > 0 {
		rest := Range{Offset: g.req.Range.Offset + had}
		if g.req.Range.Length > 0 {
			if rest.Length = g.req.Range.Length - had; rest.Length <= 0 {
				return false, nil
			}
		}
		rest.set(h.Header)
	}
	resp, err := s.client.Do(h)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if err := g.accept(resp, had); err != nil {
		return false, err
	}
	if m, ok := g.to.(*memory); ok && resp.ContentLength > 0 && cap(*m)-len(*m) < int(resp.ContentLength) {
		*m = append(make([]byte, 0, len(*m)+int(resp.ContentLength)), *m...)
	}
	_, err = io.Copy(g.to, resp.Body)
	var own *Error
	if err != nil && !errors.As(err, &own) {
		return true, fmt.Errorf("body cut short after %d bytes: %w", g.to.Size(), err)
	}
	return false, err
}

// accept sees whether an answer is of the same file, and has what is missing.
func (g *webGet) accept(resp *http.Response, had int64) error {
	if had > 0 && resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return errWebChanged
	}
	if err := answered(resp, g.req); err != nil {
		return err
	}
	info := webInfo(resp)
	if g.version != "" && info.ETag != g.version && (info.ETag != "" || had > 0) {
		return errWebChanged
	}
	g.info, g.version = info, cmp.Or(g.version, info.ETag)
	if resp.StatusCode == http.StatusOK { // all of it, from the beginning
		if had > 0 {
			return g.to.Reset()
		}
		return nil
	}
	begin, after, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes "), "-")
	_, total, _ := strings.Cut(after, "/")
	n, err := strconv.ParseInt(total, 10, 64)
	if at := g.req.Range.Offset + had; err != nil || begin != strconv.FormatInt(at, 10) {
		return &Error{Kind: Unsupported, Err: fmt.Errorf("asked for bytes from %d on, the server answered %q", at, resp.Header.Get("Content-Range"))}
	}
	g.total = n
	return nil
}

var errWebChanged = &Error{Kind: Changed, Err: errors.New("the file is not the one that was expected")}

// whole returns an error unless all is there, and fills in the file's size.
func (g *webGet) whole() error {
	got := g.to.Size()
	if g.info.Size = got; g.total < 0 {
		return nil
	}
	g.info.Size = g.total
	if want, err := g.req.Range.within(g.total); err != nil || want != got {
		return &Error{Kind: Broken, Err: fmt.Errorf("%d bytes where the range has %d", got, want)}
	}
	return nil
}
