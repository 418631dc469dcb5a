package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// unsigned stands for the hash of a body that TLS guards already.
	unsigned = "UNSIGNED-PAYLOAD"

	// askFirst is from how many bytes on a server is asked whether it takes a
	// body before it is sent.
	askFirst = 2 << 20

	// maxError is the most bytes of an error's description that are read.
	maxError = 64 << 10
)

// A call is one HTTP request to a bucket.
type call struct {
	method string
	key    string // "" for the bucket itself
	query  url.Values
	header http.Header
	body   []byte
}

// send signs and sends the call with the credentials of this moment. An answer
// of status 300 or more is an error. The caller closes the body of the answer.
func (s *s3Store) send(ctx context.Context, c call) (*http.Response, error) {
	r := s.request(ctx, c)
	creds, err := s.account.creds.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	hash := unsigned
	if r.URL.Scheme != "https" {
		sum := sha256.Sum256(c.body)
		hash = hex.EncodeToString(sum[:])
	}
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if err := s.signer.SignHTTP(ctx, creds, r, hash, "s3", s.scope, s.account.now()); err != nil {
		return nil, err
	}
	resp, err := s.account.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, readRefusal(resp)
	}
	return resp, nil
}

func (s *s3Store) request(ctx context.Context, c call) *http.Request {
	u := *s.base
	u.RawPath = escape(u.Path) + "/" + escape(c.key)
	u.Path += "/" + c.key
	if c.key == "" && s.base.Path != "" {
		u.Path, u.RawPath = s.base.Path, ""
	}
	u.RawQuery = c.query.Encode()
	h := c.header
	if h == nil {
		h = make(http.Header, 6)
	}
	h.Set("User-Agent", "sluice")
	r := &http.Request{Method: c.method, URL: &u, Host: u.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if len(c.body) > 0 {
		r.ContentLength = int64(len(c.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
		r.Body, _ = r.GetBody()
		if len(c.body) >= askFirst {
			h.Set("Expect", "100-continue")
		}
	}
	return r.WithContext(ctx)
}

// headers sends a call whose answer is in its headers alone.
func (s *s3Store) headers(ctx context.Context, c call) (*http.Response, error) {
	resp, err := s.send(ctx, c)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxError)) // so that the connection can be used again
	return resp, err
}

// xml sends a call and decodes the XML of its answer. Some operations begin
// their answer before they know how they end, so that an error may come with
// status 200.
func (s *s3Store) xml(ctx context.Context, c call, into any) (*http.Response, error) {
	resp, err := s.send(ctx, c)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := readBody(resp.Body, resp.ContentLength, nil)
	if err != nil {
		return nil, err
	}
	failed := refusal{status: resp.StatusCode}
	if len(text) < maxError && xml.Unmarshal(text, &failed.refused) == nil {
		return nil, &failed
	}
	if err := parse(text, into); err != nil {
		return nil, &Error{Kind: BadStore, Err: fmt.Errorf("the answer is not that of an S3 server: %w", err)}
	}
	return resp, nil
}

// parse decodes the XML of an answer.
func parse(text []byte, into any) error {
	if l, ok := into.(*listing); ok {
		return l.parse(text)
	}
	return xml.Unmarshal(text, into)
}

// A refusal is an answer of the server that is an error.
type refusal struct {
	refused
	status int
	region string // that the bucket is in, if it says
	date   time.Time
}

type refused struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// Error returns what the server said.
func (r *refusal) Error() string {
	if r.Message == "" {
		return strings.ToLower(http.StatusText(r.status))
	}
	return r.Message
}

func readRefusal(resp *http.Response) error {
	r := &refusal{status: resp.StatusCode, region: resp.Header.Get("X-Amz-Bucket-Region"), date: served(resp)}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxError))
	if err == nil && len(text) > 0 {
		_ = xml.Unmarshal(text, &r.refused) // what is no XML says no more than its status
	}
	return r
}

// served returns the store's clock at its answer.
func served(resp *http.Response) time.Time {
	t, _ := http.ParseTime(resp.Header.Get("Date"))
	return t
}
