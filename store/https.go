package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// HTTPSOptions say how a web host is read.
type HTTPSOptions struct {
	// Base is what the keys are appended to: https://host or https://user:password@host.
	Base string

	// Transport makes the requests. Default: one for many requests at once.
	Transport http.RoundTripper
}

// HTTPS returns the store of what a web host serves, for reading alone. A key
// is a path and perhaps a query, without the first slash, escaped as it is in
// a URL. A host cannot be listed.
func HTTPS(o HTTPSOptions) Store {
	if o.Transport == nil {
		o.Transport = tune(http.DefaultTransport.(*http.Transport).Clone())
	}
	return &httpsStore{base: strings.TrimSuffix(o.Base, "/"), client: &http.Client{Transport: o.Transport, CheckRedirect: redirect}}
}

type httpsStore struct {
	base   string
	client *http.Client
	health health
}

// redirect follows as far as others do, but never from a secure connection to
// one that is not.
func redirect(req *http.Request, via []*http.Request) error {
	if req.URL.Scheme != "https" {
		return &Error{Kind: Denied, Err: errors.New("redirected to " + req.URL.Scheme + "://" + req.URL.Host + ", which is not secure")}
	}
	if len(via) >= 10 {
		return &Error{Kind: Other, Err: errors.New("redirected more than 10 times")}
	}
	return nil
}

func (s *httpsStore) Do(ctx context.Context, req Request) (Answer, error) {
	a, err := s.do(ctx, req)
	if err != nil {
		return Answer{}, s.fail(ctx, req, err)
	}
	s.health.ok()
	a.Info.Key = req.Key
	return a, nil
}

func (s *httpsStore) do(ctx context.Context, req Request) (Answer, error) {
	switch req.Op {
	case OpHead:
		return s.head(ctx, req)
	case OpGet:
		return s.get(ctx, req)
	case OpList:
		return Answer{}, &Error{
			Kind: Unsupported, Err: errors.New("a web host cannot be listed"),
			Hint: "name each file in `from.files`, or give their names by `from.each`",
		}
	}
	return Answer{}, &Error{Kind: Unsupported, Err: errors.New("https:// is for reading alone")}
}

// head asks for the headers alone. A URL that is signed for GET, and many a
// server, refuses that: then the first byte is asked for, and not read.
func (s *httpsStore) head(ctx context.Context, req Request) (Answer, error) {
	a, err := s.read(ctx, http.MethodHead, req)
	var refused *Error
	if !errors.As(err, &refused) {
		return a, err
	}
	switch refused.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		req.Range = Range{Length: 1}
		return s.read(ctx, http.MethodGet, req)
	}
	return a, err
}

// request is one for a file, under the conditions of req.
func (s *httpsStore) request(ctx context.Context, method string, req Request) (*http.Request, error) {
	h, err := http.NewRequestWithContext(ctx, method, s.base+"/"+req.Key, nil)
	if err != nil {
		return nil, &Error{Kind: Other, Err: errors.New("not a valid URL")}
	}
	h.Header.Set("User-Agent", "sluice")
	h.Header.Set("Accept-Encoding", "identity") // bytes as they are, of which parts can be asked for
	req.Range.set(h.Header)
	if isETag(req.If.Match) {
		req.If.set(h.Header)
	}
	return h, nil
}

// read answers a head.
func (s *httpsStore) read(ctx context.Context, method string, req Request) (Answer, error) {
	h, err := s.request(ctx, method, req)
	if err != nil {
		return Answer{}, err
	}
	resp, err := s.client.Do(h)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	if err := answered(resp, req); err != nil {
		return Answer{}, err
	}
	info := webInfo(resp)
	if method == http.MethodGet && resp.StatusCode == http.StatusPartialContent {
		info.Size, err = req.Range.check(1, resp.Header.Get("Content-Range"))
	}
	return Answer{Info: info}, err
}

// answered returns an error if the answer is not the one that was asked for.
func answered(resp *http.Response, req Request) error {
	status := resp.StatusCode
	switch {
	case status == http.StatusOK && req.Range != (Range{}) && req.Op == OpGet:
		return &Error{
			Kind: Unsupported, Status: status, Err: errors.New("the server does not answer a part of a file"),
			Hint: "a file of this size is read in parts: download it first",
		}
	case status == http.StatusOK, status == http.StatusPartialContent:
		return nil
	}
	e := &Error{Status: status, Kind: s3Kind("", status), Err: errors.New(strings.ToLower(http.StatusText(status)))}
	switch {
	case status == http.StatusGone:
		e.Kind = NotExist
	case e.Kind == BadStore, e.Kind == Unsupported, e.Kind == Conflict:
		e.Kind = Other
	case status == http.StatusUnauthorized:
		e.Hint = "the host wants a user and a password: https://user:password@host/path, from ${ENV}"
	case status == http.StatusForbidden:
		e.Hint = "the host refuses: a signed URL may have expired"
	}
	return e
}

// webInfo returns what the headers of an answer say about the file. A server
// that sends no ETag is taken by the time of change, with a mark of ours.
func webInfo(resp *http.Response) Info {
	info := objectInfo(resp)
	info.Token = ""
	if info.ETag == "" && !info.Modified.IsZero() {
		info.ETag = timeMark + info.Modified.UTC().Format(time.RFC3339)
	}
	return info
}

// timeMark begins an ETag that is made of a time.
const timeMark = "modified "

// isETag says whether etag came from the server as one that it compares. A
// weak one never matches in If-Match.
func isETag(etag string) bool {
	return etag != "" && !strings.HasPrefix(etag, timeMark) && !strings.HasPrefix(etag, "W/")
}

// fail returns err as an Error about the request.
func (s *httpsStore) fail(ctx context.Context, req Request, err error) error {
	e := &Error{Op: req.Op.String(), URL: bare(s.base + "/" + req.Key)}
	var own *Error
	var inner *url.Error
	switch {
	case ended(ctx) != nil:
		e.Err = ended(ctx)
		return e
	case errors.As(err, &own):
		if own.Status != 0 {
			s.health.ok()
		}
		e.Kind, e.Status, e.Err, e.Hint = own.Kind, own.Status, own.Err, own.Hint
		return e
	case errors.As(err, &inner):
		err = inner.Err // its text has the whole URL
	}
	e.Kind, e.Err = netKind(err), netCause(err)
	if e.Kind == Down && s.health.down() {
		e.Kind = Unreachable
	}
	if e.Kind == Down || e.Kind == Unreachable || e.Kind == BadStore {
		e.Hint = fmt.Sprintf("check the name of the host, %s, and the network", hostOf(s.base))
	}
	return e
}

// bare returns a URL without user, password, query and fragment.
func bare(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw
	}
	host, path, slash := strings.Cut(rest, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	if slash {
		path = "/" + path
	}
	return scheme + "://" + host + path
}

// hostOf returns the host, and port, of a URL.
func hostOf(raw string) string {
	_, rest, _ := strings.Cut(bare(raw), "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
