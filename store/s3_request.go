package store

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// objectInfo returns what the headers of an answer say about an object.
func objectInfo(resp *http.Response) Info {
	info := Info{ETag: unquote(resp.Header.Get("ETag")), Size: resp.ContentLength, Token: resp.Header.Get(tokenHeader), Served: served(resp)}
	info.Modified, _ = http.ParseTime(resp.Header.Get("Last-Modified"))
	return info
}

func (s *s3Store) head(ctx context.Context, req Request) (Answer, error) {
	resp, err := s.headers(ctx, call{method: http.MethodHead, key: req.Key})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Info: objectInfo(resp)}, nil
}

func (s *s3Store) get(ctx context.Context, req Request) (Answer, error) {
	h := make(http.Header, 8)
	req.If.set(h)
	req.Range.set(h)
	resp, err := s.send(ctx, call{method: http.MethodGet, key: req.Key, header: h})
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := readBody(resp.Body, resp.ContentLength, req.Body)
	if err != nil {
		return Answer{}, err
	}
	info := objectInfo(resp)
	info.Size, err = req.Range.check(int64(len(body)), resp.Header.Get("Content-Range"))
	return Answer{Info: info, Body: body}, err
}

// readBody returns exactly the size bytes that an answer promised, or all if
// it promised nothing (-1): in the buffer, if that is big enough.
func readBody(r io.Reader, size int64, buffer []byte) ([]byte, error) {
	if size < 0 {
		return io.ReadAll(r)
	}
	body := sized(buffer, size)
	if n, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("body cut short after %d of %d bytes: %w", n, size, err)
	}
	return body, nil
}

// sized returns the buffer, or a new one if it is too small, with so many bytes.
func sized(buffer []byte, size int64) []byte {
	if int64(cap(buffer)) < size {
		return make([]byte, size)
	}
	return buffer[:size]
}

// set adds the header for the range, if it is not all.
func (r Range) set(h http.Header) {
	switch {
	case r == (Range{}):
	case r.Length == 0:
		h.Set("Range", fmt.Sprintf("bytes=%d-", r.Offset))
	default:
		h.Set("Range", fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
	}
}

// check returns the size of the whole object, given how many bytes were
// answered for r and the header that says which they are.
func (r Range) check(got int64, contentRange string) (int64, error) {
	if r == (Range{}) {
		return got, nil
	}
	begin, after, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes "), "-")
	_, total, _ := strings.Cut(after, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil || begin != strconv.FormatInt(r.Offset, 10) {
		return 0, &Error{Kind: Unsupported, Err: fmt.Errorf("asked for bytes from %d on, the server answered %q", r.Offset, contentRange)}
	}
	if want, err := r.within(size); err != nil || want != got {
		return 0, &Error{Kind: Broken, Err: fmt.Errorf("%d bytes where the range has %d", got, want)}
	}
	return size, nil
}

func (s *s3Store) put(ctx context.Context, req Request) (Answer, error) {
	h := make(http.Header, 8)
	req.If.set(h)
	setToken(h, req.Token)
	resp, err := s.headers(ctx, call{method: http.MethodPut, key: req.Key, header: h, body: req.Body})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Info: Info{ETag: unquote(resp.Header.Get("ETag")), Size: int64(len(req.Body)), Token: req.Token, Served: served(resp)}}, nil
}

func (s *s3Store) copy(ctx context.Context, req Request) (Answer, error) {
	h := http.Header{"X-Amz-Copy-Source": {escape(s.bucket + "/" + req.Source)}}
	req.If.set(h)
	if req.Token != "" {
		setToken(h, req.Token)
		h.Set("X-Amz-Metadata-Directive", "REPLACE")
	}
	var out struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		ETag         string
		LastModified string
	}
	resp, err := s.xml(ctx, call{method: http.MethodPut, key: req.Key, header: h}, &out)
	if err != nil {
		return Answer{}, err
	}
	info := Info{ETag: unquote(out.ETag), Size: -1, Token: req.Token, Served: served(resp)}
	info.Modified, _ = time.Parse(time.RFC3339, out.LastModified)
	return Answer{Info: info}, nil
}

func (s *s3Store) delete(ctx context.Context, req Request) (Answer, error) {
	h := make(http.Header, 8)
	req.If.set(h)
	_, err := s.headers(ctx, call{method: http.MethodDelete, key: req.Key, header: h})
	return Answer{}, unlessGone(err)
}

func (s *s3Store) begin(ctx context.Context, req Request) (Answer, error) {
	h := make(http.Header, 8)
	setToken(h, req.Token)
	var out struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		UploadID string   `xml:"UploadId"`
	}
	_, err := s.xml(ctx, call{method: http.MethodPost, key: req.Key, query: url.Values{"uploads": {""}}, header: h}, &out)
	return Answer{Upload: out.UploadID}, err
}

func (s *s3Store) part(ctx context.Context, req Request) (Answer, error) {
	q := url.Values{"uploadId": {req.Upload}, "partNumber": {strconv.Itoa(req.Number)}}
	resp, err := s.headers(ctx, call{method: http.MethodPut, key: req.Key, query: q, body: req.Body})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Part: Part{Number: req.Number, ETag: unquote(resp.Header.Get("ETag")), Size: int64(len(req.Body))}}, nil
}

func (s *s3Store) complete(ctx context.Context, req Request) (Answer, error) {
	type part struct {
		PartNumber int
		ETag       string
	}
	var in struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUpload"`
		Part    []part
	}
	for _, p := range req.Parts {
		in.Part = append(in.Part, part{p.Number, `"` + p.ETag + `"`})
	}
	body, err := xml.Marshal(in)
	if err != nil {
		return Answer{}, err
	}
	h := http.Header{"Content-Type": {"application/xml"}}
	req.If.set(h)
	var out struct {
		XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
		ETag    string
	}
	resp, err := s.xml(ctx, call{method: http.MethodPost, key: req.Key, query: url.Values{"uploadId": {req.Upload}}, header: h, body: body}, &out)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Info: Info{ETag: unquote(out.ETag), Size: sizeOf(req.Parts), Token: req.Token, Served: served(resp)}}, nil
}

func (s *s3Store) abort(ctx context.Context, req Request) (Answer, error) {
	_, err := s.headers(ctx, call{method: http.MethodDelete, key: req.Key, query: url.Values{"uploadId": {req.Upload}}})
	return Answer{}, unlessGone(err)
}

// set adds the headers for the condition.
func (c Condition) set(h http.Header) {
	if c.Match != "" {
		h.Set("If-Match", `"`+c.Match+`"`)
	}
	if c.None {
		h.Set("If-None-Match", "*")
	}
}

// tokenHeader keeps a Token in an object's metadata.
const tokenHeader = "X-Amz-Meta-Sluice-Token"

func setToken(h http.Header, token string) {
	if token != "" {
		h.Set(tokenHeader, token)
	}
}

// escape returns the path as S3 wants it in a URL: every byte escaped that is
// no letter, digit or one of -_.~/.
func escape(path string) string {
	e := strings.ReplaceAll(url.QueryEscape(path), "+", "%20")
	return strings.ReplaceAll(e, "%2F", "/")
}

// unquote returns an ETag without the quotes that HTTP puts around it. A weak
// one keeps them, and its mark.
func unquote(etag string) string {
	if len(etag) >= 2 && etag[0] == '"' && etag[len(etag)-1] == '"' {
		return etag[1 : len(etag)-1]
	}
	return etag
}
